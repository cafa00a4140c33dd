//! What can go wrong with events at rest. Each message names the file or table and says what to do.

use std::path::PathBuf;

pub type Result<T, E = StoreError> = std::result::Result<T, E>;

#[derive(Debug)]
pub enum StoreError {
    /// A file of schemas that cannot be understood.
    Schemas { message: String },
    /// The file system refused.
    Io {
        path: PathBuf,
        action: &'static str,
        source: std::io::Error,
    },
}

impl std::fmt::Display for StoreError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            StoreError::Schemas { message } => write!(f, "schemas: {message}"),
            StoreError::Io {
                path,
                action,
                source,
            } => write!(f, "cannot {action} `{}`: {source}", path.display()),
        }
    }
}

impl std::error::Error for StoreError {}
