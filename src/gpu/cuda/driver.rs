//! The functions of the CUDA driver, found when they are first called.
//!
//! The crate `cust` wants to be linked with the driver's library, and a program linked
//! with it does not even start where there is none. So the functions that `cust` calls
//! are defined here. Each looks for the real one in `libcuda.so.1` and hands its
//! arguments on; where that library is missing the answer is "no device", an error
//! value like any other.

use std::cell::Cell;
use std::ffi::{CStr, c_char, c_int, c_uint, c_void};
use std::sync::OnceLock;

use super::CudaError;

/// The answer of a driver without a device: what a missing driver has, too.
const NO_DEVICE: u32 = 100;
/// The answer for a function that the driver does not have.
const NOT_SUPPORTED: u32 = 801;
/// The answer for every code that `cust` does not know.
const UNKNOWN: u32 = 999;

/// What a function of the driver answered when it did not succeed.
#[derive(Clone, Copy, Debug)]
pub(super) enum Failure {
    /// The driver has no such function.
    Missing(&'static str),
    /// The function, and the driver's own code.
    Code(&'static str, u32),
}

thread_local! {
    /// The first failure since [`watch`] began.
    static FAILURE: Cell<Option<Failure>> = const { Cell::new(None) };
}

/// Does some `work` with `cust`; an error is what the driver itself answered first.
pub(super) fn watch<R>(
    work: impl FnOnce() -> Result<R, cust::error::CudaError>,
) -> Result<R, CudaError> {
    FAILURE.set(None);
    work().map_err(|error| CudaError::of(FAILURE.take(), error))
}

fn failed(failure: Failure) {
    FAILURE.set(FAILURE.take().or(Some(failure)));
}

/// Why there is no driver here, in the loader's words.
pub(super) fn absent() -> Option<&'static str> {
    library().as_ref().err().map(String::as_str)
}

unsafe extern "C" {
    fn dlopen(name: *const c_char, flags: c_int) -> *mut c_void;
    fn dlsym(library: *mut c_void, name: *const c_char) -> *mut c_void;
    fn dlerror() -> *const c_char;
}

/// The driver's library, looked for once. An address, so that threads may share it.
fn library() -> &'static Result<usize, String> {
    static LIBRARY: OnceLock<Result<usize, String>> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        const RTLD_NOW: c_int = 2;
        // Sound: the name ends with a zero byte, and a library that was opened is never
        // closed. `dlerror` gives null or a text that lives until this thread's next
        // call of the loader; it is copied before.
        unsafe {
            let library = dlopen(c"libcuda.so.1".as_ptr(), RTLD_NOW);
            if !library.is_null() {
                return Ok(library.expose_provenance());
            }
            let why = dlerror();
            if why.is_null() {
                return Err("libcuda.so.1 cannot be loaded".into());
            }
            Err(CStr::from_ptr(why).to_string_lossy().into_owned())
        }
    })
}

/// The address of a function of the driver, or the code to answer without it.
fn find(known: &OnceLock<Option<usize>>, name: &'static CStr) -> Result<usize, u32> {
    let Ok(library) = library() else {
        return Err(NO_DEVICE);
    };
    let look = || {
        let library = std::ptr::with_exposed_provenance_mut(*library);
        // Sound: `dlopen` gave the library, which is never closed, and the name ends
        // with a zero byte.
        let address = unsafe { dlsym(library, name.as_ptr()) };
        (!address.is_null()).then(|| address.expose_provenance())
    };
    known.get_or_init(look).ok_or_else(|| {
        failed(Failure::Missing(name.to_str().unwrap_or_default()));
        NOT_SUPPORTED
    })
}

/// A code as `cust` may see it: its list is closed, and a code that is not on it would
/// be undefined behavior there.
fn answer(name: &'static CStr, code: u32) -> u32 {
    if code == 0 {
        return 0;
    }
    failed(Failure::Code(name.to_str().unwrap_or_default(), code));
    if is_known(code) { code } else { UNKNOWN }
}

