//! Where alerts go.
//!
//! | type | a delivery is |
//! |---|---|
//! | `file` | a line of JSON; the file is rotated |
//! | `stdout` | a line of JSON |
//! | `webhook` | a POST, signed |
//! | `syslog` | a message of RFC 5424 over UDP, TCP or TLS |
//! | `email` | a mail |
//! | `command` | a process that gets JSON on its stdin |
//!
//! Deliveries are at least once: an alert stays in the outbox until its sink has taken it. It arrives twice only when a process ended
//! while it was under way; its id is the same then, and sinks that can be asked (`file`) are asked.

mod command;
pub mod config;
pub mod courier;
mod file;
mod mail;
pub mod shape;
mod syslog;
mod tls;
mod webhook;

pub use config::{Configured, Sinks};

use crate::state::outbox::Before;
use serde_json::Value;
use std::io::Write;
use std::path::PathBuf;

/// What is wrong with the settings of a sink.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SinkError(pub String);

impl std::fmt::Display for SinkError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for SinkError {}

/// A sink that is ready to take alerts.
type Opened = Result<Box<dyn Sink>, SinkError>;

/// One alert on its way.
#[derive(Debug, Clone, Copy)]
pub struct Delivery<'a> {
    pub id: &'a str,
    /// In the shape that the sink wants.
    pub body: &'a Value,
    /// In our own.
    pub alert: &'a Value,
    pub before: Before,
}

/// Why a delivery did not arrive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// It may the next time.
    Again(String),
    /// It never will.
    Never(String),
}

impl Refusal {
    pub fn message(&self) -> &str {
        match self {
            Refusal::Again(message) | Refusal::Never(message) => message,
        }
    }
}

/// Takes alerts.
pub trait Sink: Send {
    /// Gives back when the alert has arrived, as far as the sink can tell.
    ///
    /// # Errors
    /// It has not, or nobody knows.
    fn deliver(&mut self, delivery: &Delivery<'_>) -> Result<(), Refusal>;
}

/// What sinks write to that is not in their settings.
#[derive(Clone)]
pub struct Outlets {
    /// The folder of the state: where files without a path of their own lie.
    pub folder: PathBuf,
    pub stdout: fn() -> Box<dyn Write + Send>,
}
