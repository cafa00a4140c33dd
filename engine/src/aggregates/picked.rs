//! Aggregates that take values from one row: `arg_max`, `arg_min`, `take_any`.
//!
//! Each result column is an aggregate of its own that sees the same rows as its sisters and decides by the same rule, without
//! looking at its own value: so all columns of a call come from one row. Of rows that tie, the first in the input's order
//! wins, or the first to arrive when the input has none.

use super::cell::{self, Cell, Cells, Slot};
use super::fold::{Constants, Fold, Folding, Shape, positions};
use super::row::{Aggregate, AggregateName, AggregateOverload, Meaning, Takes};
use crate::functions::example;
use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Int64Array};
use datafusion::arrow::datatypes::{DataType, Int64Type};
use datafusion::common::Result;
use huntql_kql::types::Type;
use huntql_store::schema::arrow_type;
use std::cmp::Ordering;
use std::fmt::Debug;
use std::marker::PhantomData;
use std::sync::Arc;

/// How a row beats the one held.
trait Choice: Debug + Send + Sync + 'static {
    /// How `next` stands to `held`: `Greater` is better, `Equal` leaves it to the position.
    fn compare(next: Cell<'_>, held: Cell<'_>) -> Ordering;
}

/// Rows with a key that has a rank come before those without.
fn ranked(next: Cell<'_>, held: Cell<'_>, order: fn(Cell<'_>, Cell<'_>) -> Ordering) -> Ordering {
    match (next.has_no_rank(), held.has_no_rank()) {
        (false, false) => order(next, held),
        (next, held) => held.cmp(&next),
    }
}

#[derive(Debug)]
struct Largest;

impl Choice for Largest {
    fn compare(next: Cell<'_>, held: Cell<'_>) -> Ordering {
        ranked(next, held, |next, held| next.order(held))
    }
}

#[derive(Debug)]
struct Smallest;

impl Choice for Smallest {
    fn compare(next: Cell<'_>, held: Cell<'_>) -> Ordering {
        ranked(next, held, |next, held| held.order(next))
    }
}

/// Any row will do.
#[derive(Debug)]
struct First;

impl Choice for First {
    fn compare(_: Cell<'_>, _: Cell<'_>) -> Ordering {
        Ordering::Equal
    }
}

/// Any row with a value that is neither null nor an empty string, else any row.
#[derive(Debug)]
struct FirstFilled;

impl Choice for FirstFilled {
    fn compare(next: Cell<'_>, held: Cell<'_>) -> Ordering {
        held.is_empty().cmp(&next.is_empty())
    }
}

/// Keeps the value of the chosen row. The key is argument 0, the value the last argument (which may be the same).
#[derive(Debug)]
struct Picked<C: Choice> {
    shape: Shape,
    choice: PhantomData<C>,
}

/// The chosen row; its key and value, and its position (0 without an order).
#[derive(Debug, Default)]
struct Chosen {
    any: bool,
    position: i64,
    key: Slot,
    value: Slot,
}

impl Chosen {
    fn offer<C: Choice>(
        &mut self,
        key: Cell<'_>,
        position: i64,
        value: impl FnOnce() -> Slot,
    ) -> usize {
        let better = match C::compare(key, self.key.cell()) {
            _ if !self.any => true,
            Ordering::Greater => true,
            Ordering::Equal => position < self.position,
            Ordering::Less => false,
        };
        if !better {
            return 0;
        }
        let before = self.key.heap_bytes() + self.value.heap_bytes();
        *self = Chosen {
            any: true,
            position,
            key: key.keep(),
            value: value(),
        };
        (self.key.heap_bytes() + self.value.heap_bytes()).saturating_sub(before)
    }
}

impl<C: Choice> Picked<C> {
    fn key_type(shape: &Shape) -> Type {
        shape.parameters[0]
    }

    fn value_type(shape: &Shape) -> Type {
        *shape.parameters.last().expect("a key at least")
    }
}

