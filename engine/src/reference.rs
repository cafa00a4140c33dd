//! The pages of the reference that come from the registries: `docs/functions.md` and `docs/support.md`.
//!
//! `cargo run --example reference` writes them; a test says when they are not those of the registries.

use crate::aggregates::{self, Aggregate};
use crate::bind::forms;
use crate::bind::variables::PATTERN_CALLS;
use crate::catalog::Catalog;
use crate::functions::{self, Example, Overload, Param, Returns, ScalarFunction};
use crate::operators::evaluate::plugin_doc;
use crate::query::{Engine, EngineOptions, QueryOptions};
use crate::support::{self, Kind, Known};
use crate::windows::{self, WindowFunction};
use huntql_kql::diagnostics::Fault;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// Where the pages of Kusto's reference are.
const PAGES: &str = "https://learn.microsoft.com/";

/// An operator and a text in which it stands: what the binder says of it is what the page says.
const OPERATORS: &[(&str, &str)] = &[
    ("as", "T | as U"),
    ("assert-schema", "T | assert-schema (X: long, S: string)"),
    ("consume", "T | consume"),
    ("count", "T | count"),
    ("datatable", "T"),
    ("distinct", "T | distinct X"),
    ("evaluate", "T | evaluate narrow()"),
    ("extend", "T | extend Y = X"),
    (
        "externaldata",
        "externaldata (X: long) [@'https://a.example/x.csv']",
    ),
    ("facet", "T | facet by X"),
    ("find", "find in (T) where X == 1"),
    ("fork", "T | fork (count) (take 1)"),
    ("getschema", "T | getschema"),
    (
        "graph-mark-components",
        "G | graph-mark-components | graph-to-table nodes",
    ),
    ("graph-match", "G | graph-match (a)-[e]->(b) project a.X"),
    (
        "graph-shortest-paths",
        "G | graph-shortest-paths (a)-[e*1..3]->(b) project a.X",
    ),
    ("graph-to-table", "G | graph-to-table nodes"),
    (
        "invoke",
        "let f = (t: (X: long)) { t | count }; T | invoke f()",
    ),
    ("join", "T | join T on X"),
    ("lookup", "T | lookup T on X"),
    (
        "macro-expand",
        "macro-expand entity_group [T] as e (e | count)",
    ),
    ("make-graph", "G | graph-to-table edges"),
    (
        "make-series",
        "T | make-series count() on X from 0 to 10 step 1",
    ),
    ("mv-apply", "T | mv-apply Y = range(1, X) on (count)"),
    ("mv-expand", "T | mv-expand Y = range(1, X)"),
    ("order", "T | order by X"),
    ("parse", "T | parse S with 'a' Y"),
    (
        "parse-kv",
        "T | parse-kv S as (a: string) with (pair_delimiter=';', kv_delimiter='=')",
    ),
    ("parse-where", "T | parse-where S with 'a' Y"),
    ("partition", "T | partition by X (count)"),
    ("print", "print 1"),
    ("project", "T | project X"),
    ("project-away", "T | project-away X"),
    ("project-keep", "T | project-keep X"),
    ("project-rename", "T | project-rename Y = X"),
    ("project-reorder", "T | project-reorder S"),
    ("range", "range X from 1 to 2 step 1"),
    ("reduce", "T | reduce by S"),
    ("render", "T | render table"),
    ("sample", "T | sample 1"),
    ("sample-distinct", "T | sample-distinct 1 of X"),
    ("scan", "T | sort by X asc | scan with (step s: X > 0;)"),
    ("search", "search in (T) 'a'"),
    ("serialize", "T | serialize"),
    ("sort", "T | sort by X"),
    ("summarize", "T | summarize count() by X"),
    ("take", "T | take 1"),
    ("top", "T | top 1 by X"),
    ("top-hitters", "T | top-hitters 1 of X"),
    ("top-nested", "T | top-nested 1 of X by count()"),
    ("union", "T | union T"),
    ("where", "T | where X == 1"),
];

/// How the doc begins of a row that is there so that a query binds, and that refuses every good value.
const REFUSES_VALUES: &str = "Would ";

/// What the texts above name.
const PRELUDE: &str = "let T = datatable(X: long, S: string)[1, 'a']; \
                       let G = T | make-graph X --> X with T on X; ";

