//! Events as JSON, in the shapes of the shippers and tools that write them:
//!
//! - Winlogbeat: `winlog.channel`, `winlog.event_id`, `winlog.event_data.*`. Its Sysmon pipeline moves the data into ECS's
//!   own fields ([`ECS`]); version 6 has `log_name`, `event_id`, `event_data` at the top.
//! - NXLog: everything flat beside `Channel` and `EventID`. `EventTime` is local time there and needs --tz when it has no
//!   zone; Sysmon's events have `UtcTime`.
//! - EvtxECmd: `Channel`, `EventId`, and the data as text in `Payload`.
//! - EVTX dumpers: `{"Event": {"System": {…}, "EventData": {…}}}`.
//!
//! One object a line, or one document with an array of them.

use super::SPEC;
use super::event::{Channel, WindowsEvent};
use super::hosts::Hosts;
use super::reading::{Reading, no_event, note_single_pass};
use crate::Result;
use crate::formats::json_objects::{self, JsonRecords, objects_in, text_of};
use crate::formats::local_time::LocalClock;
use crate::formats::{Head, LogFormat, LookAhead, Sniff};
use crate::input::{Growth, Input};
use crate::output::{Output, Refusal};
use serde_json::{Map, Value};

pub(in crate::formats) struct EventJson;

impl LogFormat for EventJson {
    fn name(&self) -> &'static str {
        "windows-json"
    }

    fn title(&self) -> &'static str {
        "Windows events in JSON (Winlogbeat, NXLog, EvtxECmd): Sysmon 3 and 22, Security 5154-5157"
    }

    fn spec(&self) -> &'static str {
        SPEC
    }

    fn sniff(&self, head: &Head<'_>) -> Sniff {
        let events: Vec<WindowsEvent> = objects_in(head, 50)
            .iter()
            .filter_map(|object| event(object).ok())
            .filter(|event| event.id.is_some() && !event.channel.is_empty())
            .collect();
        let mapped = |event: &WindowsEvent| event.channel() != Channel::Other;
        match events.iter().any(mapped) {
            true => Sniff::Certain,
            false if events.is_empty() => Sniff::No,
            false => Sniff::Likely,
        }
    }

    fn looks_ahead(&self) -> LookAhead {
        LookAhead::Always
    }

    fn growth(&self, head: &Head<'_>) -> Growth {
        json_objects::growth(head)
    }

    fn read(&self, input: Input, output: &mut Output<'_>) -> Result<()> {
        let mut hosts = Hosts::default();
        match input.reopen()? {
            Some(again) => learn(again, &mut hosts)?,
            None => note_single_pass(output),
        }
        let mut clock = LocalClock::of(output.options);
        let mut reading = Reading::new(hosts, output);
        let mut records = JsonRecords::new(input);
        while let Some(record) = records.next_record()? {
            if !record.vet(output)? {
                continue;
            }
            let place = record.place();
            let (raw, parsed) = (record.bytes(), record.object_counted(output));
            match parsed.and_then(|object| event(&object)) {
                Ok(mut event) => {
                    if let Some(zoned) = clock.with_zone(&event.time) {
                        event.time = zoned;
                    }
                    reading.event(&event, raw, place, output)?
                }
                Err(refusal) => output.reject(refusal, raw, place)?,
            }
        }
        output.report.nul_bytes += records.nul_bytes();
        clock.note(output);
        Ok(())
    }
}

/// Words of which each event that [`Hosts::learn`] wants has one.
const TELLING: &[&str] = &[
    "SourceIp",
    "SourceAddress",
    "ParentImage",
    "\"direction\"",
    "\"parent\"",
];

