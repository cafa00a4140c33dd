//! `huntql proxies`: the set of forward proxies, each with its source, and how sure it is.
//!
//! Unlike the table `Proxies`, the list has suggestions too: they never filter anything, and someone has to look at them.

use crate::cli::{DataArgs, FormatArgs};
use crate::failure::Failure;
use crate::output::format;
use crate::report;
use crate::screen::Screen;
use crate::session::{Session, proxies};
use clap::{Args, ValueHint};
use huntql_store::schema::builtin;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub struct ProxiesArgs {
    /// Settings of devices: output of `netsh winhttp show proxy`, a `.reg` export, a PAC file
    #[arg(long, value_name = "FILE", num_args = 1.., value_hint = ValueHint::FilePath)]
    pub from: Vec<PathBuf>,
    /// The same as `--format json`
    #[arg(long, conflicts_with = "format")]
    pub json: bool,
    #[command(flatten)]
    pub format: FormatArgs,
    #[command(flatten)]
    pub data: DataArgs,
}

pub fn run(args: &ProxiesArgs) -> Result<(), Failure> {
    let mut data = args.data.clone();
    data.proxies.from.extend(args.from.iter().cloned());
    let session = Session::open(&data)?;
    let mut proxies = session.proxies.clone();
    proxies::suggest(&session.engine, &mut proxies)?;
    for remark in proxies.remarks() {
        report::say(remark);
    }
    for name in proxies.unresolved() {
        report::say(&format!(
            "`{name}` is a name, and no event in the data tells its address; nothing is asked of DNS"
        ));
    }
    let shape = if args.json { format("json") } else { None };
    let screen = Screen::stdout(shape.unwrap_or(args.format.format));
    let columns = &builtin(proxies::PROXIES)
        .expect("Proxies is built in")
        .columns;
    screen.show_batch(columns, &proxies.to_batch_of_all())
}
