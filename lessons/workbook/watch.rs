//! `cargo workbook watch 5`: checks again at each save.

use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, SystemTime};

use lessons::Result;

use crate::check::check;
use crate::command::Target;
use crate::paint::Paint;
use crate::place::{Place, exercises_name};
use crate::say;

/// How often the file is looked at.
const PAUSE: Duration = Duration::from_millis(200);

/// Checks, waits for a save, checks again: until Ctrl-C, or so many checks.
pub fn run(
    place: &Place,
    paint: Paint,
    target: &Target,
    checks: Option<usize>,
) -> Result<ExitCode> {
    place.expect_written(target.lesson)?;
    let file = place.exercises(target.lesson);
    let mut done = 0;
    loop {
        // Taken before the check: a save during it is not missed.
        let stamp = stamp(&file);
        if paint.is_on() {
            say("\x1b[2J\x1b[H");
        }
        match check(place, target) {
            Ok(checked) => say(&checked.page(paint, target)),
            // An exercise that does not exist stays so, whatever is saved.
            Err(error) if error.exit_code() == 2 => return Err(error),
            Err(error) => say(&format!("{error}\n")),
        }
        done += 1;
        if checks.is_some_and(|checks| done >= checks) {
            return Ok(ExitCode::SUCCESS);
        }
        let name = exercises_name(target.lesson);
        say(&paint.dim(&format!("\nwatching {name}, Ctrl-C ends\n")));
        wait_for_change(&file, stamp);
    }
}

type Stamp = Option<(SystemTime, u64)>;

/// When the file was last written, and how long it is. None while an editor swaps it.
fn stamp(file: &Path) -> Stamp {
    let metadata = fs::metadata(file).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}

fn wait_for_change(file: &Path, before: Stamp) {
    loop {
        thread::sleep(PAUSE);
        let now = stamp(file);
        if now.is_some() && now != before {
            return;
        }
    }
}
