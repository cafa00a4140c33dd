//! Windows' own log files. They are 4 KiB of header and then chunks of 64 KiB that stand for themselves, so they are read
//! chunk by chunk: a damaged chunk costs itself, a damaged record costs itself, and both are told.

use super::SPEC;
use super::hosts::Hosts;
use super::reading::{Reading, note_single_pass};
use super::xml;
use crate::formats::{Head, LogFormat, Sniff};
use crate::input::Input;
use crate::output::{Output, Place, Refusal};
use crate::{IngestError, Result};
use evtx::{EvtxChunkData, ParserSettings};
use std::io::{self, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

pub(in crate::formats) struct EvtxFile;

const MAGIC: &[u8] = b"ElfFile\0";
const HEADER_BYTES: usize = 4096;
const CHUNK_BYTES: usize = 65_536;

impl LogFormat for EvtxFile {
    fn name(&self) -> &'static str {
        "windows-evtx"
    }

    fn title(&self) -> &'static str {
        "Windows event log files (EVTX): Sysmon 3 and 22, Security 5154-5157"
    }

    fn spec(&self) -> &'static str {
        SPEC
    }

    fn sniff(&self, head: &Head<'_>) -> Sniff {
        match head.bytes.starts_with(MAGIC) {
            true => Sniff::Certain,
            false => Sniff::No,
        }
    }

    fn read(&self, input: Input, output: &mut Output<'_>) -> Result<()> {
        let mut hosts = Hosts::default();
        match input.reopen()? {
            Some(again) => Chunks::open(again)?.each(|found| {
                if let Found::Record { xml, .. } = found
                    && let Ok(event) = xml::event(xml)
                {
                    hosts.learn(&event);
                }
                Ok(())
            })?,
            None => note_single_pass(output),
        }
        let mut reading = Reading::new(hosts, output);
        let mut chunks = Chunks::open(input)?;
        let mut told = 0;
        chunks.each(|found| {
            told += 1;
            output.read(1);
            match found {
                Found::Record { offset, xml: text } => {
                    let place = Place { offset, line: told };
                    match xml::event(text) {
                        Ok(event) => reading.event(&event, text.as_bytes(), place, output),
                        Err(refusal) => output.reject(refusal, text.as_bytes(), place),
                    }
                }
                Found::Damage { offset, refusal } => {
                    output.reject(refusal, b"", Place { offset, line: told })
                }
            }
        })?;
        if chunks.unsound > 0 {
            output.report.notes.push(format!(
                "{} chunks have a checksum that does not hold (a log copied while in use, or damage); what could be read \
                 of them has been read",
                chunks.unsound
            ));
        }
        Ok(())
    }
}

/// What a chunk gives.
enum Found<'a> {
    /// A record, rendered as XML.
    Record { offset: u64, xml: &'a str },
    /// A record or a whole chunk that cannot be read.
    Damage { offset: u64, refusal: Refusal },
}

struct Chunks<R> {
    reader: R,
    offset: u64,
    settings: Arc<ParserSettings>,
    /// Chunks whose checksum does not hold.
    unsound: u64,
}

impl Chunks<Box<dyn Read>> {
    fn open(input: Input) -> Result<Self> {
        let mut reader: Box<dyn Read> = Box::new(input.into_reader());
        let header = read_full(&mut reader, HEADER_BYTES)?;
        if header.len() < HEADER_BYTES || !header.starts_with(MAGIC) {
            return Err(IngestError::File(
                "the file has no header of an event log".to_owned(),
            ));
        }
        Ok(Self {
            reader,
            offset: HEADER_BYTES as u64,
            settings: Arc::new(ParserSettings::new().num_threads(1).indent(false)),
            unsound: 0,
        })
    }
}

impl<R: Read> Chunks<R> {
    /// Goes through all chunks in the order of the file.
    fn each(&mut self, mut hear: impl FnMut(Found<'_>) -> Result<()>) -> Result<()> {
        loop {
            let bytes = read_full(&mut self.reader, CHUNK_BYTES)?;
            let start = self.offset;
            self.offset += bytes.len() as u64;
            if bytes.is_empty() {
                return Ok(());
            }
            // Windows reserves chunks before it writes them, and cuts nothing from a log's end.
            if bytes.iter().all(|byte| *byte == 0) {
                continue;
            }
            if bytes.len() < CHUNK_BYTES {
                let message = format!(
                    "the file ends inside a chunk: {} bytes of {CHUNK_BYTES}",
                    bytes.len()
                );
                hear(damage(start, "cut_off", message))?;
                return Ok(());
            }
            self.chunk(bytes, start, &mut hear)?;
        }
    }

    fn chunk(
        &mut self,
        bytes: Vec<u8>,
        start: u64,
        hear: &mut impl FnMut(Found<'_>) -> Result<()>,
    ) -> Result<()> {
        let mut chunk = match EvtxChunkData::new(bytes, false) {
            Ok(chunk) => chunk,
            Err(error) => return hear(damage(start, "bad_chunk", told(&error))),
        };
        self.unsound += u64::from(!chunk.validate_checksum());
        // The reader of chunks is somebody else's; should it panic on some damage, that costs the chunk as well.
        let settings = Arc::clone(&self.settings);
        let rendered = catch_unwind(AssertUnwindSafe(|| render(&mut chunk, settings)));
        let records = match rendered {
            Ok(Ok(records)) => records,
            Ok(Err(message)) => return hear(damage(start, "bad_chunk", message)),
            Err(_) => {
                return hear(damage(
                    start,
                    "bad_chunk",
                    "the chunk is damaged beyond reading",
                ));
            }
        };
        for (at, record) in &records {
            let offset = start + at;
            match record {
                Ok(xml) => hear(Found::Record { offset, xml })?,
                Err(message) => hear(damage(offset, "bad_record", message.as_str()))?,
            }
        }
        Ok(())
    }
}

/// Offset within the chunk, and the record as XML or what is wrong with it.
type Rendered = Vec<(u64, std::result::Result<String, String>)>;

fn render(
    chunk: &mut EvtxChunkData,
    settings: Arc<ParserSettings>,
) -> std::result::Result<Rendered, String> {
    let mut parsed = chunk.parse(settings).map_err(|error| told(&error))?;
    let mut records = Vec::new();
    for record in parsed.iter() {
        match record {
            Ok(record) => {
                let at = record.binxml_offset;
                let xml = record.into_xml().map(|xml| xml.data);
                records.push((at, xml.map_err(|error| told(&error))));
            }
            Err(error) => records.push((0, Err(told(&error)))),
        }
    }
    Ok(records)
}

fn damage<'a>(offset: u64, code: &'static str, message: impl Into<String>) -> Found<'a> {
    Found::Damage {
        offset,
        refusal: Refusal::new(code, message),
    }
}

/// An error with its causes, on one line.
fn told(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text.push_str(": ");
            text.push_str(&more);
        }
        cause = error.source();
    }
    text.replace('\n', " ")
}

/// As many bytes as are asked for, less at the end.
fn read_full(reader: &mut impl Read, count: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(count);
    reader.take(count as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}
