//! `huntql hunt test`: the fixtures in a rule's own block.
//!
//! Each test reads its logs into a store of its own, runs the rule over the window that ends at the test's `now`, as the scheduler would,
//! and compares the alerts. A rule that never runs by itself looks at everything before `now`.

use super::rules::{Chosen, RulePaths, draw, load, verdict};
use crate::check::diff;
use crate::cli::{DataArgs, ProxyArgs};
use crate::commands::unmask::surface;
use crate::failure::{EXIT_QUERY, Failure};
use crate::report;
use crate::session::{Session, logs, proxies};
use clap::Args;
use huntql_engine::QueryOptions;
use huntql_ingest::unmask::Mode;
use huntql_ingest::{Options, Outcome};
use huntql_jobs::alert::Alert;
use huntql_jobs::rows::{Row, shown};
use huntql_jobs::rule::{ExpectedAlert, Loaded, Rule, Test, columns};
use huntql_jobs::run::{Limits, run_rule};
use huntql_jobs::window::Window;
use huntql_store::Store;
use std::io::Write;
use std::path::Path;
use tempfile::TempDir;

#[derive(Debug, Args)]
pub struct TestArgs {
    #[command(flatten)]
    pub paths: RulePaths,
    #[command(flatten)]
    pub chosen: Chosen,
    /// How much memory queries may hold, for instance 512MiB or 2GiB
    #[arg(long, value_name = "SIZE", env = "HUNTQL_MEMORY", value_parser = crate::cli::size)]
    pub memory: Option<usize>,
    #[command(flatten)]
    pub proxies: ProxyArgs,
}

/// What tests came to.
#[derive(Debug, Default)]
struct Tally {
    passed: usize,
    failed: usize,
    without: usize,
}

pub fn run(args: &TestArgs) -> Result<(), Failure> {
    let loaded = load(&args.paths);
    let mut tally = Tally::default();
    for one in &loaded {
        let Some(rule) = one.rule.as_ref().filter(|rule| args.chosen.holds(rule)) else {
            continue;
        };
        if rule.ours.tests.is_empty() {
            tally.without += 1;
        }
        for (at, test) in rule.ours.tests.iter().enumerate() {
            let title = title(rule, test, at);
            let said = match outcome(args, one, rule, test) {
                Ok(None) => {
                    tally.passed += 1;
                    format!("ok      {title}\n")
                }
                Ok(Some(difference)) => {
                    tally.failed += 1;
                    format!("FAILED  {title}\n{difference}")
                }
                // Somebody has stopped reading, or something is wrong with us.
                Err(failure @ (Failure::ClosedPipe | Failure::Internal(_))) => return Err(failure),
                Err(failure) => {
                    tally.failed += 1;
                    let said = format!("FAILED  {title}\n");
                    failure.code();
                    said
                }
            };
            std::io::stdout().write_all(said.as_bytes())?;
        }
    }
    let Tally {
        passed,
        failed,
        without,
    } = tally;
    report::say(&format!(
        "{passed} passed, {failed} failed, {without} rules without tests"
    ));
    if failed > 0 {
        return Err(Failure::Reported(EXIT_QUERY));
    }
    verdict(&loaded)
}

fn title(rule: &Rule, test: &Test, at: usize) -> String {
    match (test.name.as_str(), rule.ours.tests.len()) {
        ("", 1) => rule.name.clone(),
        ("", _) => format!("{}: {}", rule.name, at + 1),
        (name, _) => format!("{}: {name}", rule.name),
    }
}

/// None when the test holds, else how the alerts differ.
fn outcome(
    args: &TestArgs,
    loaded: &Loaded,
    rule: &Rule,
    test: &Test,
) -> Result<Option<String>, Failure> {
    let folder = TempDir::with_prefix("huntql-test-")
        .map_err(|error| Failure::Data(format!("cannot make a temporary folder: {error}")))?;
    let session = session(args, rule, test, folder.path())?;
    let options = QueryOptions {
        now: test.now,
        parameters: Default::default(),
    };
    let checked = session.engine.check(&rule.query, &options);
    draw(loaded, &columns::missing(loaded, &checked.results));
    let window = Window {
        from: rule
            .schedule
            .as_ref()
            .map_or(0, |schedule| test.now - schedule.period),
        to: test.now,
    };
    let limits = Limits {
        memory_bytes: args.memory.or(Limits::default().memory_bytes),
        ..Limits::default()
    };
    let work = run_rule(rule, window, session.engine.catalog(), &limits);
    let result = crate::commands::runtime()?.block_on(work);
    let result = result.map_err(|error| Failure::Data(error.message().to_owned()))?;
    Ok(difference(test, &result.alerts))
}

