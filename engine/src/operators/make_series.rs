//! `make-series`: aggregates in evenly spaced bins, as arrays.
//!
//! A row's bin is a whole number: how many steps its axis value lies behind a base (`from`, else the zero of the type). The
//! aggregates are computed for each group and bin; then the bins of a group become arrays, with a default where there is
//! no row. Bounds that the query leaves out are those of each group's data.
//! Source: Kusto docs, "make-series operator"; the older `in range(…)` bins from zero and includes its end.

use super::summarize;
use crate::bind::names::{Names, lent};
use crate::bind::{Binder, facts};
use crate::conversion::common_type;
use crate::functions;
use crate::ir::{BoundAggregate, Compare, Node, Relation, Scalar, ScalarKind};
use crate::operators::project::all_columns;
use huntql_kql::ast::{Expr, ExprKind, MakeSeries, Name, NamedExpr, Summarize};
use huntql_kql::diagnostics::Diagnostic;
use huntql_kql::span::Span;
use huntql_kql::types::{Column, Type, Value};

/// The number of a row's bin.
const BIN: &str = "__series_bin";

/// The axis, and where it begins and ends.
struct Axis {
    name: String,
    ty: Type,
    value: Scalar,
    from: Option<Scalar>,
    to: Option<Scalar>,
    step: Scalar,
    in_range: bool,
}

impl Axis {
    /// What bins are counted from.
    fn base(&self) -> Scalar {
        match &self.from {
            Some(from) if !self.in_range => from.clone(),
            _ => Scalar::literal(match self.ty {
                Type::Datetime => Value::Datetime(Some(0)),
                Type::Timespan => Value::Timespan(Some(0)),
                Type::Real => Value::Real(Some(0.0)),
                _ => Value::Long(Some(0)),
            }),
        }
    }

    fn bin(&self, binder: &mut Binder<'_>, value: Scalar) -> Scalar {
        operator(
            binder,
            "series_bin",
            vec![value, self.base(), self.step.clone()],
        )
    }

    /// The first bin of every series; `None` when it is that of the data.
    fn first(&self, binder: &mut Binder<'_>) -> Option<Scalar> {
        let from = self.from.clone()?;
        Some(self.bin(binder, from))
    }

    /// The last bin of every series; `None` when it is that of the data.
    fn last(&self, binder: &mut Binder<'_>) -> Option<Scalar> {
        let to = self.to.clone()?;
        if self.in_range {
            return Some(self.bin(binder, to));
        }
        let arguments = vec![to, self.base(), self.step.clone()];
        Some(operator(binder, "series_last_bin", arguments))
    }

    /// Whether a row is within the bounds.
    fn within(&self) -> Scalar {
        let compare = |compare, bound: &Scalar| {
            let sides = (Box::new(self.value.clone()), Box::new(bound.clone()));
            Scalar::new(Type::Bool, ScalarKind::Compare(compare, sides.0, sides.1))
        };
        let mut conditions = vec![
            Scalar::new(Type::Bool, ScalarKind::IsNull(Box::new(self.value.clone()))).negated(),
        ];
        if let Some(from) = &self.from {
            conditions.push(compare(Compare::GreaterOrEqual, from));
        }
        match &self.to {
            Some(to) if self.in_range => conditions.push(compare(Compare::LessOrEqual, to)),
            Some(to) => conditions.push(compare(Compare::Less, to)),
            None => {}
        }
        Scalar::all(conditions)
    }
}

pub(super) fn bind(
    binder: &mut Binder<'_>,
    series: &MakeSeries,
    input: Relation,
    span: Span,
) -> Relation {
    let nonempty = parameters(binder, series);
    let Some(axis) = axis(binder, series, &input, span) else {
        return Relation::unknown();
    };
    let unknown = input.unknown;
    let value = axis.value.clone();
    let bin = axis.bin(binder, value);
    let within = axis.within();
    let mut items = all_columns(&input.columns);
    items.push((BIN.into(), bin));
    let binned = input.filtered(within).projected(items);
    let mut by = series.by.clone();
    by.push(NamedExpr {
        names: vec![made_name(BIN, span)],
        tuple: false,
        value: Expr {
            kind: ExprKind::Name(made_name(BIN, span)),
            span,
        },
        span,
    });
    let summarized = Summarize {
        hints: Vec::new(),
        aggregates: series
            .aggregates
            .iter()
            .map(|aggregate| aggregate.value.clone())
            .collect(),
        by,
    };
    let bins = summarize::bind(binder, &summarized, binned, span);
    if bins.unknown || binder.has_errors() {
        return Relation {
            unknown,
            ..Relation::unknown()
        };
    }
    arrays(binder, series, &axis, bins, nonempty)
}

/// Whether an empty input gives a series all the same.
fn parameters(binder: &mut Binder<'_>, series: &MakeSeries) -> bool {
    let mut nonempty = false;
    for parameter in &series.parameters {
        let name = parameter.name.text.as_str();
        let value = match &parameter.value.kind {
            ExprKind::Name(name) => name.text.as_str(),
            _ => "",
        };
        match (name, value) {
            ("kind", "nonempty") if series.by.is_empty() => nonempty = true,
            (name, _) if name.starts_with("hint.") => {}
            _ => binder.report(Diagnostic::unsupported(
                parameter.span,
                format!("`{name}` with this value is not supported in `make-series`"),
            )),
        }
    }
    nonempty
}

