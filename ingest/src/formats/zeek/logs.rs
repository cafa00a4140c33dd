//! The logs that are mapped, with their fields in the order in which `AdditionalFields` has them, and the names of the rest.
//!
//! Versions of Zeek add and drop fields: all are read by name, and what is not listed here follows the listed ones.

use super::addresses;
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
    pub table: Table,
    pub map: Mapping,
}

/// The table that a log's records become rows of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Table {
    /// DeviceNetworkEvents.
    Connections,
    /// DeviceNetworkInfo: who has which address as of a time. Its records have no two ends.
    Addresses,
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
        table: Table::Connections,
        map: map::conn,
    },
    ZeekLog {
        name: "http",
        class: "zeek.http",
        fields: HTTP,
        signature: &["method", "host", "uri", "status_code"],
        // sip.log
        foreign: &["call_id", "request_from", "request_path"],
        table: Table::Connections,
        map: map::http,
    },
    ZeekLog {
        name: "ssl",
        class: "zeek.ssl",
        fields: SSL,
        signature: &["established"],
        foreign: &[],
        table: Table::Connections,
        map: map::ssl,
    },
    ZeekLog {
        name: "dns",
        class: "zeek.dns",
        fields: DNS,
        signature: &["query", "qtype_name", "rcode_name"],
        foreign: &[],
        table: Table::Connections,
        map: map::dns,
    },
    ZeekLog {
        name: "ssh",
        class: "zeek.ssh",
        fields: SSH,
        signature: &["auth_attempts", "kex_alg", "host_key_alg"],
        foreign: &[],
        table: Table::Connections,
        map: map::ssh,
    },
    ZeekLog {
        name: "smtp",
        class: "zeek.smtp",
        fields: SMTP,
        signature: &["helo", "mailfrom", "rcptto", "last_reply"],
        foreign: &[],
        table: Table::Connections,
        map: map::smtp,
    },
    ZeekLog {
        name: "ftp",
        class: "zeek.ftp",
        fields: FTP,
        signature: &["reply_code", "data_channel.passive"],
        foreign: &["method"],
        table: Table::Connections,
        map: map::ftp,
    },
    ZeekLog {
        name: "ntlm",
        class: "zeek.ntlm",
        fields: NTLM,
        signature: &["server_nb_computer_name", "domainname"],
        foreign: &[],
        table: Table::Connections,
        map: map::ntlm,
    },
    ZeekLog {
        name: "dhcp",
        class: "zeek.dhcp",
        fields: DHCP,
        signature: &["assigned_addr", "assigned_ip", "msg_types"],
        foreign: &[],
        table: Table::Addresses,
        map: addresses::dhcp,
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

const SSH: &[(&str, Kind)] = &[
    ("version", Text),
    ("auth_success", Flag),
    ("auth_attempts", Text),
    ("direction", Text),
    ("client", Text),
    ("server", Text),
    ("cipher_alg", Text),
    ("mac_alg", Text),
    ("compression_alg", Text),
    ("kex_alg", Text),
    ("host_key_alg", Text),
    ("host_key", Text),
];
/// `INBOUND` or `OUTBOUND`, Zeek's word for what `direction` says of every row.
pub(super) const SSH_DIRECTION: usize = OWN + 3;

const SMTP: &[(&str, Kind)] = &[
    ("trans_depth", Text),
    ("helo", Text),
    ("mailfrom", Text),
    ("rcptto", Texts),
    ("date", Text),
    ("from", Text),
    ("to", Texts),
    ("cc", Texts),
    ("reply_to", Text),
    ("msg_id", Text),
    ("in_reply_to", Text),
    ("subject", Text),
    ("x_originating_ip", Text),
    ("first_received", Text),
    ("second_received", Text),
    ("last_reply", Text),
    ("path", Texts),
    ("user_agent", Text),
    ("tls", Flag),
    ("fuids", Texts),
    ("is_webmail", Flag),
];

const FTP: &[(&str, Kind)] = &[
    ("user", Text),
    ("password", Text),
    ("command", Text),
    ("arg", Text),
    ("mime_type", Text),
    ("file_size", Text),
    ("reply_code", Text),
    ("reply_msg", Text),
    ("data_channel.passive", Flag),
    ("data_channel.orig_h", Text),
    ("data_channel.resp_h", Text),
    ("data_channel.resp_p", Text),
    ("fuid", Text),
];

const NTLM: &[(&str, Kind)] = &[
    ("username", Text),
    ("hostname", Text),
    ("domainname", Text),
    ("server_nb_computer_name", Text),
    ("server_dns_computer_name", Text),
    ("server_tree_name", Text),
    ("success", Flag),
];

/// The names of Zeek 3 and later, then those of before.
const DHCP: &[(&str, Kind)] = &[
    ("uids", Texts),
    ("client_addr", Text),
    ("server_addr", Text),
    ("mac", Text),
    ("host_name", Text),
    ("client_fqdn", Text),
    ("domain", Text),
    ("requested_addr", Text),
    ("assigned_addr", Text),
    ("lease_time", Seconds),
    ("msg_types", Texts),
    ("assigned_ip", Text),
];
pub(super) const DHCP_CLIENT_ADDR: usize = OWN + 1;
pub(super) const DHCP_SERVER_ADDR: usize = OWN + 2;
pub(super) const DHCP_MAC: usize = OWN + 3;
pub(super) const DHCP_HOST_NAME: usize = OWN + 4;
pub(super) const DHCP_CLIENT_FQDN: usize = OWN + 5;
pub(super) const DHCP_DOMAIN: usize = OWN + 6;
pub(super) const DHCP_ASSIGNED_ADDR: usize = OWN + 8;
pub(super) const DHCP_MSG_TYPES: usize = OWN + 10;
pub(super) const DHCP_ASSIGNED_IP: usize = OWN + 11;

/// Why a log that one might miss has no mapping.
const REASONS: &[(&str, &str)] = &[
    (
        "files",
        "Defender has no table of files seen on the wire; the http, smtp and ftp rows have their `fuids`",
    ),
    ("weird", "Defender has no table of a parser's surprises"),
    (
        "x509",
        "the ssl rows have subject and issuer; Defender's DeviceFileCertificateInfo is of files",
    ),
];

/// Why this log has no mapping, where there is a reason to tell.
pub(super) fn reason(log: &str) -> Option<&'static str> {
    let found = REASONS.iter().find(|(name, _)| *name == log);
    found.map(|(_, reason)| *reason)
}

/// Logs of Zeek that are known by name and have no mapping.
const UNMAPPED: &[&str] = &[
    "analyzer",
    "broker",
    "capture_loss",
    "cluster",
    "config",
    "dce_rpc",
    "dnp3",
    "dpd",
    "files",
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
    "snmp",
    "socks",
    "software",
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
