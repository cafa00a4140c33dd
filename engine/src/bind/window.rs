//! Calls that look at other rows: `row_number()`, `prev(x)` and their like.
//!
//! They need an order. The binder sets such a call aside, lets its column stand in the expression, and the operator then
//! computes all that were set aside in one [`Node::Window`] below itself.

use super::{Binder, Row, facts};
use crate::ir::{Compare, Node, Order, Relation, Scalar, ScalarKind};
use crate::overloads::Resolution;
use crate::windows::{self, WindowCall, WindowParam};
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
        let key = self
            .keys
            .last()
            .filter(|key| relation.hidden.contains(key))
            .cloned();
        if !is_serialized(relation, key.as_ref()) {
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
            Resolution::Found(bound) => {
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
                match key {
                    Some(key) => self.within(&key, bound, arguments, span),
                    None => self.set_aside(bound, arguments),
                }
            }
            Resolution::WrongCount => self.wrong(facts::wrong_count(
                span,
                window.name,
                types.len(),
                &facts::counted(window.overloads.iter().map(|overload| {
                    let most = overload.params.len();
                    (most - overload.optional, Some(most))
                })),
            )),
            Resolution::WrongType { index } => self.wrong(facts::not_taken(
                call.args[index].value.span,
                window.name,
                types[index],
            )),
        }
    }

    /// The column that a call will have below the operator.
    fn set_aside(&mut self, call: WindowCall, arguments: Vec<Scalar>) -> Scalar {
        self.window_count += 1;
        let name = format!("{WINDOW_PREFIX}{}", self.window_count);
        let ty = call.returns;
        self.windows.push((name.clone(), call, arguments));
        Scalar::new(ty, ScalarKind::Column(name))
    }

    fn set_aside_by_name(&mut self, name: &str, arguments: Vec<Scalar>) -> Scalar {
        let window = windows::find(name).expect("the window function has a row");
        let types: Vec<Type> = arguments.iter().map(|argument| argument.ty).collect();
        let Resolution::Found(call) = windows::resolve(window, &types) else {
            unreachable!("`{name}` takes these arguments")
        };
        self.set_aside(call, arguments)
    }

    /// A call within each of the sub-tables that `key` tells apart: what counts begins again with each of them, and a row so many
    /// places away counts only when its number in its sub-table is as far away.
    fn within(
        &mut self,
        key: &Column,
        call: WindowCall,
        mut arguments: Vec<Scalar>,
        span: Span,
    ) -> Scalar {
        let before = self.set_aside_by_name("prev", vec![Scalar::column(key)]);
        let unequal = ScalarKind::Compare(
            Compare::NotEqual,
            Box::new(before),
            Box::new(Scalar::column(key)),
        );
        let begins = Scalar::new(Type::Bool, unequal);
        let one = Scalar::literal(Value::Long(Some(1)));
        if let Some(at) = call.restart() {
            if arguments.is_empty() && at > 0 {
                arguments.push(one);
            }
            let begins = match arguments.get(at) {
                Some(written) => Scalar::any(vec![begins, written.clone()]),
                None => begins,
            };
            arguments.truncate(at);
            arguments.push(begins);
            return self.set_aside_by_name(call.function.name, arguments);
        }
        let number = self.set_aside_by_name("row_number", vec![one.clone(), begins]);
        let name = call.function.name;
        let away = arguments.get(1).cloned().unwrap_or(one);
        let (value, default) = (arguments[0].clone(), arguments.get(2).cloned());
        let found = self.set_aside_by_name(name, vec![number.clone(), away.clone()]);
        let step = match call.looks_back() {
            true => "subtract",
            false => "add",
        };
        let wanted = self.operator(step, vec![number, away.clone()], &[span, span], span);
        let is_there = ScalarKind::Compare(Compare::Equal, Box::new(found), Box::new(wanted));
        let ty = value.ty;
        let shifted = self.set_aside_by_name(name, vec![value, away]);
        let otherwise = default.unwrap_or_else(|| Scalar::literal(Value::null(ty)));
        let cases = vec![(Scalar::new(Type::Bool, is_there), shifted)];
        Scalar::new(ty, ScalarKind::Case(cases, Box::new(otherwise)))
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

/// Whether the rows have an order, those of each sub-table where a key tells them apart.
fn is_serialized(relation: &Relation, key: Option<&Column>) -> bool {
    match (&relation.order, key) {
        (Order::By(keys), Some(_)) => keys.len() > 1,
        (order, _) => order.is_serialized(),
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
