//! `dynamic(…)`: JSON, with Kusto's literals and strings inside as well.

use super::{Scanner, TokenKind, is_white_space, string::EscapeSet};
use crate::span::Span;
use crate::time;
use crate::types::Value;
use std::fmt::Write;

/// Arrays and bags within each other.
const DEPTH_MAX: usize = 256;

impl Scanner<'_> {
    /// The literal behind the word `dynamic`, as compact JSON text. `None`, with nothing read, when no bracket follows.
    pub(super) fn dynamic(&mut self, start: usize) -> Option<Value> {
        let behind = self.at;
        self.skip_blank();
        if !self.eat("(") {
            self.at = behind;
            return None;
        }
        let mut json = String::new();
        let errors = self.diagnostics.len();
        let read = self.json(&mut json, 0).and_then(|()| {
            self.skip_blank();
            if self.eat(")") {
                Some(())
            } else {
                self.json_error("`)`")
            }
        });
        if read.is_some() {
            return Some(Value::Dynamic((json != "null").then_some(json)));
        }
        self.diagnostics.truncate(errors + 1);
        self.skip_to_bracket(start);
        Some(Value::Dynamic(None))
    }

    /// White space and comments.
    fn skip_blank(&mut self) {
        loop {
            self.skip_while(is_white_space);
            if !self.rest().starts_with("//") {
                return;
            }
            self.skip_while(|c| c != '\n' && c != '\r');
        }
    }

    fn json_error(&mut self, expected: &str) -> Option<()> {
        let end = self.at + self.peek().map_or(0, char::len_utf8);
        let span = Span::new(self.at, end);
        let found = if end == self.at {
            "the end of the text".into()
        } else {
            format!("`{}`", span.text(self.text))
        };
        self.error(
            "KS006",
            span,
            format!("expected {expected} in the dynamic literal, found {found}"),
        );
        None
    }

    fn json(&mut self, out: &mut String, depth: usize) -> Option<()> {
        self.skip_blank();
        if depth > DEPTH_MAX {
            let span = Span::new(self.at, self.at + 1);
            self.error(
                "HQ003",
                span,
                format!("the dynamic literal is nested deeper than {DEPTH_MAX} levels"),
            );
            return None;
        }
        match self.peek() {
            Some('[') => self.json_list(out, depth, ']'),
            Some('{') => self.json_list(out, depth, '}'),
            Some('"' | '\'') => {
                let value = self.json_string();
                push_quoted(out, &value);
                Some(())
            }
            Some('-') => {
                self.at += 1;
                out.push('-');
                self.json_scalar(out)
            }
            Some('+') => {
                self.at += 1;
                self.json_scalar(out)
            }
            _ => self.json_scalar(out),
        }
    }

    /// `[a, b]` or `{"k": a, …}`
    fn json_list(&mut self, out: &mut String, depth: usize, close: char) -> Option<()> {
        let open = self.peek()?;
        self.at += 1;
        out.push(open);
        self.skip_blank();
        if self.peek() == Some(close) {
            self.at += 1;
            out.push(close);
            return Some(());
        }
        loop {
            self.skip_blank();
            if close == '}' {
                self.json_key(out)?;
            }
            self.json(out, depth + 1)?;
            self.skip_blank();
            if self.eat(",") {
                out.push(',');
                continue;
            }
            if self.peek() != Some(close) {
                return self.json_error(&format!("`,` or `{close}`"));
            }
            self.at += 1;
            out.push(close);
            return Some(());
        }
    }

    fn json_key(&mut self, out: &mut String) -> Option<()> {
        match self.string() {
            Some(TokenKind::String { value, .. }) => push_quoted(out, &value),
            _ => return self.json_error("a key in quotes"),
        }
        self.skip_blank();
        if !self.eat(":") {
            return self.json_error("`:`");
        }
        out.push(':');
        Some(())
    }

    /// A string, or several behind each other, which are one.
    fn json_string(&mut self) -> String {
        let mut value = String::new();
        while let Some(quote) = self.peek().filter(|c| matches!(c, '"' | '\'')) {
            value.push_str(&self.escaped(quote, EscapeSet::Json));
            self.skip_blank();
        }
        value
    }

    /// A number, `true`, `null`, or a literal of Kusto's, which becomes a string (`datetime(…)`, `1h`, `guid(…)`).
    fn json_scalar(&mut self, out: &mut String) -> Option<()> {
        let start = self.at;
        if self.eat("null") {
            out.push_str("null");
            return Some(());
        }
        if self
            .peek()
            .is_none_or(|c| !c.is_alphanumeric() && c != '@' && c != '`' && c != '~')
        {
            return self.json_error("a value");
        }
        match self.token() {
            TokenKind::Literal(value) => push_value(out, &value, &self.text[start..self.at]),
            TokenKind::String { value, .. } => push_quoted(out, &value),
            TokenKind::Word | TokenKind::Symbol(_) | TokenKind::Unknown => {
                self.at = start;
                return self.json_error("a value");
            }
        }
        Some(())
    }

    /// Goes on behind the bracket that closes a literal which could not be read.
    fn skip_to_bracket(&mut self, start: usize) {
        let mut depth = 0_usize;
        self.at = start + "dynamic".len();
        while let Some(c) = self.peek() {
            let before = self.diagnostics.len();
            if self.string().is_some() {
                self.diagnostics.truncate(before);
                continue;
            }
            self.at += c.len_utf8();
            match c {
                '(' | '[' | '{' => depth += 1,
                ')' | ']' | '}' => depth = depth.saturating_sub(1),
                ';' => return,
                _ => continue,
            }
            if depth == 0 {
                return;
            }
        }
    }
}

