//! The same rule in the formats that are not Sentinel's YAML.

use huntql_jobs::rule::{Every, Format, Grouping, Kind, Loaded, Rule, Severity, load_text, period};
use std::path::Path;

fn load(name: &str, text: &str) -> Vec<Loaded> {
    let path = Path::new(name);
    load_text(path, text, Format::of(path).unwrap())
}

fn rules(name: &str, text: &str) -> Vec<Rule> {
    let loaded = load(name, text);
    let rule = |one: Loaded| one.rule.unwrap_or_else(|| panic!("{:#?}", one.diagnostics));
    loaded.into_iter().map(rule).collect()
}

const DETECTION: &str = r##"{
  "@odata.type": "#microsoft.graph.security.detectionRule",
  "id": "7506",
  "displayName": "Odd ports",
  "isEnabled": true,
  "createdBy": "someone@birchwood.example",
  "queryCondition": {"queryText": "DeviceNetworkEvents\r\n| where RemotePort == 4444", "lastModifiedDateTime": null},
  "schedule": {"period": "3H", "nextRunDateTime": "2026-01-02T00:00:00Z"},
  "detectionAction": {
    "alertTemplate": {
      "title": "Odd port on {{DeviceName}}",
      "description": "A port that \"nobody\" uses",
      "severity": "high",
      "category": "CommandAndControl",
      "recommendedActions": "Look at the process",
      "mitreTechniques": ["T1571"],
      "impactedAssets": [
        {"@odata.type": "#microsoft.graph.security.impactedDeviceAsset", "identifier": "deviceId"},
        {"@odata.type": "#microsoft.graph.security.impactedUserAsset", "identifier": "initiatingProcessAccountUpn"}
      ]
    },
    "responseActions": [{"@odata.type": "#microsoft.graph.security.isolateDeviceResponseAction"}]
  }
}"##;

#[test]
fn a_custom_detection_of_defender_is_read_whole() {
    let loaded = load("d.json", DETECTION);
    assert_eq!(
        loaded[0].diagnostics.len(),
        1,
        "{:#?}",
        loaded[0].diagnostics
    );
    assert!(loaded[0].diagnostics[0].message.contains("responseActions"));
    let rule = loaded[0].rule.clone().unwrap();
    assert_eq!(rule.id, "7506");
    assert_eq!(
        (rule.kind, rule.severity),
        (Kind::Scheduled, Some(Severity::High))
    );
    let schedule = rule.schedule.unwrap();
    assert_eq!(schedule.every, Every::Span(period::parse("3h").unwrap()));
    assert_eq!(schedule.period, period::parse("12h").unwrap());
    assert_eq!(rule.grouping, Grouping::AlertPerResult);
    assert_eq!(
        rule.overrides.name.as_deref(),
        Some("Odd port on {{DeviceName}}")
    );
    assert_eq!(
        rule.description,
        "A port that \"nobody\" uses\nRecommended: Look at the process"
    );
    assert_eq!(
        (rule.tactics, rule.techniques),
        (
            vec!["CommandAndControl".to_owned()],
            vec!["T1571".to_owned()]
        )
    );
    let columns: Vec<_> = rule
        .entities
        .iter()
        .map(|entity| (entity.kind.as_str(), entity.fields[0].1.as_str()))
        .collect();
    assert_eq!(
        columns,
        [
            ("Host", "DeviceId"),
            ("Account", "InitiatingProcessAccountUpn")
        ]
    );
}

#[test]
fn iso_times_of_a_detection_replace_its_period() {
    let text = DETECTION.replace(
        "\"period\": \"3H\"",
        "\"frequency\": \"PT2H\", \"lookback\": \"P1D\"",
    );
    let schedule = rules("d.json", &text)[0].schedule.clone().unwrap();
    assert_eq!(schedule.every, Every::Span(period::parse("2h").unwrap()));
    assert_eq!(schedule.period, period::parse("1d").unwrap());
    let near = rules("d.json", &DETECTION.replace("\"3H\"", "\"0\""));
    assert_eq!(near[0].kind, Kind::NearRealTime);
}

