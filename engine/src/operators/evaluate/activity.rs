//! Plugins over the activity of ids along a timeline. Each is a query over its input, written in KQL.
//!
//! In these queries `T` is the input with the columns `id`, `t` and `d0`, `d1` … for the dimensions; the parameters are constants.
//! Counts of distinct ids are exact. Source: Kusto docs, the plugins' pages.

use super::{column, wrong_count};
use crate::bind::{Binder, Binding, facts};
use crate::ir::{Order, Relation, Scalar};
use huntql_kql::ast::{Arg, Evaluate};
use huntql_kql::span::Span;
use huntql_kql::types::{Column, Type, Value};
use std::rc::Rc;

/// The arguments of a plugin in their order.
pub(super) struct Reader<'a, 'b> {
    pub(super) binder: &'a mut Binder<'b>,
    pub(super) evaluate: &'a Evaluate,
    input: &'a Relation,
    at: usize,
    names: Vec<(String, Binding)>,
    /// Columns of the input under their names in the query.
    items: Vec<(String, Scalar)>,
}

impl<'a, 'b> Reader<'a, 'b> {
    pub(super) fn new(
        binder: &'a mut Binder<'b>,
        evaluate: &'a Evaluate,
        input: &'a Relation,
    ) -> Self {
        Self {
            binder,
            evaluate,
            input,
            at: 0,
            names: Vec::new(),
            items: Vec::new(),
        }
    }

    /// What `bind` makes of a call with at least so many arguments.
    pub(super) fn answer(
        binder: &mut Binder<'_>,
        evaluate: &Evaluate,
        input: &Relation,
        least: usize,
        bind: impl FnOnce(Reader<'_, '_>) -> Option<Relation>,
    ) -> Relation {
        if evaluate.call.args.len() < least {
            return wrong_count(binder, evaluate, &format!("{least} or more arguments"));
        }
        bind(Reader::new(binder, evaluate, input)).unwrap_or_else(Relation::unknown)
    }

    pub(super) fn next(&mut self) -> Option<&'a Arg> {
        self.at += 1;
        self.evaluate.call.args.get(self.at - 1)
    }

    pub(super) fn left(&self) -> usize {
        self.evaluate.call.args.len().saturating_sub(self.at)
    }

    /// A column, under this name in the query.
    pub(super) fn column(&mut self, name: &str) -> Option<Column> {
        let arg = self.next()?;
        let found = column(self.binder, arg, self.input)?;
        self.items.push((name.to_string(), Scalar::column(&found)));
        Some(found)
    }

    /// A scalar over the input, under this name in the query.
    pub(super) fn scalar(&mut self, name: String, scalar: Scalar) {
        self.items.push((name, scalar));
    }

    /// A constant of a type, under this name in the query.
    pub(super) fn constant(&mut self, name: &str, ty: Type) -> Option<Value> {
        let arg = self.next()?;
        let value = self.binder.scalar(&arg.value, None);
        let numbers = value.ty.is_numeric() && ty.is_numeric();
        if !value.is_error() && value.ty != ty && !numbers {
            let wanted = format!("a {ty}");
            self.binder
                .report(facts::wrong_type(arg.value.span, value.ty, &wanted));
            return None;
        }
        let value = self.binder.constant(&value, ty, arg.value.span)?;
        let binding = Binding::Scalar(Scalar::literal(value.clone()));
        self.names.push((name.to_string(), binding));
        Some(value)
    }

    /// What is left are dimensions.
    pub(super) fn dimensions(&mut self) -> Option<Vec<Column>> {
        let mut dimensions = Vec::new();
        while self.left() > 0 {
            let name = format!("d{}", dimensions.len());
            dimensions.push(self.column(&name)?);
        }
        Some(dimensions)
    }

    /// Runs a query; its columns get the names of `columns`.
    pub(super) fn run(self, text: &str, columns: Vec<String>) -> Relation {
        Self::named(&self.rows(text).0, columns)
    }

    /// Runs a query whose last column tells rows of which the reference does not say what they should be: with one of them the
    /// query fails, for this reason.
    pub(super) fn run_undoubted(self, text: &str, columns: Vec<String>, reason: &str) -> Relation {
        let (result, binder) = self.rows(text);
        let Some(doubt) = result.columns.last().map(Scalar::column) else {
            return Relation::unknown();
        };
        let reason = Scalar::literal(Value::String(reason.to_owned()));
        let sure = super::operator(binder, "beyond_doubt", vec![doubt, reason]);
        Self::named(&result.filtered(sure), columns)
    }

    fn named(result: &Relation, columns: Vec<String>) -> Relation {
        let items = result
            .columns
            .iter()
            .zip(columns)
            .map(|(column, name)| (name, Scalar::column(column)))
            .collect();
        result.clone().projected(items)
    }

    fn rows(self, text: &str) -> (Relation, &'a mut Binder<'b>) {
        let mut table = self.input.clone().projected(self.items);
        table.hidden.clear();
        table.aliases.clear();
        table.order = Order::Unordered;
        let mut names = self.names;
        names.push(("T".into(), Binding::Table(Rc::new(table))));
        let span = self.evaluate.call.name.span;
        (self.binder.written(text, names, span), self.binder)
    }

    /// The argument that was read last.
    pub(super) fn span(&self) -> Span {
        let last = self.at.saturating_sub(1);
        let arg = self.evaluate.call.args.get(last);
        arg.map_or(self.evaluate.call.name.span, |arg| arg.value.span)
    }
}

