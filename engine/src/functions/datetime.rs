//! Datetimes and timespans made and shown: formats, Unix times, time zones. Their parts are in `periods`.

use super::row::{Overload, Param, ResultName, ScalarFunction, example, is, overload, row};
use crate::conversion::{DECIMAL_ONE, convert};
use crate::json::{Number, number, quote};
use crate::kernel;
use crate::kernel::calendar::{
    after_epoch, after_epoch_real, local_to_utc, utc_to_local, zone, zones,
};
use crate::kernel::time_format::{
    datetime_pieces, format_datetime_as, format_timespan_as, timespan_pieces,
};
use crate::kernel::{Args, Json, KernelError, KernelResult, collect};
use huntql_kql::time::{
    Civil, TICKS_PER_DAY, TICKS_PER_HOUR, TICKS_PER_MINUTE, TICKS_PER_SECOND, from_civil,
};
use huntql_kql::types::Type::{self, Datetime, Decimal, Dynamic, Long, Real, Timespan};
use jiff::tz::TimeZone;

const LOCAL_TO_UTC: &[Overload] = &[overload(&[is(Datetime), Param::Text], Datetime, |args| {
    zoned(args, local_to_utc)
})];
const UTC_TO_LOCAL: &[Overload] = &[overload(&[is(Datetime), Param::Text], Datetime, |args| {
    zoned(args, utc_to_local)
})];
const FORMAT_DATETIME: &[Overload] = &[overload(
    &[is(Datetime), Param::Constant],
    Type::String,
    format_datetime,
)];
const FORMAT_TIMESPAN: &[Overload] = &[overload(
    &[is(Timespan), Param::Constant],
    Type::String,
    format_timespan,
)];
const MAKE_DATETIME: &[Overload] = &[
    overload(
        &[is(Long), is(Long), is(Long), is(Long), is(Long), is(Real)],
        Datetime,
        make_datetime,
    )
    .optional(3),
    overload(&[Param::Any], Datetime, |args| {
        convert(args.column(0), args.ty(0), Datetime)
    }),
];
const MAKE_TIMESPAN: &[Overload] = &[
    overload(&[is(Long), is(Long), is(Real)], Timespan, |args| {
        make_timespan(args, 0)
    })
    .optional(1),
    overload(
        &[is(Long), is(Long), is(Long), is(Real)],
        Timespan,
        |args| make_timespan(args, 1),
    ),
    overload(&[Param::Any], Timespan, |args| {
        convert(args.column(0), args.ty(0), Timespan)
    }),
];

macro_rules! unix_overloads {
    ($ticks_per_unit:expr, $units_per_tick:expr) => {{
        const OVERLOADS: &[Overload] = &[
            overload(
                &[is(Long)],
                Datetime,
                kernel!(|n: i64| after_epoch(n, $ticks_per_unit, $units_per_tick)),
            ),
            overload(
                &[is(Real)],
                Datetime,
                kernel!(|n: f64| {
                    after_epoch_real(n, $ticks_per_unit as f64 / $units_per_tick as f64)
                }),
            ),
            overload(
                &[is(Decimal)],
                Datetime,
                kernel!(|n: i128| {
                    i64::try_from(n / DECIMAL_ONE)
                        .ok()
                        .and_then(|n| after_epoch(n, $ticks_per_unit, $units_per_tick))
                }),
            ),
            overload(&[is(Dynamic)], Datetime, |args| {
                args.map1(|Json(json)| match number(json)? {
                    Number::Long(n) => after_epoch(n, $ticks_per_unit, $units_per_tick),
                    Number::Real(n) => {
                        after_epoch_real(n, $ticks_per_unit as f64 / $units_per_tick as f64)
                    }
                })
            }),
        ];
        OVERLOADS
    }};
}

const LIST_TIMEZONES: &[Overload] = &[overload(&[], Dynamic, list_timezones)];

