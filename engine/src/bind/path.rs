//! Access into `dynamic` values: `a.b`, `a["b"]`, `a[0]`.

use super::names::lent;
use super::{Binder, Row, facts};
use crate::catalog::Reading;
use crate::ir::Scalar;
use huntql_kql::ast::{Expr, ExprKind, Name};
use huntql_kql::diagnostics::Diagnostic;
use huntql_kql::types::{Type, Value};

/// Calls that name data outside of this catalog.
const ELSEWHERE: [&str; 4] = ["database", "cluster", "workspace", "app"];

impl Binder<'_> {
    /// Refuses `cluster(…)`, `database(…)` and their like by name.
    pub(super) fn elsewhere(&mut self, object: &Expr) -> Scalar {
        let mut head = object;
        while let ExprKind::MemberCall(inner, _) | ExprKind::Member(inner, _) = &head.kind {
            head = inner;
        }
        let name = match &head.kind {
            ExprKind::Call(call) => call.name.text.clone(),
            _ => "this call".into(),
        };
        self.wrong(Diagnostic::unsupported(
            object.span,
            format!("`{name}(…)` is not supported: it names data of another place, and queries reach no network"),
        ))
    }

    pub(super) fn member(&mut self, object: &Expr, name: &Name, row: Row<'_>) -> Scalar {
        let foreign = match &object.kind {
            ExprKind::Call(call) => ELSEWHERE.contains(&call.name.text.as_str()),
            ExprKind::MemberCall(..) => true,
            _ => false,
        };
        if foreign {
            return self.elsewhere(object);
        }
        if let ExprKind::Name(variable) = &object.kind
            && row.is_some()
            && let Some(scalar) = self.variable_member(variable, name)
        {
            return scalar;
        }
        let bound = self.scalar(object, row);
        let Some(bound) = self.bag(bound, object) else {
            return Scalar::error();
        };
        let key = Scalar::literal(Value::String(name.text.clone()));
        self.operator(
            "dynamic_member",
            vec![bound, key],
            &[object.span, name.span],
            object.span.to(name.span),
        )
    }

    pub(super) fn index(&mut self, object: &Expr, index: &Expr, row: Row<'_>) -> Scalar {
        let bound = self.scalar(object, row);
        let key = self.scalar(index, row);
        let Some(bound) = self.bag(bound, object) else {
            return Scalar::error();
        };
        let operator = match key.ty {
            _ if key.is_error() => return Scalar::error(),
            Type::String => "dynamic_member",
            Type::Int | Type::Long => "dynamic_element",
            Type::Dynamic => "dynamic_at",
            other => {
                return self.wrong(facts::wrong_type(
                    index.span,
                    other,
                    "a string or a whole number",
                ));
            }
        };
        self.operator(
            operator,
            vec![bound, key],
            &[object.span, index.span],
            object.span.to(index.span),
        )
    }

    /// The value as `dynamic`. `AdditionalFields` and its like, strings in Defender and dynamic in Log Analytics, are read as JSON; under
    /// [`Reading::AsDeclared`] they are what they were declared as.
    fn bag(&mut self, bound: Scalar, object: &Expr) -> Option<Scalar> {
        match bound.ty {
            _ if bound.is_error() => None,
            Type::Dynamic => Some(bound),
            Type::String
                if self.catalog.reading() == Reading::EitherPortal
                    && self.json_texts.is_one(object) =>
            {
                let row = crate::functions::find("parse_json").expect("`parse_json` has a row");
                Some(self.apply(row, vec![bound], &[object.span], object.span))
            }
            Type::String => {
                let text = lent(object).unwrap_or_else(|| "…".into());
                self.report(facts::text_without_members(object.span, &text));
                None
            }
            other => {
                self.report(facts::wrong_type(object.span, other, "a dynamic"));
                None
            }
        }
    }
}
