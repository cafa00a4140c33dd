//! One Windows event, however it was written.

use crate::address;
use crate::output::Refusal;
use crate::time;
use std::net::IpAddr;

/// The logs whose events may be mapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Channel {
    Sysmon,
    Security,
    Other,
}

const CHANNELS: &[(&str, Channel)] = &[
    ("Microsoft-Windows-Sysmon/Operational", Channel::Sysmon),
    ("Security", Channel::Security),
];

/// An event: what its `System` part says, and its named data in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct WindowsEvent {
    pub channel: String,
    pub provider: String,
    pub id: Option<u32>,
    pub computer: String,
    pub record_id: Option<i64>,
    /// `TimeCreated`, with its zone: in XML always UTC.
    pub time: String,
    pub data: Vec<(String, String)>,
}

impl WindowsEvent {
    /// Which log it is of. Events forwarded to a collector keep their channel; where it is missing the provider speaks.
    pub fn channel(&self) -> Channel {
        let named = CHANNELS
            .iter()
            .find(|(name, _)| self.channel.eq_ignore_ascii_case(name));
        match named {
            Some((_, channel)) => *channel,
            None if self.channel.is_empty() || self.channel == "ForwardedEvents" => {
                match self.provider.as_str() {
                    "Microsoft-Windows-Sysmon" => Channel::Sysmon,
                    "Microsoft-Windows-Security-Auditing" => Channel::Security,
                    _ => Channel::Other,
                }
            }
            None => Channel::Other,
        }
    }

    /// What the report calls it when it is passed over: the channel and the event's number.
    pub fn name(&self) -> String {
        let log = match (&self.channel, &self.provider) {
            (channel, provider) if channel.is_empty() => provider,
            (channel, _) => channel,
        };
        // A hostile file could name a million channels.
        let log: String = log.chars().take(80).collect();
        match self.id {
            Some(id) => format!("{log} {id}"),
            None => format!("{log} without an event id"),
        }
    }

    /// A value of the event's data; what Windows writes for nothing (`-`) is nothing.
    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self.data.iter().find(|(known, _)| known == name);
        found
            .map(|(_, value)| value.trim())
            .filter(|value| !value.is_empty() && *value != "-")
    }

    pub fn owned(&self, name: &str) -> Option<String> {
        self.get(name).map(str::to_owned)
    }

    /// A decimal or `0x` number.
    pub fn number(&self, name: &str) -> Option<i64> {
        let text = self.get(name)?;
        match text.strip_prefix("0x") {
            Some(hex) => i64::from_str_radix(hex, 16).ok(),
            None => text.parse().ok(),
        }
    }

    pub fn address(&self, name: &str) -> Result<Option<IpAddr>, Refusal> {
        let Some(text) = self.get(name) else {
            return Ok(None);
        };
        address::parse(text).map(Some).ok_or_else(|| {
            Refusal::new("bad_address", format!("`{text}` in `{name}` is no address"))
        })
    }

    pub fn port(&self, name: &str) -> Result<Option<i64>, Refusal> {
        let Some(text) = self.get(name) else {
            return Ok(None);
        };
        match text.parse::<u16>() {
            Ok(port) => Ok(Some(i64::from(port))),
            Err(_) => Err(Refusal::new(
                "bad_port",
                format!("`{text}` in `{name}` is no port"),
            )),
        }
    }

    /// Sysmon's own time of the event, which is UTC; without one the time of the record.
    pub fn utc_time(&self) -> Result<i64, Refusal> {
        let Some(text) = self.get("UtcTime") else {
            return self.created();
        };
        let local = time::iso_local(text.as_bytes()).filter(|(_, zone)| zone.is_empty());
        let tick = local
            .map(|(tick, _)| tick)
            .or_else(|| time::iso_instant(text));
        Self::plausible(tick, text, "UtcTime")
    }

    /// When the record was written.
    pub fn created(&self) -> Result<i64, Refusal> {
        if self.time.is_empty() {
            return Err(Refusal::new("no_time", "the event has no time"));
        }
        if time::iso_local(self.time.as_bytes()).is_some_and(|(_, zone)| zone.is_empty()) {
            return Err(Refusal::new(
                "local_time",
                format!(
                    "`{}` is local time and does not say of which zone; say it with --tz",
                    self.time
                ),
            ));
        }
        Self::plausible(time::iso_instant(&self.time), &self.time, "TimeCreated")
    }

    fn plausible(tick: Option<i64>, text: &str, name: &str) -> Result<i64, Refusal> {
        match tick {
            Some(tick) if tick >= time::YEAR_1990 => Ok(tick),
            Some(_) => Err(Refusal::new(
                "time_before_1990",
                format!("`{text}` in `{name}` is before 1990"),
            )),
            None => Err(Refusal::new(
                "bad_time",
                format!("`{text}` in `{name}` is no time"),
            )),
        }
    }
}
