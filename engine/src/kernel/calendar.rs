//! Datetimes by calendar: parts, periods, bins, time zones.

use super::{Args, KernelError};
use huntql_kql::time::{
    Civil, MAX_DATETIME, TICKS_PER_DAY, TICKS_PER_HOUR, TICKS_PER_MICROSECOND,
    TICKS_PER_MILLISECOND, TICKS_PER_MINUTE, TICKS_PER_SECOND, UNIX_EPOCH, civil, day_of_week,
    day_of_year, days_in_month, from_civil,
};
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};

/// A period of time as `datetime_add`, `datetime_diff` and `datetime_part` name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Year,
    Quarter,
    Month,
    Week,
    Day,
    DayOfYear,
    Hour,
    Minute,
    Second,
    Millisecond,
    Microsecond,
    Nanosecond,
}

const PARTS: &[(&str, Part)] = &[
    ("year", Part::Year),
    ("quarter", Part::Quarter),
    ("month", Part::Month),
    ("week", Part::Week),
    ("weekofyear", Part::Week),
    ("week_of_year", Part::Week),
    ("day", Part::Day),
    ("dayofyear", Part::DayOfYear),
    ("hour", Part::Hour),
    ("minute", Part::Minute),
    ("second", Part::Second),
    ("millisecond", Part::Millisecond),
    ("microsecond", Part::Microsecond),
    ("nanosecond", Part::Nanosecond),
];

/// The part that a constant first argument names, in any case.
///
/// # Errors
/// When it is not constant or names no part.
pub(crate) fn part(args: &Args<'_>) -> Result<Part, KernelError> {
    let name = args.constant_text(0).unwrap_or_default();
    PARTS
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(name))
        .map(|(_, part)| *part)
        .ok_or_else(|| KernelError::Argument {
            index: 0,
            message: format!("`{name}` is not a known part of a datetime"),
        })
}

impl Part {
    /// Ticks of a period of fixed length.
    fn ticks(self) -> Option<i64> {
        Some(match self {
            Part::Week => 7 * TICKS_PER_DAY,
            Part::Day | Part::DayOfYear => TICKS_PER_DAY,
            Part::Hour => TICKS_PER_HOUR,
            Part::Minute => TICKS_PER_MINUTE,
            Part::Second => TICKS_PER_SECOND,
            Part::Millisecond => TICKS_PER_MILLISECOND,
            Part::Microsecond => TICKS_PER_MICROSECOND,
            Part::Year | Part::Quarter | Part::Month | Part::Nanosecond => return None,
        })
    }

    /// Moves a datetime by a number of periods; the day of the month is cut to the month's length. `None` outside of the calendar.
    pub(crate) fn add(self, amount: i64, at: i64) -> Option<i64> {
        let moved = match self {
            Part::Year => return add_months(at, amount.checked_mul(12)?),
            Part::Quarter => return add_months(at, amount.checked_mul(3)?),
            Part::Month => return add_months(at, amount),
            Part::Nanosecond => at.checked_add(amount / 100)?,
            _ => at.checked_add(amount.checked_mul(self.ticks()?)?)?,
        };
        (0..=MAX_DATETIME).contains(&moved).then_some(moved)
    }

    /// The borders of this period that lie between `b` and `a`, negative when `a` is before `b`.
    pub(crate) fn difference(self, a: i64, b: i64) -> Option<i64> {
        let (left, right) = (civil(a), civil(b));
        let years = i64::from(left.year - right.year);
        let months = years * 12 + i64::from(left.month) - i64::from(right.month);
        Some(match self {
            Part::Year => years,
            Part::Quarter => {
                years * 4 + i64::from((left.month - 1) / 3) - i64::from((right.month - 1) / 3)
            }
            Part::Month => months,
            // Weeks begin on Sunday; 0001-01-01 was a Monday.
            Part::Week => {
                (a + TICKS_PER_DAY).div_euclid(7 * TICKS_PER_DAY)
                    - (b + TICKS_PER_DAY).div_euclid(7 * TICKS_PER_DAY)
            }
            Part::Nanosecond => a.checked_sub(b)?.checked_mul(100)?,
            _ => a.div_euclid(self.ticks()?) - b.div_euclid(self.ticks()?),
        })
    }

    /// The number of this part in a datetime. Parts below the second count from the second's start.
    pub(crate) fn of(self, at: i64) -> i64 {
        let fields = civil(at);
        match self {
            Part::Year => i64::from(fields.year),
            Part::Quarter => i64::from((fields.month - 1) / 3 + 1),
            Part::Month => i64::from(fields.month),
            Part::Week => week_of_year(at),
            Part::Day => i64::from(fields.day),
            Part::DayOfYear => i64::from(day_of_year(at)),
            Part::Hour => i64::from(fields.hour),
            Part::Minute => i64::from(fields.minute),
            Part::Second => i64::from(fields.second),
            Part::Millisecond => i64::from(fields.tick) / TICKS_PER_MILLISECOND,
            Part::Microsecond => i64::from(fields.tick) / TICKS_PER_MICROSECOND,
            Part::Nanosecond => i64::from(fields.tick) * 100,
        }
    }

