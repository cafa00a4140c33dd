//! The canonical layout of a query.
//!
//! One operator a line with `| ` in front, spaces around operators, long lists one item a line. The formatter moves white
//! space only: every token and every comment stays as it is written, so that the result means the same. What a token is for
//! (a call's bracket, a sign, a parameter's `=`) comes from the parser.
//!
//! Not here: names, literals or brackets that could be written better.

mod layout;
mod node;
mod writer;

use crate::diagnostics::Diagnostic;
use crate::parser::{Parsed, parse};
use layout::Layout;
use writer::Writer;

/// Lays out a text anew. Fails with the text's errors when it is not understood.
///
/// Formatting the result once more changes nothing.
pub fn format(text: &str) -> Result<String, Vec<Diagnostic>> {
    let parsed = parse(text);
    if parsed.has_errors() {
        return Err(parsed.diagnostics);
    }
    Ok(format_parsed(text, &parsed))
}

fn format_parsed(text: &str, parsed: &Parsed) -> String {
    let nodes = node::tree(&parsed.tokens);
    let mut layout = Layout::new(Writer::new(text, parsed));
    for statement in node::statements(&nodes, parsed) {
        layout.statement(statement, 0);
    }
    layout.finish()
}

#[cfg(test)]
mod tests;
