//! Damaged variants of a sample of every format: no panic, nothing uncounted, good neighbours survive.
//!
//! A format's line here is its sample and how it is laid out. In each variant one record is damaged; the records beside it
//! must come out with the ids that they have in the whole file. A second round damages anything, headers as well, and asks
//! for no panic and counts that add up.

use crate::support::{Ran, cells, ingest_text_with, samples};
use huntql_ingest::formats::FORMATS;
use huntql_ingest::{Options, Outcome};
use std::collections::BTreeSet;

const VARIANTS: usize = 1000;
/// Records of a sample that are used: enough for neighbours, few enough for a debug build.
const RECORDS: usize = 6;

/// How a sample is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layout {
    /// This many lines of header, then a record a line.
    Lines(usize),
    /// One text or binary whole: neighbours cannot be told apart.
    Whole,
}

/// A format's name, its sample (a file under `samples`, or the text itself), the zone of its times, and its layout.
struct Sample {
    format: &'static str,
    content: Content,
    zone: &'static str,
    layout: Layout,
}

#[derive(Clone, Copy)]
enum Content {
    File(&'static str),
    Text(&'static str),
    /// A file, and what `--logformat` says of it.
    Told(&'static str, &'static str),
}

const fn lines(format: &'static str, file: &'static str, header: usize) -> Sample {
    local(format, file, header, "")
}

const fn local(
    format: &'static str,
    file: &'static str,
    header: usize,
    zone: &'static str,
) -> Sample {
    Sample {
        format,
        content: Content::File(file),
        zone,
        layout: Layout::Lines(header),
    }
}

const fn whole(format: &'static str, file: &'static str) -> Sample {
    Sample {
        format,
        content: Content::File(file),
        zone: "",
        layout: Layout::Whole,
    }
}

const API: &str = r#"{"Schema":[{"Name":"Timestamp","Type":"DateTime"},{"Name":"DeviceName","Type":"String"},{"Name":"ActionType","Type":"String"},{"Name":"RemoteIP","Type":"String"},{"Name":"RemotePort","Type":"Int32"},{"Name":"LocalIP","Type":"String"},{"Name":"InitiatingProcessId","Type":"Int64"}],
"Results":[{"Timestamp":"2026-03-02T10:00:00.1234567Z","DeviceName":"ws-01","ActionType":"ConnectionSuccess","RemoteIP":"192.0.2.1","RemotePort":443,"LocalIP":"10.0.1.11","InitiatingProcessId":7},
{"Timestamp":"2026-03-02T10:00:01Z","DeviceName":"ws-02","ActionType":"ConnectionFailed","RemoteIP":"192.0.2.2","RemotePort":80,"LocalIP":"10.0.1.12","InitiatingProcessId":8}]}"#;

const CSV: &str = "Timestamp,DeviceName,ActionType,RemoteIP,RemotePort,RemoteUrl,LocalIP,InitiatingProcessId,AdditionalFields
2026-03-02T10:00:00.1234567Z,ws-01,ConnectionSuccess,192.0.2.1,443,a.example,10.0.1.11,7,\"{\"\"k\"\":\"\"v\"\"}\"
2026-03-02T10:00:01Z,ws-02,ConnectionFailed,192.0.2.2,80,b.example,10.0.1.12,8,
2026-03-02T10:00:02Z,ws-03,ConnectionSuccess,192.0.2.3,80,\"c, d\",10.0.1.13,9,
2026-03-02T10:00:03Z,ws-04,ConnectionSuccess,192.0.2.4,80,e.example,10.0.1.14,10,{}
";

const ZEEK_JSON: &str = r#"{"_path":"conn","ts":1772442900.1,"uid":"C1","id.orig_h":"10.0.1.11","id.orig_p":50001,"id.resp_h":"10.0.0.6","id.resp_p":8080,"proto":"tcp","conn_state":"SF","local_orig":true,"orig_bytes":10,"resp_bytes":20}
{"_path":"http","ts":1772442900.2,"uid":"C1","id.orig_h":"10.0.1.11","id.orig_p":50001,"id.resp_h":"10.0.0.6","id.resp_p":8080,"method":"CONNECT","host":"a.example:443","uri":"a.example:443","status_code":200,"proxied":["VIA -> x"]}
{"_path":"conn","ts":1772442901.1,"uid":"C2","id.orig_h":"10.0.1.12","id.orig_p":50002,"id.resp_h":"192.0.2.1","id.resp_p":443,"proto":"tcp","conn_state":"REJ"}
{"_path":"dns","ts":1772442902.1,"uid":"C3","id.orig_h":"10.0.1.12","id.orig_p":50003,"id.resp_h":"10.0.2.2","id.resp_p":53,"proto":"udp","query":"a.example","qtype":1,"qtype_name":"A","rcode":0,"rcode_name":"NOERROR"}
"#;

const NGINX: &str = "log_format forward '$msec $request_time $remote_addr $remote_port $remote_user \"$request\" $status '
  '$request_length $bytes_sent \"$http_user_agent\" $connect_host $connect_port';";

const SAMPLES: &[Sample] = &[
    lines(
        "defender-stream",
        "logs/defender/DeviceNetworkEvents.ndjson",
        0,
    ),
    Sample {
        format: "defender-api",
        content: Content::Text(API),
        zone: "",
        layout: Layout::Whole,
    },
    Sample {
        format: "defender-csv",
        content: Content::Text(CSV),
        zone: "",
        layout: Layout::Lines(1),
    },
    Sample {
        format: "zeek-json",
        content: Content::Text(ZEEK_JSON),
        zone: "",
        layout: Layout::Lines(0),
    },
    lines("zeek-tsv", "logs/zeek/conn.log", 8),
    lines("zeek-tsv", "logs/zeek/http.log", 8),
    lines("zeek-tsv", "logs/zeek/dns.log", 8),
    lines("zeek-tsv", "formats/zeek/ssh.log", 8),
    lines("zeek-tsv", "formats/zeek/smtp.log", 8),
    lines("zeek-tsv", "formats/zeek/ftp.log", 8),
    lines("zeek-tsv", "formats/zeek/ntlm.log", 8),
    lines("zeek-tsv", "formats/zeek/dhcp.log", 8),
    whole("windows-evtx", "formats/windows/events.evtx"),
    lines("windows-xml", "formats/windows/events.xml", 0),
    lines("windows-json", "formats/windows/winlogbeat.ndjson", 0),
    local("windows-json", "formats/windows/nxlog.ndjson", 0, "UTC"),
    lines("windows-json", "formats/windows/evtxecmd.json", 0),
    lines("suricata-eve", "formats/suricata-eve/eve.json", 0),
    local(
        "windows-firewall",
        "formats/windows-firewall/pfirewall.log",
        4,
        "Europe/Berlin",
    ),
    lines("aws-vpc-flow", "formats/aws-vpc-flow/header.log", 1),
    lines("aws-vpc-flow", "formats/aws-vpc-flow/version2.log", 0),
    // A line of osquery's may hold several records.
    whole("osquery", "formats/osquery/osqueryd.results.log"),
    lines("netflow-json", "formats/netflow-json/flows.ndjson", 0),
    lines("squid", "logs/squid/access.log", 0),
    lines("fortinet", "formats/fortinet/fortigate.log", 0),
    lines("zscaler", "formats/zscaler/web.ndjson", 0),
    lines("zscaler", "formats/zscaler/web.kv", 0),
    lines("zscaler", "formats/zscaler/web.csv", 1),
    local("paloalto", "formats/paloalto/pan.csv", 0, "Europe/Berlin"),
    lines("skyhigh", "formats/skyhigh/feed.log", 0),
    lines("skyhigh", "formats/skyhigh/feed.csv", 1),
    lines("mcafee", "formats/mcafee/access.log", 1),
    lines("umbrella", "formats/umbrella/proxy.csv", 0),
    lines("forcepoint", "formats/forcepoint/cef.log", 0),
    local("forcepoint", "formats/forcepoint/leef.log", 0, "UTC"),
    local("forcepoint", "formats/forcepoint/pairs.log", 0, "UTC"),
    lines("netskope", "formats/netskope/events.ndjson", 0),
    lines("netskope", "formats/netskope/cef.log", 0),
    lines("w3c", "formats/w3c/proxysg.log", 5),
    lines("w3c", "formats/w3c/wsa.log", 5),
    lines("w3c", "formats/w3c/tmg.log", 4),
    lines("wsa", "formats/wsa/aclog.log", 0),
    lines("squid-logformat", "formats/squid-logformat/port.log", 0),
    lines("squid-logformat", "formats/squid-logformat/combined.log", 0),
    local("haproxy", "formats/haproxy/haproxy.log", 0, "Europe/Berlin"),
    lines("3proxy", "formats/3proxy/3proxy.log", 0),
    lines("apache", "formats/apache/access.log", 0),
    Sample {
        format: "nginx",
        content: Content::Told("formats/nginx/access.log", NGINX),
        zone: "",
        layout: Layout::Lines(0),
    },
    lines("cef", "formats/cef/events.log", 0),
    lines("leef", "formats/leef/events.log", 0),
    whole("windows-evtx", "formats/windows/events.evtx"),
    whole("windows-xml", "formats/windows/events.xml"),
    whole("windows-json", "formats/windows/evtxecmd.json"),
    lines("windows-json", "formats/windows/nxlog.ndjson", 0),
    lines("windows-json", "formats/windows/winlogbeat.ndjson", 0),
    lines("suricata-eve", "formats/suricata-eve/eve.json", 0),
    local(
        "windows-firewall",
        "formats/windows-firewall/pfirewall.log",
        4,
        "Europe/Berlin",
    ),
    lines("aws-vpc-flow", "formats/aws-vpc-flow/header.log", 1),
    lines("aws-vpc-flow", "formats/aws-vpc-flow/version2.log", 0),
    lines("osquery", "formats/osquery/osqueryd.results.log", 0),
    lines("netflow-json", "formats/netflow-json/flows.ndjson", 0),
    // The checks of a URL depend on the line that names it.
    Sample {
        format: "connectivity",
        content: Content::File("logs/health/ws-04.birchwood.example.txt"),
        zone: "",
        layout: Layout::Whole,
    },
    lines("squid-logformat", "formats/squid-logformat/port.log", 0),
    lines("squid-logformat", "formats/squid-logformat/combined.log", 0),
    local("haproxy", "formats/haproxy/haproxy.log", 0, "Europe/Berlin"),
    lines("3proxy", "formats/3proxy/3proxy.log", 0),
    lines("apache", "formats/apache/access.log", 0),
    lines("nginx", "formats/apache/access.log", 0),
    lines("w3c", "formats/w3c/proxysg.log", 6),
    lines("w3c", "formats/w3c/wsa.log", 5),
    lines("w3c", "formats/w3c/tmg.log", 4),
    lines("wsa", "formats/wsa/aclog.log", 0),
];

/// splitmix64, so that a failure can be repeated.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) % n.max(1) as u64) as usize
    }
}

