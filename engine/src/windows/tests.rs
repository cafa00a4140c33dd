//! Window functions run over small plans of one partition and of two.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::overloads::Resolution;
use crate::value;
use datafusion::arrow::array::{ArrayRef, RecordBatch};
use datafusion::arrow::compute::cast;
use datafusion::common::ScalarValue;
use datafusion::datasource::{MemTable, provider_as_source};
use datafusion::logical_expr::LogicalPlanBuilder;
use datafusion::prelude::{Expr, SessionConfig, SessionContext, ident, lit};
use huntql_kql::types::{Type, Value};
use huntql_store::schema::arrow_type;
use std::sync::Arc;

/// Columns `x` and `r` (bool), in the order of `n`, read backwards from batches of two rows.
fn run(name: &str, args: &[(Expr, Type)], x: &[Value], r: &[bool]) -> Vec<Value> {
    let types: Vec<Type> = args.iter().map(|(_, ty)| *ty).collect();
    let Resolution::Found(call) = resolve(find(name).unwrap(), &types) else {
        panic!("{name}{types:?}")
    };
    let order = vec![ident("n").sort(true, true)];
    let expr = lower(
        &call,
        args.iter().map(|(expr, _)| expr.clone()).collect(),
        order.clone(),
    )
    .unwrap();
    let Expr::WindowFunction(function) = &expr else {
        panic!()
    };
    let udwf = function.fun.name();
    assert!(
        !udwf.starts_with("kql_") || by_name(udwf).unwrap().name() == udwf,
        "{udwf} is found again"
    );

    let array = |values: Vec<Value>| {
        ScalarValue::iter_to_array(values.iter().rev().map(value::to_arrow)).unwrap()
    };
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("x", array(x.to_vec())),
        (
            "r",
            array(
                (0..x.len())
                    .map(|i| Value::Bool(r.get(i).copied()))
                    .collect(),
            ),
        ),
        (
            "n",
            array((0..x.len()).map(|i| Value::Long(Some(i as i64))).collect()),
        ),
    ];
    let whole = RecordBatch::try_from_iter_with_nullable(
        columns.into_iter().map(|(name, array)| (name, array, true)),
    )
    .unwrap();
    let batches = |part: usize| -> Vec<RecordBatch> {
        (part..x.len())
            .step_by(2)
            .map(|row| whole.slice(row, 1))
            .collect()
    };
    let table = MemTable::try_new(whole.schema(), vec![batches(0), batches(1)]).unwrap();
    let plan = LogicalPlanBuilder::scan("t", provider_as_source(Arc::new(table)), None)
        .unwrap()
        .sort(order)
        .unwrap()
        .window([expr.alias("w")])
        .unwrap()
        .build()
        .unwrap();
    let context = SessionContext::new_with_config(
        SessionConfig::new()
            .with_target_partitions(2)
            .with_batch_size(2),
    );
    let batches = tokio::runtime::Runtime::new().unwrap().block_on(async {
        context
            .execute_logical_plan(plan)
            .await
            .unwrap()
            .collect()
            .await
            .unwrap()
    });
    let values = batches.iter().flat_map(|batch| {
        let column = cast(
            batch.column_by_name("w").unwrap(),
            &arrow_type(call.returns),
        )
        .unwrap();
        (0..batch.num_rows())
            .map(|row| value::from_arrow(&column, row, call.returns))
            .collect::<Vec<_>>()
    });
    values.collect()
}

fn longs(values: &[i64]) -> Vec<Value> {
    values
        .iter()
        .map(|value| Value::Long(Some(*value)))
        .collect()
}

fn x(ty: Type) -> (Expr, Type) {
    (ident("x"), ty)
}

fn r() -> (Expr, Type) {
    (ident("r"), Type::Bool)
}

fn long(value: i64) -> (Expr, Type) {
    (lit(value), Type::Long)
}

#[test]
fn rows_are_numbered_in_order_and_again_from_each_restart() {
    let rows = longs(&[5, 5, 5, 5, 5]);
    let restart = [false, false, true, false, true];
    assert_eq!(
        run("row_number", &[], &rows, &restart),
        longs(&[1, 2, 3, 4, 5])
    );
    assert_eq!(
        run("row_number", &[long(7)], &rows, &restart),
        longs(&[7, 8, 9, 10, 11])
    );
    assert_eq!(
        run("row_number", &[long(1), r()], &rows, &restart),
        longs(&[1, 2, 1, 2, 1])
    );
}

#[test]
fn neighbours_past_the_ends_are_null_or_the_default() {
    let rows = longs(&[1, 2, 3]);
    let null = Value::Long(None);
    assert_eq!(
        run("prev", &[x(Type::Long)], &rows, &[]),
        [&[null.clone()][..], &longs(&[1, 2])].concat()
    );
    assert_eq!(
        run("next", &[x(Type::Long)], &rows, &[]),
        [&longs(&[2, 3])[..], &[null]].concat()
    );
    assert_eq!(
        run("prev", &[x(Type::Long), long(2), long(0)], &rows, &[]),
        longs(&[0, 0, 1])
    );
    assert_eq!(
        run("next", &[x(Type::Long), long(2), long(0)], &rows, &[]),
        longs(&[3, 0, 0])
    );
    let texts: Vec<Value> = ["a", "b"]
        .iter()
        .map(|text| Value::String((*text).into()))
        .collect();
    assert_eq!(
        run("prev", &[x(Type::String)], &texts, &[]),
        [Value::String(String::new()), Value::String("a".into())]
    );
}

#[test]
fn sums_run_on_and_restart() {
    let rows = longs(&[1, 2, 3, 4]);
    let restart = [false, false, true, false];
    assert_eq!(
        run("row_cumsum", &[x(Type::Long)], &rows, &restart),
        longs(&[1, 3, 6, 10])
    );
    assert_eq!(
        run("row_cumsum", &[x(Type::Long), r()], &rows, &restart),
        longs(&[1, 3, 3, 7])
    );
}

#[test]
fn ranks_follow_the_runs_of_equal_values() {
    let rows = longs(&[2, 3, 3, 3, 100, 1, 1]);
    let restart = [false, false, false, false, false, true, false];
    assert_eq!(
        run("row_rank_dense", &[x(Type::Long)], &rows[..5], &[]),
        longs(&[1, 2, 2, 2, 3])
    );
    assert_eq!(
        run("row_rank_min", &[x(Type::Long)], &rows[..5], &[]),
        longs(&[1, 2, 2, 2, 5])
    );
    assert_eq!(
        run("row_rank_dense", &[x(Type::Long), r()], &rows, &restart),
        longs(&[1, 2, 2, 2, 3, 1, 1])
    );
    assert_eq!(
        run("row_rank_min", &[x(Type::Long), r()], &rows, &restart),
        longs(&[1, 2, 2, 2, 5, 1, 1])
    );
}

#[test]
fn sessions_end_by_length_by_silence_and_by_restart() {
    let times = |values: &[i64]| -> Vec<Value> {
        values
            .iter()
            .map(|value| Value::Datetime(Some(*value)))
            .collect()
    };
    let args = [
        x(Type::Datetime),
        (lit(10_i64), Type::Timespan),
        (lit(5_i64), Type::Timespan),
        r(),
    ];
    let rows = times(&[0, 4, 8, 12, 13, 18, 19]);
    let restart = [false, false, false, false, false, false, true];
    assert_eq!(
        run("row_window_session", &args, &rows, &restart),
        times(&[0, 0, 0, 12, 12, 18, 19])
    );
}
