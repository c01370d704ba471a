//! What the device knows while a kernel runs: memory, the fault, the counts.

use super::warp::{Call, Entry};
use super::{Buffer, Event};
use crate::gpu::shadow::{Clock, Mark, Shadow, Trouble};
use crate::gpu::{
    Access, Counters, Dim3, Fault, FaultKind, MAX_SHARED, Place, Space, Spot, Touch,
};
use std::panic::Location;

pub(super) type Line = &'static Location<'static>;

/// Loads and stores of a warp between two barriers: more means a loop that does not
/// end. (The tests are compiled without the optimizer.)
const MOST_ACCESSES: usize = if cfg!(test) { 1 << 14 } else { 1 << 20 };

/// Numbers in a row, and where they lie.
pub(super) struct Array {
    /// In bytes; in shared memory from the start of it.
    pub address: u64,
    pub numbers: Vec<f32>,
    pub shadow: Shadow,
    /// Of an array in shared memory: its name and where it was first asked for.
    declared: Option<(String, Line)>,
}

impl Array {
    fn new(space: Space, before: Option<&Array>, numbers: Vec<f32>) -> Self {
        let alignment = if space == Space::Global { 256 } else { 16 };
        let address = before.map_or(0, Array::end).next_multiple_of(alignment);
        let shadow = Shadow::new(space, numbers.len());
        Self { address, numbers, shadow, declared: None }
    }

    fn end(&self) -> u64 {
        self.address + 4 * self.numbers.len() as u64
    }

    fn is(&self, name: &str) -> bool {
        self.declared.as_ref().is_some_and(|(known, _)| known == name)
    }

    /// What to say when somebody asks for this array with another length.
    fn disagrees(&self, len: usize) -> Option<String> {
        let (name, line) = self.declared.as_ref()?;
        let before = self.numbers.len();
        (before != len).then(|| {
            format!(
                "asks for shared array {name:?} with {len} numbers, but {} asked with \
                 {before}; give one array one size",
                place(line)
            )
        })
    }
}

/// Everything, for the time of one borrow.
pub(super) struct State {
    pub buffers: Vec<Array>,
    /// Of the launch; the shadow knows what is of the block that runs.
    pub shared: Vec<Array>,
    pub launch: Launch,
    pub calls: Vec<Call>,
    /// What the threads of the warp that runs have done since the last barrier.
    pub log: Vec<Entry>,
    pub counters: Counters,
    pub events: Option<Vec<Event>>,
    pub requests_before: u64,
    /// Where the kernel was seen last.
    pub last: Line,
    /// Set by a barrier that is waited for.
    pub waiting: Option<Line>,
    /// What ends the launch at once.
    pub fault: Option<Fault>,
    /// What ends it at the next barrier, if nothing more telling is found by then.
    pub suspect: Option<Fault>,
}

/// The launch that runs and how far it is.
pub(super) struct Launch {
    pub kernel: String,
    pub grid: Dim3,
    pub block_dim: Dim3,
    /// The block that runs.
    pub block: Dim3,
    /// Barriers that the block has passed.
    pub step: u32,
    pub clock: Clock,
}

/// A thread, by number, and a line of the kernel.
#[derive(Clone, Copy)]
pub(super) struct At {
    pub thread: u16,
    pub line: Line,
}

impl State {
    pub fn new() -> Self {
        let none = Dim3::new(0, 0, 0);
        Self {
            buffers: Vec::new(),
            shared: Vec::new(),
            launch: Launch {
                kernel: String::new(),
                grid: none,
                block_dim: none,
                block: none,
                step: 0,
                clock: Clock::new(),
            },
            calls: Vec::new(),
            log: Vec::new(),
            counters: Counters::default(),
            events: None,
            requests_before: 0,
            last: Location::caller(),
            waiting: None,
            fault: None,
            suspect: None,
        }
    }

    /// Global memory for `numbers`, never written as far as a kernel knows.
    pub fn allocate(&mut self, numbers: Vec<f32>) -> Buffer {
        let (number, len) = (self.buffers.len() as u32, numbers.len());
        self.buffers.push(Array::new(Space::Global, self.buffers.last(), numbers));
        Buffer { space: Space::Global, number, len }
    }

