//! Datetimes to text and back.
//!
//! Reads the formats of the docs page "The datetime data type" (ISO 8601, RFC 822, RFC 850, sortable), and the month-first
//! forms `12/31/2015` and `12-31-2015` that the engine reads as well (docs, `todatetime()`).
//!
//! Not here: `datetime()` and `datetime(now)`, which need a clock.

use super::cursor::Cursor;
use super::{Civil, MAX_DATETIME, TICKS_PER_MINUTE, civil, from_civil};
use std::fmt::Write;

const MONTHS: [&[u8; 3]; 12] = [
    b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec",
];

const WEEKDAYS: [&[u8; 3]; 7] = [b"mon", b"tue", b"wed", b"thu", b"fri", b"sat", b"sun"];

/// Reads a datetime as `datetime(…)` and `todatetime()` do, into ticks.
///
/// `None` for text that is no datetime, and for one outside of the years 0001 to 9999 in UTC. Without a zone the time is
/// UTC. Digits behind the seventh of the second are cut off. Does not allocate.
pub fn parse_datetime(text: &str) -> Option<i64> {
    if let Some(ticks) = usual(text.as_bytes()) {
        return Some(ticks);
    }
    let start = Cursor::new(text);
    year_first(start)
        .or_else(|| month_first(start))
        .or_else(|| day_first(start))
}

/// `2014-05-25T08:20:03.123456Z`
pub fn format_datetime(ticks: i64) -> String {
    let Civil {
        year,
        month,
        day,
        hour,
        minute,
        second,
        tick,
    } = civil(ticks);
    let mut text = String::with_capacity(28);
    write!(
        text,
        "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{tick:07}Z"
    )
    .expect("a string takes all");
    text
}

/// The form that almost all logs have, `yyyy-mm-ddThh:mm:ss[.f…]Z`, in few steps; `None` says nothing about other forms.
fn usual(text: &[u8]) -> Option<i64> {
    let (fixed, rest) = text.split_at_checked(19)?;
    let signs = [fixed[4], fixed[7], fixed[10], fixed[13], fixed[16]];
    if signs != *b"--T::" && signs != *b"-- ::" {
        return None;
    }
    let two = |at: usize| {
        let (tens, ones) = (
            fixed[at].wrapping_sub(b'0'),
            fixed[at + 1].wrapping_sub(b'0'),
        );
        (tens < 10 && ones < 10).then(|| u32::from(tens) * 10 + u32::from(ones))
    };
    let year = (two(0)? * 100 + two(2)?) as i32;
    let fraction = match rest {
        b"Z" | b"" => b"",
        [b'.', digits @ .., b'Z'] => digits,
        _ => return None,
    };
    if fraction.len() > 7 || (fraction.is_empty() && rest.len() > 1) {
        return None;
    }
    let mut tick = 0;
    for place in 0..7 {
        let digit = fraction
            .get(place)
            .map_or(0, |byte| byte.wrapping_sub(b'0'));
        if digit > 9 {
            return None;
        }
        tick = tick * 10 + u32::from(digit);
    }
    from_civil(Civil {
        year,
        month: two(5)?,
        day: two(8)?,
        hour: two(11)?,
        minute: two(14)?,
        second: two(17)?,
        tick,
    })
}

#[derive(Clone, Copy)]
struct Date {
    year: u32,
    month: u32,
    day: u32,
}

/// `yyyy[-m[-d[T| time]]]`
fn year_first(mut at: Cursor<'_>) -> Option<i64> {
    let year = at.number(4, 4)?;
    if at.at_end() {
        return moment(
            at,
            Date {
                year,
                month: 1,
                day: 1,
            },
        );
    }
    let first = separator(&mut at, None)?;
    let month = at.number(1, 2)?;
    if at.at_end() && first == b'-' {
        return moment(
            at,
            Date {
                year,
                month,
                day: 1,
            },
        );
    }
    separator(&mut at, Some(first))?;
    let day = at.number(1, 2)?;
    moment(at, Date { year, month, day })
}

/// `-`, `/` or `,`, perhaps with spaces around it, and the same as before: the docs have `datetime(2017 - 08 - 01)` and
/// `datetime(2025, 6, 14)`.
fn separator(at: &mut Cursor<'_>, before: Option<u8>) -> Option<u8> {
    at.spaces();
    let found = at
        .peek()
        .filter(|byte| matches!(byte, b'-' | b'/' | b','))?;
    at.expect(found)?;
    at.spaces();
    before.is_none_or(|before| before == found).then_some(found)
}

