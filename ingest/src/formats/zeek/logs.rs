//! The logs that are mapped, with their fields in the order in which `AdditionalFields` has them, and the names of the rest.
//!
//! Versions of Zeek add and drop fields: all are read by name, and what is not listed here follows the listed ones.

use super::map::{self, Mapping};

/// What a field's value is, which decides how it is written as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Strings, addresses, enums, counts: as they are.
    Text,
    /// Seconds, with six digits after the point.
    Seconds,
    /// `true` or `false`.
    Flag,
    /// A list of texts, as JSON text.
    Texts,
    /// A list of seconds, as JSON text.
    SecondsList,
}

use Kind::{Flag, Seconds, SecondsList, Text, Texts};

/// A mapped log.
pub(super) struct ZeekLog {
    pub name: &'static str,
    pub class: &'static str,
    /// After [`COMMON`], whose positions all logs share.
    pub fields: &'static [(&'static str, Kind)],
    /// Fields of this log and of few others, for records that do not say which log they are of.
    pub signature: &'static [&'static str],
    /// Fields that those others have and this one has not.
    pub foreign: &'static [&'static str],
    pub map: Mapping,
}

/// The fields that each mapped log begins with; mapped to columns of their own.
pub(super) const COMMON: &[&str] = &[
    "ts",
    "uid",
    "id.orig_h",
    "id.orig_p",
    "id.resp_h",
    "id.resp_p",
];
pub(super) const TS: usize = 0;
pub(super) const UID: usize = 1;
pub(super) const ORIG_H: usize = 2;
pub(super) const ORIG_P: usize = 3;
pub(super) const RESP_H: usize = 4;
pub(super) const RESP_P: usize = 5;
/// The position of a log's own first field.
pub(super) const OWN: usize = COMMON.len();

pub(super) static LOGS: &[ZeekLog] = &[
    ZeekLog {
        name: "conn",
        class: "zeek.conn",
        fields: CONN,
        signature: &["conn_state"],
        foreign: &[],
        map: map::conn,
    },
    ZeekLog {
        name: "http",
        class: "zeek.http",
        fields: HTTP,
        signature: &["method", "host", "uri", "status_code"],
        // sip.log
        foreign: &["call_id", "request_from", "request_path"],
        map: map::http,
    },
    ZeekLog {
        name: "ssl",
        class: "zeek.ssl",
        fields: SSL,
        signature: &["established"],
        foreign: &[],
        map: map::ssl,
    },
    ZeekLog {
        name: "dns",
        class: "zeek.dns",
        fields: DNS,
        signature: &["query", "qtype_name", "rcode_name"],
        foreign: &[],
        map: map::dns,
    },
];

pub(super) const CONN: &[(&str, Kind)] = &[
    ("proto", Text),
    ("service", Text),
    ("duration", Seconds),
    ("orig_bytes", Text),
    ("resp_bytes", Text),
    ("conn_state", Text),
    ("local_orig", Flag),
    ("local_resp", Flag),
    ("missed_bytes", Text),
    ("history", Text),
    ("orig_pkts", Text),
    ("orig_ip_bytes", Text),
    ("resp_pkts", Text),
    ("resp_ip_bytes", Text),
    ("tunnel_parents", Texts),
];
pub(super) const CONN_PROTO: usize = OWN;
pub(super) const CONN_ORIG_BYTES: usize = OWN + 3;
pub(super) const CONN_RESP_BYTES: usize = OWN + 4;
pub(super) const CONN_STATE: usize = OWN + 5;
pub(super) const CONN_LOCAL_ORIG: usize = OWN + 6;
pub(super) const CONN_LOCAL_RESP: usize = OWN + 7;

const HTTP: &[(&str, Kind)] = &[
    ("trans_depth", Text),
    ("method", Text),
    ("host", Text),
    ("uri", Text),
    ("referrer", Text),
    ("version", Text),
    ("user_agent", Text),
    ("origin", Text),
    ("request_body_len", Text),
    ("response_body_len", Text),
    ("status_code", Text),
    ("status_msg", Text),
    ("info_code", Text),
    ("info_msg", Text),
    ("tags", Texts),
    ("username", Text),
    ("password", Text),
    ("proxied", Texts),
    ("orig_fuids", Texts),
    ("orig_filenames", Texts),
    ("orig_mime_types", Texts),
    ("resp_fuids", Texts),
    ("resp_filenames", Texts),
    ("resp_mime_types", Texts),
];
pub(super) const HTTP_HOST: usize = OWN + 2;

