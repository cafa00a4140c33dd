//! Datetimes and timespans: parts, periods, bins, formats, Unix times, time zones.

use super::row::{Example, Overload, Param, ResultName, ScalarFunction, example, overload};
use crate::conversion::{DECIMAL_ONE, convert};
use crate::json::{Number, number, quote};
use crate::kernel;
use crate::kernel::calendar::{
    Part, after_epoch, after_epoch_real, bin_at, bin_real_at, local_to_utc, part, utc_to_local,
    zone, zones,
};
use crate::kernel::time_format::{
    datetime_pieces, format_datetime_as, format_timespan_as, timespan_pieces,
};
use crate::kernel::{Args, Json, KernelError, KernelResult, collect};
use huntql_kql::time::{
    Civil, TICKS_PER_DAY, TICKS_PER_HOUR, TICKS_PER_MINUTE, TICKS_PER_SECOND, day_of_week,
    from_civil,
};
use huntql_kql::types::Type::{self, Datetime, Decimal, Dynamic, Int, Long, Real, Timespan};
use jiff::tz::TimeZone;

const fn is(ty: Type) -> Param {
    Param::Is(ty)
}

const BIN: &[Overload] = &[
    overload(
        &[is(Int), is(Int)],
        Int,
        kernel!(|a: i32, b: i32| bin_at(i64::from(a), i64::from(b), 0).map(|bin| bin as i32)),
    ),
    overload(
        &[is(Long), is(Long)],
        Long,
        kernel!(|a: i64, b: i64| bin_at(a, b, 0)),
    ),
    overload(
        &[is(Real), is(Real)],
        Real,
        kernel!(|a: f64, b: f64| bin_real_at(a, b, 0.0)),
    ),
    overload(
        &[is(Decimal), is(Decimal)],
        Decimal,
        kernel!(|a: i128, b: i128| (b > 0).then(|| a - a.rem_euclid(b))),
    ),
    overload(
        &[is(Timespan), is(Timespan)],
        Timespan,
        kernel!(|a: i64, b: i64| bin_at(a, b, 0)),
    ),
    overload(
        &[is(Datetime), is(Timespan)],
        Datetime,
        kernel!(|a: i64, b: i64| bin_at(a, b, 0)),
    ),
];
const BIN_AT: &[Overload] = &[
    overload(
        &[is(Long), is(Long), is(Long)],
        Long,
        kernel!(|a: i64, b: i64, c: i64| bin_at(a, b, c)),
    ),
    overload(
        &[is(Real), is(Real), is(Real)],
        Real,
        kernel!(|a: f64, b: f64, c: f64| bin_real_at(a, b, c)),
    ),
    overload(
        &[is(Timespan), is(Timespan), is(Timespan)],
        Timespan,
        kernel!(|a: i64, b: i64, c: i64| bin_at(a, b, c)),
    ),
    overload(
        &[is(Datetime), is(Timespan), is(Datetime)],
        Datetime,
        kernel!(|a: i64, b: i64, c: i64| bin_at(a, b, c)),
    ),
];
const DATETIME_ADD: &[Overload] = &[overload(
    &[Param::Constant, is(Long), is(Datetime)],
    Datetime,
    datetime_add,
)];
const DATETIME_DIFF: &[Overload] = &[overload(
    &[Param::Constant, is(Datetime), is(Datetime)],
    Long,
    datetime_diff,
)];
const DATETIME_PART: &[Overload] = &[overload(
    &[Param::Constant, is(Datetime)],
    Long,
    datetime_part,
)];
const LOCAL_TO_UTC: &[Overload] = &[overload(&[is(Datetime), Param::Text], Datetime, |args| {
    zoned(args, local_to_utc)
})];
const UTC_TO_LOCAL: &[Overload] = &[overload(&[is(Datetime), Param::Text], Datetime, |args| {
    zoned(args, utc_to_local)
})];
const DAYOFWEEK: &[Overload] = &[overload(
    &[is(Datetime)],
    Timespan,
    kernel!(|at: i64| i64::from(day_of_week(at)) * TICKS_PER_DAY),
)];
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
const AROUND: &[Overload] = &[
    overload(
        &[is(Long), is(Long), is(Long)],
        Type::Bool,
        kernel!(|a: i64, b: i64, c: i64| near(a, b, c)),
    ),
    overload(
        &[is(Real), is(Real), is(Real)],
        Type::Bool,
        kernel!(|a: f64, b: f64, c: f64| (a - b).abs() <= c),
    ),
    overload(
        &[is(Timespan), is(Timespan), is(Timespan)],
        Type::Bool,
        kernel!(|a: i64, b: i64, c: i64| near(a, b, c)),
    ),
    overload(
        &[is(Datetime), is(Datetime), is(Timespan)],
        Type::Bool,
        kernel!(|a: i64, b: i64, c: i64| near(a, b, c)),
    ),
];

