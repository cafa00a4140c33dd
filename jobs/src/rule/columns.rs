//! What a rule says of its query's columns, checked against the columns that the query gives.
//!
//! A column that is not there is a warning: the rule runs, and the entity, the detail or the piece of the template stays empty.

use super::Loaded;
use huntql_engine::Catalog;
use huntql_kql::diagnostics::{Diagnostic, Severity, did_you_mean};
use huntql_kql::span::Span;
use huntql_kql::types::Column;

/// A column that a rule names outside of its query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnUse {
    pub column: String,
    /// Its place in the document.
    pub span: Span,
    /// What the column is for: `the entity `Host``.
    pub by: String,
}

/// The columns that the rule names and its query does not give. `results` are those of [`huntql_engine::Checked`]: the alerts come of
/// the first.
pub fn missing(loaded: &Loaded, results: &[Vec<Column>]) -> Vec<Diagnostic> {
    let Some(columns) = results.first() else {
        return Vec::new();
    };
    let names = || columns.iter().map(|column| column.name.as_str());
    let mut found = Vec::new();
    for used in &loaded.columns {
        if names().any(|name| name == used.column) {
            continue;
        }
        let message = format!(
            "{} names `{}`, which is no column of the query",
            used.by, used.column
        );
        let wrong = Diagnostic::binding("HQ035", used.span, message)
            .with_severity(Severity::Warning)
            .labelled("stays empty");
        found.push(match did_you_mean(&used.column, names()) {
            Some(near) => wrong.help(format!("did you mean `{near}`?")),
            None => {
                wrong.help("add the column with `extend`, or keep it in `project` and `summarize`")
            }
        });
    }
    found
}

/// The tables that the rule says it needs and that are not there. Some connectors add what they hold in parentheses.
pub fn missing_tables(loaded: &Loaded, catalog: &Catalog) -> Vec<Diagnostic> {
    let tables = || catalog.tables().map(|table| table.schema.name.as_str());
    let mut found = Vec::new();
    for (named, span) in &loaded.data_types {
        let name = named.split('(').next().unwrap_or_default().trim();
        if name.is_empty() || tables().any(|table| table.eq_ignore_ascii_case(name)) {
            continue;
        }
        let message = format!("the rule needs `{name}`, which is no table here");
        found.push(Diagnostic::binding("HQ037", *span, message).with_severity(Severity::Hint));
    }
    found
}
