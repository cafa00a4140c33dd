//! Counting distinct values: exact while there are few, then HyperLogLog.
//!
//! Values are known by a 64-bit hash. Up to [`EXACT_MAX`] hashes are kept as they are; past that, one register of a byte for
//! each of 2^12 … 2^18 buckets, as the accuracy says (Kusto docs, "Estimation accuracy"). The estimator is Ertl's ("New
//! cardinality estimation algorithms for HyperLogLog sketches", 2017), which needs no tables for its bias.

use super::cell::{Cell, Cells};
use super::fold::{Constants, Fold, Folding, Shape, constant_long};
use super::row::Meaning;
use datafusion::arrow::array::{Array, ArrayRef, AsArray, BinaryArray, Int64Array};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{DataFusionError, Result};
use huntql_kql::types::Type;
use std::collections::HashSet;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

/// Distinct values that are counted exactly.
pub(crate) const EXACT_MAX: usize = 16_384;
/// Bits of a hash that choose the bucket, by accuracy.
pub(super) const BUCKET_BITS: [u32; 5] = [12, 14, 16, 17, 18];

pub(super) const DCOUNT: Meaning = Meaning::Fold(Folding::of::<Dcount>("dcount"));

#[derive(Debug)]
struct Dcount {
    ty: Type,
    bucket_bits: u32,
}

/// The distinct hashes seen.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Sketch {
    Exact(HashSet<u64, BuildHasherDefault<AsItIs>>),
    Registers(Vec<u8>),
}

impl Default for Sketch {
    fn default() -> Self {
        Sketch::Exact(HashSet::default())
    }
}

/// Hashes are spread already.
#[derive(Debug, Clone, Default)]
pub(crate) struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = hash(bytes);
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }
}

impl Sketch {
    /// Adds a hash; tells by how many bytes the sketch grew.
    pub(crate) fn insert(&mut self, hash: u64, bucket_bits: u32) -> usize {
        match self {
            Sketch::Exact(hashes) => {
                let grown = if hashes.insert(hash) { 9 } else { 0 };
                if hashes.len() <= EXACT_MAX {
                    return grown;
                }
                let mut registers = vec![0; 1 << bucket_bits];
                hashes
                    .iter()
                    .for_each(|hash| register(&mut registers, *hash, bucket_bits));
                let bytes = registers.len();
                *self = Sketch::Registers(registers);
                bytes.saturating_sub(EXACT_MAX * 9)
            }
            Sketch::Registers(registers) => {
                register(registers, hash, bucket_bits);
                0
            }
        }
    }

    pub(crate) fn merge(&mut self, other: Sketch, bucket_bits: u32) -> usize {
        match (&mut *self, other) {
            (_, Sketch::Exact(hashes)) => hashes
                .into_iter()
                .map(|hash| self.insert(hash, bucket_bits))
                .sum(),
            (Sketch::Registers(mine), Sketch::Registers(theirs)) => {
                mine.iter_mut()
                    .zip(theirs)
                    .for_each(|(mine, theirs)| *mine = theirs.max(*mine));
                0
            }
            (Sketch::Exact(hashes), Sketch::Registers(mut registers)) => {
                hashes
                    .iter()
                    .for_each(|hash| register(&mut registers, *hash, bucket_bits));
                let bytes = registers.len();
                *self = Sketch::Registers(registers);
                bytes
            }
        }
    }

    /// Brings registers to fewer buckets: those that share their first bits become one.
    pub(super) fn lower(&mut self, from_bits: u32, to_bits: u32) {
        let Sketch::Registers(registers) = self else {
            return;
        };
        let dropped = from_bits - to_bits;
        if dropped == 0 {
            return;
        }
        let mut fewer = vec![0_u8; 1 << to_bits];
        for (bucket, rank) in registers.iter().enumerate().filter(|(_, rank)| **rank > 0) {
            let low = (bucket as u64) << (64 - dropped);
            let rank = match low {
                0 => u32::from(*rank) + dropped,
                low => low.leading_zeros() + 1,
            };
            let slot = &mut fewer[bucket >> dropped];
            *slot = (*slot).max(u8::try_from(rank).expect("at most 64"));
        }
        *registers = fewer;
    }

