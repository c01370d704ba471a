//! The kernels that ship: their PTX, and how each is launched.
//!
//! `kernels.cu` is the source; `build-ptx` compiled it. The names, the shapes of blocks
//! and tiles and the order of the arguments stand here and nowhere else: the
//! interpreter, the simulated device and the real one all ask [`Matmul::launch`] and
//! [`Conv2d::launch`].

use crate::gpu::Dim3;
use crate::gpu::ptx::Argument;
use crate::kernels::Convolution;

/// The machine code of all kernels, for any card since 2014.
pub const PTX: &str = include_str!("kernels.ptx");

/// A size that a kernel may have at most: it counts in `int`, rounded up to whole
/// tiles.
pub const MAX_SIZE: usize = i32::MAX as usize - 255;

/// The height and the width that a padded image may have at most.
const MAX_SIDE: usize = 1 << 27;

/// How a kernel is started: first come the addresses, then the sizes, each in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Launch {
    /// The kernel's name in [`PTX`].
    pub kernel: &'static str,
    /// Blocks.
    pub grid: Dim3,
    /// Threads of a block.
    pub block: Dim3,
    /// Where the matrices lie on the device.
    pub pointers: Vec<u64>,
    /// All sizes.
    pub sizes: Vec<i32>,
}

impl Launch {
    /// What the interpreter hands to the kernel: the pointers, then the sizes.
    pub fn arguments(&self) -> Vec<Argument> {
        let pointers = self.pointers.iter().map(|&address| Argument::Pointer(address));
        let sizes = self.sizes.iter().map(|&size| Argument::I32(size));
        pointers.chain(sizes).collect()
    }
}

/// Why a kernel cannot be started with such sizes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kernel}: {what} is {size}, expected 1 to {most}")]
pub struct WrongSize {
    kernel: &'static str,
    what: &'static str,
    size: u128,
    most: usize,
}

/// A kernel that multiplies matrices which lie row by row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Matmul {
    /// The kernel's name in [`PTX`].
    pub name: &'static str,
    /// How tables call it.
    pub title: &'static str,
    /// Threads of a block.
    pub block: Dim3,
    /// The rows and columns of the product that a block computes.
    pub tile: (usize, usize),
}

// ANCHOR: ladder
/// The ladder, from the plainest to the fastest. All compute the same numbers.
pub const MATMUL: &[Matmul] = &[
    matmul("matmul_naive", "naive", (32, 8), (32, 8)),
    matmul("matmul_coalesced", "coalesced", (32, 8), (8, 32)),
    matmul("matmul_shared", "shared tiles", (16, 16), (16, 16)),
    matmul("matmul_register_1d", "1D registers", (512, 1), (64, 64)),
    matmul("matmul_register_2d", "2D registers", (256, 1), (128, 128)),
    matmul("matmul_vectorized", "vectorized", (256, 1), (128, 128)),
    matmul("matmul_warp_tiles", "warp tiles", (256, 1), (128, 128)),
    matmul("matmul_double_buffered", "double buffered", (256, 1), (128, 128)),
];
// ANCHOR_END: ladder

const fn matmul(
    name: &'static str,
    title: &'static str,
    block: (u32, u32),
    tile: (usize, usize),
) -> Matmul {
    Matmul { name, title, block: Dim3::new(block.0, block.1, 1), tile }
}

impl Matmul {
    /// The rung of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        MATMUL.iter().find(|rung| rung.name == name)
    }

    /// `c = a . b`, where `a` is m x k, `b` k x n and `c` m x n, each row by row.
    ///
    /// # Errors
    ///
    /// When a size is 0 or too large.
    pub fn launch(
        &self,
        [a, b, c]: [u64; 3],
        [m, k, n]: [usize; 3],
    ) -> Result<Launch, WrongSize> {
        let sizes = [("m", m), ("k", k), ("n", n)];
        let tiles = m.div_ceil(self.tile.0) as u128 * n.div_ceil(self.tile.1) as u128;
        Ok(Launch {
            kernel: self.name,
            block: self.block,
            pointers: vec![a, b, c],
            sizes: all_fit(self.name, MAX_SIZE, &sizes)?,
            grid: grid(self.name, tiles)?,
        })
    }
}

