//! Requests without a port set against connections: in order, one to one, with the least gap in all.
//!
//! Dynamic programming over a band: a connection comes into question only within [`LATE`] of the request. Leaving a request
//! out costs as much as the widest gap; leaving a connection out costs nothing. Where a sensor named the target, only
//! requests of that target may take the connection, and gladly.

use super::model::{Connection, LATE, Request};

/// Longer runs are cut: bounded memory.
const RUN_MAX: usize = 4096;

/// A request of the client that is to be aligned: its index and its time by the sensors' clock.
#[derive(Debug, Clone, Copy)]
pub struct Waiting {
    pub request: usize,
    pub time: i64,
}

/// For each waiting request (sorted by time) the connection that it is aligned with.
///
/// `connections` are sorted by start; `free` says which of them are to be had.
pub fn align(
    waiting: &[Waiting],
    requests: &[Request],
    connections: &[Connection],
    free: &[bool],
) -> Vec<Option<u32>> {
    let open: Vec<u32> = (0..connections.len() as u32)
        .filter(|index| free[*index as usize])
        .collect();
    let start = |at: usize| connections[open[at] as usize].start;
    let mut aligned = vec![None; waiting.len()];
    let (mut begin, mut taken) = (0, 0);
    while begin < waiting.len() {
        // A run: requests whose bands touch.
        let mut run = Run::new(first_at(&open, taken, waiting[begin].time - LATE, start));
        let mut end = begin;
        while end < waiting.len() && end - begin < RUN_MAX {
            let time = waiting[end].time;
            let low = first_at(&open, taken, time - LATE, start);
            let high = first_at(&open, low, time + LATE + 1, start);
            if end > begin && low >= run.reach() {
                break;
            }
            let request = &requests[waiting[end].request];
            run.push(low, high, |at| {
                cost(request, &connections[open[at] as usize], time)
            });
            end += 1;
        }
        for (offset, chosen) in run.best().into_iter().enumerate() {
            aligned[begin + offset] = chosen.map(|at| open[at]);
            if let Some(at) = chosen {
                taken = taken.max(at + 1);
            }
        }
        begin = end;
    }
    aligned
}

fn first_at(open: &[u32], from: usize, time: i64, start: impl Fn(usize) -> i64) -> usize {
    let (mut low, mut high) = (from, open.len());
    while low < high {
        let middle = (low + high) / 2;
        match start(middle) < time {
            true => low = middle + 1,
            false => high = middle,
        }
    }
    low
}

/// What taking the connection costs; `None` when it cannot be the request's.
fn cost(request: &Request, connection: &Connection, time: i64) -> Option<i64> {
    if request
        .listener
        .is_some_and(|listener| !listener.fits(connection.proxy))
    {
        return None;
    }
    if request.port.is_some() && connection.port.is_some() && request.port != connection.port {
        return None;
    }
    let gap = (time - connection.start).abs();
    match (request.host, connection.host) {
        (_, 0) | (0, _) => Some(gap),
        (asked, named) if asked == named => Some(gap / 10),
        _ => None,
    }
}

/// The table of one run: for each request the costs over its band, and what was chosen there.
struct Run {
    rows: Vec<Row>,
}

struct Row {
    /// The band: positions `low..high` of the open connections. Column `k` means that the connections before `low + k` may
    /// be taken.
    low: usize,
    costs: Vec<i64>,
    takes: Vec<bool>,
}

impl Row {
    fn cost_before(&self, at: usize) -> i64 {
        let column = at.saturating_sub(self.low).min(self.costs.len() - 1);
        self.costs[column]
    }
}

impl Run {
    fn new(low: usize) -> Self {
        let none = Row {
            low,
            costs: vec![0],
            takes: vec![false],
        };
        Self { rows: vec![none] }
    }

    /// The end of the last band.
    fn reach(&self) -> usize {
        let last = self.rows.last().expect("the first row is always there");
        last.low + last.costs.len() - 1
    }

    fn push(&mut self, low: usize, high: usize, cost: impl Fn(usize) -> Option<i64>) {
        let before = self.rows.last().expect("the first row is always there");
        let mut costs = vec![before.cost_before(low) + LATE];
        let mut takes = vec![false];
        for at in low..high {
            let left_out = before.cost_before(at + 1) + LATE;
            let earlier = *costs.last().expect("it has one");
            let mut best = left_out.min(earlier);
            let mut take = false;
            if let Some(cost) = cost(at) {
                let taken = before.cost_before(at) + cost;
                if taken < best {
                    (best, take) = (taken, true);
                }
            }
            costs.push(best);
            takes.push(take);
        }
        self.rows.push(Row { low, costs, takes });
    }

    /// Position of the connection for each request, in order.
    fn best(&self) -> Vec<Option<usize>> {
        let mut chosen = vec![None; self.rows.len() - 1];
        let mut limit = self.reach();
        for index in (1..self.rows.len()).rev() {
            let (row, before) = (&self.rows[index], &self.rows[index - 1]);
            let mut column = limit.saturating_sub(row.low).min(row.costs.len() - 1);
            // Back to the column in which the cost came about.
            while column > 0 && !row.takes[column] && row.costs[column] == row.costs[column - 1] {
                column -= 1;
            }
            let at = row.low + column;
            if column > 0 && row.takes[column] {
                chosen[index - 1] = Some(at - 1);
                limit = at - 1;
            } else {
                debug_assert_eq!(row.costs[column], before.cost_before(at) + LATE);
                limit = at.min(limit);
            }
        }
        chosen
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{connection, request};
    use super::*;

    fn aligned(times: &[i64], starts: &[i64]) -> Vec<Option<u32>> {
        let requests: Vec<Request> = times.iter().map(|time| request(*time)).collect();
        let connections: Vec<Connection> = starts.iter().map(|start| connection(*start)).collect();
        let waiting: Vec<Waiting> = times
            .iter()
            .enumerate()
            .map(|(request, time)| Waiting {
                request,
                time: *time,
            })
            .collect();
        align(
            &waiting,
            &requests,
            &connections,
            &vec![true; connections.len()],
        )
    }

    #[test]
    fn the_least_gap_in_all_decides_and_order_is_kept() {
        let ms = super::super::model::MILLISECOND;
        assert_eq!(
            aligned(&[100 * ms, 200 * ms], &[99 * ms, 150 * ms, 201 * ms]),
            [Some(0), Some(2)]
        );
        assert_eq!(aligned(&[100 * ms, 101 * ms], &[100 * ms]), [Some(0), None]);
    }

    #[test]
    fn what_is_further_than_two_seconds_is_left_alone() {
        assert_eq!(
            aligned(&[0, 10 * LATE], &[LATE + 1, 10 * LATE]),
            [None, Some(1)]
        );
    }
}
