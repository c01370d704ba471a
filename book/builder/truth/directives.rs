//! Finding directives in a chapter.

use std::collections::BTreeMap;
use std::ops::Range;

/// A directive as it stands in a chapter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directive {
    /// Where it stands, braces included.
    pub range: Range<usize>,
    /// Its name: `code`, `value`, ...
    pub name: String,
    /// The words after the name on its first line.
    pub words: Vec<String>,
    /// The `key: text` lines of a directive over several lines.
    pub fields: BTreeMap<String, String>,
    /// What is wrong with its form, if anything.
    pub fault: Option<String>,
}

/// The directives that stand on lines of their own.
const BLOCKS: [&str; 8] = [
    "code",
    "broken",
    "transcript",
    "figure",
    "frames",
    "live",
    "exercise",
    "exercises",
];
/// The directives that stand inside a sentence.
const INLINE: [&str; 9] =
    ["value", "full", "spread", "lowest", "highest", "bench", "machine", "ref", "fig"];
/// mdBook's own, which say nothing when they fail.
const MDBOOK: [&str; 5] =
    ["include", "rustdoc_include", "playground", "playpen", "title"];

impl Directive {
    /// Does it stand on lines of its own?
    pub fn is_block(&self) -> bool {
        BLOCKS.contains(&self.name.as_str())
    }

    /// The text of a field.
    pub fn field(&self, key: &str) -> Result<&str, String> {
        match self.fields.get(key).map(|text| text.trim()) {
            Some(text) if !text.is_empty() => Ok(text),
            Some(_) => Err(format!("`{key}:` is empty")),
            None => Err(format!("`{key}:` is missing")),
        }
    }

    /// Exactly this many words.
    pub fn words<const N: usize>(&self, usage: &str) -> Result<[&str; N], String> {
        let words: Vec<&str> = self.words.iter().map(String::as_str).collect();
        words
            .try_into()
            .map_err(|_| format!("write it as {{{{#{} {usage}}}}}", self.name))
    }
}

/// All directives of a text, except those inside `skip` (code, comments).
pub fn find(text: &str, skip: &[Range<usize>]) -> Vec<Directive> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = text[at..].find("{{#").map(|i| at + i) {
        if let Some(range) = skip.iter().find(|range| range.contains(&start)) {
            at = range.end.max(start + 3);
            continue;
        }
        let directive = read(text, start);
        at = directive.range.end;
        found.push(directive);
    }
    found
}

fn read(text: &str, start: usize) -> Directive {
    let rest = &text[start..];
    let first = rest.lines().next().unwrap_or("");
    let mut fault = None;
    let (end, head, body) = if let Some(close) = first.find("}}") {
        (start + close + 2, &first[3..close], "")
    } else if let Some(close) = rest.find("\n}}") {
        (start + close + 3, &first[3..], &rest[first.len()..close])
    } else {
        fault = Some(
            "the directive is never closed: `}}` stands on its own line".to_string(),
        );
        (start + first.len(), &first[3..], "")
    };
    let mut words = head.split_whitespace().map(str::to_string);
    let name = words.next().unwrap_or_default();
    let words = words.collect();
    let mut directive =
        Directive { range: start..end, name, words, fields: BTreeMap::new(), fault };
    if directive.fault.is_none() {
        directive.fault =
            fields(body, &mut directive.fields).or_else(|| form(&directive, text));
    }
    directive
}

/// Reads `key: text` lines; a line without a key goes on with the one before.
fn fields(body: &str, into: &mut BTreeMap<String, String>) -> Option<String> {
    let mut last: Option<String> = None;
    for line in body.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let key = ["alt", "caption", "still"].into_iter().find(|key| {
            line.strip_prefix(key).is_some_and(|rest| rest.starts_with(':'))
        });
        match (key, &last) {
            (Some(key), _) => {
                let text = line[key.len() + 1..].trim().to_string();
                if into.insert(key.to_string(), text).is_some() {
                    return Some(format!("`{key}:` stands there twice"));
                }
                last = Some(key.to_string());
            }
            (None, Some(key)) => {
                if let Some(text) = into.get_mut(key) {
                    text.push(' ');
                    text.push_str(line);
                }
            }
            (None, None) => {
                return Some(format!("`{line}` is not `alt:`, `caption:` or `still:`"));
            }
        }
    }
    None
}

/// What is wrong with its name or its place.
fn form(directive: &Directive, text: &str) -> Option<String> {
    let name = directive.name.as_str();
    if MDBOOK.contains(&name) {
        return Some(format!(
            "{{{{#{name}}}}} is mdBook's own and fails in silence: use \
             {{{{#code path:anchor}}}}"
        ));
    }
    if !BLOCKS.contains(&name) && !INLINE.contains(&name) {
        return Some(format!("there is no directive {{{{#{name}}}}}"));
    }
    if !directive.is_block() {
        return None;
    }
    let before = text[..directive.range.start].rsplit('\n').next().unwrap_or("");
    let after = text[directive.range.end..].split('\n').next().unwrap_or("");
    if !before.trim().is_empty() || !after.trim().is_empty() {
        return Some(format!("{{{{#{name}}}}} must stand on a line of its own"));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn reads_directives() {
        let text = "Reached {{#value acc percent:1}} here.\n\n{{#figure curves\n\
                    alt: a\n  b\ncaption: $x_{i_{j}}$ end\n}}\n\n\
                    {{#code src/a.rs:b}}\n";
        let found = find(text, &[]);
        assert_eq!(found.len(), 3);
        assert_eq!(found[0].words, ["acc", "percent:1"]);
        assert_eq!(found[1].fields["alt"], "a b");
        assert_eq!(found[1].field("caption"), Ok("$x_{i_{j}}$ end"));
        assert_eq!(found[1].field("still"), Err("`still:` is missing".into()));
        assert_eq!(found[2].words, ["src/a.rs:b"]);
        assert!(found.iter().all(|d| d.fault.is_none()), "{found:?}");
    }

    #[test]
    fn says_what_is_wrong_with_a_directive() {
        let fault = |text: &str| find(text, &[])[0].fault.clone().unwrap();
        assert_eq!(fault("{{#valu x}}"), "there is no directive {{#valu}}");
        assert!(fault("{{#include ../a.rs}}").contains("fails in silence"));
        assert!(fault("{{#figure x\nalt: y\n").contains("never closed"));
        assert!(fault("so {{#code a:b}}").contains("a line of its own"));
        assert!(fault("{{#figure x\nfoo: y\n}}").contains("is not `alt:`"));
        assert!(fault("{{#figure x\nalt: y\nalt: z\n}}").contains("twice"));
    }
}
