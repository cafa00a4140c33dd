//! Hints beside a query: things that are no errors and that an analyst would want to know.

use crate::limits::LimitArgs;
use crate::question::Question;
use crate::report;
use crate::session::Session;
use huntql_engine::{OtherUrls, QueryOptions};
use huntql_kql::lexer::{Token, TokenKind, lex};
use huntql_kql::time::format_datetime;
use huntql_kql::types::Value;

/// What stands for "the analyst's own proxy address" in the hunts that people hand around.
const PLACEHOLDER: &str = "ProxyIP";

/// A result of so few rows may be the answer of a time window without data (`summarize count()` gives one row).
const ROWS_OF_NOTHING: u64 = 1;

/// Hints that only need the text.
pub fn before(session: &Session, question: &Question) {
    let (tokens, _) = lex(&question.text);
    if tokens.iter().any(is_placeholder) {
        report::hint(&placeholder(session));
    }
}

fn is_placeholder(token: &Token) -> bool {
    matches!(&token.kind, TokenKind::String { value, .. } if value == PLACEHOLDER)
}

fn placeholder(session: &Session) -> String {
    let known: Vec<String> = session
        .proxies
        .proxies()
        .iter()
        .map(|proxy| {
            let listeners: Vec<String> = proxy.listeners.iter().map(ToString::to_string).collect();
            let listeners = listeners.join(", ");
            if proxy.name == listeners {
                listeners
            } else {
                format!("{} ({listeners})", proxy.name)
            }
        })
        .collect();
    if known.is_empty() {
        return format!(
            "\"{PLACEHOLDER}\" is compared as text and equals no address; name your proxies in huntql.toml or with `--proxy HOST:PORT`, and write `RemoteIP !in (ProxyIPs())`, or `| invoke WithoutProxyHops()`"
        );
    }
    format!(
        "\"{PLACEHOLDER}\" is compared as text and equals no address; proxies known: {}; write `RemoteIP !in (ProxyIPs())`, or `| invoke WithoutProxyHops()` which keeps rows whose real target is known",
        known.join(", ")
    )
}

/// Hints that need the answer: a time window that begins after the data has ended.
pub async fn after(session: &Session, question: &Question, options: &QueryOptions, rows: u64) {
    if rows > ROWS_OF_NOTHING {
        return;
    }
    let (tokens, _) = lex(&question.text);
    if rows == 0
        && let Some(hint) = nothing_there(session, &tokens, question)
    {
        return report::hint(&hint);
    }
    let Some(begin) = window_begin(&tokens, &question.text, options.now) else {
        return;
    };
    let named = named_tables(session, &tokens, question);
    if named.is_empty() {
        return;
    }
    if let Ok(Some(end)) = session.data_end(&named).await
        && end < begin
    {
        report::hint(&format!(
            "the data of {} ends at {}, before the query's time window begins ({}); `--now data-end` sets the clock there",
            named.join(", "),
            format_datetime(end),
            format_datetime(begin)
        ));
    }
}

/// What to say of a query over tables of events that have no rows here.
fn nothing_there(session: &Session, tokens: &[Token], question: &Question) -> Option<String> {
    let catalog = session.engine.catalog();
    if catalog.other_urls() == OtherUrls::Empty {
        // With `--schemas` tables are empty on purpose.
        return None;
    }
    let empty = catalog.tables().find(|table| {
        let name = table.schema.name.as_str();
        let is_named = |token: &Token| token.is_word(name, &question.text);
        table.rows.is_none() && tokens.iter().any(is_named)
    })?;
    let name = &empty.schema.name;
    let full = session.tables_with_times();
    Some(match full.is_empty() {
        true => format!(
            "there are no rows of `{name}`, nor of any events: `huntql ingest PATH` reads logs into a store here; `--store`, `--logs` and `--data NAME=PATH` name what there is elsewhere"
        ),
        false => format!("`{name}` has no rows here; these have: {}", full.join(", ")),
    })
}

/// What a profile's service would not look at: rows of the query's tables that are older than it keeps.
///
/// `session` is the one before any window of time was laid over it.
pub async fn look_back(session: &Session, question: &Question, limits: &LimitArgs, now: i64) {
    let Some(kept) = limits.look_back(now) else {
        return;
    };
    let (tokens, _) = lex(&question.text);
    let named = named_tables(session, &tokens, question);
    if let Ok(Some(begin)) = session.data_begin(&named).await
        && begin < kept.from
    {
        report::hint(&format!(
            "the data of {} begin at {}; the profile looks at nothing before {}",
            named.join(", "),
            format_datetime(begin),
            format_datetime(kept.from)
        ));
    }
}

/// Tables with rows and times that the text names.
fn named_tables(session: &Session, tokens: &[Token], question: &Question) -> Vec<String> {
    let is_named = |table: &String| {
        tokens
            .iter()
            .any(|token| token.is_word(table, &question.text))
    };
    let tables = session.tables_with_times().into_iter();
    tables.filter(is_named).collect()
}

/// The earliest time that an `ago(…)` of a constant names. `None` when there is no `ago`, or one that cannot be known here.
fn window_begin(tokens: &[Token], text: &str, now: i64) -> Option<i64> {
    let mut begin: Option<i64> = None;
    for (at, _) in tokens
        .iter()
        .enumerate()
        .filter(|(_, token)| token.is_word("ago", text))
    {
        let [open, length, close] = tokens.get(at + 1..at + 4)? else {
            return None;
        };
        let TokenKind::Literal(Value::Timespan(Some(length))) = &length.kind else {
            return None;
        };
        if !open.is_symbol("(") || !close.is_symbol(")") {
            return None;
        }
        let time = now.checked_sub(*length)?;
        begin = Some(begin.map_or(time, |begin| begin.min(time)));
    }
    begin
}
