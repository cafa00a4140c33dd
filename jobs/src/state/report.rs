//! How the hunts stand: for `huntql hunt status`.

use super::{Result, State};
use crate::window::Window;
use rusqlite::{OptionalExtension, params};
use std::collections::BTreeMap;

/// How a rule stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleStatus {
    pub id: String,
    pub name: String,
    pub file: String,
    pub disabled: Option<String>,
    pub last: Option<LastRun>,
    pub last_error: Option<LastError>,
    pub alerts: i64,
    /// Time that no run has looked at and no backfill since.
    pub holes: Vec<Window>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastRun {
    pub status: String,
    pub cause: String,
    pub at: i64,
    pub window: Window,
    pub rows: i64,
    pub alerts: i64,
    pub summed_up: i64,
    pub duration: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastError {
    pub at: i64,
    pub kind: String,
    pub message: String,
}

/// How a sink's part of the outbox stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SinkStatus {
    pub name: String,
    pub delivered: i64,
    pub waiting: i64,
    pub dead: i64,
    /// Of an entry that waits, the last.
    pub error: String,
}

impl State {
    /// All rules that were ever met, by name.
    ///
    /// # Errors
    /// Those of the database.
    pub fn rules(&self) -> Result<Vec<RuleStatus>> {
        let mut statement = self
            .connection
            .prepare("SELECT id, name, file, disabled FROM rules ORDER BY name, id")?;
        let rules = statement.query_map([], |row| {
            Ok(RuleStatus {
                id: row.get(0)?,
                name: row.get(1)?,
                file: row.get(2)?,
                disabled: row.get(3)?,
                last: None,
                last_error: None,
                alerts: 0,
                holes: Vec::new(),
            })
        })?;
        let mut rules = rules.collect::<rusqlite::Result<Vec<_>>>()?;
        let alerts = self.alerts_by_rule()?;
        for rule in &mut rules {
            rule.last = self.last_run(&rule.id)?;
            rule.last_error = self.last_error(&rule.id)?;
            rule.holes = self.holes(&rule.id)?;
            rule.alerts = alerts.get(&rule.id).copied().unwrap_or(0);
        }
        Ok(rules)
    }

    fn alerts_by_rule(&self) -> Result<BTreeMap<String, i64>> {
        let sql = "SELECT rule_id, count(*) FROM alerts GROUP BY rule_id";
        let mut statement = self.connection.prepare(sql)?;
        let counts = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(counts.collect::<rusqlite::Result<_>>()?)
    }

    fn last_run(&self, rule_id: &str) -> Result<Option<LastRun>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT status, cause, at, window_from, window_to, rows, alerts, capped, duration FROM runs
             WHERE rule_id = ?1 AND status <> 'Hole' ORDER BY seq DESC LIMIT 1",
        )?;
        let run = statement.query_row([rule_id], |row| {
            Ok(LastRun {
                status: row.get(0)?,
                cause: row.get(1)?,
                at: row.get(2)?,
                window: Window {
                    from: row.get(3)?,
                    to: row.get(4)?,
                },
                rows: row.get(5)?,
                alerts: row.get(6)?,
                summed_up: row.get(7)?,
                duration: row.get(8)?,
            })
        });
        Ok(run.optional()?)
    }

    fn last_error(&self, rule_id: &str) -> Result<Option<LastError>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT at, kind, message FROM errors WHERE rule_id = ?1 ORDER BY seq DESC LIMIT 1",
        )?;
        let error = statement.query_row([rule_id], |row| {
            Ok(LastError {
                at: row.get(0)?,
                kind: row.get(1)?,
                message: row.get(2)?,
            })
        });
        Ok(error.optional()?)
    }

    /// The holes of a rule without what later runs looked at.
    fn holes(&self, rule_id: &str) -> Result<Vec<Window>> {
        let window = |row: &rusqlite::Row<'_>| {
            Ok((
                row.get::<_, i64>(0)?,
                Window {
                    from: row.get(1)?,
                    to: row.get(2)?,
                },
            ))
        };
        let mut holes = self.connection.prepare_cached(
            "SELECT seq, window_from, window_to FROM runs
             WHERE rule_id = ?1 AND status = 'Hole' AND counts = 1 ORDER BY window_from",
        )?;
        let holes = holes.query_map([rule_id], window)?;
        let holes = holes.collect::<rusqlite::Result<Vec<_>>>()?;
        let mut open = Vec::new();
        for (seq, hole) in holes {
            let mut runs = self.connection.prepare_cached(
                "SELECT seq, window_from, window_to FROM runs WHERE rule_id = ?1 AND status = 'Succeeded'
                 AND seq > ?2 AND window_from < ?3 AND window_to > ?4 ORDER BY window_from",
            )?;
            let runs = runs.query_map(params![rule_id, seq, hole.to, hole.from], window)?;
            let runs = runs.collect::<rusqlite::Result<Vec<_>>>()?;
            let runs: Vec<Window> = runs.into_iter().map(|(_, run)| run).collect();
            open.extend(without(hole, &runs));
        }
        Ok(open)
    }

    /// How the sinks stand that ever got something.
    ///
    /// # Errors
    /// Those of the database.
    pub fn sinks(&self) -> Result<Vec<SinkStatus>> {
        let mut statement = self.connection.prepare(
            "SELECT sink, sum(state = 'delivered'), sum(state IN ('waiting', 'sending')), sum(state = 'dead'),
                 coalesce(max(CASE WHEN state = 'waiting' THEN error END), '')
             FROM outbox GROUP BY sink ORDER BY sink",
        )?;
        let sinks = statement.query_map([], |row| {
            Ok(SinkStatus {
                name: row.get(0)?,
                delivered: row.get(1)?,
                waiting: row.get(2)?,
                dead: row.get(3)?,
                error: row.get(4)?,
            })
        })?;
        Ok(sinks.collect::<rusqlite::Result<_>>()?)
    }
}

/// What of a stretch is in none of these windows, which are in the order of their beginnings.
pub fn without(stretch: Window, windows: &[Window]) -> Vec<Window> {
    let mut left = Vec::new();
    let mut from = stretch.from;
    for window in windows {
        if window.from > from {
            left.push(Window {
                from,
                to: window.from.min(stretch.to),
            });
        }
        from = from.max(window.to);
    }
    left.push(Window {
        from,
        to: stretch.to,
    });
    left.retain(|window| !window.is_empty());
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(from: i64, to: i64) -> Window {
        Window { from, to }
    }

    #[test]
    fn what_runs_looked_at_is_no_hole() {
        let hole = window(10, 20);
        assert_eq!(without(hole, &[]), [hole]);
        assert_eq!(
            without(hole, &[window(5, 12), window(14, 16)]),
            [window(12, 14), window(16, 20)]
        );
        assert_eq!(without(hole, &[window(0, 30)]), []);
        assert_eq!(
            without(hole, &[window(10, 15), window(12, 13), window(15, 20)]),
            []
        );
        assert_eq!(without(hole, &[window(25, 30)]), [hole]);
    }
}
