//! The command line: what can be asked for. What happens then stands in `commands`.

use crate::output::{FORMATS, Format, format};
use crate::report::ErrorFormat;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueHint};
use huntql_jobs::rule::period;
use huntql_kql::time::{parse_datetime, parse_timespan};
use std::path::PathBuf;

/// Advanced hunting in KQL over your own network events.
///
/// Without a command: a shell to hunt in.
#[derive(Debug, Parser)]
#[command(
    name = "huntql",
    version,
    args_conflicts_with_subcommands = true,
    disable_help_subcommand = true,
    after_help = "Exit codes: 0 fine, 1 the query is wrong, 2 usage, 3 data, 4 a limit, 5 rows with --fail-if-rows, 70 a bug in huntql."
)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Option<Command>,
    #[command(flatten)]
    pub shell: crate::commands::repl::ReplArgs,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run a query and print its rows
    Query(crate::commands::query::QueryArgs),
    /// Answer many queries in one process: JSON lines in, JSON lines out
    Batch(crate::commands::batch::BatchArgs),
    /// Read logs into the store
    Ingest(crate::commands::ingest::IngestArgs),
    /// Check queries in files, folders, Markdown and rules: errors and lints, for people and for CI
    Check(crate::commands::check::CheckArgs),
    /// Lay queries out: one operator a line, comments kept
    Fmt(crate::commands::fmt::FmtArgs),
    /// Show the plans of a query
    Explain(crate::commands::explain::ExplainArgs),
    /// Rules that hunt by themselves: list, import, test and run them
    Hunt(crate::commands::hunt::HuntArgs),
    /// Show the forward proxies that are known, who says so, and what else may be one
    Proxies(crate::commands::proxies::ProxiesArgs),
    /// Surface the real targets of connections to proxies
    Unmask(crate::commands::unmask::UnmaskArgs),
    /// Show the events of one device in order
    Timeline(crate::commands::timeline::TimelineArgs),
    /// Look after the store
    Store(crate::commands::store::StoreArgs),
    /// Explain a command, a topic, a function or an operator
    Help(crate::commands::help::HelpArgs),
    /// Print the manual page, or write one for each command
    Man(crate::commands::man::ManArgs),
    /// Print a completion script for a shell
    Completions(crate::commands::completions::CompletionsArgs),
}

/// What a query can read.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Data")]
pub struct DataArgs {
    /// A Parquet, CSV or NDJSON file (or a pattern of them) as a table
    #[arg(long, value_name = "NAME=PATH", value_parser = named_path)]
    pub data: Vec<(String, String)>,
    /// Logs to read into a temporary store and query (files, folders, patterns)
    #[arg(long, value_name = "PATH", num_args = 1.., value_hint = ValueHint::AnyPath)]
    pub logs: Vec<String>,
    /// The store [default: huntql-data, if it is there]
    #[arg(long, value_name = "DIR", env = "HUNTQL_STORE", value_hint = ValueHint::DirPath)]
    pub store: Option<PathBuf>,
    /// Tables to add or to replace, as JSON: {"T": [["Column", "type"], …]}. With these, which have no rows, a URL without a file
    /// (`--url-map`) is an empty table too
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub schemas: Option<PathBuf>,
    /// The file that `externaldata` reads for a URL. Nothing is ever fetched
    #[arg(long, value_name = "URL=FILE", value_parser = url_and_file)]
    pub url_map: Vec<(String, String)>,
    /// The database that `geo_info_from_ip_address` reads, in MaxMind's format [default: `mmdb` under `[geo]` in huntql.toml]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub geo: Option<PathBuf>,
    /// How much memory queries may hold, for instance 512MiB or 2GiB [default: three quarters of the machine's]
    #[arg(long, value_name = "SIZE", env = "HUNTQL_MEMORY", value_parser = size)]
    pub memory: Option<usize>,
    #[command(flatten)]
    pub proxies: ProxyArgs,
}

/// Which forward proxies there are.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Data")]
pub struct ProxyArgs {
    /// The configuration [default: huntql.toml, if it is there]
    #[arg(long, value_name = "FILE", env = "HUNTQL_CONFIG", value_hint = ValueHint::FilePath)]
    pub config: Option<PathBuf>,
    /// A forward proxy, besides those of the configuration
    #[arg(long, value_name = "HOST:PORT")]
    pub proxy: Vec<String>,
    /// Settings of devices that name proxies: output of `netsh winhttp show proxy`, a `.reg` export, a PAC file
    #[arg(skip)]
    pub from: Vec<PathBuf>,
}

