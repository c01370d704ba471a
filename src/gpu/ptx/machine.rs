//! The device: memory, and the loop that runs a kernel's blocks.

use super::code::{Kernel, LOCAL_WINDOW, Memory, Op, SHARED_WINDOW, Window};
use super::memory::{Buffers, MemoryError, Piece, offset, region};
use super::warp::{Group, Launch, Longs, Warp};
use super::{Argument, Kind, Module};
use crate::gpu::counters::{bank_conflicts, sectors};
use crate::gpu::shadow::{Clock, Mark, Trouble};
use crate::gpu::{
    Access, Counters, Dim3, Fault, FaultKind, Place, Space, Spot, Touch, WARP, refused,
};

/// A device that runs PTX.
#[derive(Clone, Debug)]
pub struct Gpu {
    buffers: Buffers,
    clock: Clock,
    budget: u64,
}

/// Memory of a new device. What is remembered of each number takes ten times as much.
const CAPACITY: u64 = 256 << 20;

/// Instructions of warps that one launch may run: half a minute, about.
const BUDGET: u64 = 400_000_000;

impl Default for Gpu {
    fn default() -> Self {
        Self::new()
    }
}

impl Gpu {
    /// A device with 256 MiB of memory.
    pub fn new() -> Self {
        Self::with_capacity(CAPACITY)
    }

    /// A device with as many bytes of memory.
    pub fn with_capacity(bytes: u64) -> Self {
        Self { buffers: Buffers::new(bytes), clock: Clock::new(), budget: BUDGET }
    }

    /// How many instructions (of whole warps) a launch may run before it counts as
    /// endless.
    pub fn set_budget(&mut self, instructions: u64) {
        self.budget = instructions;
    }

    /// Bytes of memory that are left.
    pub fn memory_left(&self) -> u64 {
        self.buffers.left()
    }

    /// A buffer of `len` numbers that nobody has written.
    ///
    /// # Errors
    /// [`MemoryError::Full`].
    pub fn alloc(&mut self, len: usize) -> Result<u64, MemoryError> {
        self.alloc_bytes((len as u64).saturating_mul(4))
    }

    /// A buffer of so many bytes that nobody has written.
    ///
    /// # Errors
    /// [`MemoryError::Full`].
    pub fn alloc_bytes(&mut self, bytes: u64) -> Result<u64, MemoryError> {
        self.buffers.alloc(bytes)
    }

    /// A buffer with these numbers.
    ///
    /// # Errors
    /// [`MemoryError::Full`].
    pub fn upload(&mut self, numbers: &[f32]) -> Result<u64, MemoryError> {
        let address = self.alloc(numbers.len())?;
        self.write(address, numbers)?;
        Ok(address)
    }

    /// Writes numbers, from this address on.
    ///
    /// # Errors
    /// [`MemoryError::Outside`].
    pub fn write(&mut self, address: u64, numbers: &[f32]) -> Result<(), MemoryError> {
        let bytes = (numbers.len() as u64).saturating_mul(4);
        let (piece, at) = self.buffers.inside(address, bytes)?;
        if !at.is_multiple_of(4) {
            let bytes: Vec<u8> = numbers.iter().flat_map(|x| x.to_le_bytes()).collect();
            return self.buffers.write(address, &bytes);
        }
        let words = at / 4..at / 4 + numbers.len();
        for (word, number) in piece.words[words.clone()].iter_mut().zip(numbers) {
            *word = number.to_bits();
        }
        piece.shadow.write_by_host(words);
        Ok(())
    }

    /// All numbers from this address to the end of its buffer.
    ///
    /// # Errors
    /// [`MemoryError::Outside`], or [`MemoryError::Unwritten`] at the first number that
    /// nobody has written.
    pub fn read(&mut self, address: u64) -> Result<Vec<f32>, MemoryError> {
        let mut bytes = vec![0; self.buffers.rest(address)? as usize / 4 * 4];
        self.buffers.read(address, &mut bytes)?;
        let numbers = bytes.chunks_exact(4);
        Ok(numbers
            .map(|four| f32::from_le_bytes([four[0], four[1], four[2], four[3]]))
            .collect())
    }