/// What is done to the bytes of a record.
type Damage = fn(&mut Vec<u8>, &mut Dice);

const DAMAGES: &[(&str, Damage)] = &[
    ("cut at its end", |line, dice| {
        line.truncate(dice.below(line.len() + 1))
    }),
    ("cut at its beginning", |line, dice| {
        line.drain(..dice.below(line.len() + 1));
    }),
    ("a bit flipped", |line, dice| {
        let at = dice.below(line.len());
        line[at] ^= 1 << dice.below(8);
    }),
    ("a NUL", |line, dice| {
        let at = dice.below(line.len());
        line[at] = 0;
    }),
    ("a huge field", |line, dice| {
        let at = dice.below(line.len());
        line.splice(at..at, vec![b'9'; 3000]);
    }),
    ("two bytes swapped", |line, dice| {
        let (a, b) = (dice.below(line.len()), dice.below(line.len()));
        line.swap(a, b);
    }),
    ("two fields swapped", swap_fields),
    ("a field twice", |line, dice| {
        let (from, to) = field(line, dice);
        let copy = line[from..to].to_vec();
        line.splice(to..to, copy);
    }),
    ("a field gone", |line, dice| {
        let (from, to) = field(line, dice);
        line.drain(from..to);
    }),
    (
        "quotes, brackets and bytes that are no UTF-8",
        |line, dice| {
            let at = dice.below(line.len());
            line.splice(at..at, *b"\"\\\xff\t,{[");
        },
    ),
    ("a carriage return at its end", |line, _| line.push(b'\r')),
    ("broken in two", |line, dice| {
        let at = dice.below(line.len());
        line.insert(at, b'\n');
    }),
];

