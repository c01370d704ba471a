//! Shows the book on the loopback while it is being written.
//!
//! The pages are kept in memory: a request can name nothing that was not built, and a
//! rebuild replaces all of them at once.

use crate::site;
use anyhow::{Context, Result, bail};
use std::collections::HashMap;
use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, RwLock};
use std::time::{Duration, SystemTime};

/// The longest request head that is read.
const MAX_HEAD: usize = 8 * 1024;
/// The most requests at the same time.
const MAX_CONNECTIONS: usize = 64;
/// How long a client may take to say what it wants, or to take what it asked for.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often the files are looked at.
const TICK: Duration = Duration::from_millis(400);
/// Where the reload script asks.
const VERSION_PATH: &str = "/.gradbook/version";
/// What makes a change show up in a page.
const WATCHED: [&str; 6] =
    ["book/src", "book/theme", "book/live", "book/book.toml", "src", "lessons"];

const RELOAD: &str = "<script>
(() => {
    let seen = null;
    setInterval(async () => {
        try {
            const now = await (await fetch('/.gradbook/version')).text();
            if (seen !== null && seen !== now) location.reload();
            seen = now;
        } catch { /* the server is gone; wait for it */ }
    }, 700);
})();
</script>
";

/// The pages of one build.
#[derive(Default)]
pub struct Pages {
    files: HashMap<String, Vec<u8>>,
    version: u64,
}

impl Pages {
    /// Reads a built book.
    pub fn read(folder: &Path, version: u64) -> Result<Self> {
        let mut pages = Pages { files: HashMap::new(), version };
        pages.add(folder, "")?;
        Ok(pages)
    }

    fn add(&mut self, folder: &Path, prefix: &str) -> Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let name = format!("{prefix}/{}", entry.file_name().to_string_lossy());
            let kind = entry.file_type()?;
            if kind.is_dir() {
                self.add(&entry.path(), &name)?;
            } else if kind.is_file() {
                let mut bytes = fs::read(entry.path())?;
                if name.ends_with(".html") {
                    bytes = with_reload(bytes);
                }
                self.files.insert(name, bytes);
            }
        }
        Ok(())
    }
}

/// The page with the reload script; the built files never hold it.
fn with_reload(page: Vec<u8>) -> Vec<u8> {
    match String::from_utf8(page) {
        Ok(text) => match text.rfind("</body>") {
            Some(at) => format!("{}{RELOAD}{}", &text[..at], &text[at..]).into_bytes(),
            None => text.into_bytes(),
        },
        Err(error) => error.into_bytes(),
    }
}

/// Builds, serves and rebuilds until the reader stops it.
pub fn run(root: &Path, out: &Path, port: Option<u16>) -> Result<()> {
    let listener = bind(port)?;
    let pages = Arc::new(RwLock::new(Pages::default()));
    let mut seen = stamp(root);
    let mut version = 1;
    rebuild(root, out, version, &pages);
    let address = listener.local_addr()?;
    println!("Gradbook: http://{address}/ (stop with Ctrl-C)");
    let shared = pages.clone();
    std::thread::spawn(move || accept(&listener, &shared));
    loop {
        std::thread::sleep(TICK);
        let now = stamp(root);
        if now != seen {
            seen = now;
            version += 1;
            rebuild(root, out, version, &pages);
        }
    }
}

/// A listener on the loopback: the given port, or the first free one from 3000 on.
pub fn bind(port: Option<u16>) -> Result<TcpListener> {
    if let Some(port) = port {
        return TcpListener::bind((Ipv4Addr::LOCALHOST, port))
            .with_context(|| format!("cannot listen on port {port}"));
    }
    for port in 3000..3050 {
        match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
            Err(error) if error.kind() == ErrorKind::AddrInUse => continue,
            other => return other.context("cannot listen on the loopback"),
        }
    }
    bail!("ports 3000 to 3049 are all taken: choose one with --port")
}

fn rebuild(root: &Path, out: &Path, version: u64, pages: &RwLock<Pages>) {
    let built = site::build(root, out, true).and_then(|problems| {
        for problem in &problems {
            eprintln!("{problem}");
        }
        Pages::read(out, version)
    });
    match (built, pages.write()) {
        (Ok(new), Ok(mut pages)) => *pages = new,
        (Err(error), _) => eprintln!("error: {error:#}"),
        (_, Err(_)) => eprintln!("error: the pages are lost; start again"),
    }
}

/// A number that changes when a watched file does.
fn stamp(root: &Path) -> u64 {
    let mut sum = 0;
    for path in WATCHED {
        stamp_path(&root.join(path), &mut sum);
    }
    sum
}

