//! Sends the heavy work of a network to a device: a GPU, or one that is simulated.
//!
//! Layers know nothing of it. Inside [`on_device`] the products and convolutions of
//! this thread, in `f32`, go to the device; outside nothing changes, and what it costs
//! to ask is one read of a thread's own variable.

use std::cell::{Cell, RefCell};
use std::error::Error;
use std::ptr::NonNull;

use super::{Convolution, Operand, same_type, same_type_mut};
use crate::real::Real;

// ANCHOR: device
/// What a network's heavy work can be sent to. Matrices lie column after column, images
/// and filters as in [`Convolution`].
///
/// Sizes fit together, and none is 0. What a device itself asks of this library runs on
/// the CPU.
pub trait Device {
    /// How messages call it.
    fn name(&self) -> &str;

    /// `c = a . b + beta c`. With `beta` 0 the old `c` is not read.
    fn product(
        &self,
        a: Operand<'_, f32>,
        b: Operand<'_, f32>,
        beta: f32,
        c: &mut [f32],
    ) -> Result<(), DeviceError>;

    /// Writes `weight . patches + bias` of each image, as [`Convolution::forward`].
    fn conv2d(
        &self,
        sizes: &Convolution,
        images: &[f32],
        weight: &[f32],
        bias: &[f32],
        outputs: &mut [f32],
    ) -> Result<(), DeviceError>;
}
// ANCHOR_END: device

/// Why a device did not do its work: one line.
#[derive(Debug, thiserror::Error)]
#[error("{device}: {why}")]
pub struct DeviceError {
    device: String,
    why: Box<dyn Error + Send + Sync>,
}

impl DeviceError {
    /// The device's name, and what went wrong: an error or a sentence.
    pub fn new(
        device: impl Into<String>,
        why: impl Into<Box<dyn Error + Send + Sync>>,
    ) -> Self {
        Self { device: device.into(), why: why.into() }
    }

    /// What went wrong, to look into: a fault of a kernel, for one.
    pub fn why(&self) -> &(dyn Error + Send + Sync + 'static) {
        &*self.why
    }
}

/// A device while work is sent to it, and what went wrong first.
struct Scope<'a> {
    device: &'a dyn Device,
    error: RefCell<Option<DeviceError>>,
}

thread_local! {
    static SCOPE: Cell<Option<NonNull<Scope<'static>>>> = const { Cell::new(None) };
}

