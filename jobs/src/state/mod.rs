//! What survives a crash: which windows have run, the alerts, what has still to be delivered, errors.
//!
//! One SQLite database in the store's folder:
//!
//! ```text
//! <store>/_hunts/state.db             this
//! <store>/_hunts/lock                 held by the scheduler; says who it is
//! <store>/_hunts/alerts.ndjson        the sink `file`, unless the configuration says otherwise
//! <store>/_hunts/dead-letters.ndjson  alerts that a sink did not take
//! ```
//!
//! The one rule: a run, the alerts that it made and what is to be delivered of them are one transaction ([`commit`]). A process that
//! ends before it has done nothing; one that ends behind it has lost nothing.
//!
//! Instants and lengths are ticks. Times of the day that things happened at are the machine's clock; windows are logical.

pub mod commit;
pub mod lock;
pub mod outbox;
pub mod report;
pub mod tables;

use crate::late::Sight;
use crate::window::{Due, Window};
use huntql_kql::time::TICKS_PER_DAY;
use rusqlite::{Connection, OptionalExtension, params};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The newest form of the database that this program reads, and the one it writes.
const FORMAT: i64 = 1;
const FOLDER: &str = "_hunts";
const DATABASE: &str = "state.db";
/// How long runs and errors are kept, and how long alerts, in ticks.
const RUNS_KEPT: i64 = 90 * TICKS_PER_DAY;
const ALERTS_KEPT: i64 = 400 * TICKS_PER_DAY;
/// How long one process waits for another's transaction.
const BUSY: Duration = Duration::from_secs(30);

const TABLES: &str = "
CREATE TABLE rules (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, file TEXT NOT NULL, fingerprint TEXT NOT NULL,
    failures INTEGER NOT NULL, disabled TEXT, disabled_at INTEGER
) WITHOUT ROWID;
CREATE TABLE runs (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, rule_id TEXT NOT NULL, rule_name TEXT NOT NULL, rule_version TEXT NOT NULL,
    cause TEXT NOT NULL, status TEXT NOT NULL, slot INTEGER, window_from INTEGER NOT NULL, window_to INTEGER NOT NULL,
    at INTEGER NOT NULL, duration INTEGER NOT NULL, rows INTEGER NOT NULL, alerts INTEGER NOT NULL, known INTEGER NOT NULL,
    capped INTEGER NOT NULL, message TEXT NOT NULL, counts INTEGER NOT NULL
);
CREATE INDEX runs_covered ON runs (rule_id, counts, window_to);
CREATE TABLE alerts (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, rule_id TEXT NOT NULL, rule_name TEXT NOT NULL,
    severity TEXT NOT NULL, title TEXT NOT NULL, window_from INTEGER NOT NULL, window_to INTEGER NOT NULL, at INTEGER NOT NULL,
    content TEXT NOT NULL
);
CREATE INDEX alerts_of_rule ON alerts (rule_id, at);
CREATE TABLE keys (
    rule_id TEXT NOT NULL, key TEXT NOT NULL, window_to INTEGER NOT NULL, alert_id TEXT NOT NULL,
    PRIMARY KEY (rule_id, key, window_to)
) WITHOUT ROWID;
CREATE TABLE outbox (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, alert_id TEXT NOT NULL, sink TEXT NOT NULL, state TEXT NOT NULL,
    attempts INTEGER NOT NULL, next INTEGER NOT NULL, error TEXT NOT NULL, at INTEGER NOT NULL, UNIQUE (alert_id, sink)
);
CREATE INDEX outbox_waiting ON outbox (sink, state, next);
CREATE TABLE looks (
    rule_id TEXT NOT NULL, window_from INTEGER NOT NULL, window_to INTEGER NOT NULL, slot INTEGER NOT NULL,
    stretch_from INTEGER NOT NULL, stretch_to INTEGER NOT NULL, sight TEXT NOT NULL, until INTEGER NOT NULL,
    PRIMARY KEY (rule_id, window_from, window_to)
) WITHOUT ROWID;
CREATE TABLE suppressions (rule_id TEXT PRIMARY KEY, since INTEGER NOT NULL, until INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE errors (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, rule_id TEXT NOT NULL, rule_name TEXT NOT NULL, at INTEGER NOT NULL, slot INTEGER,
    window_from INTEGER, window_to INTEGER, kind TEXT NOT NULL, attempt INTEGER NOT NULL, message TEXT NOT NULL
);
";

/// Why the state cannot be used.
#[derive(Debug)]
pub struct StateError(pub String);

impl std::fmt::Display for StateError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for StateError {}

impl From<rusqlite::Error> for StateError {
    fn from(error: rusqlite::Error) -> Self {
        StateError(format!("the state of the hunts: {error}"))
    }
}

pub type Result<T> = std::result::Result<T, StateError>;

/// The state of the hunts over one store. One connection; every thread opens its own.
pub struct State {
    connection: Connection,
    folder: PathBuf,
}

/// How things stand with a rule before it runs.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Standing {
    /// All windows that end at or before this have run, or are noted as holes.
    pub covered: Option<i64>,
    /// Why it does not run until its file changes.
    pub disabled: Option<String>,
    /// Runs whose windows may still get rows.
    pub looks: Vec<Look>,
    /// Windows that end in here do not run.
    pub suppressed: Option<Window>,
}

