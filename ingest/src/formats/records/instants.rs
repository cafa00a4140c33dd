//! The time of a record, as the many writers of these formats have it.
//!
//! An epoch number is read in the unit that its count of digits says, which is how the products that changed their unit
//! (FortiOS: seconds, then nanoseconds) tell it. A text with a zone is read in it; one without needs `--tz`, unless the
//! product documents UTC or the record carries the zone in a field of its own. Zones by letters other than UTC's mean several
//! places at once, and are not read. A numeric date that can be read two ways goes the way of the whole file (`dates.rs`).

use super::fields::Fields;
use crate::formats::dates::{self, Clock};
use crate::formats::syslog;
use crate::output::Refusal;
use crate::time;
use huntql_kql::time::{TICKS_PER_DAY, TICKS_PER_MILLISECOND, TICKS_PER_SECOND, UNIX_EPOCH};
use std::borrow::Cow;
use std::cell::Cell;

/// Where a format has its time. The rules of a mapping are tried in order; the first whose fields are there decides.
#[derive(Debug, Clone, Copy)]
pub(super) enum TimeRule {
    /// An epoch number of 10, 13, 16 or 19 digits; text is read as [`TimeRule::Text`].
    Epoch(&'static [&'static str]),
    /// A date and time in one field, in the zone it names or of `--tz`.
    Text(&'static [&'static str]),
    /// As `Text`, in the zone that another field names (an offset, `GMT`, or a zone like `Europe/Berlin`).
    Zoned(&'static [&'static str], &'static str),
    /// As `Text`, and without a zone it is UTC: the product documents so.
    Utc(&'static [&'static str]),
    /// Date and time in two fields, the offset in a third.
    Parts {
        date: &'static str,
        time: &'static str,
        zone: &'static str,
    },
    /// The record has none: the relay's header has.
    Relay,
}

/// How the times of a file are read.
#[derive(Debug, Clone)]
pub(super) struct FileClock {
    pub clock: Clock,
    /// A year was told from the calendar.
    pub year_told: Cell<bool>,
    /// When the run began: a relay's time without a year is the latest that is not more than a day after this.
    pub now: i64,
}

/// What a reject says of a time that `--tz` would make readable; the reader of the file looks for this code.
pub(super) const NO_ZONE: &str = "no_zone";

/// The time of a record by the first rule that applies. `relay` is what stood before it on the line.
pub(super) fn instant(
    rules: &[TimeRule],
    fields: &Fields<'_>,
    nulls: &[&str],
    relay: &str,
    clock: &FileClock,
) -> Result<i64, Refusal> {
    for rule in rules {
        let read = match rule {
            TimeRule::Epoch(names) => fields.take(names, nulls).map(|text| epoch(text, clock)),
            TimeRule::Text(names) => fields
                .take(names, nulls)
                .map(|text| text_instant(text, clock)),
            TimeRule::Zoned(names, zone) => {
                fields
                    .take(names, nulls)
                    .map(|text| match fields.take(&[zone], nulls) {
                        Some(zone) => zoned_instant(text, zone, clock),
                        None => text_instant(text, clock),
                    })
            }
            TimeRule::Utc(names) => fields.take(names, nulls).map(|text| {
                let utc = FileClock {
                    clock: Clock {
                        zone: Some(jiff::tz::TimeZone::UTC),
                        ..clock.clock.clone()
                    },
                    ..clock.clone()
                };
                text_instant(text, &utc)
            }),
            TimeRule::Parts { date, time, zone } => parts(fields, nulls, [date, time, zone], clock),
            TimeRule::Relay => relay_instant(relay, clock),
        };
        if let Some(read) = read {
            let tick = read?;
            return match tick >= time::YEAR_1990 {
                true => Ok(tick),
                false => Err(Refusal::new("time_before_1990", "its time is before 1990")),
            };
        }
    }
    Err(Refusal::new("no_time", "the record has no time"))
}

