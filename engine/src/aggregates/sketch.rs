//! Sets of hashes that are counted: exactly while they are few, then as HyperLogLog does.
//!
//! Values are known by a 64-bit hash. Up to [`EXACT_MAX`] hashes are kept as they are; past that, one register of a byte for
//! each of 2^12 … 2^18 buckets, as the accuracy says (Kusto docs, "Estimation accuracy"). The estimator is Ertl's ("New
//! cardinality estimation algorithms for HyperLogLog sketches", 2017), which needs no tables for its bias.

use super::cell::Cell;
use datafusion::common::{DataFusionError, Result};
use std::borrow::Cow;
use std::cell::RefCell;

/// Distinct values that are counted exactly.
pub(crate) const EXACT_MAX: usize = 16_384;
/// Bits of a hash that choose the bucket, by accuracy.
pub(super) const BUCKET_BITS: [u32; 5] = [12, 14, 16, 17, 18];

/// The bits of [`BUCKET_BITS`] that an accuracy stands for.
///
/// # Errors
/// When `function` has no such accuracy.
pub(super) fn bucket_bits(function: &str, accuracy: i64) -> Result<u32> {
    usize::try_from(accuracy)
        .ok()
        .and_then(|accuracy| BUCKET_BITS.get(accuracy).copied())
        .ok_or_else(|| {
            DataFusionError::Plan(format!(
                "the accuracy of `{function}` is 0 to 4, not {accuracy}"
            ))
        })
}

/// The distinct hashes seen.
#[derive(Debug, Clone)]
pub(crate) enum Sketch {
    Exact(Hashes),
    Registers(Vec<u8>),
}

/// Hashes as they came: of the first ones each once, of the others not yet. Adding one writes at the end of a list; a set would
/// look at a place of its own for each. As long as there is one alone it needs no list: most groups of a fine
/// grouping have no other.
#[derive(Debug, Clone, Default)]
pub(crate) struct Hashes {
    /// The only one, while the list is empty.
    alone: Option<u64>,
    values: Vec<u64>,
    settled: usize,
    /// For the registers that too many become.
    bucket_bits: u32,
}

/// So many saved hashes are added one by one.
const FEW: usize = 4;

/// So many unsettled hashes are worth an ordering.
const UNSETTLED_MIN: usize = 32;

impl Hashes {
    fn push(&mut self, hash: u64) {
        if self.values.is_empty() {
            match self.alone {
                None => {
                    self.alone = Some(hash);
                    return;
                }
                Some(alone) if alone == hash => return,
                Some(_) => self.values.extend(self.alone.take()),
            }
        }
        self.values.push(hash);
    }

    fn is_empty(&self) -> bool {
        self.alone.is_none() && self.values.is_empty()
    }

    /// Each at least once, in no order.
    fn iter(&self) -> impl Iterator<Item = u64> {
        self.alone.into_iter().chain(self.values.iter().copied())
    }

    /// Whether the unsettled ones are as many as the others: ordering then costs each of them a few steps.
    fn is_due(&self) -> bool {
        self.values.len() >= UNSETTLED_MIN.max(2 * self.settled)
    }

    fn settle(&mut self) {
        if self.settled < self.values.len() {
            once_each(&mut self.values);
            self.settled = self.values.len();
        }
    }

    /// Each once.
    fn distinct(&self) -> Cow<'_, [u64]> {
        if let Some(alone) = &self.alone {
            return Cow::Borrowed(std::slice::from_ref(alone));
        }
        if self.settled == self.values.len() {
            return Cow::Borrowed(&self.values);
        }
        let mut copy = self.clone();
        copy.settle();
        Cow::Owned(copy.values)
    }

    /// In order, each once.
    fn sorted(&self) -> Cow<'_, [u64]> {
        let distinct = self.distinct();
        if distinct.is_sorted() {
            return distinct;
        }
        let mut sorted = distinct.into_owned();
        sorted.sort_unstable();
        Cow::Owned(sorted)
    }

    fn bytes(&self) -> usize {
        self.values.capacity() * size_of::<u64>()
    }
}

thread_local! {
    /// A table of hashes that is used for one list after the other: it stays in the processor's cache.
    static PLACES: RefCell<Vec<u64>> = const { RefCell::new(Vec::new()) };
}

/// Leaves of equal hashes the first.
fn once_each(hashes: &mut Vec<u64>) {
    PLACES.with_borrow_mut(|places| {
        let size = (hashes.len() * 2).next_power_of_two().max(2);
        if places.len() < size {
            places.resize(size, 0);
        }
        let places = &mut places[..size];
        places.fill(0);
        let shift = 64 - size.trailing_zeros();
        let mut zero_seen = false;
        hashes.retain(|hash| {
            if *hash == 0 {
                return !std::mem::replace(&mut zero_seen, true);
            }
            // At most 2^16 places.
            let mut at = (hash >> shift) as usize;
            while places[at] != 0 {
                if places[at] == *hash {
                    return false;
                }
                at = (at + 1) & (size - 1);
            }
            places[at] = *hash;
            true
        });
    });
}