/// `m/d/yyyy[ time]` and `m-d-yyyy[ time]`
fn month_first(mut at: Cursor<'_>) -> Option<i64> {
    let month = at.number(1, 2)?;
    let separator = at.peek().filter(|byte| matches!(byte, b'/' | b'-'))?;
    at.expect(separator)?;
    let day = at.number(1, 2)?;
    at.expect(separator)?;
    let year = at.number(4, 4)?;
    moment(at, Date { year, month, day })
}

/// `[Sat, ]8 Nov 14[ time]`, `[Saturday, ]08-Nov-14[ time]`; the year may have four digits.
fn day_first(mut at: Cursor<'_>) -> Option<i64> {
    let weekday = at.word();
    if !weekday.is_empty() {
        WEEKDAYS.iter().find(|name| abbreviates(name, weekday))?;
        at.expect(b',')?;
        at.spaces();
    }
    let day = at.number(1, 2)?;
    let hyphens = at.eat(b'-');
    at.spaces();
    let word = at.word();
    let month = 1 + MONTHS.iter().position(|name| abbreviates(name, word))? as u32;
    if hyphens {
        at.expect(b'-')?;
    }
    at.spaces();
    let (year, digits) = at.digits();
    let year = match digits {
        2 if year < 50 => 2000 + year,
        2 => 1900 + year,
        4 => year,
        _ => return None,
    };
    moment(at, Date { year, month, day })
}

fn abbreviates(name: &[u8; 3], word: &[u8]) -> bool {
    word.get(..3)
        .is_some_and(|start| start.eq_ignore_ascii_case(name))
}

/// What stands behind a date: nothing, or a time and perhaps a zone.
fn moment(mut at: Cursor<'_>, date: Date) -> Option<i64> {
    let Date { year, month, day } = date;
    let midnight = Civil {
        year: year as i32,
        month,
        day,
        hour: 0,
        minute: 0,
        second: 0,
        tick: 0,
    };
    if at.at_end() {
        return from_civil(midnight);
    }
    if at.eat(b'Z') {
        return from_civil(midnight).filter(|_| at.at_end());
    }
    if !at.eat(b'T') && !at.eat(b't') && !at.spaces() {
        return None;
    }
    at.spaces();
    let mut time = Civil {
        hour: at.number(1, 2)?,
        ..midnight
    };
    at.expect(b':')?;
    time.minute = at.number(1, 2)?;
    if at.eat(b':') {
        time.second = at.number(1, 2)?;
        if at.eat(b'.') {
            time.tick = at.fraction_ticks()?;
        }
    }
    at.spaces();
    time.hour = half_of_day(&mut at, time.hour)?;
    let offset_minutes = zone(&mut at)?;
    let ticks = from_civil(time)?.checked_sub(offset_minutes * TICKS_PER_MINUTE)?;
    (at.at_end() && (0..=MAX_DATETIME).contains(&ticks)).then_some(ticks)
}

/// `AM` and `PM`: 12 AM is midnight, 12 PM is noon.
fn half_of_day(at: &mut Cursor<'_>, hour: u32) -> Option<u32> {
    let mut ahead = *at;
    let word = ahead.word();
    let afternoon = word.eq_ignore_ascii_case(b"pm");
    if !afternoon && !word.eq_ignore_ascii_case(b"am") {
        return Some(hour);
    }
    ahead.spaces();
    *at = ahead;
    (1..=12)
        .contains(&hour)
        .then_some(hour % 12 + if afternoon { 12 } else { 0 })
}

