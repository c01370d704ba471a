//! A CUDA driver without a GPU: the functions of `libcuda.so.1` that the library calls,
//! over the interpreter of PTX. The host code cannot tell the difference, so it is
//! tested as it stands.
//!
//! It is stricter than a driver has to be: a handle that it did not give, memory that
//! is not all inside one allocation, or a call without a context is an error, and what
//! is left over when the context goes is named on the standard error. A kernel's fault
//! is printed there, too; as with a real driver, the error comes back from the call
//! that waits, and from every one after it.
//!
//! The variable `SIMULATED_DRIVER` makes it behave as others do: `no-device`,
//! `zero-devices`, `old-ptx`, `no-compiler`, `unknown-code`, `bad-kernel` (each kernel
//! reaches outside), `memory=BYTES`.

#![allow(unsafe_code)]
// The functions bear the names of the driver's.
#![allow(non_snake_case)]

mod gpu;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::ffi::{CStr, c_char, c_int, c_uint, c_void};
use std::sync::{Mutex, MutexGuard, PoisonError};

use gpu::{Dim3, FaultKind, ptx};

const NAME: &[u8] = b"Gradbook's simulated device\0";
const CONTEXT: usize = 0xc0de;

// The driver's codes.
const SUCCESS: u32 = 0;
const INVALID_VALUE: u32 = 1;
const OUT_OF_MEMORY: u32 = 2;
const NOT_INITIALIZED: u32 = 3;
const NO_DEVICE: u32 = 100;
const INVALID_DEVICE: u32 = 101;
const INVALID_CONTEXT: u32 = 201;
const INVALID_PTX: u32 = 218;
const NO_COMPILER: u32 = 221;
const UNSUPPORTED_PTX: u32 = 222;
const INVALID_HANDLE: u32 = 400;
const NOT_FOUND: u32 = 500;
const ILLEGAL_ADDRESS: u32 = 700;
const MISALIGNED: u32 = 716;
const LAUNCH_FAILED: u32 = 719;

/// What a handle stands for.
enum Object {
    Module(ptx::Module),
    Function {
        module: usize,
        name: String,
    },
    Stream,
    /// What the clock said when it was recorded.
    Event(Option<u64>),
}

/// The driver's memory of everything.
struct Driver {
    gpu: ptx::Gpu,
    /// Bytes that are allocated, by address.
    memory: BTreeMap<u64, usize>,
    objects: BTreeMap<usize, Object>,
    next: usize,
    /// How often the context was retained.
    retained: usize,
    /// Instructions run so far. One takes a millionth of a millisecond.
    clock: u64,
    /// A kernel failed: nothing works any more.
    failed: u32,
    initialized: bool,
}

static DRIVER: Mutex<Option<Driver>> = Mutex::new(None);

thread_local! {
    static CURRENT: Cell<usize> = const { Cell::new(0) };
}

fn behaves(word: &str) -> bool {
    std::env::var("SIMULATED_DRIVER").is_ok_and(|wanted| wanted == word)
}

/// How many bytes of memory the device has.
fn limit() -> usize {
    let wanted = std::env::var("SIMULATED_DRIVER").unwrap_or_default();
    let bytes = wanted.strip_prefix("memory=").and_then(|bytes| bytes.parse().ok());
    bytes.unwrap_or(1 << 28)
}

/// The code with which it refuses every module, if it is to.
fn refusal() -> Option<u32> {
    let codes = [
        ("old-ptx", UNSUPPORTED_PTX),
        ("no-compiler", NO_COMPILER),
        // no driver has had this one so far
        ("unknown-code", 4242),
    ];
    codes.into_iter().find(|(word, _)| behaves(word)).map(|(_, code)| code)
}

type Answer = Result<(), u32>;

/// Answers with the driver locked.
fn with(work: impl FnOnce(&mut Driver) -> Answer) -> u32 {
    let mut driver: MutexGuard<_> =
        DRIVER.lock().unwrap_or_else(PoisonError::into_inner);
    let driver = driver.get_or_insert_with(|| Driver {
        gpu: ptx::Gpu::new(),
        memory: BTreeMap::new(),
        objects: BTreeMap::new(),
        next: 0x1000,
        retained: 0,
        clock: 0,
        failed: SUCCESS,
        initialized: false,
    });
    work(driver).err().unwrap_or(SUCCESS)
}

/// The same, once `cuInit` was called.
fn ready(work: impl FnOnce(&mut Driver) -> Answer) -> u32 {
    with(|driver| if driver.initialized { work(driver) } else { Err(NOT_INITIALIZED) })
}

