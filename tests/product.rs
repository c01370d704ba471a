//! The matrix product with its unit tests, compiled as it is shipped: optimized. The
//! library's other unit tests are compiled without the optimizer, by `tests/library`.

use gradbook::{real, rng};

#[path = "../src/kernels/product/mod.rs"]
#[allow(dead_code)]
mod product;
#[path = "../src/kernels/same_type.rs"]
mod same_type;

use same_type::{same_type, same_type_mut};
