//! Times without a zone: they are read in the zone that `--tz` names, and in none when it names none.

use crate::options::Options;
use crate::output::Output;
use crate::time;
use huntql_kql::time::{TICKS_PER_SECOND, UNIX_EPOCH};
use jiff::tz::TimeZone;

/// The zone of one file's local times.
#[derive(Debug, Clone)]
pub(super) struct LocalClock {
    zone: Option<TimeZone>,
    /// Times that a change of the clock had twice, or never.
    folded: u64,
}

impl LocalClock {
    pub fn of(options: &Options) -> Self {
        Self {
            zone: options.time_zone.clone(),
            folded: 0,
        }
    }

    /// Whether `--tz` was given.
    pub fn has_zone(&self) -> bool {
        self.zone.is_some()
    }

    /// A local tick as UTC; `None` without a zone. A time that a change of the clock skipped or repeats is read with the
    /// earlier offset, and counted.
    pub fn utc(&mut self, local: i64) -> Option<i64> {
        let zone = self.zone.as_ref()?;
        let since = local - UNIX_EPOCH;
        let second = since.div_euclid(TICKS_PER_SECOND);
        let civil = TimeZone::UTC.to_datetime(jiff::Timestamp::from_second(second).ok()?);
        let ambiguous = zone.to_ambiguous_timestamp(civil);
        self.folded += u64::from(ambiguous.is_ambiguous());
        let instant = ambiguous.compatible().ok()?;
        Some(
            instant.as_second() * TICKS_PER_SECOND
                + since.rem_euclid(TICKS_PER_SECOND)
                + UNIX_EPOCH,
        )
    }

    /// A local ISO time as one of UTC; `None` when the text has a zone, is no such time, or no zone is known.
    pub fn with_zone(&mut self, text: &str) -> Option<String> {
        let (local, zone) = time::iso_local(text.as_bytes())?;
        if !zone.is_empty() {
            return None;
        }
        self.utc(local).map(huntql_kql::time::format_datetime)
    }

    /// Tells of the times that were read in one of two ways.
    pub fn note(&self, output: &mut Output<'_>) {
        if self.folded > 0 {
            output.report.notes.push(format!(
                "{} times fall into a change of the clock and were read with the earlier offset",
                self.folded
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_time_that_the_clock_had_twice_is_read_and_counted() {
        let options = Options {
            time_zone: Some(TimeZone::get("Europe/Berlin").unwrap()),
            ..Options::default()
        };
        let mut clock = LocalClock::of(&options);
        let read = |clock: &mut LocalClock, text: &str| clock.with_zone(text).unwrap();
        assert_eq!(
            read(&mut clock, "2026-03-02 10:00:00.5"),
            "2026-03-02T09:00:00.5000000Z"
        );
        assert_eq!(clock.folded, 0);
        assert_eq!(
            read(&mut clock, "2026-10-25 02:30:00"),
            "2026-10-25T00:30:00.0000000Z"
        );
        assert_eq!(clock.folded, 1);
        assert_eq!(clock.with_zone("2026-03-02T10:00:00Z"), None);
    }
}