/// A run whose window is looked at again.
#[derive(Debug, Clone, PartialEq)]
pub struct Look {
    pub slot: i64,
    pub window: Window,
    /// The part that no later slot sees.
    pub stretch: Window,
    pub sight: Sight,
    /// Until when, by the machine's clock.
    pub until: i64,
}

/// The folder of the state in a store.
pub fn folder(store: &Path) -> PathBuf {
    store.join(FOLDER)
}

impl State {
    /// Opens the state of a store, or makes one.
    ///
    /// # Errors
    /// A folder that cannot be written; a database that is damaged, or of a later version.
    pub fn open(store: &Path) -> Result<State> {
        let folder = folder(store);
        std::fs::create_dir_all(&folder).map_err(|error| {
            StateError(format!(
                "cannot make the folder `{}`: {error}",
                folder.display()
            ))
        })?;
        let connection = Connection::open(folder.join(DATABASE))?;
        let mut state = State { connection, folder };
        state.prepare()?;
        Ok(state)
    }

    /// The state of a store, when there is one.
    ///
    /// # Errors
    /// As [`State::open`].
    pub fn open_existing(store: &Path) -> Result<Option<State>> {
        match folder(store).join(DATABASE).is_file() {
            true => State::open(store).map(Some),
            false => Ok(None),
        }
    }

    fn prepare(&mut self) -> Result<()> {
        self.connection.busy_timeout(BUSY)?;
        self.connection.pragma_update(None, "journal_mode", "wal")?;
        self.connection.pragma_update(None, "synchronous", "full")?;
        let version = |connection: &Connection| {
            connection.query_row("PRAGMA user_version", [], |row| row.get::<_, i64>(0))
        };
        let found = version(&self.connection)?;
        if found > FORMAT {
            return Err(StateError(format!(
                "the state in `{}` is of format {found}; this huntql knows formats up to {FORMAT}: use a later one",
                self.folder.display()
            )));
        }
        if found == 0 {
            let making = self
                .connection
                .transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
            // Another process may have been faster.
            if version(&making)? == 0 {
                making.execute_batch(TABLES)?;
                making.pragma_update(None, "user_version", FORMAT)?;
            }
            making.commit()?;
        }
        Ok(())
    }

    /// When the last run was, by the machine's clock.
    ///
    /// # Errors
    /// Those of the database.
    pub fn last_run_at(&self) -> Result<Option<i64>> {
        let sql = "SELECT at FROM runs ORDER BY seq DESC LIMIT 1";
        Ok(self
            .connection
            .query_row(sql, [], |row| row.get(0))
            .optional()?)
    }

