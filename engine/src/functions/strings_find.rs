//! Finding and replacing plain text: positions, counts, replacement.
//!
//! Positions are in Unicode characters, from 0.

use super::row::{Overload, Param, ResultName, ScalarFunction, example, overload};
use crate::kernel;
use crate::kernel::dynamic_text::text_of;
use crate::kernel::pattern;
use crate::kernel::text::MatcherSet;
use crate::kernel::{Args, Json, KernelError, KernelResult, Output, Reader};
use huntql_kql::types::Type;
use memchr::memmem;
use regex::Regex;
use serde_json::Value;

/// What `indexof` and `indexof_regex` share: where to look, and which occurrence is meant.
struct Range<'a> {
    start: Option<Reader<'a, i64>>,
    length: Option<Reader<'a, i64>>,
    occurrence: Option<Reader<'a, i64>>,
}

/// The three as numbers for one row.
#[derive(Clone, Copy)]
struct Wanted {
    start: i64,
    /// `None` is to the end.
    length: Option<usize>,
    occurrence: i64,
}

impl<'a> Range<'a> {
    fn of(args: &Args<'a>) -> Result<Range<'a>, KernelError> {
        let optional = |index| (args.len() > index).then(|| args.input::<i64>(index));
        let range = Range {
            start: optional(2),
            length: optional(3),
            occurrence: optional(4),
        };
        let none = |occurrence: &Reader<'a, i64>| {
            (0..args.rows()).any(|row| occurrence.get(row) == Some(0))
        };
        if range.occurrence.as_ref().is_some_and(none) {
            let message = "occurrences are counted from 1".to_owned();
            return Err(KernelError::Argument { index: 4, message });
        }
        Ok(range)
    }

    /// `None` when the result is null: a part is null, the length is less than -1, or the occurrence is negative.
    fn wanted(&self, row: usize) -> Option<Wanted> {
        let or = |reader: &Option<Reader<'a, i64>>, default| match reader {
            Some(reader) => reader.get(row),
            None => Some(default),
        };
        let (start, length, occurrence) = (
            or(&self.start, 0)?,
            or(&self.length, -1)?,
            or(&self.occurrence, 1)?,
        );
        let length = match length {
            -1 => None,
            length => Some(usize::try_from(length).ok()?),
        };
        (occurrence > 0).then_some(Wanted {
            start,
            length,
            occurrence,
        })
    }
}

/// Finds a wanted occurrence; `next` gives the first match in a text as a range of bytes, and `step` where to go on from it.
///
/// The length counts anew from each place where the search goes on, as the reference's example with an occurrence of 2 shows.
fn index_of(
    text: &str,
    start: usize,
    wanted: Wanted,
    next: impl Fn(&str, usize) -> Option<(usize, usize)>,
    step: impl Fn((usize, usize)) -> usize,
) -> i64 {
    let mut from = start;
    let mut found = None;
    for _ in 0..wanted.occurrence {
        let Some(rest) = text.get(from..) else {
            return -1;
        };
        let until = wanted
            .length
            .map_or(text.len(), |length| from + byte_after(rest, length));
        let Some(hit) = next(&text[..until], from) else {
            return -1;
        };
        found = Some(hit.0);
        from = step(hit);
        while !text.is_char_boundary(from) {
            from += 1;
        }
    }
    found.map_or(-1, |byte| text[..byte].chars().count() as i64)
}

fn byte_after(text: &str, characters: usize) -> usize {
    text.char_indices()
        .nth(characters)
        .map_or(text.len(), |(byte, _)| byte)
}

/// A negative start counts from the end (Kusto docs, "indexof", the example with -5).
fn indexof(args: &Args<'_>) -> KernelResult {
    let (text, lookup) = (args.input::<&str>(0), args.input::<&str>(1));
    let range = Range::of(args)?;
    i64::collect(args.rows(), |row| {
        let (text, lookup) = (text.get(row)?, lookup.get(row)?);
        let wanted = range.wanted(row)?;
        let start = match usize::try_from(wanted.start) {
            Ok(start) => start,
            Err(_) => text
                .chars()
                .count()
                .saturating_sub(usize::try_from(wanted.start.unsigned_abs()).ok()?),
        };
        if start > text.chars().count() {
            return Some(-1);
        }
        let next = |text: &str, from: usize| {
            memmem::find(&text.as_bytes()[from..], lookup.as_bytes())
                .map(|at| (from + at, from + at + lookup.len()))
        };
        Some(index_of(
            text,
            byte_after(text, start),
            wanted,
            next,
            |(at, _)| at + 1,
        ))
    })
}

