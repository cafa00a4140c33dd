//! A simulated clock: days of schedule with crashes, jumps of the clock, rows that come late, rules that are edited, errors.
//!
//! The pass, the state and the alerts are the real ones; the events are a list, and each has a moment at which it arrives.
#![allow(clippy::unwrap_used)]

use super::pass::{Armed, Ground, Pass, Patience};
use crate::alert::Origin;
use crate::late::{Seen, Sight};
use crate::rule::{CatchUp, Every, Grouping, Rule, Schedule, Source};
use crate::run::{Found, RunError};
use crate::schedule::Timing;
use crate::state::{self, State};
use crate::window::{Relative, Window};
use huntql_kql::time::{
    TICKS_PER_DAY, TICKS_PER_HOUR, TICKS_PER_MINUTE, format_datetime, parse_datetime,
};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;
use std::sync::Mutex;

const MINUTE: i64 = TICKS_PER_MINUTE;

fn start() -> i64 {
    parse_datetime("2026-03-02T00:00:00Z").unwrap()
}

/// When it happened and when it can first be seen, in true time.
#[derive(Debug, Clone, Copy)]
struct Event {
    time: i64,
    arrives: i64,
}

/// A run that ended without a crash, in true time and by the clock.
#[derive(Debug, Clone, Copy)]
struct Looked {
    window: Window,
    at: i64,
    clock: i64,
}

#[derive(Debug, Clone)]
enum Step {
    /// True minutes go by, with a pass at the end.
    Wait(i64),
    /// The clock jumps by minutes, with a pass behind it.
    Jump(i64),
    /// A pass whose process ends when it has asked so often.
    CrashAt(usize),
    /// A pass in which the events cannot be read when they are asked for so often.
    FailAt(usize),
    Edit(Shape),
    /// Deliveries, of which the last is under way when the process ends.
    DeliverAndCrash(usize),
}

/// What an edit may change.
#[derive(Debug, Clone, Copy)]
struct Shape {
    every: i64,
    periods: i64,
    delay: i64,
    catch_up: CatchUp,
}

fn rule(shape: Shape, lateness: i64) -> Rule {
    let source = Source {
        file: "rule.yaml".into(),
        query_line: 1,
    };
    let mut rule = Rule::hunting("r".to_owned(), "r".to_owned(), "T".to_owned(), source);
    rule.grouping = Grouping::AlertPerResult;
    rule.schedule = Some(Schedule {
        every: Every::Span(shape.every * MINUTE),
        period: shape.every * shape.periods * MINUTE,
    });
    rule.ours.delay = shape.delay * MINUTE;
    rule.ours.lateness = lateness;
    rule.ours.catch_up = shape.catch_up;
    rule.ours.max_catch_up = 2 * TICKS_PER_DAY;
    rule.ours.max_alerts = usize::MAX;
    rule
}

/// The events as they are at one true moment, and what becomes of questions.
struct Events<'e> {
    all: &'e [Event],
    at: i64,
    clock: i64,
    relative: Relative,
    /// Questions until the crash, until the error.
    crash_in: Mutex<Option<usize>>,
    fail_in: Mutex<Option<usize>>,
    looked: Mutex<Vec<Looked>>,
}

impl Events<'_> {
    fn visible(&self, window: Window) -> impl Iterator<Item = (usize, &Event)> {
        let seen = self.all.iter().enumerate();
        seen.filter(move |(_, event)| event.arrives <= self.at && window.contains(event.time))
    }

    fn count_down(&self) -> Result<(), RunError> {
        let is_over = |left: &Mutex<Option<usize>>| {
            let mut left = left.lock().unwrap();
            let over = *left == Some(0);
            *left = left.map(|left| left.saturating_sub(1));
            over
        };
        if is_over(&self.crash_in) {
            // Without the message of a panic.
            resume_unwind(Box::new("crash"));
        }
        match is_over(&self.fail_in) {
            true => Err(RunError::Transient("the disk is busy".to_owned())),
            false => Ok(()),
        }
    }
}

