//! Sinks as huntql.toml names them: `[sinks.NAME]` with a `type`, what all have in common, and what the type asks for.
//!
//! ```toml
//! [sinks.soc]
//! type = "webhook"
//! url = "https://soc.example/alerts"
//! secret_env = "SOC_SECRET"
//! ```
//!
//! Secrets never stand in the file itself.

use super::shape::Shape;
use super::{Opened, Outlets, SinkError, command, file, mail, syslog, webhook};
use huntql_kql::diagnostics::did_you_mean;
use huntql_kql::time::parse_timespan;
use std::path::{Path, PathBuf};
use std::time::Duration;
use toml::{Table, Value};

/// The sink that is there without a configuration.
pub const FILE: &str = "file";

/// A sink by its name, and how it is served.
#[derive(Debug, Clone, PartialEq)]
pub struct Configured {
    pub name: String,
    /// Rules that name no sinks have their alerts sent here.
    pub is_default: bool,
    pub shape: Shape,
    pub tries: Tries,
    kind: &'static Kind,
    settings: Settings,
}

/// How often a delivery is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tries {
    pub attempts_max: u32,
    /// The wait before the second attempt; each further one is twice as long.
    pub first_wait: Duration,
    pub longest_wait: Duration,
}

impl Default for Tries {
    fn default() -> Self {
        Self {
            attempts_max: 20,
            first_wait: Duration::from_secs(1),
            longest_wait: Duration::from_secs(300),
        }
    }
}

impl Tries {
    /// How long to wait behind so many attempts.
    pub fn wait(&self, attempts: u32) -> Duration {
        let factor = 2_u32.saturating_pow(attempts.saturating_sub(1).min(24));
        self.first_wait
            .saturating_mul(factor)
            .min(self.longest_wait)
    }
}

/// A type of sink: its name, its keys, and how it is opened.
#[derive(Debug)]
struct Kind {
    name: &'static str,
    keys: &'static [&'static str],
    open: fn(&Settings, &Outlets) -> Opened,
}

impl PartialEq for Kind {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

const COMMON: &[&str] = &[
    "type",
    "default",
    "shape",
    "attempts",
    "first_wait",
    "longest_wait",
];

static KINDS: &[Kind] = &[
    Kind {
        name: "file",
        keys: &["path", "max_size", "keep"],
        open: file::open,
    },
    Kind {
        name: "stdout",
        keys: &[],
        open: file::open_stdout,
    },
    Kind {
        name: "webhook",
        keys: &[
            "url",
            "headers",
            "secret_env",
            "secret_file",
            "token_env",
            "token_file",
            "timeout",
        ],
        open: webhook::open,
    },
    Kind {
        name: "syslog",
        keys: &[
            "address",
            "protocol",
            "facility",
            "timeout",
            "ca_file",
            "certificate_file",
            "key_file",
        ],
        open: syslog::open,
    },
    Kind {
        name: "email",
        keys: &[
            "server",
            "port",
            "tls",
            "user",
            "password_env",
            "password_file",
            "from",
            "to",
            "timeout",
        ],
        open: mail::open,
    },
    Kind {
        name: "command",
        keys: &["command", "timeout"],
        open: command::open,
    },
];

/// The keys of one sink; paths in it are beside the configuration.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Settings {
    pub name: String,
    table: Table,
    folder: PathBuf,
}

impl Settings {
    pub fn wrong(&self, message: impl std::fmt::Display) -> SinkError {
        SinkError(format!("the sink `{}`: {message}", self.name))
    }

    pub fn text(&self, key: &str) -> Result<Option<&str>, SinkError> {
        match self.table.get(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(self.wrong(format!("`{key}` is a text"))),
        }
    }

    pub fn needed(&self, key: &str) -> Result<&str, SinkError> {
        self.text(key)?
            .ok_or_else(|| self.wrong(format!("`{key}` is missing")))
    }

    pub fn texts(&self, key: &str) -> Result<Vec<String>, SinkError> {
        let wrong = || self.wrong(format!("`{key}` is a text or a list of texts"));
        match self.table.get(key) {
            None => Ok(Vec::new()),
            Some(Value::String(text)) => Ok(vec![text.clone()]),
            Some(Value::Array(items)) => items
                .iter()
                .map(|item| item.as_str().map(str::to_owned).ok_or_else(wrong))
                .collect(),
            Some(_) => Err(wrong()),
        }
    }

