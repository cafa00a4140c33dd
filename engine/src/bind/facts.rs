//! The binder's messages, with Kusto's codes where the condition is Kusto's.

use crate::{aggregates, functions};
use huntql_kql::diagnostics::Diagnostic;
use huntql_kql::span::Span;
use huntql_kql::types::Type;

pub fn unknown_column(span: Span, name: &str) -> Diagnostic {
    let diagnostic = Diagnostic::binding("KS142", span, format!("`{name}` is not a known column"))
        .labelled("no such column");
    if name.eq_ignore_ascii_case("null") {
        return diagnostic.help(
            "write `isnull(…)` or `isnotnull(…)`; a text is never null: `isempty(…)` or `isnotempty(…)`",
        );
    }
    let is_call = aggregates::find(name).is_some() || functions::find(name).is_some();
    if is_call {
        return diagnostic.help(format!("`{name}` is a function: write `{name}(…)`"));
    }
    diagnostic
}

pub const UNKNOWN_TABLE: &str = "KS204";

pub fn unknown_table(span: Span, name: &str) -> Diagnostic {
    Diagnostic::binding(
        UNKNOWN_TABLE,
        span,
        format!("`{name}` is not a known table"),
    )
    .labelled("no such table")
}

pub fn unknown_function(span: Span, name: &str) -> Diagnostic {
    let diagnostic =
        Diagnostic::binding("KS211", span, format!("`{name}` is not a known function"))
            .labelled("no such function");
    let lower = name.to_lowercase();
    let row = OTHER_FUNCTIONS
        .iter()
        .find(|(names, _)| names.contains(&lower.as_str()));
    match row {
        Some((_, instead)) => diagnostic.help(format!("write `{instead}`")),
        None => diagnostic,
    }
}

/// Functions of other languages, in lower case, and what does their work.
const OTHER_FUNCTIONS: &[(&[&str], &str)] = &[
    (
        &["substr", "mid", "left", "right"],
        "substring(text, start, length)",
    ),
    (&["len", "length", "char_length"], "strlen(text)"),
    (&["concat", "concat_ws"], "strcat(…)"),
    (&["nvl", "ifnull", "isnull2"], "coalesce(value, otherwise)"),
    (&["ifelse", "when"], "iff(condition, then, else)"),
    (
        &["date_trunc", "trunc", "time_bucket"],
        "bin(Timestamp, 1h)",
    ),
    (
        &["date_format", "strftime", "to_char", "todate"],
        "format_datetime(time, 'yyyy-MM-dd')",
    ),
    (&["dateadd", "date_add"], "datetime_add('day', 1, time)"),
    (
        &["datediff", "date_diff"],
        "datetime_diff('day', later, earlier)",
    ),
    (
        &["getdate", "sysdate", "current_timestamp", "currenttime"],
        "now()",
    ),
    (
        &["from_unixtime", "to_timestamp", "strptime"],
        "unixtime_seconds_todatetime(number)` or `todatetime(text)",
    ),
    (
        &["regexp_extract", "regex_extract", "rex"],
        "extract(pattern, group, text)",
    ),
    (
        &["regexp_like", "regexp_matches", "regex_match", "match"],
        "text matches regex pattern",
    ),
    (
        &["regexp_replace"],
        "replace_regex(text, pattern, replacement)",
    ),
    (
        &[
            "json_extract",
            "json_value",
            "json_query",
            "spath",
            "get_json_object",
        ],
        "parse_json(text).Member",
    ),
    (
        &["instr", "charindex", "position", "strpos"],
        "indexof(text, part)",
    ),
    (
        &["cidrmatch", "ip_in_subnet", "cidr_match"],
        "ipv4_is_in_range(address, range)",
    ),
    (&["mvcount", "cardinality", "size"], "array_length(array)"),
    (
        &["group_concat", "string_agg", "listagg"],
        "strcat_array(make_list(Column), ',')",
    ),
    (
        &["array_agg", "collect_list", "values"],
        "make_list(Column)` or `make_set(Column)",
    ),
    (&["median"], "percentile(Column, 50)"),
    (&["mean", "average"], "avg(Column)"),
    (
        &["dc", "uniq", "distinct_count", "approx_count_distinct"],
        "dcount(Column)",
    ),
    (&["greatest"], "max_of(…)"),
    (&["least"], "min_of(…)"),
    (&["lag"], "prev(Column)"),
    (&["lead"], "next(Column)"),
    (
        &["cast", "convert", "to_number", "tonumber"],
        "tolong(…)`, `todouble(…)`, `todatetime(…)` or `tostring(…)",
    ),
    (&["latest", "last"], "arg_max(Timestamp, *)"),
    (&["earliest", "first"], "arg_min(Timestamp, *)"),
];

