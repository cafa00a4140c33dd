//! Who a record, a file and a device are: ids that are the same on every run and on every machine.

use crate::digests::{Digests, Half};
use crate::hashes::Hashes;
use huntql_store::words::last_word;
use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault};

/// 128 bits of blake3 over the source class, the raw bytes of the record, and its ordinal among equal records of the file.
///
/// The same record in another file, under another name, or in a second run has the same id; two equal lines of one file
/// have two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RecordId(pub u128);

impl RecordId {
    /// 63 bits of the id, for `ReportId` where the source has none. Never negative.
    pub fn report_id(self) -> i64 {
        (self.0 >> 65) as i64
    }

    /// The first half of a digest.
    fn of(half: Half) -> Self {
        Self(u128::from_be_bytes(half))
    }
}

/// Gives records their ids and remembers how often each was seen in this file: 12 to 24 bytes of memory a record.
#[derive(Debug, Default)]
pub struct RecordIds {
    /// 64 bits of the id of each record.
    seen: Hashes,
    /// How often those were seen that were seen again.
    repeated: Counts,
    passed: PassedLines,
    /// Records that wait for their ids.
    waiting: Waiting,
    digests: Digests,
    /// A record with its ordinal.
    message: Vec<u8>,
}

/// What the ids of records are made of, end to end: class, a zero, the record.
#[derive(Debug, Default)]
struct Waiting {
    messages: Vec<u8>,
    /// Where each message ends, and where in it the record begins.
    ends: Vec<(usize, usize)>,
}

/// Records that wait at most, and their bytes beyond which no further one does: few enough for a processor's cache, enough to
/// be hashed side by side.
const WAITING_MAX: usize = 128;
const WAITING_BYTES_MAX: usize = 256 << 10;

impl Waiting {
    /// The messages, with the place in each where the record begins.
    fn each(&self) -> impl Iterator<Item = (&[u8], usize)> {
        let starts = [0].into_iter().chain(self.ends.iter().map(|(end, _)| *end));
        let ends = starts.zip(&self.ends);
        ends.map(|(start, (end, record))| (&self.messages[start..*end], *record))
    }
}

type Counts = HashMap<u64, u32, BuildHasherDefault<Folded>>;

/// How often each line occurred that was not made a record in this run: those before the place where reading went on, and
/// those that were rejected, so that a record has the same id whether its file is read in one go or in parts.
#[derive(Debug, Default)]
pub struct PassedLines(Counts);

impl PassedLines {
    pub fn pass(&mut self, raw: &[u8]) {
        *self.0.entry(line_key(raw)).or_insert(0) += 1;
    }

    fn count(&self, raw: &[u8]) -> u32 {
        match self.0.is_empty() {
            true => 0,
            false => self.0.get(&line_key(raw)).copied().unwrap_or(0),
        }
    }
}

/// 64 bits of a hash that is quick and the same everywhere. Lines that meet by chance only get a higher ordinal.
fn line_key(raw: &[u8]) -> u64 {
    key_from(FACTOR, raw)
}

const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;

fn key_from(start: u64, raw: &[u8]) -> u64 {
    let fold = |state: u64, word: u64| {
        let product = u128::from(state ^ word) * u128::from(FACTOR);
        (product as u64) ^ ((product >> 64) as u64)
    };
    let (words, rest) = raw.as_chunks::<8>();
    let mut key = fold(start, raw.len() as u64);
    for word in words {
        key = fold(key, u64::from_le_bytes(*word)).rotate_left(23);
    }
    let last = match rest {
        [] => 0,
        rest => last_word(raw, rest),
    };
    fold(fold(key, last), FACTOR)
}

impl RecordIds {
    /// Goes on behind lines that were read before.
    pub fn behind(passed: PassedLines) -> Self {
        Self {
            passed,
            ..Self::default()
        }
    }

    /// A line that became no record. No record may be waiting: its id depends on the lines before it alone.
    pub fn pass(&mut self, raw: &[u8]) {
        debug_assert!(self.waiting.ends.is_empty());
        self.passed.pass(raw);
    }

    /// The id of `raw`, a record of the class `class` (for instance `zeek.conn`). No record may be waiting.
    pub fn next(&mut self, class: &str, raw: &[u8]) -> RecordId {
        let mut found = None;
        self.take_up(class, raw);
        self.settle(|id| found = Some(id));
        found.expect("one record was waiting")
    }

    /// Takes up a record; [`RecordIds::settle`] tells its id. Whether so many are waiting that it is time for that.
    pub fn take_up(&mut self, class: &str, raw: &[u8]) -> bool {
        let Waiting { messages, ends } = &mut self.waiting;
        messages.extend_from_slice(class.as_bytes());
        messages.push(0);
        messages.extend_from_slice(raw);
        ends.push((messages.len(), class.len() + 1));
        ends.len() >= WAITING_MAX || messages.len() >= WAITING_BYTES_MAX
    }

