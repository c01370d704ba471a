//! The book cannot lie: every chapter is checked against the sources and the recorded
//! runs, and every check is shown a chapter that must fail it.

// The builder uses the rest of this module.
#[allow(dead_code, unused_imports)]
#[path = "../book/builder/truth/mod.rs"]
mod truth;

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use truth::{Problem, Workspace, broken, runs};

// ---- The real book ------------------------------------------------------------------

fn gradbook() -> Workspace {
    Workspace::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

fn list(problems: &[Problem]) -> String {
    problems.iter().map(|problem| format!("\n  {problem}")).collect()
}

#[test]
fn the_book_is_true() {
    let problems = truth::check_book(&gradbook());
    assert!(problems.is_empty(), "{} problems:{}", problems.len(), list(&problems));
}

#[test]
fn every_lesson_has_its_place_in_the_summary() {
    let workspace = gradbook();
    let summary = workspace.read("book/src/SUMMARY.md").expect("SUMMARY.md");
    for lesson in 1..=19 {
        let title = format!("- [{lesson}. ");
        assert_eq!(summary.matches(&title).count(), 1, "lesson {lesson}");
    }
    let pages = workspace.pages().expect("pages");
    for lesson in (1..=10).chain([19]) {
        assert!(pages.contains(&format!("lesson{lesson:02}.md")), "lesson {lesson}");
    }
    for page in workspace.list("book/src").iter().filter(|name| name.ends_with(".md")) {
        assert!(
            page == "SUMMARY.md" || pages.contains(page),
            "{page} is in no summary"
        );
    }
}

#[test]
fn broken_code_fails_with_the_error_that_its_chapter_names() {
    let workspace = gradbook();
    for page in workspace.pages().expect("pages") {
        let Ok(chapter) = workspace.chapter(&page) else { continue };
        for (path, code, line) in broken::files(&chapter) {
            if let Err(error) = broken::check(&workspace, &path, &code) {
                panic!("{}:{line}: {error}", chapter.file);
            }
        }
    }
}

// ---- A small book that is true, to be broken in every way ---------------------------

/// A repository of one lesson in a folder of its own.
struct Book {
    root: PathBuf,
}

const CHAPTER: &str = r#"# 5. Training

*Can it be trusted?*

About 40 minutes.

## The question

The rule decides like this:

{{#code src/lib.rs:decide}}

## What you will be able to do

Train, as {{#ref rosenblatt1958}} did (see {{#ref rosenblatt1958}}).

## Predict

What will $\frac{1}{2}$ of them do? See {{#fig curve}} and Figure 5.2.

## The idea

A threshold of 0.5 is chosen.

{{#figure curve
alt: A falling line.
caption: The loss falls to {{#value loss fixed:2}}.
}}

{{#figure bars
alt: Two bars.
caption: The net beats the baseline.
}}

{{#frames path
alt: A path that winds down.
caption: Step by step.
}}

## The code

{{#broken lessons/lesson05/broken/moved.rs:moved E0382}}

## Run it

{{#transcript}}

It reached {{#value accuracy percent:1}} ({{#full accuracy percent:1}} with a standard
deviation of {{#spread accuracy percent:1}}) after {{#value steps int}} steps.

## Break it

Nothing broke.

## Exercises

{{#exercise 5.1}}

{{#exercise 5.2}}

{{#exercise 5.3}}

## Knowledge check

<details><summary>Why?</summary>

Because.

</details>
<details><summary>How?</summary>

So.

</details>
<details><summary>When?</summary>

Now.

</details>

## Takeaways

It works; exercise 5.1 shows it.

## Where this comes from

```console
$ cargo run --bin lesson05
```

<!-- numbers
0.5: a definition
-->
"#;

const RECORD: &str = r#"lesson = "lesson05"
command = "cargo run --bin lesson05"

[plain.accuracy]
value = 0.975
kind = "measured"
tolerance = 0.009
spread = 0.003
seeds = 5
baseline = 0.1

[plain.loss]
value = 0.25
kind = "exact"
tolerance = 1e-8

[plain.steps]
value = 1200
kind = "count"

[full.accuracy]
mean = 0.978
spread = 0.004
seeds = 5
"#;

const SOURCE: &str = "\
// ANCHOR: decide
pub fn decide(x: f64) -> bool {
    x > 0.5
}
// ANCHOR_END: decide
// ANCHOR: empty
// ANCHOR_END: empty
// ANCHOR: twice
// ANCHOR_END: twice
// ANCHOR: twice
// ANCHOR_END: twice
// ANCHOR: open
";

const FRAMES: &str = "<svg viewBox='0 0 10 10'>\
    <g class=\"frame\" data-label=\"a\"/><g class=\"frame\" data-label=\"b\"/></svg>";

const BROKEN: &str = "\
// ANCHOR: moved
pub fn moved(x: String) -> (String, String) {
    (x, x)
}
// ANCHOR_END: moved
";

impl Book {
    fn new() -> Self {
        static BOOKS: AtomicU32 = AtomicU32::new(0);
        let number = BOOKS.fetch_add(1, Ordering::Relaxed);
        let name = format!("gradbook-book-{}-{number}", std::process::id());
        let book = Book { root: std::env::temp_dir().join(name) };
        let figure = "<svg viewBox='0 0 10 10'><path d='M0 0L9 9'/></svg>";
        let transcript = "$ cargo run --bin lesson05\naccuracy 97.5%\n";
        let mut record = format!("{RECORD}\n[files]\n");
        for (path, text) in [
            ("figures/lesson05/curve.svg", figure),
            ("figures/lesson05/bars.svg", figure),
            ("figures/lesson05/path.svg", FRAMES),
            ("runs/lesson05.transcript.txt", transcript),
        ] {
            book.write(&format!("book/src/{path}"), text);
            record.push_str(&format!("{path:?} = {:?}\n", runs::checksum(text)));
        }
        let stub = |number: &str, name: &str| {
            format!(
                "/// Halves.\npub fn {name}() {{\n    todo!(\"exercise \
                 {number}\")\n}}\n"
            )
        };
        let stubs = [stub("5.1", "one"), stub("5.2", "two"), stub("5.3", "three")];
        book.write("lessons/lesson05/exercises.rs", &stubs.concat());
        book.write("lessons/lesson05/broken/moved.rs", BROKEN);
        book.write("src/lib.rs", SOURCE);
        book.write("src/orphan.rs", SOURCE);
        book.write("book/src/SUMMARY.md", "- [5. Training](lesson05.md)\n");
        let work = "- <a id=\"rosenblatt1958\"></a>**Rosenblatt (1958).** *Colour*.\n";
        book.write("book/src/bibliography.md", work);
        book.write("book/src/runs/lesson05.toml", &record);
        book.write("book/src/lesson05.md", CHAPTER);
        book
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.root.join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }

    /// Changes one place of one file; the place must be there.
    fn change(self, path: &str, from: &str, to: &str) -> Self {
        let text = fs::read_to_string(self.root.join(path)).expect("a file");
        assert!(text.contains(from), "`{from}` is not in {path}");
        self.write(path, &text.replacen(from, to, 1));
        self
    }

    /// The chapter with one place changed.
    fn chapter(from: &str, to: &str) -> Self {
        Book::new().change("book/src/lesson05.md", from, to)
    }

    /// The chapter with a sentence added to `The idea`.
    fn sentence(text: &str) -> Self {
        Book::chapter("is chosen.\n", &format!("is chosen.\n\n{text}\n"))
    }

    /// The recorded run with one place changed.
    fn record(from: &str, to: &str) -> Self {
        Book::new().change("book/src/runs/lesson05.toml", from, to)
    }

    fn problems(&self) -> Vec<Problem> {
        truth::check_book(&Workspace::new(&self.root))
    }

    /// The book has exactly this one problem.
    #[track_caller]
    fn fails(&self, expected: &str) {
        let problems = self.problems();
        let found: Vec<String> = problems.iter().map(Problem::to_string).collect();
        assert_eq!(found, [expected], "expected exactly one problem");
    }
}

impl Drop for Book {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.root);
    }
}

#[test]
fn a_true_book_has_no_problems() {
    let problems = Book::new().problems();
    assert!(problems.is_empty(), "{}", list(&problems));
}

#[test]
fn directives_become_what_they_stand_for() {
    let book = Book::new();
    let workspace = Workspace::new(&book.root);
    let chapter = workspace.chapter("lesson05.md").expect("the chapter");
    let text = truth::expand(&workspace, &chapter).text;
    for expected in [
        "```rust\npub fn decide(x: f64) -> bool {\n    x > 0.5\n}\n```",
        "It reached 97.5% (97.8% with",
        "deviation of 0.4%) after 1,200 steps",
        "```console\n$ cargo run --bin lesson05\naccuracy 97.5%\n```",
        "as [Rosenblatt (1958)](bibliography.md#rosenblatt1958) did",
        "(see [Rosenblatt 1958](bibliography.md#rosenblatt1958))",
        "[Figure 5.1](#figure-5-1)",
        "**Figure 5.1.** The loss falls to 0.25.",
        "aria-label=\"A falling line.\"",
        "<input type=\"range\" min=\"0\" max=\"1\"",
        "### Exercise 5.2: `two` {#exercise-5-2}",
        "cargo test --test lesson05 two",
        "does not compile: E0382",
    ] {
        assert!(text.contains(expected), "`{expected}` is not in\n{text}");
    }
    assert!(!text.contains("{{#"), "{text}");
}

#[test]
fn a_page_of_two_laboratories_holds_the_library_once() {
    let live = |name: &str| {
        format!("{{{{#live {name}\nalt: A lab.\ncaption: A lab.\nstill: bars\n}}}}\n\n")
    };
    let page = |names: &[&str]| {
        let book = Book::sentence(&names.iter().map(|n| live(n)).collect::<String>());
        for name in ["one", "two"] {
            let html = "<p data-wasm=\"{{wasm both.wasm}}\"></p>";
            book.write(&format!("book/live/{name}.html"), html);
        }
        book.write("book/live/both.wasm", "foobar");
        let workspace = Workspace::new(&book.root);
        let chapter = workspace.chapter("lesson05.md").expect("the chapter");
        truth::expand(&workspace, &chapter).text
    };
    let text = page(&["one", "two"]);
    assert_eq!(text.matches("data-wasm=\"Zm9vYmFy\"").count(), 1, "{text}");
    assert_eq!(text.matches("data-wasm=\"\"").count(), 1, "{text}");
    assert!(text.find("Zm9vYmFy") < text.find("data-wasm=\"\""));
    for alone in ["one", "two"] {
        assert!(page(&[alone]).contains("data-wasm=\"Zm9vYmFy\""));
    }
}

// ---- 1. Code comes from compiled files ----------------------------------------------

#[test]
fn a_missing_anchor_is_found() {
    Book::chapter("lib.rs:decide", "lib.rs:decid")
        .fails("book/src/lesson05.md:11: src/lib.rs: there is no anchor `decid`");
}

#[test]
fn an_empty_anchor_is_found() {
    Book::chapter("lib.rs:decide", "lib.rs:empty")
        .fails("book/src/lesson05.md:11: src/lib.rs: anchor `empty` is empty");
}

#[test]
fn a_duplicated_anchor_is_found() {
    Book::chapter("lib.rs:decide", "lib.rs:twice").fails(
        "book/src/lesson05.md:11: src/lib.rs: anchor `twice` stands there twice \
         (lines 8, 10, 9, 11)",
    );
}

#[test]
fn an_unclosed_anchor_is_found() {
    Book::chapter("lib.rs:decide", "lib.rs:open")
        .fails("book/src/lesson05.md:11: src/lib.rs: anchor `open` is never closed");
}

#[test]
fn a_missing_file_is_found() {
    Book::chapter("src/lib.rs:decide", "src/lob.rs:decide")
        .fails("book/src/lesson05.md:11: there is no file `src/lob.rs`");
}

#[test]
fn a_file_outside_the_repository_is_refused() {
    Book::chapter("src/lib.rs:decide", "../src/lib.rs:decide").fails(
        "book/src/lesson05.md:11: `../src/lib.rs` is not a path from the root of the \
         repository",
    );
}

#[test]
fn code_that_nobody_compiles_is_found() {
    Book::chapter("src/lib.rs:decide", "src/orphan.rs:decide").fails(
        "book/src/lesson05.md:11: `src/orphan.rs` is part of no program or library of \
         ours",
    );
}

#[test]
fn cuda_that_nobody_compiled_is_found() {
    let book = Book::chapter("src/lib.rs:decide", "src/kernel.cu:decide");
    book.write("src/kernel.cu", SOURCE);
    book.fails(
        "book/src/lesson05.md:11: `src/kernel.cu` is not compiled: there is no \
         `src/kernel.ptx`",
    );
    book.write("src/kernel.ptx", "// what a compiler made of it\n");
    let problems = book.problems();
    assert!(problems.is_empty(), "{}", list(&problems));
}

#[test]
fn pasted_code_is_found() {
    for language in ["rust", "cuda", "c", "rust,ignore", "python", ""] {
        let name = language.split(',').next().unwrap_or("");
        Book::sentence(&format!("```{language}\nlet x = 1;\n```")).fails(&format!(
            "book/src/lesson05.md:25: pasted code (```{name}): take it from a compiled \
             file with {{{{#code path:anchor}}}}"
        ));
    }
}

#[test]
fn pasted_code_is_found_in_disguise() {
    let pasted = |fence: &str| {
        format!(
            "book/src/lesson05.md:25: pasted code (```{fence}): take it from a \
             compiled file with {{{{#code path:anchor}}}}"
        )
    };
    Book::sentence("```text\nlet x = 1;\n```").fails(&pasted("text"));
    Book::sentence("<pre>\nx\n</pre>").fails(&pasted("html"));
    Book::sentence("    indented();").fails(
        "book/src/lesson05.md:25: indented code: write commands in a ```console fence, \
         and take code from a file with {{#code path:anchor}}",
    );
}

#[test]
fn the_include_of_mdbook_is_refused() {
    Book::sentence("{{#include ../../src/lib.rs:decide}}").fails(
        "book/src/lesson05.md:25: {{#include}} is mdBook's own and fails in silence: \
         use {{#code path:anchor}}",
    );
}

#[test]
fn a_directive_inside_code_is_found() {
    Book::sentence("`{{#value loss fixed:2}}`").fails(
        "book/src/lesson05.md:25: a directive inside code stays as it stands: move it \
         out",
    );
}

#[test]
fn an_unknown_directive_is_found() {
    Book::sentence("{{#valeu loss fixed:2}}")
        .fails("book/src/lesson05.md:25: there is no directive {{#valeu}}");
}

#[test]
fn the_compiler_is_asked_about_broken_code() {
    let book = Book::new();
    let workspace = Workspace::new(&book.root);
    let chapter = workspace.chapter("lesson05.md").expect("the chapter");
    let path = "lessons/lesson05/broken/moved.rs";
    assert_eq!(broken::files(&chapter), [(path.to_string(), "E0382".to_string(), 42)]);
    assert_eq!(broken::check(&workspace, path, "E0382"), Ok(()));
    let error = broken::check(&workspace, path, "E0502").expect_err("another error");
    assert_eq!(error, format!("`{path}` fails with E0382, but the chapter says E0502"));
    book.write(path, "pub fn fine() {}\n");
    let error = broken::check(&workspace, path, "E0382").expect_err("no error");
    assert_eq!(error, format!("`{path}` compiles, but the chapter says E0382"));
    book.write(path, "pub fn broken( {}\n");
    assert!(broken::check(&workspace, path, "E0382").is_err(), "a syntax error");
}

#[test]
fn broken_code_has_its_own_folder() {
    Book::chapter("lessons/lesson05/broken/moved.rs:moved", "src/lib.rs:decide")
        .fails("book/src/lesson05.md:42: broken code lies in lessons/lesson05/broken/");
}

// ---- 2. Numbers come from recorded runs ---------------------------------------------

#[test]
fn an_unknown_value_is_found() {
    for (directive, table) in [("value", "plain"), ("full", "full"), ("spread", "full")]
    {
        let sentence = format!("{{{{#{directive} acuracy percent:1}}}}");
        Book::sentence(&sentence).fails(&format!(
            "book/src/lesson05.md:25: the recorded {table} run of lesson 5 has no \
             value `acuracy`"
        ));
    }
}

#[test]
fn a_wrong_format_is_found() {
    Book::sentence("{{#value accuracy int}}")
        .fails("book/src/lesson05.md:25: 0.975 is not a whole number: use fixed:D");
    Book::sentence("{{#value accuracy percent}}").fails(
        "book/src/lesson05.md:25: `percent` is not percent:D, fixed:D, sci:D or int",
    );
}

const BENCH: &str = r#"lesson = "lesson05"
machine = "A <fast> processor"
cores = 1
commit = "67b3e73"
date = "2026-11-22"
command = "cargo bench --bench ladder"

[values]
packed = 190.4375
share = 0.857
"#;

/// The book with a benchmark beside its run, and a sentence that quotes it.
fn benched(sentence: &str) -> Book {
    let book = Book::sentence(sentence);
    book.write("book/src/runs/lesson05.bench.toml", BENCH);
    book
}

const QUOTES: &str = "It does {{#bench packed fixed:1}} GFLOP/s, or {{#bench \
                      lesson05.share percent:1}}, on {{#machine}}.";

#[test]
fn a_benchmark_is_quoted_with_its_machine() {
    let book = benched(QUOTES);
    let problems = book.problems();
    assert!(problems.is_empty(), "{}", list(&problems));
    let workspace = Workspace::new(&book.root);
    let chapter = workspace.chapter("lesson05.md").expect("the chapter");
    let text = truth::expand(&workspace, &chapter).text;
    let expected = "It does 190.4 GFLOP/s, or 85.7%, on A &lt;fast&gt; processor, 1 \
                    core; commit 67b3e73, 2026-11-22.";
    assert!(text.contains(expected), "{text}");
}

#[test]
fn a_benchmark_that_is_not_what_the_chapter_says_is_found() {
    benched(&QUOTES.replace("packed", "unpacked")).fails(
        "book/src/lesson05.md:25: the recorded benchmark of lesson05 has no value \
         `unpacked`",
    );
    benched(&QUOTES.replace("fixed:1", "int"))
        .fails("book/src/lesson05.md:25: 190.4375 is not a whole number: use fixed:D");
    benched("It does {{#bench packed fixed:1}} GFLOP/s.").fails(
        "book/src/lesson05.md:25: this page quotes a benchmark and does not say where \
         it ran: add {{#machine}}",
    );
    benched("It does {{#bench packed}}, on {{#machine}}.")
        .fails("book/src/lesson05.md:25: write it as {{#bench NAME FORMAT}}");
    Book::sentence("It ran on {{#machine}}.").fails(
        "book/src/lesson05.md:25: there is no file `book/src/runs/lesson05.bench.toml`",
    );
    benched("It does {{#bench gpu.packed fixed:1}}, on {{#machine gpu}}.").fails(
        "book/src/lesson05.md:25: there is no file `book/src/runs/lesson05.gpu.toml`",
    );
}

#[test]
fn a_benchmark_without_its_machine_commit_or_date_is_found() {
    for (from, to, problem) in [
        ("A <fast> processor", "", "it does not name its machine"),
        ("67b3e73", "unknown", "`unknown` is not a commit"),
        ("2026-11-22", "today", "`today` is not a date like 2026-11-22"),
        ("lesson05", "lesson06", "it says that it is `lesson06`"),
        ("0.857", "-1.0", "`share` is -1, and no measurement is"),
        ("machine = \"A <fast> processor\"\n", "", "missing field `machine`"),
        ("cores = 1", "host = \"x\"", "unknown field `host`, expected one of"),
    ] {
        let path = "book/src/runs/lesson05.bench.toml";
        let book = benched("Nothing is quoted.").change(path, from, to);
        let problems = book.problems();
        assert_eq!(problems.len(), 1, "{to}:{}", list(&problems));
        let found = problems[0].to_string();
        assert!(found.starts_with(&format!("{path}: {problem}")), "{found}");
    }
}

#[test]
fn a_decimal_from_nowhere_is_found() {
    for (text, key) in [
        ("It reached 0.98 at once.", "0.98"),
        ("| a |\n|---|\n| 0.98 |", "0.98"),
        ("> quoted 0.98", "0.98"),
        ("```text\nloss 0.98\n```", "0.98"),
        ("A rate of 1e-3 works.", "1e-3"),
        ("*about 0.98*", "0.98"),
    ] {
        let problems = Book::sentence(text).problems();
        let expected = format!("the number {key} comes from nowhere");
        assert_eq!(problems.len(), 1, "{text}:{}", list(&problems));
        assert!(problems[0].text.starts_with(&expected), "{}", problems[0]);
    }
    Book::sentence("It reached 0.98 at once.").fails(
        "book/src/lesson05.md:25: the number 0.98 comes from nowhere: use {{#value \
         name format}}, or list it with its reason under <!-- numbers",
    );
}

#[test]
fn a_percentage_from_nowhere_is_found() {
    for text in ["It reached 98% at once.", "About 98 percent.", "98 % of them"] {
        Book::sentence(text).fails(
            "book/src/lesson05.md:25: the number 98% comes from nowhere: use {{#value \
             name format}}, or list it with its reason under <!-- numbers",
        );
    }
}

#[test]
fn a_number_in_a_caption_or_a_question_is_found() {
    let from_nowhere = |line: u32| {
        format!(
            "book/src/lesson05.md:{line}: the number 0.98 comes from nowhere: use \
             {{{{#value name format}}}}, or list it with its reason under <!-- numbers"
        )
    };
    Book::chapter("caption: Step by step.", "caption: Down to 0.98.")
        .fails(&from_nowhere(35));
    Book::chapter("alt: Two bars.", "alt: Two bars at 0.98.").fails(&from_nowhere(30));
    Book::chapter("<summary>How?", "<summary>Why 0.98?").fails(&from_nowhere(70));
}

#[test]
fn numbers_in_maths_code_links_and_plain_counts_are_free() {
    let text =
        "$0.98$ and `0.98` and [this](https://a.b/0.98) and 1,797 digits in lesson 5.";
    let problems = Book::sentence(text).problems();
    assert!(problems.is_empty(), "{}", list(&problems));
}

#[test]
fn an_unused_exception_is_found() {
    Book::chapter("A threshold of 0.5 is", "A threshold is")
        .fails("book/src/lesson05.md:92: the exception 0.5 is listed but never used");
}

#[test]
fn an_exception_needs_a_reason() {
    Book::chapter("0.5: a definition", "0.5:")
        .fails("book/src/lesson05.md:92: the exception 0.5 has no reason");
    Book::chapter("0.5: a definition", "0.5: a definition\n0.5: again")
        .fails("book/src/lesson05.md:93: the exception 0.5 is listed twice");
}

#[test]
fn a_tolerance_that_is_too_wide_is_found() {
    Book::record("tolerance = 0.009", "tolerance = 0.01").fails(
        "book/src/runs/lesson05.toml: `accuracy`: its tolerance 0.01 is too wide: at \
         most 3 standard deviations, that is 0.009000000000000001",
    );
    Book::record("tolerance = 1e-8", "tolerance = 0.001").fails(
        "book/src/runs/lesson05.toml: `loss`: its tolerance 0.001 is too wide: an \
         exact value may move by one part in a million",
    );
    Book::record("value = 1200", "value = 1200\ntolerance = 1").fails(
        "book/src/runs/lesson05.toml: `steps`: a count is exact: it has no tolerance",
    );
}

#[test]
fn a_tolerance_that_lets_the_baseline_pass_is_found() {
    Book::record("baseline = 0.1", "baseline = 0.97").fails(
        "book/src/runs/lesson05.toml: `accuracy`: its tolerance 0.009 reaches the \
         baseline 0.97",
    );
}

#[test]
fn a_measurement_without_seeds_is_found() {
    Book::record("seeds = 5\nbaseline", "baseline").fails(
        "book/src/runs/lesson05.toml: `accuracy`: a measured value needs its spread \
         and seeds",
    );
    Book::record("seeds = 5\nbaseline", "seeds = 2\nbaseline").fails(
        "book/src/runs/lesson05.toml: `accuracy`: a measured value needs a spread over \
         at least 3 seeds",
    );
}

#[test]
fn a_stale_number_is_found() {
    let record = runs::Record::parse(RECORD).expect("the record");
    let report = |accuracy: &str| {
        let text = format!(
            r#"{{"lesson":"lesson05","seed":7,"arguments":{{}},
                "values":{{"accuracy":{accuracy},"loss":0.25,"steps":1200}}}}"#
        );
        runs::Report::parse(&text).expect("a report")
    };
    let holds = |accuracy: &str| {
        runs::compare(&record, &report(accuracy)).iter().all(runs::Row::holds)
    };
    assert!(holds("0.975") && holds("0.98") && holds("0.967"));
    assert!(!holds("0.985") && !holds("0.96") && !holds("0.1"));
    let rows = runs::compare(&record, &report("0.96"));
    let stale: Vec<&str> =
        rows.iter().filter(|row| !row.holds()).map(|row| row.name.as_str()).collect();
    assert_eq!(stale, ["accuracy"]);
    // A number in the text cannot go stale on its own: it is looked up.
    let book = Book::record("value = 0.975", "value = 0.9");
    let workspace = Workspace::new(&book.root);
    let chapter = workspace.chapter("lesson05.md").expect("the chapter");
    assert!(truth::expand(&workspace, &chapter).text.contains("It reached 90.0%"));
}

// ---- 3. Figures are drawn by their lesson -------------------------------------------

#[test]
fn a_missing_text_alternative_is_found() {
    Book::chapter("alt: Two bars.\n", "")
        .fails("book/src/lesson05.md:30: `alt:` is missing");
    Book::chapter("alt: Two bars.", "alt:")
        .fails("book/src/lesson05.md:30: `alt:` is empty");
    Book::chapter("alt: Two bars.", "alt: Two $x$ bars.").fails(
        "book/src/lesson05.md:30: `alt:` is read aloud: plain words, no maths and no \
         markup",
    );
}

#[test]
fn a_missing_caption_is_found() {
    Book::chapter("caption: Step by step.\n", "")
        .fails("book/src/lesson05.md:35: `caption:` is missing");
}

#[test]
fn a_figure_that_was_never_drawn_is_found() {
    Book::chapter("{{#figure bars", "{{#figure barz").fails(
        "book/src/lesson05.md:30: there is no file \
         `book/src/figures/lesson05/barz.svg`",
    );
}

#[test]
fn a_figure_that_no_run_drew_is_found() {
    let book = Book::new();
    book.write("book/src/figures/lesson05/mine.svg", FRAMES);
    book.fails(
        "book/src/runs/lesson05.toml: `figures/lesson05/mine.svg` was not drawn by the \
         recorded run",
    );
}

#[test]
fn a_page_shows_no_figure_that_its_record_does_not_list() {
    let book = Book::record(
        "\"figures/lesson05/bars.svg\"",
        "\"figures/lesson05/curve.svg \"",
    );
    let workspace = Workspace::new(&book.root);
    let chapter = workspace.chapter("lesson05.md").expect("the chapter");
    let problems = truth::expand(&workspace, &chapter).problems;
    let found: Vec<String> = problems.iter().map(Problem::to_string).collect();
    let expected = "book/src/lesson05.md:30: book/src/figures/lesson05/bars.svg was \
                    not written by the recorded run";
    assert_eq!(found, [expected]);
}

#[test]
fn a_retouched_figure_is_found() {
    Book::new().change("book/src/figures/lesson05/curve.svg", "9 9", "9 8").fails(
        "book/src/runs/lesson05.toml: `figures/lesson05/curve.svg` is not what the run \
         wrote: record lesson 5 again",
    );
}

#[test]
fn a_picture_from_elsewhere_is_refused() {
    Book::sentence("![a picture](https://example.org/a.png)").fails(
        "book/src/lesson05.md:25: a picture comes from {{#figure}}, with its alt and \
         caption",
    );
}

#[test]
fn a_reference_to_no_figure_is_found() {
    Book::sentence("See {{#fig nothing}}.")
        .fails("book/src/lesson05.md:25: this chapter has no figure `nothing`");
    Book::sentence("See Figure 5.9.")
        .fails("book/src/lesson05.md:25: there is no figure 5.9");
    Book::sentence("See exercises 5.1 and 5.9.")
        .fails("book/src/lesson05.md:25: there is no exercise 5.9");
}

// ---- 4. Transcripts are recorded runs -----------------------------------------------

#[test]
fn a_retouched_transcript_is_found() {
    Book::new().change("book/src/runs/lesson05.transcript.txt", "97.5%", "99.9%").fails(
        "book/src/runs/lesson05.toml: `runs/lesson05.transcript.txt` is not what the \
         run wrote: record lesson 5 again",
    );
}

#[test]
fn a_transcript_starts_with_its_command() {
    Book::record("command = \"cargo run --bin lesson05\"", "command = \"cargo run\"")
        .fails(
            "book/src/lesson05.md:46: book/src/runs/lesson05.transcript.txt: the first \
             line is not `$ cargo run`",
        );
}

#[test]
fn pasted_output_is_found() {
    Book::sentence("```console\n$ cargo run\naccuracy 99%\n```").fails(
        "book/src/lesson05.md:25: pasted output: a console fence holds only commands \
         (`$ ...`); what a run printed comes from {{#transcript}}",
    );
}

// ---- The shape of a chapter ---------------------------------------------------------

#[test]
fn british_spelling_is_found() {
    Book::sentence("The colour of it.").fails(
        "book/src/lesson05.md:25: `colour` is British spelling: this book writes \
         `color`",
    );
    Book::chapter("caption: Step", "caption: Normalised step").fails(
        "book/src/lesson05.md:35: `Normalised` is British spelling: this book writes \
         `normalized`",
    );
}

#[test]
fn a_heading_out_of_order_is_found() {
    Book::chapter("## Predict", "## Foretell")
        .fails("book/src/lesson05.md:17: here must stand `## Predict`, not `Foretell`");
    Book::chapter("# 5. Training", "# Training")
        .fails("book/src/lesson05.md:1: the chapter must start with `# 5. Title`");
    Book::chapter("*Can it be trusted?*", "Can it be trusted?").fails(
        "book/src/lesson05.md:1: below the title stands the lesson's question, in \
         *italics*",
    );
    Book::chapter("About 40 minutes.", "Soon.").fails(
        "book/src/lesson05.md:1: the introduction does not say how much time the \
         lesson takes",
    );
}

#[test]
fn a_chapter_with_too_little_is_found() {
    let has = |book: Book, text: &str| {
        let problems = book.problems();
        assert!(
            problems.iter().any(|p| p.text == text),
            "`{text}`:{}",
            list(&problems)
        );
    };
    let bars =
        "{{#figure bars\nalt: Two bars.\ncaption: The net beats the baseline.\n}}";
    has(Book::chapter(bars, ""), "2 figures; a lesson has at least 3");
    has(
        Book::chapter("{{#frames path", "{{#figure path"),
        "no figure that the reader can move: {{#frames}} or {{#live}}",
    );
    has(Book::chapter("{{#transcript}}", ""), "`Run it` shows no {{#transcript}}");
    has(
        Book::chapter(
            "<details><summary>Why?</summary>\n\nBecause.\n\n</details>\n",
            "",
        ),
        "2 questions in the knowledge check; at least 3",
    );
    has(
        Book::chapter("{{#exercise 5.2}}", ""),
        "the chapter shows exercises 5.1, 5.3, the stubs are 5.1, 5.2, 5.3",
    );
    has(Book::chapter("{{#exercise 5.2}}", ""), "2 exercises; a lesson has 3 to 5");
}

#[test]
fn a_formula_that_is_not_closed_is_found() {
    Book::sentence("So $x + 1 holds.").fails(
        "book/src/lesson05.md:25: a lone $: close the formula (no line of it starts \
         with +, - or *), or write \\$ for a dollar",
    );
    let problems = Book::sentence("It costs \\$5.").problems();
    assert!(problems.is_empty(), "{}", list(&problems));
}

#[test]
fn an_unknown_exercise_is_found() {
    let problems = Book::chapter("{{#exercise 5.2}}", "{{#exercise 5.7}}").problems();
    let text = "lessons/lesson05/exercises.rs has no exercise 5.7";
    assert!(problems.iter().any(|p| p.text == text), "{}", list(&problems));
}

#[test]
fn code_in_the_task_of_an_exercise_is_found() {
    let task = "/// Halves.\n///\n/// ```\n/// f(1);\n/// ```";
    let book = Book::new().change("lessons/lesson05/exercises.rs", "/// Halves.", task);
    book.fails(
        "book/src/lesson05.md:57: lessons/lesson05/exercises.rs: the doc comment of \
         5.1 holds a ``` block that no compiler reads; only ```text may stand there",
    );
}

#[test]
fn an_unknown_work_is_found() {
    Book::sentence("As {{#ref nobody1900}} said.")
        .fails("book/src/lesson05.md:25: the bibliography has no entry `nobody1900`");
}

#[test]
fn a_work_listed_twice_is_found() {
    let book = Book::new();
    let work = "- <a id=\"a1900\"></a>**A (1900).** T.\n";
    let works =
        format!("- <a id=\"rosenblatt1958\"></a>**R (1958).** T.\n{work}{work}");
    book.write("book/src/bibliography.md", &works);
    book.fails(
        "book/src/bibliography.md:3: `a1900` stands there twice (first on line 2)",
    );
}

#[test]
fn a_block_directly_below_html_is_found() {
    let problems =
        Book::sentence("<div>\n{{#code src/lib.rs:decide}}\n</div>").problems();
    let text = "leave an empty line between the HTML above and this";
    assert!(problems.iter().any(|p| p.text == text), "{}", list(&problems));
}

#[test]
fn several_problems_are_told_at_once() {
    let book = Book::sentence("The colour is 0.98 of {{#value nothing int}}.");
    assert_eq!(book.problems().len(), 3, "{}", list(&book.problems()));
}
