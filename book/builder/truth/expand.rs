//! What each directive becomes.

use super::bench::{self, Bench, On};
use super::chapter::Chapter;
use super::directives::{self, Directive};
use super::runs::{self, Place, Record, Spread};
use super::{Problem, Workspace, anchors, bibliography, escape, exercises, figures};
use std::collections::{BTreeMap, BTreeSet};

/// A chapter with its directives written out.
pub struct Expanded {
    /// Markdown and HTML, maths still as LaTeX.
    pub text: String,
    /// What could not be written out. A red box stands in its place.
    pub problems: Vec<Problem>,
    lines: Vec<(usize, usize, bool)>,
}

impl Expanded {
    /// The line of the chapter that an offset of `text` comes from.
    pub fn source_line(&self, at: usize) -> usize {
        let index = self.lines.partition_point(|(start, _, _)| *start <= at);
        match index.checked_sub(1).map(|i| self.lines[i]) {
            Some((start, line, true)) => {
                line + self.text[start..at].matches('\n').count()
            }
            Some((_, line, false)) => line,
            None => 1,
        }
    }
}

/// Writes out every directive of a chapter.
pub fn expand(workspace: &Workspace, chapter: &Chapter) -> Expanded {
    let mut writer = Writer::new(workspace, chapter);
    let mut out = Expanded {
        text: String::new(),
        problems: Vec::new(),
        lines: vec![(0, 1, true)],
    };
    let mut done = 0;
    for directive in &chapter.directives {
        let start = directive.range.start;
        out.text.push_str(&chapter.text[done..start]);
        let line = chapter.line(start);
        out.lines.push((out.text.len(), line, false));
        match writer.directive(directive) {
            Ok(text) => push_indented(&mut out.text, &text),
            Err(error) => {
                out.text.push_str(&problem_box(directive, &error));
                out.problems.push(Problem::new(&chapter.file, line, error));
            }
        }
        done = directive.range.end;
        out.lines.push((out.text.len(), chapter.line(done), true));
    }
    out.text.push_str(&chapter.text[done..]);
    out
}

/// What stands where a directive failed, in a draft.
fn problem_box(directive: &Directive, error: &str) -> String {
    let tag = if directive.is_block() { "div" } else { "span" };
    format!("<{tag} class=\"problem\">{}</{tag}>", escape(error).replace("{{", "{ {"))
}

/// Adds a block that may stand in a list: its lines get the indent of the directive.
fn push_indented(out: &mut String, block: &str) {
    let last = out.rsplit('\n').next().unwrap_or("");
    let indent: String =
        if last.trim().is_empty() { last.to_string() } else { String::new() };
    let mut lines = block.split('\n');
    out.push_str(lines.next().unwrap_or(""));
    for line in lines {
        out.push('\n');
        if !line.is_empty() {
            out.push_str(&indent);
        }
        out.push_str(line);
    }
}

struct Writer<'a> {
    workspace: &'a Workspace,
    chapter: &'a Chapter,
    records: BTreeMap<u32, Result<Record, String>>,
    benches: BTreeMap<(u32, On), Result<Bench, String>>,
    /// The .wasm files that the page holds already.
    embedded: BTreeSet<String>,
    works: Option<Result<BTreeMap<String, String>, String>>,
}

impl<'a> Writer<'a> {
    fn new(workspace: &'a Workspace, chapter: &'a Chapter) -> Self {
        let (records, benches) = (BTreeMap::new(), BTreeMap::new());
        let (embedded, works) = (BTreeSet::new(), None);
        Writer { workspace, chapter, records, benches, embedded, works }
    }

    fn directive(&mut self, directive: &Directive) -> Result<String, String> {
        if let Some(fault) = &directive.fault {
            return Err(fault.clone());
        }
        let start = directive.range.start;
        if directive.is_block() && self.chapter.html.iter().any(|r| r.contains(&start))
        {
            return Err("leave an empty line between the HTML above and this".into());
        }
        match directive.name.as_str() {
            "code" => self.code(directive),
            "broken" => self.broken(directive),
            "transcript" => self.transcript(directive),
            "figure" => self.figure(directive),
            "frames" => self.frames(directive),
            "live" => self.live(directive),
            "exercise" => self.exercise(directive),
            "exercises" => self.exercises(),
            _ => {
                let maths = self.chapter.maths.iter().any(|r| r.contains(&start));
                let place = if maths { Place::Maths } else { Place::Prose };
                let before = self.chapter.prose.get(..start).unwrap_or("");
                self.inline(directive, place, before)
            }
        }
    }

