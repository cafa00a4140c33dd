//! Many needles at once: `has_any`, `has_all`, `has_any_index`.

use super::likely::Likely;
use super::{Boundaries, Case, Matcher, Place};
use crate::kernel::dynamic_text::strings_of;
use aho_corasick::{AhoCorasick, AhoCorasickBuilder, MatchKind};
use lru::LruCache;
use std::num::NonZeroUsize;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

/// How many of the needles have to be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantity {
    Any,
    All,
}

/// Fewer needles than this are looked for one after the other.
const AUTOMATON_NEEDLES_MIN: usize = 4;

/// Needles made ready for many haystacks; each is looked for as `has` does, without regard to case.
#[derive(Debug)]
pub struct MatcherSet {
    matchers: Vec<Matcher>,
    automaton: Option<Automaton>,
}

#[derive(Debug)]
struct Automaton {
    search: AhoCorasick,
    boundaries: Vec<Boundaries>,
    likely: Option<Likely>,
}

/// Sets that are kept between batches and files. A list of thousands has an automaton of megabytes.
const KEPT_MAX: NonZeroUsize = NonZeroUsize::new(16).expect("more than none");

static KEPT: LazyLock<Mutex<LruCache<String, Arc<MatcherSet>>>> =
    LazyLock::new(|| Mutex::new(LruCache::new(KEPT_MAX)));

impl MatcherSet {
    /// The set of the strings of a JSON array, made once for a list.
    pub fn of_list(json: &str) -> Arc<MatcherSet> {
        let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(set) = kept.get(json) {
            return Arc::clone(set);
        }
        let needles = strings_of(json);
        let set = Arc::new(MatcherSet::new(needles.iter().map(String::as_str)));
        kept.put(json.to_owned(), Arc::clone(&set));
        set
    }

    pub fn new<'a>(needles: impl Iterator<Item = &'a str>) -> MatcherSet {
        let needles: Vec<&str> = needles.collect();
        let matchers = needles
            .iter()
            .map(|needle| Matcher::new(needle, Place::Term, Case::Insensitive))
            .collect();
        MatcherSet {
            matchers,
            automaton: Automaton::new(&needles),
        }
    }

    pub fn is_match(&self, haystack: &str, quantity: Quantity) -> bool {
        match (quantity, &self.automaton) {
            (Quantity::Any, Some(automaton)) => automaton.finds(haystack),
            (Quantity::Any, None) => self
                .matchers
                .iter()
                .any(|matcher| matcher.is_match(haystack)),
            (Quantity::All, _) => self
                .matchers
                .iter()
                .all(|matcher| matcher.is_match(haystack)),
        }
    }

    /// Whether each of the texts holds one of the needles: what [`MatcherSet::is_match`] says of one, faster for many.
    pub fn any_in<'a>(&self, texts: impl Iterator<Item = &'a str> + Clone) -> Vec<bool> {
        let likely = self
            .automaton
            .as_ref()
            .and_then(|automaton| automaton.likely.as_ref());
        let Some(likely) = likely else {
            return texts
                .map(|text| self.is_match(text, Quantity::Any))
                .collect();
        };
        let mut found = likely.of(texts.clone());
        for (found, text) in found.iter_mut().zip(texts) {
            *found = *found && self.is_match(text, Quantity::Any);
        }
        found
    }

    /// The position of the first needle, in the order given, that is found.
    pub fn first_index(&self, haystack: &str) -> Option<usize> {
        self.matchers
            .iter()
            .position(|matcher| matcher.is_match(haystack))
    }
}

impl Automaton {
    /// `None` when the needles are few, or one of them is empty or not ASCII.
    fn new(needles: &[&str]) -> Option<Automaton> {
        if needles.len() < AUTOMATON_NEEDLES_MIN
            || needles
                .iter()
                .any(|needle| needle.is_empty() || !needle.is_ascii())
        {
            return None;
        }
        let search = AhoCorasickBuilder::new()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::Standard)
            .build(needles)
            .ok()?;
        let boundaries = needles
            .iter()
            .map(|needle| Boundaries::of(needle, Place::Term))
            .collect();
        Some(Automaton {
            search,
            boundaries,
            likely: Likely::new(needles),
        })
    }

    fn finds(&self, haystack: &str) -> bool {
        self.search.find_overlapping_iter(haystack).any(|hit| {
            self.boundaries[hit.pattern().as_usize()].kept(haystack, hit.start(), hit.end())
        })
    }
}
