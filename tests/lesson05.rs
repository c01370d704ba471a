//! Lesson 05: the laws of its exercises, the wrong answers we know, and the hints.
//!
//! `cargo test --test lesson05` judges `lessons/lesson05/exercises.rs`.

#[allow(unused_variables, reason = "a stub uses nothing yet")]
#[path = "../lessons/lesson05/exercises.rs"]
mod exercises;
#[path = "../lessons/lesson05/solutions.rs"]
mod solutions;

use harness::*;
use proptest::collection::vec;

type Softmax = fn(&[f64]) -> Vec<f64>;
type MiniBatches = fn(usize, usize, &mut dyn FnMut(&mut [usize])) -> Vec<Vec<usize>>;
type Confusion = fn(&[usize], &[usize], usize) -> Vec<Vec<usize>>;
type MacroScores = fn(&[Vec<usize>]) -> [f64; 3];
type EarlyStop = fn(&[f64], usize) -> (bool, usize);

fn main() -> std::process::ExitCode {
    let exercises =
        vec![softmax(), mini_batches(), confusion(), macro_scores(), early_stop()];
    harness::main(5, exercises)
}

fn softmax() -> Box<dyn Check> {
    let (yours, ours) = (exercises::softmax as Softmax, solutions::softmax as Softmax);
    Exercise::new("5.1", "softmax", yours, ours)
        .probe(|f| {
            let inputs: [&[f64]; 5] = [
                &[1.0, 2.0, -0.5],
                &[0.0, -1000.0],
                &[800.0, 1000.0],
                &[100.0, 60.0, 101.0],
                &[3.0],
            ];
            inputs.iter().flat_map(|z| f(z)).collect()
        })
        .law("shares", "There is a share for each logit; they add up to 1.", |f| {
            given(&["logits"], halves_vec(1..7), |z| {
                let shares = f(z);
                equal(shares.len(), z.len())?;
                let inside = shares.iter().all(|p| (0.0..=1.0).contains(p));
                ensure(inside, format!("Not between 0 and 1: {}", shares.show()))?;
                near(shares.iter().sum(), 1.0)
            })
        })
        .law("ratios", "A logit larger by d has a share e^d times as large.", |f| {
            given(&["logits"], halves_vec(1..7), |z| {
                let shares = f(z);
                let first = shares[0];
                let expected: Vec<f64> =
                    z.iter().map(|x| first * (x - z[0]).exp()).collect();
                near_slice(shares, expected)
            })
        })
        .law(
            "shift_invariant",
            "Adding one number to every logit changes no share, also a large number.",
            |f| {
                let shifted = (halves_vec(1..7), halves());
                given(&["logits", "shift / 200"], shifted, |(z, shift)| {
                    let moved: Vec<f64> = z.iter().map(|z| z + 200.0 * shift).collect();
                    near_slice(f(&moved), f(z))
                })
            },
        )
        .law(
            "far_apart",
            "Logits that lie thousands apart give numbers, and they add up to 1.",
            |f| {
                given(&["logits / 200"], halves_vec(1..7), |z| {
                    let far: Vec<f64> = z.iter().map(|z| 200.0 * z).collect();
                    near(f(&far).iter().sum(), 1.0)
                })
            },
        )
        .wrong(
            "not_divided",
            wrong::not_divided as Softmax,
            "shares",
            "Your shares do not add up to 1. Divide each exponential by the sum of \
             all.",
        )
        .wrong(
            "each_by_itself",
            wrong::each_by_itself as Softmax,
            "shares",
            "That is the sigmoid of each logit. Softmax divides by a sum over all \
             logits, so that every share depends on every logit.",
        )
        .wrong(
            "no_exponential",
            wrong::no_exponential as Softmax,
            "shares",
            "You divide the logits by their sum, without the exponential. A negative \
             logit then gives a negative share.",
        )
        .wrong(
            "logarithms",
            wrong::logarithms as Softmax,
            "shares",
            "These are the logarithms of the shares. Take the exponential of each.",
        )
        .wrong(
            "powers_of_two",
            wrong::powers_of_two as Softmax,
            "ratios",
            "These are powers of 2. Softmax takes powers of e: `exp`, not `exp2`.",
        )
        .wrong(
            "no_shift",
            wrong::no_shift as Softmax,
            "shift_invariant",
            "Large logits overflow: exp(1000) is infinite, and infinite divided by \
             infinite is NaN. Subtract the largest logit from all of them first.",
        )
        .wrong(
            "smallest_subtracted",
            wrong::smallest_subtracted as Softmax,
            "far_apart",
            "You subtract the smallest logit, so the largest can still overflow. \
             Subtract the largest: then every exponent is 0 or less.",
        )
        .wrong(
            "clamped",
            wrong::clamped as Softmax,
            "shift_invariant",
            "You cut large logits down to one number, and so the difference between \
             them is lost. Subtract the largest logit: differences stay.",
        )
        .hint("Three steps: an exponential for each logit, their sum, a division.")
        .hint(
            "What is exp(1000) in f64? Which number may you subtract from every logit \
             so that no exponential overflows, and why does that change no share?",
        )
        .hint(
            "`let largest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);` \
             and then use `(z - largest).exp()` wherever you would use `z.exp()`.",
        )
        .build()
}

