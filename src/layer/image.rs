//! Images in a batch: each column of the matrix is one image.

pub use crate::kernels::{ImageShape, Window};

use crate::real::ShapeError;

/// The error when a layer for images gets a batch of other rows.
pub(super) fn same_rows(
    who: &str,
    rows: usize,
    image: ImageShape,
) -> Result<(), ShapeError> {
    if rows == image.len() {
        return Ok(());
    }
    let what = format!("{who}: rows of the input");
    Err(ShapeError::new(what, rows, format!("{} ({image})", image.len())))
}

/// Says which layer the window was meant for.
pub(super) fn of_layer(who: &str) -> impl FnOnce(ShapeError) -> ShapeError {
    move |error| {
        let what = error.what.rsplit(": ").next().unwrap_or(&error.what);
        ShapeError { what: format!("{who}: {what}"), ..error }
    }
}
