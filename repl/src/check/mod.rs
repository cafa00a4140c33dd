//! What `huntql check` and `huntql fmt` read.
//!
//! A [`Document`] is a text as it stands in a file; an [`Excerpt`] is a query in it, which may be indented, quoted or escaped
//! there ([`huntql_jobs::rule`] finds it). Spans of the query are carried back to the document, so that a finding's line is the line in the file.
//!
//! Not here: what is wrong with a query (kql, engine), how findings are told ([`crate::report`]).

pub mod diff;
pub mod sources;

pub use huntql_jobs::rule::Excerpt;
pub use sources::{Document, Found, Kind};
