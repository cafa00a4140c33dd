//! `to…` functions, reading JSON, and questions about nulls and types.

use super::row::{Example, Overload, Param, ResultName, ScalarFunction, example, overload};
use crate::conversion::convert;
use crate::json::{self, Kind, Number, kind};
use crate::kernel;
use crate::kernel::{Args, KernelResult};
use datafusion::arrow::array::{Array, BooleanArray};
use huntql_kql::types::Type;
use std::sync::Arc;

macro_rules! to_type {
    ($name:literal, $aliases:expr, $ty:ident, $doc:literal, $page:literal, $examples:expr) => {
        ScalarFunction {
            name: $name,
            aliases: $aliases,
            overloads: {
                const OVERLOADS: &[Overload] = &[overload(&[Param::Any], Type::$ty, |args| {
                    convert(args.column(0), args.ty(0), Type::$ty)
                })];
                OVERLOADS
            },
            result_name: ResultName::FirstArgument,
            doc: $doc,
            source: concat!("kusto/query/", $page),
            examples: $examples,
        }
    };
}

const PARSE_JSON: &[Overload] = &[
    overload(&[Param::Is(Type::Dynamic)], Type::Dynamic, |args| {
        Ok(Arc::clone(args.column(0)))
    }),
    overload(&[Param::Is(Type::String)], Type::Dynamic, parse_json),
];
const GETTYPE: &[Overload] = &[overload(&[Param::Any], Type::String, gettype)];
const ISNULL: &[Overload] = &[overload(&[Param::Any], Type::Bool, |args| {
    null_test(args, true)
})];
const ISNOTNULL: &[Overload] = &[overload(&[Param::Any], Type::Bool, |args| {
    null_test(args, false)
})];
const ISNAN: &[Overload] = &[overload(
    &[Param::Is(Type::Real)],
    Type::Bool,
    kernel!(|value: f64| value.is_nan()),
)];
const ISINF: &[Overload] = &[overload(
    &[Param::Is(Type::Real)],
    Type::Bool,
    kernel!(|value: f64| value.is_infinite()),
)];
const ISFINITE: &[Overload] = &[overload(
    &[Param::Is(Type::Real)],
    Type::Bool,
    kernel!(|value: f64| value.is_finite()),
)];

