//! Answers are judged in a child process, so that an endless loop, a stack overflow or
//! an exit is a verdict and not the end of the run.
//!
//! [`serve`] is the child: it tries the laws, and says what it does as it goes.
//! [`judge`] is the parent: it listens, watches the clock, and turns what it heard into
//! a [`Verdict`].

use std::ffi::OsString;
use std::hash::{BuildHasher, RandomState};
use std::io::{Read, Write};
use std::mem;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::channel;
use super::exercise::{Behavior, Check, Who, alike};
use super::memory;
use super::outcome::{Mismatch, count};

/// What came of an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// The stub is still there.
    NotAttempted {
        /// The laws that would have let it pass.
        lenient: Vec<usize>,
    },
    /// It keeps every law.
    Passed,
    /// It does not.
    Failed(Failure),
}

/// How an answer failed.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// The law that was broken, or being tried; none while the sample was taken.
    pub law: Option<usize>,
    /// What was expected and seen, for which input.
    pub mismatch: Mismatch,
    /// What went wrong with the process, if it did not return.
    pub crash: Option<Crash>,
    /// The known mistake that behaves the same.
    pub diagnosis: Option<usize>,
    /// What the answer printed for this input.
    pub printed: Vec<String>,
}

/// Ways not to return.
#[derive(Clone, Debug, PartialEq)]
pub enum Crash {
    /// Nothing came for this long.
    Silent(Duration),
    /// Inputs were still being tried after this long.
    Slow(Duration),
    /// It called itself until the stack was full.
    StackOverflow,
    /// It asked for more memory than [`memory::LIMIT`].
    OutOfMemory,
    /// It ended the program, with this code.
    Exited(i32),
    /// It was ended: aborted or killed.
    Aborted(String),
    /// The child could not be started or heard.
    Unheard(String),
}

/// How to start the child, and how long to wait for it.
#[derive(Clone, Debug)]
pub struct Court {
    /// What comes before `--judge` on the child's command line.
    pub arguments: Vec<OsString>,
    /// The longest time that one input may take.
    pub limit: Duration,
    /// The longest time in all.
    pub longest: Duration,
}

impl Default for Court {
    fn default() -> Self {
        Court {
            arguments: Vec::new(),
            limit: Duration::from_secs(10),
            longest: Duration::from_secs(60),
        }
    }
}

/// The stack that an answer runs on, the same on every platform.
const STACK: usize = 8 << 20;

/// Lines of the answer's own printing that are shown.
const MOST_PRINTED: usize = 12;

/// Nobody reads more of a line; a loop may print one without end.
const LONGEST_LINE: usize = 1 << 20;

// ---- The child --------------------------------------------------------------------

/// Tries the laws on one function and tells the parent. Never returns: the verdict is
/// the last thing that this process says.
pub fn serve(check: &dyn Check, who: Who) -> ! {
    if !channel::open() {
        eprintln!("--judge is how the test program calls itself; run `cargo test`");
        std::process::exit(2);
    }
    memory::limit();
    thread::scope(|scope| {
        let answer = thread::Builder::new().stack_size(STACK).name("answer".into());
        let running = answer.spawn_scoped(scope, || decide(check, who));
        if let Err(error) = running {
            channel::verdict("unheard", json!(error.to_string()));
        }
    });
    std::process::exit(0)
}

fn decide(check: &dyn Check, who: Who) {
    let broken = (0..check.about().laws.len()).find_map(|law| {
        channel::law(law);
        check.try_law(who, law).err().map(|mismatch| (law, mismatch))
    });
    if let Some((law, mismatch)) = &broken {
        channel::verdict("broken", encode(*law, mismatch));
    }
    channel::probing();
    let behavior = check.probe(who);
    if is_stub(check, &behavior) {
        let laws = 0..check.about().laws.len();
        let lenient = laws.filter(|law| check.try_law(who, *law).is_ok());
        channel::verdict("not_attempted", json!(lenient.collect::<Vec<usize>>()));
    } else if broken.is_some() {
        channel::verdict("failed", json!(check.diagnose(&behavior).first()));
    } else if let Err(panic) = behavior {
        let sample = Mismatch::panicked(panic);
        channel::verdict("sample_panicked", encode(0, &sample));
    } else {
        channel::verdict("passed", json!(true));
    }
}

