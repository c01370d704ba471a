//! Numbers, spelling, fences, headings: what the text around the directives must keep.

use super::chapter::Chapter;
use super::{Problem, Workspace, exercises};
use std::collections::BTreeMap;

/// The headings of every lesson, in order.
pub const HEADINGS: [&str; 11] = [
    "The question",
    "What you will be able to do",
    "Predict",
    "The idea",
    "The code",
    "Run it",
    "Break it",
    "Exercises",
    "Knowledge check",
    "Takeaways",
    "Where this comes from",
];

/// Fences that may stand in a chapter: commands to type, plain text, and files that no
/// compiler reads.
const FENCES: [&str; 4] = ["console", "text", "toml", "json"];

/// British spellings, and what this book writes.
const BRITISH: [(&str, &str); 54] = [
    ("colour", "color"),
    ("colours", "colors"),
    ("coloured", "colored"),
    ("behaviour", "behavior"),
    ("behaviours", "behaviors"),
    ("neighbour", "neighbor"),
    ("neighbours", "neighbors"),
    ("neighbouring", "neighboring"),
    ("favour", "favor"),
    ("favourite", "favorite"),
    ("honour", "honor"),
    ("flavour", "flavor"),
    ("labour", "labor"),
    ("normalise", "normalize"),
    ("normalised", "normalized"),
    ("normalises", "normalizes"),
    ("normalising", "normalizing"),
    ("normalisation", "normalization"),
    ("initialise", "initialize"),
    ("initialised", "initialized"),
    ("initialises", "initializes"),
    ("initialising", "initializing"),
    ("initialisation", "initialization"),
    ("standardise", "standardize"),
    ("standardised", "standardized"),
    ("standardisation", "standardization"),
    ("optimise", "optimize"),
    ("optimised", "optimized"),
    ("optimiser", "optimizer"),
    ("optimisers", "optimizers"),
    ("optimisation", "optimization"),
    ("regularise", "regularize"),
    ("regularisation", "regularization"),
    ("generalise", "generalize"),
    ("generalises", "generalizes"),
    ("generalisation", "generalization"),
    ("minimise", "minimize"),
    ("minimises", "minimizes"),
    ("maximise", "maximize"),
    ("recognise", "recognize"),
    ("recognised", "recognized"),
    ("vectorised", "vectorized"),
    ("visualise", "visualize"),
    ("summarise", "summarize"),
    ("analyse", "analyze"),
    ("centre", "center"),
    ("centred", "centered"),
    ("grey", "gray"),
    ("licence", "license"),
    ("labelled", "labeled"),
    ("labelling", "labeling"),
    ("modelling", "modeling"),
    ("travelled", "traveled"),
    ("learnt", "learned"),
];

/// Everything that is wrong with the prose and the shape of a chapter.
pub fn check(workspace: &Workspace, chapter: &Chapter) -> Vec<Problem> {
    let mut checker = Checker { chapter, problems: Vec::new() };
    checker.code();
    checker.directives_in_code();
    checker.images();
    checker.dollars();
    checker.numbers(workspace);
    checker.spelling();
    if let Some(lesson) = chapter.lesson {
        checker.spine(lesson);
        checker.counts(workspace, lesson);
    }
    checker.problems
}

struct Checker<'a> {
    chapter: &'a Chapter,
    problems: Vec<Problem>,
}

