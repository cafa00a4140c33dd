//! Texts that nobody would write.

use huntql_kql::ast::same_but_for_spans;
use huntql_kql::lexer::lex_all;
use huntql_kql::span::Span;
use huntql_kql::{format, parse};
use proptest::prelude::*;

/// Queries that use much of the language, to be damaged.
const QUERIES: &[&str] = &[
    "let x = dynamic(['a', {\"b\": 1}]); T | where a == -1.5e3 and b !in (x) or not(c has_any ('d', @'e\\')) | take 10",
    "let f = (a: long, T: (*), s: string = 'x') { let y = a + 1; T | where z between (1 .. y) }; f(1, U) | count as n",
    "T | join kind=inner hint.strategy=shuffle (U | where a.b['c'][0] startswith h\"d\") on $left.x == $right.y, z",
    "union withsource=S isfuzzy=true Device*, (T | extend a = 1d, (b, c) = f(*)) | summarize n = count(), dcount(x) by bin(t, 1h), y",
    "T | parse kind=regex m with * 'a' b: long 'c' * | mv-expand e = todynamic(f) to typeof(string) limit 5 | project-away a*, ['b c']",
    "datatable(a: long, b: string) [1, 'x', -2, 'y',] | sort by a desc nulls last, b | top 3 by a | render timechart with (title = 'x')",
    "T | make-series n = count() default = 0 on t from ago(1d) to now() step 1h by d | evaluate pivot(a, count()) : (*, a: long)",
    "search in (T, U*) a: 'x' and * has \"y\" // note\n| scan with_match_id = m declare (k: long = 0) with (step s: a > 1 => k = s.k + 1;)",
    "print datetime(2024-01-01T00:00:00Z), guid(74be27de-1e4e-49d9-b579-fe0b331d3642), ```x\ny```, 0x1F, real(nan), toscalar(T | count)",
];

#[test]
fn the_queries_to_be_damaged_are_fine() {
    for query in QUERIES {
        assert_eq!(parse(query).diagnostics, [], "{query}");
    }
}

fn in_text(span: Span, text: &str) -> bool {
    span.start <= span.end && text.get(span.start..span.end).is_some()
}

fn check(text: &str) -> Result<(), TestCaseError> {
    let lexed = lex_all(text);
    let mut end = 0;
    for token in &lexed.tokens {
        prop_assert!(
            in_text(token.span, text)
                && token.span.start >= end
                && token.span.end > token.span.start,
            "{:?}",
            token
        );
        end = token.span.end;
    }
    prop_assert!(lexed.comments.iter().all(|comment| in_text(*comment, text)));
    let parsed = parse(text);
    for diagnostic in &parsed.diagnostics {
        prop_assert!(
            diagnostic
                .labels
                .iter()
                .all(|label| in_text(label.span, text)),
            "{:?}",
            diagnostic
        );
    }
    prop_assert!(
        parsed
            .script
            .statements
            .iter()
            .all(|statement| in_text(statement.span, text))
    );
    if let Ok(once) = format(text) {
        let again = parse(&once);
        prop_assert!(
            same_but_for_spans(&parsed.script, &again.script),
            "another tree: {}",
            once
        );
        prop_assert_eq!(format(&once), Ok(once));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_has_an_answer(text in ".{0,80}") {
        check(&text)?;
    }

    #[test]
    fn any_row_of_tokens_has_an_answer(tokens in prop::collection::vec(prop::sample::select(PIECES), 0..30), glue in prop::bool::ANY) {
        check(&tokens.join(if glue { "" } else { " " }))?;
    }

    #[test]
    fn a_damaged_query_has_an_answer(query in prop::sample::select(QUERIES), cuts in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..6, prop::sample::select(PIECES)), 0..4)) {
        let mut characters: Vec<char> = query.chars().collect();
        for (at, removed, inserted) in cuts {
            let at = at.index(characters.len());
            let end = (at + removed).min(characters.len() - 1).max(at);
            characters.splice(at..end, inserted.chars());
        }
        check(&characters.into_iter().collect::<String>())?;
    }
}

const PIECES: &[&str] = &[
    "",
    "T",
    "|",
    ";",
    ",",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "where",
    "project",
    "summarize",
    "by",
    "let",
    "=",
    "==",
    "and",
    "or",
    "in",
    "between",
    "..",
    ".",
    "-",
    "*",
    "'a'",
    "\"",
    "'",
    "h'b'",
    "1",
    "1.5",
    "1d",
    "0x",
    "dynamic(",
    "datetime(",
    "has",
    "!has",
    "!in",
    "~",
    "//",
    "\n",
    "```",
    "join",
    "on",
    "union",
    "print",
    "take",
    "sort",
    "mv-expand",
    "kind=",
    "with",
    "to typeof(",
    "$left",
    "@",
    "é",
    "\u{1F600}",
    "\\",
    ":",
    "=>",
    "count",
    "as",
    "range",
    "step",
    "graph-match",
    "declare",
    "set",
    "search",
    "project-",
    "not(",
];
