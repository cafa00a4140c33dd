//! The transaction of a run: what was looked at, the alerts, and what is to be delivered of them, all or nothing.

use super::{Look, Result, State, StateError};
use crate::alert::{self, Alert, Known, Memory, Raised, identity::Key};
use crate::rule::{Rule, Severity};
use crate::run::{Found, RunError};
use crate::window::{Cause, Due, Window};
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

/// A run that is over.
#[derive(Debug)]
pub struct Ran<'a> {
    pub rule: &'a Rule,
    pub due: Due,
    /// What came of it.
    pub outcome: Outcome<'a>,
    /// Time before it that no run looks at.
    pub hole: Option<Window>,
    /// When it began, by the machine's clock.
    pub at: i64,
    pub duration: i64,
    /// Where its alerts go.
    pub sinks: &'a [String],
    pub origin: &'a alert::Origin,
    /// What is looked at again later.
    pub look: Option<Look>,
}

#[derive(Debug)]
pub enum Outcome<'a> {
    Found(&'a Found),
    /// An alert of before says that nothing is to be looked for.
    Suppressed,
}

/// What a commit made.
#[derive(Debug, Clone, Default)]
pub struct Committed {
    pub raised: Vec<Raised>,
}

impl Committed {
    /// How many alerts are new.
    pub fn new_alerts(&self) -> usize {
        let new = self
            .raised
            .iter()
            .filter(|raised| raised.known == Known::Not);
        new.count()
    }
}

/// Why a run was not committed: the rule's fault, or the database's.
#[derive(Debug)]
pub enum CommitError {
    Rule(RunError),
    State(StateError),
}

impl From<StateError> for CommitError {
    fn from(error: StateError) -> Self {
        CommitError::State(error)
    }
}

impl From<rusqlite::Error> for CommitError {
    fn from(error: rusqlite::Error) -> Self {
        CommitError::State(error.into())
    }
}

/// Alerts of before, as the transaction sees them.
struct Kept<'t>(&'t Transaction<'t>);

impl Memory for Kept<'_> {
    fn recall(
        &self,
        rule_id: &str,
        key: &Key,
        window: Window,
    ) -> std::result::Result<Option<String>, RunError> {
        recall(self.0, rule_id, key, window).map_err(|error| RunError::Transient(error.to_string()))
    }
}

/// Earlier alerts of a state that is only read.
pub struct Recalled<'s>(pub &'s State);

impl Memory for Recalled<'_> {
    fn recall(
        &self,
        rule_id: &str,
        key: &Key,
        window: Window,
    ) -> std::result::Result<Option<String>, RunError> {
        recall(&self.0.connection, rule_id, key, window)
            .map_err(|error| RunError::Transient(error.to_string()))
    }
}

fn recall(
    connection: &Connection,
    rule_id: &str,
    key: &Key,
    window: Window,
) -> rusqlite::Result<Option<String>> {
    let hold = key.hold.unwrap_or(i64::MAX);
    let mut statement = connection.prepare_cached(
        "SELECT alert_id FROM keys WHERE rule_id = ?1 AND key = ?2 AND window_to > ?3 AND window_to < ?4
         ORDER BY abs(window_to - ?5), window_to LIMIT 1",
    )?;
    let (after, before) = (
        window.to.saturating_sub(hold),
        window.to.saturating_add(hold),
    );
    statement
        .query_row(
            params![rule_id, key.hash, after, before, window.to],
            |row| row.get(0),
        )
        .optional()
}

impl State {
    /// Commits a run.
    ///
    /// # Errors
    /// Columns that the rule names and the result has not; those of the database. Nothing has happened then.
    pub fn commit(&mut self, ran: &Ran<'_>) -> std::result::Result<Committed, CommitError> {
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let raised = match ran.outcome {
            Outcome::Found(found) => {
                alert::raise(ran.rule, ran.due.window, found, &Kept(&transaction))
                    .map_err(CommitError::Rule)?
            }
            Outcome::Suppressed => Vec::new(),
        };
        if let Some(hole) = ran.hole {
            note_hole(&transaction, ran, hole)?;
        }
        for raised in raised.iter().filter(|raised| raised.known == Known::Not) {
            note_alert(&transaction, ran, raised)?;
        }
        note_run(&transaction, ran, &raised)?;
        if let Some(look) = &ran.look {
            note_look(&transaction, &ran.rule.id, look)?;
        }
        suppress(&transaction, ran, &raised)?;
        if matches!(ran.outcome, Outcome::Found(_)) {
            transaction.execute(
                "UPDATE rules SET failures = 0 WHERE id = ?1",
                [&ran.rule.id],
            )?;
        }
        transaction.commit()?;
        Ok(Committed { raised })
    }