/// A known way to mix a row: its first few move to the end, and it may be turned round.
#[derive(Clone, Copy, Debug)]
struct Mix {
    by: usize,
    turned: bool,
}

impl Mix {
    fn call(self) -> impl FnMut(&mut [usize]) {
        move |row: &mut [usize]| {
            if !row.is_empty() {
                row.rotate_left(self.by % row.len());
            }
            if self.turned {
                row.reverse();
            }
        }
    }
}

impl Show for Mix {
    fn show(&self) -> String {
        let moves = format!("moves the first {} to the end", self.by);
        match (self.by, self.turned) {
            (0, false) => "leaves the row as it is".to_string(),
            (0, true) => "turns the row round".to_string(),
            (_, false) => moves,
            (_, true) => format!("{moves}, then turns the row round"),
        }
    }
}

fn mini_batches() -> Box<dyn Check> {
    let yours = exercises::mini_batches as MiniBatches;
    let ours = solutions::mini_batches as MiniBatches;
    const CASE: [&str; 3] = ["count", "size", "shuffle"];
    let mix = || (0..5_usize, 0..2_u8).prop_map(|(by, b)| Mix { by, turned: b == 1 });
    let case = move || (0..14_usize, 1..6_usize, mix());
    Exercise::new("5.2", "mini_batches", yours, ours)
        .probe(|f| {
            let cases =
                [(5, 2, 0, true), (6, 3, 2, false), (7, 3, 1, true), (2, 4, 1, false)];
            let flat = |(count, size, by, turned)| {
                let mut mix = Mix { by, turned }.call();
                let batches: Vec<Vec<usize>> = f(count, size, &mut mix);
                let one = |batch: Vec<usize>| {
                    let numbers = batch.into_iter().map(|index| index as f64);
                    numbers.chain([-1.0]).collect::<Vec<f64>>()
                };
                batches.into_iter().flat_map(one).collect::<Vec<f64>>()
            };
            cases.into_iter().flat_map(flat).collect()
        })
        .law(
            "sizes",
            "Every batch holds `size` examples; only the last may hold fewer, but at \
             least one.",
            move |f| {
                given(&CASE, case(), |&(count, size, mix)| {
                    let batches = f(count, size, &mut mix.call());
                    let Some((last, full)) = batches.split_last() else {
                        return Ok(());
                    };
                    let sizes = batches.iter().map(Vec::len).collect::<Vec<_>>();
                    let fine = full.iter().all(|batch| batch.len() == size)
                        && (1..=size).contains(&last.len());
                    ensure(fine, format!("The sizes are {}.", sizes.show()))
                })
            },
        )
        .law("once", "An epoch holds every example exactly once.", move |f| {
            given(&CASE, case(), |&(count, size, mix)| {
                let mut seen = f(count, size, &mut mix.call()).concat();
                seen.sort_unstable();
                equal(seen, (0..count).collect())
            })
        })
        .law(
            "in_order",
            "The batches, one after another, are the row as one `shuffle` left it.",
            move |f| {
                given(&CASE, case(), |&(count, size, mix)| {
                    let mut row: Vec<usize> = (0..count).collect();
                    mix.call()(&mut row);
                    equal(f(count, size, &mut mix.call()).concat(), row)
                })
            },
        )
        .wrong(
            "empty_last",
            wrong::empty_last as MiniBatches,
            "sizes",
            "When the batches fill the row exactly you add an empty one. A mean over \
             an empty batch would be 0 divided by 0.",
        )
        .wrong(
            "rest_joined",
            wrong::rest_joined as MiniBatches,
            "sizes",
            "You put the rest into the batch before it, which is then too large. Let \
             the rest be a batch of its own.",
        )
        .wrong(
            "rest_dropped",
            wrong::rest_dropped as MiniBatches,
            "once",
            "The last, smaller batch is missing, so some examples are never seen. \
             `chunks` keeps the rest, `chunks_exact` drops it.",
        )
        .wrong(
            "filled_up",
            wrong::filled_up as MiniBatches,
            "once",
            "You fill the last batch up with examples from the start. They then count \
             twice in this epoch. A smaller last batch is fine.",
        )
        .wrong(
            "from_one",
            wrong::from_one as MiniBatches,
            "once",
            "Your examples are counted from 1. The first one is 0 and the last one is \
             count - 1.",
        )
        .wrong(
            "never_shuffled",
            wrong::never_shuffled as MiniBatches,
            "in_order",
            "The row is never mixed: call `shuffle(&mut row)` before you cut it.",
        )
        .wrong(
            "shuffled_twice",
            wrong::shuffled_twice as MiniBatches,
            "in_order",
            "You call `shuffle` twice. Once is enough, and the second call may undo \
             the first.",
        )
        .wrong(
            "shuffled_inside",
            wrong::shuffled_inside as MiniBatches,
            "in_order",
            "You mix inside each batch, so the same examples always meet. Mix the \
             whole row, then cut it.",
        )
        .hint("First the row 0, 1, 2, ..., then the mixing, then the cutting.")
        .hint("A range can be collected into a vector: `(0..count).collect()`.")
        .hint("Slices can be cut: look at `chunks` in the standard library.")
        .hint("`row.chunks(size).map(|batch| batch.to_vec()).collect()`")
        .build()
}

