//! Which table a record belongs to: by name, by the names of an older schema, or by its columns.

use crate::output::Refusal;
use crate::table::TableRows;
use huntql_store::schema::{TableSchema, builtin, builtin_tables, portal_columns};

/// What streaming puts before the table's name in `category`.
const CATEGORY_PREFIX: &str = "AdvancedHunting-";

/// Tables of the schema of 2018, which old exports still have.
const OLD_TABLES: &[(&str, &str)] = &[
    ("NetworkCommunicationEvents", "DeviceNetworkEvents"),
    ("ProcessCreationEvents", "DeviceProcessEvents"),
    ("FileCreationEvents", "DeviceFileEvents"),
    ("RegistryEvents", "DeviceRegistryEvents"),
    ("LogonEvents", "DeviceLogonEvents"),
    ("ImageLoadEvents", "DeviceImageLoadEvents"),
    ("MiscEvents", "DeviceEvents"),
    ("MachineInfo", "DeviceInfo"),
    ("MachineNetworkInfo", "DeviceNetworkInfo"),
];

/// Columns of the schema of 2018.
const OLD_COLUMNS: &[(&str, &str)] = &[
    ("EventTime", "Timestamp"),
    ("MachineId", "DeviceId"),
    ("ComputerName", "DeviceName"),
];

/// Columns that most tables have and that say nothing about which one it is.
const COMMON_COLUMNS: &[&str] = &[
    "timestamp",
    "timegenerated",
    "tenantid",
    "type",
    "sourcesystem",
    "machinegroup",
    "reportid",
    "additionalfields",
    "deviceid",
    "devicename",
    "actiontype",
];

/// Names that a record may have beside its columns: the envelope's, the portal's, and the alias of `Timestamp`.
const ENVELOPE_KEYS: &[&str] = &[
    "time",
    "tenantid",
    "operationname",
    "category",
    "tenant",
    "_timereceivedbysvc",
    "type",
    "sourcesystem",
    "timegenerated",
    "machinegroup",
    "_isbillable",
    "_billedsize",
];

/// The table of this name or category. `None` when huntql has no such table.
pub(super) fn by_name(name: &str) -> Option<&'static TableSchema> {
    let name = name.strip_prefix(CATEGORY_PREFIX).unwrap_or(name);
    let new = OLD_TABLES
        .iter()
        .find(|(old, _)| old.eq_ignore_ascii_case(name))
        .map_or(name, |(_, new)| new);
    builtin(new).or_else(|| {
        builtin_tables()
            .iter()
            .find(|table| table.name.eq_ignore_ascii_case(new))
    })
}

/// The refusal of a table that huntql does not have.
pub(super) fn unknown(name: &str) -> Refusal {
    let name = name.strip_prefix(CATEGORY_PREFIX).unwrap_or(name);
    Refusal::new(
        "unknown_table",
        format!("`{name}` is not a table that huntql knows"),
    )
}

/// The table whose name stands in a path (`…/insights-logs-advancedhunting-devicenetworkevents/…`); the longest such name.
pub(super) fn by_path(path: &str) -> Option<&'static TableSchema> {
    let path = path.to_ascii_lowercase();
    let named = builtin_tables().iter().filter(|table| table.name.len() > 8);
    named
        .filter(|table| path.contains(&table.name.to_ascii_lowercase()))
        .max_by_key(|table| table.name.len())
}

/// What a key of a record means in a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    Column(usize),
    /// `TimeGenerated`, for a record that has no `Timestamp`.
    TimeGenerated,
    /// Known and not stored: the envelope's own.
    Ignored,
    Unknown,
}

/// The meaning of `name` in the table of `rows`, case ignored. A column that only the portal adds is added to the rows when
/// it is first met: it can be named in a query, and most files do not have it.
pub(super) fn key(table: &str, name: &str, rows: &mut TableRows) -> Key {
    let new = OLD_COLUMNS
        .iter()
        .find(|(old, _)| *old == name)
        .map_or(name, |(_, new)| new);
    if let Some(position) = rows.position(new) {
        return Key::Column(position);
    }
    if name.eq_ignore_ascii_case("TimeGenerated") {
        return Key::TimeGenerated;
    }
    if let Some(column) = portal_columns(table)
        .iter()
        .find(|column| column.name.eq_ignore_ascii_case(name))
    {
        return Key::Column(rows.add_column(column));
    }
    match ENVELOPE_KEYS
        .iter()
        .any(|known| known.eq_ignore_ascii_case(name))
    {
        true => Key::Ignored,
        false => Key::Unknown,
    }
}

/// The table that has the most of these columns. Two that have equally many are told apart by `action`, a value of
/// `ActionType`, where only network events have it. Errors name the candidates.
pub(super) fn by_columns(
    columns: &[&str],
    action: Option<&str>,
) -> Result<&'static TableSchema, String> {
    let telling: Vec<String> = columns
        .iter()
        .map(|column| {
            OLD_COLUMNS
                .iter()
                .find(|(old, _)| old == column)
                .map_or(*column, |(_, new)| new)
        })
        .map(str::to_ascii_lowercase)
        .filter(|column| !COMMON_COLUMNS.contains(&column.as_str()))
        .collect();
    let score = |table: &TableSchema| {
        table
            .columns
            .iter()
            .filter(|column| telling.contains(&column.name.to_ascii_lowercase()))
            .count()
    };
    let best = builtin_tables().iter().map(score).max().unwrap_or(0);
    let candidates: Vec<&TableSchema> = builtin_tables()
        .iter()
        .filter(|table| best > 0 && score(table) == best)
        .collect();
    match candidates.as_slice() {
        [] => {
            Err("its columns fit no table that huntql knows; say which one with --table".to_owned())
        }
        [table] => Ok(table),
        several => {
            let network = several
                .iter()
                .find(|table| table.name == "DeviceNetworkEvents");
            match network.filter(|_| action.is_some_and(is_network_action)) {
                Some(table) => Ok(table),
                None => Err(format!(
                    "its columns fit {} equally; say which one with --table",
                    several
                        .iter()
                        .map(|table| format!("`{}`", table.name))
                        .collect::<Vec<_>>()
                        .join(", ")
                )),
            }
        }
    }
}

/// Whether an ActionType is one of network events alone.
fn is_network_action(action: &str) -> bool {
    const BEGINNINGS: &[&str] = &["Connection", "InboundConnection", "ListeningConnection"];
    BEGINNINGS
        .iter()
        .any(|beginning| action.starts_with(beginning))
        || action.ends_with("ConnectionInspected")
}

/// How many of these names are telling columns of some one table: what sniffing asks of a CSV header.
pub(super) fn likeness(columns: &[&str]) -> (usize, bool) {
    let has_time = columns.iter().any(|column| {
        ["Timestamp", "TimeGenerated", "EventTime"]
            .iter()
            .any(|known| known.eq_ignore_ascii_case(column))
    });
    let known = |column: &str| {
        let lower = column.to_ascii_lowercase();
        ![
            "timestamp",
            "timegenerated",
            "tenantid",
            "type",
            "sourcesystem",
        ]
        .contains(&lower.as_str())
            && builtin_tables().iter().any(|t| {
                t.columns
                    .iter()
                    .any(|c| c.name.eq_ignore_ascii_case(column))
            })
    };
    (
        columns.iter().filter(|column| known(column)).count(),
        has_time,
    )
}
