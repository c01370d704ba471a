//! Fetches the files of a set, and trusts none of them before it has been checked.
//!
//! A download goes to `NAME.part`. It is compared with what was recorded, written
//! through to the disk and only then renamed; whatever was there before stays until
//! then. A download that was interrupted goes on where it stopped, if the server can.

use crate::sets::{Recorded, Set, State};
use indicatif::{ProgressBar, ProgressStyle};
use std::fs::{self, File, OpenOptions};
use std::io::{Error, ErrorKind, Read, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;
use ureq::Agent;
use ureq::http::Response;

/// Why a file could not be fetched, and what is left on the disk: one line each.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The disk refuses.
    #[error("{}: {source}", path.display())]
    Disk {
        /// Which file or folder.
        path: PathBuf,
        /// What the system says.
        source: Error,
    },

    /// Another program fetches into the same folder.
    #[error("{}: another download into this folder is under way", folder.display())]
    Busy {
        /// The folder.
        folder: PathBuf,
    },

    /// No answer.
    #[error("{url}: no answer: {problem}")]
    NoAnswer {
        /// What was asked for.
        url: String,
        /// What went wrong.
        problem: String,
    },

    /// An answer that is not the file.
    #[error("{url}: the server answers {status}")]
    Status {
        /// What was asked for.
        url: String,
        /// The status it sent.
        status: String,
    },

    /// The file did not arrive whole.
    #[error(
        "{url}: cut off after {bytes} bytes{}; they are kept, run the command again \
         to go on",
        problem.as_ref().map(|problem| format!(" ({problem})")).unwrap_or_default()
    )]
    CutOff {
        /// What was asked for.
        url: String,
        /// How much is there.
        bytes: u64,
        /// What went wrong, where something did.
        problem: Option<String>,
    },

    /// The file is not the one that was recorded.
    #[error("{url}: refused: {problem}; the download is deleted")]
    Refused {
        /// What was asked for.
        url: String,
        /// How it differs.
        problem: String,
    },
}

const BAR: &str = "{wide_bar} {bytes}/{total_bytes}";

type Result<T> = std::result::Result<T, FetchError>;

/// Fetches the files of a set that are not in the folder yet. `say` is told a line for
/// each file.
pub fn fetch(
    set: &Set,
    base: &str,
    folder: &Path,
    say: &mut dyn FnMut(String),
) -> Result<()> {
    let agent = agent(base)?;
    fs::create_dir_all(folder).map_err(|source| disk(folder, source))?;
    let mut alone = None;
    for file in set.files {
        let target = folder.join(file.name);
        match file.examine(&target).map_err(|source| disk(&target, source))? {
            State::Right => {
                say(format!("{}: already here, and right", file.name));
                continue;
            }
            State::Absent => {}
            _ if !target.is_file() => {
                let source = Error::other("something that is no file is in the way");
                return Err(disk(&target, source));
            }
            State::CutOff => say(format!("{}: ends too early, fetch anew", file.name)),
            State::Wrong(why) => say(format!("{}: {why}, fetch anew", file.name)),
        }
        if alone.is_none() {
            alone = Some(lock(folder)?);
        }
        let url = format!("{}/{}", base.trim_end_matches('/'), file.name);
        let bytes = download(&agent, &url, file, &target)?;
        say(format!("{}: fetched {bytes} bytes, and checked", file.name));
    }
    Ok(())
}

/// Takes the folder for this download alone, until the file returned is dropped.
fn lock(folder: &Path) -> Result<File> {
    let path = folder.join(".lock");
    let lock = OpenOptions::new().create(true).append(true).open(&path);
    let lock = lock.map_err(|source| disk(&path, source))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(fs::TryLockError::WouldBlock) => {
            Err(FetchError::Busy { folder: folder.into() })
        }
        Err(fs::TryLockError::Error(source)) => Err(disk(&path, source)),
    }
}

/// Brings one file to its place, or leaves the place as it was.
fn download(agent: &Agent, url: &str, file: &Recorded, target: &Path) -> Result<u64> {
    let part = target.with_file_name(format!("{}.part", file.name));
    let examine = || file.examine(&part).map_err(|source| disk(&part, source));
    let mut state = examine()?;
    while state != State::Right {
        // gzip makes nothing much longer; whoever sends more sends something else.
        let most = file.bytes + file.bytes / 100 + 1024;
        let resumed = receive(agent, url, &part, most)?;
        state = examine()?;
        let problem = match &state {
            State::Right => break,
            State::CutOff => {
                let bytes = fs::metadata(&part).map_or(0, |facts| facts.len());
                return Err(FetchError::CutOff {
                    url: url.into(),
                    bytes,
                    problem: None,
                });
            }
            State::Wrong(problem) => problem.clone(),
            State::Absent => "it has vanished from the disk".into(),
        };
        fs::remove_file(&part).map_err(|source| disk(&part, source))?;
        // What was there from an earlier run may be to blame: once more from the start.
        if !resumed {
            return Err(FetchError::Refused { url: url.into(), problem });
        }
    }
    let written = OpenOptions::new().append(true).open(&part);
    let bytes = written
        .and_then(|file| file.sync_all().and_then(|()| file.metadata()))
        .map_err(|source| disk(&part, source))?
        .len();
    fs::rename(&part, target).map_err(|source| disk(target, source))?;
    sync_folder(target);
    Ok(bytes)
}