/// The logs of the test in a store of their own, and nothing else.
fn session(args: &TestArgs, rule: &Rule, test: &Test, folder: &Path) -> Result<Session, Failure> {
    let beside = rule.source.file.parent().unwrap_or(Path::new("."));
    let mut proxies_of = args.proxies.clone();
    if let Some(config) = &test.config {
        proxies_of.config = Some(beside.join(config));
    }
    let path = folder.join("store");
    let store = Store::create_or_open(&path).map_err(logs::store_failure)?;
    if !test.data.is_empty() {
        let paths: Vec<String> = test
            .data
            .iter()
            .map(|data| beside.join(data).display().to_string())
            .collect();
        let options = Options {
            proxies: proxies::told(&proxies_of)?,
            ..Options::default()
        };
        let report = logs::ingest(&paths, &options, &store, None)?;
        for remark in logs::remarks(&report) {
            report::say(&remark);
        }
        if !report
            .files
            .iter()
            .any(|file| file.outcome == Outcome::Read)
        {
            return Err(Failure::Data(
                "`data` of the test: no file could be read".to_owned(),
            ));
        }
        if test.unmask {
            surface(&path, &proxies_of, (None, None), Mode::Write)?;
        }
    }
    Session::open(&DataArgs {
        store: Some(path),
        memory: args.memory,
        proxies: proxies_of,
        ..DataArgs::default()
    })
}

/// The alerts that were expected and those that there are, line by line, where they differ.
fn difference(test: &Test, alerts: &[Alert]) -> Option<String> {
    let mut left: Vec<&Alert> = alerts.iter().collect();
    let (mut wanted, mut found) = (Vec::new(), Vec::new());
    let mut unmet = Vec::new();
    for expected in &test.expect {
        match left.iter().position(|alert| fits(expected, alert)) {
            Some(at) => {
                left.remove(at);
                wanted.push(described(expected));
                found.push(described(expected));
            }
            None => unmet.push(described(expected)),
        }
    }
    let is_fine = alerts.len() == test.expect_alerts && unmet.is_empty();
    if is_fine {
        return None;
    }
    wanted.extend(unmet);
    found.extend(left.iter().map(|alert| told(test, alert)));
    let text = |count: usize, alerts: &[String]| format!("{count} alerts\n{}", alerts.concat());
    Some(diff::unified(
        "alerts",
        &text(test.expect_alerts, &wanted),
        &text(alerts.len(), &found),
    ))
}

fn fits(expected: &ExpectedAlert, alert: &Alert) -> bool {
    let has = |row: &Row| {
        let holds = |(column, value): &(String, String)| {
            row.get(column).is_some_and(|is| shown(is) == *value)
        };
        expected.row.iter().all(holds)
    };
    expected
        .name
        .as_ref()
        .is_none_or(|name| *name == alert.title)
        && expected
            .severity
            .is_none_or(|severity| Some(severity) == alert.severity)
        && (expected.row.is_empty() || alert.rows.iter().any(has))
}

fn described(expected: &ExpectedAlert) -> String {
    let mut lines = vec!["alert".to_owned()];
    lines.extend(expected.name.iter().map(|name| format!("  name: {name}")));
    lines.extend(
        expected
            .severity
            .iter()
            .map(|severity| format!("  severity: {}", severity.name())),
    );
    lines.extend(
        expected
            .row
            .iter()
            .map(|(column, value)| format!("  {column}: {value}")),
    );
    lines.join("\n") + "\n"
}

/// An alert in the words of the test: the columns that its expectations name, or all when they name none.
fn told(test: &Test, alert: &Alert) -> String {
    const ROWS_SHOWN_MAX: usize = 3;
    let named: Vec<&String> = test
        .expect
        .iter()
        .flat_map(|expected| expected.row.iter().map(|(column, _)| column))
        .collect();
    let mut lines = vec!["alert".to_owned(), format!("  name: {}", alert.title)];
    lines.extend(
        alert
            .severity
            .iter()
            .map(|severity| format!("  severity: {}", severity.name())),
    );
    for row in alert.rows.iter().take(ROWS_SHOWN_MAX) {
        let cells = row
            .iter()
            .filter(|(column, _)| named.is_empty() || named.contains(column));
        lines.extend(cells.map(|(column, value)| format!("  {column}: {}", shown(value))));
    }
    if alert.rows.len() > ROWS_SHOWN_MAX {
        lines.push(format!(
            "  … {} more rows",
            alert.rows.len() - ROWS_SHOWN_MAX
        ));
    }
    lines.join("\n") + "\n"
}
