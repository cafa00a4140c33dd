//! The proxies: what the configuration and the command line name, and what the data show besides.
//!
//! Whatever the data can tell is asked in KQL: sightings that `ingest` has kept, the addresses behind names that the
//! configuration uses, and, for people only, what may be a proxy.

use crate::cli::ProxyArgs;
use crate::failure::Failure;
use crate::question::Question;
use crate::run;
use datafusion::arrow::array::{Array, AsArray};
use datafusion::arrow::datatypes::Int64Type;
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::datasource::MemTable;
use futures::StreamExt;
use huntql_engine::{Catalog, Engine, EngineOptions, QueryOptions, Table, execution_error};
use huntql_ingest::proxies::{NameSighting, ProxySet, ProxySighting, read_config, read_settings};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The configuration that is used when it is there and no other was named.
const CONFIG_DEFAULT: &str = "huntql.toml";

/// The table of the forward proxies.
pub const PROXIES: &str = "Proxies";

/// Endpoints at which `ingest` saw what only a proxy gets.
const SEEN: &str = "ProxySightings
| summarize FirstSeen = min(FirstSeen), LastSeen = max(LastSeen), Requests = sum(Requests), Evidence = make_set(Evidence) by RemoteIP, RemotePort = tolong(RemotePort)
| project RemoteIP, RemotePort, Evidence = strcat_array(array_sort_asc(Evidence), \", \"), FirstSeen, LastSeen, Requests
| sort by FirstSeen asc, RemoteIP asc, RemotePort asc";

/// What may be a proxy, in the same columns.
const SUGGESTED: &str = "ProxySuggestions()
| project RemoteIP, RemotePort = tolong(RemotePort), Evidence = strcat(Targets, \" targets, \", Devices, \" devices\"), FirstSeen, LastSeen, Requests = Connections
| sort by Requests desc, RemoteIP asc, RemotePort asc";

/// The configuration file, named or found.
pub fn config(args: &ProxyArgs) -> Option<PathBuf> {
    let fallback = Path::new(CONFIG_DEFAULT);
    let found = || fallback.is_file().then(|| fallback.to_owned());
    args.config.clone().or_else(found)
}

/// The proxies of the configuration and of the command line.
///
/// # Errors
/// A configuration that is missing though named, or that cannot be understood; an address that is none.
pub fn told(args: &ProxyArgs) -> Result<ProxySet, Failure> {
    let mut proxies = match config(args) {
        Some(path) => read_config(&path).map_err(|error| Failure::Usage(error.to_string()))?,
        None => ProxySet::default(),
    };
    for text in &args.proxy {
        proxies
            .add_listener(text)
            .map_err(|error| Failure::Usage(format!("--proxy: {error}")))?;
    }
    for path in &args.from {
        let settings = read_settings(path).map_err(|error| Failure::Data(error.to_string()))?;
        proxies.add_settings(settings);
    }
    Ok(proxies)
}

/// Adds what the tables of the catalog show, and puts all of it behind the table `Proxies`.
///
/// # Errors
/// Data that cannot be read.
pub fn learn(catalog: &mut Catalog, proxies: &mut ProxySet) -> Result<(), Failure> {
    let has_rows = |name: &str| {
        catalog
            .table(name)
            .is_some_and(|table| table.rows.is_some())
    };
    let asks_names = !proxies.names().is_empty() && has_rows("DeviceNetworkEvents");
    if asks_names || has_rows("ProxySightings") {
        let engine = Engine::new(catalog.clone(), EngineOptions::default());
        let runtime = crate::commands::runtime()?;
        if asks_names {
            let question = behind_names(&proxies.names());
            let batches = runtime.block_on(ask(&engine, question))?;
            proxies.resolve(&batches.iter().flat_map(names).collect::<Vec<_>>());
        }
        let batches = runtime.block_on(ask(&engine, SEEN.to_owned()))?;
        proxies.add_sightings(&batches.iter().flat_map(sightings).collect::<Vec<_>>());
    }
    fill(catalog, proxies)
}

/// Adds what may be a proxy; nothing but a list for people should.
///
/// # Errors
/// Data that cannot be read.
pub fn suggest(engine: &Engine, proxies: &mut ProxySet) -> Result<(), Failure> {
    let runtime = crate::commands::runtime()?;
    let batches = runtime.block_on(ask(engine, SUGGESTED.to_owned()))?;
    proxies.add_suggestions(&batches.iter().flat_map(sightings).collect::<Vec<_>>());
    Ok(())
}

fn fill(catalog: &mut Catalog, proxies: &ProxySet) -> Result<(), Failure> {
    let Some(table) = catalog.table(PROXIES) else {
        return Ok(());
    };
    if proxies.is_empty() {
        return Ok(());
    }
    let rows = proxies.to_batch();
    let rows = MemTable::try_new(rows.schema(), vec![vec![rows]])
        .map_err(|error| Failure::Internal(format!("the table {PROXIES}: {error}")))?;
    let table = Table::with_rows(table.schema.clone(), Arc::new(rows));
    catalog.add_table(table);
    Ok(())
}

/// Which addresses these names stood for, as connections and answers of DNS tell.
fn behind_names(names: &[&str]) -> String {
    // A host's name has letters, digits, dots, dashes and underscores only.
    let names: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
    format!(
        "let Names = dynamic([{}]);
let Connections = DeviceNetworkEvents
    | where isnotempty(RemoteIP) and isnotempty(RemoteUrl) and RemoteUrl has_any (Names)
    | extend Name = tolower(extract(@\"^(?:[A-Za-z][A-Za-z0-9+.-]*://)?([^:/?#\\s]+)\", 1, RemoteUrl))
    | where ActionType in (\"ConnectionSuccess\", \"ConnectionFailed\", \"ConnectionRequest\") and Protocol !~ \"TcpV4\"
    | project Name, Address = RemoteIP, Timestamp;
let Answers = DeviceNetworkEvents
    | where ActionType == \"DnsConnectionInspected\"
    | extend Fields = parse_json(AdditionalFields)
    | extend Name = tolower(tostring(Fields.query)), Answers = parse_json(tostring(Fields.answers))
    | where Name in (Names)
    | mv-expand Address = Answers to typeof(string)
    | project Name, Address, Timestamp;
union Connections, Answers
| where Name in (Names)
| summarize FirstSeen = min(Timestamp), LastSeen = max(Timestamp) by Name, Address
| sort by Name asc, FirstSeen asc, Address asc",
        names.join(", ")
    )
}

/// Runs a question of our own.
async fn ask(engine: &Engine, text: String) -> Result<Vec<RecordBatch>, Failure> {
    let question = Question::of_text(text);
    let options = QueryOptions {
        now: super::wall_clock(),
        parameters: Default::default(),
    };
    let answer = engine.query(&question.text, &options).await;
    let answer = answer.map_err(|error| run::refused(&question, error))?;
    let mut batches = Vec::new();
    for mut result in answer.results {
        while let Some(batch) = result.rows.next().await {
            let batch = batch.map_err(|error| run::refused(&question, execution_error(error)))?;
            batches.push(batch);
        }
    }
    Ok(batches)
}

fn sightings(batch: &RecordBatch) -> Vec<ProxySighting> {
    let (address, evidence) = (
        batch.column(0).as_string::<i32>(),
        batch.column(2).as_string::<i32>(),
    );
    let number = |column: usize| batch.column(column).as_primitive::<Int64Type>();
    let (port, first, last, requests) = (number(1), number(3), number(4), number(5));
    (0..batch.num_rows())
        .filter_map(|row| {
            let port = port.is_valid(row).then(|| port.value(row));
            Some(ProxySighting {
                address: address.value(row).parse().ok()?,
                port: port.and_then(|port| u16::try_from(port).ok()),
                evidence: evidence.value(row).to_owned(),
                first_seen: first.value(row),
                last_seen: last.value(row),
                requests: requests.value(row),
            })
        })
        .collect()
}

fn names(batch: &RecordBatch) -> Vec<NameSighting> {
    let (name, address) = (
        batch.column(0).as_string::<i32>(),
        batch.column(1).as_string::<i32>(),
    );
    let number = |column: usize| batch.column(column).as_primitive::<Int64Type>();
    let (first, last) = (number(2), number(3));
    (0..batch.num_rows())
        .filter(|row| !name.is_null(*row) && !address.is_null(*row))
        .filter_map(|row| {
            Some(NameSighting {
                name: name.value(row).to_owned(),
                // An answer that is another name leads nowhere.
                address: address.value(row).parse().ok()?,
                first_seen: first.value(row),
                last_seen: last.value(row),
            })
        })
        .collect()
}
