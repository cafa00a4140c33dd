//! `dcount_intersect(h0, h1, …)`: how many values the first `hll` has, the first two have in common, the first three …
//!
//! The results `s0`, `s1` … stand behind the input's columns. Source: Kusto docs, "dcount_intersect plugin".

use super::{operator, wrong_count};
use crate::bind::names::Names;
use crate::bind::{Binder, facts};
use crate::ir::{Relation, Scalar};
use crate::operators::project::all_columns;
use huntql_kql::ast::Evaluate;
use huntql_kql::types::Type;

const SETS: std::ops::RangeInclusive<usize> = 2..=16;

pub(super) fn bind(binder: &mut Binder<'_>, evaluate: &Evaluate, input: Relation) -> Relation {
    let args = &evaluate.call.args;
    if !SETS.contains(&args.len()) {
        return wrong_count(binder, evaluate, "2 to 16 arguments");
    }
    let mut sets: Vec<Scalar> = Vec::new();
    for arg in args {
        let value = binder.scalar(&arg.value, Some(&input));
        if value.is_error() {
            return Relation::unknown();
        }
        if value.ty != Type::Dynamic {
            let diagnostic = facts::wrong_type(arg.value.span, value.ty, "a result of `hll`");
            binder.report(diagnostic);
            return Relation::unknown();
        }
        sets.push(value);
    }
    let mut names = Names::beside(input.columns.iter().map(|column| column.name.clone()));
    let mut items = all_columns(&input.columns);
    for last in 0..sets.len() {
        // One set in common with itself is the set.
        let mut common = sets[..=last].to_vec();
        if last == 0 {
            common.push(sets[0].clone());
        }
        items.push((
            names.free(&format!("s{last}")),
            operator(binder, "hll_intersect", common),
        ));
    }
    input.projected(items)
}