/// Puts back what was there before, at the end of a scope and when a panic ends it.
struct PutBack(Option<NonNull<Scope<'static>>>);

impl Drop for PutBack {
    fn drop(&mut self) {
        SCOPE.set(self.0);
    }
}

/// Runs `work`; the products and convolutions of `f32` in it go to the device, as long
/// as this thread does them. A scope inside another one goes before it.
///
/// # Errors
///
/// The device's first. From then on the results are NaN, which ends a training, and
/// nothing more is sent.
pub fn on_device<R>(
    device: &dyn Device,
    work: impl FnOnce() -> R,
) -> Result<R, DeviceError> {
    let scope = Scope { device, error: RefCell::new(None) };
    let done = {
        let _put_back = PutBack(SCOPE.replace(Some(NonNull::from(&scope).cast())));
        work()
    };
    scope.error.into_inner().map_or(Ok(done), Err)
}

/// Sends a product to the device in scope. Gives false where there is none.
#[inline]
pub(super) fn product(
    a: Operand<'_, f32>,
    b: Operand<'_, f32>,
    beta: f32,
    c: &mut [f32],
) -> bool {
    SCOPE.get().is_some() && send(c, |device, c| device.product(a, b, beta, c))
}

/// Sends a convolution to the device in scope. Gives false where there is none, or the
/// numbers are not `f32`.
pub(super) fn conv2d<T: Real>(
    sizes: &Convolution,
    [images, weight, bias]: [&[T]; 3],
    outputs: &mut [T],
) -> bool {
    let (Some(_), Some(outputs)) = (SCOPE.get(), same_type_mut(outputs)) else {
        return false;
    };
    let [Some(images), Some(weight), Some(bias)] =
        [images, weight, bias].map(same_type)
    else {
        return false;
    };
    send(outputs, |device, outputs| device.conv2d(sizes, images, weight, bias, outputs))
}

#[cold]
#[allow(unsafe_code)]
fn send(
    results: &mut [f32],
    work: impl FnOnce(&dyn Device, &mut [f32]) -> Result<(), DeviceError>,
) -> bool {
    // no scope while the device works: what it asks for runs on the CPU
    let _put_back = PutBack(SCOPE.take());
    let Some(scope) = _put_back.0 else { return false };
    // Sound: `on_device` made the pointer of a scope in its own frame, and takes it out
    // of this thread's variable before it leaves that frame, also when it panics. The
    // scope is only read; what changes in it is a `RefCell`.
    let scope = unsafe { scope.as_ref() };
    let failed = scope.error.borrow().is_some();
    if failed || results.is_empty() {
        results.fill(f32::NAN);
    } else if let Err(error) = work(scope.device, results) {
        results.fill(f32::NAN);
        scope.error.replace(Some(error));
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::activation::Activation;
    use crate::init::Init;
    use crate::kernels::{Operand, product};
    use crate::layer::{Activate, Conv2d, Dense, ImageShape, Window};
    use crate::loss::SoftmaxCrossEntropy;
    use crate::optimizer::Sgd;
    use crate::train::{Batch, step};
    use crate::{Matrix, Sequential, rng};

    /// Works with the CPU's own loops, and counts; may fail at one product.
    #[derive(Default)]
    struct Counting {
        products: Cell<usize>,
        convolutions: Cell<usize>,
        fails_at: Option<usize>,
    }

    impl Device for Counting {
        fn name(&self) -> &str {
            "counting"
        }

        fn product(
            &self,
            a: Operand<'_, f32>,
            b: Operand<'_, f32>,
            beta: f32,
            c: &mut [f32],
        ) -> Result<(), DeviceError> {
            self.products.set(self.products.get() + 1);
            if self.fails_at == Some(self.products.get()) {
                return Err(DeviceError::new(self.name(), "out of memory"));
            }
            crate::kernels::product_into(a, b, beta, c);
            Ok(())
        }

        fn conv2d(
            &self,
            sizes: &Convolution,
            images: &[f32],
            weight: &[f32],
            bias: &[f32],
            outputs: &mut [f32],
        ) -> Result<(), DeviceError> {
            self.convolutions.set(self.convolutions.get() + 1);
            let mut patches = vec![0.0; sizes.patches_len::<f32>()];
            sizes.forward(images, weight, bias, &mut patches, outputs);
            Ok(())
        }
    }

    /// Losses of three steps of a network with a convolution and a dense layer.
    fn losses<T: Real>() -> Vec<f64> {
        let rng = &mut rng(3);
        let image = ImageShape::new(5, 4, 2);
        let conv = Conv2d::new(image, 3, Window::square(3), Init::HeNormal, rng)
            .expect("the window fits");
        let inner = conv.output_shape().len();
        let mut network = Sequential::<T>::new(image.len())
            .then(conv)
            .and_then(|net| net.then(Activate::new(Activation::Relu)))
            .and_then(|net| net.then(Dense::new(inner, 2, Init::XavierNormal, rng)))
            .expect("the layers fit");
        let wave = |i, n| T::of(((3 * i + 7 * n) as f64).sin());
        let one_hot = |i, n| T::of(f64::from(u8::from(i == n % 2)));
        let mut batch = Batch {
            inputs: Matrix::from_fn(image.len(), 5, wave),
            targets: Matrix::from_fn(2, 5, one_hot),
            ..Batch::default()
        };
        let optimizer = &mut Sgd::new(0.1);
        (0..3)
            .map(|_| step(&mut network, optimizer, &SoftmaxCrossEntropy, &mut batch))
            .map(|loss| loss.expect("the shapes fit").to_f64())
            .collect()
    }

    #[test]
    fn a_network_trains_on_the_device_as_it_does_without() {
        let device = Counting::default();
        let there = on_device(&device, losses::<f32>).expect("it does not fail");
        assert_eq!(there, losses::<f32>());
        // a step: the convolution, its weights' gradient (2 groups of images), and the
        // dense layer's three products; outside nothing is counted
        assert_eq!((device.convolutions.get(), device.products.get()), (3, 3 * 5));
    }

    #[test]
    fn doubles_and_other_threads_stay_on_the_cpu() {
        let device = Counting::default();
        let elsewhere = || std::thread::spawn(losses::<f32>).join();
        let both = || (losses::<f64>(), elsewhere().expect("no panic"));
        on_device(&device, both).expect("nothing is sent");
        assert_eq!((device.convolutions.get(), device.products.get()), (0, 0));
    }

    #[test]
    fn the_first_error_comes_out_and_nothing_more_is_sent() {
        let device = Counting { fails_at: Some(2), ..Counting::default() };
        let mut seen = Vec::new();
        let error =
            on_device(&device, || seen = losses::<f32>()).expect_err("it fails");
        assert_eq!(error.to_string(), "counting: out of memory");
        assert!(seen[1..].iter().all(|loss| loss.is_nan()), "{seen:?}");
        assert_eq!((device.convolutions.get(), device.products.get()), (1, 2));
        assert!(losses::<f32>().iter().all(|loss| loss.is_finite()));
    }

    #[test]
    fn the_inner_scope_goes_first_and_a_panic_leaves_none_behind() {
        let (outer, inner) = (Counting::default(), Counting::default());
        let a = Matrix::<f32>::identity(2, 2);
        let once = || {
            let mut c = Matrix::zeros(2, 2);
            product(Operand::plain(&a), Operand::transposed(&a), 0.0, &mut c);
            assert_eq!(c, a);
        };
        let both = || {
            on_device(&inner, once).expect("it does not fail");
            once();
        };
        on_device(&outer, both).expect("it does not fail");
        assert_eq!((outer.products.get(), inner.products.get()), (1, 1));
        let panicking = std::panic::AssertUnwindSafe(|| {
            on_device(&outer, || std::panic::resume_unwind(Box::new(())))
        });
        assert!(std::panic::catch_unwind(panicking).is_err());
        once();
        assert_eq!(outer.products.get(), 1);
    }
}