/// What refuses a text for not being supported; `None` when nothing does.
fn refusal(engine: &Engine, text: &str) -> Option<String> {
    let options = QueryOptions {
        now: huntql_kql::time::UNIX_EPOCH,
        parameters: BTreeMap::new(),
    };
    engine
        .check(text, &options)
        .diagnostics
        .into_iter()
        .find(|diagnostic| diagnostic.is_error() && diagnostic.fault == Fault::Unsupported)
        .map(|diagnostic| diagnostic.message)
}

/// A line of the matrix.
struct Line {
    name: String,
    supported: bool,
    note: String,
}

/// `docs/support.md`.
pub fn support_page() -> String {
    let engine = Engine::new(Catalog::builtin(), EngineOptions::default());
    let mut page = String::from(
        "# What of the language is supported\n\n\
         Generated from the registries by `cargo run --example reference`; do not edit.\n\
         What is refused is refused by name, with its place in the query. Functions are described in [functions.md](functions.md).\n",
    );
    let operators = OPERATORS.iter().map(|(name, text)| {
        let refusal = refusal(&engine, &format!("{PRELUDE}{text}"));
        Line {
            name: (*name).to_owned(),
            supported: refusal.is_none(),
            note: refusal.unwrap_or_default(),
        }
    });
    section(&mut page, "Tabular operators", operators.collect());
    for (title, kind) in [
        ("Scalar and window functions", Kind::Function),
        ("Aggregates", Kind::Aggregate),
        ("Plugins", Kind::Plugin),
    ] {
        section(&mut page, title, lines(kind));
    }
    page
}

/// Known names and rows of a kind, each once.
fn lines(kind: Kind) -> Vec<Line> {
    let mut names: BTreeSet<&'static str> = support::all()
        .iter()
        .filter(|known| known.kind == kind)
        .map(|known: &Known| known.name)
        .collect();
    names.extend(match kind {
        Kind::Function => function_names(),
        Kind::Aggregate => aggregates::all().map(|row| row.name).collect(),
        Kind::Plugin => Vec::new(),
    });
    names
        .into_iter()
        .map(|name| {
            let doc = match kind {
                Kind::Function => function_doc(name),
                Kind::Aggregate => aggregates::find(name).map(|row| row.doc),
                Kind::Plugin => plugin_doc(name),
            };
            Line {
                name: name.to_owned(),
                supported: doc.is_some_and(|doc| !doc.starts_with(REFUSES_VALUES)),
                note: doc
                    .unwrap_or(support::reason(name).unwrap_or("not there yet"))
                    .to_owned(),
            }
        })
        .collect()
}

fn function_names() -> Vec<&'static str> {
    functions::all()
        .map(|row| row.name)
        .chain(forms::names())
        .chain(windows::all().map(|row| row.name))
        .chain(functions::several().map(|row| row.name))
        .chain(elsewhere().map(|(name, _)| *name))
        .collect()
}

/// What a scalar function, special form or window function does.
pub fn function_doc(name: &str) -> Option<&'static str> {
    functions::find(name)
        .map(|row| row.doc)
        .or_else(|| forms::find(name).map(|form| form.doc))
        .or_else(|| windows::find(name).map(|row| row.doc))
        .or_else(|| {
            functions::several()
                .find(|row| row.name == name)
                .map(|row| row.doc)
        })
        .or_else(|| {
            elsewhere()
                .find(|(known, _)| *known == name)
                .map(|(_, doc)| *doc)
        })
}

/// Calls that have no row of their own.
fn elsewhere() -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    PATTERN_CALLS.iter().chain(TABLE_CALLS)
}

const TABLE_CALLS: &[(&str, &str)] = &[(
    "table",
    "Gives the table of a name, which is constant or an argument of a function.",
)];

fn section(page: &mut String, title: &str, lines: Vec<Line>) {
    let supported = lines.iter().filter(|line| line.supported).count();
    let _ = writeln!(
        page,
        "\n## {title}\n\n{supported} of {} supported.\n\n| name | | |\n|---|---|---|",
        lines.len()
    );
    for line in lines {
        let state = if line.supported { "yes" } else { "refused" };
        let note = line.note.replace('|', "\\|");
        let _ = writeln!(page, "| `{}` | {state} | {note} |", line.name);
    }
}

