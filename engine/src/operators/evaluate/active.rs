//! `active_users_count` and `session_count`: ids by how often they come, along a timeline.
//!
//! Each is a query over its input, written in KQL, as those of [`super::activity`].
//! `active_users_count`: an appearance looks back over (its time − lookback, its time]: so says the example of the page, where an id
//! is not active that was last seen exactly a lookback before. Whether the time is that of the row or of its period matters only
//! for the period at the far end; where it changes the answer, the query fails.
//! `session_count`: windows begin at multiples of their size, and sessions that begin at the very start are not counted: so the
//! page's picture.

use super::activity::{Reader, listed, names_of, places, step_type};
use crate::bind::Binder;
use crate::ir::Relation;
use huntql_kql::ast::Evaluate;
use huntql_kql::types::{Column, Type, Value};

pub(super) fn users_count(
    binder: &mut Binder<'_>,
    evaluate: &Evaluate,
    input: Relation,
) -> Relation {
    Reader::answer(binder, evaluate, &input, 8, bound_users)
}

fn bound_users(mut reader: Reader<'_, '_>) -> Option<Relation> {
    reader.column("id")?;
    let time = reader.column("t")?;
    reader.constant("since", time.ty)?;
    reader.constant("until", time.ty)?;
    let step = step_type(time.ty);
    let lookback = reader.constant("lookback", step)?;
    let lookback_at = reader.span();
    let period = reader.constant("period", step)?;
    let period_at = reader.span();
    reader.constant("active", Type::Long)?;
    let window = reader.constant("step", step)?;
    let window_at = reader.span();
    let (Some(lookback), Some(period), Some(window)) =
        (places(&lookback), places(&period), places(&window))
    else {
        let what = format!("`active_users_count` over {}", time.ty);
        let name = reader.evaluate.call.name.span;
        reader.binder.unsupported(name, &what);
        return None;
    };
    if period <= 0 {
        let what = "a period that is not above 0";
        reader.binder.unsupported(period_at, what);
        return None;
    }
    for (length, at, what) in [
        (lookback, lookback_at, "a lookback"),
        (window, window_at, "a window"),
    ] {
        if length <= 0 || length % period != 0 {
            let what = format!("{what} that is not a multiple of the period");
            reader.binder.unsupported(at, &what);
            return None;
        }
    }
    let dimensions = reader.dimensions()?;
    let text = users_query(&listed(&dimensions), time.ty);
    let columns = names_of(&time.name, &dimensions, &["dcount"]);
    let reason = "`active_users_count`: whether ids are active depends on rows in a period that lies only partly in the lookback; \
        the reference does not say whether they count";
    Some(reader.run_undoubted(&text, columns, reason))
}

/// `q` are periods with rows of their own, `v` those that look back on them; `n` how many lie wholly in the lookback.
fn users_query(list: &str, ty: Type) -> String {
    format!(
        "let P = T | where t between ((since - lookback) .. until)
            | summarize mn = min(t), mx = max(t) by id, q = bin_at(t, period, since){list};
         P | mv-expand v = range(q, q + lookback, period) to typeof({ty})
            | summarize n = countif(v < q + lookback), own = minif(mn, v == q), edge = maxif(mx, v == q + lookback) by id, v{list}
            | where v between (since .. until) and isnotnull(own)
            | extend sure = n >= active, perhaps = n + iff(edge > own - lookback, 1, 0) >= active
            | where perhaps
            | summarize sure = max(iff(sure, 1, 0)) by id, w = bin_at(v, step, since){list}
            | summarize n = countif(sure == 1), m = count() by w{list}
            | sort by w asc
            | project w{list}, n, n != m"
    )
}

pub(super) fn session_count(
    binder: &mut Binder<'_>,
    evaluate: &Evaluate,
    input: Relation,
) -> Relation {
    Reader::answer(binder, evaluate, &input, 6, bound_sessions)
}

fn bound_sessions(mut reader: Reader<'_, '_>) -> Option<Relation> {
    reader.column("id")?;
    let time = reader.column("t")?;
    reader.constant("since", time.ty)?;
    reader.constant("until", time.ty)?;
    let step = step_type(time.ty);
    for name in ["step", "lookback"] {
        let length = reader.constant(name, step)?;
        let is_good = match &length {
            Value::Real(Some(length)) => *length > 0.0,
            other => places(other).is_some_and(|length| length > 0),
        };
        if !is_good {
            let at = reader.span();
            reader
                .binder
                .unsupported(at, "a window that is not above 0");
            return None;
        }
    }
    let dimensions = reader.dimensions()?;
    let text = sessions_query(&dimensions);
    let columns = names_of(&time.name, &dimensions, &["count_sessions"]);
    let reason = "`session_count`: in some window sessions only go on; \
        the reference does not say whether there is a row for it";
    Some(reader.run_undoubted(&text, columns, reason))
}

/// A session is new when its id was not seen in the lookback before.
fn sessions_query(dimensions: &[Column]) -> String {
    let list = listed(dimensions);
    let other = (0..dimensions.len()).fold(String::new(), |text, at| {
        format!("{text} or tostring(d{at}) != prev(tostring(d{at}))")
    });
    let keys = (0..dimensions.len()).fold(String::new(), |text, at| {
        format!("{text}tostring(d{at}) asc, ")
    });
    format!(
        "T | where t between ((since - lookback) .. until)
         | summarize by id, t{list}
         | sort by tostring(id) asc, {keys}t asc
         | extend fresh = isnull(prev(t)) or tostring(id) != prev(tostring(id)){other} or t - prev(t) > lookback
         | where t > since
         | summarize n = countif(fresh) by w = bin(t, step){list}
         | sort by w asc
         | project w{list}, n, n == 0"
    )
}