    /// Begins a launch, from this line of the caller.
    pub fn begin(&mut self, kernel: &str, grid: Dim3, block_dim: Dim3, line: Line) {
        self.last = line;
        let launch = &mut self.launch;
        launch.kernel = kernel.to_string();
        (launch.grid, launch.block_dim) = (grid, block_dim);
        launch.block = Dim3::new(0, 0, 0);
        launch.clock.begin_launch();
        self.shared.clear();
        self.calls.clear();
        self.log.clear();
        self.counters = Counters::default();
        self.requests_before = 0;
        (self.fault, self.suspect) = (None, None);
    }

    pub fn begin_block(&mut self, number: u64) {
        let launch = &mut self.launch;
        launch.clock.begin_block();
        (launch.block, launch.step) = (launch.grid.position(number), 0);
        let threads = launch.block_dim.count();
        self.counters.threads += threads;
        self.counters.warps += threads.div_ceil(crate::gpu::WARP as u64);
    }

    pub fn pass_barrier(&mut self) {
        self.launch.clock.tick();
        self.launch.step += 1;
        self.counters.barriers += 1;
    }

    /// One thread's load or store. After a fault nothing moves: what a load was to fill
    /// stays NaN.
    pub fn touch(
        &mut self,
        at: At,
        access: Access,
        array: Buffer,
        index: usize,
        numbers: &mut [f32],
    ) {
        self.last = at.line;
        if self.fault.is_none()
            && let Err(kind) = self.try_touch(at, access, array, index, numbers)
        {
            self.fail(at, kind);
        }
    }

    fn try_touch(
        &mut self,
        at: At,
        access: Access,
        array: Buffer,
        index: usize,
        numbers: &mut [f32],
    ) -> Result<(), FaultKind> {
        let Buffer { space, number, len } = array;
        let end = index.checked_add(numbers.len());
        if end.is_none_or(|end| end > len) {
            let spot = array.spot(index);
            return Err(FaultKind::OutOfBounds { access, space, spot });
        }
        let call =
            self.call(Call { place: at.line, access, space, numbers: numbers.len() });
        let held = match space {
            Space::Shared => self.shared.get_mut(number as usize),
            _ => self.buffers.get_mut(number as usize),
        };
        let Some(held) = held.filter(|held| held.numbers.len() == len) else {
            let reason = "this buffer is not of this device or this block";
            return Err(FaultKind::Misuse { reason: reason.to_string() });
        };
        let bytes = 4 * numbers.len() as u32;
        let address = held.address + 4 * index as u64;
        if !address.is_multiple_of(u64::from(bytes)) {
            return Err(FaultKind::Misaligned { access, space, address, bytes });
        }
        if self.log.len() == MOST_ACCESSES {
            let reason = format!(
                "still running after {MOST_ACCESSES} loads and stores of its warp with \
                 no barrier; does it end?"
            );
            return Err(FaultKind::Misuse { reason });
        }
        self.log.push(Entry { thread: at.thread, call, array: number, index });
        let clock = &self.launch.clock;
        let (thread, place) = (at.thread.into(), call.into());
        let me = Mark { moment: clock.now, thread, place };
        let mut found = None;
        for (at, number) in (index..).zip(numbers) {
            let trouble = match access {
                Access::Load => {
                    *number = held.numbers[at];
                    held.shadow.read(at, me, clock)
                }
                Access::Store => {
                    held.numbers[at] = *number;
                    held.shadow.write(at, me, clock)
                }
            };
            found = found.or(trouble.map(|trouble| (at, trouble)));
        }
        if let Some((index, trouble)) = found {
            self.suspect(at, (access, space, array.spot(index)), trouble);
        }
        Ok(())
    }

    /// Notes a race, or else a read of a number not yet written. Both wait for the next
    /// barrier: if somebody writes that number before it, then the read was a race, and
    /// if threads part before it, then that is the cause.
    fn suspect(
        &mut self,
        at: At,
        (access, space, spot): (Access, Space, Spot),
        trouble: Trouble,
    ) {
        let known = self.suspect.as_ref().map(|fault| &fault.kind);
        let kind = match (trouble, known) {
            (_, Some(FaultKind::Race { .. })) | (Trouble::Unwritten, Some(_)) => return,
            (Trouble::Unwritten, None) => FaultKind::Unwritten { space, spot },
            (Trouble::Race(did, mark), _) => {
                let other = Box::new(self.launch.touch(did, mark, &self.calls));
                FaultKind::Race { access, space, spot, other }
            }
        };
        self.suspect = Some(self.launch.fault(at, kind));
    }

