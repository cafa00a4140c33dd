//! Values of columns for strings that are being typed: the commonest of the first rows, read once and remembered.

use crate::session::Session;
use datafusion::arrow::array::AsArray;
use futures::StreamExt;
use huntql_engine::within;
use huntql_kql::types::Type;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::runtime::Handle;

/// Rows that are looked at.
const ROWS_MAX: u64 = 50_000;

/// Values that are kept.
const VALUES_MAX: u64 = 200;

/// Nobody waits longer for a list to appear.
const WAIT: Duration = Duration::from_millis(400);

/// Action types of network events, for a store that has none yet.
const NETWORK_ACTIONS: &[&str] = &[
    "ConnectionSuccess",
    "ConnectionFailed",
    "ConnectionRequest",
    "ConnectionFound",
    "ConnectionAcknowledged",
    "ConnectionAttempt",
    "ConnectionSuccessAggregatedReport",
    "ConnectionFailedAggregatedReport",
    "DnsConnectionInspected",
    "FtpConnectionInspected",
    "HttpConnectionInspected",
    "IcmpConnectionInspected",
    "InboundConnectionAccepted",
    "InboundConnectionAttempt",
    "ListeningConnectionCreated",
    "NetworkSignatureInspected",
    "SmtpConnectionInspected",
    "SshConnectionInspected",
    "SslConnectionInspected",
];

/// Values by column, whatever the data.
const WELL_KNOWN: &[(&str, &[&str])] = &[
    ("Protocol", &["Tcp", "Udp", "Icmp"]),
    (
        "RemoteIPType",
        &[
            "Public",
            "Private",
            "Loopback",
            "FourToSixMapping",
            "Reserved",
        ],
    ),
    (
        "LocalIPType",
        &[
            "Public",
            "Private",
            "Loopback",
            "FourToSixMapping",
            "Reserved",
        ],
    ),
];

/// Values by table and column.
type Known = HashMap<(String, String), Vec<String>>;

/// Clones share what is known.
#[derive(Clone)]
pub struct Values {
    session: Arc<Session>,
    handle: Handle,
    known: Arc<Mutex<Known>>,
}

impl Values {
    pub fn new(session: Arc<Session>, handle: Handle) -> Values {
        Values {
            session,
            handle,
            known: Arc::default(),
        }
    }

    /// The values of a column of a table of the catalog, the commonest first.
    pub fn of(&self, table: Option<&str>, column: &str) -> Vec<String> {
        let mut values = match table {
            Some(table) => self.stored(table, column),
            None => Vec::new(),
        };
        for known in well_known(table, column) {
            if !values.iter().any(|value| value == known) {
                values.push((*known).to_owned());
            }
        }
        values
    }

    fn stored(&self, table: &str, column: &str) -> Vec<String> {
        let catalog = self.session.engine.catalog();
        let is_text = catalog.table(table).is_some_and(|table| {
            let found = table.schema.column(column);
            table.rows.is_some() && found.is_some_and(|column| column.ty == Type::String)
        });
        if !is_text {
            return Vec::new();
        }
        let key = (table.to_owned(), column.to_owned());
        if let Some(values) = self.known.lock().expect("no reader panics").get(&key) {
            return values.clone();
        }
        let text = format!(
            "['{table}'] | take {ROWS_MAX} | where isnotempty(['{column}']) | summarize N = count() by V = ['{column}'] | top {VALUES_MAX} by N | project V"
        );
        let read = within(WAIT, self.read(&text));
        let values = self.handle.block_on(read).ok().flatten().flatten();
        if let Some(values) = &values {
            let mut known = self.known.lock().expect("no reader panics");
            known.insert(key, values.clone());
        }
        values.unwrap_or_default()
    }

    async fn read(&self, text: &str) -> Option<Vec<String>> {
        let answer = self.session.engine.query(text, &super::options()).await;
        let mut rows = answer.ok()?.results.pop()?.rows;
        let mut values = Vec::new();
        while let Some(batch) = rows.next().await {
            let batch = batch.ok()?;
            let column = batch.column(0).as_string_opt::<i32>()?.clone();
            values.extend(column.iter().flatten().map(str::to_owned));
        }
        Some(values)
    }
}

fn well_known(table: Option<&str>, column: &str) -> &'static [&'static str] {
    if column == "ActionType" && matches!(table, None | Some("DeviceNetworkEvents")) {
        return NETWORK_ACTIONS;
    }
    WELL_KNOWN
        .iter()
        .find(|(name, _)| *name == column)
        .map_or(&[], |(_, values)| *values)
}
