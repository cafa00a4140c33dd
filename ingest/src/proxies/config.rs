//! `huntql.toml`: the proxies, the files that tell of some, and the watchlists.
//!
//! ```toml
//! [[proxy]]
//! name = "gateway"
//! listeners = ["10.0.0.6:8080", "10.1.0.0/24:3128", "proxy.example:8080"]
//! kind = "explicit"                     # or "transparent", "socks"
//! logs = ["squid/access.log*"]          # its own logs
//! logformat = "%ts.%03tu %6tr %>a …"    # their format, where it is not a known one
//! valid_from = "2026-01-01T00:00:00Z"   # optional, as is valid_to
//!
//! [sources]                             # settings of devices; paths are beside this file
//! proxies = ["netsh.txt", "policy.reg", "proxy.pac"]
//!
//! [watchlists]                          # what `_GetWatchlist("service-urls")` reads
//! service-urls = { file = "service-urls.csv", search_key = "Pattern" }
//!
//! [geo]                                 # what `geo_info_from_ip_address` reads, a file in MaxMind's format
//! mmdb = "GeoLite2-City.mmdb"
//!
//! [options]                             # options of commands that are not on the command line (docs/scripts.md)
//! format = "csv"
//!
//! [user_agents]                         # what `parse_user_agent` reads: the patterns of the ua-parser project
//! regexes = "regexes.yaml"
//! ```
//!
//! A key that is not known is an error and not a comment: a misspelt `listeners` would leave every row unfiltered.

use super::{KINDS, Proxy, ProxyKind, ProxySet, parse_listener, read_settings};
use crate::time;
use std::fmt;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// What is wrong with a configuration; says where and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError(String);

