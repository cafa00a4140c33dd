//! What the user may say about the files.

use crate::address::LocalNets;
use crate::proxies::ProxySet;

/// Which of two readings of `03/04/2026` holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateOrder {
    DayFirst,
    MonthFirst,
    YearFirst,
}

/// What becomes of a row with a cell that does not fit its column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Strictness {
    /// The cell becomes null, and a warning is counted.
    #[default]
    Lenient,
    /// The row is rejected.
    Strict,
}

/// Whether `RemoteUrl` is filled where Defender itself leaves it empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UrlFill {
    /// As Defender: the target of an inspected row stands in `AdditionalFields` alone.
    #[default]
    AsDefender,
    /// `--fill-url`: the host of http, the server name of ssl.
    FromInspection,
}

/// The options of a run. The default is to sniff each file and to guess nothing.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// `--format NAME`: no sniffing.
    pub format: Option<String>,
    /// `--logformat '…'`: the product's own format string, a name of one, or a `#Fields:` line.
    pub logformat: Option<String>,
    /// `--table NAME`: for CSV and hunting-API results, which do not say which table they are.
    pub table: Option<String>,
    /// `--tz`: the zone of times that are written without one.
    pub time_zone: Option<jiff::tz::TimeZone>,
    /// `--local-nets`.
    pub local_nets: LocalNets,
    /// `--from-proxy NAME`: whose log the files are.
    pub from_proxy: Option<String>,
    pub url_fill: UrlFill,
    /// `--date-order`.
    pub date_order: Option<DateOrder>,
    pub strictness: Strictness,
    pub proxies: ProxySet,
}
