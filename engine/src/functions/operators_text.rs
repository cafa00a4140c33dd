//! What stands behind the string operators: `has`, `contains`, `startswith`, `matches regex` …
//!
//! These rows are found by [`super::operator`] and not as functions of a query. Negation is the binder's: `!has` is `not(has)`.
//! A list at the right of `has_any` and `has_all`, and a long one of `in`, arrives as one `dynamic` array.

use super::row::{Overload, Param, ResultName, ScalarFunction, example, overload, row};
use crate::kernel::dynamic_text::strings_of;
use crate::kernel::pattern;
use crate::kernel::text::{Case, Matcher, MatcherSet, Place, Quantity, TextList};
use crate::kernel::{Args, Json, KernelResult, Output, Reader};
use datafusion::arrow::array::BooleanArray;
use datafusion::arrow::buffer::BooleanBuffer;
use huntql_kql::types::Type;
use std::sync::Arc;

/// What a test says of each row's text; none is null.
fn answers<'a>(
    args: &Args<'_>,
    texts: &Reader<'a, &'a str>,
    test: impl Fn(&str) -> bool,
) -> KernelResult {
    let found =
        BooleanBuffer::collect_bool(args.rows(), |row| test(texts.get(row).unwrap_or_default()));
    Ok(Arc::new(BooleanArray::new(found, None)))
}

/// A matcher for each row's needle, or one for all rows when the needle is constant.
fn matches(args: &Args<'_>, place: Place, case: Case) -> KernelResult {
    let haystacks = args.input::<&str>(0);
    if let Some(needle) = args.constant_text(1) {
        let matcher = Matcher::new(needle, place, case);
        return answers(args, &haystacks, |text| matcher.is_match(text));
    }
    let needles = args.input::<&str>(1);
    bool::collect(args.rows(), |row| {
        Some(Matcher::new(needles.get(row)?, place, case).is_match(haystacks.get(row)?))
    })
}

/// `false` where the list is null, as for any other operand that is null.
fn matches_many(args: &Args<'_>, quantity: Quantity) -> KernelResult {
    let haystacks = args.input::<&str>(0);
    let lists = args.input::<Option<Json<'_>>>(1);
    let set = |list: Json<'_>| MatcherSet::new(strings_of(list.0).iter().map(String::as_str));
    if args.is_constant(1) {
        let set = lists
            .get(0)
            .flatten()
            .map(|list| MatcherSet::of_list(list.0));
        if let (Some(set), Quantity::Any) = (&set, quantity) {
            let texts = (0..args.rows()).map(|row| haystacks.get(row).unwrap_or_default());
            return Ok(Arc::new(BooleanArray::from(set.any_in(texts))));
        }
        return bool::collect(args.rows(), |row| {
            let haystack = haystacks.get(row)?;
            Some(
                set.as_ref()
                    .is_some_and(|set| set.is_match(haystack, quantity)),
            )
        });
    }
    bool::collect(args.rows(), |row| {
        let haystack = haystacks.get(row)?;
        Some(
            lists
                .get(row)?
                .map(set)
                .is_some_and(|set| set.is_match(haystack, quantity)),
        )
    })
}

/// `false` where the list is null; a null text is `""`.
fn is_in(args: &Args<'_>) -> KernelResult {
    let texts = args.input::<&str>(0);
    let lists = args.input::<Option<Json<'_>>>(1);
    let ready = |list: Option<Json<'_>>| list.map(|list| TextList::of_list(list.0));
    if args.is_constant(1) {
        return match lists.get(0).and_then(ready) {
            Some(list) => answers(args, &texts, |text| list.holds(text)),
            None => answers(args, &texts, |_| false),
        };
    }
    bool::collect(args.rows(), |row| {
        let text = texts.get(row)?;
        Some(ready(lists.get(row)?).is_some_and(|list| list.holds(text)))
    })
}

fn matches_regex(args: &Args<'_>) -> KernelResult {
    let haystacks = args.input::<&str>(0);
    if args.is_constant(1) {
        let test = pattern::Test::constant(args, 1)?;
        return answers(args, &haystacks, |text| test.is_match(text));
    }
    let patterns = args.input::<&str>(1);
    let found = (0..args.rows())
        .map(|row| {
            let regex = pattern::compile(patterns.get(row).unwrap_or_default(), 1)?;
            Ok(regex.is_match(haystacks.get(row).unwrap_or_default()))
        })
        .collect::<Result<Vec<bool>, crate::kernel::KernelError>>()?;
    bool::collect(args.rows(), |row| Some(found[row]))
}

