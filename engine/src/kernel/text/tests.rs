#![allow(clippy::unwrap_used)]

use super::*;
use proptest::prelude::*;

fn has(haystack: &str, needle: &str) -> bool {
    Matcher::new(needle, Place::Term, Case::Insensitive).is_match(haystack)
}

#[test]
fn has_matches_whole_terms_only() {
    assert!(has("North America", "america"));
    assert!(!has("North America", "amer"));
    assert!(!has("KustoExplorerQueryRun", "Explorer"));
    assert!(has("a_b", "A"));
}

#[test]
fn has_takes_needles_of_several_terms() {
    assert!(has("GET http://evil.com/x", "evil.com"));
    assert!(!has("GET http://notevil.com/x", "evil.com"));
    assert!(!has("GET http://evil.community/x", "evil.com"));
    assert!(has("xa a a", "a a"));
}

#[test]
fn an_end_that_is_not_alphanumeric_has_no_boundary() {
    assert!(has("0000/resourcegroups/test", "/resourcegroups/"));
    assert!(has("abc.exe", ".exe"));
    assert!(!has("abc.exes", ".exe"));
}

#[test]
fn an_empty_needle_is_found_everywhere() {
    for place in PLACES {
        let found = Matcher::new("", place, Case::Insensitive).is_match("abc");
        assert_eq!(found, place != Place::Whole, "{place:?}");
    }
}

#[test]
fn case_is_ignored_beyond_ascii_too() {
    assert!(has("große STRASSE Ärger", "ärger"));
    assert!(!has("großeÄrger", "ärger"));
    assert!(!has("éa", "a"));
    assert!(Matcher::new("ÄRGER", Place::Whole, Case::Insensitive).is_match("ärger"));
    assert!(!Matcher::new("ÄRGER", Place::Whole, Case::Sensitive).is_match("ärger"));
}

#[test]
fn the_first_needle_found_is_the_first_in_the_list() {
    let set = MatcherSet::new(["not", "example", "this"].into_iter());
    assert_eq!(set.first_index("this is an example"), Some(1));
    assert_eq!(set.first_index("nothing"), None);
}

const PLACES: [Place; 7] = [
    Place::Anywhere,
    Place::Term,
    Place::TermStart,
    Place::TermEnd,
    Place::Start,
    Place::End,
    Place::Whole,
];

/// The definition, without any speed.
fn naive(haystack: &str, needle: &str, place: Place, case: Case) -> bool {
    let chars = |text: &str| -> Vec<char> {
        text.chars()
            .map(|c| match case {
                Case::Sensitive => c,
                Case::Insensitive if c.is_ascii() => c.to_ascii_lowercase(),
                Case::Insensitive => Some(lower(c)).filter(|c| !c.is_ascii()).unwrap_or(c),
            })
            .collect()
    };
    let (haystack, needle) = (chars(haystack), chars(needle));
    let alnum = |c: Option<&char>| c.is_some_and(|c| c.is_alphanumeric());
    (0..=haystack.len()).any(|start| {
        let end = start + needle.len();
        if haystack.get(start..end) != Some(&needle[..]) {
            return false;
        }
        let left = !alnum(needle.first()) || start == 0 || !alnum(haystack.get(start - 1));
        let right = !alnum(needle.last()) || !alnum(haystack.get(end));
        match place {
            Place::Anywhere => true,
            Place::Term => left && right,
            Place::TermStart => left,
            Place::TermEnd => right,
            Place::Start => start == 0,
            Place::End => end == haystack.len(),
            Place::Whole => start == 0 && end == haystack.len(),
        }
    })
}

proptest! {
    #[test]
    fn every_place_agrees_with_its_definition(haystack in "[aAbB./ _1äÄßK]{0,14}", needle in "[aAbB./ 1äÄK]{0,3}") {
        for place in PLACES {
            for case in [Case::Sensitive, Case::Insensitive] {
                let found = Matcher::new(&needle, place, case).is_match(&haystack);
                prop_assert_eq!(found, naive(&haystack, &needle, place, case), "{:?} {:?}", place, case);
            }
        }
    }

    #[test]
    fn many_needles_agree_with_one_at_a_time(
        haystack in "[aAbB./ 1ä]{0,14}",
        needles in prop::collection::vec("[aAbB./ 1]{0,3}", 0..8),
    ) {
        let set = MatcherSet::new(needles.iter().map(String::as_str));
        let found: Vec<bool> = needles.iter().map(|needle| has(&haystack, needle)).collect();
        prop_assert_eq!(set.is_match(&haystack, Quantity::Any), found.contains(&true));
        prop_assert_eq!(set.is_match(&haystack, Quantity::All), !found.contains(&false));
        prop_assert_eq!(set.first_index(&haystack), found.iter().position(|found| *found));
    }

    #[test]
    fn many_texts_agree_with_one_at_a_time(
        texts in prop::collection::vec("[aAbBc./ 1äK]{0,40}", 0..200),
        needles in prop::collection::vec("[aAbBc./ 1]{1,6}", 4..60),
    ) {
        let set = MatcherSet::new(needles.iter().map(String::as_str));
        let one_by_one: Vec<bool> = texts.iter().map(|text| set.is_match(text, Quantity::Any)).collect();
        prop_assert_eq!(set.any_in(texts.iter().map(String::as_str)), one_by_one);
    }
}
