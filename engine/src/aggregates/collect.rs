//! Aggregates that gather values into one `dynamic`: `make_list`, `make_set`, `make_bag`.
//!
//! Arguments arrive as JSON text. When the input has an order, every element carries its position, and the result follows it
//! however the rows were spread; otherwise the order is that of arrival.

use super::fold::{Constants, Fold, Folding, Shape, constant_long, positions};
use super::json;
use super::row::{Aggregate, AggregateName, AggregateOverload, Meaning, Takes};
use super::sketch::TextHasher;
use crate::functions::example;
use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, Int64Array, Int64Builder, ListArray, ListBuilder, StringArray,
    StringBuilder,
};
use datafusion::arrow::datatypes::{DataType, Field, Int64Type};
use datafusion::common::Result;
use huntql_kql::types::Type;
use indexmap::IndexMap;
use std::fmt::Debug;
use std::hash::BuildHasherDefault;
use std::marker::PhantomData;
use std::sync::Arc;

/// The most elements that Kusto puts into one array.
const ELEMENTS_MAX: i64 = 1_048_576;
/// The default of `makelist` and `makeset`.
const OLD_ELEMENTS_MAX: i64 = 128;

/// What is gathered, in the order of insertion; the number is the position in the input.
trait Gather: Debug + Default + Send + Sync + 'static {
    /// Whether the argument at the row's end is the size.
    const SIZED: bool;
    const BRACKETS: (char, char);

    fn len(&self) -> usize;
    /// Adds what one row has; tells the bytes taken.
    fn add(&mut self, json: Option<&str>, position: i64, room: Room) -> usize;
    /// Adds a saved part.
    fn put(&mut self, part: &str, position: i64, room: Room) -> usize;
    /// Parts with their positions, by position.
    fn into_sorted(self) -> Vec<(Box<str>, i64)>;
    fn from_sorted(parts: Vec<(Box<str>, i64)>) -> Self;
}

type ByText<V> = IndexMap<Box<str>, V, BuildHasherDefault<TextHasher>>;

/// How many parts may be held.
#[derive(Debug, Clone, Copy)]
struct Room {
    limit: usize,
}

#[derive(Debug)]
struct Collect<G: Gather> {
    shape: Shape,
    limit: usize,
    gather: PhantomData<G>,
}

impl<G: Gather> Collect<G> {
    /// Without an order the first to arrive stay. With one, twice as many are held before the last are dropped.
    fn room(&self) -> Room {
        Room {
            limit: if self.shape.ordered {
                self.limit.saturating_mul(2)
            } else {
                self.limit
            },
        }
    }

    fn shrink(&self, state: &mut G) {
        if self.shape.ordered && state.len() >= self.limit.saturating_mul(2) {
            let mut parts = std::mem::take(state).into_sorted();
            parts.truncate(self.limit);
            *state = G::from_sorted(parts);
        }
    }
}

impl<G: Gather> Fold for Collect<G> {
    type State = G;
    type Input<'a> = (&'a StringArray, Option<&'a Int64Array>);
    type Saved<'a> = (&'a ListArray, &'a ListArray);

    fn new(shape: &Shape, constants: &Constants) -> Result<Self> {
        let limit = if G::SIZED {
            constant_long(constants, 1)?.clamp(0, ELEMENTS_MAX)
        } else {
            ELEMENTS_MAX
        };
        let limit = usize::try_from(limit).expect("within the maximum");
        Ok(Self {
            shape: shape.clone(),
            limit,
            gather: PhantomData,
        })
    }

    fn saved_types(_: &Shape) -> Vec<DataType> {
        let list = |ty| DataType::List(Arc::new(Field::new_list_field(ty, true)));
        vec![list(DataType::Utf8), list(DataType::Int64)]
    }

    fn returns(_: &[Type]) -> Type {
        Type::Dynamic
    }

