//! The log formats: a trait, the table of them, and the question which one a file is.
//!
//! To add one: a module with its spec link, its mapping in one table and its sniffing, and a row in [`FORMATS`].

mod connection;
mod dates;
mod defender;
mod health;
mod json_objects;
mod line;
mod lines;
mod local_time;
mod logformat;
mod named_values;
mod netflow;
mod network;
mod osquery;
mod pfirewall;
mod process;
mod proxy;
mod records;
mod squid;
mod suricata;
mod syslog;
mod unknown;
mod vpc_flow;
mod w3c;
mod windows;
mod wsa;
mod zeek;

pub use logformat::{check, chosen};

use crate::input::{Growth, Input};
use crate::output::Output;
use crate::{IngestError, Result};
use std::path::Path;

/// A kind of log that huntql reads.
pub trait LogFormat: Sync {
    /// The name for `--format` and in reports.
    fn name(&self) -> &'static str;

    /// What it is, in a few words.
    fn title(&self) -> &'static str;

    /// Where the format is described.
    fn spec(&self) -> &'static str;

    /// How much the head of a file looks like this format.
    fn sniff(&self, head: &Head<'_>) -> Sniff;

    /// How its files grow; whoever says [`Growth::Lines`] keeps what is said there.
    fn growth(&self, _head: &Head<'_>) -> Growth {
        Growth::Whole
    }

    /// Whether it looks at other parts of a file (`Input::reopen`) to read one: then `--follow` reads the file now and then,
    /// and not each piece as it comes.
    fn looks_ahead(&self) -> LookAhead {
        LookAhead::Never
    }

    /// Reads a whole file. Errors end the file; what is wrong with a record is a reject.
    fn read(&self, input: Input, output: &mut Output<'_>) -> Result<()>;
}

/// Whether a format needs more of a file than the part that it reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LookAhead {
    Never,
    Always,
}

/// The answer of one format to the head of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sniff {
    No,
    /// It may be; a format that is certain goes first.
    Likely,
    Certain,
    /// It is of this family, and a kind that is not mapped: the file is skipped with these words.
    Unmapped(String),
}

/// All formats, in the order in which equal confidence is resolved.
pub static FORMATS: &[&dyn LogFormat] = &[
    &defender::STREAM,
    &defender::API,
    &defender::CSV,
    &zeek::TSV,
    &zeek::JSON,
    &windows::EVTX,
    &windows::XML,
    &windows::JSON,
    &suricata::EVE,
    &pfirewall::FORMAT,
    &vpc_flow::FORMAT,
    &osquery::FORMAT,
    &netflow::FORMAT,
    &squid::FORMAT,
    &records::FORTINET,
    &records::ZSCALER,
    &records::PALO_ALTO,
    &records::SKYHIGH,
    &records::MCAFEE,
    &records::UMBRELLA,
    &records::FORCEPOINT,
    &records::NETSKOPE,
    &records::CEF,
    &records::LEEF,
    &wsa::FORMAT,
    &w3c::FORMAT,
    &logformat::SQUID,
    &logformat::HAPROXY,
    &logformat::THREEPROXY,
    &logformat::APACHE,
    &logformat::NGINX,
    &health::FORMAT,
];

/// The head of a file, as sniffing sees it.
#[derive(Debug, Clone, Copy)]
pub struct Head<'a> {
    /// As the user or a folder gave it.
    pub path: &'a str,
    /// The file's name without its folders.
    pub file_name: &'a str,
    /// The first bytes of text, decompressed.
    pub bytes: &'a [u8],
}

impl<'a> Head<'a> {
    pub fn new(path: &'a str, bytes: &'a [u8]) -> Self {
        let file_name = Path::new(path)
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or(path);
        // A member of an archive: `logs.zip!conn.log`.
        let file_name = match file_name.rsplit_once('!') {
            Some((_, member)) if !member.is_empty() => member,
            _ => file_name,
        };
        Self {
            path,
            file_name,
            bytes,
        }
    }

    /// The lines that are whole, blank ones left out; the only line when there is but one.
    pub fn lines(&self) -> impl Iterator<Item = &'a [u8]> {
        let end = match memchr::memrchr2(b'\n', b'\r', self.bytes) {
            Some(end) if self.bytes.len() >= crate::input::HEAD_BYTES => end,
            _ => self.bytes.len(),
        };
        self.bytes[..end]
            .split(|byte| matches!(byte, b'\n' | b'\r' | 0))
            .filter(|line| !line.trim_ascii().is_empty())
    }

    /// The parts of the file's name between dots, dashes, underscores and blanks: `conn.2026-01-01.log.gz` has `conn`.
    pub fn name_parts(&self) -> impl Iterator<Item = &'a str> {
        self.file_name
            .split(|c: char| !c.is_ascii_alphanumeric())
            .filter(|part| !part.is_empty())
    }
}

/// What a file is.
pub enum Recognised {
    Format(&'static dyn LogFormat),
    Unmapped(String),
    Unknown,
    Empty,
}

/// Finds the format of a file by its head.
pub fn recognise(head: &Head<'_>) -> Recognised {
    if head
        .bytes
        .iter()
        .all(|byte| byte.is_ascii_whitespace() || *byte == 0)
    {
        return Recognised::Empty;
    }
    let answers: Vec<(&'static dyn LogFormat, Sniff)> = FORMATS
        .iter()
        .map(|format| (*format, format.sniff(head)))
        .collect();
    for wanted in [Sniff::Certain, Sniff::Likely] {
        if let Some((format, _)) = answers.iter().find(|(_, answer)| *answer == wanted) {
            return Recognised::Format(*format);
        }
    }
    let unmapped = answers.into_iter().find_map(|(_, answer)| match answer {
        Sniff::Unmapped(what) => Some(what),
        Sniff::No | Sniff::Likely | Sniff::Certain => None,
    });
    unmapped.map_or(Recognised::Unknown, Recognised::Unmapped)
}

/// The format of this name, as `--format` takes it.
pub fn by_name(name: &str) -> Result<&'static dyn LogFormat> {
    FORMATS
        .iter()
        .copied()
        .find(|format| format.name().eq_ignore_ascii_case(name))
        .ok_or_else(|| {
            IngestError::Options(format!(
                "`{name}` is not a format that huntql knows; known formats: {}",
                names()
            ))
        })
}

/// What is said of a file that no format wants.
pub fn unknown_message(head: &Head<'_>) -> String {
    let what = match unknown::name_of(head) {
        Some(name) => format!("looks like {name}, which huntql does not read"),
        None => "is not a network or proxy log that huntql knows".to_owned(),
    };
    format!("{what}; known formats: {}", names())
}

fn names() -> String {
    let names: Vec<&str> = FORMATS.iter().map(|format| format.name()).collect();
    names.join(", ")
}
