//! Files that are written beside the reading, each on a thread of its own.
//!
//! What they hold is bounded: a file waits for its [`Slot`] until those before it leave room for its rows.

use super::parquet::{self, Contents};
use crate::error::{Result, StoreError};
use crate::log::DataFile;
use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, Once, PoisonError};
use std::thread::{self, JoinHandle};

/// Bytes of rows that files under way may hold; one larger file is written alone.
const WRITING_BYTES_MAX: usize = 128 << 20;

/// Makes the allocator keep what is freed, up to some tens of MiB: rows come and go by pieces of a few MiB, and to get each of them from the
/// system and back costs a tenth of an ingest. glibc learns from the largest piece that was ever freed; to others it means nothing.
pub(super) fn keep_memory() {
    const PIECE_BYTES: usize = 31 << 20;
    static KEPT: Once = Once::new();
    KEPT.call_once(|| drop(std::hint::black_box(Vec::<u8>::with_capacity(PIECE_BYTES))));
}

/// The room that the files of one ingest share.
#[derive(Debug, Clone, Default)]
pub(super) struct Slots(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    taken: Mutex<Taken>,
    freed: Condvar,
}

#[derive(Debug, Default)]
struct Taken {
    files: usize,
    bytes: usize,
}

/// Room for one file; it is free again when this is dropped.
struct Slot {
    shared: Arc<Shared>,
    bytes: usize,
}

impl Slots {
    /// Waits until there is room for a file of so many bytes of rows.
    fn take(&self, bytes: usize) -> Slot {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let mut taken = self.0.lock();
        while taken.files > 0 && (taken.files >= cores || taken.bytes + bytes > WRITING_BYTES_MAX) {
            let woken = self.0.freed.wait(taken);
            taken = woken.unwrap_or_else(PoisonError::into_inner);
        }
        taken.files += 1;
        taken.bytes += bytes;
        Slot {
            shared: Arc::clone(&self.0),
            bytes,
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut taken = self.shared.lock();
        taken.files -= 1;
        taken.bytes -= self.bytes;
        self.shared.freed.notify_all();
    }
}

/// A file that is being written.
pub(super) struct Writing(JoinHandle<Result<Staged>>);

/// A file in staging.
pub(super) struct Staged {
    pub path: PathBuf,
    /// What the log will say of it.
    pub file: DataFile,
    /// Datetime columns whose seventh digit it carries.
    pub ticks: Vec<String>,
}

/// Where a file lies, and where it will.
pub(super) struct Place {
    pub staged: PathBuf,
    /// Relative to the table's folder.
    pub path: String,
    pub day: Option<String>,
}

/// Begins to write a file of `bytes` bytes of rows, as soon as there is room for it. What fails leaves no file.
pub(super) fn begin(
    slots: &Slots,
    place: Place,
    contents: Contents,
    bytes: usize,
) -> Result<Writing> {
    let slot = slots.take(bytes);
    let staged = place.staged.clone();
    let thread = thread::Builder::new().name("huntql-write".to_owned());
    let begun = thread.spawn(move || {
        // The rows go before the slot does.
        let _slot = slot;
        let contents = contents;
        write(place, &contents)
    });
    Ok(Writing(begun.map_err(StoreError::io(staged, "write"))?))
}

fn write(place: Place, contents: &Contents) -> Result<Staged> {
    let Place { staged, path, day } = place;
    let written = parquet::write(&staged, contents).inspect_err(|_| {
        crate::index::remove(&staged);
        let _ = fs::remove_file(&staged);
    })?;
    Ok(Staged {
        ticks: written.ticks.clone(),
        file: written.into_data_file(path, day),
        path: staged,
    })
}

impl Writing {
    pub(super) fn is_done(&self) -> bool {
        self.0.is_finished()
    }

    /// Waits until the file is written and synced.
    pub(super) fn wait(self) -> Result<Staged> {
        match self.0.join() {
            Ok(staged) => staged,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }
}
