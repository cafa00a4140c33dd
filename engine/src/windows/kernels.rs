//! What the window functions do: all rows in, in order; a value a row out.

use crate::aggregates::cell::{Cell, Cells};
use crate::kernel::{Args, KernelError, KernelResult};
use datafusion::arrow::array::{
    Array, ArrayRef, Float64Array, Int32Array, Int64Array, UInt64Array,
};
use datafusion::arrow::compute::{interleave, take};
use std::sync::Arc;

/// Where argument `index` is true; nowhere when it was left out.
fn restarts(args: &Args<'_>, index: usize) -> Vec<bool> {
    if index >= args.len() {
        return vec![false; args.rows()];
    }
    let restart = args.input::<bool>(index);
    (0..args.rows())
        .map(|row| restart.get(row) == Some(true))
        .collect()
}

/// The value of a constant argument, which stands in every row; `default` when it was left out.
fn constant(args: &Args<'_>, index: usize, default: i64) -> i64 {
    if index >= args.len() || args.rows() == 0 {
        default
    } else {
        args.input::<i64>(index).get(0).unwrap_or(default)
    }
}

/// `row_number([start [, restart]])`
pub(super) fn row_number(args: &Args<'_>) -> KernelResult {
    let start = constant(args, 0, 1);
    let mut number = start;
    let numbers = restarts(args, 1).into_iter().map(|restart| {
        let this = if restart { start } else { number };
        number = this.wrapping_add(1);
        this
    });
    Ok(Arc::new(Int64Array::from_iter_values(numbers)))
}

/// `prev(value [, offset [, default]])`
pub(super) fn prev(args: &Args<'_>) -> KernelResult {
    shifted(args, |row, offset| row.checked_sub(offset))
}

/// `next(value [, offset [, default]])`
pub(super) fn next(args: &Args<'_>) -> KernelResult {
    let rows = args.rows();
    shifted(args, |row, offset| {
        row.checked_add(offset).filter(|row| *row < rows)
    })
}

fn shifted(args: &Args<'_>, source: impl Fn(usize, usize) -> Option<usize>) -> KernelResult {
    let offset = usize::try_from(constant(args, 1, 1)).map_err(|_| KernelError::Argument {
        index: 1,
        message: "the offset of `prev` and `next` counts rows and is not below 0".into(),
    })?;
    let sources = (0..args.rows()).map(|row| source(row, offset));
    if args.len() < 3 {
        let indices: UInt64Array = sources.map(|row| row.map(|row| row as u64)).collect();
        return Ok(take(args.column(0), &indices, None)?);
    }
    let indices: Vec<(usize, usize)> = sources
        .map(|row| row.map_or((1, 0), |row| (0, row)))
        .collect();
    Ok(interleave(&[args.column(0), args.column(2)], &indices)?)
}

/// `row_cumsum(value [, restart])` over one type.
macro_rules! cumsum {
    ($name:ident, $number:ty, $array:ty, $plus:expr) => {
        pub(super) fn $name(args: &Args<'_>) -> KernelResult {
            let values = args.input::<$number>(0);
            let plus: fn($number, $number) -> $number = $plus;
            let mut sum = <$number>::default();
            let mut sums = Vec::with_capacity(args.rows());
            for (row, restart) in restarts(args, 1).into_iter().enumerate() {
                let Some(value) = values.get(row) else {
                    return Err(null_term());
                };
                sum = if restart { value } else { plus(sum, value) };
                sums.push(sum);
            }
            Ok(Arc::new(<$array>::from(sums)))
        }
    };
}

cumsum!(cumsum_int, i32, Int32Array, i32::wrapping_add);
cumsum!(cumsum_long, i64, Int64Array, i64::wrapping_add);
cumsum!(cumsum_real, f64, Float64Array, |a, b| a + b);

fn null_term() -> KernelError {
    KernelError::Argument {
        index: 0,
        message: "`row_cumsum` of a null is not supported: `coalesce` it, or filter such rows out"
            .into(),
    }
}

/// `row_rank_dense(value [, restart])`
pub(super) fn rank_dense(args: &Args<'_>) -> KernelResult {
    let mut rank = 0;
    ranks(args, |restart, same| {
        rank = if restart { 1 } else { rank + i64::from(!same) };
        rank
    })
}

/// `row_rank_min(value [, restart])`
pub(super) fn rank_min(args: &Args<'_>) -> KernelResult {
    let (mut number, mut rank) = (0, 0);
    ranks(args, |restart, same| {
        number = if restart { 1 } else { number + 1 };
        if restart || !same {
            rank = number;
        }
        rank
    })
}

/// `rank(restart, same as the row before)` for every row; the first row restarts.
fn ranks(args: &Args<'_>, mut rank: impl FnMut(bool, bool) -> i64) -> KernelResult {
    let values = Cells::new(args.column(0), args.ty(0));
    let mut before = Cell::Null;
    let ranks = restarts(args, 1)
        .into_iter()
        .enumerate()
        .map(|(row, restart)| {
            let value = values.get(row);
            let same = value == before;
            before = value;
            rank(restart || row == 0, same)
        });
    Ok(Arc::new(Int64Array::from_iter_values(ranks)))
}

/// `row_window_session(time, since start, since the row before [, restart])`
pub(super) fn window_session(args: &Args<'_>) -> KernelResult {
    let (times, from_first, between) = (
        args.input::<i64>(0),
        args.input::<i64>(1),
        args.input::<i64>(2),
    );
    let mut session: Option<i64> = None;
    let mut before: Option<i64> = None;
    let reaches = |time: i64, from: Option<i64>, distance: Option<i64>| matches!((from, distance), (Some(from), Some(distance)) if time >= from.saturating_add(distance));
    let starts: Int64Array = restarts(args, 3)
        .into_iter()
        .enumerate()
        .map(|(row, restart)| {
            let time = times.get(row);
            let new = match time {
                None => true,
                Some(time) => {
                    restart
                        || session.is_none()
                        || reaches(time, session, from_first.get(row))
                        || reaches(time, before, between.get(row))
                }
            };
            if new {
                session = time;
            }
            before = time;
            session
        })
        .collect();
    let starts: ArrayRef = Arc::new(starts);
    debug_assert_eq!(starts.len(), args.rows());
    Ok(starts)
}
