//! Aggregates run over small plans: one partition and two, with groups and without, filtered, empty.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::overloads::Resolution;
use crate::value;
use datafusion::arrow::array::{ArrayRef, RecordBatch};
use datafusion::arrow::datatypes::{Field, Schema};
use datafusion::common::ScalarValue;
use datafusion::datasource::{MemTable, provider_as_source};
use datafusion::logical_expr::LogicalPlanBuilder;
use datafusion::prelude::{Expr, SessionConfig, SessionContext, ident, lit};
use huntql_kql::types::{Type, Value};
use huntql_store::schema::arrow_type;
use std::sync::Arc;

/// Columns `g` (string), `x`, `y` (any type), `p` (bool), `n` (the row's position).
#[derive(Clone)]
struct Rows {
    x: Vec<Value>,
    y: Vec<Value>,
    p: Vec<Option<bool>>,
    g: Vec<&'static str>,
}

impl Rows {
    fn of(x: Vec<Value>) -> Rows {
        let rows = x.len();
        Rows {
            y: x.clone(),
            x,
            p: vec![Some(true); rows],
            g: vec!["a"; rows],
        }
    }

    fn empty(ty: Type) -> Rows {
        let mut rows = Rows::of(vec![Value::null(ty)]);
        rows.x.clear();
        rows.y.clear();
        rows.p.clear();
        rows.g.clear();
        rows
    }

    fn batches(&self, types: [Type; 2], rows_each: usize) -> Vec<RecordBatch> {
        let array = |values: &[Value], ty: Type| -> ArrayRef {
            ScalarValue::iter_to_array(
                values
                    .iter()
                    .map(value::to_arrow)
                    .chain([value::to_arrow(&Value::null(ty))]),
            )
            .unwrap()
            .slice(0, values.len())
        };
        let p: Vec<Value> = self.p.iter().map(|p| Value::Bool(*p)).collect();
        let g: Vec<Value> = self.g.iter().map(|g| Value::String((*g).into())).collect();
        let n: Vec<Value> = (0..self.x.len())
            .map(|n| Value::Long(Some(n as i64)))
            .collect();
        let columns = vec![
            array(&self.x, types[0]),
            array(&self.y, types[1]),
            array(&p, Type::Bool),
            array(&g, Type::String),
            array(&n, Type::Long),
        ];
        let names = ["x", "y", "p", "g", "n"].into_iter().zip([
            types[0],
            types[1],
            Type::Bool,
            Type::String,
            Type::Long,
        ]);
        let schema = Schema::new(
            names
                .map(|(name, ty)| Field::new(name, arrow_type(ty), true))
                .collect::<Vec<_>>(),
        );
        let whole = RecordBatch::try_new(Arc::new(schema), columns).unwrap();
        let starts = (0..whole.num_rows().max(1)).step_by(rows_each);
        starts
            .map(|from| whole.slice(from, rows_each.min(whole.num_rows() - from)))
            .collect()
    }
}

/// How the rows are spread.
#[derive(Clone, Copy, Debug)]
enum Spread {
    Whole,
    TwoPartitions,
}

