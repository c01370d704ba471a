//! The judge's own tests, one file for each of its parts.

mod lessons;
mod manifests;
mod messages;
mod outcomes;
mod shrinking;
mod strategies;
mod verdicts;

use libtest_mimic::Trial;

/// All of them.
pub fn all() -> Vec<Trial> {
    let mut trials = Vec::new();
    trials.extend(verdicts::trials());
    trials.extend(messages::trials());
    trials.extend(lessons::trials());
    trials.extend(manifests::trials());
    trials.extend(shrinking::trials());
    trials.extend(outcomes::trials());
    trials.extend(strategies::trials());
    trials
}

/// Functions as trials, each under its own name.
macro_rules! trials {
    ($($name:ident)*) => {
        pub fn trials() -> Vec<libtest_mimic::Trial> {
            vec![$(libtest_mimic::Trial::test(
                concat!(module_path!(), "::", stringify!($name)).replace(
                    "harness_itself::own_tests::", ""),
                || {
                    $name();
                    Ok(())
                },
            )),*]
        }
    };
}

use trials;
