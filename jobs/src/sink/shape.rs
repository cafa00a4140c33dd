//! The shapes in which alerts leave.
//!
//! | shape | what |
//! |---|---|
//! | `native` | our own: everything |
//! | `ecs` | Elastic Common Schema: `event.kind: alert`, `rule.*`, `threat.*`; what has no field there stands under `huntql` |
//! | `ocsf` | Open Cybersecurity Schema Framework 1.4, class Detection Finding (2004); rows are its evidences |

use huntql_kql::time::{TICKS_PER_MILLISECOND, UNIX_EPOCH, parse_datetime};
use serde_json::{Map, Value, json};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Shape {
    #[default]
    Native,
    Ecs,
    Ocsf,
}

impl Shape {
    pub const NAMES: [(&'static str, Shape); 3] = [
        ("native", Shape::Native),
        ("ecs", Shape::Ecs),
        ("ocsf", Shape::Ocsf),
    ];

    pub fn named(name: &str) -> Option<Shape> {
        let row = Self::NAMES.iter().find(|(known, _)| *known == name);
        row.map(|(_, shape)| *shape)
    }
}

/// An alert of our own shape in this one.
pub fn shaped(shape: Shape, alert: &Value) -> Value {
    match shape {
        Shape::Native => alert.clone(),
        Shape::Ecs => ecs(alert),
        Shape::Ocsf => ocsf(alert),
    }
}

/// A severity in the orders of others: ECS has no own, OCSF counts from 1.
struct Grade {
    name: &'static str,
    ecs: u32,
    ocsf: u32,
}

const GRADES: [Grade; 4] = [
    Grade {
        name: "Informational",
        ecs: 21,
        ocsf: 1,
    },
    Grade {
        name: "Low",
        ecs: 47,
        ocsf: 2,
    },
    Grade {
        name: "Medium",
        ecs: 73,
        ocsf: 3,
    },
    Grade {
        name: "High",
        ecs: 99,
        ocsf: 4,
    },
];

fn grade(alert: &Value) -> Option<&'static Grade> {
    GRADES.iter().find(|grade| alert["severity"] == grade.name)
}

fn ecs(alert: &Value) -> Value {
    let rule = &alert["rule"];
    let mut tags = rule["tags"].as_array().cloned().unwrap_or_default();
    tags.push("huntql".into());
    let mut document = json!({
        "@timestamp": alert["raised"],
        "ecs": {"version": "8.11.0"},
        "message": alert["title"],
        "tags": tags,
        "event": {
            "id": alert["id"],
            "kind": "alert",
            "category": ["intrusion_detection"],
            "type": ["info"],
            "provider": "huntql",
            "module": "huntql",
            "dataset": "huntql.alert",
            "start": alert["window"]["from"],
            "end": alert["window"]["to"],
            "reason": alert["description"],
        },
        "rule": {
            "id": rule["id"],
            "version": rule["version"],
            "name": rule["name"],
            "description": alert["description"],
        },
        "huntql": {
            "rule_file": rule["file"],
            "severity": alert["severity"],
            "query": alert["query"],
            "replay": alert["replay"],
            "rows": alert["rows"],
            "row_count": alert["rowCount"],
            "entities": alert["entities"],
            "custom_details": alert["customDetails"],
            "sums_up": alert["sumsUp"],
        },
    });
    if let Some(grade) = grade(alert) {
        document["event"]["severity"] = grade.ecs.into();
    }
    if !is_empty(&alert["tactics"]) || !is_empty(&alert["techniques"]) {
        document["threat"] = json!({
            "framework": "MITRE ATT&CK",
            "tactic": {"name": alert["tactics"]},
            "technique": {"id": alert["techniques"]},
        });
    }
    document
}

fn is_empty(list: &Value) -> bool {
    list.as_array().is_none_or(Vec::is_empty)
}