    fn input<'a>(&self, columns: &'a [ArrayRef]) -> Self::Input<'a> {
        (
            columns[0].as_string::<i32>(),
            positions(&self.shape, columns),
        )
    }

    fn saved<'a>(&self, columns: &'a [ArrayRef]) -> Self::Saved<'a> {
        (columns[0].as_list::<i32>(), columns[1].as_list::<i32>())
    }

    fn add(&self, state: &mut G, (values, positions): &Self::Input<'_>, row: usize) -> usize {
        let position = positions.map_or(0, |positions| positions.value(row));
        let json = values
            .is_valid(row)
            .then(|| values.value(row))
            .filter(|json| *json != "null");
        let grown = state.add(json, position, self.room());
        self.shrink(state);
        grown
    }

    fn merge(&self, state: &mut G, (parts, positions): &Self::Saved<'_>, row: usize) -> usize {
        if parts.is_null(row) {
            return 0;
        }
        let (parts, positions) = (parts.value(row), positions.value(row));
        let (parts, positions) = (
            parts.as_string::<i32>(),
            positions.as_primitive::<Int64Type>(),
        );
        let mut grown = 0;
        for (part, position) in parts.iter().zip(positions.values()) {
            grown += state.put(part.unwrap_or("null"), *position, self.room());
            self.shrink(state);
        }
        grown
    }

    fn save(&self, states: Vec<G>) -> Result<Vec<ArrayRef>> {
        let mut parts = ListBuilder::new(StringBuilder::new());
        let mut positions = ListBuilder::new(Int64Builder::new());
        for state in states {
            for (part, position) in state.into_sorted() {
                parts.values().append_value(part);
                positions.values().append_value(position);
            }
            parts.append(true);
            positions.append(true);
        }
        Ok(vec![Arc::new(parts.finish()), Arc::new(positions.finish())])
    }

    fn finish(&self, states: Vec<G>) -> Result<ArrayRef> {
        let texts = states.into_iter().map(|state| {
            let mut parts = state.into_sorted();
            parts.truncate(self.limit);
            array_text(G::BRACKETS, &parts)
        });
        Ok(Arc::new(StringArray::from_iter_values(texts)))
    }
}

fn array_text((open, close): (char, char), parts: &[(Box<str>, i64)]) -> String {
    let mut text =
        String::with_capacity(2 + parts.iter().map(|(part, _)| part.len() + 1).sum::<usize>());
    text.push(open);
    for (index, (part, _)) in parts.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        text.push_str(part);
    }
    text.push(close);
    text
}

/// Calls `put` with the value, or with an array's elements that are not null; the bytes taken.
fn each_element(json: Option<&str>, mut put: impl FnMut(&str) -> usize) -> usize {
    let Some(json) = json else { return 0 };
    if !json.starts_with('[') {
        return put(json);
    }
    let elements = json::elements(json).unwrap_or_default();
    let elements = elements.into_iter().filter(|json| *json != "null");
    elements.map(put).sum()
}

/// All values. An array gives its elements, as the real engine does (the examples of "geo_h3cell_rings" and "geo_point_in_polygon").
#[derive(Debug, Default)]
struct List(Vec<(Box<str>, i64)>);

impl Gather for List {
    const SIZED: bool = true;
    const BRACKETS: (char, char) = ('[', ']');

    fn len(&self) -> usize {
        self.0.len()
    }

    fn add(&mut self, json: Option<&str>, position: i64, room: Room) -> usize {
        each_element(json, |json| self.put(json, position, room))
    }

    fn put(&mut self, part: &str, position: i64, room: Room) -> usize {
        if self.0.len() >= room.limit {
            return 0;
        }
        self.0.push((part.into(), position));
        part.len() + size_of::<(Box<str>, i64)>()
    }

    fn into_sorted(mut self) -> Vec<(Box<str>, i64)> {
        self.0.sort_by_key(|(_, position)| *position);
        self.0
    }

    fn from_sorted(parts: Vec<(Box<str>, i64)>) -> Self {
        List(parts)
    }
}

/// All values, nulls among them.
#[derive(Debug, Default)]
struct ListWithNulls(List);

