//! `percentile` and its like: nearest rank, exact.
//!
//! The smallest value that at least P percent of the rows do not exceed (Kusto docs, "Nearest-rank percentile"); P = 0 is the
//! smallest value. Kusto estimates with a t-digest, which for few rows is exact and else within its stated error of this.

use super::fold::{Constants, Fold, Folding, Shape, constant_real};
use super::row::{Aggregate, AggregateName, AggregateOverload, Meaning, Takes};
use crate::functions::example;
use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, Float64Array, Int64Array, Int64Builder, ListArray, ListBuilder,
};
use datafusion::arrow::datatypes::{DataType, Field, Float64Type, Int64Type};
use datafusion::common::{DataFusionError, Result};
use huntql_kql::types::Type;
use std::sync::Arc;

/// The percentile that stands in argument `AT`; argument 1 before it, if any, is the weight.
#[derive(Debug)]
pub(super) struct Percentile<const AT: usize> {
    ty: Type,
    percent: f64,
}

/// Values as keys that sort as they do, with their weights if these are not all 1.
#[derive(Debug, Default)]
pub(super) struct Ranked {
    keys: Vec<i64>,
    weights: Vec<i64>,
}

impl Ranked {
    pub(super) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }
}

/// Values of a batch, and weights.
#[derive(Debug)]
pub(super) struct Values<'a> {
    keys: Keys<'a>,
    weights: Option<&'a Int64Array>,
}

#[derive(Debug)]
enum Keys<'a> {
    Whole(&'a Int64Array),
    Real(&'a Float64Array),
}

impl Keys<'_> {
    fn get(&self, row: usize) -> Option<i64> {
        match self {
            Keys::Whole(array) => array.is_valid(row).then(|| array.value(row)),
            Keys::Real(array) => array
                .is_valid(row)
                .then(|| array.value(row))
                .filter(|value| !value.is_nan())
                .map(to_key),
        }
    }
}

/// A whole number that sorts as the real does. `-0.0` is `0.0`.
fn to_key(value: f64) -> i64 {
    let bits = (value + 0.0).to_bits().cast_signed();
    bits ^ ((bits >> 63) & i64::MAX)
}

fn from_key(key: i64) -> f64 {
    f64::from_bits((key ^ ((key >> 63) & i64::MAX)).cast_unsigned())
}

impl<const AT: usize> Percentile<AT> {
    fn rank(&self, state: &mut Ranked) -> Option<i64> {
        if state.weights.is_empty() {
            let rows = state.keys.len();
            let rank = (self.percent * rows as f64 / 100.0).ceil() as usize;
            let index = rank.clamp(1, rows.max(1)) - 1;
            return (rows > 0).then(|| *state.keys.select_nth_unstable(index).1);
        }
        let keys = state.keys.iter().copied();
        let mut weighted: Vec<(i64, i64)> = keys.zip(state.weights.iter().copied()).collect();
        weighted.sort_unstable();
        let total: i128 = weighted.iter().map(|(_, weight)| i128::from(*weight)).sum();
        let wanted = self.percent * total as f64 / 100.0;
        let mut below = 0_i128;
        let reaches = |(_, weight): &&(i64, i64)| {
            below += i128::from(*weight);
            below as f64 >= wanted
        };
        weighted
            .iter()
            .find(reaches)
            .or(weighted.last())
            .map(|(key, _)| *key)
    }

    /// For values of a type.
    ///
    /// # Errors
    /// A percentile that is none.
    pub(super) fn of(ty: Type, percent: f64) -> Result<Self> {
        if !(0.0..=100.0).contains(&percent) {
            return Err(DataFusionError::Plan(format!(
                "a percentile is 0 to 100, not {percent}"
            )));
        }
        Ok(Self { ty, percent })
    }