impl ConfigError {
    pub(super) fn new(message: String) -> Self {
        Self(message)
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ConfigError {}

/// `[options]` are those of commands; whoever runs these reads them.
const TOP_KEYS: &[&str] = &[
    "proxy",
    "sources",
    "watchlists",
    "geo",
    "user_agents",
    "sinks",
    "options",
];
const PROXY_KEYS: &[&str] = &[
    "name",
    "listeners",
    "kind",
    "logs",
    "logformat",
    "valid_from",
    "valid_to",
];

/// Reads the file at `path`.
pub fn read_config(path: &Path) -> Result<ProxySet, ConfigError> {
    let source = path.display().to_string();
    let text = std::fs::read_to_string(path)
        .map_err(|error| ConfigError(format!("cannot read `{source}`: {error}")))?;
    let mut proxies = parse_config(&text, &source)?;
    for file in sources(&text, &source)? {
        let file = path.parent().unwrap_or(Path::new("")).join(file);
        proxies.add_settings(read_settings(&file)?);
    }
    Ok(proxies)
}

/// The files under `[sources]`.
fn sources(text: &str, source: &str) -> Result<Vec<String>, ConfigError> {
    let fail = |message: String| ConfigError(format!("{source}: {message}"));
    match table(text, source)?.get("sources") {
        None => Ok(Vec::new()),
        Some(Value::Table(sources)) => check_keys(sources, &["proxies"], "in `[sources]`")
            .and_then(|()| texts(sources, "proxies"))
            .map_err(fail),
        Some(_) => Err(fail("`sources` is written as `[sources]`".to_owned())),
    }
}

/// A list of `[watchlists]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatchlistFile {
    pub alias: String,
    pub file: PathBuf,
    /// The column that `SearchKey` shows.
    pub search_key: Option<String>,
}

/// What stands under `[watchlists]`: `alias = "file.csv"`, or `alias = { file = "file.csv", search_key = "Column" }`. Paths are
/// beside the configuration.
pub fn read_watchlists(path: &Path) -> Result<Vec<WatchlistFile>, ConfigError> {
    let source = path.display().to_string();
    let fail = |message: String| ConfigError(format!("{source}: {message}"));
    let text = std::fs::read_to_string(path)
        .map_err(|error| ConfigError(format!("cannot read `{source}`: {error}")))?;
    let lists = match table(&text, &source)?.remove("watchlists") {
        None => return Ok(Vec::new()),
        Some(Value::Table(lists)) => lists,
        Some(_) => return Err(fail("`watchlists` is written as `[watchlists]`".to_owned())),
    };
    let folder = path.parent().unwrap_or(Path::new(""));
    lists
        .into_iter()
        .map(|(alias, value)| watchlist(alias, &value, folder).map_err(fail))
        .collect()
}

/// The database of addresses under `[geo]`: `mmdb = "FILE"`, beside the configuration.
pub fn read_address_database(path: &Path) -> Result<Option<PathBuf>, ConfigError> {
    named_file(path, "geo", "mmdb", "GeoLite2-City.mmdb")
}

/// The patterns of user agents under `[user_agents]`: `regexes = "FILE"`, beside the configuration.
pub fn read_agent_patterns(path: &Path) -> Result<Option<PathBuf>, ConfigError> {
    named_file(path, "user_agents", "regexes", "regexes.yaml")
}

/// The file that the only key of a section names.
fn named_file(
    path: &Path,
    section: &str,
    key: &str,
    like: &str,
) -> Result<Option<PathBuf>, ConfigError> {
    let source = path.display().to_string();
    let fail = |message: String| ConfigError(format!("{source}: {message}"));
    let text = std::fs::read_to_string(path)
        .map_err(|error| ConfigError(format!("cannot read `{source}`: {error}")))?;
    let Some(found) = table(&text, &source)?.remove(section) else {
        return Ok(None);
    };
    let Value::Table(found) = found else {
        return Err(fail(format!("`{section}` is written as `[{section}]`")));
    };
    check_keys(&found, &[key], &format!("in `[{section}]`")).map_err(fail)?;
    match found.get(key) {
        Some(Value::String(file)) => Ok(Some(path.parent().unwrap_or(Path::new("")).join(file))),
        _ => Err(fail(format!(
            "`[{section}]` names a file: `{key} = \"{like}\"`"
        ))),
    }
}

fn watchlist(alias: String, value: &Value, folder: &Path) -> Result<WatchlistFile, String> {
    let (file, search_key) = match value {
        Value::String(file) => (Some(file.as_str()), None),
        Value::Table(table) => {
            let place = format!("in the watchlist `{alias}`");
            check_keys(table, &["file", "search_key"], &place)?;
            let text = |key: &str| table.get(key).and_then(Value::as_str);
            (text("file"), text("search_key").map(str::to_owned))
        }
        _ => (None, None),
    };
    let file = file.ok_or_else(|| {
        format!("the watchlist `{alias}` is a file, like \"list.csv\" or {{ file = \"list.csv\", search_key = \"Column\" }}")
    })?;
    Ok(WatchlistFile {
        file: folder.join(file),
        alias,
        search_key,
    })
}

fn table(text: &str, source: &str) -> Result<Table, ConfigError> {
    text.parse()
        .map_err(|error: toml::de::Error| ConfigError(format!("{source}: {error}")))
}

/// Reads the text of a configuration; `source` is its name for errors and for the table.
pub fn parse_config(text: &str, source: &str) -> Result<ProxySet, ConfigError> {
    let fail = |message: String| ConfigError(format!("{source}: {message}"));
    let table = table(text, source)?;
    check_keys(&table, TOP_KEYS, "at the top").map_err(fail)?;
    let entries = match table.get("proxy") {
        None => return Ok(ProxySet::default()),
        Some(Value::Array(entries)) => entries,
        Some(_) => {
            return Err(fail(
                "`proxy` is written as `[[proxy]]`, once for each proxy".to_owned(),
            ));
        }
    };
    let mut proxies: Vec<Proxy> = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        let Value::Table(entry) = entry else {
            return Err(fail("`proxy` is written as `[[proxy]]`".to_owned()));
        };
        let proxy = parse_proxy(entry, source)
            .map_err(|message| fail(format!("proxy {}: {message}", index + 1)))?;
        if proxies.iter().any(|known| known.name == proxy.name) {
            return Err(fail(format!("two proxies have the name `{}`", proxy.name)));
        }
        proxies.push(proxy);
    }
    Ok(ProxySet::new(proxies))
}