pub fn wrong_count(span: Span, name: &str, read: usize, expected: &str) -> Diagnostic {
    let plural = if read == 1 { "argument" } else { "arguments" };
    Diagnostic::binding(
        "KS119",
        span,
        format!("`{name}` takes {expected}, not {read} {plural}"),
    )
}

/// How many arguments a call takes, in words: of each overload the least and the most, `None` for any number.
pub(crate) fn counted(overloads: impl Iterator<Item = (usize, Option<usize>)>) -> String {
    let (mut least, mut most) = (usize::MAX, Some(0));
    for (fewest, last) in overloads {
        least = least.min(fewest);
        most = most.zip(last).map(|(most, last)| most.max(last));
    }
    match (least, most) {
        (least, None) => format!("{least} or more arguments"),
        (_, Some(0)) => "no arguments".into(),
        (1, Some(1)) => "one argument".into(),
        (least, Some(most)) if least == most => format!("{least} arguments"),
        (least, Some(most)) => format!("{least} to {most} arguments"),
    }
}

/// An argument that no overload takes.
pub(crate) fn not_taken(span: Span, name: &str, read: Type) -> Diagnostic {
    let diagnostic = Diagnostic::binding(
        "KS107",
        span,
        format!("`{name}` does not take a value of type {read} here"),
    )
    .labelled(format!("this is {read}"));
    match read {
        Type::String => diagnostic.help(
            "`tolong(…)` or `todouble(…)` makes a number of a text, `todatetime(…)` a moment",
        ),
        Type::Dynamic => diagnostic
            .help("convert it to what it holds: `tostring(…)`, `tolong(…)`, `todatetime(…)`"),
        Type::Bool => diagnostic.help("`tolong(…)` makes 1 and 0 of it"),
        _ if name.ends_with("if") => diagnostic.help("write a condition, as in `Column == value`"),
        _ => diagnostic,
    }
}

/// `count(Column)`: runs as `count()`, and is no call that Kusto's binder knows.
pub(crate) fn count_of_column(span: Span, name: &str) -> Diagnostic {
    Diagnostic::binding("KS107", span, "`count` takes no column: it counts rows").help(format!(
        "write `count()`; `countif(isnotempty({name}))` counts the rows where `{name}` has a value"
    ))
}

pub fn wrong_type(span: Span, read: Type, wanted: &str) -> Diagnostic {
    let diagnostic = Diagnostic::binding(
        "KS107",
        span,
        format!("a value of type {read} stands where {wanted} is needed"),
    )
    .labelled(format!("this is {read}"));
    match (read, wanted) {
        (Type::String, "a timespan") => {
            diagnostic.help("write it without quotes, as in `7d` or `1h`")
        }
        (Type::String, "a datetime") => diagnostic
            .help("write `datetime(2026-03-04)` for a constant, `todatetime(…)` for a column"),
        (Type::Int | Type::Long, "a timespan") => {
            diagnostic.help("write a length of time with its unit, as in `7d` or `1h`")
        }
        (Type::String, "a dynamic") => diagnostic.help("`parse_json(…)` reads the JSON in a text"),
        (_, "a string") => diagnostic.help("`tostring(…)` makes a text of it"),
        (_, "a bool") => diagnostic.help("write a condition, as in `Column == value`"),
        _ => diagnostic,
    }
}

/// A member of a column that was declared as `string`.
pub(crate) fn text_without_members(span: Span, text: &str) -> Diagnostic {
    Diagnostic::binding(
        "HQ005",
        span,
        format!("`{text}` is declared as a string, and a string has no members"),
    )
    .labelled("this is string")
    .help(format!(
        "write `parse_json({text})` in its place, or declare the column as dynamic"
    ))
}

/// A type with its article.
pub(crate) fn one(ty: Type) -> String {
    match ty {
        Type::Int => "an int".to_owned(),
        other => format!("a {other}"),
    }
}

