//! LaTeX becomes MathML when the book is built, so that a page needs no script for it.

use crate::truth::chapter::markdown_options;
use crate::truth::escape;
use math_core::{LatexToMathML, MathCoreConfig, MathDisplay};
use pulldown_cmark::{Event, Parser, Tag, TagEnd};
use std::fmt::Write;
use std::ops::Range;

/// A formula that could not be converted.
#[derive(Debug, PartialEq, Eq)]
pub struct BadFormula {
    /// Where it stands in the text.
    pub at: usize,
    /// What was written.
    pub formula: String,
    /// What is wrong with it.
    pub error: String,
}

/// The five colors with a meaning: macro, class, and a color that only marks the place
/// until the class takes over.
const ROLES: [(&str, &str); 5] = [
    ("data", "0072B2"),
    ("weights", "E69F00"),
    ("act", "009E73"),
    ("grad", "D55E00"),
    ("loss", "CC79A7"),
];

/// Converts formulas.
pub struct Maths {
    latex: LatexToMathML,
}

impl Maths {
    /// A converter with the macros of this book.
    pub fn new() -> Result<Self, String> {
        let mut macros: Vec<(String, String)> = ROLES
            .iter()
            .map(|(role, color)| {
                (role.to_string(), format!(r"{{\color[HTML]{{{color}}}#1}}"))
            })
            .collect();
        macros.push(("R".into(), r"\mathbb{R}".into()));
        macros.push(("argmax".into(), r"\operatorname*{arg\,max}".into()));
        macros.push(("argmin".into(), r"\operatorname*{arg\,min}".into()));
        let config = MathCoreConfig { macros, ..MathCoreConfig::default() };
        let latex = LatexToMathML::new(config);
        latex
            .map(|latex| Maths { latex })
            .map_err(|(error, _, text)| format!("{text}: {error}"))
    }

    /// One formula as MathML.
    pub fn formula(&self, latex: &str, display: bool) -> Result<String, String> {
        let how = if display { MathDisplay::Block } else { MathDisplay::Inline };
        let result = self.latex.convert_with_local_state(latex.trim(), how);
        let mut mathml = result.map_err(|error| error.error_message())?.mathml;
        for (role, color) in ROLES {
            let style = format!("style=\"color:#{};\"", color.to_lowercase());
            mathml = mathml.replace(&style, &format!("class=\"role-{role}\""));
        }
        Ok(mathml)
    }

    /// Replaces every `$..$` and `$$..$$` of a Markdown text.
    pub fn render(&self, text: &str) -> (String, Vec<BadFormula>) {
        let mut out = String::with_capacity(text.len() * 2);
        let mut bad = Vec::new();
        let mut done = 0;
        let mut replace = |range: Range<usize>, with: String| {
            out.push_str(&text[done..range.start]);
            out.push_str(&with);
            done = range.end;
        };
        for (event, range) in
            Parser::new_ext(text, markdown_options()).into_offset_iter()
        {
            match event {
                Event::InlineMath(latex) => {
                    let html = self.spliced(&latex, false, range.start, &mut bad);
                    replace(range, html);
                }
                Event::DisplayMath(latex) => {
                    let html = self.spliced(&latex, true, range.start, &mut bad);
                    replace(range, html);
                }
                Event::Start(Tag::HtmlBlock) => {
                    for question in summaries(text, range) {
                        let html = self.inline(
                            &text[question.clone()],
                            question.start,
                            &mut bad,
                        );
                        replace(question, html);
                    }
                }
                _ => {}
            }
        }
        out.push_str(&text[done..]);
        (out, bad)
    }

    fn spliced(
        &self,
        latex: &str,
        display: bool,
        at: usize,
        bad: &mut Vec<BadFormula>,
    ) -> String {
        match self.formula(latex, display) {
            Ok(mathml) if display => {
                format!("<span class=\"math-block\">{}</span>", spliceable(&mathml))
            }
            Ok(mathml) => spliceable(&mathml),
            Err(error) => {
                let formula = latex.split_whitespace().collect::<Vec<_>>().join(" ");
                let html =
                    format!("<span class=\"problem\">{}</span>", escape(&formula));
                bad.push(BadFormula { at, formula, error });
                spliceable(&html)
            }
        }
    }

