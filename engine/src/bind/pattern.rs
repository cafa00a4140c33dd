//! `declare pattern`: tables by constant names. A call takes the table of the case that has its values.
//!
//! Source: Kusto docs, "pattern statement".

use super::{Binder, Binding};
use crate::ir::{Relation, Scalar};
use huntql_kql::ast::{Call, Expr, ExprKind, Literal, PatternDeclaration};
use huntql_kql::diagnostics::Diagnostic;
use huntql_kql::types::{Type, Value};
use std::rc::Rc;

impl Binder<'_> {
    /// `name("a").path`, `name("a").["path"]`, `name("a")`; `None` when the name is that of no pattern.
    pub(super) fn pattern_table(&mut self, expr: &Expr) -> Option<Relation> {
        let (call, path) = match &expr.kind {
            ExprKind::Call(call) => (call, None),
            ExprKind::Member(object, name) => (called(object)?, Some(name.text.clone())),
            ExprKind::Index(object, index) => match &index.kind {
                ExprKind::Literal(Literal {
                    value: Value::String(path),
                    ..
                }) => (called(object)?, Some(path.clone())),
                _ => return None,
            },
            _ => return None,
        };
        let Some(Binding::Pattern(pattern)) = self.scope.get(&call.name.text).cloned() else {
            return None;
        };
        Some(self.pattern_case(&pattern, call, path, expr))
    }

    fn pattern_case(
        &mut self,
        pattern: &Rc<PatternDeclaration>,
        call: &Call,
        path: Option<String>,
        expr: &Expr,
    ) -> Relation {
        let mut values = Vec::new();
        for arg in &call.args {
            let value = self.scalar(&arg.value, None);
            match self.constant(&value, Type::String, arg.value.span) {
                Some(Value::String(text)) => values.push(text),
                _ => return Relation::unknown(),
            }
        }
        let text_of = |expr: &Expr| match &expr.kind {
            ExprKind::Literal(Literal {
                value: Value::String(text),
                ..
            }) => Some(text.clone()),
            _ => None,
        };
        let case = pattern.cases.iter().find(|case| {
            let same = case.values.iter().map(text_of).collect::<Option<Vec<_>>>();
            same.as_ref() == Some(&values) && case.path.as_ref().and_then(text_of) == path
        });
        let Some(case) = case else {
            let message = format!(
                "the pattern `{}` has no case for these values",
                pattern.name.text
            );
            self.report(Diagnostic::binding("SEM0036", expr.span, message));
            return Relation::unknown();
        };
        let outer = self.scope.clone();
        let named = pattern.parameters.iter().zip(values);
        for (parameter, value) in named.chain(pattern.path.iter().zip(path)) {
            let binding = Binding::Scalar(Scalar::literal(Value::String(value)));
            self.scope.set(&parameter.name.text, binding);
        }
        let table = self.table(&case.body);
        self.scope = outer;
        table
    }
}

fn called(expr: &Expr) -> Option<&Call> {
    match &expr.kind {
        ExprKind::Call(call) => Some(call),
        _ => None,
    }
}
