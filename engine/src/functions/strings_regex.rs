//! Functions over regular expressions: extraction, replacement, trimming.

use super::row::{Overload, Param, ResultName, ScalarFunction, example, overload};
use crate::kernel;
use crate::kernel::dynamic_text::{array_of, push_string};
use crate::kernel::pattern;
use crate::kernel::{Args, Json, KernelError, KernelResult, Output};
use huntql_kql::types::Type;
use regex::{Captures, Regex};
use serde_json::Value;
use std::borrow::Cow;
use std::cell::RefCell;

/// Groups that a pattern of `extract_all` may have.
const EXTRACT_ALL_GROUPS_MAX: usize = 16;

/// The text of a group; `""` when nothing matches, the group took no part, or there is none of that number.
fn extract(args: &Args<'_>) -> KernelResult {
    let regex = pattern::constant(args, 0)?;
    let (group, source) = (args.input::<i64>(1), args.input::<&str>(2));
    let places = RefCell::new(regex.capture_locations());
    <&str>::collect(args.rows(), |row| {
        let (Some(group), Some(source)) = (group.get(row), source.get(row)) else {
            return Some("");
        };
        let Ok(group) = usize::try_from(group) else {
            return Some("");
        };
        if group == 0 {
            return Some(regex.find(source).map_or("", |hit| hit.as_str()));
        }
        let mut places = places.borrow_mut();
        let found = regex
            .captures_read(&mut places, source)
            .and_then(|_| places.get(group));
        Some(found.map_or("", |(start, end)| &source[start..end]))
    })
}

/// A JSON array of the matches, of one text each when one group is wanted, else of arrays; null when nothing matches.
fn extract_all(args: &Args<'_>) -> KernelResult {
    let regex = pattern::constant(args, 0)?;
    let groups = regex.captures_len() - 1;
    if !(1..=EXTRACT_ALL_GROUPS_MAX).contains(&groups) {
        let message = format!(
            "`extract_all` needs 1 to {EXTRACT_ALL_GROUPS_MAX} capture groups; the expression has {groups}"
        );
        return Err(KernelError::Argument { index: 0, message });
    }
    let source = args.input::<&str>(args.len() - 1);
    if args.len() == 2 {
        let groups: Vec<usize> = (1..=groups).collect();
        return String::collect(args.rows(), |row| {
            all_matches(&regex, &groups, source.get(row)?)
        });
    }
    if !args.is_constant(1) {
        let message = "the capture groups must be a constant".to_owned();
        return Err(KernelError::Argument { index: 1, message });
    }
    let wanted = args.input::<Json<'_>>(1).get(0).map_or("[]", |json| json.0);
    let groups = wanted_groups(&regex, wanted)?;
    String::collect(args.rows(), |row| {
        all_matches(&regex, &groups, source.get(row)?)
    })
}

/// The numbers of groups that a JSON array names by number or by name.
fn wanted_groups(regex: &Regex, json: &str) -> Result<Vec<usize>, KernelError> {
    let refuse = |message: String| KernelError::Argument { index: 1, message };
    let wanted: Vec<Value> = serde_json::from_str(json).unwrap_or_default();
    if wanted.is_empty() {
        return Err(refuse(
            "the capture groups must be an array with at least one element".to_owned(),
        ));
    }
    wanted
        .iter()
        .map(|group| {
            match group {
                Value::String(name) => regex.capture_names().position(|known| known == Some(name)),
                other => other
                    .as_u64()
                    .and_then(|number| usize::try_from(number).ok())
                    .filter(|number| (1..regex.captures_len()).contains(number)),
            }
            .ok_or_else(|| refuse(format!("the expression has no capture group {group}")))
        })
        .collect()
}

fn all_matches(regex: &Regex, groups: &[usize], source: &str) -> Option<String> {
    let mut out = String::new();
    for captures in regex.captures_iter(source) {
        out.push(if out.is_empty() { '[' } else { ',' });
        let text = |group: &usize| captures.get(*group).map_or("", |hit| hit.as_str());
        match groups {
            [group] => push_string(&mut out, text(group)),
            groups => out.push_str(&array_of(groups.iter().map(text))),
        }
    }
    if out.is_empty() {
        return None;
    }
    out.push(']');
    Some(out)
}

/// A piece of a replacement: text, or what a group matched.
#[derive(Debug, PartialEq)]
enum Piece {
    Text(String),
    Group(usize),
}

