//! From what a query asks to the row blocks of one file that can hold an answer.
//!
//! A block that holds one is never left out: what the index cannot tell counts as found.

use super::blocks::Blocks;
use super::format::{Coverage, Page, Unusable, read_posting};
use super::keys::{KeyTest, PIECE, PLAIN, PROBE_BYTES_MAX, is_cut_key, prefix_keys};
use super::read::{Index, PageReader};
use datafusion::common::HashMap;
use memchr::memmem::Finder;
use std::cmp::Reverse;

/// What a row's columns must have for the row to be in the answer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Ask {
    /// Nothing that the index knows of.
    Anything,
    /// No row is in the answer.
    Nothing,
    /// One of these columns, or more of them, has what is needed.
    Columns {
        names: Vec<Asked>,
        need: Need,
    },
    All(Vec<Ask>),
    One(Vec<Ask>),
}

/// A column that is asked, and in which form it must be filed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    pub name: String,
    pub form: Form,
}

/// What a filter reads a column's texts as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Text,
    /// The strings within JSON.
    Json,
}

/// What one value must have.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Need {
    Anything,
    Key(KeyTest),
    All(Vec<Need>),
    One(Vec<Need>),
}

impl Need {
    /// All of these tests; anything when there are none.
    pub(super) fn all_of(tests: Vec<KeyTest>) -> Need {
        Need::all(tests.into_iter().map(Need::Key).collect())
    }

    pub(super) fn all(needs: Vec<Need>) -> Need {
        let mut needs: Vec<Need> = needs
            .into_iter()
            .filter(|need| *need != Need::Anything)
            .collect();
        match needs.len() {
            0 => Need::Anything,
            1 => needs.remove(0),
            _ => {
                needs.sort_by_key(cost);
                Need::All(needs)
            }
        }
    }

    /// The key without which there is no answer, where that is cheaply said.
    fn rarest(&self) -> Option<&[u8]> {
        match self {
            Need::Key(KeyTest::Exact(key)) => Some(key),
            Need::All(needs) => needs.first()?.rarest(),
            Need::Anything | Need::Key(_) | Need::One(_) => None,
        }
    }

    /// One of these; anything when one of them asks nothing. `needs` is not empty.
    ///
    /// They come in the order of their rarest keys, in which each file's pages are looked through.
    pub(super) fn one(mut needs: Vec<Need>) -> Need {
        if needs.contains(&Need::Anything) {
            return Need::Anything;
        }
        match needs.len() {
            1 => needs.remove(0),
            _ => {
                needs.sort_by(|one, other| one.rarest().cmp(&other.rarest()));
                Need::One(needs)
            }
        }
    }
}

impl Ask {
    pub(super) fn all(asks: impl IntoIterator<Item = Ask>) -> Ask {
        let mut parts = Vec::new();
        for ask in asks {
            match ask {
                Ask::Anything => {}
                Ask::Nothing => return Ask::Nothing,
                Ask::All(inner) => parts.extend(inner),
                other => parts.push(other),
            }
        }
        match parts.len() {
            0 => Ask::Anything,
            1 => parts.remove(0),
            _ => Ask::All(parts),
        }
    }

    /// Columns that need the same are asked together: the dictionary is looked into once for all of them.
    pub(super) fn one(asks: impl IntoIterator<Item = Ask>) -> Ask {
        let mut parts: Vec<Ask> = Vec::new();
        let mut by_need: HashMap<Need, usize> = HashMap::new();
        let mut waiting: Vec<Ask> = asks.into_iter().collect();
        waiting.reverse();
        while let Some(ask) = waiting.pop() {
            match ask {
                Ask::Anything => return Ask::Anything,
                Ask::Nothing => {}
                Ask::One(inner) => waiting.extend(inner.into_iter().rev()),
                Ask::Columns { names, need } => match by_need.get(&need) {
                    Some(at) => {
                        if let Ask::Columns { names: known, .. } = &mut parts[*at] {
                            known.extend(names);
                        }
                    }
                    None => {
                        by_need.insert(need.clone(), parts.len());
                        parts.push(Ask::Columns { names, need });
                    }
                },
                other => parts.push(other),
            }
        }
        match parts.len() {
            0 => Ask::Nothing,
            1 => parts.remove(0),
            _ => Ask::One(parts),
        }
    }

