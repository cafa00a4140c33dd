//! Fields of W3C extended logs, by product.
//!
//! | product | source of the meanings |
//! |---|---|
//! | ProxySG | "Access Log Formats", Broadcom's SGOS administration guide: `s-ip`/`s-port` are the proxy's own end |
//! | Cisco WSA | "Custom Formatting in Access Logs and W3C Logs", AsyncOS for Web guide: `s-ip`, `s-port`, `s-computerName` are the origin |
//! | TMG, ISA | "Web proxy log fields": `r-host`, `r-ip`, `r-port` are the origin, `s-operation` the method |
//! | IIS | "W3C Extended Log File Format": a web server; its log is no proxy's |
//!
//! The standard (<https://www.w3.org/TR/WD-logfile>) has `time-taken` in seconds; all four products write milliseconds.

use super::super::lines::{Instant, Meaning, Slot, TimePart, Unit};
use Meaning::{Duration, Filler, More, Text, Time};

/// Who wrote the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Product {
    ProxySg,
    Wsa,
    Tmg,
    Iis,
    #[default]
    Other,
}

/// Words of `#Software`, and fields that only one product has.
const MARKS: &[(Product, &[&str], &[&str])] = &[
    (
        Product::ProxySg,
        &["SGOS", "Blue Coat", "ProxySG", "Symantec"],
        &[
            "sc-filter-result",
            "x-exception-id",
            "s-supplier-name",
            "s-supplier-ip",
            "s-action",
            "cs-uri-scheme",
        ],
    ),
    (
        Product::Wsa,
        &["AsyncOS", "IronPort"],
        &[
            "x-resultcode-httpstatus",
            "x-hierarchy-origin",
            "x-acltag",
            "sc-result-code",
            "x-elapsed-time",
        ],
    ),
    (
        Product::Tmg,
        &["Forefront", "ISA Server", "Threat Management"],
        &["s-operation", "s-object-source", "r-host"],
    ),
    (
        Product::Iis,
        &["Internet Information", "IIS", "HTTP Server API"],
        &["sc-substatus", "sc-win32-status"],
    ),
];

impl Product {
    /// From `#Software`, else from the fields.
    pub fn of(software: &str, fields: &[String]) -> Self {
        let by_word = MARKS
            .iter()
            .find(|(_, words, _)| words.iter().any(|word| software.contains(word)));
        let by_field = || {
            MARKS.iter().find(|(_, _, marks)| {
                fields
                    .iter()
                    .any(|field| marks.iter().any(|mark| mark.eq_ignore_ascii_case(field)))
            })
        };
        by_word.or_else(by_field).map_or(Self::Other, |mark| mark.0)
    }

    /// As `ProxyLog` has it.
    pub fn format(self) -> &'static str {
        match self {
            Self::ProxySg => "w3c.proxysg",
            Self::Wsa => "w3c.wsa",
            Self::Tmg => "w3c.tmg",
            Self::Iis => "w3c.iis",
            Self::Other => "w3c",
        }
    }
}

/// What a field means in one product only.
const OF_PRODUCT: &[(Product, &str, Meaning)] = &[
    (Product::Wsa, "s-ip", Text(Slot::Peer)),
    (Product::Wsa, "s-port", Text(Slot::Port)),
    (Product::Wsa, "s-computername", Text(Slot::Host)),
    (Product::Wsa, "s-hostname", More),
    (Product::Tmg, "cs-protocol", Text(Slot::Scheme)),
    (Product::Tmg, "r-port", Text(Slot::Port)),
    (Product::Tmg, "action", Text(Slot::Verdict)),
    (Product::Other, "time-taken", Duration(Unit::Seconds)),
];

const END: Instant = Instant::End;

