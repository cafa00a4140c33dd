//! Damaged variants of each sample: no panic, nothing uncounted, good neighbours survive.

use crate::support::{ingest_text, samples};

/// splitmix64, so that a failure can be repeated.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) % n as u64) as usize
    }
}

/// What is done to a line.
type Damage = fn(&mut Vec<u8>, &mut Dice);

const DAMAGES: &[Damage] = &[
    |line, dice| line.truncate(dice.below(line.len() + 1)),
    |line, dice| {
        let at = dice.below(line.len());
        line[at] ^= 1 << dice.below(8);
    },
    |line, dice| {
        let at = dice.below(line.len());
        line[at] = 0;
    },
    |line, dice| {
        let at = dice.below(line.len());
        line.splice(at..at, vec![b'9'; 3000]);
    },
    |line, dice| {
        let (a, b) = (dice.below(line.len()), dice.below(line.len()));
        line.swap(a, b);
    },
    |line, dice| {
        let at = dice.below(line.len());
        line.splice(at..at, *b"\"\\\xff\t,{[");
    },
];

const HEADER_LINES: usize = 8;

/// Head of the file and a few records; one of the records is damaged.
fn variants(name: &str, count: usize) {
    let text = std::fs::read(samples().join("logs").join(name)).unwrap();
    let lines: Vec<&[u8]> = text
        .split(|byte| *byte == b'\n')
        .take(HEADER_LINES + 12)
        .collect();
    let file_name = name.rsplit('/').next().unwrap();
    let records = lines.iter().filter(|line| !line.starts_with(b"#")).count();
    let mut dice = Dice(7);
    for variant in 0..count {
        let hit = HEADER_LINES + dice.below(lines.len() - HEADER_LINES);
        let mut damaged: Vec<Vec<u8>> = lines.iter().map(|line| line.to_vec()).collect();
        DAMAGES[variant % DAMAGES.len()](&mut damaged[hit], &mut dice);
        let ran = ingest_text(file_name, damaged.join(&b'\n'));
        let [_, kept, _, _] = ran.counts();
        assert!(
            kept as usize >= records - 1,
            "{name} variant {variant}: {}\n{}",
            ran.report,
            String::from_utf8_lossy(&damaged[hit])
        );
        assert!(
            kept as usize <= records + 1,
            "{name} variant {variant}: {}",
            ran.report
        );
    }
}

#[test]
fn damaged_zeek_lines_cost_themselves() {
    for name in [
        "zeek/conn.log",
        "zeek/http.log",
        "zeek/ssl.log",
        "zeek/dns.log",
    ] {
        variants(name, 60);
    }
}

#[test]
fn damaged_squid_lines_cost_themselves() {
    variants("squid/access.log", 120);
}

#[test]
fn damaged_defender_lines_cost_themselves() {
    variants("defender/DeviceNetworkEvents.ndjson", 120);
}
