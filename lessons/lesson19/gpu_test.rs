//! The program with a driver that is the interpreter, and with none: what it says
//! before the simulated run begins.

#![cfg(target_os = "linux")]

#[path = "../../tests/simulated_driver/folder.rs"]
mod drivers;

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use gradbook::gpu::kernels::{CONV2D, MATMUL};

/// What the program writes up to the line that holds `last`. Then it is stopped.
fn until(last: &str, folder: &Path, behaves: &str, more: &[&str]) -> Vec<String> {
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("lesson19");
    let mut program = Command::new(env!("CARGO_BIN_EXE_lesson19"));
    program.arg("--out").arg(out).args(more).stdout(Stdio::piped());
    let mut running = drivers::give(&mut program, folder, behaves)
        .spawn()
        .expect("the program starts");
    let output = running.stdout.take().expect("it is piped");
    let mut said = Vec::new();
    for line in BufReader::new(output).lines() {
        said.push(line.expect("the program writes UTF-8"));
        if said.last().is_some_and(|line| line.contains(last)) {
            break;
        }
    }
    // it may have ended by itself
    let _ = running.kill();
    let _ = running.wait();
    assert!(said.last().is_some_and(|line| line.contains(last)), "{said:#?}");
    said
}

#[test]
fn with_a_driver_every_kernel_is_checked_and_timed() {
    let folder = drivers::simulated();
    let wishes = ["--gpu", "--side", "20", "--steps", "2"];
    let said = until("of lesson 6's network", folder, "", &wishes).join("\n");
    assert!(
        said.contains("Gradbook's simulated device, compute capability 5.0"),
        "{said}"
    );
    assert!(said.contains("Every rung is right on ragged sizes"), "{said}");
    // a row for each kernel: its speed, and the share of 256 GFLOP/s
    let titles = MATMUL.iter().map(|rung| rung.title);
    for title in titles.chain(CONV2D.iter().map(|kernel| kernel.title)) {
        let row = said.lines().find(|line| line.trim_start().starts_with(title));
        let row = row.unwrap_or_else(|| panic!("no row for {title}: {said}"));
        let cells: Vec<&str> = row.split_whitespace().rev().take(2).collect();
        let share = cells[0].strip_suffix('%').and_then(|x| x.parse::<f64>().ok());
        let speed = cells[1].parse::<f64>();
        assert!(share.is_some_and(|x| x < 100.0) && speed.is_ok(), "{row}");
    }
    assert!(
        said.contains("2 steps of lesson 6's network: no loss is further"),
        "{said}"
    );
}

#[test]
fn without_a_gpu_it_says_so_in_one_line_and_goes_on() {
    let simulated = drivers::simulated();
    let cases = [
        (drivers::none().as_path(), "", "no CUDA driver: "),
        (simulated, "no-device", "the CUDA driver sees no GPU"),
        (simulated, "old-ptx", "the CUDA driver is too old"),
        (simulated, "memory=1000000", "out of memory on the GPU: 4194304 bytes wanted"),
    ]
    .map(|(folder, behaves, line)| (folder.to_path_buf(), behaves, line));
    for (folder, behaves, line) in cases {
        let said = until("On paper", &folder, behaves, &[]).join(" ");
        assert!(said.contains(line), "{behaves}: {said}");
        assert!(said.contains("What follows is simulated."), "{behaves}: {said}");
    }
}

#[test]
fn alone_it_fails_where_there_is_no_gpu() {
    let mut program = Command::new(env!("CARGO_BIN_EXE_lesson19"));
    let output = drivers::give(program.arg("--gpu"), &drivers::none(), "").output();
    let output = output.expect("the program starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert!(said.contains("no CUDA driver: ") && said.lines().count() == 1, "{said}");
}
