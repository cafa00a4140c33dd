//! Strings: length, case, joining, parts.
//!
//! Positions and lengths are in Unicode characters (code points). A string is never null.
//!
//! Not here: searching (`strings_find`), regular expressions (`strings_regex`), the string operators (`operators_text`).

use super::row::{Overload, Param, ResultName, ScalarFunction, example, overload, variadic};
use crate::kernel;
use crate::kernel::dynamic_text::array_of;
use crate::kernel::text::{lower, upper};
use crate::kernel::{Args, KernelError, KernelResult, Output};
use huntql_kql::types::Type;

/// The most repetitions that `strrep` makes.
const STRREP_TIMES_MAX: i64 = 1024;

fn strcat(args: &Args<'_>) -> KernelResult {
    let parts: Vec<_> = (0..args.len())
        .map(|index| args.input::<&str>(index))
        .collect();
    String::collect(args.rows(), |row| {
        parts.iter().map(|part| part.get(row)).collect()
    })
}

fn strcat_delim(args: &Args<'_>) -> KernelResult {
    let delimiter = args.input::<&str>(0);
    let parts: Vec<_> = (1..args.len())
        .map(|index| args.input::<&str>(index))
        .collect();
    String::collect(args.rows(), |row| {
        let parts = parts
            .iter()
            .map(|part| part.get(row))
            .collect::<Option<Vec<&str>>>()?;
        Some(parts.join(delimiter.get(row)?))
    })
}

/// The reference names two upper limits (1024 and 67108864) for the multiplier; past the lower one nothing is certain.
fn strrep(args: &Args<'_>) -> KernelResult {
    let (value, times) = (args.input::<&str>(0), args.input::<i64>(1));
    let delimiter = (args.len() > 2).then(|| args.input::<&str>(2));
    for times in (0..args.rows()).filter_map(|row| times.get(row)) {
        if !(1..=STRREP_TIMES_MAX).contains(&times) {
            let message = format!("`strrep` repeats 1 to {STRREP_TIMES_MAX} times, not {times}");
            return Err(KernelError::Argument { index: 1, message });
        }
    }
    String::collect(args.rows(), |row| {
        let delimiter = match &delimiter {
            Some(delimiter) => delimiter.get(row)?,
            None => "",
        };
        Some(vec![value.get(row)?; usize::try_from(times.get(row)?).ok()?].join(delimiter))
    })
}

fn strcmp(left: &str, right: &str) -> i64 {
    left.cmp(right) as i64
}

fn map_case(text: &str, ascii: fn(&str) -> String, one: fn(char) -> char) -> String {
    if text.is_ascii() {
        ascii(text)
    } else {
        text.chars().map(one).collect()
    }
}

/// The part of `text` from character `start` on, of `length` characters at most. A negative start counts from the end.
fn part(text: &str, start: i64, length: Option<i64>) -> &str {
    let start = if start < 0 {
        (text.chars().count() as i64 + start).max(0)
    } else {
        start
    };
    let from = byte_of(text, start);
    match length {
        Some(length) => &text[from..from + byte_of(&text[from..], length.max(0))],
        None => &text[from..],
    }
}

/// The byte at which a character stands, or the end.
fn byte_of(text: &str, character: i64) -> usize {
    let Ok(character) = usize::try_from(character) else {
        return 0;
    };
    if text.is_ascii() {
        return character.min(text.len());
    }
    text.char_indices()
        .nth(character)
        .map_or(text.len(), |(byte, _)| byte)
}

fn substring(args: &Args<'_>) -> KernelResult {
    let (text, start) = (args.input::<&str>(0), args.input::<i64>(1));
    let length = (args.len() > 2).then(|| args.input::<i64>(2));
    <&str>::collect(args.rows(), |row| {
        // A string is never null: without a start or a length there is no text.
        let (Some(text), Some(start)) = (text.get(row), start.get(row)) else {
            return Some("");
        };
        match &length {
            None => Some(part(text, start, None)),
            Some(length) => Some(
                length
                    .get(row)
                    .map_or("", |length| part(text, start, Some(length))),
            ),
        }
    })
}

