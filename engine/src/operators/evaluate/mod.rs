//! `evaluate`: plugins. One file each; rows of a table, as the functions.

mod active;
mod activity;
mod bag_unpack;
mod basket;
mod dcount_intersect;
mod engagement;
mod funnel;
mod geo_lookup;
mod ip_lookup;
mod narrow;
mod new_activity;
mod pivot;
mod schema_merge;
mod sequence;

use super::project::all_columns;
use crate::bind::{Binder, facts};
use crate::functions;
use crate::ir::{Node, Order, Relation, Scalar, Unnested};
use huntql_kql::ast::{Arg, Evaluate, ExprKind, Name};
use huntql_kql::diagnostics::Diagnostic;
use huntql_kql::span::Span;
use huntql_kql::types::{Column, Type, Value};

/// A plugin.
struct Plugin {
    name: &'static str,
    /// What it gives, and what of it is refused.
    doc: &'static str,
    bind: fn(&mut Binder<'_>, &Evaluate, Relation) -> Relation,
    /// Takes a declared output behind `:`.
    declares: bool,
}

/// Names of the plugins.
pub(crate) fn plugins() -> impl Iterator<Item = &'static str> {
    PLUGINS.iter().map(|plugin| plugin.name)
}

/// What a plugin gives.
pub(crate) fn plugin_doc(name: &str) -> Option<&'static str> {
    let plugin = PLUGINS.iter().find(|plugin| plugin.name == name)?;
    Some(plugin.doc)
}

const PLUGINS: &[Plugin] = &[
    Plugin {
        name: "bag_unpack",
        doc: "A column for each key of a bag.",
        bind: bag_unpack::bind,
        declares: true,
    },
    Plugin {
        name: "pivot",
        doc: "A column for each value of a column.",
        bind: pivot::bind,
        declares: true,
    },
    Plugin {
        name: "narrow",
        doc: "A row for each cell.",
        bind: narrow::bind,
        declares: false,
    },
    Plugin {
        name: "schema_merge",
        doc: "Schemas, as `getschema` gives them, as one. Refused where the types of a column differ or two columns share a place.",
        bind: schema_merge::bind,
        declares: false,
    },
    Plugin {
        name: "ipv4_lookup",
        doc: "Rows with the networks of a table that hold their IPv4 address.",
        bind: ip_lookup::ipv4,
        declares: false,
    },
    Plugin {
        name: "ipv6_lookup",
        doc: "Rows with the networks of a table that hold their IPv6 address.",
        bind: ip_lookup::ipv6,
        declares: false,
    },
    Plugin {
        name: "geo_polygon_lookup",
        doc: "Rows with the polygons of a table that hold their point.",
        bind: geo_lookup::polygons,
        declares: false,
    },
    Plugin {
        name: "geo_line_lookup",
        doc: "Rows with the lines of a table that are near their point.",
        bind: geo_lookup::lines,
        declares: false,
    },
    Plugin {
        name: "dcount_intersect",
        doc: "How many values sets of `hll` share.",
        bind: dcount_intersect::bind,
        declares: false,
    },
    Plugin {
        name: "activity_counts_metrics",
        doc: "Rows, ids, new ids and all ids so far, by window.",
        bind: activity::counts_metrics,
        declares: false,
    },
    Plugin {
        name: "new_activity_metrics",
        doc: "What becomes of ids that are first seen in a window. Not here: a table of earlier ids, windows by calendar.",
        bind: new_activity::bind,
        declares: false,
    },
    Plugin {
        name: "sliding_window_counts",
        doc: "Rows and ids of the windows before, by window.",
        bind: activity::sliding_window_counts,
        declares: false,
    },
    Plugin {
        name: "rolling_percentile",
        doc: "A percentile over the bins before, by bin.",
        bind: activity::rolling_percentile,
        declares: false,
    },
    Plugin {
        name: "rows_near",
        doc: "Rows around those that meet a condition.",
        bind: activity::rows_near,
        declares: false,
    },
    Plugin {
        name: "active_users_count",
        doc: "Ids that are seen often in the time before, by window. Refused where a part of a period decides, and for windows by calendar.",
        bind: active::users_count,
        declares: false,
    },
    Plugin {
        name: "session_count",
        doc: "Sessions that begin, by window. Refused where sessions only go on in a window.",
        bind: active::session_count,
        declares: false,
    },
    Plugin {
        name: "activity_engagement",
        doc: "Ids of a window against those of a longer one. Refused where rows from before the start count, or a window has no rows.",
        bind: engagement::engagement,
        declares: false,
    },
    Plugin {
        name: "activity_metrics",
        doc: "Ids that come back, are new or are lost against the window before. Refused where a window has no rows, and for windows by calendar.",
        bind: engagement::metrics,
        declares: false,
    },
    Plugin {
        name: "sequence_detect",
        doc: "Pairs of rows that meet two conditions one after the other. Three steps and more are refused.",
        bind: sequence::bind,
        declares: false,
    },
    Plugin {
        name: "funnel_sequence_completion",
        doc: "How many ids come how far in a sequence of states, by window and period. Refused where steps have the same time or nobody comes to one.",
        bind: funnel::bind,
        declares: false,
    },
    Plugin {
        name: "basket",
        doc: "Combinations of values that many rows share. A weight column is refused, and combinations of more values than the third argument says.",
        bind: basket::bind,
        declares: false,
    },
    Plugin {
        name: PREVIEW,
        doc: "The first rows, and how many there are: two tables, at the end of a query.",
        bind: preview,
        declares: false,
    },
];

