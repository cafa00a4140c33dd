//! Files that hold the proxy settings of devices: what `netsh` printed, what the registry exported, what a PAC file returns.
//!
//! | file | told by | module |
//! |---|---|---|
//! | `.reg` export | its first line | `registry` |
//! | PAC or WPAD script | `FindProxyForURL` | `pac` |
//! | `netsh winhttp show proxy` | `WinHTTP`, or a line about proxy servers | `netsh` |
//!
//! A setting is not traffic: a device that finds its proxy down may go straight out.

mod netsh;
mod pac;
mod registry;
mod server_list;
mod text;

use super::{ConfigError, Proxy};
use std::path::Path;

/// What one file says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// Each with one listener, in the order of the file.
    pub proxies: Vec<Proxy>,
    /// What the file says besides, or hides: direct access, another file that it names, text that was built and not written.
    pub remarks: Vec<String>,
}

/// What is wrong with a text, and in which line (from 1).
#[derive(Debug, Clone, PartialEq, Eq)]
struct Fault {
    line: usize,
    message: String,
}

impl Fault {
    fn new(line: usize, message: impl Into<String>) -> Self {
        Self {
            line,
            message: message.into(),
        }
    }
}

/// A kind of file.
struct Reader {
    is_one: fn(&str) -> bool,
    read: fn(&str, &str) -> Result<Settings, Fault>,
}

const READERS: &[Reader] = &[
    Reader {
        is_one: registry::is_export,
        read: registry::read,
    },
    Reader {
        is_one: pac::is_script,
        read: pac::read,
    },
    Reader {
        is_one: netsh::is_output,
        read: netsh::read,
    },
];

/// Reads the file at `path`.
pub fn read_settings(path: &Path) -> Result<Settings, ConfigError> {
    let source = path.display().to_string();
    let bytes = std::fs::read(path)
        .map_err(|error| ConfigError::new(format!("cannot read `{source}`: {error}")))?;
    parse_settings(&bytes, &source)
}

/// Reads the bytes of a file; `source` is its name for errors and for the table.
///
/// # Errors
/// A file that is none of these, or whose lines break its own rules: the line is named.
pub fn parse_settings(bytes: &[u8], source: &str) -> Result<Settings, ConfigError> {
    let text = text::decode(bytes);
    let Some(reader) = READERS.iter().find(|reader| (reader.is_one)(&text)) else {
        return Err(ConfigError::new(format!(
            "{source}: no proxy settings that huntql knows: it reads the output of `netsh winhttp show proxy`, a `.reg` export and a PAC file"
        )));
    };
    (reader.read)(&text, source)
        .map_err(|fault| ConfigError::new(format!("{source}:{}: {}", fault.line, fault.message)))
}

#[cfg(test)]
mod tests;
