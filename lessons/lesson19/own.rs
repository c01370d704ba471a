//! The reader's own PTX: a product in the interpreter, compared with the CPU's.

use std::path::Path;

use gradbook::gpu::Dim3;
use gradbook::gpu::kernels::Matmul;
use gradbook::gpu::ptx::{Argument, Gpu, Kind, MemoryError, Module};
use lessons::{Arguments, Error, Result, Run, bail};

use crate::metal;

/// Multiplications that the interpreter does in a minute or two.
const MOST: usize = 1 << 28;

/// How to start it: the kernel's name, sizes, grid and block as they were typed; empty
/// is for the usual.
pub struct Wishes {
    /// `--kernel`
    pub kernel: String,
    /// `--sizes`
    pub sizes: String,
    /// `--grid`
    pub grid: String,
    /// `--block`
    pub block: String,
}

impl Wishes {
    /// As the command line has them.
    pub fn of(args: &Arguments) -> Wishes {
        Wishes {
            kernel: args.text("kernel"),
            sizes: args.text("sizes"),
            grid: args.text("grid"),
            block: args.text("block"),
        }
    }
}

/// Runs one kernel of a file.
pub fn run(run: &mut Run, file: &Path, wishes: &Wishes) -> Result {
    let shown = run.shown(file);
    let module = parse(file, &shown)?;
    let name = chosen(&module, &shown, &wishes.kernel)?;
    let sizes @ [m, k, n] = three("sizes", &wishes.sizes, 1)?;
    if m.saturating_mul(k).saturating_mul(n) > MOST {
        return Err(Error::usage(format!(
            "--sizes: {m} x {k} x {n} multiplications are too many to interpret: at \
             most {MOST}"
        )));
    }
    let (a, b) = (metal::numbers(m * k, 3), metal::numbers(k * n, 5));
    let mut gpu = Gpu::new();
    let pointers @ [_, _, c] = [gpu.upload(&a)?, gpu.upload(&b)?, gpu.alloc(m * n)?];
    let (grid, block) = blocks(name, sizes, wishes)?;
    run.heading(&format!("{name} of {shown}"));
    run.say(&format!("{m} x {k} by {k} x {n}, grid {grid}, block {block}."));
    let mut arguments = pointers.map(Argument::Pointer).to_vec();
    arguments.extend(sizes.map(|size| Argument::I32(size as i32)));
    let cost = gpu.launch(&module, name, grid, block, &arguments)?;
    let seen = gpu.read(c).map_err(|error| match error {
        MemoryError::Unwritten { index, .. } => Error::new(format!(
            "{name}: row {}, column {} of c was never written; does the grid cover all \
             of c?",
            index / n as u64,
            index % n as u64
        )),
        error => error.into(),
    })?;
    let bits = compare(name, &seen, &metal::reference(&a, &b, sizes), n)?;
    run.say(&format!("No fault. The product is right; {bits}."));
    let rows = cost.table().into_iter().filter(|(_, count)| *count > 0);
    let rows: Vec<[String; 2]> =
        rows.map(|(what, count)| [what.to_string(), count.to_string()]).collect();
    run.table(&["counted", "how many"], &rows);
    Ok(())
}

/// The kernels of a file.
fn parse(file: &Path, shown: &str) -> Result<Module> {
    let text = read(file)
        .map_err(|why| Error::new(format!("{shown}: cannot be read: {why}")))?;
    Module::parse(&text).map_err(|error| {
        Error::new(match text.contains("__global__") {
            true => format!("{shown} is CUDA C; lesson 19 shows how to make PTX of it"),
            false => format!("{shown}: {error}"),
        })
    })
}

/// PTX longer than this is none that a person would want interpreted.
const LONGEST: u64 = 16 << 20;

/// The text of a file, if it is one and not too long.
fn read(file: &Path) -> std::result::Result<String, String> {
    let about = std::fs::metadata(file).map_err(|error| error.to_string())?;
    if !about.is_file() {
        return Err("not a file".to_string());
    }
    if about.len() > LONGEST {
        return Err(format!("longer than {LONGEST} bytes"));
    }
    let bytes = std::fs::read(file).map_err(|error| error.to_string())?;
    String::from_utf8(bytes).map_err(|_| "not text, as PTX is".to_string())
}