    /// The percentile of each state, as a column of the values' type.
    pub(super) fn column(&self, states: &mut [Ranked]) -> ArrayRef {
        let keys = states.iter_mut().map(|state| self.rank(state));
        if self.ty == Type::Real {
            return Arc::new(keys.map(|key| key.map(from_key)).collect::<Float64Array>());
        }
        Arc::new(keys.collect::<Int64Array>())
    }
}

impl<const AT: usize> Fold for Percentile<AT> {
    type State = Ranked;
    type Input<'a> = Values<'a>;
    type Saved<'a> = (&'a ListArray, &'a ListArray);

    fn new(shape: &Shape, constants: &Constants) -> Result<Self> {
        Self::of(shape.parameters[0], constant_real(constants, AT)?)
    }

    fn saved_types(_: &Shape) -> Vec<DataType> {
        let list = DataType::List(Arc::new(Field::new_list_field(DataType::Int64, true)));
        vec![list.clone(), list]
    }

    fn returns(parameters: &[Type]) -> Type {
        parameters[0]
    }

    fn input<'a>(&self, columns: &'a [ArrayRef]) -> Values<'a> {
        let keys = if self.ty == Type::Real {
            Keys::Real(columns[0].as_primitive::<Float64Type>())
        } else {
            Keys::Whole(columns[0].as_primitive::<Int64Type>())
        };
        Values {
            keys,
            weights: (AT == 2).then(|| columns[1].as_primitive::<Int64Type>()),
        }
    }

    fn saved<'a>(&self, columns: &'a [ArrayRef]) -> Self::Saved<'a> {
        (columns[0].as_list::<i32>(), columns[1].as_list::<i32>())
    }

    fn add(&self, state: &mut Ranked, input: &Values<'_>, row: usize) -> usize {
        let Some(key) = input.keys.get(row) else {
            return 0;
        };
        let before = state.keys.capacity() + state.weights.capacity();
        if let Some(weights) = input.weights {
            if weights.is_null(row) || weights.value(row) <= 0 {
                return 0;
            }
            state.weights.push(weights.value(row));
        }
        state.keys.push(key);
        (state.keys.capacity() + state.weights.capacity() - before) * size_of::<i64>()
    }

    fn merge(&self, state: &mut Ranked, (keys, weights): &Self::Saved<'_>, row: usize) -> usize {
        if keys.is_null(row) {
            return 0;
        }
        let before = state.keys.capacity() + state.weights.capacity();
        state
            .keys
            .extend(keys.value(row).as_primitive::<Int64Type>().values());
        state
            .weights
            .extend(weights.value(row).as_primitive::<Int64Type>().values());
        (state.keys.capacity() + state.weights.capacity() - before) * size_of::<i64>()
    }

    fn save(&self, states: Vec<Ranked>) -> Result<Vec<ArrayRef>> {
        let mut keys = ListBuilder::new(Int64Builder::new());
        let mut weights = ListBuilder::new(Int64Builder::new());
        for state in states {
            keys.values().append_slice(&state.keys);
            keys.append(true);
            weights.values().append_slice(&state.weights);
            weights.append(true);
        }
        Ok(vec![Arc::new(keys.finish()), Arc::new(weights.finish())])
    }

    fn finish(&self, mut states: Vec<Ranked>) -> Result<ArrayRef> {
        Ok(self.column(&mut states))
    }
}

const PLAIN: Meaning = Meaning::FoldFrom(1, Folding::of::<Percentile<1>>("percentile"));
const WEIGHTED: Meaning = Meaning::FoldFrom(2, Folding::of::<Percentile<2>>("percentilew"));

pub(super) const INTEGERS: Takes = Takes::Typed(&[Type::Int, Type::Long], Type::Long);
pub(super) const OTHERS: Takes = Takes::OneOf(&[Type::Real, Type::Datetime, Type::Timespan]);
pub(super) const WEIGHT: Takes = Takes::Typed(&[Type::Int, Type::Long], Type::Long);
pub(super) const PERCENT: Takes = Takes::Constant(Type::Real);