fn stamp_path(path: &Path, sum: &mut u64) {
    let Ok(data) = fs::metadata(path) else { return };
    if data.is_dir() {
        let Ok(entries) = fs::read_dir(path) else { return };
        for entry in entries.flatten() {
            stamp_path(&entry.path(), sum);
        }
        return;
    }
    let time = data.modified().unwrap_or(SystemTime::UNIX_EPOCH);
    let time = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let mut one = data.len() ^ (time.as_nanos() as u64);
    for byte in path.as_os_str().as_encoded_bytes() {
        one = (one ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    }
    *sum = sum.wrapping_add(one);
}

/// Answers requests, each on a thread of its own, until the listener fails.
pub fn accept(listener: &TcpListener, pages: &Arc<RwLock<Pages>>) {
    let open = Arc::new(AtomicUsize::new(0));
    for stream in listener.incoming() {
        let Ok(stream) = stream else { continue };
        if open.fetch_add(1, Ordering::SeqCst) >= MAX_CONNECTIONS {
            open.fetch_sub(1, Ordering::SeqCst);
            continue;
        }
        let (pages, open) = (pages.clone(), open.clone());
        std::thread::spawn(move || {
            let _ = answer(stream, &pages);
            open.fetch_sub(1, Ordering::SeqCst);
        });
    }
}

fn answer(mut stream: TcpStream, pages: &RwLock<Pages>) -> std::io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let head = match read_head(&mut stream) {
        Ok(head) => head,
        Err(status) => {
            return respond(&mut stream, status, "text/plain", status.as_bytes(), true);
        }
    };
    let mut words = head.split(' ');
    let (method, target) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
    let body = match method {
        "GET" => true,
        "HEAD" => false,
        _ => {
            return respond(
                &mut stream,
                "405 Method Not Allowed",
                "text/plain",
                b"",
                true,
            );
        }
    };
    let path = target.split(['?', '#']).next().unwrap_or("");
    let Ok(pages) = pages.read() else {
        return respond(
            &mut stream,
            "500 Internal Server Error",
            "text/plain",
            b"",
            body,
        );
    };
    if path == VERSION_PATH {
        let version = pages.version.to_string();
        return respond(&mut stream, "200 OK", "text/plain", version.as_bytes(), body);
    }
    let mut path = decode(path);
    if path.ends_with('/') {
        path.push_str("index.html");
    }
    match pages.files.get(&path) {
        Some(bytes) => {
            let bytes = bytes.clone();
            drop(pages);
            respond(&mut stream, "200 OK", content_type(&path), &bytes, body)
        }
        None => {
            drop(pages);
            respond(&mut stream, "404 Not Found", "text/plain", b"no such page", body)
        }
    }
}

/// The request line, or the status that refuses the request.
fn read_head(stream: &mut TcpStream) -> Result<String, &'static str> {
    let mut head = Vec::new();
    let mut chunk = [0; 1024];
    let begun = std::time::Instant::now();
    while !head.windows(4).any(|four| four == b"\r\n\r\n") {
        if head.len() > MAX_HEAD {
            return Err("431 Request Header Fields Too Large");
        }
        if begun.elapsed() > PATIENCE {
            return Err("408 Request Timeout");
        }
        match stream.read(&mut chunk) {
            Ok(0) => return Err("400 Bad Request"),
            Ok(n) => head.extend_from_slice(&chunk[..n]),
            Err(_) => return Err("408 Request Timeout"),
        }
    }
    let line = head.split(|byte| *byte == b'\r').next().unwrap_or_default();
    let line = std::str::from_utf8(line).map_err(|_| "400 Bad Request")?;
    let words: Vec<&str> = line.split(' ').collect();
    match words[..] {
        [_, target, version]
            if target.starts_with('/') && version.starts_with("HTTP/1.") =>
        {
            Ok(line.to_string())
        }
        _ => Err("400 Bad Request"),
    }
}

fn respond(
    stream: &mut TcpStream,
    status: &str,
    kind: &str,
    bytes: &[u8],
    body: bool,
) -> std::io::Result<()> {
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\
         Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n\
         Connection: close\r\n\r\n",
        bytes.len()
    );
    stream.write_all(head.as_bytes())?;
    if body {
        stream.write_all(bytes)?;
    }
    stream.flush()
}

/// Undoes %20 and its like.
fn decode(path: &str) -> String {
    let bytes = path.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while i < bytes.len() {
        let code =
            path.get(i + 1..i + 3).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match (bytes[i], code) {
            (b'%', Some(code)) => {
                out.push(code);
                i += 3;
            }
            (byte, _) => {
                out.push(byte);
                i += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("woff2") => "font/woff2",
        Some("wasm") => "application/wasm",
        Some("json") => "application/json",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