    fn inline(
        &mut self,
        directive: &Directive,
        place: Place,
        before: &str,
    ) -> Result<String, String> {
        if let Some(fault) = &directive.fault {
            return Err(fault.clone());
        }
        match directive.name.as_str() {
            "value" | "full" | "spread" | "lowest" | "highest" => {
                self.number(directive, place)
            }
            "bench" => {
                let [name, how] = directive.words("NAME FORMAT")?;
                let (lesson, on, name) = bench::target(name)?;
                self.bench(lesson, on)?.number(name, how, place)
            }
            "machine" => self.machine(directive),
            "ref" => self.work(directive, before),
            "fig" => {
                let [name] = directive.words("NAME")?;
                let number = self.chapter.figure_number(name);
                let number =
                    number.ok_or(format!("this chapter has no figure `{name}`"))?;
                Ok(format!("[Figure {number}](#{})", figure_id(&number)))
            }
            name => Err(format!("{{{{#{name}}}}} cannot stand here")),
        }
    }

    /// Expands the directives inside a caption or a text alternative.
    fn line(&mut self, text: &str) -> Result<String, String> {
        let mut out = String::new();
        let mut done = 0;
        for directive in directives::find(text, &[]) {
            out.push_str(&text[done..directive.range.start]);
            let before = &text[..directive.range.start];
            let dollars = before.matches('$').count();
            let place = if dollars % 2 == 1 { Place::Maths } else { Place::Prose };
            out.push_str(&self.inline(&directive, place, before)?);
            done = directive.range.end;
        }
        Ok(out + &text[done..])
    }

    fn lesson(&self) -> Result<u32, String> {
        self.chapter.lesson.ok_or("this page is not a lesson and has no run".into())
    }

    fn record(&mut self, lesson: u32) -> Result<&Record, String> {
        let workspace = self.workspace;
        let record = self
            .records
            .entry(lesson)
            .or_insert_with(|| Record::load(workspace, lesson));
        record.as_ref().map_err(Clone::clone)
    }

    /// A recorded benchmark, of this lesson if none is named.
    fn bench(&mut self, lesson: Option<u32>, on: On) -> Result<&Bench, String> {
        let lesson = lesson.map_or_else(|| self.lesson(), Ok)?;
        let workspace = self.workspace;
        let bench = self
            .benches
            .entry((lesson, on))
            .or_insert_with(|| Bench::load(workspace, lesson, on));
        bench.as_ref().map_err(Clone::clone)
    }

    /// `{{#machine}}`, `{{#machine gpu}}`: where and when a benchmark ran.
    fn machine(&mut self, directive: &Directive) -> Result<String, String> {
        let on = match directive.words.as_slice() {
            [] => On::Cpu,
            [word] if word == "gpu" => On::Gpu,
            _ => return Err("write it as {{#machine}} or {{#machine gpu}}".into()),
        };
        Ok(escape(&self.bench(None, on)?.origin()))
    }

    /// `{{#value name format}}` and its kin; `lesson05.name` on other pages.
    fn number(
        &mut self,
        directive: &Directive,
        place: Place,
    ) -> Result<String, String> {
        let [name, how] = directive.words("NAME FORMAT")?;
        let (lesson, name) = match name.split_once('.') {
            Some((lesson, name)) => {
                let number = lesson.strip_prefix("lesson").and_then(|n| n.parse().ok());
                (number.ok_or(format!("`{lesson}` is not a lesson"))?, name)
            }
            None => (self.lesson()?, name),
        };
        let record = self.record(lesson)?;
        let (table, found) = match directive.name.as_str() {
            "value" => ("plain", record.plain.get(name).map(|v| v.value)),
            "full" => ("full", record.full.get(name).map(|v| v.mean)),
            "lowest" => ("full", record.full.get(name).and_then(Spread::lowest)),
            "highest" => ("full", record.full.get(name).and_then(Spread::highest)),
            _ => ("full", record.full.get(name).map(|v| v.spread)),
        };
        let value = found.ok_or_else(|| {
            format!("the recorded {table} run of lesson {lesson} has no value `{name}`")
        })?;
        runs::format(value, how, place)
    }

