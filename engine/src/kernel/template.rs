//! The pattern of `parse`: texts and columns in turn, matched against a text.
//!
//! It travels in a plan as the JSON text of [`Template`]. Simple and relaxed patterns are matched from the left in one pass: a
//! column or a `*` ends where the next text first stands. The whole text has to be used up, by a `*` at the end if need be.
//! With `kind=regex` all parts make one regular expression. Source: Kusto docs, "parse operator", and the engine's answers.

use super::{KernelError, pattern};
use crate::conversion::{bool_of, guid_of, long_of, real_of};
use crate::value::parse_decimal;
use huntql_kql::time::{parse_datetime, parse_timespan};
use huntql_kql::types::Type;
use regex::Regex;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Template {
    pub kind: TemplateKind,
    /// Flags of `kind=regex`: letters of `imsU`.
    pub flags: String,
    /// No two texts and no two stars stand side by side.
    pub parts: Vec<TemplatePart>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TemplateKind {
    /// Every column has to be of its type, else nothing matches.
    Simple,
    /// A column that is not of its type is null.
    Relaxed,
    /// Texts are regular expressions.
    Regex,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TemplatePart {
    Star,
    Text(String),
    Column(Type),
}

/// A template that is ready to match.
pub enum Matcher {
    InTurn(Template),
    Whole { regex: Regex, types: Vec<Type> },
}

/// The text of each column; `None` for a column that is null.
type Columns<'t> = Vec<Option<&'t str>>;

impl Matcher {
    /// # Errors
    /// When the expression of `kind=regex` is none.
    pub fn new(template: Template, argument: usize) -> Result<Self, KernelError> {
        if template.kind != TemplateKind::Regex {
            return Ok(Self::InTurn(template));
        }
        let (text, types) = expression(&template);
        let regex = pattern::compile(&text, argument)?;
        Ok(Self::Whole { regex, types })
    }

    /// The columns' texts when the whole text matches.
    pub fn columns<'t>(&self, text: &'t str) -> Option<Columns<'t>> {
        match self {
            Self::InTurn(template) => in_turn(template, text),
            Self::Whole { regex, types } => {
                let captures = regex.captures(text)?;
                types
                    .iter()
                    .enumerate()
                    .map(|(index, ty)| {
                        let column = captures.name(&group(index)).map_or("", |hit| hit.as_str());
                        is_of(*ty, column).then_some(Some(column))
                    })
                    .collect()
            }
        }
    }
}

fn group(index: usize) -> String {
    format!("__column{index}")
}

/// One expression of all parts. Columns are greedy and `*` is not, until the flag `U` turns both around.
fn expression(template: &Template) -> (String, Vec<Type>) {
    let mut types = Vec::new();
    let mut text = String::new();
    for part in &template.parts {
        match part {
            TemplatePart::Star => text.push_str(".*?"),
            TemplatePart::Text(expression) => text.push_str(expression),
            TemplatePart::Column(ty) => {
                let column = match ty {
                    Type::Int | Type::Long => r"-?\d+",
                    _ => ".*",
                };
                text.push_str(&format!("(?P<{}>{column})", group(types.len())));
                types.push(*ty);
            }
        }
    }
    let flags = match template.flags.as_str() {
        "" => String::new(),
        flags => format!("(?{flags})"),
    };
    (format!(r"{flags}\A(?:{text})\z"), types)
}

/// Whether a text reads as a value of a type.
fn is_of(ty: Type, text: &str) -> bool {
    match ty {
        Type::String => true,
        Type::Bool => bool_of(text).is_some(),
        Type::Int => long_of(text).is_some_and(|value| i32::try_from(value).is_ok()),
        Type::Long => long_of(text).is_some(),
        Type::Real => real_of(text).is_some(),
        Type::Decimal => parse_decimal(text).is_some(),
        Type::Datetime => parse_datetime(text).is_some(),
        Type::Timespan => parse_timespan(text).is_some(),
        Type::Guid => guid_of(text).is_some(),
        Type::Dynamic => false,
    }
}

