//! `dcount` of texts whose numbers are given instead, for plans that have them at hand (`crate::codes`).
//!
//! What is counted by groups are distinct numbers ([`Pairs`]); a group of more than [`EXACT_MAX`] of them is estimated from the hashes of
//! their texts, so that the answer is that of `dcount` over the texts. A state is the numbers of a group, four bytes each (little
//! endian): it means nothing to who does not know the texts, and no plan with it travels.

use super::fold::constant_long;
use super::pairs::Pairs;
use super::sketch::{EXACT_MAX, bucket_bits, estimate_of, hash};
use super::udaf::constants;
use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, BooleanArray, Int32Array, Int64Array,
};
use datafusion::arrow::buffer::{OffsetBuffer, ScalarBuffer};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Int32Type};
use datafusion::common::{DataFusionError, Result, ScalarValue};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::format_state_name;
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, EmitTo, GroupsAccumulator, Signature, Volatility,
};
use huntql_store::scan::codes::Texts;
use std::collections::HashMap;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

const NAME: &str = "kql_dcount_of_numbers";

/// `dcount` of a column of numbers of these texts.
pub(crate) fn dcount_of_numbers(texts: &Arc<Texts>) -> Arc<AggregateUDF> {
    Arc::new(AggregateUDF::new_from_impl(DcountOfNumbers {
        texts: Arc::clone(texts),
        signature: Signature::exact(
            vec![DataType::Int32, DataType::Int64],
            Volatility::Immutable,
        ),
    }))
}

/// Whether an aggregate of this name is one of [`dcount_of_numbers`].
pub(crate) fn is_dcount_of_numbers(name: &str) -> bool {
    name == NAME
}

#[derive(Debug)]
struct DcountOfNumbers {
    texts: Arc<Texts>,
    signature: Signature,
}

impl PartialEq for DcountOfNumbers {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.texts, &other.texts)
    }
}

impl Eq for DcountOfNumbers {}

impl Hash for DcountOfNumbers {
    fn hash<H: Hasher>(&self, state: &mut H) {
        NAME.hash(state);
    }
}

impl DcountOfNumbers {
    fn counter(&self, args: &AccumulatorArgs) -> Result<Counter> {
        Ok(Counter {
            texts: Arc::clone(&self.texts),
            bucket_bits: bucket_bits("dcount", constant_long(&constants(args)?, 1)?)?,
            groups: 0,
            pairs: Pairs::default(),
        })
    }
}

impl AggregateUDFImpl for DcountOfNumbers {
    fn name(&self) -> &str {
        NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Int64)
    }

    fn accumulator(&self, args: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        Ok(Box::new(Alone(self.counter(&args)?)))
    }

    fn groups_accumulator_supported(&self, _: AccumulatorArgs) -> bool {
        true
    }

    fn create_groups_accumulator(
        &self,
        args: AccumulatorArgs,
    ) -> Result<Box<dyn GroupsAccumulator>> {
        Ok(Box::new(self.counter(&args)?))
    }

    fn state_fields(&self, args: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        let name = format_state_name(args.name, "state0");
        Ok(vec![Arc::new(Field::new(name, DataType::Binary, true))])
    }

    fn default_value(&self, _: &DataType) -> Result<ScalarValue> {
        Ok(ScalarValue::Int64(Some(0)))
    }
}

struct Counter {
    texts: Arc<Texts>,
    bucket_bits: u32,
    groups: usize,
    pairs: Pairs,
}

impl fmt::Debug for Counter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct(NAME).field("groups", &self.groups).finish()
    }
}

/// The number of a row's text; null is `""`, as everywhere.
fn number(numbers: &Int32Array, row: usize) -> u32 {
    match numbers.is_valid(row) {
        // The numbers of texts are not negative.
        true => numbers.value(row) as u32,
        false => 0,
    }
}

fn counts(filter: Option<&BooleanArray>, row: usize) -> bool {
    filter.is_none_or(|filter| filter.is_valid(row) && filter.value(row))
}

impl Counter {
    fn update(
        &mut self,
        values: &[ArrayRef],
        group: impl Fn(usize) -> usize,
        filter: Option<&BooleanArray>,
    ) {
        let numbers = values[0].as_primitive::<Int32Type>();
        if filter.is_none() && numbers.null_count() == 0 {
            for (row, number) in numbers.values().iter().enumerate() {
                self.pairs.add(group(row), *number as u32);
            }
            return;
        }
        for row in (0..numbers.len()).filter(|row| counts(filter, *row)) {
            self.pairs.add(group(row), number(numbers, row));
        }
    }

    fn merge(&mut self, states: &ArrayRef, group: impl Fn(usize) -> usize) {
        let states = states.as_binary::<i32>();
        for row in (0..states.len()).filter(|row| states.is_valid(*row)) {
            let (numbers, _) = states.value(row).as_chunks::<4>();
            let group = group(row);
            for number in numbers {
                self.pairs.add(group, u32::from_le_bytes(*number));
            }
        }
    }

