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

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::SocketAddr;

    /// A server of three files on a free port.
    fn server() -> SocketAddr {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("css")).unwrap();
        fs::write(folder.path().join("index.html"), "<body>front</body>").unwrap();
        fs::write(folder.path().join("css/a b.css"), "p {}").unwrap();
        fs::write(folder.path().join("x.woff2"), [0, 159, 146, 150]).unwrap();
        let pages = Pages::read(folder.path(), 7).unwrap();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || accept(&listener, &Arc::new(RwLock::new(pages))));
        address
    }

    /// Sends bytes and returns what comes back, as text.
    fn ask(address: SocketAddr, request: &[u8]) -> String {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        // The server may close before it has read all of a request that it refuses.
        let _ = stream.write_all(request);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    }

    fn get(address: SocketAddr, path: &str) -> String {
        ask(address, format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes())
    }

    #[test]
    fn serves_what_was_built_with_the_right_types() {
        let address = server();
        let front = get(address, "/");
        assert!(front.starts_with("HTTP/1.1 200 OK\r\n"), "{front}");
        assert!(
            front.contains("Content-Type: text/html; charset=utf-8\r\n"),
            "{front}"
        );
        assert!(
            front.contains("front") && front.contains("location.reload()"),
            "{front}"
        );
        assert_eq!(front, get(address, "/index.html?q=1"));
        let css = get(address, "/css/a%20b.css");
        assert!(css.contains("text/css") && css.ends_with("p {}"), "{css}");
        assert!(get(address, "/x.woff2").contains("font/woff2"));
        assert!(get(address, VERSION_PATH).ends_with("\r\n\r\n7"));
    }

    #[test]
    fn head_has_no_body() {
        let address = server();
        let head = ask(address, b"HEAD /css/a%20b.css HTTP/1.1\r\n\r\n");
        assert!(head.contains("Content-Length: 4\r\n"), "{head}");
        assert!(head.ends_with("\r\n\r\n"), "{head}");
    }

    #[test]
    fn nothing_outside_the_book_is_served() {
        let address = server();
        for path in [
            "/../Cargo.toml",
            "/css/../../Cargo.toml",
            "/%2e%2e/%2e%2e/etc/passwd",
            "/..%2f..%2fetc/passwd",
            "//etc/passwd",
            "/etc/passwd",
            "/nothing.html",
            "/%",
            "/%zz",
            "/css",
        ] {
            let answer = get(address, path);
            assert!(answer.starts_with("HTTP/1.1 404"), "{path}: {answer}");
        }
    }

    #[test]
    fn bad_requests_are_refused_and_survived() {
        let address = server();
        for (request, status) in [
            (&b"POST / HTTP/1.1\r\n\r\n"[..], "405"),
            (b"GET\r\n\r\n", "400"),
            (b"GET index.html HTTP/1.1\r\n\r\n", "400"),
            (b"GET / SPDY\r\n\r\n", "400"),
            (b"\xff\xfe / HTTP/1.1\r\n\r\n", "400"),
        ] {
            let answer = ask(address, request);
            assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{answer}");
        }
        let mut long = b"GET / HTTP/1.1\r\n".to_vec();
        long.extend(std::iter::repeat_n(b"X-Header: x\r\n", 5_000).flatten());
        let answer = ask(address, &long);
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431"), "{answer}");
        // A client that says nothing and goes away.
        drop(TcpStream::connect(address).unwrap());
        assert!(get(address, "/").starts_with("HTTP/1.1 200"));
    }

    #[test]
    fn a_silent_client_holds_nobody_up() {
        let address = server();
        let silent: Vec<TcpStream> =
            (0..10).map(|_| TcpStream::connect(address).unwrap()).collect();
        assert!(get(address, "/").starts_with("HTTP/1.1 200"));
        drop(silent);
    }

    #[test]
    fn a_taken_port_is_said_and_the_next_free_one_found() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        let error = bind(Some(port)).unwrap_err().to_string();
        assert_eq!(error, format!("cannot listen on port {port}"));
        let (first, second) = (bind(None).unwrap(), bind(None).unwrap());
        assert_ne!(first.local_addr().unwrap(), second.local_addr().unwrap());
    }

    #[test]
    fn a_change_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("book/src")).unwrap();
        let page = folder.path().join("book/src/a.md");
        fs::write(&page, "one").unwrap();
        let before = stamp(folder.path());
        assert_eq!(before, stamp(folder.path()));
        fs::write(&page, "three").unwrap();
        assert_ne!(before, stamp(folder.path()));
    }
}
