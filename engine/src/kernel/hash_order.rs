//! The order in which a C++ hash set of texts gives them back.
//!
//! Kusto gathers some lists of cells in such a set, and so their order, which no page promises, is one of hashes: that of GNU's
//! `std::unordered_set<std::string>` in all results that the real engine gave. (The tables on the pages are in the order of
//! Microsoft's own C++ library, from the same insertions.) The set is one list; a text goes to the front of its bucket's run, or
//! of the whole list when its bucket is empty.

/// Multiplier of the library's hash of bytes (Murmur's, of 64 bits).
const MULTIPLIER: u64 = 0xc6a4_a793_5bd1_e995;
const SEED: u64 = 0xc70f_6907;

/// How many buckets a set has from the start when its size is told, by size.
const FIRST_BUCKETS: [usize; 14] = [2, 2, 2, 3, 5, 5, 7, 7, 11, 11, 11, 11, 13, 13];
/// How many buckets a set has as it grows.
const GROWING_BUCKETS: [usize; 12] = [
    13, 29, 59, 127, 257, 541, 1_109, 2_357, 5_087, 10_273, 20_753, 42_043,
];
/// One more step of the same row, enough for the largest list.
const LAST_BUCKETS: usize = 85_229;

fn hash(text: &[u8]) -> u64 {
    let mix = |value: u64| value ^ value >> 47;
    let word = |bytes: &[u8]| {
        bytes
            .iter()
            .rev()
            .fold(0, |word, byte| word << 8 | u64::from(*byte))
    };
    let mut hash = SEED ^ (text.len() as u64).wrapping_mul(MULTIPLIER);
    let words = text.chunks_exact(8);
    let rest = words.remainder();
    for bytes in words {
        let mixed = mix(word(bytes).wrapping_mul(MULTIPLIER)).wrapping_mul(MULTIPLIER);
        hash = (hash ^ mixed).wrapping_mul(MULTIPLIER);
    }
    if !rest.is_empty() {
        hash = (hash ^ word(rest)).wrapping_mul(MULTIPLIER);
    }
    mix(mix(hash).wrapping_mul(MULTIPLIER))
}

/// The place in front of all nodes, and the end of the list.
const FRONT: usize = usize::MAX;
const NONE: usize = usize::MAX - 1;

/// A list of numbered texts, cut into buckets.
struct Set {
    hashes: Vec<u64>,
    first: usize,
    next: Vec<usize>,
    /// The node in front of each bucket's first, [`NONE`] for empty ones.
    before: Vec<usize>,
}

impl Set {
    fn new(texts: &[String], buckets: usize) -> Self {
        Self {
            hashes: texts.iter().map(|text| hash(text.as_bytes())).collect(),
            first: NONE,
            next: vec![NONE; texts.len()],
            before: vec![NONE; buckets],
        }
    }

    fn bucket(&self, node: usize) -> usize {
        (self.hashes[node] % self.before.len() as u64) as usize
    }

    fn behind(&mut self, place: usize) -> &mut usize {
        match place {
            FRONT => &mut self.first,
            node => &mut self.next[node],
        }
    }

    fn insert(&mut self, node: usize) {
        let bucket = self.bucket(node);
        let place = match self.before[bucket] {
            NONE => FRONT,
            place => place,
        };
        let following = std::mem::replace(self.behind(place), node);
        self.next[node] = following;
        if self.before[bucket] == NONE {
            self.before[bucket] = FRONT;
            if following != NONE {
                let moved = self.bucket(following);
                self.before[moved] = node;
            }
        }
    }

    /// More buckets: the nodes are put in again in the order of the list.
    fn grow(&mut self, buckets: usize) {
        let nodes = self.nodes();
        self.first = NONE;
        self.before = vec![NONE; buckets];
        for node in nodes {
            self.insert(node);
        }
    }

    fn nodes(&self) -> Vec<usize> {
        let mut nodes = Vec::new();
        let mut node = self.first;
        while node != NONE {
            nodes.push(node);
            node = self.next[node];
        }
        nodes
    }

    fn texts(&self, texts: &[String]) -> Vec<String> {
        let nodes = self.nodes().into_iter();
        nodes.map(|node| texts[node].clone()).collect()
    }
}

/// Texts, each other than the rest, out of a set that was made for their number; at most 13.
pub fn of_known_size(texts: &[String]) -> Vec<String> {
    let mut set = Set::new(texts, FIRST_BUCKETS[texts.len()]);
    (0..texts.len()).for_each(|node| set.insert(node));
    set.texts(texts)
}

/// Texts, each other than the rest, out of a set that grew with them; at most 85,229.
pub fn of_growing(texts: &[String]) -> Vec<String> {
    let mut steps = GROWING_BUCKETS.into_iter();
    let mut set = Set::new(texts, 1);
    for node in 0..texts.len() {
        if node == 0 || node >= set.before.len() {
            set.grow(steps.next().unwrap_or(LAST_BUCKETS));
        }
        set.insert(node);
    }
    set.texts(texts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(list: &str) -> Vec<String> {
        list.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn neighbors_come_in_the_order_of_the_real_engine() {
        let around = "89c2f9 89c251 89c257 89c25f 89c2f7 89c25b 89c2f5 89c25d";
        let given = "89c25d 89c25b 89c2f7 89c257 89c2f5 89c251 89c25f 89c2f9";
        assert_eq!(of_known_size(&texts(around)), texts(given));
    }

    #[test]
    fn a_set_grows_as_the_library_s_own() {
        let all: Vec<String> = (0..31).map(|number| format!("{number:x}")).collect();
        let given = "1e c 4 1b 9 1 1d 8 0 17 19 2 f b a e 5 6 3 16 d 7 10 11 18 12 13 15 14 1a 1c";
        assert_eq!(of_growing(&all), texts(given));
    }

    #[test]
    fn a_set_that_grows_keeps_its_texts() {
        let all: Vec<String> = (0..5_000).map(|number| format!("{number:x}")).collect();
        let mut given = of_growing(&all);
        assert_ne!(given, all);
        given.sort_by_key(|text| u64::from_str_radix(text, 16).expect("they are numbers"));
        assert_eq!(given, all);
    }
}
