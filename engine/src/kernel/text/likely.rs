//! Which of many texts may hold one of many needles, found in one go over all of them.
//!
//! The texts are folded and laid one behind the other; a packed search (Teddy) goes over thousands of bytes at a time, where an
//! automaton takes byte after byte. What it finds are candidates: a needle must still stand between the right characters.

use aho_corasick::Span;
use aho_corasick::packed::{Config, MatchKind, Searcher};

/// Bytes of texts that are searched at once, about: they stay in the processor's cache.
const LAID_BYTES: usize = 32 << 10;

/// Needles of ASCII, in lower case.
#[derive(Debug)]
pub(super) struct Likely(Searcher);

impl Likely {
    /// `None` for more needles than a packed search takes, or on a processor that has none.
    pub(super) fn new(needles: &[&str]) -> Option<Likely> {
        let mut searcher = Config::new()
            .match_kind(MatchKind::LeftmostFirst)
            .only_teddy(true)
            .builder();
        for needle in needles {
            searcher.add(needle.to_ascii_lowercase());
        }
        searcher.build().map(Likely)
    }

    /// For each text, in order, whether it may hold a needle.
    pub(super) fn of<'a>(&self, texts: impl Iterator<Item = &'a str>) -> Vec<bool> {
        let mut likely = Vec::new();
        let mut laid = Vec::with_capacity(LAID_BYTES * 2);
        let mut ends = Vec::new();
        for text in texts {
            laid.extend_from_slice(text.as_bytes());
            ends.push(laid.len());
            if laid.len() >= LAID_BYTES {
                self.search(&mut laid, &mut ends, &mut likely);
            }
        }
        self.search(&mut laid, &mut ends, &mut likely);
        likely
    }

    /// A needle that spans two texts is a candidate of the first: nothing stands between them.
    fn search(&self, laid: &mut Vec<u8>, ends: &mut Vec<usize>, likely: &mut Vec<bool>) {
        laid.make_ascii_lowercase();
        let (mut from, mut done) = (0, 0);
        while let Some(hit) = self.0.find_in(&*laid, Span::from(from..laid.len())) {
            let text = done + ends[done..].partition_point(|end| *end <= hit.start());
            likely.resize(likely.len() + text - done, false);
            likely.push(true);
            (from, done) = (ends[text], text + 1);
        }
        likely.resize(likely.len() + ends.len() - done, false);
        laid.clear();
        ends.clear();
    }
}
