#![allow(clippy::unwrap_used)]
use super::*;
use crate::rule::{CatchUp, Dedup, Kind, Ours, Overrides, Source, Trigger};
use serde_json::json;
use std::cell::RefCell;
use std::collections::HashMap;

const DAY: i64 = 864_000_000_000;
const WINDOW: Window = Window { from: 0, to: DAY };

fn rule() -> Rule {
    Rule {
        id: "r1".to_owned(),
        version: "1.0.0".to_owned(),
        name: "A rule".to_owned(),
        description: "What it finds".to_owned(),
        kind: Kind::Scheduled,
        severity: Some(Severity::Low),
        query: "T".to_owned(),
        tactics: vec!["Execution".to_owned()],
        techniques: Vec::new(),
        tags: Vec::new(),
        schedule: None,
        trigger: Trigger {
            operator: Operator::GreaterThan,
            threshold: 0,
        },
        grouping: Grouping::AlertPerResult,
        suppression: None,
        entities: Vec::new(),
        custom_details: Vec::new(),
        overrides: Overrides::default(),
        ours: Ours {
            delay: 0,
            lateness: 0,
            catch_up: CatchUp::Gap,
            max_catch_up: 7 * DAY,
            dedup: Dedup {
                by: Vec::new(),
                hold: DAY,
            },
            max_alerts: 150,
            timeout: 0,
            sinks: Vec::new(),
            tests: Vec::new(),
        },
        source: Source {
            file: "rule.yaml".into(),
            query_line: 1,
        },
    }
}

fn found(rows: &[Value]) -> Found {
    let rows = rows.iter().map(|row| row.as_object().unwrap().clone());
    Found {
        columns: Vec::new(),
        rows: rows.collect(),
        ordered: false,
    }
}

fn event(device: &str, report: i64) -> Value {
    json!({"Timestamp": "2026-03-04T15:00:00.0000000Z", "DeviceId": device, "ReportId": report})
}

fn ids(raised: &[Raised]) -> Vec<&str> {
    raised
        .iter()
        .map(|raised| raised.alert.id.as_str())
        .collect()
}

/// Remembers what it is told, for the time that a key holds.
#[derive(Default)]
struct Notes(RefCell<HashMap<String, (i64, String)>>);

impl Notes {
    fn learn(&self, window: Window, raised: &[Raised]) {
        for raised in raised {
            for key in &raised.keys {
                let noted = (window.to, raised.alert.id.clone());
                self.0.borrow_mut().entry(key.hash.clone()).or_insert(noted);
            }
        }
    }
}

impl Memory for Notes {
    fn recall(&self, _: &str, key: &Key, window: Window) -> Result<Option<String>, RunError> {
        let notes = self.0.borrow();
        let noted = notes.get(&key.hash);
        let holds =
            noted.filter(|(to, _)| key.hold.is_none_or(|hold| (to - window.to).abs() < hold));
        Ok(holds.map(|(_, id)| id.clone()))
    }
}

#[test]
fn the_trigger_counts_all_rows() {
    let mut rule = rule();
    rule.trigger = Trigger {
        operator: Operator::GreaterThan,
        threshold: 1,
    };
    let one = found(&[event("a", 1)]);
    assert!(raise(&rule, WINDOW, &one, &Forgetful).unwrap().is_empty());
    let two = found(&[event("a", 1), event("a", 2)]);
    assert_eq!(raise(&rule, WINDOW, &two, &Forgetful).unwrap().len(), 2);
}

#[test]
fn that_there_is_nothing_can_be_an_alert() {
    let mut rule = rule();
    rule.trigger = Trigger {
        operator: Operator::LessThan,
        threshold: 1,
    };
    let raised = raise(&rule, WINDOW, &found(&[]), &Forgetful).unwrap();
    assert_eq!(raised.len(), 1);
    assert!(raised[0].alert.rows.is_empty());
}

#[test]
fn an_event_has_one_id_whenever_it_is_found() {
    let rule = rule();
    let later = Window {
        from: 5,
        to: 9 * DAY,
    };
    let rows = found(&[event("a", 1)]);
    let first = raise(&rule, WINDOW, &rows, &Forgetful).unwrap();
    let second = raise(&rule, later, &rows, &Forgetful).unwrap();
    assert_eq!(ids(&first), ids(&second));
}

