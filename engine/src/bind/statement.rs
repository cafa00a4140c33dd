//! Statements: `let`, `set`, `declare`, and the tabular ones.

use super::scope::{FunctionKind, UserFunction};
use super::{Binder, Binding, Bins, Missing, Question, facts};
use crate::ir::{BoundQuery, Scalar};
use huntql_kql::ast::{Let, LetValue, Parameter, ParameterType, Script, Statement, StatementKind};
use huntql_kql::diagnostics::Diagnostic;
use huntql_kql::types::{Type, Value};
use std::cell::Cell;
use std::collections::HashSet;
use std::rc::Rc;

/// All tabular statements of a text, bound, with everything that is to be said of it.
#[derive(Debug, Default)]
pub struct BoundScript {
    pub queries: Vec<BoundQuery>,
    pub diagnostics: Vec<Diagnostic>,
    /// Relations whose values are names of columns: until they have run, what depends on them is unknown.
    pub questions: Vec<Question>,
    /// Columns that were missed.
    pub(crate) missing: Missing,
}

pub(super) fn bind_script(binder: &mut Binder<'_>, script: &Script) -> Vec<BoundQuery> {
    binder.let_once(&[], &script.statements);
    let queries = script
        .statements
        .iter()
        .flat_map(|statement| bind_statement(binder, statement))
        .collect();
    for function in binder.scope.functions() {
        if !function.called.get() {
            binder.uncalled(&function);
        }
    }
    queries
}

fn bind_statement(binder: &mut Binder<'_>, statement: &Statement) -> Vec<BoundQuery> {
    match &statement.kind {
        StatementKind::Let(binding) => binder.bind_let(binding),
        StatementKind::Set { option, value } => set_option(binder, option, value.as_ref()),
        StatementKind::QueryParameters(parameters) => parameters
            .iter()
            .for_each(|parameter| query_parameter(binder, parameter)),
        StatementKind::Pattern(pattern) => {
            let binding = Binding::Pattern(Rc::new(pattern.clone()));
            binder.scope.set(&pattern.name.text, binding);
        }
        StatementKind::Other { name } => binder.unsupported(statement.span, &format!("`{name}`")),
        StatementKind::Query(pipeline) => return binder.query(pipeline),
    }
    Vec::new()
}

/// A statement's kind in words.
pub(super) fn kind_name(kind: &StatementKind) -> &str {
    match kind {
        StatementKind::Let(_) => "`let`",
        StatementKind::Set { .. } => "`set`",
        StatementKind::QueryParameters(_) => "`declare query_parameters`",
        StatementKind::Pattern(_) => "`declare pattern`",
        StatementKind::Other { name } => name,
        StatementKind::Query(_) => "a tabular statement",
    }
}

impl Binder<'_> {
    /// Reports names that statements declare a second time.
    pub(super) fn let_once(&mut self, parameters: &[Parameter], statements: &[Statement]) {
        let mut declared: HashSet<&str> = parameters
            .iter()
            .map(|parameter| parameter.name.text.as_str())
            .collect();
        for statement in statements {
            if let StatementKind::Let(binding) = &statement.kind
                && !declared.insert(&binding.name.text)
            {
                let name = &binding.name;
                self.report(facts::declared_twice(name.span, &name.text));
            }
        }
    }

    pub(super) fn bind_let(&mut self, binding: &Let) {
        let name = binding.name.text.clone();
        let value = match &binding.value {
            LetValue::Function(body) | LetValue::View(body) => {
                Binding::Function(Rc::new(UserFunction {
                    name: name.clone(),
                    body: Rc::new(body.clone()),
                    kind: match binding.value {
                        LetValue::View(_) => FunctionKind::View,
                        LetValue::Function(_) | LetValue::Expr(_) => FunctionKind::Plain,
                    },
                    scope: self.scope.clone(),
                    called: Cell::new(false),
                }))
            }
            LetValue::Expr(expr) => match self.try_table(expr, None) {
                Some(relation) => Binding::Table(Rc::new(relation)),
                None => Binding::Scalar(self.scalar(expr, None)),
            },
        };
        self.scope.set(name, value);
    }
}