    /// The blocks of a file that can hold an answer.
    pub(crate) fn blocks(&self, index: &Index) -> Result<Blocks, Unusable> {
        let count = index.blocks();
        match self {
            Ask::Anything => Ok(Blocks::all(count)),
            Ask::Nothing => Ok(Blocks::none(count)),
            Ask::Columns { names, need } => of_columns(index, names, need),
            Ask::All(asks) => {
                let mut found = Blocks::all(count);
                for ask in asks {
                    if found.is_empty() {
                        break;
                    }
                    found.intersect(&ask.blocks(index)?);
                }
                Ok(found)
            }
            Ask::One(asks) => {
                let mut found = Blocks::none(count);
                for ask in asks {
                    if found.is_full() {
                        break;
                    }
                    found.unite(&ask.blocks(index)?);
                }
                Ok(found)
            }
        }
    }
}

fn of_columns(index: &Index, names: &[Asked], need: &Need) -> Result<Blocks, Unusable> {
    let count = index.blocks();
    if *need == Need::Anything {
        return Ok(Blocks::all(count));
    }
    let mut looked = Looked {
        pages: index.reader(),
        place: [u8::MAX; 128],
        columns: 0,
    };
    for asked in names {
        // A column that the file lacks reads as "", which has no key.
        let Some((column, coverage)) = index.column(&asked.name) else {
            continue;
        };
        if column >= 128 || !covers(coverage, asked.form) {
            return Ok(Blocks::all(count));
        }
        let place = &mut looked.place[usize::from(column)];
        if *place == u8::MAX {
            *place = looked.columns as u8;
            looked.columns += 1;
        }
    }
    let mut found = Blocks::none(count);
    if looked.columns > 0 {
        for blocks in looked.need(need)? {
            found.unite(&blocks);
        }
    }
    Ok(found)
}

fn covers(coverage: Coverage, form: Form) -> bool {
    match coverage {
        Coverage::Left => false,
        Coverage::Text => form == Form::Text,
        Coverage::Json => true,
    }
}

/// The columns of one index file that are looked into.
struct Looked<'a> {
    pages: PageReader<'a>,
    /// Where a column's blocks stand in answers, by its number.
    place: [u8; 128],
    columns: usize,
}

/// The blocks of each looked-into column.
type Found = Vec<Blocks>;