/// A negative start gives null (Kusto docs, "indexof_regex", the example with -1).
fn indexof_regex(args: &Args<'_>) -> KernelResult {
    let text = args.input::<&str>(0);
    let regex = pattern::constant(args, 1)?;
    let range = Range::of(args)?;
    i64::collect(args.rows(), |row| {
        let text = text.get(row)?;
        let wanted = range.wanted(row)?;
        let start = usize::try_from(wanted.start).ok()?;
        if start > text.chars().count() {
            return Some(-1);
        }
        let next = |text: &str, from: usize| {
            regex
                .find_at(text, from)
                .map(|hit| (hit.start(), hit.end()))
        };
        Some(index_of(
            text,
            byte_after(text, start),
            wanted,
            next,
            |(at, end)| end.max(at + 1),
        ))
    })
}

fn countof(args: &Args<'_>) -> KernelResult {
    let (text, search) = (args.input::<&str>(0), args.input::<&str>(1));
    let kind = if args.len() > 2 {
        args.constant_text(2)
    } else {
        Some("normal")
    };
    match kind {
        Some("normal") => i64::collect(args.rows(), |row| {
            Some(count_plain(text.get(row)?, search.get(row)?))
        }),
        Some("regex") if args.is_constant(1) => {
            let regex = pattern::constant(args, 1)?;
            i64::collect(args.rows(), |row| Some(count_regex(text.get(row)?, &regex)))
        }
        Some("regex") => {
            let counts = (0..args.rows())
                .map(|row| {
                    let regex = pattern::compile(search.get(row).unwrap_or_default(), 1)?;
                    Ok(count_regex(text.get(row).unwrap_or_default(), &regex))
                })
                .collect::<Result<Vec<i64>, KernelError>>()?;
            i64::collect(args.rows(), |row| Some(counts[row]))
        }
        _ => {
            let message = "the kind of search is `normal` or `regex`".to_owned();
            Err(KernelError::Argument { index: 2, message })
        }
    }
}

/// Occurrences may overlap.
fn count_plain(text: &str, search: &str) -> i64 {
    if search.is_empty() {
        return 0;
    }
    let finder = memmem::Finder::new(search);
    let (mut count, mut from) = (0, 0);
    while let Some(at) = finder.find(&text.as_bytes()[from..]) {
        count += 1;
        from += at + 1;
    }
    count
}

fn count_regex(text: &str, regex: &Regex) -> i64 {
    regex.find_iter(text).count() as i64
}

