//! Aggregates whose result is counted later: `hll`, `tdigest` and their merging forms.
//!
//! | result | text |
//! |---|---|
//! | `hll` | `["hll", bits, "base64 of a sketch"]`: exact while there are few values, see [`super::distinct`] |
//! | `tdigest` | `[[7],[values],[weights]]`, as Kusto's, but every value is kept: what has too many is refused |
//!
//! The texts are huntql's own: the reference tells not to rely on Kusto's either.

use super::cell::{Cell, Cells};
use super::fold::{Constants, Fold, Folding, Shape, constant_long};
use super::row::{Aggregate, AggregateName, AggregateOverload, Meaning, Takes};
use super::sketch::{BUCKET_BITS, Sketch, bucket_bits, hash_cell};
use crate::conversion::dynamic_of_real;
use crate::functions::example;
use crate::json::{Kind, items, kind, number, quote, unquote};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use datafusion::arrow::array::{Array, ArrayRef, AsArray, StringArray};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{DataFusionError, Result};
use huntql_kql::time::format_datetime;
use huntql_kql::types::Type;
use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::sync::Arc;

/// A sketch and its accuracy; `None` before anything was seen.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Counted(Option<(Sketch, u32)>);

impl Counted {
    /// The sketch of a text that [`Counted::text`] wrote.
    pub fn parse(json: &str) -> Option<Counted> {
        if kind(json) != Kind::Array {
            return None;
        }
        let mut parts = items(json);
        let (name, bits, bytes) = (parts.next()?, parts.next()?, parts.next()?);
        let bits = bits
            .parse()
            .ok()
            .filter(|bits| BUCKET_BITS.contains(bits))?;
        let bytes = STANDARD.decode(unquote(bytes).as_bytes()).ok()?;
        (name == "\"hll\"").then(|| Counted(Some((Sketch::from_bytes(&bytes), bits))))
    }

    pub fn text(&self) -> String {
        let (bytes, bits) = match &self.0 {
            Some((sketch, bits)) => (sketch.to_bytes(), *bits),
            None => (Sketch::default().to_bytes(), BUCKET_BITS[1]),
        };
        format!("[\"hll\",{bits},{}]", quote(&STANDARD.encode(bytes)))
    }

    pub fn count(&self) -> i64 {
        self.0.as_ref().map_or(0, |(sketch, _)| sketch.count())
    }

    /// How many values all have; `None` when one is an estimate, which says nothing of single values.
    pub fn common(all: &[Counted]) -> Option<i64> {
        let sketches: Vec<&Sketch> = all
            .iter()
            .filter_map(|counted| counted.0.as_ref().map(|(sketch, _)| sketch))
            .collect();
        match sketches.len() == all.len() {
            true => Sketch::common(&sketches),
            false => Some(0),
        }
    }

    /// Takes another's values in, at the lower accuracy of the two.
    pub fn merge(&mut self, other: Counted) -> usize {
        let Some((other, other_bits)) = other.0 else {
            return 0;
        };
        match &mut self.0 {
            None => {
                let grown = other.to_bytes().len();
                self.0 = Some((other, other_bits));
                grown
            }
            Some((sketch, bits)) => {
                let lower = other_bits.min(*bits);
                sketch.lower(*bits, lower);
                *bits = lower;
                let mut other = other;
                other.lower(other_bits, lower);
                sketch.merge(other, lower)
            }
        }
    }
}

/// `hll(X, accuracy)`.
#[derive(Debug)]
struct Hll {
    ty: Type,
    bits: u32,
}

impl Fold for Hll {
    type State = Counted;
    type Input<'a> = Cells<'a>;
    type Saved<'a> = &'a StringArray;

    fn new(shape: &Shape, constants: &Constants) -> Result<Self> {
        Ok(Self {
            ty: shape.parameters[0],
            bits: bucket_bits("hll", constant_long(constants, 1)?)?,
        })
    }

    fn saved_types(_: &Shape) -> Vec<DataType> {
        vec![DataType::Utf8]
    }

    fn returns(_: &[Type]) -> Type {
        Type::Dynamic
    }

    fn input<'a>(&self, columns: &'a [ArrayRef]) -> Cells<'a> {
        Cells::new(&columns[0], self.ty)
    }

    fn saved<'a>(&self, columns: &'a [ArrayRef]) -> &'a StringArray {
        columns[0].as_string::<i32>()
    }

    fn add(&self, state: &mut Counted, input: &Cells<'_>, row: usize) -> usize {
        let (sketch, bits) = state
            .0
            .get_or_insert_with(|| (Sketch::default(), self.bits));
        hash_cell(input.get(row)).map_or(0, |hash| sketch.insert(hash, *bits))
    }

    fn merge(&self, state: &mut Counted, saved: &&StringArray, row: usize) -> usize {
        state.take_in_row(saved, row)
    }

    fn save(&self, states: Vec<Counted>) -> Result<Vec<ArrayRef>> {
        Ok(vec![Counted::written(&states)?])
    }

    fn finish(&self, states: Vec<Counted>) -> Result<ArrayRef> {
        Counted::written(&states)
    }
}

