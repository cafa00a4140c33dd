//! `percentiles_array` and `percentilesw_array`: several percentiles in one array.
//!
//! Over no rows they give null; the page does not tell.

use super::fold::{Constants, Fold, Folding, Shape, constant_real};
use super::percentile::{INTEGERS, OTHERS, PERCENT, Percentile, Ranked, WEIGHT, one, several};
use super::row::{Aggregate, AggregateName, Meaning, Takes};
use crate::conversion::convert;
use crate::functions::example;
use crate::json::{Array, items};
use datafusion::arrow::array::{Array as _, ArrayRef, AsArray, StringArray};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{DataFusionError, Result, ScalarValue};
use huntql_kql::types::Type;
use std::sync::Arc;

/// The percentiles that stand in the arguments from `AT` on, or in an array there.
#[derive(Debug)]
struct Percentiles<const AT: usize> {
    ty: Type,
    each: Vec<Percentile<AT>>,
}

/// The numbers of a constant array.
fn listed(constant: Option<&Option<ScalarValue>>) -> Result<Vec<f64>> {
    let Some(Some(ScalarValue::Utf8(Some(json)))) = constant else {
        return Err(DataFusionError::Plan(
            "the percentiles must be a constant array".to_owned(),
        ));
    };
    items(json)
        .map(|item| {
            item.parse()
                .map_err(|_| DataFusionError::Plan(format!("a percentile is 0 to 100, not {item}")))
        })
        .collect()
}

impl<const AT: usize> Fold for Percentiles<AT> {
    type State = Ranked;
    type Input<'a> = <Percentile<AT> as Fold>::Input<'a>;
    type Saved<'a> = <Percentile<AT> as Fold>::Saved<'a>;

    fn new(shape: &Shape, constants: &Constants) -> Result<Self> {
        let ty = shape.parameters[0];
        let percents = match shape.parameters.get(AT) {
            Some(Type::Dynamic) => listed(constants.get(AT))?,
            _ => (AT..shape.parameters.len())
                .map(|index| constant_real(constants, index))
                .collect::<Result<_>>()?,
        };
        let each = percents
            .into_iter()
            .map(|percent| Percentile::of(ty, percent))
            .collect::<Result<_>>()?;
        Ok(Self { ty, each })
    }

    fn saved_types(shape: &Shape) -> Vec<DataType> {
        Percentile::<AT>::saved_types(shape)
    }

    fn returns(_: &[Type]) -> Type {
        Type::Dynamic
    }

    fn input<'a>(&self, columns: &'a [ArrayRef]) -> Self::Input<'a> {
        self.any().input(columns)
    }

    fn saved<'a>(&self, columns: &'a [ArrayRef]) -> Self::Saved<'a> {
        self.any().saved(columns)
    }

    fn add(&self, state: &mut Ranked, input: &Self::Input<'_>, row: usize) -> usize {
        self.any().add(state, input, row)
    }

    fn merge(&self, state: &mut Ranked, saved: &Self::Saved<'_>, row: usize) -> usize {
        self.any().merge(state, saved, row)
    }

    fn save(&self, states: Vec<Ranked>) -> Result<Vec<ArrayRef>> {
        self.any().save(states)
    }

    fn finish(&self, mut states: Vec<Ranked>) -> Result<ArrayRef> {
        let columns = self
            .each
            .iter()
            .map(|one| {
                convert(&one.column(&mut states), self.ty, Type::Dynamic)
                    .map_err(|error| DataFusionError::External(Box::new(error)))
            })
            .collect::<Result<Vec<_>>>()?;
        let arrays = (0..states.len()).map(|row| {
            (!states[row].is_empty()).then(|| {
                let mut array = Array::default();
                for column in &columns {
                    let column = column.as_string::<i32>();
                    array.push(column.is_valid(row).then(|| column.value(row)));
                }
                array.finish()
            })
        });
        Ok(Arc::new(arrays.collect::<StringArray>()))
    }
}

impl<const AT: usize> Percentiles<AT> {
    /// How rows are gathered is the same for every percentile.
    fn any(&self) -> Percentile<AT> {
        Percentile::of(self.ty, 0.0).expect("0 is a percentile")
    }
}

const PLAIN: Meaning = Meaning::Fold(Folding::of::<Percentiles<1>>("percentiles_array"));
const WEIGHTED: Meaning = Meaning::Fold(Folding::of::<Percentiles<2>>("percentilesw_array"));
const LIST: Takes = Takes::Constant(Type::Dynamic);

pub(super) const AGGREGATES: &[Aggregate] = &[
    Aggregate {
        name: "percentiles_array",
        aliases: &[],
        overloads: &[
            one(&[INTEGERS, LIST], PLAIN),
            one(&[OTHERS, LIST], PLAIN),
            several(&[INTEGERS, PERCENT], PLAIN),
            several(&[OTHERS, PERCENT], PLAIN),
        ],
        result_name: AggregateName::Prefix("percentiles"),
        doc: "Several percentiles as one array.",
        source: "kusto/query/percentiles-aggregation-function",
        examples: &[
            example(
                "range x from 1 to 10 step 1 | summarize percentiles_array(x, 0, 50, 100)",
                "datatable(percentiles_x:dynamic)[dynamic([1,5,10])]",
            ),
            example(
                "range x from 1.0 to 10.0 step 1 | summarize percentiles_array(x, dynamic([25, 99.5]))",
                "datatable(percentiles_x:dynamic)[dynamic([3.0,10.0])]",
            ),
        ],
    },
    Aggregate {
        name: "percentilesw_array",
        aliases: &[],
        overloads: &[
            one(&[INTEGERS, WEIGHT, LIST], WEIGHTED),
            one(&[OTHERS, WEIGHT, LIST], WEIGHTED),
            several(&[INTEGERS, WEIGHT, PERCENT], WEIGHTED),
            several(&[OTHERS, WEIGHT, PERCENT], WEIGHTED),
        ],
        result_name: AggregateName::Prefix("percentiles"),
        doc: "Several weighted percentiles as one array.",
        source: "kusto/query/percentilesw-aggregation-function",
        examples: &[
            example(
                "datatable(n:long, x:long)[8, 10, 6, 20, 3, 30, 1, 40] | summarize percentilesw_array(x, n, 50, 99.9)",
                "datatable(percentiles_x:dynamic)[dynamic([20,40])]",
            ),
            example(
                "datatable(n:long, x:long)[8, 10, 6, 20, 3, 30, 1, 40] | summarize percentilesw_array(x, n, dynamic([75]))",
                "datatable(percentiles_x:dynamic)[dynamic([20])]",
            ),
        ],
    },
];
