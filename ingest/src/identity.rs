//! Who a record, a file and a device are: ids that are the same on every run and on every machine.

use std::collections::HashMap;

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
}

/// Gives records their ids and remembers how often each was seen in this file: 16 bytes of memory a record.
#[derive(Debug, Default)]
pub struct RecordIds {
    seen: HashMap<u64, u32, std::hash::BuildHasherDefault<Folded>>,
}

impl RecordIds {
    /// The id of `raw`, a record of the class `class` (for instance `zeek.conn`).
    pub fn next(&mut self, class: &str, raw: &[u8]) -> RecordId {
        let mut hasher = blake3::Hasher::new();
        hasher.update(class.as_bytes());
        hasher.update(&[0]);
        hasher.update(raw);
        let first = id(&hasher);
        let ordinal = self
            .seen
            .entry(first.0 as u64)
            .and_modify(|count| *count += 1)
            .or_insert(0);
        if *ordinal == 0 {
            return first;
        }
        hasher.update(&[0]);
        hasher.update(&ordinal.to_le_bytes());
        id(&hasher)
    }
}

fn id(hasher: &blake3::Hasher) -> RecordId {
    let bytes: [u8; 16] = hasher.finalize().as_bytes()[..16]
        .try_into()
        .expect("a blake3 hash has 32 bytes");
    RecordId(u128::from_be_bytes(bytes))
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
    known: HashMap<String, String>,
}

/// Devices remembered at most; then the memory starts afresh.
const DEVICES_MAX: usize = 65_536;

impl DeviceIds {
    pub fn of(&mut self, name: &str) -> &str {
        if self.known.len() >= DEVICES_MAX && !self.known.contains_key(name) {
            self.known.clear();
        }
        if !self.known.contains_key(name) {
            self.known.insert(name.to_owned(), device_id(name));
        }
        &self.known[name]
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
    fn a_report_id_is_never_negative() {
        assert_eq!(RecordId(u128::MAX).report_id(), i64::MAX);
    }

    #[test]
    fn a_device_id_ignores_case_and_looks_like_defenders() {
        assert_eq!(device_id("WS-01"), device_id("ws-01"));
        assert_eq!(device_id("ws-01").len(), 40);
    }
}