impl Gather for ListWithNulls {
    const SIZED: bool = false;
    const BRACKETS: (char, char) = List::BRACKETS;

    fn len(&self) -> usize {
        self.0.len()
    }

    fn add(&mut self, json: Option<&str>, position: i64, room: Room) -> usize {
        self.0.put(json.unwrap_or("null"), position, room)
    }

    fn put(&mut self, part: &str, position: i64, room: Room) -> usize {
        self.0.put(part, position, room)
    }

    fn into_sorted(self) -> Vec<(Box<str>, i64)> {
        self.0.into_sorted()
    }

    fn from_sorted(parts: Vec<(Box<str>, i64)>) -> Self {
        ListWithNulls(List(parts))
    }
}

/// Distinct values. An array gives its elements (Kusto docs, "make_set", "Set from array column").
#[derive(Debug, Default)]
struct Set(ByText<i64>);

impl Gather for Set {
    const SIZED: bool = true;
    const BRACKETS: (char, char) = ('[', ']');

    fn len(&self) -> usize {
        self.0.len()
    }

    fn add(&mut self, json: Option<&str>, position: i64, room: Room) -> usize {
        each_element(json, |json| self.put(json, position, room))
    }

    fn put(&mut self, part: &str, position: i64, room: Room) -> usize {
        if let Some(first) = self.0.get_mut(part) {
            *first = position.min(*first);
            return 0;
        }
        if self.0.len() >= room.limit {
            return 0;
        }
        self.0.insert(part.into(), position);
        part.len() + size_of::<(Box<str>, i64)>() * 2
    }

    fn into_sorted(self) -> Vec<(Box<str>, i64)> {
        List(self.0.into_iter().collect()).into_sorted()
    }

    fn from_sorted(parts: Vec<(Box<str>, i64)>) -> Self {
        Set(parts.into_iter().collect())
    }
}

/// Properties of bags by key, in quotes; the first value of a key stays. Other values than bags are skipped.
#[derive(Debug, Default)]
struct Bag(ByText<(Box<str>, i64)>);

impl Gather for Bag {
    const SIZED: bool = true;
    const BRACKETS: (char, char) = ('{', '}');

    fn len(&self) -> usize {
        self.0.len()
    }

    fn add(&mut self, json: Option<&str>, position: i64, room: Room) -> usize {
        let properties = json.and_then(json::entries).unwrap_or_default();
        properties
            .into_iter()
            .map(|(key, value)| self.set(key, value, position, room))
            .sum()
    }

    /// A part is `"key":value`.
    fn put(&mut self, part: &str, position: i64, room: Room) -> usize {
        let properties = json::properties(part);
        properties
            .into_iter()
            .map(|(key, value)| self.set(key, value, position, room))
            .sum()
    }

    fn into_sorted(self) -> Vec<(Box<str>, i64)> {
        let part = |(key, (value, position)): (Box<str>, (Box<str>, i64))| {
            (format!("{key}:{value}").into(), position)
        };
        List(self.0.into_iter().map(part).collect()).into_sorted()
    }

    fn from_sorted(parts: Vec<(Box<str>, i64)>) -> Self {
        let mut bag = Bag::default();
        for (part, position) in parts {
            bag.put(&part, position, Room { limit: usize::MAX });
        }
        bag
    }
}

impl Bag {
    fn set(&mut self, key: &str, value: &str, position: i64, room: Room) -> usize {
        if let Some((held, first)) = self.0.get_mut(key) {
            if position < *first {
                (*held, *first) = (value.into(), position);
            }
            return 0;
        }
        if self.0.len() >= room.limit {
            return 0;
        }
        self.0.insert(key.into(), (value.into(), position));
        key.len() + value.len() + size_of::<(Box<str>, Box<str>, i64)>() * 2
    }
}

const LIST: Meaning = Meaning::Fold(Folding::of::<Collect<List>>("make_list").ordered());
const LIST_WITH_NULLS: Meaning =
    Meaning::Fold(Folding::of::<Collect<ListWithNulls>>("make_list_with_nulls").ordered());