/// Minutes east of UTC: nothing, `Z`, `GMT`, `UTC`, `+02:00`, `-0730`, `+02`.
fn zone(at: &mut Cursor<'_>) -> Option<i64> {
    let name = at.word();
    let known = [&b"z"[..], b"gmt", b"utc"]
        .iter()
        .any(|known| name.eq_ignore_ascii_case(known));
    if !name.is_empty() || at.at_end() {
        return (name.is_empty() || known).then_some(0);
    }
    let sign = match at.peek()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    at.expect(at.peek()?)?;
    let (hours, minutes) = match at.digits() {
        (both, 4) => (both / 100, both % 100),
        (hours, 1 | 2) if at.eat(b':') => (hours, at.number(2, 2)?),
        (hours, 1 | 2) => (hours, 0),
        _ => return None,
    };
    (hours <= 14 && minutes <= 59).then_some(sign * i64::from(hours * 60 + minutes))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn read(text: &str) -> String {
        parse_datetime(text).map_or_else(|| "null".into(), format_datetime)
    }

    #[test]
    fn iso_forms_are_read() {
        assert_eq!(
            read("2014-05-25T08:20:03.123456Z"),
            "2014-05-25T08:20:03.1234560Z"
        );
        assert_eq!(
            read("2014-05-25T08:20:03.123456"),
            "2014-05-25T08:20:03.1234560Z"
        );
        assert_eq!(read("2014-05-25T08:20"), "2014-05-25T08:20:00.0000000Z");
        assert_eq!(
            read("2014-11-08 15:55:55.123456Z"),
            "2014-11-08T15:55:55.1234560Z"
        );
        assert_eq!(read(" 2014-11-08 15:55 "), "2014-11-08T15:55:00.0000000Z");
        assert_eq!(read("2014-11-08"), "2014-11-08T00:00:00.0000000Z");
        assert_eq!(read("2014"), "2014-01-01T00:00:00.0000000Z");
        assert_eq!(read("2025, 6, 14"), "2025-06-14T00:00:00.0000000Z");
        assert_eq!(read("2017 - 08 - 01"), "2017-08-01T00:00:00.0000000Z");
    }

    #[test]
    fn the_usual_form_reads_like_the_others() {
        for text in [
            "2024-02-29T23:59:59.1234567Z",
            "2024-02-29 23:59:59",
            "2024-02-29T23:59:59.1Z",
            "2024-02-29T23:59:59Z",
        ] {
            assert_eq!(
                usual(text.as_bytes()),
                year_first(Cursor::new(text)),
                "{text}"
            );
            assert!(usual(text.as_bytes()).is_some(), "{text}");
        }
        for text in [
            "2023-02-29T23:59:59Z",
            "2024-02-29T23:59:59.Z",
            "2024-02-29T23:59:5xZ",
            "2024-02-29T23:59:59.12x4567Z",
            "2024-02-29T24:00:00Z",
        ] {
            assert_eq!(parse_datetime(text), None, "{text}");
        }
    }

    #[test]
    fn digits_behind_the_seventh_are_cut_off() {
        assert_eq!(
            read("9999-12-31T23:59:59.99999999999Z"),
            "9999-12-31T23:59:59.9999999Z"
        );
        assert_eq!(
            read("2024-01-01T00:00:00.123456789Z"),
            "2024-01-01T00:00:00.1234567Z"
        );
    }

    #[test]
    fn zones_move_the_time_to_utc() {
        assert_eq!(
            read("2024-01-01T00:30:00+02:00"),
            "2023-12-31T22:30:00.0000000Z"
        );
        assert_eq!(
            read("2024-01-01T00:30:00-0730"),
            "2024-01-01T08:00:00.0000000Z"
        );
        assert_eq!(read("2014-11-08 15:05 GMT"), "2014-11-08T15:05:00.0000000Z");
        assert_eq!(read("0001-01-01T00:00:00+01:00"), "null");
    }

    #[test]
    fn rfc_822_and_850_forms_are_read() {
        for text in [
            "Sat, 8 Nov 14 15:05:02 GMT",
            "Sat, 8 Nov 14 15:05:02",
            "8 Nov 2014 15:05:02 GMT",
            "Saturday, 08-Nov-14 15:05:02 GMT",
            "08-Nov-14 15:05:02",
        ] {
            assert_eq!(read(text), "2014-11-08T15:05:02.0000000Z", "{text}");
        }
    }

    #[test]
    fn month_first_forms_are_read_and_day_first_ones_are_not() {
        assert_eq!(read("5/25/2014"), "2014-05-25T00:00:00.0000000Z");
        assert_eq!(read("12-02-2022"), "2022-12-02T00:00:00.0000000Z");
        assert_eq!(read("7/30/2015 1:02:03 PM"), "2015-07-30T13:02:03.0000000Z");
        assert_eq!(read("15/01/2024"), "null");
    }

    #[test]
    fn what_is_no_datetime_is_null() {
        for text in [
            "",
            "x",
            "2014-13-01",
            "2023-02-29",
            "2014-11-08T",
            "2014-11-08T25:00",
            "2014-11-08x",
            "20141108",
            "1e3",
        ] {
            assert_eq!(read(text), "null", "{text}");
        }
    }
}