fn parse_proxy(entry: &Table, source: &str) -> Result<Proxy, String> {
    check_keys(entry, PROXY_KEYS, "in `[[proxy]]`")?;
    let Some(Value::String(name)) = entry.get("name").filter(|name| name.as_str() != Some(""))
    else {
        return Err("`name` is missing; it is a text".to_owned());
    };
    let listeners = texts(entry, "listeners")?;
    if listeners.is_empty() {
        return Err(format!(
            "`listeners` of `{name}` is missing; it is a list like [\"10.0.0.6:8080\"]"
        ));
    }
    let logs = texts(entry, "logs")?;
    if let Some((pattern, error)) = logs
        .iter()
        .find_map(|p| Some((p, glob::Pattern::new(p).err()?)))
    {
        return Err(format!("`{pattern}` in `logs` is no pattern: {error}"));
    }
    let (valid_from, valid_to) = (instant(entry, "valid_from")?, instant(entry, "valid_to")?);
    if let (Some(from), Some(to)) = (valid_from, valid_to)
        && from >= to
    {
        return Err(format!(
            "`valid_from` of `{name}` is not before its `valid_to`"
        ));
    }
    Ok(Proxy {
        name: name.clone(),
        listeners: listeners
            .iter()
            .map(|text| parse_listener(text))
            .collect::<Result<_, _>>()?,
        kind: kind(entry)?,
        logs,
        logformat: text(entry, "logformat")?,
        source: source.to_owned(),
        valid_from,
        valid_to,
        ..Proxy::default()
    })
}

fn kind(entry: &Table) -> Result<ProxyKind, String> {
    let Some(value) = entry.get("kind") else {
        return Ok(ProxyKind::default());
    };
    let named = KINDS.iter().find(|(name, _)| value.as_str() == Some(name));
    named.map(|(_, kind)| *kind).ok_or_else(|| {
        let names: Vec<String> = KINDS
            .iter()
            .map(|(name, _)| format!("\"{name}\""))
            .collect();
        format!("`kind` is one of {}, not `{value}`", names.join(", "))
    })
}

fn text(entry: &Table, key: &str) -> Result<Option<String>, String> {
    match entry.get(key) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(other) => Err(format!("`{key}` is a text, not `{other}`")),
    }
}

fn texts(entry: &Table, key: &str) -> Result<Vec<String>, String> {
    let Some(value) = entry.get(key) else {
        return Ok(Vec::new());
    };
    let texts = value.as_array().and_then(|values| {
        values
            .iter()
            .map(|v| v.as_str().map(str::to_owned))
            .collect()
    });
    texts.ok_or_else(|| format!("`{key}` is a list of texts"))
}

/// A date and time with its zone, as TOML's own or as text; a date alone is its midnight in UTC.
fn instant(entry: &Table, key: &str) -> Result<Option<i64>, String> {
    let text = match entry.get(key) {
        None => return Ok(None),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Datetime(datetime)) => datetime.to_string(),
        Some(other) => return Err(format!("`{key}` is a date and time, not `{other}`")),
    };
    let midnight = || {
        time::iso_local(text.as_bytes())
            .filter(|_| text.len() == 10)
            .map(|(tick, _)| tick)
    };
    match time::iso_instant(&text).or_else(midnight) {
        Some(tick) => Ok(Some(tick)),
        None => Err(format!(
            "`{text}` in `{key}` is no date and time with a zone, like `2026-01-01T00:00:00Z`"
        )),
    }
}

fn check_keys(table: &Table, known: &[&str], place: &str) -> Result<(), String> {
    let Some(key) = table.keys().find(|key| !known.contains(&key.as_str())) else {
        return Ok(());
    };
    let near = known
        .iter()
        .map(|name| (strsim::jaro_winkler(key, name), name));
    let near = near
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0));
    Err(match near {
        Some((_, name)) => format!("`{key}` {place} is not a known key; did you mean `{name}`?"),
        None => format!(
            "`{key}` {place} is not a known key; known: {}",
            known.join(", ")
        ),
    })
}