/// Runs `name(args)`; a row of the result columns for each group, by group when `grouped`.
fn run(
    name: &str,
    args: &[(Expr, Type)],
    rows: &Rows,
    grouping: &[&str],
    spread: Spread,
    position: Option<Expr>,
) -> Vec<Vec<Value>> {
    let types: Vec<Type> = args.iter().map(|(_, ty)| *ty).collect();
    let Resolution::Found(call) = resolve(find(name).unwrap(), &types) else {
        panic!("{name}{types:?}")
    };
    assert_eq!(call.parameters, types, "tests convert by themselves");
    let exprs = lower(
        &call,
        args.iter().map(|(expr, _)| expr.clone()).collect(),
        position,
    );
    for expr in &exprs {
        let Expr::AggregateFunction(function) = expr else {
            panic!("{expr} is no aggregate")
        };
        let udaf = function.func.name();
        assert!(
            !udaf.starts_with("kql_") || by_name(udaf).unwrap().name() == udaf,
            "{udaf} is found again"
        );
    }
    let y = rows.y.first().map_or(
        types
            .get(1)
            .copied()
            .unwrap_or(types.first().copied().unwrap_or(Type::Long)),
        Value::ty,
    );
    let x = rows
        .x
        .first()
        .map_or(types.first().copied().unwrap_or(Type::Long), Value::ty);
    let config = match spread {
        Spread::Whole => SessionConfig::new().with_target_partitions(1),
        Spread::TwoPartitions => SessionConfig::new()
            .with_target_partitions(2)
            .with_batch_size(2),
    };
    let partitions: Vec<Vec<RecordBatch>> = match spread {
        Spread::Whole => vec![rows.batches([x, y], rows.x.len().max(1))],
        Spread::TwoPartitions => {
            let (mut even, mut odd) = (Vec::new(), Vec::new());
            for (index, batch) in rows.batches([x, y], 1).into_iter().enumerate() {
                if index % 2 == 0 {
                    even.push(batch)
                } else {
                    odd.push(batch)
                }
            }
            vec![odd, even]
        }
    };
    let schema = partitions.iter().flatten().next().unwrap().schema();
    let table = MemTable::try_new(schema, partitions).unwrap();
    let named = exprs
        .into_iter()
        .enumerate()
        .map(|(index, expr)| expr.alias(format!("r{index}")));
    let plan = LogicalPlanBuilder::scan("t", provider_as_source(Arc::new(table)), None)
        .unwrap()
        .aggregate(grouping.iter().map(|name| ident(*name)), named)
        .unwrap();
    let plan = if grouping.is_empty() {
        plan
    } else {
        plan.sort(grouping.iter().map(|g| ident(*g).sort(true, true)))
            .unwrap()
    };
    let context = SessionContext::new_with_config(config);
    let batches = tokio::runtime::Runtime::new().unwrap().block_on(async {
        context
            .execute_logical_plan(plan.build().unwrap())
            .await
            .unwrap()
            .collect()
            .await
            .unwrap()
    });
    let mut result = Vec::new();
    for batch in &batches {
        for row in 0..batch.num_rows() {
            let columns = batch.columns()[grouping.len()..].iter().zip(&call.returns);
            result.push(
                columns
                    .map(|(column, ty)| value::from_arrow(column, row, *ty))
                    .collect(),
            );
        }
    }
    result
}

/// The one value of an aggregate over `x`, the same whatever the spread.
fn one(name: &str, args: &[(Expr, Type)], rows: &Rows) -> Value {
    let whole = run(name, args, rows, &[], Spread::Whole, None);
    assert_eq!(whole.len(), 1);
    assert_eq!(
        run(name, args, rows, &[], Spread::TwoPartitions, None),
        whole,
        "{name} over two partitions"
    );
    whole[0][0].clone()
}

fn x(ty: Type) -> (Expr, Type) {
    (ident("x"), ty)
}

fn p() -> (Expr, Type) {
    (ident("p"), Type::Bool)
}

fn longs(values: &[i64]) -> Vec<Value> {
    values
        .iter()
        .map(|value| Value::Long(Some(*value)))
        .collect()
}

fn reals(values: &[f64]) -> Vec<Value> {
    values
        .iter()
        .map(|value| Value::Real(Some(*value)))
        .collect()
}

fn texts(values: &[&str]) -> Vec<Value> {
    values
        .iter()
        .map(|value| Value::String((*value).into()))
        .collect()
}

fn json(text: &str) -> Value {
    Value::Dynamic(Some(text.into()))
}

fn jsons(values: &[&str]) -> Vec<Value> {
    values
        .iter()
        .map(|value| {
            if *value == "~" {
                Value::Dynamic(None)
            } else {
                json(value)
            }
        })
        .collect()
}

