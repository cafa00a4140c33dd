//! A compressed stream that breaks off: what decoded is kept, and the reason is told afterwards.

use std::cell::RefCell;
use std::io::{self, Read};
use std::rc::Rc;

/// The first thing found wrong with a stream; shared by its reader and its report.
#[derive(Debug, Clone, Default)]
pub struct Damage(Rc<RefCell<Option<String>>>);

impl Damage {
    pub fn message(&self) -> Option<String> {
        self.0.borrow().clone()
    }

    pub fn is_some(&self) -> bool {
        self.0.borrow().is_some()
    }

    fn set(&self, message: String) {
        self.0.borrow_mut().get_or_insert(message);
    }
}

/// Ends quietly where the decoder fails, and records why.
pub(super) struct Tolerant<R> {
    inner: R,
    kind: &'static str,
    decoded: u64,
    damage: Damage,
}

impl<R> Tolerant<R> {
    pub fn new(inner: R, kind: &'static str, damage: &Damage) -> Self {
        Self {
            inner,
            kind,
            decoded: 0,
            damage: damage.clone(),
        }
    }
}

impl<R: Read> Read for Tolerant<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.damage.is_some() {
            return Ok(0);
        }
        match self.inner.read(buffer) {
            Ok(count) => {
                self.decoded += count as u64;
                Ok(count)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            Err(error) => {
                let (kind, decoded) = (self.kind, self.decoded);
                self.damage.set(format!(
                    "the {kind} stream is damaged after {decoded} decoded bytes: {error}"
                ));
                Ok(0)
            }
        }
    }
}
