//! What a run of the correlation tells of itself.

use super::model::{Skew, Tier};
use super::run::Mode;
use huntql_kql::time::{TICKS_PER_HOUR, civil};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;

/// What was done with one proxy's records.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ProxySummary {
    /// Name, listener or file: what tells the proxy from others.
    pub proxy: String,
    pub records: u64,
    /// Records that are half of an authentication handshake (407) and become no row.
    pub authentication: u64,
    /// Records whose client is a proxy itself: the first hop's record has the row.
    pub upstream: u64,
    /// Records that are told in another one's row: the same tunnel.
    pub merged: u64,
    pub tiers: Tiers,
    /// Connections of a port between which nothing decided.
    pub ambiguous: u64,
    /// The clock, proxy minus sensor, in ms: the least, the middle and the greatest of the hours.
    pub skew_ms: Option<[i64; 3]>,
    pub hours: u64,
    /// Hours in which the skew is not known: `2026-03-04T10: flat`.
    pub refused_hours: Vec<String>,
    #[serde(skip)]
    skews: Vec<i64>,
}

/// Rows by tier.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Tiers {
    pub exact: u64,
    pub process: u64,
    pub aligned: u64,
    pub device: u64,
    pub none: u64,
}

impl Tiers {
    pub(super) fn add(&mut self, tier: Tier) {
        *match tier {
            Tier::Exact => &mut self.exact,
            Tier::Process => &mut self.process,
            Tier::Aligned => &mut self.aligned,
            Tier::Device => &mut self.device,
            Tier::None => &mut self.none,
        } += 1;
    }

    pub fn total(&self) -> u64 {
        self.exact + self.process + self.aligned + self.device + self.none
    }
}

/// What a run did.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Summary {
    pub days: u64,
    /// Connections to a proxy that sensors saw.
    pub connections: u64,
    pub proxies: Vec<ProxySummary>,
    /// Rows from network sensors' own witness, no proxy's record being there.
    pub witnessed: Witnessed,
    /// Addresses that several devices used at once.
    pub shared_addresses: Vec<String>,
    /// Derived rows that are in the store now for these days; that would be, of a dry run.
    pub rows: u64,
    /// Whether nothing was written.
    pub dry_run: bool,
    #[serde(skip)]
    by_proxy: BTreeMap<u32, usize>,
}

/// Witnessed targets by what named them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Witnessed {
    pub connect: u64,
    pub host: u64,
    pub sni: u64,
}

impl Summary {
    pub(super) fn new(mode: Mode) -> Self {
        Self {
            dry_run: mode == Mode::DryRun,
            ..Self::default()
        }
    }

    pub(super) fn proxy(&mut self, number: u32, name: &str) -> &mut ProxySummary {
        let next = self.proxies.len();
        let at = *self.by_proxy.entry(number).or_insert(next);
        if at == next {
            self.proxies.push(ProxySummary {
                proxy: name.to_owned(),
                ..ProxySummary::default()
            });
        }
        &mut self.proxies[at]
    }

    pub(super) fn finish(&mut self) {
        for proxy in &mut self.proxies {
            proxy.skews.sort_unstable();
            let skews = &proxy.skews;
            proxy.skew_ms = match (skews.first(), skews.last()) {
                (Some(least), Some(most)) => Some([*least, skews[skews.len() / 2], *most]),
                _ => None,
            };
        }
        self.proxies.sort_by(|a, b| a.proxy.cmp(&b.proxy));
        self.shared_addresses.sort();
        self.shared_addresses.dedup();
    }
}

impl ProxySummary {
    /// One hour's clock; `hour` counts hours since 0001.
    pub(super) fn hour(&mut self, hour: i64, skew: Skew) {
        self.hours += 1;
        match skew {
            Skew::Known { ms } => self.skews.push(ms),
            Skew::Refused(reason) => {
                let time = civil(hour * TICKS_PER_HOUR);
                let shown = format!(
                    "{:04}-{:02}-{:02}T{:02}: {}",
                    time.year,
                    time.month,
                    time.day,
                    time.hour,
                    reason.name()
                );
                self.refused_hours.push(shown);
            }
        }
    }
}

/// For people; nothing about what did not occur.
impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} connections to proxies in {} {}",
            self.connections,
            self.days,
            if self.days == 1 { "day" } else { "days" }
        )?;
        for proxy in &self.proxies {
            write!(f, "{proxy}")?;
        }
        let seen = self.witnessed;
        if seen != Witnessed::default() {
            writeln!(
                f,
                "named by network sensors alone: {} by CONNECT, {} by Host, {} by TLS name",
                seen.connect, seen.host, seen.sni
            )?;
        }
        if !self.shared_addresses.is_empty() {
            writeln!(
                f,
                "shared by several devices: {}",
                self.shared_addresses.join(", ")
            )?;
        }
        let verb = if self.dry_run {
            "would be written"
        } else {
            "written"
        };
        write!(f, "{} rows {verb}", self.rows)
    }
}

impl fmt::Display for ProxySummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} records", self.proxy, self.records)?;
        for (count, what) in [
            (self.authentication, "authentication"),
            (self.upstream, "from another proxy"),
            (self.merged, "merged into another"),
        ] {
            if count > 0 {
                write!(f, ", {count} {what}")?;
            }
        }
        let tiers = self.tiers;
        writeln!(
            f,
            "\n  exact {}, process {}, aligned {}, device {}, none {}",
            tiers.exact, tiers.process, tiers.aligned, tiers.device, tiers.none
        )?;
        if self.ambiguous > 0 {
            writeln!(f, "  {} ambiguous by port", self.ambiguous)?;
        }
        match self.skew_ms {
            Some([least, middle, most]) if least == most => {
                writeln!(f, "  clock: {middle} ms against the sensors")?;
            }
            Some([least, middle, most]) => writeln!(
                f,
                "  clock: {middle} ms against the sensors ({least} to {most} by hour)"
            )?,
            None => {}
        }
        if !self.refused_hours.is_empty() {
            writeln!(
                f,
                "  clock not known in {} of {} hours: {}",
                self.refused_hours.len(),
                self.hours,
                first_few(&self.refused_hours)
            )?;
        }
        Ok(())
    }
}

fn first_few(texts: &[String]) -> String {
    const SHOWN: usize = 5;
    match texts.len() > SHOWN {
        true => format!("{} …", texts[..SHOWN].join(", ")),
        false => texts.join(", "),
    }
}
