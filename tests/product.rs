//! The matrix product with its unit tests, compiled as it is shipped: optimized. The
//! library's other unit tests are compiled without the optimizer, by `tests/library`.

use gradbook::{real, rng};

#[path = "../src/kernels/product/mod.rs"]
#[allow(dead_code)]
mod product;
#[path = "../src/kernels/same_type.rs"]
mod same_type;

use same_type::{same_type, same_type_mut};

/// No device is in scope here.
mod device {
    pub fn product<A>(_: A, _: A, _: f32, _: &mut [f32]) -> bool {
        false
    }
}