pub fn incomparable(span: Span, left: Type, right: Type) -> Diagnostic {
    Diagnostic::binding(
        "SEM0064",
        span,
        format!("{} cannot be compared with {}", one(left), one(right)),
    )
    .help(match (left, right) {
        (Type::Datetime, Type::Timespan) | (Type::Timespan, Type::Datetime) => {
            "a timespan is a length of time; `ago(7d)` is the moment so long ago".to_owned()
        }
        (Type::Datetime, Type::String) | (Type::String, Type::Datetime) => {
            "write a moment as `datetime(2026-03-04)`, or convert a column with `todatetime(…)`"
                .to_owned()
        }
        (Type::Datetime, Type::Int | Type::Long) | (Type::Int | Type::Long, Type::Datetime) => {
            "write a moment as `datetime(2026-03-04)`, one so long ago as `ago(7d)`".to_owned()
        }
        (Type::Dynamic, Type::Dynamic) => {
            "convert both sides, for instance with `tolong(…)` or `tostring(…)`".to_owned()
        }
        (Type::Dynamic, other) | (other, _) => {
            format!("convert one side, for instance with `to{other}(…)`")
        }
    })
}

/// `+`, `-` … between types that do not go together.
pub(crate) fn no_arithmetic(span: Span, symbol: &str, types: &[Type]) -> Diagnostic {
    let read: Vec<String> = types.iter().map(|ty| one(*ty)).collect();
    let has = |ty| types.contains(&ty);
    let diagnostic = Diagnostic::binding(
        "KS107",
        span,
        format!("`{symbol}` does not go with {}", read.join(" and ")),
    );
    if has(Type::String) {
        diagnostic
            .help("`strcat(…)` joins texts; `tolong(…)` or `todouble(…)` makes a number of one")
    } else if has(Type::Datetime) {
        diagnostic.help("write the length of time with its unit, as in `7d`")
    } else {
        diagnostic
    }
}

pub fn not_constant(span: Span, ty: Type) -> Diagnostic {
    Diagnostic::binding(
        "KS103",
        span,
        format!("a constant of type {ty} is needed here"),
    )
}

pub fn negative(span: Span, what: &str, value: i64) -> Diagnostic {
    Diagnostic::binding(
        "KS190",
        span,
        format!("{what} cannot be negative, and it is {value}"),
    )
}

/// A join by one name whose columns have two types.
pub fn other_type_on_right(span: Span, name: &str, left: Type, right: Type) -> Diagnostic {
    Diagnostic::binding(
        "KS227",
        span,
        format!("`{name}` is a {left} on the left side of the join and a {right} on its right"),
    )
    .help("convert one of them in front of the join, with `extend`")
}

/// Groups by a `dynamic`.
pub fn dynamic_group(span: Span) -> Diagnostic {
    Diagnostic::binding("KS116", span, "rows cannot be grouped by a dynamic")
        .labelled("this is dynamic")
        .help("convert it, for instance with `tostring(…)`")
}

/// A join by a `dynamic`.
pub fn dynamic_key(span: Span) -> Diagnostic {
    Diagnostic::binding("KS241", span, "a dynamic is no key of a join")
        .help("convert it in front of the join, for instance with `extend Key = tostring(Key)`")
}

pub fn duplicate_column(span: Span, name: &str) -> Diagnostic {
    Diagnostic::binding(
        "KS171",
        span,
        format!("a column named `{name}` stands here already"),
    )
}

pub fn placed_twice(span: Span, name: &str) -> Diagnostic {
    Diagnostic::binding(
        "KS171",
        span,
        format!("the column `{name}` has its place already"),
    )
    .help("name it once")
}

/// A second `let` of a name among the same statements.
pub fn declared_twice(span: Span, name: &str) -> Diagnostic {
    Diagnostic::binding(
        "KS201",
        span,
        format!("the name `{name}` is declared already"),
    )
    .help("give it another name, or take one of the two away")
}

pub fn table_expected(span: Span) -> Diagnostic {
    Diagnostic::binding(
        "KS106",
        span,
        "a table is needed here, and this is a single value".to_string(),
    )
}

pub fn scalar_expected(span: Span, name: &str) -> Diagnostic {
    Diagnostic::binding(
        "KS107",
        span,
        format!("`{name}` is a table, and a single value is needed here"),
    )
    .help("`toscalar(…)` takes the first value of a table")
}

pub fn no_input(span: Span, name: &str) -> Diagnostic {
    Diagnostic::binding(
        "KS106",
        span,
        format!("`{name}` is a column's place, but there are no columns here"),
    )
}

/// `f(name = value)` of a function without named arguments.
pub(crate) fn named_argument(span: Span, name: &str) -> Diagnostic {
    Diagnostic::unsupported(
        span,
        format!("the named argument `{name}` is not supported"),
    )
}

/// A function of the language that is not there, and why where that is known.
pub(crate) fn unsupported_function(span: Span, name: &str) -> Diagnostic {
    let diagnostic =
        Diagnostic::unsupported(span, format!("the function `{name}` is not supported"));
    match crate::support::reason(name) {
        Some(reason) => diagnostic.help(reason),
        None => diagnostic,
    }
}
