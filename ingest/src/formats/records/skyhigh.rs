//! Skyhigh (McAfee) Secure Web Gateway: the cloud service's feed, and the appliance's access log.
//!
//! (spec: <https://success.skyhighsecurity.com/Skyhigh_Secure_Web_Gateway_(Cloud)/Reporting_API>,
//! <https://success.skyhighsecurity.com/Skyhigh_Secure_Web_Gateway_(On_Prem)>)
//!
//! - The feed (`skyhigh`): key=value whose values hold blanks and are not quoted (`category=Business, Software/Hardware`), or
//!   CSV under a header of the same names. `request_timestamp_epoch` goes before `request_timestamp`, which is UTC. It may
//!   have the process and the device that asked (`process_name`, `client_system_name`), from the agent on the client.
//! - The appliance (`mcafee`): `[02/Mar/2026:10:00:00 +0100] "user" client status "request line" "category" "reputation"
//!   "media type" bytes "agent" "virus" "block reason" …`, its columns named by a `#time_stamp …` line where there is one.
//!   A block reason other than 0 is a denial.

use super::delimited::Header;
use super::fields::Fields;
use super::instants::TimeRule::{Epoch, Text, Utc};
use super::mapping::{Mapping, Role::*, Stamp};
use super::pairs;
use super::vendor::{Kind, Vendor};
use crate::formats::proxy::ProxyResult::{Allowed, Denied};
use crate::output::Refusal;

pub(in crate::formats) static SKYHIGH: Vendor = Vendor {
    name: "skyhigh",
    title: "Skyhigh (McAfee) web gateway's cloud feed: key=value, CSV",
    spec: "https://success.skyhighsecurity.com/Skyhigh_Secure_Web_Gateway_(Cloud)/Reporting_API",
    begins: |text| text.starts_with("user_id=") || text.starts_with("username="),
    header: |line| {
        Header::with(
            line,
            &["request_timestamp_epoch", "requested_host", "http_action"],
        )
    },
    parse: |line, header| match header {
        Some(header) => header.fields(line),
        None => pairs::open(line),
    },
    kind: |fields| {
        let known = ["requested_host", "http_action", "uri_scheme"];
        match known.iter().all(|name| fields.has(name)) {
            true => Kind::Proxied(&FEED),
            false => Kind::Foreign,
        }
    },
};

const NULLS: &[&str] = &["-", "-1", "null"];

static FEED: Mapping = Mapping {
    time: &[
        Epoch(&["request_timestamp_epoch"]),
        Utc(&["request_timestamp"]),
    ],
    stamp: Stamp::Start,
    rows: &[
        (Client, &["client_ip", "source_ip"]),
        (Server, &["destination_ip"]),
        (ServerPort, &["destination_port"]),
        (Method, &["http_action"]),
        (Host, &["requested_host"]),
        (Path, &["requested_path"]),
        (Scheme, &["uri_scheme"]),
        (Status, &["http_status_code"]),
        (Action, &["result"]),
        (User, &["username"]),
        (UserAgent, &["user_agent", "user_agent_comment"]),
        (Referrer, &["referer"]),
        (Sent, &["client_to_server_bytes"]),
        (Received, &["server_to_client_bytes"]),
        (Mime, &["media_type"]),
        (Category, &["category"]),
        (Process, &["process_name"]),
        (Device, &["client_system_name"]),
    ],
    words: &[
        ("observed", Allowed),
        ("allow", Allowed),
        ("denied", Denied),
        ("block", Denied),
    ],
    nulls: NULLS,
};

pub(in crate::formats) static MCAFEE: Vendor = Vendor {
    name: "mcafee",
    title: "Skyhigh (McAfee) web gateway's access log",
    spec: "https://success.skyhighsecurity.com/Skyhigh_Secure_Web_Gateway_(On_Prem)",
    begins: |text| text.starts_with('['),
    header: |line| {
        let names = line.strip_prefix('#')?;
        names.starts_with("time_stamp").then(|| Header {
            names: names
                .split_ascii_whitespace()
                .map(|name| name.trim_matches('"').to_owned())
                .collect(),
            delimiter: ' ',
        })
    },
    parse: appliance,
    kind: |fields| match fields.get(&["status_code"], &[]).is_some_and(is_status)
        && fields.has("url")
    {
        true => Kind::Proxied(&APPLIANCE),
        false => Kind::Foreign,
    },
};

fn is_status(text: &str) -> bool {
    text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_digit())
}

const COLUMNS: &[&str] = &[
    "time_stamp",
    "auth_user",
    "src_ip",
    "status_code",
    "req_line",
    "categories",
    "rep_level",
    "media_type",
    "bytes_to_client",
    "user_agent",
    "virus_name",
    "block_res",
    "application_name",
];

static APPLIANCE: Mapping = Mapping {
    time: &[Text(&["time_stamp"])],
    rows: &[
        (Client, &["src_ip"]),
        (Method, &["method"]),
        (Url, &["url"]),
        (Status, &["status_code"]),
        (Action, &["block_res"]),
        (User, &["auth_user"]),
        (UserAgent, &["user_agent"]),
        (Received, &["bytes_to_client"]),
        (Sent, &["bytes_from_client"]),
        (Mime, &["media_type"]),
        (Category, &["categories"]),
    ],
    // 0 is no block; every other number is a reason.
    words: &[("0", Allowed), ("", Denied)],
    ..FEED
};

fn appliance<'a>(line: &'a str, header: Option<&Header>) -> Result<Fields<'a>, Refusal> {
    let values = columns(line)?;
    let told = header.map(|header| header.names.as_slice());
    // The last columns are left out by older rule sets.
    let most = told.map_or(COLUMNS.len(), <[String]>::len);
    let least = told.map_or(12, <[String]>::len);
    if !(least..=most).contains(&values.len()) {
        let message = format!("{} fields, not {least}", values.len());
        return Err(Refusal::new("field_count", message));
    }
    let mut fields = Fields::default();
    for (index, value) in values.into_iter().enumerate() {
        let name = match told {
            Some(names) => names[index].clone(),
            None => COLUMNS[index].to_owned(),
        };
        if name == "req_line" {
            let mut words = value.split(' ');
            let (Some(method), Some(url)) = (words.next(), words.next()) else {
                return Err(Refusal::new("bad_request", "the request line has no URL"));
            };
            fields.push("method", method);
            fields.push("url", url);
            if let Some(version) = words.next_back() {
                fields.push("version", version);
            }
        } else {
            fields.push(name, value);
        }
    }
    Ok(fields)
}

/// Values between blanks, some in quotes or brackets.
fn columns(line: &str) -> Result<Vec<&str>, Refusal> {
    let mut values = Vec::new();
    let mut rest = line.trim();
    while !rest.is_empty() {
        let close = match rest.as_bytes()[0] {
            b'"' => Some('"'),
            b'[' => Some(']'),
            _ => None,
        };
        let (value, after) = match close {
            Some(close) => rest[1..].split_once(close).ok_or_else(|| {
                Refusal::new(
                    "unclosed_quote",
                    "quotes or brackets do not close on the line",
                )
            })?,
            None => rest.split_once(' ').unwrap_or((rest, "")),
        };
        values.push(value);
        rest = after.trim_start();
    }
    Ok(values)
}
