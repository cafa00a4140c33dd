//! Logs into a store, and the file that takes what could not be kept.

use crate::failure::Failure;
use crate::report;
use huntql_ingest::reject::{Reject, RejectFile};
use huntql_ingest::sink::SinkError;
use huntql_ingest::{
    FileReport, IngestError, Observer, Options, Outcome, Report, StoreSink, ingest_paths,
};
use huntql_store::{Store, StoreError};
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
    let mut sink = StoreSink::new(store);
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

/// What is to be said of a run over logs that are only there to be queried: what went wrong, and that something was left out.
pub fn remarks(report: &Report) -> Vec<String> {
    let mut remarks = report.missing.clone();
    let mut skipped = 0;
    for file in &report.files {
        let is_remarkable = match file.outcome {
            Outcome::Read => file.counts.rejected > 0 || file.damage.is_some(),
            Outcome::Failed(_) => true,
            Outcome::Skipped(_) => {
                skipped += 1;
                false
            }
            Outcome::AlreadyKnown => false,
        };
        if is_remarkable {
            remarks.push(file.to_string());
        }
    }
    if skipped > 0 {
        let noun = if skipped == 1 { "file is" } else { "files are" };
        remarks.push(format!(
            "{skipped} {noun} no logs that huntql knows, or empty; `huntql ingest` says of each why"
        ));
    }
    remarks
}
