//! Calls in scalar places.

use super::{Binder, Binding, Row, facts, forms};
use crate::functions::{self, Param, ScalarFunction};
use crate::ir::Scalar;
use crate::{aggregates, windows};
use huntql_kql::ast::{Arg, Call, ExprKind, Name};
use huntql_kql::diagnostics::Diagnostic;
use huntql_kql::span::Span;
use huntql_kql::types::Type;

impl Binder<'_> {
    pub(super) fn call(&mut self, call: &Call, span: Span, row: Row<'_>) -> Scalar {
        let name = call.name.text.as_str();
        if let Some(Binding::Function(function)) = self.scope.get(name).cloned() {
            return self.call_user_scalar(&function, &call.args, span, row);
        }
        if let Some(scalar) = self.pattern_call(call, span) {
            return scalar;
        }
        if let Some(scalar) = self.collected_aggregate(call, span, row) {
            return scalar;
        }
        if let Some(form) = forms::find(name) {
            return (form.bind)(self, call, span, row);
        }
        if let Some(row_) = functions::find(name) {
            return self.call_function(row_, call, span, row);
        }
        if windows::find(name).is_some() {
            return self.window(call, span, row);
        }
        if let Some(function) = self.saved_function(name) {
            return self.call_user_scalar(&function, &call.args, span, row);
        }
        for arg in &call.args {
            self.try_argument(&arg.value, row);
        }
        if functions::columns(name).is_some() {
            return self.wrong(
                Diagnostic::binding(
                    "KS149",
                    call.name.span,
                    format!("`{name}` gives several columns and cannot stand within an expression"),
                )
                .help(format!("make columns of it first: `| extend {name}(…)`")),
            );
        }
        if aggregates::find(name).is_some() {
            return self.wrong(
                Diagnostic::binding(
                    "KS215",
                    call.name.span,
                    format!("the aggregate `{name}` cannot stand here"),
                )
                .help("aggregates belong in `summarize`"),
            );
        }
        if crate::support::is_known(name) {
            return self.wrong(facts::unsupported_function(call.name.span, name));
        }
        let diagnostic = facts::unknown_function(call.name.span, name);
        let mut known: Vec<String> = self.scope.names().map(str::to_string).collect();
        known.extend(self.catalog.functions().map(|saved| saved.name.clone()));
        known.extend(functions::names().chain(forms::names()).map(str::to_string));
        let others = aggregates::names().chain(windows::all().map(|window| window.name));
        known.extend(others.map(str::to_string));
        self.wrong(Self::suggest(
            diagnostic,
            name,
            known.iter().map(String::as_str),
        ))
    }

    /// Binds an argument for its errors only.
    fn try_argument(&mut self, expr: &huntql_kql::ast::Expr, row: Row<'_>) {
        if !matches!(expr.kind, huntql_kql::ast::ExprKind::Star)
            && self.try_table(expr, row).is_none()
        {
            self.scalar(expr, row);
        }
    }

    fn call_function(
        &mut self,
        function: &'static ScalarFunction,
        call: &Call,
        span: Span,
        row: Row<'_>,
    ) -> Scalar {
        let mut arguments = Vec::new();
        let mut spans = Vec::new();
        let (args, target) = split_typeof(function, call);
        for arg in args {
            if matches!(arg.value.kind, ExprKind::Star)
                && args.len() == 1
                && function.takes_columns()
                && let Some(relation) = row
            {
                arguments.extend(relation.columns.iter().map(Scalar::column));
                spans.extend(relation.columns.iter().map(|_| arg.value.span));
                continue;
            }
            // A name in front of an argument of a function only names the result.
            arguments.push(self.scalar(&arg.value, row));
            spans.push(arg.value.span);
        }
        let value = self.apply(function, arguments, &spans, span);
        match target {
            Some(target) => self.extracted(value, target),
            None => value,
        }
    }

    /// What was extracted, as `to…` reads it.
    fn extracted(&mut self, value: Scalar, target: &Name) -> Scalar {
        match Type::parse(&target.text) {
            Some(Type::Dynamic) => {
                let row = functions::find("parse_json").expect("`parse_json` has a row");
                self.apply(row, vec![value], &[target.span], target.span)
            }
            Some(ty) => self.convert(value, ty),
            None => self.wrong(Diagnostic::binding(
                "KS107",
                target.span,
                format!("`{}` is not a type", target.text),
            )),
        }
    }
}

/// Functions that take a `typeof(T)` behind their arguments.
const TYPED: [&str; 3] = ["extract", "extract_json", "percentile_tdigest"];

/// The arguments of a call, and the type of a `typeof(…)` at their end.
fn split_typeof<'c>(function: &ScalarFunction, call: &'c Call) -> (&'c [Arg], Option<&'c Name>) {
    if let (true, Some((last, rest))) = (TYPED.contains(&function.name), call.args.split_last())
        && let ExprKind::Call(inner) = &last.value.kind
        && let ("typeof", [arg]) = (inner.name.text.as_str(), inner.args.as_slice())
        && let ExprKind::Name(name) = &arg.value.kind
    {
        return (rest, Some(name));
    }
    (&call.args, None)
}

/// How many arguments a function takes, in words.
pub(super) fn expected_count(function: &ScalarFunction) -> String {
    let overloads = function.overloads.iter();
    facts::counted(overloads.map(|overload| {
        let most = (!overload.variadic).then_some(overload.params.len());
        (overload.params.len() - overload.optional, most)
    }))
}

/// What an argument should have been, in words.
pub(super) fn expected_type(function: &ScalarFunction, index: usize) -> String {
    let mut words: Vec<String> = Vec::new();
    for param in function
        .overloads
        .iter()
        .filter_map(|overload| overload.param(index))
    {
        let word = match param {
            Param::Is(ty) => facts::one(ty),
            Param::Text | Param::Any => "a scalar".into(),
            Param::Json | Param::JsonOrColumns => "a dynamic".into(),
            Param::Number => "a number".into(),
            Param::Integer => "a whole number".into(),
            Param::Common => "one type for all".into(),
            Param::Constant => "a constant string".into(),
        };
        if !words.contains(&word) {
            words.push(word);
        }
    }
    words.join(" or ")
}
