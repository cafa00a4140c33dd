//! One file that is followed: its end, the state in which its format reads on, and what was told of it.

use super::tail::{FileTail, PipeTail, Tail};
use crate::formats::{Head, LogFormat, LookAhead};
use crate::identity::RecordIds;
use crate::input::{
    self, Directives, Found, Growth, HEAD_BYTES, Input, Known, LINE_BYTES_MAX, LineReader, Source,
    TextRead,
};
use crate::options::Options;
use crate::output::Output;
use crate::report::{FileReport, Outcome};
use crate::run::{self, now_ticks};
use crate::sink::{EventSink, Observer};
use crate::store_sink::held_sources;
use crate::{IngestError, Result};
use huntql_store::{SourceNote, Store};
use std::collections::HashSet;
use std::fs::{File, Metadata};
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Instant;

/// What a file is, whatever its name: the device and the inode, or where there are none the time of its making.
pub(super) type FileKey = (u64, u64);

#[cfg(unix)]
pub(super) fn key_of(meta: &Metadata) -> Option<FileKey> {
    use std::os::unix::fs::MetadataExt;
    Some((meta.dev(), meta.ino()))
}

#[cfg(not(unix))]
pub(super) fn key_of(meta: &Metadata) -> Option<FileKey> {
    let made = meta.created().ok()?;
    let since = made.duration_since(std::time::UNIX_EPOCH).ok()?;
    Some((since.as_secs(), u64::from(since.subsec_nanos())))
}

pub(super) struct Follower {
    /// Where it lies now; rows keep the name that it had when it was found.
    pub path: PathBuf,
    pub key: Option<FileKey>,
    pub tail: Tail,
    /// Set when its name is gone or another file's: since when nothing has come.
    pub leaving: Option<Instant>,
    pub report: FileReport,
    /// Read, and not yet noted in the store.
    pub is_dirty: bool,
    format: &'static dyn LogFormat,
    ids: RecordIds,
    text: TextRead,
    lines: u64,
    directives: Directives,
    head: Option<String>,
    id: Option<String>,
    /// In the middle of a line that was too long.
    is_skipping: bool,
}

/// What opening a file came to.
pub(super) enum Opening {
    Follow(Box<Follower>),
    /// A log that does not grow line by line.
    Whole,
    /// Nothing to read, for this reason.
    Nothing(Outcome),
}

impl Follower {
    /// Opens a file behind the part that the store has of it.
    pub fn open(
        path: &Path,
        found: Found,
        chosen: Option<&'static dyn LogFormat>,
        store: &Store,
    ) -> Result<Opening> {
        let source = Source::Path(path.to_owned());
        let file = File::open(path)?;
        let key = key_of(&file.metadata()?);
        let mut raw = Vec::new();
        (&file).take(HEAD_BYTES as u64).read_to_end(&mut raw)?;
        let input = Input::open(&source)?;
        let name = source.to_string();
        let head = Head::new(&name, input.head());
        let format = match run::recognise(chosen, &head, found) {
            Ok(format) => format,
            Err(outcome) => return Ok(Opening::Nothing(outcome)),
        };
        let mark = if raw.starts_with(BYTE_ORDER_MARK) {
            BYTE_ORDER_MARK.len()
        } else {
            0
        };
        let plain = &raw[mark..];
        let compared = plain.len().min(input.head().len());
        let is_plain = plain[..compared] == input.head()[..compared];
        let by_pieces =
            format.growth(&head) == Growth::Lines && format.looks_ahead() == LookAhead::Never;
        if !is_plain || !by_pieces {
            return Ok(Opening::Whole);
        }
        let tail = FileTail::new(file.try_clone()?, mark as u64)?;
        let mut follower = Self::at_start(name.clone(), format, Tail::File(tail));
        follower.path = path.to_owned();
        follower.key = key;
        let head_key = input::head_key(Growth::Lines, input.head());
        let notes = held_sources(store, &head_key).map_err(IngestError::Sink)?;
        let (note, cut) = match input::compare(&source, notes)? {
            Known::No => return Ok(Opening::Follow(Box::new(follower))),
            Known::Whole(note) => (note, false),
            Known::Grown { note, cut } => (note, cut),
        };
        follower.id = Some(note.id);
        if let Some((_, prefix)) = Input::open(&source)?.pass_over(note.line_start)? {
            let position = note.line_start + mark as u64;
            follower.tail = Tail::File(FileTail::new(file, position)?);
            follower.ids = RecordIds::behind(prefix.passed);
            (follower.text, follower.lines, follower.directives) =
                (prefix.text, prefix.lines, prefix.directives);
            follower.head = (note.line_start > 0).then_some(head_key);
            follower
                .report
                .notes
                .extend(cut.then(|| run::CUT_BEFORE.to_owned()));
        }
        if key_of(&path.metadata()?) != key {
            let moved = "it was moved while it was opened".to_owned();
            return Ok(Opening::Nothing(Outcome::Skipped(moved)));
        }
        Ok(Opening::Follow(Box::new(follower)))
    }

