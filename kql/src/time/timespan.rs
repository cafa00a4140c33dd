//! Timespans to text and back.
//!
//! Source: Kusto docs, "The timespan data type"; the unit spellings are those that Microsoft's own parser takes.

use super::cursor::Cursor;
use super::{
    TICKS_PER_DAY, TICKS_PER_HOUR, TICKS_PER_MICROSECOND, TICKS_PER_MILLISECOND, TICKS_PER_MINUTE,
    TICKS_PER_SECOND,
};
use std::fmt::Write;

/// Nanoseconds in a tick.
const NANOSECONDS_PER_TICK: i128 = 100;

/// Every spelling of a unit, with its length in nanoseconds.
const UNITS: &[(&str, i128)] = &[
    ("d", TICKS_PER_DAY as i128 * NANOSECONDS_PER_TICK),
    ("day", TICKS_PER_DAY as i128 * NANOSECONDS_PER_TICK),
    ("days", TICKS_PER_DAY as i128 * NANOSECONDS_PER_TICK),
    ("h", TICKS_PER_HOUR as i128 * NANOSECONDS_PER_TICK),
    ("hr", TICKS_PER_HOUR as i128 * NANOSECONDS_PER_TICK),
    ("hrs", TICKS_PER_HOUR as i128 * NANOSECONDS_PER_TICK),
    ("hour", TICKS_PER_HOUR as i128 * NANOSECONDS_PER_TICK),
    ("hours", TICKS_PER_HOUR as i128 * NANOSECONDS_PER_TICK),
    ("m", TICKS_PER_MINUTE as i128 * NANOSECONDS_PER_TICK),
    ("min", TICKS_PER_MINUTE as i128 * NANOSECONDS_PER_TICK),
    ("minute", TICKS_PER_MINUTE as i128 * NANOSECONDS_PER_TICK),
    ("minutes", TICKS_PER_MINUTE as i128 * NANOSECONDS_PER_TICK),
    ("s", TICKS_PER_SECOND as i128 * NANOSECONDS_PER_TICK),
    ("sec", TICKS_PER_SECOND as i128 * NANOSECONDS_PER_TICK),
    ("second", TICKS_PER_SECOND as i128 * NANOSECONDS_PER_TICK),
    ("seconds", TICKS_PER_SECOND as i128 * NANOSECONDS_PER_TICK),
    ("ms", TICKS_PER_MILLISECOND as i128 * NANOSECONDS_PER_TICK),
    (
        "milli",
        TICKS_PER_MILLISECOND as i128 * NANOSECONDS_PER_TICK,
    ),
    (
        "millis",
        TICKS_PER_MILLISECOND as i128 * NANOSECONDS_PER_TICK,
    ),
    (
        "millisec",
        TICKS_PER_MILLISECOND as i128 * NANOSECONDS_PER_TICK,
    ),
    (
        "millisecond",
        TICKS_PER_MILLISECOND as i128 * NANOSECONDS_PER_TICK,
    ),
    (
        "milliseconds",
        TICKS_PER_MILLISECOND as i128 * NANOSECONDS_PER_TICK,
    ),
    (
        "micro",
        TICKS_PER_MICROSECOND as i128 * NANOSECONDS_PER_TICK,
    ),
    (
        "micros",
        TICKS_PER_MICROSECOND as i128 * NANOSECONDS_PER_TICK,
    ),
    (
        "microsec",
        TICKS_PER_MICROSECOND as i128 * NANOSECONDS_PER_TICK,
    ),
    (
        "microsecond",
        TICKS_PER_MICROSECOND as i128 * NANOSECONDS_PER_TICK,
    ),
    (
        "microseconds",
        TICKS_PER_MICROSECOND as i128 * NANOSECONDS_PER_TICK,
    ),
    ("nano", 1),
    ("nanos", 1),
    ("nanosec", 1),
    ("nanosecond", 1),
    ("nanoseconds", 1),
    ("tick", NANOSECONDS_PER_TICK),
    ("ticks", NANOSECONDS_PER_TICK),
];

/// The length in nanoseconds of a unit of time as a literal spells it: `d`, `hrs`, `microseconds` ….
pub fn timespan_unit(name: &str) -> Option<i128> {
    UNITS
        .iter()
        .find(|(unit, _)| *unit == name)
        .map(|(_, nanoseconds)| *nanoseconds)
}

/// Reads a timespan as `timespan(…)` and `totimespan()` do, into ticks.
///
/// `2d`, `1.5h`, `10 seconds`; `[-][d.]h:m[:s[.fffffff]]`; a bare whole number counts days. `None` for anything else, and for
/// what does not fit. Parts of a tick are cut off.
pub fn parse_timespan(text: &str) -> Option<i64> {
    let text = text.trim_ascii();
    let (negative, rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let ticks = if rest.contains(':') {
        clock(rest)?
    } else {
        amount(rest)?
    };
    i64::try_from(if negative { -ticks } else { ticks }).ok()
}

/// The ticks of `1.5` and `h`; the number is digits with at most one point.
pub fn timespan_of(number: &str, unit: &str) -> Option<i64> {
    i64::try_from(scaled(number, timespan_unit(unit)?)?).ok()
}

/// `7`, `2d`, `10 seconds`
fn amount(text: &str) -> Option<i128> {
    let split = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let unit = unit.trim_ascii();
    if unit.is_empty() {
        let whole = number.bytes().all(|byte| byte.is_ascii_digit());
        return if whole {
            scaled(number, timespan_unit("d")?)
        } else {
            None
        };
    }
    scaled(number, timespan_unit(unit)?)
}

/// A decimal number of units, in ticks.
fn scaled(number: &str, nanoseconds: i128) -> Option<i128> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let digits = |text: &str| {
        if text.is_empty() {
            Some(0)
        } else {
            text.parse::<u64>().ok().map(i128::from)
        }
    };
    let kept = &fraction[..fraction.len().min(15)];
    let whole = digits(whole)? * nanoseconds;
    let part = digits(kept)? * nanoseconds / 10_i128.pow(kept.len() as u32);
    fraction
        .bytes()
        .all(|byte| byte.is_ascii_digit())
        .then_some((whole + part) / NANOSECONDS_PER_TICK)
}

