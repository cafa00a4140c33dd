//! What a relay puts before a line: an RFC 3164 or RFC 5424 header, or the header that rsyslog and journald write.
//!
//! | form | example |
//! |---|---|
//! | RFC 3164 | `<134>Mar  1 10:00:00 gw squid[812]: …`, with or without the priority, the host, the number |
//! | ISO date | `2026-03-01T10:00:00.123+01:00 gw (squid-1): …` |
//! | RFC 5424 | `<134>1 2026-03-01T10:00:00Z gw squid 812 - - …` |
//!
//! The header's own time and host are the relay's and are left out: the message has its own.

/// The message behind the header; `None` when there is no header.
pub(in crate::formats) fn message(line: &str) -> Option<&str> {
    let (has_priority, rest) = match priority(line) {
        Some(rest) => (true, rest),
        None => (false, line),
    };
    if let Some(message) = has_priority.then(|| rfc5424(rest)).flatten() {
        return Some(message);
    }
    let rest = bsd_time(rest).or_else(|| iso_time(rest))?;
    behind_tag(rest)
}

/// `<134>`
fn priority(line: &str) -> Option<&str> {
    let (number, rest) = line.strip_prefix('<')?.split_once('>')?;
    (number.len() <= 3 && !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
        .then_some(rest)
}

/// `1 TIME HOST APP PROCESS MESSAGE-ID [DATA] …`
fn rfc5424(rest: &str) -> Option<&str> {
    let mut rest = rest.strip_prefix("1 ")?;
    for _ in 0..5 {
        rest = rest.split_once(' ')?.1;
    }
    if let Some(rest) = rest.strip_prefix('-') {
        return Some(without_mark(rest.strip_prefix(' ')?));
    }
    // Elements in brackets; inside quotes a bracket is escaped.
    let mut escaped = false;
    let mut depth = 0_usize;
    for (at, byte) in rest.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'[' => depth += 1,
            b']' => depth = depth.saturating_sub(1),
            b' ' if depth == 0 => return Some(without_mark(&rest[at + 1..])),
            _ => {}
        }
    }
    None
}

/// RFC 5424 may mark a message as UTF-8 with a byte order mark.
fn without_mark(message: &str) -> &str {
    message.strip_prefix('\u{feff}').unwrap_or(message)
}

/// `Mar  1 10:00:00 `
fn bsd_time(rest: &str) -> Option<&str> {
    const MONTHS: &str = "JanFebMarAprMayJunJulAugSepOctNovDec";
    let month = rest.get(..3)?;
    let bytes = rest.as_bytes();
    let is_time = MONTHS.find(month).is_some_and(|at| at % 3 == 0)
        && bytes.len() > 16
        && bytes[3] == b' '
        && bytes[9] == b':'
        && bytes[12] == b':';
    if !is_time {
        return None;
    }
    rest.get(15..)?.strip_prefix(' ')
}

/// `2026-03-01T10:00:00.123+01:00 `
fn iso_time(rest: &str) -> Option<&str> {
    let (time, behind) = rest.split_once(' ')?;
    let bytes = time.as_bytes();
    (bytes.len() >= 19 && bytes[4] == b'-' && bytes[10] == b'T' && bytes[13] == b':')
        .then_some(behind)
}

/// `gw squid[812]: …`, `gw (squid-1): …`, `squid: …`: the tag is the first or second word and ends with a colon.
fn behind_tag(rest: &str) -> Option<&str> {
    let mut at = 0;
    for _ in 0..3 {
        let word = rest.get(at..)?;
        let end = word.find(' ')?;
        if word[..end].ends_with(':') {
            return Some(word[end..].trim_start_matches(' '));
        }
        at += end + 1;
    }
    None
}
