//! The formats of `format_datetime` and `format_timespan`: runs of specifier letters between delimiters.
//!
//! Source: Kusto docs, `format_datetime()` and `format_timespan()`. A letter or sign that the pages do not list is refused.

use super::{Args, KernelError};
use huntql_kql::time::{
    Civil, TICKS_PER_DAY, TICKS_PER_HOUR, TICKS_PER_MINUTE, TICKS_PER_SECOND, civil,
};

/// A run of one letter, or a delimiter (width 0).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Piece {
    letter: char,
    width: usize,
}

/// Reads the constant format of argument 1; `allowed` gives the letters with their greatest width.
fn pieces(args: &Args<'_>, allowed: &[(char, usize)]) -> Result<Vec<Piece>, KernelError> {
    let format = args.constant_text(1).unwrap_or_default();
    let refused = |what: String| KernelError::Argument {
        index: 1,
        message: what,
    };
    let mut pieces: Vec<Piece> = Vec::new();
    let letters: Vec<char> = format.chars().collect();
    let mut at = 0;
    while let Some(letter) = letters.get(at).copied() {
        if matches!(letter, ' ' | '/' | '-' | ':' | ',' | '.' | '_' | '[' | ']') {
            pieces.push(Piece { letter, width: 0 });
            at += 1;
            continue;
        }
        let width = letters[at..]
            .iter()
            .take_while(|other| **other == letter)
            .count();
        let known = allowed
            .iter()
            .any(|(name, most)| *name == letter && width <= *most);
        if !known {
            return Err(refused(format!(
                "`{}` is not a known format specifier",
                letter.to_string().repeat(width)
            )));
        }
        pieces.push(Piece { letter, width });
        at += width;
    }
    if pieces.is_empty() {
        return Err(refused("the format is empty".into()));
    }
    Ok(pieces)
}

const DATETIME_LETTERS: &[(char, usize)] = &[
    ('d', 2),
    ('f', 7),
    ('F', 7),
    ('h', 2),
    ('H', 2),
    ('m', 2),
    ('M', 2),
    ('s', 2),
    ('y', 4),
    ('t', 2),
];
const TIMESPAN_LETTERS: &[(char, usize)] = &[
    ('d', 8),
    ('f', 7),
    ('F', 7),
    ('h', 2),
    ('H', 2),
    ('m', 2),
    ('s', 2),
];

/// The format of `format_datetime`.
///
/// # Errors
/// When a piece of the format is not known.
pub(crate) fn datetime_pieces(args: &Args<'_>) -> Result<Vec<Piece>, KernelError> {
    let pieces = pieces(args, DATETIME_LETTERS)?;
    let odd = pieces
        .iter()
        .find(|piece| matches!((piece.letter, piece.width), ('y', 3) | ('t', 1)));
    match odd {
        Some(piece) => Err(KernelError::Argument {
            index: 1,
            message: format!(
                "`{}` is not a known format specifier",
                piece.letter.to_string().repeat(piece.width)
            ),
        }),
        None => Ok(pieces),
    }
}

/// The format of `format_timespan`.
///
/// # Errors
/// When a piece of the format is not known.
pub(crate) fn timespan_pieces(args: &Args<'_>) -> Result<Vec<Piece>, KernelError> {
    pieces(args, TIMESPAN_LETTERS)
}

pub(crate) fn format_datetime_as(ticks: i64, pieces: &[Piece]) -> String {
    let Civil {
        year,
        month,
        day,
        hour,
        minute,
        second,
        tick,
    } = civil(ticks);
    let mut out = String::new();
    for piece in pieces {
        match piece.letter {
            'd' => number(&mut out, i64::from(day), piece.width),
            'M' => number(&mut out, i64::from(month), piece.width),
            'y' if piece.width == 4 => number(&mut out, i64::from(year), 4),
            'y' => number(&mut out, i64::from(year % 100), piece.width),
            'H' => number(&mut out, i64::from(hour), piece.width),
            'h' => number(&mut out, i64::from((hour + 11) % 12 + 1), piece.width),
            'm' => number(&mut out, i64::from(minute), piece.width),
            's' => number(&mut out, i64::from(second), piece.width),
            't' => out.push_str(if hour < 12 { "AM" } else { "PM" }),
            'f' | 'F' => fraction(&mut out, u64::from(tick), *piece),
            delimiter => out.push(delimiter),
        }
    }
    out
}

/// The sign of a negative timespan is not written (.NET's custom formats do not have one).
pub(crate) fn format_timespan_as(ticks: i64, pieces: &[Piece]) -> String {
    let length = ticks.unsigned_abs();
    let part = |unit: i64, above: i64| (length % above as u64 / unit as u64) as i64;
    let mut out = String::new();
    for piece in pieces {
        match piece.letter {
            'd' => number(
                &mut out,
                (length / TICKS_PER_DAY as u64) as i64,
                piece.width,
            ),
            'H' | 'h' => number(&mut out, part(TICKS_PER_HOUR, TICKS_PER_DAY), piece.width),
            'm' => number(
                &mut out,
                part(TICKS_PER_MINUTE, TICKS_PER_HOUR),
                piece.width,
            ),
            's' => number(
                &mut out,
                part(TICKS_PER_SECOND, TICKS_PER_MINUTE),
                piece.width,
            ),
            'f' | 'F' => fraction(&mut out, length % TICKS_PER_SECOND as u64, *piece),
            delimiter => out.push(delimiter),
        }
    }
    out
}

fn number(out: &mut String, value: i64, width: usize) {
    out.push_str(&format!("{value:0width$}"));
}

/// The first digits of a second's fraction: `f` with its zeros, `F` without those at the end.
fn fraction(out: &mut String, ticks: u64, piece: Piece) {
    let digits = format!("{ticks:07}");
    let digits = &digits[..piece.width];
    out.push_str(if piece.letter == 'F' {
        digits.trim_end_matches('0')
    } else {
        digits
    });
}