impl Checker<'_> {
    fn report(&mut self, at: usize, text: impl Into<String>) {
        let line = self.chapter.line(at);
        self.problems.push(Problem::new(&self.chapter.file, line, text));
    }

    /// Code comes from files that are compiled, and output from recorded runs.
    fn code(&mut self) {
        for code in &self.chapter.code {
            let at = code.range.start;
            let inside = &self.chapter.text[code.inside.clone()];
            match code.language.as_deref() {
                None => self.report(
                    at,
                    "indented code: write commands in a ```console fence, and take \
                     code from a file with {{#code path:anchor}}",
                ),
                Some("console") => {
                    let command = |line: &str| {
                        line.is_empty()
                            || line.starts_with("$ ")
                            || line.starts_with("# ")
                    };
                    let output = !inside.lines().all(command);
                    if output {
                        self.report(
                            at,
                            "pasted output: a console fence holds only commands \
                             (`$ ...`); what a run printed comes from {{#transcript}}",
                        );
                    }
                }
                Some(language) if FENCES.contains(&language) => {
                    if language == "text" && looks_like_rust(inside) {
                        self.report(at, pasted("text"));
                    }
                }
                Some(language) => self.report(at, pasted(language)),
            }
        }
        for range in &self.chapter.html {
            let html = &self.chapter.text[range.clone()];
            if html.contains("<pre") || html.contains("<code>") && html.contains("fn ")
            {
                self.report(range.start, pasted("html"));
            }
        }
    }

    /// A directive inside code would be printed as it stands.
    fn directives_in_code(&mut self) {
        let text = &self.chapter.text;
        for (at, _) in text.match_indices("{{#") {
            let known = self.chapter.directives.iter().any(|d| d.range.contains(&at));
            let comment = self.chapter.comments.iter().any(|r| r.contains(&at));
            if !known && !comment {
                self.report(
                    at,
                    "a directive inside code stays as it stands: move it out",
                );
            }
        }
    }

    fn images(&mut self) {
        for &at in &self.chapter.images {
            self.report(
                at,
                "a picture comes from {{#figure}}, with its alt and caption",
            );
        }
    }

    /// A dollar sign that opens no maths would be printed as it stands.
    fn dollars(&mut self) {
        let chapter = self.chapter;
        for (at, _) in chapter.prose.match_indices('$') {
            if !chapter.text[..at].ends_with('\\') {
                self.report(
                    at,
                    "a lone $: close the formula (no line of it starts with +, - or \
                     *), or write \\$ for a dollar",
                );
            }
        }
    }

    /// Every decimal number and percentage is a directive, or excused with a reason.
    fn numbers(&mut self, workspace: &Workspace) {
        let mut excuses = self.excuses();
        let chapter = self.chapter;
        let mut pieces = vec![(0, chapter.prose.clone())];
        for directive in &chapter.directives {
            for text in directive.fields.values() {
                let caption = Chapter::new("caption.md", text.clone());
                pieces.push((directive.range.start, caption.prose));
            }
        }
        for (base, prose) in &pieces {
            for number in scan(prose) {
                let at = if *base == 0 { number.at } else { *base };
                match &number.reference {
                    Some(kind) => self.reference(workspace, at, kind, &number.key),
                    None => match excuses.get_mut(&number.key) {
                        Some((_, used)) => *used = true,
                        None => self.report(
                            at,
                            format!(
                                "the number {} comes from nowhere: use \
                                 {{{{#value name format}}}}, or list it with its \
                                 reason under <!-- numbers",
                                number.key
                            ),
                        ),
                    },
                }
            }
        }
        for (key, (at, used)) in excuses {
            if !used {
                self.report(
                    at,
                    format!("the exception {key} is listed but never used"),
                );
            }
        }
    }

    /// The chapter's own list: number, where it is listed, whether it was used.
    fn excuses(&mut self) -> BTreeMap<String, (usize, bool)> {
        let mut found = BTreeMap::new();
        for range in self.chapter.comments.clone() {
            let Some(list) =
                self.chapter.text[range.clone()].trim_start().strip_prefix("numbers")
            else {
                continue;
            };
            let mut at = range.end - list.len();
            for line in list.split_inclusive('\n') {
                let (key, reason) = line.split_once(':').unwrap_or((line, ""));
                let key = normal(key);
                if !line.trim().is_empty() {
                    if reason.trim().len() < 3 {
                        self.report(at, format!("the exception {key} has no reason"));
                    }
                    if found.insert(key.clone(), (at, false)).is_some() {
                        self.report(at, format!("the exception {key} is listed twice"));
                    }
                }
                at += line.len();
            }
        }
        found
    }

    /// "Figure 5.2" and "Exercise 5.2" must exist.
    fn reference(
        &mut self,
        workspace: &Workspace,
        at: usize,
        kind: &str,
        number: &str,
    ) {
        let lesson = number.split('.').next().and_then(|n| n.parse::<u32>().ok());
        let exists = match (kind, lesson) {
            ("figure", Some(lesson)) if Some(lesson) == self.chapter.lesson => {
                let figures = &self.chapter.figures;
                figures
                    .iter()
                    .any(|f| self.chapter.figure_number(f).as_deref() == Some(number))
            }
            ("figure", Some(lesson)) => {
                let page = workspace.chapter(&format!("lesson{lesson:02}.md"));
                page.is_ok_and(|page| {
                    let figures = &page.figures;
                    figures
                        .iter()
                        .any(|f| page.figure_number(f).as_deref() == Some(number))
                })
            }
            (_, Some(lesson)) => exercises::load(workspace, lesson)
                .is_ok_and(|all| all.iter().any(|e| e.number == number)),
            _ => false,
        };
        if !exists {
            self.report(at, format!("there is no {kind} {number}"));
        }
    }

    fn spelling(&mut self) {
        let chapter = self.chapter;
        let bibliography = chapter.page == "bibliography.md";
        for (at, word) in words(&chapter.prose) {
            // Titles keep the spelling of their authors.
            if bibliography && chapter.emphasis.iter().any(|r| r.contains(&at)) {
                continue;
            }
            self.spell(at, word);
        }
        for directive in &chapter.directives {
            for text in directive.fields.values() {
                for (_, word) in words(text) {
                    self.spell(directive.range.start, word);
                }
            }
        }
    }

    fn spell(&mut self, at: usize, word: &str) {
        let lower = word.to_lowercase();
        if let Some((_, american)) =
            BRITISH.iter().find(|(british, _)| *british == lower)
        {
            self.report(
                at,
                format!("`{word}` is British spelling: this book writes `{american}`"),
            );
        }
    }

    /// Title, question and the eleven headings.
    fn spine(&mut self, lesson: u32) {
        let chapter = self.chapter;
        let titles: Vec<_> = chapter.headings.iter().filter(|h| h.level == 1).collect();
        match titles[..] {
            [title]
                if title.text.starts_with(&format!("{lesson}. ")) && title.at == 0 => {}
            _ => self
                .report(0, format!("the chapter must start with `# {lesson}. Title`")),
        }
        let question =
            chapter.text.lines().skip(1).find(|line| !line.trim().is_empty());
        let question = question.unwrap_or("").trim();
        if !(question.starts_with('*')
            && question.ends_with('*')
            && question.contains('?'))
        {
            self.report(
                0,
                "below the title stands the lesson's question, in *italics*",
            );
        }
        let intro = chapter.headings.iter().find(|h| h.level == 2).map_or(0, |h| h.at);
        let intro = chapter.prose[..intro].to_lowercase();
        if !(intro.contains("minute") || intro.contains("hour")) {
            self.report(
                0,
                "the introduction does not say how much time the lesson takes",
            );
        }
        let seen: Vec<_> = chapter.headings.iter().filter(|h| h.level == 2).collect();
        for (i, wanted) in HEADINGS.iter().enumerate() {
            match seen.get(i) {
                Some(heading) if heading.text == *wanted => {}
                Some(heading) => {
                    let text = format!(
                        "here must stand `## {wanted}`, not `{}`",
                        heading.text
                    );
                    return self.report(heading.at, text);
                }
                None => {
                    return self
                        .report(0, format!("the heading `## {wanted}` is missing"));
                }
            }
        }
        if let Some(more) = seen.get(HEADINGS.len()) {
            self.report(more.at, format!("`{}` is one heading too many", more.text));
        }
    }

    /// Figures, questions, exercises: enough of each, and in their sections.
    fn counts(&mut self, workspace: &Workspace, lesson: u32) {
        let chapter = self.chapter;
        let named = |names: &[&str]| {
            let all = chapter.directives.iter();
            all.filter(|d| names.contains(&d.name.as_str())).collect::<Vec<_>>()
        };
        let figures = named(&["figure", "frames", "live"]).len();
        if figures < 3 {
            self.report(0, format!("{figures} figures; a lesson has at least 3"));
        }
        if named(&["frames", "live"]).is_empty() {
            self.report(
                0,
                "no figure that the reader can move: {{#frames}} or {{#live}}",
            );
        }
        let run = self.section("Run it");
        if !named(&["transcript"]).iter().any(|d| run.contains(&d.range.start)) {
            self.report(run.start, "`Run it` shows no {{#transcript}}");
        }
        let quiz = self.section("Knowledge check");
        let questions = chapter.text[quiz.clone()].matches("<summary>").count();
        if questions < 3 {
            let text =
                format!("{questions} questions in the knowledge check; at least 3");
            self.report(quiz.start, text);
        }
        let section = self.section("Exercises");
        let shown: Vec<String> = named(&["exercise"])
            .iter()
            .filter(|d| section.contains(&d.range.start))
            .filter_map(|d| d.words.first().cloned())
            .collect();
        if !(3..=5).contains(&shown.len()) {
            let text = format!("{} exercises; a lesson has 3 to 5", shown.len());
            self.report(section.start, text);
        }
        match exercises::load(workspace, lesson) {
            Err(error) => self.report(section.start, error),
            Ok(all) => {
                let all: Vec<String> = all.into_iter().map(|e| e.number).collect();
                if all != shown {
                    let text = format!(
                        "the chapter shows exercises {}, the stubs are {}",
                        shown.join(", "),
                        all.join(", ")
                    );
                    self.report(section.start, text);
                }
            }
        }
    }

    /// From a heading to the next of its level.
    fn section(&self, title: &str) -> std::ops::Range<usize> {
        let mut headings = self.chapter.headings.iter().filter(|h| h.level == 2);
        let start = headings.by_ref().find(|h| h.text == title).map(|h| h.at);
        let end = headings.next().map_or(self.chapter.text.len(), |h| h.at);
        start.map_or(0..0, |start| start..end)
    }
}

