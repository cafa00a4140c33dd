//! `stdev`, `variance` and `covariance`, of a sample and of a population.
//!
//! Means and squares are updated row by row and merged without cancellation (Chan, Golub, LeVeque). Variances and covariances
//! are rounded to ten decimals, as the engine's own answers are (7.8674285714 where 7.867428571428571 is meant); deviations
//! are not. A sample of one row has 0. Over no rows a variance is 0 and a covariance null (Kusto docs, "summarize operator").

use super::fold::{Constants, Fold, Folding, Shape};
use super::row::{Aggregate, AggregateName, AggregateOverload, Meaning, Takes};
use crate::functions::example;
use datafusion::arrow::array::{Array, ArrayRef, AsArray, Float64Array};
use datafusion::arrow::datatypes::{DataType, Float64Type};
use datafusion::common::Result;
use huntql_kql::types::Type;
use std::fmt::Debug;
use std::marker::PhantomData;
use std::sync::Arc;

/// What is made of the moments in the end.
trait Statistic: Debug + Send + Sync + 'static {
    /// The value over no rows.
    const OF_NOTHING: Option<f64>;

    /// `rows` is at least 1.
    fn of(moments: &Moments) -> f64;
}

/// Of pairs (x, y); for one variable both are the same.
#[derive(Debug, Default)]
struct Moments {
    rows: f64,
    mean_x: f64,
    mean_y: f64,
    /// The sum of (x - mean x)(y - mean y).
    product: f64,
}

impl Moments {
    fn add(&mut self, other: &Moments) {
        if other.rows == 0.0 {
            return;
        }
        let rows = self.rows + other.rows;
        let (dx, dy) = (other.mean_x - self.mean_x, other.mean_y - self.mean_y);
        self.product += other.product + dx * dy * self.rows * other.rows / rows;
        self.mean_x += dx * other.rows / rows;
        self.mean_y += dy * other.rows / rows;
        self.rows = rows;
    }

    fn of_sample(&self) -> f64 {
        if self.rows < 2.0 {
            0.0
        } else {
            self.product / (self.rows - 1.0)
        }
    }

    fn of_population(&self) -> f64 {
        self.product / self.rows
    }
}

/// Ten decimals; ties to even.
fn rounded(value: f64) -> f64 {
    if value.abs() < 1e16 {
        (value * 1e10).round_ties_even() / 1e10
    } else {
        value
    }
}

macro_rules! statistic {
    ($name:ident, $of_nothing:expr, $rule:expr) => {
        #[derive(Debug)]
        struct $name;

        impl Statistic for $name {
            const OF_NOTHING: Option<f64> = $of_nothing;

            fn of(moments: &Moments) -> f64 {
                let rule: fn(&Moments) -> f64 = $rule;
                rule(moments)
            }
        }
    };
}

statistic!(Variance, Some(0.0), |moments| rounded(moments.of_sample()));
statistic!(VarianceP, Some(0.0), |moments| rounded(
    moments.of_population()
));
statistic!(Stdev, Some(0.0), |moments| moments.of_sample().sqrt());
statistic!(StdevP, Some(0.0), |moments| moments.of_population().sqrt());
statistic!(Covariance, None, |moments| rounded(moments.of_sample()));
statistic!(CovarianceP, None, |moments| rounded(
    moments.of_population()
));

#[derive(Debug)]
struct Momentous<S: Statistic>(PhantomData<S>);

impl<S: Statistic> Fold for Momentous<S> {
    type State = Moments;
    type Input<'a> = (&'a Float64Array, &'a Float64Array);
    type Saved<'a> = [&'a Float64Array; 4];

    fn new(_: &Shape, _: &Constants) -> Result<Self> {
        Ok(Self(PhantomData))
    }

    fn saved_types(_: &Shape) -> Vec<DataType> {
        vec![DataType::Float64; 4]
    }

    fn returns(_: &[Type]) -> Type {
        Type::Real
    }

    fn input<'a>(&self, columns: &'a [ArrayRef]) -> Self::Input<'a> {
        let last = columns.last().expect("an argument at least");
        (
            columns[0].as_primitive::<Float64Type>(),
            last.as_primitive::<Float64Type>(),
        )
    }

    fn saved<'a>(&self, columns: &'a [ArrayRef]) -> Self::Saved<'a> {
        [0, 1, 2, 3].map(|index| columns[index].as_primitive::<Float64Type>())
    }

    fn add(&self, state: &mut Moments, (x, y): &Self::Input<'_>, row: usize) -> usize {
        if x.is_valid(row) && y.is_valid(row) {
            state.add(&Moments {
                rows: 1.0,
                mean_x: x.value(row),
                mean_y: y.value(row),
                product: 0.0,
            });
        }
        0
    }

    fn merge(&self, state: &mut Moments, saved: &Self::Saved<'_>, row: usize) -> usize {
        let [rows, mean_x, mean_y, product] = saved.map(|column| column.value(row));
        state.add(&Moments {
            rows,
            mean_x,
            mean_y,
            product,
        });
        0
    }

    fn save(&self, states: Vec<Moments>) -> Result<Vec<ArrayRef>> {
        let column = |part: fn(&Moments) -> f64| -> ArrayRef {
            Arc::new(Float64Array::from_iter_values(states.iter().map(part)))
        };
        Ok(vec![
            column(|state| state.rows),
            column(|state| state.mean_x),
            column(|state| state.mean_y),
            column(|state| state.product),
        ])
    }

    fn finish(&self, states: Vec<Moments>) -> Result<ArrayRef> {
        let value = |state: &Moments| {
            if state.rows == 0.0 {
                S::OF_NOTHING
            } else {
                Some(S::of(state))
            }
        };
        Ok(Arc::new(states.iter().map(value).collect::<Float64Array>()))
    }
}

