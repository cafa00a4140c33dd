//! Logs into a store: the sink that takes rows, and the file that takes what could not be kept.

use crate::failure::Failure;
use crate::report;
use huntql_ingest::reject::{Reject, RejectFile};
use huntql_ingest::sink::SinkError;
use huntql_ingest::{
    Appended, EventSink, FileReport, FileState, IngestError, Observer, Options, Outcome, Report,
    ingest_paths,
};
use huntql_store::schema::builtin;
use huntql_store::{Ingest, Store, StoreError};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// Reads logs into the store; a file that fails adds nothing. Rejected records go to `rejects`, if there are any.
///
/// # Errors
/// Options that name what does not exist; a store or a file of rejects that cannot be written.
pub fn ingest(
    paths: &[String],
    options: &Options,
    store: &Store,
    rejects: Option<&Path>,
) -> Result<Report, Failure> {
    let mut sink = StoreSink {
        store,
        under_way: None,
    };
    let mut observer = Rejects {
        file: rejects.map(RejectFile::new),
        written: 0,
    };
    let report =
        ingest_paths(paths, options, &mut sink, &mut observer).map_err(|error| match error {
            IngestError::Options(message) => Failure::Usage(message),
            other => Failure::Data(other.to_string()),
        })?;
    observer.close()?;
    Ok(report)
}

/// Where the rejects of an ingest into this store go when the user names no file.
pub fn rejects_of(store: &Store) -> PathBuf {
    let seconds = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs();
    let name = format!("{seconds}-{}.ndjson", std::process::id());
    store.path().join("_rejects").join(name)
}

/// A failure of the store is the data's, whatever it is.
pub fn store_failure(error: StoreError) -> Failure {
    Failure::Data(error.to_string())
}

/// One ingest, and so one commit, a file.
struct StoreSink<'a> {
    store: &'a Store,
    under_way: Option<(Ingest, String)>,
}

impl EventSink for StoreSink<'_> {
    fn begin_file(
        &mut self,
        file: &str,
        fingerprint: Option<&str>,
    ) -> Result<FileState, SinkError> {
        if let Some(fingerprint) = fingerprint
            && self.store.knows(fingerprint)?
        {
            return Ok(FileState::Known);
        }
        let fingerprint = fingerprint.map_or_else(|| passing_fingerprint(file), str::to_owned);
        // What a file that failed has left under way is dropped here, uncommitted.
        self.under_way = Some((self.store.ingest(), fingerprint));
        Ok(FileState::New)
    }

    fn append(
        &mut self,
        table: &str,
        batch: datafusion::arrow::record_batch::RecordBatch,
    ) -> Result<Appended, SinkError> {
        let schema = builtin(table).ok_or_else(|| format!("no table `{table}` is built in"))?;
        let (ingest, _) = self.under_way.as_mut().ok_or("rows without a file")?;
        let appended = ingest.append(schema, &batch)?;
        Ok(Appended {
            rows: appended.rows,
            duplicates: appended.duplicates,
        })
    }

    fn end_file(&mut self) -> Result<(), SinkError> {
        if let Some((ingest, fingerprint)) = self.under_way.take() {
            ingest.commit(&fingerprint)?;
        }
        Ok(())
    }
}

/// Standard input cannot be known beforehand: each run of it is a source of its own. Its records still tell duplicates.
fn passing_fingerprint(file: &str) -> String {
    let nanos = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_nanos();
    format!("{file} {nanos} {}", std::process::id())
}

struct Rejects {
    file: Option<RejectFile>,
    written: u64,
}

impl Rejects {
    fn close(mut self) -> Result<(), Failure> {
        let Some(file) = &mut self.file else {
            return Ok(());
        };
        let path = file.path().display().to_string();
        file.flush()
            .map_err(|error| Failure::Data(format!("cannot write `{path}`: {error}")))?;
        if self.written > 0 {
            report::say(&format!("{} rejected records are in {path}", self.written));
        }
        Ok(())
    }
}

impl Observer for Rejects {
    fn rejected(&mut self, reject: &Reject) -> Result<(), SinkError> {
        if let Some(file) = &mut self.file {
            if self.written == 0
                && let Some(folder) = file.path().parent()
            {
                std::fs::create_dir_all(folder)?;
            }
            file.write(reject)?;
            self.written += 1;
        }
        Ok(())
    }

    fn finished(&mut self, _: &FileReport) {}
}

/// What is to be said of a run over logs that are only there to be queried: what went wrong, and what was left out.
pub fn remarks(report: &Report) -> Vec<String> {
    let mut remarks = report.missing.clone();
    for file in &report.files {
        let is_remarkable = match file.outcome {
            Outcome::Read => file.counts.rejected > 0 || file.damage.is_some(),
            Outcome::Skipped(_) | Outcome::Failed(_) => true,
            Outcome::AlreadyKnown => false,
        };
        if is_remarkable {
            remarks.push(file.to_string());
        }
    }
    remarks
}
