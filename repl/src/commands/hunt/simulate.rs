//! `huntql hunt simulate`: what a rule would have found in its last runs, as a small chart. Nothing is kept or delivered.

use super::rules::{RulePaths, load, verdict};
use super::run::told;
use super::world::{self, LimitArgs, counted, moment};
use crate::cli::{Clock, DataArgs};
use crate::failure::{EXIT_QUERY, Failure};
use crate::report;
use crate::session::Session;
use clap::Args;
use huntql_jobs::alert::identity::Key;
use huntql_jobs::alert::{self, Known, Memory};
use huntql_jobs::rule::Rule;
use huntql_jobs::run::{self, RunError};
use huntql_jobs::schedule::Timing;
use huntql_jobs::window::{self, Window};
use huntql_kql::time::format_datetime;
use std::collections::HashMap;
use std::io::Write;

#[derive(Debug, Args)]
pub struct SimulateArgs {
    #[command(flatten)]
    pub paths: RulePaths,
    /// How many runs
    #[arg(long, value_name = "RUNS", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub runs: u32,
    /// The moment of the last run: a datetime, or `data-end`, the last time in the data [default: now]
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub at: Option<Clock>,
    #[command(flatten)]
    pub limits: LimitArgs,
    #[command(flatten)]
    pub data: DataArgs,
}

/// What a simulated run found.
struct Hit {
    window: Window,
    rows: usize,
    alerts: usize,
}

/// Alerts of the simulation so far, by key: the ends of their windows, and ids.
#[derive(Default)]
struct Notes(HashMap<Key, Vec<(i64, String)>>);

impl Memory for Notes {
    fn recall(&self, _: &str, key: &Key, window: Window) -> Result<Option<String>, RunError> {
        let noted = self.0.get(key).into_iter().flatten();
        let hold = key.hold.unwrap_or(i64::MAX);
        let mut holds = noted.filter(|(to, _)| window.to.saturating_sub(*to) < hold);
        Ok(holds.next_back().map(|(_, id)| id.clone()))
    }
}

pub fn run(args: &SimulateArgs) -> Result<(), Failure> {
    let loaded = load(&args.paths);
    let session = Session::open(&args.data)?;
    let runtime = crate::commands::runtime()?;
    let now = world::ticks_of(&session, args.at, &runtime)?;
    let mut failed = false;
    for rule in loaded.iter().filter_map(|one| one.rule.as_ref()) {
        match simulated(args, &session, &runtime, rule, now) {
            Ok(hits) => {
                let drawn = drawn(rule, &hits);
                std::io::stdout().write_all(drawn.as_bytes())?;
            }
            Err(message) => {
                failed = true;
                report::say(&format!("error: `{}`: {message}", rule.name));
            }
        }
    }
    if failed {
        return Err(Failure::Reported(EXIT_QUERY));
    }
    verdict(&loaded)
}

fn simulated(
    args: &SimulateArgs,
    session: &Session,
    runtime: &tokio::runtime::Runtime,
    rule: &Rule,
    now: i64,
) -> Result<Vec<Hit>, String> {
    let timing = Timing::of(rule)?;
    let timing = timing.ok_or("it has no schedule to simulate: `huntql hunt run` runs it")?;
    let limits = world::limits(&args.data, &args.limits);
    let mut notes = Notes::default();
    let mut hits = Vec::new();
    for slot in window::last_slots(&timing, now, args.runs as usize) {
        let window = window::window(&timing, slot);
        let work = run::find(rule, window, session.engine.catalog(), &limits);
        let found = runtime.block_on(work).map_err(told)?;
        let raised = alert::raise(rule, window, &found, &notes).map_err(told)?;
        let new = raised.iter().filter(|raised| raised.known == Known::Not);
        let mut alerts = 0;
        for raised in new {
            alerts += 1;
            for key in &raised.keys {
                let noted = notes.0.entry(key.clone()).or_default();
                noted.push((window.to, raised.alert.id.clone()));
            }
        }
        hits.push(Hit {
            window,
            rows: found.rows.len(),
            alerts,
        });
    }
    Ok(hits)
}

/// Lines of the chart.
const HEIGHT: usize = 6;
const EIGHTHS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Rows of each run as a column, a mark below those that make alerts, and a line that sums up.
fn drawn(rule: &Rule, hits: &[Hit]) -> String {
    let most = hits.iter().map(|hit| hit.rows).max().unwrap_or(0);
    let margin = most.to_string().len();
    let mut out = format!("{}\n", rule.name);
    for line in (0..HEIGHT).rev() {
        let label = if line + 1 == HEIGHT {
            most.to_string()
        } else {
            String::new()
        };
        let columns = hits.iter().map(|hit| block(hit.rows, most, line));
        let columns: String = columns.collect();
        out.push_str(format!("{label:>margin$} │{columns}").trim_end());
        out.push('\n');
    }
    let marks = hits
        .iter()
        .map(|hit| if hit.alerts > 0 { '┴' } else { '─' });
    out.push_str(&format!("{:>margin$} └{}\n", 0, marks.collect::<String>()));
    if let (Some(first), Some(last)) = (hits.first(), hits.last()) {
        out.push_str(&format!(
            "{:>margin$}  {} to {}\n",
            "",
            format_datetime(first.window.to),
            format_datetime(last.window.to)
        ));
    }
    let alerts: usize = hits.iter().map(|hit| hit.alerts).sum();
    let with_rows = hits.iter().filter(|hit| hit.rows > 0).count();
    let with_alerts = hits.iter().filter(|hit| hit.alerts > 0).count();
    out.push_str(&format!(
        "{}, {with_rows} with rows, {with_alerts} (┴) with new alerts, {} in all\n",
        counted(hits.len(), "run"),
        counted(alerts, "alert")
    ));
    out
}

/// The part of a column that stands in a line of the chart. Whatever is there is seen.
fn block(rows: usize, most: usize, line: usize) -> char {
    if rows == 0 || most == 0 {
        return ' ';
    }
    let eighths = (rows * HEIGHT * 8).div_ceil(most);
    EIGHTHS[eighths.saturating_sub(line * 8).min(8)]
}

#[cfg(test)]
mod tests {
    use super::block;

    #[test]
    fn columns_are_as_high_as_their_rows() {
        assert_eq!(block(10, 10, 5), '█');
        assert_eq!(block(0, 10, 0), ' ');
        assert_eq!(block(1, 1_000_000, 0), '▁');
        assert_eq!(block(5, 10, 3), ' ');
        assert_eq!(block(5, 10, 2), '█');
    }
}