const SSL: &[(&str, Kind)] = &[
    ("version", Text),
    ("cipher", Text),
    ("curve", Text),
    ("server_name", Text),
    ("resumed", Flag),
    ("last_alert", Text),
    ("next_protocol", Text),
    ("established", Flag),
    ("ssl_history", Text),
    ("cert_chain_fps", Texts),
    ("client_cert_chain_fps", Texts),
    ("cert_chain_fuids", Texts),
    ("client_cert_chain_fuids", Texts),
    ("subject", Text),
    ("issuer", Text),
    ("client_subject", Text),
    ("client_issuer", Text),
    ("sni_matches_cert", Flag),
    ("validation_status", Text),
    ("ja3", Text),
    ("ja3s", Text),
];
pub(super) const SSL_SERVER_NAME: usize = OWN + 3;

const DNS: &[(&str, Kind)] = &[
    ("proto", Text),
    ("trans_id", Text),
    ("rtt", Seconds),
    ("query", Text),
    ("qclass", Text),
    ("qclass_name", Text),
    ("qtype", Text),
    ("qtype_name", Text),
    ("rcode", Text),
    ("rcode_name", Text),
    ("AA", Flag),
    ("TC", Flag),
    ("RD", Flag),
    ("RA", Flag),
    ("Z", Text),
    ("answers", Texts),
    ("TTLs", SecondsList),
    ("rejected", Flag),
];
pub(super) const DNS_PROTO: usize = OWN;

/// Logs of Zeek that are known by name and have no mapping.
const UNMAPPED: &[&str] = &[
    "analyzer",
    "broker",
    "capture_loss",
    "cluster",
    "config",
    "dce_rpc",
    "dhcp",
    "dnp3",
    "dpd",
    "files",
    "ftp",
    "intel",
    "irc",
    "kerberos",
    "known_certs",
    "known_hosts",
    "known_services",
    "ldap",
    "ldap_search",
    "loaded_scripts",
    "modbus",
    "mqtt_connect",
    "mqtt_publish",
    "mqtt_subscribe",
    "mysql",
    "notice",
    "notice_alarm",
    "ntlm",
    "ntp",
    "ocsp",
    "packet_filter",
    "pe",
    "postgresql",
    "quic",
    "radius",
    "rdp",
    "reporter",
    "rfb",
    "signatures",
    "sip",
    "smb_cmd",
    "smb_files",
    "smb_mapping",
    "smtp",
    "snmp",
    "socks",
    "software",
    "ssh",
    "stats",
    "stderr",
    "stdout",
    "syslog",
    "telemetry",
    "traceroute",
    "tunnel",
    "unknown_protocols",
    "websocket",
    "weird",
    "weird_stats",
    "x509",
];

/// The mapped log of this name.
pub(super) fn mapped(name: &str) -> Option<&'static ZeekLog> {
    LOGS.iter().find(|log| log.name == name)
}

/// The log, mapped or not, of which a file's name speaks by one of its parts.
pub(super) fn named_in(parts: &[&str]) -> Option<&'static str> {
    let mapped = LOGS.iter().map(|log| log.name);
    mapped
        .chain(UNMAPPED.iter().copied())
        .find(|name| parts.contains(name))
}

/// Whether Zeek writes a log of this name, mapped or not.
pub(super) fn is_log(name: &str) -> bool {
    mapped(name).is_some() || UNMAPPED.contains(&name)
}

pub(super) fn mapped_names() -> String {
    LOGS.iter()
        .map(|log| log.name)
        .collect::<Vec<_>>()
        .join(", ")
}

impl ZeekLog {
    /// How many fields have a position.
    pub fn known(&self) -> usize {
        OWN + self.fields.len()
    }

    /// The position of a field by its name; `id_orig_h` is `id.orig_h`, as some shippers write it.
    pub fn position(&self, name: &str) -> Option<usize> {
        if let Some(index) = COMMON.iter().position(|common| *common == name) {
            return Some(index);
        }
        if let Some(rest) = name.strip_prefix("id_") {
            return COMMON
                .iter()
                .position(|common| common.strip_prefix("id.") == Some(rest));
        }
        self.fields
            .iter()
            .position(|(field, _)| *field == name)
            .map(|index| OWN + index)
    }
}