const SET: Meaning = Meaning::Fold(Folding::of::<Collect<Set>>("make_set").ordered());
const BAG: Meaning = Meaning::Fold(Folding::of::<Collect<Bag>>("make_bag").ordered());

const SIZE: Takes = Takes::Constant(Type::Long);
const BAGS: Takes = Takes::OneOf(&[Type::Dynamic]);

const fn overload(
    params: &'static [Takes],
    defaults: &'static [i64],
    meaning: Meaning,
) -> AggregateOverload {
    AggregateOverload {
        params,
        defaults,
        variadic: false,
        meaning,
    }
}

pub(super) const AGGREGATES: &[Aggregate] = &[
    Aggregate {
        name: "make_list",
        aliases: &[],
        overloads: &[overload(&[Takes::Json, SIZE], &[ELEMENTS_MAX], LIST)],
        result_name: AggregateName::Prefix("list"),
        doc: "An array of the values that are not null, in the order of the input if that has one.",
        source: "kusto/query/make-list-aggregation-function",
        examples: &[
            example(
                "datatable(x:int)[1, 3, int(null), 1] | summarize make_list(x)",
                "datatable(list_x:dynamic)[dynamic([1,3,1])]",
            ),
            example(
                "datatable(x:int)[1, 3, 2] | summarize make_list(x, 2)",
                "datatable(list_x:dynamic)[dynamic([1,3])]",
            ),
        ],
    },
    Aggregate {
        name: "make_list_if",
        aliases: &[],
        overloads: &[overload(
            &[Takes::Json, Takes::Predicate, SIZE],
            &[ELEMENTS_MAX],
            LIST,
        )],
        result_name: AggregateName::Prefix("list"),
        doc: "As `make_list`, of the rows where the predicate is true.",
        source: "kusto/query/make-list-if-aggregation-function",
        examples: &[
            example(
                "datatable(x:int)[1, 3, 2, 1] | summarize make_list_if(x, x > 1)",
                "datatable(list_x:dynamic)[dynamic([3,2])]",
            ),
            example(
                "datatable(x:int)[1] | summarize make_list_if(x, x > 1)",
                "datatable(list_x:dynamic)[dynamic([])]",
            ),
        ],
    },
    Aggregate {
        name: "make_list_with_nulls",
        aliases: &[],
        overloads: &[overload(&[Takes::Json], &[], LIST_WITH_NULLS)],
        result_name: AggregateName::Prefix("list"),
        doc: "As `make_list`, with the nulls.",
        source: "kusto/query/make-list-with-nulls-aggregation-function",
        examples: &[
            example(
                "datatable(x:int)[int(null), 4] | summarize make_list_with_nulls(x)",
                "datatable(list_x:dynamic)[dynamic([null,4])]",
            ),
            example(
                "datatable(x:int)[] | summarize make_list_with_nulls(x)",
                "datatable(list_x:dynamic)[dynamic([])]",
            ),
        ],
    },
    Aggregate {
        name: "makelist",
        aliases: &[],
        overloads: &[overload(&[Takes::Json, SIZE], &[OLD_ELEMENTS_MAX], LIST)],
        result_name: AggregateName::Prefix("list"),
        doc: "The old name of `make_list`; takes 128 values unless told otherwise.",
        source: "kusto/query/make-list-aggregation-function",
        examples: &[
            example(
                "datatable(x:int)[1, 1] | summarize makelist(x)",
                "datatable(list_x:dynamic)[dynamic([1,1])]",
            ),
            example(
                "datatable(x:int)[1, 2] | summarize makelist(x, 1)",
                "datatable(list_x:dynamic)[dynamic([1])]",
            ),
        ],
    },
    Aggregate {
        name: "make_set",
        aliases: &[],
        overloads: &[overload(&[Takes::Json, SIZE], &[ELEMENTS_MAX], SET)],
        result_name: AggregateName::Prefix("set"),
        doc: "An array of the distinct values that are not null, in the order of their first row. An array among the values \
              gives its elements.",
        source: "kusto/query/make-set-aggregation-function",
        examples: &[
            example(
                "datatable(x:int)[1, 3, int(null), 1] | summarize make_set(x)",
                "datatable(set_x:dynamic)[dynamic([1,3])]",
            ),
            example(
                "datatable(x:dynamic)[dynamic(['a','b']), dynamic(['b','c'])] | summarize make_set(x)",
                "datatable(set_x:dynamic)[dynamic(['a','b','c'])]",
            ),
        ],
    },
    Aggregate {
        name: "make_set_if",
        aliases: &[],
        overloads: &[overload(
            &[Takes::Json, Takes::Predicate, SIZE],
            &[ELEMENTS_MAX],
            SET,
        )],
        result_name: AggregateName::Prefix("set"),
        doc: "As `make_set`, of the rows where the predicate is true.",
        source: "kusto/query/make-set-if-aggregation-function",
        examples: &[
            example(
                "datatable(x:int)[1, 3, 3] | summarize make_set_if(x, x > 1)",
                "datatable(set_x:dynamic)[dynamic([3])]",
            ),
            example(
                "datatable(x:int)[1] | summarize make_set_if(x, x > 1)",
                "datatable(set_x:dynamic)[dynamic([])]",
            ),
        ],
    },
    Aggregate {
        name: "makeset",
        aliases: &[],
        overloads: &[overload(&[Takes::Json, SIZE], &[OLD_ELEMENTS_MAX], SET)],
        result_name: AggregateName::Prefix("set"),
        doc: "The old name of `make_set`; takes 128 values unless told otherwise.",
        source: "kusto/query/make-set-aggregation-function",
        examples: &[
            example(
                "datatable(x:int)[1, 1] | summarize makeset(x)",
                "datatable(set_x:dynamic)[dynamic([1])]",
            ),
            example(
                "datatable(x:int)[1, 2] | summarize makeset(x, 1)",
                "datatable(set_x:dynamic)[dynamic([1])]",
            ),
        ],
    },
    Aggregate {
        name: "make_bag",
        aliases: &[],
        overloads: &[overload(&[BAGS, SIZE], &[ELEMENTS_MAX], BAG)],
        result_name: AggregateName::Prefix("bag"),
        doc: "One bag of the properties of all bags; of several values of a key the first. Values that are no bags are skipped.",
        source: "kusto/query/make-bag-aggregation-function",
        examples: &[
            example(
                "datatable(x:dynamic)[dynamic({'a':1}), dynamic({'b':2})] | summarize make_bag(x)",
                "datatable(bag_x:dynamic)[dynamic({'a':1,'b':2})]",
            ),
            example(
                "datatable(x:dynamic)[dynamic({'a':1}), dynamic([1])] | summarize make_bag(x)",
                "datatable(bag_x:dynamic)[dynamic({'a':1})]",
            ),
        ],
    },
    Aggregate {
        name: "make_bag_if",
        aliases: &[],
        overloads: &[overload(
            &[BAGS, Takes::Predicate, SIZE],
            &[ELEMENTS_MAX],
            BAG,
        )],
        result_name: AggregateName::Prefix("bag"),
        doc: "As `make_bag`, of the rows where the predicate is true.",
        source: "kusto/query/make-bag-if-aggregation-function",
        examples: &[
            example(
                "datatable(x:dynamic, y:bool)[dynamic({'a':1}), true, dynamic({'b':2}), false] | summarize make_bag_if(x, y)",
                "datatable(bag_x:dynamic)[dynamic({'a':1})]",
            ),
            example(
                "datatable(x:dynamic, y:bool)[dynamic({'a':1, 'b':2}), true] | summarize make_bag_if(x, y, 1)",
                "datatable(bag_x:dynamic)[dynamic({'a':1})]",
            ),
        ],
    },
];
