//! The loops that everything else stands on.
//!
//! [`product`] is the matrix product behind every layer. [`im2col`] makes a product of
//! a convolution, [`Convolution`] does so for a few images at a time. [`exp`],
//! [`tanh`] and [`sigmoid`] run over whole slices. This is the only place, with the GPU
//! lesson, where the library says `unsafe`; each block states why it is sound.

mod conv2d;
mod elementwise;
pub(crate) mod gates;
mod im2col;
mod pool;
mod product;
mod window;

pub use conv2d::{Convolution, add_columns};
pub use elementwise::{exp, sigmoid, tanh};
pub use im2col::{col2im, im2col};
pub use pool::max_pool;
pub use product::{Operand, product, product_into, product_on, product_rungs};
pub use window::{ImageShape, Window};

use std::any::TypeId;

use crate::real::Real;

/// Sees a slice of `T` as a slice of `U` when they are the same type, else nothing.
#[allow(unsafe_code)]
fn same_type<T: Real, U: Real>(numbers: &[T]) -> Option<&[U]> {
    if TypeId::of::<T>() != TypeId::of::<U>() {
        return None;
    }
    // Sound: T and U are the same type, so layout, length and lifetime are unchanged.
    Some(unsafe { &*(std::ptr::from_ref(numbers) as *const [U]) })
}

/// The same for a slice that is written. This is how generic code reaches the loops
/// written for `f32`.
#[allow(unsafe_code)]
fn same_type_mut<T: Real, U: Real>(numbers: &mut [T]) -> Option<&mut [U]> {
    if TypeId::of::<T>() != TypeId::of::<U>() {
        return None;
    }
    // Sound: T and U are the same type, so layout, length and lifetime are unchanged.
    Some(unsafe { &mut *(std::ptr::from_mut(numbers) as *mut [U]) })
}
