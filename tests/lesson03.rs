//! The exercises of lesson 03.

#[path = "harness/mod.rs"]
mod harness;

fn main() -> std::process::ExitCode {
    harness::main(3, Vec::new())
}
