//! Parts of a datetime and the periods it lies in.

use super::row::{Overload, Param, ResultName, ScalarFunction, example, is, overload, row};
use crate::kernel;
use crate::kernel::calendar::{Part, part};
use crate::kernel::{Args, KernelResult, collect};
use huntql_kql::time::{TICKS_PER_DAY, day_of_week};
use huntql_kql::types::Type::{Datetime, Long, Timespan};

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
const DAYOFWEEK: &[Overload] = &[overload(
    &[is(Datetime)],
    Timespan,
    kernel!(|at: i64| i64::from(day_of_week(at)) * TICKS_PER_DAY),
)];

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

pub const FUNCTIONS: &[ScalarFunction] = &[
    row(
        "datetime_add",
        DATETIME_ADD,
        "kusto/query/datetime-add-function",
        "Moves a datetime by a number of periods.",
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
        DATETIME_DIFF,
        "kusto/query/datetime-diff-function",
        "Counts the borders of a period that lie between two datetimes.",
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
        DATETIME_PART,
        "kusto/query/datetime-part-function",
        "Gives one part of a datetime.",
        &[
            example("datetime_part('quarter', datetime(2017-10-30))", "4"),
            example("datetime_part('week_of_year', datetime(2017-10-30))", "44"),
            example(
                "datetime_part('microsecond', datetime(2017-10-30 01:02:03.7654321))",
                "765432",
            ),
        ],
    )
    .aliases(&["datepart"]),
    row(
        "dayofweek",
        DAYOFWEEK,
        "kusto/query/day-of-week-function",
        "Gives the days since Sunday as a timespan.",
        &[
            example("dayofweek(datetime(1970-05-12))", "2d"),
            example("dayofweek(datetime(2015-11-15 10:10))", "0d"),
        ],
    ),
    row(
        "dayofmonth",
        part_overloads!(Day),
        "kusto/query/day-of-month-function",
        "Gives the day of the month.",
        &[
            example("dayofmonth(datetime(2015-12-14))", "14"),
            example("dayofmonth(datetime(2016-02-29))", "29"),
        ],
    ),
    row(
        "dayofyear",
        part_overloads!(DayOfYear),
        "kusto/query/day-of-year-function",
        "Gives the day of the year, from 1.",
        &[
            example("dayofyear(datetime(2015-12-14))", "348"),
            example("dayofyear(datetime(2016-01-01))", "1"),
        ],
    ),
    row(
        "monthofyear",
        part_overloads!(Month),
        "kusto/query/month-of-year-function",
        "Gives the month, from 1.",
        &[
            example("monthofyear(datetime(2015-12-14))", "12"),
            example("getmonth(datetime(2015-10-12))", "10"),
        ],
    )
    .aliases(&["getmonth"]),
    row(
        "getyear",
        part_overloads!(Year),
        "kusto/query/getyear-function",
        "Gives the year.",
        &[
            example("getyear(datetime(2015-10-12))", "2015"),
            example("getyear(datetime(1999-12-31 23:59))", "1999"),
        ],
    ),
    row(
        "hourofday",
        part_overloads!(Hour),
        "kusto/query/hour-of-day-function",
        "Gives the hour of the day.",
        &[
            example("hourofday(datetime(2015-12-14 18:54))", "18"),
            example("hourofday(datetime(2015-12-14))", "0"),
        ],
    ),
    row(
        "week_of_year",
        part_overloads!(Week),
        "kusto/query/week-of-year-function",
        "Gives the week of the year by ISO 8601.",
        &[
            example("week_of_year(datetime(2020-12-31))", "53"),
            example("week_of_year(datetime(2000-01-01))", "52"),
        ],
    )
    .aliases(&["weekofyear"]),
    row(
        "startofday",
        border_overloads!(Day, start),
        "kusto/query/startofday-function",
        "Gives the start of the day, moved by a number of days.",
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
    )
    .named(ResultName::FirstArgument),
    row(
        "startofweek",
        border_overloads!(Week, start),
        "kusto/query/startofweek-function",
        "Gives the start of the week, a Sunday, moved by a number of weeks.",
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
        border_overloads!(Month, start),
        "kusto/query/startofmonth-function",
        "Gives the start of the month, moved by a number of months.",
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
        border_overloads!(Year, start),
        "kusto/query/startofyear-function",
        "Gives the start of the year, moved by a number of years.",
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
        border_overloads!(Day, end),
        "kusto/query/endofday-function",
        "Gives the last tick of the day, moved by a number of days.",
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
        border_overloads!(Week, end),
        "kusto/query/endofweek-function",
        "Gives the last tick of the week, a Saturday, moved by a number of weeks.",
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
        border_overloads!(Month, end),
        "kusto/query/endofmonth-function",
        "Gives the last tick of the month, moved by a number of months.",
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
        border_overloads!(Year, end),
        "kusto/query/endofyear-function",
        "Gives the last tick of the year, moved by a number of years.",
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
];

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
