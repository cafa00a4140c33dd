//! Events as XML: Event Viewer's export, `wevtutil qe /f:xml` (no root element), and what EVTX records are rendered to.

use super::SPEC;
use super::event::WindowsEvent;
use super::hosts::Hosts;
use super::reading::{Reading, no_event, note_single_pass};
use super::xml_items::{Item, XmlItems};
use crate::Result;
use crate::formats::{Head, LogFormat, Sniff};
use crate::input::Input;
use crate::output::{Output, Place, Refusal};
use crate::text::{Escape, lossless};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

pub(in crate::formats) struct EventXml;

/// The namespace of Windows' events.
const NAMESPACE: &[u8] = b"http://schemas.microsoft.com/win/2004/08/events/event";
/// Elements inside of elements.
const DEPTH_MAX: usize = 32;

impl LogFormat for EventXml {
    fn name(&self) -> &'static str {
        "windows-xml"
    }

    fn title(&self) -> &'static str {
        "Windows events in XML: Sysmon 3 and 22, Security 5154-5157"
    }

    fn spec(&self) -> &'static str {
        SPEC
    }

    fn sniff(&self, head: &Head<'_>) -> Sniff {
        let starts = head.bytes.trim_ascii_start().starts_with(b"<");
        match starts && memchr::memmem::find(head.bytes, NAMESPACE).is_some() {
            true => Sniff::Certain,
            false => Sniff::No,
        }
    }

    fn read(&self, input: Input, output: &mut Output<'_>) -> Result<()> {
        let mut hosts = Hosts::default();
        match input.reopen()? {
            Some(again) => learn(again, &mut hosts)?,
            None => note_single_pass(output),
        }
        let mut reading = Reading::new(hosts, output);
        let mut items = XmlItems::new(input.into_reader());
        let mut ordinal = 0;
        while let Some(item) = items.next_item()? {
            ordinal += 1;
            output.read(1);
            match item {
                Item::Event { offset, bytes } => {
                    let place = Place {
                        offset,
                        line: ordinal,
                    };
                    let (text, escaped) = lossless(bytes, Escape::Plain);
                    output.report.escaped_bytes += escaped;
                    match event(&text) {
                        Ok(event) => reading.event(&event, bytes, place, output)?,
                        Err(refusal) => output.reject(refusal, bytes, place)?,
                    }
                }
                Item::Stray {
                    offset,
                    bytes,
                    problem,
                } => {
                    let place = Place {
                        offset,
                        line: ordinal,
                    };
                    output.reject(no_event(problem), bytes, place)?;
                }
            }
        }
        Ok(())
    }
}

fn learn(input: Input, hosts: &mut Hosts) -> Result<()> {
    let mut items = XmlItems::new(input.into_reader());
    while let Some(item) = items.next_item()? {
        if let Item::Event { bytes, .. } = item
            && let Ok(event) = event(&lossless(bytes, Escape::Plain).0)
        {
            hosts.learn(&event);
        }
    }
    Ok(())
}

/// The element that text belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Channel,
    Computer,
    EventId,
    RecordId,
    /// A `Data` element; its name is in the last of the event's data.
    Data,
    Other,
}

const FIELDS: &[(&str, Field)] = &[
    ("Channel", Field::Channel),
    ("Computer", Field::Computer),
    ("EventID", Field::EventId),
    ("EventRecordID", Field::RecordId),
];

/// The event of one `<Event>` element.
pub(super) fn event(text: &str) -> std::result::Result<WindowsEvent, Refusal> {
    let mut parse = Parse::default();
    let mut reader = Reader::from_str(text.trim());
    loop {
        let found = reader
            .read_event()
            .map_err(|error| bad(&error.to_string()))?;
        match found {
            Event::Start(start) => parse.open(&start, true)?,
            Event::Empty(start) => parse.open(&start, false)?,
            Event::End(_) => parse.close(),
            Event::Text(piece) => {
                let piece = piece.decode().map_err(|error| bad(&error.to_string()))?;
                parse.text.push_str(&piece);
            }
            Event::CData(piece) => {
                let piece = piece.decode().map_err(|error| bad(&error.to_string()))?;
                parse.text.push_str(&piece);
            }
            Event::GeneralRef(name) => match name.resolve_char_ref() {
                Ok(Some(character)) => parse.text.push(character),
                Ok(None) => {
                    let name = name.decode().map_err(|error| bad(&error.to_string()))?;
                    let known = quick_xml::escape::resolve_predefined_entity(&name);
                    parse.text.push_str(known.unwrap_or("\u{fffd}"));
                }
                // A control character that XML forbids and Windows writes all the same.
                Err(_) => parse.text.push('\u{fffd}'),
            },
            Event::Eof => break,
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
        }
    }
    if !parse.path.is_empty() {
        return Err(bad("an element has no end"));
    }
    if parse.event.id.is_none() && parse.event.channel.is_empty() {
        return Err(no_event("neither `EventID` nor `Channel` is set"));
    }
    Ok(parse.event)
}

fn bad(message: &str) -> Refusal {
    Refusal::new("bad_xml", format!("no XML of an event: {message}"))
}

#[derive(Default)]
struct Parse {
    event: WindowsEvent,
    path: Vec<String>,
    text: String,
}

impl Parse {
    fn open(
        &mut self,
        start: &BytesStart<'_>,
        has_content: bool,
    ) -> std::result::Result<(), Refusal> {
        let name = String::from_utf8_lossy(start.local_name().as_ref()).into_owned();
        if self.path.len() >= DEPTH_MAX {
            return Err(bad("elements within each other too deeply"));
        }
        self.text.clear();
        self.path.push(name);
        let path: Vec<&str> = self.path.iter().map(String::as_str).collect();
        let attribute = |name: &str| attribute(start, name);
        match path.as_slice() {
            ["Event", "System", "Provider"] => {
                self.event.provider = attribute("Name").unwrap_or_default()
            }
            ["Event", "System", "TimeCreated"] => {
                self.event.time = attribute("SystemTime").unwrap_or_default()
            }
            ["Event", "EventData", "Data"] => {
                let name = attribute("Name").unwrap_or_default();
                self.event.data.push((name, String::new()));
            }
            _ => {}
        }
        if !has_content {
            self.path.pop();
        }
        Ok(())
    }

    fn close(&mut self) {
        let text = std::mem::take(&mut self.text);
        let field = match self.path.as_slice() {
            [event, system, name] if event == "Event" && system == "System" => FIELDS
                .iter()
                .find(|(known, _)| known == name)
                .map_or(Field::Other, |(_, field)| *field),
            [event, data, name] if event == "Event" && data == "EventData" && name == "Data" => {
                Field::Data
            }
            _ => Field::Other,
        };
        match field {
            Field::Channel => self.event.channel = text.trim().to_owned(),
            Field::Computer => self.event.computer = text.trim().to_owned(),
            Field::EventId => self.event.id = text.trim().parse().ok(),
            Field::RecordId => self.event.record_id = text.trim().parse().ok(),
            Field::Data => {
                if let Some((_, value)) = self.event.data.last_mut() {
                    *value = text;
                }
            }
            Field::Other => {}
        }
        self.path.pop();
    }
}

fn attribute(start: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = start.try_get_attribute(name).ok()??;
    found
        .unescape_value()
        .ok()
        .map(std::borrow::Cow::into_owned)
}