/// Asks for the file and writes what comes. Where a part is there already, asks for the
/// rest; returns whether the server sent just that.
fn receive(agent: &Agent, url: &str, part: &Path, most: u64) -> Result<bool> {
    let disk = |source| disk(part, source);
    let from = fs::metadata(part).map_or(0, |facts| facts.len());
    let mut answer = ask(agent, url, from)?;
    let resumed = from > 0 && continues(&answer, from);
    if from > 0 && !resumed && [206, 416].contains(&answer.status().as_u16()) {
        // It has no such rest: everything, then.
        answer = ask(agent, url, 0)?;
    }
    if !resumed && answer.status() != 200 {
        let status = answer.status().to_string();
        return Err(FetchError::Status { url: url.into(), status });
    }
    let start = if resumed { from } else { 0 };
    let file = OpenOptions::new().create(true).append(true).open(part).map_err(disk)?;
    file.set_len(start).map_err(disk)?;
    append(answer, url, part, file, start..most)?;
    Ok(resumed)
}

/// Writes what comes to the end of the part, but not beyond the end of `range`.
fn append(
    answer: Response<ureq::Body>,
    url: &str,
    part: &Path,
    mut file: File,
    range: Range<u64>,
) -> Result<()> {
    let mut bytes = range.start;
    let total = answer.body().content_length().map(|rest| bytes + rest);
    let bar = ProgressBar::new(total.unwrap_or(range.end)).with_position(bytes);
    bar.set_style(
        ProgressStyle::with_template(BAR).unwrap_or(ProgressStyle::default_bar()),
    );
    let rest = range.end.saturating_sub(range.start) + 1;
    let mut body = answer.into_body().into_reader().take(rest);
    let mut block = vec![0; 1 << 16];
    loop {
        match body.read(&mut block) {
            Ok(0) => return Ok(()),
            Ok(count) => {
                file.write_all(&block[..count]).map_err(|source| disk(part, source))?;
                bytes += count as u64;
                bar.set_position(bytes);
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => {
                let problem = Some(one_line(&error.to_string()));
                return Err(FetchError::CutOff { url: url.into(), bytes, problem });
            }
        }
    }
}

/// Sends one request, for everything or for what follows the first `from` bytes.
fn ask(agent: &Agent, url: &str, from: u64) -> Result<Response<ureq::Body>> {
    let mut request = agent.get(url);
    if from > 0 {
        request = request.header("range", format!("bytes={from}-"));
    }
    request.call().map_err(|error| FetchError::NoAnswer {
        url: url.into(),
        problem: one_line(&error.to_string()),
    })
}

/// Whether this is the rest of the file from byte `from` on.
fn continues(answer: &Response<ureq::Body>, from: u64) -> bool {
    let range = answer.headers().get("content-range").and_then(|it| it.to_str().ok());
    let wanted = format!("bytes {from}-");
    answer.status() == 206 && range.is_some_and(|range| range.starts_with(&wanted))
}

/// What is common to all requests.
fn agent(base: &str) -> Result<Agent> {
    let encrypted = enable_encryption();
    if !encrypted && base.starts_with("https:") {
        let problem = "https needs a 64-bit processor with AES instructions; \
                       try --from with an http address";
        return Err(FetchError::NoAnswer { url: base.into(), problem: problem.into() });
    }
    let seconds = |seconds| Some(Duration::from_secs(seconds));
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .user_agent(concat!("gradbook/", env!("CARGO_PKG_VERSION")))
        .timeout_connect(seconds(30))
        .timeout_recv_response(seconds(60))
        .timeout_per_read(seconds(60));
    // Without encryption no redirect may lead to https either.
    let config = if encrypted { config } else { config.max_redirects(0) };
    // A server on this very machine is not asked by way of another one.
    let local = ["http://127.0.0.1", "http://localhost", "http://[::1]"];
    let local = local.iter().any(|local| base.starts_with(local));
    let config = if local { config.proxy(None) } else { config };
    Ok(config.build().new_agent())
}

/// Chooses the cryptography for https: graviola, which builds without a C compiler but
/// asks something of the processor. Returns whether this one will do.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
fn enable_encryption() -> bool {
    let able = graviola::util::is_cpu_supported();
    if able {
        // It fails only where the choice was made before, and then it was this one.
        let _ = rustls_graviola::default_provider().install_default();
    }
    able
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn enable_encryption() -> bool {
    false
}

fn disk(path: &Path, source: Error) -> FetchError {
    FetchError::Disk { path: path.into(), source }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// After a rename the folder's own entry is written through too. Not every system can;
/// then the file is still whole, only its new name may be lost with the power.
fn sync_folder(target: &Path) {
    if let Some(Ok(folder)) = target.parent().map(File::open) {
        let _ = folder.sync_all();
    }
}
