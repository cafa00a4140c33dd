//! `ingest --follow`: files that grow, read on and on, through rotation by renaming and by truncation.
//!
//! All files go into one ingest, which is committed by time and by size; after a commit it is noted how far each file is
//! in. Whoever is killed in between reads from the note on, and rows that are in already are known by their record ids:
//! nothing is lost and nothing is doubled.
//!
//! Files are polled: that works on network shares, and needs nothing of the operating system.
//!
//! - Renamed: the name is another file's, or nobody's. The old file is read until it has been quiet for [`Pace::linger`];
//!   a last line without its end is read then. The new one is read from its start.
//! - Truncated: what was read is no longer there. The file is read from its start, as another text.
//! - Logs that do not grow line by line, and compressed ones, are read as a whole once they are quiet, and again when they
//!   have changed.

mod follower;
mod tail;

use crate::formats::{self, LogFormat};
use crate::input::{self, Found, Source};
use crate::options::Options;
use crate::proxies::Sightings;
use crate::report::{FileReport, Outcome, Report};
use crate::run::{Run, chosen_format, now_ticks};
use crate::sink::{Appended, EventSink, FileEnd, Observer, SinkError};
use crate::store_sink::{self, StoreSink};
use crate::{IngestError, Result};
use datafusion::arrow::record_batch::RecordBatch;
use follower::{Follower, Opening, key_of};
use huntql_store::{Committed, Ingest, SourceNote, Store, Transaction};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};
use tail::{PipeTail, Step, Tail, Writer};

/// How often things happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Between two looks at the files.
    pub poll: Duration,
    /// Rows wait no longer than this for their commit.
    pub commit_every: Duration,
    /// Rows that wait at most.
    pub commit_rows: u64,
    /// How long a file that lost its name must be quiet before it is done, and a whole file before it is read.
    pub linger: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            poll: Duration::from_secs(1),
            commit_every: Duration::from_secs(10),
            commit_rows: 200_000,
            linger: Duration::from_secs(5),
        }
    }
}

/// Reads what `paths` stand for, and goes on as it grows, until `stop` is set; or, when it is standard input alone, until
/// that ends.
///
/// Errors that end it are those of the options and of the store. A named file that is no log ends it at the start.
pub fn follow_paths(
    paths: &[String],
    options: &Options,
    store: &Store,
    pace: &Pace,
    observer: &mut dyn Observer,
    stop: &AtomicBool,
) -> Result<Report> {
    let mut watch = Watch {
        paths,
        options,
        chosen: chosen_format(options)?,
        store,
        pace,
        observer,
        sink: FollowSink {
            ingest: store.ingest(),
            rows: 0,
            file: String::new(),
            sightings: BTreeMap::new(),
        },
        transaction: Transaction {
            application: application(),
            version: 0,
        },
        followers: Vec::new(),
        others: HashMap::new(),
        failed: HashSet::new(),
        waiting: HashMap::new(),
        pipe: None,
        first_row: None,
        report: Report::default(),
    };
    watch.run(stop)?;
    Ok(watch.report)
}

/// A name for this run's commits that no other has.
fn application() -> String {
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    let seed = format!("{}\0{}", std::process::id(), now.as_nanos());
    format!("follow-{}", &blake3::hash(seed.as_bytes()).to_hex()[..32])
}

/// All files write into one ingest.
struct FollowSink {
    ingest: Ingest,
    /// Since the last commit.
    rows: u64,
    /// Whose rows come now.
    file: String,
    /// The proxies that the rows of each file show at work, since the last commit.
    sightings: BTreeMap<String, Sightings>,
}

impl FollowSink {
    fn commit(&mut self, transaction: &Transaction) -> std::result::Result<Committed, SinkError> {
        for (file, sightings) in std::mem::take(&mut self.sightings) {
            if let Some(seen) = sightings.to_batch(&file) {
                self.ingest.append(Sightings::table(), &seen)?;
            }
        }
        self.rows = 0;
        Ok(self.ingest.commit_rows(transaction)?)
    }
}

impl EventSink for FollowSink {
    fn begin_file(&mut self, file: &str) -> std::result::Result<(), SinkError> {
        file.clone_into(&mut self.file);
        Ok(())
    }

    fn append(
        &mut self,
        table: &str,
        batch: RecordBatch,
    ) -> std::result::Result<Appended, SinkError> {
        if !self.sightings.contains_key(&self.file) {
            self.sightings
                .insert(self.file.clone(), Sightings::default());
        }
        if let Some(sightings) = self.sightings.get_mut(&self.file) {
            sightings.observe(table, &batch);
        }
        let appended = store_sink::append(&mut self.ingest, table, &batch)?;
        self.rows += appended.rows;
        Ok(appended)
    }

