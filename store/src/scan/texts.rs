//! Texts and their numbers, which outlive a query.
//!
//! To look a text up takes longer than to read its row. So the numbers of a column's texts are kept for the queries that follow, and
//! with them what each dictionary that was met became: a dictionary is known again by a cryptographic digest of its texts,
//! whichever file holds it. What is kept is bounded; the columns that were not asked for longest go first.

use crate::index::intern::{GLANCED_MAX, Interner};
use datafusion::arrow::array::{Array, Int32Array, StringArray, StringBuilder};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryPool, MemoryReservation};
use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Bytes of all texts and dictionaries that are kept between queries.
const KEPT_MAX: usize = 128 << 20;
/// Smaller dictionaries are looked up text by text.
const DICTIONARY_MIN: usize = 64;
/// What a text takes beside its bytes: its entry and its share of the slots.
const ENTRY_BYTES: usize = 48;

/// Texts and their numbers; 0 is `""`.
pub(super) struct Known {
    interner: Interner,
    /// The numbers of a dictionary's texts.
    dictionaries: HashMap<Digest, Arc<[i32]>>,
    dictionary_bytes: usize,
}

/// Of a dictionary's texts and where they end.
pub(super) type Digest = [u8; 32];

impl Known {
    fn new() -> Self {
        let mut interner = Interner::default();
        interner.number(b"");
        Self {
            interner,
            dictionaries: HashMap::new(),
            dictionary_bytes: 0,
        }
    }

    pub(super) fn number(&mut self, text: &[u8]) -> Result<i32> {
        let (number, _) = self.interner.number(text);
        number_of(number)
    }

    /// The numbers of a dictionary's texts; null is `""`.
    pub(super) fn numbers(&mut self, values: &StringArray) -> Result<Vec<i32>> {
        let texts: Vec<&[u8]> = values
            .iter()
            .map(|text| text.unwrap_or_default().as_bytes())
            .collect();
        let mut numbers = Vec::with_capacity(texts.len());
        for texts in texts.chunks(GLANCED_MAX) {
            self.interner.glance(texts);
            numbers.extend(texts.iter().map(|text| self.interner.number(text).0 as i32));
        }
        // All are smaller than how many there are.
        number_of(u32::try_from(self.interner.len()).unwrap_or(u32::MAX))?;
        Ok(numbers)
    }

    pub(super) fn dictionary(&self, digest: &Digest) -> Option<Arc<[i32]>> {
        self.dictionaries.get(digest).cloned()
    }

    pub(super) fn keep(&mut self, digest: Digest, numbers: Arc<[i32]>) {
        self.dictionary_bytes += size_of_val(&*numbers) + 2 * size_of::<Digest>();
        self.dictionaries.insert(digest, numbers);
    }

    fn bytes(&self) -> usize {
        self.interner.bytes() + self.interner.len() * ENTRY_BYTES + self.dictionary_bytes
    }

    fn text(&self, number: i32) -> Result<&str> {
        let bytes = usize::try_from(number)
            .ok()
            .filter(|number| *number < self.interner.len())
            .map(|number| self.interner.text(number as u32));
        bytes
            .and_then(|bytes| std::str::from_utf8(bytes).ok())
            .ok_or_else(|| DataFusionError::Internal(format!("no text has the number {number}")))
    }
}

/// The digest of a dictionary that is worth being known again.
pub(super) fn digest(values: &StringArray) -> Option<Digest> {
    let offsets = values.value_offsets();
    let (first, last) = (*offsets.first()?, *offsets.last()?);
    if values.len() < DICTIONARY_MIN || values.null_count() > 0 || first != 0 {
        return None;
    }
    let mut hasher = blake3::Hasher::new();
    hasher.update(&(values.len() as u64).to_le_bytes());
    hasher.update(values.offsets().inner().inner().as_slice());
    hasher.update(values.value_data().get(..usize::try_from(last).ok()?)?);
    Some(*hasher.finalize().as_bytes())
}

fn number_of(number: u32) -> Result<i32> {
    i32::try_from(number)
        .map_err(|_| DataFusionError::ResourcesExhausted("too many distinct texts".to_owned()))
}

