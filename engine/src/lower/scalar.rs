//! Scalars.
//!
//! KQL's nulls are not SQL's: `null == 5` is false, `null != 5` is true, a string is never null. Where only truth matters (a
//! filter's conjuncts) SQL's operators say the same and can be pushed into the scan; elsewhere the difference is spelled out.

use super::column;
use super::frame::Frame;
use super::path;
use crate::functions::{convert_udf, operator, resolve, scalar_udf};
use crate::ir::{Compare, Scalar, ScalarKind};
use crate::kernel::dynamic_text::array_of;
use crate::overloads::Resolution;
use crate::value::to_arrow;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{DFSchema, DataFusionError, Result, ScalarValue};
use datafusion::functions::core::expr_fn::coalesce;
use datafusion::logical_expr::expr::InList;
use datafusion::logical_expr::{Case, Cast, Operator, binary_expr};
use datafusion::prelude::Expr;
use huntql_kql::types::{Type, Value};

/// Lowers scalars over one input.
pub(super) struct Scalars<'a> {
    frame: Frame<'a>,
}

/// The value of a scalar over rows of a schema, strings without nulls.
pub(crate) fn scalar_over(scalar: &Scalar, schema: &DFSchema) -> Result<Expr> {
    Scalars::over(schema).value(scalar)
}

fn literal(value: &Value) -> Expr {
    Expr::Literal(to_arrow(value), None)
}

fn empty_text() -> Expr {
    Expr::Literal(ScalarValue::Utf8(Some(String::new())), None)
}

impl<'a> Scalars<'a> {
    pub fn over(schema: &'a DFSchema) -> Self {
        Self {
            frame: Frame::over(schema),
        }
    }

    /// The value, strings without nulls.
    pub fn value(&self, scalar: &Scalar) -> Result<Expr> {
        let raw = self.raw(scalar)?;
        if scalar.ty == Type::String && self.nullable(scalar) {
            Ok(coalesce(vec![raw, empty_text()]))
        } else {
            Ok(raw)
        }
    }

    /// The value; a null may stand for an empty string. For places that read it so: kernels, plain projections.
    pub fn raw(&self, scalar: &Scalar) -> Result<Expr> {
        if let Some(fused) = path::fused(scalar) {
            return self.whole(&fused);
        }
        self.whole(scalar)
    }

    fn whole(&self, scalar: &Scalar) -> Result<Expr> {
        match &scalar.kind {
            ScalarKind::Literal(value) => Ok(literal(value)),
            ScalarKind::Column(name) => Ok(column(name)),
            ScalarKind::Call(callable, arguments) => {
                let arguments = arguments
                    .iter()
                    .map(|argument| self.raw(argument))
                    .collect::<Result<Vec<_>>>()?;
                Ok(scalar_udf(callable).call(arguments))
            }
            // A cast of DataFusion's own: against a constant it is the column that is compared, and statistics are asked.
            ScalarKind::Convert(operand) if (operand.ty, scalar.ty) == (Type::Int, Type::Long) => {
                let whole = self.raw(operand)?;
                Ok(Expr::Cast(Cast::new(Box::new(whole), DataType::Int64)))
            }
            ScalarKind::Convert(operand) => {
                Ok(convert_udf(operand.ty, scalar.ty).call(vec![self.raw(operand)?]))
            }
            ScalarKind::And(operands) => self.joined(operands, Operator::And),
            ScalarKind::Or(operands) => self.joined(operands, Operator::Or),
            ScalarKind::Not(operand) => Ok(Expr::Not(Box::new(self.value(operand)?))),
            ScalarKind::Compare(compare, left, right) => self.compare(*compare, left, right),
            ScalarKind::Case(branches, otherwise) => self.case(branches, otherwise),
            ScalarKind::IsNull(operand) if operand.ty == Type::String => {
                Ok(literal(&Value::Bool(Some(false))))
            }
            ScalarKind::IsNull(operand) => Ok(Expr::IsNull(Box::new(self.raw(operand)?))),
            ScalarKind::InList {
                value,
                items,
                negated,
            } => {
                let found = match self.in_long_list(value, items)? {
                    Some(found) => found,
                    None => coalesce(vec![
                        self.in_list(value, items)?,
                        literal(&Value::Bool(Some(false))),
                    ]),
                };
                Ok(if *negated {
                    Expr::Not(Box::new(found))
                } else {
                    found
                })
            }
            ScalarKind::Subquery(_) | ScalarKind::InRelation { .. } => Err(
                DataFusionError::Internal("a sub-query was not run before lowering".into()),
            ),
            ScalarKind::Error => Err(DataFusionError::Internal(
                "a query with errors was lowered".into(),
            )),
        }
    }

