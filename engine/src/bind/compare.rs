//! Operators with two operands: arithmetic, comparison, strings, membership.

use super::{Binder, Row, facts};
use crate::conversion::common_type;
use crate::ir::{Compare, Scalar, ScalarKind};
use crate::json;
use huntql_kql::ast::{Binary, BinaryOp, Expr, ExprKind, In, InOp};
use huntql_kql::diagnostics::Diagnostic;
use huntql_kql::span::Span;
use huntql_kql::types::{Type, Value};

/// What an operator's symbol means.
enum Meaning {
    Arithmetic(&'static str),
    Compare(Compare),
    /// `=~`, `!~`
    EqualCi {
        negated: bool,
    },
    /// A row of the text operators.
    Text {
        row: &'static str,
        negated: bool,
    },
    /// `search Column:"text"`; elsewhere an error.
    Colon,
}

const fn text(row: &'static str) -> Meaning {
    Meaning::Text {
        row,
        negated: false,
    }
}

const fn not_text(row: &'static str) -> Meaning {
    Meaning::Text { row, negated: true }
}

fn meaning(op: BinaryOp) -> Meaning {
    match op {
        BinaryOp::Add => Meaning::Arithmetic("add"),
        BinaryOp::Subtract => Meaning::Arithmetic("subtract"),
        BinaryOp::Multiply => Meaning::Arithmetic("multiply"),
        BinaryOp::Divide => Meaning::Arithmetic("divide"),
        BinaryOp::Modulo => Meaning::Arithmetic("modulo"),
        BinaryOp::Equal => Meaning::Compare(Compare::Equal),
        BinaryOp::NotEqual => Meaning::Compare(Compare::NotEqual),
        BinaryOp::Less => Meaning::Compare(Compare::Less),
        BinaryOp::LessOrEqual => Meaning::Compare(Compare::LessOrEqual),
        BinaryOp::Greater => Meaning::Compare(Compare::Greater),
        BinaryOp::GreaterOrEqual => Meaning::Compare(Compare::GreaterOrEqual),
        BinaryOp::EqualCi => Meaning::EqualCi { negated: false },
        BinaryOp::NotEqualCi => Meaning::EqualCi { negated: true },
        BinaryOp::Has => text("has"),
        BinaryOp::NotHas => not_text("has"),
        BinaryOp::HasCs => text("has_cs"),
        BinaryOp::NotHasCs => not_text("has_cs"),
        BinaryOp::HasPrefix => text("hasprefix"),
        BinaryOp::NotHasPrefix => not_text("hasprefix"),
        BinaryOp::HasPrefixCs => text("hasprefix_cs"),
        BinaryOp::NotHasPrefixCs => not_text("hasprefix_cs"),
        BinaryOp::HasSuffix => text("hassuffix"),
        BinaryOp::NotHasSuffix => not_text("hassuffix"),
        BinaryOp::HasSuffixCs => text("hassuffix_cs"),
        BinaryOp::NotHasSuffixCs => not_text("hassuffix_cs"),
        BinaryOp::Contains => text("contains"),
        BinaryOp::NotContains => not_text("contains"),
        BinaryOp::ContainsCs => text("contains_cs"),
        BinaryOp::NotContainsCs => not_text("contains_cs"),
        BinaryOp::StartsWith => text("startswith"),
        BinaryOp::NotStartsWith => not_text("startswith"),
        BinaryOp::StartsWithCs => text("startswith_cs"),
        BinaryOp::NotStartsWithCs => not_text("startswith_cs"),
        BinaryOp::EndsWith => text("endswith"),
        BinaryOp::NotEndsWith => not_text("endswith"),
        BinaryOp::EndsWithCs => text("endswith_cs"),
        BinaryOp::NotEndsWithCs => not_text("endswith_cs"),
        BinaryOp::MatchesRegex => text("matches_regex"),
        BinaryOp::Like => text("like"),
        BinaryOp::NotLike => not_text("like"),
        BinaryOp::LikeCs => text("like_cs"),
        BinaryOp::NotLikeCs => not_text("like_cs"),
        BinaryOp::Colon => Meaning::Colon,
    }
}

impl Binder<'_> {
    pub(super) fn binary(&mut self, binary: &Binary, span: Span, row: Row<'_>) -> Scalar {
        let spans = [binary.left.span, binary.right.span];
        if matches!(binary.left.kind, ExprKind::Star) {
            return self.any_column(binary, row);
        }
        match meaning(binary.op) {
            Meaning::Arithmetic(name) => {
                let (left, right) = (
                    self.scalar(&binary.left, row),
                    self.scalar(&binary.right, row),
                );
                self.operator(name, vec![left, right], &spans, span)
            }
            Meaning::Compare(_) => {
                let (left, right) = (
                    self.scalar(&binary.left, row),
                    self.scalar(&binary.right, row),
                );
                self.compare(binary.op, left, right, span)
            }
            Meaning::EqualCi { negated } => {
                let (left, right) = (
                    self.scalar(&binary.left, row),
                    self.scalar(&binary.right, row),
                );
                let equal = self.operator("equals_ci", vec![left, right], &spans, span);
                if negated { equal.negated() } else { equal }
            }
            Meaning::Text { row: name, negated } => {
                let (left, right) = (
                    self.scalar(&binary.left, row),
                    self.scalar(&binary.right, row),
                );
                if !matches!(left.ty, Type::String | Type::Dynamic) {
                    return self.wrong(facts::wrong_type(spans[0], left.ty, "a string"));
                }
                let found = self.operator(name, vec![left, right], &spans, span);
                if negated && !found.is_error() {
                    found.negated()
                } else {
                    found
                }
            }
            Meaning::Colon => {
                let (left, right) = (
                    self.scalar(&binary.left, row),
                    self.scalar(&binary.right, row),
                );
                self.operator("has", vec![left, right], &spans, span)
            }
        }
    }

