//! Numbers, timespans such as `1.5h`, and guids without a type in front.

use super::{Scanner, continues_name};
use crate::span::Span;
use crate::time;
use crate::types::Value;

impl Scanner<'_> {
    /// A number or a timespan; `None`, with nothing read, when the digits begin a name (`3com`) .
    pub(super) fn number(&mut self) -> Option<Value> {
        let start = self.at;
        let value = self
            .hexadecimal()
            .or_else(|| self.real())
            .or_else(|| self.timespan())
            .or_else(|| self.long());
        if value.is_none() {
            self.at = start;
        }
        value
    }

    /// Ends a literal: true when no letter or digit follows.
    fn ends_here(&self) -> bool {
        !self.rest().starts_with(continues_name)
    }

    fn digits(&mut self) -> usize {
        self.skip_while(|c| c.is_ascii_digit()).len()
    }

    /// `0x1F`
    fn hexadecimal(&mut self) -> Option<Value> {
        let start = self.at;
        if !self.eat("0x") && !self.eat("0X") {
            return None;
        }
        let digits = self.skip_while(|c| c.is_ascii_hexdigit());
        if digits.is_empty() || !self.ends_here() {
            self.at = start;
            return None;
        }
        let value = u64::from_str_radix(digits, 16).ok().map(|bits| bits as i64);
        Some(self.fitting_long(start, value))
    }

    /// `1.5`, `1.`, `1e10`, `1.5e-3`; `1..2` is a long and a range.
    fn real(&mut self) -> Option<Value> {
        let start = self.at;
        self.digits();
        let point = self.rest().starts_with('.')
            && (!self.rest().starts_with("..") || self.rest().starts_with("..."));
        if point {
            self.at += 1;
            self.digits();
        }
        let exponent = self.exponent();
        if !(point || exponent) || !self.ends_here() {
            self.at = start;
            return None;
        }
        self.text[start..self.at]
            .parse()
            .ok()
            .map(|value| Value::Real(Some(value)))
    }

    fn exponent(&mut self) -> bool {
        let start = self.at;
        if !self.eat("e") && !self.eat("E") {
            return false;
        }
        let _ = self.eat("+") || self.eat("-");
        if self.digits() == 0 {
            self.at = start;
            return false;
        }
        true
    }

    /// `1d`, `2.5h`, `100ms`
    fn timespan(&mut self) -> Option<Value> {
        let start = self.at;
        self.digits();
        if self.rest().starts_with('.')
            && self.rest()[1..].starts_with(|c: char| c.is_ascii_digit())
        {
            self.at += 1;
            self.digits();
        }
        let number = &self.text[start..self.at];
        let unit = self.skip_while(continues_name);
        if time::timespan_unit(unit).is_none() {
            self.at = start;
            return None;
        }
        let ticks = time::timespan_of(number, unit);
        if ticks.is_none() {
            let span = Span::new(start, self.at);
            self.error(
                "KS004",
                span,
                format!("`{}` does not fit a timespan", span.text(self.text)),
            );
        }
        Some(Value::Timespan(ticks))
    }

    fn long(&mut self) -> Option<Value> {
        let start = self.at;
        self.digits();
        if !self.ends_here() {
            return None;
        }
        let value = self.text[start..self.at].parse().ok();
        Some(self.fitting_long(start, value))
    }

    fn fitting_long(&mut self, start: usize, value: Option<i64>) -> Value {
        if value.is_none() {
            let span = Span::new(start, self.at);
            self.error(
                "KS004",
                span,
                format!("`{}` does not fit a long", span.text(self.text)),
            );
        }
        Value::Long(value)
    }

    /// `74be27de-1e4e-49d9-b579-fe0b331d3642`
    pub(super) fn bare_guid(&mut self) -> Option<Value> {
        let guid = self.rest().get(..36).filter(|text| is_guid(text))?;
        self.at += guid.len();
        Some(Value::Guid(Some(guid.to_ascii_lowercase())))
    }
}

/// Whether this is 8-4-4-4-12 hexadecimal digits.
pub(super) fn is_guid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}