    /// The condition of a filter: null and false are the same there.
    pub fn predicate(&self, scalar: &Scalar) -> Result<Expr> {
        match &scalar.kind {
            ScalarKind::And(operands) => self.conjunction(operands),
            ScalarKind::Or(operands) => self.fold(operands, Operator::Or),
            ScalarKind::InList {
                value,
                items,
                negated: false,
            } => match self.in_long_list(value, items)? {
                Some(found) => Ok(found),
                None => self.in_list(value, items),
            },
            ScalarKind::Not(inner) => match &inner.kind {
                ScalarKind::InList {
                    value,
                    items,
                    negated: false,
                } => {
                    if let Some(found) = self.in_long_list(value, items)? {
                        return Ok(Expr::Not(Box::new(found)));
                    }
                    let found = self.in_list(value, items)?;
                    let outside = Expr::Not(Box::new(found));
                    if !self.nullable(value) || (value.ty == Type::String && has_empty(items)) {
                        return Ok(outside);
                    }
                    let absent = Expr::IsNull(Box::new(self.raw(value)?));
                    Ok(binary_expr(outside, Operator::Or, absent))
                }
                _ => self.value(scalar),
            },
            ScalarKind::Compare(compare, left, right) => self.test(*compare, left, right),
            _ => self.value(scalar),
        }
    }

    fn joined(&self, operands: &[Scalar], operator: Operator) -> Result<Expr> {
        let exprs = operands
            .iter()
            .map(|operand| self.value(operand))
            .collect::<Result<Vec<_>>>()?;
        Ok(balanced(exprs, operator))
    }

    /// Conditions that all have to hold, the cheap ones first: where they leave few rows, the others are asked for those only.
    fn conjunction(&self, operands: &[Scalar]) -> Result<Expr> {
        if operands.len() > CHAINED_MAX {
            return self.fold(operands, Operator::And);
        }
        let mut by_cost: Vec<&Scalar> = operands.iter().collect();
        by_cost.sort_by_key(|operand| cost(operand));
        let exprs = by_cost
            .into_iter()
            .map(|operand| self.predicate(operand))
            .collect::<Result<Vec<_>>>()?;
        Ok(exprs
            .into_iter()
            .reduce(|left, right| binary_expr(left, Operator::And, right))
            .unwrap_or_else(|| literal(&Value::Bool(Some(true)))))
    }

    fn fold(&self, operands: &[Scalar], operator: Operator) -> Result<Expr> {
        let exprs = operands
            .iter()
            .map(|operand| self.predicate(operand))
            .collect::<Result<Vec<_>>>()?;
        Ok(balanced(exprs, operator))
    }

    /// A comparison where only truth matters.
    fn test(&self, compare: Compare, left: &Scalar, right: &Scalar) -> Result<Expr> {
        let (column_side, constant) = match (left.as_literal(), right.as_literal()) {
            (None, Some(value)) => (left, value),
            (Some(value), None) => (right, value),
            _ => return self.compare(compare, left, right),
        };
        let empty = *constant == Value::String(String::new());
        if constant.is_null() || empty {
            return self.compare(compare, left, right);
        }
        let operator = match compare {
            Compare::Equal => Operator::Eq,
            Compare::NotEqual if self.nullable(column_side) => Operator::IsDistinctFrom,
            Compare::NotEqual => Operator::NotEq,
            Compare::Less | Compare::LessOrEqual | Compare::Greater | Compare::GreaterOrEqual => {
                return self.compare(compare, left, right);
            }
        };
        Ok(binary_expr(self.raw(left)?, operator, self.raw(right)?))
    }

    fn compare(&self, compare: Compare, left: &Scalar, right: &Scalar) -> Result<Expr> {
        let (l, r) = (self.value(left)?, self.value(right)?);
        let never_null = |side: &Scalar| match side.as_literal() {
            Some(value) => !value.is_null(),
            None => side.ty == Type::String || !self.nullable(side),
        };
        let operator = match compare {
            Compare::Less => Operator::Lt,
            Compare::LessOrEqual => Operator::LtEq,
            Compare::Greater => Operator::Gt,
            Compare::GreaterOrEqual => Operator::GtEq,
            Compare::Equal if never_null(left) && never_null(right) => Operator::Eq,
            Compare::NotEqual if never_null(left) && never_null(right) => Operator::NotEq,
            Compare::Equal => {
                return Ok(null_of_two(
                    never_null(left) || never_null(right),
                    l,
                    Operator::IsNotDistinctFrom,
                    r,
                ));
            }
            Compare::NotEqual => {
                return Ok(null_of_two(
                    never_null(left) || never_null(right),
                    l,
                    Operator::IsDistinctFrom,
                    r,
                ));
            }
        };
        Ok(binary_expr(l, operator, r))
    }

