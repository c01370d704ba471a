//! The built pages: nothing from outside, nothing half-written.

use builder::site;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the repository").into()
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found
}

/// What a page fetches: the addresses in tags that load something.
fn loaded(html: &str) -> Vec<String> {
    let mut found = Vec::new();
    for tag in html.split('<').filter_map(|piece| piece.split_once('>')).map(|p| p.0) {
        let name = tag.split_whitespace().next().unwrap_or("");
        let loads =
            ["script", "link", "img", "iframe", "source", "video", "audio", "object"];
        if !loads.contains(&name) {
            continue;
        }
        for attribute in ["src=\"", "href=\"", "data=\"", "srcset=\""] {
            let rest = tag.split_once(attribute).map(|(_, rest)| rest);
            found.extend(
                rest.and_then(|rest| rest.split('"').next()).map(str::to_string),
            );
        }
    }
    found
}

fn from_outside(address: &str) -> bool {
    let address = address.trim_matches(['"', '\'']);
    if address.starts_with("data:") {
        return false;
    }
    address.contains("://") || address.starts_with("//")
}

#[test]
fn no_page_asks_for_anything_from_outside() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("book");
    site::build(&repository(), &out, true).expect("a build");
    let mut pages = 0;
    for file in files(&out) {
        let extension = file.extension().and_then(|e| e.to_str()).unwrap_or("");
        let Ok(text) = fs::read_to_string(&file) else { continue };
        let name = file.display();
        if extension == "html" {
            pages += 1;
            for address in loaded(&text) {
                assert!(!from_outside(&address), "{name} loads {address}");
                let target = address.split(['#', '?']).next().unwrap_or("");
                let near = file.parent().expect("a folder").join(target);
                assert!(near.is_file(), "{name} loads {address}, which is not there");
            }
            assert!(
                !text.contains(".gradbook/version"),
                "{name} holds the reload script"
            );
            assert!(!text.contains("{{#"), "{name} holds a directive");
            let programs = text.matches("data-wasm=\"A").count();
            assert!(programs <= 1, "{name} holds {programs} programs");
        }
        if extension == "css" {
            for url in
                text.split("url(").skip(1).filter_map(|rest| rest.split(')').next())
            {
                assert!(!from_outside(url), "{name} loads {url}");
            }
        }
    }
    assert!(pages > 10, "{pages} pages");
    let primer = fs::read_to_string(out.join("primer.html")).expect("the primer");
    assert!(primer.matches("<math").count() > 50 && !primer.contains("$$"));
    let fonts = files(&out.join("fonts"));
    let ours = |name: &str| {
        fonts.iter().any(|f| f.file_name().unwrap().to_string_lossy().starts_with(name))
    };
    assert!(ours("latinmodern-math") && ours("GUST-FONT-LICENSE"), "{fonts:?}");
}

#[test]
fn the_check_above_sees_what_it_must() {
    let html =
        r#"<script src="https://cdn.example/x.js"></script><a href="https://a.b">"#;
    assert_eq!(loaded(html), ["https://cdn.example/x.js"]);
    assert!(from_outside("//cdn.example/x.js") && !from_outside("css/a.css"));
    assert!(!from_outside("'data:image/svg+xml,<svg xmlns=\"http://x\">'"));
}

/// A book of one page, with the theme left out.
fn small(page: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let src = folder.path().join("book/src");
    fs::create_dir_all(&src).expect("a folder");
    let toml = "[build]\ncreate-missing = false\nuse-default-preprocessors = false\n";
    fs::write(folder.path().join("book/book.toml"), toml).expect("a file");
    fs::write(src.join("SUMMARY.md"), "[Page](page.md)\n").expect("a file");
    fs::write(src.join("page.md"), page).expect("a file");
    folder
}

#[test]
fn a_build_that_fails_leaves_everything_as_it_was() {
    let folder = small("# Page\n\nFine: $x$.\n");
    let out = folder.path().join("out");
    assert_eq!(site::build(folder.path(), &out, false).expect("a build"), []);
    let before = fs::read_to_string(out.join("page.html")).expect("the page");

    for (page, problem) in [
        (
            "# Page\n\n$\\frob$\n",
            "book/src/page.md:3: $\\frob$: Unknown command \"\\frob\".",
        ),
        (
            "# Page\n\n{{#value x int}}\n",
            "book/src/page.md:3: this page is not a lesson",
        ),
        ("# Page\n\n<div>\n\nopen\n", "book: unclosed HTML tag `<div>`"),
    ] {
        fs::write(folder.path().join("book/src/page.md"), page).expect("a file");
        let problems = site::build(folder.path(), &out, false).expect("problems");
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(problems[0].to_string().starts_with(problem), "{}", problems[0]);
        let after = fs::read_to_string(out.join("page.html")).expect("the page");
        assert_eq!(before, after);
        let left: Vec<_> = fs::read_dir(folder.path()).expect("a folder").collect();
        assert_eq!(left.len(), 2, "{left:?}");
    }

    fs::write(folder.path().join("book/src/page.md"), "# Page\n\n$\\frob$\n")
        .expect("a file");
    site::build(folder.path(), &out, true).expect("a draft");
    let draft = fs::read_to_string(out.join("page.html")).expect("the page");
    assert!(draft.contains("class=\"problem\""), "{draft}");
}

#[test]
fn a_missing_chapter_is_an_error_and_not_an_empty_page() {
    let folder = small("# Page\n");
    fs::remove_file(folder.path().join("book/src/page.md")).expect("removed");
    assert!(site::build(folder.path(), &folder.path().join("out"), false).is_err());
    assert!(!folder.path().join("out").exists());
    assert!(!folder.path().join("book/src/page.md").exists());
}

fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gradbook-book"));
    command.args(arguments).current_dir(repository().join("book"));
    command.stdin(Stdio::null());
    command
}

#[test]
fn mdbook_may_call_the_preprocessor() {
    let supports =
        |name| program(&["preprocess", "supports", name]).status().expect("ran");
    assert!(supports("html").success());
    assert!(!supports("epub").success());

    let chapter = r##"{"Chapter":{"name":"P","content":"# P\n\n$x^2$\n","number":null,
        "sub_items":[],"path":"p.md","source_path":"p.md","parent_names":[]}}"##;
    let input = format!(
        r#"[{{"root":"/","config":{{"book":{{}}}},"renderer":"html",
            "mdbook_version":"0.5.4"}},{{"items":[{chapter}]}}]"#
    );
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("input.json");
    fs::write(&path, input).expect("a file");
    let mut command = program(&["preprocess"]);
    let output =
        command.stdin(fs::File::open(&path).expect("open")).output().expect("ran");
    let text = String::from_utf8_lossy(&output.stdout);
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{complaint}");
    assert!(text.contains("<math><msup>"), "{text}");
}

#[test]
fn what_cannot_be_understood_is_one_line_and_an_error() {
    for arguments in [
        &["bild"][..],
        &["build", "--frobnicate"],
        &["record", "twenty"],
        &["record", "20"],
        &["serve", "--port", "99999"],
        &["verify", "0"],
    ] {
        let output = program(arguments).output().expect("ran");
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{arguments:?}");
        assert!(complaint.starts_with("error: "), "{complaint}");
        assert_eq!(complaint.trim_end().lines().count(), 1, "{complaint}");
    }
    let outside = tempfile::tempdir().expect("a folder");
    let output = program(&["check"]).current_dir(outside.path()).output().expect("ran");
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert_eq!(complaint, "error: not inside the Gradbook repository\n");
}
