//! Calls that look at other rows: `row_number()`, `prev(x)` and their like.
//!
//! They need an order. The binder sets such a call aside, lets its column stand in the expression, and the operator then
//! computes all that were set aside in one [`Node::Window`] below itself.

use super::{Binder, Row, facts};
use crate::ir::{Node, Relation, Scalar, ScalarKind};
use crate::windows::{self, WindowCall, WindowParam, WindowResolution};
use huntql_kql::ast::Call;
use huntql_kql::diagnostics::Diagnostic;
use huntql_kql::span::Span;
use huntql_kql::types::{Column, Type, Value};

/// What the hidden columns of window calls are called; they live only within one operator.
pub(crate) const WINDOW_PREFIX: &str = "__window";

impl Binder<'_> {
    pub(super) fn window(&mut self, call: &Call, span: Span, row: Row<'_>) -> Scalar {
        let window = windows::find(&call.name.text).expect("the caller looked it up");
        let Some(relation) = row else {
            return self.wrong(facts::no_input(span, &call.name.text));
        };
        let arguments: Vec<Scalar> = call
            .args
            .iter()
            .map(|arg| self.scalar(&arg.value, row))
            .collect();
        if relation.unknown || arguments.iter().any(Scalar::is_error) {
            return Scalar::error();
        }
        if self.keyed > 0 {
            return self.wrong(Diagnostic::unsupported(
                span,
                format!(
                    "`{}` inside of a sub-query is not supported",
                    call.name.text
                ),
            ));
        }
        if !relation.order.is_serialized() {
            return self.wrong(
                Diagnostic::binding(
                    "KS222",
                    span,
                    format!("`{}` needs rows in an order", call.name.text),
                )
                .help("put `sort by …` or `serialize` in front of it"),
            );
        }
        let arguments = match window.overloads[0].params.get(2) {
            Some(WindowParam::ConstantLikeFirst) => {
                match self.default_in_type(default_that_is_null(arguments), call) {
                    Some(arguments) => arguments,
                    None => return Scalar::error(),
                }
            }
            _ => arguments,
        };
        let types: Vec<Type> = arguments.iter().map(|argument| argument.ty).collect();
        match windows::resolve(window, &types) {
            WindowResolution::Found(bound) => {
                let arguments: Vec<Scalar> = arguments
                    .into_iter()
                    .zip(&bound.parameters)
                    .map(|(argument, ty)| self.convert(argument, *ty))
                    .collect();
                for (index, argument) in arguments.iter().enumerate() {
                    if bound.wants_constant(index) && argument.as_literal().is_none() {
                        return self.wrong(facts::not_constant(
                            call.args[index].value.span,
                            argument.ty,
                        ));
                    }
                }
                self.window_count += 1;
                let name = format!("{WINDOW_PREFIX}{}", self.window_count);
                let ty = bound.returns;
                self.windows.push((name.clone(), bound, arguments));
                Scalar::new(ty, ScalarKind::Column(name))
            }
            WindowResolution::WrongCount => self.wrong(facts::wrong_count(
                span,
                window.name,
                types.len(),
                &facts::counted(window.overloads.iter().map(|overload| {
                    let most = overload.params.len();
                    (most - overload.optional, Some(most))
                })),
            )),
            WindowResolution::WrongType { index } => self.wrong(facts::not_taken(
                call.args[index].value.span,
                window.name,
                types[index],
            )),
        }
    }

    /// The value for rows that are not there in the type of the others: anything has a text, and any value can be a dynamic one. What
    /// another type would make of it the reference does not say.
    fn default_in_type(&mut self, mut arguments: Vec<Scalar>, call: &Call) -> Option<Vec<Scalar>> {
        if let [value, _, default] = arguments.as_mut_slice()
            && value.ty != default.ty
            && default.as_literal().is_some()
            && !(value.ty.is_numeric() && default.ty.is_numeric())
        {
            if !matches!(value.ty, Type::String | Type::Dynamic) {
                let what = format!(
                    "a {} as the default of `{}` over a {}",
                    default.ty, call.name.text, value.ty
                );
                self.unsupported(call.args[2].value.span, &what);
                return None;
            }
            *default = self.convert(default.clone(), value.ty);
        }
        Some(arguments)
    }

    /// The input with the columns of the window calls that were set aside since the last time. A call over another's result
    /// (`row_number(1, prev(x) != x)`) stands in a node above that of the other.
    pub(crate) fn with_windows(&mut self, mut input: Relation) -> Relation {
        let mut level: Vec<WindowItem> = Vec::new();
        for item in std::mem::take(&mut self.windows) {
            if level.iter().any(|(name, ..)| reads(&item, name)) {
                input = windowed(input, std::mem::take(&mut level));
            }
            level.push(item);
        }
        if level.is_empty() {
            input
        } else {
            windowed(input, level)
        }
    }
}

/// The value for rows that are not there (`prev(x, 1, …)`) may have another type than the others when it is null or `""`: it is null
/// in every type.
fn default_that_is_null(mut arguments: Vec<Scalar>) -> Vec<Scalar> {
    if let [value, _, default] = arguments.as_mut_slice()
        && value.ty != default.ty
        && default.ty != Type::Bool
        && default
            .as_literal()
            .is_some_and(|literal| *literal == Value::null(default.ty))
    {
        *default = Scalar::literal(Value::null(value.ty));
    }
    arguments
}

type WindowItem = (String, WindowCall, Vec<Scalar>);

/// Whether an argument of the call is or holds the column `name`.
fn reads((_, _, arguments): &WindowItem, name: &str) -> bool {
    let mut found = false;
    for argument in arguments {
        argument.visit(&mut |part| {
            found |= matches!(&part.kind, ScalarKind::Column(column) if column == name);
        });
    }
    found
}

/// The input with the columns of these calls, hidden.
fn windowed(input: Relation, items: Vec<WindowItem>) -> Relation {
    let mut hidden = input.hidden.clone();
    let columns = items
        .iter()
        .map(|(name, call, _)| Column::new(name.clone(), call.returns));
    hidden.extend(columns);
    Relation {
        columns: input.columns.clone(),
        hidden,
        aliases: input.aliases.clone(),
        order: input.order.clone(),
        unknown: input.unknown,
        node: Node::Window {
            input: Box::new(input),
            items,
        },
    }
}