    /// Standard input, once its first lines have come.
    pub fn of_pipe(
        mut pipe: PipeTail,
        chosen: Option<&'static dyn LogFormat>,
    ) -> std::result::Result<Self, Outcome> {
        let head = Head::new("-", pipe.head());
        let format = run::recognise(chosen, &head, Found::Named)?;
        if format.growth(&head) == Growth::Whole {
            return Err(Outcome::Failed(format!(
                "{} does not grow line by line and cannot be followed",
                format.name()
            )));
        }
        Ok(Self::at_start("-".to_owned(), format, Tail::Pipe(pipe)))
    }

    fn at_start(name: String, format: &'static dyn LogFormat, tail: Tail) -> Self {
        Self {
            path: PathBuf::new(),
            key: None,
            tail,
            leaving: None,
            report: FileReport {
                file: name,
                format: Some(format.name()),
                ..FileReport::default()
            },
            is_dirty: false,
            format,
            ids: RecordIds::default(),
            text: TextRead::default(),
            lines: 0,
            directives: Directives::default(),
            head: None,
            id: None,
            is_skipping: false,
        }
    }

    /// Reads a piece of whole lines.
    pub fn take_up(
        &mut self,
        mut piece: Vec<u8>,
        options: &Options,
        sink: &mut dyn EventSink,
        observer: &mut dyn Observer,
    ) -> Result<()> {
        self.is_dirty = true;
        if self.is_skipping {
            let end = memchr::memchr(b'\n', &piece).map(|end| end + 1);
            let rest = piece.split_off(end.unwrap_or(piece.len()));
            self.text.take_up(&piece);
            self.is_skipping = end.is_none();
            piece = rest;
        }
        if piece.is_empty() {
            return Ok(());
        }
        self.is_skipping = piece.len() > LINE_BYTES_MAX && !piece.contains(&b'\n');
        if self.head.is_none() && input::first_data_line(&piece).is_some() {
            self.head = Some(input::head_key(Growth::Lines, &piece));
            self.report.fingerprint.clone_from(&self.head);
        }
        let piece: Rc<[u8]> = piece.into();
        let behind = self.directives.behind(self.text.bytes(), self.lines);
        let mut input = Input::behind(
            self.report.file.clone(),
            Box::new(Cursor::new(Rc::clone(&piece))),
            behind,
        )?;
        if matches!(self.tail, Tail::File(_)) {
            input = input.of_source(&Source::Path(self.path.clone()));
        }
        let header_lines = input.header_lines();
        let (report, ids) = (
            std::mem::take(&mut self.report),
            std::mem::take(&mut self.ids),
        );
        sink.begin_file(&report.file).map_err(IngestError::Sink)?;
        let mut output = Output::new(options, report, now_ticks(), sink, observer).with_ids(ids);
        let read = self
            .format
            .read(input, &mut output)
            .and_then(|()| output.finish());
        (self.report, self.ids) = output.into_parts();
        self.report.counts.forget_header(header_lines);
        // Each piece says what holds for the file; once is enough, and it must not grow without end.
        let mut said = HashSet::new();
        self.report.notes.retain(|note| said.insert(note.clone()));
        self.report.notes.truncate(NOTES_MAX);
        self.pass(&piece)?;
        read
    }

    /// Takes up what has been read into the state in which the next piece is read.
    fn pass(&mut self, piece: &Rc<[u8]>) -> Result<()> {
        let mut lines = LineReader::new(&piece[..], input::Damage::default());
        while let Some(line) = lines.next_line()? {
            if line.bytes.starts_with(b"#") {
                self.directives.take_up(line.bytes);
            }
        }
        self.lines += lines.lines();
        self.text.take_up(piece);
        Ok(())
    }

    /// How far it is, for the store; `None` while it cannot be found again: standard input, and files without a record.
    pub fn note(&mut self) -> Option<SourceNote> {
        let head = self.head.clone()?;
        if matches!(self.tail, Tail::Pipe(_)) || !self.directives.is_complete() {
            return None;
        }
        let hash = self.text.hash();
        Some(SourceNote {
            id: self.id.get_or_insert_with(|| hash.clone()).clone(),
            head: Some(head),
            offset: self.text.bytes(),
            hash,
            line_start: self.text.line_start(),
            ..SourceNote::default()
        })
    }
}

/// Notes kept of a file.
const NOTES_MAX: usize = 40;
const BYTE_ORDER_MARK: &[u8] = &[0xef, 0xbb, 0xbf];
