//! Datetimes and timespans as ticks of 100 ns, the way Kusto counts them.
//!
//! A datetime is the number of ticks since 0001-01-01T00:00:00Z (proleptic Gregorian, UTC, no leap seconds); a timespan is
//! a signed number of ticks. Both fit an `i64` over the whole range of KQL.

mod civil;
mod cursor;
mod datetime;
mod timespan;

pub use civil::{Civil, civil, day_of_week, day_of_year, days_in_month, from_civil};
pub use datetime::{format_datetime, parse_datetime};
pub use timespan::{format_timespan, parse_timespan, timespan_of, timespan_unit};

/// Ticks in a microsecond, a millisecond, a second …
pub const TICKS_PER_MICROSECOND: i64 = 10;
pub const TICKS_PER_MILLISECOND: i64 = 10_000;
pub const TICKS_PER_SECOND: i64 = 10_000_000;
pub const TICKS_PER_MINUTE: i64 = 60 * TICKS_PER_SECOND;
pub const TICKS_PER_HOUR: i64 = 60 * TICKS_PER_MINUTE;
pub const TICKS_PER_DAY: i64 = 24 * TICKS_PER_HOUR;

/// The tick of 1970-01-01T00:00:00Z.
pub const UNIX_EPOCH: i64 = 719_162 * TICKS_PER_DAY;
/// The last tick of 9999-12-31.
pub const MAX_DATETIME: i64 = 3_652_059 * TICKS_PER_DAY - 1;
