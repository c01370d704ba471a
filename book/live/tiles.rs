//! The fourth laboratory: a product of matrices by tiles, and everything that its
//! threads did.

use std::cell::RefCell;

use gradbook::gpu::simt::{Buffer, Simt, Thread};
use gradbook::gpu::{Counters, Fault};

/// What a thread did. In the order of the page's script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Read a number of A from global memory.
    LoadA,
    /// Read a number of B.
    LoadB,
    /// Wrote a number of A's tile to shared memory.
    TileA,
    /// Wrote a number of B's tile.
    TileB,
    /// Added a product to its sum.
    Fma,
    /// Wrote its sum to C.
    Store,
}

/// One deed: the block, the thread in it, the frame of the film, the [`Deed`], the
/// number's place in its memory, the value. All `f32`, for the page to read.
pub type Record = [f32; 6];

/// What the reader can choose.
#[derive(Clone, Copy, Debug)]
pub struct Choice {
    /// Rows of A, columns of A, columns of B: 1 to 8 each.
    pub sizes: [usize; 3],
    /// Rows and columns of a tile, 2 to 4.
    pub tile: usize,
    /// Which barrier is missing: 0 none, 1 the first, 2 the second.
    pub missing: usize,
}

/// A product that has been computed, and how.
pub struct Film {
    /// Row by row.
    pub a: Vec<f32>,
    /// Row by row.
    pub b: Vec<f32>,
    /// What was done, in the order of the device: block by block, and from barrier to
    /// barrier one thread after another.
    pub records: Vec<Record>,
    /// The loads of the kernel without tiles; the frame is the step of the inner loop.
    pub naive: Vec<Record>,
    /// Global loads, as the device counts them: by tiles, and naive.
    pub loads: [u32; 2],
    /// Why the device stopped, if it did.
    pub fault: Option<Fault>,
    /// The block and the thread that it stopped in.
    pub guilty: [u32; 2],
}

/// Where everything lies.
#[derive(Clone, Copy)]
struct Product {
    sizes: [usize; 3],
    tile: usize,
    missing: usize,
    a: Buffer,
    b: Buffer,
    c: Buffer,
}

/// A thread that writes down what it does.
struct Diary<'a> {
    records: &'a RefCell<Vec<Record>>,
    block: usize,
    thread: usize,
}

impl Diary<'_> {
    fn note(&self, frame: usize, deed: Deed, place: usize, value: f32) {
        let Self { block, thread, .. } = *self;
        let whole = [block, thread, frame, deed as usize, place];
        let [block, thread, frame, deed, place] = whole.map(|number| number as f32);
        self.records.borrow_mut().push([block, thread, frame, deed, place, value]);
    }
}

/// C = A B by tiles. A step of the film is loading, a barrier, the multiplications one
/// by one, a barrier.
async fn tiled(t: Thread<'_>, p: Product, records: &RefCell<Vec<Record>>) {
    let ([m, k, n], tile) = (p.sizes, p.tile);
    let (x, y, column, row) = (t.thread_x(), t.thread_y(), t.global_x(), t.global_y());
    let diary = Diary { records, block: block(t), thread: t.number() };
    let tile_a = t.shared("tile of A", tile * tile);
    let tile_b = t.shared("tile of B", tile * tile);
    let steps = k.div_ceil(tile);
    let mut sum = 0.0;
    for step in 0..steps {
        let frame = step * (tile + 3);
        let (across, down) = (step * tile + x, step * tile + y);
        let (mut a, mut b) = (0.0, 0.0);
        if row < m && across < k {
            a = t.load(p.a, row * k + across);
            diary.note(frame, Deed::LoadA, row * k + across, a);
        }
        if down < k && column < n {
            b = t.load(p.b, down * n + column);
            diary.note(frame, Deed::LoadB, down * n + column, b);
        }
        t.store(tile_a, y * tile + x, a);
        diary.note(frame, Deed::TileA, y * tile + x, a);
        t.store(tile_b, y * tile + x, b);
        diary.note(frame, Deed::TileB, y * tile + x, b);
        if p.missing != 1 {
            t.barrier().await;
        }
        for i in 0..tile {
            let (a, b) = (t.load(tile_a, y * tile + i), t.load(tile_b, i * tile + x));
            sum = t.fma(a, b, sum);
            diary.note(frame + 2 + i, Deed::Fma, step * tile + i, sum);
        }
        if p.missing != 2 {
            t.barrier().await;
        }
    }
    if row < m && column < n {
        t.store(p.c, row * n + column, sum);
        diary.note(steps * (tile + 3), Deed::Store, row * n + column, sum);
    }
}