fn pasted(language: &str) -> String {
    format!(
        "pasted code (```{language}): take it from a compiled file with \
         {{{{#code path:anchor}}}}"
    )
}

fn looks_like_rust(text: &str) -> bool {
    ["fn ", "let ", "impl ", "use ", "pub "].iter().any(|word| {
        text.lines().any(|line| {
            let line = line.trim();
            line.starts_with(word) && line.ends_with([';', '{', '}', ','])
        })
    })
}

fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let pieces =
        text.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty());
    pieces.map(|word| (word.as_ptr() as usize - text.as_ptr() as usize, word))
}

/// `50 percent`, `50 %` and `50%` are one number.
fn normal(key: &str) -> String {
    let key = key.trim();
    let bare = key
        .strip_suffix("per cent")
        .or_else(|| key.strip_suffix("percent"))
        .or_else(|| key.strip_suffix('%'));
    bare.map_or(key.to_string(), |bare| format!("{}%", bare.trim_end()))
}

/// A decimal number or a percentage in prose.
#[derive(Debug, PartialEq, Eq)]
struct Number {
    at: usize,
    key: String,
    /// `figure` or `exercise`, when it is the number of one.
    reference: Option<String>,
}

/// Finds decimal numbers and percentages.
fn scan(prose: &str) -> Vec<Number> {
    let bytes = prose.as_bytes();
    let digit = |i: usize| bytes.get(i).is_some_and(u8::is_ascii_digit);
    let mut found: Vec<Number> = Vec::new();
    let mut last_reference: Option<(usize, String)> = None;
    let mut i = 0;
    while i < bytes.len() {
        let starts = digit(i) || (bytes[i] == b'.' && digit(i + 1));
        if !starts {
            i += 1;
            continue;
        }
        let start = i;
        while digit(i) || (matches!(bytes.get(i), Some(b'.' | b',')) && digit(i + 1)) {
            i += 1;
        }
        let mut decimal = prose[start..i].contains('.');
        // 1e-6 has no point, but it is no whole number either.
        let exponent = matches!(bytes.get(i), Some(b'e' | b'E'))
            && (digit(i + 1)
                || (matches!(bytes.get(i + 1), Some(b'-' | b'+')) && digit(i + 2)));
        if exponent {
            decimal = true;
            i += 2;
            while digit(i) {
                i += 1;
            }
        }
        let text = &prose[start..i];
        let after = prose[i..].trim_start();
        let percent = ["%", "percent", "per cent"]
            .iter()
            .find(|sign| after.starts_with(**sign))
            .filter(|_| !prose[i..].starts_with(|c: char| c.is_alphanumeric()));
        if percent.is_some() {
            found.push(Number { at: start, key: format!("{text}%"), reference: None });
        } else if decimal {
            let reference = reference(prose, start, text, last_reference.as_ref());
            if let Some(kind) = &reference {
                last_reference = Some((i, kind.clone()));
            }
            found.push(Number { at: start, key: text.to_string(), reference });
        }
    }
    found
}

