//! `avg` and `avgif`.

use super::cell::{self, Cell, Cells, Slot};
use super::fold::{Constants, Fold, Folding, Shape};
use super::row::{Aggregate, AggregateName, AggregateOverload, Meaning, Takes};
use crate::functions::example;
use datafusion::arrow::array::{ArrayRef, AsArray, Decimal128Array, Float64Array, Int64Array};
use datafusion::arrow::datatypes::{DataType, Decimal128Type, Float64Type, Int64Type};
use datafusion::common::Result;
use huntql_kql::types::Type;
use std::sync::Arc;

/// Digits of a saved sum.
const SUM_PRECISION: u8 = 38;

/// The mean. Whole numbers, ticks and decimals are summed exactly in 128 bits, reals in 64.
#[derive(Debug)]
struct Mean {
    ty: Type,
}

#[derive(Debug, Default)]
struct MeanState {
    count: i64,
    whole: i128,
    real: f64,
}

impl Fold for Mean {
    type State = MeanState;
    type Input<'a> = Cells<'a>;
    type Saved<'a> = (&'a Int64Array, &'a Decimal128Array, &'a Float64Array);

    fn new(shape: &Shape, _: &Constants) -> Result<Self> {
        Ok(Self {
            ty: shape.parameters[0],
        })
    }

    fn saved_types(_: &Shape) -> Vec<DataType> {
        vec![
            DataType::Int64,
            DataType::Decimal128(SUM_PRECISION, 0),
            DataType::Float64,
        ]
    }

    fn returns(parameters: &[Type]) -> Type {
        if parameters[0] == Type::Long {
            Type::Real
        } else {
            parameters[0]
        }
    }

    fn input<'a>(&self, columns: &'a [ArrayRef]) -> Cells<'a> {
        Cells::new(&columns[0], self.ty)
    }

    fn saved<'a>(&self, columns: &'a [ArrayRef]) -> Self::Saved<'a> {
        (
            columns[0].as_primitive::<Int64Type>(),
            columns[1].as_primitive::<Decimal128Type>(),
            columns[2].as_primitive::<Float64Type>(),
        )
    }

    fn add(&self, state: &mut MeanState, input: &Cells<'_>, row: usize) -> usize {
        match input.get(row) {
            Cell::Long(value) => state.whole += i128::from(value),
            Cell::Decimal(value) => state.whole = state.whole.saturating_add(value),
            Cell::Real(value) => state.real += value,
            Cell::Null | Cell::Bool(_) | Cell::Text(_) => return 0,
        }
        state.count += 1;
        0
    }

    fn merge(&self, state: &mut MeanState, saved: &Self::Saved<'_>, row: usize) -> usize {
        state.count += saved.0.value(row);
        state.whole = state.whole.saturating_add(saved.1.value(row));
        state.real += saved.2.value(row);
        0
    }

    fn save(&self, states: Vec<MeanState>) -> Result<Vec<ArrayRef>> {
        let counts = Int64Array::from_iter_values(states.iter().map(|state| state.count));
        let wholes = Decimal128Array::from_iter_values(states.iter().map(|state| state.whole));
        let reals = Float64Array::from_iter_values(states.iter().map(|state| state.real));
        Ok(vec![
            Arc::new(counts),
            Arc::new(wholes.with_precision_and_scale(SUM_PRECISION, 0)?),
            Arc::new(reals),
        ])
    }

    fn finish(&self, states: Vec<MeanState>) -> Result<ArrayRef> {
        let means: Vec<Slot> = states.iter().map(|state| self.mean(state)).collect();
        cell::column(means.iter(), Self::returns(&[self.ty]))
    }
}

impl Mean {
    /// Over nothing a real is NaN (0 / 0, Kusto docs, "summarize operator"), all else null.
    fn mean(&self, state: &MeanState) -> Slot {
        let count = i128::from(state.count);
        match self.ty {
            Type::Real => Slot::Real(state.real / state.count as f64),
            Type::Long => Slot::Real(state.whole as f64 / state.count as f64),
            _ if state.count == 0 => Slot::Null,
            Type::Decimal => Slot::Decimal(state.whole / count),
            _ => i64::try_from(state.whole / count).map_or(Slot::Null, Slot::Long),
        }
    }
}

const MEAN: Meaning = Meaning::Fold(Folding::of::<Mean>("avg"));
const INTEGERS: Takes = Takes::Typed(&[Type::Int, Type::Long], Type::Long);
const OTHERS: Takes = Takes::OneOf(&[Type::Real, Type::Decimal, Type::Timespan, Type::Datetime]);

const fn overload(params: &'static [Takes]) -> AggregateOverload {
    AggregateOverload {
        params,
        defaults: &[],
        variadic: false,
        meaning: MEAN,
    }
}

pub(super) const AGGREGATES: &[Aggregate] = &[
    Aggregate {
        name: "avg",
        aliases: &[],
        overloads: &[overload(&[INTEGERS]), overload(&[OTHERS])],
        result_name: AggregateName::Prefix("avg"),
        doc: "The mean of the values that are not null; NaN (for numbers) or null when there are none.",
        source: "kusto/query/avg-aggregation-function",
        examples: &[
            example(
                "datatable(x:long)[1, 2, long(null)] | summarize avg(x)",
                "datatable(avg_x:real)[1.5]",
            ),
            example(
                "datatable(x:timespan)[1d, 3d] | summarize avg(x)",
                "datatable(avg_x:timespan)[2d]",
            ),
        ],
    },
    Aggregate {
        name: "avgif",
        aliases: &[],
        overloads: &[
            overload(&[INTEGERS, Takes::Predicate]),
            overload(&[OTHERS, Takes::Predicate]),
        ],
        result_name: AggregateName::Prefix("avgif"),
        doc: "The mean of the values of the rows where the predicate is true.",
        source: "kusto/query/avgif-aggregation-function",
        examples: &[
            example(
                "datatable(x:long)[1, 2, 3] | summarize avgif(x, x > 1)",
                "datatable(avgif_x:real)[2.5]",
            ),
            example(
                "datatable(x:long)[1] | summarize avgif(x, x > 1)",
                "datatable(avgif_x:real)[real(nan)]",
            ),
        ],
    },
];
