//! A file of JSON lines that is rotated, and stdout.
//!
//! A line is written at once and synced. A file that is full becomes `NAME.1`, that `NAME.2` and so on; the oldest goes.

use super::config::Settings;
use super::{Delivery, Opened, Outlets, Refusal, Sink};
use crate::state::outbox::Before;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

const NAME: &str = "alerts.ndjson";
const MAX_BYTES: u64 = 100 << 20;
const KEPT: u64 = 5;

struct Lines {
    path: PathBuf,
    bytes_max: u64,
    kept: u64,
}

pub(super) fn open(settings: &Settings, outlets: &Outlets) -> Opened {
    let path = match settings.text("path")? {
        Some(path) => settings.path(path),
        None => outlets.folder.join(NAME),
    };
    Ok(Box::new(Lines {
        path,
        bytes_max: settings.number("max_size", MAX_BYTES)?.max(1),
        kept: settings.number("keep", KEPT)?,
    }))
}

impl Sink for Lines {
    fn deliver(&mut self, delivery: &Delivery<'_>) -> Result<(), Refusal> {
        let again = |error: io::Error| {
            Refusal::Again(format!("cannot write `{}`: {error}", self.path.display()))
        };
        if delivery.before == Before::InFlight && self.has(delivery.id) {
            return Ok(());
        }
        let line = format!("{}\n", delivery.body);
        self.append(line.as_bytes()).map_err(again)
    }
}

impl Lines {
    fn rotated(&self, number: u64) -> PathBuf {
        PathBuf::from(format!("{}.{number}", self.path.display()))
    }

    /// Whether the file, or the one before it, has a whole line with this id.
    fn has(&self, id: &str) -> bool {
        [self.path.clone(), self.rotated(1)]
            .iter()
            .any(|path| holds(path, id))
    }

    fn append(&self, line: &[u8]) -> io::Result<()> {
        if let Some(folder) = self.path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let size = std::fs::metadata(&self.path).map_or(0, |meta| meta.len());
        if size > 0 && size + line.len() as u64 > self.bytes_max {
            self.rotate()?;
        }
        let mut options = File::options();
        let mut file = options
            .create(true)
            .append(true)
            .read(true)
            .open(&self.path)?;
        if !ends_with_line(&mut file)? {
            // A process ended in the middle of a line.
            file.write_all(b"\n")?;
        }
        file.write_all(line)?;
        file.sync_data()
    }

    fn rotate(&self) -> io::Result<()> {
        if self.kept == 0 {
            return std::fs::remove_file(&self.path);
        }
        for number in (1..self.kept).rev() {
            let from = self.rotated(number);
            if from.exists() {
                std::fs::rename(from, self.rotated(number + 1))?;
            }
        }
        std::fs::rename(&self.path, self.rotated(1))
    }
}

fn ends_with_line(file: &mut File) -> io::Result<bool> {
    if file.seek(SeekFrom::End(0))? == 0 {
        return Ok(true);
    }
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

/// A line that is cut short has no end of line.
fn holds(path: &Path, id: &str) -> bool {
    let Ok(file) = File::open(path) else {
        return false;
    };
    let quoted = format!("\"{id}\"");
    let mut reader = BufReader::new(file);
    let mut line = Vec::new();
    while reader
        .read_until(b'\n', &mut line)
        .is_ok_and(|read| read > 0)
    {
        let is_whole = line.ends_with(b"\n");
        let names_it = line
            .windows(quoted.len())
            .any(|part| part == quoted.as_bytes());
        if is_whole && names_it && serde_json::from_slice::<serde_json::Value>(&line).is_ok() {
            return true;
        }
        line.clear();
    }
    false
}

struct Stdout {
    open: fn() -> Box<dyn Write + Send>,
}

pub(super) fn open_stdout(_: &Settings, outlets: &Outlets) -> Opened {
    Ok(Box::new(Stdout {
        open: outlets.stdout,
    }))
}

impl Sink for Stdout {
    fn deliver(&mut self, delivery: &Delivery<'_>) -> Result<(), Refusal> {
        let again = |error: io::Error| Refusal::Again(format!("cannot write to stdout: {error}"));
        let mut out = (self.open)();
        let line = format!("{}\n", delivery.body);
        out.write_all(line.as_bytes()).map_err(again)?;
        out.flush().map_err(again)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    fn deliver(lines: &mut Lines, id: &str, before: Before) {
        let body = json!({ "id": id });
        let delivery = Delivery {
            id,
            body: &body,
            alert: &body,
            before,
        };
        lines.deliver(&delivery).unwrap();
    }

    fn lines(folder: &Path, bytes_max: u64) -> Lines {
        Lines {
            path: folder.join(NAME),
            bytes_max,
            kept: 2,
        }
    }

    #[test]
    fn a_line_that_was_under_way_is_written_once() {
        let folder = tempfile::tempdir().unwrap();
        let mut lines = lines(folder.path(), 1_000);
        deliver(&mut lines, "a", Before::NotArrived);
        deliver(&mut lines, "a", Before::InFlight);
        deliver(&mut lines, "b", Before::InFlight);
        let text = std::fs::read_to_string(&lines.path).unwrap();
        assert_eq!(text, "{\"id\":\"a\"}\n{\"id\":\"b\"}\n");
    }

    #[test]
    fn a_line_that_was_cut_short_is_ended_and_written_again() {
        let folder = tempfile::tempdir().unwrap();
        let mut lines = lines(folder.path(), 1_000);
        std::fs::write(&lines.path, "{\"id\":\"a\"").unwrap();
        deliver(&mut lines, "a", Before::InFlight);
        let text = std::fs::read_to_string(&lines.path).unwrap();
        assert_eq!(text, "{\"id\":\"a\"\n{\"id\":\"a\"}\n");
    }

    #[test]
    fn a_full_file_makes_room_and_the_oldest_goes() {
        let folder = tempfile::tempdir().unwrap();
        let mut lines = lines(folder.path(), 15);
        for id in ["a", "b", "c", "d"] {
            deliver(&mut lines, id, Before::NotArrived);
        }
        let text = |path: PathBuf| std::fs::read_to_string(path).unwrap();
        assert_eq!(text(lines.path.clone()), "{\"id\":\"d\"}\n");
        assert_eq!(text(lines.rotated(1)), "{\"id\":\"c\"}\n");
        assert_eq!(text(lines.rotated(2)), "{\"id\":\"b\"}\n");
        assert!(!lines.rotated(3).exists());
    }
}
