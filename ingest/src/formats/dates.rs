//! Times as exports and feeds have them, for every format that may meet them: ISO with a zone, ISO without one, or in the order and clock of somebody's locale.
//!
//! Day first or month first is never guessed from one value. The whole column is looked at: one value over 12 decides it
//! for all; where none does, `--date-order` must. A time without a zone needs `--tz`.

use crate::options::DateOrder;
use crate::time;
use huntql_kql::time::{TICKS_PER_HOUR, TICKS_PER_SECOND, UNIX_EPOCH};
use jiff::tz::TimeZone;

/// What a column's values have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::formats) struct Survey {
    /// Values that need nothing to be told.
    pub plain: u64,
    /// Values that are ISO without a zone.
    pub zoneless: u64,
    /// Values with slashes or points, or with a year at the end.
    pub local: u64,
    first_over_12: bool,
    second_over_12: bool,
    year_first: bool,
}

impl Survey {
    pub fn add(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        if time::iso_instant(text).is_some() {
            self.plain += 1;
            return;
        }
        if time::iso_local(text.as_bytes()).is_some_and(|(_, zone)| zone.is_empty()) {
            self.zoneless += 1;
            return;
        }
        let Some(parts) = Parts::read(text) else {
            return;
        };
        self.local += 1;
        self.year_first |= parts.first > 31;
        self.first_over_12 |= parts.first > 12 && parts.first <= 31;
        self.second_over_12 |= parts.second > 12 && parts.first <= 31;
    }

    /// Whether the values that need a zone are more than a few damaged ones among others.
    pub fn needs_zone(&self) -> bool {
        self.zoneless + self.local > self.plain
    }

    /// The order that holds for all values; `told` is `--date-order`. Errors say what the user must say.
    ///
    /// Where most values are written in another way, the odd ones decide nothing: they are no times.
    pub fn order(&self, told: Option<DateOrder>) -> Result<Option<DateOrder>, String> {
        if self.local == 0 {
            return Ok(None);
        }
        if let Some(told) = told {
            return Ok(Some(told));
        }
        let is_odd = self.local < self.plain + self.zoneless;
        match (self.year_first, self.first_over_12, self.second_over_12) {
            (true, false, false) => Ok(Some(DateOrder::YearFirst)),
            (false, true, false) => Ok(Some(DateOrder::DayFirst)),
            (false, false, true) => Ok(Some(DateOrder::MonthFirst)),
            _ if is_odd => Ok(None),
            (false, false, false) => Err("its dates can be read day first and month first, and no value of the column \
                                          decides it; say which with --date-order"
                .to_owned()),
            _ => Err("its dates are written in more than one order; say which one holds with --date-order".to_owned()),
        }
    }
}

/// How the times of one file are read.
#[derive(Debug, Clone)]
pub(in crate::formats) struct Clock {
    pub order: Option<DateOrder>,
    /// The zone of times without one; `None` refuses them.
    pub zone: Option<TimeZone>,
}

impl Clock {
    /// The tick of a value, or `None` when it is no time in this clock.
    pub fn instant(&self, text: &str) -> Option<i64> {
        if let Some(tick) = time::iso_instant(text) {
            return Some(tick);
        }
        let iso = time::iso_local(text.as_bytes())
            .filter(|(_, zone)| zone.is_empty())
            .map(|(tick, _)| tick);
        let local = iso.or_else(|| Parts::read(text)?.local_tick(self.order?))?;
        to_utc(local, self.zone.as_ref()?)
    }
}

/// A date of three numbers and a clock, in this order, as a local tick.
pub(in crate::formats) fn numeric_local(text: &str, order: DateOrder) -> Option<i64> {
    Parts::read(text)?.local_tick(order)
}

/// A local time in a zone as UTC. One that a change of the clock skipped or repeats is read with the earlier offset.
pub(in crate::formats) fn to_utc(local: i64, zone: &TimeZone) -> Option<i64> {
    let since = local - UNIX_EPOCH;
    let second = since.div_euclid(TICKS_PER_SECOND);
    let civil = TimeZone::UTC.to_datetime(jiff::Timestamp::from_second(second).ok()?);
    let instant = zone.to_ambiguous_timestamp(civil).compatible().ok()?;
    Some(instant.as_second() * TICKS_PER_SECOND + since.rem_euclid(TICKS_PER_SECOND) + UNIX_EPOCH)
}