/// Only this very panic means that nobody has tried.
fn is_stub(check: &dyn Check, behavior: &Behavior) -> bool {
    matches!(behavior, Err(panic) if panic.message == check.about().todo())
}

fn encode(law: usize, mismatch: &Mismatch) -> Value {
    json!({
        "law": law,
        "expected": mismatch.expected,
        "seen": mismatch.seen,
        "note": mismatch.note,
        "input": mismatch.input,
        "panic": mismatch.panic,
    })
}

fn decode(value: &Value) -> (usize, Mismatch) {
    let text = |key: &str| value[key].as_str().unwrap_or_default().to_string();
    let mismatch = Mismatch {
        expected: text("expected"),
        seen: text("seen"),
        note: text("note"),
        input: decode_input(&value["input"]),
        panic: value["panic"].as_str().map(str::to_string),
    };
    (index_of(&value["law"]).unwrap_or_default(), mismatch)
}

fn decode_input(value: &Value) -> Vec<(String, String)> {
    serde_json::from_value(value.clone()).unwrap_or_default()
}

fn index_of(value: &Value) -> Option<usize> {
    value.as_u64().and_then(|index| usize::try_from(index).ok())
}

// ---- The parent -------------------------------------------------------------------

/// Runs one function of one exercise in a child process and returns the verdict.
pub fn judge(check: &dyn Check, who: Who, court: &Court) -> Verdict {
    let secret = secret_word();
    let mut child = match start(check, who, court, &secret) {
        Ok(child) => child,
        Err(error) => {
            return Heard::default().crashed(Crash::Unheard(error.to_string()));
        }
    };
    let (sender, lines) = sync_channel(1024);
    if let Some(stdout) = child.stdout.take() {
        listen(stdout, secret.clone(), move |line| sender.send(line).is_ok());
    }
    let errors = Arc::new(Mutex::new(Errors::default()));
    let error_listener = child.stderr.take().map(|stderr| {
        let errors = Arc::clone(&errors);
        listen(stderr, secret, move |line| {
            errors.lock().map(|mut errors| errors.hear(line)).is_ok()
        })
    });
    let (mut heard, too_long) = follow(&lines, court);
    let status = match too_long {
        None => wait(&mut child, court.limit),
        Some(_) => end(&mut child),
    };
    // Bounded: a process that the answer left behind may hold the stream open.
    let patience = Instant::now() + Duration::from_secs(1);
    while error_listener.as_ref().is_some_and(|listener| !listener.is_finished())
        && Instant::now() < patience
    {
        thread::sleep(Duration::from_millis(1));
    }
    let errors = errors.lock().map(|mut e| mem::take(&mut *e)).unwrap_or_default();
    heard.printed.append(errors.printed);
    match heard.verdict.take() {
        Some(verdict) => heard.complete(verdict),
        None => {
            let crash = too_long.or(errors.complaint);
            heard.crashed(crash.unwrap_or_else(|| why_it_ended(status)))
        }
    }
}

/// A word that an answer cannot guess, new for each child.
fn secret_word() -> String {
    let state = RandomState::new();
    format!("{:016x}{:016x}", state.hash_one(1), state.hash_one(2))
}

fn start(
    check: &dyn Check,
    who: Who,
    court: &Court,
    secret: &str,
) -> std::io::Result<Child> {
    let mut child = Command::new(std::env::current_exe()?)
        .args(&court.arguments)
        .args(["--judge", check.about().number, &who.to_word()])
        .env_remove("RUST_BACKTRACE")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // A child that is gone already is found out below.
        let _ = writeln!(stdin, "{secret}");
    }
    Ok(child)
}

/// One line of a child's stream.
enum Line {
    Message(Value),
    Printed(String),
}

