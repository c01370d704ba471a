//! Tests of the judge: every way to answer wrongly gets the right verdict.

#[path = "harness/fixtures/mod.rs"]
mod fixtures;
#[path = "harness/mod.rs"]
mod harness;

fn main() -> std::process::ExitCode {
    let _ = fixtures::softmax();
    harness::main(0, Vec::new())
}
