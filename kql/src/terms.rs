//! Terms: what `has` compares, and what the term index holds.
//!
//! Source: Kusto docs, "String operators – What is a term?": a string is broken into maximal sequences of alphanumeric
//! characters. Letters and digits of all scripts count, not only ASCII's.

/// Whether a character is part of a term.
pub fn is_term_char(c: char) -> bool {
    if c.is_ascii() {
        c.is_ascii_alphanumeric()
    } else {
        c.is_alphanumeric()
    }
}

/// The terms of a text, in its order, with repeats: maximal runs of alphanumeric characters. Case is kept.
pub fn terms(text: &str) -> impl Iterator<Item = &str> {
    Terms { rest: text }
}

struct Terms<'a> {
    rest: &'a str,
}

impl<'a> Iterator for Terms<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let start = boundary(self.rest, Side::Outside);
        let term = &self.rest[start..];
        let length = boundary(term, Side::Inside);
        self.rest = &term[length..];
        (length > 0).then(|| &term[..length])
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Inside,
    Outside,
}

/// How many bytes from the start are on this side of a term's edge. ASCII goes byte by byte.
fn boundary(text: &str, side: Side) -> usize {
    let bytes = text.as_bytes();
    let inside = side == Side::Inside;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        if byte.is_ascii() {
            if byte.is_ascii_alphanumeric() != inside {
                break;
            }
            at += 1;
            continue;
        }
        let Some(c) = text[at..].chars().next() else {
            break;
        };
        if is_term_char(c) != inside {
            break;
        }
        at += c.len_utf8();
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Vec<&str> {
        terms(text).collect()
    }

    #[test]
    fn terms_are_runs_of_letters_and_digits() {
        assert_eq!(
            of("Kusto: ad67d136-c1db-4f9f-88ef-d94f3b6b0b5a;KustoExplorerQueryRun"),
            [
                "Kusto",
                "ad67d136",
                "c1db",
                "4f9f",
                "88ef",
                "d94f3b6b0b5a",
                "KustoExplorerQueryRun"
            ]
        );
        assert_eq!(of("a_b"), ["a", "b"]);
    }

    #[test]
    fn letters_of_all_scripts_are_part_of_terms() {
        assert_eq!(of("größe=1 Москва„x“"), ["größe", "1", "Москва", "x"]);
    }

    #[test]
    fn a_text_without_letters_has_no_terms() {
        assert!(of("").is_empty());
        assert!(of(" -_.„ ").is_empty());
    }
}
