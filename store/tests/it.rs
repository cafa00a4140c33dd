//! The store from outside: what is appended comes back, and nothing is lost or doubled.
#![allow(clippy::unwrap_used)]

mod it {
    pub mod append;
    pub mod foreign;
    pub mod support;
}
