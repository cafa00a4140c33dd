//! Lists of candidates, each with what a reader wants to know of it.

use super::kind_name;
use crate::output::FORMATS;
use huntql_engine::described::{Callable, Described, described, plugins as all_plugins};
use huntql_engine::{Catalog, Named};
use huntql_kql::operators::{OPERATORS, Start};
use huntql_kql::types::{Column, Type};
use std::sync::LazyLock;

/// Something that can be typed, and a note beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    pub text: String,
    pub note: String,
}

impl Candidate {
    pub fn new(text: impl Into<String>, note: impl Into<String>) -> Candidate {
        Candidate {
            text: text.into(),
            note: note.into(),
        }
    }

    /// A function as a word of help.
    pub fn without_bracket(mut self) -> Candidate {
        if self.text.ends_with('(') {
            self.text.pop();
        }
        self
    }
}

/// Operators under older names: read, and not offered.
const OTHER_NAMES: &[&str] = &[
    "filter",
    "limit",
    "order",
    "mvexpand",
    "mvapply",
    "external_data",
    "__partitionby",
];

/// The functions of hunts; they go first when nothing is typed yet.
const COMMON: &[&str] = &[
    "ago",
    "now",
    "bin",
    "tostring",
    "isnotempty",
    "isempty",
    "iff",
    "case",
    "count",
    "dcount",
    "make_set",
    "arg_max",
    "arg_min",
    "min",
    "max",
    "sum",
    "countif",
    "make_list",
];

static DESCRIBED: LazyLock<Vec<Described>> = LazyLock::new(|| {
    let mut all = described();
    all.sort_by_key(|function| {
        let rank = COMMON.iter().position(|name| *name == function.name);
        (rank.unwrap_or(COMMON.len()), function.name)
    });
    all
});

/// The first signature of a function.
pub fn signature(name: &str) -> Option<&'static str> {
    let found = DESCRIBED.iter().find(|function| function.name == name)?;
    found.signatures.first().map(String::as_str)
}

fn callables(kinds: &[Callable]) -> Vec<Candidate> {
    DESCRIBED
        .iter()
        .filter(|function| kinds.contains(&function.kind))
        .map(|function| {
            let signature = function.signatures.first().cloned().unwrap_or_default();
            Candidate::new(format!("{}(", function.name), signature)
        })
        .collect()
}

pub fn functions() -> Vec<Candidate> {
    callables(&[Callable::Scalar, Callable::Window])
}

pub fn aggregates() -> Vec<Candidate> {
    callables(&[Callable::Aggregate])
}

/// Tables, those with rows first.
pub fn tables(catalog: &Catalog) -> Vec<Candidate> {
    let all = catalog.tables().chain(catalog.tables_apart());
    let (filled, empty): (Vec<_>, Vec<_>) = all.partition(|table| table.rows.is_some());
    let candidate = |table: &huntql_engine::Table, note: &str| {
        Candidate::new(bracketed(&table.schema.name), note)
    };
    let filled = filled.into_iter().map(|table| candidate(table, "table"));
    let empty = empty.into_iter().map(|table| candidate(table, "no rows"));
    filled.chain(empty).collect()
}

pub fn saved_functions(catalog: &Catalog) -> Vec<Candidate> {
    catalog
        .functions()
        .map(|function| Candidate::new(format!("{}(", function.name), function.doc.clone()))
        .collect()
}

pub fn name((name, named): &(String, Named)) -> Candidate {
    let text = match named {
        Named::Function => format!("{name}("),
        Named::Scalar(_) | Named::Table => bracketed(name),
    };
    Candidate::new(text, kind_name(*named))
}

pub fn operators() -> Vec<Candidate> {
    named_operators(|_| true)
}

pub fn source_operators() -> Vec<Candidate> {
    named_operators(|start| start != Start::Pipe)
}

fn named_operators(fits: impl Fn(Start) -> bool) -> Vec<Candidate> {
    OPERATORS
        .iter()
        .filter(|row| row.is_read() && fits(row.start) && !OTHER_NAMES.contains(&row.name))
        .map(|row| Candidate::new(row.name, ""))
        .collect()
}

pub fn columns(columns: &[Column]) -> Vec<Candidate> {
    columns
        .iter()
        .map(|column| Candidate::new(bracketed(&column.name), column.ty.to_string()))
        .collect()
}

pub fn plugins() -> Vec<Candidate> {
    all_plugins()
        .map(|name| Candidate::new(format!("{name}("), "plugin"))
        .collect()
}

/// The charts that are drawn, then the others.
pub fn visualizations() -> Vec<Candidate> {
    let mut names = huntql_engine::described::visualizations().to_vec();
    names.push("timechart");
    names.sort_unstable();
    names.dedup();
    let common = [
        "timechart",
        "columnchart",
        "barchart",
        "piechart",
        "linechart",
    ];
    names.sort_by_key(|name| common.iter().position(|known| known == name).unwrap_or(9));
    names
        .into_iter()
        .map(|name| Candidate::new(name, ""))
        .collect()
}

pub fn types() -> Vec<Candidate> {
    plain(&[
        "string", "long", "datetime", "int", "real", "bool", "dynamic", "timespan", "guid",
        "decimal",
    ])
}

pub fn plain(words: &[&str]) -> Vec<Candidate> {
    words.iter().map(|word| Candidate::new(*word, "")).collect()
}

pub fn formats() -> Vec<Candidate> {
    FORMATS
        .iter()
        .map(|format| Candidate::new(format.name, format.doc))
        .collect()
}

const OF_TEXT: &[&str] = &[
    "==",
    "has",
    "contains",
    "in (",
    "startswith",
    "endswith",
    "has_any (",
    "=~",
    "!=",
    "!in (",
    "in~ (",
    "!has",
    "!contains",
    "!startswith",
    "!endswith",
    "has_all (",
    "has_cs",
    "contains_cs",
    "hasprefix",
    "hassuffix",
    "matches regex",
    "!~",
];
const OF_NUMBERS: &[&str] = &[
    "==",
    ">",
    ">=",
    "<",
    "<=",
    "!=",
    "in (",
    "!in (",
    "between (",
];
const OF_TIMES: &[&str] = &[">", ">=", "between (", "<", "<=", "==", "!="];
const OF_OTHERS: &[&str] = &["==", "!=", "in (", "!in ("];

/// Comparison operators that take this type first.
pub fn comparisons(ty: Option<Type>) -> Vec<Candidate> {
    plain(match ty {
        None | Some(Type::String | Type::Dynamic) => OF_TEXT,
        Some(Type::Int | Type::Long | Type::Real | Type::Decimal) => OF_NUMBERS,
        Some(Type::Datetime | Type::Timespan) => OF_TIMES,
        Some(Type::Bool | Type::Guid) => OF_OTHERS,
    })
}

/// Values, each with the quote that closes it.
pub fn values(values: Vec<String>, quote: char) -> Vec<Candidate> {
    values
        .into_iter()
        .filter(|value| {
            !value
                .chars()
                .any(|c| c.is_control() || c == quote || c == '\\')
        })
        .map(|value| Candidate::new(format!("{value}{quote}"), ""))
        .collect()
}

/// A name as a query writes it.
fn bracketed(name: &str) -> String {
    let is_plain = name
        .chars()
        .enumerate()
        .all(|(index, c)| c == '_' || c.is_alphabetic() || index > 0 && c.is_alphanumeric());
    if is_plain && !name.is_empty() {
        name.to_owned()
    } else {
        format!("['{}']", name.replace('\\', "\\\\").replace('\'', "\\'"))
    }
}
