//! One scheduler on one store.
//!
//! The lock is the operating system's: it goes with the process, also when it is killed, so that there are no stale ones. The file
//! says who holds it, for whoever comes second. On folders that several machines share the system's own rules for locks hold.

use super::{StateError, folder};
use serde_json::{Value, json};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

const FILE: &str = "lock";

/// Held for as long as this lives.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// Why it is not ours.
#[derive(Debug)]
pub enum LockError {
    /// Somebody else has it: who.
    Held(String),
    Failed(StateError),
}

impl std::fmt::Display for LockError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            LockError::Held(who) => write!(f, "another scheduler works on this store: {who}"),
            LockError::Failed(error) => error.fmt(f),
        }
    }
}

impl Lock {
    /// Takes the lock of a store, saying who we are.
    ///
    /// # Errors
    /// Somebody else has it; the folder cannot be written.
    pub fn take(store: &Path, since: &str) -> Result<Lock, LockError> {
        let folder = folder(store);
        let path = folder.join(FILE);
        let failed = |error: std::io::Error| {
            LockError::Failed(StateError(format!(
                "cannot lock `{}`: {error}",
                path.display()
            )))
        };
        std::fs::create_dir_all(&folder).map_err(failed)?;
        let mut options = File::options();
        options.create(true).truncate(false).read(true).write(true);
        let mut file = options.open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(std::fs::TryLockError::WouldBlock) => {
                return Err(LockError::Held(holder(&mut file)));
            }
            Err(std::fs::TryLockError::Error(error)) => return Err(failed(error)),
        }
        let us = json!({"pid": std::process::id(), "host": host(), "since": since});
        file.set_len(0).map_err(failed)?;
        file.seek(SeekFrom::Start(0)).map_err(failed)?;
        writeln!(file, "{us}").map_err(failed)?;
        Ok(Lock { _file: file })
    }
}

/// Who wrote the file, as people say it.
fn holder(file: &mut File) -> String {
    let mut text = String::new();
    let read = file.read_to_string(&mut text);
    let who: Value = match read {
        Ok(_) => serde_json::from_str(&text).unwrap_or_default(),
        Err(_) => Value::Null,
    };
    let host = who["host"].as_str().unwrap_or("?");
    match who["pid"].as_u64() {
        Some(pid) => format!(
            "process {pid} on {host}, since {}",
            who["since"].as_str().unwrap_or("?")
        ),
        None => "a process that did not say who it is".to_owned(),
    }
}

/// This machine's name.
pub fn host() -> String {
    let of_kernel = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let named = of_kernel.or_else(|| std::env::var("HOSTNAME").ok());
    let named = named.or_else(|| std::env::var("COMPUTERNAME").ok());
    named.map_or_else(|| "localhost".to_owned(), |name| name.trim().to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_second_is_told_who_was_first() {
        let store = tempfile::tempdir().unwrap();
        let first = Lock::take(store.path(), "2026-03-04").unwrap();
        let second = Lock::take(store.path(), "2026-03-05")
            .unwrap_err()
            .to_string();
        assert!(
            second.contains(&format!("process {}", std::process::id())),
            "{second}"
        );
        assert!(second.contains("since 2026-03-04"), "{second}");
        drop(first);
        Lock::take(store.path(), "2026-03-06").unwrap();
    }
}