/// The name of the kernel that was wished for, or of the first, if it takes what the
/// book's products take.
fn chosen<'a>(module: &'a Module, shown: &str, wanted: &str) -> Result<&'a str> {
    let names: Vec<&str> = module.kernels().map(|kernel| kernel.name()).collect();
    let kernel = match wanted {
        "" => module.kernels().next(),
        name => module.kernel(name),
    };
    let Some(kernel) = kernel else {
        if names.is_empty() {
            bail!("{shown}: there is no kernel in it");
        }
        let names = names.join(", ");
        return Err(Error::usage(format!(
            "--kernel: {shown} has no kernel {wanted}; it has {names}"
        )));
    };
    let kinds: Vec<Kind> = kernel.parameters().iter().map(|p| p.kind).collect();
    if kinds != [Kind::Long, Kind::Long, Kind::Long, Kind::Word, Kind::Word, Kind::Word]
    {
        bail!(
            "{} does not take (a, b, c, m, k, n): three pointers and three int, as the \
             book's products do",
            kernel.name()
        );
    }
    Ok(kernel.name())
}

/// Grid and block. One of the book's kernels starts as it does in the book; any other
/// has a thread for each number of c, x along its rows, in blocks of 16 by 16, unless
/// told otherwise.
fn blocks(
    name: &str,
    sizes @ [m, _, n]: [usize; 3],
    wishes: &Wishes,
) -> Result<(Dim3, Dim3)> {
    let block = dim("block", &wishes.block)?;
    let (usual, block) = match (Matmul::named(name), block) {
        (Some(rung), None) => {
            let launch = rung.launch([0; 3], sizes)?;
            (launch.grid, launch.block)
        }
        (_, block) => {
            let block = block.unwrap_or(Dim3::from((16, 16)));
            let blocks =
                |size: usize, threads: u32| (size as u32).div_ceil(threads.max(1));
            (Dim3::from((blocks(n, block.x), blocks(m, block.y))), block)
        }
    };
    Ok((dim("grid", &wishes.grid)?.unwrap_or(usual), block))
}

/// Whether the product is right, in words: every bit, or nearly.
fn compare(
    name: &str,
    seen: &[f32],
    expected: &[f32],
    n: usize,
) -> Result<&'static str> {
    let most = expected.iter().fold(1.0f32, |most, x| most.max(x.abs()));
    let wrong = |(seen, expected): (&f32, &f32)| {
        let near = (seen - expected).abs() <= 1e-5 * most; // NaN is not
        !near
    };
    if let Some(i) = seen.iter().zip(expected).position(wrong) {
        let (row, column) = (i / n, i % n);
        bail!(
            "{name}: row {row}, column {column} is {}, expected {}",
            seen[i],
            expected[i]
        );
    }
    let same = seen.iter().zip(expected).all(|(x, y)| x.to_bits() == y.to_bits());
    Ok(if same { "every bit is the CPU's" } else { "only the last bits differ" })
}

/// `4` or `4,2` or `4,2,1`; nothing for nothing.
fn dim(flag: &str, text: &str) -> Result<Option<Dim3>> {
    if text.is_empty() {
        return Ok(None);
    }
    let parts: Vec<u32> = numbers(flag, text)?;
    match parts[..] {
        [x] => Ok(Some(Dim3::from(x))),
        [x, y] => Ok(Some(Dim3::from((x, y)))),
        [x, y, z] => Ok(Some(Dim3::from((x, y, z)))),
        _ => {
            Err(Error::usage(format!("--{flag} wants X or X,Y or X,Y,Z, not {text:?}")))
        }
    }
}

/// `64,32,48`, each at least this.
fn three(flag: &str, text: &str, least: u32) -> Result<[usize; 3]> {
    match numbers(flag, text)?[..] {
        [m, k, n] if [m, k, n].iter().all(|size| *size >= least) => {
            Ok([m as usize, k as usize, n as usize])
        }
        _ => Err(Error::usage(format!(
            "--{flag} wants three sizes M,K,N of at least {least}, not {text:?}"
        ))),
    }
}

fn numbers(flag: &str, text: &str) -> Result<Vec<u32>> {
    let wrong = |_| {
        Error::usage(format!(
            "--{flag} wants whole numbers below 2^32 with commas, not {text:?}"
        ))
    };
    text.split(',').map(|part| part.trim().parse().map_err(wrong)).collect()
}