fn at_least(args: &Args<'_>) -> KernelResult {
    let (left, right) = (args.input::<&str>(0), args.input::<&str>(1));
    bool::collect(args.rows(), |row| Some(left.get(row)? >= right.get(row)?))
}

macro_rules! text_operator {
    ($name:literal, $place:ident, $case:ident, $doc:literal, $source:literal, [$($example:expr),+ $(,)?]) => {
        ScalarFunction {
            name: $name,
            aliases: &[],
            overloads: {
                const OVERLOADS: &[Overload] = &[overload(
                    &[Param::Is(Type::String), Param::Text],
                    Type::Bool,
                    |args| matches(args, Place::$place, Case::$case),
                )];
                OVERLOADS
            },
            result_name: ResultName::Default,
            doc: $doc,
            source: $source,
            examples: &[$($example),+],
        }
    };
}

const MATCHES_REGEX: &[Overload] = &[overload(
    &[Param::Is(Type::String), Param::Text],
    Type::Bool,
    matches_regex,
)];
const HAS_ANY: &[Overload] = &[overload(
    &[Param::Is(Type::String), Param::Json],
    Type::Bool,
    |args| matches_many(args, Quantity::Any),
)];
const HAS_ALL: &[Overload] = &[overload(
    &[Param::Is(Type::String), Param::Json],
    Type::Bool,
    |args| matches_many(args, Quantity::All),
)];
const IS_IN: &[Overload] = &[overload(
    &[Param::Is(Type::String), Param::Json],
    Type::Bool,
    is_in,
)];

const AT_LEAST: &[Overload] = &[overload(
    &[Param::Is(Type::String), Param::Is(Type::String)],
    Type::Bool,
    at_least,
)];

