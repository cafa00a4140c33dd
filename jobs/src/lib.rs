//! Hunts that run by themselves: rules, their windows of time, alerts, and the state that survives a crash.
//!
//! A rule is read by [`rule`], which knows every published format. [`window`] says which windows of time are due, [`run`] asks the
//! rule's query over one of them, and [`alert`] makes alerts of its rows.

pub mod alert;
pub mod late;
pub mod rows;
pub mod rule;
pub mod run;
pub mod schedule;
pub mod window;