    /// Tells the ids of the records that are waiting, in their order.
    pub fn settle(&mut self, mut tell: impl FnMut(RecordId)) {
        if self.waiting.ends.is_empty() {
            return;
        }
        let waiting = std::mem::take(&mut self.waiting);
        let mut digests = std::mem::take(&mut self.digests);
        let messages: Vec<&[u8]> = waiting.each().map(|(message, _)| message).collect();
        let mut ids = Vec::with_capacity(messages.len());
        digests.each(&messages, |half| ids.push(RecordId::of(half)));
        self.seen.glance(ids.iter().map(|id| id.0 as u64));
        for ((message, record), first) in waiting.each().zip(ids) {
            let ordinal = self.seen_before(first.0 as u64) + self.passed.count(&message[record..]);
            tell(match ordinal {
                0 => first,
                _ => self.repeated(message, ordinal),
            });
        }
        self.digests = digests;
        self.waiting = waiting;
        self.waiting.messages.clear();
        self.waiting.ends.clear();
    }

    /// The id of a record that came so often before.
    fn repeated(&mut self, message: &[u8], ordinal: u32) -> RecordId {
        self.message.clear();
        self.message.extend_from_slice(message);
        self.message.push(0);
        self.message.extend_from_slice(&ordinal.to_le_bytes());
        let digest = blake3::hash(&self.message);
        let half = digest.as_bytes().first_chunk();
        RecordId::of(*half.expect("a blake3 hash has 32 bytes"))
    }
}

impl RecordIds {
    fn seen_before(&mut self, key: u64) -> u32 {
        if self.seen.insert(key) {
            return 0;
        }
        let times = self.repeated.entry(key).or_insert(1);
        *times += 1;
        *times - 1
    }
}

/// The keys are hashes already.
#[derive(Debug, Default)]
struct Folded(u64);

impl std::hash::Hasher for Folded {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }
    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }
}

/// The stable id of a device that has no id of Defender's: 40 hex digits, as long as Defender's own, from its name or
/// address in lower case.
pub fn device_id(name: &str) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"huntql device\0");
    hasher.update(name.to_ascii_lowercase().as_bytes());
    hasher.finalize().to_hex()[..40].to_owned()
}

/// Device ids that were asked for lately, so that a hash is not computed for every row.
#[derive(Debug, Default)]
pub struct DeviceIds {
    /// Those of short names by a hash of the name, the last one that came there: one look at one line of the processor's cache.
    lately: Vec<Lately>,
    /// Places in `ids`.
    known: HashMap<String, usize, KeyedHash>,
    ids: Vec<String>,
}

const SHORT_BYTES: usize = 23;
const ID_BYTES: usize = 40;
const LATELY_BITS: u32 = 16;

#[derive(Debug, Clone, Copy)]
struct Lately {
    name: ShortName,
    id: [u8; ID_BYTES],
}

/// A name's bytes, zeros, and how many they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct ShortName([u8; SHORT_BYTES + 1]);

impl ShortName {
    const NONE: Self = Self([u8::MAX; SHORT_BYTES + 1]);

    #[inline]
    fn of(name: &str) -> Option<Self> {
        let mut padded = [0; SHORT_BYTES + 1];
        let bytes = name.as_bytes();
        (bytes.len() <= SHORT_BYTES).then_some(())?;
        let (words, rest) = bytes.as_chunks::<8>();
        let mut places = padded.as_chunks_mut::<8>().0.iter_mut();
        for (word, place) in words.iter().zip(&mut places) {
            *place = *word;
        }
        if let (false, Some(place)) = (rest.is_empty(), places.next()) {
            *place = last_word(bytes, rest).to_le_bytes();
        }
        padded[SHORT_BYTES] = bytes.len() as u8;
        Some(Self(padded))
    }

    /// Where it stands among `lately`.
    #[inline]
    fn place(&self) -> usize {
        let words = self.0.as_chunks::<8>().0.iter();
        let hash = words.fold(0_u64, |hash, word| {
            (hash.rotate_left(29) ^ u64::from_le_bytes(*word)).wrapping_mul(FACTOR)
        });
        (hash >> (64 - LATELY_BITS)) as usize
    }
}

/// A quick hash of texts, another one in each run: nobody can choose names that meet.
#[derive(Debug, Clone)]
struct KeyedHash(u64);

impl Default for KeyedHash {
    fn default() -> Self {
        Self(std::hash::RandomState::new().hash_one(0))
    }
}

impl BuildHasher for KeyedHash {
    type Hasher = Keyed;

