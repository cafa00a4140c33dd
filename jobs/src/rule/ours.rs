//! The block `huntql:` of a rule. Its keys are ours, so one that is not known is an error.

use super::reader::{Fields, MISSING, Reader, UNKNOWN_OURS, WRONG};
use super::words::{CATCH_UPS, SEVERITIES};
use super::{Dedup, ExpectedAlert, Ours, Test};
use croner::Cron;
use huntql_kql::span::Span;
use std::path::PathBuf;
use std::str::FromStr;

const KEYS: &[&str] = &[
    "cron",
    "delay",
    "lateness",
    "catchUp",
    "maxCatchUp",
    "dedup",
    "maxAlerts",
    "timeout",
    "sinks",
    "tests",
];
const DEDUP_KEYS: &[&str] = &["by", "for"];
const TEST_KEYS: &[&str] = &[
    "name",
    "data",
    "config",
    "unmask",
    "now",
    "expectAlerts",
    "expect",
];
const EXPECT_KEYS: &[&str] = &["name", "severity", "row"];

/// The block, and what is no part of [`Ours`].
#[derive(Default)]
pub(super) struct Block {
    pub ours: Ours,
    pub cron: Option<String>,
    /// Columns that make two results the same, with their places.
    pub dedup_by: Vec<(String, Span)>,
    /// `delay` was said.
    pub has_delay: bool,
}

pub(super) fn read(cx: &mut Reader<'_>, rule: &Fields<'_>) -> Block {
    let mut block = Block::default();
    let Some(fields) = cx.map(rule.entry("huntql")) else {
        return block;
    };
    block.cron = cron(cx, &fields);
    let ours = &mut block.ours;
    if let Some(ticks) = cx.span_or_zero(fields.entry("delay")) {
        ours.delay = ticks;
        block.has_delay = true;
    }
    if let Some(ticks) = cx.span_or_zero(fields.entry("lateness")) {
        ours.lateness = ticks;
    }
    if let Some(catch_up) = cx.word(fields.entry("catchUp"), CATCH_UPS) {
        ours.catch_up = catch_up;
    }
    if let Some(ticks) = cx.span_of_time(fields.entry("maxCatchUp")) {
        ours.max_catch_up = ticks;
    }
    if let Some(ticks) = cx.span_of_time(fields.entry("timeout")) {
        ours.timeout = ticks;
    }
    if let Some((dedup, by)) = dedup(cx, &fields) {
        ours.dedup = dedup;
        block.dedup_by = by;
    }
    let max = fields.entry("maxAlerts");
    match cx.count(max) {
        Some(0) => {
            let span = max.map_or(fields.span, |entry| entry.value.span);
            cx.error(WRONG, span, "`maxAlerts` is `0`".to_owned()).help =
                Some("a rule that may make no alert need not run; leave it out for 150".to_owned());
        }
        Some(number) => ours.max_alerts = usize::try_from(number).unwrap_or(usize::MAX),
        None => {}
    }
    ours.sinks = names(cx.texts(fields.entry("sinks")));
    for test in cx.maps(fields.entry("tests")) {
        ours.tests.extend(self::test(cx, &test));
    }
    cx.unknown(&fields, KEYS, UNKNOWN_OURS);
    block
}

fn names(texts: Vec<(String, Span)>) -> Vec<String> {
    texts.into_iter().map(|(text, _)| text).collect()
}

fn cron(cx: &mut Reader<'_>, fields: &Fields<'_>) -> Option<String> {
    let entry = fields.entry("cron")?;
    let text = cx.text(Some(entry))?;
    match Cron::from_str(&text) {
        Ok(_) => Some(text),
        Err(error) => {
            cx.error(WRONG, entry.value.span, format!("`cron` is `{text}`: {error}")).help = Some(
                "expected minute, hour, day of month, month and day of week in UTC, for instance `30 6 * * 1-5`".to_owned(),
            );
            None
        }
    }
}

fn dedup(cx: &mut Reader<'_>, fields: &Fields<'_>) -> Option<(Dedup, Vec<(String, Span)>)> {
    let dedup = cx.map(fields.entry("dedup"))?;
    let by = cx.texts(dedup.entry("by"));
    let hold = cx.span_of_time(dedup.entry("for"));
    cx.unknown(&dedup, DEDUP_KEYS, UNKNOWN_OURS);
    let read = Dedup {
        by: names(by.clone()),
        hold: hold.unwrap_or(Ours::default().dedup.hold),
    };
    Some((read, by))
}

fn test(cx: &mut Reader<'_>, fields: &Fields<'_>) -> Option<Test> {
    let name = cx.text(fields.entry("name")).unwrap_or_default();
    let data = cx.texts(fields.entry("data"));
    let config = cx.text(fields.entry("config")).map(PathBuf::from);
    let unmask = cx.truth(fields.entry("unmask")).unwrap_or(false);
    let now = fields.entry("now");
    let expect_alerts = cx.count(fields.entry("expectAlerts"));
    let mut expect = Vec::new();
    for alert in cx.maps(fields.entry("expect")) {
        expect.push(expected(cx, &alert));
    }
    cx.unknown(fields, TEST_KEYS, UNKNOWN_OURS);
    if now.is_none() {
        cx.error(MISSING, fields.span, "a test lacks `now`".to_owned())
            .help =
            Some("say when the rule runs, for instance `now: 2026-01-02T00:00:00Z`".to_owned());
    }
    if expect_alerts.is_none() && expect.is_empty() && !fields.has("expectAlerts") {
        cx.error(
            MISSING,
            fields.span,
            "a test lacks `expectAlerts`".to_owned(),
        )
        .help = Some(
            "say how many alerts there have to be; 0 is a good number for quiet data".to_owned(),
        );
    }
    let expect_alerts = match expect_alerts {
        Some(number) => usize::try_from(number).unwrap_or(usize::MAX),
        None => expect.len(),
    };
    if expect.len() > expect_alerts {
        let message = format!(
            "a test expects {expect_alerts} alerts and describes {}",
            expect.len()
        );
        cx.error(WRONG, fields.span, message);
    }
    Some(Test {
        name,
        data: data
            .into_iter()
            .map(|(path, _)| PathBuf::from(path))
            .collect(),
        config,
        unmask,
        now: cx.time(now)?,
        expect_alerts,
        expect,
    })
}

fn expected(cx: &mut Reader<'_>, fields: &Fields<'_>) -> ExpectedAlert {
    let name = cx.text(fields.entry("name"));
    let severity = cx.word(fields.entry("severity"), SEVERITIES);
    let mut row = Vec::new();
    if let Some(columns) = cx.map(fields.entry("row")) {
        for entry in columns.rest() {
            row.extend(cx.text(Some(entry)).map(|value| (entry.key.clone(), value)));
        }
    }
    cx.unknown(fields, EXPECT_KEYS, UNKNOWN_OURS);
    ExpectedAlert {
        name,
        severity,
        row,
    }
}
