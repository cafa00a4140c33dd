//! Expressions over columns that are numbers of texts.

use super::Form;
use datafusion::arrow::array::AsArray;
use datafusion::arrow::datatypes::{DataType, Int32Type, Schema};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::interval_arithmetic::Interval;
use datafusion::logical_expr::sort_properties::ExprProperties;
use datafusion::logical_expr::{ColumnarValue, Operator};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::{
    BinaryExpr, CaseExpr, Column, IsNotNullExpr, Literal, lit,
};
use huntql_store::scan::codes::Texts;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

type Expr = Arc<dyn PhysicalExpr>;

/// How an expression reads a text column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// Compares it with `""`.
    Emptiness,
    AsText,
}

/// The columns that an expression reads, once for each place.
pub(super) fn uses(expr: &Expr) -> Vec<(usize, Use)> {
    if let Some(column) = expr.downcast_ref::<Column>() {
        return vec![(column.index(), Use::AsText)];
    }
    if let Some(column) = emptiness(expr) {
        return vec![(column, Use::Emptiness)];
    }
    expr.children().into_iter().flat_map(uses).collect()
}

/// The column that is compared with `""` in a way that [`over`] knows.
fn emptiness(expr: &Expr) -> Option<usize> {
    let binary = expr.downcast_ref::<BinaryExpr>()?;
    let column = binary.left().downcast_ref::<Column>()?;
    let literal = binary.right().downcast_ref::<Literal>()?;
    let empty = matches!(literal.value(), ScalarValue::Utf8(Some(text)) if text.is_empty());
    (empty && is_equality(binary.op())).then(|| column.index())
}

fn is_equality(operator: &Operator) -> bool {
    matches!(
        operator,
        Operator::Eq | Operator::NotEq | Operator::IsDistinctFrom | Operator::IsNotDistinctFrom
    )
}

/// The same expression over columns in these forms.
pub(super) fn over(expr: &Expr, forms: &[Form]) -> Result<Expr> {
    if let Some(column) = expr.downcast_ref::<Column>() {
        return Ok(match &forms[column.index()] {
            Form::Number(texts) => shown(Arc::clone(expr), texts),
            Form::Plain => Arc::clone(expr),
        });
    }
    if let Some(compared) = compared(expr, forms)? {
        return Ok(compared);
    }
    let children = expr.children();
    if children.is_empty() {
        return Ok(Arc::clone(expr));
    }
    let children = children
        .into_iter()
        .map(|child| over(child, forms))
        .collect::<Result<Vec<_>>>()?;
    Arc::clone(expr).with_new_children(children)
}

/// Equality of two texts as that of their numbers; `None` for any other expression.
fn compared(expr: &Expr, forms: &[Form]) -> Result<Option<Expr>> {
    let Some(binary) = expr.downcast_ref::<BinaryExpr>() else {
        return Ok(None);
    };
    if !is_equality(binary.op()) {
        return Ok(None);
    }
    let sides = (
        number(binary.left(), forms)?,
        number(binary.right(), forms)?,
    );
    let (left, right) = match sides {
        (Some((left, Some(one))), Some((right, Some(other)))) if Arc::ptr_eq(&one, &other) => {
            (left, right)
        }
        (Some((left, Some(_))), Some((right, None)))
        | (Some((left, None)), Some((right, Some(_)))) => (left, right),
        _ => return Ok(None),
    };
    Ok(Some(Arc::new(BinaryExpr::new(left, *binary.op(), right))))
}

/// A number, and of which texts; of any where it is that of `""`.
type Number = (Expr, Option<Arc<Texts>>);

/// The number of a text: of a column, of `""`, or of a column whose nulls are `""`.
fn number(expr: &Expr, forms: &[Form]) -> Result<Option<Number>> {
    if let Some(column) = expr.downcast_ref::<Column>() {
        return Ok(match &forms[column.index()] {
            Form::Number(texts) => Some((Arc::clone(expr), Some(Arc::clone(texts)))),
            Form::Plain => None,
        });
    }
    if let Some(literal) = expr.downcast_ref::<Literal>() {
        let empty = matches!(literal.value(), ScalarValue::Utf8(Some(text)) if text.is_empty());
        return Ok(empty.then(|| (lit(0_i32), None)));
    }
    let Some(case) = expr.downcast_ref::<CaseExpr>() else {
        return Ok(None);
    };
    let (None, [(when, then)], Some(otherwise)) =
        (case.expr(), case.when_then_expr(), case.else_expr())
    else {
        return Ok(None);
    };
    let of_then = when
        .downcast_ref::<IsNotNullExpr>()
        .is_some_and(|test| test.arg() == then && test.arg().downcast_ref::<Column>().is_some());
    let (true, Some((then, Some(texts))), Some((otherwise, None))) =
        (of_then, number(then, forms)?, number(otherwise, forms)?)
    else {
        return Ok(None);
    };
    let case = CaseExpr::try_new(None, vec![(Arc::clone(when), then)], Some(otherwise))?;
    Ok(Some((Arc::new(case), Some(texts))))
}

/// The text of a number.
pub(super) fn shown(number: Expr, texts: &Arc<Texts>) -> Expr {
    Arc::new(Shown {
        number,
        texts: Arc::clone(texts),
    })
}

/// The text of a number, which may be null: then it is null, too.
#[derive(Debug)]
struct Shown {
    number: Expr,
    texts: Arc<Texts>,
}

impl PhysicalExpr for Shown {
    fn data_type(&self, _: &Schema) -> Result<DataType> {
        Ok(DataType::Utf8)
    }

    fn nullable(&self, schema: &Schema) -> Result<bool> {
        self.number.nullable(schema)
    }

    fn evaluate(&self, batch: &RecordBatch) -> Result<ColumnarValue> {
        let numbers = self.number.evaluate(batch)?.into_array(batch.num_rows())?;
        let texts = self.texts.texts(numbers.as_primitive::<Int32Type>())?;
        Ok(ColumnarValue::Array(Arc::new(texts)))
    }

    fn children(&self) -> Vec<&Expr> {
        vec![&self.number]
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Expr>) -> Result<Expr> {
        let [number] = <[Expr; 1]>::try_from(children).expect("one child was shown");
        Ok(shown(number, &self.texts))
    }

    /// Numbers that have an order have that of their texts.
    fn get_properties(&self, children: &[ExprProperties]) -> Result<ExprProperties> {
        let mut known =
            ExprProperties::new_unknown().with_range(Interval::make_unbounded(&DataType::Utf8)?);
        known.sort_properties = children[0].sort_properties;
        known.preserves_lex_ordering = true;
        Ok(known)
    }

    fn fmt_sql(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "text({})", self.number)
    }
}

impl Hash for Shown {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.number.hash(state);
    }
}

impl PartialEq for Shown {
    fn eq(&self, other: &Self) -> bool {
        self.number.eq(&other.number) && Arc::ptr_eq(&self.texts, &other.texts)
    }
}

impl Eq for Shown {}