impl Ground for Events<'_> {
    fn find(&self, _: &Rule, window: Window) -> Result<Found, RunError> {
        self.count_down()?;
        let rows = self.visible(window).map(|(index, event)| {
            let row = json!({"Timestamp": format_datetime(event.time), "DeviceId": "d", "ReportId": index});
            row.as_object().unwrap().clone()
        });
        let found = Found {
            rows: rows.collect(),
            ..Found::default()
        };
        self.looked.lock().unwrap().push(Looked {
            window,
            at: self.at,
            clock: self.clock,
        });
        Ok(found)
    }

    fn sight(&self, _: &Rule, stretch: Window) -> Result<Sight, RunError> {
        self.count_down()?;
        let seen = Seen {
            rows: self.visible(stretch).count() as i64,
            stored: self
                .visible(stretch)
                .map(|(_, event)| event.arrives)
                .max()
                .unwrap_or(0),
        };
        Ok([("T".to_owned(), seen)].into_iter().collect())
    }

    fn relative(&self, _: &Rule) -> Relative {
        self.relative
    }
}

/// The world of one simulation.
struct World {
    store: tempfile::TempDir,
    events: Vec<Event>,
    lateness: i64,
    relative: Relative,
    shape: Shape,
    now: i64,
    offset: i64,
    /// True time and the clock of each pass that was not cut short.
    passes: Vec<(i64, i64)>,
    looked: Vec<Looked>,
    /// Ids as they arrived, with whether the process ended while it was under way.
    arrived: Vec<(String, bool)>,
}

impl World {
    fn clock(&self) -> i64 {
        self.now + self.offset
    }

    fn pass(&mut self, crash_in: Option<usize>, fail_in: Option<usize>) {
        let rule = rule(self.shape, self.lateness);
        let armed = Armed {
            timing: Timing::of(&rule).unwrap().unwrap(),
            rule,
            sinks: vec!["s".to_owned()],
            fingerprint: String::new(),
        };
        let events = Events {
            all: &self.events,
            at: self.now,
            clock: self.clock(),
            relative: self.relative,
            crash_in: Mutex::new(crash_in),
            fail_in: Mutex::new(fail_in),
            looked: Mutex::default(),
        };
        let patience = Patience {
            waits: Vec::new(),
            failures_max: 1_000,
        };
        let mut more = true;
        while more {
            let state = Mutex::new(State::open(self.store.path()).unwrap());
            let pass = Pass {
                ground: &events,
                state: &state,
                patience: &patience,
                origin: &Origin::default(),
                now: self.clock(),
                stop: &|| false,
            };
            let tended = catch_unwind(AssertUnwindSafe(|| pass.tend(&armed).unwrap()));
            more = tended
                .as_ref()
                .is_ok_and(|tended| tended.runs > 1 && tended.errors.is_empty());
        }
        self.passes.push((self.now, self.clock()));
        self.looked.extend(events.looked.into_inner().unwrap());
    }

    /// Delivers; the last of so many is under way when the process ends.
    fn deliver(&mut self, count: usize, crashes: bool) {
        let mut state = State::open(self.store.path()).unwrap();
        for index in 0..count {
            let Some(entry) = state.take("s", i64::MAX).unwrap() else {
                return;
            };
            let is_cut = crashes && index + 1 == count;
            self.arrived.push((entry.alert_id, is_cut));
            if is_cut {
                return;
            }
            state.delivered(entry.seq, self.clock()).unwrap();
        }
    }

    fn take(&mut self, step: &Step) {
        match step {
            Step::Wait(minutes) => {
                self.now += minutes * MINUTE;
                self.pass(None, None);
            }
            Step::Jump(minutes) => {
                self.offset += minutes * MINUTE;
                self.pass(None, None);
            }
            Step::CrashAt(questions) => self.pass(Some(*questions), None),
            Step::FailAt(questions) => self.pass(None, Some(*questions)),
            Step::Edit(shape) => self.shape = *shape,
            Step::DeliverAndCrash(count) => self.deliver(*count, true),
        }
    }