const fn question(
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

pub const FUNCTIONS: &[ScalarFunction] = &[
    to_type!(
        "tostring",
        &[],
        String,
        "Gives the text of a value; null gives the empty string.",
        "tostring-function",
        &[
            example("tostring(123)", r#""123""#),
            example("tostring(1.5)", r#""1.5""#),
            example(
                "tostring(datetime(2020-01-01))",
                r#""2020-01-01T00:00:00.0000000Z""#
            ),
            example(r#"tostring(dynamic({"a":"s"}).a)"#, r#""s""#),
            example("tostring(int(null))", r#""""#),
        ]
    ),
    to_type!(
        "toint",
        &[],
        Int,
        "Converts a value to int; fractions are cut; null when it cannot be.",
        "toint-function",
        &[
            example(r#"toint("123")"#, "int(123)"),
            example("toint(2.3)", "int(2)"),
            example(r#"toint("x")"#, "int(null)")
        ]
    ),
    to_type!(
        "tolong",
        &[],
        Long,
        "Converts a value to long; fractions are cut; null when it cannot be.",
        "tolong-function",
        &[
            example(r#"tolong("123")"#, "123"),
            example("tolong(123.5)", "123"),
            example(r#"tolong("0xa0")"#, "160")
        ]
    ),
    to_type!(
        "toreal",
        &["todouble"],
        Real,
        "Converts a value to real; null when it cannot be.",
        "toreal-function",
        &[
            example(r#"toreal("123.4")"#, "123.4"),
            example("todouble(2)", "2.0"),
            example(r#"toreal("")"#, "real(null)")
        ]
    ),
    to_type!(
        "todecimal",
        &[],
        Decimal,
        "Converts a value to decimal; null when it cannot be.",
        "todecimal-function",
        &[
            example(r#"todecimal("123.45678")"#, "decimal(123.45678)"),
            example(r#"todecimal("abc")"#, "decimal(null)"),
        ]
    ),
    to_type!(
        "tobool",
        &["toboolean"],
        Bool,
        "Converts a value to bool: the words true and false, and numbers, of which only 0 is false.",
        "tobool-function",
        &[
            example(r#"tobool("true")"#, "true"),
            example("tobool(0)", "false"),
            example(r#"tobool("x")"#, "bool(null)")
        ]
    ),
    to_type!(
        "todatetime",
        &[],
        Datetime,
        "Converts a value to datetime; null when it cannot be.",
        "todatetime-function",
        &[
            example(
                r#"todatetime("2015-12-31 23:59:59.9")"#,
                "datetime(2015-12-31 23:59:59.9)"
            ),
            example(r#"todatetime("not a date")"#, "datetime(null)"),
        ]
    ),
    to_type!(
        "totimespan",
        &["totime"],
        Timespan,
        "Converts a value to timespan; null when it cannot be.",
        "totimespan-function",
        &[
            example(r#"totimespan("0.00:03:00")"#, "3m"),
            example(r#"totimespan("x")"#, "timespan(null)")
        ]
    ),
    ScalarFunction {
        name: "toguid",
        aliases: &[],
        overloads: {
            const OVERLOADS: &[Overload] = &[
                overload(&[Param::Is(Type::Guid)], Type::Guid, |args| {
                    Ok(Arc::clone(args.column(0)))
                }),
                overload(&[Param::Is(Type::String)], Type::Guid, |args| {
                    convert(args.column(0), Type::String, Type::Guid)
                }),
            ];
            OVERLOADS
        },
        result_name: ResultName::FirstArgument,
        doc: "Converts the first 32 hexadecimal digits of a string to guid; null when they are not there.",
        source: "kusto/query/toguid-function",
        examples: &[
            example(
                r#"toguid("0123456789abcdef0123456789abcdef")"#,
                "guid(01234567-89ab-cdef-0123-456789abcdef)",
            ),
            example(r#"toguid("x")"#, "guid(null)"),
        ],
    },
    ScalarFunction {
        name: "parse_json",
        aliases: &["todynamic", "parsejson", "toobject"],
        overloads: PARSE_JSON,
        result_name: ResultName::FirstArgument,
        doc: "Reads JSON text; text that is no JSON gives a dynamic string of itself, empty text gives null.",
        source: "kusto/query/parse-json-function",
        examples: &[
            example(r#"parse_json('{"a":[1, 2]}').a[1]"#, "dynamic(2)"),
            example(r#"tostring(parse_json("no json"))"#, r#""no json""#),
            example(r#"isnull(parse_json(""))"#, "true"),
            example(r#"tostring(parse_json(" "))"#, r#"" ""#),
        ],
    },
    ScalarFunction {
        name: "gettype",
        aliases: &[],
        overloads: GETTYPE,
        result_name: ResultName::Prefix("type"),
        doc: "Gives the name of a value's type; for a dynamic, of the type of what it holds.",
        source: "kusto/query/gettype-function",
        examples: &[
            example("gettype(111)", r#""long""#),
            example(r#"gettype(parse_json('{"abc":1}'))"#, r#""dictionary""#),
            example("gettype(parse_json('[1]'))", r#""array""#),
            example("gettype(parse_json(''))", r#""null""#),
        ],
    },
    question(
        "isnull",
        &[],
        ISNULL,
        "Tells whether a value is null; a string never is.",
        "kusto/query/isnull-function",
        &[
            example("isnull(int(null))", "true"),
            example(r#"isnull("")"#, "false"),
        ],
    ),
    question(
        "isnotnull",
        &["notnull"],
        ISNOTNULL,
        "Tells whether a value is not null; a string never is null.",
        "kusto/query/isnotnull-function",
        &[
            example("isnotnull(1)", "true"),
            example("isnotnull(real(null))", "false"),
        ],
    ),
    question(
        "isnan",
        &[],
        ISNAN,
        "Tells whether a real is no number.",
        "kusto/query/isnan-function",
        &[
            example("isnan(0.0/0)", "true"),
            example("isnan(1)", "false"),
        ],
    ),
    question(
        "isinf",
        &[],
        ISINF,
        "Tells whether a real is infinite.",
        "kusto/query/isinf-function",
        &[
            example("isinf(1.0/0)", "true"),
            example("isinf(1.0)", "false"),
        ],
    ),
    question(
        "isfinite",
        &[],
        ISFINITE,
        "Tells whether a real is neither infinite nor NaN.",
        "kusto/query/isfinite-function",
        &[
            example("isfinite(1.0)", "true"),
            example("isfinite(0.0/0)", "false"),
        ],
    ),
];

fn parse_json(args: &Args<'_>) -> KernelResult {
    args.map1(json::of_text)
}

fn gettype(args: &Args<'_>) -> KernelResult {
    if args.ty(0) != Type::Dynamic {
        let name = args.ty(0).name();
        return crate::kernel::collect(args, |_| Some(name));
    }
    let values = args.input::<Option<kernel::Json<'_>>>(0);
    crate::kernel::collect(args, |row| {
        Some(
            values
                .get(row)
                .flatten()
                .map_or("null", |kernel::Json(json)| match kind(json) {
                    Kind::Null => "null",
                    Kind::Bool => "bool",
                    Kind::Number => match json::number(json) {
                        Some(Number::Long(_)) => "long",
                        _ => "double",
                    },
                    Kind::Text => "string",
                    Kind::Array => "array",
                    Kind::Bag => "dictionary",
                }),
        )
    })
}

/// `wanted` where the value is null. Strings are never null.
fn null_test(args: &Args<'_>, wanted: bool) -> KernelResult {
    let column = args.column(0);
    let string = args.ty(0) == Type::String;
    let answers: BooleanArray = (0..column.len())
        .map(|row| Some((!string && column.is_null(row)) == wanted))
        .collect();
    Ok(Arc::new(answers))
}
