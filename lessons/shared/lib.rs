//! Gradbook.