const VARIANCE: Meaning = Meaning::Fold(Folding::of::<Momentous<Variance>>("variance"));
const VARIANCEP: Meaning = Meaning::Fold(Folding::of::<Momentous<VarianceP>>("variancep"));
const STDEV: Meaning = Meaning::Fold(Folding::of::<Momentous<Stdev>>("stdev"));
const STDEVP: Meaning = Meaning::Fold(Folding::of::<Momentous<StdevP>>("stdevp"));

const COVARIANCE: Meaning = Meaning::Fold(Folding::of::<Momentous<Covariance>>("covariance"));
const COVARIANCEP: Meaning = Meaning::Fold(Folding::of::<Momentous<CovarianceP>>("covariancep"));

const NUMBERS: Takes = Takes::Typed(
    &[Type::Int, Type::Long, Type::Real, Type::Decimal],
    Type::Real,
);
const ONE: &[Takes] = &[NUMBERS];
const ONE_IF: &[Takes] = &[NUMBERS, Takes::Predicate];
const TWO: &[Takes] = &[NUMBERS, NUMBERS];
const TWO_IF: &[Takes] = &[NUMBERS, NUMBERS, Takes::Predicate];

const fn overload(params: &'static [Takes], meaning: Meaning) -> AggregateOverload {
    AggregateOverload {
        params,
        defaults: &[],
        variadic: false,
        meaning,
    }
}

