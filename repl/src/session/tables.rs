//! Rows behind tables: the store, logs read for this session alone, files of the user's.

use super::STORE_DEFAULT;
use super::logs::{self, store_failure};
use crate::cli::DataArgs;
use crate::failure::Failure;
use crate::report;
use huntql_engine::{Catalog, Table};
use huntql_ingest::proxies::ProxySet;
use huntql_ingest::{Options, Outcome};
use huntql_store::schema::HIDDEN;
use huntql_store::{EventTable, Store};
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;

/// Adds everything that the flags name, the most particular last: a file replaces a table of the store.
///
/// Gives the folder that holds the rows of `--logs`; they are there for as long as it is.
///
/// # Errors
/// A store, a log or a file that cannot be read.
pub fn add(
    catalog: &mut Catalog,
    args: &DataArgs,
    proxies: &ProxySet,
) -> Result<Option<TempDir>, Failure> {
    let mut folder = None;
    if let Some(path) = store_path(args).filter(|_| args.logs.is_empty()) {
        // They tell of the events: a hunt over all tables would find its own alerts in them.
        for table in huntql_jobs::state::tables::tables(path) {
            catalog.add_table_apart(table);
        }
    }
    if args.logs.is_empty() {
        if let Some(path) = store_path(args) {
            let store = Store::open(path).map_err(store_failure)?;
            add_store(catalog, &store)?;
        }
    } else {
        if args.store.is_some() {
            return Err(Failure::Usage(
                "--logs and --store exclude each other: ingest the logs into the store, or leave it out"
                    .to_owned(),
            ));
        }
        let place = TempDir::with_prefix("huntql-")
            .map_err(|error| Failure::Data(format!("cannot make a temporary folder: {error}")))?;
        add_logs(catalog, &args.logs, proxies, place.path())?;
        folder = Some(place);
    }
    for (name, path) in &args.data {
        let declared = catalog.table(name).map(|table| table.schema.clone());
        let rows = huntql_store::files::open(name, path, None, declared.as_ref());
        let rows = rows.map_err(|error| Failure::Data(format!("--data {name}: {error}")))?;
        catalog.add_table(Table::with_rows(rows.table_schema().clone(), rows));
    }
    Ok(folder)
}

fn store_path(args: &DataArgs) -> Option<&Path> {
    let fallback = Path::new(STORE_DEFAULT);
    match &args.store {
        Some(path) => Some(path),
        None => fallback.is_dir().then_some(fallback),
    }
}

/// Reads logs into a store in `place` and adds its tables. What went wrong with some of them is said; it ends the session
/// only when nothing could be read.
fn add_logs(
    catalog: &mut Catalog,
    paths: &[String],
    proxies: &ProxySet,
    place: &Path,
) -> Result<(), Failure> {
    let store = Store::create_or_open(place.join("store")).map_err(store_failure)?;
    let options = Options {
        proxies: proxies.clone(),
        ..Options::default()
    };
    let report = logs::ingest(paths, &options, &store, None)?;
    for remark in logs::remarks(&report) {
        report::say(&remark);
    }
    if report.files.is_empty() && report.missing.is_empty() {
        let paths = paths.join("`, `");
        return Err(Failure::Data(format!(
            "--logs: there is no file in `{paths}`"
        )));
    }
    let read = |outcome: &Outcome| *outcome == Outcome::Read;
    if !report.files.iter().any(|file| read(&file.outcome)) {
        return Err(Failure::Data("--logs: no file could be read".to_owned()));
    }
    add_store(catalog, &store)
}

fn add_store(catalog: &mut Catalog, store: &Store) -> Result<(), Failure> {
    for name in store.tables().map_err(store_failure)? {
        // A definition of the user's (`--schemas`) says which columns there are.
        let rows = match catalog.table(&name) {
            Some(table) => store.provider(&table.schema).map(Some),
            None => store.snapshot(&name),
        };
        if let Some(rows) = rows.map_err(store_failure)? {
            catalog.add_table(table(rows));
        }
    }
    Ok(())
}

/// A table with its rows; those of the store carry the hidden columns.
fn table(rows: Arc<EventTable>) -> Table {
    let mut table = Table::with_rows(rows.table_schema().clone(), rows);
    table.hidden.extend(HIDDEN.iter().cloned());
    table
}
