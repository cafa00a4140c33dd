//! Names of the language that huntql knows only to refuse them.
//!
//! A name that stands here and has a row elsewhere is supported: the rows win.

use std::collections::HashSet;
use std::sync::LazyLock;

/// One name a line: functions, aggregates and plugins of the reference.
const NAMES: &str = include_str!("support.txt");

static KNOWN: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    NAMES
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect()
});

/// Whether a function, aggregate or plugin of this name is part of the language.
pub fn is_known(name: &str) -> bool {
    KNOWN.contains(name)
}
