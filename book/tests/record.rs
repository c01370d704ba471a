//! Recording and verifying, tried on a lesson of its own: a small crate in a folder.

use builder::record::{record, verify};
use builder::truth::Workspace;
use builder::truth::runs::{Kind, Record};
use std::fs;
use std::path::Path;

/// A program with the flags of a lesson. `EXTRA` stands for what a test adds.
const PROGRAM: &str = r##"
use std::fs;

fn main() {
    let words: Vec<String> = std::env::args().collect();
    let flag = |name: &str| {
        let at = words.iter().position(|word| word == name)?;
        words.get(at + 1).cloned()
    };
    let seed: u64 = flag("--seed").map_or(7, |text| text.parse().unwrap());
    let accuracy = 0.9 + (seed % 5) as f64 / 100.0;
    fs::create_dir_all("target/lessons/lesson05").unwrap();
    let svg = "<svg viewBox='0 0 10 10'><path d='M0 0L9 9'/></svg>";
    fs::write("target/lessons/lesson05/curve.svg", svg).unwrap();
    let spreads = if words.iter().any(|word| word == "--full") {
        r#""accuracy": {"mean": 0.93, "spread": 0.01, "seeds": 3,
            "each": [0.92, 0.93, 0.94]}"#
    } else {
        ""
    };
    let report = format!(
        r#"{{"lesson": "lesson05", "seed": {seed}, "arguments": {{}},
            "values": {{"accuracy": {accuracy}, "closed": 0.25, "steps": 12}},
            "baselines": {{"accuracy": 0.5}}, "spreads": {{{spreads}}}}}"#
    );
    fs::write(flag("--report").unwrap(), report).unwrap();
    println!("Lesson 5\naccuracy {accuracy}");
    EXTRA
}
"##;

struct Lesson(tempfile::TempDir);

impl Lesson {
    fn new() -> Self {
        let lesson = Lesson(tempfile::tempdir().expect("a folder"));
        lesson.write(
            "Cargo.toml",
            "[package]\nname = \"lessons\"\nedition = \"2024\"\n\
            [[bin]]\nname = \"lesson05\"\npath = \"lessons/lesson05/main.rs\"\n\
            [workspace]\n",
        );
        lesson
            .write("book/src/lesson05.md", "{{#figure curve\nalt: a\ncaption: b\n}}\n");
        lesson.program("");
        lesson
    }

    fn root(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.root().join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }

    /// The program with something added at its end.
    fn program(&self, extra: &str) {
        self.write("lessons/lesson05/main.rs", &PROGRAM.replace("EXTRA", extra));
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.root().join(path)).expect("a file")
    }

    fn load(&self) -> Record {
        Record::load(&Workspace::new(self.root()), 5).expect("the record")
    }
}

#[test]
fn a_lesson_is_recorded_and_verified() {
    let lesson = Lesson::new();
    record(lesson.root(), 5, false).expect("recorded");

    let transcript = lesson.read("book/src/runs/lesson05.transcript.txt");
    assert_eq!(transcript, "$ cargo run --bin lesson05\nLesson 5\naccuracy 0.92\n");
    assert!(lesson.read("book/src/figures/lesson05/curve.svg").starts_with("<svg"));
    let known = lesson.load();
    let accuracy = &known.plain["accuracy"];
    assert_eq!((accuracy.value, accuracy.kind), (0.92, Kind::Measured));
    assert_eq!((accuracy.seeds, accuracy.baseline), (Some(5), Some(0.5)));
    // Seeds 7 to 11 give 0.92, 0.93, 0.94, 0.90, 0.91: a deviation of 0.0158.
    assert!(
        (accuracy.tolerance - 3.0 * 0.0158114).abs() < 1e-5,
        "{}",
        accuracy.tolerance
    );
    assert_eq!(
        (known.plain["steps"].value, known.plain["steps"].kind),
        (12.0, Kind::Count)
    );
    assert_eq!(known.plain["closed"].kind, Kind::Exact);
    let full = &known.full["accuracy"];
    assert_eq!(
        (full.mean, full.seeds, &full.each[..]),
        (0.93, 3, &[0.92, 0.93, 0.94][..])
    );
    assert_eq!(known.files.len(), 2);

    assert!(verify(lesson.root(), 5, false).expect("verified").holds());
    assert!(verify(lesson.root(), 5, true).expect("verified").holds());
}

#[test]
fn drift_and_lost_figures_are_seen() {
    let lesson = Lesson::new();
    record(lesson.root(), 5, false).expect("recorded");

    let moved = |by: &str| {
        let text = PROGRAM.replace("0.9 + (seed", &format!("0.9 + {by} + (seed"));
        lesson.write("lessons/lesson05/main.rs", &text.replace("EXTRA", ""));
        verify(lesson.root(), 5, false).expect("verified")
    };
    assert!(moved("0.04").holds());
    let check = moved("-0.06");
    let drifted: Vec<&str> = check
        .rows
        .iter()
        .filter(|row| !row.holds())
        .map(|row| row.name.as_str())
        .collect();
    assert_eq!(drifted, ["accuracy"]);

    let text = PROGRAM.replace("curve.svg", "other.svg").replace("EXTRA", "");
    lesson.write("lessons/lesson05/main.rs", &text);
    let check = verify(lesson.root(), 5, false).expect("verified");
    assert_eq!(check.lost, ["curve.svg"]);
    assert!(!check.holds());
}

#[test]
fn a_run_that_cannot_be_recorded_changes_nothing() {
    let lesson = Lesson::new();
    record(lesson.root(), 5, false).expect("recorded");
    let before = lesson.read("book/src/runs/lesson05.toml");
    for (extra, reason) in [
        ("println!(\"took 1.5 s\");", "states a time"),
        ("println!(\"saved /tmp/x\");", "names a folder of this machine"),
        ("std::process::exit(3);", "ended with exit"),
        ("fs::remove_file(flag(\"--report\").unwrap()).unwrap();", "wrote no report"),
        ("this does not compile", "does not build"),
    ] {
        lesson.program(extra);
        let error = record(lesson.root(), 5, false).expect_err(extra);
        assert!(format!("{error:#}").contains(reason), "{error:#}");
        assert_eq!(before, lesson.read("book/src/runs/lesson05.toml"));
    }
}

#[test]
fn the_full_part_stays_when_only_the_plain_form_is_recorded() {
    let lesson = Lesson::new();
    record(lesson.root(), 5, false).expect("recorded");
    let before = lesson.load();
    lesson.program("if words.contains(&\"--full\".into()) { panic!() }");
    record(lesson.root(), 5, true).expect("recorded");
    assert_eq!(before.full, lesson.load().full);
    assert_eq!(before.full_recorded, lesson.load().full_recorded);
}