    /// Writes bytes, from this address on.
    ///
    /// # Errors
    /// [`MemoryError::Outside`].
    pub fn write_bytes(
        &mut self,
        address: u64,
        bytes: &[u8],
    ) -> Result<(), MemoryError> {
        self.buffers.write(address, bytes)
    }

    /// Reads bytes, from this address on.
    ///
    /// # Errors
    /// [`MemoryError::Outside`] or [`MemoryError::Unwritten`].
    pub fn read_bytes(
        &mut self,
        address: u64,
        bytes: &mut [u8],
    ) -> Result<(), MemoryError> {
        self.buffers.read(address, bytes)
    }

    /// Hands a buffer back. From then on every access to it is a fault.
    ///
    /// # Errors
    /// [`MemoryError::Outside`] if no buffer begins there.
    pub fn free(&mut self, address: u64) -> Result<(), MemoryError> {
        self.buffers.free(address)
    }

    /// Runs a kernel on all blocks of a grid, one block after the other.
    ///
    /// # Errors
    /// The first [`Fault`]; [`FaultKind::Launch`] if the launch itself is wrong.
    pub fn launch(
        &mut self,
        module: &Module,
        name: &str,
        grid: Dim3,
        block: Dim3,
        arguments: &[Argument],
    ) -> Result<Counters, Fault> {
        let kernel = find(module, name)?;
        let bytes = pack(kernel, arguments).map_err(|reason| refuse(name, reason))?;
        self.launch_raw(module, name, grid, block, 0, &bytes)
    }

    /// Runs a kernel with `shared` more bytes of shared memory for each block, and with
    /// the bytes of its arguments, laid out as its parameters say.
    ///
    /// # Errors
    /// As [`launch`](Self::launch).
    pub fn launch_raw(
        &mut self,
        module: &Module,
        name: &str,
        grid: Dim3,
        block: Dim3,
        shared: u64,
        arguments: &[u8],
    ) -> Result<Counters, Fault> {
        let kernel = find(module, name)?;
        let size = kernel.parameters.last().map_or(0, |p| p.offset + p.bytes);
        let bytes = kernel.shared.bytes.saturating_add(shared);
        let too_many = kernel.max_threads.filter(|most| block.count() > *most);
        let reason = refused(grid, block, bytes)
            .or_else(|| {
                let most = too_many?;
                Some(format!("the block {block} is too large: compiled for {most}"))
            })
            .or_else(|| {
                let given = arguments.len();
                (given != size as usize)
                    .then(|| format!("{given} bytes of arguments, but it takes {size}"))
            });
        if let Some(reason) = reason {
            return Err(refuse(name, reason));
        }
        if self.clock.exhausted() {
            return Err(refuse(
                name,
                "too many launches; begin with a new device".into(),
            ));
        }
        self.clock.begin_launch();
        let launch = Launch { files: &kernel.registers, grid, block, arguments };
        let mut run = Run {
            kernel,
            launch: &launch,
            buffers: &mut self.buffers,
            clock: &mut self.clock,
            shared: SharedMemory::new(kernel, shared),
            counters: Counters::default(),
            issued: 0,
            budget: self.budget,
            block: Dim3::new(0, 0, 0),
            unwritten: None,
        };
        run.grid().map_err(|fault| *fault)
    }
}

fn find<'a>(module: &'a Module, name: &str) -> Result<&'a Kernel, Fault> {
    let kernel = module.kernels.iter().find(|kernel| kernel.name == name);
    kernel.ok_or_else(|| {
        let names: Vec<&str> = module.kernels().map(|kernel| kernel.name()).collect();
        let names = if names.is_empty() { "none".into() } else { names.join(", ") };
        refuse(name, format!("there is no such kernel; there are: {names}"))
    })
}

fn refuse(kernel: &str, reason: String) -> Fault {
    Fault {
        kernel: kernel.to_string(),
        block: Dim3::new(0, 0, 0),
        thread: Dim3::new(0, 0, 0),
        place: Place::Launch,
        kind: FaultKind::Launch { reason },
    }
}