/// A kernel that convolves a batch of images.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conv2d {
    /// The kernel's name in [`PTX`].
    pub name: &'static str,
    /// How tables call it.
    pub title: &'static str,
    /// Threads of a block.
    pub block: Dim3,
    /// What a block computes.
    pub work: Work,
}

/// What one block of a convolution computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// So many outputs of one image, one after the other.
    Outputs(usize),
    /// A rectangle of places of one image, so many down and across, for so many
    /// filters.
    Rectangle((usize, usize), usize),
    /// So many places of all images, one after the other, for so many filters.
    Places(usize, usize),
}

// ANCHOR: conv2d
/// The three ways to convolve. All compute the same numbers.
pub const CONV2D: &[Conv2d] = &[
    conv2d("conv2d_direct", "direct", 256, Work::Outputs(256)),
    conv2d("conv2d_tiled", "tiles with halo", 256, Work::Rectangle((8, 8), 16)),
    conv2d("conv2d_implicit", "implicit product", 128, Work::Places(128, 64)),
];
// ANCHOR_END: conv2d

const fn conv2d(
    name: &'static str,
    title: &'static str,
    threads: u32,
    work: Work,
) -> Conv2d {
    Conv2d { name, title, block: Dim3::new(threads, 1, 1), work }
}

impl Conv2d {
    /// The kernel of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        CONV2D.iter().find(|kernel| kernel.name == name)
    }

    /// Writes `weight . patches + bias` for each image. All lie as in [`Convolution`].
    ///
    /// # Errors
    ///
    /// When there is no image, or a size is too large.
    pub fn launch(
        &self,
        [images, weight, bias, outputs]: [u64; 4],
        sizes: &Convolution,
        batch: usize,
    ) -> Result<Launch, WrongSize> {
        let (image, output) = (sizes.input_shape(), sizes.output_shape());
        let (window, filters) = (sizes.window(), output.channels);
        let places = output.height * output.width;
        // Inside one image, and over all places of a batch, the kernels count in `int`.
        let counts = [
            ("the size of an image", image.len()),
            ("the size of a result", output.len()),
            ("taps", sizes.taps()),
            ("batch x places", batch.saturating_mul(places)),
        ];
        all_fit(self.name, MAX_SIZE, &counts)?;
        // Tiles reach over the edge by up to 7 strides, each at most a padded side.
        let padded = [
            ("the padded height", image.height + 2 * window.padding.0),
            ("the padded width", image.width + 2 * window.padding.1),
        ];
        all_fit(self.name, MAX_SIDE, &padded)?;
        let blocks = match self.work {
            Work::Outputs(many) => batch as u128 * output.len().div_ceil(many) as u128,
            Work::Rectangle((down, across), many) => {
                let tiles =
                    output.height.div_ceil(down) * output.width.div_ceil(across);
                batch as u128 * tiles as u128 * filters.div_ceil(many) as u128
            }
            Work::Places(many, columns) => {
                let rows = (batch * places).div_ceil(many);
                rows as u128 * filters.div_ceil(columns) as u128
            }
        };
        // These fit, since what they are parts of does, and may be 0.
        let sizes = [
            batch,
            image.height,
            image.width,
            image.channels,
            filters,
            window.kernel.0,
            window.kernel.1,
            window.stride.0.min(padded[0].1),
            window.stride.1.min(padded[1].1),
            window.padding.0,
            window.padding.1,
        ];
        Ok(Launch {
            kernel: self.name,
            block: self.block,
            pointers: vec![images, weight, bias, outputs],
            sizes: sizes.iter().map(|&size| size as i32).collect(),
            grid: grid(self.name, blocks)?,
        })
    }
}

