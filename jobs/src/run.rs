//! One run of a rule: its query over one window of time, and the alerts that its rows make.
//!
//! `now()` is the end of the window, and each table with a `Timestamp` (or `TimeGenerated`) has the rows of the window only, by the
//! same mechanism as `--timespan` ([`Catalog::limit_times`]). A run reads no clock: the same window over the same rows gives
//! the same alerts with the same ids.

use crate::alert::{self, Alert, Forgetful};
use crate::rows::{self, Row};
use crate::rule::Rule;
use crate::window::{Relative, Window};
use futures::StreamExt;
use huntql_engine::{
    Catalog, Engine, EngineOptions, QueryError, QueryOptions, ResultSet, Times, execution_error,
    within,
};
use huntql_kql::diagnostics::{Diagnostic, Fault};
use huntql_kql::lexer::{Token, TokenKind, lex};
use huntql_kql::types::Column;
use std::collections::BTreeSet;
use std::time::Duration;

/// What one run may cost.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes that the operators of the query may hold.
    pub memory_bytes: Option<usize>,
    /// Rows that a result may have.
    pub rows_max: usize,
    /// Threads of one query; 0 means one per core.
    pub parallelism: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory_bytes: Some(1 << 30),
            rows_max: 100_000,
            parallelism: 0,
        }
    }
}

/// What the query found in a window.
#[derive(Debug, Clone, Default)]
pub struct Found {
    pub columns: Vec<Column>,
    pub rows: Vec<Row>,
    /// The query asked for this order of rows.
    pub ordered: bool,
}

/// A run's outcome.
#[derive(Debug, Clone)]
pub struct RunResult {
    pub rows: Vec<Row>,
    pub alerts: Vec<Alert>,
}

/// Why a run gave nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunError {
    /// It may work the next time: data that could not be read.
    Transient(String),
    /// It will not work until the rule or the data's shape changes.
    Permanent(String),
}

impl RunError {
    pub fn message(&self) -> &str {
        match self {
            RunError::Transient(message) | RunError::Permanent(message) => message,
        }
    }
}

/// Runs a rule over a window, with no memory of earlier alerts.
///
/// # Errors
/// Those of the query; a result that the rule's own words do not fit (a column of `dedup` that is not there).
pub async fn run_rule(
    rule: &Rule,
    window: Window,
    catalog: &Catalog,
    limits: &Limits,
) -> Result<RunResult, RunError> {
    let found = find(rule, window, catalog, limits).await?;
    let alerts = alert::raise(rule, window, &found, &Forgetful)?;
    Ok(RunResult {
        rows: found.rows,
        alerts: alerts.into_iter().map(|raised| raised.alert).collect(),
    })
}

/// Runs the query of a rule over a window. The rule's own timeout holds.
///
/// # Errors
/// Those of the query, and limits.
pub async fn find(
    rule: &Rule,
    window: Window,
    catalog: &Catalog,
    limits: &Limits,
) -> Result<Found, RunError> {
    let work = ask(&rule.query, window, catalog, limits);
    let Some(timeout) = duration(rule.ours.timeout) else {
        return work.await;
    };
    let found = within(timeout, work)
        .await
        .map_err(|error| RunError::Transient(format!("cannot start a thread: {error}")))?;
    found.unwrap_or_else(|| {
        Err(RunError::Permanent(format!(
            "the query took longer than {} s (`timeout` of the rule)",
            timeout.as_secs()
        )))
    })
}

async fn ask(
    query: &str,
    window: Window,
    catalog: &Catalog,
    limits: &Limits,
) -> Result<Found, RunError> {
    let engine = engine_over(window, catalog, limits);
    let options = QueryOptions {
        now: window.to,
        parameters: Default::default(),
    };
    let answer = engine
        .query(query, &options)
        .await
        .map_err(|error| failed(error, query))?;
    let count = answer.results.len();
    let mut results = answer.results.into_iter();
    let (Some(result), 1) = (results.next(), count) else {
        return Err(RunError::Permanent(format!(
            "the query of a rule gives one table; this one gives {count}"
        )));
    };
    read(result, limits.rows_max)
        .await
        .map_err(|error| failed(error, query))
}

/// An engine that sees the rows of the window only.
fn engine_over(window: Window, catalog: &Catalog, limits: &Limits) -> Engine {
    let mut catalog = catalog.clone();
    catalog.limit_times(Times {
        from: window.from,
        to: window.to,
    });
    let options = EngineOptions {
        memory_limit_bytes: limits.memory_bytes,
        parallelism: limits.parallelism,
    };
    Engine::new(catalog, options)
}

