//! The rows of functions, operators, special forms, aggregates and windows keep their promises: names are unique, every row
//! has examples, and the examples run.

#![allow(clippy::unwrap_used)]
use crate::catalog::Catalog;
use crate::functions::{Example, all, all_operators};
use crate::query::{Engine, EngineOptions, QueryOptions};
use crate::value::from_arrow;
use futures::StreamExt;
use huntql_kql::types::{Column, Type, Value};
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
    let functions = all()
        .chain(all_operators())
        .map(|row| (row.name, row.examples));
    let forms = crate::bind::forms::all().map(|form| (form.name, form.examples));
    for (name, examples) in functions.chain(forms) {
        for example in examples {
            let (got, wanted) = (
                value(&engine, example.call).await,
                value(&engine, example.gives).await,
            );
            match (&got, &wanted) {
                (Ok(got), Ok(wanted))
                    if same(got, wanted)
                        && (got.ty() == wanted.ty() || got.ty() == Type::Dynamic) => {}
                _ => wrong.push(format!(
                    "{name}: {} gives {got:?}, not {wanted:?}",
                    example.call
                )),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// All rows of a query's only result.
async fn table(engine: &Engine, query: &str) -> Result<(Vec<Column>, Vec<Vec<Value>>), String> {
    let options = QueryOptions {
        now: huntql_kql::time::UNIX_EPOCH,
        parameters: BTreeMap::new(),
    };
    let mut answer = engine
        .query(query, &options)
        .await
        .map_err(|error| format!("{error:?}"))?;
    let mut result = answer.results.pop().ok_or("no result")?;
    let mut rows = Vec::new();
    while let Some(batch) = result.rows.next().await {
        let batch = batch.map_err(|error| error.to_string())?;
        for row in 0..batch.num_rows() {
            let cell =
                |(index, column): (usize, &Column)| from_arrow(batch.column(index), row, column.ty);
            rows.push(result.columns.iter().enumerate().map(cell).collect());
        }
    }
    Ok((result.columns, rows))
}

/// What is wrong with an example whose two sides are queries; rows may come in any order.
async fn misfit(engine: &Engine, example: &Example) -> Option<String> {
    let (got, expected) = match (
        table(engine, example.call).await,
        table(engine, example.gives).await,
    ) {
        (Ok(got), Ok(expected)) => (got, expected),
        (Err(error), _) | (_, Err(error)) => return Some(format!("{}: {error}", example.call)),
    };
    let mut left = got.1.clone();
    let all_found = expected.1.iter().all(|row| {
        let position = left
            .iter()
            .position(|have| have.iter().zip(row).all(|(a, b)| same(a, b)));
        position.map(|position| left.remove(position)).is_some()
    });
    let fits = got.0 == expected.0 && all_found && left.is_empty();
    (!fits).then(|| format!("{}\n  gives {got:?}\n  not {expected:?}", example.call))
}

#[tokio::test]
async fn every_aggregate_and_window_example_gives_its_table() {
    let engine = Engine::new(Catalog::default(), EngineOptions::default());
    let examples = crate::aggregates::all()
        .flat_map(|row| row.examples)
        .chain(crate::windows::all().flat_map(|row| row.examples));
    let mut wrong = Vec::new();
    for example in examples {
        wrong.extend(misfit(&engine, example).await);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_special_form_says_what_it_does() {
    for form in crate::bind::forms::all() {
        assert!(form.doc.ends_with('.'), "{}", form.name);
        assert!(!form.source.is_empty(), "{}", form.name);
    }
}