    fn query(&self, sql: &str) -> Vec<(String, i64, i64)> {
        let path = state::folder(self.store.path()).join("state.db");
        let connection = rusqlite::Connection::open(path).unwrap();
        let mut statement = connection.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
        rows.unwrap().map(Result::unwrap).collect()
    }

    /// Whether somebody has to have found the event.
    fn must_be_found(
        &self,
        event: &Event,
        runs: &[Window],
        holes: &[Window],
        kept: &BTreeSet<(i64, i64, i64)>,
    ) -> bool {
        let covered = runs.iter().any(|run| run.contains(event.time));
        if !covered || holes.iter().any(|hole| hole.contains(event.time)) {
            return false;
        }
        // The last run over its time before it came, and whether that was still watched then. A second look prolongs nothing.
        let last = self
            .looked
            .iter()
            .filter(|looked| looked.window.contains(event.time) && looked.at < event.arrives)
            .filter(|looked| kept.contains(&(looked.clock, looked.window.from, looked.window.to)))
            .map(|looked| (looked.at, looked.clock))
            .max();
        let was_watched = last.is_none_or(|(at, clock)| {
            let mut between = self
                .passes
                .iter()
                .filter(|(pass, _)| *pass >= at && *pass < event.arrives);
            self.lateness > 0 && !between.any(|(_, pass)| *pass > clock + self.lateness)
        });
        let was_looked_for = self.passes.iter().any(|(pass, _)| *pass >= event.arrives);
        was_watched && was_looked_for
    }

    fn check(&self) -> Result<(), TestCaseError> {
        let alerts = self.query("SELECT content, window_from, window_to FROM alerts");
        let counted = "WHERE counts = 1 AND status";
        let runs = self.query(&format!(
            "SELECT status, window_from, window_to FROM runs {counted} = 'Succeeded'"
        ));
        let holes = self.query(&format!(
            "SELECT status, window_from, window_to FROM runs {counted} = 'Hole'"
        ));
        let windows = |rows: &[(String, i64, i64)]| -> Vec<Window> {
            rows.iter()
                .map(|(_, from, to)| Window {
                    from: *from,
                    to: *to,
                })
                .collect()
        };
        let (runs, holes) = (windows(&runs), windows(&holes));
        let kept = self.query(
            "SELECT CAST(at AS TEXT), window_from, window_to FROM runs
             WHERE status = 'Succeeded' AND counts = 1",
        );
        let kept = kept
            .into_iter()
            .map(|(at, from, to)| (at.parse().unwrap(), from, to))
            .collect();
        // One id for each event.
        let mut ids: BTreeMap<i64, BTreeSet<String>> = BTreeMap::new();
        for (content, _, _) in &alerts {
            let alert: Value = serde_json::from_str(content).unwrap();
            for row in alert["rows"].as_array().unwrap() {
                let id = alert["id"].as_str().unwrap().to_owned();
                ids.entry(row["ReportId"].as_i64().unwrap())
                    .or_default()
                    .insert(id);
            }
        }
        for (index, event) in self.events.iter().enumerate() {
            let of_event = ids.get(&(index as i64)).map_or(0, BTreeSet::len);
            prop_assert!(of_event <= 1, "event {index} has {of_event} ids");
            let is_lost = of_event == 0 && self.must_be_found(event, &runs, &holes, &kept);
            prop_assert!(
                !is_lost,
                "event {index} of {} is lost",
                format_datetime(event.time)
            );
        }
        self.check_time(runs, holes)?;
        // Each alert arrived, and twice only when the process ended in between.
        let mut times: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
        for (id, was_cut) in &self.arrived {
            let count = times.entry(id).or_default();
            count.0 += 1;
            count.1 += usize::from(*was_cut);
        }
        prop_assert_eq!(times.len(), alerts.len());
        for (id, (arrivals, cuts)) in times {
            prop_assert!(
                arrivals <= 1 + cuts,
                "{id} arrived {arrivals} times, {cuts} were cut"
            );
        }
        Ok(())
    }

