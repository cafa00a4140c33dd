//! Aggregates whose state is one value: `sum`, `min`, `max`, `binary_all_…`.

use super::cell::{self, Cell, Cells, Slot};
use super::fold::{Constants, Fold, Folding, Shape};
use super::row::{Aggregate, AggregateName, AggregateOverload, Meaning, Takes};
use crate::functions::example;
use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::Result;
use huntql_kql::types::Type;
use huntql_store::schema::arrow_type;
use std::cmp::Ordering;
use std::fmt::Debug;
use std::marker::PhantomData;

/// What one further value does to the value so far.
trait Step: Debug + Send + Sync + 'static {
    /// The new value, or `None` to keep the old one. `have` is [`Cell::Null`] before the first value; `next` is never null.
    fn step(have: Cell<'_>, next: Cell<'_>) -> Option<Slot>;

    /// The value over no rows.
    fn of_nothing(_: Type) -> Slot {
        Slot::Null
    }
}

/// A fold whose state is its result. Nulls are skipped.
#[derive(Debug)]
struct Reduce<S: Step> {
    ty: Type,
    step: PhantomData<S>,
}

impl<S: Step> Fold for Reduce<S> {
    type State = Slot;
    type Input<'a> = Cells<'a>;
    type Saved<'a> = Cells<'a>;

    fn new(shape: &Shape, _: &Constants) -> Result<Self> {
        Ok(Self {
            ty: shape.parameters[0],
            step: PhantomData,
        })
    }

    fn saved_types(shape: &Shape) -> Vec<DataType> {
        vec![arrow_type(saved_type(shape.parameters[0]))]
    }

    fn returns(parameters: &[Type]) -> Type {
        parameters[0]
    }

    fn input<'a>(&self, columns: &'a [ArrayRef]) -> Cells<'a> {
        Cells::new(&columns[0], self.ty)
    }

    fn saved<'a>(&self, columns: &'a [ArrayRef]) -> Cells<'a> {
        Cells::new(&columns[0], saved_type(self.ty))
    }

    fn add(&self, state: &mut Slot, input: &Cells<'_>, row: usize) -> usize {
        let next = input.get(row);
        if next == Cell::Null {
            return 0;
        }
        let Some(new) = S::step(state.cell(), next) else {
            return 0;
        };
        let grown = new.heap_bytes().saturating_sub(state.heap_bytes());
        *state = new;
        grown
    }

    fn merge(&self, state: &mut Slot, saved: &Cells<'_>, row: usize) -> usize {
        self.add(state, saved, row)
    }

    fn save(&self, states: Vec<Slot>) -> Result<Vec<ArrayRef>> {
        Ok(vec![cell::column(states.iter(), saved_type(self.ty))?])
    }

    fn finish(&self, mut states: Vec<Slot>) -> Result<ArrayRef> {
        let of_nothing = S::of_nothing(self.ty);
        for state in states.iter_mut().filter(|state| **state == Slot::Null) {
            *state = of_nothing.clone();
        }
        cell::column(states.iter(), self.ty)
    }
}

/// A saved string may be null (no row yet), which a `string` may not.
fn saved_type(ty: Type) -> Type {
    if ty == Type::String { Type::Guid } else { ty }
}

#[derive(Debug)]
struct Sum;

impl Step for Sum {
    fn step(have: Cell<'_>, next: Cell<'_>) -> Option<Slot> {
        Some(match (have, next) {
            (Cell::Long(a), Cell::Long(b)) => Slot::Long(a.wrapping_add(b)),
            (Cell::Real(a), Cell::Real(b)) => Slot::Real(a + b),
            (Cell::Decimal(a), Cell::Decimal(b)) => Slot::Decimal(a.saturating_add(b)),
            (_, next) => next.keep(),
        })
    }

    fn of_nothing(ty: Type) -> Slot {
        match ty {
            Type::Real => Slot::Real(0.0),
            Type::Decimal => Slot::Decimal(0),
            Type::Bool | Type::String | Type::Guid | Type::Dynamic => Slot::Null,
            Type::Int | Type::Long | Type::Datetime | Type::Timespan => Slot::Long(0),
        }
    }
}

#[derive(Debug)]
struct Min;

