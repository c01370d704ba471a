//! The loop closes: the network of lesson 6 trains on a device.

use gradbook::data::{self, Dataset};
use gradbook::gpu::device::Simulated;
use gradbook::kernels::{Device, on_device};
use gradbook::loss::SoftmaxCrossEntropy;
use gradbook::optimizer::Adam;
use gradbook::rng;
use gradbook::train::{Batch, step};
use lessons::{Result, Run, bail, percent};

use crate::canvas::{CANVAS, Canvases};
use crate::models::{CNN, Setup, accuracy};
use crate::pictures;

/// Images of a step.
const BATCH: usize = 32;
/// How far a loss on the device may be from the CPU's.
const NEAR: f64 = 1e-4;

/// The first steps of a training, on the CPU and on the simulated device.
pub fn show(run: &mut Run, steps: usize) -> Result {
    run.heading("The network of lesson 6 on the simulated device");
    let device = Simulated::new()?;
    let train = digits(run.seed())?;
    let (cpu, there) = both(&device, &train, run.seed(), steps)?;
    let cost = device.counters();
    largest_difference(&cpu, &there)?;
    let mut rows = Vec::new();
    // the first few, and then every fifth
    let told = |i: usize| i < 3 || (i + 1).is_multiple_of(5);
    for (i, (cpu, there)) in
        cpu.iter().zip(&there).enumerate().filter(|(i, _)| told(*i))
    {
        rows.push([(i + 1).to_string(), format!("{cpu:.5}"), format!("{there:.5}")]);
    }
    run.table(&["step", "loss on the CPU", "on the device"], &rows);
    run.count("cnn_steps", steps);
    run.count("cnn_launches", device.launches());
    run.value("cnn_first_loss", there[0]);
    run.value("cnn_last_loss", there[steps - 1]);
    run.say(&format!(
        "{steps} steps of {BATCH} digits, {} kernels launched, {} multiplications: no \
         fault, and no loss further from the CPU's than 0.0001.",
        device.launches(),
        cost.fma
    ));
    run.figure(
        "cnn",
        "The loss of the network of lesson 6, on the CPU and on the simulated device.",
        &pictures::losses(&cpu, &there),
    )
}

/// The first steps on a real GPU; with `--full` the whole training too.
#[cfg(all(feature = "cuda", target_os = "linux"))]
pub fn on_gpu(run: &mut Run, device: &dyn Device, steps: usize) -> Result {
    let (cpu, there) = both(device, &digits(run.seed())?, run.seed(), steps)?;
    let far = largest_difference(&cpu, &there)?;
    run.say(&format!(
        "{steps} steps of lesson 6's network: no loss is further from the CPU's than \
         {far:.1e}."
    ));
    if run.full() {
        let seed = run.seed();
        let canvases = Canvases::cut(&data::digits(), &mut rng(seed))?;
        let epochs = run.arguments().epochs(20);
        let setup = Setup { epochs, batch: BATCH, rate: 0.01, hidden: 1, seed };
        let train = || setup.train(CNN, CANVAS, &canvases.train[1]);
        let right = accuracy(&mut on_device(device, train)??, &canvases.test[1])?;
        run.say(&format!("The whole training: {} right.", percent(right)));
    }
    Ok(())
}

/// `--full`: a whole training, by the very function of lesson 6, with three seeds.
pub fn full(run: &mut Run, epochs: usize) -> Result {
    run.heading("A whole training on the simulated device");
    let bar = run.progress("training on the device", 3);
    let (mut far, mut rows) = (Vec::new(), Vec::new());
    let (mut on_cpu, mut on_it) = (Vec::new(), Vec::new());
    for seed in run.seed()..run.seed() + 3 {
        let device = Simulated::new()?;
        let canvases = Canvases::cut(&data::digits(), &mut rng(seed))?;
        let ([_, train], [_, exam]) = (&canvases.train, &canvases.test);
        let (cpu, there) = both(&device, train, seed, 20)?;
        far.push(largest_difference(&cpu, &there)?);
        let setup = Setup { epochs, batch: BATCH, rate: 0.01, hidden: 1, seed };
        let mut net = setup.train(CNN, CANVAS, train)?;
        on_cpu.push(accuracy(&mut net, exam)?);
        let mut net = on_device(&device, || setup.train(CNN, CANVAS, train))??;
        on_it.push(on_device(&device, || accuracy(&mut net, exam))??);
        rows.push([
            seed.to_string(),
            percent(on_cpu[rows.len()]),
            percent(on_it[rows.len()]),
            device.launches().to_string(),
        ]);
        bar.inc(1);
    }
    drop(bar);
    run.table(&["seed", "CPU", "simulated device", "kernels launched"], &rows);
    run.spread("cnn_largest_difference", &far);
    run.spread("cnn_cpu_accuracy", &on_cpu);
    run.spread("cnn_device_accuracy", &on_it);
    Ok(())
}

/// Shifted digits to learn from, as in lesson 6.
fn digits(seed: u64) -> Result<Dataset> {
    let [_, shifted] = Canvases::cut(&data::digits(), &mut rng(seed))?.train;
    Ok(shifted)
}

// ANCHOR: both
/// The losses of the same steps, on the CPU and on a device.
pub fn both(
    device: &dyn Device,
    train: &Dataset,
    seed: u64,
    steps: usize,
) -> Result<(Vec<f64>, Vec<f64>)> {
    let cpu = losses(train, seed, steps)?;
    let there = on_device(device, || losses(train, seed, steps))??;
    Ok((cpu, there))
}
// ANCHOR_END: both

// ANCHOR: losses
/// The first steps of a training. Nothing in here knows where it is computed.
fn losses(train: &Dataset, seed: u64, steps: usize) -> Result<Vec<f64>> {
    let mut net = CNN.build(CANVAS, train.classes(), &mut rng(seed))?;
    let (mut adam, mut batch) = (Adam::new(0.003), Batch::default());
    let mut losses = Vec::new();
    for i in 0..steps {
        let examples: Vec<usize> =
            (i * BATCH..(i + 1) * BATCH).map(|n| n % train.len()).collect();
        batch.gather(train, &examples);
        let loss = step(&mut net, &mut adam, &SoftmaxCrossEntropy, &mut batch)?;
        losses.push(f64::from(loss));
    }
    Ok(losses)
}
// ANCHOR_END: losses

/// The largest difference of two losses, if none is too large.
fn largest_difference(cpu: &[f64], there: &[f64]) -> Result<f64> {
    let mut most = 0.0;
    for (i, (cpu, there)) in cpu.iter().zip(there).enumerate() {
        let far = (cpu - there).abs();
        let near = far <= NEAR;
        if !near {
            bail!(
                "step {}: the loss is {there} on the device, {cpu} on the CPU",
                i + 1
            );
        }
        most = f64::max(most, far);
    }
    Ok(most)
}