pub(super) const fn one(params: &'static [Takes], meaning: Meaning) -> AggregateOverload {
    AggregateOverload {
        params,
        defaults: &[],
        variadic: false,
        meaning,
    }
}

pub(super) const fn several(params: &'static [Takes], meaning: Meaning) -> AggregateOverload {
    AggregateOverload {
        params,
        defaults: &[],
        variadic: true,
        meaning,
    }
}

pub(super) const AGGREGATES: &[Aggregate] = &[
    Aggregate {
        name: "percentile",
        aliases: &[],
        overloads: &[
            one(&[INTEGERS, PERCENT], PLAIN),
            one(&[OTHERS, PERCENT], PLAIN),
        ],
        result_name: AggregateName::Percentiles(1),
        doc: "The smallest value that at least P percent of the values do not exceed, exactly.",
        source: "kusto/query/percentiles-aggregation-function",
        examples: &[
            example(
                "datatable(x:int)[15, 22, 18, 25, 12] | summarize percentile(x, 50)",
                "datatable(percentile_x_50:long)[18]",
            ),
            example(
                "range x from 1 to 1000 step 1 | summarize percentile(x, 99.9)",
                "datatable(percentile_x_99_9:long)[999]",
            ),
        ],
    },
    Aggregate {
        name: "percentiles",
        aliases: &[],
        overloads: &[
            several(&[INTEGERS, PERCENT], PLAIN),
            several(&[OTHERS, PERCENT], PLAIN),
        ],
        result_name: AggregateName::Percentiles(1),
        doc: "Several percentiles, a column each.",
        source: "kusto/query/percentiles-aggregation-function",
        examples: &[
            example(
                "range x from 1 to 10 step 1 | summarize percentiles(x, 0, 50, 100)",
                "datatable(percentile_x_0:long, percentile_x_50:long, percentile_x_100:long)[1, 5, 10]",
            ),
            example(
                "datatable(x:real)[] | summarize percentiles(x, 5)",
                "datatable(percentile_x_5:real)[real(null)]",
            ),
        ],
    },
    Aggregate {
        name: "percentilew",
        aliases: &[],
        overloads: &[
            one(&[INTEGERS, WEIGHT, PERCENT], WEIGHTED),
            one(&[OTHERS, WEIGHT, PERCENT], WEIGHTED),
        ],
        result_name: AggregateName::Percentiles(2),
        doc: "A percentile of values that each stand for as many rows as the weight says.",
        source: "kusto/query/percentilesw-aggregation-function",
        examples: &[
            example(
                "datatable(n:long, x:long)[8, 10, 6, 20, 3, 30, 1, 40] | summarize percentilew(x, n, 75)",
                "datatable(percentile_x_75:long)[20]",
            ),
            example(
                "datatable(n:long, x:long)[1, 10] | summarize percentilew(x, n, 1)",
                "datatable(percentile_x_1:long)[10]",
            ),
        ],
    },
    Aggregate {
        name: "percentilesw",
        aliases: &[],
        overloads: &[
            several(&[INTEGERS, WEIGHT, PERCENT], WEIGHTED),
            several(&[OTHERS, WEIGHT, PERCENT], WEIGHTED),
        ],
        result_name: AggregateName::Percentiles(2),
        doc: "Several weighted percentiles, a column each.",
        source: "kusto/query/percentilesw-aggregation-function",
        examples: &[
            example(
                "datatable(n:long, x:long)[8, 10, 6, 20, 3, 30, 1, 40] | summarize percentilesw(x, n, 50, 99.9)",
                "datatable(percentile_x_50:long, percentile_x_99_9:long)[20, 40]",
            ),
            example(
                "datatable(n:long, x:long)[1, 10] | summarize percentilesw(x, n, 1)",
                "datatable(percentile_x_1:long)[10]",
            ),
        ],
    },
];
