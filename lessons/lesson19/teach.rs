//! The teaching device: guards, sectors, banks, tiles and halos, all of them counted.

use gradbook::gpu::Counters;
use gradbook::gpu::simt::Simt;
use gradbook::gpu::simt::kernels::strided_copy;
use lessons::{Result, Run};

use crate::hands::{Hands, judged};
use crate::kernels;
use crate::metal;
use crate::pictures;

/// Strides from thread to thread.
const STRIDES: [usize; 3] = [1, 2, 32];
/// Sides of a tile.
const TILES: [usize; 6] = [1, 2, 4, 8, 16, 32];
/// The matrices of the tiles: all of this size.
const SIDE: usize = 32;

/// Everything of this section.
pub fn show(run: &mut Run, hands: Hands) -> Result {
    run.heading("A device to learn on: one thread, one number");
    guarded(run, hands)?;
    run.heading("Sectors: what a warp reads");
    strides(run)?;
    turned(run, hands)?;
    run.heading("Banks: a warp reads columns of a tile");
    banks(run)?;
    run.heading("Tiles: a product of 32 by 32");
    tiles(run, hands)?;
    run.heading("A halo: a convolution of 3 by 3");
    halo(run, hands)
}

/// `y = 10 x` on a thousand numbers.
fn guarded(run: &mut Run, hands: Hands) -> Result {
    let n = 1000;
    let x: Vec<f32> = (0..n).map(|i| i as f32).collect();
    let tenfold: Vec<f32> = x.iter().map(|x| 10.0 * x).collect();
    let mut gpu = Simt::new();
    let (x, y) = (gpu.upload(&x), gpu.alloc(n));
    let blocks = (n as u32).div_ceil(256);
    let cost = gpu.launch("scale", blocks, 256, |t| hands.scale(t, [x, y], n, 10.0))?;
    let cost = judged(&gpu, cost, ("scale", y), &tenfold)?;
    run.count("map_threads", cost.threads as usize);
    run.count("map_loads", cost.global_loads as usize);
    run.count("map_requests", cost.global_load_requests as usize);
    run.count("map_sectors", cost.global_load_sectors as usize);
    run.say(&format!(
        "{n} numbers, {blocks} blocks of 256 threads: {} threads, {} loads, in {} \
         requests that touch {} sectors.",
        cost.threads,
        cost.global_loads,
        cost.global_load_requests,
        cost.global_load_sectors
    ));
    Ok(())
}

/// One warp, and how far apart its threads read.
fn strides(run: &mut Run) -> Result {
    let mut rows = Vec::new();
    for stride in STRIDES {
        let mut gpu = Simt::new();
        let x = gpu.upload(&vec![1.0; 32 * stride]);
        let y = gpu.alloc(32 * stride);
        let cost = gpu.launch("copy", 1, 32, |t| strided_copy(t, x, y, stride))?;
        let sectors = cost.global_load_sectors;
        run.count(&format!("stride_{stride}_sectors"), sectors as usize);
        rows.push([stride, sectors as usize, 32 * sectors as usize, 4 * 32]);
    }
    let rows: Vec<[String; 4]> =
        rows.iter().map(|row| row.map(|number| number.to_string())).collect();
    run.table(&["numbers apart", "sectors", "bytes moved", "bytes used"], &rows);
    run.figure(
        "sectors",
        "What two warps fetch from a matrix of 32 by 32: neighbors, and a column.",
        &pictures::sectors(),
    )
}

/// A matrix turned over, without a tile and through one.
fn turned(run: &mut Run, hands: Hands) -> Result {
    let [rows, columns] = [64, 96];
    let x: Vec<f32> = (0..rows * columns).map(|i| i as f32).collect();
    let expected: Vec<f32> =
        (0..rows * columns).map(|i| x[i % rows * columns + i / rows]).collect();
    let on_device = |tiled: bool| -> Result<Counters> {
        let mut gpu = Simt::new();
        let xy = [gpu.upload(&x), gpu.alloc(rows * columns)];
        let sizes = [rows, columns];
        let cost = if tiled {
            gpu.launch("transpose", (3, 2), (32, 8), |t| hands.transpose(t, xy, sizes))?
        } else {
            let kernel = |t| kernels::turn_directly(t, xy, sizes);
            gpu.launch("turn_directly", (3, 8), (32, 8), kernel)?
        };
        judged(&gpu, cost, ("transpose", xy[1]), &expected)
    };
    let mut table = Vec::new();
    for (words, name, cost) in [
        ("directly", "direct", on_device(false)?),
        ("through a tile", "tiled", on_device(true)?),
    ] {
        let (reads, writes) =
            (cost.sectors_per_load_request(), cost.sectors_per_store_request());
        run.value(&format!("turn_{name}_read_sectors"), reads);
        run.value(&format!("turn_{name}_write_sectors"), writes);
        run.count(&format!("turn_{name}_conflicts"), cost.bank_conflicts as usize);
        table.push([
            words.to_string(),
            reads.to_string(),
            writes.to_string(),
            cost.bank_conflicts.to_string(),
        ]);
    }
    run.say("A matrix of 64 by 96 turned over, sectors for each request:");
    run.table(&["", "a read", "a write", "bank conflicts"], &table);
    Ok(())
}

