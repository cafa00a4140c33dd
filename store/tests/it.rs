//! The store from outside: what is appended comes back, and nothing is lost or doubled.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod it {
    pub mod append;
    pub mod compact;
    pub mod foreign;
    pub mod index;
    pub mod interop;
    pub mod processes;
    pub mod retain;
    pub mod scan;
    pub mod support;
    pub mod types;
    pub mod verify;
    pub mod volume;
}
