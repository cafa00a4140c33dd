//! Logs to events: one file per format, mapping, rejects, proxies.
//!
//! [`ingest_paths`] reads files, globs, folders or standard input, finds out what each is, and hands rows in the shape of
//! Defender's tables to an [`EventSink`]. Nothing is lost in silence: for each file, records read = kept + rejected +
//! skipped, and each reject has a place and a reason.
//!
//! Not here: the parser of KQL, query planning, printing.

pub mod address;
mod digests;
mod error;
mod follow;
pub mod formats;
mod hashes;
pub mod identity;
pub mod input;
pub mod options;
pub mod output;
pub mod proxies;
pub mod reject;
pub mod report;
mod run;
pub mod sink;
mod store_sink;
pub mod table;
pub mod text;
pub mod time;
pub mod unmask;

pub use error::{IngestError, Result};
pub use follow::{Pace, follow_paths};
pub use options::Options;
pub use report::{FileReport, Outcome, Report};
pub use run::ingest_paths;
pub use sink::{Appended, EventSink, Observer, SinkError};
pub use store_sink::StoreSink;
