//! The lesson as a whole, in small: texts of any kind, and the reader's own functions.

use std::fs;
use std::path::Path;

use lessons::Run;
use serde_json::Value;

use super::{LESSON, run};

/// Learns a text and returns the report and what was told.
fn learn(text: &[u8], words: &[&str]) -> Result<(Value, String), lessons::Error> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("corpus.txt");
    fs::write(&file, text).unwrap();
    let path = |path: &Path| path.display().to_string();
    let (file, out) = (path(&file), path(folder.path()));
    let words = [words, &["--corpus", &file, "--out", &out]].concat();
    let mut quiet = Run::quiet(LESSON, words)?;
    run(&mut quiet)?;
    Ok((quiet.report(), quiet.narration().to_string()))
}

const SMALL: [&str; 8] =
    ["--hidden", "24", "--batch", "4", "--steps", "16", "--epochs", "8"];

fn value(report: &Value, name: &str) -> f64 {
    report["values"][name].as_f64().unwrap_or_else(|| panic!("no value {name}"))
}

#[test]
fn any_utf_8_text_is_learned_and_characters_stay_whole() {
    let text = "Größe, 東京の空! ".repeat(250);
    let words = [&SMALL[..], &["--prompt", "Grüße 🙂"]].concat();
    let (report, told) = learn(text.as_bytes(), &words).unwrap();
    assert!(value(&report, "rnn_bits") < value(&report, "unigram_bits"));
    assert!(told.contains("stands in for '🙂'"), "{told}");
    assert!(told.contains("京"), "{told}");
    assert_eq!(report["arguments"].get("corpus"), None);
}

#[test]
fn what_would_steer_a_terminal_is_spelled_out() {
    let text = "red \u{1b}[31m text.\tHo\0! ".repeat(80);
    let words = [&SMALL[..], &["--prompt", "red "]].concat();
    let (_, told) = learn(text.as_bytes(), &words).unwrap();
    assert!(told.contains("\\u{1b}"), "{told}");
    assert!(!told.contains(['\u{1b}', '\0', '\t']), "{told}");
}

#[test]
fn a_text_that_cannot_be_learned_is_refused_in_one_line() {
    let cases: [(&[u8], &str); 5] = [
        (b"", "the text is empty"),
        (b"a", "too short: 1 of at least"),
        (b"aaaaaaaaaaaa", "no character to learn from but 'a'"),
        (b"ab\xffcdefghijk", "not UTF-8 text: byte 3"),
        (b"abcabcabc", "lower --batch and --steps"),
    ];
    for (text, words) in cases {
        let error = learn(text, &[]).unwrap_err().to_string();
        assert!(error.contains(words) && !error.contains('\n'), "{error}");
    }
}
