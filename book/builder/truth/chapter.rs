//! A chapter cut into prose, code, maths and directives.

use super::directives::{self, Directive};
use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};
use std::ops::Range;

/// A page of the book and what it is made of. All ranges are byte offsets into `text`.
pub struct Chapter {
    /// Its name in `SUMMARY.md`, as in `lesson05.md`.
    pub page: String,
    /// Its file, from the root of the repository.
    pub file: String,
    /// The number of its lesson; none for the preface and the appendices.
    pub lesson: Option<u32>,
    /// The Markdown, as written.
    pub text: String,
    /// The directives in it, in order.
    pub directives: Vec<Directive>,
    /// The figures, numbered from 1 in this order.
    pub figures: Vec<String>,
    /// Blocks of code.
    pub code: Vec<Code>,
    /// Headings.
    pub headings: Vec<Heading>,
    /// Maths, dollar signs included.
    pub maths: Vec<Range<usize>>,
    /// Blocks of HTML.
    pub html: Vec<Range<usize>>,
    /// The contents of HTML comments.
    pub comments: Vec<Range<usize>>,
    /// Pictures in Markdown's own form.
    pub images: Vec<usize>,
    /// The prose alone: as long as `text`, with spaces for everything else.
    pub prose: String,
    /// Titles of works, that is, what is emphasized: as long as `text`.
    pub emphasis: Vec<Range<usize>>,
}

/// A block of code in a chapter.
pub struct Code {
    /// The whole block.
    pub range: Range<usize>,
    /// What stands inside.
    pub inside: Range<usize>,
    /// The first word after the fence; none for indented code.
    pub language: Option<String>,
}

/// A heading of a chapter.
pub struct Heading {
    /// 1 to 6.
    pub level: usize,
    /// Its text.
    pub text: String,
    /// Where it stands.
    pub at: usize,
}

/// The Markdown that mdBook reads, with maths.
pub fn markdown_options() -> Options {
    Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_HEADING_ATTRIBUTES
        | Options::ENABLE_DEFINITION_LIST
        | Options::ENABLE_GFM
        | Options::ENABLE_MATH
}

impl Chapter {
    /// Reads a page.
    pub fn new(page: &str, text: String) -> Self {
        let number = page.strip_prefix("lesson").and_then(|p| p.strip_suffix(".md"));
        let directives = directives::find(&text, &verbatim(&text));
        let figures = directives
            .iter()
            .filter(|d| matches!(d.name.as_str(), "figure" | "frames" | "live"))
            .map(|d| d.words.first().cloned().unwrap_or_default())
            .collect();
        let mut chapter = Chapter {
            page: page.into(),
            file: format!("book/src/{page}"),
            lesson: number.and_then(|n| n.parse().ok()),
            directives,
            figures,
            code: Vec::new(),
            headings: Vec::new(),
            maths: Vec::new(),
            html: Vec::new(),
            comments: Vec::new(),
            images: Vec::new(),
            emphasis: Vec::new(),
            prose: String::new(),
            text,
        };
        chapter.cut();
        chapter
    }

    /// The line of an offset, from 1.
    pub fn line(&self, at: usize) -> usize {
        super::line_of(&self.text, at)
    }

    /// `lesson05` for `lesson05.md`.
    pub fn stem(&self) -> &str {
        self.page.trim_end_matches(".md")
    }

    /// The number of a figure of this chapter, as in `5.2`.
    pub fn figure_number(&self, name: &str) -> Option<String> {
        let index = self.figures.iter().position(|known| known == name)? + 1;
        Some(format!("{}.{index}", self.lesson?))
    }

    /// The text with every directive blotted out, at the same offsets.
    fn blotted(&self) -> String {
        let mut bytes = self.text.clone().into_bytes();
        for directive in &self.directives {
            for byte in &mut bytes[directive.range.clone()] {
                if *byte != b'\n' {
                    *byte = b'G';
                }
            }
        }
        String::from_utf8(bytes).unwrap_or_default()
    }

