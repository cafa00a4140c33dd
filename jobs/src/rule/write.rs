//! A rule as Sentinel's YAML, with what is ours in the block `huntql:` where it is not as usual.
//!
//! What is written loads again as the same rule (but for where it stands).

use super::{
    CatchUp, Every, ExpectedAlert, Grouping, Kind, Operator, Ours, Rule, Schedule, Test, period,
};
use huntql_kql::time::{TICKS_PER_DAY, TICKS_PER_MINUTE, format_datetime};
use std::fmt::Write;

/// The document, with a line end.
pub fn yaml(rule: &Rule) -> String {
    let mut out = String::new();
    line(&mut out, "", "id", &scalar(&rule.id));
    line(&mut out, "", "name", &scalar(&rule.name));
    if !rule.description.is_empty() {
        text(&mut out, "", "description", &rule.description);
    }
    line(&mut out, "", "kind", kind(rule.kind));
    if let Some(severity) = rule.severity {
        line(&mut out, "", "severity", severity.name());
    }
    list(&mut out, "", "tags", &rule.tags);
    line(&mut out, "", "requiredDataConnectors", "[]");
    schedule(&mut out, rule);
    list(&mut out, "", "tactics", &rule.tactics);
    list(&mut out, "", "relevantTechniques", &rule.techniques);
    text(&mut out, "", "query", &rule.query);
    alerts(&mut out, rule);
    let version = if rule.version.is_empty() {
        "1.0.0"
    } else {
        &rule.version
    };
    line(&mut out, "", "version", &scalar(version));
    ours(&mut out, rule);
    out
}

fn line(out: &mut String, indent: &str, key: &str, value: &str) {
    let _ = writeln!(out, "{indent}{}: {value}", scalar(key));
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Scheduled => "Scheduled",
        Kind::NearRealTime => "NRT",
        Kind::Hunting => "Hunting",
    }
}

fn schedule(out: &mut String, rule: &Rule) {
    let Some(Schedule {
        every,
        period: back,
    }) = &rule.schedule
    else {
        return;
    };
    if rule.kind == Kind::NearRealTime {
        return;
    }
    if let Every::Span(ticks) = every {
        line(out, "", "queryFrequency", &period::show(*ticks));
    }
    line(out, "", "queryPeriod", &period::show(*back));
    let operator = match rule.trigger.operator {
        Operator::GreaterThan => "gt",
        Operator::LessThan => "lt",
        Operator::Equal => "eq",
        Operator::NotEqual => "ne",
    };
    line(out, "", "triggerOperator", operator);
    line(
        out,
        "",
        "triggerThreshold",
        &rule.trigger.threshold.to_string(),
    );
}

fn alerts(out: &mut String, rule: &Rule) {
    if rule.grouping == Grouping::AlertPerResult {
        out.push_str("eventGroupingSettings:\n");
        line(out, "  ", "aggregationKind", "AlertPerResult");
    }
    if !rule.entities.is_empty() {
        out.push_str("entityMappings:\n");
    }
    for entity in &rule.entities {
        line(out, "  - ", "entityType", &scalar(&entity.kind));
        out.push_str("    fieldMappings:\n");
        for (identifier, column) in &entity.fields {
            line(out, "      - ", "identifier", &scalar(identifier));
            line(out, "        ", "columnName", &scalar(column));
        }
    }
    if !rule.custom_details.is_empty() {
        out.push_str("customDetails:\n");
    }
    for (name, column) in &rule.custom_details {
        line(out, "  ", name, &scalar(column));
    }
    let overrides = [
        ("alertDisplayNameFormat", &rule.overrides.name),
        ("alertDescriptionFormat", &rule.overrides.description),
        ("alertTacticsColumnName", &rule.overrides.tactics_column),
        ("alertSeverityColumnName", &rule.overrides.severity_column),
    ];
    if overrides.iter().any(|(_, value)| value.is_some()) {
        out.push_str("alertDetailsOverride:\n");
    }
    for (key, value) in overrides {
        if let Some(value) = value {
            text(out, "  ", key, value);
        }
    }
    if let Some(ticks) = rule.suppression {
        line(out, "", "suppressionEnabled", "true");
        line(out, "", "suppressionDuration", &period::show(ticks));
    }
}