/// Three numbers and a clock, before it is known which number is which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Parts {
    first: i32,
    second: i32,
    third: i32,
    clock: i64,
}

impl Parts {
    /// `6/12/2025, 11:22:11.000 AM`, `06-04-2025 14:08`, `2025/06/04 14:08`.
    fn read(text: &str) -> Option<Self> {
        let end = text.find([' ', ',', 'T']).unwrap_or(text.len());
        let (date, rest) = text.split_at(end);
        let mut numbers = date
            .split(['/', '-', '.'])
            .map(|part| part.parse::<i32>().ok());
        let (first, second, third) = (numbers.next()??, numbers.next()??, numbers.next()??);
        if numbers.next().is_some() || first < 0 || second < 0 || third < 0 {
            return None;
        }
        let clock = read_clock(rest.trim_start_matches([' ', ',', 'T']))?;
        Some(Self {
            first,
            second,
            third,
            clock,
        })
    }

    fn local_tick(self, order: DateOrder) -> Option<i64> {
        let (year, month, day) = match order {
            DateOrder::DayFirst => (self.third, self.second, self.first),
            DateOrder::MonthFirst => (self.third, self.first, self.second),
            DateOrder::YearFirst => (self.first, self.second, self.third),
        };
        // Two digits do not say which century.
        Some(time::day_tick(year, month, day).filter(|_| year >= 1000)? + self.clock)
    }
}

/// `14:08`, `2:08:11.5 PM` as ticks of the day; no clock is midnight.
fn read_clock(text: &str) -> Option<i64> {
    if text.is_empty() {
        return Some(0);
    }
    let padded;
    let clock = match text.as_bytes() {
        [hour, b':', ..] if hour.is_ascii_digit() => {
            padded = format!("0{text}");
            padded.as_bytes()
        }
        bytes => bytes,
    };
    let (ticks, rest) = time::clock_ticks(clock)?;
    let half = std::str::from_utf8(rest).ok()?.trim();
    let hour = ticks / TICKS_PER_HOUR;
    match half {
        "" => Some(ticks),
        _ if !(1..=12).contains(&hour) => None,
        _ if half.eq_ignore_ascii_case("am") => {
            Some(ticks - if hour == 12 { 12 * TICKS_PER_HOUR } else { 0 })
        }
        _ if half.eq_ignore_ascii_case("pm") => {
            Some(ticks + if hour == 12 { 0 } else { 12 * TICKS_PER_HOUR })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn survey(texts: &[&str]) -> Survey {
        let mut survey = Survey::default();
        texts.iter().for_each(|text| survey.add(text));
        survey
    }

    #[test]
    fn one_value_over_twelve_decides_for_the_column() {
        assert_eq!(
            survey(&["06-04-2025 14:08", "13-04-2025 14:08"]).order(None),
            Ok(Some(DateOrder::DayFirst))
        );
        assert_eq!(
            survey(&["6/12/2025, 11:22:11.000 AM", "6/13/2025, 1:00:00.000 PM"]).order(None),
            Ok(Some(DateOrder::MonthFirst))
        );
        assert!(
            survey(&["06-04-2025 14:08"])
                .order(None)
                .unwrap_err()
                .contains("--date-order")
        );
        assert!(
            survey(&["13-04-2025 14:08", "04-13-2025 14:08"])
                .order(None)
                .is_err()
        );
        assert_eq!(survey(&["2025-06-04T14:08:00Z"]).order(None), Ok(None));
    }

    #[test]
    fn a_local_time_is_read_in_its_zone() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let clock = Clock {
            order: Some(DateOrder::MonthFirst),
            zone: Some(zone),
        };
        assert_eq!(
            clock.instant("6/12/2025, 1:22:11.500 PM"),
            time::iso_instant("2025-06-12T11:22:11.5Z")
        );
        assert_eq!(
            clock.instant("6/12/2025, 12:00:00 AM"),
            time::iso_instant("2025-06-11T22:00:00Z")
        );
        assert_eq!(
            Clock {
                zone: None,
                ..clock
            }
            .instant("2025-06-12 11:22:11"),
            None
        );
    }
}
