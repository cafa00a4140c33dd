//! Templates: `{{Column}}` stands for the value in a row.

use crate::rows::{Row, shown};

/// A piece of a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'t> {
    Text(&'t str),
    /// The name between the braces, without the blanks around it.
    Column(&'t str),
}

/// Takes a template apart. Braces that are not closed are text.
pub fn pieces(template: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = template;
    while let Some(start) = rest.find("{{") {
        let Some(length) = rest[start + 2..].find("}}") else {
            break;
        };
        if start > 0 {
            pieces.push(Piece::Text(&rest[..start]));
        }
        pieces.push(Piece::Column(rest[start + 2..start + 2 + length].trim()));
        rest = &rest[start + 2 + length + 2..];
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest));
    }
    pieces
}

/// The text of a template for a row; without one, or without the column, nothing stands for it.
pub fn fill(template: &str, row: Option<&Row>) -> String {
    let pieces = pieces(template).into_iter();
    pieces
        .map(|piece| match piece {
            Piece::Text(text) => text.to_owned(),
            Piece::Column(name) => row
                .and_then(|row| row.get(name))
                .map_or_else(String::new, shown),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_for_their_values() {
        let row: Row = [("A".to_owned(), "x".into()), ("N".to_owned(), 3.into())]
            .into_iter()
            .collect();
        assert_eq!(
            fill("{{A}} has {{ N }} of {{Missing}}.", Some(&row)),
            "x has 3 of ."
        );
        assert_eq!(fill("{{A}}", None), "");
    }

    #[test]
    fn braces_that_are_not_closed_are_text() {
        assert_eq!(fill("a {{b", None), "a {{b");
        assert_eq!(fill("}} {x} {", None), "}} {x} {");
    }
}
