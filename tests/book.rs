//! The book cannot lie: every chapter is checked against the sources and the recorded
//! runs, and every check is shown a chapter that must fail it.

// The builder uses the rest of this module.
#[allow(dead_code, unused_imports)]
#[path = "../book/builder/truth/mod.rs"]
mod truth;

use truth::{Problem, Workspace};

fn workspace() -> Workspace {
    Workspace::new(env!("CARGO_MANIFEST_DIR"))
}

fn list(problems: &[Problem]) -> String {
    problems.iter().map(|problem| format!("\n  {problem}")).collect()
}

#[test]
fn the_book_is_true() {
    let problems = truth::check_book(&workspace());
    assert!(problems.is_empty(), "{} problems:{}", problems.len(), list(&problems));
}
