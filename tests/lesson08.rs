//! Lesson 08: the laws of its exercises, the wrong answers we know, and the hints.
//!
//! `cargo test --test lesson08` judges `lessons/lesson08/exercises.rs`.

#[allow(unused_variables, reason = "a stub uses nothing yet")]
#[path = "../lessons/lesson08/exercises.rs"]
mod exercises;
#[path = "../lessons/lesson08/solutions.rs"]
mod solutions;

use harness::*;
use proptest::collection::vec;

type Matrix = gradbook::Matrix<f64>;

type LstmStep = fn(&[f64], &[f64]) -> (Vec<f64>, Vec<f64>);
type GruStep = fn(&[f64], &[f64], &[f64]) -> Vec<f64>;
type ForgetBias = fn(u64, f64) -> f64;
type LastStates = fn(&Matrix, &[usize]) -> Matrix;
type Backward = fn(&[f64], &[f64], &[f64], &[f64]) -> (Vec<f64>, Vec<f64>);

fn main() -> std::process::ExitCode {
    let checks =
        vec![lstm_step(), gru_step(), forget_bias(), last_states(), backward()];
    harness::main(8, checks)
}

/// The most units that a law asks for.
const UNITS: usize = 3;

fn sigma(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// A probe must be comparable: NaN is equal to nothing, not even to NaN.
fn finite(mut probe: Vec<f64>) -> Vec<f64> {
    probe.iter_mut().filter(|x| x.is_nan()).for_each(|x| *x = -1e9);
    probe
}

/// Blocks of `units` numbers, cut from lists that hold enough of them.
fn blocks(units: usize, lists: &[&[f64]]) -> Vec<f64> {
    lists.iter().flat_map(|list| &list[..units]).copied().collect()
}

/// A list of moderate numbers for each unit.
fn each_unit() -> impl Strategy<Value = Vec<f64>> {
    vec(halves_between(-4.0, 4.0), UNITS)
}

/// Sums in four blocks and the cells of one to three units.
fn lstm_case() -> impl Strategy<Value = (Vec<f64>, Vec<f64>)> {
    let four = (each_unit(), each_unit(), each_unit(), each_unit());
    (1..=UNITS, four, each_unit()).prop_map(|(units, (i, f, g, o), cell)| {
        (blocks(units, &[&i, &f, &g, &o]), cell[..units].to_vec())
    })
}

/// The same with all input gates and all forget gates set by hand.
fn gates_at(input: f64, forget: f64) -> impl Strategy<Value = (Vec<f64>, Vec<f64>)> {
    lstm_case().prop_map(move |(mut sums, cell)| {
        let units = cell.len();
        sums[..units].fill(input);
        sums[units..2 * units].fill(forget);
        (sums, cell)
    })
}

/// Block number `index` of four.
fn block(sums: &[f64], index: usize) -> &[f64] {
    let units = sums.len() / 4;
    &sums[index * units..(index + 1) * units]
}

fn tanh_of(list: &[f64]) -> Vec<f64> {
    list.iter().map(|x| x.tanh()).collect()
}

const LSTM: [&str; 2] = ["sums", "cell"];

/// A gate this open lets everything through, one this shut nothing.
const OPEN: f64 = 1000.0;

/// A sum so far out that its gate is shut or open, and its tanh -1 or 1.
fn far() -> impl Strategy<Value = f64> {
    (0..=1_u8).prop_map(|up| if up == 1 { OPEN } else { -OPEN })
}

/// Four such sums and a cell.
fn far_case() -> impl Strategy<Value = (Vec<f64>, Vec<f64>)> {
    (vec(far(), 4), vec(halves_between(-4.0, 4.0), 1))
}

fn lstm_step() -> Box<dyn Check> {
    let yours = exercises::lstm_step as LstmStep;
    Exercise::new("8.1", "lstm_step", yours, solutions::lstm_step)
        .probe(|f| {
            let sums = [0.5, -1.0, 1.5, 0.25, -0.75, 1.0, 2.0, -0.5];
            let (hidden, cell) = f(&sums, &[1.5, -2.0]);
            let (_, held) = f(&[-OPEN, OPEN, 1.0, 2.0], &[0.5]);
            let (_, written) = f(&[1.0, 2.0, OPEN, 0.5], &[0.5]);
            finite([hidden, cell, held, written].concat())
        })
        .law(
            "keeps",
            "With the input gate shut (-1000) and the forget gate open (1000), the \
             cell stays as it is.",
            |f| {
                given(&LSTM, gates_at(-OPEN, OPEN), |(sums, cell)| {
                    near_slice(f(sums, cell).1, cell)
                })
            },
        )
        .law(
            "writes",
            "With the input gate open (1000) and the forget gate shut (-1000), the \
             new cell is the candidate, tanh of block 3.",
            |f| {
                given(&LSTM, gates_at(OPEN, -OPEN), |(sums, cell)| {
                    near_slice(f(sums, cell).1, tanh_of(block(sums, 2)))
                })
            },
        )
        .law(
            "adds",
            "With both gates open, the new cell is the cell plus the candidate.",
            |f| {
                given(&LSTM, gates_at(OPEN, OPEN), |(sums, cell)| {
                    let candidate = tanh_of(block(sums, 2));
                    let sum: Vec<f64> =
                        cell.iter().zip(candidate).map(|(c, g)| c + g).collect();
                    near_slice(f(sums, cell).1, sum)
                })
            },
        )
        .law(
            "reads",
            "hidden is the output gate, sigma of block 4, times tanh of the new cell \
             that you return.",
            |f| {
                given(&LSTM, lstm_case(), |(sums, cell)| {
                    let (hidden, new) = f(sums, cell);
                    let gates = block(sums, 3).iter().map(|&x| sigma(x));
                    let read: Vec<f64> =
                        gates.zip(&new).map(|(o, c)| o * c.tanh()).collect();
                    near_slice(hidden, read)
                })
            },
        )
        .law(
            "one_unit",
            "new cell = f cell + i g, for gates anywhere between shut and open.",
            |f| {
                given(&LSTM, lstm_case(), |(sums, cell)| {
                    let units = cell.len();
                    let expected: Vec<f64> = (0..units)
                        .map(|k| {
                            let [i, f] = [0, units].map(|at| sigma(sums[at + k]));
                            f * cell[k] + i * sums[2 * units + k].tanh()
                        })
                        .collect();
                    near_slice(f(sums, cell).1, expected)
                })
            },
        )
        .law(
            "far",
            "With all four sums at 1000 or -1000 the gates are 1 or 0 and the \
             candidate is 1 or -1.",
            |f| {
                given(&LSTM, far_case(), |(sums, cell)| {
                    let [i, f_gate, g, o] = [0, 1, 2, 3].map(|b| sums[b]);
                    let gate = |x: f64| if x > 0.0 { 1.0 } else { 0.0 };
                    let new = gate(f_gate) * cell[0] + gate(i) * g.signum();
                    let (hidden, seen) = f(sums, cell);
                    let both = vec![gate(o) * new.tanh(), new];
                    near_slice([hidden, seen].concat(), both)
                })
            },
        )
        .wrong(
            "tanh_overflows",
            wrong::tanh_overflows as LstmStep,
            "far",
            "Your tanh is (e^x - e^(-x)) / (e^x + e^(-x)): for 1000 that is infinite \
             / infinite, not a number. `x.tanh()` knows better.",
        )
        .wrong(
            "order_i_f_o_g",
            wrong::order_i_f_o_g as LstmStep,
            "writes",
            "You take block 3 for the output gate and block 4 for the candidate. The \
             order is i, f, g, o.",
        )
        .wrong(
            "unit_by_unit",
            wrong::unit_by_unit as LstmStep,
            "keeps",
            "You read the sums unit by unit, four numbers each. They come block by \
             block: gate b of unit k is entry b H + k.",
        )
        .wrong(
            "forget_inverted",
            wrong::forget_inverted as LstmStep,
            "keeps",
            "You keep 1 - f of the cell. In spite of its name, the forget gate says \
             what is kept: at 1, all of it.",
        )
        .wrong(
            "sigmoid_overflows",
            wrong::sigmoid_overflows as LstmStep,
            "keeps",
            "Your sigmoid is e^x / (1 + e^x): for 1000 that is infinite / infinite, \
             not a number. 1 / (1 + e^(-x)) is right for both signs.",
        )
        .wrong(
            "candidate_by_sigma",
            wrong::candidate_by_sigma as LstmStep,
            "writes",
            "Your candidate comes out of a sigmoid and can only add. It is no gate \
             but a value: tanh, from -1 to 1.",
        )
        .wrong(
            "forget_what_is_written",
            wrong::forget_what_is_written as LstmStep,
            "writes",
            "You multiply by the forget gate after writing. It acts on the old cell \
             only: f cell + i g.",
        )
        .wrong(
            "one_gate_for_two",
            wrong::one_gate_for_two as LstmStep,
            "adds",
            "You write with 1 - f and leave the input gate out. That is how a GRU \
             does it; an LSTM may keep and write at once.",
        )
        .wrong(
            "no_tanh_on_the_way_out",
            wrong::no_tanh_on_the_way_out as LstmStep,
            "reads",
            "Your hidden is o times the new cell. Its tanh is missing: the cell may \
             grow large, hidden must not.",
        )
        .wrong(
            "reads_old_cell",
            wrong::reads_old_cell as LstmStep,
            "reads",
            "Your hidden is read from the old cell, so it comes a step too late: \
             take tanh of the new one.",
        )
        .hint("H is `cell.len()`. Block b of unit k is `sums[b * H + k]`.")
        .hint("Three blocks go through sigma, one (the third) through tanh.")
        .hint("The new cell first: what is kept of the old one, plus what is written.")
        .hint("`let c = f * cell[k] + i * g;` and then `o * c.tanh()`.")
        .build()
}

const GRU: [&str; 3] = ["from_input", "from_hidden", "hidden"];

type Three = (Vec<f64>, Vec<f64>, Vec<f64>);

/// What input and hidden values add to the three sums, and the hidden values.
fn gru_case() -> impl Strategy<Value = Three> {
    let three = || (each_unit(), each_unit(), each_unit());
    (1..=UNITS, three(), three(), each_unit()).prop_map(|(units, x, h, hidden)| {
        let x = blocks(units, &[&x.0, &x.1, &x.2]);
        (x, blocks(units, &[&h.0, &h.1, &h.2]), hidden[..units].to_vec())
    })
}

/// The same with what the input adds to the update gates set by hand.
fn update_at(number: f64) -> impl Strategy<Value = Three> {
    gru_case().prop_map(move |(mut x, h, hidden)| {
        let units = hidden.len();
        x[units..2 * units].fill(number);
        (x, h, hidden)
    })
}

/// The candidate of each unit.
fn candidates(x: &[f64], h: &[f64], units: usize) -> Vec<f64> {
    let one =
        |k: usize| (x[2 * units + k] + sigma(x[k] + h[k]) * h[2 * units + k]).tanh();
    (0..units).map(one).collect()
}

fn gru_step() -> Box<dyn Check> {
    let yours = exercises::gru_step as GruStep;
    Exercise::new("8.2", "gru_step", yours, solutions::gru_step)
        .probe(|f| {
            let x = [0.5, -1.0, 1.5, 0.25, -0.75, 1.0];
            let h = [-0.25, 0.75, 0.5, -1.5, 1.25, -2.0];
            let held = f(&[1.0, OPEN, 0.5], &[0.5, 1.0, -1.0], &[2.0]);
            finite([f(&x, &h, &[1.5, -0.5]), held].concat())
        })
        .law(
            "keeps",
            "With the update gate at 1 (sums of 1000) hidden stays as it is.",
            |f| {
                given(&GRU, update_at(OPEN), |(x, h, hidden)| {
                    near_slice(f(x, h, hidden), hidden)
                })
            },
        )
        .law(
            "gates_see_both",
            "The gates see the sum of their two parts: what moves from from_hidden \
             to from_input in blocks 1 and 2 changes nothing.",
            |f| {
                given(&GRU, gru_case(), |(x, h, hidden)| {
                    let (mut moved, mut rest) = (x.clone(), h.clone());
                    for at in 0..2 * hidden.len() {
                        moved[at] += h[at];
                        rest[at] = 0.0;
                    }
                    near_slice(f(x, h, hidden), f(&moved, &rest, hidden))
                })
            },
        )
        .law(
            "replaces",
            "With the update gate at 0 (sums of -1000) the new hidden is the \
             candidate, tanh(x_n + r h_n).",
            |f| {
                given(&GRU, update_at(-OPEN), |(x, h, hidden)| {
                    near_slice(f(x, h, hidden), candidates(x, h, hidden.len()))
                })
            },
        )
        .law(
            "between",
            "new hidden = (1 - z) n + z hidden: on the way from the candidate to the \
             old value.",
            |f| {
                given(&GRU, gru_case(), |(x, h, hidden)| {
                    let units = hidden.len();
                    let mut new = candidates(x, h, units);
                    for (k, n) in new.iter_mut().enumerate() {
                        let z = sigma(x[units + k] + h[units + k]);
                        *n = (1.0 - z) * *n + z * hidden[k];
                    }
                    near_slice(f(x, h, hidden), new)
                })
            },
        )
        .law(
            "far",
            "With sums of 1000 or -1000 the gates are 1 or 0 and the candidate is 1 \
             or -1.",
            |f| {
                let case = (vec(far(), 3), vec(halves_between(-4.0, 4.0), 1));
                given(&["from_input", "hidden"], case, |(x, hidden)| {
                    let new = if x[1] > 0.0 { hidden[0] } else { x[2].signum() };
                    near_slice(f(x, &[0.5, -0.5, 2.0], hidden), vec![new])
                        .because("from_hidden is [0.5, -0.5, 2].")
                })
            },
        )
        .wrong(
            "sigmoid_overflows_in_gru",
            wrong::sigmoid_overflows_in_gru as GruStep,
            "keeps",
            "Your sigmoid is e^x / (1 + e^x): for 1000 that is infinite / infinite, \
             not a number. 1 / (1 + e^(-x)) is right for both signs.",
        )
        .wrong(
            "update_inverted",
            wrong::update_inverted as GruStep,
            "keeps",
            "You have z and 1 - z exchanged. There are papers that write it so; \
             here, as in PyTorch, z is the share of the old value.",
        )
        .wrong(
            "gates_exchanged",
            wrong::gates_exchanged as GruStep,
            "keeps",
            "You take block 1 for the update gate and block 2 for the reset gate. \
             The order is r, z, n.",
        )
        .wrong(
            "gates_from_input_only",
            wrong::gates_from_input_only as GruStep,
            "gates_see_both",
            "Your gates look at the input only. They must see the hidden values too: \
             sigma of the sum of both parts.",
        )
        .wrong(
            "no_reset",
            wrong::no_reset as GruStep,
            "replaces",
            "Your candidate does without the reset gate: r must multiply h_n.",
        )
        .wrong(
            "reset_on_everything",
            wrong::reset_on_everything as GruStep,
            "replaces",
            "You multiply the whole sum by r. The reset gate hides the past, not the \
             input: x_n + r h_n.",
        )
        .wrong(
            "reset_on_input",
            wrong::reset_on_input as GruStep,
            "replaces",
            "You multiply x_n by r. It belongs to h_n, what the hidden values add.",
        )
        .wrong(
            "reset_inverted",
            wrong::reset_inverted as GruStep,
            "replaces",
            "You multiply h_n by 1 - r. A reset gate at 1 lets the past through.",
        )
        .wrong(
            "added_without_share",
            wrong::added_without_share as GruStep,
            "keeps",
            "You add the whole candidate to z hidden. The shares must add up to 1: \
             (1 - z) n + z hidden.",
        )
        .hint("H is `hidden.len()`; block b of unit k is entry `b * H + k`.")
        .hint("Two gates, each sigma of a sum of two numbers. Then the candidate.")
        .hint("r stands inside the tanh and multiplies from_hidden's third block only.")
        .hint("`(1.0 - z) * n + z * hidden[k]`")
        .build()
}

/// What is left after so many steps, from the bias alone, as -ln(share).
fn forgotten(bias: f64, steps: u64) -> f64 {
    // -ln(sigma(b)) is ln(1 + e^(-b)).
    steps as f64 * (-bias).exp().ln_1p()
}

/// Equal to nine digits, relative to what is expected.
fn share_is_left(f: ForgetBias, steps: u64, share: f64) -> Outcome {
    let (seen, expected) = (forgotten(f(steps, share), steps), -share.ln());
    near(seen / expected, 1.0)
        .because("-ln(what is left) with your bias, divided by -ln(share).")
}

/// Shares between 0 and 1: sixteenths.
fn shares() -> impl Strategy<Value = f64> {
    (1..=15_u32).prop_map(|n| f64::from(n) / 16.0)
}

fn forget_bias() -> Box<dyn Check> {
    let yours = exercises::forget_bias as ForgetBias;
    Exercise::new("8.3", "forget_bias", yours, solutions::forget_bias)
        .probe(|f| {
            vec![f(1, 0.25), f(3, 0.5), f(100, 0.125), f(1_000_000_000_000, 0.75)]
        })
        .law(
            "one_step",
            "After one step sigma(b) is left, and that is the share.",
            |f| given(&["share"], shares(), |&share| near(sigma(f(1, share)), share)),
        )
        .law(
            "many_steps",
            "After n steps sigma(b) to the power of n is left, and that is the share.",
            |f| {
                given(&["steps", "share"], (1..=40_u64, shares()), |&(steps, share)| {
                    share_is_left(f, steps, share)
                })
            },
        )
        .law("long", "The same for a thousand up to a million million steps.", |f| {
            let steps = (3..=12_u32).prop_map(|n| 10_u64.pow(n));
            given(&["steps", "share"], (steps, shares()), |&(steps, share)| {
                share_is_left(f, steps, share)
            })
        })
        .wrong(
            "the_gate",
            wrong::the_gate as ForgetBias,
            "one_step",
            "You return the gate, a number between 0 and 1. Asked for is the bias \
             that makes it: ln(f / (1 - f)).",
        )
        .wrong(
            "sign_flipped",
            wrong::sign_flipped as ForgetBias,
            "one_step",
            "Your sign is flipped: ln((1 - f) / f) is the bias of a gate that keeps \
             1 - f.",
        )
        .wrong(
            "inverse_tanh",
            wrong::inverse_tanh as ForgetBias,
            "one_step",
            "You turn tanh round. A gate is a sigmoid: its inverse is ln(f / (1 - f)).",
        )
        .wrong(
            "share_forgotten",
            wrong::share_forgotten as ForgetBias,
            "one_step",
            "Your bias does not depend on the share: f = 1 - 1/n leaves about 1/e \
             after n steps, whatever was asked for.",
        )
        .wrong(
            "power_for_root",
            wrong::power_for_root as ForgetBias,
            "many_steps",
            "You raise the share to the power of steps. f multiplies once a step, so \
             f to the power of steps is the share: take the root.",
        )
        .wrong(
            "straight_line",
            wrong::straight_line as ForgetBias,
            "many_steps",
            "You let the same amount go at every step. A gate lets the same share \
             go: what is left falls as a power, not along a straight line.",
        )
        .wrong(
            "digits_lost",
            wrong::digits_lost as ForgetBias,
            "long",
            "Right in theory, but with f next to 1, `1.0 - f` has few digits left. \
             `-(ln f).exp_m1()` is the same number with all of them.",
        )
        .hint("What is left after two steps is f times f. After n steps?")
        .hint("So ln f is ln(share) / n. Keep it as it is: f itself is not needed.")
        .hint("sigma turned round: f = 1 / (1 + e^(-b)) gives b = ln f - ln(1 - f).")
        .hint("`1 - f` is `-(ln f).exp_m1()`: `exp_m1` computes e^x - 1 for small x.")
        .build()
}

/// States of a batch of sequences, and their lengths, none below `least`.
fn ragged(least: usize) -> impl Strategy<Value = (Matrix, Vec<usize>)> {
    const MOST: usize = 4;
    let numbers = vec(halves(), 3 * MOST * 3);
    let lengths = vec(least..=MOST, 3);
    (1..=3_usize, least.max(1)..=MOST, 1..=3_usize, lengths, numbers).prop_map(
        |(rows, steps, examples, lengths, numbers)| {
            let lengths =
                lengths[..examples].iter().map(|&length| length.min(steps)).collect();
            let cut = &numbers[..rows * steps * examples];
            (Matrix::from_column_slice(rows, steps * examples, cut), lengths)
        },
    )
}

/// With this number in every column that means nothing.
fn spoiled(states: &Matrix, lengths: &[usize], number: f64) -> Matrix {
    let mut states = states.clone();
    for (column, mut state) in states.column_iter_mut().enumerate() {
        if column / lengths.len() >= lengths[column % lengths.len()] {
            state.fill(number);
        }
    }
    states
}

/// The right columns, written another way: walk through all, keep the latest live one.
fn latest(states: &Matrix, lengths: &[usize]) -> Matrix {
    let mut last = Matrix::zeros(states.nrows(), lengths.len());
    for (column, state) in states.column_iter().enumerate() {
        let (t, n) = (column / lengths.len(), column % lengths.len());
        if t < lengths[n] {
            last.set_column(n, &state);
        }
    }
    last
}

const RAGGED: [&str; 2] = ["states", "lengths"];

fn last_states() -> Box<dyn Check> {
    let yours = exercises::last_states as LastStates;
    Exercise::new("8.4", "last_states", yours, solutions::last_states)
        .probe(|f| {
            let states = Matrix::from_fn(2, 12, |i, j| (10 * i + j) as f64 + 0.5);
            let last = f(&states, &[3, 2, 0]);
            let other = f(&spoiled(&states, &[2, 5], f64::NAN), &[2, 5]);
            finite(last.iter().chain(other.iter()).copied().collect())
        })
        .law(
            "equal_lengths",
            "If every sequence has all steps, the answer is the last block of columns.",
            |f| {
                given(&RAGGED, ragged(1), |(states, lengths)| {
                    let steps = states.ncols() / lengths.len();
                    let all = vec![steps; lengths.len()];
                    let first = states.ncols() - lengths.len();
                    let block = states.columns(first, lengths.len()).into_owned();
                    near_matrix(f(states, &all), block)
                        .because(format!("With all lengths {steps}."))
                })
            },
        )
        .law(
            "no_peeking",
            "What stands in a column past an example's length changes nothing.",
            |f| {
                given(&RAGGED, ragged(1), |(states, lengths)| {
                    let [zeros, nines] =
                        [0.0, 99.0].map(|x| spoiled(states, lengths, x));
                    near_matrix(f(&nines, lengths), f(&zeros, lengths)).because(
                        "Expected: with 0 in every column that means nothing. Seen: \
                         with 99.",
                    )
                })
            },
        )
        .law(
            "own_length",
            "Column n is the state after the last real step of example n.",
            |f| {
                given(&RAGGED, ragged(1), |(states, lengths)| {
                    near_matrix(f(states, lengths), latest(states, lengths))
                })
            },
        )
        .law("empty", "An example without any step gets zeros.", |f| {
            given(&RAGGED, ragged(0), |(states, lengths)| {
                near_matrix(f(states, lengths), latest(states, lengths))
            })
        })
        .law("nan", "Not even NaN in a column that means nothing gets through.", |f| {
            let case = ragged(0).prop_map(|(states, lengths)| {
                (spoiled(&states, &lengths, f64::NAN), lengths)
            });
            given(&RAGGED, case, |(states, lengths)| {
                near_matrix(f(states, lengths), latest(states, lengths))
            })
        })
        .wrong(
            "last_step_for_all",
            wrong::last_step_for_all as LastStates,
            "no_peeking",
            "You take the last block for everybody. A short sequence has ended \
             before it: what stands there is no state of it.",
        )
        .wrong(
            "example_by_example",
            wrong::example_by_example as LastStates,
            "equal_lengths",
            "You look for example n in columns n T to (n + 1) T. The columns are \
             ordered by step first: step t of example n is column t N + n.",
        )
        .wrong(
            "one_too_far",
            wrong::one_too_far as LastStates,
            "no_peeking",
            "You go one step too far: with steps counted from 0, the last of \
             `length` steps is number length - 1.",
        )
        .wrong(
            "mean_of_states",
            wrong::mean_of_states as LastStates,
            "equal_lengths",
            "You return the mean of the real states. That is a way to sum up a \
             sequence too, but asked for is the last one.",
        )
        .wrong(
            "shortest_for_all",
            wrong::shortest_for_all as LastStates,
            "own_length",
            "You cut all sequences to the shortest. Each has its own length.",
        )
        .wrong(
            "empty_gets_first",
            wrong::empty_gets_first as LastStates,
            "empty",
            "An example without steps gets what stands at step 0, which means \
             nothing. It has no state: zeros.",
        )
        .wrong(
            "masked_by_product",
            wrong::masked_by_product as LastStates,
            "nan",
            "You multiply by a mask of zeros and ones and add up. 0 times NaN is \
             NaN: do not touch a column that means nothing.",
        )
        .hint("How many examples are there, and in which column is step t of number n?")
        .hint("The last real step of example n is `lengths[n] - 1`, if there is one.")
        .hint(
            "Start from `Matrix::zeros(states.nrows(), lengths.len())` and fill the \
             columns of those that have steps.",
        )
        .hint("`last.set_column(n, &states.column((length - 1) * examples + n))`")
        .build()
}

const BACK: [&str; 4] = ["sums", "cell", "grad_hidden", "grad_cell"];

type Case = (Vec<f64>, Vec<f64>, Vec<f64>, Vec<f64>);

fn backward_case() -> impl Strategy<Value = Case> {
    (lstm_case(), each_unit(), each_unit()).prop_map(|((sums, cell), gh, gc)| {
        let units = cell.len();
        (sums, cell, gh[..units].to_vec(), gc[..units].to_vec())
    })
}

/// Gates and candidate of unit `k`: i, f, g, o, and tanh of the new cell.
fn unit(sums: &[f64], cell: &[f64], k: usize) -> [f64; 5] {
    let units = cell.len();
    let [i, f, o] = [0, 1, 3].map(|b| sigma(sums[b * units + k]));
    let g = sums[2 * units + k].tanh();
    [i, f, g, o, (f * cell[k] + i * g).tanh()]
}

/// The slope that the new cell gets from both roads.
fn both_roads(case: &Case, k: usize) -> f64 {
    let (sums, cell, grad_hidden, grad_cell) = case;
    let [_, _, _, o, t] = unit(sums, cell, k);
    grad_cell[k] + grad_hidden[k] * o * (1.0 - t * t)
}

fn ask(f: Backward, case: &Case) -> (Vec<f64>, Vec<f64>) {
    f(&case.0, &case.1, &case.2, &case.3)
}

/// One block of dL/d(sums) is right: `slope` says what it must be for unit `k`.
fn block_is(f: Backward, index: usize, slope: fn(&Case, usize) -> f64) -> Outcome {
    given(&BACK, backward_case(), |case| {
        let (sums, _) = ask(f, case);
        equal(sums.len(), case.0.len()).because("The length of dL/d(sums).")?;
        let expected: Vec<f64> = (0..case.1.len()).map(|k| slope(case, k)).collect();
        near_slice(block(&sums, index), expected)
    })
}

/// L = grad_hidden . hidden + grad_cell . new cell, by the answer to 8.1 in the book.
fn loss(case: &Case, sums: &[f64], cell: &[f64]) -> f64 {
    let (hidden, new) = solutions::lstm_step(sums, cell);
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    dot(&case.2, &hidden) + dot(&case.3, &new)
}

/// The slopes of that loss by moving each number a little up and down.
fn by_differences(case: &Case) -> Vec<f64> {
    let units = case.1.len();
    let all = [&case.0[..], &case.1].concat();
    let moved = |at: usize, by: f64| {
        let mut all = all.clone();
        all[at] += by;
        loss(case, &all[..4 * units], &all[4 * units..])
    };
    let h = 1e-5;
    (0..all.len()).map(|at| (moved(at, h) - moved(at, -h)) / (2.0 * h)).collect()
}

fn backward() -> Box<dyn Check> {
    let yours = exercises::lstm_step_backward as Backward;
    Exercise::new("8.5", "lstm_step_backward", yours, solutions::lstm_step_backward)
        .probe(|f| {
            let sums = [0.5, -1.0, 1.5, 0.25, -0.75, 1.0, 2.0, -0.5];
            let (sums, cell) = f(&sums, &[1.5, -2.0], &[1.0, -0.5], &[0.25, 2.0]);
            let (_, held) = f(&[0.5, OPEN, 1.0, 2.0], &[0.5], &[1.0], &[2.0]);
            finite([sums, cell, held].concat())
        })
        .law(
            "output",
            "Block 4 of dL/d(sums) is grad_hidden tanh(new cell) o (1 - o).",
            |f| {
                block_is(f, 3, |case, k| {
                    let [_, _, _, o, t] = unit(&case.0, &case.1, k);
                    case.2[k] * t * o * (1.0 - o)
                })
            },
        )
        .law(
            "carry",
            "dL/d(cell) is f times the new cell's slope, in which two roads meet: \
             grad_cell, and grad_hidden o (1 - tanh^2 of the new cell).",
            |f| {
                given(&BACK, backward_case(), |case| {
                    let back = |k| {
                        let [_, f, ..] = unit(&case.0, &case.1, k);
                        f * both_roads(case, k)
                    };
                    let expected: Vec<f64> = (0..case.1.len()).map(back).collect();
                    near_slice(ask(f, case).1, expected)
                })
            },
        )
        .law(
            "forget",
            "Block 2 is the new cell's slope times the old cell, times f (1 - f).",
            |f| {
                block_is(f, 1, |case, k| {
                    let [_, f, ..] = unit(&case.0, &case.1, k);
                    both_roads(case, k) * case.1[k] * f * (1.0 - f)
                })
            },
        )
        .law(
            "input",
            "Block 1 is the new cell's slope times the candidate g, times i (1 - i).",
            |f| {
                block_is(f, 0, |case, k| {
                    let [i, _, g, ..] = unit(&case.0, &case.1, k);
                    both_roads(case, k) * g * i * (1.0 - i)
                })
            },
        )
        .law(
            "candidate",
            "Block 3 is the new cell's slope times i, times 1 - g^2.",
            |f| {
                block_is(f, 2, |case, k| {
                    let [i, _, g, ..] = unit(&case.0, &case.1, k);
                    both_roads(case, k) * i * (1.0 - g * g)
                })
            },
        )
        .law(
            "differences",
            "Moving any number a little up and down moves the loss as your slopes say.",
            |f| {
                given(&BACK, backward_case(), |case| {
                    let (sums, cell) = ask(f, case);
                    near_slice_within([sums, cell].concat(), by_differences(case), 1e-7)
                })
            },
        )
        .law(
            "far",
            "With sums of 1000 or -1000 nothing can be learned, dL/d(sums) is 0, and \
             the cell's slope passes the forget gate or not.",
            |f| {
                let slopes = || vec(halves_between(-4.0, 4.0), 1);
                let case = (far_case(), slopes(), slopes())
                    .prop_map(|((sums, cell), gh, gc)| (sums, cell, gh, gc));
                given(&BACK, case, |case| {
                    let [_, f_gate, ..] = unit(&case.0, &case.1, 0);
                    let (sums, cell) = ask(f, case);
                    let mut expected = vec![0.0; 4];
                    expected.push(f_gate * both_roads(case, 0));
                    near_slice([sums, cell].concat(), expected)
                })
            },
        )
        .wrong(
            "sigmoid_overflows_backward",
            wrong::sigmoid_overflows_backward as Backward,
            "far",
            "Your sigmoid is e^x / (1 + e^x): for 1000 that is infinite / infinite, \
             not a number. 1 / (1 + e^(-x)) is right for both signs.",
        )
        .wrong(
            "no_slope_of_sigma",
            wrong::no_slope_of_sigma as Backward,
            "output",
            "You stop at the gates: these are slopes of i, f, g, o themselves. Go on \
             through sigma, times s (1 - s), and through tanh, times 1 - g^2.",
        )
        .wrong(
            "output_reads_cell",
            wrong::output_reads_cell as Backward,
            "output",
            "Your output gate's slope contains the new cell. What the gate \
             multiplies is tanh of it.",
        )
        .wrong(
            "hidden_road_missing",
            wrong::hidden_road_missing as Backward,
            "carry",
            "The new cell's slope lacks the road through hidden: add grad_hidden o \
             (1 - tanh^2).",
        )
        .wrong(
            "cell_road_missing",
            wrong::cell_road_missing as Backward,
            "carry",
            "The new cell's slope lacks grad_cell, the road to the next step. It is \
             the one that reaches far back.",
        )
        .wrong(
            "no_slope_of_tanh",
            wrong::no_slope_of_tanh as Backward,
            "carry",
            "You come back through hidden = o tanh(new cell) without tanh's slope, 1 \
             - tanh^2.",
        )
        .wrong(
            "carried_without_forget",
            wrong::carried_without_forget as Backward,
            "carry",
            "You hand the new cell's slope on to the old cell as it is. In f cell + \
             i g, the old cell's factor is f.",
        )
        .wrong(
            "forget_by_new_cell",
            wrong::forget_by_new_cell as Backward,
            "forget",
            "Your forget gate's slope contains the new cell. What the gate \
             multiplies is the old one.",
        )
        .wrong(
            "input_by_itself",
            wrong::input_by_itself as Backward,
            "input",
            "In i g, i's factor is g and g's factor is i: you have i's exchanged.",
        )
        .wrong(
            "candidate_as_gate",
            wrong::candidate_as_gate as Backward,
            "candidate",
            "You take g (1 - g) for the candidate. It went through tanh: 1 - g^2.",
        )
        .hint("Go forward again first: i, f, g, o, the new cell and its tanh t.")
        .hint(
            "Then the new cell's slope, once: grad_cell plus grad_hidden o (1 - \
             t^2).",
        )
        .hint(
            "new cell = f cell + i g: each of the four gets the new cell's slope \
             times its partner. o gets grad_hidden t.",
        )
        .hint(
            "The last factor of each block is the slope of what made it: i (1 - i), \
             f (1 - f), 1 - g^2, o (1 - o). dL/d(cell) is the new cell's slope times \
             f.",
        )
        .build()
}

mod wrong {
    use super::{Matrix, sigma};

    /// An LSTM's step from a rule for one unit: (i, f, g, o sums, cell) to (h, c).
    fn lstm(
        sums: &[f64],
        cell: &[f64],
        rule: fn([f64; 4], f64) -> (f64, f64),
    ) -> (Vec<f64>, Vec<f64>) {
        let units = cell.len();
        let unit = |k| rule([0, 1, 2, 3].map(|b| sums[b * units + k]), cell[k]);
        (0..units).map(unit).unzip()
    }

    fn right([i, f, g, o]: [f64; 4], cell: f64) -> (f64, f64) {
        let c = sigma(f) * cell + sigma(i) * g.tanh();
        (sigma(o) * c.tanh(), c)
    }

    pub fn order_i_f_o_g(sums: &[f64], cell: &[f64]) -> (Vec<f64>, Vec<f64>) {
        lstm(sums, cell, |[i, f, o, g], cell| right([i, f, g, o], cell))
    }

    pub fn unit_by_unit(sums: &[f64], cell: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let four = |k: usize| [0, 1, 2, 3].map(|b| sums[4 * k + b]);
        (0..cell.len()).map(|k| right(four(k), cell[k])).unzip()
    }

    pub fn forget_inverted(sums: &[f64], cell: &[f64]) -> (Vec<f64>, Vec<f64>) {
        lstm(sums, cell, |[i, f, g, o], cell| right([i, -f, g, o], cell))
    }

    pub fn sigmoid_overflows(sums: &[f64], cell: &[f64]) -> (Vec<f64>, Vec<f64>) {
        lstm(sums, cell, |[i, f, g, o], cell| {
            let c = overflowing(f) * cell + overflowing(i) * g.tanh();
            (overflowing(o) * c.tanh(), c)
        })
    }

    pub fn tanh_overflows(sums: &[f64], cell: &[f64]) -> (Vec<f64>, Vec<f64>) {
        lstm(sums, cell, |[i, f, g, o], cell| {
            let c = sigma(f) * cell + sigma(i) * by_powers(g);
            (sigma(o) * by_powers(c), c)
        })
    }

    /// tanh as it is written in books; infinite by infinite for large x.
    fn by_powers(x: f64) -> f64 {
        (x.exp() - (-x).exp()) / (x.exp() + (-x).exp())
    }

    /// A sigmoid that is infinite by infinite for large x.
    fn overflowing(x: f64) -> f64 {
        x.exp() / (1.0 + x.exp())
    }

    pub fn candidate_by_sigma(sums: &[f64], cell: &[f64]) -> (Vec<f64>, Vec<f64>) {
        lstm(sums, cell, |[i, f, g, o], cell| {
            let c = sigma(f) * cell + sigma(i) * sigma(g);
            (sigma(o) * c.tanh(), c)
        })
    }

    pub fn forget_what_is_written(sums: &[f64], cell: &[f64]) -> (Vec<f64>, Vec<f64>) {
        lstm(sums, cell, |[i, f, g, o], cell| {
            let c = sigma(f) * (cell + sigma(i) * g.tanh());
            (sigma(o) * c.tanh(), c)
        })
    }

    pub fn one_gate_for_two(sums: &[f64], cell: &[f64]) -> (Vec<f64>, Vec<f64>) {
        lstm(sums, cell, |[_, f, g, o], cell| right([-f, f, g, o], cell))
    }

    pub fn no_tanh_on_the_way_out(sums: &[f64], cell: &[f64]) -> (Vec<f64>, Vec<f64>) {
        lstm(sums, cell, |sums, cell| {
            let (_, c) = right(sums, cell);
            (sigma(sums[3]) * c, c)
        })
    }

    pub fn reads_old_cell(sums: &[f64], cell: &[f64]) -> (Vec<f64>, Vec<f64>) {
        lstm(sums, cell, |sums, cell| {
            (sigma(sums[3]) * cell.tanh(), right(sums, cell).1)
        })
    }

    /// A GRU's step from a rule for one unit: (x, h) of r, z, n, and the old value.
    fn gru(
        x: &[f64],
        h: &[f64],
        hidden: &[f64],
        rule: fn([f64; 3], [f64; 3], f64) -> f64,
    ) -> Vec<f64> {
        let units = hidden.len();
        let three = |list: &[f64], k: usize| [0, 1, 2].map(|b| list[b * units + k]);
        (0..units).map(|k| rule(three(x, k), three(h, k), hidden[k])).collect()
    }

    pub fn sigmoid_overflows_in_gru(x: &[f64], h: &[f64], hidden: &[f64]) -> Vec<f64> {
        gru(x, h, hidden, |x, h, old| {
            let (r, z) = (overflowing(x[0] + h[0]), overflowing(x[1] + h[1]));
            (1.0 - z) * (x[2] + r * h[2]).tanh() + z * old
        })
    }

    pub fn update_inverted(x: &[f64], h: &[f64], hidden: &[f64]) -> Vec<f64> {
        gru(x, h, hidden, |x, h, old| {
            let (r, z) = (sigma(x[0] + h[0]), sigma(x[1] + h[1]));
            z * (x[2] + r * h[2]).tanh() + (1.0 - z) * old
        })
    }

    pub fn gates_exchanged(x: &[f64], h: &[f64], hidden: &[f64]) -> Vec<f64> {
        gru(x, h, hidden, |x, h, old| {
            let (z, r) = (sigma(x[0] + h[0]), sigma(x[1] + h[1]));
            (1.0 - z) * (x[2] + r * h[2]).tanh() + z * old
        })
    }

    pub fn gates_from_input_only(x: &[f64], h: &[f64], hidden: &[f64]) -> Vec<f64> {
        gru(x, h, hidden, |x, h, old| {
            let (r, z) = (sigma(x[0]), sigma(x[1]));
            (1.0 - z) * (x[2] + r * h[2]).tanh() + z * old
        })
    }

    /// The right step with another candidate: a rule of r, x_n and h_n.
    fn candidate(
        x: [f64; 3],
        h: [f64; 3],
        old: f64,
        n: fn(f64, f64, f64) -> f64,
    ) -> f64 {
        let (r, z) = (sigma(x[0] + h[0]), sigma(x[1] + h[1]));
        (1.0 - z) * n(r, x[2], h[2]).tanh() + z * old
    }

    pub fn no_reset(x: &[f64], h: &[f64], hidden: &[f64]) -> Vec<f64> {
        gru(x, h, hidden, |x, h, old| candidate(x, h, old, |_, x, h| x + h))
    }

    pub fn reset_on_everything(x: &[f64], h: &[f64], hidden: &[f64]) -> Vec<f64> {
        gru(x, h, hidden, |x, h, old| candidate(x, h, old, |r, x, h| r * (x + h)))
    }

    pub fn reset_on_input(x: &[f64], h: &[f64], hidden: &[f64]) -> Vec<f64> {
        gru(x, h, hidden, |x, h, old| candidate(x, h, old, |r, x, h| r * x + h))
    }

    pub fn reset_inverted(x: &[f64], h: &[f64], hidden: &[f64]) -> Vec<f64> {
        gru(x, h, hidden, |x, h, old| candidate(x, h, old, |r, x, h| x + (1.0 - r) * h))
    }

    pub fn added_without_share(x: &[f64], h: &[f64], hidden: &[f64]) -> Vec<f64> {
        gru(x, h, hidden, |x, h, old| {
            let (r, z) = (sigma(x[0] + h[0]), sigma(x[1] + h[1]));
            let n = (x[2] + r * h[2]).tanh();
            n + z * old
        })
    }

    fn bias_of(f: f64) -> f64 {
        (f / (1.0 - f)).ln()
    }

    fn root(steps: u64, share: f64) -> f64 {
        share.powf(1.0 / steps as f64)
    }

    pub fn the_gate(steps: u64, share: f64) -> f64 {
        root(steps, share)
    }

    pub fn sign_flipped(steps: u64, share: f64) -> f64 {
        -bias_of(root(steps, share))
    }

    pub fn inverse_tanh(steps: u64, share: f64) -> f64 {
        root(steps, share).atanh()
    }

    pub fn share_forgotten(steps: u64, _: f64) -> f64 {
        (steps as f64 - 1.0).ln()
    }

    pub fn power_for_root(steps: u64, share: f64) -> f64 {
        bias_of(share.powf(steps as f64))
    }

    pub fn straight_line(steps: u64, share: f64) -> f64 {
        bias_of(1.0 - (1.0 - share) / steps as f64)
    }

    pub fn digits_lost(steps: u64, share: f64) -> f64 {
        bias_of(root(steps, share))
    }

    /// Column `pick(steps, examples, length, n)` for each example, zeros where `None`.
    fn picked(
        states: &Matrix,
        lengths: &[usize],
        pick: impl Fn(usize, usize, usize, usize) -> Option<usize>,
    ) -> Matrix {
        let examples = lengths.len();
        let mut last = Matrix::zeros(states.nrows(), examples);
        for (n, &length) in lengths.iter().enumerate() {
            if let Some(at) = pick(states.ncols() / examples, examples, length, n) {
                last.set_column(n, &states.column(at));
            }
        }
        last
    }

    pub fn last_step_for_all(states: &Matrix, lengths: &[usize]) -> Matrix {
        picked(states, lengths, |steps, examples, _, n| {
            Some((steps - 1) * examples + n)
        })
    }

    pub fn example_by_example(states: &Matrix, lengths: &[usize]) -> Matrix {
        picked(states, lengths, |steps, _, length, n| {
            length.checked_sub(1).map(|t| n * steps + t)
        })
    }

    pub fn one_too_far(states: &Matrix, lengths: &[usize]) -> Matrix {
        picked(states, lengths, |steps, examples, length, n| {
            Some(length.min(steps - 1) * examples + n)
        })
    }

    pub fn mean_of_states(states: &Matrix, lengths: &[usize]) -> Matrix {
        let examples = lengths.len();
        Matrix::from_fn(states.nrows(), examples, |row, n| {
            let states = (0..lengths[n]).map(|t| states[(row, t * examples + n)]);
            states.sum::<f64>() / lengths[n].max(1) as f64
        })
    }

    pub fn shortest_for_all(states: &Matrix, lengths: &[usize]) -> Matrix {
        let shortest = lengths.iter().copied().min().unwrap_or(0);
        picked(states, lengths, |_, examples, _, n| {
            shortest.checked_sub(1).map(|t| t * examples + n)
        })
    }

    pub fn empty_gets_first(states: &Matrix, lengths: &[usize]) -> Matrix {
        picked(states, lengths, |_, examples, length, n| {
            Some(length.saturating_sub(1) * examples + n)
        })
    }

    pub fn masked_by_product(states: &Matrix, lengths: &[usize]) -> Matrix {
        let examples = lengths.len();
        Matrix::from_fn(states.nrows(), examples, |row, n| {
            let steps = 0..states.ncols() / examples;
            let mask = |t: usize| if t + 1 == lengths[n] { 1.0 } else { 0.0 };
            steps.map(|t| mask(t) * states[(row, t * examples + n)]).sum()
        })
    }

    /// What the way back needs of one unit.
    #[derive(Clone, Copy)]
    struct Unit {
        i: f64,
        f: f64,
        g: f64,
        o: f64,
        cell: f64,
        new: f64,
        t: f64,
        gh: f64,
        gc: f64,
    }

    impl Unit {
        /// The new cell's slope, from both roads.
        fn both(self) -> f64 {
            self.gc + self.through_hidden()
        }

        fn through_hidden(self) -> f64 {
            self.gh * self.o * (1.0 - self.t * self.t)
        }

        /// The four slopes of the sums and that of the cell, from the new cell's slope.
        fn five(self, c: f64) -> [f64; 5] {
            let Unit { i, f, g, o, cell, t, gh, .. } = self;
            let candidate = c * i * (1.0 - g * g);
            let output = gh * t * o * (1.0 - o);
            [c * g * i * (1.0 - i), c * cell * f * (1.0 - f), candidate, output, c * f]
        }
    }

    /// The way back from a rule for one unit.
    fn back(
        [sums, cell, grad_hidden, grad_cell]: [&[f64]; 4],
        rule: fn(Unit) -> [f64; 5],
    ) -> (Vec<f64>, Vec<f64>) {
        let units = cell.len();
        let (mut grad_sums, mut grad) = (vec![0.0; 4 * units], vec![0.0; units]);
        for k in 0..units {
            let [i, f, o] = [0, 1, 3].map(|b| sigma(sums[b * units + k]));
            let g = sums[2 * units + k].tanh();
            let new = f * cell[k] + i * g;
            let (cell, t, gh, gc) = (cell[k], new.tanh(), grad_hidden[k], grad_cell[k]);
            let five = rule(Unit { i, f, g, o, cell, new, t, gh, gc });
            (0..4).for_each(|b| grad_sums[b * units + k] = five[b]);
            grad[k] = five[4];
        }
        (grad_sums, grad)
    }

    type Slopes = (Vec<f64>, Vec<f64>);

    pub fn sigmoid_overflows_backward(
        s: &[f64],
        c: &[f64],
        gh: &[f64],
        gc: &[f64],
    ) -> Slopes {
        let (_, new) = lstm(s, c, right);
        let (mut grad_sums, mut grad_cell) = back([s, c, gh, gc], |u| u.five(u.both()));
        let units = c.len();
        for k in 0..units {
            let [i, f, o] = [0, 1, 3].map(|b| overflowing(s[b * units + k]));
            let (g, t) = (s[2 * units + k].tanh(), new[k].tanh());
            let both = gc[k] + gh[k] * o * (1.0 - t * t);
            grad_sums[k] = both * g * i * (1.0 - i);
            grad_sums[units + k] = both * c[k] * f * (1.0 - f);
            grad_sums[2 * units + k] = both * i * (1.0 - g * g);
            grad_sums[3 * units + k] = gh[k] * t * o * (1.0 - o);
            grad_cell[k] = both * f;
        }
        (grad_sums, grad_cell)
    }

    pub fn no_slope_of_sigma(s: &[f64], c: &[f64], gh: &[f64], gc: &[f64]) -> Slopes {
        back([s, c, gh, gc], |u| {
            let c = u.both();
            [c * u.g, c * u.cell, c * u.i, u.gh * u.t, c * u.f]
        })
    }

    pub fn output_reads_cell(s: &[f64], c: &[f64], gh: &[f64], gc: &[f64]) -> Slopes {
        back([s, c, gh, gc], |u| {
            let mut five = u.five(u.both());
            five[3] = u.gh * u.new * u.o * (1.0 - u.o);
            five
        })
    }

    pub fn hidden_road_missing(s: &[f64], c: &[f64], gh: &[f64], gc: &[f64]) -> Slopes {
        back([s, c, gh, gc], |u| u.five(u.gc))
    }

    pub fn cell_road_missing(s: &[f64], c: &[f64], gh: &[f64], gc: &[f64]) -> Slopes {
        back([s, c, gh, gc], |u| u.five(u.through_hidden()))
    }

    pub fn no_slope_of_tanh(s: &[f64], c: &[f64], gh: &[f64], gc: &[f64]) -> Slopes {
        back([s, c, gh, gc], |u| u.five(u.gc + u.gh * u.o))
    }

    pub fn carried_without_forget(
        s: &[f64],
        c: &[f64],
        gh: &[f64],
        gc: &[f64],
    ) -> Slopes {
        back([s, c, gh, gc], |u| {
            let mut five = u.five(u.both());
            five[4] = u.both();
            five
        })
    }

    pub fn forget_by_new_cell(s: &[f64], c: &[f64], gh: &[f64], gc: &[f64]) -> Slopes {
        back([s, c, gh, gc], |u| {
            let mut five = u.five(u.both());
            five[1] = u.both() * u.new * u.f * (1.0 - u.f);
            five
        })
    }

    pub fn input_by_itself(s: &[f64], c: &[f64], gh: &[f64], gc: &[f64]) -> Slopes {
        back([s, c, gh, gc], |u| {
            let mut five = u.five(u.both());
            five[0] = u.both() * u.i * u.i * (1.0 - u.i);
            five
        })
    }

    pub fn candidate_as_gate(s: &[f64], c: &[f64], gh: &[f64], gc: &[f64]) -> Slopes {
        back([s, c, gh, gc], |u| {
            let mut five = u.five(u.both());
            five[2] = u.both() * u.i * u.g * (1.0 - u.g);
            five
        })
    }
}
