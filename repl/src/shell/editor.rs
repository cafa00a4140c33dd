//! A text in the user's editor.

use std::process::Command;

/// `code --wait` is a command with an argument; a shell knows how it is meant.
#[cfg(unix)]
fn command(editor: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", &format!("{editor} \"$1\""), "sh"]);
    command
}

#[cfg(not(unix))]
fn command(editor: &str) -> Command {
    let mut words = editor.split_whitespace();
    let mut command = Command::new(words.next().unwrap_or("notepad"));
    command.args(words);
    command
}

/// Opens `$VISUAL`, else `$EDITOR`, else `vi` on the text; gives what was saved.
///
/// # Errors
/// An editor that cannot be started or says that it failed, in words.
pub fn edit(text: &str) -> Result<String, String> {
    let editor = ["VISUAL", "EDITOR"]
        .into_iter()
        .find_map(|name| {
            std::env::var(name)
                .ok()
                .filter(|value| !value.trim().is_empty())
        })
        .unwrap_or_else(|| "vi".to_owned());
    let failed = |error: std::io::Error| format!("cannot edit: {error}");
    let file = tempfile::Builder::new()
        .prefix("huntql-")
        .suffix(".kql")
        .tempfile()
        .map_err(failed)?;
    std::fs::write(file.path(), format!("{}\n", text.trim_end())).map_err(failed)?;
    let status = command(&editor)
        .arg(file.path())
        .status()
        .map_err(|error| format!("cannot start the editor `{editor}`: {error}"))?;
    if !status.success() {
        return Err(format!("the editor `{editor}` failed; nothing is run"));
    }
    std::fs::read_to_string(file.path()).map_err(failed)
}