/// The text that a rule would read as a date, for a look ahead over the file.
pub(super) fn text_of<'f>(
    rules: &[TimeRule],
    fields: &'f Fields<'_>,
    nulls: &[&str],
) -> Option<&'f str> {
    rules.iter().find_map(|rule| match rule {
        TimeRule::Epoch(names)
        | TimeRule::Text(names)
        | TimeRule::Utc(names)
        | TimeRule::Zoned(names, _) => fields.get(names, nulls),
        TimeRule::Parts { .. } | TimeRule::Relay => None,
    })
}

/// Whether a text is an epoch number or names its year, month and day beyond doubt.
pub(super) fn is_plain(text: &str) -> bool {
    let text = text.trim().trim_start_matches('[');
    let is_epoch = text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.');
    is_epoch || iso_like(text).is_some() || worded(text).is_some()
}

fn parts(
    fields: &Fields<'_>,
    nulls: &[&str],
    [date, time, zone]: [&str; 3],
    clock: &FileClock,
) -> Option<Result<i64, Refusal>> {
    let (date, time) = (fields.take(&[date], nulls)?, fields.take(&[time], nulls)?);
    let text = match fields.take(&[zone], nulls) {
        Some(zone) => format!("{date} {time} {zone}"),
        None => format!("{date} {time}"),
    };
    Some(text_instant(&text, clock))
}

fn epoch(text: &str, clock: &FileClock) -> Result<i64, Refusal> {
    let whole = text.split('.').next().unwrap_or_default();
    if whole.is_empty() || !whole.bytes().all(|byte| byte.is_ascii_digit()) {
        return text_instant(text, clock);
    }
    let number = text.parse::<i64>().ok();
    let since = match (whole.len(), number) {
        (9 | 10, _) => time::decimal_seconds(text.as_bytes()),
        (12 | 13, Some(number)) => number.checked_mul(TICKS_PER_MILLISECOND),
        (16, Some(number)) => number.checked_mul(10),
        (19, Some(number)) => Some(number / 100),
        _ => None,
    };
    since
        .map(|since| since + UNIX_EPOCH)
        .ok_or_else(|| bad_time(text))
}

fn bad_time(text: &str) -> Refusal {
    Refusal::new(
        "bad_time",
        format!("`{}` is no time", super::pairs::cut(text)),
    )
}

/// A date and time whose zone stands beside it.
fn zoned_instant(text: &str, zone: &str, clock: &FileClock) -> Result<i64, Refusal> {
    match zone.contains('/').then(|| jiff::tz::TimeZone::get(zone)) {
        Some(Ok(zone)) => {
            let told = FileClock {
                clock: Clock {
                    zone: Some(zone),
                    ..clock.clock.clone()
                },
                ..clock.clone()
            };
            text_instant(text, &told)
        }
        Some(Err(_)) => Err(Refusal::new(
            "bad_zone",
            format!("`{}` is no time zone", super::pairs::cut(zone)),
        )),
        None => text_instant(&format!("{text} {zone}"), clock),
    }
}

/// A date and time as text.
fn text_instant(text: &str, clock: &FileClock) -> Result<i64, Refusal> {
    let text = text.trim().trim_start_matches('[').trim_end_matches(']');
    let (local, zone) = iso_like(text)
        .or_else(|| worded(text))
        .or_else(|| {
            let tick = dates::numeric_local(text, clock.clock.order?)?;
            Some((tick, Cow::Borrowed("")))
        })
        .ok_or_else(|| bad_time(text))?;
    let zone = zone.trim();
    let offset = match zone {
        "" => None,
        "GMT" | "gmt" | "UTC" | "utc" | "Z" => Some(0),
        zone => match time::zone_minutes(zone.as_bytes()) {
            Some(minutes) => Some(minutes),
            None if zone.bytes().all(|byte| byte.is_ascii_alphabetic()) && zone.len() <= 5 => None,
            None => return Err(bad_time(text)),
        },
    };
    if let Some(minutes) = offset {
        return Ok(local - i64::from(minutes) * 60 * TICKS_PER_SECOND);
    }
    let Some(told) = &clock.clock.zone else {
        let message = format!("`{text}` does not say its zone; say it with --tz");
        return Err(Refusal::new(NO_ZONE, message));
    };
    dates::to_utc(local, told).ok_or_else(|| bad_time(text))
}