impl Default for Sketch {
    fn default() -> Self {
        Sketch::Exact(Hashes::default())
    }
}

impl PartialEq for Sketch {
    fn eq(&self, other: &Self) -> bool {
        self.to_bytes() == other.to_bytes()
    }
}

impl Sketch {
    /// Adds a hash; tells by how many bytes the sketch grew.
    pub(crate) fn insert(&mut self, hash: u64, bucket_bits: u32) -> usize {
        match self {
            Sketch::Exact(hashes) => {
                let before = hashes.bytes();
                hashes.bucket_bits = bucket_bits;
                hashes.push(hash);
                if hashes.is_due() {
                    self.settle();
                }
                self.bytes().saturating_sub(before)
            }
            Sketch::Registers(registers) => {
                register(registers, hash, bucket_bits);
                0
            }
        }
    }

    fn bytes(&self) -> usize {
        match self {
            Sketch::Exact(hashes) => hashes.bytes(),
            Sketch::Registers(registers) => registers.len(),
        }
    }

    /// Orders the hashes; more than [`EXACT_MAX`] become registers.
    fn settle(&mut self) {
        let Sketch::Exact(hashes) = self else {
            return;
        };
        hashes.settle();
        if hashes.values.len() > EXACT_MAX {
            *self = Sketch::Registers(registers_of(&hashes.values, hashes.bucket_bits));
        }
    }

    pub(crate) fn merge(&mut self, other: Sketch, bucket_bits: u32) -> usize {
        let before = self.bytes();
        match (&mut *self, other) {
            (Sketch::Exact(mine), Sketch::Exact(theirs)) => {
                match mine.is_empty() {
                    true => *mine = theirs,
                    false => {
                        mine.values.extend(mine.alone.take());
                        mine.values.extend(theirs.iter());
                    }
                }
                mine.bucket_bits = bucket_bits;
                if mine.is_due() {
                    self.settle();
                }
            }
            (Sketch::Registers(registers), Sketch::Exact(theirs)) => theirs
                .iter()
                .for_each(|hash| register(registers, hash, bucket_bits)),
            (Sketch::Registers(mine), Sketch::Registers(theirs)) => mine
                .iter_mut()
                .zip(theirs)
                .for_each(|(mine, theirs)| *mine = theirs.max(*mine)),
            (Sketch::Exact(hashes), Sketch::Registers(mut registers)) => {
                hashes
                    .iter()
                    .for_each(|hash| register(&mut registers, hash, bucket_bits));
                *self = Sketch::Registers(registers);
            }
        }
        self.bytes().saturating_sub(before)
    }

    /// Brings registers to fewer buckets: those that share their first bits become one.
    pub(super) fn lower(&mut self, from_bits: u32, to_bits: u32) {
        self.settle();
        let registers = match self {
            Sketch::Registers(registers) => registers,
            Sketch::Exact(hashes) => {
                hashes.bucket_bits = to_bits;
                return;
            }
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
            Sketch::Exact(hashes) => {
                let values = hashes.distinct();
                match values.len() <= EXACT_MAX {
                    true => i64::try_from(values.len()).unwrap_or(i64::MAX),
                    false => estimate(&registers_of(&values, hashes.bucket_bits)),
                }
            }
            Sketch::Registers(registers) => estimate(registers),
        }
    }

    /// How many values all sketches have; `None` when one of them does not hold its values one by one any more.
    pub(super) fn common(sketches: &[&Sketch]) -> Option<i64> {
        let sets = sketches
            .iter()
            .map(|sketch| match sketch {
                Sketch::Exact(hashes) => Some(hashes.sorted()).filter(|set| set.len() <= EXACT_MAX),
                Sketch::Registers(_) => None,
            })
            .collect::<Option<Vec<_>>>()?;
        let (first, others) = sets.split_first()?;
        let in_all = |hash: &&u64| others.iter().all(|set| set.binary_search(hash).is_ok());
        i64::try_from(first.iter().filter(in_all).count()).ok()
    }