/// The same, where this thread has the context. What a kernel did wrong before is the
/// answer to whatever is asked afterwards.
fn inside(work: impl FnOnce(&mut Driver) -> Answer) -> u32 {
    ready(|driver| match driver.failed {
        _ if CURRENT.get() != CONTEXT || driver.retained == 0 => Err(INVALID_CONTEXT),
        SUCCESS => work(driver),
        failed => Err(failed),
    })
}

/// Writes where the caller wants the answer.
fn give<T>(place: *mut T, value: T) -> Answer {
    if place.is_null() {
        return Err(INVALID_VALUE);
    }
    // Sound: the caller hands a place for a value of this type, as the header says.
    unsafe { place.write(value) };
    Ok(())
}

/// The text behind a pointer of the caller.
fn text<'a>(pointer: *const c_char) -> Result<&'a str, u32> {
    if pointer.is_null() {
        return Err(INVALID_VALUE);
    }
    // Sound: the caller hands a text that ends with a zero byte and outlives the call.
    unsafe { CStr::from_ptr(pointer) }.to_str().map_err(|_| INVALID_VALUE)
}

impl Driver {
    fn add(&mut self, object: Object) -> *mut c_void {
        self.next += 0x10;
        self.objects.insert(self.next, object);
        std::ptr::without_provenance_mut(self.next)
    }

    fn object(&mut self, handle: *mut c_void) -> Result<&mut Object, u32> {
        self.objects.get_mut(&handle.addr()).ok_or(INVALID_HANDLE)
    }

    fn remove(&mut self, handle: *mut c_void) -> Answer {
        self.objects.remove(&handle.addr()).map(drop).ok_or(INVALID_HANDLE)
    }

    fn stream(&mut self, handle: *mut c_void) -> Answer {
        match self.object(handle)? {
            Object::Stream => Ok(()),
            _ => Err(INVALID_HANDLE),
        }
    }

    fn event(&mut self, handle: *mut c_void) -> Result<&mut Option<u64>, u32> {
        match self.object(handle)? {
            Object::Event(recorded) => Ok(recorded),
            _ => Err(INVALID_HANDLE),
        }
    }

    /// Refuses bytes that are not all of one allocation.
    fn holds(&self, address: u64, bytes: usize) -> Answer {
        let before = self.memory.range(..=address).next_back();
        let (start, len) = before.ok_or(INVALID_VALUE)?;
        let end = (address - start).checked_add(bytes as u64);
        if end.is_some_and(|end| end <= *len as u64) {
            Ok(())
        } else {
            Err(INVALID_VALUE)
        }
    }

    fn used(&self) -> usize {
        self.memory.values().sum()
    }

    /// What the host left behind when the last one gives the context back.
    fn name_leftovers(&self) {
        let left = |count: usize, what: &str| {
            if count > 0 {
                eprintln!("simulated driver: {count} {what} left behind");
            }
        };
        left(self.memory.len(), "allocations");
        let count = |wanted: fn(&Object) -> bool| {
            self.objects.values().filter(|object| wanted(object)).count()
        };
        left(count(|object| matches!(object, Object::Module(_))), "modules");
        left(count(|object| matches!(object, Object::Stream)), "streams");
        left(count(|object| matches!(object, Object::Event(_))), "events");
    }
}

/// The code that a real driver has for a kernel's fault.
fn code_of(kind: &FaultKind) -> u32 {
    match kind {
        FaultKind::OutOfBounds { .. } => ILLEGAL_ADDRESS,
        FaultKind::Misaligned { .. } => MISALIGNED,
        _ => LAUNCH_FAILED,
    }
}

/// Defines functions of the driver: the first word says what has to be there.
macro_rules! driver {
    ($(
        $needs:ident fn $name:ident($($argument:ident: $type:ty),* $(,)?)
            |$driver:ident| $body:block
    )*) => {$(
        #[unsafe(no_mangle)]
        extern "C" fn $name($($argument: $type),*) -> u32 {
            $needs(|$driver| $body)
        }
    )*};
}