    /// "Rosenblatt (1958)", or "Rosenblatt 1958" inside parentheses.
    fn work(&mut self, directive: &Directive, before: &str) -> Result<String, String> {
        let [id] = directive.words("ID")?;
        let workspace = self.workspace;
        let works = self.works.get_or_insert_with(|| bibliography::load(workspace));
        let works = works.as_ref().map_err(|error| error.clone())?;
        let label =
            works.get(id).ok_or(format!("the bibliography has no entry `{id}`"))?;
        let sentence = before.rsplit("\n\n").next().unwrap_or("");
        let inside = sentence.matches('(').count() > sentence.matches(')').count();
        let label = if inside { label.replace(['(', ')'], "") } else { label.clone() };
        Ok(format!("[{label}](bibliography.md#{id})"))
    }

    /// The lines of an anchor: `path:anchor`.
    fn lines(&self, target: &str) -> Result<(String, String), String> {
        let (path, anchor) = target
            .split_once(':')
            .ok_or("name the file and the anchor: path:anchor".to_string())?;
        let source = self.workspace.read(path)?;
        let lines = anchors::extract(&source, anchor);
        lines.map(|code| (path.to_string(), code)).map_err(|e| format!("{path}: {e}"))
    }

    fn code(&self, directive: &Directive) -> Result<String, String> {
        let [target] = directive.words("path:anchor")?;
        let (path, code) = self.lines(target)?;
        if path.ends_with(".rs") && !self.workspace.is_compiled(&path) {
            return Err(format!("`{path}` is part of no program or library of ours"));
        }
        // That the PTX is of this source is a test's business: `tests/gpu`.
        let ptx = path.strip_suffix(".cu").map(|stem| format!("{stem}.ptx"));
        if let Some(ptx) = ptx.filter(|ptx| !self.workspace.exists(ptx)) {
            return Err(format!("`{path}` is not compiled: there is no `{ptx}`"));
        }
        Ok(listing("listing", &escape(&path), language(&path)?, &code))
    }

    fn broken(&self, directive: &Directive) -> Result<String, String> {
        let [target, error] = directive.words("path:anchor E0000")?;
        let (path, code) = self.lines(target)?;
        let folder = format!("lessons/lesson{:02}/broken/", self.lesson()?);
        if !path.starts_with(&folder) {
            return Err(format!("broken code lies in {folder}"));
        }
        if !super::broken::is_code(error) {
            return Err(format!("`{error}` is not an error code like E0502"));
        }
        let file = format!(
            "{} <span class=\"listing-note\">does not compile: {error}</span>",
            escape(&path)
        );
        Ok(listing("listing broken", &file, language(&path)?, &code))
    }

    fn transcript(&mut self, directive: &Directive) -> Result<String, String> {
        let [] = directive.words("")?;
        let lesson = self.lesson()?;
        let path = runs::transcript_path(lesson);
        let text = self.workspace.read(&path)?;
        let record = self.record(lesson)?;
        recorded(record, &format!("runs/lesson{lesson:02}.transcript.txt"))?;
        let first = text.lines().next().unwrap_or("");
        if first != format!("$ {}", record.command) {
            return Err(format!(
                "{path}: the first line is not `$ {}`",
                record.command
            ));
        }
        let fence = fence(&text);
        let text = text.trim_end();
        Ok(format!(
            "<div class=\"transcript\">\n\n{fence}console\n{text}\n{fence}\n\n</div>\n"
        ))
    }

    /// A drawing of this lesson, ready for the page.
    fn drawing(
        &mut self,
        name: &str,
        id: &str,
        alt: &str,
    ) -> Result<figures::Inline, String> {
        let lesson = self.lesson()?;
        let path = format!("figures/lesson{lesson:02}/{name}.svg");
        let svg = self.workspace.read(&format!("book/src/{path}"))?;
        recorded(self.record(lesson)?, &path)?;
        figures::inline(&svg, id, alt)
            .map_err(|error| format!("book/src/{path}: {error}"))
    }