fn ocsf(alert: &Value) -> Value {
    let rule = &alert["rule"];
    let time = |value: &Value| {
        let ticks = value.as_str().and_then(parse_datetime);
        ticks.map(|ticks| (ticks - UNIX_EPOCH) / TICKS_PER_MILLISECOND)
    };
    let grade = grade(alert);
    let texts = |key: &str| {
        let items = alert[key].as_array().cloned().unwrap_or_default();
        items.into_iter()
    };
    let attacks: Vec<Value> = texts("techniques")
        .map(|technique| json!({"technique": {"uid": technique}}))
        .chain(texts("tactics").map(|tactic| json!({"tactic": {"name": tactic}})))
        .collect();
    let evidences: Vec<Value> = texts("rows").map(|row| json!({"data": row})).collect();
    let mut document: Map<String, Value> = Map::new();
    let fields = [
        ("category_uid", json!(2)),
        ("category_name", json!("Findings")),
        ("class_uid", json!(2004)),
        ("class_name", json!("Detection Finding")),
        ("activity_id", json!(1)),
        ("activity_name", json!("Create")),
        ("type_uid", json!(200_401)),
        ("severity_id", json!(grade.map_or(0, |grade| grade.ocsf))),
        (
            "severity",
            json!(grade.map_or("Unknown", |grade| grade.name)),
        ),
        ("status_id", json!(1)),
        ("status", json!("New")),
        ("is_alert", json!(true)),
        ("time", json!(time(&alert["raised"]))),
        ("start_time", json!(time(&alert["window"]["from"]))),
        ("end_time", json!(time(&alert["window"]["to"]))),
        ("message", alert["title"].clone()),
    ];
    document.extend(fields.map(|(name, value)| (name.to_owned(), value)));
    document.insert(
        "metadata".to_owned(),
        json!({
            "version": "1.4.0",
            "uid": alert["id"],
            "labels": rule["tags"],
            "product": {"name": "huntql", "vendor_name": "huntql", "version": env!("CARGO_PKG_VERSION")},
        }),
    );
    document.insert(
        "finding_info".to_owned(),
        json!({
            "uid": alert["id"],
            "title": alert["title"],
            "desc": alert["description"],
            "created_time": time(&alert["raised"]),
            "first_seen_time": time(&alert["window"]["from"]),
            "last_seen_time": time(&alert["window"]["to"]),
            "attacks": attacks,
            "analytic": {
                "uid": rule["id"], "name": rule["name"], "version": rule["version"], "type_id": 1, "type": "Rule",
            },
        }),
    );
    document.insert("evidences".to_owned(), Value::Array(evidences));
    document.insert(
        "unmapped".to_owned(),
        json!({
            "query": alert["query"],
            "replay": alert["replay"],
            "rule_file": rule["file"],
            "entities": alert["entities"],
            "custom_details": alert["customDetails"],
            "sums_up": alert["sumsUp"],
        }),
    );
    Value::Object(document)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alert() -> Value {
        json!({
            "id": "0a", "raised": "2026-03-04T15:00:00.0000000Z", "title": "t", "severity": "High",
            "rule": {"id": "r", "name": "n", "version": "1.0.0", "tags": ["x"]},
            "window": {"from": "2026-03-04T14:00:00.0000000Z", "to": "2026-03-04T15:00:00.0000000Z"},
            "tactics": ["Impact"], "techniques": ["T1071.001"], "rows": [{"A": 1}],
        })
    }

    #[test]
    fn each_shape_names_alert_rule_and_technique() {
        let ecs = shaped(Shape::Ecs, &alert());
        assert_eq!(ecs["event"]["id"], "0a");
        assert_eq!(ecs["event"]["severity"], 99);
        assert_eq!(ecs["rule"]["version"], "1.0.0");
        assert_eq!(ecs["threat"]["technique"]["id"][0], "T1071.001");
        let ocsf = shaped(Shape::Ocsf, &alert());
        assert_eq!(ocsf["class_uid"], 2004);
        assert_eq!(ocsf["finding_info"]["uid"], "0a");
        assert_eq!(ocsf["finding_info"]["analytic"]["uid"], "r");
        assert_eq!(ocsf["time"], 1_772_636_400_000_i64);
        assert_eq!(ocsf["evidences"][0]["data"]["A"], 1);
    }
}
