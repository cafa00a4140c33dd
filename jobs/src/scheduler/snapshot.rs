//! The events as they are at one moment, for all rules of a pass.

use super::pass::Ground;
use crate::late::{Sight, Sights};
use crate::rule::Rule;
use crate::run::{self, Found, Limits, RunError};
use crate::window::{Relative, Window};
use huntql_engine::Catalog;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::runtime::Handle;

/// A catalog whose tables do not change, and the threads that its queries run on.
pub struct Snapshot {
    catalog: Arc<Catalog>,
    sights: Mutex<Sights>,
    limits: Limits,
    handle: Handle,
}

impl Snapshot {
    pub fn new(catalog: Catalog, limits: Limits, handle: Handle) -> Snapshot {
        let catalog = Arc::new(catalog);
        Snapshot {
            sights: Mutex::new(Sights::new(Arc::clone(&catalog))),
            catalog,
            limits,
            handle,
        }
    }

    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }
}

impl Ground for Snapshot {
    fn find(&self, rule: &Rule, window: Window) -> Result<Found, RunError> {
        let work = run::find(rule, window, &self.catalog, &self.limits);
        unwound(|| self.handle.block_on(work))
    }

    fn sight(&self, rule: &Rule, stretch: Window) -> Result<Sight, RunError> {
        let tables = run::tables(&rule.query, &self.catalog);
        let mut sights = self.sights.lock().unwrap_or_else(PoisonError::into_inner);
        unwound(|| self.handle.block_on(sights.of(&tables, stretch)))
    }

    fn relative(&self, rule: &Rule) -> Relative {
        run::relative(&rule.query, &self.catalog)
    }
}

/// A panic is a failure of this rule and of no other.
fn unwound<T>(work: impl FnOnce() -> Result<T, RunError>) -> Result<T, RunError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        Err(RunError::Permanent(
            "internal error, a bug in huntql: the run panicked".to_owned(),
        ))
    })
}
