//! Proxy logs whose lines are laid out by a format string or by a header: the parts that all of them share.
//!
//! | part | what it does |
//! |---|---|
//! | [`slot`] | what a field of a line means, whatever a product calls it |
//! | [`clock`] | parts of a time, put together to an instant |
//! | [`values`] | the fields of one line, and the [`ProxyRecord`](super::proxy::ProxyRecord) that they make: the one mapping |
//! | [`template`] | a compiled format string: literals and fields, and how a line is taken apart by it |
//! | [`verdict`] | what became of a request, in each product's words |
//! | [`source`] | a product's own configuration line, and which product's it is |
//! | `squid`, `apache`, `nginx`, `haproxy`, `threeproxy` | the directives of each product, as tables |
//! | [`strftime`] | the dates of those that let the user write one |
//! | [`reader`] | a file read by a template |
//!
//! Not here: what is recognised without a format string (`access`, `haproxy`, `threeproxy`, `w3c`, `wsa`).

mod apache;
mod clock;
mod haproxy;
mod nginx;
mod reader;
mod slot;
mod source;
mod squid;
mod step;
mod strftime;
mod template;
mod threeproxy;
mod values;
mod verdict;

pub(super) use clock::{Instant, NO_ZONE, TimePart, ZoneRule};
pub(super) use reader::{Lines, Tally, read_lines, survey};
pub(super) use slot::{Meaning, Slot, Unit};
pub(super) use source::{Product, Source, compile, product_of};
pub(super) use template::FormatError;
pub(super) use values::{OriginForm, Values, Writing, client_end};

#[cfg(test)]
mod tests;
