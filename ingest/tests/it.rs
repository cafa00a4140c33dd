//! What a run does with whole files: the samples, public logs, damaged ones, and Defender's envelopes.
#![allow(clippy::unwrap_used)]

#[path = "it/archives.rs"]
mod archives;
#[path = "it/bad_input.rs"]
mod bad_input;
#[path = "it/defender.rs"]
mod defender;
#[path = "it/growing.rs"]
mod growing;
#[path = "it/identity.rs"]
mod identity;
#[path = "it/lines.rs"]
mod lines;
#[path = "it/mutation.rs"]
mod mutation;
#[path = "it/public_logs.rs"]
mod public_logs;
#[path = "it/records.rs"]
mod records;
#[path = "it/samples.rs"]
mod samples;
#[path = "it/sensors.rs"]
mod sensors;
#[path = "it/store.rs"]
mod store;
#[path = "it/support.rs"]
mod support;
#[path = "it/unmask.rs"]
mod unmask;
#[path = "it/zeek.rs"]
mod zeek;
