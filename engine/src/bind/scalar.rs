//! Scalar expressions.

use super::{Binder, Binding, Row, facts};
use crate::conversion;
use crate::functions::{self, Callable};
use crate::ir::{Scalar, ScalarKind};
use crate::kernel::KernelError;
use crate::overloads::Resolution;
use huntql_kql::ast::{BinaryOp, Expr, ExprKind, Literal, Name, UnaryOp};
use huntql_kql::diagnostics::Diagnostic;
use huntql_kql::span::Span;
use huntql_kql::types::{Type, Value};

impl Binder<'_> {
    /// Binds an expression over the columns of `row`. Always gives a scalar; what is wrong was reported.
    pub(crate) fn scalar(&mut self, expr: &Expr, row: Row<'_>) -> Scalar {
        stacker::maybe_grow(128 * 1024, 4 * 1024 * 1024, || self.scalar_inner(expr, row))
    }

    fn scalar_inner(&mut self, expr: &Expr, row: Row<'_>) -> Scalar {
        match &expr.kind {
            ExprKind::Literal(Literal { value, .. }) => Scalar::literal(value.clone()),
            ExprKind::Name(name) => self.name(name, row),
            ExprKind::Paren(inner) => self.scalar(inner, row),
            ExprKind::Unary(op, operand) => self.unary(*op, operand, row),
            ExprKind::Binary(binary) => self.binary(binary, expr.span, row),
            ExprKind::And(operands) => self.logical(operands, row, ScalarKind::And),
            ExprKind::Or(operands) => self.logical(operands, row, ScalarKind::Or),
            ExprKind::Between(between) => self.between(between, row),
            ExprKind::In(list) => self.membership(list, row),
            ExprKind::Call(call) => self.call(call, expr.span, row),
            ExprKind::Member(object, name) => self.member(object, name, row),
            ExprKind::MemberCall(object, _) => self.elsewhere(object),
            ExprKind::Index(object, index) => self.index(object, index, row),
            ExprKind::Star => self.wrong(Diagnostic::binding(
                "KS189",
                expr.span,
                "`*` cannot stand here",
            )),
            ExprKind::Pipeline(pipeline) => {
                self.pipeline(pipeline);
                self.wrong(
                    Diagnostic::binding(
                        "KS107",
                        expr.span,
                        "a table stands where a single value is needed",
                    )
                    .help("`toscalar(…)` takes the first value of a table"),
                )
            }
        }
    }

    /// A bare name: a column, else a `let` name or parameter.
    fn name(&mut self, name: &Name, row: Row<'_>) -> Scalar {
        if row.is_some()
            && let Some(scalar) = self.variable(name)
        {
            return scalar;
        }
        if let Some(relation) = row
            && let Some(column) = relation.resolve(&name.text)
        {
            return Scalar::column(column);
        }
        match self.scope.get(&name.text).cloned() {
            Some(Binding::Scalar(scalar)) => return scalar,
            Some(Binding::Table(_) | Binding::Pattern(_)) => {
                return self.wrong(facts::scalar_expected(name.span, &name.text));
            }
            Some(Binding::Function(function)) => {
                return self.call_user_scalar(&function, &[], name.span, row);
            }
            None => {}
        }
        match row {
            Some(relation) if relation.unknown => Scalar::error(),
            Some(relation) => {
                let candidates: Vec<String> = relation
                    .columns
                    .iter()
                    .map(|column| column.name.clone())
                    .chain(self.scope.names().map(str::to_string))
                    .collect();
                self.unknown_column(name, candidates.iter().map(String::as_str));
                Scalar::error()
            }
            None => {
                let candidates: Vec<String> = self.scope.names().map(str::to_string).collect();
                let diagnostic = Diagnostic::binding(
                    "KS142",
                    name.span,
                    format!("`{}` is not a known name", name.text),
                );
                self.wrong(Self::suggest(
                    diagnostic,
                    &name.text,
                    candidates.iter().map(String::as_str),
                ))
            }
        }
    }

    fn unary(&mut self, op: UnaryOp, operand: &Expr, row: Row<'_>) -> Scalar {
        let bound = self.scalar(operand, row);
        match op {
            UnaryOp::Plus => bound,
            UnaryOp::Minus => self.operator("negate", vec![bound], &[operand.span], operand.span),
        }
    }

    fn logical(
        &mut self,
        operands: &[Expr],
        row: Row<'_>,
        kind: fn(Vec<Scalar>) -> ScalarKind,
    ) -> Scalar {
        let operands = operands
            .iter()
            .map(|operand| self.condition(operand, row))
            .collect();
        Scalar::new(Type::Bool, kind(operands))
    }

    /// An expression that must be a bool. Numbers and `dynamic` are taken as `tobool` reads them.
    pub(crate) fn condition(&mut self, expr: &Expr, row: Row<'_>) -> Scalar {
        let bound = self.scalar(expr, row);
        match bound.ty {
            Type::Bool => bound,
            _ if bound.is_error() => bound,
            Type::Dynamic | Type::Int | Type::Long => self.convert(bound, Type::Bool),
            other => self.wrong(facts::wrong_type(expr.span, other, "a bool")),
        }
    }

    /// Converts as a `to…` function does; constants fold.
    pub(crate) fn convert(&mut self, scalar: Scalar, ty: Type) -> Scalar {
        if scalar.ty == ty || scalar.is_error() {
            return scalar;
        }
        if let Some(value) = scalar.as_literal() {
            let array = crate::value::to_arrow(value).to_array();
            if let Ok(converted) = array
                .map_err(KernelError::from)
                .and_then(|array| conversion::convert(&array, value.ty(), ty))
            {
                return Scalar::literal(crate::value::from_arrow(&converted, 0, ty));
            }
        }
        Scalar::new(ty, ScalarKind::Convert(Box::new(scalar)))
    }

    fn between(&mut self, between: &huntql_kql::ast::Between, row: Row<'_>) -> Scalar {
        let value = self.scalar(&between.value, row);
        let low = self.scalar(&between.low, row);
        let mut high = self.scalar(&between.high, row);
        // `Timestamp between (start .. 1d)`: a timespan behind a datetime is a length.
        if value.ty == Type::Datetime && high.ty == Type::Timespan {
            high = self.operator(
                "add",
                vec![low.clone(), high],
                &[between.low.span, between.high.span],
                between.high.span,
            );
        }
        let above = self.compare(
            BinaryOp::GreaterOrEqual,
            value.clone(),
            low,
            between.op_span,
        );
        let below = self.compare(BinaryOp::LessOrEqual, value, high, between.op_span);
        let inside = Scalar::all(vec![above, below]);
        if between.negated {
            inside.negated()
        } else {
            inside
        }
    }

    /// A call of an operator's row, `add`, `has` and their like.
    pub(crate) fn operator(
        &mut self,
        name: &str,
        arguments: Vec<Scalar>,
        spans: &[Span],
        span: Span,
    ) -> Scalar {
        let row =
            functions::operator(name).expect("every operator that the binder names has a row");
        self.apply(row, arguments, spans, span)
    }

    /// Applies a function's row to bound arguments: finds the overload, converts, folds constants.
    pub(crate) fn apply(
        &mut self,
        function: &'static functions::ScalarFunction,
        arguments: Vec<Scalar>,
        spans: &[Span],
        span: Span,
    ) -> Scalar {
        if arguments.iter().any(Scalar::is_error) {
            return Scalar::error();
        }
        let types: Vec<Type> = arguments.iter().map(|argument| argument.ty).collect();
        match functions::resolve(function, &types) {
            Resolution::Found(callable) => self.apply_callable(callable, arguments, spans, span),
            Resolution::WrongCount => {
                let expected = super::call::expected_count(function);
                self.wrong(facts::wrong_count(
                    span,
                    function.name,
                    types.len(),
                    &expected,
                ))
            }
            Resolution::WrongType { .. } if let Some(symbol) = arithmetic(function.name) => {
                self.wrong(facts::no_arithmetic(span, symbol, &types))
            }
            Resolution::WrongType { index } => {
                let place = spans.get(index).copied().unwrap_or(span);
                self.wrong(facts::wrong_type(
                    place,
                    types[index],
                    &super::call::expected_type(function, index),
                ))
            }
        }
    }

    fn apply_callable(
        &mut self,
        callable: Callable,
        arguments: Vec<Scalar>,
        spans: &[Span],
        span: Span,
    ) -> Scalar {
        let arguments: Vec<Scalar> = arguments
            .into_iter()
            .zip(&callable.parameters)
            .map(|(argument, ty)| self.convert(argument, *ty))
            .collect();
        let row = callable.row();
        for (index, argument) in arguments.iter().enumerate() {
            if row.param(index) == Some(functions::Param::Constant) && !is_constant(argument) {
                let place = spans.get(index).copied().unwrap_or(span);
                return self.wrong(facts::not_constant(place, argument.ty));
            }
        }
        let constants = arguments
            .iter()
            .map(|argument| argument.as_literal().cloned())
            .collect::<Option<Vec<Value>>>()
            .filter(|_| !functions::volatile::is_volatile(callable.function));
        if let Some(values) = constants {
            match functions::fold(&callable, &values) {
                Ok(value) => return Scalar::literal(value),
                Err(KernelError::Argument { index, message }) => {
                    let place = spans.get(index).copied().unwrap_or(span);
                    return self.wrong(Diagnostic::binding("SEM0260", place, message));
                }
                Err(KernelError::Internal(_)) => {}
            }
        }
        Scalar::new(
            callable.returns,
            ScalarKind::Call(Box::new(callable), arguments),
        )
    }
}

/// Whether a scalar has one value for the whole query.
pub(crate) fn is_constant(scalar: &Scalar) -> bool {
    let mut constant = true;
    scalar.visit(&mut |part| constant &= !matches!(part.kind, ScalarKind::Column(_)));
    constant
}

/// The symbol of an operator that is a function underneath.
fn arithmetic(name: &str) -> Option<&'static str> {
    const SYMBOLS: &[(&str, &str)] = &[
        ("add", "+"),
        ("subtract", "-"),
        ("multiply", "*"),
        ("divide", "/"),
        ("modulo", "%"),
    ];
    SYMBOLS
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, symbol)| *symbol)
}