async fn read(mut result: ResultSet, rows_max: usize) -> Result<Found, QueryError> {
    let mut found = Found {
        columns: result.columns,
        rows: Vec::new(),
        ordered: result.ordered,
    };
    while let Some(batch) = result.rows.next().await {
        let batch = batch.map_err(execution_error)?;
        if found.rows.len() + batch.num_rows() > rows_max {
            return Err(QueryError::Limit(format!(
                "the result has more than {rows_max} rows"
            )));
        }
        found.rows.extend(rows::of_batch(&found.columns, &batch));
    }
    Ok(found)
}

/// What an error of the engine means for a rule: what is wrong with the text, or over a limit, stays so.
fn failed(error: QueryError, query: &str) -> RunError {
    match error {
        QueryError::Query(diagnostics) => RunError::Permanent(told(&diagnostics, query)),
        QueryError::Limit(message) => RunError::Permanent(format!("limit: {message}")),
        QueryError::Data(message) => RunError::Transient(message),
        QueryError::Internal(message) => {
            RunError::Permanent(format!("internal error, a bug in huntql: {message}"))
        }
    }
}

/// The errors in one line: code, line and column in the query, message.
fn told(diagnostics: &[Diagnostic], query: &str) -> String {
    let errors = diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.is_error());
    let lines: Vec<String> = errors
        .map(|error| {
            let before = query.get(..error.span().start).unwrap_or_default();
            let line = before.matches('\n').count() + 1;
            let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
            let kind = match error.fault {
                Fault::Unsupported => " (not supported)",
                Fault::Syntax | Fault::Binding => "",
            };
            format!("{line}:{column} {}: {}{kind}", error.code, error.message)
        })
        .collect();
    lines.join("; ")
}

/// Whether the text of a query, or of a saved function that it may call, names `ago()` or `now()`.
pub fn relative(query: &str, catalog: &Catalog) -> Relative {
    let calls = |text: &str| {
        let (tokens, _) = lex(text);
        let mut pairs = tokens.windows(2);
        pairs.any(|pair| {
            ["ago", "now"]
                .iter()
                .any(|name| pair[0].is_word(name, text))
                && pair[1].is_symbol("(")
        })
    };
    let texts = reachable(query, catalog);
    match texts.iter().any(|text| calls(text)) {
        true => Relative::ToNow,
        false => Relative::Not,
    }
}

/// The text of a query and of all saved functions that it may call.
fn reachable<'a>(query: &'a str, catalog: &'a Catalog) -> Vec<&'a str> {
    let mut texts = vec![query];
    let mut next = 0;
    while let Some(text) = texts.get(next).copied() {
        next += 1;
        let (tokens, _) = lex(text);
        for token in tokens.iter().filter(|token| token.kind == TokenKind::Word) {
            if let Some(function) = catalog.function(token.span.text(text))
                && !texts.contains(&function.text.as_str())
            {
                texts.push(&function.text);
            }
        }
    }
    texts
}

/// The tables with rows and times that a query may read: rather one too many than one too few.
pub fn tables(query: &str, catalog: &Catalog) -> BTreeSet<String> {
    let timed: BTreeSet<&str> = catalog
        .tables()
        .filter(|table| table.rows.is_some() && crate::late::time_column(table).is_some())
        .map(|table| table.schema.name.as_str())
        .collect();
    let mut found = BTreeSet::new();
    for text in reachable(query, catalog) {
        let (tokens, _) = lex(text);
        for (index, token) in tokens.iter().enumerate() {
            if names_all(&tokens, index, text) {
                return timed.into_iter().map(str::to_owned).collect();
            }
            let name = match &token.kind {
                TokenKind::Word => token.span.text(text),
                TokenKind::String { value, .. } => value,
                _ => continue,
            };
            if timed.contains(name) {
                found.insert(name.to_owned());
            }
        }
    }
    found
}

/// Whether this token begins what reads tables that it does not name: `search`, `find`, `union Device*`.
fn names_all(tokens: &[Token], index: usize, text: &str) -> bool {
    let token = &tokens[index];
    if ["search", "find"]
        .iter()
        .any(|word| token.is_word(word, text))
    {
        return true;
    }
    token.is_word("union", text)
        && tokens[index..]
            .iter()
            .take_while(|token| !token.is_symbol("|") && !token.is_symbol(";"))
            .any(|token| token.is_symbol("*"))
}

/// Ticks as a time to wait; `None` when they are not above zero.
pub(crate) fn duration(ticks: i64) -> Option<Duration> {
    let ticks = u64::try_from(ticks).ok().filter(|ticks| *ticks > 0)?;
    Some(Duration::from_nanos(ticks.saturating_mul(100)))
}
