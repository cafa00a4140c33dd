//! The algorithm on made-up clients.
#![allow(clippy::unwrap_used)]

use super::model::{Connection, Kind, Listener, MILLISECOND, Request, SECOND, Skew, Tier, Verdict};
use super::pairing::{AggregatedReport, Doubts, pair};
use super::skew::Gathered;
use std::collections::HashMap;

pub(super) const PROXY: Listener = Listener {
    address: std::net::IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 6)),
    port: Some(8080),
};

pub(super) fn connection(start: i64) -> Connection {
    Connection {
        start,
        end: None,
        port: None,
        proxy: PROXY,
        device: 1,
        owner: 1,
        process: 1,
        host: 0,
        witness: None,
        has_uid: false,
        record: 1,
        further: Vec::new(),
    }
}

pub(super) fn request(start: i64) -> Request {
    Request {
        start,
        end: start,
        port: None,
        listener: Some(PROXY),
        proxy: 1,
        kind: Kind::Tunnel,
        host: 0,
        record: 1,
    }
}

/// A small generator of numbers: the tests must be the same on every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

/// A client's hour: connections of several processes, requests on them, and which belongs to which.
struct World {
    connections: Vec<Connection>,
    requests: Vec<Request>,
    /// The start and owner of each request's connection; `None` where the sensor missed it.
    truth: Vec<Option<(i64, u64)>>,
}

fn world(seed: u64, missed_percent: u64) -> World {
    let mut dice = Dice(seed * 2 + 1);
    let mut world = World {
        connections: Vec::new(),
        requests: Vec::new(),
        truth: Vec::new(),
    };
    let mut time = 638_000_000 * SECOND;
    let owners = 1 + dice.below(3);
    let mut busy: HashMap<u16, i64> = HashMap::new();
    for number in 0..150 + dice.below(200) {
        time += (dice.below(6000) * MILLISECOND as u64) as i64
            * if dice.below(4) == 0 { 10 } else { 1 };
        let owner = 1 + dice.below(owners);
        // A port is used again only after its connection is gone.
        let mut port = 50_000 + dice.below(60) as u16;
        while busy.get(&port).is_some_and(|until| *until >= time) {
            port += 1;
        }
        let missed = dice.below(100) < missed_percent;
        let opened = Connection {
            port: Some(port),
            owner,
            process: owner as u32,
            host: if dice.below(3) == 0 {
                1 + dice.below(5) as u32
            } else {
                0
            },
            record: u128::from(number) + 1,
            ..connection(time)
        };
        let tunnel = dice.below(5) > 0;
        let count = if tunnel { 1 } else { 1 + dice.below(4) };
        let mut asked = time;
        let host = if opened.host == 0 {
            1 + dice.below(5) as u32
        } else {
            opened.host
        };
        for _ in 0..count {
            asked += (1 + dice.below(3) as i64) * MILLISECOND
                + if tunnel {
                    0
                } else {
                    dice.below(20) as i64 * SECOND
                };
            let end = asked + dice.below(10) as i64 * SECOND;
            let until = busy.entry(port).or_default();
            *until = (*until).max(end + 3 * SECOND);
            world.requests.push(Request {
                port: Some(port),
                host,
                kind: if tunnel { Kind::Tunnel } else { Kind::Plain },
                record: u128::from(dice.below(u64::MAX)),
                end,
                ..request(asked)
            });
            world.truth.push((!missed).then_some((time, owner)));
        }
        if !missed {
            world.connections.push(opened);
        }
    }
    let mut order: Vec<usize> = (0..world.requests.len()).collect();
    order.sort_by_key(|at| world.requests[*at].start);
    world.truth = order.iter().map(|at| world.truth[*at]).collect();
    world.requests = order.iter().map(|at| world.requests[*at].clone()).collect();
    world
}

fn verdicts(world: &World, requests: &[Request]) -> Vec<Verdict> {
    let mut gathered = Gathered::default();
    gathered.add(&world.connections, requests);
    pair(
        &world.connections,
        requests,
        &gathered.clocks(),
        &Doubts::default(),
    )
}

fn changed(requests: &[Request], change: impl Fn(&mut Request)) -> Vec<Request> {
    let mut changed = requests.to_vec();
    changed.iter_mut().for_each(change);
    changed
}

/// Requests whose process was said with certainty, rightly and wrongly.
fn judge(world: &World, verdicts: &[Verdict]) -> (usize, usize) {
    let (mut right, mut wrong) = (0, 0);
    for (verdict, truth) in verdicts.iter().zip(&world.truth) {
        let chosen = |at: u32| &world.connections[at as usize];
        let is_right = match (verdict.tier, verdict.connection) {
            (Tier::Exact, Some(at)) => *truth == Some((chosen(at).start, chosen(at).owner)),
            (Tier::Process, Some(at)) => truth.is_some_and(|(_, owner)| owner == chosen(at).owner),
            _ => continue,
        };
        match is_right {
            true => right += 1,
            false => wrong += 1,
        }
    }
    (right, wrong)
}

