//! The lesson as a whole.
