//! Ways into text that was not made a dynamic before.

use super::{Kind, Step, follow, kind, parse, quote, unquote};
use std::borrow::Cow;

/// What `parse_json` gives: JSON text as it is (compact), other text as a JSON string; `None` for empty text and `null`.
pub fn of_text(text: &str) -> Option<Cow<'_, str>> {
    if text.is_empty() {
        return None;
    }
    match parse(text) {
        Some(json) => (kind(&json) != Kind::Null).then_some(json),
        None => Some(Cow::Owned(quote(text))),
    }
}

/// What the steps lead to in text; `None` for null, and where they lead nowhere.
pub fn led<'t>(text: &'t str, steps: &[Step]) -> Option<Cow<'t, str>> {
    match of_text(text)? {
        Cow::Borrowed(json) => follow(json, steps).map(Cow::Borrowed),
        Cow::Owned(json) => follow(&json, steps).map(|found| Cow::Owned(found.to_owned())),
    }
}

/// `tostring` of what the steps lead to in text.
pub fn text_led<'t>(text: &'t str, steps: &[Step]) -> Cow<'t, str> {
    match led(text, steps) {
        Some(Cow::Borrowed(json)) => unquote(json),
        Some(Cow::Owned(json)) => Cow::Owned(unquote(&json).into_owned()),
        None => Cow::Borrowed(""),
    }
}

/// `tostring` of what the steps lead to in a dynamic.
pub fn shown<'t>(json: &'t str, steps: &[Step]) -> Cow<'t, str> {
    follow(json, steps).map_or(Cow::Borrowed(""), unquote)
}
