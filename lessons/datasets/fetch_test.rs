//! The fetcher against a server on this machine that can misbehave in every known way.
//!
//! ```console
//! cargo test --package lessons --features fetch --test fetch
//! ```

#[allow(dead_code)]
mod fetch;
#[allow(dead_code)]
mod sets;

use fetch::FetchError;
use flate2::{Compression, write::GzEncoder};
use sets::{Recorded, Set};
use sha2::{Digest, Sha256};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

/// How a server treats every request.
#[derive(Clone)]
enum Manner {
    /// Sends the bytes, or the rest of them if only that is asked for.
    Good(Vec<u8>),
    /// Sends all of them whatever is asked.
    IgnoresRange(Vec<u8>),
    /// Promises all of them, and hangs up after this many.
    HangsUp(Vec<u8>, usize),
    /// Answers a request for the rest with another stretch than asked for.
    WrongStretch(Vec<u8>),
    /// Never ends.
    Endless,
    /// Answers with this status and a page of text.
    Status(&'static str),
    /// Sends the reader on to a path of its own, where it is good.
    Redirects(Vec<u8>),
}

/// A server for one test. It writes down what it was asked.
struct Server {
    base: String,
    requests: Arc<Mutex<Vec<String>>>,
    stopped: Arc<AtomicBool>,
}

impl Server {
    fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let stopped = Arc::new(AtomicBool::new(false));
        let (log, stop) = (requests.clone(), stopped.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if stop.load(Ordering::SeqCst) {
                    return;
                }
                let Some((path, from)) = request(&stream) else { continue };
                log.lock().unwrap().push(format!("{path} from {from}"));
                // A reader that hangs up early is a part of some tests.
                let _ = answer(stream, &manner, &path, from);
            }
        });
        Self { base: format!("http://{address}"), requests, stopped }
    }

    fn asked(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.base.trim_start_matches("http://"));
    }
}

/// The path asked for, and from which byte on.
fn request(stream: &TcpStream) -> Option<(String, usize)> {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    let path = lines.next()?.split(' ').nth(1)?.to_string();
    let mut from = 0;
    for line in lines.take_while(|line| !line.is_empty()) {
        if let Some(range) = line.to_lowercase().strip_prefix("range: bytes=") {
            from = range.trim_end_matches('-').parse().ok()?;
        }
    }
    Some((path, from))
}

fn answer(
    mut stream: TcpStream,
    manner: &Manner,
    path: &str,
    from: usize,
) -> std::io::Result<()> {
    let mut send = |status: &str, headers: String, body: &[u8]| {
        write!(stream, "HTTP/1.1 {status}\r\nConnection: close\r\n{headers}\r\n")?;
        stream.write_all(body)
    };
    let length = |bytes: usize| format!("Content-Length: {bytes}\r\n");
    let stretch = |from: usize, all: usize| {
        let range = format!("Content-Range: bytes {from}-{}/{all}\r\n", all - 1);
        range + &length(all - from)
    };
    match manner {
        Manner::Redirects(_) if !path.starts_with("/moved") => {
            let to = format!("Location: /moved{path}\r\n");
            send("302 Found", to + &length(0), b"")
        }
        Manner::Good(all) | Manner::Redirects(all) if from > 0 && from < all.len() => {
            send("206 Partial Content", stretch(from, all.len()), &all[from..])
        }
        Manner::Good(_) if from > 0 => {
            send("416 Range Not Satisfiable", length(0), b"")
        }
        Manner::WrongStretch(all) if from > 0 => {
            send("206 Partial Content", stretch(1, all.len()), &all[1..])
        }
        Manner::Good(all)
        | Manner::IgnoresRange(all)
        | Manner::WrongStretch(all)
        | Manner::Redirects(all) => send("200 OK", length(all.len()), all),
        Manner::HangsUp(all, after) => {
            send("200 OK", length(all.len()), &all[..*after])
        }
        Manner::Endless => {
            send("200 OK", String::new(), b"")?;
            while stream.write_all(&[7; 1 << 16]).is_ok() {}
            Ok(())
        }
        Manner::Status(status) => send(status, length(5), b"sorry"),
    }
}

/// A set of one file, with what the server should send for it and what it unpacks to.
struct Sample {
    set: Set,
    packed: Vec<u8>,
}

const NAME: &str = "letters.gz";

