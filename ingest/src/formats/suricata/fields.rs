//! `AdditionalFields` of each type, under Zeek's names where Zeek has the same thing.

use crate::formats::json_objects::text_of;
use crate::text::TextObject;
use serde_json::{Map, Value};

/// A key of the type's object, and its name in `AdditionalFields`.
type Names = &'static [(&'static str, &'static str)];

fn part<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a Map<String, Value>> {
    object.get(name)?.as_object()
}

/// Writes the members that `names` lists; what it does not list follows under its own name when it is a plain value.
fn write(part: &Map<String, Value>, names: Names, passed: &[&str], fields: &mut TextObject<'_>) {
    for (key, name) in names {
        if let Some(value) = part.get(*key).filter(|value| !value.is_null()) {
            fields.field(name, &text_of(value));
        }
    }
    for (key, value) in part {
        let is_listed = names
            .iter()
            .any(|(known, name)| known == key || name == key);
        let is_plain = !matches!(value, Value::Object(_) | Value::Array(_) | Value::Null);
        if !is_listed && is_plain && !passed.contains(&key.as_str()) {
            fields.field(key, &text_of(value));
        }
    }
}

pub(super) fn flow(object: &Map<String, Value>, fields: &mut TextObject<'_>) {
    const NAMES: Names = &[
        ("bytes_toserver", "orig_ip_bytes"),
        ("bytes_toclient", "resp_ip_bytes"),
        ("pkts_toserver", "orig_pkts"),
        ("pkts_toclient", "resp_pkts"),
        ("age", "duration"),
        ("state", "state"),
        ("reason", "reason"),
        ("end", "end"),
    ];
    if let Some(flow) = part(object, "flow") {
        write(flow, NAMES, &["start"], fields);
    }
    if let Some(tcp) = part(object, "tcp") {
        const TCP: Names = &[
            ("state", "tcp_state"),
            ("tcp_flags_ts", "tcp_flags_ts"),
            ("tcp_flags_tc", "tcp_flags_tc"),
        ];
        for (key, name) in TCP {
            if let Some(value) = tcp.get(*key) {
                fields.field(name, &text_of(value));
            }
        }
    }
    for key in ["icmp_type", "icmp_code"] {
        if let Some(value) = object.get(key) {
            fields.field(key, &text_of(value));
        }
    }
}

pub(super) fn http(object: &Map<String, Value>, fields: &mut TextObject<'_>) {
    const NAMES: Names = &[
        ("http_method", "method"),
        ("hostname", "host"),
        ("url", "uri"),
        ("http_refer", "referrer"),
        ("http_user_agent", "user_agent"),
        ("status", "status_code"),
        ("length", "response_body_len"),
    ];
    let Some(http) = part(object, "http") else {
        return;
    };
    write(http, NAMES, &["protocol", "http_content_type"], fields);
    if let Some(version) = http.get("protocol").map(text_of) {
        fields.field("version", version.trim_start_matches("HTTP/"));
    }
    if let Some(kind) = http.get("http_content_type") {
        let kinds = Value::Array(vec![Value::String(text_of(kind))]);
        fields.field("resp_mime_types", &kinds.to_string());
    }
}

/// Suricata's names of versions, and Zeek's.
const TLS_VERSIONS: &[(&str, &str)] = &[
    ("SSLv3", "SSLv3"),
    ("TLSv1", "TLSv10"),
    ("TLS 1.1", "TLSv11"),
    ("TLS 1.2", "TLSv12"),
    ("TLS 1.3", "TLSv13"),
];

pub(super) fn tls(object: &Map<String, Value>, fields: &mut TextObject<'_>) {
    const NAMES: Names = &[
        ("sni", "server_name"),
        ("subject", "subject"),
        ("issuerdn", "issuer"),
        ("session_resumed", "resumed"),
    ];
    let Some(tls) = part(object, "tls") else {
        return;
    };
    write(
        tls,
        NAMES,
        &["version", "certificate", "ja3", "ja3s"],
        fields,
    );
    if let Some(version) = tls.get("version").map(text_of) {
        let known = TLS_VERSIONS.iter().find(|(name, _)| *name == version);
        fields.field("version", known.map_or(version.as_str(), |(_, zeek)| zeek));
    }
    for key in ["ja3", "ja3s"] {
        if let Some(hash) = tls.get(key).and_then(|value| value.get("hash")) {
            fields.field(key, &text_of(hash));
        }
    }
}

pub(super) fn dns(object: &Map<String, Value>, fields: &mut TextObject<'_>) {
    const NAMES: Names = &[
        ("type", "dns_type"),
        ("id", "trans_id"),
        ("rrname", "query"),
        ("rrtype", "qtype_name"),
        ("rcode", "rcode_name"),
    ];
    let Some(dns) = part(object, "dns") else {
        return;
    };
    // `aa` and its kin are there when they are set, and as false in some versions.
    const FLAGS: Names = &[("aa", "AA"), ("tc", "TC"), ("rd", "RD"), ("ra", "RA")];
    write(
        dns,
        NAMES,
        &["aa", "tc", "rd", "ra", "ttl", "rdata", "tx_id", "flags"],
        fields,
    );
    for (key, name) in FLAGS {
        if let Some(value) = dns.get(*key) {
            fields.field(name, &text_of(value));
        }
    }
    // Version 3 has a list of questions, which in practice has one.
    if !dns.contains_key("rrname")
        && let Some(Value::Array(queries)) = dns.get("queries")
    {
        for (key, name) in [("rrname", "query"), ("rrtype", "qtype_name")] {
            let texts: Vec<String> = queries
                .iter()
                .filter_map(|query| query.get(key).map(text_of))
                .collect();
            fields.field(name, &texts.join(","));
        }
    }
    let (mut answers, mut ttls) = (Vec::new(), Vec::new());
    let one = [Value::Object(dns.clone())];
    let list = match dns.get("answers") {
        Some(Value::Array(list)) => list.as_slice(),
        _ if dns.contains_key("rdata") => &one,
        _ => &[],
    };
    for answer in list {
        if let Some(data) = answer.get("rdata") {
            answers.push(Value::String(text_of(data)));
            ttls.push(answer.get("ttl").cloned().unwrap_or(Value::Null));
        }
    }
    if !answers.is_empty() {
        fields.field("answers", &Value::Array(answers).to_string());
        fields.field("TTLs", &Value::Array(ttls).to_string());
    }
}

pub(super) fn alert(object: &Map<String, Value>, fields: &mut TextObject<'_>) {
    const NAMES: Names = &[
        ("signature", "SignatureName"),
        ("signature_id", "SignatureId"),
        ("gid", "SignatureGenerator"),
        ("rev", "SignatureRevision"),
        ("category", "Category"),
        ("severity", "Severity"),
        ("action", "AlertAction"),
    ];
    if let Some(alert) = part(object, "alert") {
        write(alert, NAMES, &[], fields);
    }
    if let Some(payload) = object
        .get("payload_printable")
        .or_else(|| object.get("payload"))
    {
        fields.field("SamplePacketContent", &text_of(payload));
    }
    // What the alerting request was, where Suricata wrote it into the alert.
    if let Some(http) = part(object, "http") {
        for (key, name) in [
            ("hostname", "host"),
            ("url", "uri"),
            ("http_method", "method"),
        ] {
            if let Some(value) = http.get(key) {
                fields.field(name, &text_of(value));
            }
        }
    }
    if let Some(sni) = part(object, "tls").and_then(|tls| tls.get("sni")) {
        fields.field("server_name", &text_of(sni));
    }
}
