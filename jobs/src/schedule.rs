//! When a rule's slots are: every so often, or by a cron expression.
//!
//! Slots of a span lie on its multiples since 0001-01-01T00:00:00Z, as `bin(time, span)` has them: they depend on the rule's text
//! alone, and neither on when a scheduler was started nor on what ran before.
//!
//! Cron expressions have five fields (minute, hour, day of month, month, day of week) and mean UTC.

use crate::rule::{CatchUp, Every, Kind, Rule};
use croner::Cron;
use croner::errors::CronError;
use croner::parser::{CronParser, Seconds};
use croner::time::{CivilDateTime, CronDateTime, Resolution, Weekday};
use huntql_kql::time::{Civil, TICKS_PER_SECOND, civil, day_of_week, from_civil};
use std::cmp::Ordering;

/// How often rules run that look at events as they come.
const NEAR_REAL_TIME: i64 = 60 * TICKS_PER_SECOND;

/// The moments at which a rule runs.
#[derive(Debug, Clone)]
pub enum Cadence {
    /// Ticks; more than zero.
    Span(i64),
    Cron(Box<Cron>),
}

impl Cadence {
    /// Reads a cron expression.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn cron(text: &str) -> Result<Cadence, String> {
        let parser = CronParser::builder().seconds(Seconds::Disallowed).build();
        let cron = parser.parse(text).map_err(|error| {
            format!(
                "`{text}` is no cron expression of five fields, such as `*/15 * * * *`: {error}"
            )
        })?;
        let cadence = Cadence::Cron(Box::new(cron));
        match cadence.next_after(YEAR_2000) {
            Some(_) => Ok(cadence),
            None => Err(format!(
                "the cron expression `{text}` names a time that never comes"
            )),
        }
    }

    /// The last slot that is not after this moment.
    pub fn last_by(&self, time: i64) -> Option<i64> {
        match self {
            Cadence::Span(span) => Some(time.div_euclid(*span).checked_mul(*span)?),
            Cadence::Cron(cron) => {
                let at = Moment(time.div_euclid(TICKS_PER_SECOND) * TICKS_PER_SECOND);
                let found = cron.find_previous_occurrence(&at, true).ok()?;
                Some(found.0)
            }
        }
    }

    /// The first slot that is after this moment.
    pub fn next_after(&self, time: i64) -> Option<i64> {
        match self {
            Cadence::Span(span) => time.div_euclid(*span).checked_add(1)?.checked_mul(*span),
            Cadence::Cron(cron) => {
                let at = Moment(time.div_euclid(TICKS_PER_SECOND) * TICKS_PER_SECOND);
                let found = cron.find_next_occurrence(&at, false).ok()?;
                Some(found.0)
            }
        }
    }
}

/// 2000-01-01, from which a cron expression must have a next time.
const YEAR_2000: i64 = 630_822_816_000_000_000;

/// Whole seconds of UTC as croner's search sees them; the value is ticks.
#[derive(Debug, Clone, Copy)]
struct Moment(i64);

impl CronDateTime for Moment {
    fn to_civil(&self) -> CivilDateTime {
        let parts = civil(self.0);
        CivilDateTime::from_ymd_hms(
            parts.year,
            parts.month,
            parts.day,
            parts.hour,
            parts.minute,
            parts.second,
        )
        .expect("the parts of a moment are a moment")
    }

    fn civil_weekday(&self) -> Weekday {
        Weekday::from_days_from_sunday(day_of_week(self.0))
    }

    fn resolve_civil(&self, parts: CivilDateTime) -> Result<Resolution<Self>, CronError> {
        let ticks = from_civil(Civil {
            year: parts.year(),
            month: parts.month(),
            day: parts.day(),
            hour: parts.hour(),
            minute: parts.minute(),
            second: parts.second(),
            ..civil(0)
        });
        match ticks {
            Some(ticks) => Ok(Resolution::Single(Moment(ticks))),
            None => Err(CronError::InvalidDate),
        }
    }

