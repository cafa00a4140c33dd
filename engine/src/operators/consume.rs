//! `consume`: runs its input to the end and gives neither columns nor rows. Source: Kusto docs, "consume operator".

use crate::bind::Binder;
use crate::ir::{Compare, Relation, Scalar, ScalarKind};
use huntql_kql::ast::{Consume, Count, ExprKind};
use huntql_kql::diagnostics::Diagnostic;
use huntql_kql::types::{Type, Value};

pub(super) fn bind(binder: &mut Binder<'_>, consume: &Consume, input: Relation) -> Relation {
    for parameter in &consume.parameters {
        let is_bool = matches!(&parameter.value.kind,
            ExprKind::Literal(literal) if matches!(literal.value, Value::Bool(Some(_))));
        // How much work reading the rows is tells of a cluster; a hint changes no answer.
        if !is_bool && !parameter.name.text.starts_with("hint.") {
            let name = &parameter.name.text;
            binder.report(Diagnostic::unsupported(
                parameter.span,
                format!("`{name}` with this value is not supported in `consume`"),
            ));
        }
    }
    if input.unknown {
        return Relation::unknown();
    }
    let counted = super::summarize::count(binder, &Count { name: None }, input);
    let below_zero = Scalar::new(
        Type::Bool,
        ScalarKind::Compare(
            Compare::Less,
            Box::new(Scalar::column(&counted.columns[0])),
            Box::new(Scalar::literal(Value::Long(Some(0)))),
        ),
    );
    counted.filtered(below_zero).projected(Vec::new())
}
