//! `sample`, `sample-distinct`, `top-hitters`: some rows, some values, the values that stand most often.
//!
//! Any rows are a sample to Kusto, which favours speed over evenness; here they are the first that come. `top-hitters` is exact
//! here, and keeps the column's name that says it need not be. Source: Kusto docs, the operators' pages.

use super::summarize;
use crate::bind::names::{Names, lent};
use crate::bind::{Binder, facts};
use crate::ir::{Node, Relation, Scalar, SortKey};
use huntql_kql::ast::{Expr, ExprKind, Sample, SampleDistinct, TopHitters};

pub(super) fn sample(binder: &mut Binder<'_>, sample: &Sample, input: Relation) -> Relation {
    match count(binder, &sample.count) {
        Some(count) => input.limited(count),
        None => input,
    }
}

pub(super) fn distinct(
    binder: &mut Binder<'_>,
    sample: &SampleDistinct,
    input: Relation,
) -> Relation {
    let count = count(binder, &sample.count);
    let value = binder.scalar(&sample.of.value, Some(&input));
    if !matches!(sample.of.value.kind, ExprKind::Name(_)) {
        binder.unsupported(sample.of.span, "anything but a column in `sample-distinct`");
    }
    let name = Names::default().of(binder, &sample.of, &value);
    let mut projected = input.projected(vec![(name, value)]);
    projected.hidden.clear();
    let columns = projected.columns.clone();
    let relation = Relation {
        unknown: projected.unknown,
        ..Relation::new(
            columns,
            Node::Distinct {
                input: Box::new(projected),
            },
        )
    };
    match count {
        Some(count) => relation.limited(count),
        None => relation,
    }
}

pub(super) fn top_hitters(binder: &mut Binder<'_>, top: &TopHitters, input: Relation) -> Relation {
    let count = count(binder, &top.count);
    let value = binder.scalar(&top.of.value, Some(&input));
    let weight = top.by.as_ref().map(|by| {
        let weight = binder.scalar(&by.value, Some(&input));
        if !weight.ty.is_numeric() && !weight.is_error() {
            binder.report(facts::wrong_type(by.span, weight.ty, "a number"));
        }
        weight
    });
    if value.is_error()
        || weight
            .as_ref()
            .is_some_and(|weight| !weight.ty.is_numeric())
        || input.unknown
    {
        return Relation::unknown();
    }
    let name = Names::default().of(binder, &top.of, &value);
    let result = match &top.by {
        Some(by) => match by.names.first() {
            Some(name) => format!("approximate_sum_{}", name.text),
            None => format!("approximate_sum_{}", lent(&by.value).unwrap_or_default()),
        },
        None => format!("approximate_count_{name}"),
    };
    let (aggregate, arguments) = match weight {
        Some(weight) => ("sum", vec![weight]),
        None => ("count", Vec::new()),
    };
    let input = binder.with_windows(input);
    let relation = summarize::grouped(input, (name, value), aggregate, arguments, result);
    let key = SortKey {
        value: Scalar::column(&relation.columns[1]),
        descending: true,
        nulls_first: false,
    };
    relation.sorted(vec![key], count)
}

fn count(binder: &mut Binder<'_>, written: &Expr) -> Option<u64> {
    let scalar = binder.scalar(written, None);
    let count = binder.constant_long(&scalar, written.span)?;
    let checked = u64::try_from(count).ok();
    if checked.is_none() {
        binder.report(facts::negative(written.span, "the number of rows", count));
    }
    checked
}