/// Truths, answers and how many classes there are: 0 to 12 examples of 1 to 4 classes.
fn answered() -> impl Strategy<Value = (Vec<usize>, Vec<usize>, usize)> {
    (1..5_usize, vec((0..12_usize, 0..12_usize), 0..12)).prop_map(|(classes, pairs)| {
        let (truths, answers): (Vec<_>, Vec<_>) =
            pairs.into_iter().map(|(t, a)| (t % classes, a % classes)).unzip();
        (truths, answers, classes)
    })
}

fn confusion() -> Box<dyn Check> {
    let yours = exercises::confusion as Confusion;
    let ours = solutions::confusion as Confusion;
    const CASE: [&str; 3] = ["truths", "answers", "classes"];
    Exercise::new("5.3", "confusion", yours, ours)
        .probe(|f| {
            let one = f(&[0, 0, 1, 1, 1], &[0, 1, 1, 1, 0], 2);
            let two = f(&[2, 0, 0, 1, 0], &[2, 1, 1, 1, 0], 4);
            let flat = |counts: Vec<Vec<usize>>| {
                let shape = counts.iter().map(Vec::len).collect::<Vec<_>>();
                let all = [shape, counts.concat()].concat();
                all.into_iter().map(|count| count as f64).collect::<Vec<f64>>()
            };
            [flat(one), flat(two)].concat()
        })
        .law(
            "square",
            "There are as many rows and columns as classes, also when one never \
             occurs.",
            |f| {
                given(&CASE, answered(), |(truths, answers, classes)| {
                    let counts = f(truths, answers, *classes);
                    equal(counts.len(), *classes)?;
                    counts.iter().try_for_each(|row| equal(row.len(), *classes))
                })
            },
        )
        .law("total", "The entries add up to the number of examples.", |f| {
            given(&CASE, answered(), |(truths, answers, classes)| {
                let counts = f(truths, answers, *classes).concat();
                equal(counts.iter().sum(), truths.len())
            })
        })
        .law("rows_are_truths", "A row adds up to the examples of its class.", |f| {
            given(&CASE, answered(), |(truths, answers, classes)| {
                let counts = f(truths, answers, *classes);
                let sums: Vec<usize> =
                    counts.iter().map(|row| row.iter().sum()).collect();
                let of = |class| truths.iter().filter(|&&truth| truth == class).count();
                equal(sums, (0..*classes).map(of).collect())
            })
        })
        .law("cells", "Row t, column a counts the t that were answered a.", |f| {
            given(&CASE, answered(), |(truths, answers, classes)| {
                let pair = |t, a| {
                    let both = truths.iter().zip(answers);
                    both.filter(|&(&truth, &answer)| (truth, answer) == (t, a)).count()
                };
                let row = |t| (0..*classes).map(|a| pair(t, a)).collect();
                equal(f(truths, answers, *classes), (0..*classes).map(row).collect())
            })
        })
        .wrong(
            "only_what_occurs",
            wrong::only_what_occurs as Confusion,
            "square",
            "Your table is only as large as the classes that occur. Make it \
             `classes` by `classes`: a class without examples has a row of zeros.",
        )
        .wrong(
            "set_not_added",
            wrong::set_not_added as Confusion,
            "total",
            "Each entry is 0 or 1: you set it where you should add to it. Write `+= \
             1`.",
        )
        .wrong(
            "mistakes_only",
            wrong::mistakes_only as Confusion,
            "total",
            "You count the mistakes only. Right answers belong on the diagonal.",
        )
        .wrong(
            "both_ways",
            wrong::both_ways as Confusion,
            "total",
            "You count a mistake both ways round. A 3 taken for an 8 is not an 8 taken \
             for a 3.",
        )
        .wrong(
            "transposed",
            wrong::transposed as Confusion,
            "rows_are_truths",
            "Your table is transposed: rows are the truths, columns the answers.",
        )
        .wrong(
            "answers_reversed",
            wrong::answers_reversed as Confusion,
            "cells",
            "Truths and answers are out of step. The first answer belongs to the first \
             truth: `zip` the two lists as they are.",
        )
        .hint("Start from a table of zeros: `vec![vec![0; classes]; classes]`.")
        .hint("Go through both lists at once: `truths.iter().zip(answers)`.")
        .hint("Each pair adds one to one entry: `counts[truth][answer] += 1`.")
        .build()
}