/// [`Known`] of a column, or of what a query orders.
struct Lexicon {
    known: Mutex<Known>,
    /// Of what is known, when it was counted last.
    bytes: AtomicUsize,
}

impl Lexicon {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            known: Mutex::new(Known::new()),
            bytes: AtomicUsize::new(0),
        })
    }
}

/// By name, those that were asked for last at the end.
type Kept = Vec<(String, Arc<Lexicon>)>;

static KEPT: Mutex<Kept> = Mutex::new(Vec::new());

/// What is kept under a name. What has grown larger than all may be begins anew.
fn of_name(kept: &mut Kept, name: &str) -> Arc<Lexicon> {
    let bytes = |lexicon: &Lexicon| lexicon.bytes.load(Ordering::Relaxed);
    let known = kept.iter().position(|(of, _)| of == name);
    let known = known.map(|at| kept.remove(at).1);
    let lexicon = known
        .filter(|lexicon| bytes(lexicon) <= KEPT_MAX)
        .unwrap_or_else(Lexicon::new);
    let mut total = bytes(&lexicon);
    total += kept
        .iter()
        .map(|(_, lexicon)| bytes(lexicon))
        .sum::<usize>();
    while total > KEPT_MAX && !kept.is_empty() {
        let (_, oldest) = kept.remove(0);
        total -= bytes(&oldest);
    }
    kept.push((name.to_owned(), Arc::clone(&lexicon)));
    lexicon
}

fn kept(name: &str) -> Arc<Lexicon> {
    of_name(
        &mut KEPT.lock().unwrap_or_else(PoisonError::into_inner),
        name,
    )
}

/// Texts and their numbers, as a query sees them. Cheap to share; what the query adds is counted by the memory pool.
pub struct Texts {
    lexicon: Arc<Lexicon>,
    /// Bytes that were there before the query.
    before: usize,
    held: MemoryReservation,
}

impl fmt::Debug for Texts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Texts").finish_non_exhaustive()
    }
}

impl Texts {
    fn over(lexicon: Arc<Lexicon>, pool: &Arc<dyn MemoryPool>) -> Arc<Texts> {
        let before = lexicon.bytes.load(Ordering::Relaxed);
        Arc::new(Texts {
            lexicon,
            before,
            held: MemoryConsumer::new("texts").register(pool),
        })
    }

    /// No text but `""`, for one query.
    pub fn new(pool: &Arc<dyn MemoryPool>) -> Arc<Texts> {
        Self::over(Lexicon::new(), pool)
    }

    /// What earlier queries left of the texts of a column of this name, in whichever table.
    pub fn of_column(name: &str, pool: &Arc<dyn MemoryPool>) -> Arc<Texts> {
        Self::over(kept(name), pool)
    }

    /// Texts of several columns that are compared with each other, or put in one order.
    pub fn of_all(pool: &Arc<dyn MemoryPool>) -> Arc<Texts> {
        Self::over(kept(""), pool)
    }

    pub(super) fn known(&self) -> MutexGuard<'_, Known> {
        let known = self.lexicon.known.lock();
        known.unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn count(&self, known: &Known) -> Result<()> {
        let bytes = known.bytes();
        self.lexicon.bytes.store(bytes, Ordering::Relaxed);
        self.held.try_resize(bytes.saturating_sub(self.before))
    }

    /// The texts of numbers; null stays null.
    pub fn texts(&self, numbers: &Int32Array) -> Result<StringArray> {
        let known = self.known();
        let mut texts = StringBuilder::with_capacity(numbers.len(), numbers.len() * 16);
        for row in 0..numbers.len() {
            match numbers.is_valid(row) {
                true => texts.append_value(known.text(numbers.value(row))?),
                false => texts.append_null(),
            }
        }
        Ok(texts.finish())
    }

