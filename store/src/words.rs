//! Texts as words of eight bytes.

/// `rest` of a text, the one to seven bytes behind its last whole eight, as a number; read in at most two overlapping pieces.
#[inline]
pub fn last_word(text: &[u8], rest: &[u8]) -> u64 {
    if let Some(word) = text.last_chunk::<8>() {
        return u64::from_le_bytes(*word) >> (64 - 8 * rest.len());
    }
    match (rest.first_chunk::<4>(), rest.last_chunk::<4>()) {
        (Some(first), Some(last)) => {
            let (first, last) = (u32::from_le_bytes(*first), u32::from_le_bytes(*last));
            u64::from(first) | u64::from(last) << (8 * (rest.len() - 4))
        }
        _ => {
            let byte = |at: usize| u64::from(rest[at]) << (8 * at);
            byte(0) | byte(rest.len() / 2) | byte(rest.len() - 1)
        }
    }
}