/// The same product with no tiles.
async fn naive(t: Thread<'_>, p: Product, records: &RefCell<Vec<Record>>) {
    let [m, k, n] = p.sizes;
    let (column, row) = (t.global_x(), t.global_y());
    let diary = Diary { records, block: block(t), thread: t.number() };
    if row < m && column < n {
        let mut sum = 0.0;
        for i in 0..k {
            let (a, b) = (t.load(p.a, row * k + i), t.load(p.b, i * n + column));
            diary.note(i, Deed::LoadA, row * k + i, a);
            diary.note(i, Deed::LoadB, i * n + column, b);
            sum = t.fma(a, b, sum);
        }
        t.store(p.c, row * n + column, sum);
    }
}

fn block(t: Thread<'_>) -> usize {
    t.block_index().y as usize * t.grid_dim_x() + t.block_index().x as usize
}

impl Film {
    /// Computes the product both ways on the teaching device. Choices out of range are
    /// brought into it.
    pub fn new(choice: Choice) -> Self {
        let sizes = choice.sizes.map(|size| size.clamp(1, 8));
        let (tile, missing) = (choice.tile.clamp(2, 4), choice.missing);
        let [m, k, n] = sizes;
        let mut gpu = Simt::new();
        let a: Vec<f32> = (0..m * k).map(|i| digit(i / k, i % k)).collect();
        let b: Vec<f32> = (0..k * n).map(|i| digit(i % n + 3, i / n)).collect();
        let mut product = Product {
            sizes,
            tile,
            missing,
            a: gpu.upload(&a),
            b: gpu.upload(&b),
            c: gpu.alloc(m * n),
        };
        let grid = (n.div_ceil(tile) as u32, m.div_ceil(tile) as u32);
        let block = (tile as u32, tile as u32);
        let (by_tiles, plain) = (RefCell::default(), RefCell::default());
        let counted =
            gpu.launch("tiled", grid, block, |t| tiled(t, product, &by_tiles));
        product.c = gpu.alloc(m * n);
        let counted_naive =
            gpu.launch("naive", grid, block, |t| naive(t, product, &plain));
        let loads = |counted: &Result<Counters, Fault>| {
            counted.as_ref().map_or(0, |counters| counters.global_loads as u32)
        };
        let loads = [loads(&counted), loads(&counted_naive)];
        let fault = counted.err().or(counted_naive.err());
        let (records, naive) = (by_tiles.into_inner(), plain.into_inner());
        let guilty = fault.as_ref().map_or([0; 2], |fault| {
            let Fault { block: at, thread, .. } = fault;
            [at.y * grid.0 + at.x, thread.y * block.0 + thread.x]
        });
        Self { a, b, records, naive, loads, fault, guilty }
    }
}

