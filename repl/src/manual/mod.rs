//! What huntql can tell of itself: the pages of `docs/` by topic, and what stands in the rows of functions and operators.
//!
//! `huntql help` and the shell's `.help` both ask here.

mod operators;
mod topics;

pub use topics::TOPICS;

use crate::output;
use huntql_engine::described::{Callable, Described, described};
use huntql_kql::diagnostics::did_you_mean;
use huntql_kql::operators::OPERATORS;

/// Where the pages of Kusto's reference are.
const PAGES: &str = "https://learn.microsoft.com/";

/// What there is about a word: a function, an operator, a topic, in this order.
pub fn about(word: &str) -> Option<String> {
    let bare = word.trim_end_matches(['(', ')']);
    if let Some(function) = described().into_iter().find(|row| row.name == bare) {
        return Some(function_page(&function));
    }
    if let Some(operator) = operators::find(bare) {
        return Some(format!(
            "{}\n    {}\n    {}\n    {PAGES}kusto/query/{}\n",
            operator.form, operator.doc, operator.example, operator.page
        ));
    }
    if OPERATORS.iter().any(|row| row.name == bare) {
        return Some(format!(
            "{bare}: an operator, {PAGES}kusto/query/{bare}-operator\n"
        ));
    }
    let topic = TOPICS.iter().find(|topic| topic.name == bare)?;
    Some(topic.text.to_owned())
}

/// A page of a function or an operator as it fits a window: no word is cut, and a line that goes on keeps its indent. A topic is
/// Markdown, and stays as it is.
pub fn fitted(page: &str, width: usize) -> String {
    if page.starts_with('#') {
        return page.to_owned();
    }
    output::fitted(page, width)
}

/// The name nearest to a word that nothing is known about.
pub fn near(word: &str) -> Option<String> {
    let functions = described();
    let names = functions
        .iter()
        .map(|row| row.name)
        .chain(OPERATORS.iter().map(|row| row.name))
        .chain(TOPICS.iter().map(|topic| topic.name));
    did_you_mean(word, names).map(str::to_owned)
}

/// What is known of a function: signatures, meaning, examples.
pub fn function_page(function: &Described) -> String {
    let kind = match function.kind {
        Callable::Scalar => "",
        Callable::Aggregate => " (an aggregate: `summarize` and its kin)",
        Callable::Window => " (a window function: over rows in order)",
    };
    let mut page = function.signatures.join("\n");
    page.push_str(&format!("\n    {}{kind}\n", function.doc));
    for example in function.examples {
        page.push_str(&format!("    {}  →  {}\n", example.call, example.gives));
    }
    page.push_str(&format!("    {PAGES}{}\n", function.source));
    page
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use huntql_engine::{Catalog, Engine, EngineOptions, QueryOptions};
    use huntql_kql::diagnostics::Diagnostic;
    use std::collections::BTreeSet;
    use std::path::Path;

    #[test]
    fn every_page_of_the_docs_is_a_topic() {
        let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
        let pages: BTreeSet<String> = std::fs::read_dir(docs)
            .unwrap()
            .filter_map(|entry| {
                let name = entry.unwrap().file_name().into_string().unwrap();
                name.strip_suffix(".md").map(str::to_owned)
            })
            .collect();
        let topics: BTreeSet<String> = TOPICS.iter().map(|topic| topic.name.to_owned()).collect();
        assert_eq!(pages, topics);
    }

    #[test]
    fn functions_operators_and_topics_have_pages() {
        assert!(about("strcat").unwrap().contains("strcat("));
        let page = about("mv-expand").unwrap();
        assert!(page.contains("mv-expand-operator") && page.contains("each element"));
        assert!(about("tour").unwrap().starts_with('#'));
        assert_eq!(about("nosuchthing"), None);
        assert_eq!(near("strct").as_deref(), Some("strcat"));
    }

    #[test]
    fn every_operator_that_runs_has_a_page() {
        let hidden = ["__partitionby", "project-by-names"];
        for row in OPERATORS.iter().filter(|row| row.is_read()) {
            let is_known = operators::find(row.name).is_some() || hidden.contains(&row.name);
            assert!(is_known, "no row for `{}`", row.name);
        }
    }

    #[test]
    fn the_examples_of_operators_are_good_queries() {
        let engine = Engine::new(Catalog::builtin(), EngineOptions::default());
        let options = QueryOptions {
            now: 0,
            parameters: Default::default(),
        };
        for row in operators::OPERATORS {
            let checked = engine.check(row.example, &options);
            let is_told =
                |found: &Diagnostic| found.code == "HQ001" && row.doc.contains("does not run");
            let mut errors = checked.diagnostics.iter().filter(|found| found.is_error());
            assert!(errors.all(is_told), "{}\n{checked:?}", row.example);
        }
    }

    #[test]
    fn a_page_fits_the_window_and_keeps_its_words() {
        let page = about("dcount").unwrap();
        let narrow = fitted(&page, 60);
        let fits = |line: &str| !line.trim().contains(' ') || output::width(line) <= 60;
        assert!(narrow.lines().all(fits), "{narrow}");
        let words = |text: &str| {
            text.split_whitespace()
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        assert_eq!(words(&page), words(&narrow));
    }
}
