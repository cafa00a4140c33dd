//! `render`: kept as an annotation; it changes no row.

use crate::bind::Binder;
use crate::ir::Relation;
use crate::query::RenderAnnotation;
use huntql_kql::ast::{ExprKind, Render, UnaryOp};
use huntql_kql::diagnostics::Diagnostic;
use huntql_kql::types::Value;

/// The visualizations of the language (Kusto docs, "render operator"), old names among them.
pub(crate) const VISUALIZATIONS: &[&str] = &[
    "anomalychart",
    "areachart",
    "barchart",
    "card",
    "columnchart",
    "ladderchart",
    "linechart",
    "piechart",
    "pivotchart",
    "plotly",
    "scatterchart",
    "stackedareachart",
    "table",
    "timechart",
    "timeline",
    "timepivot",
    "treemap",
    "graph",
    "list",
];

pub(super) fn bind(binder: &mut Binder<'_>, render: &Render, input: Relation) -> Relation {
    annotation(binder, render);
    input
}

pub(crate) fn annotation(binder: &mut Binder<'_>, render: &Render) -> RenderAnnotation {
    let visualization = render.visualization.text.clone();
    if !VISUALIZATIONS.contains(&visualization.to_ascii_lowercase().as_str()) {
        let diagnostic = Diagnostic::binding(
            "SYN0001",
            render.visualization.span,
            format!("`{visualization}` is not a known visualization"),
        );
        binder.report(Binder::suggest(
            diagnostic,
            &visualization,
            VISUALIZATIONS.iter().copied(),
        ));
    }
    let properties = render
        .properties
        .iter()
        .map(|property| (property.name.text.clone(), text(&property.value.kind)))
        .collect();
    RenderAnnotation {
        visualization,
        properties,
    }
}

fn text(kind: &ExprKind) -> String {
    match kind {
        ExprKind::Name(name) => name.text.clone(),
        ExprKind::Literal(literal) => match &literal.value {
            Value::String(text) => text.clone(),
            Value::Bool(Some(value)) => value.to_string(),
            Value::Long(Some(value)) => value.to_string(),
            Value::Real(Some(value)) => value.to_string(),
            _ => String::new(),
        },
        ExprKind::Unary(UnaryOp::Minus, inner) => format!("-{}", text(&inner.kind)),
        ExprKind::Paren(inner) => text(&inner.kind),
        _ => String::new(),
    }
}
