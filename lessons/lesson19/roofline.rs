//! The roofline of one machine: from the benchmark that the book has on record, or
//! measured here and now.

use std::collections::BTreeMap;
use std::time::Instant;

use gradbook::kernels::ladder::Rung;
use gradbook::kernels::{Operand, machine};
use gradbook::plot::{Axis, Chart, Role, Svg};
use gradbook::{Matrix, rng};
use lessons::{Result, Run, bail};
use rand::RngExt;

/// The benchmark on record.
const RECORD: &str = include_str!("../../book/src/runs/lesson19.bench.toml");

/// Shapes of the record, and who computed them.
const SHAPES: [&str; 4] = ["square", "dense", "thin_1", "thin_2"];
const CONTENDERS: [(&str, &str); 6] = [
    ("naive", "naive"),
    ("reordered", "reordered"),
    ("blocked", "blocked"),
    ("packed", "packed"),
    ("nalgebra", "nalgebra"),
    ("gemm", "gemm crate"),
];

/// The roofline of the machine on record.
pub fn show(run: &mut Run) -> Result {
    let values = parsed(RECORD);
    let Some(svg) = drawn(&values) else {
        bail!("the benchmark on record has no peak")
    };
    // so that `cargo book verify` notices a record that this figure was not drawn from
    run.count("benchmark_on_record", checksum(RECORD));
    run.figure("roofline", "Products under the roof of the machine on record.", &svg)
}

/// FNV-1a of the text, its last 32 bits, with `\n` for every line end.
fn checksum(text: &str) -> usize {
    let bytes = text.bytes().filter(|byte| *byte != b'\r');
    let sum = bytes.fold(0xcbf2_9ce4_8422_2325, |sum: u64, byte| {
        (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    sum as u32 as usize
}

/// The named numbers of a benchmark's record.
fn parsed(text: &str) -> BTreeMap<String, f64> {
    let values = text.split_once("[values]").map_or("", |(_, values)| values);
    let pairs = values.lines().filter_map(|line| line.split_once('='));
    pairs
        .filter_map(|(name, value)| {
            Some((name.trim().to_string(), value.trim().parse().ok()?))
        })
        .collect()
}

fn drawn(values: &BTreeMap<String, f64>) -> Option<Svg> {
    let get = |name: &str| values.get(name).copied();
    let (peak, memory, cache) = (get("peak")?, get("memory")?, get("cache")?);
    let (low, high) = (0.06, 300.0);
    let roof = |bandwidth: f64| {
        [(low, bandwidth * low), (peak / bandwidth, peak), (high, peak)]
    };
    let across = Axis::new("operations for each byte", "").log().range(low, high);
    let up = Axis::new("speed", "GFLOP/s").log().range(0.5, 2.0 * peak);
    let chart = Chart::new(across, up)
        .line(Role::Neutral, "from memory", roof(memory))
        .line(Role::Neutral, "from the second cache", roof(cache))
        .size(680, 440);
    let at = |who: &str| -> Vec<(f64, f64)> {
        let point = |shape: &&str| {
            Some((get(&format!("{shape}_intensity"))?, get(&format!("{who}_{shape}"))?))
        };
        SHAPES.iter().filter_map(point).collect()
    };
    let dots = CONTENDERS.iter().enumerate();
    let chart = dots.fold(chart, |chart, (i, (who, words))| {
        chart.dots(Role::Series(i), words, at(who))
    });
    Some(chart.svg())
}

/// `--time`: this machine's peak, bandwidth and rungs. Nothing of it is on record.
pub fn time(run: &mut Run) -> Result {
    const N: usize = 512;
    run.heading("The roofline of this machine");
    let mut values: BTreeMap<String, f64> = BTreeMap::new();
    values.insert("peak".into(), machine::peak_gflops());
    values.insert("memory".into(), machine::copy_gb_s(machine::MEMORY));
    values.insert("cache".into(), machine::copy_gb_s(machine::CACHE));
    run.say(&format!(
        "{}, one thread: at most {:.0} GFLOP/s; {:.1} GB/s from memory, {:.0} GB/s \
         from the second cache.",
        machine::cpu(),
        values["peak"],
        values["memory"],
        values["cache"]
    ));
    let rng = &mut rng(run.seed());
    let mut drawn_at_random =
        || Matrix::<f32>::from_fn(N, N, |_, _| rng.random_range(-1.0..1.0));
    let (a, b) = (drawn_at_random(), drawn_at_random());
    let (peak, flop) = (values["peak"], 2.0 * (N * N * N) as f64);
    let mut rows = Vec::new();
    values.insert("square_intensity".into(), N as f64 / 6.0);
    let mut c = vec![0.0; N * N];
    for rung in Rung::ALL {
        let mut once = || {
            let start = Instant::now();
            rung.product(Operand::plain(&a), Operand::plain(&b), 0.0, &mut c);
            start.elapsed().as_secs_f64()
        };
        once();
        let mut seconds: Vec<f64> = (0..7).map(|_| once()).collect();
        seconds.sort_by(f64::total_cmp);
        let speed = flop / seconds[3] / 1e9;
        values.insert(format!("{}_square", rung.name()), speed);
        rows.push([
            rung.name().to_string(),
            format!("{speed:.1}"),
            format!("{:.0}%", 100.0 * speed / peak),
        ]);
    }
    run.table(&["512 cubed", "GFLOP/s", "of the peak"], &rows);
    run.say("Medians of seven. `threads` uses all cores, the others one.");
    match drawn(&values) {
        Some(svg) => run.figure("roofline_here", "The roofline of this machine.", &svg),
        None => bail!("this machine could not be measured"),
    }
}
