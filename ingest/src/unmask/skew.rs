//! By how much a proxy's clock differs from the sensors', learned from the data.
//!
//! Each request is set against the connections of its client within a minute; the true pairs have one difference in common,
//! the others spread. The difference counts when it stands out of the rest, first in windows of 20 ms, then in wider ones for
//! clocks and logs that jitter. All is done in whole milliseconds of difference, so that a proxy whose times are all
//! shifted gets a skew shifted by as much and nothing else changes.
//!
//! One estimate an hour (of the sensors' clock) where the hour has enough requests, else the day's.

use super::model::{Connection, MILLISECOND, Refused, Request, SECOND, SKEW_MAX, Skew};
use std::collections::BTreeMap;

const REACH_MS: i64 = SKEW_MAX / MILLISECOND;
/// Widths of the window, in ms: 20 as the logs have it, the others for jitter.
const WIDTHS_MS: [i64; 3] = [20, 200, 1000];
/// Pairs that must agree at least.
const AGREEING_MIN: f64 = 3.0;
/// An hour with fewer requests than this has the day's skew.
const REQUESTS_MIN: u32 = 20;
/// Against so many connections a request is set at most; of busier clients some requests are left out.
const NEIGHBOURS_MAX: usize = 512;
pub const HOUR: i64 = 3600 * SECOND;

/// Differences in ms, proxy minus sensor, and how often each occurred.
#[derive(Debug, Clone, Default)]
pub struct Differences {
    counts: BTreeMap<i32, u32>,
    requests: u32,
}

impl Differences {
    fn add(&mut self, ms: i32) {
        *self.counts.entry(ms).or_default() += 1;
    }

    fn absorb(&mut self, other: &Differences) {
        for (ms, count) in &other.counts {
            *self.counts.entry(*ms).or_default() += count;
        }
        self.requests += other.requests;
    }

    /// The skew, or why there is none.
    pub fn estimate(&self) -> Skew {
        let entries: Vec<(i64, f64)> = self
            .counts
            .iter()
            .map(|(ms, count)| (i64::from(*ms), f64::from(*count)))
            .collect();
        let total: f64 = entries.iter().map(|entry| entry.1).sum();
        if total < AGREEING_MIN {
            return Skew::Refused(Refused::TooFew);
        }
        for width in WIDTHS_MS {
            if let Some(ms) = standing_out(&entries, total, width) {
                return Skew::Known { ms };
            }
        }
        let refused = match self.requests < REQUESTS_MIN {
            true => Refused::TooFew,
            false => Refused::Flat,
        };
        Skew::Refused(refused)
    }
}

/// The middle of the fullest window of this width, when it stands out of what lies elsewhere.
fn standing_out(entries: &[(i64, f64)], total: f64, width: i64) -> Option<i64> {
    let (start, most) = fullest(entries, width, |_| true)?;
    let apart = |ms: i64| ms < start - 2 * width || ms >= start + 3 * width;
    let second = fullest(entries, width, apart).map_or(0.0, |found| found.1);
    let near: f64 = entries
        .iter()
        .filter(|(ms, _)| !apart(*ms))
        .map(|entry| entry.1)
        .sum();
    let expected = (total - near) * width as f64 / (2 * REACH_MS - 5 * width) as f64;
    let enough = AGREEING_MIN + expected + 6.0 * expected.sqrt();
    if most < enough || most < 2.0 * second {
        return None;
    }
    let mut half = most / 2.0;
    let inside = entries
        .iter()
        .filter(|(ms, _)| (start..start + width).contains(ms));
    for (ms, count) in inside {
        half -= count;
        if half <= 0.0 {
            return Some(*ms);
        }
    }
    None
}

/// Start and content of the fullest window over the entries that are wanted; of equals the first.
fn fullest(entries: &[(i64, f64)], width: i64, wanted: impl Fn(i64) -> bool) -> Option<(i64, f64)> {
    let entries: Vec<&(i64, f64)> = entries.iter().filter(|(ms, _)| wanted(*ms)).collect();
    let (mut best, mut sum, mut first) = (None, 0.0, 0);
    for last in 0..entries.len() {
        sum += entries[last].1;
        while entries[last].0 - entries[first].0 >= width {
            sum -= entries[first].1;
            first += 1;
        }
        if best.is_none_or(|(_, most)| sum > most) {
            best = Some((entries[first].0, sum));
        }
    }
    best
}

