//! `huntql ingest`: logs into the store, and a report of what became of every record.

use super::store::optimize;
use super::unmask::surface;
use crate::cli::ProxyArgs;
use crate::failure::{EXIT_DATA, Failure};
use crate::report;
use crate::session::logs::{self, store_failure};
use clap::{Args, ValueEnum, ValueHint};
use huntql_ingest::address::LocalNets;
use huntql_ingest::options::{DateOrder, Strictness, UrlFill};
use huntql_ingest::unmask::Mode;
use huntql_ingest::{Options, Pace};
use huntql_store::{Indexing, Store};
use ipnet::IpNet;
use jiff::tz::TimeZone;
use std::path::PathBuf;
use std::time::Duration;

#[derive(Debug, Args)]
pub struct IngestArgs {
    /// Files, folders, patterns; `-` is stdin
    #[arg(required = true, value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub paths: Vec<String>,
    /// The store; made when it is not there
    #[arg(long, value_name = "DIR", env = "HUNTQL_STORE", default_value = crate::session::STORE_DEFAULT, value_hint = ValueHint::DirPath)]
    pub store: PathBuf,
    /// The format of the logs, instead of finding it out
    #[arg(long, value_name = "NAME")]
    pub format: Option<String>,
    /// The proxy's own format string, as its configuration has it (Squid, nginx, Apache, HAProxy, 3proxy, or `#Fields: …`)
    #[arg(long, value_name = "TEXT")]
    pub logformat: Option<String>,
    /// The table of CSV and API results that do not name theirs
    #[arg(long, value_name = "NAME")]
    pub table: Option<String>,
    /// The proxy whose own log the files are
    #[arg(long, value_name = "NAME")]
    pub from_proxy: Option<String>,
    /// Networks that are one's own, instead of the private ones
    #[arg(long, value_name = "CIDR", value_delimiter = ',')]
    pub local_nets: Vec<String>,
    /// The zone of times that are written without one, for instance Europe/Berlin
    #[arg(long, value_name = "ZONE")]
    pub tz: Option<String>,
    /// How 03/04/2026 is read
    #[arg(long, value_name = "ORDER")]
    pub date_order: Option<Order>,
    /// Fill RemoteUrl from inspected traffic, where Defender leaves it empty
    #[arg(long)]
    pub fill_url: bool,
    /// Reject rows with a cell that does not fit its column
    #[arg(long)]
    pub strict: bool,
    /// Write rejected records here, as JSON lines [default: in the store, `_rejects`]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub rejects: Option<PathBuf>,
    /// Afterwards, surface the real targets of connections to proxies (see `huntql unmask`)
    #[arg(long)]
    pub unmask: bool,
    /// Leave the term index out: a third to two fifths less work now, slower searches until `huntql store optimize` builds it
    #[arg(long)]
    pub no_index: bool,
    #[command(flatten)]
    pub follow: FollowArgs,
    #[command(flatten)]
    pub proxies: ProxyArgs,
}

/// Reading on as the logs grow.
#[derive(Debug, Args)]
#[command(next_help_heading = "Following")]
pub struct FollowArgs {
    /// Read on as the files grow, also through rotation, until Ctrl-C
    #[arg(long)]
    pub follow: bool,
    /// Rows become visible after so many seconds at the latest
    #[arg(long, value_name = "SECONDS", requires = "follow", default_value = "10", value_parser = seconds)]
    pub commit_every: Duration,
    /// Seconds between two looks at the files
    #[arg(long, value_name = "SECONDS", requires = "follow", default_value = "1", value_parser = seconds)]
    pub poll_every: Duration,
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse::<f64>().ok().filter(|seconds| *seconds >= 0.01);
    seconds
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .ok_or_else(|| "expected seconds, for instance 10 or 0.5".to_owned())
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Order {
    /// Day, month, year
    Dmy,
    /// Month, day, year
    Mdy,
    /// Year, month, day
    Ymd,
}

pub fn run(args: &IngestArgs) -> Result<(), Failure> {
    let options = options(args)?;
    let indexing = match args.no_index {
        true => Indexing::Left,
        false => Indexing::Built,
    };
    let store = Store::create_or_open(&args.store).map_err(store_failure)?;
    let store = store.with_indexing(indexing);
    let rejects = match &args.rejects {
        Some(path) => path.clone(),
        None => logs::rejects_of(&store),
    };
    let report = if args.follow.follow {
        let pace = Pace {
            poll: args.follow.poll_every,
            commit_every: args.follow.commit_every,
            ..Pace::default()
        };
        logs::follow(&args.paths, &options, &store, &pace, &rejects)?
    } else {
        logs::ingest(&args.paths, &options, &store, Some(&rejects))?
    };
    report::say(&report.to_string());
    if args.unmask {
        let summary = surface(&args.store, &args.proxies, (None, None), Mode::Write)?;
        report::say(&summary.to_string());
    }
    if indexing == Indexing::Built {
        optimize::after_ingest(&store);
    }
    if report.has_failures() {
        return Err(Failure::Reported(EXIT_DATA));
    }
    Ok(())
}

fn options(args: &IngestArgs) -> Result<Options, Failure> {
    let time_zone = args
        .tz
        .as_deref()
        .map(|name| {
            TimeZone::get(name).map_err(|_| {
                Failure::Usage(format!(
                    "--tz: `{name}` is not a known time zone, like Europe/Berlin or UTC"
                ))
            })
        })
        .transpose()?;
    let nets: Vec<IpNet> = args
        .local_nets
        .iter()
        .map(|text| {
            text.parse().map_err(|_| {
                Failure::Usage(format!(
                    "--local-nets: `{text}` is not a network, like 10.0.0.0/8"
                ))
            })
        })
        .collect::<Result<_, _>>()?;
    Ok(Options {
        format: args.format.clone(),
        logformat: args.logformat.clone(),
        table: args.table.clone(),
        time_zone,
        local_nets: LocalNets::new(nets),
        from_proxy: args.from_proxy.clone(),
        url_fill: if args.fill_url {
            UrlFill::FromInspection
        } else {
            UrlFill::AsDefender
        },
        date_order: args.date_order.map(|order| match order {
            Order::Dmy => DateOrder::DayFirst,
            Order::Mdy => DateOrder::MonthFirst,
            Order::Ymd => DateOrder::YearFirst,
        }),
        strictness: if args.strict {
            Strictness::Strict
        } else {
            Strictness::Lenient
        },
        proxies: crate::session::proxies::told(&args.proxies)?,
    })
}
