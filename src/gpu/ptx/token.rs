//! PTX text, cut into words, numbers and signs.

use super::Error;

/// A piece of PTX and the line on which it stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token<'a> {
    pub line: u32,
    pub piece: Piece<'a>,
}

/// What a piece is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// A name, an instruction, a directive or a number.
    Word(&'a str),
    /// What stands between quotation marks.
    Text(&'a str),
    /// One sign.
    Sign(char),
}

/// Cuts a text up; comments fall away.
pub(super) fn tokens(text: &str) -> Result<Vec<Token<'_>>, Error> {
    let (mut tokens, mut rest, mut line) = (Vec::new(), text, 1_u32);
    while let Some(first) = rest.chars().next() {
        let len = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            let end = rest.find("*/").ok_or_else(|| Error {
                line,
                message: "a comment without an end".into(),
            })?;
            end + 2
        } else if first == '"' {
            let end = rest[1..].find(['"', '\n']).map_or(rest.len(), |at| at + 1);
            if !rest[end.min(rest.len())..].starts_with('"') {
                let message = "a text without a closing quotation mark".into();
                return Err(Error { line, message });
            }
            let piece = Piece::Text(&rest[1..end]);
            tokens.push(Token { line, piece });
            end + 1
        } else if is_of_word(first) {
            let end = rest.find(|c| !is_of_word(c)).unwrap_or(rest.len());
            let piece = Piece::Word(&rest[..end]);
            tokens.push(Token { line, piece });
            end
        } else {
            if !first.is_whitespace() {
                let piece = Piece::Sign(first);
                tokens.push(Token { line, piece });
            }
            first.len_utf8()
        };
        line = line.saturating_add(rest[..len].matches('\n').count() as u32);
        rest = &rest[len..];
    }
    Ok(tokens)
}

fn is_of_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '$' | '%')
}