impl Step for Min {
    fn step(have: Cell<'_>, next: Cell<'_>) -> Option<Slot> {
        replaces(have, next, Ordering::Less)
    }
}

#[derive(Debug)]
struct Max;

impl Step for Max {
    fn step(have: Cell<'_>, next: Cell<'_>) -> Option<Slot> {
        replaces(have, next, Ordering::Greater)
    }
}

/// `next` when it stands on the wanted side of `have`. NaN gives way to every number.
fn replaces(have: Cell<'_>, next: Cell<'_>, side: Ordering) -> Option<Slot> {
    match (have.has_no_rank(), next.has_no_rank()) {
        (true, _) => Some(next.keep()),
        (false, true) => None,
        (false, false) => (next.order(have) == side).then(|| next.keep()),
    }
}

/// The binary operators over all values.
macro_rules! bits {
    ($name:ident, $operator:tt) => {
        #[derive(Debug)]
        struct $name;

        impl Step for $name {
            fn step(have: Cell<'_>, next: Cell<'_>) -> Option<Slot> {
                Some(match (have, next) {
                    (Cell::Long(a), Cell::Long(b)) => Slot::Long(a $operator b),
                    (_, next) => next.keep(),
                })
            }
        }
    };
}

bits!(And, &);
bits!(Or, |);
bits!(Xor, ^);

const SUM: Meaning = Meaning::Fold(Folding::of::<Reduce<Sum>>("sum"));
const MIN: Meaning = Meaning::Fold(Folding::of::<Reduce<Min>>("min"));
const MAX: Meaning = Meaning::Fold(Folding::of::<Reduce<Max>>("max"));
const ALL_AND: Meaning = Meaning::Fold(Folding::of::<Reduce<And>>("binary_all_and"));
const ALL_OR: Meaning = Meaning::Fold(Folding::of::<Reduce<Or>>("binary_all_or"));
const ALL_XOR: Meaning = Meaning::Fold(Folding::of::<Reduce<Xor>>("binary_all_xor"));