pub const OPERATORS: &[ScalarFunction] = &[
    row(
        "text_at_least",
        AT_LEAST,
        "kusto/query/max-of-function",
        "Tells whether the left text stands behind the right one in an ascending order, or is equal to it.",
        &[
            example(r#"max_of("a", "B")"#, r#""a""#),
            example(r#"min_of("", "a")"#, r#""""#),
        ],
    ),
    row(
        "is_in",
        IS_IN,
        "kusto/query/in-cs-operator",
        "Tells whether the text is one of a list of texts; what `in` is where the list is long.",
        &[
            example(r#""a" in ("a", "b")"#, "true"),
            example(r#""A" in ("a", "b")"#, "false"),
        ],
    ),
    text_operator!(
        "has",
        Term,
        Insensitive,
        "Tells whether the right text stands in the left one as whole terms, in any case.",
        "kusto/query/has-operator",
        [
            example(r#""North America" has "america""#, "true"),
            example(r#""North America" has "amer""#, "false"),
            example(r#""http://evil.com/x" has "evil.com""#, "true"),
        ]
    ),
    text_operator!(
        "has_cs",
        Term,
        Sensitive,
        "Tells whether the right text stands in the left one as whole terms, in the same case.",
        "kusto/query/has-cs-operator",
        [
            example(r#""North America" has_cs "America""#, "true"),
            example(r#""North America" has_cs "america""#, "false"),
        ]
    ),
    text_operator!(
        "hasprefix",
        TermStart,
        Insensitive,
        "Tells whether some term of the left text starts with the right one, in any case.",
        "kusto/query/hasprefix-operator",
        [
            example(r#""North America" hasprefix "ame""#, "true"),
            example(r#""North America" hasprefix "mer""#, "false"),
        ]
    ),
    text_operator!(
        "hasprefix_cs",
        TermStart,
        Sensitive,
        "Tells whether some term of the left text starts with the right one, in the same case.",
        "kusto/query/hasprefix-cs-operator",
        [
            example(r#""North America" hasprefix_cs "Ame""#, "true"),
            example(r#""North America" hasprefix_cs "CA""#, "false"),
        ]
    ),
    text_operator!(
        "hassuffix",
        TermEnd,
        Insensitive,
        "Tells whether some term of the left text ends with the right one, in any case.",
        "kusto/query/hassuffix-operator",
        [
            example(r#""North America" hassuffix "ICA""#, "true"),
            example(r#""North America" hassuffix "americ""#, "false"),
        ]
    ),
    text_operator!(
        "hassuffix_cs",
        TermEnd,
        Sensitive,
        "Tells whether some term of the left text ends with the right one, in the same case.",
        "kusto/query/hassuffix-cs-operator",
        [
            example(r#""North America" hassuffix_cs "ica""#, "true"),
            example(r#""North America" hassuffix_cs "icA""#, "false"),
        ]
    ),
    text_operator!(
        "contains",
        Anywhere,
        Insensitive,
        "Tells whether the right text stands anywhere in the left one, in any case.",
        "kusto/query/contains-operator",
        [
            example(r#""FabriKam" contains "BRik""#, "true"),
            example(r#""FabriKam" contains "xyz""#, "false")
        ]
    ),
    text_operator!(
        "contains_cs",
        Anywhere,
        Sensitive,
        "Tells whether the right text stands anywhere in the left one, in the same case.",
        "kusto/query/contains-cs-operator",
        [
            example(r#""FabriKam" contains_cs "Kam""#, "true"),
            example(r#""Fabrikam" contains_cs "Kam""#, "false")
        ]
    ),
    text_operator!(
        "startswith",
        Start,
        Insensitive,
        "Tells whether the left text starts with the right one, in any case.",
        "kusto/query/startswith-operator",
        [
            example(r#""Fabrikam" startswith "fab""#, "true"),
            example(r#""Fabrikam" startswith "kam""#, "false")
        ]
    ),
    text_operator!(
        "startswith_cs",
        Start,
        Sensitive,
        "Tells whether the left text starts with the right one, in the same case.",
        "kusto/query/startswith-cs-operator",
        [
            example(r#""Fabrikam" startswith_cs "Fab""#, "true"),
            example(r#""Fabrikam" startswith_cs "fab""#, "false")
        ]
    ),
    text_operator!(
        "endswith",
        End,
        Insensitive,
        "Tells whether the left text ends with the right one, in any case.",
        "kusto/query/endswith-operator",
        [
            example(r#""Fabrikam" endswith "Kam""#, "true"),
            example(r#""Fabrikam" endswith "brik""#, "false")
        ]
    ),
    text_operator!(
        "endswith_cs",
        End,
        Sensitive,
        "Tells whether the left text ends with the right one, in the same case.",
        "kusto/query/endswith-cs-operator",
        [
            example(r#""Fabrikam" endswith_cs "kam""#, "true"),
            example(r#""Fabrikam" endswith_cs "Kam""#, "false")
        ]
    ),
    text_operator!(
        "equals_ci",
        Whole,
        Insensitive,
        "Tells whether two texts are equal but for the case of letters; written `=~`.",
        "kusto/query/equals-operator",
        [
            example(r#""abc" =~ "ABC""#, "true"),
            example(r#""aBc" =~ "xyz""#, "false")
        ]
    ),
    ScalarFunction {
        name: "matches_regex",
        aliases: &[],
        overloads: MATCHES_REGEX,
        result_name: ResultName::Default,
        doc: "Tells whether the left text holds a match of the regular expression at the right; written `matches regex`.",
        source: "kusto/query/matches-regex-operator",
        examples: &[
            example(r#""Fabrikam" matches regex "b.*k""#, "true"),
            example(r#""abc" matches regex "[0-9]""#, "false"),
        ],
    },
    ScalarFunction {
        name: "has_any",
        aliases: &[],
        overloads: HAS_ANY,
        result_name: ResultName::Default,
        doc: "Tells whether `has` holds for one of several texts.",
        source: "kusto/query/has-any-operator",
        examples: &[
            example(r#""North America" has_any ("south", "north")"#, "true"),
            example(
                r#""North America" has_any (dynamic(["south", "nor"]))"#,
                "false",
            ),
        ],
    },
    ScalarFunction {
        name: "has_all",
        aliases: &[],
        overloads: HAS_ALL,
        result_name: ResultName::Default,
        doc: "Tells whether `has` holds for each of several texts.",
        source: "kusto/query/has-all-operator",
        examples: &[
            example(
                r#""North and South America" has_all ("south", "north")"#,
                "true",
            ),
            example(r#""North America" has_all ("south", "north")"#, "false"),
        ],
    },
];
