//! Parts of a time as they stand in a line, put together to an instant.

use crate::output::Refusal;
use crate::time;
use huntql_kql::time::{MAX_DATETIME, TICKS_PER_DAY, TICKS_PER_SECOND, UNIX_EPOCH};
use jiff::tz::TimeZone;

/// Which moment of the request a time tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::formats) enum Instant {
    Start,
    End,
}

/// A part of a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::formats) enum TimePart {
    /// Seconds since 1970, with or without a fraction.
    EpochSeconds,
    EpochMilliseconds,
    EpochMicroseconds,
    /// The part of the second, as a whole number of thousandths or millionths.
    Milliseconds,
    Microseconds,
    Year,
    /// Two digits: 69–99 are of the last century, as POSIX has it.
    ShortYear,
    Month,
    MonthName,
    Day,
    Hour,
    Hour12,
    HalfDay,
    Minute,
    Second,
    /// `+0200`, `+02:00`, `Z`.
    Zone,
    /// `13/Jan/2016:19:31:16 +0000`, in brackets or not; without the zone and with a fraction where a product writes it so.
    Clf,
    /// `2016-01-13T19:31:16+00:00`, or with a blank for the `T`.
    Iso,
    /// `2016-01-13`.
    Date,
    /// `19:31:16.123`.
    Clock,
    /// The same two, local.
    DateLocal,
    ClockLocal,
}

/// Whether times without a zone are UTC by the product's own rule, or in the zone that the user told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::formats) enum ZoneRule {
    #[default]
    Told,
    Utc,
}

/// What is known of one instant.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::formats) struct Moment {
    /// Whole ticks, where the line counts from 1970.
    epoch: Option<i64>,
    /// Midnight, in ticks.
    date: Option<i64>,
    year: Option<i32>,
    month: Option<i32>,
    day: Option<i32>,
    /// Ticks since midnight.
    clock: Option<i64>,
    hour: i32,
    minute: i32,
    second: i32,
    afternoon: Option<bool>,
    fraction: i64,
    zone_minutes: Option<i32>,
    is_local: bool,
}

const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];

fn month_of(name: &str) -> Option<i32> {
    let at = MONTHS
        .iter()
        .position(|month| name.eq_ignore_ascii_case(month))?;
    i32::try_from(at + 1).ok()
}

impl Moment {
    /// Whether anything has been told.
    pub fn is_told(&self) -> bool {
        self.epoch.is_some() || self.date.is_some() || self.day.is_some() || self.clock.is_some()
    }

    /// Ticks since midnight where there is no day, so that a header must tell it.
    pub fn lone_clock(&self) -> Option<i64> {
        let has_day = self.date.is_some() || self.day.is_some() || self.epoch.is_some();
        self.clock.filter(|_| !has_day)
    }

    pub fn set_date(&mut self, midnight: i64) {
        self.date = Some(midnight);
    }

    /// Takes one part. `None` when the text is no such part.
    pub fn set(&mut self, part: TimePart, text: &str) -> Option<()> {
        let number = || {
            let text = text.trim_start();
            (!text.is_empty() && text.len() <= 9 && text.bytes().all(|b| b.is_ascii_digit()))
                .then(|| text.parse::<i32>().ok())
                .flatten()
        };
        match part {
            TimePart::EpochSeconds => self.epoch = Some(epoch(text, 1)?),
            TimePart::EpochMilliseconds => self.epoch = Some(epoch(text, 1_000)?),
            TimePart::EpochMicroseconds => self.epoch = Some(epoch(text, 1_000_000)?),
            TimePart::Milliseconds => {
                self.fraction = i64::from(number().filter(|n| *n < 1_000)?) * 10_000;
            }
            TimePart::Microseconds => {
                self.fraction = i64::from(number().filter(|n| *n < 1_000_000)?) * 10;
            }
            TimePart::Year => self.year = number(),
            TimePart::ShortYear => {
                self.year = number().map(|year| year + if year >= 69 { 1900 } else { 2000 });
            }
            TimePart::Month => self.month = number(),
            TimePart::MonthName => self.month = Some(month_of(text.get(..3)?)?),
            TimePart::Day => self.day = Some(number()?),
            TimePart::Hour | TimePart::Hour12 => {
                self.hour = number().filter(|hour| *hour < 24)?;
                self.clock.get_or_insert(0);
            }
            TimePart::HalfDay => self.afternoon = Some(text.eq_ignore_ascii_case("pm")),
            TimePart::Minute => self.minute = number().filter(|minute| *minute < 60)?,
            TimePart::Second => self.second = number().filter(|second| *second < 61)?.min(59),
            TimePart::Zone => self.zone_minutes = Some(time::zone_minutes(text.as_bytes())?),
            TimePart::Clf => self.set_clf(text)?,
            TimePart::Iso => self.set_iso(text)?,
            TimePart::Date | TimePart::DateLocal => {
                let (midnight, rest) = time::iso_local(text.get(..10)?.as_bytes())?;
                (rest.is_empty() && text.len() == 10).then_some(())?;
                self.date = Some(midnight);
                self.is_local |= part == TimePart::DateLocal;
            }
            TimePart::Clock | TimePart::ClockLocal => {
                let (ticks, rest) = time::clock_ticks(text.as_bytes())?;
                rest.is_empty().then_some(())?;
                self.clock = Some(ticks);
                self.is_local |= part == TimePart::ClockLocal;
            }
        }
        Some(())
    }