    fn cut(&mut self) {
        let blotted = self.blotted();
        let mut prose: Vec<u8> =
            blotted.bytes().map(|b| if b == b'\n' { b'\n' } else { b' ' }).collect();
        let mut show = |range: Range<usize>| {
            prose[range.clone()].copy_from_slice(&blotted.as_bytes()[range]);
        };
        let mut code: Option<Code> = None;
        let mut heading: Option<Heading> = None;
        for (event, range) in
            Parser::new_ext(&blotted, markdown_options()).into_offset_iter()
        {
            match event {
                Event::Start(Tag::CodeBlock(kind)) => {
                    let language = match kind {
                        CodeBlockKind::Fenced(info) => Some(
                            info.split([' ', ',']).next().unwrap_or("").to_string(),
                        ),
                        CodeBlockKind::Indented => None,
                    };
                    let inside = range.start..range.start;
                    code = Some(Code { range, inside, language });
                }
                Event::End(TagEnd::CodeBlock) => self.code.extend(code.take()),
                Event::Start(Tag::Heading { level, .. }) => {
                    let level = level as usize;
                    heading =
                        Some(Heading { level, text: String::new(), at: range.start });
                }
                Event::End(TagEnd::Heading(_)) => self.headings.extend(heading.take()),
                Event::Start(Tag::HtmlBlock) => {
                    self.html.push(range.clone());
                    for text in html_text(&blotted, range, &mut self.comments) {
                        show(text);
                    }
                }
                Event::InlineHtml(_) => {
                    html_text(&blotted, range, &mut self.comments);
                }
                Event::Start(Tag::Image { .. }) => self.images.push(range.start),
                Event::Start(Tag::Emphasis) => self.emphasis.push(range),
                Event::InlineMath(_) | Event::DisplayMath(_) => self.maths.push(range),
                Event::Text(text) => {
                    if let Some(code) = &mut code {
                        if code.inside.is_empty() {
                            code.inside = range.clone();
                        }
                        code.inside.end = range.end;
                    } else if *text == blotted[range.clone()] {
                        show(range);
                    }
                    if let Some(heading) = &mut heading {
                        heading.text.push_str(&text);
                    }
                }
                Event::Code(text) => {
                    if let Some(heading) = &mut heading {
                        heading.text.push_str(&text);
                    }
                }
                _ => {}
            }
        }
        // What a `text` fence holds is read like prose: no number slips in there.
        for code in self.code.iter().filter(|c| c.language.as_deref() == Some("text")) {
            show(code.inside.clone());
        }
        self.prose = String::from_utf8(prose).unwrap_or_default();
    }
}

/// Where a `{{#` means nothing: code and comments.
fn verbatim(text: &str) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    for (event, range) in Parser::new_ext(text, markdown_options()).into_offset_iter() {
        match event {
            Event::Start(Tag::CodeBlock(_)) | Event::Code(_) => ranges.push(range),
            Event::Start(Tag::HtmlBlock) | Event::InlineHtml(_) => {
                html_text(text, range, &mut ranges);
            }
            _ => {}
        }
    }
    ranges
}

/// The text between the tags of a piece of HTML, without what stands between dollar
/// signs or backticks; the contents of comments are added to `comments`.
fn html_text(
    text: &str,
    range: Range<usize>,
    comments: &mut Vec<Range<usize>>,
) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = range.start;
    while at < range.end {
        let rest = &text[at..range.end];
        if let Some(inside) = rest.strip_prefix("<!--") {
            let length = inside.find("-->").unwrap_or(inside.len());
            comments.push(at + 4..at + 4 + length);
            at += (length + 7).min(rest.len());
            continue;
        }
        let first = rest.chars().next().unwrap_or(' ');
        let close = match first {
            '<' => Some('>'),
            '$' | '`' => Some(first),
            _ => None,
        };
        let length = match close {
            Some(close) => rest[1..].find(close).map_or(1, |i| i + 2),
            None => rest.find(['<', '$', '`']).unwrap_or(rest.len()),
        };
        if close.is_none() {
            found.push(at..at + length);
        }
        at += length;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::Chapter;

    const TEXT: &str = "\
# 5. Training

Prose 1.5 and `code 2.5` and $3.5 x$ and {{#value a percent:1}} at 50\\%.

```text
inside 4.5
```

<!-- hidden 5.5 -->
<details><summary>Is $6.5$ or `7.5` or 8.5 right?</summary>

Answer 9.5.

</details>

`{{#value not_one int}}`
";

    #[test]
    fn cuts_prose_from_the_rest() {
        let chapter = Chapter::new("lesson05.md", TEXT.into());
        assert_eq!(chapter.lesson, Some(5));
        assert_eq!(chapter.prose.len(), TEXT.len());
        for shown in ["1.5", "4.5", "8.5", "9.5", "Training"] {
            assert!(chapter.prose.contains(shown), "{shown} in {}", chapter.prose);
        }
        for hidden in ["2.5", "3.5", "5.5", "6.5", "7.5", "value", "summary"] {
            assert!(!chapter.prose.contains(hidden), "{hidden} in {}", chapter.prose);
        }
        assert_eq!(chapter.directives.len(), 1);
        assert_eq!(chapter.maths.len(), 1);
        assert_eq!(chapter.headings[0].text, "5. Training");
        assert_eq!(&TEXT[chapter.comments[0].clone()], " hidden 5.5 ");
        assert_eq!(chapter.code[0].language.as_deref(), Some("text"));
    }
}