    fn case(&self, branches: &[(Scalar, Scalar)], otherwise: &Scalar) -> Result<Expr> {
        let branches = branches
            .iter()
            .map(|(condition, value)| {
                Ok((
                    Box::new(self.predicate(condition)?),
                    Box::new(self.value(value)?),
                ))
            })
            .collect::<Result<Vec<_>>>()?;
        Ok(Expr::Case(Case::new(
            None,
            branches,
            Some(Box::new(self.value(otherwise)?)),
        )))
    }

    /// A long list of texts as one constant, which no rule copies, takes apart or holds against statistics; never null. `None` for other
    /// lists: short ones are held against bloom filters and statistics of Parquet files.
    fn in_long_list(&self, value: &Scalar, items: &[Value]) -> Result<Option<Expr>> {
        if items.len() <= LISTED_MAX || value.ty != Type::String {
            return Ok(None);
        }
        let texts: Option<Vec<&String>> = items
            .iter()
            .map(|item| match item {
                Value::String(text) => Some(text),
                _ => None,
            })
            .collect();
        let Some(texts) = texts else {
            return Ok(None);
        };
        let row = operator("is_in").expect("`is_in` has a row");
        let Resolution::Found(is_in) = resolve(row, &[Type::String, Type::Dynamic]) else {
            return Err(DataFusionError::Internal("`is_in` takes a list".into()));
        };
        let list = Value::Dynamic(Some(array_of(texts.into_iter())));
        Ok(Some(
            scalar_udf(&is_in).call(vec![self.raw(value)?, literal(&list)]),
        ))
    }

    /// Null where the value is null.
    fn in_list(&self, value: &Scalar, items: &[Value]) -> Result<Expr> {
        if items.is_empty() {
            return Ok(literal(&Value::Bool(Some(false))));
        }
        let tested = if has_empty(items) {
            self.value(value)?
        } else {
            self.raw(value)?
        };
        Ok(Expr::InList(InList::new(
            Box::new(tested),
            items.iter().map(literal).collect(),
            false,
        )))
    }

    fn nullable(&self, scalar: &Scalar) -> bool {
        match &scalar.kind {
            ScalarKind::Literal(value) => value.is_null(),
            ScalarKind::Column(name) => self
                .frame
                .field(name)
                .is_none_or(|field| field.is_nullable()),
            // Kernels and conversions never give a null string.
            ScalarKind::Call(..) | ScalarKind::Convert(_) | ScalarKind::Case(..) => {
                scalar.ty != Type::String
            }
            _ => true,
        }
    }
}

/// Texts of a list that stays a list of DataFusion's: more are none that bloom filters rule out.
const LISTED_MAX: usize = 64;

/// Conditions in one chain; longer ones become a tree, whose depth no stack minds.
const CHAINED_MAX: usize = 32;

/// What a condition costs a row, in rough steps: numbers, texts, lists of texts, then kernels, regular expressions last.
fn cost(scalar: &Scalar) -> u32 {
    let mut cost = 0;
    scalar.visit(&mut |part| {
        cost += match &part.kind {
            ScalarKind::Column(_) if part.ty == Type::String => 2,
            ScalarKind::InList { .. } => 1,
            ScalarKind::Convert(_) => 4,
            ScalarKind::Call(callable, _) if callable.function.name == "matches_regex" => 32,
            ScalarKind::Call(..) => 8,
            _ => 0,
        };
    });
    cost
}

fn has_empty(items: &[Value]) -> bool {
    items
        .iter()
        .any(|item| *item == Value::String(String::new()))
}

/// A tree of even depth: long lists of conditions must not overflow a stack.
fn balanced(mut exprs: Vec<Expr>, operator: Operator) -> Expr {
    if exprs.len() <= 1 {
        return exprs
            .pop()
            .unwrap_or_else(|| literal(&Value::Bool(Some(operator == Operator::And))));
    }
    let right = exprs.split_off(exprs.len() / 2);
    binary_expr(
        balanced(exprs, operator),
        operator,
        balanced(right, operator),
    )
}

/// (Un)equality that is null when both sides are.
fn null_of_two(one_never_null: bool, left: Expr, operator: Operator, right: Expr) -> Expr {
    let compared = binary_expr(left.clone(), operator, right.clone());
    if one_never_null {
        return compared;
    }
    let both_null = binary_expr(
        Expr::IsNull(Box::new(left)),
        Operator::And,
        Expr::IsNull(Box::new(right)),
    );
    let null = Expr::Literal(ScalarValue::Boolean(None), None);
    Expr::Case(Case::new(
        None,
        vec![(Box::new(both_null), Box::new(null))],
        Some(Box::new(compared)),
    ))
}
