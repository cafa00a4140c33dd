//! SARIF 2.1.0: what code hosts and editors show beside the lines of a change.
//!
//! Spec: OASIS, "Static Analysis Results Interchange Format (SARIF) Version 2.1.0". One run; columns in Unicode code points;
//! a rule for each code that was found.

use super::findings::{Finding, Region};
use huntql_engine::lints;
use huntql_kql::diagnostics::Severity;
use serde_json::{Value, json};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// `failure`: why the run ended, where that is no finding.
pub fn document(findings: &[Finding], failure: Option<&str>) -> Value {
    let mut codes: Vec<&str> = findings.iter().map(|finding| finding.code).collect();
    codes.sort_unstable();
    codes.dedup();
    let results: Vec<Value> = findings
        .iter()
        .map(|finding| result(finding, &codes))
        .collect();
    let mut document = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "huntql",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": codes.iter().map(|code| rule(code)).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    if let Some(message) = failure {
        document["runs"][0]["invocations"] = json!([{
            "executionSuccessful": false,
            "toolExecutionNotifications": [{"level": "error", "message": {"text": message}}],
        }]);
    }
    document
}

fn rule(code: &str) -> Value {
    match lints::by_code(code) {
        Some(lint) => json!({
            "id": code,
            "name": lint.name,
            "shortDescription": {"text": lint.doc},
            "defaultConfiguration": {"level": level(lint.severity)},
        }),
        None => json!({"id": code}),
    }
}

fn result(finding: &Finding, codes: &[&str]) -> Value {
    let message = match &finding.help {
        Some(help) => format!("{}\n{help}", finding.message),
        None => finding.message.clone(),
    };
    let mut result = json!({
        "ruleId": finding.code,
        "ruleIndex": codes.iter().position(|code| *code == finding.code),
        "level": level(finding.severity),
        "message": {"text": message},
        "locations": [location(&finding.file, finding.region)],
    });
    if !finding.related.is_empty() {
        let related = finding.related.iter().map(|(region, text)| {
            let mut place = location(&finding.file, *region);
            place["message"] = json!({"text": text});
            place
        });
        result["relatedLocations"] = related.collect();
    }
    result
}

fn location(file: &str, region: Region) -> Value {
    json!({"physicalLocation": {
        "artifactLocation": {"uri": uri(file)},
        "region": {
            "startLine": region.line,
            "startColumn": region.column,
            "endLine": region.end_line,
            "endColumn": region.end_column,
        },
    }})
}

/// A path as a relative reference of a URI (RFC 3986, section 3.3).
fn uri(file: &str) -> String {
    let mut uri = String::new();
    for byte in file.trim_start_matches("./").bytes() {
        match byte {
            b'\\' => uri.push('/'),
            b'/' | b'-' | b'.' | b'_' | b'~' => uri.push(char::from(byte)),
            byte if byte.is_ascii_alphanumeric() => uri.push(char::from(byte)),
            byte => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

/// SARIF knows no hints.
fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Hint => "note",
    }
}
