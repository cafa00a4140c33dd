//! Messages of RFC 5424, over UDP (RFC 5426), over TCP with counted octets (RFC 6587), or so over TLS (RFC 5425).
//!
//! The message is the alert as JSON; id, rule and severity stand in the structured data too. No way says that a message has
//! arrived: over UDP it may be lost, over TCP and TLS what was sent shortly before the other side went away.

use super::config::Settings;
use super::tls::{Connector, Wire};
use super::{Delivery, Opened, Outlets, Refusal, Sink};
use crate::state::lock::host;
use std::io::{self, Write};
use std::net::{TcpStream, ToSocketAddrs, UdpSocket};
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(10);
/// What fits a datagram of IPv4.
const DATAGRAM_BYTES_MAX: usize = 65_507;
const PORT: u16 = 514;
const TLS_PORT: u16 = 6514;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Protocol {
    Udp,
    Tcp,
    Tls,
}

const FACILITIES: [(&str, u8); 11] = [
    ("user", 1),
    ("daemon", 3),
    ("audit", 13),
    ("local0", 16),
    ("local1", 17),
    ("local2", 18),
    ("local3", 19),
    ("local4", 20),
    ("local5", 21),
    ("local6", 22),
    ("local7", 23),
];

const SEVERITIES: [(&str, u8); 4] = [("High", 2), ("Medium", 4), ("Low", 5), ("Informational", 6)];
const NOTICE: u8 = 5;

struct Syslog {
    address: String,
    protocol: Protocol,
    facility: u8,
    timeout: Duration,
    host: String,
    /// For TLS.
    connector: Option<Connector>,
    stream: Option<Wire>,
}

pub(super) fn open(settings: &Settings, _: &Outlets) -> Opened {
    let address = settings.needed("address")?;
    let port = address
        .rsplit_once(':')
        .filter(|(_, port)| port.parse::<u16>().is_ok());
    let protocols = [
        ("udp", Protocol::Udp),
        ("tcp", Protocol::Tcp),
        ("tls", Protocol::Tls),
    ];
    let protocol = settings.choice("protocol", &protocols, Protocol::Udp)?;
    let connector = match protocol {
        Protocol::Tls => {
            let server = port.map_or(address, |(server, _)| server);
            Some(Connector::read(settings, server)?)
        }
        Protocol::Udp | Protocol::Tcp => None,
    };
    let usual = match protocol {
        Protocol::Tls => TLS_PORT,
        Protocol::Udp | Protocol::Tcp => PORT,
    };
    Ok(Box::new(Syslog {
        address: match port {
            Some(_) => address.to_owned(),
            None => format!("{address}:{usual}"),
        },
        protocol,
        facility: settings.choice("facility", &FACILITIES, 13)?,
        timeout: settings.time("timeout", TIMEOUT)?,
        host: host(),
        connector,
        stream: None,
    }))
}

impl Sink for Syslog {
    fn deliver(&mut self, delivery: &Delivery<'_>) -> Result<(), Refusal> {
        let message = message(delivery, self.facility, &self.host);
        let sent = match self.protocol {
            Protocol::Udp if message.len() > DATAGRAM_BYTES_MAX => {
                return Err(Refusal::Never(format!(
                    "a message of {} bytes does not fit a datagram; `protocol = \"tcp\"` or `\"tls\"` takes it",
                    message.len()
                )));
            }
            Protocol::Udp => self.datagram(&message),
            Protocol::Tcp | Protocol::Tls => self.counted(&message),
        };
        sent.map_err(|error| Refusal::Again(format!("syslog at {}: {error}", self.address)))
    }
}

impl Syslog {
    fn datagram(&self, message: &str) -> io::Result<()> {
        let to = self.resolved()?;
        let from = match to.is_ipv4() {
            true => "0.0.0.0:0",
            false => "[::]:0",
        };
        UdpSocket::bind(from)?.send_to(message.as_bytes(), to)?;
        Ok(())
    }

    fn counted(&mut self, message: &str) -> io::Result<()> {
        let frame = format!("{} {message}", message.len());
        let kept = self.stream.take();
        let kept = kept.and_then(|mut stream| stream.is_open().then_some(stream));
        let mut stream = match kept {
            Some(stream) => stream,
            None => {
                let stream = TcpStream::connect_timeout(&self.resolved()?, self.timeout)?;
                stream.set_write_timeout(Some(self.timeout))?;
                stream.set_read_timeout(Some(self.timeout))?;
                match &self.connector {
                    Some(connector) => Wire::Tls(Box::new(connector.secure(stream)?)),
                    None => Wire::Clear(stream),
                }
            }
        };
        stream.write_all(frame.as_bytes())?;
        stream.flush()?;
        self.stream = Some(stream);
        Ok(())
    }

    fn resolved(&self) -> io::Result<std::net::SocketAddr> {
        let mut addresses = self.address.to_socket_addrs()?;
        let none = || io::Error::new(io::ErrorKind::NotFound, "the name has no address");
        addresses.next().ok_or_else(none)
    }
}

fn message(delivery: &Delivery<'_>, facility: u8, host: &str) -> String {
    let alert = delivery.alert;
    let text = |value: &serde_json::Value| escaped(value.as_str().unwrap_or_default());
    let severity = SEVERITIES
        .iter()
        .find(|(name, _)| alert["severity"] == *name);
    let priority = facility * 8 + severity.map_or(NOTICE, |(_, level)| *level);
    // RFC 5424 allows six digits of a second.
    let raised = alert["raised"].as_str().unwrap_or("-");
    let time = match raised.len() {
        28 => format!("{}Z", &raised[..26]),
        _ => "-".to_owned(),
    };
    let host: String = host
        .chars()
        .filter(char::is_ascii_graphic)
        .take(255)
        .collect();
    let host = if host.is_empty() { "-" } else { &host };
    format!(
        "<{priority}>1 {time} {host} huntql {} alert [huntql@32473 id=\"{}\" ruleId=\"{}\" rule=\"{}\" severity=\"{}\"] \u{feff}{}",
        std::process::id(),
        escaped(delivery.id),
        text(&alert["rule"]["id"]),
        text(&alert["rule"]["name"]),
        text(&alert["severity"]),
        delivery.body,
    )
}

/// A value of structured data.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for character in text.chars() {
        if matches!(character, '"' | '\\' | ']') {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::outbox::Before;
    use serde_json::json;

    #[test]
    fn a_message_has_its_head_its_data_and_the_alert() {
        let alert = json!({
            "raised": "2026-03-04T15:00:00.1234567Z", "severity": "High", "rule": {"id": "r", "name": "a \"b\" ]"}
        });
        let body = json!({"id": "x"});
        let delivery = Delivery {
            id: "x",
            body: &body,
            alert: &alert,
            before: Before::NotArrived,
        };
        let message = message(&delivery, 16, "ws-01");
        let head = format!(
            "<130>1 2026-03-04T15:00:00.123456Z ws-01 huntql {} alert ",
            std::process::id()
        );
        assert!(message.starts_with(&head), "{message}");
        assert!(message.contains(r#"rule="a \"b\" \]""#), "{message}");
        assert!(message.ends_with("\u{feff}{\"id\":\"x\"}"), "{message}");
    }
}