fn all_fit(
    kernel: &'static str,
    most: usize,
    sizes: &[(&'static str, usize)],
) -> Result<Vec<i32>, WrongSize> {
    let fit = |&(what, size): &(&'static str, usize)| {
        let right = (1..=most).contains(&size);
        let wrong = WrongSize { kernel, what, size: size as u128, most };
        if right { Ok(size as i32) } else { Err(wrong) }
    };
    sizes.iter().map(fit).collect()
}

/// Blocks in one row: only along x may a grid be long.
fn grid(kernel: &'static str, blocks: u128) -> Result<Dim3, WrongSize> {
    match i32::try_from(blocks) {
        Ok(blocks @ 1..) => Ok(Dim3::new(blocks as u32, 1, 1)),
        _ => Err(WrongSize {
            kernel,
            what: "the number of blocks",
            size: blocks,
            most: i32::MAX as usize,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::{ImageShape, Window};

    #[test]
    fn tiles_cover_the_product_and_none_is_idle() {
        for rung in MATMUL {
            for (m, n) in [(1, 1), (7, 13), (64, 64), (128, 129), (300, 1)] {
                let launch =
                    rung.launch([1, 2, 3], [m, 5, n]).expect("sizes are right");
                let (rows, columns) = rung.tile;
                let tiles = m.div_ceil(rows) * n.div_ceil(columns);
                assert_eq!(launch.grid, Dim3::new(tiles as u32, 1, 1));
                assert_eq!(launch.sizes, [m as i32, 5, n as i32]);
                assert_eq!(launch.pointers, [1, 2, 3]);
            }
        }
    }

    #[test]
    fn sizes_beyond_an_int_are_refused_and_results_beyond_it_are_not() {
        let best = MATMUL.last().expect("there are rungs");
        let said = |sizes| best.launch([0; 3], sizes).expect_err("wrong").to_string();
        assert_eq!(
            said([1, 0, 1]),
            "matmul_double_buffered: k is 0, expected 1 to 2147483392"
        );
        assert_eq!(
            said([1, 1, MAX_SIZE + 1]),
            "matmul_double_buffered: n is 2147483393, expected 1 to 2147483392"
        );
        // more than 2^31 numbers in the product: 64 bits count them
        let launch =
            best.launch([0; 3], [100_000, 1, 100_000]).expect("it may be large");
        assert_eq!(launch.grid.x, 782 * 782);
        let naive = MATMUL.first().expect("there are rungs");
        let said = naive.launch([0; 3], [MAX_SIZE, 1, MAX_SIZE]).expect_err("no grid");
        assert!(said.to_string().contains("the number of blocks is 1801"), "{said}");
    }

    #[test]
    fn a_convolution_takes_its_sizes_in_the_order_of_the_source() {
        let window = Window { kernel: (3, 2), stride: (2, 1), padding: (1, 0) };
        let sizes =
            Convolution::new(ImageShape::new(9, 8, 5), 17, window).expect("fits");
        for kernel in CONV2D {
            let launch = kernel.launch([1, 2, 3, 4], &sizes, 4).expect("fits");
            assert_eq!(launch.sizes, [4, 9, 8, 5, 17, 3, 2, 2, 1, 1, 0]);
            assert_eq!(launch.pointers, [1, 2, 3, 4]);
            // 5 x 7 places, 17 filters, 4 images
            let blocks = match kernel.name {
                "conv2d_direct" => 4 * 3,
                "conv2d_tiled" => 4 * 2,
                _ => 2,
            };
            assert_eq!(launch.grid, Dim3::new(blocks, 1, 1), "{}", kernel.name);
        }
        let said = CONV2D[0].launch([0; 4], &sizes, 0).expect_err("no image");
        assert!(said.to_string().contains("batch x places is 0"), "{said}");

        // a stride beyond the padded image is as good as one of its size
        let window = Window { kernel: (2, 2), stride: (1 << 40, 3), padding: (1, 0) };
        let sizes =
            Convolution::new(ImageShape::new(3, 9, 1), 1, window).expect("fits");
        let launch = CONV2D[1].launch([0; 4], &sizes, 1).expect("fits");
        assert_eq!(launch.sizes[7..9], [5, 3]);

        // a tile of 8 such strides would be too far from its image for an `int`
        let window = Window { kernel: (1, 1), stride: (1, 1), padding: (1 << 27, 0) };
        let far = Window { stride: (1 << 27, 1), ..window };
        let sizes = Convolution::new(ImageShape::new(1, 1, 1), 1, far).expect("fits");
        let said =
            CONV2D[1].launch([0; 4], &sizes, 1).expect_err("too far").to_string();
        let expected = "the padded height is 268435457, expected 1 to 134217728";
        assert_eq!(said, format!("conv2d_tiled: {expected}"));
    }
}