/// Different values that a digest may hold.
const DIGEST_MAX: usize = 100_000;

/// Numbers, and datetimes, by their JSON text, each with its weight.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Digest(BTreeMap<String, i64>);

impl Digest {
    /// The digest of a text `[[7],[values],[weights]]`.
    pub fn parse(json: &str) -> Option<Digest> {
        if kind(json) != Kind::Array {
            return None;
        }
        let (values, weights) = (items(json).nth(1)?, items(json).nth(2)?);
        if kind(values) != Kind::Array || kind(weights) != Kind::Array {
            return None;
        }
        let mut digest = Digest::default();
        for (value, weight) in items(values).zip(items(weights)) {
            if kind(value) != Kind::Text {
                number(value)?;
            }
            digest.add(value.to_owned(), weight.parse().ok()?);
        }
        Some(digest)
    }

    fn add(&mut self, value: String, weight: i64) -> usize {
        let bytes = value.len() + 32;
        match self.0.get_mut(&value) {
            Some(held) => {
                *held = held.saturating_add(weight);
                0
            }
            None => {
                self.0.insert(value, weight);
                bytes
            }
        }
    }

    pub fn merge(&mut self, other: Digest) -> usize {
        other
            .0
            .into_iter()
            .map(|(value, weight)| self.add(value, weight))
            .sum()
    }

    /// Whether it holds datetimes, which have no numbers to compare with.
    pub fn has_times(&self) -> bool {
        self.0.keys().any(|text| kind(text) == Kind::Text)
    }

    /// Values with their texts and weights, the least first. A datetime's number is 0: their texts have their order.
    pub fn sorted(&self) -> Vec<(f64, &str, i64)> {
        let read = |text: &str| number(text).map_or(0.0, |number| number.as_real());
        let mut sorted: Vec<(f64, &str, i64)> = self
            .0
            .iter()
            .map(|(text, weight)| (read(text), text.as_str(), *weight))
            .collect();
        sorted.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| a.1.cmp(b.1)));
        sorted
    }

    pub fn text(&self) -> String {
        let sorted = self.sorted();
        let values: Vec<&str> = sorted.iter().map(|(_, text, _)| *text).collect();
        let weights: Vec<String> = sorted
            .iter()
            .map(|(_, _, weight)| weight.to_string())
            .collect();
        format!("[[7],[{}],[{}]]", values.join(","), weights.join(","))
    }

    fn checked_text(&self) -> Result<String> {
        if self.0.len() > DIGEST_MAX {
            return Err(DataFusionError::ResourcesExhausted(format!(
                "a `tdigest` of more than {DIGEST_MAX} different values is not supported"
            )));
        }
        Ok(self.text())
    }
}

/// `tdigest(X, weight)`.
#[derive(Debug)]
struct Tdigest {
    ty: Type,
    weighted: bool,
}

impl Fold for Tdigest {
    type State = Digest;
    type Input<'a> = (Cells<'a>, Option<Cells<'a>>);
    type Saved<'a> = &'a StringArray;

    fn new(shape: &Shape, _: &Constants) -> Result<Self> {
        Ok(Self {
            ty: shape.parameters[0],
            weighted: shape.parameters.len() > 1,
        })
    }

    fn saved_types(_: &Shape) -> Vec<DataType> {
        vec![DataType::Utf8]
    }

    fn returns(_: &[Type]) -> Type {
        Type::Dynamic
    }

    fn input<'a>(&self, columns: &'a [ArrayRef]) -> Self::Input<'a> {
        let weights = self.weighted.then(|| Cells::new(&columns[1], Type::Long));
        (Cells::new(&columns[0], self.ty), weights)
    }

    fn saved<'a>(&self, columns: &'a [ArrayRef]) -> &'a StringArray {
        columns[0].as_string::<i32>()
    }

    fn add(&self, state: &mut Digest, (values, weights): &Self::Input<'_>, row: usize) -> usize {
        let text = match values.get(row) {
            Cell::Long(value) if self.ty == Type::Datetime => quote(&format_datetime(value)),
            Cell::Long(value) => value.to_string(),
            Cell::Real(value) if value.is_finite() => dynamic_of_real(value),
            _ => return 0,
        };
        let weight = match weights.as_ref().map(|weights| weights.get(row)) {
            None => 1,
            Some(Cell::Long(weight)) if weight > 0 => weight,
            Some(_) => return 0,
        };
        state.add(text, weight)
    }

    fn merge(&self, state: &mut Digest, saved: &&StringArray, row: usize) -> usize {
        state.take_in_row(saved, row)
    }

    fn save(&self, states: Vec<Digest>) -> Result<Vec<ArrayRef>> {
        Ok(vec![Digest::written(&states)?])
    }

    fn finish(&self, states: Vec<Digest>) -> Result<ArrayRef> {
        Digest::written(&states)
    }
}