/// Reads a replacement: `\0` is the whole match, `\1` to `\9` are groups, `\\` is a backslash, all else stands for itself.
fn pieces(rewrite: &str, groups: usize, index: usize) -> Result<Vec<Piece>, KernelError> {
    let refuse = |message: String| KernelError::Argument { index, message };
    let mut pieces = Vec::new();
    let mut text = String::new();
    let mut chars = rewrite.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            text.push(c);
            continue;
        }
        match chars.next() {
            Some('\\') => text.push('\\'),
            Some(digit) if digit.is_ascii_digit() => {
                let group = digit as usize - '0' as usize;
                if group >= groups {
                    return Err(refuse(format!(
                        "the expression has no capture group {group}"
                    )));
                }
                pieces.push(Piece::Text(std::mem::take(&mut text)));
                pieces.push(Piece::Group(group));
            }
            Some(other) => {
                return Err(refuse(format!(
                    "`\\{other}` has no meaning in a replacement"
                )));
            }
            None => {
                return Err(refuse(
                    "a replacement cannot end with a single `\\`".to_owned(),
                ));
            }
        }
    }
    pieces.push(Piece::Text(text));
    Ok(pieces)
}

fn replace(args: &Args<'_>, source: usize, lookup: usize, rewrite: usize) -> KernelResult {
    let regex = pattern::constant(args, lookup)?;
    let source = args.input::<&str>(source);
    let Some(text) = args.constant_text(rewrite) else {
        let message = "the replacement must be a constant".to_owned();
        return Err(KernelError::Argument {
            index: rewrite,
            message,
        });
    };
    let pieces = pieces(text, regex.captures_len(), rewrite)?;
    let write = |captures: &Captures<'_>| {
        let mut out = String::new();
        for piece in &pieces {
            out.push_str(match piece {
                Piece::Text(text) => text,
                Piece::Group(group) => captures.get(*group).map_or("", |hit| hit.as_str()),
            });
        }
        out
    };
    <Cow<'_, str>>::collect(args.rows(), |row| {
        Some(regex.replace_all(source.get(row)?, write))
    })
}

/// How often a match is taken off an end: `trim` takes all, its two halves one (Kusto docs, each page's "Returns").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Times {
    Once,
    All,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ends {
    Start,
    End,
    Both,
}

fn trim(args: &Args<'_>, ends: Ends, times: Times) -> KernelResult {
    // Compiled by itself first, so that a message speaks of what the user wrote.
    pattern::constant(args, 0)?;
    let written = args.constant_text(0).unwrap_or_default();
    let start = pattern::compile(&format!(r"\A(?:{written})"), 0)?;
    let end = pattern::compile(&format!(r"(?:{written})\z"), 0)?;
    let source = args.input::<&str>(1);
    <&str>::collect(args.rows(), |row| {
        let mut text = source.get(row)?;
        if ends != Ends::End {
            text = strip(text, times, |text| {
                start.find(text).map(|hit| &text[hit.end()..])
            });
        }
        if ends != Ends::Start {
            text = strip(text, times, |text| {
                end.find(text).map(|hit| &text[..hit.start()])
            });
        }
        Some(text)
    })
}

fn strip<'a>(text: &'a str, times: Times, one: impl Fn(&'a str) -> Option<&'a str>) -> &'a str {
    let mut text = text;
    while let Some(rest) = one(text).filter(|rest| rest.len() < text.len()) {
        text = rest;
        if times == Times::Once {
            break;
        }
    }
    text
}

const STRING: Param = Param::Is(Type::String);

const EXTRACT: &[Overload] = &[overload(
    &[Param::Constant, Param::Integer, STRING],
    Type::String,
    extract,
)];
const EXTRACT_ALL: &[Overload] = &[
    overload(&[Param::Constant, STRING], Type::Dynamic, extract_all),
    overload(
        &[Param::Constant, Param::Is(Type::Dynamic), STRING],
        Type::Dynamic,
        extract_all,
    ),
];
const REPLACE_REGEX: &[Overload] = &[overload(
    &[STRING, Param::Constant, Param::Constant],
    Type::String,
    |args| replace(args, 0, 1, 2),
)];
const REPLACE: &[Overload] = &[overload(
    &[Param::Constant, Param::Constant, STRING],
    Type::String,
    |args| replace(args, 2, 0, 1),
)];
const TRIM_PARAMS: &[Param] = &[Param::Constant, STRING];
const TRIM: &[Overload] = &[overload(TRIM_PARAMS, Type::String, |args| {
    trim(args, Ends::Both, Times::All)
})];
const TRIM_START: &[Overload] = &[overload(TRIM_PARAMS, Type::String, |args| {
    trim(args, Ends::Start, Times::Once)
})];
const TRIM_END: &[Overload] = &[overload(TRIM_PARAMS, Type::String, |args| {
    trim(args, Ends::End, Times::Once)
})];
const REGEX_QUOTE: &[Overload] = &[overload(
    &[Param::Text],
    Type::String,
    kernel!(|text: &str| regex::escape(text)),
)];

