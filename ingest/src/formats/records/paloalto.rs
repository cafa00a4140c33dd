//! Palo Alto Networks: traffic and URL records as CSV by position.
//!
//! (spec: <https://docs.paloaltonetworks.com/ngfw/administration/monitoring/use-syslog-for-monitoring/syslog-field-descriptions>)
//!
//! | type, subtype | becomes |
//! |---|---|
//! | THREAT url | a proxied request (the firewall saw the URL) |
//! | TRAFFIC start, end, drop, deny | a connection that a network device saw: no proxied request |
//! | all others (SYSTEM, CONFIG, THREAT virus …) | skipped by name |
//!
//! Versions of PAN-OS only append fields, so positions hold from 6.1 on; what is beyond them is kept as `field_N`. A traffic
//! record has its own start time; a URL record is timed when it was generated. Both are local to the firewall: `--tz`.
//! URLs have no scheme. A session that is logged at its start and at its end is two rows; `subtype` tells them apart.

use super::delimited::{self, Header};
use super::fields::Fields;
use super::instants::TimeRule::Text;
use super::mapping::{Mapping, Role::*, Stamp};
use super::vendor::{Kind, Vendor};
use crate::formats::proxy::ProxyResult::{self, Allowed, Denied};
use crate::output::Refusal;

pub(in crate::formats) static PALO_ALTO: Vendor = Vendor {
    name: "paloalto",
    title: "Palo Alto Networks traffic and URL logs (CSV)",
    spec: "https://docs.paloaltonetworks.com/ngfw/administration/monitoring/use-syslog-for-monitoring/syslog-field-descriptions",
    begins,
    header: |_| None,
    parse,
    kind,
};

const LOGS: &[&str] = &[
    "TRAFFIC",
    "THREAT",
    "SYSTEM",
    "CONFIG",
    "HIPMATCH",
    "HIP-MATCH",
    "USERID",
    "GLOBALPROTECT",
    "DECRYPTION",
    "AUTHENTICATION",
    "CORRELATION",
    "GTP",
    "SCTP",
    "TUNNEL",
    "IPTAG",
    "AUDIT",
];

const TRAFFIC_NAMES: &[&str] = &[
    "future_use1",
    "receive_time",
    "serial",
    "type",
    "subtype",
    "future_use2",
    "time_generated",
    "src",
    "dst",
    "natsrc",
    "natdst",
    "rule",
    "srcuser",
    "dstuser",
    "app",
    "vsys",
    "from",
    "to",
    "inbound_if",
    "outbound_if",
    "logset",
    "future_use3",
    "sessionid",
    "repeatcnt",
    "sport",
    "dport",
    "natsport",
    "natdport",
    "flags",
    "proto",
    "action",
    "bytes",
    "bytes_sent",
    "bytes_received",
    "packets",
    "start",
    "elapsed",
    "category",
    "future_use4",
    "seqno",
    "actionflags",
    "srcloc",
    "dstloc",
    "future_use5",
    "pkts_sent",
    "pkts_received",
    "session_end_reason",
    "dg_hier_level_1",
    "dg_hier_level_2",
    "dg_hier_level_3",
    "dg_hier_level_4",
    "vsys_name",
    "device_name",
    "action_source",
];
const THREAT_NAMES: &[&str] = &[
    "future_use1",
    "receive_time",
    "serial",
    "type",
    "subtype",
    "future_use2",
    "time_generated",
    "src",
    "dst",
    "natsrc",
    "natdst",
    "rule",
    "srcuser",
    "dstuser",
    "app",
    "vsys",
    "from",
    "to",
    "inbound_if",
    "outbound_if",
    "logset",
    "future_use3",
    "sessionid",
    "repeatcnt",
    "sport",
    "dport",
    "natsport",
    "natdport",
    "flags",
    "proto",
    "action",
    "misc",
    "threatid",
    "category",
    "severity",
    "url_direction",
    "seqno",
    "actionflags",
    "srcloc",
    "dstloc",
    "future_use4",
    "contenttype",
    "pcap_id",
    "filedigest",
    "cloud",
    "url_idx",
    "user_agent_text",
    "filetype",
    "xff",
    "referer",
    "sender",
    "subject",
    "recipient",
    "reportid",
    "dg_hier_level_1",
    "dg_hier_level_2",
    "dg_hier_level_3",
    "dg_hier_level_4",
    "vsys_name",
    "device_name",
    "future_use5",
    "src_uuid",
    "dst_uuid",
    "http_method",
];
/// Fields that every version since 6.1 has: up to the elapsed time, up to the direction.
const TRAFFIC_FIELDS_MIN: usize = 37;
const THREAT_FIELDS_MIN: usize = 36;