/// A square table of counts from 0 to 4, with 1 to 4 classes.
fn table() -> impl Strategy<Value = Vec<Vec<usize>>> {
    (1..5_usize, vec(0..5_usize, 16)).prop_map(|(classes, counts)| {
        let row = |r: &[usize]| r[..classes].to_vec();
        counts.chunks(4).take(classes).map(row).collect()
    })
}

/// A table in which every class occurs and is answered at least once rightly.
fn full_table() -> impl Strategy<Value = Vec<Vec<usize>>> {
    table().prop_map(|mut counts| {
        (0..counts.len()).for_each(|class| counts[class][class] += 1);
        counts
    })
}

/// The mean over classes of `right / whole`, where `whole` is a row's or column's sum.
fn mean_share(counts: &[Vec<usize>], whole: impl Fn(usize) -> usize) -> f64 {
    let share = |class: usize| match whole(class) {
        0 => 0.0,
        whole => counts[class][class] as f64 / whole as f64,
    };
    (0..counts.len()).map(share).sum::<f64>() / counts.len() as f64
}

fn column(counts: &[Vec<usize>], class: usize) -> usize {
    counts.iter().map(|row| row[class]).sum()
}

fn row(counts: &[Vec<usize>], class: usize) -> usize {
    counts[class].iter().sum()
}

/// The mean F1, as twice the right answers over the two sums together.
fn mean_f1(counts: &[Vec<usize>]) -> f64 {
    2.0 * mean_share(counts, |class| row(counts, class) + column(counts, class))
}

fn macro_scores() -> Box<dyn Check> {
    let yours = exercises::macro_scores as MacroScores;
    let ours = solutions::macro_scores as MacroScores;
    Exercise::new("5.4", "macro_scores", yours, ours)
        .probe(|f| {
            let tables = [
                vec![vec![1, 1], vec![1, 2]],
                vec![vec![3, 0, 1], vec![2, 2, 0], vec![0, 1, 4]],
                vec![vec![3, 0, 1], vec![2, 0, 0], vec![0, 0, 0]],
            ];
            tables.iter().flat_map(|counts| f(counts)).collect()
        })
        .law("precision", "Precision is right answers over all such answers.", |f| {
            given(&["counts"], full_table(), |counts| {
                near(f(counts)[0], mean_share(counts, |class| column(counts, class)))
            })
        })
        .law("recall", "Recall is right answers over the examples of the class.", |f| {
            given(&["counts"], full_table(), |counts| {
                near(f(counts)[1], mean_share(counts, |class| row(counts, class)))
            })
        })
        .law("f1", "F1 is taken class by class, then averaged.", |f| {
            given(&["counts"], full_table(), |counts| {
                near(f(counts)[2], mean_f1(counts))
            })
        })
        .law(
            "nothing_is_zero",
            "A class that never occurs, or is never answered, scores 0 and counts.",
            |f| {
                given(&["counts"], table(), |counts| {
                    let precision = mean_share(counts, |class| column(counts, class));
                    let recall = mean_share(counts, |class| row(counts, class));
                    near_slice(f(counts), [precision, recall, mean_f1(counts)])
                })
            },
        )
        .wrong(
            "swapped",
            wrong::swapped as MacroScores,
            "precision",
            "Precision and recall are exchanged. Precision looks down the column (all \
             examples with this answer), recall along the row (all of this class).",
        )
        .wrong(
            "pooled",
            wrong::pooled as MacroScores,
            "precision",
            "All three are the accuracy: you added up the counts of all classes before \
             dividing. Score each class first, then take the mean.",
        )
        .wrong(
            "summed",
            wrong::summed as MacroScores,
            "precision",
            "You add the classes' scores up. Divide by the number of classes.",
        )
        .wrong(
            "f1_of_means",
            wrong::f1_of_means as MacroScores,
            "f1",
            "Your F1 is made of the mean precision and the mean recall. Take it for \
             each class, then average.",
        )
        .wrong(
            "plain_average",
            wrong::plain_average as MacroScores,
            "f1",
            "Your F1 is the average of precision and recall. The harmonic mean, \
             2 p r / (p + r), is small as soon as one of the two is.",
        )
        .wrong(
            "nan",
            wrong::nan as MacroScores,
            "nothing_is_zero",
            "A class that is never answered, or never occurs, gives 0 divided by 0, \
             which is NaN, and NaN spoils the mean. Let it score 0.",
        )
        .wrong(
            "absent_left_out",
            wrong::absent_left_out as MacroScores,
            "nothing_is_zero",
            "You leave out classes that do not occur. Here every class counts: it \
             scores 0, and the mean is over all classes.",
        )
        .hint("Work class by class: one loop, three scores, three sums.")
        .hint(
            "The right answers of a class stand at `counts[class][class]`. Which \
             entries are the others with the same answer: the row or the column?",
        )
        .hint("A column's sum: `counts.iter().map(|row| row[class]).sum::<usize>()`.")
        .hint("Write a small function for the division: 0 when the divisor is 0.")
        .build()
}

