//! Equality and order of dynamic values.

use super::{Kind, Number, entries, items, kind, member, number, unquote};
use std::cmp::Ordering;

/// Whether two dynamic values are the same: numbers by value, strings by their characters, arrays by their elements in order,
/// bags by their slots in any order.
pub fn equal(a: &str, b: &str) -> bool {
    if a == b {
        return true;
    }
    match (kind(a), kind(b)) {
        (Kind::Number, Kind::Number) => numbers(a, b) == Some(Ordering::Equal),
        (Kind::Text, Kind::Text) => unquote(a) == unquote(b),
        (Kind::Array, Kind::Array) => {
            let (mut left, mut right) = (items(a), items(b));
            loop {
                match (left.next(), right.next()) {
                    (None, None) => return true,
                    (Some(a), Some(b)) if equal(a, b) => {}
                    _ => return false,
                }
            }
        }
        (Kind::Bag, Kind::Bag) => {
            entries(a).count() == entries(b).count()
                && entries(a).all(|(key, value)| {
                    member(b, &unquote(key)).is_some_and(|other| equal(value, other))
                })
        }
        _ => false,
    }
}

/// The order of two values of one kind: numbers by value, strings by code point, `false` before `true`. `None` for arrays, bags,
/// and two kinds.
pub fn compare(a: &str, b: &str) -> Option<Ordering> {
    match (kind(a), kind(b)) {
        (Kind::Number, Kind::Number) => numbers(a, b),
        (Kind::Text, Kind::Text) => Some(unquote(a).cmp(&unquote(b))),
        (Kind::Bool, Kind::Bool) => Some((a == "true").cmp(&(b == "true"))),
        _ => None,
    }
}

fn numbers(a: &str, b: &str) -> Option<Ordering> {
    match (number(a)?, number(b)?) {
        (Number::Long(a), Number::Long(b)) => Some(a.cmp(&b)),
        (a, b) => a.as_real().partial_cmp(&b.as_real()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equality_looks_at_values_and_not_at_spelling() {
        assert!(equal("1", "1.0"));
        assert!(equal(r#"{"a":1,"b":[2]}"#, r#"{"b":[2],"a":1}"#));
        assert!(!equal("[1,2]", "[2,1]"));
        assert!(!equal("1", "\"1\""));
        assert!(!equal("9007199254740993", "9007199254740992"));
    }

    #[test]
    fn only_values_of_one_kind_have_an_order() {
        assert_eq!(compare("2", "10"), Some(Ordering::Less));
        assert_eq!(compare("\"b\"", "\"a\""), Some(Ordering::Greater));
        assert_eq!(compare("\"b\"", "1"), None);
        assert_eq!(compare("[1]", "[1]"), None);
    }
}
