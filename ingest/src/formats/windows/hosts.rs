//! What a file tells of its hosts besides its events: their addresses, and their processes.
//!
//! Sysmon's `Source` is the host with `Initiated=true`. With `Initiated=false` it is the peer in some years' Sysmon, and the
//! host itself in others' (and for UDP servers always); Security's inbound events mostly have the peer, and not always.
//! So the local end is whichever address is known to be the host's own, and only where that decides nothing do the
//! fields' names.

use super::event::{Channel, WindowsEvent};
use crate::formats::process::{Process, account};
use std::collections::{HashMap, HashSet, VecDeque};
use std::net::IpAddr;

/// Processes remembered at most; the oldest are forgotten first.
const PROCESSES_MAX: usize = 65_536;
/// Bytes of a command line that are remembered.
const COMMAND_LINE_BYTES_MAX: usize = 16 << 10;
/// Hosts with addresses remembered at most, and addresses a host.
const HOSTS_MAX: usize = 65_536;
const ADDRESSES_MAX: usize = 1024;

/// `%%14593`: the connection was opened by this host.
pub(super) const OUTBOUND: &str = "%%14593";
/// `%%14592`: it came from outside.
pub(super) const INBOUND: &str = "%%14592";

/// Which of an event's two addresses is the host's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LocalEnd {
    Source,
    Destination,
}

/// The hosts of one file, by name.
#[derive(Debug, Default)]
pub(super) struct Hosts {
    addresses: HashMap<String, HashSet<IpAddr>>,
    processes: HashMap<String, Process>,
    order: VecDeque<String>,
}

impl Hosts {
    /// Takes up what the event is evidence of.
    pub fn learn(&mut self, event: &WindowsEvent) {
        match (event.channel(), event.id) {
            (Channel::Sysmon, Some(1)) => self.learn_process(event),
            (Channel::Sysmon, Some(3)) if is_true(event.get("Initiated")) => {
                self.learn_address(event, "SourceIp")
            }
            (Channel::Security, Some(5154 | 5155 | 5158)) => {
                self.learn_address(event, "SourceAddress")
            }
            (Channel::Security, Some(5156 | 5157)) if event.get("Direction") == Some(OUTBOUND) => {
                self.learn_address(event, "SourceAddress")
            }
            _ => {}
        }
    }

    fn learn_address(&mut self, event: &WindowsEvent, field: &str) {
        let Ok(Some(address)) = event.address(field) else {
            return;
        };
        let address = address.to_canonical();
        let host = event.computer.to_ascii_lowercase();
        if !is_one_hosts(address) || address.is_loopback() || host.is_empty() {
            return;
        }
        if self.addresses.len() >= HOSTS_MAX && !self.addresses.contains_key(&host) {
            return;
        }
        let known = self.addresses.entry(host).or_default();
        if known.len() < ADDRESSES_MAX {
            known.insert(address);
        }
    }

    /// The end that is the host's own. `initiated` is what the event itself says.
    pub fn local_end(
        &self,
        computer: &str,
        source: Option<IpAddr>,
        destination: Option<IpAddr>,
        initiated: bool,
    ) -> LocalEnd {
        let own = self.addresses.get(&computer.to_ascii_lowercase());
        let is_own = |address: Option<IpAddr>| {
            address
                .is_some_and(|address| own.is_some_and(|own| own.contains(&address.to_canonical())))
        };
        // Nobody has a multicast address for his own.
        let cannot_be = |address: Option<IpAddr>| {
            address.is_some_and(|address| !is_one_hosts(address.to_canonical()))
        };
        match (is_own(source), is_own(destination)) {
            (true, false) => LocalEnd::Source,
            (false, true) => LocalEnd::Destination,
            _ if cannot_be(destination) && !cannot_be(source) => LocalEnd::Source,
            _ if cannot_be(source) && !cannot_be(destination) => LocalEnd::Destination,
            _ if initiated => LocalEnd::Source,
            _ => LocalEnd::Destination,
        }
    }

    fn learn_process(&mut self, event: &WindowsEvent) {
        let Some(key) = process_key(event) else {
            return;
        };
        if self.processes.contains_key(&key) {
            return;
        }
        if self.processes.len() >= PROCESSES_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.processes.remove(&oldest);
        }
        let mut process = process_of(event);
        process.created = event.utc_time().ok();
        process.parent_id = event.number("ParentProcessId");
        process.parent_path = event.owned("ParentImage");
        process.command_line = event
            .owned("CommandLine")
            .filter(|line| line.len() <= COMMAND_LINE_BYTES_MAX);
        process.company = event.owned("Company");
        process.product = event.owned("Product");
        process.original_file_name = event.owned("OriginalFileName");
        process.description = event.owned("Description");
        process.integrity_level = event.owned("IntegrityLevel");
        set_hashes(&mut process, event);
        self.order.push_back(key.clone());
        self.processes.insert(key, process);
    }

    /// The process of an event: what the event says, and of what it does not say what event 1 told.
    pub fn process(&self, event: &WindowsEvent) -> Process {
        let told = process_of(event);
        let Some(known) = process_key(event).and_then(|key| self.processes.get(&key)) else {
            return told;
        };
        Process {
            id: told.id.or(known.id),
            path: told.path.or_else(|| known.path.clone()),
            account_domain: told.account_domain.or_else(|| known.account_domain.clone()),
            account_name: told.account_name.or_else(|| known.account_name.clone()),
            ..known.clone()
        }
    }
}