/// Rows of 32 numbers, and rows of 33.
fn banks(run: &mut Run) -> Result {
    let mut rows = Vec::new();
    for width in [32, 33] {
        let mut gpu = Simt::new();
        let y = gpu.alloc(32);
        let cost = gpu.launch("columns", 1, 32, |t| kernels::columns(t, y, width))?;
        let cost = judged(&gpu, cost, ("columns", y), &[32.0; 32])?;
        run.count(&format!("rows_of_{width}_conflicts"), cost.bank_conflicts as usize);
        rows.push([
            width.to_string(),
            cost.shared_requests.to_string(),
            cost.bank_conflicts.to_string(),
        ]);
    }
    run.table(&["numbers in a row", "requests", "extra passes"], &rows);
    run.figure(
        "banks",
        "How many of a warp's 32 reads of a column each bank has to serve.",
        &pictures::banks(),
    )
}

/// The product by tiles, for tiles of several sizes.
fn tiles(run: &mut Run, hands: Hands) -> Result {
    let number = |i: usize, step: usize| (i * step % 7) as f32 - 3.0;
    let a: Vec<f32> = (0..SIDE * SIDE).map(|i| number(i, 3)).collect();
    let b: Vec<f32> = (0..SIDE * SIDE).map(|i| number(i, 5)).collect();
    let expected = metal::reference(&a, &b, [SIDE; 3]); // whole numbers: exact
    let (mut rows, mut points) = (Vec::new(), Vec::new());
    for tile in TILES {
        let mut gpu = Simt::new();
        let abc = [gpu.upload(&a), gpu.upload(&b), gpu.alloc(SIDE * SIDE)];
        let blocks = SIDE.div_ceil(tile) as u32;
        let block = (tile as u32, tile as u32);
        let kernel = |t| hands.product(t, abc, [SIDE; 3]);
        let cost = gpu.launch("product", (blocks, blocks), block, kernel)?;
        let cost = judged(&gpu, cost, ("product", abc[2]), &expected)?;
        // of all that the product needs: a plain `*` is not counted as an fma
        let per = |loads: u64| loads as f64 / SIDE.pow(3) as f64;
        run.count(&format!("tile_{tile}_loads"), cost.global_loads as usize);
        points.push((tile as f64, per(cost.global_loads)));
        rows.push([
            format!("{tile} x {tile}"),
            cost.global_loads.to_string(),
            per(cost.global_loads).to_string(),
            per(cost.shared_loads).to_string(),
            cost.barriers.to_string(),
        ]);
    }
    run.count("tile_fma", SIDE.pow(3));
    let header = ["tile", "global loads", "for each fma", "shared", "barriers"];
    run.table(&header, &rows);
    run.figure(
        "tile_sizes",
        "Global loads for each multiplication against the side of the tile.",
        &pictures::tile_sizes(&points),
    )?;
    run.figure(
        "tile_walk",
        "One moment of a product by tiles: the second step of a block.",
        &pictures::tile_walk(),
    )
}

/// A convolution with and without a tile that has a border.
fn halo(run: &mut Run, hands: Hands) -> Result {
    let [height, width] = [47, 61];
    let weights = [1., 2., 1., 0., 0., 0., -1., -2., -1.];
    let image: Vec<f32> = (0..height * width).map(|i| (i * i % 11) as f32).collect();
    let block = (16, 8);
    let grid = ((width as u32).div_ceil(16), (height as u32).div_ceil(8));
    let mut seen: Vec<Vec<f32>> = Vec::new();
    let mut rows = Vec::new();
    for (words, name) in [("directly", "direct"), ("with a halo", "halo")] {
        let mut gpu = Simt::new();
        let both = [gpu.upload(&image), gpu.alloc(height * width)];
        let sizes = [height, width];
        let cost = if name == "halo" {
            let kernel = |t| hands.convolve(t, both, weights, sizes);
            gpu.launch("convolve", grid, block, kernel)?
        } else {
            let kernel = |t| kernels::convolve_directly(t, both, weights, sizes);
            gpu.launch("convolve_directly", grid, block, kernel)?
        };
        let expected = seen.first().map_or(&[][..], Vec::as_slice);
        let cost = judged(&gpu, cost, ("convolve", both[1]), expected)?;
        seen.push(gpu.read(both[1])?);
        let per = cost.global_loads as f64 / (height * width) as f64;
        run.value(&format!("convolve_{name}_loads_per_pixel"), per);
        rows.push([
            words.to_string(),
            cost.global_loads.to_string(),
            format!("{per:.2}"),
        ]);
    }
    run.table(&["47 by 61 pixels", "global loads", "for each pixel"], &rows);
    Ok(())
}