pub const FUNCTIONS: &[ScalarFunction] = &[
    row(
        "datetime_list_timezones",
        LIST_TIMEZONES,
        "kusto/query/datetime-list-timezones",
        "Gives the names of all time zones that the other functions take, in their order.",
        &[
            example(
                "set_has_element(datetime_list_timezones(), \"Europe/Paris\")",
                "true",
            ),
            example("array_length(datetime_list_timezones()) > 400", "true"),
        ],
    ),
    row(
        "datetime_local_to_utc",
        LOCAL_TO_UTC,
        "kusto/query/datetime-local-to-utc-function",
        "Reads a datetime as local time in a zone and gives it in UTC.",
        &[
            example(
                "datetime_local_to_utc(datetime(2022-07-01 10:00), 'Europe/Brussels')",
                "datetime(2022-07-01 08:00)",
            ),
            example(
                "datetime_local_to_utc(datetime(2022-03-27 02:00), 'Europe/Brussels')",
                "datetime(2022-03-27 00:00)",
            ),
        ],
    ),
    row(
        "datetime_utc_to_local",
        UTC_TO_LOCAL,
        "kusto/query/datetime-utc-to-local-function",
        "Gives a UTC datetime as local time in a zone.",
        &[
            example(
                "datetime_utc_to_local(datetime(2022-07-01 08:00), 'US/Pacific')",
                "datetime(2022-07-01 01:00)",
            ),
            example(
                "datetime_utc_to_local(datetime(2022-01-01 08:00), 'Asia/Tokyo')",
                "datetime(2022-01-01 17:00)",
            ),
        ],
    ),
    row(
        "format_datetime",
        FORMAT_DATETIME,
        "kusto/query/format-datetime-function",
        "Writes a datetime in a format.",
        &[
            example(
                "format_datetime(datetime(2017-01-29 09:00:05), 'yy-MM-dd [HH:mm:ss]')",
                r#""17-01-29 [09:00:05]""#,
            ),
            example(
                "format_datetime(datetime(2017-01-29 21:00:05), 'yyyy-M-d h:mm tt')",
                r#""2017-1-29 9:00 PM""#,
            ),
        ],
    )
    .named(ResultName::FirstArgument),
    row(
        "format_timespan",
        FORMAT_TIMESPAN,
        "kusto/query/format-timespan-function",
        "Writes a timespan in a format.",
        &[
            example(
                "format_timespan(time(29.09:00:05.12345), 'dd.hh:mm:ss:FF')",
                r#""29.09:00:05:12""#,
            ),
            example(
                "format_timespan(time(29.09:00:05.12345), 'ddd.h:mm:ss [fffffff]')",
                r#""029.9:00:05 [1234500]""#,
            ),
        ],
    )
    .named(ResultName::FirstArgument),
    row(
        "make_datetime",
        MAKE_DATETIME,
        "kusto/query/make-datetime-function",
        "Makes a datetime of its parts; null when a part is out of range.",
        &[
            example("make_datetime(2017, 10, 1)", "datetime(2017-10-01)"),
            example(
                "make_datetime(2017, 10, 1, 12, 11, 0.1234567)",
                "datetime(2017-10-01 12:11:00.1234567)",
            ),
            example("make_datetime(2017, 13, 1)", "datetime(null)"),
        ],
    )
    .named(ResultName::OnlyArgument),
    row(
        "make_timespan",
        MAKE_TIMESPAN,
        "kusto/query/make-timespan-function",
        "Makes a timespan of its parts; null when a part is out of range.",
        &[
            example("make_timespan(1, 12, 30, 55.123)", "time(1.12:30:55.123)"),
            example("make_timespan(12, 30)", "time(12:30:00)"),
        ],
    )
    .named(ResultName::OnlyArgument),
    row(
        "unixtime_seconds_todatetime",
        unix_overloads!(TICKS_PER_SECOND, 1),
        "kusto/query/unixtime-seconds-todatetime-function",
        "Converts seconds since 1970 to datetime.",
        &[
            example(
                "unixtime_seconds_todatetime(1546300800)",
                "datetime(2019-01-01)",
            ),
            example(
                "unixtime_seconds_todatetime(-1)",
                "datetime(1969-12-31 23:59:59)",
            ),
        ],
    ),
    row(
        "unixtime_milliseconds_todatetime",
        unix_overloads!(10_000, 1),
        "kusto/query/unixtime-milliseconds-todatetime-function",
        "Converts milliseconds since 1970 to datetime.",
        &[
            example(
                "unixtime_milliseconds_todatetime(1546300800000)",
                "datetime(2019-01-01)",
            ),
            example(
                "unixtime_milliseconds_todatetime(1)",
                "datetime(1970-01-01 00:00:00.001)",
            ),
        ],
    ),
    row(
        "unixtime_microseconds_todatetime",
        unix_overloads!(10, 1),
        "kusto/query/unixtime-microseconds-todatetime-function",
        "Converts microseconds since 1970 to datetime.",
        &[
            example(
                "unixtime_microseconds_todatetime(1546300800000000)",
                "datetime(2019-01-01)",
            ),
            example(
                "unixtime_microseconds_todatetime(1)",
                "datetime(1970-01-01 00:00:00.000001)",
            ),
        ],
    ),
    row(
        "unixtime_nanoseconds_todatetime",
        unix_overloads!(1, 100),
        "kusto/query/unixtime-nanoseconds-todatetime-function",
        "Converts nanoseconds since 1970 to datetime; parts of a tick are cut.",
        &[
            example(
                "unixtime_nanoseconds_todatetime(1546300800000000000)",
                "datetime(2019-01-01)",
            ),
            example(
                "unixtime_nanoseconds_todatetime(150)",
                "datetime(1970-01-01 00:00:00.0000001)",
            ),
        ],
    ),
];