    /// The line of Markdown inside a `<summary>`, which Markdown itself leaves alone.
    fn inline(&self, line: &str, at: usize, bad: &mut Vec<BadFormula>) -> String {
        let mut out = String::new();
        for (event, range) in
            Parser::new_ext(line, markdown_options()).into_offset_iter()
        {
            match event {
                Event::Text(text) => out.push_str(&escape(&text)),
                Event::Code(text) => {
                    let _ = write!(out, "<code>{}</code>", escape(&text));
                }
                Event::InlineMath(latex) | Event::DisplayMath(latex) => {
                    out.push_str(&self.spliced(&latex, false, at + range.start, bad));
                }
                Event::Start(Tag::Emphasis) => out.push_str("<em>"),
                Event::End(TagEnd::Emphasis) => out.push_str("</em>"),
                Event::Start(Tag::Strong) => out.push_str("<strong>"),
                Event::End(TagEnd::Strong) => out.push_str("</strong>"),
                Event::InlineHtml(html) | Event::Html(html) => out.push_str(&html),
                Event::SoftBreak | Event::HardBreak => out.push(' '),
                _ => {}
            }
        }
        out
    }
}

/// What stands between `<summary>` and `</summary>` in a block of HTML.
fn summaries(text: &str, range: Range<usize>) -> Vec<Range<usize>> {
    const OPEN: &str = "<summary>";
    let html = &text[range.clone()];
    let mut found = Vec::new();
    for (at, _) in html.match_indices(OPEN) {
        let start = at + OPEN.len();
        if let Some(length) = html[start..].find("</summary>") {
            found.push(range.start + start..range.start + start + length);
        }
    }
    found
}

/// MathML that can stand in a line of Markdown: between its tags, every character that
/// Markdown might read as its own becomes an entity.
fn spliceable(mathml: &str) -> String {
    let mut out = String::with_capacity(mathml.len() + 64);
    let mut in_tag = false;
    let mut in_entity = false;
    for c in mathml.chars() {
        match c {
            '<' => in_tag = true,
            '&' if !in_tag => in_entity = true,
            _ => {}
        }
        let plain = in_tag || in_entity || !c.is_ascii_punctuation();
        match c {
            '\n' => out.push(' '),
            c if plain => out.push(c),
            c => {
                let _ = write!(out, "&#{};", u32::from(c));
            }
        }
        match c {
            '>' if in_tag => in_tag = false,
            ';' if in_entity => in_entity = false,
            _ => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{Maths, spliceable};

    #[test]
    fn formulas_become_mathml() {
        let maths = Maths::new().unwrap();
        let (text, bad) =
            maths.render("So $w_i \\cdot x'$ and\n\n$$\\sum_{i=1}^n x_i$$\n");
        assert!(bad.is_empty(), "{bad:?}");
        assert!(text.starts_with("So <math><msub>"), "{text}");
        assert!(
            text.contains("<span class=\"math-block\"><math display=\"block\">"),
            "{text}"
        );
        assert!(!text.contains('$'));
    }

    #[test]
    fn roles_become_classes() {
        let maths = Maths::new().unwrap();
        for (latex, class) in [
            (r"\data{x}", "role-data"),
            (r"\weights{W}", "role-weights"),
            (r"\act{a}", "role-act"),
            (r"\grad{\nabla W}", "role-grad"),
            (r"\loss{L}", "role-loss"),
        ] {
            let mathml = maths.formula(latex, false).unwrap();
            assert!(mathml.contains(&format!("class=\"{class}\"")), "{mathml}");
            assert!(!mathml.contains("style="), "{mathml}");
        }
    }

    #[test]
    fn a_bad_formula_is_named() {
        let maths = Maths::new().unwrap();
        let (_, bad) = maths.render("fine $x$\n\nbad $\\frob{x}$\n");
        assert_eq!(bad.len(), 1);
        assert_eq!((bad[0].at, bad[0].formula.as_str()), (14, "\\frob{x}"));
        assert!(bad[0].error.contains("\\frob"), "{}", bad[0].error);
        assert_eq!(maths.render("$\\frac{1}{$").1.len(), 0, "not maths at all");
    }

    #[test]
    fn summaries_are_markdown_too() {
        let maths = Maths::new().unwrap();
        let text =
            "<details><summary>Is `a` *or* $b<c$ it?</summary>\n\nYes.\n\n</details>\n";
        let (text, bad) = maths.render(text);
        assert!(bad.is_empty());
        assert!(text.contains("Is <code>a</code> <em>or</em> <math>"), "{text}");
    }

    #[test]
    fn nothing_is_left_for_markdown_to_read() {
        assert_eq!(
            spliceable("<mo a=\"_\">*</mo>&lt;_"),
            "<mo a=\"_\">&#42;</mo>&lt;&#95;"
        );
    }
}
