//! The lines of a connectivity report.

/// What a piece of text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part<'a> {
    /// `Testing URL : …`: the checks that follow are of this URL.
    Url(&'a str),
    Check(Check<'a>),
    /// `label : value`
    Note(&'a str, &'a str),
    Unknown(&'a str),
}

/// One way to one URL, and what came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Check<'a> {
    /// Where the line itself names it.
    pub url: Option<&'a str>,
    pub number: Option<i64>,
    pub option: &'a str,
    pub outcome: &'a str,
    pub status: Option<i64>,
    pub detail: &'a str,
}

impl<'a> Check<'a> {
    /// A text that nothing is known of.
    pub fn unknown(text: &'a str) -> Self {
        Self {
            detail: text,
            ..Self::default()
        }
    }
}

/// Spellings over the years, and the one that the rows have.
const OPTIONS: &[(&str, &str)] = &[
    ("default proxy", "Default proxy"),
    ("proxy auto discovery (wpad)", "Proxy auto discovery (WPAD)"),
    ("proxy disabled", "Proxy disabled"),
    ("named proxy", "Named proxy"),
    ("command line proxy", "Command line proxy"),
    ("command-line proxy", "Command line proxy"),
];

const OUTCOMES: &[(&str, &str)] = &[
    ("doesn't exist", "Doesn't exist"),
    ("doesn’t exist", "Doesn't exist"),
    ("succeeded", "Succeeded"),
];

/// The option of a tool that has but one way.
pub(super) const MDATP: &str = "mdatp connectivity test";

/// The pieces of a line: one page of the documentation glues them by `</br>`.
pub(super) fn parts(line: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(line);
    std::iter::from_fn(move || {
        let text = rest?;
        let broken = ["</br>", "<br>", "<br/>", "<br />"]
            .iter()
            .filter_map(|mark| Some((text.find(mark)?, mark.len())))
            .min();
        let (piece, next) = match broken {
            Some((at, length)) => (&text[..at], Some(&text[at + length..])),
            None => (text, None),
        };
        rest = next;
        Some(piece.trim())
    })
    .filter(|piece| !piece.is_empty())
}

pub(super) fn part(text: &str) -> Part<'_> {
    if let Some(url) =
        after(text, "testing url").and_then(|rest| rest.trim_start().strip_prefix(':'))
    {
        return Part::Url(url.trim());
    }
    if let Some(rest) = after(text, "testing connection with ") {
        return mdatp(rest.trim_start());
    }
    if let Some(check) = numbered(text) {
        return Part::Check(check);
    }
    match text.split_once(':') {
        Some((label, value)) if !label.trim().is_empty() && !value.trim().is_empty() => {
            Part::Note(label.trim(), value.trim())
        }
        _ => Part::Unknown(text),
    }
}

/// What follows some words, whatever their case.
fn after<'a>(text: &'a str, words: &str) -> Option<&'a str> {
    let head = text.get(..words.len())?;
    head.eq_ignore_ascii_case(words)
        .then(|| &text[words.len()..])
}

/// `https://… ... [OK]`
fn mdatp(rest: &str) -> Part<'_> {
    let (url, told) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let told = told.trim_start_matches(['.', ' ', '\t']).trim_end();
    let bracketed = told.strip_prefix('[').and_then(|told| told.split_once(']'));
    let (outcome, further) = bracketed.unwrap_or((told, ""));
    Part::Check(Check {
        url: Some(url),
        option: MDATP,
        outcome: outcome.trim(),
        detail: if further.trim().is_empty() { "" } else { told },
        ..Check::default()
    })
}

/// `N - <option>: <outcome>`
fn numbered(text: &str) -> Option<Check<'_>> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let number = text[..digits].parse().ok()?;
    let rest = text[digits..].trim_start().strip_prefix(['-', '–'])?;
    // An option may have a colon of its own (`Named proxy (http://…)`): the one before the outcome has a blank behind it.
    let (option, outcome) = rest
        .split_once(": ")
        .or_else(|| rest.split_once(':'))
        .unwrap_or((rest, ""));
    let (option, written) = (option.trim(), outcome.trim());
    let (words, status) = outcome_of(written);
    let outcome = canonical(words, OUTCOMES);
    let is_all = status.is_some() || words == written;
    Some(Check {
        url: None,
        number: Some(number),
        option: canonical(option, OPTIONS),
        outcome,
        status,
        detail: if is_all { "" } else { written },
    })
}

/// The words and the status of `Succeeded (200)`. Text behind the brackets, or a number that is no status, leaves the status out.
fn outcome_of(text: &str) -> (&str, Option<i64>) {
    let Some((words, rest)) = text.rsplit_once('(') else {
        return (text, None);
    };
    let Some((number, behind)) = rest.split_once(')') else {
        return (text, None);
    };
    let Ok(number) = number.trim().parse::<i64>() else {
        return (text, None);
    };
    let is_status = (100..=599).contains(&number) && behind.trim().is_empty();
    (words.trim(), is_status.then_some(number))
}

fn canonical<'a>(text: &'a str, known: &[(&str, &'static str)]) -> &'a str {
    let lower = text.to_lowercase();
    known
        .iter()
        .find(|(spelling, _)| *spelling == lower)
        .map_or(text, |(_, name)| *name)
}