/// The bytes of arguments, each in its parameter's place.
fn pack(kernel: &Kernel, arguments: &[Argument]) -> Result<Vec<u8>, String> {
    let parameters = &kernel.parameters;
    if parameters.len() != arguments.len() {
        return Err(format!(
            "{} arguments, but it takes {}",
            arguments.len(),
            parameters.len()
        ));
    }
    let mut bytes = Vec::new();
    for (index, (parameter, argument)) in parameters.iter().zip(arguments).enumerate() {
        let (kind, number) = (parameter.kind, index + 1);
        if kind != argument.kind() {
            return Err(match kind {
                Kind::Float => format!("argument {number} has to be an f32"),
                Kind::Word => {
                    format!("argument {number} has to be an integer of 32 bits")
                }
                Kind::Long => {
                    format!("argument {number} has to be a pointer or of 64 bits")
                }
                Kind::Bytes => {
                    format!("argument {number} is a struct: launch_raw takes it")
                }
            });
        }
        bytes.resize(parameter.offset as usize, 0);
        let value = argument.bits().to_le_bytes();
        bytes.extend_from_slice(&value[..parameter.bytes.min(8) as usize]);
    }
    Ok(bytes)
}

/// The shared memory of the block that runs.
struct SharedMemory {
    piece: Piece,
    /// Whether a word belongs to an array, or to a gap between two.
    inside: Vec<bool>,
    /// First byte and length of each array.
    arrays: Vec<(u32, u32)>,
}

impl SharedMemory {
    fn new(kernel: &Kernel, more: u64) -> Self {
        let mut arrays = kernel.shared.arrays.clone();
        if let Some(start) = kernel.shared.dynamic {
            arrays.push((start, more.min(1 << 20) as u32));
        }
        let end = |(start, bytes): &(u32, u32)| u64::from(*start) + u64::from(*bytes);
        let piece =
            Piece::new(Space::Shared, arrays.iter().map(end).max().unwrap_or(0));
        let mut inside = vec![false; piece.words.len()];
        for array in &arrays {
            inside[array.0 as usize / 4..end(array).div_ceil(4) as usize].fill(true);
        }
        Self { piece, inside, arrays }
    }

    /// Whether all of these bytes are in arrays.
    fn holds(&self, from: u64, bytes: u64) -> bool {
        let end = from.checked_add(bytes).filter(|end| *end <= self.piece.bytes);
        end.is_some_and(|end| {
            let words = from as usize / 4..end.div_ceil(4) as usize;
            !self.inside[words].contains(&false)
        })
    }

    /// The first byte and the length of the array that an address is in or behind.
    fn near(&self, address: u64) -> (u64, u64) {
        let before = self.arrays.iter().filter(|a| u64::from(a.0) <= address);
        let near = before.max_by_key(|array| array.0).or(self.arrays.first());
        near.map_or((0, 0), |(start, bytes)| (u64::from(*start), u64::from(*bytes)))
    }

    /// What an address is aimed at.
    fn spot(&self, address: u64) -> Spot {
        let (start, bytes) = self.near(address);
        Spot::Number {
            index: (address.wrapping_sub(start) as i64).div_euclid(4),
            len: bytes.div_ceil(4),
        }
    }
}

type Stop = Box<Fault>;

/// A launch that is running.
struct Run<'a> {
    kernel: &'a Kernel,
    launch: &'a Launch<'a>,
    buffers: &'a mut Buffers,
    clock: &'a mut Clock,
    shared: SharedMemory,
    counters: Counters,
    /// Instructions of whole warps so far.
    issued: u64,
    budget: u64,
    /// The block that runs.
    block: Dim3,
    /// The first read of shared memory that nobody had written. It waits for the next
    /// barrier: if somebody writes that number before, the two race.
    unwritten: Option<Stop>,
}

