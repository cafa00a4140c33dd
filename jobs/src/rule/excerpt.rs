//! A query within a larger text, and the way back from its bytes to the bytes of that text.

use huntql_kql::diagnostics::Diagnostic;
use huntql_kql::span::Span;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt {
    pub text: String,
    /// Where each byte of `text` stands in the document, and behind them where the query ends.
    places: Vec<usize>,
}

impl Excerpt {
    /// The whole document.
    pub fn whole(text: &str) -> Excerpt {
        Excerpt::of_pieces(text, &[Span::new(0, text.len())])
    }

    /// Pieces of the document, in order, as one query.
    pub fn of_pieces(document: &str, pieces: &[Span]) -> Excerpt {
        let mut text = String::new();
        let mut places = Vec::new();
        for piece in pieces {
            text.push_str(piece.text(document));
            places.extend(piece.start..piece.end);
        }
        places.push(pieces.last().map_or(0, |piece| piece.end));
        Excerpt { text, places }
    }

    /// A string of YAML or JSON, whose spelling in the document is `span`: quotes, escapes and indentation are skipped.
    pub fn of_scalar(document: &str, span: Span, value: &str) -> Excerpt {
        let mut spelling = Spelling::new(document, span);
        let mut places = Vec::with_capacity(value.len() + 1);
        for wanted in value.chars() {
            let place = spelling.find(wanted);
            places.extend(std::iter::repeat_n(place, wanted.len_utf8()));
        }
        places.push(spelling.at.min(span.end));
        Excerpt {
            text: value.to_owned(),
            places,
        }
    }

    /// A span of the query as a span of the document. It ends behind the last byte that it holds, not where the next one begins.
    pub fn span(&self, span: Span) -> Span {
        let place = |at: usize| {
            let last = self.places.len() - 1;
            self.places[at.min(last)]
        };
        let start = place(span.start);
        if span.end <= span.start {
            return Span::new(start, start);
        }
        Span::new(start, (place(span.end - 1) + 1).max(start))
    }

    /// The diagnostic with its places in the document.
    pub fn placed(&self, mut diagnostic: Diagnostic) -> Diagnostic {
        for label in &mut diagnostic.labels {
            label.span = self.span(label.span);
        }
        diagnostic
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quote {
    Single,
    Double,
    /// Plain, or a block behind `|` or `>`
    None,
}

/// Walks the spelling of a string beside its value.
struct Spelling<'a> {
    document: &'a str,
    quote: Quote,
    at: usize,
    end: usize,
}

impl<'a> Spelling<'a> {
    fn new(document: &'a str, span: Span) -> Self {
        let spelt = span.text(document);
        let (quote, skipped) = match spelt.as_bytes().first() {
            Some(b'"') => (Quote::Double, 1),
            Some(b'\'') => (Quote::Single, 1),
            // A block's own line says how it is written; the text begins on the next.
            Some(b'|' | b'>') if is_block_header(spelt) => {
                (Quote::None, spelt.find('\n').map_or(0, |end| end + 1))
            }
            _ => (Quote::None, 0),
        };
        Self {
            document,
            quote,
            at: span.start + skipped,
            end: span.end.min(document.len()),
        }
    }

    /// Where the next character of the value is spelt; goes on behind it.
    fn find(&mut self, wanted: char) -> usize {
        while let Some(read) = self.rest().chars().next() {
            let place = self.at;
            if self.quote == Quote::Double && read == '\\' {
                match self.escape() {
                    Some(length) => {
                        self.at += length;
                        return place;
                    }
                    // A line that goes on.
                    None => self.at += 1,
                }
                continue;
            }
            if self.quote == Quote::Single && self.rest().starts_with("''") {
                self.at += 2;
                return place;
            }
            if wanted.is_whitespace() && !read.is_whitespace() {
                // A line's end that the block's style has added or folded.
                return place;
            }
            self.at += read.len_utf8();
            if read == wanted {
                return place;
            }
        }
        self.at
    }

    fn rest(&self) -> &'a str {
        self.document.get(self.at..self.end).unwrap_or_default()
    }

    /// The length of the escape that begins here; none for a backslash at a line's end.
    fn escape(&self) -> Option<usize> {
        const WITH_DIGITS: &[(char, usize)] = &[('x', 2), ('u', 4), ('U', 8)];
        let escaped = self.rest().chars().nth(1)?;
        if escaped == '\n' || escaped == '\r' {
            return None;
        }
        let digits = WITH_DIGITS
            .iter()
            .find(|(letter, _)| *letter == escaped)
            .map_or(0, |(_, digits)| *digits);
        Some(1 + escaped.len_utf8() + digits)
    }
}

/// `|`, `>-`, `|2 # comment` at the beginning, and nothing else on the line.
fn is_block_header(spelt: &str) -> bool {
    let line = spelt.lines().next().unwrap_or_default();
    let style =
        line[1..].trim_start_matches(['+', '-', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
    spelt.contains('\n') && (style.trim().is_empty() || style.trim_start().starts_with('#'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_of_pieces_goes_back_to_the_document() {
        let document = "- item\n  T\n  | where x\n";
        let pieces = [Span::new(9, 11), Span::new(13, 23)];
        let excerpt = Excerpt::of_pieces(document, &pieces);
        assert_eq!(excerpt.text, "T\n| where x\n");
        let at = excerpt.text.find('x').expect("an x");
        assert_eq!(excerpt.span(Span::new(at, at + 1)).text(document), "x");
    }

    #[test]
    fn escapes_of_a_quoted_string_are_counted() {
        let document = r#"{"query": "T\n| where a == \"é\" and bad"}"#;
        let value = "T\n| where a == \"é\" and bad";
        let excerpt = Excerpt::of_scalar(document, Span::new(10, document.len() - 1), value);
        let at = value.find("bad").expect("a word");
        assert_eq!(excerpt.span(Span::new(at, at + 3)).text(document), "bad");
    }

    #[test]
    fn the_indentation_of_a_block_is_skipped() {
        let document = "query: |-\n    T\n    | where bad\n";
        let value = "T\n| where bad";
        let excerpt = Excerpt::of_scalar(document, Span::new(7, document.len()), value);
        let at = value.find("bad").expect("a word");
        assert_eq!(excerpt.span(Span::new(at, at + 3)).text(document), "bad");
    }
}
