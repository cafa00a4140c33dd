//! The rules of a folder as they come and go.
//!
//! A file that can no longer be read does not stop the rule that it held: the rule as it was goes on, and what is wrong is said.

use super::pass::Armed;
use crate::rule::{self, Loaded};
use crate::schedule::Timing;
use crate::sink::Sinks;
use crate::state::{State, StateError};
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Where rules come from.
#[derive(Debug)]
pub struct Roster {
    paths: Vec<PathBuf>,
    sinks: Sinks,
    /// Name, time of change and size of each file at the last look.
    seen: BTreeMap<PathBuf, (Option<SystemTime>, u64)>,
    armed: Vec<Armed>,
}

/// What a look at the files gave.
#[derive(Debug, Default)]
pub struct Change {
    /// All that was read, with what is wrong: for whoever draws it.
    pub loaded: Vec<Loaded>,
    /// Rules that do not run, and why.
    pub refused: Vec<(PathBuf, String)>,
    /// Rules that are there and have no schedule.
    pub unscheduled: usize,
}

impl Roster {
    pub fn new(paths: Vec<PathBuf>, sinks: Sinks) -> Roster {
        Roster {
            paths,
            sinks,
            seen: BTreeMap::new(),
            armed: Vec::new(),
        }
    }

    pub fn rules(&self) -> &[Armed] {
        &self.armed
    }

    /// Reads the rules again when a file was added, changed or removed.
    ///
    /// # Errors
    /// Those of the state.
    pub fn look(&mut self, state: &mut State) -> Result<Option<Change>, StateError> {
        let mut seen = BTreeMap::new();
        for path in &self.paths {
            files(path, &mut seen);
        }
        if seen == self.seen && !seen.is_empty() {
            return Ok(None);
        }
        let is_first = self.seen.is_empty();
        if seen.is_empty() && is_first {
            return Ok(None);
        }
        self.seen = seen;
        self.read(state).map(Some)
    }

    fn read(&mut self, state: &mut State) -> Result<Change, StateError> {
        let mut change = Change::default();
        for path in &self.paths {
            change.loaded.extend(rule::load(path));
        }
        let before = std::mem::take(&mut self.armed);
        let mut ids: HashMap<String, PathBuf> = HashMap::new();
        for loaded in &change.loaded {
            let fingerprint = fingerprint(&loaded.document);
            let armed = match &loaded.rule {
                Some(rule) => self.arm(rule, fingerprint),
                None => {
                    let kept = before
                        .iter()
                        .filter(|armed| armed.rule.source.file == loaded.file);
                    for armed in kept {
                        if ids
                            .insert(armed.rule.id.clone(), loaded.file.clone())
                            .is_none()
                        {
                            self.armed.push(armed.clone());
                        }
                    }
                    continue;
                }
            };
            match armed {
                Ok(Some(armed)) => {
                    if let Some(first) = ids.get(&armed.rule.id) {
                        let message = format!(
                            "its id `{}` is that of {} already; a rule has an id of its own",
                            armed.rule.id,
                            first.display()
                        );
                        change.refused.push((loaded.file.clone(), message));
                        continue;
                    }
                    ids.insert(armed.rule.id.clone(), loaded.file.clone());
                    let rule = &armed.rule;
                    state.met(&rule.id, &rule.name, &rule.source.file, &armed.fingerprint)?;
                    self.armed.push(armed);
                }
                Ok(None) => change.unscheduled += 1,
                Err(message) => change.refused.push((loaded.file.clone(), message)),
            }
        }
        Ok(change)
    }

    fn arm(&self, rule: &rule::Rule, fingerprint: String) -> Result<Option<Armed>, String> {
        let Some(timing) = Timing::of(rule)? else {
            return Ok(None);
        };
        Ok(Some(Armed {
            sinks: self.sinks.of_rule(&rule.ours.sinks)?,
            rule: rule.clone(),
            timing,
            fingerprint,
        }))
    }
}

/// What tells a file's text from what it was before.
pub fn fingerprint(document: &str) -> String {
    blake3::hash(document.as_bytes()).to_hex().to_string()
}

/// Name, time and size of all files below a path.
fn files(path: &Path, seen: &mut BTreeMap<PathBuf, (Option<SystemTime>, u64)>) {
    let Ok(meta) = std::fs::metadata(path) else {
        return;
    };
    if !meta.is_dir() {
        seen.insert(path.to_owned(), (meta.modified().ok(), meta.len()));
        return;
    }
    let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
    for entry in entries {
        let is_hidden = entry.file_name().to_string_lossy().starts_with('.');
        if !is_hidden && !entry.path().is_symlink() {
            files(&entry.path(), seen);
        }
    }
}