/// `[d.]h:m[:s[.fffffff]]`, each part in its range.
fn clock(text: &str) -> Option<i128> {
    let mut at = Cursor::new(text);
    let (first, digits) = at.digits();
    if digits == 0 || digits > 8 {
        return None;
    }
    let (days, hours) = if at.eat(b'.') {
        (first, at.number(1, 2)?)
    } else {
        (0, first)
    };
    at.expect(b':')?;
    let minutes = at.number(1, 2)?;
    let (mut seconds, mut ticks) = (0, 0);
    if at.eat(b':') {
        seconds = at.number(1, 2)?;
        if at.eat(b'.') {
            ticks = at.fraction_ticks()?;
        }
    }
    if !at.at_end() || hours > 23 || minutes > 59 || seconds > 59 {
        return None;
    }
    Some(
        i128::from(days) * i128::from(TICKS_PER_DAY)
            + i128::from(hours) * i128::from(TICKS_PER_HOUR)
            + i128::from(minutes) * i128::from(TICKS_PER_MINUTE)
            + i128::from(seconds) * i128::from(TICKS_PER_SECOND)
            + i128::from(ticks),
    )
}

/// `[-][d.]hh:mm:ss[.fffffff]`: days and fraction only when they are not zero.
pub fn format_timespan(ticks: i64) -> String {
    const DAY: u64 = TICKS_PER_DAY as u64;
    const HOUR: u64 = TICKS_PER_HOUR as u64;
    const MINUTE: u64 = TICKS_PER_MINUTE as u64;
    const SECOND: u64 = TICKS_PER_SECOND as u64;
    let length = ticks.unsigned_abs();
    let mut text = String::with_capacity(20);
    if ticks < 0 {
        text.push('-');
    }
    if length >= DAY {
        write!(text, "{}.", length / DAY).expect("a string takes all");
    }
    let (hours, minutes, seconds) = (
        length % DAY / HOUR,
        length % HOUR / MINUTE,
        length % MINUTE / SECOND,
    );
    write!(text, "{hours:02}:{minutes:02}:{seconds:02}").expect("a string takes all");
    if !length.is_multiple_of(SECOND) {
        write!(text, ".{:07}", length % SECOND).expect("a string takes all");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        parse_timespan(text).map_or_else(|| "null".into(), format_timespan)
    }

    #[test]
    fn amounts_with_units_are_exact() {
        assert_eq!(read("2d"), "2.00:00:00");
        assert_eq!(read("1.5h"), "01:30:00");
        assert_eq!(read("0.1s"), "00:00:00.1000000");
        assert_eq!(read("100ms"), "00:00:00.1000000");
        assert_eq!(read("10 seconds"), "00:00:10");
        assert_eq!(read("10microsecond"), "00:00:00.0000100");
        assert_eq!(read("1tick"), "00:00:00.0000001");
        assert_eq!(read("250nanoseconds"), "00:00:00.0000002");
        assert_eq!(read("-5m"), "-00:05:00");
    }

    #[test]
    fn a_bare_number_counts_days() {
        assert_eq!(read("7"), "7.00:00:00");
        assert_eq!(read("1.5"), "null");
    }

    #[test]
    fn clock_forms_are_read() {
        assert_eq!(read("1.02:03:04.5678901"), "1.02:03:04.5678901");
        assert_eq!(read("0:10"), "00:10:00");
        assert_eq!(read("-0.00:00:01"), "-00:00:01");
        assert_eq!(read("0.12:34:56.7"), "12:34:56.7000000");
    }

    #[test]
    fn parts_out_of_range_are_null() {
        for text in [
            "",
            "d",
            ".",
            "24:00:00",
            "0:60",
            "1:2:3:4",
            "99:99:99.999999",
            "5 parsecs",
            "100000000d",
            "1.2.3d",
            "--1d",
        ] {
            assert_eq!(read(text), "null", "{text}");
        }
    }

    #[test]
    fn the_longest_timespans_are_written_in_full() {
        assert_eq!(format_timespan(i64::MAX), "10675199.02:48:05.4775807");
        assert_eq!(format_timespan(i64::MIN), "-10675199.02:48:05.4775808");
        assert_eq!(parse_timespan("10675199.02:48:05.4775807"), Some(i64::MAX));
        assert_eq!(parse_timespan("-10675199.02:48:05.4775808"), Some(i64::MIN));
    }
}