/// The first epoch with the smallest loss, counted from 1; 0 without any.
fn best_epoch(losses: &[f64]) -> usize {
    let smallest = losses.iter().copied().fold(f64::INFINITY, f64::min);
    let first = losses.iter().position(|&loss| loss == smallest);
    first.map_or(0, |index| index + 1)
}

/// The losses that there would have been: up to the first moment to stop.
fn until_it_ends(losses: &[f64], patience: usize) -> Vec<f64> {
    let over = |&n: &usize| n - best_epoch(&losses[..n]) >= patience;
    let epochs = (1..=losses.len()).find(over).unwrap_or(losses.len());
    losses[..epochs].to_vec()
}

fn early_stop() -> Box<dyn Check> {
    let yours = exercises::early_stop as EarlyStop;
    let ours = solutions::early_stop as EarlyStop;
    const CASE: [&str; 2] = ["losses", "patience"];
    let patience = || 1..5_usize;
    Exercise::new("5.5", "early_stop", yours, ours)
        .probe(|f| {
            let cases: [(&[f64], usize); 7] = [
                (&[0.9, 0.5, 0.6, 0.5], 2),
                (&[0.9, 0.5, 0.6, 0.7], 3),
                (&[0.9, 0.95, 0.5, 0.6], 2),
                (&[0.5, 0.9, 0.8, 0.7], 3),
                (&[0.5, 0.9], 1),
                (&[0.5, 0.4], 1),
                (&[], 1),
            ];
            let flat = |(losses, patience)| {
                let (stop, best) = f(losses, patience);
                [f64::from(u8::from(stop)), best as f64]
            };
            cases.into_iter().flat_map(flat).collect()
        })
        .law(
            "falling",
            "While the loss falls, the last epoch is the best and training goes on.",
            move |f| {
                let falls = vec(positive_halves(2.0), 1..7);
                let falling = falls.prop_map(|falls| {
                    let after = |n: usize| 20.0 - falls[..n].iter().sum::<f64>();
                    (1..=falls.len()).map(after).collect::<Vec<f64>>()
                });
                given(&CASE, (falling, patience()), |(losses, patience)| {
                    equal(f(losses, *patience), (false, losses.len()))
                })
            },
        )
        .law(
            "equal_is_not_better",
            "Of equal losses the first is the best, and the others do not beat it.",
            move |f| {
                // never longer than until training ends
                let same = (0..5_usize, patience()).prop_map(|(more, patience)| {
                    (vec![0.5; 1 + more.min(patience)], patience)
                });
                given(&CASE, same, |(losses, patience)| {
                    let stop = losses.len() > *patience;
                    equal(f(losses, *patience), (stop, 1))
                })
            },
        )
        .law(
            "patience",
            "It is time to stop when `patience` epochs have come since the best.",
            move |f| {
                let worse = (vec(halves_between(1.5, 4.0), 0..5), patience());
                let after_the_best = worse.prop_map(|(worse, patience)| {
                    let worse = &worse[..worse.len().min(patience)];
                    ([&[1.0], worse].concat(), patience)
                });
                given(&CASE, after_the_best, |(losses, patience)| {
                    equal(f(losses, *patience), (losses.len() > *patience, 1))
                })
            },
        )
        .law(
            "a_better_epoch_starts_anew",
            "Only the epochs since the best one count.",
            move |f| {
                let any = (vec(halves_between(0.5, 4.0), 0..9), patience());
                let possible = any.prop_map(|(losses, patience)| {
                    (until_it_ends(&losses, patience), patience)
                });
                given(&CASE, possible, |(losses, patience)| {
                    let best = best_epoch(losses);
                    let stop = losses.len() - best >= *patience;
                    equal(f(losses, *patience), (stop, best))
                })
            },
        )
        .wrong(
            "from_zero",
            wrong::from_zero as EarlyStop,
            "falling",
            "Your best epoch is counted from 0. Epochs are counted from 1.",
        )
        .wrong(
            "largest",
            wrong::largest as EarlyStop,
            "falling",
            "Your best epoch is the one with the largest loss. The best loss is the \
             smallest: compare with `<`, not `>`.",
        )
        .wrong(
            "never_better",
            wrong::never_better as EarlyStop,
            "falling",
            "No loss is ever better than your first best one. A loss is better when it \
             is smaller: compare with `<`, not `>`.",
        )
        .wrong(
            "last_of_equals",
            wrong::last_of_equals as EarlyStop,
            "equal_is_not_better",
            "You let an equal loss count as better, so training that no longer moves \
             would never stop. Compare with `<`, not `<=`.",
        )
        .wrong(
            "one_too_late",
            wrong::one_too_late as EarlyStop,
            "equal_is_not_better",
            "You stop one epoch too late: after `patience` epochs without a better \
             one, not after one more.",
        )
        .wrong(
            "against_the_one_before",
            wrong::against_the_one_before as EarlyStop,
            "patience",
            "You compare each epoch with the one before it. A loss that wavers above \
             the best then never stops training. Compare with the best so far.",
        )
        .wrong(
            "never_anew",
            wrong::never_anew as EarlyStop,
            "a_better_epoch_starts_anew",
            "You add up all epochs that were not better. A better epoch must start the \
             count anew.",
        )
        .hint("First find the best epoch. Then count how many epochs came after it.")
        .hint(
            "Go through the losses once and keep two things: the best loss, its \
             number.",
        )
        .hint(
            "With `loss < best` an equal loss later does not take the first one's \
             place.",
        )
        .hint("The epochs since the best: `losses.len() - number`.")
        .build()
}

