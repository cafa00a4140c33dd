//! Hunts that run by themselves: rules, their windows of time, alerts, and the state that survives a crash.
//!
//! A rule is read by [`rule`], which knows every published format. [`window`] says which windows of time are due, [`run`] asks the
//! rule's query over one of them, [`alert`] makes alerts of its rows, [`state`] keeps what was done and what is to be delivered,
//! [`sink`] delivers, and [`scheduler`] does all of it as time goes by.

pub mod alert;
pub mod late;
pub mod rows;
pub mod rule;
pub mod run;
pub mod schedule;
pub mod scheduler;
pub mod sink;
pub mod state;
pub mod window;