#[test]
fn nulls_are_skipped_except_by_count() {
    let rows = Rows::of([longs(&[4, 1]), vec![Value::Long(None)], longs(&[1])].concat());
    assert_eq!(one("count", &[], &rows), Value::Long(Some(4)));
    assert_eq!(one("count", &[x(Type::Long)], &rows), Value::Long(Some(4)));
    assert_eq!(one("sum", &[x(Type::Long)], &rows), Value::Long(Some(6)));
    assert_eq!(one("avg", &[x(Type::Long)], &rows), Value::Real(Some(2.0)));
    assert_eq!(one("min", &[x(Type::Long)], &rows), Value::Long(Some(1)));
    assert_eq!(one("max", &[x(Type::Long)], &rows), Value::Long(Some(4)));
    assert_eq!(one("dcount", &[x(Type::Long)], &rows), Value::Long(Some(2)));
    assert_eq!(
        one("count_distinct", &[x(Type::Long)], &rows),
        Value::Long(Some(2))
    );
}

#[test]
fn nothing_has_the_documented_defaults() {
    let rows = Rows::empty(Type::Long);
    for name in ["count", "sum", "dcount", "count_distinct"] {
        let args = if name == "count" {
            vec![]
        } else {
            vec![x(Type::Long)]
        };
        assert_eq!(one(name, &args, &rows), Value::Long(Some(0)), "{name}");
        assert!(
            run(name, &args, &rows, &["g"], Spread::TwoPartitions, None).is_empty(),
            "{name} by g"
        );
    }
    for name in ["min", "max", "arg_max", "take_any"] {
        assert_eq!(
            one(name, &[x(Type::Long)], &rows),
            Value::Long(None),
            "{name}"
        );
    }
    let reals = Rows::empty(Type::Real);
    for name in ["stdev", "variance", "sum"] {
        assert_eq!(
            one(name, &[x(Type::Real)], &reals),
            Value::Real(Some(0.0)),
            "{name}"
        );
    }
    let Value::Real(Some(mean)) =
        run("avg", &[x(Type::Long)], &rows, &[], Spread::Whole, None)[0][0]
    else {
        panic!()
    };
    assert!(mean.is_nan());
    let dynamics = Rows::empty(Type::Dynamic);
    for name in ["make_set", "make_list"] {
        assert_eq!(
            one(name, &[x(Type::Dynamic)], &dynamics),
            json("[]"),
            "{name}"
        );
    }
    assert_eq!(
        one("max", &[x(Type::String)], &Rows::empty(Type::String)),
        Value::String(String::new())
    );
}

#[test]
fn a_predicate_chooses_rows_and_a_group_without_any_has_the_default() {
    let mut rows = Rows::of(longs(&[1, 2, 3, 4]));
    rows.p = vec![Some(true), Some(false), None, Some(true)];
    rows.g = vec!["a", "b", "b", "a"];
    let by_group = |name: &str, args: &[(Expr, Type)]| -> Vec<Value> {
        let whole = run(name, args, &rows, &["g"], Spread::Whole, None);
        assert_eq!(
            run(name, args, &rows, &["g"], Spread::TwoPartitions, None),
            whole,
            "{name}"
        );
        whole.into_iter().map(|row| row[0].clone()).collect()
    };
    assert_eq!(by_group("countif", &[p()]), longs(&[2, 0]));
    assert_eq!(by_group("sumif", &[x(Type::Long), p()]), longs(&[5, 0]));
    assert_eq!(by_group("dcountif", &[x(Type::Long), p()]), longs(&[2, 0]));
    assert_eq!(
        by_group("count_distinctif", &[x(Type::Long), p()]),
        longs(&[2, 0])
    );
    assert_eq!(
        by_group("maxif", &[x(Type::Long), p()]),
        [Value::Long(Some(4)), Value::Long(None)]
    );
}

#[test]
fn an_empty_string_is_a_value() {
    let rows = Rows::of(texts(&["", "b", "a", "b"]));
    assert_eq!(
        one("dcount", &[x(Type::String)], &rows),
        Value::Long(Some(3))
    );
    assert_eq!(
        one("count_distinct", &[x(Type::String)], &rows),
        Value::Long(Some(3))
    );
    assert_eq!(
        one("min", &[x(Type::String)], &rows),
        Value::String(String::new())
    );
    assert_eq!(
        one("max", &[x(Type::String)], &rows),
        Value::String("b".into())
    );
}