/// A time or a whole number as its place on the line.
pub(super) fn places(value: &Value) -> Option<i64> {
    match value {
        Value::Datetime(place) | Value::Timespan(place) | Value::Long(place) => *place,
        Value::Int(place) => place.map(i64::from),
        _ => None,
    }
}

/// The type of a step along a timeline.
pub(super) fn step_type(timeline: Type) -> Type {
    match timeline {
        Type::Datetime | Type::Timespan => Type::Timespan,
        other => other,
    }
}

/// `, d0, d1`
pub(super) fn listed(dimensions: &[Column]) -> String {
    (0..dimensions.len()).fold(String::new(), |list, at| format!("{list}, d{at}"))
}

pub(super) fn names_of(timeline: &str, dimensions: &[Column], results: &[&str]) -> Vec<String> {
    std::iter::once(timeline.to_string())
        .chain(dimensions.iter().map(|dimension| dimension.name.clone()))
        .chain(results.iter().map(|result| (*result).to_string()))
        .collect()
}

pub(super) fn counts_metrics(
    binder: &mut Binder<'_>,
    evaluate: &Evaluate,
    input: Relation,
) -> Relation {
    Reader::answer(binder, evaluate, &input, 5, bound_counts_metrics)
}

fn bound_counts_metrics(mut reader: Reader<'_, '_>) -> Option<Relation> {
    reader.column("id")?;
    let time = reader.column("t")?;
    reader.constant("since", time.ty)?;
    reader.constant("until", time.ty)?;
    reader.constant("step", step_type(time.ty))?;
    let dimensions = reader.dimensions()?;
    let list = listed(&dimensions);
    // Another combination of dimensions begins at nothing.
    let restart = (0..dimensions.len())
        .map(|at| format!("tostring(d{at}) != prev(tostring(d{at}))"))
        .collect::<Vec<_>>()
        .join(" or ");
    let restart = if restart.is_empty() {
        String::new()
    } else {
        format!(", {restart}")
    };
    let by_dimensions = (0..dimensions.len()).fold(String::new(), |list, at| {
        format!("{list}tostring(d{at}) asc, ")
    });
    let text = format!(
        "let B = T | where t between (since .. until) | extend w = bin_at(t, step, since)
            | summarize n = count() by w, id{list};
         let F = B | summarize w = min(w) by id{list} | summarize fresh = count() by w{list};
         B | summarize n = sum(n), ids = count() by w{list} | extend fresh = long(0)
         | union (F | extend n = long(0), ids = long(0))
         | summarize n = sum(n), ids = sum(ids), fresh = sum(fresh) by w{list}
         | sort by {by_dimensions}w asc
         | extend total = row_cumsum(fresh{restart})
         | project w{list}, n, ids, fresh, total"
    );
    let results = ["count", "dcount", "new_dcount", "aggregated_dcount"];
    let columns = names_of(&time.name, &dimensions, &results);
    Some(reader.run(&text, columns))
}

pub(super) fn sliding_window_counts(
    binder: &mut Binder<'_>,
    evaluate: &Evaluate,
    input: Relation,
) -> Relation {
    Reader::answer(binder, evaluate, &input, 6, bound_sliding)
}

