//! Comparisons of a datetime with a literal, moved to the units of the file's own column.

use super::adapter::{Expr, and};
use datafusion::arrow::datatypes::TimeUnit;
use datafusion::common::ScalarValue;
use datafusion::logical_expr::Operator;
use datafusion::physical_expr::expressions::{BinaryExpr, lit};
use huntql_kql::time::{
    TICKS_PER_MICROSECOND, TICKS_PER_MILLISECOND, TICKS_PER_SECOND, UNIX_EPOCH,
};
use std::sync::Arc;

/// A timestamp column of a file.
pub(super) struct FileInstants {
    pub column: Expr,
    pub unit: TimeUnit,
    pub zone: Option<Arc<str>>,
    /// A seventh digit stands in a column beside it.
    pub has_digit: bool,
}

/// A bound on the file's column, and whether it says all that the comparison does.
struct Bound {
    op: Operator,
    value: i64,
    exact: bool,
}

/// `ticks op literal` as a test that names the file's column; `value` is the column in ticks.
///
/// `None` when nothing is gained: the operator is no bound, or the literal lies outside the unit's range.
pub(super) fn rewrite_comparison(
    file: &FileInstants,
    op: Operator,
    literal: i64,
    value: &Expr,
) -> Option<Expr> {
    let since_1970 = literal.checked_sub(UNIX_EPOCH)?;
    let bound = match file.unit {
        TimeUnit::Nanosecond => nanosecond_bound(op, since_1970)?,
        TimeUnit::Microsecond => {
            coarse_bound(op, since_1970, TICKS_PER_MICROSECOND, file.has_digit)?
        }
        TimeUnit::Millisecond => coarse_bound(op, since_1970, TICKS_PER_MILLISECOND, false)?,
        TimeUnit::Second => coarse_bound(op, since_1970, TICKS_PER_SECOND, false)?,
    };
    let scalar = lit(file.scalar(bound.value));
    let bounded: Expr = Arc::new(BinaryExpr::new(Arc::clone(&file.column), bound.op, scalar));
    if bound.exact {
        return Some(bounded);
    }
    let exact = BinaryExpr::new(
        Arc::clone(value),
        op,
        lit(ScalarValue::Int64(Some(literal))),
    );
    Some(and(bounded, Arc::new(exact)))
}

impl FileInstants {
    fn scalar(&self, value: i64) -> ScalarValue {
        let zone = self.zone.clone();
        match self.unit {
            TimeUnit::Second => ScalarValue::TimestampSecond(Some(value), zone),
            TimeUnit::Millisecond => ScalarValue::TimestampMillisecond(Some(value), zone),
            TimeUnit::Microsecond => ScalarValue::TimestampMicrosecond(Some(value), zone),
            TimeUnit::Nanosecond => ScalarValue::TimestampNanosecond(Some(value), zone),
        }
    }
}

/// The column counts units of `size` ticks; the instant is `value * size + digit`, `0 <= digit < size` (0 without one).
fn coarse_bound(op: Operator, ticks: i64, size: i64, has_digit: bool) -> Option<Bound> {
    let (whole, rest) = (ticks.div_euclid(size), ticks.rem_euclid(size));
    let (first, last) = (rest == 0, rest == size - 1);
    let bound = |op, value, exact| {
        Some(Bound {
            op,
            value,
            exact: exact || !has_digit,
        })
    };
    match op {
        Operator::GtEq if first || has_digit => bound(Operator::GtEq, whole, first),
        Operator::Gt if has_digit && !last => bound(Operator::GtEq, whole, false),
        Operator::GtEq | Operator::Gt => bound(Operator::Gt, whole, true),
        Operator::Lt if first => bound(Operator::Lt, whole, true),
        Operator::Lt => bound(Operator::LtEq, whole, false),
        Operator::LtEq => bound(Operator::LtEq, whole, last),
        // Without a digit no instant lies between two units.
        Operator::Eq if has_digit || first => bound(Operator::Eq, whole, false),
        _ => None,
    }
}

fn nanosecond_bound(op: Operator, ticks: i64) -> Option<Bound> {
    let bound = |op, ticks: i64| {
        Some(Bound {
            op,
            value: ticks.checked_mul(100)?,
            exact: true,
        })
    };
    match op {
        Operator::GtEq => bound(Operator::GtEq, ticks),
        Operator::Gt => bound(Operator::GtEq, ticks + 1),
        Operator::Lt => bound(Operator::Lt, ticks),
        Operator::LtEq => bound(Operator::Lt, ticks + 1),
        // The column is finer than a tick: a bound below, and the exact test.
        Operator::Eq => Some(Bound {
            op: Operator::GtEq,
            value: ticks.checked_mul(100)?,
            exact: false,
        }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn holds(op: Operator, left: i64, right: i64) -> bool {
        match op {
            Operator::Eq => left == right,
            Operator::Lt => left < right,
            Operator::LtEq => left <= right,
            Operator::Gt => left > right,
            Operator::GtEq => left >= right,
            other => panic!("{other}"),
        }
    }

    const OPERATORS: [Operator; 5] = [
        Operator::Eq,
        Operator::Lt,
        Operator::LtEq,
        Operator::Gt,
        Operator::GtEq,
    ];

    #[test]
    fn a_bound_never_excludes_a_row_that_the_comparison_keeps() {
        for op in OPERATORS {
            for literal in -25..25 {
                let bound = coarse_bound(op, literal, 10, true).unwrap();
                for instant in -40..40_i64 {
                    let (kept, bounded) = (
                        holds(op, instant, literal),
                        holds(bound.op, instant.div_euclid(10), bound.value),
                    );
                    assert!(bounded || !kept, "{op} {literal}: {instant}");
                    assert!(
                        !bound.exact || kept == bounded,
                        "{op} {literal}: {instant} is not exact"
                    );
                }
            }
        }
    }

    #[test]
    fn a_bound_without_digits_is_exact() {
        for op in OPERATORS {
            for literal in -25..25 {
                let Some(bound) = coarse_bound(op, literal, 10, false) else {
                    assert!(op == Operator::Eq && literal % 10 != 0);
                    continue;
                };
                for unit in -4..4 {
                    assert_eq!(
                        holds(op, unit * 10, literal),
                        holds(bound.op, unit, bound.value),
                        "{op} {literal}: {unit}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_nanosecond_bound_never_excludes_a_row_that_the_comparison_keeps() {
        for op in OPERATORS {
            let bound = nanosecond_bound(op, 3).unwrap();
            for nanos in 0..700_i64 {
                let (kept, bounded) = (
                    holds(op, nanos.div_euclid(100), 3),
                    holds(bound.op, nanos, bound.value),
                );
                assert!(bounded || !kept, "{op}: {nanos}");
                assert!(
                    !bound.exact || kept == bounded,
                    "{op}: {nanos} is not exact"
                );
            }
        }
    }
}