fn push_value(out: &mut String, value: &Value, raw: &str) {
    match value {
        Value::Bool(Some(value)) => out.push_str(if *value { "true" } else { "false" }),
        Value::Int(Some(value)) => write!(out, "{value}").expect("a string takes all"),
        Value::Long(Some(value)) => write!(out, "{value}").expect("a string takes all"),
        Value::Real(Some(value)) if value.is_finite() => push_real(out, *value, raw),
        Value::Real(Some(value)) if value.is_nan() => out.push_str("\"NaN\""),
        Value::Real(Some(value)) => out.push_str(if *value > 0.0 {
            "\"Infinity\""
        } else {
            "\"-Infinity\""
        }),
        Value::Decimal(Some(digits)) => push_quoted(out, digits),
        Value::String(text) => push_quoted(out, text),
        Value::Datetime(Some(ticks)) => push_quoted(out, &time::format_datetime(*ticks)),
        Value::Timespan(Some(ticks)) => push_quoted(out, &time::format_timespan(*ticks)),
        Value::Guid(Some(guid)) => push_quoted(out, guid),
        Value::Dynamic(Some(json)) => out.push_str(json),
        _ => out.push_str("null"),
    }
}

/// A number as written where JSON can write it so.
fn push_real(out: &mut String, value: f64, raw: &str) {
    let json =
        raw.starts_with(|c: char| c.is_ascii_digit()) && !raw.ends_with('.') && !raw.contains(".e");
    let padded = raw.len() > 1 && raw.starts_with('0') && raw.as_bytes()[1].is_ascii_digit();
    if json && !padded {
        out.push_str(raw);
    } else {
        write!(out, "{value:?}").expect("a string takes all");
    }
}

/// Appends `text` as a JSON string.
fn push_quoted(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\x08' => out.push_str("\\b"),
            '\x0c' => out.push_str("\\f"),
            c if u32::from(c) < 0x20 => {
                write!(out, "\\u{:04x}", u32::from(c)).expect("a string takes all")
            }
            c => out.push(c),
        }
    }
    out.push('"');
}
