//! Which files a query can skip, by the bounds of their datetime columns.

use super::ScanFile;
use datafusion::common::ScalarValue;
use datafusion::logical_expr::{Between, BinaryExpr, Expr, Operator};
use std::collections::HashMap;

/// A closed range of ticks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Range {
    from: i64,
    to: i64,
}

const EVERYTHING: Range = Range {
    from: i64::MIN,
    to: i64::MAX,
};

/// For each column the range that all rows of the answer lie in, as far as the filters say so.
#[derive(Debug, Default)]
pub(super) struct Ranges {
    by_column: HashMap<String, Range>,
}

impl Ranges {
    /// From the conjunction of `filters`. What is not understood narrows nothing.
    pub(super) fn of(filters: &[Expr]) -> Ranges {
        let mut ranges = Ranges::default();
        filters.iter().for_each(|filter| ranges.narrow_by(filter));
        ranges
    }

    /// Whether a row of the file can be in the answer. A null never is: a comparison with it does not hold.
    pub(super) fn admit(&self, file: &ScanFile) -> bool {
        self.by_column.iter().all(|(column, range)| {
            let bounds = file.bounds.get(column);
            bounds
                .is_none_or(|bounds| bounds.min_ticks <= range.to && range.from <= bounds.max_ticks)
        })
    }

    fn narrow_by(&mut self, filter: &Expr) {
        match filter {
            Expr::BinaryExpr(BinaryExpr {
                left,
                op: Operator::And,
                right,
            }) => {
                self.narrow_by(left);
                self.narrow_by(right);
            }
            Expr::BinaryExpr(BinaryExpr { left, op, right }) => match (ticks(left), ticks(right)) {
                (None, Some(literal)) => self.narrow(left, *op, literal),
                (Some(literal), None) => {
                    if let Some(op) = op.swap() {
                        self.narrow(right, op, literal);
                    }
                }
                _ => {}
            },
            Expr::Between(Between {
                expr,
                negated: false,
                low,
                high,
            }) => {
                if let (Some(low), Some(high)) = (ticks(low), ticks(high)) {
                    self.narrow(expr, Operator::GtEq, low);
                    self.narrow(expr, Operator::LtEq, high);
                }
            }
            Expr::InList(list) if !list.negated => {
                let values: Option<Vec<i64>> = list.list.iter().map(ticks).collect();
                let values = values.unwrap_or_default();
                if let (Some(low), Some(high)) = (values.iter().min(), values.iter().max()) {
                    self.narrow(&list.expr, Operator::GtEq, *low);
                    self.narrow(&list.expr, Operator::LtEq, *high);
                }
            }
            _ => {}
        }
    }

    fn narrow(&mut self, column: &Expr, op: Operator, literal: i64) {
        let Expr::Column(column) = column else {
            return;
        };
        let allowed = match op {
            Operator::Eq | Operator::IsNotDistinctFrom => Range {
                from: literal,
                to: literal,
            },
            Operator::Gt => Range {
                from: literal.saturating_add(1),
                ..EVERYTHING
            },
            Operator::GtEq => Range {
                from: literal,
                ..EVERYTHING
            },
            Operator::Lt => Range {
                to: literal.saturating_sub(1),
                ..EVERYTHING
            },
            Operator::LtEq => Range {
                to: literal,
                ..EVERYTHING
            },
            _ => return,
        };
        let range = self
            .by_column
            .entry(column.name.clone())
            .or_insert(EVERYTHING);
        *range = Range {
            from: range.from.max(allowed.from),
            to: range.to.min(allowed.to),
        };
    }
}

fn ticks(expr: &Expr) -> Option<i64> {
    match expr {
        Expr::Literal(ScalarValue::Int64(ticks), _) => *ticks,
        _ => None,
    }
}