/// What an aggregate of this file gathers, and can take in again from the text that it gave.
trait Gathered: Default + std::fmt::Debug + Send + Sync + 'static {
    fn read(text: &str) -> Option<Self>;

    /// Takes another's values in; the bytes that it grew by.
    fn take_in(&mut self, other: Self) -> usize;

    /// One text for each.
    fn written(all: &[Self]) -> Result<ArrayRef>;

    /// Takes in what a row of texts holds; nulls and other texts hold nothing.
    fn take_in_row(&mut self, texts: &StringArray, row: usize) -> usize {
        if texts.is_null(row) {
            return 0;
        }
        Self::read(texts.value(row)).map_or(0, |other| self.take_in(other))
    }
}

impl Gathered for Counted {
    fn read(text: &str) -> Option<Self> {
        Counted::parse(text)
    }

    fn take_in(&mut self, other: Self) -> usize {
        self.merge(other)
    }

    fn written(all: &[Self]) -> Result<ArrayRef> {
        Ok(Arc::new(StringArray::from_iter_values(
            all.iter().map(Counted::text),
        )))
    }
}

impl Gathered for Digest {
    fn read(text: &str) -> Option<Self> {
        Digest::parse(text)
    }

    fn take_in(&mut self, other: Self) -> usize {
        self.merge(other)
    }

    fn written(all: &[Self]) -> Result<ArrayRef> {
        let texts = all
            .iter()
            .map(Digest::checked_text)
            .collect::<Result<Vec<_>>>()?;
        Ok(Arc::new(StringArray::from_iter_values(texts)))
    }
}

/// `hll_merge(X)`, `tdigest_merge(X)`.
#[derive(Debug)]
struct Merge<S>(PhantomData<S>);

impl<S: Gathered> Fold for Merge<S> {
    type State = S;
    type Input<'a> = &'a StringArray;
    type Saved<'a> = &'a StringArray;

    fn new(_: &Shape, _: &Constants) -> Result<Self> {
        Ok(Self(PhantomData))
    }

    fn saved_types(_: &Shape) -> Vec<DataType> {
        vec![DataType::Utf8]
    }

    fn returns(_: &[Type]) -> Type {
        Type::Dynamic
    }

    fn input<'a>(&self, columns: &'a [ArrayRef]) -> &'a StringArray {
        columns[0].as_string::<i32>()
    }

    fn saved<'a>(&self, columns: &'a [ArrayRef]) -> &'a StringArray {
        columns[0].as_string::<i32>()
    }

    fn add(&self, state: &mut S, input: &&StringArray, row: usize) -> usize {
        state.take_in_row(input, row)
    }

    fn merge(&self, state: &mut S, saved: &&StringArray, row: usize) -> usize {
        state.take_in_row(saved, row)
    }

    fn save(&self, states: Vec<S>) -> Result<Vec<ArrayRef>> {
        Ok(vec![S::written(&states)?])
    }

    fn finish(&self, states: Vec<S>) -> Result<ArrayRef> {
        S::written(&states)
    }
}

const HLL: Meaning = Meaning::Fold(Folding::of::<Hll>("hll"));
const HLL_MERGE: Meaning = Meaning::Fold(Folding::of::<Merge<Counted>>("hll_merge"));
const TDIGEST: Meaning = Meaning::Fold(Folding::of::<Tdigest>("tdigest"));
const TDIGEST_MERGE: Meaning = Meaning::Fold(Folding::of::<Merge<Digest>>("tdigest_merge"));