#[test]
fn sums_and_means_keep_their_type() {
    let ticks = |ticks: i64| Value::Timespan(Some(ticks));
    let rows = Rows::of(vec![ticks(10), ticks(30), Value::Timespan(None)]);
    assert_eq!(one("sum", &[x(Type::Timespan)], &rows), ticks(40));
    assert_eq!(one("avg", &[x(Type::Timespan)], &rows), ticks(20));
    let decimal = |digits: &str| Value::Decimal(Some(digits.into()));
    let rows = Rows::of(vec![decimal("1.5"), decimal("2.25")]);
    assert_eq!(one("sum", &[x(Type::Decimal)], &rows), decimal("3.75"));
    assert_eq!(one("avg", &[x(Type::Decimal)], &rows), decimal("1.875"));
    let rows = Rows::of(vec![Value::Int(Some(7)), Value::Int(Some(3))]);
    assert_eq!(one("max", &[x(Type::Int)], &rows), Value::Int(Some(7)));
}

#[test]
fn nan_is_no_extreme_beside_numbers() {
    let rows = Rows::of(reals(&[f64::NAN, 2.0, 1.0]));
    assert_eq!(one("max", &[x(Type::Real)], &rows), Value::Real(Some(2.0)));
    assert_eq!(one("min", &[x(Type::Real)], &rows), Value::Real(Some(1.0)));
}

