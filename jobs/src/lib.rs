//! Hunts that run by themselves: rules, their windows of time, alerts, and the state that survives a crash.
//!
//! A rule is read by [`rule`], which knows every published format.

pub mod rule;
