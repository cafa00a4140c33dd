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

/// Whether `text` begins with `start`; for short ones quicker than a call of the library's comparison.
#[inline]
pub fn begins_with(text: &[u8], start: &[u8]) -> bool {
    let Some(text) = text.get(..start.len()) else {
        return false;
    };
    let (words, rest) = start.as_chunks::<8>();
    let is_same = |(one, other): (&[u8; 8], &[u8; 8])| one == other;
    let (of_text, rest_of_text) = text.as_chunks::<8>();
    let whole = words.iter().zip(of_text).all(is_same);
    whole && (rest.is_empty() || last_word(start, rest) == last_word(text, rest_of_text))
}

#[cfg(test)]
mod tests {
    use super::begins_with;

    #[test]
    fn a_beginning_is_what_the_standard_library_takes_for_one() {
        let text: Vec<u8> = (b'a'..=b'z').collect();
        for length in 0..text.len() {
            let text = &text[..length];
            for from in 0..=length {
                assert!(begins_with(text, &text[..from]));
                for at in 0..from {
                    let mut other = text[..from].to_vec();
                    other[at] = b'.';
                    assert!(!begins_with(text, &other));
                }
            }
            assert!(!begins_with(text, &[text, b"a"].concat()));
        }
    }
}