    /// `* has "x"`: any string column (any column at all for `==`).
    fn any_column(&mut self, binary: &Binary, row: Row<'_>) -> Scalar {
        let Some(relation) = row else {
            return self.wrong(Diagnostic::binding(
                "KS189",
                binary.left.span,
                "`*` means all columns, and there are none here",
            ));
        };
        let columns: Vec<_> = relation
            .columns
            .iter()
            .filter(|column| matches!(column.ty, Type::String | Type::Dynamic))
            .cloned()
            .collect();
        let matches = columns
            .iter()
            .map(|column| {
                let name = huntql_kql::ast::Name {
                    text: column.name.clone(),
                    bracketed: true,
                    span: binary.left.span,
                };
                let left = Expr {
                    kind: ExprKind::Name(name),
                    span: binary.left.span,
                };
                let single = Binary {
                    left,
                    ..binary.clone()
                };
                self.binary(&single, binary.op_span, row)
            })
            .collect();
        Scalar::any(matches)
    }

    /// Comparison of bound operands: one type is found for both sides.
    pub(super) fn compare(
        &mut self,
        op: BinaryOp,
        left: Scalar,
        right: Scalar,
        span: Span,
    ) -> Scalar {
        let Meaning::Compare(compare) = meaning(op) else {
            unreachable!("only comparisons come here")
        };
        if left.is_error() || right.is_error() {
            return Scalar::new(Type::Bool, ScalarKind::Error);
        }
        match comparable(compare, left.ty, right.ty) {
            Some(Type::Dynamic) => self.compare_dynamic(compare, left, right, span),
            Some(ty) => {
                let (left, right) = (self.convert(left, ty), self.convert(right, ty));
                self.compare_typed(compare, left, right, span)
            }
            None => self.wrong(facts::incomparable(span, left.ty, right.ty)),
        }
    }

