//! A query with a head of comments that tell what it is.
//!
//! ```text
//! // name: Rare ports
//! // severity: Medium
//! // tactics: CommandAndControl
//! // queryFrequency: 1h
//! // queryPeriod: 4h
//! DeviceNetworkEvents | …
//! ```
//!
//! The head is every comment above the first other line. Keys are those of Sentinel's rules (and `title`, `techniques`, `frequency`,
//! `period`), in any case, with blanks, `_` or `-` as one likes. Lines behind `description:` that have no key go on with it. Without a
//! `name` the file's name is the rule's.

use super::load::{Draft, Place};
use super::reader::{LIMIT, MISSING, Reader, UNKNOWN, WRONG};
use super::words::{KINDS, OPERATORS, SEVERITIES, TACTICS, is_technique, tactic};
use super::{Every, Excerpt, Kind, Rule, Schedule, period};
use huntql_kql::diagnostics::did_you_mean;
use huntql_kql::span::Span;
use huntql_kql::time::{TICKS_PER_DAY, TICKS_PER_MINUTE};

/// Spellings without blanks and capitals, and the field that each means.
const KEYS: &[(&str, Key)] = &[
    ("name", Key::Name),
    ("title", Key::Name),
    ("id", Key::Id),
    ("description", Key::Description),
    ("severity", Key::Severity),
    ("kind", Key::Kind),
    ("version", Key::Version),
    ("tactics", Key::Tactics),
    ("tactic", Key::Tactics),
    ("techniques", Key::Techniques),
    ("technique", Key::Techniques),
    ("relevanttechniques", Key::Techniques),
    ("tags", Key::Tags),
    ("queryfrequency", Key::Frequency),
    ("frequency", Key::Frequency),
    ("queryperiod", Key::Period),
    ("period", Key::Period),
    ("triggeroperator", Key::Operator),
    ("triggerthreshold", Key::Threshold),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Key {
    Name,
    Id,
    Description,
    Severity,
    Kind,
    Version,
    Tactics,
    Techniques,
    Tags,
    Frequency,
    Period,
    Operator,
    Threshold,
}

/// A line of the head.
struct Remark<'a> {
    key: Key,
    value: &'a str,
    /// Place of the value.
    span: Span,
}

pub(super) fn read(cx: &mut Reader<'_>, at: &Place<'_>) -> Option<Draft> {
    let document = cx.document;
    if document.trim().is_empty() {
        cx.error(MISSING, Span::default(), "the file is empty".to_owned());
        return None;
    }
    let stem = at.file.file_stem().unwrap_or_default().to_string_lossy();
    let remarks = head(cx, document);
    let excerpt = Excerpt::whole(document);
    let source = at.source(document, &excerpt);
    let value = |key: Key| remarks.iter().find(|remark| remark.key == key);
    let id = at.id(value(Key::Id).map(|remark| remark.value.to_owned()));
    let name = value(Key::Name).map_or_else(|| stem.into_owned(), |remark| remark.value.to_owned());
    let mut rule = Rule::hunting(id, name, document.to_owned(), source);
    for remark in &remarks {
        set(cx, &mut rule, remark);
    }
    schedule(cx, &mut rule, &remarks);
    Some(Draft::new(rule, excerpt))
}

/// The lines of the head that have a known key; one that is nearly known is told.
fn head<'a>(cx: &mut Reader<'_>, document: &'a str) -> Vec<Remark<'a>> {
    let mut remarks = Vec::new();
    let mut start = 0;
    for line in document.split_inclusive('\n') {
        let here = start;
        start += line.len();
        let Some(comment) = line.trim().strip_prefix("//") else {
            if line.trim().is_empty() {
                continue;
            }
            break;
        };
        let Some((written, value)) = comment.split_once(':') else {
            continue;
        };
        let key: String = written
            .chars()
            .filter(|c| !c.is_whitespace() && !matches!(c, '_' | '-' | '/' | '*' | '#'))
            .flat_map(char::to_lowercase)
            .collect();
        let offset = |part: &str| here + (part.as_ptr() as usize - line.as_ptr() as usize);
        let value = value.trim();
        let known = KEYS.iter().find(|(name, _)| *name == key);
        match known {
            Some((_, key)) if !value.is_empty() => remarks.push(Remark {
                key: *key,
                value,
                span: Span::new(offset(value), offset(value) + value.len()),
            }),
            Some(_) => {}
            // Only a slip of the pen: comments may say what they like.
            None if written.trim().len() > 3 && !written.trim().contains(' ') => {
                if let Some(near) = did_you_mean(&key, KEYS.iter().map(|(name, _)| *name)) {
                    let word = written.trim();
                    let span = Span::new(offset(word), offset(word) + word.len());
                    cx.warn(
                        UNKNOWN,
                        span,
                        format!("`{word}` is not a key that is known here"),
                    )
                    .help = Some(format!("did you mean `{near}`?"));
                }
            }
            None => {}
        }
    }
    remarks
}