/// Is this the 5.2 of "Figure 5.2", or of "Exercises 5.1 and 5.2"?
fn reference(
    prose: &str,
    start: usize,
    text: &str,
    last: Option<&(usize, String)>,
) -> Option<String> {
    let short = |part: &str| (1..=2).contains(&part.len());
    let parts: Vec<&str> = text.split('.').collect();
    let plain = parts.len() == 2 && parts.iter().all(|part| short(part));
    if !plain || !text.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return None;
    }
    let before = prose[..start].trim_end_matches([' ', '\n']);
    let word = before.rsplit(|c: char| !c.is_alphabetic()).next().unwrap_or("");
    match word.to_lowercase().as_str() {
        "figure" | "figures" => return Some("figure".into()),
        "exercise" | "exercises" => return Some("exercise".into()),
        _ => {}
    }
    let (end, kind) = last?;
    let between = prose[*end..start].trim();
    matches!(between, "," | "and" | ", and" | "to" | "or" | "through")
        .then(|| kind.clone())
}

#[cfg(test)]
mod tests {
    use super::{looks_like_rust, normal, scan};

    fn keys(prose: &str) -> Vec<String> {
        scan(prose).into_iter().map(|n| n.key).collect()
    }

    #[test]
    fn finds_decimals_and_percentages() {
        assert_eq!(keys("about 0.98 of 1,797 digits"), ["0.98"]);
        assert_eq!(keys("97% or 97 % or 97 percent, not 97"), ["97%", "97%", "97%"]);
        assert_eq!(keys("lesson 5. The end of 10."), [""; 0]);
        assert_eq!(
            keys(".5 and 1e-6 and 2.5x and v1.91"),
            [".5", "1e-6", "2.5", "1.91"]
        );
        assert_eq!(keys("at 97.5%."), ["97.5%"]);
    }

    #[test]
    fn numbers_of_figures_and_exercises_are_references() {
        let found = scan("Figure 5.2 and 5.3, exercises 4.1, 4.2 and 4.3 reach 0.9");
        let kinds: Vec<_> =
            found.iter().map(|n| n.reference.as_deref().unwrap_or("-")).collect();
        assert_eq!(
            kinds,
            ["figure", "figure", "exercise", "exercise", "exercise", "-"]
        );
    }

    #[test]
    fn one_percentage_has_one_name() {
        assert_eq!(normal(" 50 percent"), "50%");
        assert_eq!(normal("50 %"), "50%");
        assert_eq!(normal("0.5"), "0.5");
    }

    #[test]
    fn rust_is_known_in_disguise() {
        assert!(looks_like_rust("let x = 1;\n"));
        assert!(looks_like_rust("pub fn f() {\n"));
        assert!(!looks_like_rust("let x be a number\nuse the force\n"));
    }
}
