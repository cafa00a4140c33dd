//! A run over the store, day by day.

use super::device::Holder;
use super::emit::{Context, Emitter, Whose};
use super::fields::Fields;
use super::model::{BEFORE, LATE, Listener, Request, SKEW_MAX, Skew, Tier, Verdict};
use super::pairing::{Doubts, pair};
use super::skew::{Clocks, Gathered};
use super::summary::Summary;
use super::unit::{self, Client, ClientRows, Known, Lists, Outcome, Record, Shard, Unit};
use crate::address;
use crate::proxies::ProxySet;
use crate::time;
use datafusion::arrow::array::{Array, AsArray};
use datafusion::arrow::datatypes::{Int32Type, Int64Type};
use huntql_kql::time::{TICKS_PER_DAY, UNIX_EPOCH};
use huntql_store::schema::builtin;
use huntql_store::{DayRows, EventTable, Ingest, Result, Store, Wanted};
use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::SystemTime;

const TABLE: &str = "DeviceNetworkEvents";
/// The usual bound of [`Options::shard_rows`].
pub const SHARD_ROWS: u64 = 1_500_000;

/// Whether rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Write,
    DryRun,
}

/// What to correlate.
#[derive(Debug, Clone, Copy)]
pub struct Options<'a> {
    pub proxies: &'a ProxySet,
    /// Ticks; the whole days (UTC) that these lie in are done.
    pub from: Option<i64>,
    pub to: Option<i64>,
    pub mode: Mode,
    /// A day with more rows is done in shares of its clients.
    pub shard_rows: u64,
}

/// Correlates the store's connections with its proxies' records and writes the derived rows.
///
/// Errors: a store that cannot be read or written. Days that were committed before the error stay.
pub fn unmask(store: &Store, options: &Options<'_>) -> Result<Summary> {
    let summary = Summary::new(options.mode);
    let Some(table) = store.snapshot(TABLE)? else {
        return Ok(summary);
    };
    let proven = proven_proxies(&table)?;
    let mut run = Run {
        store,
        table,
        network_info: store.snapshot("DeviceNetworkInfo")?,
        options,
        proven,
        lists: Lists::default(),
        emitter: Emitter::new(now_ticks()),
        summary,
    };
    for day in store.days(TABLE)? {
        let Some(begin) = day_start(&day.day) else {
            continue;
        };
        let before = options.to.is_none_or(|to| begin < to);
        let after = options.from.is_none_or(|from| begin + TICKS_PER_DAY > from);
        if before && after {
            run.day(&day, begin)?;
        }
    }
    run.summary.finish();
    Ok(run.summary)
}

struct Run<'a> {
    store: &'a Store,
    table: Arc<EventTable>,
    network_info: Option<Arc<EventTable>>,
    options: &'a Options<'a>,
    proven: HashSet<Listener>,
    lists: Lists,
    emitter: Emitter,
    summary: Summary,
}

