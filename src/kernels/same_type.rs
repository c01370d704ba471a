//! A slice of some number type as a slice of the type that it is known to have.

use std::any::TypeId;

use crate::real::Real;

/// Sees a slice of `T` as a slice of `U` when they are the same type, else nothing.
#[allow(unsafe_code)]
pub(crate) fn same_type<T: Real, U: Real>(numbers: &[T]) -> Option<&[U]> {
    if TypeId::of::<T>() != TypeId::of::<U>() {
        return None;
    }
    // Sound: T and U are the same type, so layout, length and lifetime are unchanged.
    Some(unsafe { &*(std::ptr::from_ref(numbers) as *const [U]) })
}

/// The same for a slice that is written. This is how generic code reaches the loops
/// written for `f32`.
#[allow(unsafe_code)]
pub(crate) fn same_type_mut<T: Real, U: Real>(numbers: &mut [T]) -> Option<&mut [U]> {
    if TypeId::of::<T>() != TypeId::of::<U>() {
        return None;
    }
    // Sound: T and U are the same type, so layout, length and lifetime are unchanged.
    Some(unsafe { &mut *(std::ptr::from_mut(numbers) as *mut [U]) })
}