fn is_gap(byte: &u8) -> bool {
    matches!(byte, b' ' | b'\t' | b',' | b'|')
}

/// Where a field begins and ends, the gap before it left out.
fn field(line: &[u8], dice: &mut Dice) -> (usize, usize) {
    let at = dice.below(line.len());
    let from = line[..at].iter().rposition(is_gap).map_or(0, |gap| gap + 1);
    let to = line[at..]
        .iter()
        .position(is_gap)
        .map_or(line.len(), |gap| at + gap);
    (from, to.max(from))
}

fn swap_fields(line: &mut Vec<u8>, dice: &mut Dice) {
    let (first, second) = (field(line, dice), field(line, dice));
    let (left, right) = if first.0 <= second.0 {
        (first, second)
    } else {
        (second, first)
    };
    if left.1 > right.0 {
        return;
    }
    let (a, b) = (
        line[left.0..left.1].to_vec(),
        line[right.0..right.1].to_vec(),
    );
    line.splice(right.0..right.1, a);
    line.splice(left.0..left.1, b);
}

impl Sample {
    fn name(&self) -> &'static str {
        match self.content {
            Content::File(file) | Content::Told(file, _) => file,
            Content::Text(_) => self.format,
        }
    }

    fn bytes(&self) -> Vec<u8> {
        match self.content {
            Content::File(file) | Content::Told(file, _) => {
                std::fs::read(samples().join(file)).unwrap()
            }
            Content::Text(text) => text.as_bytes().to_vec(),
        }
    }

    fn options(&self) -> Options {
        let zone = (!self.zone.is_empty()).then(|| jiff::tz::TimeZone::get(self.zone).unwrap());
        Options {
            format: Some(self.format.to_owned()),
            time_zone: zone,
            logformat: match self.content {
                Content::Told(_, told) => Some(told.to_owned()),
                Content::File(_) | Content::Text(_) => None,
            },
            ..Options::default()
        }
    }

    /// Ingests a variant; whatever became of it, the counts add up.
    fn run(&self, content: &[u8]) -> Ran {
        let file = match self.content {
            Content::File(file) | Content::Told(file, _) => file.rsplit('/').next().unwrap(),
            Content::Text(_) => "DeviceNetworkEvents.txt",
        };
        let ran = ingest_text_with(file, content, &self.options());
        let _ = ran.counts();
        ran
    }
}

