//! How large a launch is, and how large it may be.

use std::fmt;

/// Threads of a warp: they run together, one instruction at a time.
pub const WARP: usize = 32;

/// Threads that a block may hold at most.
pub const MAX_THREADS: u64 = 1024;

/// Bytes of shared memory that a block may hold at most.
pub const MAX_SHARED: u64 = 48 * 1024;

/// A size or a position in up to three directions: of a grid in blocks, of a block in
/// threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Dim3 {
    /// Along x, which runs fastest: threads next to each other in x share a warp.
    pub x: u32,
    /// Along y.
    pub y: u32,
    /// Along z.
    pub z: u32,
}

impl Dim3 {
    /// A size or a position in three directions.
    pub const fn new(x: u32, y: u32, z: u32) -> Self {
        Self { x, y, z }
    }

    /// How many there are in a grid or block of this size.
    pub fn count(self) -> u64 {
        let plane = u64::from(self.x) * u64::from(self.y);
        plane.saturating_mul(u64::from(self.z))
    }

    /// The position of number `index` in a grid or block of this size, counted with x
    /// running fastest. An empty size has position zero only.
    pub fn position(self, index: u64) -> Self {
        let (width, height) = (u64::from(self.x.max(1)), u64::from(self.y.max(1)));
        let row = index / width;
        Self {
            x: (index % width) as u32,
            y: (row % height) as u32,
            z: (row / height) as u32,
        }
    }
}

impl From<u32> for Dim3 {
    fn from(x: u32) -> Self {
        Self::new(x, 1, 1)
    }
}

impl From<(u32, u32)> for Dim3 {
    fn from((x, y): (u32, u32)) -> Self {
        Self::new(x, y, 1)
    }
}

impl From<(u32, u32, u32)> for Dim3 {
    fn from((x, y, z): (u32, u32, u32)) -> Self {
        Self::new(x, y, z)
    }
}

impl fmt::Display for Dim3 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({}, {}, {})", self.x, self.y, self.z)
    }
}

/// What a real device would refuse about the shape of a launch, in words.
#[allow(dead_code)]
pub(crate) fn refused(grid: Dim3, block: Dim3, shared: u64) -> Option<String> {
    if grid.count() == 0 || block.count() == 0 {
        let (name, size) =
            if grid.count() == 0 { ("grid", grid) } else { ("block", block) };
        return Some(format!("the {name} {size} is empty"));
    }
    if grid.x > i32::MAX as u32 || grid.y > 65_535 || grid.z > 65_535 {
        return Some(format!(
            "the grid {grid} is too large: at most (2147483647, 65535, 65535)"
        ));
    }
    if block.count() > MAX_THREADS || block.z > 64 {
        return Some(format!(
            "the block {block} has {} threads: at most {MAX_THREADS}, and 64 along z",
            block.count()
        ));
    }
    (shared > MAX_SHARED).then(|| {
        format!("{shared} bytes of shared memory a block: at most {MAX_SHARED}")
    })
}