/// Reads a stream to its end, line by line, in a thread of its own, so that the child
/// never waits for its parent. Ends early when `hear` does not want more.
fn listen(
    mut stream: impl Read + Send + 'static,
    secret: String,
    mut hear: impl FnMut(Line) -> bool + Send + 'static,
) -> JoinHandle<()> {
    thread::spawn(move || {
        let (mut buffer, mut line) = ([0; 8192], Vec::new());
        while let Ok(read @ 1..) = stream.read(&mut buffer) {
            for byte in &buffer[..read] {
                if *byte == b'\n' {
                    if !hear(sort(&line, &secret)) {
                        return;
                    }
                    line.clear();
                } else if line.len() < LONGEST_LINE {
                    line.push(*byte);
                }
            }
        }
        if !line.is_empty() {
            hear(sort(&line, &secret));
        }
    })
}

fn sort(line: &[u8], secret: &str) -> Line {
    let text = String::from_utf8_lossy(line);
    let message = text.strip_prefix(secret).and_then(|rest| rest.strip_prefix(' '));
    match message.and_then(|json| serde_json::from_str(json).ok()) {
        Some(message) => Line::Message(message),
        None => Line::Printed(text.into_owned()),
    }
}

/// What came on standard error.
#[derive(Default)]
struct Errors {
    printed: Printed,
    /// What Rust's runtime complained of before it gave up.
    complaint: Option<Crash>,
}

impl Errors {
    fn hear(&mut self, line: Line) {
        match line {
            Line::Message(message) => self.printed.hear(&message),
            // Rust's runtime goes on, about traces and how to get them.
            Line::Printed(_) if self.complaint.is_some() => {}
            Line::Printed(line) if line.contains("has overflowed its stack") => {
                self.complaint = Some(Crash::StackOverflow);
            }
            Line::Printed(line) if line.starts_with("memory allocation of ") => {
                self.complaint = Some(Crash::OutOfMemory);
            }
            Line::Printed(line) => self.printed.push(line),
        }
    }
}

/// Hears the child out: to its verdict or its end, or until it takes too long.
fn follow(lines: &Receiver<Line>, court: &Court) -> (Heard, Option<Crash>) {
    let (begun, mut last_word) = (Instant::now(), Instant::now());
    let mut heard = Heard::default();
    while heard.verdict.is_none() {
        match lines.recv_timeout(court.limit.saturating_sub(last_word.elapsed())) {
            Ok(Line::Message(message)) => {
                heard.hear(&message);
                last_word = Instant::now();
            }
            Ok(Line::Printed(line)) => heard.printed.push(line),
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {}
        }
        if last_word.elapsed() >= court.limit {
            return (heard, Some(Crash::Silent(court.limit)));
        }
        if begun.elapsed() >= court.longest {
            return (heard, Some(Crash::Slow(court.longest)));
        }
    }
    (heard, None)
}

/// Waits for a child that has said its last word, and ends it if it lingers.
fn wait(child: &mut Child, limit: Duration) -> Option<ExitStatus> {
    let begun = Instant::now();
    while begun.elapsed() < limit {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status),
            Ok(None) => thread::sleep(Duration::from_millis(1)),
            Err(_) => break,
        }
    }
    end(child)
}

fn end(child: &mut Child) -> Option<ExitStatus> {
    // It may have ended by itself in the meantime.
    let _ = child.kill();
    child.wait().ok()
}

fn why_it_ended(status: Option<ExitStatus>) -> Crash {
    /// What Windows reports for a stack overflow.
    const WINDOWS_STACK_OVERFLOW: i32 = 0xC000_00FD_u32 as i32;
    match status.and_then(|status| status.code()) {
        Some(WINDOWS_STACK_OVERFLOW) => Crash::StackOverflow,
        Some(code) => Crash::Exited(code),
        None => Crash::Aborted(status.map(|s| s.to_string()).unwrap_or_default()),
    }
}

/// What the parent knows of a child so far.
#[derive(Default)]
struct Heard {
    law: Option<usize>,
    input: Vec<(String, String)>,
    broken: Option<(usize, Mismatch)>,
    printed: Printed,
    verdict: Option<Value>,
}

