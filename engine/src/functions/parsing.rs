//! Text with a structure of its own: URLs, paths, command lines, CSV, JSON by path, sizes.

use super::row::{Overload, Param, ResultName, ScalarFunction, example, overload};
use crate::kernel;
use crate::kernel::dynamic_text::array_of;
use crate::kernel::structure::{command_line, csv_record, json_path, path, url};
use crate::kernel::{Args, Json, KernelError, KernelResult, Output};
use crate::value::DECIMAL_SCALE;
use huntql_kql::types::Type;
use serde_json::Value;
use std::collections::HashSet;

fn parse_command_line(args: &Args<'_>) -> KernelResult {
    let text = args.input::<&str>(0);
    if args.constant_text(1) != Some("windows") {
        let message = "the only kind of command line is \"windows\"".to_owned();
        return Err(KernelError::Argument { index: 1, message });
    }
    String::collect(args.rows(), |row| {
        Some(array_of(
            command_line::arguments(text.get(row)?).into_iter(),
        ))
    })
}

fn extract_json(args: &Args<'_>) -> KernelResult {
    let Some(written) = args.constant_text(0) else {
        let message = "the path must be a constant".to_owned();
        return Err(KernelError::Argument { index: 0, message });
    };
    let steps =
        json_path::parse(written).map_err(|message| KernelError::Argument { index: 0, message })?;
    let text = args.input::<&str>(1);
    String::collect(args.rows(), |row| {
        Some(json_path::text_at(text.get(row)?, &steps).unwrap_or_default())
    })
}

const UNITS: [&str; 7] = ["Bytes", "KB", "MB", "GB", "TB", "PB", "EB"];
/// Digits behind the point that `format_bytes` writes at most.
const FORMAT_BYTES_PRECISION_MAX: i64 = 15;

fn format_bytes(args: &Args<'_>) -> KernelResult {
    let precision = match args.len() {
        1 => 0,
        _ => args
            .input::<i64>(1)
            .get(0)
            .filter(|_| args.is_constant(1))
            .unwrap_or(-1),
    };
    if !(0..=FORMAT_BYTES_PRECISION_MAX).contains(&precision) {
        let message = format!("the precision is a constant from 0 to {FORMAT_BYTES_PRECISION_MAX}");
        return Err(KernelError::Argument { index: 1, message });
    }
    let unit = match args.len() {
        3 => args.constant_text(2).filter(|unit| !unit.is_empty()),
        _ => None,
    };
    let unit = match unit {
        None => None,
        Some(name) => Some(UNITS.iter().position(|unit| *unit == name).ok_or_else(|| {
            KernelError::Argument {
                index: 2,
                message: format!("`{name}` is not one of {}", UNITS.join(", ")),
            }
        })?),
    };
    let size = size_reader(args);
    String::collect(args.rows(), |row| {
        Some(
            size(row)
                .map(|size| write_size(size, precision, unit))
                .unwrap_or_default(),
        )
    })
}

fn size_reader<'a>(args: &Args<'a>) -> Box<dyn Fn(usize) -> Option<f64> + 'a> {
    match args.ty(0) {
        Type::Int => {
            let size = args.input::<i32>(0);
            Box::new(move |row| size.get(row).map(f64::from))
        }
        Type::Long => {
            let size = args.input::<i64>(0);
            Box::new(move |row| size.get(row).map(|size| size as f64))
        }
        Type::Decimal => {
            let size = args.input::<i128>(0);
            Box::new(move |row| {
                size.get(row)
                    .map(|size| size as f64 / 10_f64.powi(i32::from(DECIMAL_SCALE)))
            })
        }
        _ => {
            let size = args.input::<f64>(0);
            Box::new(move |row| size.get(row))
        }
    }
}

/// Rounds to `precision` digits; zeros at the end are not written.
fn write_size(size: f64, precision: i64, unit: Option<usize>) -> String {
    let unit = unit.unwrap_or_else(|| {
        let above = |unit: &usize| size.abs() >= 1024_f64.powi(*unit as i32);
        (0..UNITS.len()).rev().find(above).unwrap_or(0)
    });
    let scaled = size / 1024_f64.powi(unit as i32);
    let mut digits = format!("{scaled:.0$}", precision as usize);
    if digits.contains('.') {
        digits.truncate(digits.trim_end_matches('0').trim_end_matches('.').len());
    }
    format!("{digits} {}", UNITS[unit])
}

