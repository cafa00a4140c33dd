//! Texts that nobody would write: the binder has an answer for each, and what it lets through has a plan.

use huntql_engine::{Catalog, Engine, EngineOptions, QueryError, QueryOptions};
use huntql_kql::lexer::lex_all;
use proptest::prelude::*;
use std::path::Path;
use std::sync::LazyLock;

static ENGINE: LazyLock<Engine> =
    LazyLock::new(|| Engine::new(Catalog::builtin(), EngineOptions::default()));

/// The queries of the golden cases, which use the whole language.
static SEEDS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/cases");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let texts = files
        .iter()
        .map(|file| std::fs::read_to_string(file).unwrap());
    texts
        .flat_map(|text| {
            text.split("\n### ")
                .skip(1)
                .filter_map(|case| case.split_once('\n'))
                .filter_map(|(_, rest)| rest.split("\n----").next().map(str::to_owned))
                .collect::<Vec<_>>()
        })
        .collect()
});

fn options() -> QueryOptions {
    QueryOptions {
        now: huntql_kql::time::UNIX_EPOCH,
        parameters: Default::default(),
    }
}

/// The text as its tokens with the white space between them.
fn pieces(text: &str) -> Vec<String> {
    let mut end = 0;
    let mut pieces = Vec::new();
    for token in lex_all(text).tokens {
        pieces.push(text[end..token.span.end].to_owned());
        end = token.span.end;
    }
    pieces
}

/// Binds the text, and plans it when nothing is wrong with it.
fn check(text: &str) -> Result<(), TestCaseError> {
    let checked = ENGINE.check(text, &options());
    for diagnostic in &checked.diagnostics {
        let span = diagnostic.span();
        prop_assert!(text.get(span.start..span.end).is_some(), "{:?}", diagnostic);
    }
    if checked.has_errors() {
        return Ok(());
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    match runtime.block_on(ENGINE.plans(text, &options())) {
        Err(QueryError::Internal(message)) => {
            Err(TestCaseError::fail(format!("{message}\nfor: {text}")))
        }
        _ => Ok(()),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_query_with_pieces_of_others_has_an_answer(
        seed in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..3, any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0_usize..4), 1..4),
    ) {
        let mut text = pieces(seed.get(SEEDS.as_slice()).as_str());
        for (at, removed, other, from, taken) in changes {
            let other = pieces(other.get(SEEDS.as_slice()).as_str());
            if other.is_empty() || text.is_empty() {
                continue;
            }
            let from = from.index(other.len());
            let taken = &other[from..(from + taken).min(other.len())];
            let at = at.index(text.len());
            let end = (at + removed).min(text.len());
            text.splice(at..end, taken.iter().cloned());
        }
        check(&text.concat())?;
    }
}

#[test]
fn depth_and_length_do_not_end_the_process() {
    let texts = [
        format!("print {}1{}", "(".repeat(5_000), ")".repeat(5_000)),
        format!("print 1{}", " + 1".repeat(5_000)),
        format!("print true{}", " and true".repeat(20_000)),
        format!("print {}1{}", "abs(".repeat(3_000), ")".repeat(3_000)),
        format!(
            "range x from 1 to 2 step 1{}",
            " | where x > 0".repeat(2_000)
        ),
        format!(
            "print x = dynamic({}{})",
            "[".repeat(5_000),
            "]".repeat(5_000)
        ),
        format!("print x = 1 in ({})", vec!["2"; 20_000].join(",")),
        format!("{}1", "let f = ".repeat(3_000)),
    ];
    for text in texts {
        let checked = ENGINE.check(&text, &options());
        for diagnostic in &checked.diagnostics {
            assert!(diagnostic.span().end <= text.len());
        }
    }
}