/// Offset and id of every row, all tables.
fn ids(ran: &Ran) -> Vec<(usize, String)> {
    let batches = ran.batches.iter();
    batches
        .flat_map(|(_, batch)| {
            let offsets = cells(batch, "_source_position");
            let offsets = offsets.into_iter().map(|offset| offset.parse().unwrap());
            offsets.zip(cells(batch, "_record_id"))
        })
        .collect()
}

/// Copies of the sample's records in one file: each copy has one damage, and is one variant. Equal records of a file have ids
/// by their ordinal, so of the ids that a record's copies have, at most as many may be missing as copies were damaged.
const COPIES: usize = 25;

fn neighbours_survive(sample: &Sample, header: usize, variants: usize) {
    let text = sample.bytes();
    let all: Vec<&[u8]> = text
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .take(header + RECORDS)
        .collect();
    let (head, records) = all.split_at(header);
    let known = known_ids(sample, head, records);
    let mut dice = Dice(7);
    for round in 0..variants.div_ceil(COPIES) {
        let mut file = head.to_vec().join(&b'\n');
        file.push(b'\n');
        let mut hits = vec![0; records.len()];
        let mut told = Vec::new();
        for copy in 0..COPIES {
            let (what, damage) = DAMAGES[(round * COPIES + copy) % DAMAGES.len()];
            let hit = dice.below(records.len());
            hits[hit] += 1;
            for (at, record) in records.iter().enumerate() {
                let mut line = record.to_vec();
                if at == hit {
                    damage(&mut line, &mut dice);
                    told.push(format!("{what}: {}", String::from_utf8_lossy(&line)));
                }
                file.extend(line);
                file.push(b'\n');
            }
        }
        let ran = sample.run(&file);
        let kept: BTreeSet<String> = ids(&ran).into_iter().map(|(_, id)| id).collect();
        for (at, known) in known.iter().enumerate() {
            let alive = known.iter().filter(|id| kept.contains(*id)).count();
            assert!(
                alive + hits[at] * known.len().div_ceil(COPIES) >= known.len(),
                "{} round {round}: {alive} of {} copies of record {at} are left, {} were damaged: {}\n{}",
                sample.name(),
                known.len(),
                hits[at],
                ran.report,
                told.join("\n")
            );
        }
    }
}

