//! Rules in pages of Markdown, as community repositories publish them.
//!
//! | part of the page | becomes |
//! |---|---|
//! | the first heading | the name |
//! | a block under a heading with "Defender" in it, else under one with "Sentinel", else any block of KQL | the query; several blocks under that heading are several rules |
//! | `T1071.001` under a heading with "MITRE" or "ATT&CK" | techniques |
//! | text under a heading "Description" or "Risk" | the description |
//!
//! Such a rule has no times, so it never runs by itself: `huntql hunt import` writes it as YAML, where they can be added.

use super::load::Draft;
use super::load::{Loaded, Place};
use super::markdown::{BlockKind, Part, parts};
use super::reader::Reader;
use super::words::{is_technique, tactic};
use super::{Excerpt, Rule};
use std::path::Path;
use std::sync::Arc;

/// Words in headings over queries, the best first.
const HEADINGS: &[&[&str]] = &[
    &[
        "defender xdr",
        "microsoft 365 defender",
        "m365 defender",
        "365 defender",
    ],
    &[
        "defender for endpoint",
        "defender",
        "mde",
        "advanced hunting",
    ],
    &["sentinel"],
];

/// What the page says besides its queries.
#[derive(Default)]
struct About {
    title: Option<String>,
    description: Vec<String>,
    tactics: Vec<String>,
    techniques: Vec<String>,
}

pub(super) fn read(path: &Path, document: &Arc<str>) -> Vec<Loaded> {
    let parts = parts(document);
    let about = about(&parts);
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let name = about.title.unwrap_or_else(|| stem.into_owned());
    let mut loaded = Vec::new();
    for (ordinal, query) in chosen(&parts).into_iter().enumerate() {
        let cx = Reader::new(document);
        let place = Place::new(path, ordinal);
        let name = match ordinal {
            0 => name.clone(),
            later => format!("{name} ({})", later + 1),
        };
        let source = place.source(document, &query);
        let mut rule = Rule::hunting(place.id(None), name, query.text.clone(), source);
        rule.description = about.description.join("\n").trim().to_owned();
        rule.tactics = about.tactics.clone();
        rule.techniques = about.techniques.clone();
        let draft = Draft::new(rule, query);
        loaded.push(Loaded::of(path, document, Some(draft), cx.diagnostics));
    }
    loaded
}

/// The blocks under the best heading.
fn chosen(parts: &[Part<'_>]) -> Vec<Excerpt> {
    for words in HEADINGS {
        let mut found = Vec::new();
        // The level of the heading that fits, while its section lasts.
        let mut inside: Option<usize> = None;
        for part in parts {
            match part {
                Part::Heading(level, text) => {
                    let text = text.to_lowercase();
                    let fits = *level > 1 && words.iter().any(|word| has_word(&text, word));
                    if fits {
                        inside = Some(*level);
                    } else if inside.is_some_and(|outer| *level <= outer) {
                        inside = None;
                    }
                }
                Part::Block(BlockKind::Query | BlockKind::Unnamed, excerpt) if inside.is_some() => {
                    found.push(excerpt.clone());
                }
                Part::Block(..) | Part::Line(_) => {}
            }
        }
        found.retain(|excerpt| !excerpt.text.trim().is_empty());
        if !found.is_empty() {
            return found;
        }
    }
    let blocks = parts.iter().filter_map(|part| match part {
        Part::Block(BlockKind::Query, excerpt) => Some(excerpt.clone()),
        _ => None,
    });
    blocks
        .filter(|excerpt| !excerpt.text.trim().is_empty())
        .collect()
}

fn has_word(text: &str, word: &str) -> bool {
    let is_letter = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    text.match_indices(word).any(|(at, _)| {
        !is_letter(text[..at].chars().next_back())
            && !is_letter(text[at + word.len()..].chars().next())
    })
}

fn about(parts: &[Part<'_>]) -> About {
    #[derive(Clone, Copy, PartialEq)]
    enum Section {
        Attack,
        Description,
        Other,
    }
    let mut about = About::default();
    let mut section = Section::Other;
    for part in parts {
        match part {
            Part::Heading(_, text) => {
                if about.title.is_none() && !text.is_empty() {
                    about.title = Some((*text).to_owned());
                }
                let text = text.to_lowercase();
                section = if text.contains("mitre") || text.contains("att&ck") {
                    Section::Attack
                } else if text.contains("description") || has_word(&text, "risk") {
                    Section::Description
                } else {
                    Section::Other
                };
            }
            Part::Line(line) => match section {
                Section::Attack => attack(line, &mut about),
                Section::Description => about.description.push(line.trim().to_owned()),
                Section::Other => {}
            },
            Part::Block(..) => {}
        }
    }
    about
}

/// Techniques and tactics anywhere in a line, without those in links.
fn attack(line: &str, about: &mut About) {
    for cell in line.split('|') {
        if let Some(tactic) = tactic(cell) {
            about.tactics.push(tactic.to_owned());
        }
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '/';
        for word in cell.split(|c| !is_part(c)) {
            let word = word.trim_end_matches('.');
            if is_technique(word) && !about.techniques.iter().any(|known| known == word) {
                about.techniques.push(word.to_owned());
            }
        }
    }
}
