//! Which side opened a flow, for alerts that do not say it: their `src_ip` is the packet's, and a server's answer can be the
//! packet.
//!
//! Suricata 7 writes `flow.src_ip` into its alerts. For older ones the file is gone through twice beforehand: once for the
//! flows that alerts ask for, and once for what the records of those flows say. A file without such alerts costs one look
//! for the word `alert`.

use super::record::Ends;
use crate::Result;
use crate::formats::json_objects::JsonRecords;
use crate::input::Input;
use serde_json::{Map, Value};
use std::collections::HashMap;

/// Flows remembered at most.
const FLOWS_MAX: usize = 1 << 20;

/// The ends of flows by `flow_id`; the first is the one that opened the flow.
#[derive(Debug, Default)]
pub(super) struct Flows(HashMap<u64, Option<Ends>>);

impl Flows {
    /// What the file tells of the flows that its alerts need. Nothing for a source that can be read only once.
    pub fn learn(input: &Input) -> Result<Self> {
        let mut flows = Self::default();
        let Some(first) = input.reopen()? else {
            return Ok(flows);
        };
        each(first, b"\"alert\"", |object| {
            let is_alert = text(object, "event_type") == Some("alert");
            if is_alert
                && flow_of(object).is_none()
                && let Some(id) = flow_id(object)
                && flows.0.len() < FLOWS_MAX
            {
                flows.0.insert(id, None);
            }
        })?;
        if flows.0.is_empty() {
            return Ok(flows);
        }
        let Some(second) = input.reopen()? else {
            return Ok(flows);
        };
        each(second, b"\"flow_id\"", |object| {
            let is_sided = matches!(text(object, "event_type"), Some("flow" | "http" | "tls"));
            if is_sided
                && let Some(slot) = flow_id(object).and_then(|id| flows.0.get_mut(&id))
                && slot.is_none()
            {
                *slot = Ends::read(object).ok();
            }
        })?;
        Ok(flows)
    }

    /// The sides of an alert's flow, where they are known.
    pub fn of(&self, alert: &Map<String, Value>) -> Option<Ends> {
        if let Some(flow) = flow_of(alert) {
            return Ends::read(flow).ok();
        }
        self.0.get(&flow_id(alert)?)?.clone()
    }
}

/// The `flow` of an alert, when it has the flow's ends.
fn flow_of(alert: &Map<String, Value>) -> Option<&Map<String, Value>> {
    let flow = alert.get("flow")?.as_object()?;
    flow.contains_key("src_ip").then_some(flow)
}

fn flow_id(object: &Map<String, Value>) -> Option<u64> {
    object.get("flow_id")?.as_u64()
}

fn text<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    object.get(name)?.as_str()
}

/// All objects with these bytes in them.
fn each(input: Input, word: &[u8], mut hear: impl FnMut(&Map<String, Value>)) -> Result<()> {
    let finder = memchr::memmem::Finder::new(word);
    let mut records = JsonRecords::new(input);
    while let Some(record) = records.next_record()? {
        if finder.find(record.bytes()).is_some()
            && let Ok(object) = record.object()
        {
            hear(&object);
        }
    }
    Ok(())
}
