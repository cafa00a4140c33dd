//! Watchlists: files of the user's that `_GetWatchlist("alias")` reads.

use crate::cli::ProxyArgs;
use crate::failure::Failure;
use huntql_engine::{Catalog, Table, Watchlist};
use huntql_ingest::proxies::{WatchlistFile, read_watchlists};
use huntql_kql::types::Type;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Adds the lists that the configuration names. Gives the folder of those that had to be rewritten; they are there for as
/// long as it is.
///
/// # Errors
/// A list that cannot be read, or whose search key is no column of it.
pub fn add(catalog: &mut Catalog, args: &ProxyArgs) -> Result<Option<TempDir>, Failure> {
    let Some(config) = super::proxies::config(args) else {
        return Ok(None);
    };
    let lists = read_watchlists(&config).map_err(|error| Failure::Usage(error.to_string()))?;
    let mut folder = None;
    for list in lists {
        let path = match as_lines(&list, &mut folder)? {
            Some(path) => path,
            None => list.file.clone(),
        };
        let rows = huntql_store::files::open(&list.alias, &path.to_string_lossy(), None, None);
        let rows = rows
            .map_err(|error| Failure::Data(format!("the watchlist `{}`: {error}", list.alias)))?;
        let table = Table::with_rows(rows.table_schema().clone(), rows);
        check_key(&list, &table)?;
        let watchlist = Watchlist {
            table,
            search_key: list.search_key,
        };
        catalog.add_watchlist(list.alias, watchlist);
    }
    Ok(folder)
}

fn check_key(list: &WatchlistFile, table: &Table) -> Result<(), Failure> {
    let Some(key) = &list.search_key else {
        return Ok(());
    };
    let column = table.schema.column(key);
    if column.is_some_and(|column| column.ty == Type::String) {
        return Ok(());
    }
    let names: Vec<&str> = table
        .schema
        .columns
        .iter()
        .map(|column| column.name.as_str())
        .collect();
    Err(Failure::Usage(format!(
        "the watchlist `{}`: `{key}` in `search_key` is no column of text in {}; columns: {}",
        list.alias,
        list.file.display(),
        names.join(", ")
    )))
}

/// A file that is one JSON array, as a file with an object in each line; `None` for any other.
fn as_lines(
    list: &WatchlistFile,
    folder: &mut Option<TempDir>,
) -> Result<Option<PathBuf>, Failure> {
    let is_json = list
        .file
        .extension()
        .is_some_and(|ending| ending.eq_ignore_ascii_case("json"));
    if !is_json {
        return Ok(None);
    }
    let fail = |path: &Path, error: &dyn std::fmt::Display| {
        Failure::Data(format!(
            "the watchlist `{}`: {}: {error}",
            list.alias,
            path.display()
        ))
    };
    let text = std::fs::read_to_string(&list.file).map_err(|error| fail(&list.file, &error))?;
    let text = text.trim_start_matches('\u{feff}').trim_start();
    if !text.starts_with('[') {
        return Ok(None);
    }
    let items: Vec<serde_json::Map<String, serde_json::Value>> =
        serde_json::from_str(text).map_err(|error| fail(&list.file, &error))?;
    let mut lines = String::new();
    for item in items {
        lines.push_str(&serde_json::Value::Object(item).to_string());
        lines.push('\n');
    }
    let place = match folder.take() {
        Some(place) => place,
        None => TempDir::with_prefix("huntql-")
            .map_err(|error| Failure::Data(format!("cannot make a temporary folder: {error}")))?,
    };
    let path = place.path().join(format!("{}.ndjson", list.alias));
    std::fs::write(&path, lines).map_err(|error| fail(&path, &error))?;
    *folder = Some(place);
    Ok(Some(path))
}