/// Answers that are wrong in a way that is easily made.
mod wrong {
    use super::solutions;

    pub fn not_divided(logits: &[f64]) -> Vec<f64> {
        let largest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        logits.iter().map(|z| (z - largest).exp()).collect()
    }

    pub fn each_by_itself(logits: &[f64]) -> Vec<f64> {
        logits.iter().map(|z| 1.0 / (1.0 + (-z).exp())).collect()
    }

    pub fn no_exponential(logits: &[f64]) -> Vec<f64> {
        let sum: f64 = logits.iter().sum();
        logits.iter().map(|z| z / sum).collect()
    }

    pub fn logarithms(logits: &[f64]) -> Vec<f64> {
        solutions::softmax(logits).into_iter().map(f64::ln).collect()
    }

    pub fn powers_of_two(logits: &[f64]) -> Vec<f64> {
        let ln_2 = std::f64::consts::LN_2;
        let scaled: Vec<f64> = logits.iter().map(|z| z * ln_2).collect();
        solutions::softmax(&scaled)
    }

    fn shares(powers: &[f64]) -> Vec<f64> {
        let sum: f64 = powers.iter().sum();
        powers.iter().map(|power| power / sum).collect()
    }

    pub fn no_shift(logits: &[f64]) -> Vec<f64> {
        shares(&logits.iter().map(|z| z.exp()).collect::<Vec<_>>())
    }

    pub fn smallest_subtracted(logits: &[f64]) -> Vec<f64> {
        let smallest = logits.iter().copied().fold(f64::INFINITY, f64::min);
        shares(&logits.iter().map(|z| (z - smallest).exp()).collect::<Vec<_>>())
    }

    pub fn clamped(logits: &[f64]) -> Vec<f64> {
        shares(&logits.iter().map(|z| z.clamp(-50.0, 50.0).exp()).collect::<Vec<_>>())
    }