const INTEGERS: Takes = Takes::Typed(&[Type::Int, Type::Long], Type::Long);
const OTHER_SUMMABLE: Takes = Takes::OneOf(&[Type::Real, Type::Decimal, Type::Timespan]);
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
const INT_OR_LONG: Takes = Takes::OneOf(&[Type::Int, Type::Long]);

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
        name: "sum",
        aliases: &[],
        overloads: &[overload(&[INTEGERS], SUM), overload(&[OTHER_SUMMABLE], SUM)],
        result_name: AggregateName::Prefix("sum"),
        doc: "Adds up the values that are not null; 0 when there are none. Whole numbers wrap around at 64 bits.",
        source: "kusto/query/sum-aggregation-function",
        examples: &[
            example(
                "datatable(x:int)[1, 2, int(null)] | summarize sum(x)",
                "datatable(sum_x:long)[3]",
            ),
            example(
                "datatable(x:real)[] | summarize sum(x)",
                "datatable(sum_x:real)[0.0]",
            ),
        ],
    },
    Aggregate {
        name: "sumif",
        aliases: &[],
        overloads: &[
            overload(&[INTEGERS, Takes::Predicate], SUM),
            overload(&[OTHER_SUMMABLE, Takes::Predicate], SUM),
        ],
        result_name: AggregateName::Prefix("sumif"),
        doc: "Adds up the values of the rows where the predicate is true.",
        source: "kusto/query/sumif-aggregation-function",
        examples: &[
            example(
                "datatable(x:long)[1, 2, 3] | summarize sumif(x, x > 1)",
                "datatable(sumif_x:long)[5]",
            ),
            example(
                "datatable(x:long)[1] | summarize sumif(x, x > 1)",
                "datatable(sumif_x:long)[0]",
            ),
        ],
    },
    Aggregate {
        name: "min",
        aliases: &[],
        overloads: &[overload(&[ORDERABLE], MIN)],
        result_name: AggregateName::Prefix("min"),
        doc: "The smallest value; null when there is none.",
        source: "kusto/query/min-aggregation-function",
        examples: &[
            example(
                "datatable(x:int)[3, 2, int(null)] | summarize min(x)",
                "datatable(min_x:int)[2]",
            ),
            example(
                "datatable(x:string)['b', 'a'] | summarize min(x)",
                "datatable(min_x:string)['a']",
            ),
        ],
    },
    Aggregate {
        name: "minif",
        aliases: &[],
        overloads: &[overload(&[ORDERABLE, Takes::Predicate], MIN)],
        result_name: AggregateName::Prefix("minif"),
        doc: "The smallest value of the rows where the predicate is true.",
        source: "kusto/query/minif-aggregation-function",
        examples: &[
            example(
                "datatable(x:long)[1, 2, 3] | summarize minif(x, x > 1)",
                "datatable(minif_x:long)[2]",
            ),
            example(
                "datatable(x:long)[1] | summarize minif(x, x > 1)",
                "datatable(minif_x:long)[long(null)]",
            ),
        ],
    },
    Aggregate {
        name: "max",
        aliases: &[],
        overloads: &[overload(&[ORDERABLE], MAX)],
        result_name: AggregateName::Prefix("max"),
        doc: "The largest value; null when there is none.",
        source: "kusto/query/max-aggregation-function",
        examples: &[
            example(
                "datatable(x:int)[3, 2, int(null)] | summarize max(x)",
                "datatable(max_x:int)[3]",
            ),
            example(
                "datatable(x:timespan)[1h, 1d] | summarize max(x)",
                "datatable(max_x:timespan)[1d]",
            ),
        ],
    },
    Aggregate {
        name: "maxif",
        aliases: &[],
        overloads: &[overload(&[ORDERABLE, Takes::Predicate], MAX)],
        result_name: AggregateName::Prefix("maxif"),
        doc: "The largest value of the rows where the predicate is true.",
        source: "kusto/query/maxif-aggregation-function",
        examples: &[
            example(
                "datatable(x:long)[1, 2, 3] | summarize maxif(x, x < 3)",
                "datatable(maxif_x:long)[2]",
            ),
            example(
                "datatable(x:long)[1] | summarize maxif(x, x > 1)",
                "datatable(maxif_x:long)[long(null)]",
            ),
        ],
    },
    Aggregate {
        name: "binary_all_and",
        aliases: &[],
        overloads: &[overload(&[INT_OR_LONG], ALL_AND)],
        result_name: AggregateName::FirstArgument,
        doc: "The bits that are set in all values.",
        source: "kusto/query/binary-all-and-aggregation-function",
        examples: &[
            example(
                "datatable(n:long)[0xFFFFFFFF, 0xFFFFF00F, 0xCFFFFFFD, 0xFAFEFFFF] | summarize binary_all_and(n)",
                "datatable(n:long)[0xCAFEF00D]",
            ),
            example(
                "datatable(n:long)[6, 3] | summarize binary_all_and(n)",
                "datatable(n:long)[2]",
            ),
        ],
    },
    Aggregate {
        name: "binary_all_or",
        aliases: &[],
        overloads: &[overload(&[INT_OR_LONG], ALL_OR)],
        result_name: AggregateName::FirstArgument,
        doc: "The bits that are set in any value.",
        source: "kusto/query/binary-all-or-aggregation-function",
        examples: &[
            example(
                "datatable(n:long)[0x88888008, 0x42000000, 0x00767000, 0x00000005] | summarize binary_all_or(n)",
                "datatable(n:long)[0xCAFEF00D]",
            ),
            example(
                "datatable(n:long)[6, 3] | summarize binary_all_or(n)",
                "datatable(n:long)[7]",
            ),
        ],
    },
    Aggregate {
        name: "binary_all_xor",
        aliases: &[],
        overloads: &[overload(&[INT_OR_LONG], ALL_XOR)],
        result_name: AggregateName::FirstArgument,
        doc: "The bits that are set in an odd number of values.",
        source: "kusto/query/binary-all-xor-aggregation-function",
        examples: &[
            example(
                "datatable(n:long)[6, 3] | summarize binary_all_xor(n)",
                "datatable(n:long)[5]",
            ),
            example(
                "datatable(n:long)[1, 1] | summarize binary_all_xor(n)",
                "datatable(n:long)[0]",
            ),
        ],
    },
];
