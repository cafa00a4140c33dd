//! Distinct pairs of a group and a number, for distinct counts by groups.
//!
//! A list for each group would be thousands of places to write to. Pairs go by a hash into a few hundred lists instead, the
//! ends of which stay in the processor's cache; when a list has doubled, equal pairs leave it through a table that stays there too.

use std::cell::RefCell;

/// A group in the upper half, a number in the lower.
#[derive(Debug)]
pub(super) struct Pairs {
    lists: Vec<List>,
}

#[derive(Debug)]
struct List {
    pairs: Vec<u64>,
    /// With so many pairs the equal ones leave.
    due: usize,
}

/// Of a hash, to choose the list.
const LIST_BITS: u32 = 8;
/// Fewer pairs are not worth a table.
const DUE_MIN: usize = 512;

impl Default for Pairs {
    fn default() -> Self {
        let list = || List {
            pairs: Vec::new(),
            due: DUE_MIN,
        };
        Self {
            lists: (0..1 << LIST_BITS).map(|_| list()).collect(),
        }
    }
}

fn group_of(pair: u64) -> usize {
    (pair >> 32) as usize
}

fn number_of(pair: u64) -> u32 {
    pair as u32
}

/// The list's number in the first bits, then the place in its table.
#[inline]
fn hash(pair: u64) -> u64 {
    let mixed = pair.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed ^ (mixed >> 32)).wrapping_mul(0xBF58_476D_1CE4_E5B9)
}

impl List {
    fn settle(&mut self) {
        once_each(&mut self.pairs);
        self.due = DUE_MIN.max(2 * self.pairs.len());
    }
}

impl Pairs {
    /// Groups have less than 32 bits: there are no more than rows.
    #[inline]
    pub(super) fn add(&mut self, group: usize, number: u32) {
        let pair = (group as u64) << 32 | u64::from(number);
        let list = &mut self.lists[(hash(pair) >> (64 - LIST_BITS)) as usize];
        list.pairs.push(pair);
        if list.pairs.len() >= list.due {
            list.settle();
        }
    }

    pub(super) fn bytes(&self) -> usize {
        let capacities = self.lists.iter().map(|list| list.pairs.capacity());
        size_of::<List>() * self.lists.len() + size_of::<u64>() * capacities.sum::<usize>()
    }

    /// Takes the pairs of the first groups out; later groups become the first.
    pub(super) fn split_off_front(&mut self, groups: usize) -> Pairs {
        let all = std::mem::take(self);
        let mut front = Pairs::default();
        for pair in all.lists.into_iter().flat_map(|list| list.pairs) {
            let (group, number) = (group_of(pair), number_of(pair));
            match group.checked_sub(groups) {
                None => front.add(group, number),
                Some(later) => self.add(later, number),
            }
        }
        front
    }

    /// Of each pair one; then how many numbers each of so many groups has.
    pub(super) fn count(&mut self, groups: usize) -> Vec<u32> {
        let mut counts = vec![0; groups];
        for list in &mut self.lists {
            list.settle();
            for pair in &list.pairs {
                counts[group_of(*pair)] += 1;
            }
        }
        counts
    }

    /// Each pair once after [`Pairs::count`], in no order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (usize, u32)> {
        let pairs = self.lists.iter().flat_map(|list| &list.pairs);
        pairs.map(|pair| (group_of(*pair), number_of(*pair)))
    }
}

thread_local! {
    /// A table that is used for one list after the other: it stays in the processor's cache.
    static PLACES: RefCell<Vec<u64>> = const { RefCell::new(Vec::new()) };
}

/// Leaves of equal pairs the first.
fn once_each(pairs: &mut Vec<u64>) {
    PLACES.with_borrow_mut(|places| {
        let size = (pairs.len() * 2).next_power_of_two().max(2);
        if places.len() < size {
            places.resize(size, 0);
        }
        let places = &mut places[..size];
        places.fill(0);
        let shift = 64 - size.trailing_zeros();
        let mut kept = 0;
        for at in 0..pairs.len() {
            let pair = pairs[at];
            // 0 is a free place. No pair is all ones, as a number of a text is no negative `i32`.
            let mark = pair + 1;
            let mut place = ((hash(pair) << LIST_BITS) >> shift) as usize;
            while places[place] != 0 && places[place] != mark {
                place = (place + 1) & (size - 1);
            }
            // Whether a pair is new cannot be foretold: written in any case, it needs no branch.
            let is_new = places[place] == 0;
            places[place] = mark;
            pairs[kept] = pair;
            kept += usize::from(is_new);
        }
        pairs.truncate(kept);
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn pairs_are_counted_as_sets_count_them() {
        let mut state = 1_u64;
        let mut next = move |most: u64| {
            state = state.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(1);
            (state >> 33) % most
        };
        for (groups, numbers) in [(1, 3), (1, 60_000), (40, 500), (70_000, 9)] {
            let (mut pairs, mut sets) = (Pairs::default(), HashSet::new());
            for _ in 0..300_000 {
                let (group, number) = (next(groups) as usize, next(numbers) as u32);
                pairs.add(group, number);
                sets.insert((group, number));
            }
            let front = groups as usize / 3;
            let mut first = pairs.split_off_front(front);
            let mut counts = first.count(front);
            counts.extend(pairs.count(groups as usize - front));
            let mut wanted = vec![0; groups as usize];
            sets.iter().for_each(|(group, _)| wanted[*group] += 1);
            assert_eq!(counts, wanted, "{groups} groups of {numbers} numbers");
            let later = pairs.iter().map(|(group, number)| (group + front, number));
            let all: Vec<(usize, u32)> = first.iter().chain(later).collect();
            assert_eq!(all.len(), sets.len());
            assert_eq!(all.into_iter().collect::<HashSet<_>>(), sets);
        }
    }
}