    fn build_hasher(&self) -> Keyed {
        Keyed(self.0)
    }
}

struct Keyed(u64);

impl std::hash::Hasher for Keyed {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        self.0 = key_from(self.0, bytes);
    }
}

/// Devices remembered at most; then the memory starts afresh.
const DEVICES_MAX: usize = 65_536;

impl DeviceIds {
    pub fn of(&mut self, name: &str) -> &str {
        let Some(short) = ShortName::of(name) else {
            return self.known(name);
        };
        let place = short.place();
        if self.lately.is_empty() {
            let nothing = Lately {
                name: ShortName::NONE,
                id: [0; ID_BYTES],
            };
            self.lately = vec![nothing; 1 << LATELY_BITS];
        }
        if self.lately[place].name != short {
            let id = self.known(name).as_bytes();
            let id = id.try_into().expect("a device id has 40 digits");
            self.lately[place] = Lately { name: short, id };
        }
        std::str::from_utf8(&self.lately[place].id).expect("hex digits are ASCII")
    }

    fn known(&mut self, name: &str) -> &str {
        let at = match self.known.get(name) {
            Some(at) => *at,
            None => self.learn(name),
        };
        &self.ids[at]
    }

    fn learn(&mut self, name: &str) -> usize {
        if self.ids.len() >= DEVICES_MAX {
            self.known.clear();
            self.ids.clear();
        }
        self.known.insert(name.to_owned(), self.ids.len());
        self.ids.push(device_id(name));
        self.ids.len() - 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_records_of_one_file_have_different_ids_and_the_same_ids_again_next_time() {
        let ids = |_| {
            let mut ids = RecordIds::default();
            [
                ids.next("a", b"x"),
                ids.next("a", b"x"),
                ids.next("b", b"x"),
                ids.next("a", b"y"),
            ]
        };
        let (first, second) = (ids(1), ids(2));
        assert_eq!(first, second);
        let distinct: std::collections::HashSet<_> = first.iter().collect();
        assert_eq!(distinct.len(), 4);
    }

    #[test]
    fn a_record_has_the_same_id_whether_its_file_is_read_in_one_go_or_in_parts() {
        let lines: [&[u8]; 5] = [
            b"x",
            b"a long line of text",
            b"x",
            b"a long line of text",
            b"x",
        ];
        let mut whole = RecordIds::default();
        let expected: Vec<_> = lines.iter().map(|line| whole.next("a", line)).collect();
        for cut in 0..lines.len() {
            let mut passed = PassedLines::default();
            lines[..cut].iter().for_each(|line| passed.pass(line));
            let mut ids = RecordIds::behind(passed);
            let rest: Vec<_> = lines[cut..]
                .iter()
                .map(|line| ids.next("a", line))
                .collect();
            assert_eq!(rest, expected[cut..], "cut at {cut}");
        }
    }

    #[test]
    fn records_that_wait_get_the_ids_that_they_would_have_had_at_once() {
        let records: Vec<String> = (0..500_usize)
            .map(|n| "x".repeat(n * n % 3000) + &"ab"[..n % 3])
            .collect();
        let (mut at_once, mut waiting) = (RecordIds::default(), RecordIds::default());
        let (mut expected, mut found) = (Vec::new(), Vec::new());
        for (n, record) in records.iter().chain(&records).enumerate() {
            let class = ["a", "b.c"][n % 2];
            expected.push(at_once.next(class, record.as_bytes()));
            if waiting.take_up(class, record.as_bytes()) {
                waiting.settle(|id| found.push(id));
            }
            if n % 190 == 0 {
                waiting.settle(|id| found.push(id));
                at_once.pass(record.as_bytes());
                waiting.pass(record.as_bytes());
            }
        }
        waiting.settle(|id| found.push(id));
        assert_eq!(found, expected);
    }

    #[test]
    fn a_report_id_is_never_negative() {
        assert_eq!(RecordId(u128::MAX).report_id(), i64::MAX);
    }

    #[test]
    fn a_device_id_ignores_case_and_looks_like_defenders() {
        assert_eq!(device_id("WS-01"), device_id("ws-01"));
        assert_eq!(device_id("ws-01").len(), 40);
    }

    #[test]
    fn a_remembered_device_id_is_that_of_the_name() {
        let mut ids = DeviceIds::default();
        for round in 0..3 {
            for n in 0..20_000_u32 {
                let name = format!("{}{n:x}", "host-".repeat(n as usize % 7));
                if round == 0 || n % 97 == 0 {
                    assert_eq!(ids.of(&name), device_id(&name));
                }
            }
        }
        for name in ["", "a", "\0", "a\0"] {
            assert_eq!(ids.of(name), device_id(name));
        }
    }
}
