//! Suricata's eve.json: flow, http, tls, dns and alert records as rows of DeviceNetworkEvents.
//!
//! | column | flow | http, tls, dns | alert |
//! |---|---|---|---|
//! | Timestamp | `flow.start` (`timestamp` is when the flow was given up, minutes later) | `timestamp` | `timestamp` |
//! | ActionType | by packets and flags: ConnectionSuccess, ConnectionFailed, ConnectionAttempt and their inbound kin; icmp → IcmpConnectionInspected | Http-, Ssl-, DnsConnectionInspected | NetworkSignatureInspected |
//! | Local*, Remote* | who opened the flow is local when `--local-nets` or RFC 1918 says so | the same | the flow's sides: `flow.src_ip`, else the `flow_id` as seen elsewhere in the file, else the packet's (`SidesFrom` says which) |
//! | RemoteUrl | empty | empty, as Defender's inspected rows; `--fill-url`: `hostname`, `sni` | empty |
//! | Protocol | `proto` | `proto` | `proto` |
//! | DeviceName | the local address | = | = |
//! | AdditionalFields | Zeek's names: conn's | http's, ssl's, dns's | SignatureName, SignatureId, Category, Severity, AlertAction, SamplePacketContent |
//!
//! A dns record is one row, so a question and its answer are two: `dns_type` tells them apart. In version 1 each answer is a
//! record of its own, in 2 and 3 they are a list. Records of other types are passed over by name.
//!
//! Spec: <https://docs.suricata.io/en/latest/output/eve/eve-json-format.html>.

mod eve;
mod fields;
mod flows;
mod record;

pub(super) static EVE: eve::Eve = eve::Eve;
