//! The reader: each record to the mapping of its type.

use super::flows::Flows;
use super::record::{self, Written};
use crate::Result;
use crate::formats::json_objects::{self, JsonRecords, objects_in};
use crate::formats::network::NetworkTable;
use crate::formats::{Head, LogFormat, LookAhead, Sniff};
use crate::input::{Growth, Input};
use crate::output::Output;

pub(in crate::formats) struct Eve;

impl LogFormat for Eve {
    fn name(&self) -> &'static str {
        "suricata-eve"
    }

    fn title(&self) -> &'static str {
        "Suricata's eve.json: flow, http, tls, dns, alert"
    }

    fn spec(&self) -> &'static str {
        "https://docs.suricata.io/en/latest/output/eve/eve-json-format.html"
    }

    fn sniff(&self, head: &Head<'_>) -> Sniff {
        let is_eve = |object: &serde_json::Map<String, serde_json::Value>| {
            let kind = object.get("event_type").and_then(|kind| kind.as_str());
            object.contains_key("timestamp")
                && kind
                    .is_some_and(|kind| object.contains_key("flow_id") || object.contains_key(kind))
        };
        match objects_in(head, 50).iter().any(is_eve) {
            true => Sniff::Certain,
            false => Sniff::No,
        }
    }

    fn looks_ahead(&self) -> LookAhead {
        LookAhead::Always
    }

    fn growth(&self, head: &Head<'_>) -> Growth {
        json_objects::growth(head)
    }

    fn read(&self, input: Input, output: &mut Output<'_>) -> Result<()> {
        let flows = Flows::learn(&input)?;
        let table = NetworkTable::open(output);
        let mut records = JsonRecords::new(input);
        while let Some(found) = records.next_record()? {
            if !found.vet(output)? {
                continue;
            }
            let (raw, place) = (found.bytes(), found.place());
            let object = match found.object_counted(output) {
                Ok(object) => object,
                Err(refusal) => {
                    output.reject(refusal, raw, place)?;
                    continue;
                }
            };
            let options = output.options;
            match record::write(&object, &flows, options, &table, output.rows(table.id)) {
                Ok(Written::Row(class)) => output.keep(table.id, class, raw, place)?,
                Ok(Written::Unmapped(kind)) => output.skip_unmapped(&kind),
                Err(refusal) => output.discard(table.id, refusal, raw, place)?,
            }
        }
        output.report.nul_bytes += records.nul_bytes();
        Ok(())
    }
}