#[test]
fn the_names_that_replace_others_in_a_detection_are_read() {
    let text = r##"{
  "id": "odd-ports", "displayName": "Odd ports", "description": "of the rule", "status": "disabled",
  "queryCondition": {"queryText": "DeviceNetworkEvents"},
  "schedule": {"frequency": "PT1H"},
  "detectionAction": {
    "alertTemplate": {
      "title": "Odd ports", "severity": "low", "eventGroupingKind": "singleAlert",
      "tactics": [{"tactic": "Execution", "techniques": [{"technique": "T1059", "subTechniques": ["T1059.001"]}]}],
      "entityMappings": {
        "@odata.type": "#microsoft.graph.security.entityMappingConfiguration",
        "accounts": null, "files": [],
        "hosts": [{"deviceIdColumn": "DeviceId", "nameColumn": ""}],
        "ips": [{"addressColumn": "RemoteIP"}]
      },
      "customDetails": {"Port": "RemotePort"}
    },
    "automatedActions": {"allowFiles": null, "isolateDevices": [{"deviceIdColumn": "DeviceId"}]}
  }
}"##;
    let loaded = load("d.json", text);
    let codes: Vec<_> = loaded[0]
        .diagnostics
        .iter()
        .map(|found| found.code)
        .collect();
    assert_eq!(codes, ["HQ037", "HQ037"], "{:#?}", loaded[0].diagnostics);
    let rule = loaded[0].rule.clone().unwrap();
    assert_eq!(
        (rule.schedule, rule.grouping),
        (None, Grouping::SingleAlert)
    );
    assert_eq!(
        (rule.description.as_str(), rule.tactics),
        ("of the rule", vec!["Execution".to_owned()])
    );
    assert_eq!(rule.techniques, ["T1059", "T1059.001"]);
    let entities: Vec<_> = rule
        .entities
        .iter()
        .map(|entity| (entity.kind.as_str(), entity.fields.clone()))
        .collect();
    let pair = |a: &str, b: &str| vec![(a.to_owned(), b.to_owned())];
    assert_eq!(
        entities,
        [
            ("Host", pair("DeviceId", "DeviceId")),
            ("IP", pair("Address", "RemoteIP"))
        ]
    );
    assert_eq!(rule.custom_details, pair("Port", "RemotePort"));
}

#[test]
fn a_list_of_detections_is_several_rules() {
    let second = DETECTION.replace("7506", "7507");
    assert_eq!(
        rules("d.json", &format!("{{\"value\": [{DETECTION}, {second}]}}")).len(),
        2
    );
}

const TEMPLATE: &str = r##"{
  "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
  "resources": [
    {
      "id": "[concat(resourceId('Microsoft.OperationalInsights/workspaces', parameters('workspace')), '/alertRules/0C6F1A3E-0000-4000-8000-00000000000A')]",
      "name": "[concat(parameters('workspace'), '/Microsoft.SecurityInsights/0c6f1a3e-0000-4000-8000-00000000000a')]",
      "type": "Microsoft.OperationalInsights/workspaces/providers/alertRules",
      "apiVersion": "2023-12-01-preview",
      "kind": "Scheduled",
      "properties": {
        "displayName": "From a template",
        "description": "x",
        "severity": "Low",
        "enabled": true,
        "query": "DeviceNetworkEvents\n| take 1",
        "queryFrequency": "PT1H",
        "queryPeriod": "P1D",
        "triggerOperator": "GreaterThan",
        "triggerThreshold": 0,
        "suppressionDuration": "PT5H",
        "suppressionEnabled": false,
        "tactics": ["Discovery"],
        "techniques": ["T1046"],
        "alertRuleTemplateName": null,
        "eventGroupingSettings": {"aggregationKind": "SingleAlert"},
        "incidentConfiguration": {"createIncident": true}
      }
    },
    {"type": "Microsoft.SecurityInsights/alertRules", "kind": "Fusion", "name": "f", "properties": {"enabled": true}},
    {
      "type": "Microsoft.OperationalInsights/savedSearches",
      "name": "s",
      "properties": {
        "category": "Hunting Queries",
        "displayName": "A saved hunt",
        "query": "[parameters('query')]",
        "tags": [{"name": "tactics", "value": "Discovery,Execution"}]
      }
    },
    {
      "type": "Microsoft.OperationalInsights/savedSearches",
      "name": "t",
      "properties": {
        "category": "Hunting Queries",
        "displayName": "Another saved hunt",
        "query": "DeviceInfo",
        "tags": [{"name": "tactics", "value": "Discovery,Execution"}, {"name": "techniques", "value": "T1046"}]
      }
    }
  ]
}"##;

