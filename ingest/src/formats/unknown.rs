//! What is no network or proxy log, by name: a refusal should say what was seen.
//!
//! Asked only when no format wants the file. A row that is wrong here costs a wrong word in a message, never an event.

use super::Head;

/// A kind of file that huntql does not read.
struct Kind {
    /// As in "looks like …".
    name: &'static str,
    looks_so: fn(&Head<'_>) -> bool,
}

/// From the particular to the general.
const KINDS: &[Kind] = &[
    Kind {
        name: "a zip archive inside another file (only zip files themselves are opened)",
        looks_so: |head| head.bytes.starts_with(b"PK\x03\x04"),
    },
    Kind {
        name: "a bzip2 stream (decompress it first; gzip, zstd and zip are read as they are)",
        looks_so: |head| head.bytes.starts_with(b"BZh"),
    },
    Kind {
        name: "an xz stream (decompress it first; gzip, zstd and zip are read as they are)",
        looks_so: |head| head.bytes.starts_with(b"\xfd7zXZ"),
    },
    Kind {
        name: "a packet capture (Zeek or Suricata make logs of it)",
        looks_so: is_capture,
    },
    Kind {
        name: "a Windows event log (EVTX)",
        looks_so: |head| head.bytes.starts_with(b"ElfFile\0"),
    },
    Kind {
        name: "a Parquet file",
        looks_so: |head| head.bytes.starts_with(b"PAR1"),
    },
    Kind {
        name: "a program",
        looks_so: |head| head.bytes.starts_with(b"\x7fELF") || head.bytes.starts_with(b"MZ\x90"),
    },
    Kind {
        name: "auditd's log",
        looks_so: |head| {
            most(head, |line| {
                line.contains("type=") && line.contains("msg=audit(")
            })
        },
    },
    Kind {
        name: "an access log of an AWS load balancer",
        looks_so: |head| most(head, is_load_balancer),
    },
    Kind {
        name: "Suricata's or Snort's fast.log (eve.json is the log with the facts)",
        looks_so: |head| most(head, |line| line.contains(" [**] [")),
    },
    Kind {
        name: "named's query log",
        looks_so: |head| {
            most(head, |line| {
                line.contains("client ") && line.contains('#') && line.contains(": query: ")
            })
        },
    },
    Kind {
        name: "a mail server's log",
        looks_so: |head| {
            most(head, |line| {
                ["postfix/", "sendmail[", "dovecot: ", "exim["]
                    .iter()
                    .any(|program| line.contains(program))
            })
        },
    },
    Kind {
        name: "AWS CloudTrail",
        looks_so: |head| has_keys(head, &["eventVersion", "eventSource", "awsRegion"]),
    },
    Kind {
        name: "a log of Cloudflare's edge",
        looks_so: |head| has_keys(head, &["RayID", "EdgeStartTimestamp"]),
    },
    Kind {
        name: "Microsoft 365's audit log",
        looks_so: |head| has_keys(head, &["Workload", "RecordType", "Operation"]),
    },
    Kind {
        name: "Kubernetes' audit log",
        looks_so: |head| has_keys(head, &["auditID", "requestURI", "verb"]),
    },
    Kind {
        name: "Windows events as text (export them as EVTX, XML or JSON)",
        looks_so: |head| {
            let mut lines = head.lines().map(<[u8]>::trim_ascii_start);
            lines.any(|line| line.starts_with(b"Log Name:") || line.starts_with(b"Event[0]"))
        },
    },
    Kind {
        name: "a web server's access log (no line of it went through a proxy)",
        looks_so: |head| most(head, is_web_access),
    },
    Kind {
        name: "a log in W3C's extended format whose `#Fields` name no client",
        looks_so: |head| head.lines().any(|line| line.starts_with(b"#Fields:")),
    },
    Kind {
        name: "an export of another Log Analytics table",
        looks_so: |head| first_line_has(head, &["TimeGenerated", "TenantId"]),
    },
    Kind {
        name: "a Sentinel rule or another YAML document",
        looks_so: |head| most(head, is_yaml),
    },
    Kind {
        name: "the output of `netsh winhttp show proxy`, which is no log",
        looks_so: |head| {
            head.lines().take(4).any(|line| {
                line.trim_ascii_start()
                    .starts_with(b"Current WinHTTP proxy settings")
            })
        },
    },
    Kind {
        name: "syslog",
        looks_so: |head| most(head, is_syslog),
    },
    Kind {
        name: "JSON of some other kind",
        looks_so: is_json,
    },
    Kind {
        name: "XML of some other kind",
        looks_so: |head| head.bytes.trim_ascii_start().starts_with(b"<?xml"),
    },
];

/// What the file looks like, when that can be said.
pub(super) fn name_of(head: &Head<'_>) -> Option<&'static str> {
    KINDS
        .iter()
        .find(|kind| (kind.looks_so)(head))
        .map(|kind| kind.name)
}

/// Whether half of the first lines are so; lines that are no UTF-8 are not.
fn most(head: &Head<'_>, is_so: impl Fn(&str) -> bool) -> bool {
    let (mut good, mut all) = (0, 0);
    for line in head.lines().take(20) {
        all += 1;
        good += usize::from(std::str::from_utf8(line).is_ok_and(&is_so));
    }
    good > 0 && 2 * good >= all
}

fn is_capture(head: &Head<'_>) -> bool {
    const MAGICS: [&[u8; 4]; 5] = [
        b"\xd4\xc3\xb2\xa1",
        b"\xa1\xb2\xc3\xd4",
        b"\x4d\x3c\xb2\xa1",
        b"\xa1\xb2\x3c\x4d",
        b"\x0a\x0d\x0d\x0a",
    ];
    MAGICS.iter().any(|magic| head.bytes.starts_with(*magic))
}

/// `h2 2020-01-11T16:55:20.356586Z app/…` (application), `2020-01-11T16:55:20.356586Z name 192.0.2.1:2817 …` (classic).
fn is_load_balancer(line: &str) -> bool {
    let mut fields = line.split(' ');
    let first = fields.next().unwrap_or_default();
    let second = fields.next().unwrap_or_default();
    let is_time = |text: &str| crate::time::iso_instant(text).is_some();
    let is_end = |text: Option<&str>| text.is_some_and(|text| text.contains([':', '-']));
    let kinds = ["http", "https", "h2", "ws", "wss", "grpcs", "tls"];
    (kinds.contains(&first) && is_time(second))
        || (first == "tls" && is_time(fields.next().unwrap_or_default()))
        || (is_time(first)
            && is_end(fields.next())
            && is_end(fields.next())
            && line.contains(" \""))
}

/// `… [20/Jul/2009:22:59:26 +0000] "GET /path HTTP/1.0" 200 …`.
fn is_web_access(line: &str) -> bool {
    let Some((_, rest)) = line.split_once("] \"") else {
        return false;
    };
    line.contains(" [")
        && rest
            .split(' ')
            .nth(1)
            .is_some_and(|uri| uri.starts_with('/'))
}

/// RFC 3164's `Mar  1 10:00:00 host program:`, RFC 5424's `<34>1 2026-…`, and journald's ISO times.
fn is_syslog(line: &str) -> bool {
    let body = match line.strip_prefix('<').and_then(|rest| rest.split_once('>')) {
        Some((priority, rest)) if priority.parse::<u16>().is_ok() => rest,
        _ => line,
    };
    let body = body.strip_prefix("1 ").unwrap_or(body);
    super::syslog::header(body).is_some()
}

/// `key:`, `- item`, or a continued text.
fn is_yaml(line: &str) -> bool {
    let text = line.trim_start();
    let key = text
        .trim_start_matches("- ")
        .split(':')
        .next()
        .unwrap_or_default();
    let is_key = !key.is_empty()
        && key
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
    (is_key && key.len() < text.len() && text.contains(':') && !key.as_bytes()[0].is_ascii_digit())
        || text.starts_with("- ")
}

fn first_line_has(head: &Head<'_>, names: &[&str]) -> bool {
    let first = head.lines().next().unwrap_or_default();
    let has = |name: &&str| memchr::memmem::find(first, name.as_bytes()).is_some();
    names.iter().all(has)
}

fn is_json(head: &Head<'_>) -> bool {
    matches!(
        head.bytes.trim_ascii_start(),
        [b'{', ..] | [b'[', b'{' | b'\n' | b' ' | b'\r', ..]
    )
}

fn has_keys(head: &Head<'_>, keys: &[&str]) -> bool {
    is_json(head)
        && keys.iter().all(|key| {
            let quoted = format!("\"{key}\"");
            memchr::memmem::find(head.bytes, quoted.as_bytes()).is_some()
        })
}
