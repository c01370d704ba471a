//! The loops that everything else stands on.
//!
//! [`product`] is the matrix product behind every layer; [`ladder`] leads up to it
//! from three plain loops, and [`machine`] measures what could be reached. [`im2col`]
//! makes a product of a convolution, [`Convolution`] does so for a few images at a
//! time. [`exp`], [`tanh`] and [`sigmoid`] run over whole slices. [`on_device`] sends
//! products and convolutions elsewhere. This is the only place, with the GPU lesson,
//! where the library says `unsafe`; each block states why it is sound.

mod conv2d;
mod device;
mod elementwise;
pub(crate) mod gates;
mod im2col;
pub mod ladder;
pub mod machine;
mod pool;
mod product;
mod same_type;
mod window;

pub use conv2d::{Convolution, add_columns};
pub use device::{Device, DeviceError, on_device};
pub use elementwise::{exp, sigmoid, tanh};
pub use im2col::{col2im, im2col};
pub use pool::max_pool;
pub use product::{
    Operand, product, product_into, product_on, product_rungs, product_threads,
};
use same_type::{same_type, same_type_mut};
pub use window::{ImageShape, Window};
