//! What every proxy's log has in common: one record, its target, whose log it is, and how it becomes a row.
//!
//! | column | from |
//! |---|---|
//! | Timestamp | the start of the request: a format that stamps the end takes the duration off |
//! | ActionType | HttpConnectionInspected, as Zeek behind Defender shows a proxied request |
//! | LocalIP, LocalPort | the client; the port where the log has it |
//! | RemoteIP, RemotePort | the proxy's listener: the record's own word, else `--from-proxy` or the configuration's `logs` |
//! | RemoteUrl | the host of a CONNECT or tunnel, else the URL |
//! | AdditionalFields | Zeek's names, values as text, and the keys of this file: ProxyLog, ProxyName, ProxyResult, ProxyAction, TargetPort, TargetIP … |
//!
//! A denied request is a row like any other: the record says what was asked for, not that it was reached; `ProxyResult` says which.

mod record;
mod target;

pub(super) use record::{ProxyLog, ProxyRecord, ProxyResult};
pub(super) use target::{Target, split_port};