    /// Notes what a look has seen that was no reason to run again.
    ///
    /// # Errors
    /// Those of the database.
    pub fn note_look(&mut self, rule_id: &str, look: &Look) -> Result<()> {
        Ok(note_look(&self.connection, rule_id, look)?)
    }

    /// Forgets a look whose time is over.
    ///
    /// # Errors
    /// Those of the database.
    pub fn looked(&mut self, rule_id: &str, look: &Look, now: i64) -> Result<()> {
        if now > look.until {
            self.connection.execute(
                "DELETE FROM looks WHERE rule_id = ?1 AND window_from = ?2 AND window_to = ?3",
                params![rule_id, look.window.from, look.window.to],
            )?;
        }
        Ok(())
    }

    /// Notes that a run failed; gives how often in a row a permanent error was met.
    ///
    /// # Errors
    /// Those of the database.
    pub fn failed(&mut self, failure: &Failure<'_>) -> Result<i64> {
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let (rule, due) = (failure.rule, &failure.due);
        let kind = match failure.error {
            RunError::Transient(_) => "Transient",
            RunError::Permanent(_) => "Permanent",
        };
        transaction.execute(
            "INSERT INTO errors (rule_id, rule_name, at, slot, window_from, window_to, kind, attempt, message)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            params![
                rule.id, rule.name, failure.at, due.slot, due.window.from, due.window.to, kind,
                failure.attempt, failure.error.message()
            ],
        )?;
        if failure.is_last {
            transaction.execute(
                "INSERT INTO runs (rule_id, rule_name, rule_version, cause, status, slot, window_from, window_to, at, duration,
                     rows, alerts, known, capped, message, counts)
                 VALUES (?1, ?2, ?3, ?4, 'Failed', ?5, ?6, ?7, ?8, ?9, 0, 0, 0, 0, ?10, 0)",
                params![
                    rule.id, rule.name, rule.version, due.cause.name(), due.slot, due.window.from, due.window.to,
                    failure.at, failure.duration, failure.error.message()
                ],
            )?;
        }
        let mut failures = 0;
        if matches!(failure.error, RunError::Permanent(_)) {
            transaction.execute(
                "UPDATE rules SET failures = failures + 1 WHERE id = ?1",
                [&rule.id],
            )?;
            let read = transaction.query_row(
                "SELECT failures FROM rules WHERE id = ?1",
                [&rule.id],
                |row| row.get(0),
            );
            failures = read.optional()?.unwrap_or(0);
        }
        transaction.commit()?;
        Ok(failures)
    }

    /// Lets a rule rest until its file changes.
    ///
    /// # Errors
    /// Those of the database.
    pub fn disable(&mut self, rule_id: &str, reason: &str, at: i64) -> Result<()> {
        self.connection.execute(
            "UPDATE rules SET disabled = ?2, disabled_at = ?3 WHERE id = ?1",
            params![rule_id, reason, at],
        )?;
        Ok(())
    }
}

/// A run that gave an error.
#[derive(Debug)]
pub struct Failure<'a> {
    pub rule: &'a Rule,
    pub due: Due,
    pub error: &'a RunError,
    pub at: i64,
    pub duration: i64,
    /// From 1.
    pub attempt: u32,
    /// It is not tried again before the next slot.
    pub is_last: bool,
}

/// Whether a run says that its window has been looked at.
fn counts(due: &Due) -> bool {
    match due.cause {
        Cause::Scheduled | Cause::CatchUp | Cause::Gap => true,
        Cause::Late | Cause::Backfill | Cause::Asked => false,
    }
}

