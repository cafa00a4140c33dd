//! Findings for machines: lines and columns instead of bytes.

use crate::question::Question;
use huntql_kql::diagnostics::{Diagnostic, Severity};
use huntql_kql::span::Span;
use serde::Serialize;

/// A place in a file. Lines and columns count from 1, columns in characters; the end is behind the last character.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Region {
    pub line: usize,
    pub column: usize,
    pub end_line: usize,
    pub end_column: usize,
}

/// A diagnostic of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub file: String,
    #[serde(flatten)]
    pub region: Region,
    pub severity: Severity,
    pub code: &'static str,
    pub message: String,
    pub help: Option<String>,
    /// Other places that help to understand it.
    pub related: Vec<(Region, String)>,
}

impl Finding {
    pub fn new(question: &Question, diagnostic: &Diagnostic) -> Finding {
        let region = |span| Region::of(&question.text, span);
        let others = diagnostic.labels.iter().skip(1);
        Finding {
            file: question.origin.clone(),
            region: region(diagnostic.span()),
            severity: diagnostic.severity,
            code: diagnostic.code,
            message: diagnostic.message.clone(),
            help: diagnostic.help.clone(),
            related: others
                .map(|label| (region(label.span), label.text.clone()))
                .collect(),
        }
    }
}

impl Region {
    fn of(text: &str, span: Span) -> Region {
        let (line, column) = position(text, span.start);
        let (end_line, end_column) = position(text, span.end.max(span.start));
        Region {
            line,
            column,
            end_line,
            end_column,
        }
    }
}

fn position(text: &str, at: usize) -> (usize, usize) {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    let before = &text[..at];
    let line_start = before.rfind('\n').map_or(0, |end| end + 1);
    let line = before.matches('\n').count() + 1;
    (line, before[line_start..].chars().count() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters() {
        let text = "T\n| where é == bad";
        let at = text.find("bad").expect("a word");
        let region = Region::of(text, Span::new(at, at + 3));
        let wanted = Region {
            line: 2,
            column: 14,
            end_line: 2,
            end_column: 17,
        };
        assert_eq!(region, wanted);
    }
}