fn sample() -> Sample {
    let content = noise(1);
    let digest = Sha256::digest(&content);
    let sha256: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    let bytes = content.len() as u64;
    let file = Recorded { name: NAME, bytes, sha256: sha256.leak() };
    let files = Box::leak(Box::new([file]));
    let set = Set { name: "letters", about: "", base: "", files };
    Sample { set, packed: gzip(&content) }
}

/// 200,000 bytes that hardly pack.
fn noise(seed: u32) -> Vec<u8> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    (0..200_000).map(|_| next()).collect()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Fetches the sample into a folder, and returns what was said.
fn fetch_into(
    folder: &Path,
    sample: &Sample,
    base: &str,
) -> Result<Vec<String>, FetchError> {
    let mut said = Vec::new();
    fetch::fetch(&sample.set, base, folder, &mut |line| said.push(line))?;
    Ok(said)
}

/// The folder's files by name, but for the lock.
fn names(folder: &Path) -> Vec<String> {
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name());
    let mut names: Vec<String> = files
        .map(|name| name.into_string().unwrap())
        .filter(|n| n != ".lock")
        .collect();
    names.sort();
    names
}

/// Checks that a message is one line that a person can read.
fn message(error: FetchError) -> String {
    let text = error.to_string();
    assert!(!text.contains('\n') && text.len() < 400, "{text}");
    text
}

#[test]
fn a_whole_file_arrives_and_is_not_fetched_twice() {
    let (folder, sample) = (tempfile::tempdir().unwrap(), sample());
    let server = Server::start(Manner::Good(sample.packed.clone()));
    let inner = folder.path().join("new/folder");
    let said = fetch_into(&inner, &sample, &server.base).unwrap();
    let bytes = sample.packed.len();
    assert_eq!(said, [format!("{NAME}: fetched {bytes} bytes, and checked")]);
    assert_eq!(names(&inner), [NAME]);
    assert_eq!(fs::read(inner.join(NAME)).unwrap(), sample.packed);
    let said = fetch_into(&inner, &sample, &server.base).unwrap();
    assert_eq!(said, [format!("{NAME}: already here, and right")]);
    assert_eq!(server.asked(), [format!("/{NAME} from 0")]);
}

#[test]
fn the_same_content_packed_otherwise_is_right() {
    let (folder, sample) = (tempfile::tempdir().unwrap(), sample());
    let mut packed = sample.packed.clone();
    packed[4] ^= 1; // the date in the header
    let server = Server::start(Manner::Good(packed));
    fetch_into(folder.path(), &sample, &server.base).unwrap();
}

#[test]
fn an_interrupted_download_goes_on_where_it_stopped() {
    let (folder, sample) = (tempfile::tempdir().unwrap(), sample());
    let server = Server::start(Manner::HangsUp(sample.packed.clone(), 70_000));
    let text = message(fetch_into(folder.path(), &sample, &server.base).unwrap_err());
    assert!(text.contains("letters.gz: cut off after 70000 bytes"), "{text}");
    assert!(text.ends_with("they are kept, run the command again to go on"), "{text}");
    assert_eq!(names(folder.path()), ["letters.gz.part"]);
    let server = Server::start(Manner::Good(sample.packed.clone()));
    fetch_into(folder.path(), &sample, &server.base).unwrap();
    assert_eq!(server.asked(), [format!("/{NAME} from 70000")]);
    assert_eq!(names(folder.path()), [NAME]);
    assert_eq!(fs::read(folder.path().join(NAME)).unwrap(), sample.packed);
}

#[test]
fn a_server_that_cannot_go_on_is_asked_for_everything() {
    for manner in [Manner::IgnoresRange as fn(Vec<u8>) -> Manner, Manner::WrongStretch]
    {
        let (folder, sample) = (tempfile::tempdir().unwrap(), sample());
        let part = folder.path().join("letters.gz.part");
        fs::write(part, &sample.packed[..70_000]).unwrap();
        let server = Server::start(manner(sample.packed.clone()));
        fetch_into(folder.path(), &sample, &server.base).unwrap();
        assert_eq!(server.asked()[0], format!("/{NAME} from 70000"));
        assert_eq!(fs::read(folder.path().join(NAME)).unwrap(), sample.packed);
    }
}

#[test]
fn a_part_of_something_else_is_given_up() {
    let (folder, sample) = (tempfile::tempdir().unwrap(), sample());
    let part = folder.path().join("letters.gz.part");
    fs::write(part, &gzip(&noise(2))[..70_000]).unwrap();
    let server = Server::start(Manner::Good(sample.packed.clone()));
    fetch_into(folder.path(), &sample, &server.base).unwrap();
    let asked = [format!("/{NAME} from 70000"), format!("/{NAME} from 0")];
    assert_eq!(server.asked(), asked);
    assert_eq!(names(folder.path()), [NAME]);
}

