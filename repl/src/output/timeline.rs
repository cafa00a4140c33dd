//! The events of a device as lines of a story: `time  process  what it did  [tier] [decision]`.
//!
//! Takes the columns of the saved function `DeviceTimeline`. A connection through a proxy reads `to TARGET via PROXY`, the
//! proxy dimmed on a terminal; the words alone tell them apart. `(unknown)` stands for a target that nothing names.

use super::cell::escape_controls;
use super::width::width;
use super::{Content, Footer, Format, Sink, Viewer, Writer};
use datafusion::arrow::array::{Array, AsArray, Int64Array, StringArray};
use datafusion::arrow::datatypes::Int64Type;
use datafusion::arrow::record_batch::RecordBatch;
use huntql_kql::time::format_datetime;
use huntql_kql::types::Column;
use std::io::{self, Write};

/// How `huntql timeline` shows rows when no other format is asked for.
pub static TIMELINE: Format = Format {
    name: "timeline",
    doc: "a line for each event of a device",
    open: |sink, viewer| Box::new(TimelineWriter::new(sink, viewer)),
    footer: Footer::Shown,
    content: Content::Text,
};

/// Columns that processes are padded to.
const PROCESS_WIDTH: usize = 24;
const DIM: &str = "\u{1b}[2m";
const BOLD: &str = "\u{1b}[1m";
const PLAIN: &str = "\u{1b}[0m";

struct TimelineWriter {
    sink: Sink,
    is_coloured: bool,
    day: String,
    /// The device of the first line.
    device: Option<String>,
    further_devices: Vec<String>,
    lines: u64,
}

impl TimelineWriter {
    fn new(sink: Sink, viewer: Viewer) -> Self {
        let no_colour = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self {
            sink,
            is_coloured: matches!(viewer, Viewer::Terminal(_)) && !no_colour,
            day: String::new(),
            device: None,
            further_devices: Vec::new(),
            lines: 0,
        }
    }

    fn styled(&self, style: &str, text: &str) -> String {
        match self.is_coloured {
            true => format!("{style}{text}{PLAIN}"),
            false => text.to_owned(),
        }
    }

    fn line(&mut self, event: &Event) -> io::Result<()> {
        let time = format_datetime(event.time);
        let (day, clock) = time.split_once('T').unwrap_or(("", &time));
        if day != self.day {
            let gap = if self.lines == 0 { "" } else { "\n" };
            writeln!(self.sink, "{gap}{}", self.styled(BOLD, day))?;
            day.clone_into(&mut self.day);
        }
        let clock = clock.get(..12).unwrap_or(clock);
        let process = event.process();
        let padding = " ".repeat(PROCESS_WIDTH.saturating_sub(width(&process)));
        let mut line = format!("  {clock}  {process}{padding}  {}", event.what);
        if !event.target.is_empty() {
            line.push(' ');
            line.push_str(&event.target);
        } else if !event.via.is_empty() {
            line.push_str(" (unknown)");
        }
        if !event.via.is_empty() {
            line.push(' ');
            line.push_str(&self.styled(DIM, &format!("via {}", event.via)));
        }
        if !event.tier.is_empty() {
            line.push_str(&format!(" [{}]", event.tier));
        }
        if !event.decision.is_empty() {
            line.push(' ');
            line.push_str(&self.styled(BOLD, &format!("[{}]", event.decision)));
        }
        line.push_str(&self.mark_of_device(&event.device));
        self.lines += 1;
        writeln!(self.sink, "{line}")
    }

    /// Says of whom a line is, when it is not of the device that the first line was of.
    fn mark_of_device(&mut self, device: &str) -> String {
        let first = self.device.get_or_insert_with(|| device.to_owned());
        if first == device {
            return String::new();
        }
        if !self.further_devices.iter().any(|known| known == device) {
            self.further_devices.push(device.to_owned());
        }
        format!(" @{device}")
    }
}

/// A row, safe to print.
struct Event {
    time: i64,
    device: String,
    process_name: String,
    process_id: Option<i64>,
    what: String,
    target: String,
    via: String,
    tier: String,
    decision: String,
}

impl Event {
    fn process(&self) -> String {
        match (self.process_name.as_str(), self.process_id) {
            ("", _) => "-".to_owned(),
            (name, Some(id)) if id > 0 => format!("{name} ({id})"),
            (name, _) => name.to_owned(),
        }
    }
}

struct Columns<'a> {
    time: &'a Int64Array,
    process_id: &'a Int64Array,
    texts: [&'a StringArray; TEXTS.len()],
}

const TEXTS: [&str; 7] = [
    "DeviceName",
    "Process",
    "Event",
    "Target",
    "Via",
    "Tier",
    "Decision",
];

impl<'a> Columns<'a> {
    fn of(batch: &'a RecordBatch) -> Option<Self> {
        let number = |name: &str| batch.column_by_name(name)?.as_primitive_opt::<Int64Type>();
        let texts: Vec<&StringArray> = TEXTS
            .iter()
            .map(|name| batch.column_by_name(name)?.as_string_opt::<i32>())
            .collect::<Option<_>>()?;
        Some(Self {
            time: number("Timestamp")?,
            process_id: number("ProcessId")?,
            texts: texts.try_into().ok()?,
        })
    }

    fn event(&self, row: usize) -> Event {
        let safe = |text: &StringArray| {
            let mut safe = String::new();
            if text.is_valid(row) {
                escape_controls(text.value(row), &mut safe);
            }
            safe
        };
        let [device, process, event, target, via, tier, decision] = self.texts;
        Event {
            time: self.time.value(row),
            device: safe(device),
            process_name: safe(process),
            process_id: self
                .process_id
                .is_valid(row)
                .then(|| self.process_id.value(row)),
            what: safe(event),
            target: safe(target),
            via: safe(via),
            tier: safe(tier),
            decision: safe(decision),
        }
    }
}

impl Writer for TimelineWriter {
    fn begin(&mut self, _: &[Column]) -> io::Result<()> {
        Ok(())
    }

    fn batch(&mut self, batch: &RecordBatch) -> io::Result<()> {
        let columns = Columns::of(batch)
            .ok_or_else(|| io::Error::other("the rows are not those of a timeline"))?;
        (0..batch.num_rows()).try_for_each(|row| self.line(&columns.event(row)))
    }

    fn end(&mut self) -> io::Result<()> {
        self.sink.flush()
    }

    fn finish(&mut self) -> io::Result<()> {
        self.sink.flush()
    }

    fn remark(&self) -> Option<String> {
        if self.lines == 0 {
            return Some(
                "no event of this device in that time; a device is named by its DeviceName, its DeviceId or an address"
                    .to_owned(),
            );
        }
        (!self.further_devices.is_empty()).then(|| {
            format!(
                "the lines are of several devices: {} and, marked with @, {}",
                self.device.as_deref().unwrap_or_default(),
                self.further_devices.join(", ")
            )
        })
    }
}