impl Run<'_> {
    fn grid(&mut self) -> Result<Counters, Stop> {
        let threads = self.launch.block.count();
        let count = threads.div_ceil(WARP as u64);
        let warp = Warp::new(&self.kernel.registers, self.kernel.local);
        let mut warps = vec![warp; count as usize];
        for index in 0..self.launch.grid.count() {
            self.block = self.launch.grid.position(index);
            self.clock.begin_block();
            self.counters.threads += threads;
            self.counters.warps += count;
            for (warp, index) in warps.iter_mut().zip(0..) {
                warp.begin(index, self.launch, self.block);
            }
            self.block(&mut warps)?;
        }
        Ok(self.counters)
    }

    /// Runs each warp up to a barrier or its end, until all have ended.
    fn block(&mut self, warps: &mut [Warp]) -> Result<(), Stop> {
        loop {
            for warp in warps.iter_mut() {
                self.warp(warp).map_err(|fault| self.first(fault))?;
            }
            let more = self.pass_barrier(warps)?;
            if let Some(fault) = self.unwritten.take() {
                return Err(fault);
            }
            if !more {
                return Ok(());
            }
        }
    }

    /// The fault to tell: what comes of a number that nobody had written is told as
    /// that read, but for a race, which may be why.
    fn first(&mut self, fault: Stop) -> Stop {
        match (&fault.kind, self.unwritten.take()) {
            (FaultKind::Race { .. }, _) | (_, None) => fault,
            (_, Some(unwritten)) => unwritten,
        }
    }

    /// Lets all threads go on if they have all reached one barrier; false if all have
    /// left.
    fn pass_barrier(&mut self, warps: &mut [Warp]) -> Result<bool, Stop> {
        let waiting =
            || warps.iter().flat_map(|w| w.waiting.iter().map(move |g| (w, g)));
        let Some((warp, group)) = waiting().min_by_key(|(_, group)| group.pc) else {
            return Ok(false);
        };
        let (thread, pc) = (warp.first + group.mask.trailing_zeros(), group.pc);
        let left = warps.iter().find(|warp| warp.live != warp.threads);
        let elsewhere = || waiting().find(|(_, group)| group.pc != pc);
        let other = match left {
            Some(warp) => {
                let gone = warp.threads & !warp.live;
                Some((warp.first + gone.trailing_zeros(), None))
            }
            None => elsewhere().map(|(warp, group)| {
                let thread = warp.first + group.mask.trailing_zeros();
                (thread, Some(Box::new(self.place(group.pc))))
            }),
        };
        if let Some((other, other_place)) = other {
            let other = self.position(other);
            let kind = FaultKind::DivergentBarrier { other, other_place };
            return Err(self.fault(thread, pc, kind));
        }
        for warp in warps {
            warp.waiting.clear();
            warp.add(pc + 1, warp.live);
        }
        self.counters.barriers += 1;
        self.clock.tick();
        Ok(true)
    }

    // ANCHOR: warp
    /// Runs the threads of a warp until each waits at a barrier or has left. Those that
    /// are furthest behind go first, so that threads which took different ways meet
    /// again.
    fn warp(&mut self, warp: &mut Warp) -> Result<(), Stop> {
        let kernel = self.kernel;
        while let Some(Group { mut pc, mut mask }) = warp.ready.pop() {
            let next = warp.ready.last().map_or(u32::MAX, |group| group.pc);
            while pc < next && mask != 0 {
                let instruction = &kernel.code[pc as usize];
                let active = warp.guarded(instruction.guard, mask);
                if let Op::Branch(there, otherwise) = instruction.op {
                    self.count(mask, pc, warp)?;
                    warp.add(otherwise, mask & !active);
                    (pc, mask) = (there, active);
                    break;
                }
                if let Op::Goto(there) = instruction.op {
                    pc = there;
                    break;
                }
                self.count(active, pc, warp)?;
                match &instruction.op {
                    Op::Memory(memory) => self.memory(warp, memory, active, pc)?,
                    Op::Fma(_) => {
                        self.counters.fma += u64::from(active.count_ones());
                        warp.compute(&instruction.op, active);
                    }
                    Op::Barrier => {
                        warp.waiting.push(Group { pc, mask: active });
                        mask &= !active;
                    }
                    Op::Exit => {
                        warp.live &= !active;
                        mask &= !active;
                    }
                    op => self.compute(warp, op, active, pc)?,
                }
                pc += 1;
            }
            warp.add(pc, mask);
        }
        Ok(())
    }
    // ANCHOR_END: warp

    /// An instruction begins; an endless loop ends here.
    fn count(&mut self, active: u32, pc: u32, warp: &Warp) -> Result<(), Stop> {
        self.counters.instructions += u64::from(active.count_ones());
        self.issued += 1;
        if self.issued > self.budget || self.clock.exhausted() {
            let budget = self.budget;
            let here = if active == 0 { warp.live } else { active };
            let thread = warp.first + here.trailing_zeros().min(31);
            return Err(self.fault(thread, pc, FaultKind::Endless { budget }));
        }
        Ok(())
    }

    fn compute(
        &self,
        warp: &mut Warp,
        op: &Op,
        active: u32,
        pc: u32,
    ) -> Result<(), Stop> {
        if let Some(lane) = warp.zero_divisor(op, active) {
            return Err(self.fault(warp.first + lane, pc, FaultKind::DivisionByZero));
        }
        if matches!(op, Op::Trap) && active != 0 {
            let reason = "the kernel gave up by itself (trap)".into();
            let thread = warp.first + active.trailing_zeros();
            return Err(self.fault(thread, pc, FaultKind::Misuse { reason }));
        }
        warp.compute(op, active);
        Ok(())
    }

    /// A read or a write: counted for the whole warp, then done thread by thread.
    /// Threads whose addresses lead to different memories take turns.
    fn memory(
        &mut self,
        warp: &mut Warp,
        memory: &Memory,
        active: u32,
        pc: u32,
    ) -> Result<(), Stop> {
        if active == 0 {
            return Ok(());
        }
        let mut addresses = warp.addresses(memory);
        let mut rest = active;
        while rest != 0 {
            let (window, group) = match memory.space {
                Window::Any => strip(&mut addresses, rest),
                window => (window, rest),
            };
            rest &= !group;
            let request = Request::new(&addresses, group, memory, window);
            match window {
                Window::Global | Window::Any => self.global(warp, &request, pc)?,
                Window::Shared => self.shared(warp, &request, pc)?,
                Window::Local => self.local(warp, &request, pc)?,
            }
        }
        Ok(())
    }

    fn global(
        &mut self,
        warp: &mut Warp,
        request: &Request,
        pc: u32,
    ) -> Result<(), Stop> {
        self.count_global(request);
        let mut at = 0;
        while at < request.count {
            let here = region(request.addresses[at]);
            let Some(piece) = self.buffers.get_mut(here) else {
                return Err(self.outside(warp, request, at, pc));
            };
            while at < request.count && region(request.addresses[at]) == here {
                let from = offset(request.addresses[at]);
                let wrong = touch(piece, warp, request, (at, from), self.clock, pc);
                if let Some(wrong) = wrong {
                    return Err(self.wrong(warp, request, at, pc, wrong));
                }
                at += 1;
            }
        }
        Ok(())
    }

    fn shared(
        &mut self,
        warp: &mut Warp,
        request: &Request,
        pc: u32,
    ) -> Result<(), Stop> {
        let numbers = request.count as u64 * u64::from(request.memory.words);
        let (addresses, lanes) = request.both();
        self.counters.shared_requests += 1;
        self.counters.bank_conflicts += bank_conflicts(addresses, lanes, request.bytes);
        match request.memory.access {
            Access::Load => self.counters.shared_loads += numbers,
            Access::Store => self.counters.shared_stores += numbers,
        }
        for at in 0..request.count {
            let from = request.addresses[at];
            if !self.shared.holds(from, request.bytes) {
                return Err(self.outside(warp, request, at, pc));
            }
            let piece = &mut self.shared.piece;
            let Some(wrong) = touch(piece, warp, request, (at, from), self.clock, pc)
            else {
                continue;
            };
            let waits = matches!(wrong, Wrong::Memory(_, Trouble::Unwritten));
            let fault = self.wrong(warp, request, at, pc, wrong);
            if !waits {
                return Err(fault);
            }
            self.unwritten.get_or_insert(fault);
        }
        Ok(())
    }

    fn local(
        &mut self,
        warp: &mut Warp,
        request: &Request,
        pc: u32,
    ) -> Result<(), Stop> {
        let memory = request.memory;
        let words = usize::from(memory.words);
        let numbers = (request.count * words) as u64;
        match memory.access {
            Access::Load => self.counters.local_loads += numbers,
            Access::Store => self.counters.local_stores += numbers,
        }
        for at in 0..request.count {
            let (from, lane) = (request.addresses[at], usize::from(request.lanes[at]));
            let end = from.checked_add(request.bytes);
            if end.is_none_or(|end| end > u64::from(self.kernel.local)) {
                return Err(self.outside(warp, request, at, pc));
            }
            if !from.is_multiple_of(request.bytes) {
                return Err(self.wrong(warp, request, at, pc, Wrong::Misaligned));
            }
            for word in 0..words {
                let index = from as usize / 4 + word;
                if memory.access == Access::Store {
                    warp.local[index][lane] = warp.data(memory, word, lane);
                    warp.local_written[index] |= 1 << lane;
                } else if warp.local_written[index] >> lane & 1 == 1 {
                    warp.fill(memory, word, lane, warp.local[index][lane]);
                } else {
                    let wrong = Wrong::Memory(word, Trouble::Unwritten);
                    return Err(self.wrong(warp, request, at, pc, wrong));
                }
            }
        }
        Ok(())
    }

    fn count_global(&mut self, request: &Request) {
        let numbers = request.count as u64 * u64::from(request.memory.words);
        let sectors = sectors(request.both().0);
        let counters = &mut self.counters;
        match request.memory.access {
            Access::Load => {
                counters.global_loads += numbers;
                counters.global_load_requests += 1;
                counters.global_load_sectors += sectors;
            }
            Access::Store => {
                counters.global_stores += numbers;
                counters.global_store_requests += 1;
                counters.global_store_sectors += sectors;
            }
        }
    }
}

