//! What a field of a line means, whatever a product calls it.

use super::clock::{Instant, TimePart};

/// The meaning of one field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::formats) enum Meaning {
    Text(Slot),
    Time(TimePart, Instant),
    /// How long the request took.
    Duration(Unit),
    /// It is kept in `AdditionalFields` under its own name.
    More,
    /// It is read and thrown away: the day of the week, or what says the same as another field.
    Filler,
}

/// The unit of a duration. A decimal point is understood in each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::formats) enum Unit {
    Seconds,
    Milliseconds,
    Microseconds,
}

/// A text that a record is made of. Several may tell the same thing (`Request` has method and URL in it).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
pub(in crate::formats) enum Slot {
    /// An address, or a name where the log has names; with `:port` in some.
    Client,
    ClientPort,
    Method,
    /// The request's target as it was written: absolute, `host:port`, or a path.
    Url,
    /// `GET http://a.example/ HTTP/1.1`.
    Request,
    Scheme,
    /// Of the URL.
    Host,
    /// The Host header; it goes behind `Host` and behind the URL's own.
    HostHeader,
    /// The TLS name that the client asked for; the last resort for a host.
    ServerName,
    Port,
    Path,
    Query,
    Status,
    /// The product's own word for what it did.
    Action,
    /// `TCP_MISS/200`.
    ActionStatus,
    /// A word of the policy: `OBSERVED`, `DENIED`, `Allowed`.
    Verdict,
    /// Why it failed: ProxySG's `x-exception-id`.
    Exception,
    /// HAProxy's state at the end: `PR--`.
    Termination,
    /// 3proxy's number of what went wrong; 0 is nothing.
    ErrorCode,
    User,
    UserAgent,
    Referrer,
    RequestBytes,
    ResponseBytes,
    Mime,
    Category,
    /// The address of the origin, or the name of a parent.
    Peer,
    /// `HIER_DIRECT`.
    Hierarchy,
    /// `DIRECT/a.example`.
    HierarchyPeer,
    ProxyIp,
    ProxyPort,
    ProxyName,
    Device,
    Process,
}

/// How many slots there are.
pub(super) const SLOTS: usize = Slot::Process as usize + 1;
