//! The text of a query and where it came from.

use crate::failure::Failure;
use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    pub text: String,
    /// What errors call it: a path, `<query>`, `<stdin>`.
    pub origin: String,
    /// The file that it was read from.
    pub path: Option<PathBuf>,
}

impl Question {
    pub fn of_text(text: impl Into<String>) -> Question {
        Question {
            text: text.into(),
            origin: "<query>".to_owned(),
            path: None,
        }
    }

    /// # Errors
    /// A file that cannot be read or is no UTF-8.
    pub fn of_file(path: &Path) -> Result<Question, Failure> {
        let origin = path.display().to_string();
        let bytes = std::fs::read(path)
            .map_err(|error| Failure::Data(format!("cannot read the query `{origin}`: {error}")))?;
        let question = of_bytes(bytes, origin)?;
        Ok(Question {
            path: Some(path.to_owned()),
            ..question
        })
    }

    /// The text on the command line, else the file, else standard input.
    ///
    /// # Errors
    /// When there is none of them, and what [`Question::of_file`] says.
    pub fn given(text: Option<&str>, file: Option<&Path>) -> Result<Question, Failure> {
        match (text, file) {
            (Some("-"), _) => of_stdin(),
            (Some(text), _) if is_file_name(text) => Err(Failure::Usage(format!(
                "`{text}` is the name of a file: `-f {text}` runs the query in it"
            ))),
            (Some(text), _) => Ok(Question::of_text(text)),
            (None, Some(file)) if file == Path::new("-") => of_stdin(),
            (None, Some(file)) => Question::of_file(file),
            (None, None) if std::io::stdin().is_terminal() => Err(Failure::Usage(
                "there is no query: give its text before options that take several values, `-f FILE`, or pipe it in"
                    .to_owned(),
            )),
            (None, None) => of_stdin(),
        }
    }
}

/// Whether a text is no query but the name of a file of queries.
fn is_file_name(text: &str) -> bool {
    let extension = Path::new(text).extension().and_then(|end| end.to_str());
    let is_of_queries = extension.is_some_and(|end| ["kql", "kusto", "csl"].contains(&end));
    is_of_queries && !text.contains(char::is_whitespace)
}

fn of_stdin() -> Result<Question, Failure> {
    let mut bytes = Vec::new();
    std::io::stdin()
        .lock()
        .read_to_end(&mut bytes)
        .map_err(|error| Failure::Data(format!("cannot read the query from stdin: {error}")))?;
    of_bytes(bytes, "<stdin>".to_owned())
}

fn of_bytes(bytes: Vec<u8>, origin: String) -> Result<Question, Failure> {
    let text = String::from_utf8(bytes).map_err(|error| {
        Failure::Data(format!(
            "the query `{origin}` is not UTF-8 (byte {})",
            error.utf8_error().valid_up_to()
        ))
    })?;
    let text = match text.strip_prefix('\u{feff}') {
        Some(text) => text.to_owned(),
        None => text,
    };
    Ok(Question {
        text,
        origin,
        path: None,
    })
}