/// The pieces between delimiters as a JSON array; the whole text is the one piece when the delimiter is empty.
fn split(args: &Args<'_>) -> KernelResult {
    let (text, delimiter) = (args.input::<&str>(0), args.input::<&str>(1));
    let wanted = (args.len() > 2).then(|| args.input::<i64>(2));
    String::collect(args.rows(), |row| {
        let (text, delimiter) = (text.get(row)?, delimiter.get(row)?);
        let wanted = match &wanted {
            Some(wanted) => Some(usize::try_from(wanted.get(row)?).unwrap_or(usize::MAX)),
            None => None,
        };
        Some(match (delimiter.is_empty(), wanted) {
            (true, None) => array_of([text].into_iter()),
            (true, Some(index)) => array_of([text].into_iter().skip(index).take(1)),
            (false, None) => array_of(text.split(delimiter)),
            (false, Some(index)) => array_of(text.split(delimiter).skip(index).take(1)),
        })
    })
}

/// Replaces characters one by one; the last replacement stands for all that have none, and no replacement at all removes.
fn translate(search: &str, replacement: &str, source: &str) -> String {
    let search: Vec<char> = search.chars().collect();
    let replacement: Vec<char> = replacement.chars().collect();
    source
        .chars()
        .filter_map(
            |c| match search.iter().position(|searched| *searched == c) {
                Some(at) => replacement.get(at).or(replacement.last()).copied(),
                None => Some(c),
            },
        )
        .collect()
}

/// Whether a value is null or has no text; a `dynamic` that holds `""` has none.
fn empty(args: &Args<'_>, answer: bool) -> KernelResult {
    let column = args.column(0);
    let is_empty: Box<dyn Fn(usize) -> bool> = match args.ty(0) {
        Type::String => {
            let text = args.input::<&str>(0);
            Box::new(move |row| text.get(row).is_none_or(str::is_empty))
        }
        Type::Dynamic => {
            let json = args.input::<&str>(0);
            Box::new(move |row| matches!(json.get(row), None | Some("" | "\"\"" | "null")))
        }
        Type::Bool
        | Type::Int
        | Type::Long
        | Type::Real
        | Type::Decimal
        | Type::Datetime
        | Type::Timespan
        | Type::Guid => Box::new(|row| column.is_null(if args.is_constant(0) { 0 } else { row })),
    };
    bool::collect(args.rows(), |row| Some(is_empty(row) == answer))
}

const TEXT: &[Param] = &[Param::Text];
const TEXTS: &[Param] = &[Param::Text, Param::Text];
const STRING: &[Param] = &[Param::Is(Type::String)];

const STRLEN: &[Overload] = &[overload(
    STRING,
    Type::Long,
    kernel!(|text: &str| text.chars().count() as i64),
)];
const STRING_SIZE: &[Overload] = &[overload(
    STRING,
    Type::Long,
    kernel!(|text: &str| text.len() as i64),
)];
const STRCAT: &[Overload] = &[variadic(TEXT, Type::String, strcat)];
const STRCAT_DELIM: &[Overload] = &[variadic(TEXTS, Type::String, strcat_delim)];
const STRREP: &[Overload] = &[overload(
    &[Param::Text, Param::Integer, Param::Text],
    Type::String,
    strrep,
)
.optional(1)];
const STRCMP: &[Overload] = &[overload(
    TEXTS,
    Type::Long,
    kernel!(|left: &str, right: &str| strcmp(left, right)),
)];
const TOLOWER: &[Overload] = &[overload(
    TEXT,
    Type::String,
    kernel!(|text: &str| map_case(text, str::to_ascii_lowercase, lower)),
)];
const TOUPPER: &[Overload] = &[overload(
    TEXT,
    Type::String,
    kernel!(|text: &str| map_case(text, str::to_ascii_uppercase, upper)),
)];
const SUBSTRING: &[Overload] = &[overload(
    &[Param::Text, Param::Integer, Param::Integer],
    Type::String,
    substring,
)
.optional(1)];
const SPLIT: &[Overload] = &[overload(
    &[Param::Text, Param::Is(Type::String), Param::Integer],
    Type::Dynamic,
    split,
)
.optional(1)];
const REVERSE: &[Overload] = &[overload(
    TEXT,
    Type::String,
    kernel!(|text: &str| text.chars().rev().collect::<String>()),
)];
const TRANSLATE: &[Overload] = &[overload(
    &[
        Param::Is(Type::String),
        Param::Is(Type::String),
        Param::Is(Type::String),
    ],
    Type::String,
    kernel!(|search: &str, replacement: &str, source: &str| translate(search, replacement, source)),
)];
const ISEMPTY: &[Overload] = &[overload(&[Param::Any], Type::Bool, |args| {
    empty(args, true)
})];
const ISNOTEMPTY: &[Overload] = &[overload(&[Param::Any], Type::Bool, |args| {
    empty(args, false)
})];
const ISASCII: &[Overload] = &[overload(
    TEXT,
    Type::Bool,
    kernel!(|text: &str| text.is_ascii()),
)];
const ISUTF8: &[Overload] = &[overload(TEXT, Type::Bool, kernel!(|_text: &str| true))];

