//! `funnel_sequence_completion`: how many ids get how far in a sequence of states, by window and by the time they may take.
//!
//! `funnel_sequence_completion(Id, Timeline, Start, End, Window, State, Sequence, Periods)`: an id is counted at a step when some of
//! its rows have the states up to there in their order, in one window, and no more than the period lies between the first and the
//! last of them. A query over the input, written in KQL, as those of [`super::activity`].
//!
//! Where rows of one time are steps of each other, or nobody comes to a step, the query fails: the page does not say what these mean.

use super::activity::{Reader, step_type};
use super::wrong_count;
use crate::bind::Binder;
use crate::ir::Relation;
use crate::json;
use huntql_kql::ast::Evaluate;
use huntql_kql::types::{Type, Value};
use std::fmt::Write;

const ARGUMENTS: usize = 8;
/// A chain of joins this long at most.
const STEPS_MAX: usize = 16;
const REASON: &str = "`funnel_sequence_completion`: steps of the same time, or a step that nobody comes to; \
    the reference does not say what these mean";

pub(super) fn bind(binder: &mut Binder<'_>, evaluate: &Evaluate, input: Relation) -> Relation {
    if evaluate.call.args.len() != ARGUMENTS {
        return wrong_count(binder, evaluate, "8 arguments");
    }
    bound(binder, evaluate, &input).unwrap_or_else(Relation::unknown)
}

fn bound(binder: &mut Binder<'_>, evaluate: &Evaluate, input: &Relation) -> Option<Relation> {
    let mut reader = Reader::new(binder, evaluate, input);
    reader.column("id")?;
    let time = reader.column("t")?;
    reader.constant("since", time.ty)?;
    reader.constant("until", time.ty)?;
    reader.constant("step", step_type(time.ty))?;
    let state = reader.column("s")?;
    let steps = reader.constant("steps", Type::Dynamic)?;
    let steps = length(&steps).filter(|count| (1..=STEPS_MAX).contains(count));
    let Some(steps) = steps else {
        let at = reader.span();
        let what = "a sequence that is no array of 1 to 16 states";
        reader.binder.unsupported(at, what);
        return None;
    };
    let periods = reader.constant("periods", Type::Dynamic)?;
    let Some(periods) = length(&periods).filter(|count| *count > 0) else {
        let at = reader.span();
        reader.binder.unsupported(at, "periods that are no array");
        return None;
    };
    let (Some(as_state), Some(as_period)) = (conversion(state.ty), conversion(step_type(time.ty)))
    else {
        let what = format!(
            "`funnel_sequence_completion` of {} along {}",
            state.ty, time.ty
        );
        let at = evaluate.call.name.span;
        reader.binder.unsupported(at, &what);
        return None;
    };
    let columns = [time.name.as_str(), &state.name, "Period", "dcount"];
    let columns = columns.map(str::to_owned).to_vec();
    let text = query(steps, periods, as_state, as_period);
    Some(reader.run_undoubted(&text, columns, REASON))
}

fn length(value: &Value) -> Option<usize> {
    match value {
        Value::Dynamic(Some(json)) if json::kind(json) == json::Kind::Array => {
            Some(json::items(json).count())
        }
        _ => None,
    }
}

/// The function that reads an element of an array as a value of a type.
fn conversion(ty: Type) -> Option<&'static str> {
    match ty {
        Type::String => Some("tostring"),
        Type::Long => Some("tolong"),
        Type::Int => Some("toint"),
        Type::Timespan => Some("totimespan"),
        Type::Bool | Type::Real | Type::Decimal | Type::Datetime | Type::Guid | Type::Dynamic => {
            None
        }
    }
}

/// `A1`, `A2` … are the rows of each step with the latest beginning that leads to them; in `B…` no two steps have the same time.
fn query(steps: usize, periods: usize, as_state: &str, as_period: &str) -> String {
    let mut text = String::from(
        "let S = T | where t between (since .. until) | extend w = bin_at(t, step, since);",
    );
    let mut legs = String::new();
    for k in 1..=steps {
        let _ = write!(
            text,
            "let E{k} = S | where s == {as_state}(steps[{at}]) | project w, id, t;",
            at = k - 1
        );
        for (chain, before) in [("A", ">="), ("B", ">")] {
            let _ = match k {
                1 => write!(text, "let {chain}1 = E1 | extend f = t;"),
                _ => write!(
                    text,
                    "let {chain}{k} = E{k} | join kind=inner ({chain}{last}) on w, id | where t {before} t1
                        | summarize f = max(f) by w, id, t;",
                    last = k - 1
                ),
            };
            let _ = write!(
                legs,
                ", ({chain}{k} | summarize d = min(t - f) by w, id | extend k = {k}, c = '{chain}')"
            );
        }
    }
    let _ = write!(
        text,
        "let C = union {legs} | mv-expand j = range(0, {last_period}, 1) to typeof(long)
            | where d <= {as_period}(periods[j])
            | summarize n = countif(c == 'A'), m = countif(c == 'B') by w, k, j;
         E1 | distinct w
            | mv-expand k = range(1, {steps}, 1) to typeof(long) | mv-expand j = range(0, {last_period}, 1) to typeof(long)
            | join kind=leftouter (C) on w, k, j
            | sort by w asc, j asc, k asc
            | project w, {as_state}(steps[k - 1]), {as_period}(periods[j]), coalesce(n, 0), isnull(n) or n != m",
        legs = legs.trim_start_matches(", "),
        last_period = periods - 1,
    );
    text
}