const COUNTABLE: Takes = Takes::OneOf(&[
    Type::Int,
    Type::Long,
    Type::Decimal,
    Type::String,
    Type::Datetime,
    Type::Timespan,
    Type::Guid,
    Type::Dynamic,
]);
const ACCURACY: Takes = Takes::Constant(Type::Long);
const SKETCH: Takes = Takes::OneOf(&[Type::Dynamic]);
const NUMBER: Takes = Takes::OneOf(&[Type::Int, Type::Long, Type::Real]);
const DATETIME: Takes = Takes::OneOf(&[Type::Datetime]);
const WEIGHT: Takes = Takes::Typed(&[Type::Int, Type::Long], Type::Long);

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
        name: "hll",
        aliases: &[],
        overloads: &[overload(&[COUNTABLE, ACCURACY], &[1], HLL)],
        result_name: AggregateName::Prefix("hll"),
        doc: "Gathers distinct values, to be counted by `dcount_hll`.",
        source: "kusto/query/hll-aggregation-function",
        examples: &[
            example(
                "range x from 1 to 10 step 1 | summarize h = hll(x) | project n = dcount_hll(h)",
                "datatable(n:long)[10]",
            ),
            example(
                "datatable(x:string)['a', 'a', 'b'] | summarize hll(x, 2) | project n = dcount_hll(hll_x)",
                "datatable(n:long)[2]",
            ),
        ],
    },
    Aggregate {
        name: "hll_if",
        aliases: &[],
        overloads: &[overload(
            &[COUNTABLE, Takes::Predicate, ACCURACY],
            &[1],
            HLL,
        )],
        result_name: AggregateName::Prefix("hll_if"),
        doc: "As `hll`, over the rows where the predicate is true.",
        source: "kusto/query/hll-if-aggregation-function",
        examples: &[
            example(
                "range x from 1 to 10 step 1 | summarize h = hll_if(x, x > 7) | project n = dcount_hll(h)",
                "datatable(n:long)[3]",
            ),
            example(
                "range x from 1 to 10 step 1 | summarize h = hll_if(x, false) | project n = dcount_hll(h)",
                "datatable(n:long)[0]",
            ),
        ],
    },
    Aggregate {
        name: "hll_merge",
        aliases: &[],
        overloads: &[overload(&[SKETCH], &[], HLL_MERGE)],
        result_name: AggregateName::Prefix("hll_merge"),
        doc: "Merges results of `hll`.",
        source: "kusto/query/hll-merge-aggregation-function",
        examples: &[
            example(
                "range x from 1 to 10 step 1 | summarize h = hll(x % 4) by y = x % 2 | summarize m = hll_merge(h) | project n = dcount_hll(m)",
                "datatable(n:long)[4]",
            ),
            example(
                "datatable(h:dynamic)[dynamic(null)] | summarize m = hll_merge(h) | project n = dcount_hll(m)",
                "datatable(n:long)[0]",
            ),
        ],
    },
    Aggregate {
        name: "tdigest",
        aliases: &[],
        overloads: &[
            overload(&[NUMBER], &[], TDIGEST),
            overload(&[NUMBER, WEIGHT], &[], TDIGEST),
            overload(&[DATETIME], &[], TDIGEST),
            overload(&[DATETIME, WEIGHT], &[], TDIGEST),
        ],
        result_name: AggregateName::Prefix("tdigest"),
        doc: "Gathers numbers or datetimes, for `percentile_tdigest` and its like. Every value is kept; above 100,000 different ones it is refused.",
        source: "kusto/query/tdigest-aggregation-function",
        examples: &[
            example(
                "range x from 1 to 10 step 1 | summarize t = tdigest(x) | project p = percentile_tdigest(t, 50, typeof(long))",
                "datatable(p:long)[5]",
            ),
            example(
                "datatable(x:long, w:long)[1, 3, 2, 1] | summarize tdigest(x, w)",
                "datatable(tdigest_x:dynamic)[dynamic([[7],[1,2],[3,1]])]",
            ),
            example(
                "range x from datetime(2024-01-01) to datetime(2024-01-05) step 1d | summarize t = tdigest(x) | project p = percentile_tdigest(t, 50, typeof(datetime))",
                "datatable(p:datetime)[datetime(2024-01-03)]",
            ),
        ],
    },
    Aggregate {
        name: "tdigest_merge",
        aliases: &["merge_tdigest"],
        overloads: &[overload(&[SKETCH], &[], TDIGEST_MERGE)],
        result_name: AggregateName::Prefix("merge_tdigests"),
        doc: "Merges results of `tdigest`.",
        source: "kusto/query/tdigest-merge-aggregation-function",
        examples: &[
            example(
                "datatable(t:dynamic)[dynamic([[7],[1],[1]]), dynamic([[7],[2],[3]])] | summarize tdigest_merge(t)",
                "datatable(merge_tdigests_t:dynamic)[dynamic([[7],[1,2],[1,3]])]",
            ),
            example(
                "datatable(t:dynamic)[dynamic(null)] | summarize m = tdigest_merge(t)",
                "datatable(m:dynamic)[dynamic([[7],[],[]])]",
            ),
        ],
    },
];
