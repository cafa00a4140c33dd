//! The table `Proxies`: one row a listener, in the order in which the proxies became known.

use super::{Listen, Proxy, ProxySet};
use crate::table::TableRows;
use datafusion::arrow::record_batch::RecordBatch;
use huntql_store::schema::builtin;

impl ProxySet {
    /// The rows of the table `Proxies`. Suggestions are left out: nothing that a query filters by may rest on them.
    pub fn to_batch(&self) -> RecordBatch {
        batch(self.used())
    }

    /// The same with the suggestions, for people.
    pub fn to_batch_of_all(&self) -> RecordBatch {
        batch(self.proxies().iter())
    }
}

fn batch<'a>(proxies: impl Iterator<Item = &'a Proxy>) -> RecordBatch {
    let mut rows = TableRows::new(builtin("Proxies").expect("Proxies is built in"));
    for proxy in proxies {
        for listen in &proxy.listeners {
            write(&mut rows, proxy, listen);
        }
    }
    rows.take_declared()
}

fn write(rows: &mut TableRows, proxy: &Proxy, listen: &Listen) {
    let position = |rows: &TableRows, name| rows.position(name).expect("Proxies has this column");
    let address = listen.address.to_string();
    for (name, text) in [
        ("Name", proxy.name.as_str()),
        ("Address", &address),
        ("Source", &proxy.source),
        ("Confidence", proxy.confidence.name()),
        ("Kind", proxy.kind.name()),
        ("Detail", &proxy.detail),
    ] {
        let at = position(rows, name);
        rows.cell(at).push_text(text);
    }
    for (name, value) in [
        ("Port", listen.port.map(i64::from)),
        ("ValidFrom", proxy.valid_from),
        ("ValidTo", proxy.valid_to),
        ("FirstSeen", proxy.first_seen),
        ("LastSeen", proxy.last_seen),
    ] {
        if let Some(value) = value {
            let at = position(rows, name);
            rows.cell(at).push_i64(value);
        }
    }
    rows.commit_declared();
}
