//! Targets surfaced: which connection to a proxy went where, and whose it was.
//!
//! A sensor sees the proxy, the proxy's log sees the target. Both lie in DeviceNetworkEvents; this joins them and writes
//! derived rows beside them. Sensors' rows are never changed. What cannot be decided is said so and not guessed:
//!
//! 1. [`skew`]: by how much each proxy's clock is off, hour by hour, or that nobody can tell;
//! 2. [`pairing`], [`align`]: which connection, or which process, each request belongs to;
//! 3. [`device`]: which device had the client's address then;
//! 4. [`emit`]: the derived row.
//!
//! A day is done after the other, a day with very many rows in shares of its clients, so that memory does not grow with the
//! store. A day's derived rows take the place of those of the run before in one commit.
//!
//! Not here: which addresses are proxies ([`crate::proxies`]).

mod align;
mod client;
pub mod device;
mod emit;
mod fields;
mod model;
mod names;
mod pairing;
mod processes;
mod run;
mod skew;
mod summary;
mod unit;

pub use model::{Refused, Tier};
pub use run::{Mode, Options, SHARD_ROWS, unmask};
pub use summary::{ProxySummary, Summary, Tiers, Witnessed};

#[cfg(test)]
mod tests;