impl<C: Choice> Fold for Picked<C> {
    type State = Chosen;
    type Input<'a> = (Cells<'a>, Cells<'a>, Option<&'a Int64Array>);
    type Saved<'a> = (Cells<'a>, Cells<'a>, &'a Int64Array, &'a BooleanArray);

    fn new(shape: &Shape, _: &Constants) -> Result<Self> {
        Ok(Self {
            shape: shape.clone(),
            choice: PhantomData,
        })
    }

    fn saved_types(shape: &Shape) -> Vec<DataType> {
        let (key, value) = (Self::key_type(shape), Self::value_type(shape));
        vec![
            arrow_type(key),
            arrow_type(value),
            DataType::Int64,
            DataType::Boolean,
        ]
    }

    fn returns(parameters: &[Type]) -> Type {
        *parameters.last().expect("a key at least")
    }

    fn input<'a>(&self, columns: &'a [ArrayRef]) -> Self::Input<'a> {
        let value = self.shape.parameters.len() - 1;
        (
            Cells::new(&columns[0], Self::key_type(&self.shape)),
            Cells::new(&columns[value], Self::value_type(&self.shape)),
            positions(&self.shape, columns),
        )
    }

    fn saved<'a>(&self, columns: &'a [ArrayRef]) -> Self::Saved<'a> {
        (
            Cells::new(&columns[0], Self::key_type(&self.shape)),
            Cells::new(&columns[1], Self::value_type(&self.shape)),
            columns[2].as_primitive::<Int64Type>(),
            columns[3].as_boolean(),
        )
    }

    fn add(
        &self,
        state: &mut Chosen,
        (keys, values, positions): &Self::Input<'_>,
        row: usize,
    ) -> usize {
        let position = positions.map_or(0, |positions| positions.value(row));
        state.offer::<C>(keys.get(row), position, || values.get(row).keep())
    }

    fn merge(
        &self,
        state: &mut Chosen,
        (keys, values, positions, any): &Self::Saved<'_>,
        row: usize,
    ) -> usize {
        if any.is_null(row) || !any.value(row) {
            return 0;
        }
        state.offer::<C>(keys.get(row), positions.value(row), || {
            values.get(row).keep()
        })
    }

    fn save(&self, states: Vec<Chosen>) -> Result<Vec<ArrayRef>> {
        let positions = Int64Array::from_iter_values(states.iter().map(|state| state.position));
        let any = states
            .iter()
            .map(|state| Some(state.any))
            .collect::<BooleanArray>();
        Ok(vec![
            cell::column(
                states.iter().map(|state| &state.key),
                Self::key_type(&self.shape),
            )?,
            cell::column(
                states.iter().map(|state| &state.value),
                Self::value_type(&self.shape),
            )?,
            Arc::new(positions),
            Arc::new(any),
        ])
    }

    fn finish(&self, states: Vec<Chosen>) -> Result<ArrayRef> {
        cell::column(
            states.iter().map(|state| &state.value),
            Self::value_type(&self.shape),
        )
    }
}

const ARG_MAX: Meaning = Meaning::FoldBy(Folding::of::<Picked<Largest>>("arg_max").ordered());
const ARG_MIN: Meaning = Meaning::FoldBy(Folding::of::<Picked<Smallest>>("arg_min").ordered());
const ANY_FILLED: Meaning = Meaning::Fold(Folding::of::<Picked<FirstFilled>>("take_any").ordered());
const ANY_ROW: Meaning = Meaning::FoldAlone(Folding::of::<Picked<First>>("take_row").ordered());

const ORDERABLE: Takes = Takes::OneOf(&[
    Type::Bool,
    Type::Int,
    Type::Long,
    Type::Real,
    Type::Decimal,
    Type::String,
    Type::Datetime,
    Type::Timespan,
]);

const fn extreme(meaning: Meaning) -> [AggregateOverload; 2] {
    [
        AggregateOverload {
            params: &[ORDERABLE],
            defaults: &[],
            variadic: false,
            meaning,
        },
        AggregateOverload {
            params: &[ORDERABLE, Takes::Any],
            defaults: &[],
            variadic: true,
            meaning,
        },
    ]
}

const ANY: &[AggregateOverload] = &[
    AggregateOverload {
        params: &[Takes::Any],
        defaults: &[],
        variadic: false,
        meaning: ANY_FILLED,
    },
    AggregateOverload {
        params: &[Takes::Any, Takes::Any],
        defaults: &[],
        variadic: true,
        meaning: ANY_ROW,
    },
];
const ANY_IF: &[AggregateOverload] = &[AggregateOverload {
    params: &[Takes::Any, Takes::Predicate],
    defaults: &[],
    variadic: false,
    meaning: ANY_FILLED,
}];

