//! Zeek's logs, in TSV and in JSON, to rows of DeviceNetworkEvents.
//!
//! Defender's network inspection is Zeek, so its field names are those of `AdditionalFields`. Both writings of a log give
//! equal events: values are text, in one order, with numbers of seconds in Zeek's six digits.
//!
//! Spec: <https://docs.zeek.org/en/master/logs/index.html> and, for the header of TSV,
//! <https://docs.zeek.org/en/master/log-formats.html>.

mod addresses;
mod json;
mod logs;
mod map;
mod record;
mod tsv;
mod value;

pub(super) static TSV: tsv::ZeekTsv = tsv::ZeekTsv;
pub(super) static JSON: json::ZeekJson = json::ZeekJson;

/// What is said of a Zeek log that is recognised and not mapped.
fn unmapped(log: &str) -> String {
    let why = logs::reason(log).map_or_else(String::new, |reason| format!(" ({reason})"));
    format!(
        "it is Zeek's `{log}` log, which is not mapped to a table{why}; mapped: {}",
        logs::mapped_names()
    )
}