#[test]
fn with_ports_almost_every_request_finds_its_connection_and_none_a_wrong_one() {
    for seed in 1..60 {
        let world = world(seed, 0);
        let (right, wrong) = judge(&world, &verdicts(&world, &world.requests));
        let share = right as f64 / world.requests.len() as f64;
        assert!(
            wrong == 0 && share > 0.97,
            "seed {seed}: {right} right, {wrong} wrong, {share}"
        );
    }
}

#[test]
fn without_the_port_a_right_pair_never_becomes_a_wrong_certainty() {
    for seed in 1..120 {
        for missed in [0, 20] {
            let world = world(seed, missed);
            let with = verdicts(&world, &world.requests);
            let without = changed(&world.requests, |request| request.port = None);
            let without = verdicts(&world, &without);
            for (index, (with, without)) in with.iter().zip(&without).enumerate() {
                let of = |verdict: &Verdict| {
                    let at = verdict.connection? as usize;
                    Some(world.connections[at].owner)
                };
                let was_right = with.tier == Tier::Exact
                    && of(with) == world.truth[index].map(|(_, owner)| owner);
                let is_certain = matches!(without.tier, Tier::Exact | Tier::Process);
                if was_right && is_certain {
                    assert_eq!(of(with), of(without), "seed {seed}, request {index}");
                }
            }
        }
    }
}

#[test]
fn shifting_the_proxys_clock_changes_no_verdict() {
    for seed in 1..40 {
        let world = world(seed, 10);
        for requests in [
            world.requests.clone(),
            changed(&world.requests, |request| request.port = None),
        ] {
            let still = verdicts(&world, &requests);
            for ms in [1, 5_000, -17_003, 30_000] {
                let shift = ms * MILLISECOND;
                let shifted = changed(&requests, |request| {
                    request.start += shift;
                    request.end += shift;
                });
                assert_eq!(verdicts(&world, &shifted), still, "seed {seed}, {ms} ms");
            }
        }
    }
}

#[test]
fn the_skew_is_found_reported_and_refused_where_nothing_stands_out() {
    let world = world(7, 0);
    let shifted = changed(&world.requests, |request| {
        request.start += 12_345 * MILLISECOND;
        request.end += 12_345 * MILLISECOND;
    });
    let mut gathered = Gathered::default();
    gathered.add(&world.connections, &shifted);
    let Skew::Known { ms } = gathered.clocks().at(1, shifted[0].start) else {
        panic!("refused");
    };
    assert!((12_340..12_360).contains(&ms), "{ms}");

    let mut dice = Dice(99);
    let noise = changed(&world.requests, |request| request.port = None);
    let mut noise: Vec<Request> = noise
        .into_iter()
        .map(|mut request| {
            request.start += dice.below(100_000) as i64 * MILLISECOND;
            request
        })
        .collect();
    noise.sort_by_key(|request| request.start);
    let verdicts = verdicts(&world, &noise);
    let is_uncertain = |verdict: &Verdict| verdict.tier == Tier::Device;
    assert!(verdicts.iter().all(is_uncertain));
}

#[test]
fn a_tunnel_has_its_connection_for_itself_and_other_requests_share_theirs() {
    let t = 638_000_000 * SECOND;
    let opened = Connection {
        port: Some(50_001),
        ..connection(t)
    };
    let ask = |after_ms: i64, kind: Kind| Request {
        port: Some(50_001),
        kind,
        ..request(t + after_ms * MILLISECOND)
    };
    let connections: Vec<Connection> = std::iter::once(opened)
        .chain((1..6).map(|minute| Connection {
            port: Some(50_100 + minute as u16),
            ..connection(t + minute * 60 * SECOND)
        }))
        .collect();
    let mut requests = vec![
        ask(1, Kind::Plain),
        ask(900, Kind::Plain),
        ask(1900, Kind::Tunnel),
        ask(2000, Kind::Tunnel),
    ];
    requests.extend((1..6).map(|minute| Request {
        port: Some(50_100 + minute as u16),
        ..request(t + minute * 60 * SECOND + MILLISECOND)
    }));
    let mut gathered = Gathered::default();
    gathered.add(&connections, &requests);
    let tiers: Vec<Tier> = pair(
        &connections,
        &requests,
        &gathered.clocks(),
        &Doubts::default(),
    )
    .iter()
    .map(|verdict| verdict.tier)
    .collect();
    assert_eq!(
        tiers[..4],
        [Tier::Exact, Tier::Exact, Tier::Exact, Tier::Device]
    );
}

#[test]
fn a_report_of_another_processs_connections_stands_against_certainty() {
    let t = 638_000_000 * SECOND;
    let starts: Vec<i64> = (0..12).map(|n| t + n * n * 7 * SECOND).collect();
    let connections: Vec<Connection> = starts.iter().map(|start| connection(*start)).collect();
    let requests: Vec<Request> = starts.iter().map(|start| request(*start)).collect();
    let mut gathered = Gathered::default();
    gathered.add(&connections, &requests);
    let tier = |doubts: &Doubts| pair(&connections, &requests, &gathered.clocks(), doubts)[3].tier;
    let report = |owner: u64| Doubts {
        reports: vec![AggregatedReport { time: t, owner }],
        ..Doubts::default()
    };
    assert_eq!(tier(&Doubts::default()), Tier::Process);
    assert_eq!(tier(&report(1)), Tier::Process);
    assert_eq!(tier(&report(2)), Tier::Aligned);
}