    /// The pairs of the groups to be given, and how many groups these are.
    fn take(&mut self, emit_to: EmitTo) -> (Pairs, usize) {
        match emit_to {
            EmitTo::All => (
                std::mem::take(&mut self.pairs),
                std::mem::take(&mut self.groups),
            ),
            EmitTo::First(groups) => {
                self.groups = self.groups.saturating_sub(groups);
                (self.pairs.split_off_front(groups), groups)
            }
        }
    }

    fn finish(&self, (mut pairs, groups): (Pairs, usize)) -> Result<Int64Array> {
        let counts = pairs.count(groups);
        let mut many: HashMap<usize, Vec<i32>> = HashMap::new();
        let too_many = |group: usize| counts[group] as usize > EXACT_MAX;
        if (0..groups).any(too_many) {
            for (group, number) in pairs.iter().filter(|(group, _)| too_many(*group)) {
                many.entry(group).or_default().push(number as i32);
            }
        }
        let mut found: Vec<i64> = counts.iter().map(|count| i64::from(*count)).collect();
        for (group, numbers) in many {
            let texts = self.texts.texts(&Int32Array::from(numbers))?;
            let hashes: Vec<u64> = texts
                .iter()
                .map(|text| hash(text.unwrap_or_default().as_bytes()))
                .collect();
            found[group] = estimate_of(&hashes, self.bucket_bits);
        }
        Ok(Int64Array::from(found))
    }
}

/// States of groups with so many numbers each, filled by `numbers`.
fn states(counts: &[u32], numbers: impl Iterator<Item = (usize, u32)>) -> Result<BinaryArray> {
    let too_large =
        || DataFusionError::ResourcesExhausted("too many distinct texts for one step".to_owned());
    let mut ends = Vec::with_capacity(counts.len() + 1);
    let mut end = 0_i32;
    ends.push(end);
    for count in counts {
        let bytes = i32::try_from(*count).ok().and_then(|n| n.checked_mul(4));
        end = bytes
            .and_then(|bytes| end.checked_add(bytes))
            .ok_or_else(too_large)?;
        ends.push(end);
    }
    let mut bytes = vec![[0_u8; 4]; end as usize / 4];
    let mut places: Vec<u32> = ends.iter().map(|end| *end as u32 / 4).collect();
    for (group, number) in numbers {
        let place = &mut places[group];
        bytes[*place as usize] = number.to_le_bytes();
        *place += 1;
    }
    let ends = OffsetBuffer::new(ScalarBuffer::from(ends));
    Ok(BinaryArray::try_new(
        ends,
        bytes.into_flattened().into(),
        None,
    )?)
}

impl GroupsAccumulator for Counter {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        filter: Option<&BooleanArray>,
        groups: usize,
    ) -> Result<()> {
        self.groups = self.groups.max(groups);
        self.update(values, |row| group_indices[row], filter);
        Ok(())
    }

    fn merge_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        groups: usize,
    ) -> Result<()> {
        self.groups = self.groups.max(groups);
        self.merge(&values[0], |row| group_indices[row]);
        Ok(())
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let taken = self.take(emit_to);
        Ok(Arc::new(self.finish(taken)?))
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        let (mut pairs, groups) = self.take(emit_to);
        let counts = pairs.count(groups);
        Ok(vec![Arc::new(states(&counts, pairs.iter())?)])
    }

    /// Each row as a group of its own.
    fn convert_to_state(
        &self,
        values: &[ArrayRef],
        filter: Option<&BooleanArray>,
    ) -> Result<Vec<ArrayRef>> {
        let numbers = values[0].as_primitive::<Int32Type>();
        let rows = 0..numbers.len();
        let of_rows: Vec<u32> = rows
            .clone()
            .map(|row| u32::from(counts(filter, row)))
            .collect();
        let numbers = rows
            .filter(|row| counts(filter, *row))
            .map(|row| (row, number(numbers, row)));
        Ok(vec![Arc::new(states(&of_rows, numbers)?)])
    }

    fn size(&self) -> usize {
        size_of::<Self>() + self.pairs.bytes()
    }
}

/// Without groups.
#[derive(Debug)]
struct Alone(Counter);

impl Alone {
    fn take(&mut self) -> (Pairs, usize) {
        self.0.groups = 1;
        self.0.take(EmitTo::All)
    }
}

impl Accumulator for Alone {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.0.update(values, |_| 0, None);
        Ok(())
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        self.0.merge(&states[0], |_| 0);
        Ok(())
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let taken = self.take();
        Ok(ScalarValue::Int64(Some(self.0.finish(taken)?.value(0))))
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let (mut pairs, groups) = self.take();
        let counts = pairs.count(groups);
        let state = states(&counts, pairs.iter())?;
        Ok(vec![ScalarValue::Binary(Some(state.value(0).to_vec()))])
    }

    fn size(&self) -> usize {
        size_of::<Self>() + self.0.pairs.bytes()
    }
}
