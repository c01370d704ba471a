//! The lesson's own parts: choices, hand-made numbers, the reader's answers.

use gradbook::optimizer::Kind;
use gradbook::rng;
use lessons::Run;

use super::*;
use crate::contest::{Worth, choose};
use crate::hands::Hands;

fn worth(rate: f64, updates: f64, valid: f64) -> Worth {
    Worth { rate, updates, reached: 1, valid }
}

#[test]
fn the_first_at_the_goal_is_chosen_and_of_equals_the_smallest() {
    let rate = |tried: &[Worth]| choose(tried).map(|best| best.rate);
    let tried = [worth(0.1, 90.0, 0.1), worth(0.2, 44.0, 0.3), worth(0.3, 40.0, 0.2)];
    assert_eq!(rate(&tried), Some(0.2));
    let tried = [worth(0.1, 90.0, 0.1), worth(0.2, 45.0, 0.1), worth(0.3, 40.0, 0.2)];
    assert_eq!(rate(&tried), Some(0.3));
    // a rate that gets there less often is no equal
    let never = |worth: Worth| Worth { reached: 0, ..worth };
    let tried = [never(worth(0.1, 42.0, 0.1)), worth(0.3, 40.0, 0.2)];
    assert_eq!(rate(&tried), Some(0.3));
    let lost = [worth(0.1, 9.0, f64::INFINITY), worth(0.2, 9.0, 2.0)].map(never);
    assert_eq!(rate(&lost), Some(0.2));
    assert_eq!(rate(&[]), None);
}

#[test]
fn seeds_of_the_search_are_never_those_of_the_comparison() {
    let [search, fresh] = Budget { search: 100, fresh: 100, seed: u64::MAX }.seeds();
    assert_eq!((search.len(), fresh.len()), (100, 100));
    assert!(search.iter().all(|seed| !fresh.contains(seed)));
}

#[test]
fn two_updates_are_those_of_the_chapter() {
    let expected = [
        [0.6, 0.3],
        [0.6, 0.1],
        [0.4, -0.15],
        [0.9, 0.84],
        [0.8, 0.8 - 0.3 / 5.25_f64.sqrt()],
        [0.9, 0.9 - 1.0 / 3.0 / 12.0_f64.sqrt()],
    ];
    for ((name, mut optimizer), expected) in paper::all().into_iter().zip(expected) {
        let seen = paper::updates(&mut *optimizer);
        for (seen, expected) in seen.into_iter().zip(expected) {
            assert!((seen - expected).abs() < 1e-7, "{name}: {seen} {expected}");
        }
    }
}

#[test]
fn a_grid_has_few_values_of_each_and_chance_many() {
    let rng = &mut rng(3);
    for (places, rates) in
        [(hunt::grid as fn(usize, &mut _) -> Vec<_>, 3), (hunt::row, 9)]
    {
        let mut xs: Vec<f64> = places(3, rng).into_iter().map(|(x, _)| x).collect();
        xs.sort_by(f64::total_cmp);
        xs.dedup();
        assert_eq!(xs.len(), rates);
        assert!(xs.iter().all(|x| (0.0..=1.0).contains(x)));
    }
    assert_eq!(hunt::random(3, rng).len(), 9);
}

#[test]
fn an_interrupted_training_ends_with_the_same_weights() {
    let folder = tempfile::tempdir().unwrap();
    let task = Task::mlp(3, 2).unwrap();
    let path = folder.path().join("cut.safetensors");
    let [straight, again, alone] = resume::three(&task, &path, 3).unwrap();
    assert_eq!(straight, again);
    assert_ne!(straight, alone);
}

#[test]
fn results_do_not_depend_on_the_number_of_threads() {
    let task = Task::mlp(3, 1).unwrap();
    let mut quiet = Run::quiet(LESSON, ["--seed", "3"]).unwrap();
    let budget = Budget { search: 1, fresh: 1, seed: 3 };
    let entries = contest::compare(&mut quiet, &task, budget).unwrap();
    let [_, fresh] = budget.seeds();
    for entry in &entries {
        let mut optimizer: Box<dyn gradbook::optimizer::Optimizer> =
            entry.kind.build(entry.best.rate);
        let again = task.learn(&mut *optimizer, fresh[0], tasks::Until::Cap).unwrap();
        assert_eq!(again.valid(), entry.fresh[0].valid(), "{}", entry.kind);
    }
    assert_eq!(entries.len(), Kind::ALL.len());
}

#[test]
fn right_answers_walk_and_train_as_the_book_does_and_wrong_ones_are_told() {
    let right = Hands {
        momentum: solutions::momentum_step,
        adam: solutions::adam_step,
        decay: solutions::decay_step,
        rate: solutions::scheduled_rate,
        search: solutions::random_search,
    };
    let mut quiet = Run::quiet(LESSON, ["--seed", "3"]).unwrap();
    hands::down_the_ravine(&mut quiet, right).unwrap();
    hands::on_digits(&mut quiet, right, 3).unwrap();
    let other: hands::Momentum = |w, v, g, rate, momentum, _| {
        solutions::momentum_step(w, v, g, rate, momentum, false);
    };
    let wrong = Hands { momentum: other, ..right };
    let error = hands::down_the_ravine(&mut quiet, wrong).unwrap_err().to_string();
    assert!(error.contains("your nesterov"), "{error}");
}
