use super::kernels::*;
use super::*;

#[test]
fn a_guarded_kernel_runs() {
    let mut gpu = Simt::new();
    let (x, y) = (gpu.upload(&[1.0, 2.0, 3.0]), gpu.alloc(3));
    let cost = gpu.launch("scale", 2, 2, |t| scale(t, x, y, 3, 10.0)).unwrap();
    assert_eq!(gpu.read(y), Ok(vec![10.0, 20.0, 30.0]));
    assert_eq!((cost.threads, cost.warps), (4, 2));
    assert_eq!((cost.global_loads, cost.global_stores), (3, 3));
}

#[test]
fn the_products_agree() {
    let (m, k, n) = (17, 19, 23);
    let number = |i: usize| (i * 7 % 11) as f32 - 5.0;
    let a: Vec<f32> = (0..m * k).map(number).collect();
    let b: Vec<f32> = (0..k * n).map(number).collect();
    let mut expected = vec![0.0; m * n];
    for row in 0..m {
        for col in 0..n {
            for i in 0..k {
                expected[row * n + col] += a[row * k + i] * b[i * n + col];
            }
        }
    }
    let mut gpu = Simt::new();
    let (a, b) = (gpu.upload(&a), gpu.upload(&b));
    let c = gpu.alloc(m * n);
    let p = Product { a, b, c, m, k, n };
    gpu.launch("tiled", (2, 2), (16, 16), |t| tiled_product(t, p)).unwrap();
    assert_eq!(gpu.read(c), Ok(expected.clone()));
    let c = gpu.alloc(m * n);
    let p = Product { c, ..p };
    gpu.launch("naive", (1, 3), (32, 8), |t| naive_product(t, p)).unwrap();
    assert_eq!(gpu.read(c), Ok(expected.clone()));
    let c = gpu.alloc(m * n);
    let p = Product { c, ..p };
    gpu.launch("coalesced", (1, 3), (32, 8), |t| coalesced_product(t, p)).unwrap();
    assert_eq!(gpu.read(c), Ok(expected));
}