    /// Number, text alternative and caption of a figure.
    fn labels(
        &mut self,
        directive: &Directive,
    ) -> Result<(String, String, String), String> {
        let [name] = directive.words("NAME")?;
        let alt = self.line(directive.field("alt")?)?;
        if alt.contains(['$', '`', '<', '[']) {
            return Err(
                "`alt:` is read aloud: plain words, no maths and no markup".into()
            );
        }
        let caption = self.line(directive.field("caption")?)?;
        let twice =
            self.chapter.figures.iter().filter(|known| *known == name).count() > 1;
        if twice {
            return Err(format!("figure `{name}` stands in this chapter twice"));
        }
        let number = self.chapter.figure_number(name);
        Ok((number.ok_or("figures belong to lessons")?, alt, caption))
    }

    fn figure(&mut self, directive: &Directive) -> Result<String, String> {
        let (number, alt, caption) = self.labels(directive)?;
        let id = figure_id(&number);
        let drawing = self.drawing(&directive.words[0], &id, &alt)?;
        if !drawing.frames.is_empty() {
            return Err(format!(
                "`{}` has frames: use {{{{#frames}}}}",
                directive.words[0]
            ));
        }
        let svg = format!("<div class=\"figure-box\">{}</div>", drawing.svg);
        Ok(figure_html(&id, "figure", &svg, &number, &caption))
    }

    fn frames(&mut self, directive: &Directive) -> Result<String, String> {
        let (number, alt, caption) = self.labels(directive)?;
        let id = figure_id(&number);
        let drawing = self.drawing(&directive.words[0], &id, &alt)?;
        let last = drawing.frames.len().saturating_sub(1);
        if last == 0 {
            return Err(format!("`{}` has fewer than two frames", directive.words[0]));
        }
        let label = escape(&drawing.frames[last]);
        let inside = format!(
            "<div class=\"figure-box\">{}</div>\n\
             <div class=\"frames-controls\" hidden>\n\
             <button type=\"button\" class=\"frames-play\" aria-label=\"Play\">\
             Play</button>\n\
             <input type=\"range\" min=\"0\" max=\"{last}\" value=\"{last}\" \
             step=\"1\" aria-label=\"Frame of figure {number}\">\n\
             <output class=\"frames-label\">{label}</output>\n\
             </div>",
            drawing.svg
        );
        Ok(figure_html(&id, "figure frames", &inside, &number, &caption))
    }

    fn live(&mut self, directive: &Directive) -> Result<String, String> {
        let (number, alt, caption) = self.labels(directive)?;
        let id = figure_id(&number);
        let path = format!("book/live/{}.html", directive.words[0]);
        let fragment = self.workspace.read(&path)?;
        let fragment = self.with_wasm(&fragment).map_err(|e| format!("{path}: {e}"))?;
        let lines: Vec<&str> =
            fragment.lines().filter(|l| !l.trim().is_empty()).collect();
        let still =
            self.drawing(directive.field("still")?, &format!("{id}-still"), &alt)?;
        let inside = format!(
            "<div class=\"live-box\" role=\"group\" aria-label=\"{}\">\n{}\n</div>\n\
             <noscript><div class=\"figure-box\">{}</div></noscript>",
            escape(&alt),
            lines.join("\n"),
            still.svg
        );
        Ok(figure_html(&id, "figure live", &inside, &number, &caption))
    }

    /// `{{wasm NAME.wasm}}` in a fragment stands for that file of book/live, in base64;
    /// for nothing where an earlier fragment of the page holds it.
    fn with_wasm(&mut self, fragment: &str) -> Result<String, String> {
        let mut out = String::new();
        let mut rest = fragment;
        while let Some((before, after)) = rest.split_once("{{wasm ") {
            let (name, tail) =
                after.split_once("}}").ok_or("{{wasm is never closed")?;
            let name = name.trim();
            if name.contains(['/', '\\']) || !name.ends_with(".wasm") {
                return Err(format!("`{name}` is not a .wasm file of book/live"));
            }
            let path = self.workspace.root().join("book/live").join(name);
            let bytes =
                std::fs::read(path).map_err(|error| format!("{name}: {error}"))?;
            out.push_str(before);
            if self.embedded.insert(name.to_string()) {
                out.push_str(&base64(&bytes));
            }
            rest = tail;
        }
        Ok(out + rest)
    }

