//! Ticks to calendar fields and back: proleptic Gregorian, UTC.

use super::{MAX_DATETIME, TICKS_PER_DAY, TICKS_PER_HOUR, TICKS_PER_MINUTE, TICKS_PER_SECOND};

/// Days from 0000-03-01 to 0001-01-01.
const DAYS_TO_YEAR_ONE: i64 = 306;
const DAYS_PER_ERA: i64 = 146_097;

/// A datetime by its fields. `tick` counts 100 ns within the second: 0 to 9,999,999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Civil {
    pub year: i32,
    pub month: u32,
    pub day: u32,
    pub hour: u32,
    pub minute: u32,
    pub second: u32,
    pub tick: u32,
}

/// The fields of a datetime. Ticks outside of KQL's range (0001 to 9999) are clamped to it.
pub fn civil(ticks: i64) -> Civil {
    let ticks = ticks.clamp(0, MAX_DATETIME);
    let of_day = ticks % TICKS_PER_DAY;
    let (year, month, day) = date_of(ticks / TICKS_PER_DAY);
    Civil {
        year,
        month,
        day,
        hour: (of_day / TICKS_PER_HOUR) as u32,
        minute: (of_day % TICKS_PER_HOUR / TICKS_PER_MINUTE) as u32,
        second: (of_day % TICKS_PER_MINUTE / TICKS_PER_SECOND) as u32,
        tick: (of_day % TICKS_PER_SECOND) as u32,
    }
}

/// The ticks of a datetime given by its fields; `None` when a field is out of range (month 13, 30 February, hour 24 …).
pub fn from_civil(civil: Civil) -> Option<i64> {
    let Civil {
        year,
        month,
        day,
        hour,
        minute,
        second,
        tick,
    } = civil;
    let date_fits = (1..=9999).contains(&year)
        && (1..=12).contains(&month)
        && day >= 1
        && day <= days_in_month(year, month);
    if !date_fits || hour > 23 || minute > 59 || second > 59 || i64::from(tick) >= TICKS_PER_SECOND
    {
        return None;
    }
    Some(
        days_of(year, month, day) * TICKS_PER_DAY
            + i64::from(hour) * TICKS_PER_HOUR
            + i64::from(minute) * TICKS_PER_MINUTE
            + i64::from(second) * TICKS_PER_SECOND
            + i64::from(tick),
    )
}

/// Days since the Sunday before: 0 is Sunday, 6 is Saturday.
pub fn day_of_week(ticks: i64) -> u32 {
    // 0001-01-01 was a Monday.
    ((ticks.div_euclid(TICKS_PER_DAY) + 1).rem_euclid(7)) as u32
}

/// 1 on the first of January.
pub fn day_of_year(ticks: i64) -> u32 {
    let days = ticks.clamp(0, MAX_DATETIME) / TICKS_PER_DAY;
    (days - days_of(date_of(days).0, 1, 1) + 1) as u32
}

/// 28 to 31. A month outside 1 to 12 has 0 days.
pub fn days_in_month(year: i32, month: u32) -> u32 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        _ => 0,
    }
}

fn is_leap(year: i32) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// Days since 0001-01-01, counted in years that begin in March, so that the leap day comes last.
fn days_of(year: i32, month: u32, day: u32) -> i64 {
    let shifted_year = i64::from(year) - i64::from(month <= 2);
    let era = shifted_year.div_euclid(400);
    let year_of_era = shifted_year.rem_euclid(400);
    let month_from_march = i64::from((month + 9) % 12);
    let day_of_year = (153 * month_from_march + 2) / 5 + i64::from(day) - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * DAYS_PER_ERA + day_of_era - DAYS_TO_YEAR_ONE
}

/// The inverse of [`days_of`] for days in KQL's range.
fn date_of(days: i64) -> (i32, u32, u32) {
    let shifted = days + DAYS_TO_YEAR_ONE;
    let era = shifted.div_euclid(DAYS_PER_ERA);
    let day_of_era = shifted.rem_euclid(DAYS_PER_ERA);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = (month_from_march + 2) % 12 + 1;
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year as i32, month as u32, day as u32)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::UNIX_EPOCH;
    use super::*;

    #[test]
    fn every_day_of_the_calendar_survives_the_round_trip() {
        let mut previous = (0, 12, 31);
        for days in 0..=MAX_DATETIME / TICKS_PER_DAY {
            let date = date_of(days);
            assert!(date > previous, "{days}");
            assert_eq!(days_of(date.0, date.1, date.2), days);
            previous = date;
        }
        assert_eq!(previous, (9999, 12, 31));
    }

    #[test]
    fn the_unix_epoch_is_a_thursday_in_1970() {
        let epoch = civil(UNIX_EPOCH);
        assert_eq!((epoch.year, epoch.month, epoch.day), (1970, 1, 1));
        assert_eq!(day_of_week(UNIX_EPOCH), 4);
        assert_eq!(day_of_year(UNIX_EPOCH + 31 * TICKS_PER_DAY), 32);
    }

    #[test]
    fn fields_out_of_range_are_no_datetime() {
        let fine = Civil {
            year: 2023,
            month: 2,
            day: 28,
            hour: 23,
            minute: 59,
            second: 59,
            tick: 9_999_999,
        };
        assert_eq!(civil(from_civil(fine).unwrap()), fine);
        assert_eq!(from_civil(Civil { day: 29, ..fine }), None);
        assert_eq!(from_civil(Civil { month: 13, ..fine }), None);
        assert_eq!(from_civil(Civil { hour: 24, ..fine }), None);
        assert_eq!(from_civil(Civil { year: 0, ..fine }), None);
        assert_eq!(
            from_civil(Civil {
                year: 10_000,
                ..fine
            }),
            None
        );
    }
}
