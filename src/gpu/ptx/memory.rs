//! The large memory of the device: buffers, each far away from all others.

use crate::gpu::shadow::Shadow;
use crate::gpu::{Space, Spot};

/// Each buffer has 2^36 addresses to itself and lies in the middle of them: an index of
/// 32 bits, too large or negative, never reaches into another.
const REGION_BITS: u32 = 36;
const MIDDLE: u64 = 1 << (REGION_BITS - 1);

/// Addresses have 47 bits, as on real devices.
const REGIONS: usize = 1 << (47 - REGION_BITS);

/// What can go wrong when the host asks for memory, writes it or reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MemoryError {
    /// More than the device has left.
    #[error("out of memory: {asked} bytes asked for, {left} bytes left")]
    Full {
        /// Bytes asked for.
        asked: u64,
        /// Bytes that are left.
        left: u64,
    },
    /// An address outside of every buffer, or too many bytes from it on.
    #[error("{bytes} bytes at {address:#x} are not inside one buffer")]
    Outside {
        /// The address.
        address: u64,
        /// How many bytes were meant.
        bytes: u64,
    },
    /// A read of a number that nobody has written.
    #[error("number {index} of {len} was never written; launch the kernel first")]
    Unwritten {
        /// Which one, from 0.
        index: u64,
        /// How many the buffer holds.
        len: u64,
    },
}

/// Words and their history.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    pub words: Vec<u32>,
    pub shadow: Shadow,
    pub bytes: u64,
}

impl Piece {
    pub fn new(space: Space, bytes: u64) -> Self {
        let len = bytes.div_ceil(4) as usize;
        Self { words: vec![0; len], shadow: Shadow::new(space, len), bytes }
    }
}

/// All buffers.
#[derive(Clone, Debug)]
pub(super) struct Buffers {
    /// By region; region 0 stays empty, so that null is in no buffer.
    regions: Vec<Option<Piece>>,
    left: u64,
}

/// The first address of a region's buffer.
fn start(region: usize) -> u64 {
    ((region as u64) << REGION_BITS) + MIDDLE
}

pub(super) fn region(address: u64) -> usize {
    (address >> REGION_BITS) as usize
}

/// Bytes from the start of its region's buffer; before it, an enormous number.
pub(super) fn offset(address: u64) -> u64 {
    address.wrapping_sub(start(region(address)))
}

impl Buffers {
    pub fn new(bytes: u64) -> Self {
        Self { regions: vec![None], left: bytes }
    }

    pub fn get_mut(&mut self, region: usize) -> Option<&mut Piece> {
        self.regions.get_mut(region)?.as_mut()
    }

    pub fn left(&self) -> u64 {
        self.left
    }

    pub fn alloc(&mut self, bytes: u64) -> Result<u64, MemoryError> {
        let full = MemoryError::Full { asked: bytes, left: self.left };
        if bytes > self.left {
            return Err(full);
        }
        let piece = Some(Piece::new(Space::Global, bytes));
        // a region is used again only when all others have been used
        let region = if self.regions.len() < REGIONS {
            self.regions.push(piece);
            self.regions.len() - 1
        } else {
            let free = |piece: &Option<Piece>| piece.is_none();
            let region = self.regions.iter().skip(1).position(free).ok_or(full)? + 1;
            self.regions[region] = piece;
            region
        };
        self.left -= bytes;
        Ok(start(region))
    }

    pub fn free(&mut self, address: u64) -> Result<(), MemoryError> {
        let outside = MemoryError::Outside { address, bytes: 0 };
        let known = offset(address) == 0;
        let slot = self.regions.get_mut(region(address)).filter(|_| known);
        let piece = slot.and_then(Option::take).ok_or(outside)?;
        self.left += piece.bytes;
        Ok(())
    }

    /// The buffer that holds all of these bytes, and where they begin in it.
    pub fn inside(
        &mut self,
        address: u64,
        bytes: u64,
    ) -> Result<(&mut Piece, usize), MemoryError> {
        let outside = MemoryError::Outside { address, bytes };
        let piece = self.get_mut(region(address)).ok_or(outside)?;
        let end = offset(address).checked_add(bytes).ok_or(outside)?;
        if end > piece.bytes {
            return Err(outside);
        }
        Ok((piece, offset(address) as usize))
    }

    /// From here to the end of the buffer.
    pub fn rest(&mut self, address: u64) -> Result<u64, MemoryError> {
        let (piece, at) = self.inside(address, 0)?;
        Ok(piece.bytes - at as u64)
    }

    pub fn write(&mut self, address: u64, bytes: &[u8]) -> Result<(), MemoryError> {
        let (piece, at) = self.inside(address, bytes.len() as u64)?;
        for (at, byte) in (at..).zip(bytes) {
            let shift = 8 * (at % 4);
            let word = &mut piece.words[at / 4];
            *word = *word & !(0xff << shift) | u32::from(*byte) << shift;
        }
        let end = (at + bytes.len()).div_ceil(4);
        if !bytes.is_empty() {
            piece.shadow.write_by_host(at / 4..end);
        }
        Ok(())
    }

    pub fn read(&mut self, address: u64, bytes: &mut [u8]) -> Result<(), MemoryError> {
        let (piece, at) = self.inside(address, bytes.len() as u64)?;
        let end = (at + bytes.len()).div_ceil(4);
        let missing = |index: &usize| !piece.shadow.is_written(*index);
        if !bytes.is_empty()
            && let Some(index) = (at / 4..end).find(missing)
        {
            return Err(MemoryError::Unwritten {
                index: index as u64,
                len: piece.words.len() as u64,
            });
        }
        for (at, byte) in (at..).zip(bytes) {
            *byte = (piece.words[at / 4] >> (8 * (at % 4))) as u8;
        }
        Ok(())
    }

    /// What an address that is wrong was aimed at.
    pub fn spot(&self, address: u64) -> Spot {
        let region = region(address);
        match self.regions.get(region) {
            Some(Some(piece)) => Spot::Number {
                index: (offset(address) as i64).div_euclid(4),
                len: piece.words.len() as u64,
            },
            Some(None) if region > 0 => Spot::Freed,
            _ => Spot::Nowhere { address },
        }
    }
}