impl Run<'_> {
    fn position(&self, thread: u32) -> Dim3 {
        self.launch.block.position(u64::from(thread))
    }

    fn place(&self, pc: u32) -> Place {
        let known = self.kernel.lines.get(pc as usize).copied();
        let (line, source) = known.unwrap_or_default();
        let source = source.and_then(|(file, line)| {
            let name = self.kernel.files.get(usize::from(file))?;
            Some(Box::new((name.clone(), line)))
        });
        Place::Ptx { line, source }
    }

    fn fault(&self, thread: u32, pc: u32, kind: FaultKind) -> Stop {
        Box::new(Fault {
            kernel: self.kernel.name.clone(),
            block: self.block,
            thread: self.position(thread),
            place: self.place(pc),
            kind,
        })
    }

    /// The access number `at` of a request leaves all arrays and buffers.
    fn outside(&self, warp: &Warp, request: &Request, at: usize, pc: u32) -> Stop {
        self.wrong(warp, request, at, pc, Wrong::Outside)
    }

    fn wrong(
        &self,
        warp: &Warp,
        request: &Request,
        at: usize,
        pc: u32,
        wrong: Wrong,
    ) -> Stop {
        let (access, space) = (request.memory.access, request.space);
        let address = request.addresses[at];
        let kind = match wrong {
            Wrong::Outside => FaultKind::OutOfBounds {
                access,
                space,
                spot: self.spot(space, address),
            },
            Wrong::Misaligned => FaultKind::Misaligned {
                access,
                space,
                address: match space {
                    Space::Global => offset(address),
                    Space::Shared => address.wrapping_sub(self.shared.near(address).0),
                    Space::Local => address,
                },
                bytes: request.bytes as u32,
            },
            Wrong::Memory(word, trouble) => {
                let spot = self.spot(space, address + 4 * word as u64);
                match trouble {
                    Trouble::Unwritten => FaultKind::Unwritten { space, spot },
                    Trouble::Race(other, mark) => FaultKind::Race {
                        access,
                        space,
                        spot,
                        other: Box::new(self.other(other, mark)),
                    },
                }
            }
        };
        self.fault(warp.first + u32::from(request.lanes[at]), pc, kind)
    }

    /// The earlier half of a race.
    fn other(&self, access: Access, mark: Mark) -> Touch {
        Touch {
            access,
            block: self.launch.grid.position(self.clock.block_of(mark)),
            thread: self.position(mark.thread),
            place: self.place(mark.place),
        }
    }

    fn spot(&self, space: Space, address: u64) -> Spot {
        match space {
            Space::Global => self.buffers.spot(address),
            Space::Shared => self.shared.spot(address),
            Space::Local => Spot::Number {
                index: (address as i64).div_euclid(4),
                len: u64::from(self.kernel.local.div_ceil(4)),
            },
        }
    }
}