pub(super) const AGGREGATES: &[Aggregate] = &[
    Aggregate {
        name: "variance",
        aliases: &[],
        overloads: &[overload(ONE, VARIANCE)],
        result_name: AggregateName::Prefix("variance"),
        doc: "The variance of a sample, to ten decimals.",
        source: "kusto/query/variance-aggregation-function",
        examples: &[
            example(
                "range x from 1 to 5 step 1 | summarize variance(x)",
                "datatable(variance_x:real)[2.5]",
            ),
            example(
                "datatable(x:real)[] | summarize variance(x)",
                "datatable(variance_x:real)[0.0]",
            ),
        ],
    },
    Aggregate {
        name: "varianceif",
        aliases: &[],
        overloads: &[overload(ONE_IF, VARIANCE)],
        result_name: AggregateName::Prefix("varianceif"),
        doc: "The variance of a sample: the rows where the predicate is true.",
        source: "kusto/query/varianceif-aggregation-function",
        examples: &[
            example(
                "range x from 1 to 9 step 1 | summarize varianceif(x, x < 6)",
                "datatable(varianceif_x:real)[2.5]",
            ),
            example(
                "range x from 1 to 9 step 1 | summarize varianceif(x, x < 0)",
                "datatable(varianceif_x:real)[0.0]",
            ),
        ],
    },
    Aggregate {
        name: "variancep",
        aliases: &[],
        overloads: &[overload(ONE, VARIANCEP)],
        result_name: AggregateName::Prefix("variancep"),
        doc: "The variance of a population, to ten decimals.",
        source: "kusto/query/variancep-aggregation-function",
        examples: &[
            example(
                "range x from 1 to 5 step 1 | summarize variancep(x)",
                "datatable(variancep_x:real)[2.0]",
            ),
            example(
                "datatable(x:int)[7] | summarize variancep(x)",
                "datatable(variancep_x:real)[0.0]",
            ),
        ],
    },
    Aggregate {
        name: "variancepif",
        aliases: &[],
        overloads: &[overload(ONE_IF, VARIANCEP)],
        result_name: AggregateName::Prefix("variancepif"),
        doc: "The variance of a population: the rows where the predicate is true.",
        source: "kusto/query/variancepif-aggregation-function",
        examples: &[
            example(
                "range x from 1 to 9 step 1 | summarize variancepif(x, x < 6)",
                "datatable(variancepif_x:real)[2.0]",
            ),
            example(
                "range x from 1 to 9 step 1 | summarize variancepif(x, x == 1)",
                "datatable(variancepif_x:real)[0.0]",
            ),
        ],
    },
    Aggregate {
        name: "stdev",
        aliases: &[],
        overloads: &[overload(ONE, STDEV)],
        result_name: AggregateName::Prefix("stdev"),
        doc: "The standard deviation of a sample.",
        source: "kusto/query/stdev-aggregation-function",
        examples: &[
            example(
                "range x from 1 to 5 step 1 | summarize stdev(x)",
                "datatable(stdev_x:real)[1.5811388300841898]",
            ),
            example(
                "datatable(x:int)[] | summarize stdev(x)",
                "datatable(stdev_x:real)[0.0]",
            ),
        ],
    },
    Aggregate {
        name: "stdevif",
        aliases: &[],
        overloads: &[overload(ONE_IF, STDEV)],
        result_name: AggregateName::Prefix("stdevif"),
        doc: "The standard deviation of a sample: the rows where the predicate is true.",
        source: "kusto/query/stdevif-aggregation-function",
        examples: &[
            example(
                "range x from 1 to 9 step 1 | summarize stdevif(x, x in (1, 3))",
                "datatable(stdevif_x:real)[1.4142135623730951]",
            ),
            example(
                "range x from 1 to 9 step 1 | summarize stdevif(x, x < 0)",
                "datatable(stdevif_x:real)[0.0]",
            ),
        ],
    },
    Aggregate {
        name: "stdevp",
        aliases: &[],
        overloads: &[overload(ONE, STDEVP)],
        result_name: AggregateName::Prefix("stdevp"),
        doc: "The standard deviation of a population.",
        source: "kusto/query/stdevp-aggregation-function",
        examples: &[
            example(
                "datatable(x:int)[1, 3] | summarize stdevp(x)",
                "datatable(stdevp_x:real)[1.0]",
            ),
            example(
                "datatable(x:int)[7] | summarize stdevp(x)",
                "datatable(stdevp_x:real)[0.0]",
            ),
        ],
    },
    Aggregate {
        name: "covariance",
        aliases: &[],
        overloads: &[overload(TWO, COVARIANCE)],
        result_name: AggregateName::PrefixTwo("covariance"),
        doc: "The covariance of a sample, to ten decimals.",
        source: "kusto/query/covariance-aggregation-function",
        examples: &[
            example(
                "datatable(x:real, y:real)[1.0, 14.0, 2.0, 10.0, 3.0, 17.0, 4.0, 20.0, 5.0, 50.0] | summarize covariance(x, y)",
                "datatable(covariance_x_y:real)[20.5]",
            ),
            example(
                "datatable(x:int, y:int)[1, 1, 2, 3] | summarize covariance(x, y)",
                "datatable(covariance_x_y:real)[1.0]",
            ),
        ],
    },
    Aggregate {
        name: "covarianceif",
        aliases: &[],
        overloads: &[overload(TWO_IF, COVARIANCE)],
        result_name: AggregateName::PrefixTwo("covarianceif"),
        doc: "The covariance of a sample: the rows where the predicate is true.",
        source: "kusto/query/covarianceif-aggregation-function",
        examples: &[
            example(
                "range x from 1 to 100 step 1 | extend y = iff(x % 2 == 0, x * 2, x * 3) | summarize covarianceif(x, y, x % 3 == 0)",
                "datatable(covarianceif_x_y:real)[2142.0]",
            ),
            example(
                "datatable(x:int, y:int)[1, 1, 2, 3, 9, 9] | summarize covarianceif(x, y, x < 9)",
                "datatable(covarianceif_x_y:real)[1.0]",
            ),
        ],
    },
    Aggregate {
        name: "covariancep",
        aliases: &[],
        overloads: &[overload(TWO, COVARIANCEP)],
        result_name: AggregateName::PrefixTwo("covariancep"),
        doc: "The covariance of a population, to ten decimals.",
        source: "kusto/query/covariancep-aggregation-function",
        examples: &[
            example(
                "datatable(x:int, y:int)[1, 1, 3, 3] | summarize covariancep(x, y)",
                "datatable(covariancep_x_y:real)[1.0]",
            ),
            example(
                "datatable(x:int, y:int)[7, 1] | summarize covariancep(x, y)",
                "datatable(covariancep_x_y:real)[0.0]",
            ),
        ],
    },
    Aggregate {
        name: "covariancepif",
        aliases: &[],
        overloads: &[overload(TWO_IF, COVARIANCEP)],
        result_name: AggregateName::PrefixTwo("covariancepif"),
        doc: "The covariance of a population: the rows where the predicate is true.",
        source: "kusto/query/covariancepif-aggregation-function",
        examples: &[
            example(
                "range x from 1 to 100 step 1 | extend y = iff(x % 2 == 0, x * 2, x * 3) | summarize covariancepif(x, y, x % 3 == 0)",
                "datatable(covariancepif_x_y:real)[2077.0909090909]",
            ),
            example(
                "datatable(x:int, y:int)[1, 1, 3, 3, 9, 9] | summarize covariancepif(x, y, x < 9)",
                "datatable(covariancepif_x_y:real)[1.0]",
            ),
        ],
    },
];
