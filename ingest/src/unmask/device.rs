//! Which device had an address at a time.
//!
//! Each sighting says that a device had an address at an instant: a row of a sensor that runs on the device, or its
//! DeviceNetworkInfo. Between two sightings of one device the address is its own; between sightings of two devices it may be
//! either's. An address at which two devices take turns within minutes is shared (NAT, overlapping networks).

use super::model::SECOND;
use std::collections::HashMap;

/// A single sighting, before or after, holds for so long.
const LASTING: i64 = 24 * 3600 * SECOND;
/// Two devices that take turns within this share the address.
const TURNS: i64 = 600 * SECOND;

/// The devices by number; 0 is none.
#[derive(Debug)]
pub struct Devices {
    numbers: HashMap<String, u32>,
    names: Vec<(String, String)>,
}

impl Default for Devices {
    fn default() -> Self {
        Self {
            numbers: HashMap::new(),
            names: vec![Default::default()],
        }
    }
}

impl Devices {
    pub fn number(&mut self, id: &str, name: &str) -> u32 {
        if let Some(number) = self.numbers.get(id) {
            return *number;
        }
        let number = self.names.len() as u32;
        self.numbers.insert(id.to_owned(), number);
        self.names.push((id.to_owned(), name.to_owned()));
        number
    }

    /// DeviceId and DeviceName.
    pub fn name(&self, number: u32) -> (&str, &str) {
        let (id, name) = &self.names[number as usize];
        (id, name)
    }
}

/// What is known of who had an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holder {
    Device(u32),
    /// One of these, sorted.
    OneOf(Vec<u32>),
    Unknown,
}

/// The sightings of one address.
#[derive(Debug, Default)]
pub struct Sightings {
    seen: Vec<(i64, u32)>,
}

impl Sightings {
    pub fn add(&mut self, time: i64, device: u32) {
        self.seen.push((time, device));
    }

    /// Sorts; call it before asking.
    pub fn settle(&mut self) {
        self.seen.sort_unstable();
        // Of a run of one device the first and the last sighting say it all.
        let mut kept: Vec<(i64, u32)> = Vec::new();
        for sighting in self.seen.drain(..) {
            let of_run = |at: usize| kept.get(at).is_some_and(|k: &(i64, u32)| k.1 == sighting.1);
            let count = kept.len();
            let gap_is_short = kept
                .last()
                .is_some_and(|last| sighting.0 - last.0 <= LASTING);
            if count >= 2 && of_run(count - 1) && of_run(count - 2) && gap_is_short {
                kept[count - 1] = sighting;
            } else {
                kept.push(sighting);
            }
        }
        self.seen = kept;
    }

    /// The devices that take turns at the address within minutes; empty when it is nobody's but one's.
    pub fn sharing(&self) -> Vec<u32> {
        let mut devices = Vec::new();
        for (at, (time, device)) in self.seen.iter().enumerate() {
            let changed = at > 0 && self.seen[at - 1].1 != *device;
            let earlier = self.seen[..at].iter().rev().skip(1);
            let returned = earlier
                .take_while(|(before, _)| time - before <= TURNS)
                .any(|(_, before)| before == device);
            if changed && returned {
                devices.extend([self.seen[at - 1].1, *device]);
            }
        }
        devices.sort_unstable();
        devices.dedup();
        devices
    }

    pub fn at(&self, time: i64) -> Holder {
        let next = self.seen.partition_point(|(seen, _)| *seen <= time);
        let before = next.checked_sub(1).map(|at| self.seen[at]);
        let before = before.filter(|(seen, _)| time - seen <= LASTING);
        let after = self.seen.get(next).copied();
        let after = after.filter(|(seen, _)| seen - time <= LASTING);
        match (before, after) {
            (None, None) => Holder::Unknown,
            (Some((_, one)), None) | (None, Some((_, one))) => Holder::Device(one),
            (Some((_, one)), Some((_, other))) if one == other => Holder::Device(one),
            (Some((_, one)), Some((_, other))) => {
                Holder::OneOf(vec![one.min(other), one.max(other)])
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sightings(seen: &[(i64, u32)]) -> Sightings {
        let mut sightings = Sightings::default();
        for (seconds, device) in seen {
            sightings.add(seconds * SECOND, *device);
        }
        sightings.settle();
        sightings
    }

    #[test]
    fn between_two_devices_the_address_is_nobodys() {
        let seen = sightings(&[(0, 1), (10, 1), (1000, 1), (5000, 2)]);
        assert_eq!(seen.at(500 * SECOND), Holder::Device(1));
        assert_eq!(seen.at(3000 * SECOND), Holder::OneOf(vec![1, 2]));
        assert_eq!(seen.at(6000 * SECOND), Holder::Device(2));
        assert_eq!(seen.at(5000 * SECOND + 2 * LASTING), Holder::Unknown);
        assert!(seen.sharing().is_empty());
    }

    #[test]
    fn devices_that_take_turns_within_minutes_share() {
        assert_eq!(sightings(&[(0, 1), (60, 2), (120, 1)]).sharing(), [1, 2]);
        assert!(
            sightings(&[(0, 1), (60, 2), (7200, 1)])
                .sharing()
                .is_empty()
        );
    }
}
