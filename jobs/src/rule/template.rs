//! Templates of alerts: text with `{{Column}}` in it.
//!
//! Source: Sentinel, "Customize alert details": the name of a column between two pairs of braces; blanks inside of them are passed over.
//! Braces that do not close are text.

/// A piece of a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'a> {
    Text(&'a str),
    Column(&'a str),
}

/// The pieces of a template in order.
pub fn pieces(template: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = template;
    while let Some(open) = rest.find("{{") {
        let Some(length) = rest[open + 2..].find("}}") else {
            break;
        };
        let name = rest[open + 2..open + 2 + length].trim();
        if name.is_empty() || name.contains(['{', '\n']) {
            // Not the name of a column: the braces are text, what is behind the first may yet be one.
            pieces.push(Piece::Text(&rest[..open + 1]));
            rest = &rest[open + 1..];
            continue;
        }
        if open > 0 {
            pieces.push(Piece::Text(&rest[..open]));
        }
        pieces.push(Piece::Column(name));
        rest = &rest[open + 2 + length + 2..];
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest));
    }
    pieces
}

/// The columns that a template names, in order.
pub fn columns(template: &str) -> Vec<&str> {
    let named = pieces(template)
        .into_iter()
        .filter_map(|piece| match piece {
            Piece::Column(name) => Some(name),
            Piece::Text(_) => None,
        });
    named.collect()
}

/// The template with each column's value in its place; one without a value stays as it is written.
pub fn fill<'v>(
    template: &str,
    value: impl Fn(&str) -> Option<std::borrow::Cow<'v, str>>,
) -> String {
    let mut filled = String::new();
    for piece in pieces(template) {
        match piece {
            Piece::Text(text) => filled.push_str(text),
            Piece::Column(name) => match value(name) {
                Some(value) => filled.push_str(&value),
                None => filled.push_str(&format!("{{{{{name}}}}}")),
            },
        }
    }
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_between_two_pairs_of_braces() {
        assert_eq!(columns("{{A}} on {{ B_1 }}, {C}"), ["A", "B_1"]);
        assert_eq!(columns("{{A"), [""; 0]);
        assert_eq!(columns("{{{A}}"), ["A"]);
        assert_eq!(columns("{{}} {{ }}"), [""; 0]);
    }

    #[test]
    fn what_has_no_value_stays() {
        let filled = fill("{{A}} and {{B}}", |name| (name == "A").then(|| "1".into()));
        assert_eq!(filled, "1 and {{B}}");
    }
}
