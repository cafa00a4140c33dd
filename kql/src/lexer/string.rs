//! String literals: `'…'`, `"…"`, `@'…'`, ```` ```…``` ````, `~~~…~~~`, each with an optional `h` in front.

use super::{Scanner, TokenKind};
use crate::span::Span;

const FENCES: [&str; 2] = ["```", "~~~"];

impl Scanner<'_> {
    /// Reads a string, if one begins here. An unclosed one ends with its line (a fenced one with the text).
    pub(super) fn string(&mut self) -> Option<TokenKind> {
        let start = self.at;
        let obfuscated = self.eat("h") || self.eat("H");
        if let Some(fence) = FENCES
            .into_iter()
            .find(|fence| self.rest().starts_with(fence))
        {
            let value = self.fenced(fence);
            return Some(TokenKind::String { value, obfuscated });
        }
        let verbatim = self.eat("@");
        let Some(quote) = self.peek().filter(|c| matches!(c, '"' | '\'')) else {
            self.at = start;
            return None;
        };
        let value = if verbatim {
            self.verbatim(quote)
        } else {
            self.escaped(quote, EscapeSet::Kusto)
        };
        Some(TokenKind::String { value, obfuscated })
    }

    fn fenced(&mut self, fence: &str) -> String {
        let open = Span::new(self.at, self.at + fence.len());
        self.at = open.end;
        let rest = self.rest();
        let Some(length) = rest.find(fence) else {
            self.at = self.text.len();
            self.unclosed(open, fence);
            return rest.to_owned();
        };
        self.at += length + fence.len();
        rest[..length].to_owned()
    }

    /// `@"…"`: a quote is written twice, nothing else is special.
    fn verbatim(&mut self, quote: char) -> String {
        let open = Span::new(self.at, self.at + 1);
        self.at = open.end;
        let mut value = String::new();
        loop {
            value.push_str(self.skip_while(|c| c != quote && !is_line_end(c)));
            if self.peek() != Some(quote) {
                self.unclosed(open, &quote.to_string());
                return value;
            }
            self.at += 1;
            if self.peek() != Some(quote) {
                return value;
            }
            value.push(quote);
            self.at += 1;
        }
    }

    /// `"…"` with escapes.
    pub(super) fn escaped(&mut self, quote: char, set: EscapeSet) -> String {
        let open = Span::new(self.at, self.at + 1);
        self.at = open.end;
        let mut value = String::new();
        loop {
            value.push_str(self.skip_while(|c| c != quote && c != '\\' && !is_line_end(c)));
            match self.peek() {
                Some('\\') => self.escape(&mut value, set),
                Some(c) if c == quote => {
                    self.at += 1;
                    return value;
                }
                _ => {
                    self.unclosed(open, &quote.to_string());
                    return value;
                }
            }
        }
    }

    fn unclosed(&mut self, open: Span, quote: &str) {
        let error = self.error(
            "KS001",
            open,
            format!("the string is not closed: `{quote}` is missing"),
        );
        error.labels[0].text = "begins here".into();
    }

    /// Reads `\n`, `\u00e4`, `\101` …; the scanner stands at the backslash.
    fn escape(&mut self, value: &mut String, set: EscapeSet) {
        let start = self.at;
        self.at += 1;
        let Some(letter) = self.peek() else { return };
        if let Some((_, character)) = SIMPLE_ESCAPES.iter().find(|(name, _)| *name == letter) {
            self.at += 1;
            value.push(*character);
            return;
        }
        let coded = match letter {
            'x' => self.code(2),
            'u' => self.utf16(),
            'U' => self.code(8),
            '0'..='7' => self.octal(),
            '/' if set == EscapeSet::Json => {
                self.at += 1;
                Some(u32::from('/'))
            }
            _ => None,
        };
        if let Some(character) = coded.and_then(char::from_u32) {
            value.push(character);
            return;
        }
        if is_line_end(letter) {
            return;
        }
        if coded.is_none() {
            self.at = start + 1 + letter.len_utf8();
        }
        value.push_str(&self.text[start..self.at]);
        let span = Span::new(start, self.at);
        let message = format!("`{}` is not an escape", span.text(self.text));
        self.error("KS004", span, message).help =
            Some("write `\\\\` for a backslash, or put `@` before the string".into());
    }

    /// A letter and this many hexadecimal digits.
    fn code(&mut self, digits: usize) -> Option<u32> {
        let text = self.rest().get(1..=digits)?;
        let code = text
            .bytes()
            .all(|byte| byte.is_ascii_hexdigit())
            .then(|| u32::from_str_radix(text, 16).ok())??;
        self.at += 1 + digits;
        Some(code)
    }

    /// `uXXXX`, or two of them for a character beyond the first 65,536.
    fn utf16(&mut self) -> Option<u32> {
        let high = self.code(4)?;
        let behind = self.at;
        if (0xD800..0xDC00).contains(&high)
            && self.eat("\\")
            && self.rest().starts_with('u')
            && let Some(low) = self.code(4).filter(|low| (0xDC00..0xE000).contains(low))
        {
            return Some(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00));
        }
        self.at = behind;
        Some(high)
    }

    /// One to three octal digits, at most `377`.
    fn octal(&mut self) -> Option<u32> {
        let rest = self.rest();
        let length_max = if rest.starts_with(['0', '1', '2', '3']) {
            3
        } else {
            2
        };
        let length = rest
            .bytes()
            .take(length_max)
            .take_while(|byte| matches!(byte, b'0'..=b'7'))
            .count();
        self.at += length;
        u32::from_str_radix(&rest[..length], 8).ok()
    }
}

/// JSON inside of `dynamic(…)` knows `\/` as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EscapeSet {
    Kusto,
    Json,
}

const SIMPLE_ESCAPES: &[(char, char)] = &[
    ('\\', '\\'),
    ('\'', '\''),
    ('"', '"'),
    ('a', '\x07'),
    ('b', '\x08'),
    ('f', '\x0c'),
    ('n', '\n'),
    ('r', '\r'),
    ('t', '\t'),
    ('v', '\x0b'),
];

fn is_line_end(c: char) -> bool {
    matches!(c, '\n' | '\r')
}