    /// An access as a picture wants it.
    pub fn event(&self, entry: &Entry, request: u64) -> Event {
        let Call { place, access, space, numbers } =
            self.calls[usize::from(entry.call)];
        let len = self.array(entry).numbers.len();
        Event {
            block: self.launch.block,
            thread: self.launch.thread(entry.thread),
            step: self.launch.step,
            request,
            access,
            buffer: Buffer { space, number: entry.array, len },
            index: entry.index,
            numbers,
            line: place.line(),
        }
    }

    /// What an entry touched.
    pub fn array(&self, entry: &Entry) -> &Array {
        match self.calls[usize::from(entry.call)].space {
            Space::Shared => &self.shared[entry.array as usize],
            _ => &self.buffers[entry.array as usize],
        }
    }

    /// Ends the launch with this, unless an earlier fault does.
    pub fn fail(&mut self, at: At, kind: FaultKind) {
        let fault = self.launch.fault(at, kind);
        self.fault.get_or_insert(fault);
    }

    /// A thread waits, but not at a barrier: nothing will ever wake it.
    pub fn waits_for_nothing(&mut self, thread: u16) {
        let reason =
            "waits for something that is not a barrier; a kernel awaits nothing else";
        let at = At { thread, line: self.last };
        self.fail(at, FaultKind::Misuse { reason: reason.to_string() });
    }

    /// The number of a call: most often the thread before came by it too.
    fn call(&mut self, call: Call) -> u16 {
        let same = |known: &Call| {
            std::ptr::eq(known.place, call.place)
                && known.access == call.access
                && known.space == call.space
                && known.numbers == call.numbers
        };
        let known = self.calls.iter().position(same);
        // one place may have several addresses, for instance in two codegen units
        let known =
            known.or_else(|| self.calls.iter().position(|known| *known == call));
        known.unwrap_or_else(|| {
            self.calls.push(call);
            self.calls.len() - 1
        }) as u16
    }

    /// The block's array of this name, made at the first call.
    pub fn shared(&mut self, at: At, name: &str, len: usize) -> Buffer {
        let number = self.shared.iter().position(|array| array.is(name));
        let buffer =
            |number: usize| Buffer { space: Space::Shared, number: number as u32, len };
        if let Some(number) = number {
            if let Some(reason) = self.shared[number].disagrees(len) {
                self.fail(at, FaultKind::Misuse { reason });
            }
            return buffer(number);
        }
        // the size is looked at before anything of it is made
        let mut array = Array::new(Space::Shared, self.shared.last(), Vec::new());
        let bytes = (len as u64).saturating_mul(4).saturating_add(array.address);
        if bytes > MAX_SHARED {
            let reason = format!(
                "{bytes} bytes of shared memory with array {name:?}: at most \
                 {MAX_SHARED} a block; take a smaller tile"
            );
            self.fail(at, FaultKind::Misuse { reason });
        } else {
            array.numbers = vec![f32::NAN; len];
            array.shadow = Shadow::new(Space::Shared, len);
        }
        array.declared = Some((name.to_string(), at.line));
        self.shared.push(array);
        buffer(self.shared.len() - 1)
    }
}

impl Launch {
    pub fn fault(&self, at: At, kind: FaultKind) -> Fault {
        Fault {
            kernel: self.kernel.clone(),
            block: self.block,
            thread: self.thread(at.thread),
            place: place(at.line),
            kind,
        }
    }

    pub fn thread(&self, number: u16) -> Dim3 {
        self.block_dim.position(u64::from(number))
    }

    fn touch(&self, access: Access, mark: Mark, calls: &[Call]) -> Touch {
        Touch {
            access,
            block: self.grid.position(self.clock.block_of(mark)),
            thread: self.block_dim.position(mark.thread.into()),
            place: place(calls[mark.place as usize].place),
        }
    }
}

/// The line, with its file as the reader knows it: `a/../b.rs` is `b.rs`.
pub(super) fn place(line: Line) -> Place {
    let mut parts: Vec<&str> = Vec::new();
    for part in line.file().split(['/', '\\']) {
        match parts.last() {
            Some(last) if part == ".." && *last != ".." => drop(parts.pop()),
            _ => parts.push(part),
        }
    }
    Place::Source { file: parts.join("/"), line: line.line() }
}