    /// The folder of the state.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// How things stand with a rule at `now`.
    ///
    /// Runs of windows that are not over by this clock were made before it went back; they count no more, now or later.
    ///
    /// # Errors
    /// Those of the database.
    pub fn standing(&mut self, rule_id: &str, now: i64) -> Result<Standing> {
        let transaction = self
            .connection
            .transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let future = "rule_id = ?1 AND window_to > ?2";
        transaction.execute(
            &format!("UPDATE runs SET counts = 0, message = message || 'the clock went back; ' WHERE {future} AND counts = 1"),
            params![rule_id, now],
        )?;
        transaction.execute(
            &format!("DELETE FROM looks WHERE {future}"),
            params![rule_id, now],
        )?;
        transaction.execute(
            "DELETE FROM suppressions WHERE rule_id = ?1 AND since > ?2",
            params![rule_id, now],
        )?;
        let covered = transaction.query_row(
            "SELECT max(window_to) FROM runs WHERE rule_id = ?1 AND counts = 1",
            [rule_id],
            |row| row.get(0),
        )?;
        let disabled = transaction
            .query_row(
                "SELECT disabled FROM rules WHERE id = ?1",
                [rule_id],
                |row| row.get(0),
            )
            .optional()?
            .flatten();
        let suppressed = transaction
            .query_row(
                "SELECT since, until FROM suppressions WHERE rule_id = ?1",
                [rule_id],
                |row| {
                    Ok(Window {
                        from: row.get(0)?,
                        to: row.get(1)?,
                    })
                },
            )
            .optional()?;
        let looks = looks(&transaction, rule_id)?;
        transaction.commit()?;
        Ok(Standing {
            covered,
            disabled,
            looks,
            suppressed,
        })
    }

    /// Tells of the file that a rule stands in. One that was disabled runs again when its file has changed.
    ///
    /// # Errors
    /// Those of the database.
    pub fn met(&mut self, rule_id: &str, name: &str, file: &Path, fingerprint: &str) -> Result<()> {
        self.connection.execute(
            "INSERT INTO rules (id, name, file, fingerprint, failures) VALUES (?1, ?2, ?3, ?4, 0)
             ON CONFLICT (id) DO UPDATE SET name = ?2, file = ?3, fingerprint = ?4,
                 failures = CASE WHEN fingerprint = ?4 THEN failures ELSE 0 END,
                 disabled = CASE WHEN fingerprint = ?4 THEN disabled END,
                 disabled_at = CASE WHEN fingerprint = ?4 THEN disabled_at END",
            params![rule_id, name, file.to_string_lossy(), fingerprint],
        )?;
        Ok(())
    }

    /// Forgets what is older than it has to be: runs, errors and what was delivered, then alerts and their keys.
    ///
    /// Keeps each rule's last runs, which say what is covered. Does nothing at a time at which no run was a day ago: the clock may
    /// have jumped, and what seems old may be of yesterday.
    ///
    /// # Errors
    /// Those of the database.
    pub fn forget(&mut self, now: i64) -> Result<()> {
        let is_usual = self.connection.query_row(
            "SELECT EXISTS (SELECT 1 FROM runs WHERE at BETWEEN ?1 AND ?2)",
            params![now - 30 * TICKS_PER_DAY, now - TICKS_PER_DAY],
            |row| row.get::<_, bool>(0),
        )?;
        if !is_usual {
            return Ok(());
        }
        let runs_before = now.saturating_sub(RUNS_KEPT);
        let alerts_before = now.saturating_sub(ALERTS_KEPT);
        let transaction = self.connection.transaction()?;
        transaction.execute(
            "DELETE FROM runs WHERE at < ?1 AND status <> 'Hole' AND seq NOT IN
                 (SELECT seq FROM runs AS last WHERE counts = 1 AND window_to =
                     (SELECT max(window_to) FROM runs WHERE rule_id = last.rule_id AND counts = 1))",
            [runs_before],
        )?;
        transaction.execute("DELETE FROM errors WHERE at < ?1", [runs_before])?;
        transaction.execute(
            "DELETE FROM outbox WHERE state = 'delivered' AND at < ?1",
            [runs_before],
        )?;
        transaction.execute("DELETE FROM keys WHERE window_to < ?1", [alerts_before])?;
        transaction.execute(
            "DELETE FROM alerts WHERE at < ?1 AND window_to < ?1 AND id NOT IN (SELECT alert_id FROM outbox)",
            [alerts_before],
        )?;
        transaction.commit()?;
        Ok(())
    }
}

