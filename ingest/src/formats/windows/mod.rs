//! Windows events about the network: Sysmon 3 and 22, and the filtering platform's 5154–5157 of the Security log.
//!
//! There is one model of an event ([`event::WindowsEvent`]) and three readers of it: EVTX files, XML (Event Viewer's export
//! and `wevtutil qe /f:xml`, which writes no root element), and JSON (Winlogbeat, with or without its Sysmon pipeline,
//! NXLog, EvtxECmd, and the `{"Event": {"System": …}}` of EVTX dumpers).
//!
//! | column | Sysmon 3 | Sysmon 22 | Security 5154–5157 |
//! |---|---|---|---|
//! | table | DeviceNetworkEvents | DeviceEvents | DeviceNetworkEvents |
//! | ActionType | `Initiated`: ConnectionSuccess, else InboundConnectionAccepted | DnsQueryResponse | 5156: by `Direction` as Sysmon 3; 5154: ListeningConnectionCreated; 5155, 5157: ConnectionFailed |
//! | Timestamp | `UtcTime` | `UtcTime` | `TimeCreated` |
//! | DeviceName | `Computer`, in lower case as Defender has it | = | = |
//! | Local*, Remote* | by the host's own addresses ([`hosts`]) | – | = |
//! | RemoteUrl | the remote end's `…Hostname`, a reverse lookup: `RemoteUrlSource` says so | – | – |
//! | Protocol | tcp → Tcp, udp → Udp | – | 6 → Tcp, 17 → Udp, 1 and 58 → Icmp |
//! | InitiatingProcess* | `Image`, `ProcessId`, `User`, and what event 1 told of the `ProcessGuid` | = | `Application`, `ProcessID` |
//! | AdditionalFields | RuleName, Initiated, ProcessGuid, names of ports | DnsQueryString, DnsQueryResult, QueryStatus | FilterRTID, LayerName, Direction, the block |
//! | ReportId | `EventRecordID` | = | = |
//!
//! Event 1 of Sysmon fills the process columns of later and earlier rows of its `ProcessGuid` and is no row itself. 5158
//! (a bind to a local port) is evidence of the host's addresses and no event. Both, and all other events, are counted as
//! not mapped, by channel and id.
//!
//! Spec: <https://learn.microsoft.com/en-us/sysinternals/downloads/sysmon>,
//! <https://learn.microsoft.com/en-us/previous-versions/windows/it-pro/windows-10/security/threat-protection/auditing/event-5156>,
//! and for the file <https://github.com/libyal/libevtx/blob/main/documentation/Windows%20XML%20Event%20Log%20(EVTX).asciidoc>.

mod event;
mod evtx;
mod hosts;
mod json;
mod reading;
mod security;
mod sysmon;
mod xml;
mod xml_items;

pub(super) static EVTX: evtx::EvtxFile = evtx::EvtxFile;
pub(super) static XML: xml::EventXml = xml::EventXml;
pub(super) static JSON: json::EventJson = json::EventJson;

const SPEC: &str = "https://learn.microsoft.com/en-us/sysinternals/downloads/sysmon";