/// Only what is not as usual.
fn ours(out: &mut String, rule: &Rule) {
    let mut block = String::new();
    let (is, usual) = (&rule.ours, Ours::default());
    if let Some(Schedule {
        every: Every::Cron(cron),
        ..
    }) = &rule.schedule
    {
        line(&mut block, "  ", "cron", &scalar(cron));
    }
    let usual_delay = match rule.kind {
        Kind::NearRealTime => 2 * TICKS_PER_MINUTE,
        Kind::Scheduled | Kind::Hunting => usual.delay,
    };
    let spans = [
        ("delay", is.delay, usual_delay),
        ("lateness", is.lateness, usual.lateness),
        ("maxCatchUp", is.max_catch_up, usual.max_catch_up),
        ("timeout", is.timeout, usual.timeout),
    ];
    for (key, ticks, usual) in spans {
        match ticks {
            _ if ticks == usual => {}
            0 => line(&mut block, "  ", key, "0s"),
            _ => line(&mut block, "  ", key, &period::show(ticks)),
        }
    }
    match is.catch_up {
        CatchUp::Gap => {}
        CatchUp::Each => line(&mut block, "  ", "catchUp", "each"),
        CatchUp::Skip => line(&mut block, "  ", "catchUp", "skip"),
    }
    if is.dedup != usual.dedup {
        block.push_str("  dedup:\n");
        list(&mut block, "    ", "by", &is.dedup.by);
        if is.dedup.hold != TICKS_PER_DAY {
            line(&mut block, "    ", "for", &period::show(is.dedup.hold));
        }
    }
    if is.max_alerts != usual.max_alerts {
        line(&mut block, "  ", "maxAlerts", &is.max_alerts.to_string());
    }
    list(&mut block, "  ", "sinks", &is.sinks);
    tests(&mut block, &is.tests);
    if !block.is_empty() {
        out.push_str("huntql:\n");
        out.push_str(&block);
    }
}

fn tests(out: &mut String, tests: &[Test]) {
    if !tests.is_empty() {
        out.push_str("  tests:\n");
    }
    for test in tests {
        line(out, "    - ", "now", &format_datetime(test.now));
        if !test.name.is_empty() {
            line(out, "      ", "name", &scalar(&test.name));
        }
        let data: Vec<String> = test
            .data
            .iter()
            .map(|path| path.display().to_string())
            .collect();
        list(out, "      ", "data", &data);
        if let Some(config) = &test.config {
            line(
                out,
                "      ",
                "config",
                &scalar(&config.display().to_string()),
            );
        }
        if test.unmask {
            line(out, "      ", "unmask", "true");
        }
        line(
            out,
            "      ",
            "expectAlerts",
            &test.expect_alerts.to_string(),
        );
        if !test.expect.is_empty() {
            out.push_str("      expect:\n");
        }
        for alert in &test.expect {
            expected(out, alert);
        }
    }
}

fn expected(out: &mut String, alert: &ExpectedAlert) {
    let mut row = String::from("{");
    for (at, (column, value)) in alert.row.iter().enumerate() {
        let comma = if at > 0 { ", " } else { "" };
        let _ = write!(row, "{comma}{}: {}", quoted(column), quoted(value));
    }
    row.push('}');
    line(out, "        - ", "row", &row);
    if let Some(name) = &alert.name {
        line(out, "          ", "name", &scalar(name));
    }
    if let Some(severity) = alert.severity {
        line(out, "          ", "severity", severity.name());
    }
}

fn list(out: &mut String, indent: &str, key: &str, values: &[String]) {
    if values.is_empty() {
        return;
    }
    let _ = writeln!(out, "{indent}{key}:");
    for value in values {
        let _ = writeln!(out, "{indent}  - {}", scalar(value));
    }
}

/// A text of several lines as a block, where a block says the same; else on its line.
fn text(out: &mut String, indent: &str, key: &str, value: &str) {
    let value = value.replace("\r\n", "\n");
    let fits = value.contains('\n')
        && !value.starts_with([' ', '\n', '\t'])
        && value
            .chars()
            .all(|c| c == '\n' || c == '\t' || !c.is_control());
    if !fits {
        line(out, indent, key, &scalar(&value));
        return;
    }
    // `|` keeps one line end, `|-` none, `|+` all of them.
    let ends = value.len() - value.trim_end_matches('\n').len();
    let mark = ["|-", "|"].get(ends).copied().unwrap_or("|+");
    let _ = writeln!(out, "{indent}{key}: {mark}");
    let body = value.strip_suffix('\n').unwrap_or(&value);
    for part in body.split('\n') {
        match part.is_empty() {
            true => out.push('\n'),
            false => {
                let _ = writeln!(out, "{indent}  {part}");
            }
        }
    }
}

/// Plain where YAML cannot take it for anything else, else in double quotes.
fn scalar(value: &str) -> String {
    const WORDS: &[&str] = &["true", "false", "yes", "no", "on", "off", "null", "y", "n"];
    let is_plain = value.starts_with(|c: char| c.is_ascii_alphabetic())
        && value.chars().all(|c| {
            c.is_alphanumeric() || matches!(c, ' ' | '_' | '-' | '.' | '/' | '(' | ')' | ',')
        })
        && !value.ends_with(' ')
        && !WORDS.contains(&value.to_lowercase().as_str());
    match is_plain {
        true => value.to_owned(),
        false => quoted(value),
    }
}

/// A string of JSON is one of YAML.
fn quoted(value: &str) -> String {
    serde_json::Value::from(value).to_string()
}