fn note_hole(transaction: &Transaction<'_>, ran: &Ran<'_>, hole: Window) -> rusqlite::Result<()> {
    let rule = ran.rule;
    transaction.execute(
        "INSERT INTO runs (rule_id, rule_name, rule_version, cause, status, slot, window_from, window_to, at, duration,
             rows, alerts, known, capped, message, counts)
         VALUES (?1, ?2, ?3, ?4, 'Hole', NULL, ?5, ?6, ?7, 0, 0, 0, 0, 0, 'no run looked at this time', 1)",
        params![rule.id, rule.name, rule.version, ran.due.cause.name(), hole.from, hole.to, ran.at],
    )?;
    Ok(())
}

fn note_run(
    transaction: &Transaction<'_>,
    ran: &Ran<'_>,
    raised: &[Raised],
) -> rusqlite::Result<()> {
    let (rule, due) = (ran.rule, &ran.due);
    let (status, rows) = match ran.outcome {
        Outcome::Found(found) => ("Succeeded", found.rows.len()),
        Outcome::Suppressed => ("Suppressed", 0),
    };
    let new: Vec<&Alert> = raised
        .iter()
        .filter(|raised| raised.known == Known::Not)
        .map(|raised| &raised.alert)
        .collect();
    let capped: usize = new.iter().filter_map(|alert| alert.sums_up).sum();
    transaction.execute(
        "INSERT INTO runs (rule_id, rule_name, rule_version, cause, status, slot, window_from, window_to, at, duration,
             rows, alerts, known, capped, message, counts)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, '', ?15)",
        params![
            rule.id, rule.name, rule.version, due.cause.name(), status, due.slot, due.window.from, due.window.to,
            ran.at, ran.duration, rows as i64, new.len() as i64, (raised.len() - new.len()) as i64, capped as i64,
            counts(due)
        ],
    )?;
    Ok(())
}

fn note_alert(
    transaction: &Transaction<'_>,
    ran: &Ran<'_>,
    raised: &Raised,
) -> rusqlite::Result<()> {
    let (rule, alert, to) = (ran.rule, &raised.alert, ran.due.window.to);
    let content = alert.to_json(ran.origin, ran.at).to_string();
    let is_new = transaction.execute(
        "INSERT OR IGNORE INTO alerts (id, rule_id, rule_name, severity, title, window_from, window_to, at, content)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        params![
            alert.id, rule.id, rule.name, alert.severity.map_or("", Severity::name), alert.title,
            alert.window.from, to, ran.at, content
        ],
    )?;
    let mut keys = transaction.prepare_cached(
        "INSERT OR REPLACE INTO keys (rule_id, key, window_to, alert_id) VALUES (?1, ?2, ?3, ?4)",
    )?;
    for key in &raised.keys {
        keys.execute(params![rule.id, key.hash, to, alert.id])?;
    }
    if is_new == 0 {
        return Ok(());
    }
    let mut outbox = transaction.prepare_cached(
        "INSERT INTO outbox (alert_id, sink, state, attempts, next, error, at) VALUES (?1, ?2, 'waiting', 0, 0, '', ?3)",
    )?;
    for sink in ran.sinks {
        outbox.execute(params![alert.id, sink, ran.at])?;
    }
    Ok(())
}

fn note_look(connection: &Connection, rule_id: &str, look: &Look) -> rusqlite::Result<()> {
    let sight = serde_json::to_string(&look.sight).expect("a map of numbers is JSON");
    connection.execute(
        "INSERT OR REPLACE INTO looks (rule_id, window_from, window_to, slot, stretch_from, stretch_to, sight, until)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        params![
            rule_id,
            look.window.from,
            look.window.to,
            look.slot,
            look.stretch.from,
            look.stretch.to,
            sight,
            look.until
        ],
    )?;
    Ok(())
}

/// An alert stops the rule for a while, counted from the end of its window.
fn suppress(
    transaction: &Transaction<'_>,
    ran: &Ran<'_>,
    raised: &[Raised],
) -> rusqlite::Result<()> {
    let Some(length) = ran.rule.suppression.filter(|length| *length > 0) else {
        return Ok(());
    };
    let is_new = raised.iter().any(|raised| raised.known == Known::Not);
    if !is_new || !counts(&ran.due) {
        return Ok(());
    }
    let since = ran.due.window.to;
    transaction.execute(
        "INSERT OR REPLACE INTO suppressions (rule_id, since, until) VALUES (?1, ?2, ?3)",
        params![ran.rule.id, since, since.saturating_add(length)],
    )?;
    Ok(())
}