/// What is wrong with one thread's access.
enum Wrong {
    Outside,
    Misaligned,
    /// With this word of those that it reads or writes.
    Memory(usize, Trouble),
}

/// What the threads of a warp ask for with one instruction.
struct Request<'a> {
    memory: &'a Memory,
    space: Space,
    /// Bytes for each thread.
    bytes: u64,
    /// The threads that take part, and the address of each.
    count: usize,
    lanes: [u8; WARP],
    addresses: Longs,
}

impl<'a> Request<'a> {
    fn new(addresses: &Longs, active: u32, memory: &'a Memory, window: Window) -> Self {
        let mut request = Self {
            memory,
            space: match window {
                Window::Shared => Space::Shared,
                Window::Local => Space::Local,
                Window::Global | Window::Any => Space::Global,
            },
            bytes: 4 * u64::from(memory.words),
            count: 0,
            lanes: [0; WARP],
            addresses: [0; WARP],
        };
        let mut rest = active;
        while rest != 0 {
            let lane = rest.trailing_zeros();
            request.lanes[request.count] = lane as u8;
            request.addresses[request.count] = addresses[lane as usize];
            request.count += 1;
            rest &= rest - 1;
        }
        request
    }

    /// The addresses, and the thread of each.
    fn both(&self) -> (&[u64], &[u8]) {
        (&self.addresses[..self.count], &self.lanes[..self.count])
    }
}