fn has_any_index(args: &Args<'_>) -> KernelResult {
    let (text, lists) = (args.input::<&str>(0), args.input::<Json<'_>>(1));
    let constant = if args.is_constant(1) {
        lists.get(0).map(Indexed::new)
    } else {
        None
    };
    i64::collect(args.rows(), |row| {
        let (text, list) = (text.get(row)?, lists.get(row)?);
        Some(match &constant {
            Some(indexed) => indexed.first(text),
            None => Indexed::new(list).first(text),
        })
    })
}

/// The needles of a list with their places in it; nulls are places without a needle.
struct Indexed {
    set: MatcherSet,
    places: Vec<i64>,
}

impl Indexed {
    fn new(list: Json<'_>) -> Indexed {
        let elements: Vec<Value> = serde_json::from_str(list.0).unwrap_or_default();
        let (places, needles): (Vec<i64>, Vec<String>) = (0..)
            .zip(elements)
            .filter_map(|(place, element)| Some((place, text_of(element)?)))
            .unzip();
        Indexed {
            set: MatcherSet::new(needles.iter().map(String::as_str)),
            places,
        }
    }

    fn first(&self, text: &str) -> i64 {
        self.set.first_index(text).map_or(-1, |at| self.places[at])
    }
}

fn replace_plain(text: &str, lookup: &str, rewrite: &str) -> String {
    if lookup.is_empty() {
        text.to_owned()
    } else {
        text.replace(lookup, rewrite)
    }
}

/// Lookups, in the order of their precedence, with what to put in their place; `None` keeps what was found.
struct Replacements(Vec<(String, Option<String>)>);

impl Replacements {
    /// `None` when one of the two is no array, or their lengths differ. Lookups that are no strings are passed over.
    fn new(lookups: &str, rewrites: &str) -> Option<Replacements> {
        let lookups: Vec<Value> = serde_json::from_str(lookups).ok()?;
        let rewrites: Vec<Value> = serde_json::from_str(rewrites).ok()?;
        if lookups.len() != rewrites.len() {
            return None;
        }
        let pairs = lookups
            .iter()
            .zip(&rewrites)
            .filter_map(|(lookup, rewrite)| {
                Some((
                    lookup.as_str()?.to_owned(),
                    rewrite.as_str().map(str::to_owned),
                ))
            })
            .filter(|(lookup, _)| !lookup.is_empty());
        Some(Replacements(pairs.collect()))
    }

    fn apply(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        write_replaced(text, &self.0, &mut out);
        out
    }
}

/// Writes `text` with all matches of the first lookup replaced; the text between them goes on to the other lookups. So an
/// earlier lookup wins even over a later one that starts before it (Kusto docs, "replace_strings", "Replacement order").
fn write_replaced(text: &str, pairs: &[(String, Option<String>)], out: &mut String) {
    let Some(((lookup, rewrite), others)) = pairs.split_first() else {
        out.push_str(text);
        return;
    };
    for (nth, between) in text.split(lookup.as_str()).enumerate() {
        if nth > 0 {
            out.push_str(rewrite.as_deref().unwrap_or(lookup));
        }
        write_replaced(between, others, out);
    }
}

fn replace_strings(args: &Args<'_>) -> KernelResult {
    let text = args.input::<&str>(0);
    let (lookups, rewrites) = (args.input::<Json<'_>>(1), args.input::<Json<'_>>(2));
    let at = |row| Replacements::new(lookups.get(row)?.0, rewrites.get(row)?.0);
    let constant = args.is_constant(1) && args.is_constant(2);
    let fixed = if constant { at(0) } else { None };
    if constant && fixed.is_none() {
        let message = "the lookups and the rewrites must be arrays of one length".to_owned();
        return Err(KernelError::Argument { index: 2, message });
    }
    String::collect(args.rows(), |row| {
        let text = text.get(row)?;
        Some(match &fixed {
            Some(fixed) => fixed.apply(text),
            None => {
                at(row).map_or_else(|| text.to_owned(), |replacements| replacements.apply(text))
            }
        })
    })
}

const INDEXOF: &[Overload] = &[overload(
    &[
        Param::Text,
        Param::Text,
        Param::Integer,
        Param::Integer,
        Param::Integer,
    ],
    Type::Long,
    indexof,
)
.optional(3)];
const INDEXOF_REGEX: &[Overload] = &[overload(
    &[
        Param::Text,
        Param::Constant,
        Param::Integer,
        Param::Integer,
        Param::Integer,
    ],
    Type::Long,
    indexof_regex,
)
.optional(3)];
const COUNTOF: &[Overload] = &[overload(
    &[
        Param::Is(Type::String),
        Param::Is(Type::String),
        Param::Constant,
    ],
    Type::Long,
    countof,
)
.optional(1)];
const HAS_ANY_INDEX: &[Overload] = &[overload(
    &[Param::Is(Type::String), Param::Is(Type::Dynamic)],
    Type::Long,
    has_any_index,
)];
const REPLACE_STRING: &[Overload] = &[overload(
    &[
        Param::Is(Type::String),
        Param::Is(Type::String),
        Param::Is(Type::String),
    ],
    Type::String,
    kernel!(|text: &str, lookup: &str, rewrite: &str| replace_plain(text, lookup, rewrite)),
)];
const REPLACE_STRINGS: &[Overload] = &[overload(
    &[
        Param::Is(Type::String),
        Param::Is(Type::Dynamic),
        Param::Is(Type::Dynamic),
    ],
    Type::String,
    replace_strings,
)];

pub const FUNCTIONS: &[ScalarFunction] = &[
    ScalarFunction {
        name: "indexof",
        aliases: &[],
        overloads: INDEXOF,
        result_name: ResultName::Default,
        doc: "Gives the position of a text in another, or -1.",
        source: "kusto/query/indexof-function",
        examples: &[
            example(r#"indexof("abcdefg", "cde")"#, "2"),
            example(r#"indexof("abcdefg", "cde", 1, 2)"#, "-1"),
            example(r#"indexof("abcdefg", "cde", -5)"#, "2"),
            example(r#"indexof("abcdefgabcdefg", "cde", 1, 10, 2)"#, "9"),
        ],
    },
    ScalarFunction {
        name: "indexof_regex",
        aliases: &[],
        overloads: INDEXOF_REGEX,
        result_name: ResultName::Default,
        doc: "Gives the position of a regular expression's match in a text, or -1.",
        source: "kusto/query/indexof-regex-function",
        examples: &[
            example(r#"indexof_regex("abcabcdefg", "a.c", 0, 9, 2)"#, "3"),
            example(r#"indexof_regex("ababaa", "a.a", 0, -1, 2)"#, "-1"),
            example(r#"indexof_regex("abcabc", "a|ab", -1)"#, "long(null)"),
        ],
    },
    ScalarFunction {
        name: "countof",
        aliases: &[],
        overloads: COUNTOF,
        result_name: ResultName::Default,
        doc: "Counts occurrences of a text, which may overlap, or matches of a regular expression, which do not.",
        source: "kusto/query/countof-function",
        examples: &[
            example(r#"countof("aaaa", "aa")"#, "3"),
            example(r#"countof("ababa", "aba", "regex")"#, "1"),
            example(r#"countof("abcabc", "a.c", "regex")"#, "2"),
        ],
    },
    ScalarFunction {
        name: "has_any_index",
        aliases: &[],
        overloads: HAS_ANY_INDEX,
        result_name: ResultName::Default,
        doc: "Gives the place in a list of the first element that the text has as a term, or -1.",
        source: "kusto/query/has-any-index-function",
        examples: &[
            example(
                r#"has_any_index("this is an example", dynamic(["not", "example"]))"#,
                "1",
            ),
            example(
                r#"has_any_index("Example number 2", dynamic([1, 2, 3]))"#,
                "1",
            ),
            example(r#"has_any_index("this is an example", dynamic([]))"#, "-1"),
        ],
    },
    ScalarFunction {
        name: "replace_string",
        aliases: &[],
        overloads: REPLACE_STRING,
        result_name: ResultName::Default,
        doc: "Replaces every occurrence of a text.",
        source: "kusto/query/replace-string-function",
        examples: &[
            example(r#"replace_string("abcb", "b", "1")"#, r#""a1c1""#),
            example(r#"replace_string("abc", "x", "1")"#, r#""abc""#),
        ],
    },
    ScalarFunction {
        name: "replace_strings",
        aliases: &[],
        overloads: REPLACE_STRINGS,
        result_name: ResultName::Default,
        doc: "Replaces every occurrence of several texts; the earlier lookup wins where two match.",
        source: "kusto/query/replace-strings-function",
        examples: &[
            example(
                r#"replace_strings("This is", dynamic(["This", "is"]), dynamic(["This", "was"]))"#,
                r#""This was""#,
            ),
            example(
                r#"replace_strings("This is", dynamic(["is", "This"]), dynamic(["was", "This"]))"#,
                r#""Thwas was""#,
            ),
            example(
                r#"replace_strings("This is", dynamic(["This", "is"]), dynamic([12345, "was"]))"#,
                r#""This was""#,
            ),
        ],
    },
];
