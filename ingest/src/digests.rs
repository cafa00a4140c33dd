//! blake3 of many short messages, several at once.
//!
//! One message after the other uses the processor's wide registers for nothing: the blocks of a chunk wait for each other. Blocks at the
//! same place of different messages do not, so they are hashed together: all whole chunks with the same number, all whole blocks of last
//! chunks of one length, all parents of a level. The last block of a message has a length of its own and is hashed alone.
//! What comes out is what [`blake3::hash`] gives (spec: <https://github.com/BLAKE3-team/BLAKE3-specs>, sections 2.1 to 2.5).

use blake3::platform::{Platform, le_bytes_from_words_32, words_from_le_bytes_32};
use blake3::{BLOCK_LEN, CHUNK_LEN, IncrementCounter, OUT_LEN};

/// The first half of a digest.
pub(crate) type Half = [u8; 16];
type Chained = [u8; OUT_LEN];

/// The start of each chunk and parent (spec, 2.2), which SHA-256 has too.
const START: [u32; 8] = [
    0x6A09_E667,
    0xBB67_AE85,
    0x3C6E_F372,
    0xA54F_F53A,
    0x510E_527F,
    0x9B05_688C,
    0x1F83_D9AB,
    0x5BE0_CD19,
];
// Spec, 2.2, table 3.
const CHUNK_START: u8 = 1;
const CHUNK_END: u8 = 2;
const PARENT: u8 = 4;
const ROOT: u8 = 8;

/// Longer messages are hashed alone: they fill the registers by themselves.
const CHUNKS_MAX: usize = 8;
const BLOCKS: usize = CHUNK_LEN / BLOCK_LEN;

/// The memory that one round after the other uses.
#[derive(Debug)]
pub(crate) struct Digests {
    platform: Platform,
    /// What each message has come to: one value for each chunk, then for each pair, in the end one.
    values: Vec<Chained>,
    trees: Vec<Tree>,
    /// The last chunks by number and whole blocks, with the message.
    tails: Vec<(usize, usize)>,
    out: Vec<u8>,
}

impl Default for Digests {
    fn default() -> Self {
        Self {
            platform: Platform::detect(),
            values: Vec::new(),
            trees: Vec::new(),
            tails: Vec::new(),
            out: Vec::new(),
        }
    }
}

/// Where the values of a message stand.
#[derive(Debug, Clone, Copy)]
struct Tree {
    start: usize,
    chunks: usize,
}

impl Tree {
    fn of(message: &[u8], start: usize) -> Tree {
        let chunks = message.len().div_ceil(CHUNK_LEN).max(1);
        Tree { start, chunks }
    }

    fn is_short(self) -> bool {
        self.chunks <= CHUNKS_MAX
    }

    fn last_chunk(self, message: &[u8]) -> &[u8] {
        &message[(self.chunks - 1) * CHUNK_LEN..]
    }
}

impl Digests {
    /// Tells the first half of the digest of each message, in their order.
    pub(crate) fn each(&mut self, messages: &[&[u8]], mut tell: impl FnMut(Half)) {
        self.trees.clear();
        let mut start = 0;
        for message in messages {
            let tree = Tree::of(message, start);
            start += tree.chunks.min(CHUNKS_MAX);
            self.trees.push(tree);
        }
        self.values.clear();
        self.values.resize(start, [0; OUT_LEN]);
        self.whole_chunks(messages);
        self.last_chunks(messages);
        self.parents();
        for (message, tree) in messages.iter().zip(&self.trees) {
            let digest = match tree.is_short() {
                true => self.values[tree.start],
                false => *blake3::hash(message).as_bytes(),
            };
            let (half, _) = digest.split_first_chunk().expect("a digest has 32 bytes");
            tell(*half);
        }
    }

    fn whole_chunks(&mut self, messages: &[&[u8]]) {
        let (mut inputs, mut places) = (Vec::new(), Vec::new());
        for number in 0..CHUNKS_MAX - 1 {
            inputs.clear();
            places.clear();
            for (message, tree) in messages.iter().zip(&self.trees) {
                if tree.is_short() && number + 1 < tree.chunks {
                    let rest = &message[number * CHUNK_LEN..];
                    inputs.extend(rest.first_chunk::<CHUNK_LEN>());
                    places.push(tree.start + number);
                }
            }
            if inputs.is_empty() {
                return;
            }
            let flags = (0, CHUNK_START, CHUNK_END);
            self.chain(&inputs, number as u64, flags, &places);
        }
    }

    fn last_chunks(&mut self, messages: &[&[u8]]) {
        self.tails.clear();
        for (index, (message, tree)) in messages.iter().zip(&self.trees).enumerate() {
            if tree.is_short() {
                let blocks = tree.last_chunk(message).len().saturating_sub(1) / BLOCK_LEN;
                self.tails
                    .push(((tree.chunks - 1) * BLOCKS + blocks, index));
            }
        }
        self.tails.sort_unstable();
        let tails = std::mem::take(&mut self.tails);
        for alike in tails.chunk_by(|(left, _), (right, _)| left == right) {
            let (number, blocks) = (alike[0].0 / BLOCKS, alike[0].0 % BLOCKS);
            self.whole_blocks(messages, alike, number as u64, blocks);
            for (_, index) in alike {
                self.last_block(messages[*index], self.trees[*index], blocks);
            }
        }
        self.tails = tails;
    }