    /// From the first window on, all time is in a run or in a hole that was noted.
    fn check_time(&self, runs: Vec<Window>, holes: Vec<Window>) -> Result<(), TestCaseError> {
        let mut spans: Vec<Window> = runs.into_iter().chain(holes).collect();
        spans.sort();
        let mut covered = spans.first().map_or(0, |first| first.from);
        for span in spans {
            prop_assert!(
                span.from <= covered,
                "nobody looked at {} to {}",
                format_datetime(covered),
                format_datetime(span.from)
            );
            covered = covered.max(span.to);
        }
        Ok(())
    }
}

fn shapes() -> impl Strategy<Value = Shape> {
    let every = prop_oneof![Just(10_i64), Just(30), Just(60), Just(360)];
    let catch_up = prop_oneof![
        3 => Just(CatchUp::Gap),
        2 => Just(CatchUp::Each),
        1 => Just(CatchUp::Skip)
    ];
    (every, 1..4_i64, 0..20_i64, catch_up).prop_map(|(every, periods, delay, catch_up)| Shape {
        every,
        periods,
        delay,
        catch_up,
    })
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        12 => (1..90_i64).prop_map(Step::Wait),
        2 => (90..4_000_i64).prop_map(Step::Wait),
        2 => (-400..400_i64).prop_map(Step::Jump),
        4 => (0..6_usize).prop_map(Step::CrashAt),
        2 => (0..6_usize).prop_map(Step::FailAt),
        2 => shapes().prop_map(Step::Edit),
        3 => (1..5_usize).prop_map(Step::DeliverAndCrash),
    ];
    prop::collection::vec(step, 1..60)
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let late = prop_oneof![5 => 0..5_i64, 2 => 5..60_i64, 1 => 60..600_i64];
    let event = (-400..6_000_i64, late).prop_map(|(at, late)| Event {
        time: start() + at * MINUTE,
        arrives: start() + (at + late) * MINUTE,
    });
    prop::collection::vec(event, 0..80)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), max_shrink_iters: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_window_is_lost_and_no_alert_is_doubled_whatever_happens(
        events in events(),
        steps in steps(),
        shape in shapes(),
        lateness in prop_oneof![Just(0), Just(TICKS_PER_HOUR), Just(5 * TICKS_PER_HOUR)],
        relative in prop_oneof![Just(Relative::ToNow), Just(Relative::Not)],
    ) {
        simulated(events, &steps, shape, lateness, relative)?;
    }
}

fn simulated(
    events: Vec<Event>,
    steps: &[Step],
    shape: Shape,
    lateness: i64,
    relative: Relative,
) -> Result<(), TestCaseError> {
    let mut world = World {
        store: folder(),
        events,
        lateness,
        relative,
        shape,
        now: start(),
        offset: 0,
        passes: Vec::new(),
        looked: Vec::new(),
        arrived: Vec::new(),
    };
    for step in steps {
        world.take(step);
    }
    for _ in 0..6 {
        world.take(&Step::Wait(400));
    }
    world.deliver(usize::MAX, false);
    world.check()
}

#[test]
fn a_rule_that_looks_back_less_than_before_leaves_nothing_unwatched() {
    let wide = Shape {
        every: 360,
        periods: 2,
        delay: 0,
        catch_up: CatchUp::Gap,
    };
    let narrow = Shape {
        every: 10,
        periods: 1,
        ..wide
    };
    let event = Event {
        time: start() + 422 * MINUTE,
        arrives: start() + 423 * MINUTE,
    };
    let steps = [
        Step::Wait(334),
        Step::Jump(398),
        Step::Edit(narrow),
        Step::Wait(1),
        Step::Wait(1),
    ];
    simulated(vec![event], &steps, wide, TICKS_PER_HOUR, Relative::ToNow).unwrap();
}

/// `HUNTQL_CASES` asks for more.
fn cases() -> u32 {
    let asked = std::env::var("HUNTQL_CASES").ok();
    asked.and_then(|cases| cases.parse().ok()).unwrap_or(24)
}

/// In memory where there is such a thing: the simulations commit often.
fn folder() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    match memory.is_dir() {
        true => tempfile::tempdir_in(memory).unwrap(),
        false => tempfile::tempdir().unwrap(),
    }
}
