//! What ends a run or a file. What is wrong with one record is a reject and no error.

use crate::sink::SinkError;
use std::fmt;
use std::io;

pub type Result<T, E = IngestError> = std::result::Result<T, E>;

#[derive(Debug)]
pub enum IngestError {
    /// The options contradict each other or name something that does not exist. Ends the run.
    Options(String),
    /// The sink or the file of rejects failed. Ends the run.
    Sink(SinkError),
    /// The file could not be read on. Ends the file.
    Io(io::Error),
    /// The file as a whole makes no sense as what it was taken for. Ends the file.
    File(String),
}

impl fmt::Display for IngestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            IngestError::Options(message) | IngestError::File(message) => f.write_str(message),
            IngestError::Sink(error) => write!(f, "{error}"),
            IngestError::Io(error) => write!(f, "{error}"),
        }
    }
}

impl std::error::Error for IngestError {}

impl From<io::Error> for IngestError {
    fn from(error: io::Error) -> Self {
        IngestError::Io(error)
    }
}