/// The differences of all proxies, by hour of the sensors' clock.
#[derive(Debug, Default)]
pub struct Gathered {
    hours: BTreeMap<(u32, i64), Differences>,
}

impl Gathered {
    /// Sets one client's requests against its connections, which are sorted by start.
    pub fn add(&mut self, connections: &[Connection], requests: &[Request]) {
        let starts: Vec<i64> = connections.iter().map(|c| c.start).collect();
        for request in requests {
            let low = starts.partition_point(|start| *start <= request.start - SKEW_MAX);
            let high = starts.partition_point(|start| *start < request.start + SKEW_MAX);
            let every = (high - low).div_ceil(NEIGHBOURS_MAX).max(1) as u128;
            if request.port.is_none() && !request.record.is_multiple_of(every) {
                continue;
            }
            let mut counted = false;
            for connection in &connections[low..high] {
                if !may_be(request, connection) {
                    continue;
                }
                let ms = (request.start - connection.start).div_euclid(MILLISECOND) as i32;
                let hour = connection.start.div_euclid(HOUR);
                let cell = self.hours.entry((request.proxy, hour)).or_default();
                cell.add(ms);
                cell.requests += u32::from(!counted);
                counted = true;
            }
        }
    }

    /// The skews that come of it.
    pub fn clocks(&self) -> Clocks {
        let mut whole: BTreeMap<u32, Differences> = BTreeMap::new();
        for ((proxy, _), differences) in &self.hours {
            whole.entry(*proxy).or_default().absorb(differences);
        }
        let whole: BTreeMap<u32, Skew> = whole
            .into_iter()
            .map(|(proxy, differences)| (proxy, differences.estimate()))
            .collect();
        let hours = self.hours.iter().map(|((proxy, hour), differences)| {
            let own = differences.estimate();
            let few = differences.requests < REQUESTS_MIN;
            let skew = match (own, whole[proxy]) {
                (_, day @ Skew::Known { .. }) if few => day,
                (Skew::Refused(Refused::TooFew), day) => day,
                (own, _) => own,
            };
            ((*proxy, *hour), skew)
        });
        Clocks {
            hours: hours.collect(),
            whole,
        }
    }
}

fn may_be(request: &Request, connection: &Connection) -> bool {
    let same_port = match (request.port, connection.port) {
        (Some(logged), Some(seen)) => logged == seen,
        (Some(_), None) => false,
        (None, _) => true,
    };
    let same_host = request.host == 0 || connection.host == 0 || request.host == connection.host;
    same_port
        && same_host
        && request
            .listener
            .is_none_or(|listener| listener.fits(connection.proxy))
}

/// The skews of a day.
#[derive(Debug, Default)]
pub struct Clocks {
    hours: BTreeMap<(u32, i64), Skew>,
    whole: BTreeMap<u32, Skew>,
}

impl Clocks {
    /// The skew that holds for a request of this proxy at this time of its own clock.
    pub fn at(&self, proxy: u32, start: i64) -> Skew {
        let whole = self
            .whole
            .get(&proxy)
            .copied()
            .unwrap_or(Skew::Refused(Refused::TooFew));
        let shift = match whole {
            Skew::Known { ms } => ms * MILLISECOND,
            Skew::Refused(_) => 0,
        };
        let hour = (start - shift).div_euclid(HOUR);
        self.hours.get(&(proxy, hour)).copied().unwrap_or(whole)
    }

    /// What is known hour by hour: proxy, hour since 0001 in hours, skew.
    pub fn by_hour(&self) -> impl Iterator<Item = (u32, i64, Skew)> {
        self.hours
            .iter()
            .map(|((proxy, hour), skew)| (*proxy, *hour, *skew))
    }
}