    /// Operands of one type. Reals have operators of their own: see `operators_real`.
    fn compare_typed(
        &mut self,
        compare: Compare,
        left: Scalar,
        right: Scalar,
        span: Span,
    ) -> Scalar {
        let constants = left.as_literal().zip(right.as_literal());
        if let Some(value) =
            constants.and_then(|(left, right)| compare_values(compare, left, right))
        {
            return Scalar::literal(Value::Bool(value));
        }
        if left.ty == Type::Real {
            let row = match compare {
                Compare::Equal => "real_equals",
                Compare::NotEqual => "real_not_equals",
                Compare::Less => "real_less",
                Compare::LessOrEqual => "real_less_or_equal",
                Compare::Greater => "real_greater",
                Compare::GreaterOrEqual => "real_greater_or_equal",
            };
            return self.operator(row, vec![left, right], &[span, span], span);
        }
        Scalar::new(
            Type::Bool,
            ScalarKind::Compare(compare, Box::new(left), Box::new(right)),
        )
    }

    fn compare_dynamic(
        &mut self,
        compare: Compare,
        left: Scalar,
        right: Scalar,
        span: Span,
    ) -> Scalar {
        match compare {
            Compare::Equal => {
                self.operator("dynamic_equals", vec![left, right], &[span, span], span)
            }
            Compare::NotEqual => self
                .operator("dynamic_equals", vec![left, right], &[span, span], span)
                .negated(),
            _ => self.wrong(facts::incomparable(span, Type::Dynamic, Type::Dynamic)),
        }
    }

    pub(super) fn membership(&mut self, list: &In, row: Row<'_>) -> Scalar {
        if matches!(list.value.kind, ExprKind::Star) {
            return self.wrong(Diagnostic::unsupported(
                list.value.span,
                "`*` in front of `in` is not supported",
            ));
        }
        let value = self.scalar(&list.value, row);
        let (negated, ignore_case) = match list.op {
            InOp::In => (false, false),
            InOp::NotIn => (true, false),
            InOp::InCi => (false, true),
            InOp::NotInCi => (true, true),
            InOp::HasAny => return self.has_list("has_any", value, list, row),
            InOp::HasAll => return self.has_list("has_all", value, list, row),
        };
        if let [item] = list.items.as_slice()
            && let Some(relation) = self.try_table(item, row)
        {
            return self.in_relation(value, relation, negated, ignore_case, item.span);
        }
        self.in_values(value, list, negated, ignore_case, row)
    }

    fn in_relation(
        &mut self,
        value: Scalar,
        relation: crate::ir::Relation,
        negated: bool,
        ignore_case: bool,
        span: Span,
    ) -> Scalar {
        if value.is_error() || relation.unknown {
            return Scalar::new(Type::Bool, ScalarKind::Error);
        }
        let Some(first) = relation.columns.first().cloned() else {
            return self.wrong(Diagnostic::binding(
                "KS106",
                span,
                "this table has no column to look in",
            ));
        };
        let ty = comparable(Compare::Equal, value.ty, first.ty);
        let Some(ty) = ty else {
            return self.wrong(facts::incomparable(span, value.ty, first.ty));
        };
        let ty = if ty == Type::Dynamic {
            Type::String
        } else {
            ty
        };
        let value = self.convert(value, ty);
        let item = self.convert(Scalar::column(&first), ty);
        let relation = Box::new(relation.projected(vec![(first.name, item)]));
        Scalar::new(
            Type::Bool,
            ScalarKind::InRelation {
                value: Box::new(value),
                relation,
                negated,
                ignore_case,
            },
        )
    }

    fn in_values(
        &mut self,
        value: Scalar,
        list: &In,
        negated: bool,
        ignore_case: bool,
        row: Row<'_>,
    ) -> Scalar {
        let mut constants = Vec::new();
        let mut others = Vec::new();
        for expr in &list.items {
            let item = self.scalar(expr, row);
            if item.is_error() || value.is_error() {
                continue;
            }
            match item.as_literal() {
                Some(Value::Dynamic(Some(text))) if json::kind(text) == json::Kind::Array => {
                    constants.extend(json::items(text).map(|item| (array_item(item), expr.span)));
                }
                Some(_) => constants.push((item, expr.span)),
                None => others.push((item, expr.span)),
            }
        }
        if value.is_error() {
            return Scalar::new(Type::Bool, ScalarKind::Error);
        }
        let constants = self.in_constants(&value, constants, ignore_case);
        let mut tests: Vec<Scalar> = constants.into_iter().collect();
        for (item, span) in others {
            let test = if item.ty == Type::Dynamic {
                let row = if ignore_case {
                    "dynamic_contains_ci"
                } else {
                    "dynamic_contains"
                };
                self.operator(row, vec![item, value.clone()], &[span, span], span)
            } else if ignore_case {
                self.operator("equals_ci", vec![value.clone(), item], &[span, span], span)
            } else {
                self.compare(BinaryOp::Equal, value.clone(), item, span)
            };
            tests.push(test);
        }
        let found = Scalar::any(tests);
        if negated { found.negated() } else { found }
    }