fn looks(connection: &Connection, rule_id: &str) -> Result<Vec<Look>> {
    let mut statement = connection.prepare_cached(
        "SELECT slot, window_from, window_to, stretch_from, stretch_to, sight, until FROM looks
         WHERE rule_id = ?1 ORDER BY window_to, window_from",
    )?;
    let rows = statement.query_map([rule_id], |row| {
        let sight: String = row.get(5)?;
        Ok(Look {
            slot: row.get(0)?,
            window: Window {
                from: row.get(1)?,
                to: row.get(2)?,
            },
            stretch: Window {
                from: row.get(3)?,
                to: row.get(4)?,
            },
            // What cannot be read counts as nothing seen: the window runs once more.
            sight: serde_json::from_str(&sight).unwrap_or_default(),
            until: row.get(6)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

impl Look {
    /// The look to take again at a run that has just been made.
    pub fn at(due: &Due, stretch: Window, sight: Sight, until: i64) -> Look {
        Look {
            slot: due.slot,
            window: due.window,
            stretch,
            sight,
            until,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const TODAY: i64 = 740_000 * TICKS_PER_DAY;

    fn state(days_ago: &[i64]) -> (tempfile::TempDir, State) {
        let store = tempfile::tempdir().unwrap();
        let state = State::open(store.path()).unwrap();
        for days in days_ago {
            let at = TODAY - days * TICKS_PER_DAY;
            state
                .connection
                .execute(
                    "INSERT INTO runs (rule_id, rule_name, rule_version, cause, status, slot, window_from, window_to, at, duration,
                         rows, alerts, known, capped, message, counts)
                     VALUES ('r', '', '', 'Scheduled', 'Succeeded', ?1, ?1 - 1, ?1, ?1, 0, 0, 0, 0, 0, '', 1)",
                    [at],
                )
                .unwrap();
        }
        (store, state)
    }

    fn runs(state: &State) -> i64 {
        let sql = "SELECT count(*) FROM runs";
        state
            .connection
            .query_row(sql, [], |row| row.get(0))
            .unwrap()
    }

    #[test]
    fn old_runs_go() {
        let (_store, mut state) = state(&[200, 100, 2, 1]);
        state.forget(TODAY).unwrap();
        assert_eq!(runs(&state), 2);
    }

    #[test]
    fn a_clock_that_jumped_forgets_nothing() {
        let (_store, mut state) = state(&[2, 1]);
        state.forget(TODAY + 5_000 * TICKS_PER_DAY).unwrap();
        assert_eq!(runs(&state), 2);
    }

    #[test]
    fn the_run_that_says_what_is_covered_stays() {
        let (_store, mut state) = state(&[200, 100]);
        state
            .connection
            .execute("INSERT INTO runs SELECT NULL, 'other', '', '', '', 'Failed', 0, 0, 0, at + 98 * 864000000000, 0, 0, 0, 0, 0, '', 0 FROM runs WHERE seq = 2", [])
            .unwrap();
        state.forget(TODAY).unwrap();
        assert_eq!(runs(&state), 2);
        assert_eq!(
            state.standing("r", TODAY).unwrap().covered,
            Some(TODAY - 100 * TICKS_PER_DAY)
        );
    }

    #[test]
    fn an_entry_that_was_postponed_before_the_clock_went_back_is_due() {
        let (_store, mut state) = state(&[]);
        let sql = "INSERT INTO alerts (id, rule_id, rule_name, severity, title, window_from, window_to, at, content)
                   VALUES ('a', 'r', '', '', '', 0, 0, 0, '{}');
                   INSERT INTO outbox (alert_id, sink, state, attempts, next, error, at) VALUES ('a', 's', 'waiting', 1, 0, '', 0)";
        state.connection.execute_batch(sql).unwrap();
        let entry = state.take("s", TODAY).unwrap().unwrap();
        state
            .postponed(entry.seq, "later", TODAY + 5_000 * TICKS_PER_DAY)
            .unwrap();
        assert!(state.take("s", TODAY).unwrap().is_some());
        state.postponed(entry.seq, "later", TODAY + 60).unwrap();
        assert!(state.take("s", TODAY).unwrap().is_none());
    }
}
