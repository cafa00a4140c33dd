//! `dynamic` values: compact JSON text, looked into without building trees.
//!
//! A dynamic that is not null is one JSON text without white space between tokens. JSON's `null` at the top is no text but the
//! null of the type; inside of arrays and bags it stands as `null`. Longs are written as integers, reals with a point or an
//! exponent, so that the text tells them apart; datetimes, timespans and guids are strings.
//!
//! Not here: the functions over arrays and bags, which are rows of the engine.

mod compare;
mod led;
mod number;
mod parse;
mod path;
mod scan;
mod text;

pub use compare::{compare, equal};
pub use led::{led, of_text, shown, text_led};
pub use number::{Number, format_real, number};
pub use parse::parse;
pub use path::{Step, follow, parse_path, path_text, steps_of};
pub use scan::{Entries, Items, entries, items, member};
pub use text::{Array, Bag, quote, quote_into, unquote};

/// What a dynamic holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Null,
    Bool,
    Number,
    Text,
    Array,
    Bag,
}

/// What a JSON text holds, told by its first byte.
pub fn kind(json: &str) -> Kind {
    match json.as_bytes().first() {
        Some(b'{') => Kind::Bag,
        Some(b'[') => Kind::Array,
        Some(b'"') => Kind::Text,
        Some(b't' | b'f') => Kind::Bool,
        Some(b'n') | None => Kind::Null,
        Some(_) => Kind::Number,
    }
}

/// The text of an element as a dynamic of its own: JSON's `null` becomes the null.
pub fn non_null(json: &str) -> Option<&str> {
    (kind(json) != Kind::Null).then_some(json)
}

/// The element at an index; a negative index counts from the end. `None` past the ends, for `null`, and when it is no array.
pub fn element(json: &str, index: i64) -> Option<&str> {
    let found = match usize::try_from(index) {
        Ok(index) => items(json).nth(index),
        Err(_) => {
            let back = usize::try_from(index.unsigned_abs()).ok()?;
            let length = items(json).count();
            items(json).nth(length.checked_sub(back)?)
        }
    };
    found.and_then(non_null)
}
