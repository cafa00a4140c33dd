//! What repeats in a column: the members of JSON objects, and whether what stands at one place is worth remembering.

use crate::words::begins_with;

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

/// The members of JSON objects as they stood last, each found again by its key: which members an object has differs from row to row.
#[derive(Debug, Default)]
pub(super) struct Members(Vec<Member>);

#[derive(Debug)]
struct Member {
    /// As it stands in the text, from the comma or the bracket before it to the colon.
    key: String,
    value: String,
    /// In which the key and the value are filed.
    block: u32,
}

/// Members that are told apart.
pub(super) const MEMBERS_MAX: usize = 62;

impl Members {
    /// Cuts JSON text before each `,"`, which stands between the members of an object, and behind keys, and tells the pieces that are not
    /// filed in this block, each with its member's number: [`MEMBERS_MAX`] for one without. No term reaches over a cut, whatever the text is.
    pub(super) fn each(&mut self, json: &str, block: u32, mut tell: impl FnMut(usize, &str)) {
        let bytes = json.as_bytes();
        let (mut start, mut place) = (0, 0);
        for comma in memchr::memchr_iter(b',', bytes) {
            if bytes.get(comma + 1) == Some(&b'"') {
                place = self.member(&json[start..comma], place, block, &mut tell);
                start = comma;
            }
        }
        self.member(&json[start..], place, block, &mut tell);
    }

    /// Gives the place where the next member is expected.
    fn member(
        &mut self,
        text: &str,
        expected: usize,
        block: u32,
        tell: &mut impl FnMut(usize, &str),
    ) -> usize {
        let Some(place) = self.place_of(text, expected) else {
            tell(MEMBERS_MAX, text);
            return expected;
        };
        let member = &mut self.0[place];
        let value = &text[member.key.len()..];
        if member.block != block {
            member.block = block;
            member.value.clear();
            tell(place, &member.key);
        }
        if member.value != value {
            member.value.clear();
            member.value.push_str(value);
            tell(place, value);
        }
        place + 1
    }

    #[inline]
    fn place_of(&mut self, text: &str, expected: usize) -> Option<usize> {
        // A key ends with its colon, so that no key begins another one.
        let is_its = |member: &Member| begins_with(text.as_bytes(), member.key.as_bytes());
        match self.0.get(expected) {
            Some(member) if is_its(member) => Some(expected),
            _ => match self.0.iter().position(is_its) {
                None => self.take_up(text),
                found => found,
            },
        }
    }

    #[cold]
    fn take_up(&mut self, text: &str) -> Option<usize> {
        let colon = memchr::memchr(b':', text.as_bytes())?;
        let key = &text[..=colon];
        // An escape must not be cut in two.
        let is_kept = self.0.len() < MEMBERS_MAX && !key.contains('\\');
        is_kept.then(|| {
            self.0.push(Member {
                key: key.to_owned(),
                value: String::new(),
                block: u32::MAX,
            });
            self.0.len() - 1
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(members: &mut Members, json: &str, block: u32) -> Vec<(usize, String)> {
        let mut told = Vec::new();
        members.each(json, block, |place, text| {
            told.push((place, text.to_owned()))
        });
        told
    }

    #[test]
    fn members_are_all_of_the_text_in_pieces() {
        let json = r#"{"a":"x, y","b":[1,2],"c":"\",\"z"}"#;
        let pieces = told(&mut Members::default(), json, 0);
        let texts: Vec<&str> = pieces.iter().map(|(_, text)| text.as_str()).collect();
        assert_eq!(texts.concat(), json);
        assert_eq!(texts[..4], [r#"{"a":"#, r#""x, y""#, r#","b":"#, "[1,2]"]);
        assert_eq!(pieces[3].0, 1);
        for odd in ["", "{", "x", r#""\\:x"#] {
            let pieces = told(&mut Members::default(), odd, 0);
            assert_eq!(pieces, [(MEMBERS_MAX, odd.to_owned())]);
        }
    }

    #[test]
    fn what_is_filed_in_the_block_is_not_told_again() {
        let mut members = Members::default();
        let mut next = |json: &str, block| {
            let told = told(&mut members, json, block).into_iter();
            told.map(|(place, text)| format!("{place}{text}"))
                .collect::<Vec<_>>()
        };
        let first = next(r#"{"a":"x","b":"y","c":1}"#, 7);
        assert_eq!(first.len(), 6);
        assert_eq!(next(r#"{"a":"x","b":"z","c":1}"#, 7), [r#"1"z""#]);
        assert_eq!(next(r#"{"a":"x","c":1}"#, 7), [""; 0]);
        assert_eq!(next(r#"{"a":"w","b":"z","c":1}"#, 7), [r#"0"w""#]);
        assert_eq!(next(r#"{"a":"w","b":"z","c":1}"#, 8), first_of_block());
    }

    fn first_of_block() -> [&'static str; 6] {
        [
            r#"0{"a":"#,
            r#"0"w""#,
            r#"1,"b":"#,
            r#"1"z""#,
            r#"2,"c":"#,
            "21}",
        ]
    }

    #[test]
    fn too_many_members_have_no_places() {
        let mut members = Members::default();
        for n in 0..200 {
            let json = format!("{{\"k{n}\":1}}");
            let pieces = told(&mut members, &json, 0);
            let expected = if n < MEMBERS_MAX { n } else { MEMBERS_MAX };
            assert!(pieces.iter().all(|(place, _)| *place == expected), "{n}");
        }
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
