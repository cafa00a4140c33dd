//! The program as people and scripts use it: arguments, streams, exit codes.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

#[path = "it/analyst.rs"]
mod analyst;
#[path = "it/batch.rs"]
mod batch;
#[path = "it/check.rs"]
mod check;
#[path = "it/completion.rs"]
mod completion;
#[path = "it/data.rs"]
mod data;
#[path = "it/errors.rs"]
mod errors;
#[path = "it/follow.rs"]
mod follow;
#[path = "it/formats.rs"]
mod formats;
#[path = "it/hunt_kill.rs"]
mod hunt_kill;
#[path = "it/hunt_rules.rs"]
mod hunt_rules;
#[path = "it/hunt_run.rs"]
mod hunt_run;
#[path = "it/hunts.rs"]
mod hunts;
#[path = "it/index.rs"]
mod index;
#[path = "it/mistakes.rs"]
mod mistakes;
#[path = "it/proxies.rs"]
mod proxies;
#[path = "it/public_rules.rs"]
mod public_rules;
#[path = "it/readme.rs"]
mod readme;
#[path = "it/scripts.rs"]
mod scripts;
#[path = "it/shell.rs"]
mod shell;
#[path = "it/store.rs"]
mod store;
#[path = "it/support.rs"]
mod support;
#[cfg(unix)]
#[path = "it/terminal.rs"]
mod terminal;
#[path = "it/timeline.rs"]
mod timeline;
#[path = "it/unmask.rs"]
mod unmask;