    fn checked_add_seconds(&self, seconds: i64) -> Option<Self> {
        let ticks = self.0.checked_add(seconds.checked_mul(TICKS_PER_SECOND)?)?;
        (0..=huntql_kql::time::MAX_DATETIME)
            .contains(&ticks)
            .then_some(Moment(ticks))
    }

    fn cmp_instant(&self, other: &Self) -> Ordering {
        self.0.cmp(&other.0)
    }
}

/// All that decides when a rule runs and what it then sees. Ticks throughout.
#[derive(Debug, Clone)]
pub struct Timing {
    pub cadence: Cadence,
    /// How far one run looks back.
    pub period: i64,
    /// How long a window waits for its events.
    pub delay: i64,
    /// How long after its run a window is looked at again for rows that came late.
    pub lateness: i64,
    pub catch_up: CatchUp,
    pub max_catch_up: i64,
}

impl Timing {
    /// The timing of a rule; `None` for one that never runs by itself.
    ///
    /// # Errors
    /// A cron expression that is none, spans that are not above zero.
    pub fn of(rule: &Rule) -> Result<Option<Timing>, String> {
        let (cadence, period) = match (&rule.schedule, rule.kind) {
            (Some(schedule), _) => {
                let cadence = match &schedule.every {
                    Every::Span(span) if *span > 0 => Cadence::Span(*span),
                    Every::Span(_) => {
                        return Err("a rule runs every so often, and not every 0 s".to_owned());
                    }
                    Every::Cron(text) => Cadence::cron(text)?,
                };
                (cadence, schedule.period)
            }
            (None, Kind::NearRealTime) => (Cadence::Span(NEAR_REAL_TIME), NEAR_REAL_TIME),
            (None, Kind::Scheduled | Kind::Hunting) => return Ok(None),
        };
        if period <= 0 {
            return Err("a rule looks back over some time, and not over 0 s".to_owned());
        }
        Ok(Some(Timing {
            cadence,
            period,
            delay: rule.ours.delay.max(0),
            lateness: rule.ours.lateness.max(0),
            catch_up: rule.ours.catch_up,
            max_catch_up: rule.ours.max_catch_up.max(0),
        }))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use huntql_kql::time::parse_datetime;

    fn at(text: &str) -> i64 {
        parse_datetime(text).unwrap()
    }

    #[test]
    fn slots_of_a_span_lie_where_bin_puts_them() {
        let hourly = Cadence::Span(3_600 * TICKS_PER_SECOND);
        assert_eq!(
            hourly.last_by(at("2026-03-04T15:00:00Z")),
            Some(at("2026-03-04T15:00:00Z"))
        );
        assert_eq!(
            hourly.last_by(at("2026-03-04T15:59:59Z")),
            Some(at("2026-03-04T15:00:00Z"))
        );
        assert_eq!(
            hourly.next_after(at("2026-03-04T15:00:00Z")),
            Some(at("2026-03-04T16:00:00Z"))
        );
    }

    #[test]
    fn cron_means_utc_and_whole_minutes() {
        let working_days = Cadence::cron("30 6 * * MON-FRI").unwrap();
        // 2026-03-06 is a Friday.
        assert_eq!(
            working_days.next_after(at("2026-03-06T06:30:00Z")),
            Some(at("2026-03-09T06:30:00Z"))
        );
        assert_eq!(
            working_days.last_by(at("2026-03-08T12:00:00Z")),
            Some(at("2026-03-06T06:30:00Z"))
        );
        assert_eq!(
            working_days.last_by(at("2026-03-06T06:30:00.5Z")),
            Some(at("2026-03-06T06:30:00Z"))
        );
        assert_eq!(
            working_days.next_after(at("2026-03-06T06:29:59.9Z")),
            Some(at("2026-03-06T06:30:00Z"))
        );
    }

    #[test]
    fn a_cron_expression_that_is_none_is_refused() {
        assert!(Cadence::cron("every day").is_err());
        assert!(Cadence::cron("* * * * * *").is_err());
        assert!(Cadence::cron("0 0 31 2 *").is_err());
    }
}