#[test]
fn rules_of_a_template_of_azures_are_read_where_they_stand() {
    let loaded = load("t.json", TEMPLATE);
    assert_eq!(loaded.len(), 4);
    let rule = loaded[0]
        .rule
        .clone()
        .unwrap_or_else(|| panic!("{:#?}", loaded[0].diagnostics));
    assert_eq!(rule.id, "0c6f1a3e-0000-4000-8000-00000000000a");
    assert_eq!(rule.schedule.unwrap().period, period::parse("1d").unwrap());
    assert_eq!(
        (rule.suppression, rule.techniques),
        (None, vec!["T1046".to_owned()])
    );
    assert_eq!(loaded[1].diagnostics[0].code, "HQ036");
    assert_eq!(loaded[2].diagnostics[0].code, "HQ036");
    let saved = loaded[3].rule.clone().unwrap();
    assert_eq!(
        (saved.kind, saved.tactics),
        (
            Kind::Hunting,
            vec!["Discovery".to_owned(), "Execution".to_owned()]
        )
    );
}

const QUERY: &str = "// Name: Odd ports\n// MITRE: whatever\n// description: Ports that nobody uses\n//   and that tools do\n//Severity: high\n// Tactics: Command and Control, Discovery\n// techniques: T1571\n// query-frequency: 1h\n// queryPeriod: PT4H\n\nDeviceNetworkEvents\n| where RemotePort == 4444 // severity: low\n";

#[test]
fn the_head_of_a_query_tells_what_it_is() {
    let rule = &rules("q.kql", QUERY)[0];
    assert_eq!(rule.name, "Odd ports");
    assert_eq!(
        rule.description,
        "Ports that nobody uses\nand that tools do"
    );
    assert_eq!(rule.severity, Some(Severity::High));
    assert_eq!(rule.tactics, ["CommandAndControl", "Discovery"]);
    assert_eq!(
        rule.schedule.as_ref().unwrap().period,
        period::parse("4h").unwrap()
    );
    assert_eq!((rule.kind, rule.source.query_line), (Kind::Scheduled, 1));
    assert_eq!(rule.query, QUERY);
}

#[test]
fn a_query_without_a_head_is_a_hunt_with_the_name_of_its_file() {
    let rule = &rules("hunts/ports.kql", "DeviceNetworkEvents | count")[0];
    assert_eq!((rule.name.as_str(), rule.kind), ("ports", Kind::Hunting));
}

#[test]
fn a_slip_in_a_head_is_told() {
    let loaded = load("q.kql", "// severty: High\n// see: this\nT\n");
    assert_eq!(
        loaded[0].diagnostics.len(),
        1,
        "{:#?}",
        loaded[0].diagnostics
    );
    assert_eq!(
        loaded[0].diagnostics[0].help.as_deref(),
        Some("did you mean `severity`?")
    );
    assert!(load("q.kql", "// severity: Hight\nT\n")[0].rule.is_none());
}

const PAGE: &str = "# *Odd ports*\n\n## Query Information\n\n#### MITRE ATT&CK Technique(s)\n\n| Technique ID | Title | Link |\n| --- | --- | --- |\n| T1571 | Non-Standard Port | https://attack.example/techniques/T1571/ |\n\n#### Description\nPorts that nobody uses.\n\n#### References\n- none\n\n## Sentinel\n```KQL\nDeviceNetworkEvents | where TimeGenerated > ago(1h)\n```\n\n## Defender XDR\n```KQL\nDeviceNetworkEvents | where Timestamp > ago(1h)\n```\n";

#[test]
fn a_page_gives_the_block_under_defender_first() {
    let found = rules("p.md", PAGE);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].name, "Odd ports");
    assert_eq!(
        found[0].query,
        "DeviceNetworkEvents | where Timestamp > ago(1h)\n"
    );
    assert_eq!(
        (
            found[0].techniques.as_slice(),
            found[0].description.as_str()
        ),
        (&["T1571".to_owned()][..], "Ports that nobody uses.")
    );
    let without = PAGE.replace("Defender XDR", "Elsewhere");
    assert!(rules("p.md", &without)[0].query.contains("TimeGenerated"));
}

#[test]
fn a_page_without_queries_holds_no_rule() {
    assert!(load("p.md", "# Notes\n```sh\nls\n```\n").is_empty());
}