    /// Copies the texts of the numbers that `used` marks to `ordered`, which knows none, so that numbers have the order of the
    /// texts' bytes there.
    ///
    /// The result has for each number the new one, 0 for those that are not used.
    pub fn put_in_order(&self, used: &[bool], ordered: &Texts) -> Result<Vec<i32>> {
        let (from, mut to) = (self.known(), ordered.known());
        let texts = &from.interner;
        // "" is 0 in both, and comes first.
        let used = used.iter().enumerate().skip(1);
        let mut numbers: Vec<u32> = used
            .filter_map(|(number, used)| used.then_some(number as u32))
            .collect();
        let most = numbers.last().map_or(0, |most| *most as usize);
        if most >= texts.len() {
            return Err(DataFusionError::Internal(format!(
                "no text has the number {most}"
            )));
        }
        numbers.sort_unstable_by(|one, other| texts.text(*one).cmp(texts.text(*other)));
        let mut ranks = vec![0; most + 1];
        for number in numbers {
            ranks[number as usize] = number_of(to.interner.append(texts.text(number)))?;
        }
        ordered.count(&to)?;
        Ok(ranks)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use datafusion::execution::memory_pool::UnboundedMemoryPool;

    fn pool() -> Arc<dyn MemoryPool> {
        Arc::new(UnboundedMemoryPool::default())
    }

    #[test]
    fn numbers_of_a_column_stay_what_they_were_in_later_queries() {
        let first = Texts::of_column("a column of this test", &pool());
        let number = first.known().number(b"x").unwrap();
        let later = Texts::of_column("a column of this test", &pool());
        assert_eq!(later.known().number(b"y").unwrap(), number + 1);
        assert_eq!(later.known().number(b"x").unwrap(), number);
        let other = Texts::of_column("another column of this test", &pool());
        assert_eq!(other.known().number(b"y").unwrap(), number);
    }

    #[test]
    fn the_oldest_goes_when_all_are_too_large() {
        let mut kept = Kept::new();
        let first = of_name(&mut kept, "first");
        let second = of_name(&mut kept, "second");
        assert!(Arc::ptr_eq(&first, &of_name(&mut kept, "first")));
        first.bytes.store(KEPT_MAX / 2 + 1, Ordering::Relaxed);
        second.bytes.store(KEPT_MAX / 2, Ordering::Relaxed);
        let third = of_name(&mut kept, "third");
        assert!(!Arc::ptr_eq(&second, &of_name(&mut kept, "second")));
        assert!(Arc::ptr_eq(&first, &of_name(&mut kept, "first")));
        first.bytes.store(KEPT_MAX + 1, Ordering::Relaxed);
        assert!(!Arc::ptr_eq(&first, &of_name(&mut kept, "first")));
        assert!(Arc::ptr_eq(&third, &of_name(&mut kept, "third")));
    }

    #[test]
    fn used_numbers_are_put_in_the_order_of_their_texts() {
        let (texts, ordered) = (Texts::new(&pool()), Texts::new(&pool()));
        let number = |text: &str| texts.known().number(text.as_bytes()).unwrap();
        let numbers = ["pear", "apple", "plum", "fig"].map(number);
        let mut used = vec![true; 5];
        used[numbers[2] as usize] = false;
        let ranks = texts.put_in_order(&used, &ordered).unwrap();
        let of = [0, numbers[0], numbers[1], numbers[3]].map(|number| ranks[number as usize]);
        assert_eq!(of, [0, 3, 1, 2]);
        let shown = ordered.texts(&Int32Array::from(of.to_vec())).unwrap();
        let shown: Vec<_> = shown.iter().flatten().collect();
        assert_eq!(shown, ["", "pear", "apple", "fig"]);
    }

    #[test]
    fn dictionaries_that_differ_in_where_texts_end_differ() {
        let texts = |cut: usize| -> StringArray {
            let all = "abcdefghij".repeat(20);
            (0..100)
                .map(|n| Some(&all[n..n + if n == cut { 1 } else { 2 }]))
                .collect()
        };
        assert_eq!(digest(&texts(3)), digest(&texts(3)));
        assert_ne!(digest(&texts(3)), digest(&texts(4)));
        assert_eq!(digest(&StringArray::from(vec!["a"])), None);
    }
}