#[test]
fn a_part_that_is_whole_needs_no_server() {
    let (folder, sample) = (tempfile::tempdir().unwrap(), sample());
    fs::write(folder.path().join("letters.gz.part"), &sample.packed).unwrap();
    let server = Server::start(Manner::Status("500 Internal Server Error"));
    fetch_into(folder.path(), &sample, &server.base).unwrap();
    assert!(server.asked().is_empty());
    assert_eq!(names(folder.path()), [NAME]);
}

#[test]
fn a_file_that_is_short_on_the_server_is_never_taken() {
    let (folder, sample) = (tempfile::tempdir().unwrap(), sample());
    let short = sample.packed[..70_000].to_vec();
    let server = Server::start(Manner::Good(short));
    for _ in 0..2 {
        let text =
            message(fetch_into(folder.path(), &sample, &server.base).unwrap_err());
        assert!(text.contains("cut off after 70000 bytes; they are kept"), "{text}");
        assert_eq!(names(folder.path()), ["letters.gz.part"]);
    }
    // The second time the rest was asked for, there was none, and all was asked for.
    let asked =
        ["from 0", "from 70000", "from 0"].map(|from| format!("/{NAME} {from}"));
    assert_eq!(server.asked(), asked);
}

#[test]
fn a_wrong_file_is_refused_and_what_was_there_stays() {
    let sample = sample();
    let mut flipped = sample.packed.clone();
    flipped[100_000] ^= 1;
    let longer = [noise(1), vec![0]].concat();
    let bomb = [noise(1), vec![0; 50_000_000]].concat();
    for (sent, problem) in [
        (gzip(&noise(2)), "refused: its content has SHA-256 "),
        (gzip(&noise(1)[1..]), "refused: it unpacks to 199999 bytes, not 200000"),
        (gzip(&longer), "refused: it unpacks to more than 200000 bytes"),
        (gzip(&bomb), "refused: it unpacks to more than 200000 bytes"),
        (flipped, "refused: "),
        ([sample.packed.clone(), vec![9; 500]].concat(), "refused: "),
        (b"<html>No such file, but have a page</html>".to_vec(), "refused: not sound"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join(NAME);
        let server = Server::start(Manner::Good(sent));
        let text =
            message(fetch_into(folder.path(), &sample, &server.base).unwrap_err());
        assert!(text.contains(problem), "{text}");
        assert!(text.ends_with("; the download is deleted"), "{text}");
        assert!(names(folder.path()).is_empty());
        fs::write(&target, "old").unwrap();
        assert!(fetch_into(folder.path(), &sample, &server.base).is_err());
        assert_eq!(names(folder.path()), [NAME]);
        assert_eq!(fs::read(&target).unwrap(), b"old");
    }
}

#[test]
fn a_damaged_file_is_replaced_once_the_new_one_is_right() {
    let (folder, sample) = (tempfile::tempdir().unwrap(), sample());
    let target = folder.path().join(NAME);
    for old in [&sample.packed[..999], b"something else"] {
        fs::write(&target, old).unwrap();
        let server = Server::start(Manner::HangsUp(sample.packed.clone(), 5_000));
        assert!(fetch_into(folder.path(), &sample, &server.base).is_err());
        assert_eq!(fs::read(&target).unwrap(), old);
        let server = Server::start(Manner::Good(sample.packed.clone()));
        let said = fetch_into(folder.path(), &sample, &server.base).unwrap();
        assert!(said[0].ends_with("fetch anew"), "{said:?}");
        assert_eq!(fs::read(&target).unwrap(), sample.packed);
        assert_eq!(names(folder.path()), [NAME]);
    }
}

#[test]
fn a_stream_without_end_is_stopped() {
    let (folder, sample) = (tempfile::tempdir().unwrap(), sample());
    let server = Server::start(Manner::Endless);
    let text = message(fetch_into(folder.path(), &sample, &server.base).unwrap_err());
    assert!(text.contains("refused: "), "{text}");
    assert!(names(folder.path()).is_empty());
}

#[test]
fn a_server_that_has_no_file_is_quoted_and_a_part_is_kept() {
    for (status, quoted) in [
        ("404 Not Found", "the server answers 404 Not Found"),
        ("503 Service Unavailable", "the server answers 503 Service Unavailable"),
    ] {
        let (folder, sample) = (tempfile::tempdir().unwrap(), sample());
        let server = Server::start(Manner::Status(status));
        let text =
            message(fetch_into(folder.path(), &sample, &server.base).unwrap_err());
        assert!(text.ends_with(quoted), "{text}");
        let part = folder.path().join("letters.gz.part");
        fs::write(&part, &sample.packed[..70_000]).unwrap();
        let text =
            message(fetch_into(folder.path(), &sample, &server.base).unwrap_err());
        assert!(text.ends_with(quoted), "{text}");
        assert_eq!(fs::read(&part).unwrap(), &sample.packed[..70_000]);
    }
}

#[test]
fn a_redirect_is_followed() {
    let (folder, sample) = (tempfile::tempdir().unwrap(), sample());
    let server = Server::start(Manner::Redirects(sample.packed.clone()));
    fetch_into(folder.path(), &sample, &server.base).unwrap();
    assert_eq!(names(folder.path()), [NAME]);
}

#[test]
fn a_server_that_is_not_there_is_named() {
    let (folder, sample) = (tempfile::tempdir().unwrap(), sample());
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for base in [format!("http://{free}"), "nowhere".into()] {
        let text = message(fetch_into(folder.path(), &sample, &base).unwrap_err());
        assert!(text.starts_with(&format!("{base}/{NAME}: no answer: ")), "{text}");
    }
}

#[test]
fn a_place_that_cannot_be_written_is_named() {
    let (folder, sample) = (tempfile::tempdir().unwrap(), sample());
    let server = Server::start(Manner::Good(sample.packed.clone()));
    // A file where the folder should be.
    let file = folder.path().join("file");
    fs::write(&file, "old").unwrap();
    let text = message(fetch_into(&file, &sample, &server.base).unwrap_err());
    assert!(text.starts_with(&format!("{}: ", file.display())), "{text}");
    // A folder where the file, or the part of it, should be.
    for name in [NAME, "letters.gz.part"] {
        let folder = folder.path().join("to").join(name);
        fs::create_dir_all(folder.join(name)).unwrap();
        let text = message(fetch_into(&folder, &sample, &server.base).unwrap_err());
        assert!(text.starts_with(&format!("{}: ", folder.join(name).display())));
        assert!(folder.join(name).is_dir());
    }
}

#[cfg(unix)]
#[test]
fn a_read_only_folder_is_named() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, sample) = (tempfile::tempdir().unwrap(), sample());
    let server = Server::start(Manner::Good(sample.packed.clone()));
    let set = |mode| {
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(mode)).unwrap();
    };
    set(0o555);
    // The system's administrator may write anywhere, and then there is nothing to see.
    if fs::write(folder.path().join("probe"), "").is_err() {
        let text =
            message(fetch_into(folder.path(), &sample, &server.base).unwrap_err());
        assert!(text.contains("Permission denied"), "{text}");
        assert!(names(folder.path()).is_empty());
        set(0o755);
        fs::write(folder.path().join(NAME), &sample.packed).unwrap();
        set(0o555);
        fetch_into(folder.path(), &sample, &server.base).unwrap();
    }
    set(0o755);
}

