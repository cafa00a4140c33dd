//! A rule as the scheduler knows it, whatever file it came from.
//!
//! Fields carry the names of Sentinel's analytic rules; spans of time are ticks of 100 ns, as everywhere.
//!
//! | module | reads |
//! |---|---|
//! | [`load`] | files and folders: every rule in them, or what is wrong, at its place |
//! | `sentinel`, `ours` | analytic rules and hunting queries in YAML, and the block `huntql:` |
//! | `arm` | the same in Azure's templates and answers of its API |
//! | `graph` | Defender's custom detections, as Microsoft Graph gives them |
//! | `kql` | a query with `// name:` and others above it |
//! | `community` | pages of Markdown |
//! | [`queries`], [`markdown`] | the queries alone, wherever they stand |
//! | [`columns`] | what a rule says of its query's columns |
//! | [`write`](mod@write) | a rule as YAML |
//!
//! Not here: when a rule runs, what an alert is.

mod arm;
pub mod columns;
mod community;
mod excerpt;
mod graph;
mod kql;
mod load;
pub mod markdown;
mod ours;
pub mod period;
pub mod queries;
mod reader;
mod sentinel;
pub mod template;
mod tree;
mod words;
pub mod write;

pub use excerpt::Excerpt;
pub use load::{Format, Loaded, load, load_all, load_text};
pub use tree::NotRead;

use std::path::PathBuf;

/// One rule, complete and checked as far as a file alone can be.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// The file's GUID, or, for files without one, a GUID made of the path; stable across edits.
    pub id: String,
    /// As written (`1.0.0`); empty when the file has none.
    pub version: String,
    pub name: String,
    pub description: String,
    pub kind: Kind,
    /// None where the file names none: hunting queries often do.
    pub severity: Option<Severity>,
    pub query: String,
    pub tactics: Vec<String>,
    pub techniques: Vec<String>,
    pub tags: Vec<String>,
    /// None for a rule that never runs by itself.
    pub schedule: Option<Schedule>,
    pub trigger: Trigger,
    pub grouping: Grouping,
    /// Ticks without a further alert after one.
    pub suppression: Option<i64>,
    pub entities: Vec<Entity>,
    /// Name of the detail, column that fills it.
    pub custom_details: Vec<(String, String)>,
    pub overrides: Overrides,
    pub ours: Ours,
    pub source: Source,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Scheduled,
    NearRealTime,
    Hunting,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    Informational,
    Low,
    Medium,
    High,
}

/// When the rule runs and how far it looks back.
#[derive(Debug, Clone, PartialEq)]
pub struct Schedule {
    pub every: Every,
    /// Ticks that one run looks back.
    pub period: i64,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Every {
    /// Ticks between two runs.
    Span(i64),
    /// A cron expression, in UTC.
    Cron(String),
}

/// How many rows make an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trigger {
    pub operator: Operator,
    pub threshold: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    GreaterThan,
    LessThan,
    Equal,
    NotEqual,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grouping {
    SingleAlert,
    AlertPerResult,
}

/// An entity of the alert: identifiers, each filled by a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entity {
    /// `Host`, `IP`, `URL` …
    pub kind: String,
    /// Identifier, column.
    pub fields: Vec<(String, String)>,
}

/// What a row may change about its alert; templates hold `{{Column}}`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overrides {
    pub name: Option<String>,
    pub description: Option<String>,
    pub tactics_column: Option<String>,
    pub severity_column: Option<String>,
}

/// The block `huntql:`, with what holds where it says nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Ours {
    /// Ticks that a window waits for its events; 5 minutes.
    pub delay: i64,
    /// Ticks after its window's run in which a late row is still found; 1 hour.
    pub lateness: i64,
    pub catch_up: CatchUp,
    /// Ticks; 7 days.
    pub max_catch_up: i64,
    pub dedup: Dedup,
    /// 150; the last one sums up the rest.
    pub max_alerts: usize,
    /// Ticks; 10 minutes.
    pub timeout: i64,
    /// Names of sinks; none means the default ones.
    pub sinks: Vec<String>,
    pub tests: Vec<Test>,
}

/// What happens to runs that were missed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CatchUp {
    /// One run over the whole hole.
    Gap,
    /// Each missed run.
    Each,
    /// None; the hole is noted.
    Skip,
}

/// What makes two results the same alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dedup {
    /// Columns; none means Timestamp, DeviceId and ReportId where the result has them, else the whole row.
    pub by: Vec<String>,
    /// Ticks; 1 day.
    pub hold: i64,
}

/// A fixture of the rule's own block.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Test {
    /// What the test shows; empty when it does not say.
    pub name: String,
    /// Logs, relative to the rule's file; none for a window without events.
    pub data: Vec<PathBuf>,
    /// The configuration that names the proxies, relative to the rule's file.
    pub config: Option<PathBuf>,
    /// The real targets of connections to proxies are surfaced before the rule runs.
    pub unmask: bool,
    /// Ticks: what `now()` says, which is the end of the window.
    pub now: i64,
    pub expect_alerts: usize,
    /// What is known of alerts, in any order; fewer than there are, when only some matter.
    pub expect: Vec<ExpectedAlert>,
}

/// What an alert has to say; what is left out may be anything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExpectedAlert {
    pub name: Option<String>,
    pub severity: Option<Severity>,
    /// Columns and values of one of its rows.
    pub row: Vec<(String, String)>,
}

/// Where the rule stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    pub file: PathBuf,
    /// The first line of the query in that file, from 1.
    pub query_line: usize,
}

impl Severity {
    pub fn name(self) -> &'static str {
        words::SEVERITIES
            .iter()
            .find(|(_, severity)| *severity == self)
            .map_or("", |(name, _)| name)
    }

    /// In any case; none for what is no severity.
    pub fn parse(text: &str) -> Option<Severity> {
        words::SEVERITIES
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(text.trim()))
            .map(|(_, severity)| *severity)
    }
}

impl Default for Ours {
    fn default() -> Self {
        use huntql_kql::time::{TICKS_PER_DAY, TICKS_PER_HOUR, TICKS_PER_MINUTE};
        Ours {
            delay: 5 * TICKS_PER_MINUTE,
            lateness: TICKS_PER_HOUR,
            catch_up: CatchUp::Gap,
            max_catch_up: 7 * TICKS_PER_DAY,
            dedup: Dedup {
                by: Vec::new(),
                hold: TICKS_PER_DAY,
            },
            max_alerts: 150,
            timeout: 10 * TICKS_PER_MINUTE,
            sinks: Vec::new(),
            tests: Vec::new(),
        }
    }
}

impl Rule {
    /// A rule that is a query and nothing else: it never runs by itself, and every result makes one alert.
    pub fn hunting(id: String, name: String, query: String, source: Source) -> Rule {
        Rule {
            id,
            version: String::new(),
            name,
            description: String::new(),
            kind: Kind::Hunting,
            severity: None,
            query,
            tactics: Vec::new(),
            techniques: Vec::new(),
            tags: Vec::new(),
            schedule: None,
            trigger: Trigger {
                operator: Operator::GreaterThan,
                threshold: 0,
            },
            grouping: Grouping::SingleAlert,
            suppression: None,
            entities: Vec::new(),
            custom_details: Vec::new(),
            overrides: Overrides::default(),
            ours: Ours::default(),
            source,
        }
    }
}
