//! `--full`: all three networks, more trials, more seeds.

use lessons::{Result, Run};

use crate::contest::{self, Budget};
use crate::schedules;
use crate::tasks::Task;

/// Epochs of the LeNet and updates of the LSTM, at most.
const LENET: usize = 16;
const LSTM: usize = 600;

/// The three comparisons, and the schedules again.
pub fn all(run: &mut Run, seed: u64, epochs: usize) -> Result {
    for (task, search, fresh) in [
        (Task::mlp(seed, epochs)?, 5, 20),
        (Task::lenet(seed, LENET)?, 3, 5),
        (Task::lstm(LSTM)?, 3, 5),
    ] {
        run.heading(&format!("{}: {search} seeds searched, {fresh} new", task.name));
        let budget = Budget { search, fresh, seed };
        let entries = contest::compare(run, &task, budget)?;
        contest::report(run, &task, &entries, true);
    }
    let task = Task::mlp(seed, epochs)?;
    schedules::show(run, &task, Budget { search: 3, fresh: 20, seed }, true)
}