/// `docs/functions.md`.
pub fn functions_page() -> String {
    let mut page = String::from(
        "# Functions\n\n\
         Generated from the registries by `cargo run --example reference`; do not edit.\n\
         Every example runs as a test. `[…]` may be left out, `…` repeats.\n",
    );
    let mut scalar: Vec<&ScalarFunction> = functions::all().collect();
    scalar.sort_by_key(|row| row.name);
    heading(&mut page, "Scalar functions");
    scalar
        .into_iter()
        .for_each(|row| scalar_entry(&mut page, row));
    heading(&mut page, "Functions of several columns");
    for row in functions::several() {
        scalar_entry(&mut page, row);
        let columns = functions::columns(row.name).unwrap_or_default();
        let names: Vec<String> = columns
            .iter()
            .map(|(name, ty)| format!("`{name}`: {ty}"))
            .collect();
        let _ = writeln!(page, "Columns: {}.", names.join(", "));
    }
    heading(&mut page, "Special forms");
    let mut special: Vec<&forms::Form> = forms::all().collect();
    special.sort_by_key(|form| form.name);
    for form in special {
        entry(
            &mut page,
            form.name,
            form.aliases,
            &[],
            form.doc,
            form.source,
            form.examples,
        );
    }
    heading(&mut page, "Aggregates");
    let mut all: Vec<&Aggregate> = aggregates::all().collect();
    all.sort_by_key(|row| row.name);
    for row in all {
        entry(
            &mut page,
            row.name,
            row.aliases,
            &[],
            row.doc,
            row.source,
            row.examples,
        );
    }
    heading(&mut page, "Window functions");
    let mut all: Vec<&WindowFunction> = windows::all().collect();
    all.sort_by_key(|row| row.name);
    for row in all {
        entry(
            &mut page,
            row.name,
            &[],
            &[],
            row.doc,
            row.source,
            row.examples,
        );
    }
    page
}

fn heading(page: &mut String, title: &str) {
    let _ = writeln!(page, "\n## {title}");
}

fn scalar_entry(page: &mut String, row: &ScalarFunction) {
    let signatures: Vec<String> = row
        .overloads
        .iter()
        .map(|overload| signature(row.name, overload))
        .collect();
    entry(
        page,
        row.name,
        row.aliases,
        &signatures,
        row.doc,
        row.source,
        row.examples,
    );
}

fn entry(
    page: &mut String,
    name: &str,
    aliases: &[&str],
    signatures: &[String],
    doc: &str,
    source: &str,
    examples: &[Example],
) {
    let _ = writeln!(page, "\n### {name}\n\n{doc} [Reference]({PAGES}{source}).");
    if !aliases.is_empty() {
        let _ = writeln!(page, "Also `{}`.", aliases.join("`, `"));
    }
    let _ = writeln!(page, "\n```kusto");
    for signature in signatures {
        let _ = writeln!(page, "// {signature}");
    }
    for example in examples {
        let _ = writeln!(page, "{}\n    // {}", example.call, example.gives);
    }
    let _ = writeln!(page, "```");
}

/// `f(string, [long]) -> string`
pub fn signature(name: &str, overload: &Overload) -> String {
    let least = overload.params.len() - overload.optional;
    let mut parts: Vec<String> = overload
        .params
        .iter()
        .enumerate()
        .map(|(index, param)| {
            let text = param_text(*param);
            if index < least {
                text
            } else {
                format!("[{text}]")
            }
        })
        .collect();
    if overload.variadic {
        parts.push("…".to_owned());
    }
    let returns = match overload.returns {
        Returns::Is(ty) => ty.to_string(),
        Returns::SameAs(_) | Returns::From(_) => "the type of the arguments".to_owned(),
    };
    format!("{name}({}) -> {returns}", parts.join(", "))
}

fn param_text(param: Param) -> String {
    match param {
        Param::Is(ty) => ty.to_string(),
        Param::Text | Param::Any | Param::Json | Param::JsonOrColumns => "any".to_owned(),
        Param::Number => "number".to_owned(),
        Param::Integer => "int or long".to_owned(),
        Param::Common => "any of one type".to_owned(),
        Param::Constant => "constant string".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::path::Path;

    fn page(name: &str) -> String {
        let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
        std::fs::read_to_string(docs.join(name)).unwrap_or_default()
    }

    #[test]
    fn the_reference_of_functions_is_that_of_the_registries() {
        assert!(
            page("functions.md") == functions_page(),
            "run `cargo run --example reference`"
        );
    }

    #[test]
    fn the_support_matrix_is_that_of_the_registries() {
        assert!(
            page("support.md") == support_page(),
            "run `cargo run --example reference`"
        );
    }

    #[test]
    fn the_prelude_and_common_operators_are_supported() {
        let page = support_page();
        for name in ["where", "summarize", "join"] {
            assert!(page.contains(&format!("| `{name}` | yes |")), "{name}");
        }
    }
}