    /// One membership test for all constants; `None` when there are none.
    fn in_constants(
        &mut self,
        value: &Scalar,
        constants: Vec<(Scalar, Span)>,
        ignore_case: bool,
    ) -> Option<Scalar> {
        if constants.is_empty() {
            return None;
        }
        let target = if ignore_case || value.ty == Type::Dynamic {
            Type::String
        } else {
            value.ty
        };
        let mut ty = target;
        for (item, span) in &constants {
            match comparable(Compare::Equal, target, item.ty) {
                Some(found) if found != Type::Dynamic && found.is_numeric() => ty = ty.max(found),
                Some(_) => {}
                None if value.ty == Type::Dynamic || ignore_case => {}
                None => {
                    self.report(facts::incomparable(*span, value.ty, item.ty));
                    return Some(Scalar::new(Type::Bool, ScalarKind::Error));
                }
            }
        }
        let mut value = self.convert(value.clone(), ty);
        if ignore_case {
            value = self.fold_case(value);
        }
        let items: Vec<Value> = constants
            .into_iter()
            .filter_map(|(item, _)| {
                let converted = self.convert(item, ty);
                let converted = if ignore_case {
                    self.fold_case(converted)
                } else {
                    converted
                };
                converted
                    .as_literal()
                    .filter(|value| !value.is_null())
                    .cloned()
            })
            .collect();
        Some(Scalar::new(
            Type::Bool,
            ScalarKind::InList {
                value: Box::new(value),
                items,
                negated: false,
            },
        ))
    }

    pub(super) fn fold_case(&mut self, scalar: Scalar) -> Scalar {
        let row = crate::functions::find("tolower").expect("`tolower` has a row");
        self.apply(row, vec![scalar], &[], Span::default())
    }

    /// `has_any`, `has_all`: the list becomes one `dynamic` array.
    fn has_list(&mut self, name: &str, value: Scalar, list: &In, row: Row<'_>) -> Scalar {
        if let [item] = list.items.as_slice()
            && let Some(relation) = self.try_table(item, row)
        {
            return self.has_relation(name, value, relation, item.span);
        }
        let mut items = Vec::new();
        for expr in &list.items {
            items.push((self.scalar(expr, row), expr.span));
        }
        if items.iter().any(|(item, _)| item.is_error()) || value.is_error() {
            return Scalar::new(Type::Bool, ScalarKind::Error);
        }
        let array = match items.as_slice() {
            [(only, _)] if only.ty == Type::Dynamic => only.clone(),
            _ => {
                let spans: Vec<Span> = items.iter().map(|(_, span)| *span).collect();
                let row = crate::functions::find("array_concat_flat")
                    .or_else(|| crate::functions::find("pack_array"));
                let row = row.expect("`pack_array` has a row");
                let items = items.into_iter().map(|(item, _)| item).collect();
                self.apply(row, items, &spans, list.op_span)
            }
        };
        self.operator(
            name,
            vec![value, array],
            &[list.value.span, list.op_span],
            list.op_span,
        )
    }

    /// `has_any (T | …)`: the first column, gathered before the query runs.
    fn has_relation(
        &mut self,
        name: &str,
        value: Scalar,
        relation: crate::ir::Relation,
        span: Span,
    ) -> Scalar {
        if value.is_error() || relation.unknown || relation.columns.is_empty() {
            return Scalar::new(Type::Bool, ScalarKind::Error);
        }
        let gathered = crate::operators::summarize::gathered(relation);
        let array = Scalar::new(Type::Dynamic, ScalarKind::Subquery(Box::new(gathered)));
        self.operator(name, vec![value, array], &[span, span], span)
    }
}