    fn end_file(&mut self, _: Option<&SourceNote>) -> std::result::Result<FileEnd, SinkError> {
        Ok(FileEnd::default())
    }

    fn abandon_file(&mut self) {}
}

/// Length and time of change.
type Looks = (u64, Option<SystemTime>);

/// A file that is not followed.
struct Other {
    looks: Looks,
    since: Instant,
    /// How it looked when it was dealt with last.
    done: Option<Looks>,
    /// When it was dealt with last, or seen first, and how long that took.
    last: Instant,
    took: Duration,
}

impl Other {
    fn new(looks: Looks) -> Self {
        let now = Instant::now();
        Self {
            looks,
            since: now,
            done: None,
            last: now,
            took: Duration::ZERO,
        }
    }

    /// Whether it is to be read: once it is quiet; or while it goes on changing, as long as that takes little of the time.
    fn is_due(&self, linger: Duration) -> bool {
        self.since.elapsed() >= linger || self.last.elapsed() >= linger.max(self.took * 4)
    }
}

struct Watch<'a> {
    paths: &'a [String],
    options: &'a Options,
    chosen: Option<&'static dyn LogFormat>,
    store: &'a Store,
    pace: &'a Pace,
    observer: &'a mut dyn Observer,
    sink: FollowSink,
    transaction: Transaction,
    followers: Vec<Follower>,
    others: HashMap<Source, Other>,
    /// Files that turned out not to make sense: they are left alone.
    failed: HashSet<Source>,
    /// Arguments that stand for nothing yet, and what was said of them.
    waiting: HashMap<String, String>,
    /// Standard input before its format is known.
    pipe: Option<PipeTail>,
    /// When the first row came that waits for its commit.
    first_row: Option<Instant>,
    report: Report,
}