/// The plugin whose results are two: [`super::branches`] has them.
pub(super) const PREVIEW: &str = "preview";

/// `preview` where its two tables have no place.
fn preview(binder: &mut Binder<'_>, evaluate: &Evaluate, _: Relation) -> Relation {
    binder.report(Diagnostic::binding(
        "KS109",
        evaluate.call.name.span,
        "`preview` gives two tables: it has to be the last operator of a query",
    ));
    Relation::unknown()
}

pub(super) fn bind(binder: &mut Binder<'_>, evaluate: &Evaluate, input: Relation) -> Relation {
    let name = &evaluate.call.name;
    let Some(plugin) = PLUGINS.iter().find(|plugin| plugin.name == name.text) else {
        return refused(binder, name);
    };
    if evaluate.schema.is_some() && !plugin.declares {
        let what = format!("a declared output of `{}`", name.text);
        binder.unsupported(name.span, &what);
    }
    (plugin.bind)(binder, evaluate, input)
}

/// Whether huntql has the plugin.
pub(super) fn is_plugin(name: &str) -> bool {
    plugins().any(|plugin| plugin == name)
}

/// Refuses a plugin by its name, with the reason where it is one of the language.
pub(super) fn refused(binder: &mut Binder<'_>, name: &Name) -> Relation {
    let diagnostic = if crate::support::is_known(&name.text) {
        let message = match crate::support::reason(&name.text) {
            Some(reason) => format!("the plugin `{}` is not supported: {reason}", name.text),
            None => format!("the plugin `{}` is not supported", name.text),
        };
        Diagnostic::unsupported(name.span, message)
    } else {
        let diagnostic = facts::unknown_function(name.span, &name.text);
        Binder::suggest(diagnostic, &name.text, plugins())
    };
    binder.report(diagnostic);
    Relation::unknown()
}

/// A constant string, as the direction of a conflict.
fn text(binder: &mut Binder<'_>, arg: &Arg) -> Option<String> {
    let value = binder.scalar(&arg.value, None);
    match binder.constant(&value, Type::String, arg.value.span)? {
        Value::String(text) => Some(text),
        _ => None,
    }
}

/// A constant bool.
fn flag(binder: &mut Binder<'_>, arg: &Arg) -> bool {
    let value = binder.scalar(&arg.value, None);
    matches!(
        binder.constant(&value, Type::Bool, arg.value.span),
        Some(Value::Bool(Some(true)))
    )
}

/// A column of a relation, named bare.
fn column(binder: &mut Binder<'_>, arg: &Arg, relation: &Relation) -> Option<Column> {
    let ExprKind::Name(name) = &arg.value.kind else {
        binder.report(Diagnostic::binding(
            "KS109",
            arg.value.span,
            "the name of a column is needed here",
        ));
        return None;
    };
    if let Some(column) = relation.resolve(&name.text) {
        return Some(column.clone());
    }
    if !relation.unknown {
        binder.unknown_column(
            name,
            relation.columns.iter().map(|column| column.name.as_str()),
        );
    }
    None
}

fn wrong_count(binder: &mut Binder<'_>, evaluate: &Evaluate, expected: &str) -> Relation {
    let call = &evaluate.call;
    let diagnostic = facts::wrong_count(call.name.span, &call.name.text, call.args.len(), expected);
    binder.report(diagnostic);
    Relation::unknown()
}

/// A relation of one column with each value once.
fn distinct_values(relation: Relation, value: Scalar) -> Relation {
    let mut one = relation.projected(vec![("__value".into(), value)]);
    one.hidden.clear();
    one.aliases.clear();
    one.order = Order::Unordered;
    Relation {
        unknown: one.unknown,
        ..Relation::new(
            one.columns.clone(),
            Node::Distinct {
                input: Box::new(one),
            },
        )
    }
}

/// A row for each element of an array, in a column of its own behind the others.
fn unnested(input: Relation, name: &str, value: Scalar, ty: Type) -> Relation {
    let mut columns = input.columns.clone();
    columns.push(Column::new(name, ty));
    Relation {
        hidden: input.hidden.clone(),
        aliases: input.aliases.clone(),
        unknown: input.unknown,
        ..Relation::new(
            columns,
            Node::Unnest {
                input: Box::new(input),
                items: vec![Unnested {
                    name: name.to_string(),
                    value,
                    ty,
                    bags_as_arrays: false,
                }],
                index: None,
            },
        )
    }
}

/// A call of an operator's row.
fn operator(binder: &mut Binder<'_>, name: &str, arguments: Vec<Scalar>) -> Scalar {
    binder.operator(name, arguments, &[], Span::default())
}

/// A call of a function's row.
fn function(binder: &mut Binder<'_>, name: &str, arguments: Vec<Scalar>) -> Scalar {
    let row = functions::find(name).expect("every function that the binder names has a row");
    binder.apply(row, arguments, &[], Span::default())
}

/// All columns but some.
fn others(relation: &Relation, gone: &[&str]) -> Vec<(String, Scalar)> {
    let kept: Vec<Column> = relation
        .columns
        .iter()
        .filter(|column| !gone.contains(&column.name.as_str()))
        .cloned()
        .collect();
    all_columns(&kept)
}