impl Looked<'_> {
    fn nothing(&self) -> Found {
        vec![Blocks::none(self.pages.index.blocks()); self.columns]
    }

    fn need(&mut self, need: &Need) -> Result<Found, Unusable> {
        match need {
            Need::Anything => Ok(vec![Blocks::all(self.pages.index.blocks()); self.columns]),
            Need::Key(test) => self.test(test),
            Need::All(needs) => {
                let mut found = vec![Blocks::all(self.pages.index.blocks()); self.columns];
                for need in needs {
                    if found.iter().all(Blocks::is_empty) {
                        break;
                    }
                    for (found, more) in found.iter_mut().zip(self.need(need)?) {
                        found.intersect(&more);
                    }
                }
                Ok(found)
            }
            Need::One(needs) => {
                let mut found = self.nothing();
                // Those without a key come first.
                let others = needs.partition_point(|need| need.rarest().is_none());
                let (others, by_key) = needs.split_at(others);
                let keys: Vec<&[u8]> = by_key.iter().filter_map(Need::rarest).collect();
                let mut there = Vec::new();
                let place = &self.place;
                self.pages
                    .find(&keys, |which, page, at| match &by_key[which] {
                        Need::Key(_) => read_posting(page.posting(at), place, &mut found),
                        need => {
                            there.push(need);
                            Ok(())
                        }
                    })?;
                for need in there.into_iter().chain(others) {
                    for (found, more) in found.iter_mut().zip(self.need(need)?) {
                        found.unite(&more);
                    }
                }
                Ok(found)
            }
        }
    }

    /// Adds the blocks of all these keys, which are in order.
    fn keys(&mut self, keys: &[&[u8]], found: &mut Found) -> Result<(), Unusable> {
        let place = &self.place;
        self.pages.find(keys, |_, page, at| {
            read_posting(page.posting(at), place, found)
        })
    }

    fn add(&self, page: &Page, at: usize, found: &mut Found) -> Result<(), Unusable> {
        read_posting(page.posting(at), &self.place, found)
    }

    fn test(&mut self, test: &KeyTest) -> Result<Found, Unusable> {
        let mut found = self.nothing();
        match test {
            KeyTest::Exact(key) => self.keys(&[key], &mut found)?,
            KeyTest::Prefix(prefix) => {
                let (ranges, cut) = prefix_keys(prefix);
                for range in &ranges {
                    self.range(range, &mut found)?;
                }
                let cut: Vec<&[u8]> = cut.iter().map(Vec::as_slice).collect();
                self.keys(&cut, &mut found)?;
            }
            KeyTest::Suffix(suffix) => {
                self.plain(|key| key.ends_with(suffix), suffix, &mut found)?;
            }
            KeyTest::Infix(infix) => self.plain(|_| true, infix, &mut found)?,
        }
        Ok(found)
    }

    /// Adds the blocks of all keys that begin with `prefix`.
    fn range(&mut self, prefix: &[u8], found: &mut Found) -> Result<(), Unusable> {
        let first = self.pages.index.page_of(prefix).unwrap_or(0);
        for at in first..self.pages.index.pages().len() {
            let starts = self.pages.index.pages()[at].first.as_slice();
            if starts > prefix && !starts.starts_with(prefix) {
                break;
            }
            let page = self.pages.page(at)?;
            for key in page.lower_bound(prefix, 0)..page.len() {
                if !page.key(key).starts_with(prefix) {
                    break;
                }
                self.add(&page, key, found)?;
            }
        }
        Ok(())
    }

    /// Adds the blocks of all plain terms that `text` stands in, and that `holds` says yes to. Of terms that were cut the pieces are
    /// looked into, for the beginning of the text: they may not hold.
    fn plain(
        &mut self,
        holds: impl Fn(&[u8]) -> bool,
        text: &[u8],
        found: &mut Found,
    ) -> Result<(), Unusable> {
        let probe = Finder::new(&text[..text.len().min(PROBE_BYTES_MAX)]);
        let whole = Finder::new(text);
        let index = self.pages.index;
        for (at, entry) in index.pages().iter().enumerate() {
            if !matches!(entry.first[0], PLAIN | PIECE) {
                continue;
            }
            let page = self.pages.page(at)?;
            let all = page.all_keys();
            let mut from = 0;
            while let Some(hit) = probe.find(&all[from..]) {
                let at = page.key_at(from + hit);
                let span = page.span(at);
                let key = &all[span.clone()];
                let is_within = from + hit + probe.needle().len() <= span.end;
                let is_whole = key[0] == PLAIN && !is_cut_key(key);
                if is_within && (!is_whole || (whole.find(key).is_some() && holds(key))) {
                    self.add(&page, at, found)?;
                }
                // The next place: behind the key, or within it where this hit went beyond its end.
                from = match is_within {
                    true => span.end,
                    false => from + hit + 1,
                };
            }
        }
        self.keys(&[&[PIECE]], found)
    }
}

/// Exact keys come first, then prefixes, then what has to be searched: single keys cost least and say most. Long keys come before
/// short ones: they are rarer, and where one is missing the others need no look.
fn cost(need: &Need) -> (u8, Reverse<usize>) {
    match need {
        Need::Key(KeyTest::Exact(key)) => (0, Reverse(key.len())),
        Need::Key(KeyTest::Prefix(prefix)) => (1, Reverse(prefix.len())),
        Need::Anything | Need::Key(_) | Need::All(_) | Need::One(_) => (2, Reverse(0)),
    }
}