/// An element of a constant array as a constant of its own type.
fn array_item(json: &str) -> Scalar {
    Scalar::literal(match json::kind(json) {
        json::Kind::Text => Value::String(json::unquote(json).into_owned()),
        json::Kind::Bool => Value::Bool(Some(json == "true")),
        json::Kind::Number => match json::number(json) {
            Some(json::Number::Long(value)) => Value::Long(Some(value)),
            Some(json::Number::Real(value)) => Value::Real(Some(value)),
            None => Value::Dynamic(None),
        },
        json::Kind::Null => Value::Dynamic(None),
        json::Kind::Array | json::Kind::Bag => Value::Dynamic(Some(json.to_string())),
    })
}

/// The type in which two operands are compared, or `None` when they cannot be.
///
/// A `dynamic` is read as the other side's type; a whole number against a `dynamic` as `real`, so that 5.5 is not 5. A string
/// can be equal to anything: it is read as the other side's type (and equals nothing when it is no such value). Strings have
/// no order in KQL. Source: Microsoft's binder.
pub(super) fn comparable(compare: Compare, left: Type, right: Type) -> Option<Type> {
    let equality = matches!(compare, Compare::Equal | Compare::NotEqual);
    match (left, right) {
        (Type::Dynamic, Type::Dynamic) => Some(Type::Dynamic),
        (Type::Dynamic, Type::Int | Type::Long) | (Type::Int | Type::Long, Type::Dynamic) => {
            Some(Type::Real)
        }
        (Type::String | Type::Dynamic | Type::Guid, _) | (_, Type::String | Type::Guid)
            if !equality =>
        {
            let ordered = |ty: Type| !matches!(ty, Type::String | Type::Guid);
            (ordered(left) && ordered(right))
                .then(|| common_type([left, right].into_iter()))
                .flatten()
        }
        (Type::String, other) | (other, Type::String) => Some(if other == Type::Dynamic {
            Type::String
        } else {
            other
        }),
        (Type::Bool, other) | (other, Type::Bool) if other.is_numeric() => {
            Some(other.max(Type::Long))
        }
        _ => common_type([left, right].into_iter()),
    }
}

/// Kusto's comparison of two constants of one type: null equals nothing but is unequal to everything, and null against null is null.
///
/// `None` when it is left to run time.
fn compare_values(compare: Compare, left: &Value, right: &Value) -> Option<Option<bool>> {
    use std::cmp::Ordering;
    let ordering = match (left, right) {
        _ if left.is_null() || right.is_null() => {
            return Some(match (compare, left.is_null() && right.is_null()) {
                (Compare::Equal, false) => Some(false),
                (Compare::NotEqual, false) => Some(true),
                _ => None,
            });
        }
        (Value::Bool(l), Value::Bool(r)) => l.cmp(r),
        (Value::Int(l), Value::Int(r)) => l.cmp(r),
        (Value::Long(l), Value::Long(r))
        | (Value::Datetime(l), Value::Datetime(r))
        | (Value::Timespan(l), Value::Timespan(r)) => l.cmp(r),
        (Value::String(l), Value::String(r)) => l.cmp(r),
        (Value::Guid(l), Value::Guid(r)) => l.cmp(r),
        (Value::Real(Some(l)), Value::Real(Some(r))) => match l.partial_cmp(r) {
            Some(ordering) => ordering,
            None => return Some(Some(compare == Compare::NotEqual)),
        },
        _ => return None,
    };
    Some(Some(match compare {
        Compare::Equal => ordering == Ordering::Equal,
        Compare::NotEqual => ordering != Ordering::Equal,
        Compare::Less => ordering == Ordering::Less,
        Compare::LessOrEqual => ordering != Ordering::Greater,
        Compare::Greater => ordering == Ordering::Greater,
        Compare::GreaterOrEqual => ordering != Ordering::Less,
    }))
}