macro_rules! part_overloads {
    ($part:ident) => {{
        const OVERLOADS: &[Overload] = &[overload(
            &[is(Datetime)],
            Long,
            kernel!(|at: i64| Part::$part.of(at)),
        )];
        OVERLOADS
    }};
}

macro_rules! border_overloads {
    ($part:ident, $border:ident) => {{
        const OVERLOADS: &[Overload] = &[overload(&[is(Datetime), is(Long)], Datetime, |args| {
            let at = args.input::<i64>(0);
            if args.len() == 1 {
                return collect(args, |row| Part::$part.$border(at.get(row)?, 0));
            }
            let offset = args.input::<i64>(1);
            collect(args, |row| {
                Part::$part.$border(at.get(row)?, offset.get(row)?)
            })
        })
        .optional(1)];
        OVERLOADS
    }};
}

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

const fn row(
    name: &'static str,
    aliases: &'static [&'static str],
    overloads: &'static [Overload],
    doc: &'static str,
    source: &'static str,
    examples: &'static [Example],
) -> ScalarFunction {
    ScalarFunction {
        name,
        aliases,
        overloads,
        result_name: ResultName::Default,
        doc,
        source,
        examples,
    }
}

/// A row whose result is called as its first argument is.
const fn first(row: ScalarFunction) -> ScalarFunction {
    ScalarFunction {
        result_name: ResultName::FirstArgument,
        ..row
    }
}

const fn only(row: ScalarFunction) -> ScalarFunction {
    ScalarFunction {
        result_name: ResultName::OnlyArgument,
        ..row
    }
}

const LIST_TIMEZONES: &[Overload] = &[overload(&[], Dynamic, list_timezones)];