/// The first pass: what the events tell of their hosts.
fn learn(input: Input, hosts: &mut Hosts) -> Result<()> {
    let finders: Vec<_> = TELLING.iter().map(memchr::memmem::Finder::new).collect();
    let mut records = JsonRecords::new(input);
    while let Some(record) = records.next_record()? {
        let tells = finders
            .iter()
            .any(|finder| finder.find(record.bytes()).is_some());
        if tells && let Ok(event) = record.object().and_then(|object| event(&object)) {
            hosts.learn(&event);
        }
    }
    Ok(())
}

/// Names of Sysmon and the paths at which Winlogbeat's Sysmon pipeline has their values.
const ECS: &[(&str, &str)] = &[
    ("SourceIp", "source.ip"),
    ("SourcePort", "source.port"),
    ("SourceHostname", "source.domain"),
    ("DestinationIp", "destination.ip"),
    ("DestinationPort", "destination.port"),
    ("DestinationHostname", "destination.domain"),
    ("Protocol", "network.transport"),
    ("ProcessId", "process.pid"),
    ("ProcessGuid", "process.entity_id"),
    ("Image", "process.executable"),
    ("CommandLine", "process.command_line"),
    ("ParentProcessId", "process.parent.pid"),
    ("ParentImage", "process.parent.executable"),
    ("QueryName", "dns.question.name"),
    ("QueryStatus", "sysmon.dns.status"),
    ("RuleName", "rule.name"),
];

/// A shape: where the parts of an event stand. Paths with dots are followed, and also looked up as they are.
struct Shape {
    channel: &'static str,
    id: &'static str,
    provider: &'static str,
    computer: &'static [&'static str],
    record: &'static str,
    time: &'static [&'static str],
    /// The object with the event's data; empty for the top.
    data: &'static str,
}

const SHAPES: &[Shape] = &[
    Shape {
        channel: "winlog.channel",
        id: "winlog.event_id",
        provider: "winlog.provider_name",
        computer: &["winlog.computer_name", "host.name"],
        record: "winlog.record_id",
        time: &["@timestamp"],
        data: "winlog.event_data",
    },
    Shape {
        channel: "log_name",
        id: "event_id",
        provider: "source_name",
        computer: &["computer_name"],
        record: "record_number",
        time: &["@timestamp"],
        data: "event_data",
    },
    Shape {
        channel: "Event.System.Channel",
        id: "Event.System.EventID",
        provider: "Event.System.Provider.Name",
        computer: &["Event.System.Computer"],
        record: "Event.System.EventRecordID",
        time: &[
            "Event.System.TimeCreated.#attributes.SystemTime",
            "Event.System.TimeCreated.@SystemTime",
            "Event.System.TimeCreated.SystemTime",
        ],
        data: "Event.EventData",
    },
    Shape {
        channel: "Channel",
        id: "EventId",
        provider: "Provider",
        computer: &["Computer"],
        record: "EventRecordId",
        time: &["TimeCreated"],
        data: "Payload",
    },
    Shape {
        channel: "Channel",
        id: "EventID",
        provider: "SourceName",
        computer: &["Hostname", "Computer"],
        record: "RecordNumber",
        // `@timestamp` is when a collector received the event, and is no time of it.
        time: &["TimeCreated", "EventTime"],
        data: "",
    },
];

/// The event of one object.
fn event(object: &Map<String, Value>) -> std::result::Result<WindowsEvent, Refusal> {
    let shape = SHAPES
        .iter()
        .find(|shape| at(object, shape.channel).is_some() && at(object, shape.id).is_some());
    let Some(shape) = shape else {
        return Err(no_event(
            "neither Winlogbeat's, NXLog's nor EvtxECmd's names of channel and event id are there",
        ));
    };
    let first = |paths: &[&str]| {
        paths
            .iter()
            .find_map(|path| at(object, path).map(text_of))
            .unwrap_or_default()
    };
    let id = at(object, shape.id).map(|value| match value {
        Value::Object(members) => members.get("#text").map(text_of).unwrap_or_default(),
        other => text_of(other),
    });
    let mut event = WindowsEvent {
        channel: first(&[shape.channel]),
        provider: first(&[shape.provider]),
        id: id.and_then(|id| id.parse().ok()),
        computer: first(shape.computer),
        record_id: first(&[shape.record]).parse().ok(),
        time: first(shape.time),
        data: Vec::new(),
    };
    match (shape.data, at(object, shape.data)) {
        ("", _) => push_data(&mut event, object),
        (_, Some(Value::String(text))) => {
            let payload: Value = serde_json::from_str(text)
                .map_err(|error| Refusal::new("bad_json", format!("in `Payload`: {error}")))?;
            if let Some(Value::Object(data)) = payload.get("EventData") {
                push_data(&mut event, data);
            }
        }
        (_, Some(Value::Object(data))) => push_data(&mut event, data),
        _ => {}
    }
    if shape.data == "winlog.event_data" {
        fill_from_ecs(&mut event, object);
    }
    Ok(event)
}

