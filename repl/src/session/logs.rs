//! Logs into a store, and the file that takes what could not be kept.

use crate::failure::{EXIT_INTERRUPTED, Failure};
use crate::report;
use huntql_ingest::reject::{Reject, RejectFile};
use huntql_ingest::sink::SinkError;
use huntql_ingest::{
    FileReport, IngestError, Observer, Options, Outcome, Pace, Report, StoreSink, follow_paths,
    ingest_paths,
};
use huntql_store::{Store, StoreError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
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
    let report = ingest_paths(paths, options, &mut sink, &mut observer).map_err(ingest_failure)?;
    observer.close()?;
    Ok(report)
}

fn ingest_failure(error: IngestError) -> Failure {
    match error {
        IngestError::Options(message) => Failure::Usage(message),
        other => Failure::Data(other.to_string()),
    }
}

/// Reads logs into the store and goes on as they grow, until Ctrl-C or SIGTERM; a second Ctrl-C ends it at once.
///
/// # Errors
/// Those of [`ingest`].
pub fn follow(
    paths: &[String],
    options: &Options,
    store: &Store,
    pace: &Pace,
    rejects: &Path,
) -> Result<Report, Failure> {
    let mut observer = Rejects {
        file: Some(RejectFile::new(rejects)),
        written: 0,
    };
    let stop = Arc::new(AtomicBool::new(false));
    let said = "stopping: what was read is stored first; Ctrl-C again ends at once";
    stop_on_signals(Arc::clone(&stop), said)?;
    let report = follow_paths(paths, options, store, pace, &mut observer, &stop);
    let report = report.map_err(ingest_failure)?;
    observer.close()?;
    Ok(report)
}

/// Sets `stop` at the first signal, and says so; the second ends the process.
pub fn stop_on_signals(stop: Arc<AtomicBool>, said: &'static str) -> Result<(), Failure> {
    let failed = |error: io::Error| Failure::Internal(format!("cannot wait for signals: {error}"));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(failed)?;
    let waiting = move || {
        runtime.block_on(async {
            signal().await;
            stop.store(true, Ordering::Relaxed);
            report::say(said);
            signal().await;
            std::process::exit(i32::from(EXIT_INTERRUPTED));
        });
    };
    std::thread::Builder::new()
        .name("signals".to_owned())
        .spawn(waiting)
        .map_err(failed)?;
    Ok(())
}

/// Waits for Ctrl-C, or for SIGTERM where there is such a thing.
async fn signal() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
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

    fn noticed(&mut self, what: &str) {
        report::say(what);
    }

    fn settle(&mut self) -> Result<(), SinkError> {
        if let Some(file) = &mut self.file {
            file.flush()?;
        }
        Ok(())
    }
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