pub const FUNCTIONS: &[ScalarFunction] = &[
    ScalarFunction {
        name: "strlen",
        aliases: &[],
        overloads: STRLEN,
        result_name: ResultName::NameAndFirstArgument,
        doc: "Gives the length of a string in Unicode characters, not bytes.",
        source: "kusto/query/strlen-function",
        examples: &[
            example(r#"strlen("héllo")"#, "5"),
            example(r#"strlen("")"#, "0"),
        ],
    },
    ScalarFunction {
        name: "string_size",
        aliases: &[],
        overloads: STRING_SIZE,
        result_name: ResultName::NameAndFirstArgument,
        doc: "Gives the size of a string in bytes of UTF-8.",
        source: "kusto/query/string-size-function",
        examples: &[
            example(r#"string_size("hello")"#, "5"),
            example(r#"string_size("⒦⒰⒮⒯⒪")"#, "15"),
        ],
    },
    ScalarFunction {
        name: "strcat",
        aliases: &[],
        overloads: STRCAT,
        result_name: ResultName::Default,
        doc: "Joins the texts of its arguments.",
        source: "kusto/query/strcat-function",
        examples: &[
            example(r#"strcat("a", "-", 123)"#, r#""a-123""#),
            example(r#"strcat("a")"#, r#""a""#),
        ],
    },
    ScalarFunction {
        name: "strcat_delim",
        aliases: &[],
        overloads: STRCAT_DELIM,
        result_name: ResultName::Default,
        doc: "Joins the texts of its arguments with the first one between them.",
        source: "kusto/query/strcat-delim-function",
        examples: &[
            example(
                r#"strcat_delim("-", 1, "2", "A", 1s)"#,
                r#""1-2-A-00:00:01""#,
            ),
            example(r#"strcat_delim(", ", "a")"#, r#""a""#),
        ],
    },
    ScalarFunction {
        name: "strrep",
        aliases: &[],
        overloads: STRREP,
        result_name: ResultName::Default,
        doc: "Repeats a text, with a delimiter between the repetitions.",
        source: "kusto/query/strrep-function",
        examples: &[
            example(r#"strrep("ABC", 2)"#, r#""ABCABC""#),
            example(r#"strrep(123, 3, ".")"#, r#""123.123.123""#),
        ],
    },
    ScalarFunction {
        name: "strcmp",
        aliases: &[],
        overloads: STRCMP,
        result_name: ResultName::Default,
        doc: "Compares two texts: -1, 0 or 1.",
        source: "kusto/query/strcmp-function",
        examples: &[
            example(r#"strcmp("abc", "ABC")"#, "1"),
            example(r#"strcmp("ABC", "abc")"#, "-1"),
            example(r#"strcmp("abcde", "abc")"#, "1"),
        ],
    },
    ScalarFunction {
        name: "tolower",
        aliases: &[],
        overloads: TOLOWER,
        result_name: ResultName::Default,
        doc: "Gives the text in lower case.",
        source: "kusto/query/tolower-function",
        examples: &[
            example(r#"tolower("Hello")"#, r#""hello""#),
            example(r#"tolower("ÄRGER")"#, r#""ärger""#),
        ],
    },
    ScalarFunction {
        name: "toupper",
        aliases: &[],
        overloads: TOUPPER,
        result_name: ResultName::Default,
        doc: "Gives the text in upper case.",
        source: "kusto/query/toupper-function",
        examples: &[
            example(r#"toupper("hello")"#, r#""HELLO""#),
            example(r#"toupper("é")"#, r#""É""#),
        ],
    },
    ScalarFunction {
        name: "substring",
        aliases: &[],
        overloads: SUBSTRING,
        result_name: ResultName::Default,
        doc: "Gives the part of a text from a position on; a negative position counts from the end.",
        source: "kusto/query/substring-function",
        examples: &[
            example(r#"substring("123456", 2, 2)"#, r#""34""#),
            example(r#"substring("123456", -2, 2)"#, r#""56""#),
            example(r#"substring("0", 1, 2)"#, r#""""#),
        ],
    },
    ScalarFunction {
        name: "split",
        aliases: &[],
        overloads: SPLIT,
        result_name: ResultName::FirstArgument,
        doc: "Cuts a text at each delimiter; with an index, gives an array of that piece alone.",
        source: "kusto/query/split-function",
        examples: &[
            example(r#"split("a__b", "_")"#, r#"dynamic(["a","","b"])"#),
            example(r#"split("aaa_bbb_ccc", "_", 1)"#, r#"dynamic(["bbb"])"#),
            example(r#"split("", "_")"#, r#"dynamic([""])"#),
        ],
    },
    ScalarFunction {
        name: "reverse",
        aliases: &[],
        overloads: REVERSE,
        result_name: ResultName::Default,
        doc: "Gives the characters of a text in the opposite order.",
        source: "kusto/query/reverse-function",
        examples: &[
            example(r#"reverse("ABC")"#, r#""CBA""#),
            example("reverse(12345)", r#""54321""#),
        ],
    },
    ScalarFunction {
        name: "translate",
        aliases: &[],
        overloads: TRANSLATE,
        result_name: ResultName::Default,
        doc: "Replaces each character of a list by its counterpart in another list.",
        source: "kusto/query/translate-function",
        examples: &[
            example(r#"translate("krasp", "otsku", "spark")"#, r#""kusto""#),
            example(r#"translate("abc", "x", "abc")"#, r#""xxx""#),
            example(r#"translate("abc", "", "ab")"#, r#""""#),
        ],
    },
    ScalarFunction {
        name: "isempty",
        aliases: &[],
        overloads: ISEMPTY,
        result_name: ResultName::Default,
        doc: "Tells whether a value is null or the empty string.",
        source: "kusto/query/isempty-function",
        examples: &[
            example(r#"isempty("")"#, "true"),
            example(r#"isempty(" ")"#, "false"),
            example("isempty(long(null))", "true"),
        ],
    },
    ScalarFunction {
        name: "isnotempty",
        aliases: &["notempty"],
        overloads: ISNOTEMPTY,
        result_name: ResultName::Default,
        doc: "Tells whether a value is neither null nor the empty string.",
        source: "kusto/query/isnotempty-function",
        examples: &[
            example(r#"isnotempty("x")"#, "true"),
            example(r#"isnotempty("")"#, "false"),
        ],
    },
    ScalarFunction {
        name: "isascii",
        aliases: &[],
        overloads: ISASCII,
        result_name: ResultName::Default,
        doc: "Tells whether a text holds ASCII characters only.",
        source: "kusto/query/isascii-function",
        examples: &[
            example(r#"isascii("some string")"#, "true"),
            example(r#"isascii("é")"#, "false"),
        ],
    },
    ScalarFunction {
        name: "isutf8",
        aliases: &[],
        overloads: ISUTF8,
        result_name: ResultName::Default,
        doc: "Tells whether a text is UTF-8, which every text here is.",
        source: "kusto/query/isutf8-function",
        examples: &[
            example(r#"isutf8("some string")"#, "true"),
            example(r#"isutf8("é")"#, "true"),
        ],
    },
];