type Local<'a> = Option<(i64, Cow<'a, str>)>;

/// Year, month, day as numbers: `2026-03-02T10:00:00.5Z`, `2026/03/02 10:00:00`.
fn iso_like(text: &str) -> Local<'_> {
    let bytes = text.as_bytes();
    if bytes.get(4) == Some(&b'/') && bytes.get(7) == Some(&b'/') {
        let (date, rest) = text.split_at_checked(10)?;
        let dashed = format!("{}{rest}", date.replace('/', "-"));
        let (tick, zone) = time::iso_local(dashed.as_bytes())?;
        return Some((tick, Cow::Owned(String::from_utf8_lossy(zone).into_owned())));
    }
    let (tick, zone) = time::iso_local(bytes)?;
    let zone = text.get(text.len() - zone.len()..)?;
    Some((tick, Cow::Borrowed(zone)))
}

/// A month by its name: `Mon Mar  2 10:00:00 2026`, `Mar 02 2026 10:00:00.123 GMT`, `02/Mar/2026:10:00:00 +0100`.
fn worded(text: &str) -> Local<'_> {
    let (mut year, mut month, mut day, mut clock) = (None, None, None, None);
    let mut zone = String::new();
    let spaced = match text.split_once(':') {
        Some((date, rest)) if date.matches('/').count() == 2 => {
            format!("{} {rest}", date.replace('/', " "))
        }
        _ => text.to_owned(),
    };
    for (index, token) in spaced
        .split([' ', ','])
        .filter(|token| !token.is_empty())
        .enumerate()
    {
        let number = token
            .parse::<i32>()
            .ok()
            .filter(|_| token.as_bytes()[0].is_ascii_digit());
        match number {
            Some(number) if token.len() == 4 && year.is_none() => year = Some(number),
            Some(number) if token.len() <= 2 && day.is_none() => day = Some(number),
            Some(_) => return None,
            None if month.is_none() && syslog::month(token).is_some() => {
                month = syslog::month(token)
            }
            None if clock.is_none() && token.as_bytes().get(2) == Some(&b':') => {
                let (ticks, rest) = time::clock_ticks(token.as_bytes())?;
                clock = Some(ticks);
                zone.push_str(std::str::from_utf8(rest).ok()?);
            }
            None if index == 0 && is_weekday(token) => {}
            None if zone.is_empty() => zone.push_str(token),
            None => return None,
        }
    }
    Some((
        time::day_tick(year?, month?, day?)? + clock?,
        Cow::Owned(zone),
    ))
}

fn is_weekday(token: &str) -> bool {
    let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let head = token.get(..3).map(str::to_ascii_lowercase);
    head.is_some_and(|head| days.contains(&head.as_str()))
}

/// The time of a relay's header. Without a year it is of the latest year that does not put it after tomorrow.
fn relay_instant(relay: &str, clock: &FileClock) -> Option<Result<i64, Refusal>> {
    let body = match relay
        .strip_prefix('<')
        .and_then(|rest| rest.split_once('>'))
    {
        Some((_, rest)) => rest.strip_prefix("1 ").unwrap_or(rest),
        None => relay,
    };
    if let Some(stamp) = body.split(' ').next().filter(|stamp| stamp.len() > 18) {
        return Some(text_instant(stamp, clock));
    }
    let mut tokens = body.split(' ').filter(|token| !token.is_empty());
    let (month, day) = (tokens.next()?, tokens.next()?);
    syslog::month(month)?;
    let mut third = tokens.next()?;
    let latest = clock.now + TICKS_PER_DAY;
    if third.len() == 4 && third.parse::<u16>().is_ok() {
        let text = format!("{month} {day} {third} {}", tokens.next()?);
        return Some(text_instant(&text, clock));
    }
    third = third.trim_end_matches(':');
    clock.year_told.set(true);
    let this_year = year_of(latest);
    for year in [this_year, this_year - 1] {
        let text = format!("{month} {day} {year} {third}");
        match text_instant(&text, clock) {
            Ok(tick) if tick > latest => {}
            Err(refusal) if refusal.code == "bad_time" && year == this_year => {}
            read => return Some(read),
        }
    }
    Some(Err(bad_time(&format!("{month} {day} {third}"))))
}

