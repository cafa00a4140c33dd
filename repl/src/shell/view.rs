//! How and where the shell shows results.

use crate::limits::LimitArgs;
use crate::output::{Collected, Format};
use crate::screen::{Screen, Target};

/// Rows of a result that the shell shows; `.limit` changes it.
const ROWS_SHOWN: u64 = 50;

/// Rows that are remembered for `.expand`.
const ROWS_REMEMBERED: u64 = 2_000;

pub struct View {
    pub format: &'static Format,
    /// `None` shows all.
    pub rows_max: Option<u64>,
    /// How far queries go.
    pub limits: LimitArgs,
    pub is_timed: bool,
    /// Where results go.
    pub output: Option<Target>,
    /// Where the next result goes.
    pub once: Option<Target>,
    /// The beginning of the last result.
    pub shown: Collected,
}

impl View {
    pub fn new(format: &'static Format, limits: LimitArgs) -> View {
        View {
            format,
            rows_max: Some(ROWS_SHOWN),
            limits,
            is_timed: true,
            output: None,
            once: None,
            shown: Collected::at_most(ROWS_REMEMBERED),
        }
    }

    /// The screen of the next result.
    pub fn screen(&mut self, format: &'static Format) -> Screen {
        self.shown = Collected::at_most(ROWS_REMEMBERED);
        let target = self.once.take().or_else(|| self.output.clone());
        Screen::of_shell(format, target, self.rows_max)
            .remembering(self.shown.clone())
            .timed(self.is_timed)
            .up_to(self.limits.of_result())
    }
}
