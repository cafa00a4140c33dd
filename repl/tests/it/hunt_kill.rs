//! `hunt schedule` as a process that is killed again and again, against a receiver that fails a third of the time.
//!
//! `HUNTQL_KILLS` asks for more kills than the few of an ordinary run.
#![cfg(unix)]

use crate::support::Place;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Events that each rule finds.
const EVENTS: usize = 7;
/// Rules that come before each kill.
const NEW_RULES: usize = 2;

/// A request that the receiver took.
#[derive(Debug, Clone)]
struct Taken {
    id: String,
    /// The process that sent it, counted from the first.
    life: usize,
    /// Its place among all requests of all lives, failed ones too.
    request: usize,
}

#[derive(Debug, Default)]
struct Log {
    taken: Vec<Taken>,
    /// The last request of each life.
    last: BTreeMap<usize, usize>,
    requests: usize,
    failed: usize,
}

/// Takes alerts, and fails a third of the time: with a status, or by hanging up, before anything was taken.
struct Receiver {
    address: String,
    log: Arc<Mutex<Log>>,
}

impl Receiver {
    fn start() -> Receiver {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let log: Arc<Mutex<Log>> = Arc::default();
        let shared = Arc::clone(&log);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let log = Arc::clone(&shared);
                std::thread::spawn(move || serve(stream, &log));
            }
        });
        Receiver { address, log }
    }
}