    type Shuffle<'a> = &'a mut dyn FnMut(&mut [usize]);

    fn row(count: usize, shuffle: Shuffle) -> Vec<usize> {
        let mut row: Vec<usize> = (0..count).collect();
        shuffle(&mut row);
        row
    }

    pub fn empty_last(count: usize, size: usize, shuffle: Shuffle) -> Vec<Vec<usize>> {
        let row = row(count, shuffle);
        let batch = |k: usize| row[k * size..count.min((k + 1) * size)].to_vec();
        (0..=count / size).map(batch).collect()
    }

    pub fn rest_joined(count: usize, size: usize, shuffle: Shuffle) -> Vec<Vec<usize>> {
        let mut batches = solutions::mini_batches(count, size, shuffle);
        let ragged = batches.last().is_some_and(|batch| batch.len() < size);
        if ragged && batches.len() > 1 {
            let rest = batches.pop().unwrap_or_default();
            batches.iter_mut().last().into_iter().for_each(|last| last.extend(&rest));
        }
        batches
    }

    pub fn rest_dropped(
        count: usize,
        size: usize,
        shuffle: Shuffle,
    ) -> Vec<Vec<usize>> {
        row(count, shuffle).chunks_exact(size).map(<[usize]>::to_vec).collect()
    }

    pub fn filled_up(count: usize, size: usize, shuffle: Shuffle) -> Vec<Vec<usize>> {
        let row = row(count, shuffle);
        let batches = count.div_ceil(size);
        let all: Vec<usize> =
            row.iter().cycle().take(batches * size).copied().collect();
        all.chunks(size).map(<[usize]>::to_vec).collect()
    }

    pub fn from_one(count: usize, size: usize, shuffle: Shuffle) -> Vec<Vec<usize>> {
        let mut batches = solutions::mini_batches(count, size, shuffle);
        batches.iter_mut().flatten().for_each(|index| *index += 1);
        batches
    }

    pub fn never_shuffled(
        count: usize,
        size: usize,
        _shuffle: Shuffle,
    ) -> Vec<Vec<usize>> {
        solutions::mini_batches(count, size, &mut |_| ())
    }

    pub fn shuffled_twice(
        count: usize,
        size: usize,
        shuffle: Shuffle,
    ) -> Vec<Vec<usize>> {
        solutions::mini_batches(count, size, &mut |row| {
            shuffle(row);
            shuffle(row);
        })
    }

    pub fn shuffled_inside(
        count: usize,
        size: usize,
        shuffle: Shuffle,
    ) -> Vec<Vec<usize>> {
        let mut batches = solutions::mini_batches(count, size, &mut |_| ());
        batches.iter_mut().for_each(|batch| shuffle(batch));
        batches
    }

    type Table = Vec<Vec<usize>>;

    pub fn only_what_occurs(truths: &[usize], answers: &[usize], _: usize) -> Table {
        let largest = truths.iter().chain(answers).max();
        let classes = largest.map_or(0, |largest| largest + 1);
        solutions::confusion(truths, answers, classes)
    }

    pub fn set_not_added(truths: &[usize], answers: &[usize], classes: usize) -> Table {
        let mut counts = solutions::confusion(truths, answers, classes);
        counts.iter_mut().flatten().for_each(|count| *count = (*count).min(1));
        counts
    }

    pub fn mistakes_only(truths: &[usize], answers: &[usize], classes: usize) -> Table {
        let mut counts = solutions::confusion(truths, answers, classes);
        (0..classes).for_each(|class| counts[class][class] = 0);
        counts
    }

    pub fn both_ways(truths: &[usize], answers: &[usize], classes: usize) -> Table {
        let mut counts = solutions::confusion(truths, answers, classes);
        for (&truth, &answer) in truths.iter().zip(answers) {
            if truth != answer {
                counts[answer][truth] += 1;
            }
        }
        counts
    }

    pub fn transposed(truths: &[usize], answers: &[usize], classes: usize) -> Table {
        solutions::confusion(answers, truths, classes)
    }

    pub fn answers_reversed(
        truths: &[usize],
        answers: &[usize],
        classes: usize,
    ) -> Table {
        let reversed: Vec<usize> = answers.iter().rev().copied().collect();
        solutions::confusion(truths, &reversed, classes)
    }

    /// Precision and recall of each class, dividing without a second thought.
    fn scores(counts: &[Vec<usize>]) -> Vec<[f64; 2]> {
        let one = |class: usize| {
            let right = counts[class][class] as f64;
            let column: usize = counts.iter().map(|row| row[class]).sum();
            let row: usize = counts[class].iter().sum();
            [right / column as f64, right / row as f64]
        };
        (0..counts.len()).map(one).collect()
    }

