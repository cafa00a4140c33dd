//! Names of the language that huntql knows only to refuse them, and why.
//!
//! A name that stands here and has a row elsewhere is supported: the rows win.

use std::collections::HashMap;
use std::sync::LazyLock;

/// Sections by kind; in them one name a line, and behind a colon why it is refused.
const NAMES: &str = include_str!("support.txt");

/// What a name of the language is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Function,
    Aggregate,
    Plugin,
}

/// The sections' titles.
const SECTIONS: &[(&str, Kind)] = &[
    ("## functions", Kind::Function),
    ("## aggregates", Kind::Aggregate),
    ("## plugins", Kind::Plugin),
];

/// A name of the language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    pub name: &'static str,
    pub kind: Kind,
    /// Why it is refused, when there is more to say than that it is not there yet.
    pub reason: Option<&'static str>,
}

/// Every function, aggregate and plugin of the reference, in the order of the file.
pub fn all() -> Vec<Known> {
    let mut kind = Kind::Function;
    let mut all = Vec::new();
    for line in NAMES.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if let Some((_, section)) = SECTIONS.iter().find(|(title, _)| *title == line) {
            kind = *section;
        } else if !line.starts_with('#') {
            let (name, reason) = match line.split_once(": ") {
                Some((name, reason)) => (name, Some(reason)),
                None => (line, None),
            };
            all.push(Known { name, kind, reason });
        }
    }
    all
}

static KNOWN: LazyLock<HashMap<&'static str, Option<&'static str>>> = LazyLock::new(|| {
    all()
        .into_iter()
        .map(|known| (known.name, known.reason))
        .collect()
});

/// Whether a function, aggregate or plugin of this name is part of the language.
pub fn is_known(name: &str) -> bool {
    KNOWN.contains_key(name)
}

/// Why a name is refused, when there is more to say than that it is not there yet.
pub fn reason(name: &str) -> Option<&'static str> {
    KNOWN.get(name).copied().flatten()
}
