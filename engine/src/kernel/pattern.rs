//! Regular expressions of queries, compiled once.
//!
//! The syntax is that of the reference's page "Regular expression": no look-around and no back-references.

use super::{Args, KernelError};
use lru::LruCache;
use regex::{Regex, RegexBuilder};
use std::num::NonZeroUsize;
use std::sync::{LazyLock, Mutex, PoisonError};

const CACHED_PATTERNS_MAX: NonZeroUsize = NonZeroUsize::new(256).expect("more than none");

static COMPILED: LazyLock<Mutex<LruCache<String, Regex>>> =
    LazyLock::new(|| Mutex::new(LruCache::new(CACHED_PATTERNS_MAX)));

/// The compiled form of a pattern that stands in argument `index`.
///
/// # Errors
/// When the pattern is none, or uses what the language leaves out.
pub fn compile(pattern: &str, index: usize) -> Result<Regex, KernelError> {
    let mut compiled = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(regex) = compiled.get(pattern) {
        return Ok(regex.clone());
    }
    // `\123` is an octal code there.
    let regex = RegexBuilder::new(pattern)
        .octal(true)
        .build()
        .map_err(|error| KernelError::Argument {
            index,
            message: explain(pattern, &error),
        })?;
    compiled.put(pattern.to_owned(), regex.clone());
    Ok(regex)
}

/// The compiled form of argument `index`, which has to be constant.
///
/// # Errors
/// As [`compile`], and when the argument differs by row.
pub fn constant(args: &Args<'_>, index: usize) -> Result<Regex, KernelError> {
    match args.constant_text(index) {
        Some(pattern) => compile(pattern, index),
        None => Err(KernelError::Argument {
            index,
            message: "the regular expression must be a constant".to_owned(),
        }),
    }
}

fn explain(pattern: &str, error: &regex::Error) -> String {
    let reason = match error {
        regex::Error::CompiledTooBig(limit) => {
            format!("it needs more than {limit} bytes when compiled")
        }
        // The last line of a syntax error says what is wrong; the lines before it draw the place.
        other => other
            .to_string()
            .lines()
            .last()
            .unwrap_or_default()
            .trim_start_matches("error: ")
            .to_owned(),
    };
    format!("`{pattern}` is no regular expression that can be used here: {reason}")
}
