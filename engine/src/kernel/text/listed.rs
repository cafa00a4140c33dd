//! Long lists of whole texts: `in` with more indicators than a chain of comparisons can carry.

use crate::kernel::dynamic_text::strings_of;
use datafusion::common::HashSet;
use lru::LruCache;
use std::num::NonZeroUsize;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

/// Lists that are kept between batches and files.
const KEPT_MAX: NonZeroUsize = NonZeroUsize::new(16).expect("more than none");

static KEPT: LazyLock<Mutex<LruCache<String, Arc<TextList>>>> =
    LazyLock::new(|| Mutex::new(LruCache::new(KEPT_MAX)));

/// A list of texts made ready for many questions; case matters.
#[derive(Debug)]
pub struct TextList {
    texts: HashSet<String>,
    /// A bit for each length in bytes that occurs; the last one stands for its length and all above.
    lengths: u64,
}

const LENGTH_MAX: usize = u64::BITS as usize - 1;

fn length_bit(text: &str) -> u64 {
    1 << text.len().min(LENGTH_MAX)
}

impl TextList {
    /// The list that a JSON array of strings is, made once.
    pub fn of_list(json: &str) -> Arc<TextList> {
        let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(list) = kept.get(json) {
            return Arc::clone(list);
        }
        let list = Arc::new(TextList::new(strings_of(json)));
        kept.put(json.to_owned(), Arc::clone(&list));
        list
    }

    fn new(texts: Vec<String>) -> TextList {
        TextList {
            lengths: texts.iter().fold(0, |bits, text| bits | length_bit(text)),
            texts: texts.into_iter().collect(),
        }
    }

    /// Whether one of the texts is this one.
    #[inline]
    pub fn holds(&self, text: &str) -> bool {
        self.lengths & length_bit(text) != 0 && self.texts.contains(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::dynamic_text::array_of;

    #[test]
    fn a_list_holds_its_texts_whole_and_in_their_case() {
        let long = "x".repeat(200);
        let texts = ["a", "", "\"q\\\n\u{0}", "größe", long.as_str()];
        let list = TextList::of_list(&array_of(texts.iter()));
        for text in texts {
            assert!(list.holds(text), "{text:?}");
        }
        for text in ["A", "aa", "GRÖSSE", "grösse", &long[1..], "null"] {
            assert!(!list.holds(text), "{text:?}");
        }
    }

    #[test]
    fn a_list_without_the_empty_text_does_not_hold_it() {
        assert!(!TextList::of_list(r#"["a","b"]"#).holds(""));
    }
}