driver! {
    with fn cuInit(flags: c_uint) |driver| {
        if flags != 0 {
            return Err(INVALID_VALUE);
        }
        if behaves("no-device") {
            return Err(NO_DEVICE);
        }
        driver.initialized = true;
        Ok(())
    }

    with fn cuDriverGetVersion(version: *mut c_int) |_driver| {
        give(version, if behaves("old-ptx") { 6050 } else { 12040 })
    }

    with fn cuGetErrorString(_error: u32, place: *mut *const c_char) |_driver| {
        give(place, c"an error of the simulated driver".as_ptr())
    }

    ready fn cuDeviceGetCount(count: *mut c_int) |_driver| {
        give(count, if behaves("zero-devices") { 0 } else { 1 })
    }

    ready fn cuDeviceGet(device: *mut c_int, ordinal: c_int) |_driver| {
        if ordinal != 0 || behaves("zero-devices") {
            return Err(INVALID_DEVICE);
        }
        give(device, 0)
    }

    ready fn cuDeviceGetName(name: *mut c_char, len: c_int, device: c_int) |_driver| {
        if device != 0 || name.is_null() || (len as usize) < NAME.len() {
            return Err(INVALID_VALUE);
        }
        // Sound: the caller hands a place for `len` bytes, and the name is no longer.
        unsafe { name.cast::<u8>().copy_from(NAME.as_ptr(), NAME.len()) };
        Ok(())
    }

    ready fn cuDeviceGetAttribute(value: *mut c_int, attribute: u32, device: c_int)
        |_driver| {
        if device != 0 {
            return Err(INVALID_DEVICE);
        }
        let known = match attribute {
            10 => 32,        // threads of a warp
            13 => 1_000_000, // thousands of steps a second
            16 => 1,         // processors
            75 => 5,         // compute capability 5.0: what our PTX is for
            76 => 0,
            _ => return Err(INVALID_VALUE),
        };
        give(value, known)
    }

    ready fn cuDeviceTotalMem_v2(bytes: *mut usize, _device: c_int) |_driver| {
        give(bytes, limit())
    }

    ready fn cuDevicePrimaryCtxRetain(context: *mut *mut c_void, _device: c_int)
        |driver| {
        driver.retained += 1;
        give(context, std::ptr::without_provenance_mut(CONTEXT))
    }

    ready fn cuDevicePrimaryCtxRelease_v2(_device: c_int) |driver| {
        if driver.retained == 0 {
            return Err(INVALID_CONTEXT);
        }
        driver.retained -= 1;
        if driver.retained == 0 {
            driver.name_leftovers();
        }
        Ok(())
    }

    ready fn cuCtxSetCurrent(context: *mut c_void) |_driver| {
        CURRENT.set(context.addr());
        Ok(())
    }

    inside fn cuModuleLoadDataEx(
        module: *mut *mut c_void,
        image: *const c_void,
        _count: c_uint,
        _options: *mut u32,
        _values: *mut *mut c_void,
    ) |driver| {
        if let Some(code) = refusal() {
            return Err(code);
        }
        let parsed = ptx::Module::parse(text(image.cast())?).map_err(|error| {
            eprintln!("simulated driver: {error}");
            INVALID_PTX
        })?;
        give(module, driver.add(Object::Module(parsed)))
    }

    inside fn cuModuleUnload(module: *mut c_void) |driver| {
        driver.remove(module)
    }

    inside fn cuModuleGetFunction(
        function: *mut *mut c_void,
        module: *mut c_void,
        name: *const c_char,
    ) |driver| {
        let name = text(name)?;
        match driver.object(module)? {
            Object::Module(parsed) if parsed.kernel(name).is_some() => {}
            Object::Module(_) => return Err(NOT_FOUND),
            _ => return Err(INVALID_HANDLE),
        }
        let object = Object::Function { module: module.addr(), name: name.to_owned() };
        give(function, driver.add(object))
    }

    inside fn cuMemAlloc_v2(address: *mut u64, bytes: usize) |driver| {
        if bytes == 0 {
            return Err(INVALID_VALUE);
        }
        if bytes > limit() - driver.used() {
            return Err(OUT_OF_MEMORY);
        }
        let new = driver.gpu.alloc_bytes(bytes as u64).map_err(|_| OUT_OF_MEMORY)?;
        driver.memory.insert(new, bytes);
        give(address, new)
    }

    inside fn cuMemFree_v2(address: u64) |driver| {
        driver.memory.remove(&address).ok_or(INVALID_VALUE)?;
        driver.gpu.free(address).map_err(|_| INVALID_VALUE)
    }

    inside fn cuMemGetInfo_v2(free: *mut usize, total: *mut usize) |driver| {
        give(free, limit() - driver.used())?;
        give(total, limit())
    }

    inside fn cuMemcpyHtoD_v2(to: u64, from: *const c_void, bytes: usize) |driver| {
        driver.holds(to, bytes)?;
        // Sound: the caller hands so many bytes, which live during the call.
        let from = unsafe { std::slice::from_raw_parts(from.cast::<u8>(), bytes) };
        driver.gpu.write_bytes(to, from).map_err(|_| INVALID_VALUE)
    }

    inside fn cuMemcpyDtoH_v2(to: *mut c_void, from: u64, bytes: usize) |driver| {
        driver.holds(from, bytes)?;
        // Sound: the caller hands a place for so many bytes of its own.
        let to = unsafe { std::slice::from_raw_parts_mut(to.cast::<u8>(), bytes) };
        driver.gpu.read_bytes(from, to).map_err(|_| INVALID_VALUE)
    }

    inside fn cuStreamCreateWithPriority(
        stream: *mut *mut c_void,
        _flags: c_uint,
        _priority: c_int,
    ) |driver| {
        give(stream, driver.add(Object::Stream))
    }

    inside fn cuStreamDestroy_v2(stream: *mut c_void) |driver| {
        driver.stream(stream)?;
        driver.remove(stream)
    }

    inside fn cuStreamSynchronize(stream: *mut c_void) |driver| {
        driver.stream(stream)
    }

    inside fn cuEventCreate(event: *mut *mut c_void, _flags: c_uint) |driver| {
        give(event, driver.add(Object::Event(None)))
    }

    inside fn cuEventDestroy_v2(event: *mut c_void) |driver| {
        driver.event(event)?;
        driver.remove(event)
    }

    inside fn cuEventRecord(event: *mut c_void, stream: *mut c_void) |driver| {
        driver.stream(stream)?;
        let clock = driver.clock;
        *driver.event(event)? = Some(clock);
        Ok(())
    }

    inside fn cuEventSynchronize(event: *mut c_void) |driver| {
        driver.event(event).map(drop)
    }

    inside fn cuEventElapsedTime(
        milliseconds: *mut f32,
        start: *mut c_void,
        end: *mut c_void,
    ) |driver| {
        let start = driver.event(start)?.ok_or(INVALID_HANDLE)?;
        let end = driver.event(end)?.ok_or(INVALID_HANDLE)?;
        give(milliseconds, (end as f32 - start as f32) / 1e6)
    }

    inside fn cuLaunchKernel(
        function: *mut c_void,
        grid_x: c_uint,
        grid_y: c_uint,
        grid_z: c_uint,
        block_x: c_uint,
        block_y: c_uint,
        block_z: c_uint,
        shared_bytes: c_uint,
        stream: *mut c_void,
        arguments: *mut *mut c_void,
        extra: *mut *mut c_void,
    ) |driver| {
        driver.stream(stream)?;
        if shared_bytes != 0 || arguments.is_null() || !extra.is_null() {
            return Err(INVALID_VALUE);
        }
        let grid = Dim3::new(grid_x, grid_y, grid_z);
        let block = Dim3::new(block_x, block_y, block_z);
        driver.launch(function, grid, block, arguments)
    }
}

