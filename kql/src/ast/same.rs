//! Trees compared by what they say, not by where it stands.

use super::Script;
use std::fmt::{self, Write};

/// Whether two trees are the same, spans aside: the text of one may be laid out in another way.
pub fn same_but_for_spans(left: &Script, right: &Script) -> bool {
    without_spans(left) == without_spans(right)
}

/// The tree as `Debug` shows it, without the numbers of its spans.
fn without_spans(script: &Script) -> String {
    let mut text = WithoutSpans::default();
    write!(text, "{script:?}").expect("a string takes all");
    text.out
}

/// Takes `Debug` output; drops digits while a span is being written.
#[derive(Default)]
struct WithoutSpans {
    out: String,
    in_span: bool,
}

impl Write for WithoutSpans {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        // The derived `Debug` writes a struct's name in one piece, and its closing bracket in another. A
        // string that says `Span` comes behind its quote.
        if text == "Span" && !self.out.ends_with('"') {
            self.in_span = true;
        } else if self.in_span && text.ends_with('}') {
            self.in_span = false;
        } else if !self.in_span {
            self.out.push_str(text);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse;

    #[test]
    fn white_space_makes_no_difference() {
        assert!(same_but_for_spans(
            &parse("T|where a==1").script,
            &parse("T\n| where a == 1").script
        ));
    }

    #[test]
    fn a_number_makes_a_difference() {
        assert!(!same_but_for_spans(
            &parse("T | take 1").script,
            &parse("T | take 2").script
        ));
        assert!(!same_but_for_spans(
            &parse("T | where a").script,
            &parse("T | where b").script
        ));
    }
}