/// The codes of CUDA 11.4, which is what `cust` was written for.
fn is_known(code: u32) -> bool {
    matches!(code, 1..=8 | 34 | 100..=102 | 200..=202 | 205..=224 | 300..=304)
        || matches!(code, 400 | 401 | 500 | 600 | 700..=705 | 708..=720)
        || matches!(code, 800..=809 | 900..=911 | UNKNOWN)
}

/// Defines functions of the driver that hand on their arguments.
macro_rules! hand_on {
    ($(fn $name:ident($($argument:ident: $type:ty),*);)*) => {$(
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $name($($argument: $type),*) -> u32 {
            type Function = unsafe extern "C" fn($($type),*) -> u32;
            const NAME: &CStr = {
                let bytes = concat!(stringify!($name), "\0").as_bytes();
                match CStr::from_bytes_with_nul(bytes) {
                    Ok(name) => name,
                    Err(_) => panic!("the name of a function has no zero byte"),
                }
            };
            static FOUND: OnceLock<Option<usize>> = OnceLock::new();
            match find(&FOUND, NAME) {
                Ok(address) => {
                    type Address = *const ();
                    let found: Address = std::ptr::with_exposed_provenance(address);
                    // Sound: `dlsym` gave the address for this name, and the types are
                    // those of the driver's header. The caller answers for the
                    // arguments: it calls what it believes to be the driver.
                    let code = unsafe {
                        let function = std::mem::transmute::<Address, Function>(found);
                        function($($argument),*)
                    };
                    answer(NAME, code)
                }
                Err(code) => code,
            }
        }
    )*};
}

// Handles of the driver (contexts, modules, functions, streams, events) are pointers
// that only the driver looks into.
hand_on! {
    fn cuInit(flags: c_uint);
    fn cuDriverGetVersion(version: *mut c_int);
    fn cuGetErrorString(error: u32, text: *mut *const c_char);

    fn cuDeviceGet(device: *mut c_int, ordinal: c_int);
    fn cuDeviceGetCount(count: *mut c_int);
    fn cuDeviceGetName(name: *mut c_char, len: c_int, device: c_int);
    fn cuDeviceGetAttribute(value: *mut c_int, attribute: u32, device: c_int);
    fn cuDeviceTotalMem_v2(bytes: *mut usize, device: c_int);
    fn cuDevicePrimaryCtxRetain(context: *mut *mut c_void, device: c_int);
    fn cuDevicePrimaryCtxRelease_v2(device: c_int);
    fn cuCtxSetCurrent(context: *mut c_void);

    fn cuModuleLoadDataEx(
        module: *mut *mut c_void,
        image: *const c_void,
        count: c_uint,
        options: *mut u32,
        values: *mut *mut c_void
    );
    fn cuModuleUnload(module: *mut c_void);
    fn cuModuleGetFunction(
        function: *mut *mut c_void,
        module: *mut c_void,
        name: *const c_char
    );
    fn cuLaunchKernel(
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
        extra: *mut *mut c_void
    );

    fn cuMemAlloc_v2(address: *mut u64, bytes: usize);
    fn cuMemFree_v2(address: u64);
    fn cuMemcpyHtoD_v2(to: u64, from: *const c_void, bytes: usize);
    fn cuMemcpyDtoH_v2(to: *mut c_void, from: u64, bytes: usize);
    fn cuMemGetInfo_v2(free: *mut usize, total: *mut usize);

    fn cuStreamCreateWithPriority(
        stream: *mut *mut c_void,
        flags: c_uint,
        priority: c_int
    );
    fn cuStreamDestroy_v2(stream: *mut c_void);
    fn cuStreamSynchronize(stream: *mut c_void);

    fn cuEventCreate(event: *mut *mut c_void, flags: c_uint);
    fn cuEventDestroy_v2(event: *mut c_void);
    fn cuEventRecord(event: *mut c_void, stream: *mut c_void);
    fn cuEventSynchronize(event: *mut c_void);
    fn cuEventElapsedTime(milliseconds: *mut f32, start: *mut c_void, end: *mut c_void);
}