fn in_turn<'t>(template: &Template, text: &'t str) -> Option<Columns<'t>> {
    let mut columns = Vec::new();
    let mut rest = text;
    let mut parts = template.parts.as_slice();
    while let Some((part, behind)) = parts.split_first() {
        parts = behind;
        match part {
            TemplatePart::Text(wanted) => rest = rest.strip_prefix(wanted.as_str())?,
            TemplatePart::Star => rest = up_to_next(rest, behind)?.1,
            TemplatePart::Column(ty) => {
                let (column, after) = match behind.first() {
                    None | Some(TemplatePart::Text(_)) => up_to_next(rest, behind)?,
                    Some(TemplatePart::Star | TemplatePart::Column(_)) => {
                        rest.split_at(integer_len(rest))
                    }
                };
                rest = after;
                match (is_of(*ty, column), template.kind) {
                    (true, _) => columns.push(Some(column)),
                    (false, TemplateKind::Relaxed) => columns.push(None),
                    (false, TemplateKind::Simple | TemplateKind::Regex) => return None,
                }
            }
        }
    }
    rest.is_empty().then_some(columns)
}

/// What stands in front of the first text behind, and the rest from that text on; all when there is no text.
fn up_to_next<'t>(rest: &'t str, behind: &[TemplatePart]) -> Option<(&'t str, &'t str)> {
    match behind.first() {
        Some(TemplatePart::Text(wanted)) => Some(rest.split_at(rest.find(wanted.as_str())?)),
        _ => Some((rest, "")),
    }
}

/// Bytes of the integer that a text begins with; 0 when it begins with none.
fn integer_len(text: &str) -> usize {
    let sign = usize::from(text.starts_with('-'));
    match text[sign..].bytes().take_while(u8::is_ascii_digit).count() {
        0 => 0,
        digits => sign + digits,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn matcher(kind: TemplateKind, parts: &[TemplatePart]) -> Matcher {
        let template = Template {
            kind,
            flags: String::new(),
            parts: parts.to_vec(),
        };
        Matcher::new(template, 0).unwrap()
    }

    fn text(text: &str) -> TemplatePart {
        TemplatePart::Text(text.into())
    }

    const STAR: TemplatePart = TemplatePart::Star;
    const WORDS: TemplatePart = TemplatePart::Column(Type::String);
    const LONG: TemplatePart = TemplatePart::Column(Type::Long);

    #[test]
    fn a_column_ends_where_the_next_text_first_stands() {
        let matcher = matcher(
            TemplateKind::Simple,
            &[STAR, text("a="), WORDS, text(";"), STAR],
        );
        assert_eq!(matcher.columns("x a=1;2;3"), Some(vec![Some("1")]));
        assert_eq!(matcher.columns("x b=1;2;3"), None);
        assert_eq!(matcher.columns("x a=1"), None);
    }

    #[test]
    fn what_is_left_over_is_no_match() {
        let matcher = matcher(TemplateKind::Simple, &[text("a="), WORDS, text(";")]);
        assert_eq!(matcher.columns("a=1;"), Some(vec![Some("1")]));
        assert_eq!(matcher.columns("a=1; b"), None);
        assert_eq!(matcher.columns(" a=1;"), None);
    }

    #[test]
    fn a_number_ends_with_its_digits_in_front_of_a_star() {
        let parts = [text("a="), LONG, STAR, text("b="), LONG];
        let strict = matcher(TemplateKind::Simple, &parts);
        assert_eq!(
            strict.columns("a=-27, sb=5"),
            Some(vec![Some("-27"), Some("5")])
        );
        assert_eq!(strict.columns("a=no, b=5"), None);
        let relaxed = matcher(TemplateKind::Relaxed, &parts);
        assert_eq!(relaxed.columns("a=no, b=5"), Some(vec![None, Some("5")]));
        assert_eq!(relaxed.columns("a=1"), None);
    }

    #[test]
    fn columns_of_an_expression_are_greedy() {
        let matcher = matcher(
            TemplateKind::Regex,
            &[STAR, text("a="), WORDS, text("[,;]"), STAR],
        );
        assert_eq!(matcher.columns("x a=1,2;3"), Some(vec![Some("1,2")]));
    }
}