/// The calendar year of a tick.
fn year_of(tick: i64) -> i32 {
    let guess = (tick / TICKS_PER_DAY) as f64 / 365.2425;
    let guess = guess as i32 + 1;
    [guess + 1, guess, guess - 1]
        .into_iter()
        .find(|year| time::day_tick(*year, 1, 1).is_some_and(|first| first <= tick))
        .unwrap_or(guess)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use jiff::tz::TimeZone;

    fn clock(zone: Option<&str>) -> FileClock {
        FileClock {
            clock: Clock {
                order: None,
                zone: zone.map(|name| TimeZone::get(name).unwrap()),
            },
            year_told: Cell::new(false),
            now: time::iso_instant("2026-01-02T00:00:00Z").unwrap(),
        }
    }

    #[test]
    fn texts_with_a_zone_are_read_in_it() {
        let expected = time::iso_instant("2026-03-02T09:00:00Z");
        for text in [
            "2026-03-02T10:00:00+01:00",
            "2026-03-02 10:00:00 +0100",
            "2026/03/02 09:00:00 UTC",
            "Mon Mar  2 09:00:00 2026 GMT",
            "Mar 02 2026 10:00:00.000 +0100",
            "[02/Mar/2026:10:00:00 +0100]",
        ] {
            assert_eq!(text_instant(text, &clock(None)).ok(), expected, "{text}");
        }
    }

    #[test]
    fn a_time_without_a_zone_needs_tz_and_letters_are_no_zone() {
        for text in [
            "2026/03/02 10:00:00",
            "Mon Mar 2 10:00:00 2026",
            "Mar 02 2026 10:00:00 CET",
        ] {
            assert_eq!(text_instant(text, &clock(None)).unwrap_err().code, NO_ZONE);
            let read = text_instant(text, &clock(Some("Europe/Berlin"))).ok();
            assert_eq!(read, time::iso_instant("2026-03-02T09:00:00Z"), "{text}");
        }
    }

    #[test]
    fn the_digits_of_an_epoch_say_its_unit() {
        let expected = time::iso_instant("2023-09-08T12:32:37Z");
        for text in [
            "1694176357",
            "1694176357000",
            "1694176357000000",
            "1694176357000000000",
        ] {
            assert_eq!(epoch(text, &clock(None)).ok(), expected, "{text}");
        }
        assert_eq!(
            epoch("16941763", &clock(None)).unwrap_err().code,
            "bad_time"
        );
    }

    #[test]
    fn a_relays_time_has_the_latest_year_that_is_not_in_the_future() {
        let utc = clock(Some("UTC"));
        let read = |text: &str| relay_instant(text, &utc).unwrap().ok();
        assert_eq!(
            read("<159>Dec 14 22:59:29 gw "),
            time::iso_instant("2025-12-14T22:59:29Z")
        );
        assert_eq!(
            read("Jan  2 10:00:00 gw "),
            time::iso_instant("2026-01-02T10:00:00Z")
        );
        assert_eq!(
            relay_instant("Jan  2 10:00:00 gw ", &clock(None))
                .unwrap()
                .unwrap_err()
                .code,
            NO_ZONE
        );
    }
}
