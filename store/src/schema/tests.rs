#![allow(clippy::unwrap_used, clippy::print_stderr)]

use super::*;

#[test]
fn device_network_events_has_the_documented_columns_in_order() {
    let table = builtin("DeviceNetworkEvents").unwrap();
    assert_eq!(table.columns.len(), 46);
    assert_eq!(table.columns[0], Column::new("Timestamp", Type::Datetime));
    assert_eq!(table.columns[5], Column::new("RemotePort", Type::Int));
    assert_eq!(table.columns[45], Column::new("LogonID", Type::Long));
}

#[test]
fn portal_columns_are_no_part_of_the_table() {
    let table = builtin("DeviceNetworkEvents").unwrap();
    assert!(table.column("TenantId").is_none());
    assert!(portal_columns("DeviceNetworkEvents").contains(&Column::new("TenantId", Type::String)));
    assert!(
        !portal_columns("DeviceNetworkEvents")
            .iter()
            .any(|column| column.name == "TimeGenerated")
    );
}

#[test]
fn every_builtin_table_has_columns_of_distinct_names() {
    assert_eq!(builtin_tables().len(), 67);
    for table in builtin_tables() {
        let all = table.columns.iter().chain(portal_columns(&table.name));
        let names: std::collections::HashSet<_> = all.clone().map(|column| &column.name).collect();
        assert!(!table.columns.is_empty(), "{}", table.name);
        assert_eq!(names.len(), all.count(), "{}", table.name);
    }
}

#[test]
fn time_generated_stands_for_timestamp_unless_declared() {
    let declared = TableSchema::new(
        "T",
        vec![
            Column::new("Timestamp", Type::Datetime),
            Column::new("TimeGenerated", Type::Datetime),
        ],
    );
    assert_eq!(
        alias(builtin("DeviceNetworkEvents").unwrap(), "TimeGenerated"),
        Some("Timestamp")
    );
    assert_eq!(alias(&declared, "TimeGenerated"), None);
    assert_eq!(alias(builtin("Proxies").unwrap(), "TimeGenerated"), None);
}

#[test]
fn a_schema_file_is_read_in_its_order() {
    let tables = parse_schemas(
        r#"{"B": [["x", "long"], ["y", "date"]], "A": {"columns": [["z", "dynamic"]]}}"#,
    )
    .unwrap();
    assert_eq!(
        tables[0],
        TableSchema::new(
            "B",
            vec![
                Column::new("x", Type::Long),
                Column::new("y", Type::Datetime)
            ]
        )
    );
    assert_eq!(tables[1].name, "A");
}

#[test]
fn a_schema_file_with_an_unknown_type_names_table_and_column() {
    let error = parse_schemas(r#"{"B": [["x", "lnog"]]}"#).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("table `B`, column `x`: `lnog` is no type of KQL"),
        "{error}"
    );
}

#[test]
fn tables_of_a_schema_file_may_stand_in_groups() {
    let tables = parse_schemas(
        r#"{"a": {"A": {"columns": [["x", "long"]]}}, "b": {"B": [["y", "string"]]}}"#,
    )
    .unwrap();
    assert_eq!(
        tables
            .iter()
            .map(|table| table.name.as_str())
            .collect::<Vec<_>>(),
        ["A", "B"]
    );
}

#[test]
fn the_shared_schemas_are_read_whole() {
    let shared = std::env::var("HUNTQL_SHARED")
        .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared").to_owned());
    let Ok(text) = std::fs::read_to_string(format!("{shared}/conformance/schemas.json")) else {
        eprintln!("skipped: no conformance/schemas.json under HUNTQL_SHARED");
        return;
    };
    let tables = parse_schemas(&text).unwrap();
    assert!(tables.len() > 900, "{}", tables.len());
    assert!(tables.iter().any(|table| table.name == "StormEvents"));
}