    /// A byte for the form, then hashes (little endian, in order) or registers.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        match self {
            Sketch::Exact(hashes) => write(&hashes.sorted(), hashes.bucket_bits, &mut bytes),
            Sketch::Registers(registers) => write_registers(registers, &mut bytes),
        }
        bytes
    }

    /// Appends what [`Sketch::to_bytes`] gives, the hashes in any order.
    pub(super) fn write_to(&self, bytes: &mut Vec<u8>) {
        match self {
            Sketch::Exact(hashes) => write(&hashes.distinct(), hashes.bucket_bits, bytes),
            Sketch::Registers(registers) => write_registers(registers, bytes),
        }
    }

    /// [`Sketch::merge`] with what [`Sketch::write_to`] wrote: hashes are known to stand there once each.
    pub(super) fn merge_bytes(&mut self, bytes: &[u8], bucket_bits: u32) -> usize {
        let (Some((0, hashes)), Sketch::Exact(mine)) = (bytes.split_first(), &mut *self) else {
            return self.merge(Sketch::from_bytes(bytes), bucket_bits);
        };
        let before = mine.bytes();
        mine.bucket_bits = bucket_bits;
        let (hashes, _) = hashes.as_chunks::<8>();
        let hashes = hashes.iter().map(|hash| u64::from_le_bytes(*hash));
        if hashes.len() <= FEW {
            hashes.for_each(|hash| mine.push(hash));
        } else {
            let was_empty = mine.is_empty();
            mine.values
                .extend(mine.alone.take().into_iter().chain(hashes));
            if was_empty {
                mine.settled = mine.values.len();
            }
        }
        if mine.is_due() {
            self.settle();
        }
        self.bytes().saturating_sub(before)
    }

    /// Reads what [`Sketch::to_bytes`] wrote, in any order of the hashes.
    pub(super) fn from_bytes(bytes: &[u8]) -> Sketch {
        match bytes.split_first() {
            Some((1, registers)) => Sketch::Registers(registers.to_vec()),
            Some((_, hashes)) => {
                let (hashes, _) = hashes.as_chunks::<8>();
                let values: Vec<u64> = hashes
                    .iter()
                    .map(|hash| u64::from_le_bytes(*hash))
                    .collect();
                if let [alone] = values[..] {
                    return Sketch::Exact(Hashes {
                        alone: Some(alone),
                        bucket_bits: BUCKET_BITS[1],
                        ..Hashes::default()
                    });
                }
                let in_order = values.is_sorted_by(|one, next| one < next);
                let mut hashes = Hashes {
                    alone: None,
                    settled: if in_order { values.len() } else { 0 },
                    values,
                    bucket_bits: BUCKET_BITS[1],
                };
                hashes.settle();
                Sketch::Exact(hashes)
            }
            None => Sketch::default(),
        }
    }
}

fn write(hashes: &[u64], bucket_bits: u32, bytes: &mut Vec<u8>) {
    if hashes.len() > EXACT_MAX {
        return write_registers(&registers_of(hashes, bucket_bits), bytes);
    }
    bytes.push(0);
    bytes.extend(hashes.iter().flat_map(|hash| hash.to_le_bytes()));
}

fn write_registers(registers: &[u8], bytes: &mut Vec<u8>) {
    bytes.push(1);
    bytes.extend_from_slice(registers);
}

fn registers_of(hashes: &[u64], bucket_bits: u32) -> Vec<u8> {
    let mut registers = vec![0; 1 << bucket_bits];
    hashes
        .iter()
        .for_each(|hash| register(&mut registers, *hash, bucket_bits));
    registers
}

fn register(registers: &mut [u8], hash: u64, bucket_bits: u32) {
    let bucket =
        usize::try_from(hash >> (64 - bucket_bits)).expect("a bucket number has at most 18 bits");
    let rest = (hash << bucket_bits) | (1 << (bucket_bits - 1));
    let rank = u8::try_from(rest.leading_zeros() + 1).expect("at most 64");
    registers[bucket] = registers[bucket].max(rank);
}

/// What a sketch of more than [`EXACT_MAX`] distinct hashes counts.
pub(super) fn estimate_of(hashes: &[u64], bucket_bits: u32) -> i64 {
    estimate(&registers_of(hashes, bucket_bits))
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

/// [`hash`] for maps over texts.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct TextHasher(u64);

impl std::hash::Hasher for TextHasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0 = self.0.rotate_left(29) ^ hash(bytes);
    }

    fn write_u8(&mut self, byte: u8) {
        self.0 ^= u64::from(byte);
    }

    fn finish(&self) -> u64 {
        self.0
    }
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
    fn hashes_are_counted_as_a_set_counts_them() {
        let mut state = 1_u64;
        let mut next = move |most: u64| {
            state = mix(state.wrapping_add(1));
            state % most
        };
        for round in 0..200 {
            let (mut left, mut right) = (Sketch::default(), Sketch::default());
            let mut seen = std::collections::HashSet::new();
            for _ in 0..next(1 + round * 7) {
                // Few values, 0 among them, so that many are equal.
                let value = next(1 + round * 3);
                let hash = if value == 0 { 0 } else { mix(value) };
                seen.insert(hash);
                match next(2) {
                    0 => left.insert(hash, 14),
                    _ => right.insert(hash, 14),
                };
            }
            let mut saved = Vec::new();
            right.write_to(&mut saved);
            left.merge_bytes(&saved, 14);
            let again = Sketch::from_bytes(&left.to_bytes());
            assert_eq!(left.count(), seen.len() as i64, "round {round}");
            assert_eq!(again, left, "round {round}");
            let twice = Sketch::common(&[&left, &again]);
            assert_eq!(twice, Some(seen.len() as i64), "round {round}");
        }
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