    fn exercise(&self, directive: &Directive) -> Result<String, String> {
        let [number] = directive.words("5.1")?;
        let lesson = self.lesson()?;
        let all = exercises::load(self.workspace, lesson)?;
        let path = exercises::path(lesson);
        let exercise = all.iter().find(|e| e.number == number);
        let exercise = exercise.ok_or(format!("{path} has no exercise {number}"))?;
        if let Some(language) = exercises::foreign_fence(&exercise.doc) {
            return Err(format!(
                "{path}: the doc comment of {number} holds a ```{language} block that \
                 no compiler reads; only ```text may stand there"
            ));
        }
        let id = exercise_id(number);
        let name = &exercise.name;
        Ok(format!(
            "<section class=\"exercise\">\n\n\
             ### Exercise {number}: `{name}` {{#{id}}}\n\n{doc}\n\
             ```rust\n{signature}\n```\n\n\
             <p class=\"exercise-how\">Write it in <code>{path}</code>. Check it with \
             <code>cargo test --test lesson{lesson:02} {name}</code>. Stuck? \
             <code>cargo workbook hint {number}</code></p>\n\n</section>\n",
            doc = exercises::to_markdown(&exercise.doc),
            signature = exercise.signature,
        ))
    }

    /// The index of all exercises, lesson by lesson.
    fn exercises(&self) -> Result<String, String> {
        let mut out =
            String::from("| exercise | function | what it does |\n|---|---|---|\n");
        for lesson in self.workspace.lessons() {
            for e in exercises::load(self.workspace, lesson)? {
                let first = exercises::to_markdown(&e.doc);
                let first = first.split("\n\n").next().unwrap_or("");
                let first = first.split_whitespace().collect::<Vec<_>>().join(" ");
                let first = first.split_inclusive(". ").next().unwrap_or("").trim();
                out.push_str(&format!(
                    "| [{n}](lesson{lesson:02}.md#{id}) | `{name}` | {what} |\n",
                    n = e.number,
                    id = exercise_id(&e.number),
                    name = e.name,
                    what = first.replace('|', "\\|"),
                ));
            }
        }
        Ok(out)
    }
}

/// A file that the recorded run wrote.
fn recorded(record: &Record, path: &str) -> Result<(), String> {
    match record.files.contains_key(path) {
        true => Ok(()),
        false => Err(format!("book/src/{path} was not written by the recorded run")),
    }
}

fn figure_id(number: &str) -> String {
    format!("figure-{}", number.replace('.', "-"))
}

/// The id of an exercise in its chapter.
pub fn exercise_id(number: &str) -> String {
    format!("exercise-{}", number.replace('.', "-"))
}

fn figure_html(
    id: &str,
    class: &str,
    inside: &str,
    number: &str,
    caption: &str,
) -> String {
    format!(
        "<figure class=\"{class}\" id=\"{id}\">\n{inside}\n<figcaption>\n\n\
         **Figure {number}.** {caption}\n\n</figcaption>\n</figure>\n"
    )
}

fn listing(class: &str, file: &str, language: &str, code: &str) -> String {
    let fence = fence(code);
    format!(
        "<div class=\"{class}\">\n<div class=\"listing-file\">{file}</div>\n\n\
         {fence}{language}\n{code}{fence}\n\n</div>\n"
    )
}

/// A fence longer than any run of backticks inside.
fn fence(code: &str) -> String {
    let mut longest = 0;
    let mut run = 0;
    for c in code.chars() {
        run = if c == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    "`".repeat(3.max(longest + 1))
}

/// The language of a source, for its colors.
fn language(path: &str) -> Result<&'static str, String> {
    match path.rsplit('.').next() {
        Some("rs") => Ok("rust"),
        Some("cu") => Ok("cpp"),
        Some("ptx") => Ok("text"),
        Some("toml") => Ok("toml"),
        Some("py") => Ok("python"),
        _ => Err(format!("`{path}` is not a source file")),
    }
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] =
        b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let byte = |i: usize| u32::from(three.get(i).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for i in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * i)) as usize & 63];
            out.push(if i <= three.len() { char::from(letter) } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{base64, fence, push_indented};

    #[test]
    fn base64_of_the_standard() {
        for (plain, coded) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
        ] {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
    }

    #[test]
    fn fences_are_long_enough() {
        assert_eq!(fence("a ` b"), "```");
        assert_eq!(fence("a ``` b"), "````");
    }

    #[test]
    fn blocks_keep_the_indent_of_a_list() {
        let mut out = String::from("- item\n\n  ");
        push_indented(&mut out, "a\n\nb");
        assert_eq!(out, "- item\n\n  a\n\n  b");
    }
}