    /// `[25/Feb/2019:16:19:48.143 +0100]`: the brackets, the fraction and the zone may be absent; `GMT` is a zone.
    fn set_clf(&mut self, text: &str) -> Option<()> {
        let text = text.trim_start_matches('[').trim_end_matches(']');
        let (date, clock) = (text.get(..11)?, text.get(12..)?);
        let bytes = date.as_bytes();
        (bytes[2] == b'/' && bytes[6] == b'/' && matches!(text.as_bytes()[11], b':' | b' '))
            .then_some(())?;
        let (day, month, year) = (
            date.get(..2)?.parse().ok()?,
            month_of(date.get(3..6)?)?,
            date.get(7..)?.parse().ok()?,
        );
        self.date = Some(time::day_tick(year, month, day)?);
        let (ticks, rest) = time::clock_ticks(clock.as_bytes())?;
        self.clock = Some(ticks);
        let rest = rest.trim_ascii();
        match rest {
            b"" => {}
            b"GMT" => self.zone_minutes = Some(0),
            zone => self.zone_minutes = Some(time::zone_minutes(zone)?),
        }
        Some(())
    }

    fn set_iso(&mut self, text: &str) -> Option<()> {
        let (local, zone) = time::iso_local(text.as_bytes())?;
        let midnight = local - local.rem_euclid(TICKS_PER_DAY);
        self.date = Some(midnight);
        self.clock = Some(local - midnight);
        if !zone.is_empty() {
            self.zone_minutes = Some(time::zone_minutes(zone)?);
        }
        Some(())
    }

    /// The instant in ticks; `zone` is what `--tz` says.
    pub fn ticks(&self, rule: ZoneRule, zone: Option<&TimeZone>) -> Result<i64, Refusal> {
        let tick = match self.epoch {
            Some(epoch) => Some(epoch + self.fraction),
            None => self.of_calendar(rule, zone)?,
        };
        match tick {
            Some(tick) if (time::YEAR_1990..=MAX_DATETIME).contains(&tick) => Ok(tick),
            Some(_) => Err(Refusal::new(
                "time_before_1990",
                "the time is before 1990 or after 9999",
            )),
            None => Err(Refusal::new(
                "bad_time",
                "the parts of the time make no date",
            )),
        }
    }

    fn of_calendar(&self, rule: ZoneRule, zone: Option<&TimeZone>) -> Result<Option<i64>, Refusal> {
        let from_parts = || time::day_tick(self.year?, self.month?, self.day?);
        let Some(midnight) = self.date.or_else(from_parts) else {
            return Ok(None);
        };
        let hour = match self.afternoon {
            Some(afternoon) => self.hour % 12 + if afternoon { 12 } else { 0 },
            None => self.hour,
        };
        let seconds = i64::from(hour * 3600 + self.minute * 60 + self.second);
        let local = midnight + self.clock.unwrap_or(0) + seconds * TICKS_PER_SECOND + self.fraction;
        if let Some(minutes) = self.zone_minutes {
            return Ok(Some(local - i64::from(minutes) * 60 * TICKS_PER_SECOND));
        }
        if rule == ZoneRule::Utc && !self.is_local {
            return Ok(Some(local));
        }
        match zone {
            Some(zone) => Ok(to_utc(local, zone)),
            None => Err(Refusal::new("no_zone", NO_ZONE)),
        }
    }
}

/// What is said of a log whose times are local and of a zone that nobody told.
pub(in crate::formats) const NO_ZONE: &str =
    "its times are local and have no zone; say which one they are in with --tz";

/// A local time in a zone as UTC. One that a change of the clock skipped or repeats is read with the earlier offset.
fn to_utc(local: i64, zone: &TimeZone) -> Option<i64> {
    let since = local - UNIX_EPOCH;
    let second = since.div_euclid(TICKS_PER_SECOND);
    let civil = TimeZone::UTC.to_datetime(jiff::Timestamp::from_second(second).ok()?);
    let instant = zone.to_ambiguous_timestamp(civil).compatible().ok()?;
    Some(instant.as_second() * TICKS_PER_SECOND + since.rem_euclid(TICKS_PER_SECOND) + UNIX_EPOCH)
}

/// Seconds (or thousandths, millionths of one) since 1970 as a tick.
fn epoch(text: &str, per_second: i64) -> Option<i64> {
    let since = match per_second {
        1 => time::decimal_seconds(text.as_bytes())?,
        _ => text
            .parse::<i64>()
            .ok()?
            .checked_mul(TICKS_PER_SECOND / per_second)?,
    };
    since
        .checked_add(UNIX_EPOCH)
        .filter(|tick| (0..=MAX_DATETIME).contains(tick))
}