pub(super) const AGGREGATES: &[Aggregate] = &[
    Aggregate {
        name: "arg_max",
        aliases: &[],
        overloads: &extreme(ARG_MAX),
        result_name: AggregateName::Extreme("max"),
        doc: "The row with the largest value of the first argument: that value, and the other arguments in that row. Rows \
              where it is null count only when there are no others.",
        source: "kusto/query/arg-max-aggregation-function",
        examples: &[
            example(
                "datatable(n:long, s:string)[1, 'a', 3, 'c', 2, 'b'] | summarize arg_max(n, s)",
                "datatable(n:long, s:string)[3, 'c']",
            ),
            example(
                "datatable(n:long, s:string)[1, 'a', long(null), 'c'] | summarize arg_max(n, *)",
                "datatable(n:long, s:string)[1, 'a']",
            ),
        ],
    },
    Aggregate {
        name: "arg_min",
        aliases: &[],
        overloads: &extreme(ARG_MIN),
        result_name: AggregateName::Extreme("min"),
        doc: "The row with the smallest value of the first argument: that value, and the other arguments in that row. Rows \
              where it is null count only when there are no others.",
        source: "kusto/query/arg-min-aggregation-function",
        examples: &[
            example(
                "datatable(n:long, s:string)[2, 'a', 1, 'c', 3, 'b'] | summarize arg_min(n, s)",
                "datatable(n:long, s:string)[1, 'c']",
            ),
            example(
                "datatable(n:long, s:string)[long(null), 'a'] | summarize arg_min(n, *)",
                "datatable(n:long, s:string)[long(null), 'a']",
            ),
        ],
    },
    Aggregate {
        name: "argmax",
        aliases: &[],
        overloads: &extreme(ARG_MAX),
        result_name: AggregateName::PrefixedExtreme("max"),
        doc: "The old name of `arg_max`, with other column names.",
        source: "kusto/query/arg-max-aggregation-function",
        examples: &[
            example(
                "datatable(n:long, s:string)[1, 'a', 3, 'c'] | summarize argmax(n, s)",
                "datatable(max_n:long, max_n_s:string)[3, 'c']",
            ),
            example(
                "datatable(n:long)[1, 3] | summarize argmax(n)",
                "datatable(max_n:long)[3]",
            ),
        ],
    },
    Aggregate {
        name: "argmin",
        aliases: &[],
        overloads: &extreme(ARG_MIN),
        result_name: AggregateName::PrefixedExtreme("min"),
        doc: "The old name of `arg_min`, with other column names.",
        source: "kusto/query/arg-min-aggregation-function",
        examples: &[
            example(
                "datatable(n:long, s:string)[1, 'a', 3, 'c'] | summarize argmin(n, s)",
                "datatable(min_n:long, min_n_s:string)[1, 'a']",
            ),
            example(
                "datatable(n:long)[1, 3] | summarize argmin(n)",
                "datatable(min_n:long)[1]",
            ),
        ],
    },
    Aggregate {
        name: "take_any",
        aliases: &[],
        overloads: ANY,
        result_name: AggregateName::Any,
        doc: "The values of some row of the group. With one argument, of one where it is neither null nor empty if there is \
              one.",
        source: "kusto/query/take-any-aggregation-function",
        examples: &[
            example(
                "datatable(x:string)['', 'a', 'a'] | summarize take_any(x)",
                "datatable(x:string)['a']",
            ),
            example(
                "datatable(x:long, y:long)[1, 2, 1, 2] | summarize take_any(x, y)",
                "datatable(x:long, y:long)[1, 2]",
            ),
        ],
    },
    Aggregate {
        name: "any",
        aliases: &[],
        overloads: ANY,
        result_name: AggregateName::PrefixedAny("any"),
        doc: "The old name of `take_any`, with other column names.",
        source: "kusto/query/take-any-aggregation-function",
        examples: &[
            example(
                "datatable(x:string)['a', 'a'] | summarize any(x)",
                "datatable(any_x:string)['a']",
            ),
            example(
                "datatable(x:long)[1] | summarize any(x)",
                "datatable(any_x:long)[1]",
            ),
        ],
    },
    Aggregate {
        name: "take_anyif",
        aliases: &[],
        overloads: ANY_IF,
        result_name: AggregateName::FirstArgument,
        doc: "As `take_any`, of the rows where the predicate is true; null when there are none.",
        source: "kusto/query/take-anyif-aggregation-function",
        examples: &[
            example(
                "datatable(x:long)[1, 2] | summarize take_anyif(x, x > 1)",
                "datatable(x:long)[2]",
            ),
            example(
                "datatable(x:long)[1] | summarize take_anyif(x, x > 1)",
                "datatable(x:long)[long(null)]",
            ),
        ],
    },
    Aggregate {
        name: "anyif",
        aliases: &[],
        overloads: ANY_IF,
        result_name: AggregateName::Prefix("anyif"),
        doc: "The old name of `take_anyif`, with other column names.",
        source: "kusto/query/take-anyif-aggregation-function",
        examples: &[
            example(
                "datatable(x:long)[1, 2] | summarize anyif(x, x > 1)",
                "datatable(anyif_x:long)[2]",
            ),
            example(
                "datatable(x:string)['a'] | summarize anyif(x, x == 'b')",
                "datatable(anyif_x:string)['']",
            ),
        ],
    },
];