pub const FUNCTIONS: &[ScalarFunction] = &[
    ScalarFunction {
        name: "extract",
        aliases: &[],
        overloads: EXTRACT,
        result_name: ResultName::Default,
        doc: "Gives what a capture group of a regular expression matched first; group 0 is the whole match.",
        source: "kusto/query/extract-function",
        examples: &[
            example(
                r#"extract("User: ([^,]+)", 1, "User: James, Age: 29")"#,
                r#""James""#,
            ),
            example(r#"extract(@"\d+", 0, "Age: 29")"#, r#""29""#),
            example(r#"extract("x(y)", 1, "abc")"#, r#""""#),
        ],
    },
    ScalarFunction {
        name: "extract_all",
        aliases: &["extractall"],
        overloads: EXTRACT_ALL,
        result_name: ResultName::Default,
        doc: "Gives all matches of a regular expression's capture groups as an array.",
        source: "kusto/query/extract-all-function",
        examples: &[
            example(
                r#"extract_all(@"(\d+)", "123, 567 and 789")"#,
                r#"dynamic(["123","567","789"])"#,
            ),
            example(
                r#"extract_all(@"(\w)(\w+)(\w)", "abcd xyz")"#,
                r#"dynamic([["a","bc","d"],["x","y","z"]])"#,
            ),
            example(
                r#"extract_all(@"(\w)(\w+)(\w)", dynamic([1, 3]), "abcd")"#,
                r#"dynamic([["a","d"]])"#,
            ),
        ],
    },
    ScalarFunction {
        name: "replace_regex",
        aliases: &[],
        overloads: REPLACE_REGEX,
        result_name: ResultName::Default,
        doc: r"Replaces every match of a regular expression; `\1` in the replacement is the first group.",
        source: "kusto/query/replace-regex-function",
        examples: &[
            example(
                r#"replace_regex("Number is 1", @"is (\d+)", @"was: \1")"#,
                r#""Number was: 1""#,
            ),
            example(r#"replace_regex("a$b", @"\$", "$1")"#, r#""a$1b""#),
        ],
    },
    ScalarFunction {
        name: "replace",
        aliases: &[],
        overloads: REPLACE,
        result_name: ResultName::Default,
        doc: "Replaces every match of a regular expression: the old form of `replace_regex`, with the text last.",
        source: "kusto/query/replace-regex-function",
        examples: &[
            example(
                r#"replace(@"is (\d+)", @"was: \1", "Number is 1")"#,
                r#""Number was: 1""#,
            ),
            example(r#"replace("b", "", "abc")"#, r#""ac""#),
        ],
    },
    ScalarFunction {
        name: "trim",
        aliases: &[],
        overloads: TRIM,
        result_name: ResultName::Default,
        doc: "Takes all matches of a regular expression off both ends of a text.",
        source: "kusto/query/trim-function",
        examples: &[
            example(
                r#"trim("--", "--https://bing.com--")"#,
                r#""https://bing.com""#,
            ),
            example(r#"trim(@"[^\w]+", "-  Te st1// $")"#, r#""Te st1""#),
        ],
    },
    ScalarFunction {
        name: "trim_start",
        aliases: &[],
        overloads: TRIM_START,
        result_name: ResultName::Default,
        doc: "Takes a match of a regular expression off the start of a text.",
        source: "kusto/query/trim-start-function",
        examples: &[
            example(
                r#"trim_start("https://", "https://bing.com")"#,
                r#""bing.com""#,
            ),
            example(r#"trim_start("a+", "aaainnerbbba")"#, r#""innerbbba""#),
        ],
    },
    ScalarFunction {
        name: "trim_end",
        aliases: &[],
        overloads: TRIM_END,
        result_name: ResultName::Default,
        doc: "Takes a match of a regular expression off the end of a text.",
        source: "kusto/query/trim-end-function",
        examples: &[
            example(r#"trim_end(".com", "bing.com")"#, r#""bing""#),
            example(
                r#"trim_end("a*", "aaathis is a testaaaa")"#,
                r#""aaathis is a test""#,
            ),
        ],
    },
    ScalarFunction {
        name: "regex_quote",
        aliases: &[],
        overloads: REGEX_QUOTE,
        result_name: ResultName::Default,
        doc: "Gives a regular expression that matches the text itself.",
        source: "kusto/query/regex-quote-function",
        examples: &[
            example("regex_quote('(so$me.Te^xt)')", r#"@"\(so\$me\.Te\^xt\)""#),
            example(r#"regex_quote("abc")"#, r#""abc""#),
        ],
    },
];