    /// The start of the period around a datetime, moved by `offset` periods; for year, month, week and day.
    pub(crate) fn start(self, at: i64, offset: i64) -> Option<i64> {
        let midnight = at - at.rem_euclid(TICKS_PER_DAY);
        let fields = civil(midnight);
        let start = match self {
            Part::Year => from_civil(Civil {
                month: 1,
                day: 1,
                ..fields
            })?,
            Part::Month => from_civil(Civil { day: 1, ..fields })?,
            Part::Week => midnight - i64::from(day_of_week(at)) * TICKS_PER_DAY,
            _ => midnight,
        };
        self.add(offset, start)
    }

    /// The last tick of the period around a datetime, moved by `offset` periods.
    pub(crate) fn end(self, at: i64, offset: i64) -> Option<i64> {
        let start = self.start(at, offset)?;
        Some(self.add(1, start).map_or(MAX_DATETIME, |next| next - 1))
    }
}

fn add_months(at: i64, months: i64) -> Option<i64> {
    let fields = civil(at);
    let month = (i64::from(fields.year) * 12 + i64::from(fields.month) - 1).checked_add(months)?;
    let year = i32::try_from(month.div_euclid(12)).ok()?;
    let month = month.rem_euclid(12) as u32 + 1;
    from_civil(Civil {
        year,
        month,
        day: fields.day.min(days_in_month(year, month)),
        ..fields
    })
}

/// The ISO 8601 week: the first one of a year has the year's first Thursday.
pub(crate) fn week_of_year(at: i64) -> i64 {
    // Days since Monday; the Thursday of this week decides the year.
    let weekday = (i64::from(day_of_week(at)) + 6) % 7;
    let thursday = at + (3 - weekday) * TICKS_PER_DAY;
    if !(0..=MAX_DATETIME).contains(&thursday) {
        return if thursday < 0 { 52 } else { 53 };
    }
    i64::from(day_of_year(thursday) - 1) / 7 + 1
}

/// The multiple of `size` at or below `value`, counted from `origin`; `None` for a size that is not positive.
pub(crate) fn bin_at(value: i64, size: i64, origin: i64) -> Option<i64> {
    if size <= 0 {
        return None;
    }
    let distance = value.checked_sub(origin)?;
    origin.checked_add(distance.div_euclid(size).checked_mul(size)?)
}

/// As [`bin_at`] for reals.
pub(crate) fn bin_real_at(value: f64, size: f64, origin: f64) -> Option<f64> {
    (size > 0.0).then(|| origin + ((value - origin) / size).floor() * size)
}

/// A datetime some units after 1970; `None` outside of the calendar. Parts of a tick are cut.
pub(crate) fn after_epoch(number: i64, ticks_per_unit: i64, units_per_tick: i64) -> Option<i64> {
    let ticks = i128::from(number) * i128::from(ticks_per_unit) / i128::from(units_per_tick);
    let at = i64::try_from(ticks + i128::from(UNIX_EPOCH)).ok()?;
    (0..=MAX_DATETIME).contains(&at).then_some(at)
}

/// As [`after_epoch`] for a number with a fraction, to the nearest tick.
pub(crate) fn after_epoch_real(number: f64, ticks_per_unit: f64) -> Option<i64> {
    let ticks = crate::conversion::truncated((number * ticks_per_unit).round())?;
    let at = ticks.checked_add(UNIX_EPOCH)?;
    (0..=MAX_DATETIME).contains(&at).then_some(at)
}

/// The time zone of an IANA name.
pub(crate) fn zone(name: &str) -> Option<TimeZone> {
    TimeZone::get(name).ok()
}

/// The names of the zones, in their order.
pub(crate) fn zones() -> Vec<String> {
    let mut names: Vec<String> = jiff::tz::db()
        .available()
        .map(|name| name.as_str().to_owned())
        .collect();
    names.sort_unstable();
    names
}

/// Local time in a zone as UTC. In the hour that a clock change leaves out or doubles, the offset after the change holds.
pub(crate) fn local_to_utc(local: i64, zone: &TimeZone) -> Option<i64> {
    let offset = match zone.to_ambiguous_zoned(local_datetime(local)?).offset() {
        AmbiguousOffset::Unambiguous { offset } => offset,
        AmbiguousOffset::Gap { after, .. } | AmbiguousOffset::Fold { after, .. } => after,
    };
    let utc = local - i64::from(offset.seconds()) * TICKS_PER_SECOND;
    (0..=MAX_DATETIME).contains(&utc).then_some(utc)
}

