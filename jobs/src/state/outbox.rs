//! What is still to be delivered. An entry is marked before it is sent and when it has arrived, so that after a crash it is known
//! which may have arrived twice.

use super::{Result, State};
use huntql_kql::time::TICKS_PER_DAY;
use rusqlite::{OptionalExtension, params};

/// No entry waits longer, in ticks: one that seems to was postponed before the clock went back.
const WAIT_MAX: i64 = 7 * TICKS_PER_DAY;

/// An alert on its way to a sink.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub seq: i64,
    pub alert_id: String,
    /// The alert as JSON, in our own shape.
    pub content: String,
    /// How often it was tried.
    pub attempts: u32,
    pub before: Before,
}

/// What is known of earlier attempts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Before {
    /// None of them can have arrived.
    NotArrived,
    /// One was under way when a process ended.
    InFlight,
}

impl State {
    /// The next entry of a sink that is due at `now`, marked as under way.
    ///
    /// # Errors
    /// Those of the database.
    pub fn take(&mut self, sink: &str, now: i64) -> Result<Option<Entry>> {
        let transaction = self
            .connection
            .transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let entry = transaction
            .prepare_cached(
                "SELECT outbox.seq, alert_id, content, attempts, state FROM outbox JOIN alerts ON alerts.id = alert_id
                 WHERE sink = ?1 AND state IN ('waiting', 'sending') AND (next <= ?2 OR next > ?3) ORDER BY outbox.seq LIMIT 1",
            )?
            .query_row(params![sink, now, now.saturating_add(WAIT_MAX)], |row| {
                let state: String = row.get(4)?;
                Ok(Entry {
                    seq: row.get(0)?,
                    alert_id: row.get(1)?,
                    content: row.get(2)?,
                    attempts: row.get(3)?,
                    before: match state == "sending" {
                        true => Before::InFlight,
                        false => Before::NotArrived,
                    },
                })
            })
            .optional()?;
        if let Some(entry) = &entry {
            transaction.execute(
                "UPDATE outbox SET state = 'sending' WHERE seq = ?1",
                [entry.seq],
            )?;
        }
        transaction.commit()?;
        Ok(entry)
    }

    /// It has arrived.
    ///
    /// # Errors
    /// Those of the database.
    pub fn delivered(&mut self, seq: i64, at: i64) -> Result<()> {
        self.connection.execute(
            "UPDATE outbox SET state = 'delivered', attempts = attempts + 1, error = '', at = ?2 WHERE seq = ?1",
            params![seq, at],
        )?;
        Ok(())
    }

    /// It has not arrived and is tried again at `next`.
    ///
    /// # Errors
    /// Those of the database.
    pub fn postponed(&mut self, seq: i64, error: &str, next: i64) -> Result<()> {
        self.connection.execute(
            "UPDATE outbox SET state = 'waiting', attempts = attempts + 1, error = ?2, next = ?3 WHERE seq = ?1",
            params![seq, error, next],
        )?;
        Ok(())
    }

    /// It has not arrived and is not tried again.
    ///
    /// # Errors
    /// Those of the database.
    pub fn given_up(&mut self, seq: i64, error: &str, at: i64) -> Result<()> {
        self.connection.execute(
            "UPDATE outbox SET state = 'dead', attempts = attempts + 1, error = ?2, at = ?3 WHERE seq = ?1",
            params![seq, error, at],
        )?;
        Ok(())
    }

    /// How many entries have still to be delivered.
    ///
    /// # Errors
    /// Those of the database.
    pub fn waiting(&self) -> Result<i64> {
        let count = self.connection.query_row(
            "SELECT count(*) FROM outbox WHERE state IN ('waiting', 'sending')",
            [],
            |row| row.get(0),
        )?;
        Ok(count)
    }
}
