//! `forall`: a law tried on many inputs, and the smallest one that breaks it.

use std::cell::Cell;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::channel;
use super::outcome::{Mismatch, Outcome};
use super::panics::{catch, tracing};
use super::show::Show;

/// How many inputs a law is tried on.
pub const CASES: usize = 100;

/// How many smaller inputs are tried once one breaks the law.
const MOST_SHRINKS: usize = 4096;

/// The generator is fixed: the same inputs on every machine, in every run.
const SEED: &[u8; 32] = b"gradbook: the same inputs always";

thread_local! {
    static SHRINKING: Cell<bool> = const { Cell::new(true) };
}

/// Tries the law on [`CASES`] inputs, the simplest first, and returns what it says
/// about the smallest input that breaks it. A panic breaks it too.
pub fn forall<S>(strategy: S, law: impl Fn(&S::Value) -> Outcome) -> Outcome
where
    S: Strategy,
    S::Value: Show,
{
    given(&[], strategy, law)
}

/// [`forall`] with names for the parts of the input, used in the message:
/// `given(&["weights", "x"], (halves_vec(3), halves_vec(3)), |(weights, x)| ...)`.
pub fn given<S>(
    names: &[&str],
    strategy: S,
    law: impl Fn(&S::Value) -> Outcome,
) -> Outcome
where
    S: Strategy,
    S::Value: Show,
{
    let config = Config { failure_persistence: None, ..Config::default() };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, SEED);
    let mut runner = TestRunner::new_with_rng(config, rng);
    for case in 0..CASES {
        let mut tree = match strategy.new_tree(&mut runner) {
            Ok(tree) => tree,
            Err(reason) => panic!("this law's strategy gives no input: {reason}"),
        };
        if case == 0 {
            simplest(&mut tree);
        }
        if let Err(mismatch) = attempt(names, &tree.current(), &law) {
            let shrink = SHRINKING.get() && !says_todo(&mismatch);
            let found = if shrink { smallest(names, tree, &law) } else { None };
            return Err(found.unwrap_or(mismatch));
        }
    }
    Ok(())
}

/// Runs `body` with laws that stop at the first input that breaks them: enough to know
/// that it is broken, and faster.
pub fn without_shrinking<T>(body: impl FnOnce() -> T) -> T {
    let before = SHRINKING.replace(false);
    let value = body();
    SHRINKING.set(before);
    value
}

/// Turns a fresh tree into the simplest value of its strategy.
fn simplest(tree: &mut impl ValueTree) {
    for _ in 0..MOST_SHRINKS {
        if !tree.simplify() {
            return;
        }
    }
}

/// Tries one input. The harness's parent process is told first, so that it knows the
/// input even if the answer never comes back.
fn attempt<V: Show>(names: &[&str], value: &V, law: impl Fn(&V) -> Outcome) -> Outcome {
    let input = || -> Vec<(String, String)> {
        let name = |index: usize| names.get(index).copied().unwrap_or_default();
        let parts = value.parts().into_iter().enumerate();
        parts.map(|(index, part)| (name(index).to_string(), part)).collect()
    };
    channel::trying(input);
    let outcome = match catch(|| law(value)) {
        Ok(outcome) => outcome,
        Err(panic) => Err(Mismatch::panicked(panic)),
    };
    outcome.map_err(|mismatch| Mismatch { input: input(), ..mismatch })
}

/// Walks to smaller and smaller inputs that still break the law. The last is tried once
/// more, so that what the answer prints for it can be shown.
fn smallest<T: ValueTree>(
    names: &[&str],
    mut tree: T,
    law: impl Fn(&T::Value) -> Outcome,
) -> Option<Mismatch>
where
    T::Value: Show,
{
    let mut best: Option<T::Value> = Some(tree.current());
    let mut moved = tree.simplify();
    for _ in 0..MOST_SHRINKS {
        if !moved {
            break;
        }
        let value = tree.current();
        moved = if attempt(names, &value, &law).is_err() {
            best = Some(value);
            tree.simplify()
        } else {
            tree.complicate()
        };
    }
    best.and_then(|value| tracing(|| attempt(names, &value, &law)).err())
}

/// The stub's own panic needs no smaller input.
fn says_todo(mismatch: &Mismatch) -> bool {
    let message = mismatch.panic.as_deref().unwrap_or_default();
    message.starts_with("not yet implemented: exercise ")
}