#[test]
fn lists_and_sets_keep_first_seen_order_and_take_arrays_apart() {
    let rows = Rows::of(jsons(&["1", "~", "3", "1", "null"]));
    let whole = |name, args: &[(Expr, Type)], rows: &Rows| {
        run(name, args, rows, &[], Spread::Whole, None)[0][0].clone()
    };
    assert_eq!(whole("make_set", &[x(Type::Dynamic)], &rows), json("[1,3]"));
    assert_eq!(
        whole("make_list", &[x(Type::Dynamic)], &rows),
        json("[1,3,1]")
    );
    assert_eq!(
        whole("make_list_with_nulls", &[x(Type::Dynamic)], &rows),
        json("[1,null,3,1,null]")
    );
    assert_eq!(
        whole(
            "make_list",
            &[x(Type::Dynamic), (lit(2_i64), Type::Long)],
            &rows
        ),
        json("[1,3]")
    );
    assert_eq!(
        whole(
            "make_set",
            &[x(Type::Dynamic), (lit(1_i64), Type::Long)],
            &rows
        ),
        json("[1]")
    );
    let rows = Rows::of(jsons(&[r#"["A1","A2"]"#, r#"["A2","C1"]"#, r#""C,2""#]));
    assert_eq!(
        whole("make_set", &[x(Type::Dynamic)], &rows),
        json(r#"["A1","A2","C1","C,2"]"#)
    );
    assert_eq!(
        whole("make_list", &[x(Type::Dynamic)], &rows),
        json(r#"["A1","A2","A2","C1","C,2"]"#)
    );
    let rows = Rows::of(jsons(&[
        r#"{"a":1,"b":{"c":"}"}}"#,
        "[1]",
        r#"{"a":2,"d":null}"#,
    ]));
    assert_eq!(
        whole("make_bag", &[x(Type::Dynamic)], &rows),
        json(r#"{"a":1,"b":{"c":"}"},"d":null}"#)
    );
}

#[test]
fn lists_follow_the_order_of_the_input_however_it_is_spread() {
    let texts: Vec<String> = (0..50).map(|value| (value % 40).to_string()).collect();
    let rows = Rows::of(texts.iter().map(|text| json(text)).collect());
    let list = format!("[{}]", texts.join(","));
    let set = format!("[{}]", texts[..40].join(","));
    let position = Some(ident("n"));
    for spread in [Spread::Whole, Spread::TwoPartitions] {
        for grouping in [&[][..], &["g"]] {
            let run = |name, args: &[(Expr, Type)]| {
                run(name, args, &rows, grouping, spread, position.clone())[0][0].clone()
            };
            assert_eq!(run("make_list", &[x(Type::Dynamic)]), json(&list));
            assert_eq!(run("make_set", &[x(Type::Dynamic)]), json(&set));
            let three = (lit(3_i64), Type::Long);
            assert_eq!(
                run("make_list", &[x(Type::Dynamic), three.clone()]),
                json("[0,1,2]")
            );
            assert_eq!(run("make_set", &[x(Type::Dynamic), three]), json("[0,1,2]"));
        }
    }
}

#[test]
fn all_columns_of_arg_max_come_from_one_row() {
    let mut rows = Rows::of(longs(&[3, 9, 9, 1, 9]));
    rows.y = texts(&["c", "first", "second", "a", "third"]);
    let args = [
        x(Type::Long),
        (ident("y"), Type::String),
        (ident("n"), Type::Long),
    ];
    for spread in [Spread::Whole, Spread::TwoPartitions] {
        for grouping in [&[][..], &["g"]] {
            let found = run("arg_max", &args, &rows, grouping, spread, Some(ident("n")));
            assert_eq!(
                found,
                [[
                    Value::Long(Some(9)),
                    Value::String("first".into()),
                    Value::Long(Some(1))
                ]]
            );
            let found = run("arg_max", &args, &rows, grouping, spread, None);
            let Value::Long(Some(row)) = found[0][2] else {
                panic!()
            };
            assert_eq!(found[0][1], rows.y[usize::try_from(row).unwrap()]);
        }
    }
    let found = run("arg_min", &args, &rows, &[], Spread::Whole, None);
    assert_eq!(found[0][1], Value::String("a".into()));
}

#[test]
fn a_null_key_counts_only_when_there_is_no_other() {
    let mut rows = Rows::of([longs(&[1]), vec![Value::Long(None); 3], longs(&[1, 2])].concat());
    rows.y = texts(&["Red", "Green", "Yellow", "Green", "Brown", "Green"]);
    rows.g = vec!["Apple", "Apple", "Banana", "Banana", "Pear", "Pear"];
    let args = [x(Type::Long), (ident("y"), Type::String)];
    let colours = |name: &str| -> Vec<Value> {
        run(
            name,
            &args,
            &rows,
            &["g"],
            Spread::TwoPartitions,
            Some(ident("n")),
        )
        .into_iter()
        .map(|row| row[1].clone())
        .collect()
    };
    assert_eq!(colours("arg_max"), texts(&["Red", "Yellow", "Green"]));
    assert_eq!(colours("arg_min"), texts(&["Red", "Yellow", "Brown"]));
}

#[test]
fn take_any_prefers_a_filled_value_and_several_columns_share_a_row() {
    let rows = Rows::of(texts(&["", "a", "a"]));
    assert_eq!(
        one("take_any", &[x(Type::String)], &rows),
        Value::String("a".into())
    );
    let mut rows = Rows::of(texts(&["", "a"]));
    rows.y = longs(&[7, 8]);
    let args = [x(Type::String), (ident("y"), Type::Long)];
    let found = run("take_any", &args, &rows, &[], Spread::Whole, None);
    assert_eq!(
        found,
        [[Value::String(String::new()), Value::Long(Some(7))]]
    );
}

#[test]
fn percentiles_are_of_the_nearest_rank() {
    let percent = |percent: f64| (lit(percent), Type::Real);
    let rows = Rows::of(longs(&[15, 22, 18, 25, 12]));
    let args = [x(Type::Long), percent(0.0), percent(50.0), percent(100.0)];
    for spread in [Spread::Whole, Spread::TwoPartitions] {
        assert_eq!(
            run("percentiles", &args, &rows, &["g"], spread, None),
            [longs(&[12, 18, 25])]
        );
    }
    let mut rows = Rows::of(longs(&[10, 20, 30, 40]));
    rows.y = longs(&[8, 6, 3, 1]);
    let args = [
        x(Type::Long),
        (ident("y"), Type::Long),
        percent(50.0),
        percent(75.0),
        percent(99.9),
    ];
    assert_eq!(
        run(
            "percentilesw",
            &args,
            &rows,
            &[],
            Spread::TwoPartitions,
            None
        ),
        [longs(&[20, 20, 40])]
    );
    let rows = Rows::of(reals(&[-1.5, f64::NAN, 0.25, -7.0]));
    assert_eq!(
        one("percentile", &[x(Type::Real), percent(50.0)], &rows),
        Value::Real(Some(-1.5))
    );
    assert_eq!(
        one("percentile", &[x(Type::Real), percent(1.0)], &rows),
        Value::Real(Some(-7.0))
    );
}

#[test]
fn variances_are_rounded_as_the_engine_rounds_them() {
    let sample = [
        27.5, 21.0, 19.0, 23.6, 17.0, 17.9, 16.9, 20.1, 21.9, 22.6, 23.1, 19.6, 19.0, 21.7, 21.4,
    ];
    assert_eq!(
        one("variance", &[x(Type::Real)], &Rows::of(reals(&sample))),
        Value::Real(Some(7.867_428_571_4))
    );
    let rows = Rows::of(reals(&[1.0, 2.0, 3.0, 4.0, 5.0]));
    assert_eq!(
        one("variance", &[x(Type::Real)], &rows),
        Value::Real(Some(2.5))
    );
    assert_eq!(
        one("variancep", &[x(Type::Real)], &rows),
        Value::Real(Some(2.0))
    );
    let whole = run("stdev", &[x(Type::Real)], &rows, &[], Spread::Whole, None);
    assert_eq!(whole, [reals(&[1.581_138_830_084_189_8])]);
}

#[test]
fn columns_are_named_as_the_binder_names_them() {
    let named =
        |name: &str, types: &[Type], names: &[&str], constants: &[Option<Value>]| -> Vec<String> {
            let Resolution::Found(call) = resolve(find(name).unwrap(), types) else {
                panic!("{name}")
            };
            let names: Vec<Option<String>> = names
                .iter()
                .map(|name| (*name != "~").then(|| (*name).to_string()))
                .collect();
            let columns = output_columns(&call, &names, constants);
            columns
                .into_iter()
                .map(|column| column.name.unwrap_or("Column1".into()))
                .collect()
        };
    let (long, string) = (Type::Long, Type::String);
    assert_eq!(named("count", &[], &[], &[]), ["count_"]);
    assert_eq!(named("sum", &[long], &["~"], &[]), ["sum_"]);
    assert_eq!(
        named("make_set_if", &[long, Type::Bool], &["a", "~"], &[]),
        ["set_a"]
    );
    assert_eq!(
        named("arg_max", &[long, long, string], &["a", "~", "s"], &[]),
        ["a", "max_a_arg1", "s"]
    );
    assert_eq!(
        named("arg_max", &[long, long], &["~", "~"], &[]),
        ["max_", "max__arg1"]
    );
    assert_eq!(
        named("argmax", &[long, long, string], &["~", "~", "s"], &[]),
        ["max_", "max__arg1", "max__s"]
    );
    assert_eq!(
        named("take_any", &[long, long], &["a", "~"], &[]),
        ["a", "any_arg1"]
    );
    assert_eq!(
        named("any", &[long, long], &["a", "~"], &[]),
        ["any_a", "any_arg1"]
    );
    assert_eq!(named("any", &[long], &["~"], &[]), ["any_"]);
    assert_eq!(named("binary_all_or", &[long], &["~"], &[]), ["Column1"]);
    assert_eq!(
        named("covariance", &[long, long], &["x", "y"], &[]),
        ["covariance_x_y"]
    );
    let constants = [
        None,
        Some(Value::Real(Some(95.0))),
        Some(Value::Real(Some(99.9))),
    ];
    let real = Type::Real;
    assert_eq!(
        named("percentiles", &[long, real, real], &["a"], &constants),
        ["percentile_a_95", "percentile_a_99_9"]
    );
}

#[test]
fn every_name_is_in_the_table_once() {
    let mut names: Vec<&str> = all()
        .flat_map(|row| std::iter::once(&row.name).chain(row.aliases))
        .copied()
        .collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
}
