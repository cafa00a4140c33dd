//! A set of row blocks of one file.

/// Which of a file's row blocks are meant; block `n` holds the rows from `n * BLOCK_ROWS` on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Blocks {
    words: Vec<u64>,
    count: u32,
}

impl Blocks {
    pub(crate) fn none(count: u32) -> Blocks {
        Blocks {
            words: vec![0; (count as usize).div_ceil(64)],
            count,
        }
    }

    pub(crate) fn all(count: u32) -> Blocks {
        let mut blocks = Blocks::none(count);
        blocks.fill();
        blocks
    }

    /// How many blocks the file has.
    pub(crate) fn count(&self) -> u32 {
        self.count
    }

    /// A block beyond the last one is passed over.
    pub(crate) fn insert(&mut self, block: u32) {
        if block < self.count {
            self.words[block as usize / 64] |= 1 << (block % 64);
        }
    }

    pub(crate) fn fill(&mut self) {
        self.words.fill(u64::MAX);
        let rest = self.count % 64;
        if let (Some(last), true) = (self.words.last_mut(), rest > 0) {
            *last = (1 << rest) - 1;
        }
    }

    pub(crate) fn contains(&self, block: u32) -> bool {
        block < self.count && self.words[block as usize / 64] & (1 << (block % 64)) != 0
    }

    /// Keeps the blocks that are in both.
    pub(crate) fn intersect(&mut self, other: &Blocks) {
        for (word, other) in self.words.iter_mut().zip(&other.words) {
            *word &= other;
        }
    }

    /// Takes in the blocks of the other.
    pub(crate) fn unite(&mut self, other: &Blocks) {
        for (word, other) in self.words.iter_mut().zip(&other.words) {
            *word |= other;
        }
    }

    /// How many blocks are in the set.
    pub(crate) fn size(&self) -> u32 {
        self.words.iter().map(|word| word.count_ones()).sum()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }

    pub(crate) fn is_full(&self) -> bool {
        self.size() == self.count
    }

    #[cfg(test)]
    pub(crate) fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        (0..self.count).filter(|block| self.contains(*block))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_set_has_no_block_beyond_the_last() {
        for count in [0, 1, 63, 64, 65, 200] {
            let blocks = Blocks::all(count);
            assert!(blocks.is_full());
            assert_eq!(blocks.iter().count(), count as usize);
        }
    }

    #[test]
    fn sets_are_united_and_intersected_block_by_block() {
        let of = |blocks: &[u32]| {
            let mut set = Blocks::none(70);
            blocks.iter().for_each(|block| set.insert(*block));
            set
        };
        let (mut both, mut either) = (of(&[1, 64, 69]), of(&[1, 64, 69]));
        both.intersect(&of(&[2, 64]));
        either.unite(&of(&[2, 64]));
        assert_eq!(both, of(&[64]));
        assert_eq!(either, of(&[1, 2, 64, 69]));
        assert!(of(&[70, 1000]).is_empty());
    }
}
