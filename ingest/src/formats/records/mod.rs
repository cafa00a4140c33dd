//! The record formats of proxies and firewalls: one record a line, fields by name or position.
//!
//! | reader | formats |
//! |---|---|
//! | `pairs` | key=value: Fortinet, Skyhigh's feed, Forcepoint, Zscaler |
//! | `delimited` | CSV with a header or by position: Palo Alto, Umbrella, Zscaler, Skyhigh |
//! | `events` | CEF and LEEF, of any vendor |
//! | `json` | one object a line: Zscaler, Netskope |
//!
//! A format is a [`vendor::Vendor`]: how a line splits into fields, what kind of record it is, and for each kind one table
//! (`mapping`) of which field is what. `rows` writes them. Where no public file of a format was found, its sample is made
//! from the vendor's page, and says so.

mod delimited;
mod events;
mod fields;
mod forcepoint;
mod fortinet;
mod generic;
mod instants;
mod json;
mod mapping;
mod netskope;
mod pairs;
mod paloalto;
mod rows;
mod skyhigh;
mod umbrella;
mod vendor;
mod zscaler;

pub(super) use forcepoint::FORCEPOINT;
pub(super) use fortinet::FORTINET;
pub(super) use generic::{CEF, LEEF};
pub(super) use netskope::NETSKOPE;
pub(super) use paloalto::PALO_ALTO;
pub(super) use skyhigh::{MCAFEE, SKYHIGH};
pub(super) use umbrella::UMBRELLA;
pub(super) use zscaler::ZSCALER;
