//! Broken on purpose: seven planted mistakes, and what both devices say about them.

use lessons::{Result, Run, bail};

use crate::planted;

/// A planted mistake: the kernel's name, what is wrong in words, blocks, threads of a
/// block, and how many numbers there are.
struct Planted(&'static str, &'static str, u32, u32, usize);

const ALL: [Planted; 7] = [
    Planted("no_guard", "no guard", 4, 256, 1000),
    Planted("no_first_barrier", "the first barrier is missing", 1, 64, 64),
    Planted("no_second_barrier", "the second barrier is missing", 1, 64, 64),
    Planted("divergent_barrier", "a barrier that not all reach", 1, 64, 64),
    Planted("write_write", "two writers of one number", 1, 64, 64),
    Planted("never_written", "memory that nobody has written", 1, 64, 64),
    Planted("misaligned", "four numbers at an odd place", 1, 32, 192),
];

/// All seven, on both devices.
pub fn show(run: &mut Run) -> Result {
    run.heading("Broken on purpose: seven kernels, seven reports");
    let mut found = 0;
    for Planted(name, words, blocks, threads, n) in ALL {
        run.say(&format!("{words}:"));
        let Err(fault) = planted::launch(name, blocks, threads, n) else {
            bail!("{name} is broken, and the teaching device did not notice");
        };
        found += 1;
        run.say(&format!("  {fault}"));
    }
    run.count("faults_planted", ALL.len());
    run.count("faults_found_simt", found);
    Ok(())
}
