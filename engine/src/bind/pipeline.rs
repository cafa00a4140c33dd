//! Pipelines: sources, and operators in turn.

use super::function::Called;
use super::{Binder, Binding, Row, facts};
use crate::catalog::{Catalog, Reading, Table};
use crate::ir::{BoundQuery, Compare, Node, Relation, Scalar, ScalarKind};
use crate::operators;
use crate::query::RenderAnnotation;
use huntql_kql::ast::{Call, Expr, ExprKind, Name, OperatorKind, Pipeline, Source};
use huntql_kql::diagnostics::Diagnostic;
use huntql_kql::types::{Type, Value};
use huntql_store::schema::is_hidden;

impl Binder<'_> {
    /// A tabular statement; a `render` at its end becomes its annotation.
    pub(super) fn query(&mut self, pipeline: &Pipeline) -> Vec<BoundQuery> {
        if let Some((last, before)) = pipeline.operators.split_last()
            && operators::branches::are_given(last)
        {
            let source = self.source(&pipeline.source);
            let input = self.operators(source, before);
            return operators::branches::bind(self, last, input)
                .into_iter()
                .map(|relation| self.result(relation, None))
                .collect();
        }
        let render = pipeline
            .operators
            .last()
            .and_then(|operator| match &operator.kind {
                OperatorKind::Render(render) => Some(operators::render::annotation(self, render)),
                _ => None,
            });
        let mut relation = self.pipeline(pipeline);
        if matches!(relation.node, Node::Graph(_)) {
            let span = pipeline
                .operators
                .last()
                .map_or(pipeline.span, |last| last.span);
            self.report(
                Diagnostic::unsupported(span, "a graph as the result of a query is not supported")
                    .help("go on with `graph-match` or `graph-to-table`"),
            );
            relation = Relation::unknown();
        }
        vec![self.result(relation, render)]
    }

    /// A table that the text gives, no longer than `set query_take_max_records` says.
    fn result(&mut self, relation: Relation, render: Option<RenderAnnotation>) -> BoundQuery {
        let relation = match self.take_max {
            Some(count) => relation.limited(count),
            None => relation,
        };
        BoundQuery { relation, render }
    }

    pub(crate) fn pipeline(&mut self, pipeline: &Pipeline) -> Relation {
        stacker::maybe_grow(128 * 1024, 4 * 1024 * 1024, || {
            let source = self.source(&pipeline.source);
            self.operators(source, &pipeline.operators)
        })
    }

    /// Applies operators to an input.
    pub(crate) fn operators(
        &mut self,
        input: Relation,
        operators: &[huntql_kql::ast::Operator],
    ) -> Relation {
        operators.iter().fold(input, |input, operator| {
            operators::bind(self, operator, Some(input))
        })
    }

    fn source(&mut self, source: &Source) -> Relation {
        match source {
            Source::Operator(operator) => operators::bind(self, operator, None),
            Source::Expr(expr) => self.table(expr),
        }
    }

    /// An expression that must be a table.
    pub(crate) fn table(&mut self, expr: &Expr) -> Relation {
        if let Some(relation) = self.try_table(expr, None) {
            return relation;
        }
        match &expr.kind {
            ExprKind::Name(name) if self.scope.get(&name.text).is_none() => {
                self.unknown_table(name)
            }
            ExprKind::Call(call) if !self.is_callable(call) => {
                let diagnostic = facts::unknown_function(call.name.span, &call.name.text);
                let names: Vec<String> = self
                    .catalog
                    .functions()
                    .map(|function| function.name.clone())
                    .collect();
                self.report(Self::suggest(
                    diagnostic,
                    &call.name.text,
                    names.iter().map(String::as_str),
                ));
            }
            ExprKind::Member(..) | ExprKind::MemberCall(..) => {
                self.scalar(expr, None);
            }
            _ => {
                let bound = self.scalar(expr, None);
                if !bound.is_error() {
                    self.report(facts::table_expected(expr.span));
                }
            }
        }
        Relation::unknown()
    }

    fn is_callable(&self, call: &Call) -> bool {
        let name = call.name.text.as_str();
        self.scope.get(name).is_some()
            || crate::functions::find(name).is_some()
            || super::forms::find(name).is_some()
            || crate::support::is_known(name)
    }

    fn unknown_table(&mut self, name: &Name) {
        let names: Vec<String> = self
            .catalog
            .tables()
            .map(|table| table.schema.name.clone())
            .chain(self.scope.names().map(str::to_string))
            .collect();
        let diagnostic = facts::unknown_table(name.span, &name.text);
        self.report(Self::suggest(
            diagnostic,
            &name.text,
            names.iter().map(String::as_str),
        ));
    }

    /// The table that an expression is, or `None` when it is none: then it is a scalar, or nothing that is known.
    pub(crate) fn try_table(&mut self, expr: &Expr, row: Row<'_>) -> Option<Relation> {
        if let Some(relation) = self.pattern_table(expr) {
            return Some(relation);
        }
        match &expr.kind {
            ExprKind::Paren(inner) => self.try_table(inner, row),
            ExprKind::Pipeline(pipeline) => Some(self.pipeline(pipeline)),
            ExprKind::Name(name) => self.named_table(name, row),
            ExprKind::Call(call) => self.called_table(call, expr, row),
            _ => None,
        }
    }

    fn named_table(&mut self, name: &Name, row: Row<'_>) -> Option<Relation> {
        if row.is_some_and(|relation| relation.resolve(&name.text).is_some()) {
            return None;
        }
        match self.scope.get(&name.text).cloned() {
            Some(Binding::Table(relation)) => Some((*relation).clone()),
            Some(Binding::Function(function)) => {
                match self.call_user(&function, None, &[], name.span, row) {
                    Some(Called::Table(relation)) => Some(relation),
                    Some(Called::Scalar(_)) | None => None,
                }
            }
            Some(Binding::Scalar(_) | Binding::Pattern(_)) => None,
            None => {
                let catalog = self.catalog;
                catalog.table(&name.text).map(|table| scan(catalog, table))
            }
        }
    }

    fn called_table(&mut self, call: &Call, expr: &Expr, row: Row<'_>) -> Option<Relation> {
        let name = call.name.text.as_str();
        if let Some(Binding::Function(function)) = self.scope.get(name).cloned() {
            return match self.call_user(&function, None, &call.args, expr.span, row)? {
                Called::Table(relation) => Some(relation),
                Called::Scalar(_) => None,
            };
        }
        if let Some(form) = operators::tables::find(name) {
            return Some((form.bind)(self, call, expr.span));
        }
        let function = self.saved_function(name)?;
        match self.call_user(&function, None, &call.args, expr.span, row) {
            Some(Called::Table(relation)) => Some(relation),
            Some(Called::Scalar(_)) => None,
            None => Some(Relation::unknown()),
        }
    }

    /// The views whose names match, with their tables.
    pub(crate) fn views(&mut self, matches: impl Fn(&str) -> bool) -> Vec<(String, Relation)> {
        let mut found = Vec::new();
        for view in self.scope.views() {
            if matches(&view.name)
                && let Some(Called::Table(relation)) =
                    self.call_user(&view, None, &[], view.body.span, None)
            {
                found.push((view.name.clone(), relation));
            }
        }
        found
    }

    /// `invoke f(…)`: the input is the function's first argument.
    pub(crate) fn invoke(
        &mut self,
        input: Relation,
        call: &Call,
        span: huntql_kql::span::Span,
    ) -> Relation {
        let name = call.name.text.as_str();
        let function = match self.scope.get(name).cloned() {
            Some(Binding::Function(function)) => Some(function),
            _ => self.saved_function(name),
        };
        if let (None, Some(enrichment)) = (&function, operators::enrich::find(name)) {
            return operators::enrich::bind(self, enrichment, input, call);
        }
        let Some(function) = function else {
            if crate::support::is_known(name) {
                self.report(facts::unsupported_function(call.name.span, name));
                return Relation::unknown();
            }
            let names: Vec<String> = self
                .catalog
                .functions()
                .map(|function| function.name.clone())
                .collect();
            let diagnostic = facts::unknown_function(call.name.span, name);
            self.report(Self::suggest(
                diagnostic,
                name,
                names.iter().map(String::as_str),
            ));
            return Relation::unknown();
        };
        let row = input.clone();
        match self.call_user(&function, Some(input), &call.args, span, Some(&row)) {
            Some(Called::Table(relation)) => relation,
            Some(Called::Scalar(_)) => {
                self.report(facts::table_expected(span));
                Relation::unknown()
            }
            None => Relation::unknown(),
        }
    }
}