    pub(crate) fn count(&self) -> i64 {
        match self {
            Sketch::Exact(hashes) => i64::try_from(hashes.len()).unwrap_or(i64::MAX),
            Sketch::Registers(registers) => estimate(registers),
        }
    }

    /// How many values all sketches have; `None` when one of them does not hold its values one by one any more.
    pub(super) fn common(sketches: &[&Sketch]) -> Option<i64> {
        let sets = sketches
            .iter()
            .map(|sketch| match sketch {
                Sketch::Exact(hashes) => Some(hashes),
                Sketch::Registers(_) => None,
            })
            .collect::<Option<Vec<_>>>()?;
        let (first, others) = sets.split_first()?;
        let in_all = |hash: &&u64| others.iter().all(|set| set.contains(hash));
        i64::try_from(first.iter().filter(in_all).count()).ok()
    }

    /// A byte for the form, then hashes (little endian) or registers.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        match self {
            Sketch::Exact(hashes) => std::iter::once(0)
                .chain(hashes.iter().flat_map(|hash| hash.to_le_bytes()))
                .collect(),
            Sketch::Registers(registers) => std::iter::once(1)
                .chain(registers.iter().copied())
                .collect(),
        }
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Sketch {
        match bytes.split_first() {
            Some((1, registers)) => Sketch::Registers(registers.to_vec()),
            Some((_, hashes)) => {
                let (hashes, _) = hashes.as_chunks::<8>();
                Sketch::Exact(
                    hashes
                        .iter()
                        .map(|hash| u64::from_le_bytes(*hash))
                        .collect(),
                )
            }
            None => Sketch::default(),
        }
    }
}

fn register(registers: &mut [u8], hash: u64, bucket_bits: u32) {
    let bucket =
        usize::try_from(hash >> (64 - bucket_bits)).expect("a bucket number has at most 18 bits");
    let rest = (hash << bucket_bits) | (1 << (bucket_bits - 1));
    let rank = u8::try_from(rest.leading_zeros() + 1).expect("at most 64");
    registers[bucket] = registers[bucket].max(rank);
}

/// Ertl's improved raw estimator, algorithm 6.
fn estimate(registers: &[u8]) -> i64 {
    let buckets = registers.len();
    let bits = 64 - usize::try_from(buckets.trailing_zeros()).unwrap_or(0);
    let mut count = vec![0_u32; bits + 2];
    registers
        .iter()
        .for_each(|register| count[usize::from(*register)] += 1);
    let size = buckets as f64;
    let mut sum = size * tau(1.0 - f64::from(count[bits + 1]) / size);
    for of_rank in count[1..=bits].iter().rev() {
        sum = 0.5 * (sum + f64::from(*of_rank));
    }
    sum += size * sigma(f64::from(count[0]) / size);
    (size * size / (2.0 * std::f64::consts::LN_2) / sum).round() as i64
}

fn sigma(mut x: f64) -> f64 {
    if x == 1.0 {
        return f64::INFINITY;
    }
    let (mut y, mut sum) = (1.0, x);
    loop {
        x *= x;
        let before = sum;
        sum += x * y;
        y += y;
        if sum == before {
            return sum;
        }
    }
}

fn tau(mut x: f64) -> f64 {
    if x == 0.0 || x == 1.0 {
        return 0.0;
    }
    let (mut y, mut sum) = (1.0, 1.0 - x);
    loop {
        x = x.sqrt();
        let before = sum;
        y *= 0.5;
        sum -= (1.0 - x).powi(2) * y;
        if sum == before {
            return sum / 3.0;
        }
    }
}

/// A 64-bit hash that is the same in every process and on every machine.
pub(crate) fn hash(bytes: &[u8]) -> u64 {
    const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;
    let (words, rest) = bytes.as_chunks::<8>();
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    let mut state = (bytes.len() as u64).wrapping_mul(FACTOR) ^ 0x2545_F491_4F6C_DD1D;
    for word in words.iter().chain([&last]) {
        state = mix(state ^ u64::from_le_bytes(*word)).wrapping_add(FACTOR);
    }
    mix(state)
}

/// Each bit of the result depends on each bit of the value (the finalizer of SplitMix64).
fn mix(mut value: u64) -> u64 {
    value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}