fn axis(
    binder: &mut Binder<'_>,
    series: &MakeSeries,
    input: &Relation,
    span: Span,
) -> Option<Axis> {
    let value = binder.scalar(&series.axis.value, Some(input));
    let step = binder.scalar(&series.step, None);
    let mut bound = |bound: &Option<Expr>| bound.as_ref().map(|bound| binder.scalar(bound, None));
    let (from, to) = (bound(&series.from), bound(&series.to));
    let given = [Some(&value), Some(&step), from.as_ref(), to.as_ref()];
    if given.iter().flatten().any(|scalar| scalar.is_error()) {
        return None;
    }
    let ty = match (value.ty, step.ty) {
        (Type::Datetime, Type::Timespan) => Type::Datetime,
        (Type::Timespan, Type::Timespan) => Type::Timespan,
        (left, right) => match common_type([left, right].into_iter()) {
            Some(Type::Int | Type::Long) => Type::Long,
            Some(Type::Real) => Type::Real,
            _ => {
                binder.report(facts::wrong_type(
                    span,
                    left,
                    "a datetime with a timespan as step, or a number,",
                ));
                return None;
            }
        },
    };
    let step_type = if ty == Type::Datetime {
        Type::Timespan
    } else {
        ty
    };
    let name = series.axis.names.first().map(|name| name.text.clone());
    Some(Axis {
        name: name
            .or_else(|| lent(&series.axis.value))
            .unwrap_or_else(|| "Column1".into()),
        ty,
        value: binder.convert(value, ty),
        from: from.map(|from| binder.convert(from, ty)),
        to: to.map(|to| binder.convert(to, ty)),
        step: binder.convert(step, step_type),
        in_range: series.in_range,
    })
}

/// The bins of each group as arrays.
fn arrays(
    binder: &mut Binder<'_>,
    series: &MakeSeries,
    axis: &Axis,
    bins: Relation,
    nonempty: bool,
) -> Relation {
    let groups = series.by.len();
    let bin = Scalar::column(&Column::new(BIN, Type::Long));
    let mut aggregates = Vec::new();
    let mut add = |name: String, call: &str, value: Scalar| {
        let ty = value.ty;
        let column = Column::new(name, if ty == Type::Long { ty } else { Type::Dynamic });
        aggregates.push(BoundAggregate {
            columns: vec![column.clone()],
            call: summarize::single(call, &[ty]),
            arguments: vec![value],
        });
        Scalar::column(&column)
    };
    let data_first = add("__first".into(), "min", bin.clone());
    let data_last = add("__last".into(), "max", bin.clone());
    let mut values = Vec::new();
    for (index, aggregate) in series.aggregates.iter().enumerate() {
        let Some(column) = bins.columns.get(groups + 1 + index).cloned() else {
            return Relation::unknown();
        };
        let place = aggregate.value.value.span;
        let Some((value, default)) = with_default(binder, aggregate, &column, place) else {
            return Relation::unknown();
        };
        let pair = function(binder, "pack_array", vec![bin.clone(), value]);
        let pairs = add(format!("__pairs{index}"), "make_list_with_nulls", pair);
        values.push((column.name.clone(), pairs, default));
    }
    let keys: Vec<(String, Scalar)> = all_columns(&bins.columns[..groups]);
    let mut columns: Vec<Column> = bins.columns[..groups].to_vec();
    columns.extend(
        aggregates
            .iter()
            .flat_map(|aggregate| aggregate.columns.clone()),
    );
    let gathered = Relation::new(
        columns,
        Node::Aggregate {
            input: Box::new(bins),
            groups: keys.clone(),
            aggregates,
            position: None,
        },
    );
    let any = Scalar::new(Type::Bool, ScalarKind::IsNull(Box::new(data_first.clone()))).negated();
    let gathered = if nonempty || groups > 0 {
        gathered
    } else {
        gathered.filtered(any)
    };
    let first = axis.first(binder).unwrap_or(data_first);
    let last = axis.last(binder).unwrap_or(data_last);
    let mut names = Names::default();
    let mut items = keys;
    items.iter().for_each(|(name, _)| {
        names.take(name);
    });
    for (name, pairs, default) in values {
        let arguments = vec![pairs, first.clone(), last.clone(), default];
        items.push((
            names.free(&name),
            operator(binder, "series_values", arguments),
        ));
    }
    let arguments = vec![axis.base(), first, last, axis.step.clone()];
    let times = operator(binder, "series_axis", arguments);
    items.push((names.free(&axis.name), times));
    gathered.projected(items)
}

/// An aggregate's column and the default of its series in one type.
fn with_default(
    binder: &mut Binder<'_>,
    aggregate: &huntql_kql::operators::SeriesAggregate,
    column: &Column,
    span: Span,
) -> Option<(Scalar, Scalar)> {
    if !column.ty.is_numeric() {
        binder.report(Diagnostic::unsupported(
            span,
            format!("`make-series` of a {} is not supported", column.ty),
        ));
        return None;
    }
    let default = match &aggregate.default {
        Some(default) => binder.scalar(default, None),
        None => Scalar::literal(Value::Long(Some(0))),
    };
    if default.is_error() {
        return None;
    }
    let absent = default.as_literal().is_some_and(Value::is_null);
    let ty = if absent {
        Some(column.ty)
    } else {
        common_type([column.ty, default.ty].into_iter())
    };
    let Some(ty) = ty else {
        binder.report(facts::wrong_type(span, default.ty, "a number"));
        return None;
    };
    Some((
        binder.convert(Scalar::column(column), ty),
        binder.convert(default, ty),
    ))
}

fn made_name(text: &str, span: Span) -> Name {
    Name {
        text: text.to_string(),
        bracketed: true,
        span,
    }
}

fn operator(binder: &mut Binder<'_>, name: &str, arguments: Vec<Scalar>) -> Scalar {
    binder.operator(name, arguments, &[], Span::default())
}

fn function(binder: &mut Binder<'_>, name: &str, arguments: Vec<Scalar>) -> Scalar {
    let row = functions::find(name).expect("every function that the binder names has a row");
    binder.apply(row, arguments, &[], Span::default())
}