impl Run<'_> {
    fn day(&mut self, day: &DayRows, begin: i64) -> Result<()> {
        let of = day.rows.div_ceil(self.options.shard_rows).max(1);
        let schema = builtin(TABLE).expect("the table is built in");
        let mut ingest = match self.options.mode {
            Mode::Write => {
                let mut ingest = self.store.replace(&format!("unmask-{}", day.day));
                ingest.touch(schema)?;
                Some(ingest)
            }
            Mode::DryRun => None,
        };
        let mut gathered = Gathered::default();
        let mut whole = None;
        for index in 0..of {
            let unit = self.load(begin, Shard { index, of })?;
            for rows in unit.clients.values() {
                gathered.add(&rows.connections, &requests(&rows.records));
            }
            whole = (of == 1).then_some(unit);
        }
        let clocks = gathered.clocks();
        for index in 0..of {
            let unit = match whole.take() {
                Some(unit) => unit,
                None => self.load(begin, Shard { index, of })?,
            };
            self.unit(&unit, begin, &clocks, &mut ingest)?;
        }
        self.flush(&mut ingest)?;
        self.note_clocks(begin, &clocks);
        self.summary.days += 1;
        if let Some(ingest) = ingest {
            ingest.commit(&format!("unmask-{}-{}", day.day, run_id()))?;
        }
        Ok(())
    }

    fn load(&mut self, begin: i64, shard: Shard) -> Result<Unit> {
        let mut unit = Unit::default();
        let known = Known {
            configured: self.options.proxies,
            proven: &self.proven,
        };
        let columns = unit::columns();
        let after = SKEW_MAX + LATE;
        let wanted = Wanted {
            columns: &columns,
            between: Some((begin - BEFORE - SKEW_MAX, begin + TICKS_PER_DAY + after)),
            equal: None,
        };
        for batch in self.table.rows_of(&wanted)? {
            unit.add(&batch?, shard, &known, &mut self.lists);
        }
        self.load_network_info(begin, &mut unit)?;
        for rows in unit.clients.values_mut() {
            rows.settle();
        }
        Ok(unit)
    }

    /// Adds the devices that say themselves which addresses they have, of clients that are there already.
    fn load_network_info(&mut self, begin: i64, unit: &mut Unit) -> Result<()> {
        let Some(table) = &self.network_info else {
            return Ok(());
        };
        let wanted = Wanted {
            columns: &["Timestamp", "DeviceId", "DeviceName", "IPAddresses"],
            between: Some((begin - TICKS_PER_DAY, begin + 2 * TICKS_PER_DAY)),
            equal: None,
        };
        for batch in table.rows_of(&wanted)? {
            let batch = batch?;
            let times = batch.column(0).as_primitive::<Int64Type>();
            let text = |at: usize, row: usize| batch.column(at).as_string::<i32>().value(row);
            for row in 0..batch.num_rows() {
                if times.is_null(row) || text(1, row).is_empty() {
                    continue;
                }
                let device = self.lists.devices.number(text(1, row), text(2, row));
                for address in addresses_of(text(3, row)) {
                    if let Some(rows) = unit.clients.get_mut(&address) {
                        rows.sightings.add(times.value(row), device);
                    }
                }
            }
        }
        Ok(())
    }

    fn unit(
        &mut self,
        unit: &Unit,
        begin: i64,
        clocks: &Clocks,
        ingest: &mut Option<Ingest>,
    ) -> Result<()> {
        let mut clients: Vec<(&IpAddr, &ClientRows)> = unit.clients.iter().collect();
        clients.sort_by_key(|(address, _)| **address);
        for (address, rows) in clients {
            self.client(*address, rows, unit, begin, clocks);
            if self.emitter.rows.is_full() {
                self.flush(ingest)?;
            }
        }
        for record in unit.strangers.iter().filter(|record| is_of(record, begin)) {
            let whose = Whose {
                holder: Holder::Unknown,
                sharing: Vec::new(),
            };
            let context = Context {
                lists: &self.lists,
                processes: &unit.processes,
                connections: &[],
                whose,
                only_proxy: None,
            };
            let skew = clocks.at(record.request.proxy, record.request.start);
            let emitted = emit(&mut self.emitter, record, &Verdict::NOTHING, skew, &context);
            self.note(record, &Verdict::NOTHING, emitted);
        }
        Ok(())
    }

    fn client(
        &mut self,
        address: IpAddr,
        rows: &ClientRows,
        unit: &Unit,
        begin: i64,
        clocks: &Clocks,
    ) {
        let is_idle = rows.records.is_empty() && rows.witnesses.is_empty();
        let of_day = |time: i64| (begin..begin + TICKS_PER_DAY).contains(&time);
        let connections = rows.connections.iter().filter(|c| of_day(c.start));
        self.summary.connections += connections.filter(|c| c.record != 0).count() as u64;
        if is_idle {
            return;
        }
        let sharing = rows.sightings.sharing();
        if !sharing.is_empty() {
            self.summary.shared_addresses.push(address.to_string());
        }
        let records: Vec<&Record> = rows
            .records
            .iter()
            .filter(|record| record.outcome.has_row())
            .collect();
        let requests: Vec<Request> = records.iter().map(|r| r.request.clone()).collect();
        let doubts = Doubts {
            is_shared: !sharing.is_empty(),
            reports: rows.reports.clone(),
        };
        let verdicts = pair(&rows.connections, &requests, clocks, &doubts);
        let only_proxy = only_proxy(rows);
        for (record, verdict) in records.iter().zip(&verdicts) {
            if !is_of(record, begin) {
                continue;
            }
            let request = &record.request;
            let skew = clocks.at(request.proxy, request.start);
            let shift = match skew {
                Skew::Known { ms } => ms * super::model::MILLISECOND,
                Skew::Refused(_) => 0,
            };
            let whose = whose(rows, &sharing, request.start - shift);
            let context = Context {
                lists: &self.lists,
                processes: &unit.processes,
                connections: &rows.connections,
                whose,
                only_proxy,
            };
            let emitted = emit(&mut self.emitter, record, verdict, skew, &context);
            self.note(record, verdict, emitted);
        }
        for record in rows.records.iter().filter(|record| is_of(record, begin)) {
            if !record.outcome.has_row() {
                self.note(record, &Verdict::NOTHING, None);
            }
        }
        self.witnesses(address, rows, unit, begin, &verdicts);
    }

    /// Rows of the connections that a network sensor named and no record did.
    fn witnesses(
        &mut self,
        address: IpAddr,
        rows: &ClientRows,
        unit: &Unit,
        begin: i64,
        verdicts: &[Verdict],
    ) {
        let told: HashSet<u32> = verdicts.iter().filter_map(|verdict| verdict.twin).collect();
        let sharing = rows.sightings.sharing();
        for (at, connection) in rows.connections.iter().enumerate() {
            let witness = connection
                .witness
                .map(|index| &rows.witnesses[index as usize]);
            let Some(witness) = witness.filter(|_| !told.contains(&(at as u32))) else {
                continue;
            };
            let of_day = (begin..begin + TICKS_PER_DAY).contains(&witness.start);
            if !of_day || !witness.outcome.has_row() {
                continue;
            }
            let whose = whose(rows, &sharing, witness.start);
            let context = Context {
                lists: &self.lists,
                processes: &unit.processes,
                connections: &rows.connections,
                whose,
                only_proxy: None,
            };
            self.emitter.witness(witness, at as u32, address, &context);
            self.summary.rows += 1;
            let seen = &mut self.summary.witnessed;
            *match witness.seen {
                super::model::Seen::Connect => &mut seen.connect,
                super::model::Seen::Host => &mut seen.host,
                super::model::Seen::Sni => &mut seen.sni,
            } += 1;
        }
    }

    fn note(&mut self, record: &Record, verdict: &Verdict, tier: Option<Tier>) {
        let number = record.request.proxy;
        let name = self.lists.proxies.text(number).to_owned();
        let proxy = self.summary.proxy(number, &name);
        proxy.records += 1 + record.merged.len() as u64;
        proxy.merged += record.merged.len() as u64;
        proxy.ambiguous += u64::from(verdict.ambiguous);
        match tier {
            Some(tier) => {
                proxy.tiers.add(tier);
                self.summary.rows += 1;
            }
            None if record.outcome == Outcome::Upstream => proxy.upstream += 1,
            None => proxy.authentication += 1,
        }
    }

    fn note_clocks(&mut self, begin: i64, clocks: &Clocks) {
        let hours = begin / super::skew::HOUR..(begin + TICKS_PER_DAY) / super::skew::HOUR;
        for (number, hour, skew) in clocks.by_hour() {
            if hours.contains(&hour) {
                let name = self.lists.proxies.text(number).to_owned();
                self.summary.proxy(number, &name).hour(hour, skew);
            }
        }
    }

    fn flush(&mut self, ingest: &mut Option<Ingest>) -> Result<()> {
        if self.emitter.rows.is_empty() {
            return Ok(());
        }
        let batch = self.emitter.rows.take();
        if let Some(ingest) = ingest {
            ingest.append(builtin(TABLE).expect("the table is built in"), &batch)?;
        }
        Ok(())
    }
}