/// Members as data. `Data` may hold the named values as a list: `[{"@Name": …, "#text": …}]`.
fn push_data(event: &mut WindowsEvent, data: &Map<String, Value>) {
    let named = |item: &Value| {
        let name = item
            .get("@Name")
            .or_else(|| item.get("#attributes")?.get("Name"))?;
        let value = item.get("#text").map(text_of).unwrap_or_default();
        Some((text_of(name), value))
    };
    match data.get("Data") {
        Some(Value::Array(items)) => event.data.extend(items.iter().filter_map(named)),
        Some(item @ Value::Object(_)) => event.data.extend(named(item)),
        _ => {}
    }
    for (name, value) in data {
        if !matches!(value, Value::Object(_) | Value::Array(_) | Value::Null) {
            event.data.push((name.clone(), text_of(value)));
        }
    }
}

fn fill_from_ecs(event: &mut WindowsEvent, object: &Map<String, Value>) {
    for (name, path) in ECS {
        if event.get(name).is_none()
            && let Some(value) = at(object, path)
        {
            event.data.push(((*name).to_owned(), text_of(value)));
        }
    }
    if event.get("User").is_none()
        && let Some(name) = at(object, "user.name")
    {
        let user = match at(object, "user.domain") {
            Some(domain) => format!("{}\\{}", text_of(domain), text_of(name)),
            None => text_of(name),
        };
        event.data.push(("User".to_owned(), user));
    }
    if event.get("Initiated").is_none()
        && let Some(direction) = at(object, "network.direction")
    {
        let out = matches!(text_of(direction).as_str(), "outbound" | "egress");
        event.data.push(("Initiated".to_owned(), out.to_string()));
    }
    if event.get("QueryResults").is_none()
        && let Some(Value::Array(answers)) = at(object, "dns.answers")
    {
        let results: String = answers
            .iter()
            .filter_map(|answer| answer.get("data"))
            .map(|data| text_of(data) + ";")
            .collect();
        event.data.push(("QueryResults".to_owned(), results));
    }
    for (algorithm, path) in [
        ("SHA1", "process.hash.sha1"),
        ("SHA256", "process.hash.sha256"),
        ("MD5", "process.hash.md5"),
    ] {
        if let Some(hash) = at(object, path) {
            let hash = format!("{algorithm}={}", text_of(hash));
            match event.data.iter_mut().find(|(name, _)| name == "Hashes") {
                Some((_, hashes)) => {
                    hashes.push(',');
                    hashes.push_str(&hash);
                }
                None => event.data.push(("Hashes".to_owned(), hash)),
            }
        }
    }
}

/// The value at a path of names between dots, or at the path as one name.
fn at<'a>(object: &'a Map<String, Value>, path: &str) -> Option<&'a Value> {
    if path.is_empty() {
        return None;
    }
    if let Some(value) = object.get(path) {
        return Some(value).filter(|value| !value.is_null());
    }
    let (first, rest) = path.split_once('.')?;
    match object.get(first)? {
        Value::Object(inside) => at(inside, rest),
        _ => None,
    }
}
