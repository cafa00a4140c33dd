//! What stands behind `parse` and `parse-kv`. Found by [`super::operator`], not callable by name in a query.

use super::row::{Overload, Param, ResultName, ScalarFunction, example, overload};
use crate::json::quote_into;
use crate::kernel::pairs::{PairReader, PairShape, PairSpec, by_expression, by_words, greedy};
use crate::kernel::pattern;
use crate::kernel::template::{Matcher, Template};
use crate::kernel::{Args, KernelError, KernelResult, Output};
use huntql_kql::types::Type;

const PARSED: &[Overload] = &[overload(
    &[Param::Text, Param::Constant],
    Type::Dynamic,
    parsed_columns,
)];

const PAIRS: &[Overload] = &[overload(
    &[Param::Text, Param::Constant],
    Type::Dynamic,
    parsed_pairs,
)];

pub const OPERATORS: &[ScalarFunction] = &[
    ScalarFunction {
        name: "parsed_columns",
        aliases: &[],
        overloads: PARSED,
        result_name: ResultName::Default,
        doc: "Gives the texts of a pattern's columns as an array; null when the text does not match.",
        source: "kusto/query/parse-operator",
        examples: &[
            example(
                r#"toscalar(print s = "a=1;" | parse s with "a=" X ";" | project X)"#,
                r#""1""#,
            ),
            example(
                r#"toscalar(print s = "b=1;" | parse s with "a=" X:long ";" | project X)"#,
                "long(null)",
            ),
        ],
    },
    ScalarFunction {
        name: "parsed_pairs",
        aliases: &[],
        overloads: PAIRS,
        result_name: ResultName::Default,
        doc: "Gives the texts of the values of keys as an array, null where a key is missing.",
        source: "kusto/query/parse-kv-operator",
        examples: &[
            example(
                r#"toscalar(print s = "a=1, b=2" | parse-kv s as (b: long) with (pair_delimiter = ",", kv_delimiter = "=") | project b)"#,
                "2",
            ),
            example(
                r#"toscalar(print s = "a=1" | parse-kv s as (b: string) with (pair_delimiter = ",", kv_delimiter = "=") | project b)"#,
                r#""""#,
            ),
            example(
                r#"toscalar(print s = "[INFO] Id:17, Host: ws01" | parse-kv s as (Host: string, Id: long) | project strcat(Host, Id))"#,
                r#""ws0117""#,
            ),
        ],
    },
];

/// The second argument is the JSON text of a [`Template`].
fn parsed_columns(args: &Args<'_>) -> KernelResult {
    let template: Option<Template> = args
        .constant_text(1)
        .and_then(|text| serde_json::from_str(text).ok());
    let template = template
        .ok_or_else(|| KernelError::Internal("the pattern of `parse` is no pattern".into()))?;
    let matcher = Matcher::new(template, 1)?;
    let texts = args.input::<&str>(0);
    String::collect(args.rows(), |row| {
        let columns = matcher.columns(texts.get(row)?)?;
        Some(array(&columns))
    })
}

/// The second argument is the JSON text of a [`PairSpec`].
fn parsed_pairs(args: &Args<'_>) -> KernelResult {
    let spec: Option<PairSpec> = args
        .constant_text(1)
        .and_then(|text| serde_json::from_str(text).ok());
    let PairSpec { keys, shape } =
        spec.ok_or_else(|| KernelError::Internal("the pairs of `parse-kv` are none".into()))?;
    let texts = args.input::<&str>(0);
    match &shape {
        PairShape::Regex(expression) => {
            let regex = pattern::compile(expression, 1)?;
            String::collect(args.rows(), |row| {
                Some(array(&by_expression(&keys, &regex, texts.get(row)?)))
            })
        }
        PairShape::Greedy { pair, key } => String::collect(args.rows(), |row| {
            Some(array(&greedy(&keys, pair, key, texts.get(row)?)))
        }),
        PairShape::Words { quotes, escapes } => {
            let values = (0..args.rows())
                .map(|row| match texts.get(row) {
                    Some(text) => by_words(&keys, quotes, escapes, text).map(Some),
                    None => Ok(None),
                })
                .collect::<Result<Vec<_>, String>>()
                .map_err(|key| KernelError::Argument {
                    index: 0,
                    message: format!(
                        "`{key}` has another key behind it: whether that is its value is not documented; give delimiters"
                    ),
                })?;
            String::collect(args.rows(), |row| values[row].as_ref().map(|v| array(v)))
        }
        PairShape::Delimited {
            pair,
            key,
            quotes,
            escapes,
        } => {
            let reader = PairReader {
                pair,
                key,
                quotes,
                escapes,
            };
            String::collect(args.rows(), |row| {
                Some(array(&reader.values(&keys, texts.get(row)?)))
            })
        }
    }
}

fn array<T: AsRef<str>>(columns: &[Option<T>]) -> String {
    let mut json = String::from("[");
    for (index, column) in columns.iter().enumerate() {
        if index > 0 {
            json.push(',');
        }
        match column {
            Some(text) => quote_into(&mut json, text.as_ref()),
            None => json.push_str("null"),
        }
    }
    json.push(']');
    json
}
