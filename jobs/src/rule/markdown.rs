//! Queries in fenced blocks of Markdown (CommonMark 0.31, "Fenced code blocks").

use super::Excerpt;
use huntql_kql::span::Span;

/// First words of a fence's info string that say KQL.
const LANGUAGES: &[&str] = &["kql", "kusto", "csl", "kusto-query-language"];

/// The second word that keeps a block from being read: a fragment, or wrong on purpose.
const IGNORED: &str = "ignore";

struct Fence {
    mark: char,
    length: usize,
    indent: usize,
    kind: BlockKind,
}

/// What a fenced block says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlockKind {
    Query,
    /// It names no language.
    Unnamed,
    Other,
}

/// A piece of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part<'a> {
    /// Level from 1, the text without marks.
    Heading(usize, &'a str),
    Block(BlockKind, Excerpt),
    /// Any other line.
    Line(&'a str),
}

/// Every block that says it is KQL; blank ones are left out.
pub fn queries(document: &str) -> Vec<Excerpt> {
    let parts = parts(document).into_iter();
    let queries = parts.filter_map(|part| match part {
        Part::Block(BlockKind::Query, excerpt) => Some(excerpt),
        _ => None,
    });
    queries
        .filter(|excerpt| !excerpt.text.trim().is_empty())
        .collect()
}

/// The page in order.
pub fn parts(document: &str) -> Vec<Part<'_>> {
    let mut open: Option<Fence> = None;
    let mut pieces = Vec::new();
    let mut found = Vec::new();
    let mut start = 0;
    for line in document.split_inclusive('\n') {
        let (here, text) = (start, line.trim_end());
        start += line.len();
        match &open {
            None => {
                open = opening(text);
                if open.is_none() {
                    found.push(heading(text).unwrap_or(Part::Line(text)));
                }
            }
            Some(fence) if closes(fence, text) => {
                found.push(Part::Block(
                    fence.kind,
                    Excerpt::of_pieces(document, &pieces),
                ));
                pieces.clear();
                open = None;
            }
            Some(fence) => {
                let indent = line.len() - line.trim_start_matches(' ').len();
                let skipped = indent.min(fence.indent);
                pieces.push(Span::new(here + skipped, here + line.len()));
            }
        }
    }
    if let Some(fence) = open {
        found.push(Part::Block(
            fence.kind,
            Excerpt::of_pieces(document, &pieces),
        ));
    }
    found
}

/// `## Text`
fn heading(line: &str) -> Option<Part<'_>> {
    let text = line.trim_start_matches('#');
    let level = line.len() - text.len();
    let is_heading = (1..=6).contains(&level) && (text.is_empty() || text.starts_with([' ', '\t']));
    let text = text.trim().trim_end_matches('#').trim_end();
    is_heading.then(|| Part::Heading(level, text.trim_matches(['*', '_']).trim()))
}

fn opening(line: &str) -> Option<Fence> {
    let text = line.trim_start_matches(' ');
    let mark = text
        .chars()
        .next()
        .filter(|mark| matches!(mark, '`' | '~'))?;
    let info = text.trim_start_matches(mark);
    let length = text.len() - info.len();
    if length < 3 || (mark == '`' && info.contains('`')) {
        return None;
    }
    let mut words = info
        .split([' ', '\t', ',', '{', '}'])
        .filter(|word| !word.is_empty());
    let language = words
        .next()
        .unwrap_or_default()
        .trim_start_matches('.')
        .to_lowercase();
    Some(Fence {
        mark,
        length,
        indent: line.len() - text.len(),
        kind: match language.as_str() {
            "" => BlockKind::Unnamed,
            known if LANGUAGES.contains(&known) && !words.any(|word| word == IGNORED) => {
                BlockKind::Query
            }
            _ => BlockKind::Other,
        },
    })
}

fn closes(fence: &Fence, line: &str) -> bool {
    let text = line.trim_start_matches(' ');
    text.len() >= fence.length && text.chars().all(|mark| mark == fence.mark)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(document: &str) -> Vec<String> {
        queries(document)
            .into_iter()
            .map(|found| found.text)
            .collect()
    }

    #[test]
    fn only_blocks_that_say_kql_are_read() {
        let document = "# Hunt\n```KQL\nT | count\n```\n```sql\nSELECT 1\n```\n~~~ kusto\nU\n~~~\n```kql ignore\n| x\n```\n";
        assert_eq!(texts(document), ["T | count\n", "U\n"]);
    }

    #[test]
    fn a_block_in_a_list_loses_its_indentation() {
        assert_eq!(
            texts("- a\n  ```kql\n  T\n    | count\n  ```\n"),
            ["T\n  | count\n"]
        );
    }

    #[test]
    fn a_longer_fence_holds_a_shorter_one() {
        assert_eq!(texts("````kql\nT // ```\n```\n````\n"), ["T // ```\n```\n"]);
    }
}