impl Heard {
    fn hear(&mut self, message: &Value) {
        self.printed.hear(message);
        if let Some(law) = index_of(&message["law"]) {
            self.law = Some(law);
            self.input.clear();
        } else if message.get("input").is_some() {
            self.input = decode_input(&message["input"]);
        } else if message.get("probing").is_some() {
            self.law = None;
            self.input.clear();
        } else if message.get("broken").is_some() {
            self.broken = Some(decode(&message["broken"]));
        } else {
            self.verdict = Some(message.clone());
        }
    }

    /// The verdict of a child that had its say.
    fn complete(self, verdict: Value) -> Verdict {
        if let Some(lenient) = verdict["not_attempted"].as_array() {
            return Verdict::NotAttempted {
                lenient: lenient.iter().filter_map(index_of).collect(),
            };
        }
        if verdict["passed"] == json!(true) && self.broken.is_none() {
            return Verdict::Passed;
        }
        if let Some(error) = verdict["unheard"].as_str() {
            let crash = Crash::Unheard(error.to_string());
            return self.crashed(crash);
        }
        let (law, mismatch) = match self.broken {
            Some((law, mismatch)) => (Some(law), mismatch),
            None => (None, decode(&verdict["sample_panicked"]).1),
        };
        Verdict::Failed(Failure {
            law,
            mismatch,
            crash: None,
            diagnosis: index_of(&verdict["failed"]),
            printed: self.printed.lines(),
        })
    }

    /// The verdict of a child that did not. If a law was already broken, that is the
    /// better story.
    fn crashed(self, crash: Crash) -> Verdict {
        let (law, mismatch, crash) = match self.broken {
            Some((law, mismatch)) => (Some(law), mismatch, None),
            None => {
                let mismatch = Mismatch { input: self.input, ..Mismatch::default() };
                (self.law, mismatch, Some(crash))
            }
        };
        let printed = self.printed.lines();
        Verdict::Failed(Failure { law, mismatch, crash, diagnosis: None, printed })
    }
}

/// The first lines that an answer printed for the last input.
#[derive(Default)]
struct Printed {
    kept: Vec<String>,
    dropped: usize,
    complete: bool,
}

impl Printed {
    /// A message from the child: a new input makes a new page, a broken law the last.
    fn hear(&mut self, message: &Value) {
        if message.get("broken").is_some() {
            self.complete = true;
        } else if !self.complete {
            self.kept.clear();
            self.dropped = 0;
        }
    }

    fn push(&mut self, line: String) {
        // An empty line comes before each message.
        if self.complete || line.is_empty() {
        } else if self.kept.len() < MOST_PRINTED {
            self.kept.push(line);
        } else {
            self.dropped += 1;
        }
    }

    fn append(&mut self, other: Printed) {
        self.kept.extend(other.kept);
        self.dropped += other.dropped;
    }

    fn lines(self) -> Vec<String> {
        let mut lines = self.kept;
        if self.dropped > 0 {
            lines.push(format!("... and {} more", count(self.dropped, "line")));
        }
        lines
    }
}

impl Who {
    fn to_word(self) -> String {
        match self {
            Who::Yours => "yours".to_string(),
            Who::Solution => "solution".to_string(),
            Who::Wrong(index) => format!("wrong{index}"),
        }
    }

    /// Reads what the parent wrote on the child's command line.
    pub fn from_word(word: &str) -> Option<Who> {
        match word {
            "yours" => Some(Who::Yours),
            "solution" => Some(Who::Solution),
            word => word.strip_prefix("wrong")?.parse().ok().map(Who::Wrong),
        }
    }
}

/// The laws that the book's function breaks, and whether the sample tells each wrong
/// answer apart from it and from the others, are asked in this process: these functions
/// are the book's.
pub fn twins(check: &dyn Check, wrong: usize) -> Vec<Who> {
    let behavior = check.probe(Who::Wrong(wrong));
    let others = (0..check.about().wrongs.len()).map(Who::Wrong);
    let others = others.filter(|other| *other != Who::Wrong(wrong));
    std::iter::once(Who::Solution)
        .chain(others)
        .filter(|other| alike(&check.probe(*other), &behavior))
        .collect()
}