impl Watch<'_> {
    fn run(&mut self, stop: &AtomicBool) -> Result<()> {
        if self.paths.iter().any(|path| path == "-") {
            self.pipe = Some(PipeTail::stdin());
        }
        let only_pipe = self.paths.iter().all(|path| path == "-");
        let mut is_first = true;
        while !stop.load(Ordering::Relaxed) {
            self.scan(is_first)?;
            if is_first && self.report.has_failures() {
                break;
            }
            self.read_all(stop)?;
            if is_first && self.report.has_failures() {
                break;
            }
            is_first = false;
            if only_pipe && self.pipe.is_none() && self.followers.is_empty() {
                break;
            }
            let until = Instant::now() + self.pace.poll;
            while Instant::now() < until && !stop.load(Ordering::Relaxed) {
                std::thread::sleep(Duration::from_millis(50).min(self.pace.poll));
            }
        }
        self.commit()?;
        for follower in std::mem::take(&mut self.followers) {
            self.finish(follower);
        }
        Ok(())
    }

    /// Finds what the paths stand for now: new files, and names that went to another file.
    fn scan(&mut self, is_first: bool) -> Result<()> {
        self.recognise_pipe();
        let mut found = Vec::new();
        for expanded in input::expand(self.paths) {
            match expanded.sources {
                Ok(sources) => found.extend(sources),
                Err(message) => {
                    let said = self.waiting.insert(expanded.argument, message.clone());
                    if said.as_ref() != Some(&message) {
                        self.observer.noticed(&format!("{message}; waiting for it"));
                    }
                }
            }
        }
        for follower in &mut self.followers {
            let has_name = found
                .iter()
                .any(|(source, _)| *source == Source::Path(follower.path.clone()));
            if !has_name && matches!(follower.tail, Tail::File(_)) {
                follower.leaving.get_or_insert_with(Instant::now);
            }
        }
        for (source, found) in found {
            match &source {
                Source::Stdin => {}
                Source::Path(path) => {
                    if !self.is_followed(&path.clone())? {
                        self.look(source, found, is_first)?;
                    }
                }
                Source::Member(_) => self.look(source, found, is_first)?,
            }
        }
        Ok(())
    }

    /// Whether the file of this name is one that is followed, be it under another name until now.
    fn is_followed(&mut self, path: &Path) -> Result<bool> {
        let Ok(meta) = path.metadata() else {
            return Ok(true);
        };
        let key = key_of(&meta);
        let named = self
            .followers
            .iter_mut()
            .find(|follower| follower.path == path && follower.leaving.is_none());
        if let Some(follower) = named {
            if follower.key == key {
                return Ok(true);
            }
            follower.leaving = Some(Instant::now());
            let said = format!("{}: its name is another file's now", path.display());
            self.observer.noticed(&said);
            // Whatever the new file is, it is compared with all that was read of the old one.
            self.commit()?;
        }
        let renamed = self
            .followers
            .iter_mut()
            .find(|follower| key.is_some() && follower.key == key);
        let Some(follower) = renamed else {
            return Ok(false);
        };
        if follower.path == path {
            follower.leaving = None;
            return Ok(true);
        }
        let still_there = follower.path.metadata().ok().and_then(|meta| key_of(&meta)) == key;
        if !still_there {
            let said = format!("{}: renamed to {}", follower.path.display(), path.display());
            self.observer.noticed(&said);
            follower.path = path.to_owned();
            follower.leaving = None;
        }
        Ok(true)
    }

    /// Opens a file that is not followed, when it has changed since it was dealt with last.
    fn look(&mut self, source: Source, found: Found, is_first: bool) -> Result<()> {
        let looks = looks_of(&source);
        let other = self
            .others
            .entry(source.clone())
            .or_insert_with(|| Other::new(looks));
        if other.looks != looks {
            (other.looks, other.since) = (looks, Instant::now());
        }
        if other.done == Some(looks) || self.failed.contains(&source) {
            return Ok(());
        }
        let (is_due, started) = (other.is_due(self.pace.linger), Instant::now());
        let outcome = match &source {
            Source::Path(path) => match self.open(path, found)? {
                Opening::Follow(follower) => {
                    self.observer
                        .noticed(&format!("{}: followed", path.display()));
                    self.others.remove(&source);
                    self.followers.push(*follower);
                    return Ok(());
                }
                Opening::Nothing(outcome) => Some(outcome),
                Opening::Whole => None,
            },
            Source::Member(_) | Source::Stdin => None,
        };
        let file = match outcome {
            Some(outcome) => FileReport {
                file: source.to_string(),
                outcome,
                ..FileReport::default()
            },
            None if is_due => self.read_whole(&source, found)?,
            None => return Ok(()),
        };
        if let Some(other) = self.others.get_mut(&source) {
            other.done = Some(looks);
            (other.last, other.took) = (Instant::now(), started.elapsed());
        }
        let is_worth_telling = is_first || !matches!(file.outcome, Outcome::Skipped(_));
        if is_worth_telling {
            self.tell(file);
        }
        Ok(())
    }

    /// Takes up the report of a file that was read; a further reading of the same file adds to the first.
    fn tell(&mut self, file: FileReport) {
        self.observer.finished(&file);
        let before = self
            .report
            .files
            .iter_mut()
            .find(|before| before.file == file.file && before.format == file.format);
        match (before, &file.outcome) {
            (Some(_), Outcome::AlreadyKnown) => {}
            (Some(before), Outcome::Read) => before.absorb(file),
            _ => self.report.files.push(file),
        }
    }

    fn open(&self, path: &Path, found: Found) -> Result<Opening> {
        let chosen = match self.chosen {
            None => formats::chosen(self.options, &path.display().to_string())?,
            chosen => chosen,
        };
        match Follower::open(path, found, chosen, self.store) {
            Err(IngestError::Io(error)) => Ok(Opening::Nothing(Outcome::Skipped(format!(
                "cannot read: {error}"
            )))),
            other => other,
        }
    }

    /// Reads a file that is no growing log, in a transaction of its own.
    fn read_whole(&mut self, source: &Source, found: Found) -> Result<FileReport> {
        self.commit()?;
        let mut sink = StoreSink::new(self.store);
        let mut run = Run {
            options: self.options,
            chosen: self.chosen,
            ingested_ticks: now_ticks(),
            sink: &mut sink,
            observer: self.observer,
        };
        run.file(source, found)
    }

    fn recognise_pipe(&mut self) {
        let Some(mut pipe) = self.pipe.take() else {
            return;
        };
        if pipe.head().is_empty() {
            if !pipe.is_over() {
                self.pipe = Some(pipe);
            }
            return;
        }
        match Follower::of_pipe(pipe, self.chosen) {
            Ok(follower) => self.followers.push(follower),
            Err(outcome) => self.report.files.push(FileReport {
                file: "-".to_owned(),
                outcome,
                ..FileReport::default()
            }),
        }
    }

    /// Reads all files to their ends, and commits when it is time.
    fn read_all(&mut self, stop: &AtomicBool) -> Result<()> {
        let mut index = 0;
        while index < self.followers.len() {
            match self.read_one(index, stop)? {
                true => index += 1,
                false => {
                    self.commit()?;
                    let follower = self.followers.remove(index);
                    self.finish(follower);
                }
            }
        }
        self.commit_when_due()
    }

    /// Reads one file to its end; whether it is still to be followed.
    fn read_one(&mut self, index: usize, stop: &AtomicBool) -> Result<bool> {
        while !stop.load(Ordering::Relaxed) {
            let follower = &mut self.followers[index];
            let quiet_for = follower.leaving.map(|since| since.elapsed());
            let is_gone = quiet_for.is_some_and(|quiet| quiet >= self.pace.linger);
            let writer = if is_gone {
                Writer::IsGone
            } else {
                Writer::MayGoOn
            };
            let piece = match follower.tail.next(writer) {
                Ok(Step::Piece(piece)) => piece,
                Ok(Step::Idle) => return Ok(!is_gone),
                Ok(Step::End) => return Ok(false),
                Ok(Step::Replaced) => {
                    let held = follower.tail.held_back();
                    let said = format!(
                        "{}: it was truncated and is read from its start",
                        follower.path.display()
                    );
                    self.observer.noticed(&said);
                    follower.report.notes.extend((held > 0).then(|| {
                        "it was truncated while a last line had no end yet: that line is lost"
                            .to_owned()
                    }));
                    return Ok(false);
                }
                Err(error) => {
                    follower.report.outcome = Outcome::Failed(format!("cannot read on: {error}"));
                    return Ok(false);
                }
            };
            if follower.leaving.is_some() && !is_gone {
                follower.leaving = Some(Instant::now());
            }
            let read = follower.take_up(piece, self.options, &mut self.sink, self.observer);
            self.first_row.get_or_insert_with(Instant::now);
            match read {
                Ok(()) => {}
                Err(error @ (IngestError::Sink(_) | IngestError::Options(_))) => return Err(error),
                Err(error) => {
                    follower.report.outcome = Outcome::Failed(error.to_string());
                    self.failed.insert(Source::Path(follower.path.clone()));
                    return Ok(false);
                }
            }
            self.commit_when_due()?;
        }
        Ok(true)
    }

    fn commit_when_due(&mut self) -> Result<()> {
        let waits = self.first_row.map(|first| first.elapsed());
        let is_due = waits.is_some_and(|waits| waits >= self.pace.commit_every)
            || self.sink.rows >= self.pace.commit_rows;
        if is_due { self.commit() } else { Ok(()) }
    }

    /// Makes everything read so far visible, and notes how far each file is.
    fn commit(&mut self) -> Result<()> {
        self.first_row = None;
        if !self.followers.iter().any(|follower| follower.is_dirty) {
            return Ok(());
        }
        self.transaction.version += 1;
        let committed = self
            .sink
            .commit(&self.transaction)
            .map_err(IngestError::Sink)?;
        self.observer.settle().map_err(IngestError::Sink)?;
        let dirty = self
            .followers
            .iter_mut()
            .filter(|follower| follower.is_dirty);
        let notes: Vec<SourceNote> = dirty
            .filter_map(|follower| {
                follower.is_dirty = false;
                follower.note()
            })
            .collect();
        self.sink
            .ingest
            .note(&notes, &self.transaction, &committed)
            .map_err(|error| IngestError::Sink(Box::new(error)))?;
        if committed.rows > 0 {
            self.observer
                .noticed(&format!("{} rows stored", committed.rows));
        }
        Ok(())
    }

    fn finish(&mut self, mut follower: Follower) {
        let held = follower.tail.held_back();
        if follower.leaving.is_none() && held > 0 {
            follower.report.notes.push(format!(
                "{held} bytes of a last line without its end are left for the next time"
            ));
        }
        if follower.report.outcome == Outcome::Read && !follower.report.counts.is_conserved() {
            follower.report.outcome = Outcome::Failed(format!(
                "internal error: the counts do not add up: {}",
                follower.report.counts
            ));
        }
        self.observer.finished(&follower.report);
        self.report.files.push(follower.report);
    }
}

fn looks_of(source: &Source) -> Looks {
    let path: Option<PathBuf> = match source {
        Source::Path(path) => Some(path.clone()),
        Source::Member(member) => Some(member.archive.clone()),
        Source::Stdin => None,
    };
    let meta = path.and_then(|path| path.metadata().ok());
    meta.map_or((0, None), |meta| (meta.len(), meta.modified().ok()))
}
