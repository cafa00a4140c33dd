//! The rows keep their promises: names are unique, every row has examples, and the examples run.

#![allow(clippy::unwrap_used)]
use super::{all, all_operators};
use crate::catalog::Catalog;
use crate::query::{Engine, EngineOptions, QueryOptions};
use crate::value::from_arrow;
use futures::StreamExt;
use huntql_kql::types::{Type, Value};
use std::collections::{BTreeMap, HashSet};

/// The value of `print x = <expression>`, or what is wrong with it.
async fn value(engine: &Engine, expression: &str) -> Result<Value, String> {
    let options = QueryOptions {
        now: huntql_kql::time::UNIX_EPOCH,
        parameters: BTreeMap::new(),
    };
    let mut answer = engine
        .query(&format!("print x = {expression}"), &options)
        .await
        .map_err(|error| format!("{error:?}"))?;
    let mut result = answer.results.pop().ok_or("no result")?;
    let batch = result
        .rows
        .next()
        .await
        .ok_or("no rows")?
        .map_err(|error| error.to_string())?;
    Ok(from_arrow(batch.column(0), 0, result.columns[0].ty))
}

fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Real(Some(a)), Value::Real(Some(b))) => a == b || (a.is_nan() && b.is_nan()),
        (Value::Dynamic(Some(a)), Value::Dynamic(Some(b))) => crate::json::equal(a, b),
        _ => a == b,
    }
}

#[test]
fn names_are_unique() {
    let mut seen = HashSet::new();
    for row in all() {
        for name in std::iter::once(row.name).chain(row.aliases.iter().copied()) {
            assert!(seen.insert(name), "{name} stands twice");
        }
    }
}

#[test]
fn every_row_has_a_page_and_two_examples() {
    for row in all().chain(all_operators()) {
        assert!(row.examples.len() >= 2, "{}", row.name);
        assert!(row.source.starts_with("kusto/query/"), "{}", row.name);
        assert!(row.doc.ends_with('.'), "{}", row.name);
    }
}

#[tokio::test]
async fn every_example_gives_what_it_says() {
    let engine = Engine::new(Catalog::builtin(), EngineOptions::default());
    let mut wrong = Vec::new();
    for row in all().chain(all_operators()) {
        for example in row.examples {
            let (got, wanted) = (
                value(&engine, example.call).await,
                value(&engine, example.gives).await,
            );
            match (&got, &wanted) {
                (Ok(got), Ok(wanted))
                    if same(got, wanted)
                        && (got.ty() == wanted.ty() || got.ty() == Type::Dynamic) => {}
                _ => wrong.push(format!(
                    "{}: {} gives {got:?}, not {wanted:?}",
                    row.name, example.call
                )),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