const WORDS: &[(&str, ProxyResult)] = &[
    ("alert", Allowed),
    ("allow", Allowed),
    ("continue", Allowed),
    ("override-lockout", Denied),
    ("override", Allowed),
    ("block", Denied),
    ("deny", Denied),
    ("drop", Denied),
    ("reset", Denied),
    ("sinkhole", Denied),
];

static URL: Mapping = Mapping {
    time: &[Text(&["time_generated", "receive_time"])],
    stamp: Stamp::Start,
    rows: &[
        (Client, &["src"]),
        (ClientPort, &["sport"]),
        (Server, &["dst"]),
        (ServerPort, &["dport"]),
        (Method, &["http_method"]),
        (Url, &["misc"]),
        (Action, &["action"]),
        (User, &["srcuser"]),
        (UserAgent, &["user_agent_text"]),
        (Referrer, &["referer"]),
        (Mime, &["contenttype"]),
        (Category, &["category"]),
        (ProxyName, &["device_name"]),
    ],
    words: WORDS,
    nulls: &[],
};

static TRAFFIC: Mapping = Mapping {
    time: &[Text(&["start", "time_generated", "receive_time"])],
    rows: &[
        (Client, &["src"]),
        (ClientPort, &["sport"]),
        (Server, &["dst"]),
        (ServerPort, &["dport"]),
        (Protocol, &["proto"]),
        (Action, &["action"]),
        (User, &["srcuser"]),
        (Sent, &["bytes_sent"]),
        (Received, &["bytes_received"]),
        (PacketsBack, &["pkts_received"]),
        (Category, &["category"]),
        (ProxyName, &["device_name"]),
        (DurationS, &["elapsed"]),
    ],
    ..URL
};

/// The fourth field is the type of the log.
fn begins(text: &str) -> bool {
    let mut fields = text.splitn(5, ',');
    let first = fields.next().unwrap_or_default();
    first.len() <= 2 && fields.nth(2).is_some_and(|log| LOGS.contains(&log))
}

fn parse<'a>(line: &'a str, _: Option<&Header>) -> Result<Fields<'a>, Refusal> {
    let values = delimited::split(line, ',')?;
    let (names, least) = match values.get(3).map(AsRef::as_ref) {
        Some("TRAFFIC") => (TRAFFIC_NAMES, TRAFFIC_FIELDS_MIN),
        Some("THREAT") => (THREAT_NAMES, THREAT_FIELDS_MIN),
        Some(log) if LOGS.contains(&log) => (TRAFFIC_NAMES, 5),
        _ => {
            return Err(Refusal::new(
                "other_format",
                "the fourth field is no log type of PAN-OS",
            ));
        }
    };
    if values.len() < least {
        let message = format!("{} fields, at least {least} are documented", values.len());
        return Err(Refusal::new("field_count", message));
    }
    Ok(delimited::positional(values, names))
}

fn kind(fields: &Fields<'_>) -> Kind {
    let text = |name: &str| fields.get(&[name], &[]).unwrap_or_default();
    match (text("type"), text("subtype")) {
        ("TRAFFIC", _) => Kind::Connection(&TRAFFIC),
        ("THREAT", "url") => Kind::Proxied(&URL),
        (log, subtype) => Kind::Unmapped(format!("{log} {subtype}")),
    }
}