    /// `key = { Name = "value" }`
    pub fn pairs(&self, key: &str) -> Result<Vec<(String, String)>, SinkError> {
        let wrong = || self.wrong(format!("`{key}` is written as {{ Name = \"value\" }}"));
        match self.table.get(key) {
            None => Ok(Vec::new()),
            Some(Value::Table(pairs)) => pairs
                .iter()
                .map(|(name, value)| {
                    Ok((name.clone(), value.as_str().ok_or_else(wrong)?.to_owned()))
                })
                .collect(),
            Some(_) => Err(wrong()),
        }
    }

    pub fn number(&self, key: &str, fallback: u64) -> Result<u64, SinkError> {
        match self.table.get(key) {
            None => Ok(fallback),
            Some(Value::Integer(number)) if *number >= 0 => Ok(number.unsigned_abs()),
            Some(_) => Err(self.wrong(format!("`{key}` is a whole number"))),
        }
    }

    /// A length of time such as `30s`.
    pub fn time(&self, key: &str, fallback: Duration) -> Result<Duration, SinkError> {
        let Some(text) = self.text(key)? else {
            return Ok(fallback);
        };
        let ticks = parse_timespan(text).and_then(crate::run::duration);
        ticks.ok_or_else(|| self.wrong(format!("`{key}` is a length of time such as \"30s\"")))
    }

    /// What `KEY_env` or `KEY_file` holds.
    pub fn secret(&self, key: &str) -> Result<Option<String>, SinkError> {
        let (of_env, of_file) = (format!("{key}_env"), format!("{key}_file"));
        if let Some(name) = self.text(&of_env)? {
            let value = std::env::var(name);
            let value = value.map_err(|_| {
                self.wrong(format!(
                    "`{of_env}` names `{name}`, which is not set in the environment"
                ))
            })?;
            return Ok(Some(value));
        }
        let Some(file) = self.text(&of_file)? else {
            return Ok(None);
        };
        let path = self.path(file);
        let text = std::fs::read_to_string(&path)
            .map_err(|error| self.wrong(format!("cannot read `{}`: {error}", path.display())))?;
        Ok(Some(text.trim_end_matches(['\r', '\n']).to_owned()))
    }

    pub fn path(&self, file: &str) -> PathBuf {
        self.folder.join(file)
    }

    /// One of these values, by its name.
    pub fn choice<T: Copy>(
        &self,
        key: &str,
        rows: &[(&str, T)],
        fallback: T,
    ) -> Result<T, SinkError> {
        let Some(text) = self.text(key)? else {
            return Ok(fallback);
        };
        let row = rows.iter().find(|(name, _)| *name == text);
        row.map(|(_, value)| *value).ok_or_else(|| {
            let names: Vec<&str> = rows.iter().map(|(name, _)| *name).collect();
            self.wrong(format!(
                "`{text}` in `{key}`: expected {}",
                names.join(", ")
            ))
        })
    }
}

/// The sinks of a configuration, and the file that is always there.
#[derive(Debug, Clone, PartialEq)]
pub struct Sinks {
    all: Vec<Configured>,
}

impl Sinks {
    /// Reads `[sinks.…]` of a configuration; without one there is the file in the store alone.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn read(config: Option<&Path>) -> Result<Sinks, SinkError> {
        let Some(path) = config else {
            return Sinks::of(Table::new(), Path::new(""));
        };
        let shown = path.display();
        let text = std::fs::read_to_string(path)
            .map_err(|error| SinkError(format!("cannot read `{shown}`: {error}")))?;
        let mut table: Table = text
            .parse()
            .map_err(|error: toml::de::Error| SinkError(format!("{shown}: {error}")))?;
        let sinks = match table.remove("sinks") {
            None => Table::new(),
            Some(Value::Table(sinks)) => sinks,
            Some(_) => {
                return Err(SinkError(format!(
                    "{shown}: sinks are written as `[sinks.NAME]`"
                )));
            }
        };
        Sinks::of(sinks, path.parent().unwrap_or(Path::new("")))
            .map_err(|error| SinkError(format!("{shown}: {error}")))
    }

    fn of(sinks: Table, folder: &Path) -> Result<Sinks, SinkError> {
        let mut all = Vec::new();
        for (name, value) in sinks {
            let Value::Table(table) = value else {
                return Err(SinkError(format!("a sink is written as `[sinks.{name}]`")));
            };
            all.push(configured(name, table, folder)?);
        }
        if !all.iter().any(|sink| sink.name == FILE) {
            let mut table = Table::new();
            table.insert("type".to_owned(), Value::String(FILE.to_owned()));
            all.push(configured(FILE.to_owned(), table, folder)?);
        }
        if !all.iter().any(|sink| sink.is_default)
            && let Some(file) = all.iter_mut().find(|sink| sink.name == FILE)
        {
            file.is_default = true;
        }
        Ok(Sinks { all })
    }

    pub fn all(&self) -> &[Configured] {
        &self.all
    }

    /// The sinks that a rule's alerts go to.
    ///
    /// # Errors
    /// A name that is no sink's.
    pub fn of_rule(&self, named: &[String]) -> Result<Vec<String>, String> {
        if named.is_empty() {
            let default = self.all.iter().filter(|sink| sink.is_default);
            return Ok(default.map(|sink| sink.name.clone()).collect());
        }
        let names = || self.all.iter().map(|sink| sink.name.as_str());
        for name in named {
            if !names().any(|known| known == name) {
                let help = match did_you_mean(name, names()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("there are: {}", names().collect::<Vec<_>>().join(", ")),
                };
                return Err(format!("`{name}` is no sink of the configuration; {help}"));
            }
        }
        Ok(named.to_vec())
    }
}