    fn or_zero(x: f64) -> f64 {
        if x.is_nan() { 0.0 } else { x }
    }

    /// The means over classes, with `f1` from one class's precision and recall.
    fn means(counts: &[Vec<usize>], f1: impl Fn(f64, f64) -> f64) -> [f64; 3] {
        let all = scores(counts);
        let mean = |one: &dyn Fn(&[f64; 2]) -> f64| {
            all.iter().map(one).map(or_zero).sum::<f64>() / all.len() as f64
        };
        let f1 = mean(&|s| f1(or_zero(s[0]), or_zero(s[1])));
        [mean(&|s| s[0]), mean(&|s| s[1]), f1]
    }

    fn harmonic(p: f64, r: f64) -> f64 {
        2.0 * p * r / (p + r)
    }

    pub fn swapped(counts: &[Vec<usize>]) -> [f64; 3] {
        let [precision, recall, f1] = means(counts, harmonic);
        [recall, precision, f1]
    }

    pub fn pooled(counts: &[Vec<usize>]) -> [f64; 3] {
        let right: usize = (0..counts.len()).map(|class| counts[class][class]).sum();
        let all: usize = counts.iter().flatten().sum();
        [or_zero(right as f64 / all as f64); 3]
    }

    pub fn summed(counts: &[Vec<usize>]) -> [f64; 3] {
        means(counts, harmonic).map(|mean| mean * counts.len() as f64)
    }

    pub fn f1_of_means(counts: &[Vec<usize>]) -> [f64; 3] {
        let [precision, recall, _] = means(counts, harmonic);
        [precision, recall, or_zero(harmonic(precision, recall))]
    }

    pub fn plain_average(counts: &[Vec<usize>]) -> [f64; 3] {
        means(counts, |p, r| (p + r) / 2.0)
    }

    pub fn nan(counts: &[Vec<usize>]) -> [f64; 3] {
        let all = scores(counts);
        let mean = |one: &dyn Fn(&[f64; 2]) -> f64| {
            all.iter().map(one).sum::<f64>() / all.len() as f64
        };
        [mean(&|s| s[0]), mean(&|s| s[1]), mean(&|s| harmonic(s[0], s[1]))]
    }

    pub fn absent_left_out(counts: &[Vec<usize>]) -> [f64; 3] {
        let there = |row: &&Vec<usize>| row.iter().sum::<usize>() > 0;
        let classes = counts.iter().filter(there).count().max(1);
        means(counts, harmonic).map(|mean| mean * counts.len() as f64 / classes as f64)
    }

    pub fn from_zero(losses: &[f64], patience: usize) -> (bool, usize) {
        let (stop, best) = solutions::early_stop(losses, patience);
        (stop, best.saturating_sub(1))
    }

    pub fn largest(losses: &[f64], patience: usize) -> (bool, usize) {
        let turned: Vec<f64> = losses.iter().map(|loss| -loss).collect();
        solutions::early_stop(&turned, patience)
    }

    pub fn never_better(losses: &[f64], patience: usize) -> (bool, usize) {
        let (mut best, mut number) = (f64::INFINITY, 0);
        for (index, &loss) in losses.iter().enumerate() {
            if loss > best {
                (best, number) = (loss, index + 1);
            }
        }
        (losses.len() - number >= patience, number)
    }

    pub fn last_of_equals(losses: &[f64], patience: usize) -> (bool, usize) {
        let (mut best, mut number) = (f64::INFINITY, 0);
        for (index, &loss) in losses.iter().enumerate() {
            if loss <= best {
                (best, number) = (loss, index + 1);
            }
        }
        (losses.len() - number >= patience, number)
    }

    pub fn one_too_late(losses: &[f64], patience: usize) -> (bool, usize) {
        solutions::early_stop(losses, patience + 1)
    }

    pub fn against_the_one_before(losses: &[f64], patience: usize) -> (bool, usize) {
        let mut waited = 0;
        for pair in losses.windows(2) {
            waited = if pair[1] < pair[0] { 0 } else { waited + 1 };
        }
        (waited >= patience, solutions::early_stop(losses, patience).1)
    }

    pub fn never_anew(losses: &[f64], patience: usize) -> (bool, usize) {
        let (mut best, mut waited) = (f64::INFINITY, 0);
        for &loss in losses {
            if loss < best {
                best = loss;
            } else {
                waited += 1;
            }
        }
        (waited >= patience, solutions::early_stop(losses, patience).1)
    }
}