/// The memory that an address of any kind leads to, and where its addresses begin.
fn window(address: u64) -> (Window, u64) {
    match address {
        SHARED_WINDOW..LOCAL_WINDOW => (Window::Shared, SHARED_WINDOW),
        LOCAL_WINDOW..0x3000_0000 => (Window::Local, LOCAL_WINDOW),
        _ => (Window::Global, 0),
    }
}

/// The memory that the first of these threads means, and all threads that mean the
/// same: their addresses become addresses in it.
fn strip(addresses: &mut Longs, threads: u32) -> (Window, u32) {
    let first = window(addresses[threads.trailing_zeros() as usize % WARP]);
    let mut group = 0;
    for (lane, address) in addresses.iter_mut().enumerate() {
        if threads >> lane & 1 == 1 && window(*address) == first {
            *address -= first.1;
            group |= 1 << lane;
        }
    }
    (first.0, group)
}

/// One thread reads or writes; `from` is its first byte in this piece of memory.
#[inline(always)]
fn touch(
    piece: &mut Piece,
    warp: &mut Warp,
    request: &Request,
    (at, from): (usize, u64),
    clock: &Clock,
    pc: u32,
) -> Option<Wrong> {
    if from & (request.bytes - 1) != 0 {
        return Some(Wrong::Misaligned);
    }
    if from >= piece.bytes || piece.bytes - from < request.bytes {
        return Some(Wrong::Outside);
    }
    let (memory, lane) = (request.memory, usize::from(request.lanes[at]));
    let mark = Mark { moment: clock.now, thread: warp.first + lane as u32, place: pc };
    for word in 0..usize::from(memory.words) {
        let index = from as usize / 4 + word;
        let trouble = match memory.access {
            Access::Load => piece.shadow.read(index, mark, clock),
            Access::Store => piece.shadow.write(index, mark, clock),
        };
        if let Some(trouble) = trouble {
            return Some(Wrong::Memory(word, trouble));
        }
        match memory.access {
            Access::Load => warp.fill(memory, word, lane, piece.words[index]),
            Access::Store => piece.words[index] = warp.data(memory, word, lane),
        }
    }
    None
}
