//! `huntql unmask`: the real targets of the connections to proxies, as rows beside the sensors' own.

use crate::cli::{DataArgs, ProxyArgs};
use crate::failure::Failure;
use crate::report;
use crate::session::Session;
use crate::session::logs::store_failure;
use clap::{Args, ValueHint};
use huntql_ingest::unmask::{Mode, Options, SHARD_ROWS, Summary, unmask};
use huntql_kql::time::parse_datetime;
use huntql_store::Store;
use std::io::Write;
use std::path::{Path, PathBuf};

#[derive(Debug, Args)]
pub struct UnmaskArgs {
    /// The store
    #[arg(long, value_name = "DIR", env = "HUNTQL_STORE", default_value = crate::session::STORE_DEFAULT, value_hint = ValueHint::DirPath)]
    pub store: PathBuf,
    /// Tell what would be written, and write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// The first day (UTC) to do; days are done as a whole
    #[arg(long, value_name = "TIME", value_parser = instant)]
    pub from: Option<i64>,
    /// Where to stop
    #[arg(long, value_name = "TIME", value_parser = instant)]
    pub to: Option<i64>,
    /// The summary as JSON
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub proxies: ProxyArgs,
}

pub fn run(args: &UnmaskArgs) -> Result<(), Failure> {
    if let (Some(from), Some(to)) = (args.from, args.to)
        && from >= to
    {
        return Err(Failure::Usage("--from is not before --to".to_owned()));
    }
    let mode = if args.dry_run {
        Mode::DryRun
    } else {
        Mode::Write
    };
    let summary = surface(&args.store, &args.proxies, (args.from, args.to), mode)?;
    let text = if args.json {
        serde_json::to_string_pretty(&summary)
            .map_err(|error| Failure::Internal(format!("the summary: {error}")))?
    } else {
        summary.to_string()
    };
    writeln!(std::io::stdout(), "{text}")?;
    if summary.connections == 0 {
        report::hint(
            "no connection to a known proxy; `huntql proxies` shows which are known, `--proxy HOST:PORT` and huntql.toml name others",
        );
    }
    Ok(())
}

/// Correlates what the store has, with the proxies that are configured or that the data show.
///
/// # Errors
/// A store that cannot be read or written; a configuration that cannot be understood.
pub fn surface(
    store: &Path,
    proxies: &ProxyArgs,
    (from, to): (Option<i64>, Option<i64>),
    mode: Mode,
) -> Result<Summary, Failure> {
    let data = DataArgs {
        store: Some(store.to_owned()),
        proxies: proxies.clone(),
        ..DataArgs::default()
    };
    let session = Session::open(&data)?;
    let store = Store::open(store).map_err(store_failure)?;
    let options = Options {
        proxies: &session.proxies,
        from,
        to,
        mode,
        shard_rows: SHARD_ROWS,
    };
    unmask(&store, &options).map_err(store_failure)
}

fn instant(text: &str) -> Result<i64, String> {
    parse_datetime(text)
        .ok_or_else(|| "expected a datetime such as 2026-03-04T15:00:00Z".to_owned())
}
