//! The lesson as a whole: what the plain run claims, and MNIST's files in both forms.

use std::fs;
use std::path::Path;

use lessons::Run;
use serde_json::Value;

use super::{LESSON, run};

/// Runs the lesson in a folder of its own and returns its report.
fn report(out: &Path, words: &[&str]) -> Result<Value, lessons::Error> {
    let out = out.display().to_string();
    let words = [words, &["--out", &out]].concat();
    let mut quiet = Run::quiet(LESSON, words)?;
    run(&mut quiet)?;
    Ok(quiet.report())
}

fn value(report: &Value, name: &str) -> f64 {
    report["values"][name].as_f64().unwrap_or_else(|| panic!("no value {name}"))
}

#[test]
fn the_plain_run_keeps_its_promises() {
    let out = tempfile::tempdir().unwrap();
    let report = report(out.path(), &[]).unwrap();
    let [mlp, logistic] = ["mlp_test_accuracy", "logistic_test_accuracy"]
        .map(|name| value(&report, name));
    assert!(mlp >= 0.96 && logistic >= 0.94, "{mlp} {logistic}");
    assert!(value(&report, "shuffled_labels_test_accuracy") <= 0.16);
    let (shuffled, in_order) =
        (value(&report, "shuffled_split_mlp"), value(&report, "unshuffled_split_mlp"));
    assert!(in_order <= shuffled - 0.03, "{shuffled} {in_order}");
    let [honest, others, leaked] =
        ["ten_images_honest", "ten_images_others", "ten_images_leaked"]
            .map(|name| value(&report, name));
    let gain = leaked - honest;
    assert!(gain > 0.0, "{honest} {leaked}");
    assert!((leaked - others).abs() < gain / 2.0, "{honest} {others} {leaked}");
    assert!(out.path().join("model.safetensors").is_file());
}

/// `count` images of 4 x 4: class c has ink in pixel c, and a little noise.
fn write_part(folder: &Path, part: &str, count: u32) {
    let mut images = [2051_u32, count, 4, 4].map(u32::to_be_bytes).concat();
    let mut labels = [2049_u32, count].map(u32::to_be_bytes).concat();
    for i in 0..count {
        let class = (i % 10) as usize;
        let pixel =
            |k: usize| if k == class { 250 } else { (i as usize * k % 20) as u8 };
        images.extend((0..16).map(pixel));
        labels.push(class as u8);
    }
    fs::write(folder.join(format!("{part}-images-idx3-ubyte")), images).unwrap();
    fs::write(folder.join(format!("{part}-labels-idx1-ubyte")), labels).unwrap();
}

#[test]
fn mnist_files_of_any_size_are_learned() {
    let (files, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    write_part(files.path(), "t10k", 150);
    let folder = files.path().display().to_string();
    let alone = report(out.path(), &["--data", &folder, "--epochs", "6"]).unwrap();
    assert_eq!(value(&alone, "train_examples"), 120.0);
    assert_eq!(value(&alone, "test_examples"), 30.0);
    assert!(value(&alone, "mlp_test_accuracy") >= 0.9);

    write_part(files.path(), "train", 170);
    let whole = report(out.path(), &["--data", &folder, "--epochs", "6"]).unwrap();
    assert_eq!(value(&whole, "train_examples"), 170.0);
    assert_eq!(value(&whole, "test_examples"), 150.0);
    assert!(value(&whole, "mlp_test_accuracy") >= 0.9);
    assert!(value(&whole, "logistic_test_accuracy") >= 0.9);
    assert!(value(&whole, "shuffled_labels_test_accuracy") <= 0.4);
}

#[test]
fn a_rate_that_breaks_training_ends_in_one_line() {
    let out = tempfile::tempdir().unwrap();
    let words = ["--optimizer", "sgd", "--lr", "100000"];
    let error = report(out.path(), &words).unwrap_err().to_string();
    assert!(error.starts_with("epoch 1, step "), "{error}");
    assert!(error.contains("lower the learning rate (now 100000)"), "{error}");
    assert!(!error.contains('\n'));
}