/// What a query is asked with.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Query")]
pub struct AskArgs {
    /// What `now()` says: a datetime, or `data-end`, the last time in the data
    #[arg(long, value_name = "TIME", value_parser = clock)]
    pub now: Option<Clock>,
    /// The value of a parameter that the query declares
    #[arg(long, value_name = "NAME=VALUE", value_parser = named_value)]
    pub param: Vec<(String, String)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// Ticks.
    At(i64),
    DataEnd,
}

/// How errors are told.
#[derive(Debug, Clone, Args)]
pub struct ErrorArgs {
    /// How errors are told: with carets, or as a document for machines, beside which nothing else is said
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = "text",
        env = "HUNTQL_ERROR_FORMAT"
    )]
    pub error_format: ErrorFormat,
}

/// How rows are printed.
#[derive(Clone, Args)]
pub struct FormatArgs {
    /// How rows are printed
    #[arg(long, default_value = "table", value_parser = formats())]
    pub format: &'static Format,
}

impl std::fmt::Debug for FormatArgs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.format.name)
    }
}

fn formats() -> impl TypedValueParser<Value = &'static Format> {
    PossibleValuesParser::new(
        FORMATS
            .iter()
            .map(|format| PossibleValue::new(format.name).help(format.doc)),
    )
    .map(|name| format(&name).expect("only names of formats are possible values"))
}

fn named_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("expected NAME=VALUE".to_owned()),
    }
}

/// A URL may hold `=`, a file's name hardly.
fn url_and_file(text: &str) -> Result<(String, String), String> {
    match text.rsplit_once('=') {
        Some((url, file)) if !url.is_empty() && !file.is_empty() => {
            Ok((url.to_owned(), file.to_owned()))
        }
        _ => Err("expected URL=FILE".to_owned()),
    }
}

fn named_path(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, path)) if !name.is_empty() && !path.is_empty() => {
            Ok((name.to_owned(), path.to_owned()))
        }
        _ => Err("expected NAME=PATH, for instance T=events.parquet".to_owned()),
    }
}

/// `512MiB`, `2GiB`, `1000000`.
pub fn size(text: &str) -> Result<usize, String> {
    const UNITS: &[(&str, usize)] = &[
        ("KiB", 1 << 10),
        ("MiB", 1 << 20),
        ("GiB", 1 << 30),
        ("KB", 1_000),
        ("MB", 1_000_000),
        ("GB", 1_000_000_000),
        ("B", 1),
        ("", 1),
    ];
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let unit = text[digits.len()..].trim();
    let number: Option<usize> = digits.parse().ok();
    let found = UNITS
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(unit));
    match (number, found) {
        (Some(number), Some((_, bytes))) if number > 0 => number
            .checked_mul(*bytes)
            .ok_or_else(|| "that is more than there can be".to_owned()),
        _ => Err("expected a size such as 512MiB or 2GiB".to_owned()),
    }
}

/// A window of time: a length up to now, or two moments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Timespan {
    /// Ticks before `now()`.
    Last(i64),
    /// From this tick, before that one.
    Between(i64, i64),
}

/// `7d`, `P7D`, `PT12H`, `2026-03-01/2026-03-04`, `2026-03-01/P1D`.
pub fn timespan(text: &str) -> Result<Timespan, String> {
    let expected = || {
        "expected a length such as 7d or PT12H, or two moments such as 2026-03-01/2026-03-04"
            .to_owned()
    };
    let length = |text: &str| {
        period::iso(text)
            .or_else(|| parse_timespan(text))
            .filter(|ticks| *ticks > 0)
    };
    let Some((from, to)) = text.split_once('/') else {
        return length(text).map(Timespan::Last).ok_or_else(expected);
    };
    let from = parse_datetime(from).ok_or_else(expected)?;
    let to = match parse_datetime(to) {
        Some(to) => Some(to),
        None => length(to).and_then(|length| from.checked_add(length)),
    };
    match to {
        Some(to) if to > from => Ok(Timespan::Between(from, to)),
        Some(_) => Err("the second moment is not behind the first".to_owned()),
        None => Err(expected()),
    }
}

fn clock(text: &str) -> Result<Clock, String> {
    if text == "data-end" {
        return Ok(Clock::DataEnd);
    }
    parse_datetime(text)
        .map(Clock::At)
        .ok_or_else(|| "expected a datetime such as 2026-03-04T15:00:00Z, or `data-end`".to_owned())
}
