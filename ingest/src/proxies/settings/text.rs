//! Bytes to text: UTF-8 or UTF-16, with a mark or without; else CP932, which a Japanese console writes; else Windows-1252.

use encoding_rs::{Encoding, SHIFT_JIS, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// Never fails: an 8-bit text that is neither UTF-8 nor CP932 is read as Windows-1252, in which every byte is a letter.
pub(super) fn decode(bytes: &[u8]) -> String {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return encoding
            .decode_without_bom_handling(&bytes[mark..])
            .0
            .into_owned();
    }
    let encodings = match utf16_without_mark(bytes) {
        Some(encoding) => [encoding, WINDOWS_1252],
        None => [UTF_8, SHIFT_JIS],
    };
    for encoding in encodings {
        if let Some(text) = encoding.decode_without_bom_handling_and_without_replacement(bytes) {
            return text.into_owned();
        }
    }
    WINDOWS_1252
        .decode_without_bom_handling(bytes)
        .0
        .into_owned()
}

/// Latin text in UTF-16 has a zero in every second byte; among other letters at least its blanks and digits do.
fn utf16_without_mark(bytes: &[u8]) -> Option<&'static Encoding> {
    if bytes.len() < 4 || !bytes.len().is_multiple_of(2) {
        return None;
    }
    let zeros = |offset: usize| {
        bytes
            .iter()
            .skip(offset)
            .step_by(2)
            .filter(|b| **b == 0)
            .count()
    };
    let pairs = bytes.len() / 2;
    // The other half has a zero now and then: U+4E00 is a letter.
    let is_half = |many: usize, few: usize| many * 4 > pairs && few * 8 < many;
    match (zeros(0), zeros(1)) {
        (even, odd) if is_half(odd, even) => Some(UTF_16LE),
        (even, odd) if is_half(even, odd) => Some(UTF_16BE),
        _ => None,
    }
}