/// For each record the ids of its copies, in an undamaged file; none for records that become no row.
fn known_ids(sample: &Sample, head: &[&[u8]], records: &[&[u8]]) -> Vec<Vec<String>> {
    let mut file = head.join(&b'\n');
    file.push(b'\n');
    let mut starts = Vec::new();
    for _ in 0..COPIES {
        for record in records {
            starts.push(file.len());
            file.extend(*record);
            file.push(b'\n');
        }
    }
    let whole = sample.run(&file);
    assert_eq!(whole.file().outcome, Outcome::Read, "{}", whole.report);
    let mut known = vec![Vec::new(); records.len()];
    for (offset, id) in ids(&whole) {
        let line = starts.iter().rposition(|start| *start <= offset).unwrap();
        known[line % records.len()].push(id);
    }
    assert!(known.iter().any(|ids| !ids.is_empty()), "{}", whole.report);
    known
}

/// Anything damaged, anywhere: `run` asserts that the counts add up.
fn nothing_goes_uncounted(sample: &Sample, variants: usize) {
    let text = sample.bytes();
    let text = &text[..text.len().min(6000)];
    let mut dice = Dice(11);
    for variant in 0..variants {
        let mut damaged = text.to_vec();
        for _ in 0..=dice.below(3) {
            if !damaged.is_empty() {
                DAMAGES[variant % DAMAGES.len()].1(&mut damaged, &mut dice);
            }
        }
        sample.run(&damaged);
    }
}

fn damage_all(formats: impl Fn(&str) -> bool) {
    for sample in SAMPLES.iter().filter(|sample| formats(sample.format)) {
        // A format's samples share its variants.
        let twins = SAMPLES.iter().filter(|other| other.format == sample.format);
        let variants = VARIANTS.div_ceil(twins.count());
        match sample.layout {
            Layout::Lines(header) => {
                neighbours_survive(sample, header, variants);
                nothing_goes_uncounted(sample, 60);
            }
            Layout::Whole => nothing_goes_uncounted(sample, variants),
        }
    }
}

#[test]
fn every_format_has_a_sample_to_damage() {
    let missing: Vec<&str> = FORMATS
        .iter()
        .map(|format| format.name())
        .filter(|name| !SAMPLES.iter().any(|sample| sample.format == *name))
        .collect();
    assert_eq!(
        missing, ["zeek-json"; 0],
        "formats without a line in SAMPLES"
    );
}

#[test]
fn damaged_records_cost_themselves_in_exports() {
    damage_all(|name| name.starts_with("defender"));
}

fn is_sensor(format: &str) -> bool {
    let families = ["zeek", "windows", "suricata", "aws", "osquery", "netflow"];
    families.iter().any(|family| format.starts_with(family))
}

#[test]
fn damaged_records_cost_themselves_in_zeeks_logs() {
    damage_all(|name| name.starts_with("zeek"));
}

#[test]
fn damaged_records_cost_themselves_in_other_sensors_logs() {
    damage_all(|name| is_sensor(name) && !name.starts_with("zeek"));
}

#[test]
fn damaged_records_cost_themselves_in_vendors_records() {
    damage_all(|name| !is_sensor(name) && !name.starts_with("defender"));
}
