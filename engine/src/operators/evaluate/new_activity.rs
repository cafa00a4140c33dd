//! `new_activity_metrics`: what becomes of ids that are first seen in a window, in that window and each one behind it.
//!
//! There is a row for every pair of windows of the period and every combination of dimensions, windows without ids too: there the
//! rates are NaN. Source: Kusto docs, the plugin's page, its table and the real engine's answers. Not here: a table of earlier ids,
//! of which the page does not say whether new values count them, and windows by calendar.

use super::activity::{Reader, listed, places, step_type};
use super::wrong_count;
use crate::bind::Binder;
use crate::ir::Relation;
use huntql_kql::ast::{Evaluate, ExprKind, Literal};
use huntql_kql::diagnostics::Diagnostic;
use huntql_kql::types::Value;

const REQUIRED: usize = 5;
const WINDOW: usize = 4;

pub(super) fn bind(binder: &mut Binder<'_>, evaluate: &Evaluate, input: Relation) -> Relation {
    if evaluate.call.args.len() < REQUIRED {
        return wrong_count(binder, evaluate, "5 or more arguments");
    }
    bound(binder, evaluate, &input).unwrap_or_else(Relation::unknown)
}

fn bound(binder: &mut Binder<'_>, evaluate: &Evaluate, input: &Relation) -> Option<Relation> {
    let args = &evaluate.call.args;
    refuse_calendar(binder, evaluate)?;
    let is_column = |at: usize| match &args[at].value.kind {
        ExprKind::Name(name) => input.resolve(&name.text).is_some(),
        _ => false,
    };
    let last = args.len() - 1;
    if last > REQUIRED && !is_column(last) && binder.try_table(&args[last].value, None).is_some() {
        let what = "a table of earlier ids in `new_activity_metrics`";
        binder.unsupported(args[last].value.span, what);
        return None;
    }
    let mut reader = Reader::new(binder, evaluate, input);
    reader.column("id")?;
    let time = reader.column("t")?;
    let since = reader.constant("since", time.ty)?;
    reader.constant("until", time.ty)?;
    let step = reader.constant("step", step_type(time.ty))?;
    let cohort = match args.len() > REQUIRED && !is_column(REQUIRED) {
        true => Some(reader.constant("cohort", time.ty)?),
        false => None,
    };
    let (since, step) = (places(&since), places(&step));
    if step.is_none_or(|step| step <= 0) {
        let diagnostic = Diagnostic::binding(
            "KS190",
            args[WINDOW].value.span,
            "a window needs a length above 0",
        );
        reader.binder.report(diagnostic);
        return None;
    }
    if let (Some(cohort), Some(since), Some(step)) = (&cohort, since, step)
        && places(cohort).is_none_or(|cohort| (cohort - since) % step != 0)
    {
        let what = "a cohort that is not the beginning of a window";
        reader.binder.unsupported(args[REQUIRED].value.span, what);
        return None;
    }
    let dimensions = reader.dimensions()?;
    let text = query(&listed(&dimensions), &time.ty.to_string(), cohort.is_some());
    let mut columns = vec![format!("from_{}", time.name), format!("to_{}", time.name)];
    columns.extend(dimensions.iter().map(|dimension| dimension.name.clone()));
    columns.extend(RESULTS.iter().map(|result| (*result).to_owned()));
    Some(reader.run(&text, columns))
}

const RESULTS: [&str; 5] = [
    "dcount_new_values",
    "dcount_retained_values",
    "dcount_churn_values",
    "retention_rate",
    "churn_rate",
];

/// `week`, `month`, `year`.
fn refuse_calendar(binder: &mut Binder<'_>, evaluate: &Evaluate) -> Option<()> {
    let window = &evaluate.call.args[WINDOW].value;
    let ExprKind::Literal(Literal {
        value: Value::String(_),
        ..
    }) = &window.kind
    else {
        return Some(());
    };
    binder.unsupported(
        window.span,
        "a window by calendar in `new_activity_metrics`",
    );
    None
}

/// `a` is the window in which ids are first seen, `z` the one that they are looked for in.
fn query(list: &str, ty: &str, only_cohort: bool) -> String {
    let picked = if only_cohort {
        "| where a == cohort"
    } else {
        ""
    };
    format!(
        "let B = T | where t between (since .. until) | extend z = bin_at(t, step, since)
            | summarize seen = make_set(z), a = min(z) by id{list}
            | mv-expand z = seen to typeof({ty})
            | summarize n = count() by a, z{list};
         let Cohorts = B | where a == z | mv-expand v = range(a, until, step) to typeof({ty})
            | project a, z = v{list}, cohort_size = n, kept = long(0), fresh = iff(a == v, n, long(0));
         let Kept = B | project a, z{list}, cohort_size = long(0), kept = n, fresh = long(0);
         let Fresh = B | where a > since | mv-expand v = range(since, a - step, step) to typeof({ty})
            | project a = v, z{list}, cohort_size = long(0), kept = long(0), fresh = n;
         let Grid = B | summarize by k = 1{list}
            | mv-expand a = range(since, until, step) to typeof({ty})
            | mv-expand z = range(a, until, step) to typeof({ty})
            | project a, z{list}, cohort_size = long(0), kept = long(0), fresh = long(0);
         union Cohorts, Kept, Fresh, Grid
            {picked}
            | summarize cohort_size = sum(cohort_size), kept = sum(kept), fresh = sum(fresh) by a, z{list}
            | sort by a asc, z asc
            | extend lost = cohort_size - kept
            | project a, z{list}, fresh, kept, lost, todouble(kept) / todouble(cohort_size), todouble(lost) / todouble(cohort_size)"
    )
}