/// UTC as local time in a zone.
pub(crate) fn utc_to_local(utc: i64, zone: &TimeZone) -> Option<i64> {
    let seconds = (utc - UNIX_EPOCH).div_euclid(TICKS_PER_SECOND);
    let offset = zone.to_offset(jiff::Timestamp::from_second(seconds).ok()?);
    let local = utc + i64::from(offset.seconds()) * TICKS_PER_SECOND;
    (0..=MAX_DATETIME).contains(&local).then_some(local)
}

fn local_datetime(ticks: i64) -> Option<DateTime> {
    let Civil {
        year,
        month,
        day,
        hour,
        minute,
        second,
        tick,
    } = civil(ticks);
    DateTime::new(
        i16::try_from(year).ok()?,
        month as i8,
        day as i8,
        hour as i8,
        minute as i8,
        second as i8,
        i32::try_from(tick).ok()? * 100,
    )
    .ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use huntql_kql::time::{format_datetime, parse_datetime};

    fn at(text: &str) -> i64 {
        parse_datetime(text).unwrap()
    }

    #[test]
    fn differences_count_borders() {
        for (part, a, b, difference) in [
            (Part::Year, "2017-01-01", "2000-12-31", 17),
            (Part::Quarter, "2017-07-01", "2017-03-30", 2),
            (Part::Month, "2017-01-01", "2015-12-30", 13),
            (Part::Week, "2017-10-29 00:00", "2017-09-30 23:59", 5),
            (Part::Day, "2017-10-29 00:00", "2017-09-30 23:59", 29),
            (Part::Hour, "2017-10-31 01:00", "2017-10-30 23:59", 2),
            (
                Part::Minute,
                "2017-10-30 23:05:01",
                "2017-10-30 23:00:59",
                5,
            ),
            (
                Part::Second,
                "2017-10-30 23:00:10.100",
                "2017-10-30 23:00:00.900",
                10,
            ),
            (
                Part::Millisecond,
                "2017-10-30 23:00:00.200100",
                "2017-10-30 23:00:00.100900",
                100,
            ),
            (
                Part::Microsecond,
                "2017-10-30 23:00:00.1009001",
                "2017-10-30 23:00:00.1008009",
                100,
            ),
            (
                Part::Nanosecond,
                "2017-10-30 23:00:00.0000000",
                "2017-10-30 23:00:00.0000007",
                -700,
            ),
        ] {
            assert_eq!(part.difference(at(a), at(b)), Some(difference), "{part:?}");
        }
    }

    #[test]
    fn iso_weeks_are_counted() {
        for (date, week) in [
            ("2020-12-31", 53),
            ("2020-06-15", 25),
            ("1970-01-01", 1),
            ("2000-01-01", 52),
        ] {
            assert_eq!(week_of_year(at(date)), week, "{date}");
        }
    }

    #[test]
    fn a_month_is_cut_to_its_length() {
        assert_eq!(Part::Month.add(1, at("2020-01-31")), Some(at("2020-02-29")));
        assert_eq!(Part::Year.add(-1, at("2020-02-29")), Some(at("2019-02-28")));
        assert_eq!(Part::Year.add(1, at("9999-01-01")), None);
    }

    #[test]
    fn periods_start_and_end() {
        let day = at("2017-01-01 10:10:17");
        assert_eq!(Part::Week.start(day, -1), Some(at("2016-12-25")));
        assert_eq!(
            Part::Month.end(day, 1),
            Some(at("2017-02-28 23:59:59.9999999"))
        );
        assert_eq!(Part::Year.end(at("9999-05-01"), 0), Some(MAX_DATETIME));
    }

    #[test]
    fn the_hour_that_is_left_out_has_the_later_offset() {
        let brussels = zone("Europe/Brussels").unwrap();
        let there = |text: &str| {
            local_to_utc(at(text), &brussels)
                .map(format_datetime)
                .unwrap()
        };
        assert_eq!(there("2022-03-27 01:00"), "2022-03-27T00:00:00.0000000Z");
        assert_eq!(there("2022-03-27 02:00"), "2022-03-27T00:00:00.0000000Z");
        assert_eq!(there("2022-03-27 03:00"), "2022-03-27T01:00:00.0000000Z");
        assert_eq!(
            utc_to_local(at("2022-03-27 01:00"), &brussels),
            Some(at("2022-03-27 03:00"))
        );
    }

    #[test]
    fn bins_go_down_also_below_zero() {
        assert_eq!(bin_at(-1, 10, 0), Some(-10));
        assert_eq!(bin_at(5, 0, 0), None);
        assert_eq!(bin_real_at(6.5, 2.5, 7.0), Some(4.5));
        assert_eq!(
            bin_at(TICKS_PER_HOUR, TICKS_PER_DAY, 12 * TICKS_PER_HOUR),
            Some(-12 * TICKS_PER_HOUR)
        );
    }
}
