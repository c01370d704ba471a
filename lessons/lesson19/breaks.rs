//! Broken on purpose: seven planted mistakes, and what both devices say about them.

use gradbook::gpu::ptx::{Argument, Gpu, Module};
use gradbook::gpu::simt::faults::PLANTED;
use gradbook::gpu::{Counters, Fault, FaultKind};
use lessons::{Result, Run, bail};

/// The seven kernels of `tests/gpu/faults.cu`, compiled.
const PTX: &str = include_str!("../../tests/gpu/faults.ptx");

/// What a launch gave.
type Found = std::result::Result<Counters, Fault>;

/// Everything of this section.
pub fn show(run: &mut Run) -> Result {
    run.heading("Broken on purpose: seven kernels, seven reports");
    run.say(
        "First the kernel in Rust, on the teaching device; then the one in CUDA C, as \
         PTX.",
    );
    let module = Module::parse(PTX)?;
    for planted in PLANTED {
        run.say("");
        run.say(&format!("{}:", planted.mistake));
        for found in [(planted.launch)(), in_the_interpreter(&module, planted.name)?] {
            match found {
                Err(fault) => run.say(&format!("  {fault}")),
                Ok(_) => bail!("{} went by unnoticed", planted.name),
            }
        }
    }
    run.count("faults_planted", PLANTED.len());
    Ok(())
}

/// What the interpreter says of the kernel of this name.
fn in_the_interpreter(module: &Module, name: &str) -> Result<Found> {
    // block; how many numbers go in, and come out; whether a and b, or x alone; n
    let (block, numbers, results, inputs, n) = match name {
        "no_guard" => ((64, 1), 100, 100, 1, Some(100)),
        "no_first_barrier" | "no_second_barrier" => ((8, 8), 256, 256, 2, Some(16)),
        "write_write" => ((64, 1), 64, 32, 1, Some(64)),
        "misaligned" => ((32, 1), 32 * 6, 32, 1, Some(6)),
        "divergent_barrier" => ((64, 1), 64, 1, 1, None),
        _ => ((64, 1), 64, 64, 1, None),
    };
    let grid = if block == (8, 8) || name == "no_guard" { (2, 1) } else { (1, 1) };
    let mut gpu = Gpu::new();
    let mut arguments = Vec::new();
    for _ in 0..inputs {
        arguments.push(Argument::Pointer(gpu.upload(&vec![1.0; numbers])?));
    }
    arguments.push(Argument::Pointer(gpu.alloc(results)?));
    arguments.extend(n.map(Argument::I32));
    let found = gpu.launch(module, name, grid.into(), block.into(), &arguments);
    if let Err(Fault { kind: FaultKind::Launch { reason }, .. }) = &found {
        bail!("{name} was not started: {reason}");
    }
    Ok(found)
}
