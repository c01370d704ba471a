//! Builds, serves and checks the Gradbook.
//!
//! A chapter goes through three hands: [`truth`] writes out and checks its directives,
//! [`maths`] turns LaTeX into MathML, and mdBook makes the page. [`page`] joins the
//! first two into an mdBook preprocessor, [`site`] runs mdBook, [`serve`] shows the
//! result while it is being written, and [`record`] makes the recorded runs that the
//! chapters quote.

pub mod log;
pub mod maths;
pub mod page;
pub mod record;
pub mod serve;
pub mod site;
pub mod truth;
