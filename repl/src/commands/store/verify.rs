//! `huntql store verify`: whether all that the log tells of is there and can be read.

use super::{OfTable, counted};
use crate::failure::{EXIT_DATA, Failure};
use crate::report;
use crate::session::logs::store_failure;
use huntql_store::Fault;
use std::io::Write;

pub fn run(args: &OfTable) -> Result<(), Failure> {
    let (store, tables) = args.open()?;
    let mut faults = 0;
    for table in tables {
        let found = store.verify(&table).map_err(store_failure)?;
        faults += found.faults.len() as u64;
        tell(&found.faults)?;
        let (files, rows) = (counted(found.files, "file"), counted(found.rows, "row"));
        report::say(&format!("{table}: {files} with {rows} checked"));
    }
    let found = store
        .verify_sources(args.table.as_deref())
        .map_err(store_failure)?;
    faults += found.faults.len() as u64;
    tell(&found.faults)?;
    report::say(&format!(
        "{} of what was ingested checked",
        counted(found.files, "note")
    ));
    if faults > 0 {
        report::say(&format!("{} found", counted(faults, "fault")));
        return Err(Failure::Reported(EXIT_DATA));
    }
    report::say("no fault found");
    Ok(())
}

/// File, fault and remedy on stdout, one line a fault.
fn tell(faults: &[Fault]) -> Result<(), Failure> {
    let mut lines = String::new();
    for fault in faults {
        let what = fault.what.replace(['\n', '\t', '\r'], " ");
        lines.push_str(&format!(
            "{}\t{what}\t{}\n",
            fault.path.display(),
            fault.remedy
        ));
    }
    std::io::stdout().write_all(lines.as_bytes())?;
    Ok(())
}