/// Null when one of the two is no array, or both are empty.
fn jaccard_index(left: Json<'_>, right: Json<'_>) -> Option<f64> {
    let set = |json: Json<'_>| -> Option<HashSet<String>> {
        let elements: Vec<Value> = serde_json::from_str(json.0).ok()?;
        Some(elements.iter().map(Value::to_string).collect())
    };
    let (left, right) = (set(left)?, set(right)?);
    let all = left.union(&right).count();
    (all > 0).then(|| left.intersection(&right).count() as f64 / all as f64)
}

const STRING: &[Param] = &[Param::Is(Type::String)];
const PARSE_URL: &[Overload] = &[overload(
    STRING,
    Type::Dynamic,
    kernel!(|text: &str| url::parse(text)),
)];
const PARSE_URLQUERY: &[Overload] = &[overload(
    STRING,
    Type::Dynamic,
    kernel!(|text: &str| url::parse_query(text)),
)];
const PARSE_PATH: &[Overload] = &[overload(
    STRING,
    Type::Dynamic,
    kernel!(|text: &str| path::parse(text)),
)];
const PARSE_CSV: &[Overload] = &[overload(
    STRING,
    Type::Dynamic,
    kernel!(|text: &str| array_of(csv_record::fields(text).into_iter())),
)];
const PARSE_COMMAND_LINE: &[Overload] = &[overload(
    &[Param::Text, Param::Constant],
    Type::Dynamic,
    parse_command_line,
)];
const EXTRACT_JSON: &[Overload] = &[overload(
    &[Param::Constant, Param::Is(Type::String)],
    Type::String,
    extract_json,
)];
const FORMAT_BYTES: &[Overload] = &[overload(
    &[Param::Number, Param::Integer, Param::Constant],
    Type::String,
    format_bytes,
)
.optional(2)];
const JACCARD: &[Overload] = &[overload(
    &[Param::Is(Type::Dynamic), Param::Is(Type::Dynamic)],
    Type::Real,
    kernel!(|left: Json<'_>, right: Json<'_>| jaccard_index(left, right)),
)];