/// A number from 1 to 3, so that sums can be followed in the head.
fn digit(row: usize, column: usize) -> f32 {
    let mixed = (8 * row as u32 + column as u32 + 1).wrapping_mul(0x9E37_79B1);
    ((mixed >> 16) % 3 + 1) as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use gradbook::gpu::Access;

    fn film(sizes: [usize; 3], tile: usize) -> Film {
        let film = Film::new(Choice { sizes, tile, missing: 0 });
        assert_eq!(film.fault, None);
        film
    }

    fn count(records: &[Record], deed: Deed) -> usize {
        records.iter().filter(|record| record[3] == deed as usize as f32).count()
    }

    #[test]
    fn loads_are_as_counted_by_hand() {
        // Every number of A is loaded once for each block in its row, every number of B
        // once for each block in its column.
        let cases = [
            ([8, 8, 8], 2, 64 * 4 + 64 * 4, 2 * 512),
            ([8, 8, 8], 4, 64 * 2 + 64 * 2, 2 * 512),
            ([7, 6, 5], 2, 42 * 3 + 30 * 4, 2 * 210),
            ([7, 6, 5], 4, 42 * 2 + 30 * 2, 2 * 210),
            ([1, 1, 1], 4, 2, 2),
        ];
        for (sizes, tile, by_tiles, naive) in cases {
            let film = film(sizes, tile);
            assert_eq!(film.loads, [by_tiles, naive], "{sizes:?} {tile}");
            let loads = |of: &[Record]| count(of, Deed::LoadA) + count(of, Deed::LoadB);
            assert_eq!(loads(&film.records), by_tiles as usize);
            assert_eq!(loads(&film.naive), naive as usize);
        }
    }

    #[test]
    fn the_diary_says_what_the_device_saw() {
        let records = RefCell::default();
        let mut gpu = Simt::new();
        let (a, b) = (gpu.upload(&[1.0; 42]), gpu.upload(&[1.0; 30]));
        let c = gpu.alloc(35);
        let product = Product { sizes: [7, 6, 5], tile: 4, missing: 0, a, b, c };
        gpu.trace(true);
        gpu.launch("tiled", (2, 2), (4, 4), |t| tiled(t, product, &records)).unwrap();
        // What leaves or enters global memory, and what is written to a tile.
        let mut seen: Vec<[usize; 4]> = Vec::new();
        for event in gpu.take_events() {
            let deed = match (event.access, event.buffer.is_shared()) {
                (Access::Load, false) if event.buffer == a => Deed::LoadA,
                (Access::Load, false) => Deed::LoadB,
                (Access::Store, false) => Deed::Store,
                (Access::Store, true) if seen.last().is_some_and(stores_a) => {
                    Deed::TileB
                }
                (Access::Store, true) => Deed::TileA,
                (Access::Load, true) => continue,
            };
            let block = 2 * event.block.y + event.block.x;
            let thread = 4 * event.thread.y + event.thread.x;
            seen.push([block as usize, thread as usize, deed as usize, event.index]);
        }
        let records = records.into_inner();
        let told = records.iter().map(|record| record.map(|number| number as usize));
        let told = told.filter(|[.., deed, _, _]| *deed != Deed::Fma as usize);
        let told: Vec<_> =
            told.map(|[b, t, _, deed, at, _]| [b, t, deed, at]).collect();
        assert_eq!(told, seen);
    }

    fn stores_a([.., deed, _]: &[usize; 4]) -> bool {
        *deed == Deed::TileA as usize
    }

    #[test]
    fn what_is_stored_is_the_product() {
        for (sizes @ [m, k, n], tile) in
            [([8, 8, 8], 4), ([7, 6, 5], 4), ([3, 7, 2], 2)]
        {
            let film = film(sizes, tile);
            let mut c = vec![f32::NAN; m * n];
            for [.., deed, place, value] in &film.records {
                if *deed == Deed::Store as usize as f32 {
                    c[*place as usize] = *value;
                }
            }
            for (i, value) in c.into_iter().enumerate() {
                let term = |l| film.a[i / n * k + l] * film.b[l * n + i % n];
                assert_eq!(value, (0..k).map(term).sum::<f32>());
            }
            assert!(film.a.iter().chain(&film.b).all(|x| (1.0..=3.0).contains(x)));
        }
    }

    #[test]
    fn a_missing_barrier_stops_the_device() {
        for missing in [1, 2] {
            let film = Film::new(Choice { sizes: [8, 8, 8], tile: 4, missing });
            let fault = film.fault.expect("a race");
            let words = fault.to_string();
            assert!(words.starts_with("tiled, block (0, 0, 0)"), "{words}");
            assert!(words.contains("race") && words.contains("shared"), "{words}");
            assert_eq!(film.guilty[0], 0);
            assert!(film.guilty[1] < 16);
            // With one step nobody fills the tiles anew.
            let short = Film::new(Choice { sizes: [4, 4, 4], tile: 4, missing });
            assert_eq!(short.fault.is_some(), missing == 1);
        }
    }

    #[test]
    fn choices_out_of_range_are_brought_into_it() {
        let film = Film::new(Choice { sizes: [0, 99, 0], tile: 99, missing: 99 });
        assert_eq!((film.a.len(), film.b.len(), film.loads), (8, 8, [16, 16]));
        assert_eq!((film.fault, film.guilty), (None, [0, 0]));
    }
}
