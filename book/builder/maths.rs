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
            let style = format!("style=\"color:#{color};\"");
            mathml = mathml.replace(&style, &format!("class=\"role-{role}\""));
        }
        // A strut, so that the bar of a root stays clear of low letters.
        mathml =
            mathml.replace("<msqrt>", "<msqrt><mspace height=\"0.62em\"></mspace>");
        Ok(with_plain_primes(mathml))
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
                    let (html, end) =
                        self.in_sentence(text, &latex, range.clone(), &mut bad);
                    replace(range.start..end, html);
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

    /// A formula in a sentence, with the full stop that must not begin the next line.
    /// Also says where the text goes on.
    fn in_sentence(
        &self,
        text: &str,
        latex: &str,
        range: Range<usize>,
        bad: &mut Vec<BadFormula>,
    ) -> (String, usize) {
        let html = self.spliced(latex, false, range.start, bad);
        let stop = &text[range.end..range.end + closing(&text[range.end..])];
        let class = if width(&html) > WIDE { "formula wide" } else { "formula" };
        let html = format!("<span class=\"{class}\">{html}{}</span>", spliceable(stop));
        (html, range.end + stop.len())
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

/// The font draws a prime raised and small by itself; as a superscript it would be
/// raised and shrunk twice. `<msup>f<mo>′</mo></msup>` becomes
/// `<mrow>f<mi>′</mi></mrow>`.
fn with_plain_primes(mut mathml: String) -> String {
    const OPEN: &str = "<msup>";
    for prime in ["\u{2032}", "\u{2033}", "\u{2034}"] {
        let end = format!("<mo>{prime}</mo></msup>");
        while let Some(at) = mathml.find(&end) {
            let Some(open) = matching_open(&mathml[..at]) else { break };
            let plain = format!("<mi>{prime}</mi></mrow>");
            mathml.replace_range(at..at + end.len(), &plain);
            mathml.replace_range(open..open + OPEN.len(), "<mrow>");
        }
    }
    mathml
}

/// The `<msup>` that is still open at the end of the text.
fn matching_open(text: &str) -> Option<usize> {
    let mut closed: usize = 0;
    for (at, _) in text.rmatch_indices("msup>") {
        match &text[..at] {
            before if before.ends_with("</") => closed += 1,
            before if before.ends_with('<') && closed == 0 => return Some(at - 1),
            _ => closed = closed.saturating_sub(1),
        }
    }
    None
}

/// Characters that must not begin a line after a formula.
fn closing(rest: &str) -> usize {
    rest.find(|c| !".,;:!?)".contains(c)).unwrap_or(rest.len())
}

/// About how many characters a formula shows.
fn width(mathml: &str) -> usize {
    let text = mathml.split('<').filter_map(|piece| piece.split_once('>'));
    text.map(|(_, text)| text.chars().count()).sum()
}

/// A formula in a sentence wider than this scrolls in its own box on a small screen.
const WIDE: usize = 26;

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
        assert!(text.starts_with("So <span class=\"formula\"><math><msub>"), "{text}");
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
    fn a_full_stop_stays_with_its_formula() {
        let maths = Maths::new().unwrap();
        let (text, _) = maths.render("is $z$. The");
        assert!(text.ends_with("</math>&#46;</span> The"), "{text}");
        let (text, _) = maths.render("(see $z$)");
        assert!(text.ends_with("</math>&#41;</span>"), "{text}");
        let (text, _) = maths.render("$a+b+c+d+e+f+g+h+i+j+k+l+m+n+o+p$");
        assert!(text.starts_with("<span class=\"formula wide\">"), "{text}");
    }

    #[test]
    fn primes_are_raised_once() {
        let maths = Maths::new().unwrap();
        let mathml = maths.formula("f'(x^2) + (a^b)' + g''", false).unwrap();
        assert!(
            mathml.contains("<mrow><mi>f</mi><mi>\u{2032}</mi></mrow>"),
            "{mathml}"
        );
        assert!(
            mathml.contains("<mrow><mi>g</mi><mi>\u{2033}</mi></mrow>"),
            "{mathml}"
        );
        assert!(mathml.contains("<msup><mi>x</mi><mn>2</mn></msup>"), "{mathml}");
        for tag in ["msup", "mrow"] {
            let opened = mathml.matches(&format!("<{tag}>")).count();
            assert_eq!(
                opened,
                mathml.matches(&format!("</{tag}>")).count(),
                "{mathml}"
            );
        }
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