impl Configured {
    /// Opens the sink. Nothing is sent yet.
    ///
    /// # Errors
    /// Settings that are missing or cannot be.
    pub fn open(&self, outlets: &Outlets) -> Opened {
        (self.kind.open)(&self.settings, outlets)
    }
}

fn configured(name: String, table: Table, folder: &Path) -> Result<Configured, SinkError> {
    let settings = Settings {
        name,
        table,
        folder: folder.to_owned(),
    };
    let kind = settings.needed("type")?;
    let kind = KINDS
        .iter()
        .find(|known| known.name == kind)
        .ok_or_else(|| {
            let names: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
            settings.wrong(format!("`{kind}` in `type`: expected {}", names.join(", ")))
        })?;
    let known = || COMMON.iter().chain(kind.keys).copied();
    for key in settings.table.keys() {
        if !known().any(|known| known == key) {
            let help = match did_you_mean(key, known()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!(
                    "a sink of type {} has: {}",
                    kind.name,
                    known().collect::<Vec<_>>().join(", ")
                ),
            };
            return Err(settings.wrong(format!("`{key}` is no key of it; {help}")));
        }
    }
    let is_default = match settings.table.get("default") {
        None => false,
        Some(Value::Boolean(value)) => *value,
        Some(_) => return Err(settings.wrong("`default` is true or false")),
    };
    let tries = Tries::default();
    let attempts = settings.number("attempts", u64::from(tries.attempts_max))?;
    let sink = Configured {
        name: settings.name.clone(),
        is_default,
        shape: settings.choice("shape", &Shape::NAMES, Shape::Native)?,
        tries: Tries {
            attempts_max: u32::try_from(attempts).unwrap_or(u32::MAX).max(1),
            first_wait: settings.time("first_wait", tries.first_wait)?,
            longest_wait: settings.time("longest_wait", tries.longest_wait)?,
        },
        kind,
        settings,
    };
    Ok(sink)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn sinks(text: &str) -> Result<Sinks, SinkError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("huntql.toml");
        std::fs::write(&path, text).unwrap();
        Sinks::read(Some(&path))
    }

    #[test]
    fn without_a_configuration_there_is_the_file() {
        let sinks = Sinks::read(None).unwrap();
        assert_eq!(sinks.of_rule(&[]).unwrap(), ["file"]);
    }

    #[test]
    fn what_is_no_key_is_said_with_the_nearest() {
        let error = sinks("[sinks.soc]\ntype = \"webhook\"\nurll = \"x\"").unwrap_err();
        assert!(
            error.0.contains("`urll`") && error.0.contains("did you mean `url`"),
            "{error}"
        );
        let error = sinks("[sinks.soc]\ntype = \"web\"").unwrap_err();
        assert!(error.0.contains("webhook"), "{error}");
    }

    #[test]
    fn a_rule_names_sinks_that_are_there() {
        let sinks = sinks("[sinks.soc]\ntype = \"stdout\"\ndefault = true").unwrap();
        assert_eq!(sinks.of_rule(&[]).unwrap(), ["soc"]);
        assert_eq!(sinks.of_rule(&["file".to_owned()]).unwrap(), ["file"]);
        let error = sinks.of_rule(&["sock".to_owned()]).unwrap_err();
        assert!(error.contains("did you mean `soc`"), "{error}");
    }

    #[test]
    fn waits_double_up_to_the_longest() {
        let tries = Tries::default();
        assert_eq!(tries.wait(1), Duration::from_secs(1));
        assert_eq!(tries.wait(4), Duration::from_secs(8));
        assert_eq!(tries.wait(40), Duration::from_secs(300));
    }
}