pub const FUNCTIONS: &[ScalarFunction] = &[
    row(
        "datetime_list_timezones",
        &[],
        LIST_TIMEZONES,
        "Gives the names of all time zones that the other functions take, in their order.",
        "kusto/query/datetime-list-timezones",
        &[
            example(
                "set_has_element(datetime_list_timezones(), \"Europe/Paris\")",
                "true",
            ),
            example("array_length(datetime_list_timezones()) > 400", "true"),
        ],
    ),
    first(row(
        "bin",
        &["floor"],
        BIN,
        "Rounds down to a multiple of the bin size; null for a bin size that is not positive.",
        "kusto/query/bin-function",
        &[
            example("bin(4.5, 1)", "4.0"),
            example("bin(-7, 5)", "-10"),
            example("bin(16d, 7d)", "14d"),
            example(
                "bin(datetime(1970-05-11 13:45:07), 1d)",
                "datetime(1970-05-11)",
            ),
        ],
    )),
    first(row(
        "bin_at",
        &[],
        BIN_AT,
        "Rounds down to a multiple of the bin size, counted from a fixed point.",
        "kusto/query/bin-at-function",
        &[
            example("bin_at(6.5, 2.5, 7)", "4.5"),
            example("bin_at(1h, 1d, 12h)", "-12h"),
            example(
                "bin_at(datetime(2017-05-17 10:20:00.0), 7d, datetime(2017-06-04))",
                "datetime(2017-05-14)",
            ),
        ],
    )),
    row(
        "datetime_add",
        &[],
        DATETIME_ADD,
        "Moves a datetime by a number of periods.",
        "kusto/query/datetime-add-function",
        &[
            example(
                "datetime_add('quarter', 1, datetime(2017-01-01))",
                "datetime(2017-04-01)",
            ),
            example(
                "datetime_add('day', -5, datetime(2017-01-01))",
                "datetime(2016-12-27)",
            ),
        ],
    ),
    row(
        "datetime_diff",
        &[],
        DATETIME_DIFF,
        "Counts the borders of a period that lie between two datetimes.",
        "kusto/query/datetime-diff-function",
        &[
            example(
                "datetime_diff('year', datetime(2017-01-01), datetime(2000-12-31))",
                "17",
            ),
            example(
                "datetime_diff('hour', datetime(2017-10-31 01:00), datetime(2017-10-30 23:59))",
                "2",
            ),
        ],
    ),
    row(
        "datetime_part",
        &["datepart"],
        DATETIME_PART,
        "Gives one part of a datetime.",
        "kusto/query/datetime-part-function",
        &[
            example("datetime_part('quarter', datetime(2017-10-30))", "4"),
            example("datetime_part('week_of_year', datetime(2017-10-30))", "44"),
            example(
                "datetime_part('microsecond', datetime(2017-10-30 01:02:03.7654321))",
                "765432",
            ),
        ],
    ),
    row(
        "datetime_local_to_utc",
        &[],
        LOCAL_TO_UTC,
        "Reads a datetime as local time in a zone and gives it in UTC.",
        "kusto/query/datetime-local-to-utc-function",
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
        &[],
        UTC_TO_LOCAL,
        "Gives a UTC datetime as local time in a zone.",
        "kusto/query/datetime-utc-to-local-function",
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
        "dayofweek",
        &[],
        DAYOFWEEK,
        "Gives the days since Sunday as a timespan.",
        "kusto/query/day-of-week-function",
        &[
            example("dayofweek(datetime(1970-05-12))", "2d"),
            example("dayofweek(datetime(2015-11-15 10:10))", "0d"),
        ],
    ),
    row(
        "dayofmonth",
        &[],
        part_overloads!(Day),
        "Gives the day of the month.",
        "kusto/query/day-of-month-function",
        &[
            example("dayofmonth(datetime(2015-12-14))", "14"),
            example("dayofmonth(datetime(2016-02-29))", "29"),
        ],
    ),
    row(
        "dayofyear",
        &[],
        part_overloads!(DayOfYear),
        "Gives the day of the year, from 1.",
        "kusto/query/day-of-year-function",
        &[
            example("dayofyear(datetime(2015-12-14))", "348"),
            example("dayofyear(datetime(2016-01-01))", "1"),
        ],
    ),
    row(
        "monthofyear",
        &["getmonth"],
        part_overloads!(Month),
        "Gives the month, from 1.",
        "kusto/query/month-of-year-function",
        &[
            example("monthofyear(datetime(2015-12-14))", "12"),
            example("getmonth(datetime(2015-10-12))", "10"),
        ],
    ),
    row(
        "getyear",
        &[],
        part_overloads!(Year),
        "Gives the year.",
        "kusto/query/getyear-function",
        &[
            example("getyear(datetime(2015-10-12))", "2015"),
            example("getyear(datetime(1999-12-31 23:59))", "1999"),
        ],
    ),
    row(
        "hourofday",
        &[],
        part_overloads!(Hour),
        "Gives the hour of the day.",
        "kusto/query/hour-of-day-function",
        &[
            example("hourofday(datetime(2015-12-14 18:54))", "18"),
            example("hourofday(datetime(2015-12-14))", "0"),
        ],
    ),
    row(
        "week_of_year",
        &["weekofyear"],
        part_overloads!(Week),
        "Gives the week of the year by ISO 8601.",
        "kusto/query/week-of-year-function",
        &[
            example("week_of_year(datetime(2020-12-31))", "53"),
            example("week_of_year(datetime(2000-01-01))", "52"),
        ],
    ),
    first(row(
        "startofday",
        &[],
        border_overloads!(Day, start),
        "Gives the start of the day, moved by a number of days.",
        "kusto/query/startofday-function",
        &[
            example(
                "startofday(datetime(2017-01-01 10:10:17))",
                "datetime(2017-01-01)",
            ),
            example(
                "startofday(datetime(2017-01-01 10:10:17), -1)",
                "datetime(2016-12-31)",
            ),
        ],
    )),
    row(
        "startofweek",
        &[],
        border_overloads!(Week, start),
        "Gives the start of the week, a Sunday, moved by a number of weeks.",
        "kusto/query/startofweek-function",
        &[
            example(
                "startofweek(datetime(2017-01-01 10:10:17))",
                "datetime(2017-01-01)",
            ),
            example(
                "startofweek(datetime(2017-01-01 10:10:17), -1)",
                "datetime(2016-12-25)",
            ),
        ],
    ),
    row(
        "startofmonth",
        &[],
        border_overloads!(Month, start),
        "Gives the start of the month, moved by a number of months.",
        "kusto/query/startofmonth-function",
        &[
            example("startofmonth(datetime(2017-01-15))", "datetime(2017-01-01)"),
            example(
                "startofmonth(datetime(2017-01-15), 1)",
                "datetime(2017-02-01)",
            ),
        ],
    ),
    row(
        "startofyear",
        &[],
        border_overloads!(Year, start),
        "Gives the start of the year, moved by a number of years.",
        "kusto/query/startofyear-function",
        &[
            example("startofyear(datetime(2017-05-15))", "datetime(2017-01-01)"),
            example(
                "startofyear(datetime(2017-05-15), -1)",
                "datetime(2016-01-01)",
            ),
        ],
    ),
    row(
        "endofday",
        &[],
        border_overloads!(Day, end),
        "Gives the last tick of the day, moved by a number of days.",
        "kusto/query/endofday-function",
        &[
            example(
                "endofday(datetime(2017-01-01 10:10:17))",
                "datetime(2017-01-01 23:59:59.9999999)",
            ),
            example(
                "endofday(datetime(2017-01-01), 1)",
                "datetime(2017-01-02 23:59:59.9999999)",
            ),
        ],
    ),
    row(
        "endofweek",
        &[],
        border_overloads!(Week, end),
        "Gives the last tick of the week, a Saturday, moved by a number of weeks.",
        "kusto/query/endofweek-function",
        &[
            example(
                "endofweek(datetime(2017-01-01 10:10:17))",
                "datetime(2017-01-07 23:59:59.9999999)",
            ),
            example(
                "endofweek(datetime(2017-01-01 10:10:17), -1)",
                "datetime(2016-12-31 23:59:59.9999999)",
            ),
        ],
    ),
    row(
        "endofmonth",
        &[],
        border_overloads!(Month, end),
        "Gives the last tick of the month, moved by a number of months.",
        "kusto/query/endofmonth-function",
        &[
            example(
                "endofmonth(datetime(2017-01-01))",
                "datetime(2017-01-31 23:59:59.9999999)",
            ),
            example(
                "endofmonth(datetime(2017-01-01), 1)",
                "datetime(2017-02-28 23:59:59.9999999)",
            ),
        ],
    ),
    row(
        "endofyear",
        &[],
        border_overloads!(Year, end),
        "Gives the last tick of the year, moved by a number of years.",
        "kusto/query/endofyear-function",
        &[
            example(
                "endofyear(datetime(2017-01-01))",
                "datetime(2017-12-31 23:59:59.9999999)",
            ),
            example(
                "endofyear(datetime(2017-01-01), 1)",
                "datetime(2018-12-31 23:59:59.9999999)",
            ),
        ],
    ),
    first(row(
        "format_datetime",
        &[],
        FORMAT_DATETIME,
        "Writes a datetime in a format.",
        "kusto/query/format-datetime-function",
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
    )),
    first(row(
        "format_timespan",
        &[],
        FORMAT_TIMESPAN,
        "Writes a timespan in a format.",
        "kusto/query/format-timespan-function",
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
    )),
    only(row(
        "make_datetime",
        &[],
        MAKE_DATETIME,
        "Makes a datetime of its parts; null when a part is out of range.",
        "kusto/query/make-datetime-function",
        &[
            example("make_datetime(2017, 10, 1)", "datetime(2017-10-01)"),
            example(
                "make_datetime(2017, 10, 1, 12, 11, 0.1234567)",
                "datetime(2017-10-01 12:11:00.1234567)",
            ),
            example("make_datetime(2017, 13, 1)", "datetime(null)"),
        ],
    )),
    only(row(
        "make_timespan",
        &[],
        MAKE_TIMESPAN,
        "Makes a timespan of its parts; null when a part is out of range.",
        "kusto/query/make-timespan-function",
        &[
            example("make_timespan(1, 12, 30, 55.123)", "time(1.12:30:55.123)"),
            example("make_timespan(12, 30)", "time(12:30:00)"),
        ],
    )),
    row(
        "unixtime_seconds_todatetime",
        &[],
        unix_overloads!(TICKS_PER_SECOND, 1),
        "Converts seconds since 1970 to datetime.",
        "kusto/query/unixtime-seconds-todatetime-function",
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
        &[],
        unix_overloads!(10_000, 1),
        "Converts milliseconds since 1970 to datetime.",
        "kusto/query/unixtime-milliseconds-todatetime-function",
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
        &[],
        unix_overloads!(10, 1),
        "Converts microseconds since 1970 to datetime.",
        "kusto/query/unixtime-microseconds-todatetime-function",
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
        &[],
        unix_overloads!(1, 100),
        "Converts nanoseconds since 1970 to datetime; parts of a tick are cut.",
        "kusto/query/unixtime-nanoseconds-todatetime-function",
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
    row(
        "around",
        &[],
        AROUND,
        "Tells whether a value is within a distance of a center, both ends included.",
        "kusto/query/around-function",
        &[
            example("around(5, 7, 2)", "true"),
            example(
                "around(datetime(2020-01-02), datetime(2020-01-01), 1h)",
                "false",
            ),
        ],
    ),
];

fn near(value: i64, center: i64, delta: i64) -> bool {
    (i128::from(value) - i128::from(center)).abs() <= i128::from(delta)
}

fn datetime_add(args: &Args<'_>) -> KernelResult {
    let part = part(args)?;
    let (amount, at) = (args.input::<i64>(1), args.input::<i64>(2));
    collect(args, |row| part.add(amount.get(row)?, at.get(row)?))
}

fn datetime_diff(args: &Args<'_>) -> KernelResult {
    let part = part(args)?;
    let (a, b) = (args.input::<i64>(1), args.input::<i64>(2));
    collect(args, |row| part.difference(a.get(row)?, b.get(row)?))
}

fn datetime_part(args: &Args<'_>) -> KernelResult {
    let part = part(args)?;
    let at = args.input::<i64>(1);
    collect(args, |row| Some(part.of(at.get(row)?)))
}

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