pub const FUNCTIONS: &[ScalarFunction] = &[
    ScalarFunction {
        name: "parse_url",
        aliases: &["parseurl"],
        overloads: PARSE_URL,
        result_name: ResultName::Default,
        doc: "Gives the parts of an absolute URL; all of them are empty when there is no `://`.",
        source: "kusto/query/parse-url-function",
        examples: &[
            example(
                r#"parse_url("scheme://username:password@host:1234/this/is/a/path?k1=v1&k2=v2#fragment")"#,
                r#"dynamic({"Scheme":"scheme","Host":"host","Port":"1234","Path":"/this/is/a/path","Username":"username","Password":"password","Query Parameters":{"k1":"v1","k2":"v2"},"Fragment":"fragment"})"#,
            ),
            example(
                r#"parse_url("mailto:a@b.c")"#,
                r#"dynamic({"Scheme":"","Host":"","Port":"","Path":"","Username":"","Password":"","Query Parameters":{},"Fragment":""})"#,
            ),
        ],
    },
    ScalarFunction {
        name: "parse_urlquery",
        aliases: &["parseurlquery"],
        overloads: PARSE_URLQUERY,
        result_name: ResultName::Default,
        doc: "Gives the parameters of a URL's query.",
        source: "kusto/query/parse-url-query-function",
        examples: &[
            example(
                r#"parse_urlquery("k1=v1&k2=v2&k3=v3")"#,
                r#"dynamic({"Query Parameters":{"k1":"v1","k2":"v2","k3":"v3"}})"#,
            ),
            example(
                r#"parse_urlquery("")"#,
                r#"dynamic({"Query Parameters":{}})"#,
            ),
        ],
    },
    ScalarFunction {
        name: "parse_path",
        aliases: &[],
        overloads: PARSE_PATH,
        result_name: ResultName::Default,
        doc: "Gives the parts of a file's path.",
        source: "kusto/query/parse-path-function",
        examples: &[
            example(
                r#"parse_path("file://C:/temp/file.txt:some.exe")"#,
                r#"dynamic({"Scheme":"file","RootPath":"C:/","DirectoryPath":"C:/temp","DirectoryName":"temp","Filename":"file.txt","Extension":"txt","AlternateDataStreamName":"some.exe"})"#,
            ),
            example(
                r#"parse_path(@"C:\temp\file.txt")"#,
                r#"dynamic({"Scheme":"","RootPath":"C:\\","DirectoryPath":"C:\\temp","DirectoryName":"temp","Filename":"file.txt","Extension":"txt","AlternateDataStreamName":""})"#,
            ),
        ],
    },
    ScalarFunction {
        name: "parse_csv",
        aliases: &[],
        overloads: PARSE_CSV,
        result_name: ResultName::FirstArgument,
        doc: "Gives the fields of the first record of comma-separated text.",
        source: "kusto/query/parse-csv-function",
        examples: &[
            example(
                r#"parse_csv('aa,"b,b,b",cc,"Escaping quotes: ""Title""","line1\nline2"')"#,
                r#"dynamic(["aa","b,b,b","cc","Escaping quotes: \"Title\"","line1\nline2"])"#,
            ),
            example(
                r#"parse_csv('record1,a\nrecord2,x')"#,
                r#"dynamic(["record1","a"])"#,
            ),
        ],
    },
    ScalarFunction {
        name: "parse_command_line",
        aliases: &[],
        overloads: PARSE_COMMAND_LINE,
        result_name: ResultName::Default,
        doc: "Gives the arguments of a command line as Windows takes it apart.",
        source: "kusto/query/parse-command-line-function",
        examples: &[
            example(
                r#"parse_command_line("echo \"hello world!\"", "windows")"#,
                r#"dynamic(["echo","hello world!"])"#,
            ),
            example(
                r#"parse_command_line(@"""C:\a b\c.exe"" /x  a\\b", "windows")"#,
                r#"dynamic(["C:\\a b\\c.exe","/x","a\\\\b"])"#,
            ),
        ],
    },
    ScalarFunction {
        name: "extract_json",
        aliases: &["extractjson"],
        overloads: EXTRACT_JSON,
        result_name: ResultName::Default,
        doc: "Gives the text of the value at a path in JSON text.",
        source: "kusto/query/extract-json-function",
        examples: &[
            example(
                r#"extract_json("$.name", '{"name": "John", "age": 30}')"#,
                r#""John""#,
            ),
            example(
                r#"extract_json("$.a[1]['b c']", '{"a": [0, {"b c": 1.50}]}')"#,
                r#""1.50""#,
            ),
            example(r#"extract_json("$.x", '{"name": "John"}')"#, r#""""#),
        ],
    },
    ScalarFunction {
        name: "format_bytes",
        aliases: &[],
        overloads: FORMAT_BYTES,
        result_name: ResultName::FirstArgument,
        doc: "Writes a number of bytes with a unit, rounded.",
        source: "kusto/query/format-bytes-function",
        examples: &[
            example("format_bytes(564)", r#""564 Bytes""#),
            example("format_bytes(20010332, 2)", r#""19.08 MB""#),
            example(r#"format_bytes(20010332, 0, "KB")"#, r#""19541 KB""#),
        ],
    },
    ScalarFunction {
        name: "jaccard_index",
        aliases: &[],
        overloads: JACCARD,
        result_name: ResultName::Default,
        doc: "Gives the share of two arrays' elements that are in both.",
        source: "kusto/query/jaccard-index-function",
        examples: &[
            example(
                "jaccard_index(dynamic([1,2,3]), dynamic([1,2,3,4]))",
                "0.75",
            ),
            example("jaccard_index(dynamic([1,1]), dynamic([2]))", "0.0"),
        ],
    },
];