/// Options of `set` that cannot change an answer here: limits and hints of a cluster.
///
/// Anything else is refused by name: an option that is accepted and ignored could change what the query means.
const HARMLESS_OPTIONS: &[&str] = &[
    "notruncation",
    "truncationmaxsize",
    "truncationmaxrecords",
    "servertimeout",
    "norequesttimeout",
    "maxmemoryconsumptionperiterator",
    "maxmemoryconsumptionperquery",
    "max_memory_consumption_per_query_per_node",
    "maxoutputcolumns",
    "best_effort",
    "query_results_cache_max_age",
    "request_description",
    "request_app_name",
    "request_user",
    "query_fanout_nodes_percent",
    "query_fanout_threads_percent",
    "query_distribution_nodes_span",
    "query_weakconsistency_session_id",
    "queryconsistency",
    "query_language",
];

/// Options that `bin_auto` reads, and where they are kept.
type BinOption = (&'static str, fn(&mut Bins) -> &mut Option<Scalar>);
const BIN_OPTIONS: &[BinOption] = &[
    ("query_bin_auto_size", |bins| &mut bins.size),
    ("query_bin_auto_at", |bins| &mut bins.at),
];

fn set_option(
    binder: &mut Binder<'_>,
    option: &huntql_kql::ast::Name,
    value: Option<&huntql_kql::ast::Expr>,
) {
    let bound = value
        .filter(|value| !matches!(value.kind, huntql_kql::ast::ExprKind::Name(_)))
        .map(|value| binder.scalar(value, None));
    if option.text == "query_take_max_records" {
        return take_max(binder, value, option.span);
    }
    if let Some((_, slot)) = BIN_OPTIONS.iter().find(|(name, _)| *name == option.text) {
        return match bound {
            Some(bound) => *slot(&mut binder.bins) = Some(bound),
            None => binder.unsupported(option.span, &format!("`{}` without a value", option.text)),
        };
    }
    if HARMLESS_OPTIONS.contains(&option.text.to_ascii_lowercase().as_str()) {
        return;
    }
    binder.report(Diagnostic::unsupported(
        option.span,
        format!("the option `{}` is not supported", option.text),
    ));
}

/// `set query_take_max_records = n`: no result has more rows.
fn take_max(
    binder: &mut Binder<'_>,
    value: Option<&huntql_kql::ast::Expr>,
    span: huntql_kql::span::Span,
) {
    let Some(value) = value else {
        binder.unsupported(span, "`query_take_max_records` without a number");
        return;
    };
    let bound = binder.scalar(value, None);
    let Some(count) = binder.constant_long(&bound, value.span) else {
        return;
    };
    match u64::try_from(count) {
        Ok(count) => binder.take_max = Some(count),
        Err(_) => binder.report(facts::negative(value.span, "the number of rows", count)),
    }
}

/// A declared parameter gets the value that was given for it, else its default.
fn query_parameter(binder: &mut Binder<'_>, parameter: &Parameter) {
    let ParameterType::Scalar(ty) = parameter.ty else {
        binder.report(Diagnostic::binding(
            "SEM0001",
            parameter.span,
            "a query parameter must be a single value",
        ));
        return;
    };
    let name = &parameter.name.text;
    let value = match (binder.options.parameters.get(name), &parameter.default) {
        (Some(text), _) => given(binder, text, ty, parameter),
        (None, Some(default)) => {
            let value = binder.scalar(default, None);
            binder.convert(value, ty)
        }
        (None, None) => binder.wrong(
            Diagnostic::binding(
                "SEM0002",
                parameter.span,
                format!("the parameter `{name}` has no value"),
            )
            .help(format!(
                "give one with `--param {name}=…`, or a default in the query"
            )),
        ),
    };
    binder.scope.set(name, Binding::Scalar(value));
}

fn given(binder: &mut Binder<'_>, text: &str, ty: Type, parameter: &Parameter) -> Scalar {
    let value = binder.convert(Scalar::literal(Value::String(text.to_string())), ty);
    if value.as_literal().is_some_and(Value::is_null) && !matches!(text.trim(), "" | "null") {
        let name = &parameter.name.text;
        let message = format!("`{text}`, given for the parameter `{name}`, is no {ty}");
        return binder.wrong(Diagnostic::binding("KS107", parameter.span, message));
    }
    value
}
