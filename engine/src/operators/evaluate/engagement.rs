//! `activity_engagement` and `activity_metrics`: how many ids come back, window by window.
//!
//! Each is a query over its input, written in KQL, as those of [`super::activity`]. The pages leave some things open: what windows
//! without rows give, whether the outer window reaches before the start, and whether windows begin at the start or at multiples
//! of their size. Where rows come to that, the query fails; elsewhere every reading gives the same.

use super::activity::{Reader, listed, names_of, places, step_type};
use super::wrong_count;
use crate::bind::Binder;
use crate::ir::Relation;
use huntql_kql::ast::{Evaluate, ExprKind, Literal};
use huntql_kql::span::Span;
use huntql_kql::types::{Type, Value};

pub(super) fn engagement(
    binder: &mut Binder<'_>,
    evaluate: &Evaluate,
    input: Relation,
) -> Relation {
    match evaluate.call.args.len() {
        0..=3 => wrong_count(binder, evaluate, "6 or more arguments"),
        4 | 5 => without_period(binder, evaluate),
        _ => bound_engagement(binder, evaluate, &input).unwrap_or_else(Relation::unknown),
    }
}

pub(super) fn metrics(binder: &mut Binder<'_>, evaluate: &Evaluate, input: Relation) -> Relation {
    match evaluate.call.args.len() {
        0 | 1 => wrong_count(binder, evaluate, "5 or more arguments"),
        2..=4 => without_period(binder, evaluate),
        _ => bound_metrics(binder, evaluate, &input).unwrap_or_else(Relation::unknown),
    }
}

fn without_period(binder: &mut Binder<'_>, evaluate: &Evaluate) -> Relation {
    let name = &evaluate.call.name;
    let what = format!("`{}` without a start, an end and windows", name.text);
    binder.unsupported(name.span, &what);
    Relation::unknown()
}

/// The lengths of windows whose beginnings are those that a start at this place gives by any reading.
struct Windows {
    start: i64,
    start_at: Span,
}

impl Windows {
    fn length(&self, reader: &mut Reader<'_, '_>, name: &str, ty: Type) -> Option<i64> {
        let length = reader.constant(name, ty)?;
        let at = reader.span();
        match places(&length) {
            Some(length) if length > 0 => Some(length),
            _ => {
                reader
                    .binder
                    .unsupported(at, "a window that is not above 0");
                None
            }
        }
    }

    fn begin_at_the_start(&self, reader: &mut Reader<'_, '_>, length: i64) -> Option<()> {
        if self.start.rem_euclid(length) == 0 {
            return Some(());
        }
        let what = "a start that is not a multiple of the window, as `bin` gives it,";
        reader.binder.unsupported(self.start_at, what);
        None
    }
}

/// Reads the id, the time, the start and the end.
fn period(reader: &mut Reader<'_, '_>, evaluate: &Evaluate) -> Option<(String, Type, Windows)> {
    reader.column("id")?;
    let time = reader.column("t")?;
    let start = reader.constant("since", time.ty)?;
    let start_at = reader.span();
    reader.constant("until", time.ty)?;
    let Some(start) = places(&start) else {
        let name = &evaluate.call.name;
        let what = format!("`{}` over {}", name.text, time.ty);
        reader.binder.unsupported(name.span, &what);
        return None;
    };
    Some((time.name.clone(), time.ty, Windows { start, start_at }))
}

fn bound_engagement(
    binder: &mut Binder<'_>,
    evaluate: &Evaluate,
    input: &Relation,
) -> Option<Relation> {
    let mut reader = Reader::new(binder, evaluate, input);
    let (name, ty, windows) = period(&mut reader, evaluate)?;
    let step = step_type(ty);
    let inner = windows.length(&mut reader, "inner", step)?;
    windows.begin_at_the_start(&mut reader, inner)?;
    let outer = windows.length(&mut reader, "outer", step)?;
    if outer % inner != 0 {
        let at = reader.span();
        let what = "an outer window that is not a multiple of the inner one";
        reader.binder.unsupported(at, what);
        return None;
    }
    let dimensions = reader.dimensions()?;
    let list = listed(&dimensions);
    let text = format!(
        "let B = T | where t between ((since - outer) .. until) | summarize by id, q = bin_at(t, inner, since){list};
         B | mv-expand v = range(q, q + outer - inner, inner) to typeof({ty})
            | where v between (since .. until)
            | summarize own = max(iff(v == q, 1, 0)), kept = max(iff(q >= since, 1, 0)) by id, v{list}
            | summarize i = sum(own), o = count(), k = sum(kept) by v{list}
            | sort by v asc
            | project v{list}, i, o, todouble(i) / todouble(o), o != k or i == 0"
    );
    let results = [
        "dcount_activities_inner",
        "dcount_activities_outer",
        "activity_ratio",
    ];
    let columns = names_of(&name, &dimensions, &results);
    let reason = "`activity_engagement`: there are rows from before the start in an outer window, or inner windows without rows; \
        the reference does not say what they give: leave earlier rows out with `where`";
    Some(reader.run_undoubted(&text, columns, reason))
}

fn bound_metrics(
    binder: &mut Binder<'_>,
    evaluate: &Evaluate,
    input: &Relation,
) -> Option<Relation> {
    let mut reader = Reader::new(binder, evaluate, input);
    let (name, ty, windows) = period(&mut reader, evaluate)?;
    if let ExprKind::Literal(Literal {
        value: Value::String(_),
        ..
    }) = &evaluate.call.args[4].value.kind
    {
        let at = evaluate.call.args[4].value.span;
        let what = "a window by calendar in `activity_metrics`";
        reader.binder.unsupported(at, what);
        return None;
    }
    let step = windows.length(&mut reader, "step", step_type(ty))?;
    windows.begin_at_the_start(&mut reader, step)?;
    let dimensions = reader.dimensions()?;
    let list = listed(&dimensions);
    let text = format!(
        "let B = T | where t between (since .. until) | summarize by id, w = bin_at(t, step, since){list};
         B | extend now = 1, before = 0
            | union (B | extend w = w + step, now = 0, before = 1 | where w <= until)
            | summarize now = max(now), before = max(before) by id, w{list}
            | summarize n = sum(now), fresh = countif(now == 1 and before == 0), had = sum(before),
                kept = countif(now == 1 and before == 1) by w{list}
            | sort by w asc
            | project w{list}, n, fresh, todouble(kept) / todouble(had), todouble(had - kept) / todouble(had), n == 0"
    );
    let results = [
        "dcount_values",
        "dcount_newvalues",
        "retention_rate",
        "churn_rate",
    ];
    let columns = names_of(&name, &dimensions, &results);
    let reason = "`activity_metrics`: there are windows without rows behind others that have some; \
        the reference does not say what they give";
    Some(reader.run_undoubted(&text, columns, reason))
}
