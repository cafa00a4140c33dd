//! What repeats in a column: the members of JSON objects, and whether what stands at one place is worth remembering.

use std::ops::Range;

/// How often what stood at a place had been seen before.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Looked {
    times: u32,
    known: u32,
}

/// Looks before a judgement.
const TRIED: u32 = 1024;

impl Looked {
    /// Whether one in four was known, or it is too early to tell.
    #[inline]
    pub(super) fn repeats(self) -> bool {
        self.times < TRIED || self.known >= self.times / 4
    }

    #[inline]
    pub(super) fn count(&mut self, is_known: bool) {
        self.count_all(1, u32::from(is_known));
    }

    /// So many looks, of which some found what they looked for.
    #[inline]
    pub(super) fn count_all(&mut self, times: u32, known: u32) {
        self.times = self.times.saturating_add(times);
        self.known = self.known.saturating_add(known);
    }
}

/// Cuts JSON text before each `,"`, which stands between the members of an object. No term reaches over a cut, whatever the text is.
pub(super) fn members(json: &str, found: &mut Vec<Range<usize>>) {
    found.clear();
    let bytes = json.as_bytes();
    let mut start = 0;
    for comma in memchr::memchr_iter(b',', bytes) {
        if bytes.get(comma + 1) == Some(&b'"') {
            found.push(start..comma);
            start = comma;
        }
    }
    found.push(start..json.len());
}

/// What comes behind the key of a member when the member of the row before, whose terms are filed, has the same key.
pub(super) fn without_key_of<'a>(before: &str, member: &'a str) -> &'a str {
    let Some(colon) = memchr::memchr(b':', member.as_bytes()) else {
        return member;
    };
    let (key, rest) = member.split_at(colon + 1);
    // An escape must not be cut in two.
    match before.starts_with(key) && !key.contains('\\') {
        true => rest,
        false => member,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_all_of_the_text_in_pieces() {
        let json = r#"{"a":"x, y","b":[1,2],"c":"\",\"z"}"#;
        let mut found = Vec::new();
        members(json, &mut found);
        let pieces: Vec<&str> = found.iter().map(|piece| &json[piece.clone()]).collect();
        assert_eq!(pieces.concat(), json);
        assert_eq!(pieces[..2], [r#"{"a":"x, y""#, r#","b":[1,2]"#]);
        members("", &mut found);
        assert_eq!(found.len(), 1);
    }

    #[test]
    fn a_key_is_left_out_when_the_member_before_has_the_same() {
        assert_eq!(without_key_of(r#","a":"x""#, r#","a":"y""#), r#""y""#);
        assert_eq!(without_key_of(r#","b":"x""#, r#","a":"y""#), r#","a":"y""#);
        assert_eq!(without_key_of("", r#","a":"y""#), r#","a":"y""#);
        assert_eq!(without_key_of(r#","\\:x"#, r#","\\:y"#), r#","\\:y"#);
    }

    #[test]
    fn what_hardly_repeats_is_given_up_after_some_looks() {
        let mut looked = Looked::default();
        for _ in 0..TRIED {
            assert!(looked.repeats());
            looked.count(false);
        }
        assert!(!looked.repeats());
    }
}