/// All rows of a table, with the names that queries may use for its columns.
pub(crate) fn scan(catalog: &Catalog, table: &Table) -> Relation {
    let mut relation = Relation::new(
        table.schema.columns.clone(),
        Node::Scan(Box::new(table.clone())),
    );
    relation.hidden = table.hidden.clone();
    match (catalog.reading(), table.alias("TimeGenerated")) {
        (Reading::AsDeclared, _) => relation.hidden.retain(|column| is_hidden(&column.name)),
        (Reading::EitherPortal, Some(target)) => {
            let alias = ("TimeGenerated".into(), target.into());
            relation.aliases.push(alias);
        }
        (Reading::EitherPortal, None) => {}
    }
    match within_times(table) {
        Some(predicate) => relation.filtered(predicate),
        None => relation,
    }
}

/// Whether a row's time is one of those that the table is limited to.
fn within_times(table: &Table) -> Option<Scalar> {
    let times = table.times?;
    let column = ["Timestamp", "TimeGenerated"]
        .iter()
        .find_map(|name| table.schema.column(name))
        .filter(|column| column.ty == Type::Datetime)?;
    let compare = |how, ticks| {
        let (time, limit) = (
            Box::new(Scalar::column(column)),
            Box::new(Scalar::literal(Value::Datetime(Some(ticks)))),
        );
        Scalar::new(Type::Bool, ScalarKind::Compare(how, time, limit))
    };
    Some(Scalar::all(vec![
        compare(Compare::GreaterOrEqual, times.from),
        compare(Compare::Less, times.to),
    ]))
}