/// The one proxy that a client talks to, if it is one.
fn only_proxy(rows: &ClientRows) -> Option<Listener> {
    let first = rows.connections.first()?.proxy;
    let only = rows.connections.iter().all(|c| c.proxy == first);
    only.then_some(first)
}

/// Writes the record's row, if it has one.
fn emit(
    emitter: &mut Emitter,
    record: &Record,
    verdict: &Verdict,
    skew: Skew,
    context: &Context<'_>,
) -> Option<Tier> {
    let has_row = record.outcome.has_row();
    has_row.then(|| emitter.record(record, verdict, skew, context))
}

fn whose(rows: &ClientRows, sharing: &[u32], time: i64) -> Whose {
    let holder = match sharing.is_empty() {
        true => rows.sightings.at(time),
        false => Holder::OneOf(sharing.to_vec()),
    };
    Whose {
        holder,
        sharing: sharing.to_vec(),
    }
}

fn is_of(record: &Record, begin: i64) -> bool {
    (begin..begin + TICKS_PER_DAY).contains(&record.request.start)
}

fn requests(records: &[Record]) -> Vec<Request> {
    records
        .iter()
        .filter(|record| matches!(record.client, Client::Address(_)))
        .map(|record| record.request.clone())
        .collect()
}

/// The ends that the data prove to be proxies: they wrote a record, or granted a CONNECT.
fn proven_proxies(table: &Arc<EventTable>) -> Result<HashSet<Listener>> {
    let wanted = Wanted {
        columns: &["RemoteIP", "RemotePort", "AdditionalFields"],
        between: None,
        equal: Some(("ActionType", "HttpConnectionInspected")),
    };
    let mut proven = HashSet::new();
    for batch in table.rows_of(&wanted)? {
        let batch = batch?;
        let (addresses, fields) = (
            batch.column(0).as_string::<i32>(),
            batch.column(2).as_string::<i32>(),
        );
        let ports = batch.column(1).as_primitive::<Int32Type>();
        for row in 0..batch.num_rows() {
            let address = addresses.value(row);
            if address.is_empty() || fields.is_null(row) || !proves(fields.value(row)) {
                continue;
            }
            let port = ports.is_valid(row).then(|| ports.value(row));
            if let Some(address) = address::parse(address) {
                proven.insert(Listener {
                    address: address.to_canonical(),
                    port: port.and_then(|port| u16::try_from(port).ok()),
                });
            }
        }
    }
    Ok(proven)
}

