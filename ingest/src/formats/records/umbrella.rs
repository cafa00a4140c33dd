//! Cisco Umbrella's proxy log: CSV by position, all values quoted, UTC.
//!
//! (spec: <https://docs.umbrella.com/deployment-umbrella/docs/log-formats-and-versioning>)
//!
//! Versions append columns, so positions hold; what is beyond the known ones is kept as `field_N`. A header line, which
//! newer exports may have, is passed over. Umbrella's DNS, firewall and other logs are skipped by name. The client is the
//! internal address, else the external one; the identity is the user or the device where its type says so. The proxy's own address is not in the record.

use super::delimited::{self, Header};
use super::fields::Fields;
use super::instants::TimeRule::Utc;
use super::mapping::{Mapping, Role::*, Stamp};
use super::vendor::{Kind, Vendor};
use crate::formats::proxy::ProxyResult::{Allowed, Denied};
use crate::output::Refusal;

pub(in crate::formats) static UMBRELLA: Vendor = Vendor {
    name: "umbrella",
    title: "Cisco Umbrella's proxy log (CSV)",
    spec: "https://docs.umbrella.com/deployment-umbrella/docs/log-formats-and-versioning",
    begins: |text| is_time(text.trim_start_matches('"')),
    header: |line| {
        let found = Header::with(line, &["Timestamp", "URL", "User Agent"])?;
        // Not a table of another product that happens to have such columns.
        let is_first = found
            .names
            .first()
            .is_some_and(|name| name.eq_ignore_ascii_case("Timestamp"));
        let has_identity = found
            .names
            .iter()
            .any(|name| name.to_ascii_lowercase().contains("identit"));
        (is_first && has_identity).then_some(found)
    },
    parse,
    kind,
};

const NAMES: &[&str] = &[
    "timestamp",
    "policy_identity",
    "internal_client_ip",
    "external_client_ip",
    "destination_ip",
    "content_type",
    "verdict",
    "url",
    "referer",
    "user_agent_text",
    "status",
    "request_size",
    "response_size",
    "response_body_size",
    "sha256",
    "categories",
    "av_detections",
    "puas",
    "amp_disposition",
    "amp_malware",
    "amp_score",
    "policy_identity_type",
    "blocked_categories",
    "identities",
    "identity_types",
    "request_method",
    "dlp_status",
    "certificate_errors",
    "file_name",
    "ruleset_id",
    "rule_id",
    "destination_list_ids",
    "isolate_action",
    "file_action",
    "warn_status",
];
/// Where the type of the identity stands, from the third version on.
const TYPE_AT: usize = 21;
/// The columns of the first version.
const FIELDS_MIN: usize = 11;

static PROXY: Mapping = Mapping {
    time: &[Utc(&["timestamp"])],
    stamp: Stamp::Start,
    rows: &[
        (Client, &["internal_client_ip", "external_client_ip"]),
        (Server, &["destination_ip"]),
        (Method, &["request_method"]),
        (Url, &["url"]),
        (Status, &["status"]),
        (Action, &["verdict"]),
        (User, &["user"]),
        (Device, &["device"]),
        (UserAgent, &["user_agent_text"]),
        (Referrer, &["referer"]),
        (Sent, &["request_size"]),
        (Received, &["response_size"]),
        (Mime, &["content_type"]),
        (Category, &["categories"]),
    ],
    words: &[
        ("allow", Allowed),
        ("proxied", Allowed),
        ("isolat", Allowed),
        ("warn", Allowed),
        ("block", Denied),
    ],
    nulls: &["-"],
};

fn is_time(text: &str) -> bool {
    let local = text
        .get(..19)
        .and_then(|text| crate::time::iso_local(text.as_bytes()));
    local.is_some_and(|(_, rest)| rest.is_empty()) && text.as_bytes().get(10) == Some(&b' ')
}

fn parse<'a>(line: &'a str, _: Option<&Header>) -> Result<Fields<'a>, Refusal> {
    let values = delimited::split(line, ',')?;
    if !values
        .first()
        .is_some_and(|first| is_time(first) && first.len() == 19)
    {
        return Err(Refusal::new("bad_time", "the first value is no time"));
    }
    if values.len() < 5 {
        let message = format!(
            "{} fields, at least {FIELDS_MIN} are documented",
            values.len()
        );
        return Err(Refusal::new("field_count", message));
    }
    // The DNS log has the verdict and the query's type where this one has addresses and types.
    let is_dns = values.get(5).is_some_and(|value| is_verdict(value));
    if is_dns {
        let mut fields = Fields::default();
        fields.push("log", "dns");
        return Ok(fields);
    }
    if values.len() < FIELDS_MIN {
        let message = format!(
            "{} fields, at least {FIELDS_MIN} are documented",
            values.len()
        );
        return Err(Refusal::new("field_count", message));
    }
    let identity = values[1].clone();
    let alias = alias(values.get(TYPE_AT).map_or("", AsRef::as_ref));
    let mut fields = delimited::positional(values, NAMES);
    if let Some(alias) = alias {
        fields.push(alias, identity);
    }
    Ok(fields)
}

/// What the identity is besides: a user or a device. Networks and sites are neither.
fn alias(identity_type: &str) -> Option<&'static str> {
    let lower = identity_type.to_ascii_lowercase();
    match lower {
        _ if lower.contains("user") => Some("user"),
        _ if lower.contains("roaming") || lower.contains("computer") => Some("device"),
        _ => None,
    }
}

fn is_verdict(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    PROXY.words.iter().any(|(word, _)| lower.starts_with(word))
}

fn kind(fields: &Fields<'_>) -> Kind {
    if fields.is("log", "dns") {
        return Kind::Unmapped("Umbrella dns".to_owned());
    }
    let text = |name: &str| fields.get(&[name], &["-"]).unwrap_or_default();
    let has_client = ["internal_client_ip", "external_client_ip"]
        .iter()
        .any(|name| crate::address::parse(text(name)).is_some());
    match is_verdict(text("verdict")) && has_client {
        true => Kind::Proxied(&PROXY),
        false => Kind::Foreign,
    }
}