    /// The whole blocks before the last one of chunks that have as many.
    fn whole_blocks(
        &mut self,
        messages: &[&[u8]],
        tails: &[(usize, usize)],
        number: u64,
        blocks: usize,
    ) {
        macro_rules! of_length {
            ($($length:literal)*) => {
                match blocks {
                    $($length => self.blocks::<{ $length * BLOCK_LEN }>(messages, tails, number),)*
                    _ => {}
                }
            };
        }
        of_length!(1 2 3 4 5 6 7 8 9 10 11 12 13 14 15);
    }

    fn blocks<const BYTES: usize>(
        &mut self,
        messages: &[&[u8]],
        tails: &[(usize, usize)],
        number: u64,
    ) {
        let (mut inputs, mut places) = (Vec::new(), Vec::new());
        for (_, index) in tails {
            let tree = self.trees[*index];
            inputs.extend(tree.last_chunk(messages[*index]).first_chunk::<BYTES>());
            places.push(tree.start + tree.chunks - 1);
        }
        self.chain(&inputs, number, (0, CHUNK_START, 0), &places);
    }

    /// The last block of a message, after so many whole ones of its chunk.
    fn last_block(&mut self, message: &[u8], tree: Tree, blocks: usize) {
        let place = tree.start + tree.chunks - 1;
        let rest = &tree.last_chunk(message)[blocks * BLOCK_LEN..];
        let mut block = [0; BLOCK_LEN];
        block[..rest.len()].copy_from_slice(rest);
        let (mut words, mut flags) = match blocks {
            0 => (START, CHUNK_START | CHUNK_END),
            _ => (words_from_le_bytes_32(&self.values[place]), CHUNK_END),
        };
        if tree.chunks == 1 {
            flags |= ROOT;
        }
        let number = (tree.chunks - 1) as u64;
        let length = rest.len() as u8;
        self.platform
            .compress_in_place(&mut words, &block, length, number, flags);
        self.values[place] = le_bytes_from_words_32(&words);
    }

    /// Brings the chunks of each message together, pair by pair; one without a partner goes up as it is.
    fn parents(&mut self) {
        let mut counts: Vec<(usize, usize)> = Vec::new();
        let several = self.trees.iter().filter(|tree| tree.is_short());
        counts.extend(several.map(|tree| (tree.start, tree.chunks)));
        loop {
            counts.retain(|(_, count)| *count > 1);
            if counts.is_empty() {
                return;
            }
            for (root, flags) in [(true, PARENT | ROOT), (false, PARENT)] {
                let of_level = counts.iter().filter(|(_, count)| (*count == 2) == root);
                let (mut pairs, mut places) = (Vec::new(), Vec::new());
                for (start, count) in of_level {
                    for pair in 0..count / 2 {
                        let two = &self.values[start + 2 * pair..][..2];
                        let mut block = [0; BLOCK_LEN];
                        block[..OUT_LEN].copy_from_slice(&two[0]);
                        block[OUT_LEN..].copy_from_slice(&two[1]);
                        pairs.push(block);
                        places.push(start + pair);
                    }
                }
                let inputs: Vec<&[u8; BLOCK_LEN]> = pairs.iter().collect();
                // All pairs of a message have been read before any is written over.
                self.chain(&inputs, 0, (flags, 0, 0), &places);
            }
            for (start, count) in &mut counts {
                if *count % 2 == 1 {
                    self.values[*start + *count / 2] = self.values[*start + *count - 1];
                }
                *count = count.div_ceil(2);
            }
        }
    }

    /// Hashes inputs of one length side by side; `flags` are those of all blocks, of the first and of the last one.
    fn chain<const BYTES: usize>(
        &mut self,
        inputs: &[&[u8; BYTES]],
        number: u64,
        flags: (u8, u8, u8),
        places: &[usize],
    ) {
        self.out.resize(inputs.len() * OUT_LEN, 0);
        let (all, first, last) = flags;
        self.platform.hash_many(
            inputs,
            &START,
            number,
            IncrementCounter::No,
            all,
            first,
            last,
            &mut self.out,
        );
        for (place, value) in places.iter().zip(self.out.as_chunks::<OUT_LEN>().0) {
            self.values[*place] = *value;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agree(lengths: impl Iterator<Item = usize>) {
        let text: Vec<u8> = (0..20_000_u32).map(|n| (n * 7 % 251) as u8).collect();
        let messages: Vec<&[u8]> = lengths
            .map(|length| &text[length % 5..][..length])
            .collect();
        let mut found = Vec::new();
        Digests::default().each(&messages, |half| found.push(half));
        assert_eq!(found.len(), messages.len());
        for (message, half) in messages.iter().zip(found) {
            let digest = blake3::hash(message);
            assert_eq!(half, digest.as_bytes()[..16], "{} bytes", message.len());
        }
    }

    #[test]
    fn digests_are_those_of_one_message_at_a_time() {
        agree(0..1200);
        agree((0..300).map(|n| n * 41));
        agree(
            [
                1024, 2048, 3072, 4096, 5120, 6144, 7168, 8192, 8193, 9000, 0,
            ]
            .into_iter(),
        );
        agree(std::iter::empty());
        for length in [0, 1, 64, 65, 130, 1023, 1025, 2400, 8192] {
            agree(std::iter::repeat_n(length, 37));
            agree(std::iter::once(length));
        }
    }

    #[test]
    fn what_was_hashed_before_does_not_matter() {
        let mut digests = Digests::default();
        for length in [2500, 10, 3000, 0] {
            let text = vec![length as u8; length];
            let mut found = Vec::new();
            digests.each(&[&text, &text[..length / 2]], |half| found.push(half));
            assert_eq!(found[0], blake3::hash(&text).as_bytes()[..16]);
            assert_eq!(found[1], blake3::hash(&text[..length / 2]).as_bytes()[..16]);
        }
    }
}