#[test]
fn a_key_of_columns_holds_for_its_time_and_no_longer() {
    let mut rule = rule();
    rule.ours.dedup.by = vec!["User".to_owned()];
    let notes = Notes::default();
    let at = |days: i64| Window {
        from: (days - 1) * DAY,
        to: days * DAY,
    };
    let half = Window {
        from: 0,
        to: DAY + DAY / 2,
    };
    let first = raise(
        &rule,
        at(1),
        &found(&[json!({"User": "u", "N": 1})]),
        &notes,
    )
    .unwrap();
    notes.learn(at(1), &first);
    let second = raise(&rule, half, &found(&[json!({"User": "u", "N": 2})]), &notes).unwrap();
    assert_eq!(ids(&first), ids(&second));
    assert_eq!(second[0].known, Known::Already);
    let third = raise(
        &rule,
        at(2),
        &found(&[json!({"User": "u", "N": 3})]),
        &notes,
    )
    .unwrap();
    assert_eq!(third[0].known, Known::Not);
    assert_ne!(ids(&first), ids(&third));
}

#[test]
fn a_single_alert_has_the_rows_that_no_earlier_one_had() {
    let mut rule = rule();
    rule.grouping = Grouping::SingleAlert;
    let notes = Notes::default();
    let first = raise(
        &rule,
        WINDOW,
        &found(&[event("a", 1), event("a", 2)]),
        &notes,
    )
    .unwrap();
    assert_eq!((first.len(), first[0].alert.rows.len()), (1, 2));
    notes.learn(WINDOW, &first);
    let all = found(&[event("a", 3), event("a", 2), event("a", 1)]);
    let second = raise(&rule, WINDOW, &all, &notes).unwrap();
    assert_eq!(second.len(), 2);
    assert_eq!(second[0].alert.id, first[0].alert.id);
    assert_eq!(second[1].known, Known::Not);
    assert_eq!(second[1].alert.rows, found(&[event("a", 3)]).rows);
}

#[test]
fn the_last_alert_below_the_cap_sums_up_the_rest() {
    let mut rule = rule();
    rule.ours.max_alerts = 3;
    let rows: Vec<Value> = (0..10).map(|report| event("a", report)).collect();
    let raised = raise(&rule, WINDOW, &found(&rows), &Forgetful).unwrap();
    assert_eq!(raised.len(), 3);
    let last = &raised[2].alert;
    assert_eq!((last.sums_up, last.rows.len()), (Some(8), 8));
    assert_eq!(raised[2].keys.len(), 8);
}

#[test]
fn the_order_of_rows_changes_no_id() {
    let mut rule = rule();
    rule.ours.max_alerts = 2;
    let rows: Vec<Value> = (0..5).map(|report| event("a", report)).collect();
    let backwards: Vec<Value> = rows.iter().rev().cloned().collect();
    let one = raise(&rule, WINDOW, &found(&rows), &Forgetful).unwrap();
    let other = raise(&rule, WINDOW, &found(&backwards), &Forgetful).unwrap();
    assert_eq!(one, other);
}

#[test]
fn rows_change_title_severity_tactics_and_entities() {
    let mut rule = rule();
    rule.overrides = Overrides {
        name: Some("{{User}} on {{Host}}".to_owned()),
        description: None,
        tactics_column: Some("Tactics".to_owned()),
        severity_column: Some("Severity".to_owned()),
    };
    rule.entities = vec![crate::rule::Entity {
        kind: "Host".to_owned(),
        fields: vec![("FullName".to_owned(), "Host".to_owned())],
    }];
    rule.custom_details = vec![("Who".to_owned(), "User".to_owned())];
    let row = json!({"User": "u", "Host": "h.example", "Severity": "high", "Tactics": ["Impact"]});
    let raised = raise(&rule, WINDOW, &found(&[row]), &Forgetful).unwrap();
    let alert = &raised[0].alert;
    assert_eq!(alert.title, "u on h.example");
    assert_eq!(alert.severity, Some(Severity::High));
    assert_eq!(alert.tactics, ["Impact"]);
    assert_eq!(
        Value::from(alert.entities.clone()),
        json!([{"type": "Host", "FullName": "h.example"}])
    );
    assert_eq!(
        Value::from(alert.custom_details.clone()),
        json!({"Who": ["u"]})
    );
}

#[test]
fn a_key_column_that_is_not_there_is_said() {
    let mut rule = rule();
    rule.ours.dedup.by = vec!["Usr".to_owned()];
    let error = raise(&rule, WINDOW, &found(&[json!({"User": "u"})]), &Forgetful).unwrap_err();
    assert!(error.message().contains("`Usr`"));
}