/// Field in lower case, and what it means.
const FIELDS: &[(&str, Meaning)] = &[
    ("date", Time(TimePart::Date, END)),
    ("time", Time(TimePart::Clock, END)),
    ("date-local", Time(TimePart::DateLocal, END)),
    ("time-local", Time(TimePart::ClockLocal, END)),
    ("gmttime", Time(TimePart::Clf, END)),
    ("localtime", Time(TimePart::Clf, END)),
    ("timestamp", Time(TimePart::EpochSeconds, END)),
    ("x-timestamp-unix", Time(TimePart::EpochSeconds, END)),
    ("x-timestamp-unix-utc", Time(TimePart::EpochSeconds, END)),
    ("time-taken", Duration(Unit::Milliseconds)),
    ("timetakenms", Duration(Unit::Milliseconds)),
    ("x-elapsed-time", Duration(Unit::Milliseconds)),
    ("c-ip", Text(Slot::Client)),
    ("c-port", Text(Slot::ClientPort)),
    ("c-dns", Text(Slot::Device)),
    ("c-agent", Text(Slot::UserAgent)),
    ("cs-username", Text(Slot::User)),
    ("cs-user", Text(Slot::User)),
    ("c-auth-id", Text(Slot::User)),
    ("s-ip", Text(Slot::ProxyIp)),
    ("s-port", Text(Slot::ProxyPort)),
    ("s-computername", Text(Slot::ProxyName)),
    ("x-bluecoat-appliance-name", Text(Slot::ProxyName)),
    ("s-supplier-ip", Text(Slot::Peer)),
    ("r-ip", Text(Slot::Peer)),
    ("r-host", Text(Slot::Host)),
    ("cs-method", Text(Slot::Method)),
    ("s-operation", Text(Slot::Method)),
    ("cs-uri", Text(Slot::Url)),
    ("cs-url", Text(Slot::Url)),
    ("c-uri", Text(Slot::Url)),
    ("cs-request-line", Text(Slot::Request)),
    ("x-req-first-line", Text(Slot::Request)),
    ("cs-uri-scheme", Text(Slot::Scheme)),
    ("cs-host", Text(Slot::Host)),
    ("cs-uri-host", Text(Slot::Host)),
    ("cs-uri-hostname", Text(Slot::Host)),
    ("cs(host)", Text(Slot::HostHeader)),
    ("cs-uri-port", Text(Slot::Port)),
    ("cs-uri-path", Text(Slot::Path)),
    ("cs-uri-stem", Text(Slot::Path)),
    ("cs-uri-query", Text(Slot::Query)),
    ("cs-uri-extension", Filler),
    ("sc-status", Text(Slot::Status)),
    ("sc-http-status", Text(Slot::Status)),
    ("s-action", Text(Slot::Action)),
    ("sc-result-code", Text(Slot::Action)),
    ("sc-filter-result", Text(Slot::Verdict)),
    ("x-acltag", Text(Slot::Verdict)),
    ("x-exception-id", Text(Slot::Exception)),
    ("x-resultcode-httpstatus", Text(Slot::ActionStatus)),
    ("s-hierarchy", Text(Slot::Hierarchy)),
    ("x-hierarchy-origin", Text(Slot::HierarchyPeer)),
    ("cs-bytes", Text(Slot::RequestBytes)),
    ("sc-bytes", Text(Slot::ResponseBytes)),
    ("cs(user-agent)", Text(Slot::UserAgent)),
    ("cs(referer)", Text(Slot::Referrer)),
    ("cs(referrer)", Text(Slot::Referrer)),
    ("cs-referred", Text(Slot::Referrer)),
    ("rs(content-type)", Text(Slot::Mime)),
    ("sc(content-type)", Text(Slot::Mime)),
    ("cs-mime-type", Text(Slot::Mime)),
    ("cs-categories", Text(Slot::Category)),
    ("cs-category", Text(Slot::Category)),
    ("sc-filter-category", Text(Slot::Category)),
    ("urlcategory", Text(Slot::Category)),
    ("x-webcat-code-full", Text(Slot::Category)),
    ("x-cs-ssl-sni", Text(Slot::ServerName)),
];

/// What a field means in a product's log; what is not known is kept under its own name.
pub(super) fn meaning(product: Product, field: &str) -> Meaning {
    let own = OF_PRODUCT
        .iter()
        .find(|(of, name, _)| *of == product && name.eq_ignore_ascii_case(field))
        .map(|(_, _, meaning)| *meaning);
    let any = || {
        FIELDS
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(field))
            .map(|(_, meaning)| *meaning)
    };
    own.or_else(any).unwrap_or(More)
}
