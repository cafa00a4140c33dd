//! `scan`: sequences of rows that match steps. What it does stands in [`crate::program::scan`].
//!
//! Conditions and assignments name columns of the row, and columns of the state as `step.Column`. A column of the input that a
//! step assigns is replaced in what comes out and in the state: it is a declared one beneath. Source: Kusto docs, "scan
//! operator", "time_weighted_avg2_fl()".

use super::keyed::{Key, kept, with_window};
use super::project::all_columns;
use crate::bind::variables::{StepNames, Variables};
use crate::bind::{Binder, facts};
use crate::ir::{Node, Order, Relation, Scalar, ScalarKind};
use crate::program::scan::{Declared, Output, Scan, Step, state_column};
use huntql_kql::ast::{ExprKind, Scan as Written, ScanStep};
use huntql_kql::diagnostics::Diagnostic;
use huntql_kql::span::Span;
use huntql_kql::types::{Column, Type, Value};
use std::sync::Arc;

const PLACE: &str = "__scanned";
const MATCH: &str = "__sequence";

pub(super) fn bind(
    binder: &mut Binder<'_>,
    written: &Written,
    input: Relation,
    span: Span,
    key: Option<&Key>,
) -> Relation {
    if input.unknown {
        return Relation::unknown();
    }
    if !input.order.is_serialized() {
        binder.report(
            Diagnostic::binding("KS222", span, "`scan` needs rows in an order")
                .help("put `sort by …` or `serialize` in front of it"),
        );
        return Relation::unknown();
    }
    if !written.order.is_empty() || !written.partition_by.is_empty() {
        binder.unsupported(span, "`order by` and `partition by` inside of `scan`");
        return Relation::unknown();
    }
    let match_id = match_id(binder, written);
    let Some(declared) = declared(binder, written, &input) else {
        return Relation::unknown();
    };
    let replaced = replaced(written, &input);
    let Some(steps) = steps(binder, written, &input, &declared, &replaced) else {
        return Relation::unknown();
    };
    let assigned: Vec<Declared> = declared
        .iter()
        .cloned()
        .chain(replaced.iter().map(beneath))
        .collect();
    let hidden = key.map_or_else(Vec::new, |key| kept(&input, key));
    let shown = input.columns.clone();
    let numbered = with_window(input, PLACE, "row_number", Vec::new());
    let columns: Vec<Column> = shown.iter().chain(&hidden).cloned().collect();
    let mut gathered = numbered.projected(
        all_columns(&columns)
            .into_iter()
            .chain([(
                PLACE.to_string(),
                Scalar::column(&Column::new(PLACE, Type::Long)),
            )])
            .collect(),
    );
    gathered.hidden.clear();
    gathered.order = Order::Unordered;
    let result: Vec<Column> = columns
        .iter()
        .cloned()
        .chain(assigned.iter().map(|declared| declared.column.clone()))
        .chain([Column::new(MATCH, Type::Long)])
        .collect();
    let program = Scan {
        columns,
        position: PLACE.into(),
        key: key.map(|key| key.column.name.clone()),
        declared: assigned,
        steps,
    };
    let scanned = Relation::new(
        result,
        Node::Program {
            inputs: vec![gathered],
            program: Arc::new(program),
        },
    );
    let mut items = all_columns(&shown);
    for (name, value) in &mut items {
        if let Some(column) = replaced.iter().find(|column| column.name == *name) {
            *value = Scalar::column(&beneath(column).column);
        }
    }
    finished(scanned, items, &hidden, &declared, match_id)
}

/// Columns of the input that steps assign.
fn replaced(written: &Written, input: &Relation) -> Vec<Column> {
    let mut replaced: Vec<Column> = Vec::new();
    let items = written.steps.iter().flat_map(|step| &step.assignments);
    for name in items.filter_map(|item| item.names.first()) {
        if let Some(column) = input.column(&name.text)
            && !replaced.contains(column)
        {
            replaced.push(column.clone());
        }
    }
    replaced
}