/// What each of Sysmon's events says of its process.
fn process_of(event: &WindowsEvent) -> Process {
    let (account_domain, account_name) = event.get("User").map_or((None, None), account);
    Process {
        id: event.number("ProcessId"),
        path: event
            .owned("Image")
            .filter(|path| path != "<unknown process>"),
        account_domain,
        account_name,
        ..Process::default()
    }
}

/// `SHA1=…,MD5=…,SHA256=…,IMPHASH=…`, each as its configuration has it; in lower case as Defender has them.
fn set_hashes(process: &mut Process, event: &WindowsEvent) {
    for (name, value) in event
        .get("Hashes")
        .unwrap_or_default()
        .split(',')
        .filter_map(|hash| hash.split_once('='))
    {
        let value = Some(value.to_ascii_lowercase());
        match name {
            "SHA1" => process.sha1 = value,
            "SHA256" => process.sha256 = value,
            "MD5" => process.md5 = value,
            _ => {}
        }
    }
}

/// A ProcessGuid has the machine's own bits, and yet the host goes before it: files are merged and machines are cloned.
fn process_key(event: &WindowsEvent) -> Option<String> {
    let guid = event.get("ProcessGuid")?;
    let guid = guid.trim_matches(['{', '}']).to_ascii_lowercase();
    // Sysmon writes zeros for a process that it did not see start.
    let is_set = guid.bytes().any(|byte| !matches!(byte, b'0' | b'-'));
    is_set.then(|| format!("{}|{guid}", event.computer.to_ascii_lowercase()))
}

pub(super) fn is_true(text: Option<&str>) -> bool {
    text.is_some_and(|text| text.eq_ignore_ascii_case("true"))
}

/// Whether one host can have this address: neither multicast, nor broadcast, nor unset.
fn is_one_hosts(address: IpAddr) -> bool {
    let broadcast = match address {
        IpAddr::V4(v4) => v4.is_broadcast(),
        IpAddr::V6(_) => false,
    };
    !(address.is_multicast() || address.is_unspecified() || broadcast)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn event(id: u32, data: &[(&str, &str)]) -> WindowsEvent {
        let own = |text: &&str| (*text).to_owned();
        WindowsEvent {
            channel: "Microsoft-Windows-Sysmon/Operational".to_owned(),
            id: Some(id),
            computer: "WS-01".to_owned(),
            data: data.iter().map(|(k, v)| (own(k), own(v))).collect(),
            ..WindowsEvent::default()
        }
    }

    fn end(hosts: &Hosts, source: &str, destination: &str, initiated: bool) -> LocalEnd {
        let ip = |text: &str| Some(text.parse().unwrap());
        hosts.local_end("ws-01", ip(source), ip(destination), initiated)
    }

    #[test]
    fn the_own_address_goes_before_what_initiated_says() {
        let mut hosts = Hosts::default();
        hosts.learn(&event(
            3,
            &[("Initiated", "True"), ("SourceIp", "::ffff:10.0.0.1")],
        ));
        assert_eq!(end(&hosts, "10.0.0.1", "10.0.0.9", false), LocalEnd::Source);
        assert_eq!(
            end(&hosts, "10.0.0.9", "10.0.0.1", true),
            LocalEnd::Destination
        );
        // Neither is known: the event's own word.
        assert_eq!(end(&hosts, "10.0.0.8", "10.0.0.9", true), LocalEnd::Source);
        assert_eq!(
            end(&hosts, "10.0.0.8", "10.0.0.9", false),
            LocalEnd::Destination
        );
        assert_eq!(
            end(&hosts, "127.0.0.1", "127.0.0.1", false),
            LocalEnd::Destination
        );
    }

    #[test]
    fn nobodys_own_address_is_a_multicast_or_broadcast_one() {
        let mut hosts = Hosts::default();
        for source in ["224.0.0.251", "255.255.255.255", "0.0.0.0", "127.0.0.1"] {
            hosts.learn(&event(3, &[("Initiated", "true"), ("SourceIp", source)]));
        }
        assert!(hosts.addresses.is_empty());
        assert_eq!(
            end(&hosts, "10.0.0.8", "224.0.0.251", false),
            LocalEnd::Source
        );
        assert_eq!(
            end(&hosts, "ff02::fb", "fe80::1", true),
            LocalEnd::Destination
        );
    }

    #[test]
    fn processes_are_remembered_up_to_a_bound_and_the_oldest_go_first() {
        let mut hosts = Hosts::default();
        let guid = |n: usize| format!("{{00000000-0000-0000-0000-{:012x}}}", n + 1);
        for n in 0..=PROCESSES_MAX {
            let guid = guid(n);
            hosts.learn(&event(1, &[("ProcessGuid", &guid), ("CommandLine", "x")]));
        }
        assert_eq!(hosts.processes.len(), PROCESSES_MAX);
        let line = |n| {
            let guid = guid(n).to_uppercase();
            hosts
                .process(&event(3, &[("ProcessGuid", guid.as_str())]))
                .command_line
        };
        assert_eq!((line(0), line(1)), (None, Some("x".to_owned())));
    }

    #[test]
    fn a_guid_of_zeros_is_no_process() {
        let zeros = "{00000000-0000-0000-0000-000000000000}";
        assert_eq!(process_key(&event(1, &[("ProcessGuid", zeros)])), None);
    }
}