#[test]
fn two_downloads_do_not_meet_in_one_folder() {
    let (folder, sample) = (tempfile::tempdir().unwrap(), sample());
    let server = Server::start(Manner::Good(sample.packed.clone()));
    let lock = fs::File::create(folder.path().join(".lock")).unwrap();
    lock.lock().unwrap();
    let text = message(fetch_into(folder.path(), &sample, &server.base).unwrap_err());
    assert!(text.ends_with("another download into this folder is under way"), "{text}");
    drop(lock);
    fetch_into(folder.path(), &sample, &server.base).unwrap();
}

#[test]
fn the_program_ends_with_one_line_and_a_code() {
    for (manner, problem) in [
        (Manner::Status("404 Not Found"), "the server answers 404 Not Found"),
        (Manner::Good(sample().packed), "the download is deleted"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let server = Server::start(manner);
        let output = Command::new(env!("CARGO_BIN_EXE_datasets"))
            .args(["fetch", "fashion-mnist", "--from", &server.base, "--to"])
            .arg(folder.path())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1));
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(text.starts_with("datasets: http://127.0.0.1:"), "{text}");
        assert!(text.trim_end().ends_with(problem), "{text}");
        assert_eq!(text.lines().count(), 1, "{text}");
        assert_eq!(server.asked(), ["/train-images-idx3-ubyte.gz from 0"]);
        assert!(names(folder.path()).is_empty());
    }
}