fn set(cx: &mut Reader<'_>, rule: &mut Rule, remark: &Remark<'_>) {
    let value = remark.value;
    let parts = || {
        value
            .split([',', ';'])
            .map(str::trim)
            .filter(|part| !part.is_empty())
    };
    match remark.key {
        Key::Name | Key::Id | Key::Frequency | Key::Period => {}
        Key::Description => rule.description = description(cx.document, remark),
        Key::Version => rule.version = value.to_owned(),
        Key::Severity => rule.severity = word(cx, remark, "severity", SEVERITIES),
        Key::Kind => {
            if let Some(kind) = word(cx, remark, "kind", KINDS) {
                rule.kind = kind;
            }
        }
        Key::Operator => {
            if let Some(operator) = word(cx, remark, "triggerOperator", OPERATORS) {
                rule.trigger.operator = operator;
            }
        }
        Key::Threshold => match value.parse() {
            Ok(number) => rule.trigger.threshold = number,
            Err(_) => {
                cx.error(
                    WRONG,
                    remark.span,
                    format!("`triggerThreshold` is `{value}`"),
                )
                .help = Some("expected a whole number from 0".to_owned());
            }
        },
        Key::Tags => rule.tags = parts().map(str::to_owned).collect(),
        Key::Tactics => {
            for part in parts() {
                let known = tactic(part);
                if known.is_none() {
                    let near = did_you_mean(part, TACTICS.iter().copied());
                    cx.warn(
                        WRONG,
                        remark.span,
                        format!("`{part}` is no tactic of ATT&CK"),
                    )
                    .help = near.map(|near| format!("did you mean `{near}`?"));
                }
                rule.tactics.push(known.unwrap_or(part).to_owned());
            }
        }
        Key::Techniques => {
            for part in parts() {
                let id = part.split([' ', '-']).next().unwrap_or(part);
                if !is_technique(id) {
                    cx.warn(
                        WRONG,
                        remark.span,
                        format!("`{part}` is no technique of ATT&CK"),
                    );
                }
                rule.techniques.push(id.to_owned());
            }
        }
    }
}

/// The description and the comments below it, up to a key or a line without a comment.
fn description(document: &str, remark: &Remark<'_>) -> String {
    let mut text = remark.value.to_owned();
    let behind = &document[remark.span.end..];
    for line in behind.lines().skip(1) {
        let Some(comment) = line.trim().strip_prefix("//") else {
            break;
        };
        let words = comment.trim();
        let first = words.split(':').next().unwrap_or_default();
        let has_key = words.contains(':') && !first.trim().contains(' ');
        if words.is_empty() || has_key {
            break;
        }
        text.push('\n');
        text.push_str(words);
    }
    text
}

fn word<T: Copy>(
    cx: &mut Reader<'_>,
    remark: &Remark<'_>,
    key: &str,
    words: &[(&str, T)],
) -> Option<T> {
    let found = words
        .iter()
        .find(|(word, _)| word.eq_ignore_ascii_case(remark.value));
    if found.is_none() {
        let names: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        let help = format!("expected one of {}", super::reader::quoted(&names));
        cx.error(WRONG, remark.span, format!("`{key}` is `{}`", remark.value))
            .help = Some(help);
    }
    found.map(|(_, value)| *value)
}

fn schedule(cx: &mut Reader<'_>, rule: &mut Rule, remarks: &[Remark<'_>]) {
    let mut ticks = |key: Key| {
        let remark = remarks.iter().find(|remark| remark.key == key)?;
        let ticks = period::parse(remark.value);
        if ticks.is_none() {
            cx.error(
                WRONG,
                remark.span,
                format!("`{}` is no span of time", remark.value),
            )
            .help = Some("expected a span of time such as `1h` or `PT1H`".to_owned());
        }
        Some((ticks?, remark.span))
    };
    let (every, back) = (ticks(Key::Frequency), ticks(Key::Period));
    let has_kind = remarks.iter().any(|remark| remark.key == Key::Kind);
    if rule.kind == Kind::NearRealTime {
        rule.ours.delay = 2 * TICKS_PER_MINUTE;
        rule.schedule = Some(Schedule {
            every: Every::Span(TICKS_PER_MINUTE),
            period: TICKS_PER_MINUTE,
        });
        return;
    }
    let Some((every, span)) = every else {
        if rule.kind == Kind::Scheduled {
            let span = remarks
                .first()
                .map_or_else(Span::default, |remark| remark.span);
            cx.error(
                MISSING,
                span,
                "a scheduled rule lacks `queryFrequency`".to_owned(),
            )
            .help = Some("write for instance `// queryFrequency: 1h`".to_owned());
        }
        return;
    };
    if has_kind && rule.kind == Kind::Hunting {
        return;
    }
    let back = back.map_or(every, |(back, _)| back);
    if !(TICKS_PER_MINUTE..=14 * TICKS_PER_DAY).contains(&every) || back < every {
        let message = format!(
            "`queryFrequency` is {} and `queryPeriod` is {}",
            period::show(every),
            period::show(back)
        );
        cx.error(WRONG, span, message).help =
            Some("expected 1 minute to 14 days, and a period that is as long at least".to_owned());
        return;
    }
    if rule.severity.is_none() {
        cx.hint(
            LIMIT,
            span,
            "a scheduled rule lacks `severity`: its alerts have none".to_owned(),
        );
    }
    rule.kind = Kind::Scheduled;
    rule.schedule = Some(Schedule {
        every: Every::Span(every),
        period: back,
    });
}