/// The declared column that stands for one of the input's.
fn beneath(column: &Column) -> Declared {
    Declared {
        column: Column::new(format!("__set_{}", column.name), column.ty),
        default: Scalar::literal(Value::null(column.ty)),
    }
}

/// Reads replaced columns of the state where they are.
fn of_replaced(scalar: Scalar, steps: &[ScanStep], replaced: &[Column]) -> Scalar {
    scalar.map(&mut |part| match &part.kind {
        ScalarKind::Column(name) => {
            let found = replaced.iter().find_map(|column| {
                let state = |step: &ScanStep| state_column(&step.name.text, &column.name);
                let step = steps.iter().find(|step| state(step) == *name)?;
                let own = beneath(column).column.name;
                Some(ScalarKind::Column(state_column(&step.name.text, &own)))
            });
            match found {
                Some(kind) => Scalar::new(part.ty, kind),
                None => part,
            }
        }
        _ => part,
    })
}

/// The input's columns, the declared ones, and perhaps the sequence's number; what is hidden stays so.
fn finished(
    scanned: Relation,
    mut items: Vec<(String, Scalar)>,
    hidden: &[Column],
    declared: &[Declared],
    match_id: Option<String>,
) -> Relation {
    items.extend(declared.iter().map(|declared| {
        (
            declared.column.name.clone(),
            Scalar::column(&declared.column),
        )
    }));
    if let Some(name) = match_id {
        items.push((name, Scalar::column(&Column::new(MATCH, Type::Long))));
    }
    let count = items.len();
    items.extend(all_columns(hidden));
    let mut relation = scanned.projected(items);
    relation.columns.truncate(count);
    relation.hidden = hidden.to_vec();
    relation.order = Order::Serialized;
    relation
}

fn match_id(binder: &mut Binder<'_>, written: &Written) -> Option<String> {
    let mut found = None;
    for parameter in &written.parameters {
        match (parameter.name.text.as_str(), &parameter.value.kind) {
            ("with_match_id", ExprKind::Name(name)) => found = Some(name.text.clone()),
            (name, _) => {
                let what = format!("`{name}` in `scan`");
                binder.unsupported(parameter.span, &what);
            }
        }
    }
    found
}

fn declared(binder: &mut Binder<'_>, written: &Written, input: &Relation) -> Option<Vec<Declared>> {
    let mut declared: Vec<Declared> = Vec::new();
    let mut fine = true;
    for item in &written.declare {
        let name = &item.column.name;
        let taken = declared
            .iter()
            .any(|declared| declared.column.name == name.text);
        if taken || input.column(&name.text).is_some() {
            binder.report(facts::duplicate_column(name.span, &name.text));
            fine = false;
        }
        let default = match &item.default {
            Some(default) => {
                let value = binder.scalar(default, None);
                binder.constant(&value, item.column.ty, default.span)?
            }
            None => Value::null(item.column.ty),
        };
        declared.push(Declared {
            column: Column::new(name.text.clone(), item.column.ty),
            default: Scalar::literal(default),
        });
    }
    fine.then_some(declared)
}

fn steps(
    binder: &mut Binder<'_>,
    written: &Written,
    input: &Relation,
    declared: &[Declared],
    replaced: &[Column],
) -> Option<Vec<Step>> {
    let names: Vec<String> = written
        .steps
        .iter()
        .map(|step| step.name.text.clone())
        .collect();
    let columns: Vec<Column> = input
        .columns
        .iter()
        .cloned()
        .chain(declared.iter().map(|declared| declared.column.clone()))
        .collect();
    let mut steps = Vec::new();
    for (index, step) in written.steps.iter().enumerate() {
        if names[..index].contains(&step.name.text) {
            let message = format!("there are two steps `{}`", step.name.text);
            binder.report(Diagnostic::binding("SEM0001", step.name.span, message));
            return None;
        }
        let variables = Variables::Steps(StepNames {
            steps: names[..=index].to_vec(),
            later: names[index + 1..].to_vec(),
            columns: columns.clone(),
        });
        let outer = std::mem::replace(&mut binder.variables, variables);
        let bound = bound_step(binder, step, input, declared, replaced);
        binder.variables = outer;
        let mut bound = bound?;
        let values = bound
            .conditions
            .iter_mut()
            .chain(bound.assignments.iter_mut().flatten());
        for value in values {
            *value = of_replaced(value.clone(), &written.steps, replaced);
        }
        steps.push(bound);
    }
    Some(steps)
}