fn bound_sliding(mut reader: Reader<'_, '_>) -> Option<Relation> {
    reader.column("id")?;
    let time = reader.column("t")?;
    reader.constant("since", time.ty)?;
    reader.constant("until", time.ty)?;
    let step = step_type(time.ty);
    reader.constant("lookback", step)?;
    reader.constant("step", step)?;
    let dimensions = reader.dimensions()?;
    let list = listed(&dimensions);
    let ty = time.ty;
    let text = format!(
        "T | where t <= until | extend w = bin_at(t, step, since)
         | summarize n = count() by w, id{list}
         | mv-expand v = range(w, w + (bin(lookback, step) - step), step) to typeof({ty})
         | where v between (since .. until)
         | summarize n = sum(n) by v, id{list}
         | summarize n = sum(n), ids = count() by v{list}
         | sort by v asc
         | project v{list}, n, ids"
    );
    let columns = names_of(&time.name, &dimensions, &["Count", "Dcount"]);
    Some(reader.run(&text, columns))
}

pub(super) fn rolling_percentile(
    binder: &mut Binder<'_>,
    evaluate: &Evaluate,
    input: Relation,
) -> Relation {
    Reader::answer(binder, evaluate, &input, 5, bound_rolling)
}

fn bound_rolling(mut reader: Reader<'_, '_>) -> Option<Relation> {
    let value = reader.column("v")?;
    let percentile = reader.constant("percent", Type::Real)?;
    let index = reader.column("t")?;
    reader.constant("step", step_type(index.ty))?;
    let bins = reader.constant("bins", Type::Long)?;
    let dimensions = reader.dimensions()?;
    let list = listed(&dimensions);
    let ty = index.ty;
    // Only bins that have rows of their own are rows of the result.
    let text = format!(
        "let B = T | extend w = bin(t, step);
         B | mv-expand u = range(w, w + (bins - 1) * step, step) to typeof({ty})
         | extend own = iff(u == w, 1, 0)
         | summarize p = percentile(v, percent), own = sum(own) by u{list}
         | where own > 0
         | sort by u asc
         | project u{list}, p"
    );
    let (Value::Real(Some(percentile)), Value::Long(Some(bins))) = (percentile, bins) else {
        return None;
    };
    let result = format!("rolling_{bins}_percentile_{}_{percentile}", value.name);
    let columns = names_of(&index.name, &dimensions, &[&result]);
    Some(reader.run(&text, columns))
}

/// `rows_near(Condition, Before [, After])`: rows around those that meet a condition.
pub(super) fn rows_near(binder: &mut Binder<'_>, evaluate: &Evaluate, input: Relation) -> Relation {
    if !matches!(evaluate.call.args.len(), 2 | 3) {
        return wrong_count(binder, evaluate, "2 or 3 arguments");
    }
    bound_rows_near(binder, evaluate, &input).unwrap_or_else(Relation::unknown)
}

fn bound_rows_near(
    binder: &mut Binder<'_>,
    evaluate: &Evaluate,
    input: &Relation,
) -> Option<Relation> {
    let args = &evaluate.call.args;
    if input.unknown {
        return None;
    }
    if !input.order.is_serialized() {
        let span = evaluate.call.name.span;
        binder.report(
            huntql_kql::diagnostics::Diagnostic::binding(
                "KS222",
                span,
                "`rows_near` needs rows in an order",
            )
            .help("put `sort by …` or `serialize` in front of it"),
        );
        return None;
    }
    let condition = binder.condition(&args[0].value, Some(input));
    let mut counts = Vec::new();
    for arg in &args[1..] {
        let value = binder.scalar(&arg.value, None);
        counts.push(binder.constant_long(&value, arg.value.span)?);
    }
    let (before, after) = (counts[0], counts.get(1).copied().unwrap_or(counts[0]));
    let columns = input.columns.clone();
    let input = binder.with_windows(input.clone());
    let mut items = super::all_columns(&columns);
    items.push(("__near".into(), condition));
    let marked = input.projected(items);
    let names = vec![
        ("T".to_string(), Binding::Table(Rc::new(marked))),
        (
            "before".to_string(),
            Binding::Scalar(Scalar::literal(Value::Long(Some(before)))),
        ),
        (
            "after".to_string(),
            Binding::Scalar(Scalar::literal(Value::Long(Some(after)))),
        ),
    ];
    // The places of the rows that meet the condition, spread over the places around them.
    let text = "let N = T | extend __place = row_number();
        let P = N | where __near | mv-expand __at = range(__place - before, __place + after, 1) to typeof(long)
            | distinct __at;
        N | where __place in (P) | sort by __place asc";
    let result = binder.written(text, names, evaluate.call.name.span);
    Some(result.projected(super::all_columns(&columns)))
}
