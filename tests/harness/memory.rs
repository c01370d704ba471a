//! A counting allocator, so that a loop that never stops growing a vector is a verdict
//! and not the end of the machine.
#![allow(unsafe_code, reason = "an allocator cannot be written without")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// What an answer may hold at once: far more than any exercise needs.
pub const LIMIT: usize = 256 << 20;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

static HELD: AtomicUsize = AtomicUsize::new(0);
static LIMITED: AtomicBool = AtomicBool::new(false);

/// From here on this process gets no more than [`LIMIT`] bytes.
pub fn limit() {
    LIMITED.store(true, Ordering::Relaxed);
}

/// The system's allocator, with a count of the bytes held.
struct Counting;

impl Counting {
    /// Counts more bytes in; false if that is over the limit.
    fn admit(&self, bytes: usize) -> bool {
        let held = HELD.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes);
        if LIMITED.load(Ordering::Relaxed) && held > LIMIT {
            self.release(bytes);
            return false;
        }
        true
    }

    fn release(&self, bytes: usize) {
        HELD.fetch_sub(bytes, Ordering::Relaxed);
    }
}

// SAFETY: every call is handed to `System` as it came, so its promises are ours; a null
// pointer is how an allocator says that there is no memory.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if !self.admit(layout.size()) {
            return std::ptr::null_mut();
        }
        // SAFETY: the caller's layout is passed on unchanged.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        self.release(layout.size());
        // SAFETY: the pointer came from `System`, with this layout.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if !self.admit(size) {
            return std::ptr::null_mut();
        }
        self.release(layout.size());
        // SAFETY: the pointer came from `System`, with this layout; `size` is the
        // caller's.
        unsafe { System.realloc(pointer, layout, size) }
    }
}
