//! The dates of format strings that let the user write one (`%{%d/%b/%Y:%H:%M:%S %z}t`), as pieces of the template.
//!
//! Known are those conversions of strftime(3) that say something of an instant, and the names of weekdays, which are read
//! and thrown away. The others are refused by name.

use super::clock::{Instant, TimePart};
use super::slot::Meaning;
use super::template::{Escapes, Extent, Field, FormatError, Padding, Piece};

/// Letter, what it is, its length in bytes (0: up to the literal behind it).
const CONVERSIONS: &[(char, Option<TimePart>, usize)] = &[
    ('Y', Some(TimePart::Year), 4),
    ('y', Some(TimePart::ShortYear), 2),
    ('m', Some(TimePart::Month), 2),
    ('b', Some(TimePart::MonthName), 3),
    ('h', Some(TimePart::MonthName), 3),
    ('B', Some(TimePart::MonthName), 0),
    ('d', Some(TimePart::Day), 2),
    ('e', Some(TimePart::Day), 2),
    ('H', Some(TimePart::Hour), 2),
    ('k', Some(TimePart::Hour), 2),
    ('I', Some(TimePart::Hour12), 2),
    ('l', Some(TimePart::Hour12), 2),
    ('p', Some(TimePart::HalfDay), 2),
    ('P', Some(TimePart::HalfDay), 2),
    ('M', Some(TimePart::Minute), 2),
    ('S', Some(TimePart::Second), 2),
    ('z', Some(TimePart::Zone), 5),
    ('s', Some(TimePart::EpochSeconds), 0),
    ('a', None, 3),
    ('A', None, 0),
    ('u', None, 1),
    ('w', None, 1),
];

/// Conversions that stand for others.
const COMPOUND: &[(char, &str)] = &[
    ('T', "%H:%M:%S"),
    ('R', "%H:%M"),
    ('F', "%Y-%m-%d"),
    ('D', "%m/%d/%y"),
    ('r', "%I:%M:%S %p"),
    ('c', "%a %b %e %H:%M:%S %Y"),
];

/// A field of a time that is so many bytes long; 0: up to the literal behind it.
pub(super) fn time_field(
    directive: String,
    part: Option<TimePart>,
    instant: Instant,
    length: usize,
    at: usize,
) -> Piece {
    Piece::Field(Field {
        name: directive.clone(),
        directive,
        meaning: part.map_or(Meaning::Filler, |part| Meaning::Time(part, instant)),
        extent: match length {
            0 => Extent::Word,
            length => Extent::Fixed(length),
        },
        padding: Padding::None,
        escapes: Escapes::None,
        at,
    })
}

/// The pieces of a date; `at` is its place in the format string.
pub(super) fn pieces(format: &str, instant: Instant, at: usize) -> Result<Vec<Piece>, FormatError> {
    let mut pieces = Vec::new();
    let mut letters = format.char_indices();
    while let Some((index, letter)) = letters.next() {
        if letter != '%' {
            pieces.push(Piece::Literal(letter.to_string()));
            continue;
        }
        let place = at + index;
        let conversion = letters.next().map(|(_, letter)| letter);
        let Some(conversion) = conversion else {
            return Err(FormatError::new(place, "the date ends behind a `%`"));
        };
        let known = CONVERSIONS
            .iter()
            .find(|(letter, _, _)| *letter == conversion);
        let compound = COMPOUND.iter().find(|(letter, _)| *letter == conversion);
        match (known, compound, conversion) {
            (Some((letter, part, length)), _, _) => pieces.push(time_field(
                format!("%{letter}"),
                *part,
                instant,
                *length,
                place,
            )),
            (_, Some((_, meant)), _) => pieces.extend(self::pieces(meant, instant, place)?),
            (_, _, '%') => pieces.push(Piece::Literal("%".to_owned())),
            (_, _, 't') => pieces.push(Piece::Literal("\t".to_owned())),
            (_, _, other) => {
                return Err(FormatError::new(
                    place,
                    format!(
                        "`%{other}` in a date is not read here; write the date with %Y, %m, %d, %H, %M, %S and %z"
                    ),
                ));
            }
        }
    }
    Ok(pieces)
}