fn serve(stream: TcpStream, log: &Mutex<Log>) {
    let _ = stream.set_read_timeout(Some(Duration::from_secs(20)));
    let Ok(writer) = stream.try_clone() else {
        return;
    };
    let mut reader = BufReader::new(stream);
    let mut writer = writer;
    while let Some((life, body)) = request(&mut reader) {
        let Ok(alert) = serde_json::from_slice::<Value>(&body) else {
            return;
        };
        let fails = {
            let mut log = log.lock().unwrap();
            log.requests += 1;
            let number = log.requests;
            log.last.insert(life, number);
            // Neither in step with the attempts nor with the alerts.
            let fails = (number.wrapping_mul(2_654_435_761) >> 7).is_multiple_of(3);
            match fails {
                true => log.failed += 1,
                false => log.taken.push(Taken {
                    id: alert["id"].as_str().unwrap().to_owned(),
                    life,
                    request: number,
                }),
            }
            fails.then_some(number)
        };
        let answer = match fails {
            Some(number) if number % 2 == 0 => return,
            Some(_) => "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n",
            None => "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        };
        if writer.write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

/// The life that a request names, and its body.
fn request(reader: &mut BufReader<TcpStream>) -> Option<(usize, Vec<u8>)> {
    let (mut life, mut length) = (0, None);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim().to_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(text) = line.strip_prefix("x-life: ") {
            life = text.parse().ok()?;
        }
        if let Some(text) = line.strip_prefix("content-length: ") {
            length = Some(text.parse().ok()?);
        }
    }
    let mut body = vec![0; length?];
    reader.read_exact(&mut body).ok()?;
    Some((life, body))
}

/// Events of one and a half hours ago: whatever the minute, they lie before the last full hour, where the window of a new rule ends.
fn ingest_events(place: &Place) {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs();
    let lines = (0..EVENTS as u64).map(|n| {
        let time = now - 5_400 + n;
        format!(
            "{time}.000    12 192.0.2.{} TCP_MISS/200 5{n} GET http://site{n}.example/ - HIER_DIRECT/198.51.100.9 text/html\n",
            n + 1
        )
    });
    place.write("access.log", lines.collect::<String>());
    place.run(&["ingest", "access.log"]).code(0);
}

fn add_rule(place: &Place, number: usize) {
    let rule = format!(
        "id: 00000000-0000-4000-8000-{number:012}
name: Rule {number}
description: Everything.
kind: Scheduled
severity: Low
queryFrequency: 1h
queryPeriod: 4h
triggerOperator: gt
triggerThreshold: 0
tactics: []
relevantTechniques: []
query: DeviceNetworkEvents
eventGroupingSettings: {{aggregationKind: AlertPerResult}}
version: 1.0.0
huntql: {{delay: 0s}}
"
    );
    // As whole files: a scheduler may be looking.
    let path = place.write(&format!("rule-{number}.new"), rule);
    std::fs::create_dir_all(place.path("rules")).unwrap();
    std::fs::rename(path, place.path(&format!("rules/rule-{number}.yaml"))).unwrap();
}

fn configure(place: &Place, address: &str, life: usize) {
    let text = format!(
        "[sinks.soc]
type = \"webhook\"
url = \"http://{address}/alerts\"
default = true
headers = {{ X-Life = \"{life}\" }}
attempts = 1000
first_wait = \"20ms\"
longest_wait = \"100ms\"
timeout = \"10s\"
"
    );
    place.write("huntql.toml", text);
}

fn schedule(place: &Place) -> Child {
    place
        .command()
        .args(["hunt", "schedule", "rules"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn kills() -> usize {
    let asked = std::env::var("HUNTQL_KILLS").ok();
    asked.and_then(|kills| kills.parse().ok()).unwrap_or(6)
}

/// How many alerts there are, and how many of their deliveries have not ended.
fn counts(place: &Place) -> (usize, usize) {
    let text = "HuntAlerts | mv-expand Delivery = Deliveries | summarize dcount(AlertId, 4), countif(tostring(Delivery.State) != 'delivered')";
    let ran = place.run(&["query", text, "--format", "csv"]).code(0);
    let cells: Vec<usize> = ran
        .stdout
        .lines()
        .nth(1)
        .unwrap()
        .split(',')
        .map(|cell| cell.parse().unwrap())
        .collect();
    (cells[0], cells[1])
}

#[test]
fn kill_nine_loses_no_alert_and_doubles_only_what_was_in_flight() {
    let place = Place::new();
    let receiver = Receiver::start();
    ingest_events(&place);
    let kills = kills();
    let mut random = 88_172_645_463_325_252_u64;
    let mut rules = 0;
    for life in 1..=kills {
        configure(&place, &receiver.address, life);
        for _ in 0..NEW_RULES {
            rules += 1;
            add_rule(&place, rules);
        }
        let mut child = schedule(&place);
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        std::thread::sleep(Duration::from_millis(random % 2_500));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    configure(&place, &receiver.address, kills + 1);
    let mut child = schedule(&place);
    let wanted = rules * EVENTS;
    let started = Instant::now();
    while counts(&place) != (wanted, 0) {
        assert!(
            started.elapsed() < Duration::from_secs(600),
            "{:?} of {wanted}",
            counts(&place)
        );
        assert_eq!(child.try_wait().unwrap(), None, "the scheduler ended");
        std::thread::sleep(Duration::from_millis(500));
    }
    let stop = std::process::Command::new("kill")
        .arg(child.id().to_string())
        .status();
    assert!(stop.unwrap().success());
    assert!(child.wait().unwrap().success());

    let log = receiver.log.lock().unwrap();
    let mut by_id: BTreeMap<&str, Vec<&Taken>> = BTreeMap::new();
    for taken in &log.taken {
        by_id.entry(&taken.id).or_default().push(taken);
    }
    assert_eq!(by_id.len(), wanted, "alerts were lost");
    let mut doubled = 0;
    for (id, all) in &by_id {
        for earlier in &all[..all.len() - 1] {
            doubled += 1;
            // Its process ended before it could note that this had arrived: it was the last thing that it sent.
            let was_in_flight = earlier.life <= kills && log.last[&earlier.life] == earlier.request;
            assert!(was_in_flight, "{id} came twice: {all:?}");
        }
    }
    let lives: BTreeSet<usize> = log.taken.iter().map(|taken| taken.life).collect();
    eprintln!(
        "{kills} kills, {wanted} alerts, {} requests, {} failed, {doubled} came twice, {} lives delivered",
        log.requests,
        log.failed,
        lives.len()
    );
}