fn proves(fields: &str) -> bool {
    if fields.contains("\"ProxyLog\":") {
        return true;
    }
    if !fields.contains("CONNECT") {
        return false;
    }
    let fields = Fields::parse(fields);
    let granted = fields
        .text("status_code")
        .is_some_and(|status| status.starts_with('2'));
    granted && fields.text("method") == Some("CONNECT")
}

/// The addresses of DeviceNetworkInfo's `IPAddresses`: a JSON list of objects or of texts.
fn addresses_of(text: &str) -> Vec<IpAddr> {
    let list: serde_json::Value = serde_json::from_str(text).unwrap_or_default();
    let items = list.as_array().into_iter().flatten();
    items
        .filter_map(|item| item["IPAddress"].as_str().or_else(|| item.as_str()))
        .filter_map(address::parse)
        .map(|address| address.to_canonical())
        .collect()
}

/// The first tick of a day's name.
fn day_start(day: &str) -> Option<i64> {
    time::iso_local(day.as_bytes()).map(|(tick, _)| tick)
}

fn now_ticks() -> i64 {
    let since = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    UNIX_EPOCH + (since.as_nanos() / 100) as i64
}

/// A text that no other run has.
fn run_id() -> String {
    format!("{}-{}", now_ticks(), std::process::id())
}