impl Driver {
    fn launch(
        &mut self,
        function: *mut c_void,
        grid: Dim3,
        block: Dim3,
        arguments: *mut *mut c_void,
    ) -> Answer {
        let (module, name) = match self.object(function)? {
            Object::Function { module, name } => (*module, name.clone()),
            _ => return Err(INVALID_HANDLE),
        };
        let Some(Object::Module(module)) = self.objects.get(&module) else {
            return Err(INVALID_HANDLE);
        };
        let kernel = module.kernel(&name).ok_or(NOT_FOUND)?;
        let mut bytes = Vec::new();
        for (index, parameter) in kernel.parameters().iter().enumerate() {
            bytes.resize(parameter.offset as usize, 0);
            // Sound: the caller hands a pointer for each parameter of the kernel, and
            // behind it a value of the parameter's size; this is what the header asks.
            bytes.extend_from_slice(unsafe {
                let argument = (*arguments.add(index)).cast::<u8>();
                std::slice::from_raw_parts(argument, parameter.bytes as usize)
            });
        }
        if behaves("bad-kernel") {
            self.failed = ILLEGAL_ADDRESS;
            return Ok(());
        }
        match self.gpu.launch_raw(module, &name, grid, block, 0, &bytes) {
            Ok(counters) => {
                self.clock += counters.instructions;
                Ok(())
            }
            Err(fault) => {
                eprintln!("simulated driver: {fault}");
                if let FaultKind::Launch { .. } = fault.kind {
                    return Err(INVALID_VALUE);
                }
                // as a real one does: whoever waits for the kernel is told
                self.failed = code_of(&fault.kind);
                Ok(())
            }
        }
    }
}
