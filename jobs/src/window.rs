//! Which windows of time a rule has to look at, as a pure function of time.
//!
//! A rule has slots ([`crate::schedule`]). The run of slot `T` looks at the window `[T − delay − period, T − delay)`; the end of the
//! window is what `now()` says in it. Nothing here reads a clock, so that a run, its replay and its test are one computation.
//!
//! | catchUp | slots that were missed |
//! |---|---|
//! | `gap` | one run over the hole, as far back as `maxCatchUp`. A query that names `ago()` or `now()` itself would look at the end of the hole only: it gets `each` |
//! | `each` | a run for each, oldest first, as far back as `maxCatchUp` |
//! | `skip` | none but the last |
//!
//! What lies before `maxCatchUp`, and what `skip` leaves out, is a hole that [`Plan::hole`] tells of.

use crate::rule::CatchUp;
use crate::schedule::Timing;

/// From this tick on and before that one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Window {
    pub from: i64,
    pub to: i64,
}

impl Window {
    pub fn is_empty(&self) -> bool {
        self.from >= self.to
    }

    pub fn contains(&self, time: i64) -> bool {
        self.from <= time && time < self.to
    }
}

/// Why a window is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cause {
    /// Its slot has come.
    Scheduled,
    /// Its slot was missed.
    CatchUp,
    /// Several slots were missed; this one window stands for them.
    Gap,
    /// Rows came after it had run.
    Late,
    /// Somebody asked for the past.
    Backfill,
    /// Somebody asked for it.
    Asked,
}

impl Cause {
    const NAMES: &[(Cause, &str)] = &[
        (Cause::Scheduled, "Scheduled"),
        (Cause::CatchUp, "CatchUp"),
        (Cause::Gap, "Gap"),
        (Cause::Late, "Late"),
        (Cause::Backfill, "Backfill"),
        (Cause::Asked, "Asked"),
    ];

    /// What the table `HuntRuns` calls it.
    pub fn name(self) -> &'static str {
        let row = Self::NAMES.iter().find(|(cause, _)| *cause == self);
        row.expect("each cause has a name").1
    }
}

/// One run to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    pub cause: Cause,
    /// The slot whose run it is; of a gap the last.
    pub slot: i64,
    pub window: Window,
}

/// What is to be done at a moment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    /// Oldest first.
    pub runs: Vec<Due>,
    /// Time that no run will look at: to be noted, once.
    pub hole: Option<Window>,
}

/// Whether a query names moments relative to `now()` itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relative {
    ToNow,
    Not,
}

/// So many runs are planned at once; those behind them are planned when these have run.
const RUNS_AT_ONCE_MAX: usize = 256;

/// The window of a slot.
pub fn window(timing: &Timing, slot: i64) -> Window {
    let to = slot.saturating_sub(timing.delay);
    Window {
        from: to.saturating_sub(timing.period),
        to,
    }
}

/// What is due at `now`, when all windows that end at or before `covered` have been looked at; `None` before the first run, which
/// looks at the last slot's window only.
///
/// `covered` is not after `now`: see [`is_of_the_future`].
pub fn due(timing: &Timing, relative: Relative, covered: Option<i64>, now: i64) -> Plan {
    let Some(last) = timing.cadence.last_by(now) else {
        return Plan::default();
    };
    let last_window = window(timing, last);
    let scheduled = |cause| Due {
        cause,
        slot: last,
        window: last_window,
    };
    let Some(covered) = covered else {
        return Plan {
            runs: vec![scheduled(Cause::Scheduled)],
            hole: None,
        };
    };
    let first = timing
        .cadence
        .next_after(covered.saturating_add(timing.delay));
    let Some(first) = first.filter(|first| *first <= last) else {
        return Plan::default();
    };
    if first == last {
        return Plan {
            runs: vec![scheduled(Cause::Scheduled)],
            hole: None,
        };
    }
    let begin = match timing.catch_up {
        CatchUp::Skip => last,
        CatchUp::Gap | CatchUp::Each => caught_up_from(timing, first, last),
    };
    let hole = Window {
        from: covered.max(window(timing, first).from),
        to: window(timing, begin).from,
    };
    let runs = match (timing.catch_up, relative) {
        _ if begin == last => vec![scheduled(Cause::Scheduled)],
        (CatchUp::Gap, Relative::Not) => vec![Due {
            cause: Cause::Gap,
            slot: last,
            window: Window {
                from: window(timing, begin).from,
                to: last_window.to,
            },
        }],
        (CatchUp::Gap | CatchUp::Each | CatchUp::Skip, _) => each(timing, begin, last),
    };
    Plan {
        runs,
        hole: Some(hole).filter(|hole| !hole.is_empty()),
    }
}

/// The first of the missed slots that is caught up.
fn caught_up_from(timing: &Timing, first: i64, last: i64) -> i64 {
    let limit = last.saturating_sub(timing.max_catch_up);
    let first_within = timing.cadence.next_after(limit).unwrap_or(last);
    first.max(first_within).min(last)
}

fn each(timing: &Timing, begin: i64, last: i64) -> Vec<Due> {
    let slots = std::iter::successors(Some(begin), |slot| timing.cadence.next_after(*slot));
    slots
        .take_while(|slot| *slot <= last)
        .take(RUNS_AT_ONCE_MAX)
        .map(|slot| Due {
            cause: match slot == last {
                true => Cause::Scheduled,
                false => Cause::CatchUp,
            },
            slot,
            window: window(timing, slot),
        })
        .collect()
}

/// Whether a run over this window was of a clock that has since gone back: its window was not over, by the clock of now.
///
/// Such runs do not count as looked at, now or later.
pub fn is_of_the_future(window: Window, now: i64) -> bool {
    window.to > now
}

/// The rows of a run's window that no later slot will look at; they are counted, and when there are more of them later, the
/// window runs again.
pub fn left_behind(timing: &Timing, due: &Due) -> Window {
    let next = timing.cadence.next_after(due.slot);
    let next_from = next.map_or(due.window.to, |next| window(timing, next).from);
    Window {
        from: due.window.from,
        to: due.window.to.min(next_from),
    }
}

/// The slots whose windows cover this time, oldest first.
pub fn slots_over(timing: &Timing, time: Window) -> impl Iterator<Item = i64> {
    let first = timing
        .cadence
        .next_after(time.from.saturating_add(timing.delay));
    let end = time.to;
    let mut is_over = time.is_empty();
    std::iter::successors(first, |slot| timing.cadence.next_after(*slot)).take_while(move |slot| {
        let goes_on = !is_over;
        is_over |= window(timing, *slot).to >= end;
        goes_on
    })
}

/// The last slots up to `now`, oldest first.
pub fn last_slots(timing: &Timing, now: i64, count: usize) -> Vec<i64> {
    let before = |slot: &i64| timing.cadence.last_by(slot.saturating_sub(1));
    let mut slots: Vec<i64> = std::iter::successors(timing.cadence.last_by(now), before)
        .take(count)
        .collect();
    slots.reverse();
    slots
}