fn bound_step(
    binder: &mut Binder<'_>,
    step: &ScanStep,
    input: &Relation,
    declared: &[Declared],
    replaced: &[Column],
) -> Option<Step> {
    if step.optional {
        binder.unsupported(step.name.span, "an optional step");
        return None;
    }
    let output = match step.output.as_ref().map(|output| output.text.as_str()) {
        None | Some("all") => Output::All,
        Some("last") => Output::Last,
        Some("none") => Output::None,
        Some(other) => {
            let what = format!("`output={other}`");
            binder.unsupported(step.name.span, &what);
            return None;
        }
    };
    let condition = of_row_and_state(binder, declared, step.condition.span, |binder| {
        binder.condition(&step.condition, Some(input))
    })?;
    let unchanged = replaced.iter().map(|column| Some(Scalar::column(column)));
    let mut assignments: Vec<Option<Scalar>> = vec![None; declared.len()];
    assignments.extend(unchanged);
    let columns: Vec<&Column> = declared
        .iter()
        .map(|declared| &declared.column)
        .chain(replaced)
        .collect();
    for item in &step.assignments {
        let Some(name) = item.names.first().filter(|_| !item.tuple) else {
            binder.unsupported(item.span, "an assignment without one name");
            return None;
        };
        let Some(at) = columns.iter().position(|column| column.name == name.text) else {
            let what = format!("an assignment to `{}`, which is not declared,", name.text);
            binder.unsupported(name.span, &what);
            return None;
        };
        let ty = columns[at].ty;
        let value = of_row_and_state(binder, declared, item.value.span, |binder| {
            binder.scalar(&item.value, Some(input))
        })?;
        let fits = value.ty == ty
            || value.ty == Type::Dynamic
            || (value.ty.is_numeric() && ty.is_numeric());
        if !fits {
            binder.report(facts::wrong_type(
                item.value.span,
                value.ty,
                &format!("a {ty}"),
            ));
            return None;
        }
        assignments[at] = Some(binder.convert(value, ty));
    }
    Some(Step {
        name: step.name.text.clone(),
        conditions: conjuncts(condition),
        assignments,
        output,
    })
}

/// Binds over the row and the state. A declared column without its step has no value that is certain.
fn of_row_and_state(
    binder: &mut Binder<'_>,
    declared: &[Declared],
    span: Span,
    bind: impl FnOnce(&mut Binder<'_>) -> Scalar,
) -> Option<Scalar> {
    let mut outer = binder.scope.clone();
    std::mem::swap(&mut outer, &mut binder.scope);
    for declared in declared {
        let marked = Scalar::new(
            declared.column.ty,
            ScalarKind::Column(format!("__bare_{}", declared.column.name)),
        );
        binder
            .scope
            .set(&declared.column.name, crate::bind::Binding::Scalar(marked));
    }
    let bound = bind(binder);
    binder.scope = outer;
    let mut bare = None;
    bound.visit(&mut |part| {
        if let ScalarKind::Column(name) = &part.kind
            && let Some(name) = name.strip_prefix("__bare_")
        {
            bare = Some(name.to_string());
        }
    });
    if let Some(name) = bare {
        let diagnostic = Diagnostic::unsupported(
            span,
            format!("the declared column `{name}` without its step is not supported"),
        );
        binder
            .report(diagnostic.help(format!("name the step whose value is meant: `step.{name}`")));
        return None;
    }
    (!bound.is_error()).then_some(bound)
}

fn conjuncts(condition: Scalar) -> Vec<Scalar> {
    match condition.kind {
        ScalarKind::And(operands) => operands.into_iter().flat_map(conjuncts).collect(),
        _ => vec![condition],
    }
}