/// The hash of a value; `None` for null. Values of one column have one type, so types need no telling apart.
pub(crate) fn hash_cell(cell: Cell<'_>) -> Option<u64> {
    Some(match cell {
        Cell::Null => return None,
        Cell::Bool(value) => hash(&[u8::from(value)]),
        Cell::Long(value) => hash(&value.to_le_bytes()),
        Cell::Real(value) => hash(
            &(if value == 0.0 { 0.0 } else { value })
                .to_bits()
                .to_le_bytes(),
        ),
        Cell::Decimal(value) => hash(&value.to_le_bytes()),
        Cell::Text(value) => hash(value.as_bytes()),
    })
}

impl Fold for Dcount {
    type State = Sketch;
    type Input<'a> = Cells<'a>;
    type Saved<'a> = &'a BinaryArray;

    fn new(shape: &Shape, constants: &Constants) -> Result<Self> {
        let accuracy = constant_long(constants, 1)?;
        let bits = usize::try_from(accuracy)
            .ok()
            .and_then(|accuracy| BUCKET_BITS.get(accuracy));
        let Some(bucket_bits) = bits else {
            return Err(DataFusionError::Plan(format!(
                "the accuracy of `dcount` is 0 to 4, not {accuracy}"
            )));
        };
        Ok(Self {
            ty: shape.parameters[0],
            bucket_bits: *bucket_bits,
        })
    }

    fn saved_types(_: &Shape) -> Vec<DataType> {
        vec![DataType::Binary]
    }

    fn returns(_: &[Type]) -> Type {
        Type::Long
    }

    fn input<'a>(&self, columns: &'a [ArrayRef]) -> Cells<'a> {
        Cells::new(&columns[0], self.ty)
    }

    fn saved<'a>(&self, columns: &'a [ArrayRef]) -> &'a BinaryArray {
        columns[0].as_binary::<i32>()
    }

    fn add(&self, state: &mut Sketch, input: &Cells<'_>, row: usize) -> usize {
        hash_cell(input.get(row)).map_or(0, |hash| state.insert(hash, self.bucket_bits))
    }

    fn merge(&self, state: &mut Sketch, saved: &&BinaryArray, row: usize) -> usize {
        if saved.is_null(row) {
            return 0;
        }
        state.merge(Sketch::from_bytes(saved.value(row)), self.bucket_bits)
    }

    fn save(&self, states: Vec<Sketch>) -> Result<Vec<ArrayRef>> {
        Ok(vec![Arc::new(BinaryArray::from_iter_values(
            states.iter().map(Sketch::to_bytes),
        ))])
    }

    fn finish(&self, states: Vec<Sketch>) -> Result<ArrayRef> {
        Ok(Arc::new(Int64Array::from_iter_values(
            states.iter().map(Sketch::count),
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_estimate_stays_within_three_sigma() {
        for (accuracy, bits) in BUCKET_BITS.into_iter().enumerate() {
            let mut sketch = Sketch::default();
            let truth = 200_000_u64;
            (0..truth).for_each(|value| {
                sketch.insert(hash(&value.to_le_bytes()), bits);
            });
            let error = (sketch.count() as f64 - truth as f64).abs() / truth as f64;
            let sigma = 1.04 / f64::from(1_u32 << bits).sqrt();
            assert!(
                error < 3.0 * sigma,
                "accuracy {accuracy}: error {error}, sigma {sigma}"
            );
        }
    }

    #[test]
    fn counts_up_to_the_limit_are_exact_also_after_merging() {
        let (mut left, mut right) = (Sketch::default(), Sketch::default());
        for value in 0..10_000_u64 {
            left.insert(hash(&value.to_le_bytes()), 14);
            right.insert(hash(&(value + 6_000).to_le_bytes()), 14);
        }
        left.merge(Sketch::from_bytes(&right.to_bytes()), 14);
        assert_eq!(left.count(), 16_000);
    }

    #[test]
    fn merging_registers_gives_what_one_sketch_would() {
        let (mut whole, mut left, mut right) =
            (Sketch::default(), Sketch::default(), Sketch::default());
        for value in 0..60_000_u64 {
            let hash = hash(&value.to_le_bytes());
            whole.insert(hash, 14);
            if value < 1_000 {
                left.insert(hash, 14)
            } else {
                right.insert(hash, 14)
            };
        }
        left.merge(Sketch::from_bytes(&right.to_bytes()), 14);
        assert_eq!(left, whole);
    }
}