fn list_timezones(args: &Args<'_>) -> KernelResult {
    let names: Vec<String> = zones().iter().map(|name| quote(name)).collect();
    let list = format!("[{}]", names.join(","));
    collect(args, |_| Some(list.clone()))
}

fn zoned(args: &Args<'_>, convert: fn(i64, &TimeZone) -> Option<i64>) -> KernelResult {
    let at = args.input::<i64>(0);
    if let Some(name) = args.constant_text(1) {
        let zone = zone(name).ok_or_else(|| KernelError::Argument {
            index: 1,
            message: format!("`{name}` is not a known time zone"),
        })?;
        return collect(args, |row| convert(at.get(row)?, &zone));
    }
    let names = args.input::<&str>(1);
    collect(args, |row| convert(at.get(row)?, &zone(names.get(row)?)?))
}

fn format_datetime(args: &Args<'_>) -> KernelResult {
    let pieces = datetime_pieces(args)?;
    let at = args.input::<i64>(0);
    collect(args, |row| {
        Some(
            at.get(row)
                .map(|at| format_datetime_as(at, &pieces))
                .unwrap_or_default(),
        )
    })
}

fn format_timespan(args: &Args<'_>) -> KernelResult {
    let pieces = timespan_pieces(args)?;
    let span = args.input::<i64>(0);
    collect(args, |row| {
        Some(
            span.get(row)
                .map(|span| format_timespan_as(span, &pieces))
                .unwrap_or_default(),
        )
    })
}

fn make_datetime(args: &Args<'_>) -> KernelResult {
    let part = |index: usize, row: usize| -> Option<u32> {
        if index >= args.len() {
            return Some(0);
        }
        u32::try_from(args.input::<i64>(index).get(row)?).ok()
    };
    collect(args, |row| {
        let seconds = if args.len() > 5 {
            seconds_ticks(args.input::<f64>(5).get(row)?)?
        } else {
            0
        };
        from_civil(Civil {
            year: i32::try_from(part(0, row)?).ok()?,
            month: part(1, row)?,
            day: part(2, row)?,
            hour: part(3, row)?,
            minute: part(4, row)?,
            second: (seconds / TICKS_PER_SECOND) as u32,
            tick: (seconds % TICKS_PER_SECOND) as u32,
        })
    })
}

/// `[days,] hours, minutes[, seconds]`; `days` tells how many arguments stand before the hours.
fn make_timespan(args: &Args<'_>, days: usize) -> KernelResult {
    let part = |index: usize, row: usize, limit: i64| {
        args.input::<i64>(index)
            .get(row)
            .filter(|value| (0..limit).contains(value))
    };
    collect(args, |row| {
        let whole = if days > 0 {
            part(0, row, 10_675_199)?
        } else {
            0
        };
        let seconds = if args.len() > days + 2 {
            seconds_ticks(args.input::<f64>(days + 2).get(row)?)?
        } else {
            0
        };
        Some(
            whole * TICKS_PER_DAY
                + part(days, row, 24)? * TICKS_PER_HOUR
                + part(days + 1, row, 60)? * TICKS_PER_MINUTE
                + seconds,
        )
    })
}

/// Seconds below 60, in ticks.
fn seconds_ticks(seconds: f64) -> Option<i64> {
    let ticks = (seconds * TICKS_PER_SECOND as f64).round();
    (ticks >= 0.0 && ticks < 60.0 * TICKS_PER_SECOND as f64).then_some(ticks as i64)
}
