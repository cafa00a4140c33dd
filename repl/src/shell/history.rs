//! Where the shell's history is kept: the user's state directory, never the working directory.

use std::path::PathBuf;

/// `$XDG_STATE_HOME/huntql/history`, else `~/.local/state/huntql/history`; on Windows below `%LOCALAPPDATA%`. The folder is
/// made. `None` when there is no such place.
pub fn file() -> Option<PathBuf> {
    let from = |variable: &str| {
        std::env::var_os(variable)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    let state = from("XDG_STATE_HOME")
        .or_else(|| from("HOME").map(|home| home.join(".local/state")))
        .or_else(|| from("LOCALAPPDATA"))?;
    let folder = state.join("huntql");
    std::fs::create_dir_all(&folder).ok()?;
    Some(folder.join("history"))
}
