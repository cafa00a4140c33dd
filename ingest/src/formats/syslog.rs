//! The prefix that a relay may have put before a record: syslog's header, in any of the shapes that files have.
//!
//! (spec: RFC 3164, <https://www.rfc-editor.org/rfc/rfc3164>; RFC 5424, <https://www.rfc-editor.org/rfc/rfc5424>)
//!
//! It is the relay's and not the record's: its time has no year or no fraction, so no format takes the event's time from it.

use crate::time;

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// The number of a month by its English short name.
pub(super) fn month(name: &str) -> Option<i32> {
    let at = MONTHS
        .iter()
        .position(|known| known.eq_ignore_ascii_case(name))?;
    Some(at as i32 + 1)
}

/// Time and host at the beginning of a line, and what follows them; `None` when it does not begin so.
pub(super) fn header(line: &str) -> Option<(&str, &str)> {
    let after_time = rfc3164_time(line).or_else(|| iso_time(line))?;
    let after_time = after_time.strip_prefix(' ')?;
    let (host, rest) = after_time.split_once(' ')?;
    (!host.is_empty()).then_some((host, rest))
}

/// What follows `Mar  1 10:00:00`, with or without a year behind the day or a fraction.
fn rfc3164_time(line: &str) -> Option<&str> {
    month(line.get(..3)?)?;
    let rest = line[3..].strip_prefix(' ')?.trim_start_matches(' ');
    let (day, rest) = rest.split_once(' ')?;
    day.parse::<u8>()
        .ok()
        .filter(|day| (1..=31).contains(day))?;
    let rest = match rest.split_once(' ') {
        Some((year, after)) if year.len() == 4 && year.parse::<u16>().is_ok() => after,
        _ => rest,
    };
    let (_, after) = time::clock_ticks(rest.as_bytes())?;
    rest.get(rest.len() - after.len()..)
}

/// What follows `2026-03-01T10:00:00.123+01:00`; a `T` is demanded, for a log's own times often have a blank.
fn iso_time(line: &str) -> Option<&str> {
    let (stamp, _) = line.split_once(' ')?;
    stamp.as_bytes().get(10).filter(|byte| **byte == b'T')?;
    time::iso_instant(stamp)?;
    Some(&line[stamp.len()..])
}

/// The record without the prefix: a priority, a header and a program's tag are taken off where they stand.
///
/// `begins` says whether a text is the beginning of a record; it is asked of the line first, so that a record that looks
/// like a header is not cut.
pub(super) fn strip(line: &str, begins: impl Fn(&str) -> bool) -> &str {
    if begins(line) {
        return line;
    }
    let (priority, rest) = match line.strip_prefix('<').and_then(|rest| rest.split_once('>')) {
        Some((digits, rest)) if digits.len() <= 3 && digits.parse::<u16>().is_ok() => {
            (true, rest.strip_prefix("1 ").unwrap_or(rest))
        }
        _ => (false, line),
    };
    if priority && begins(rest) {
        return rest;
    }
    let Some((_, body)) = header(rest) else {
        return if priority { rest } else { line };
    };
    if begins(body) {
        return body;
    }
    // A tag (`program[12]: `), or RFC 5424's program, process, message and structured data.
    let mut tail = body;
    for _ in 0..5 {
        match tail.split_once(' ') {
            Some((_, after)) if begins(after) => return after,
            Some((_, after)) => tail = after,
            None => break,
        }
    }
    body
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_prefix_is_taken_off_in_all_its_shapes() {
        let is_cef = |text: &str| text.starts_with("CEF:");
        for line in [
            "CEF:0|x",
            "<134>CEF:0|x",
            "<134>Mar  1 10:00:00 gw CEF:0|x",
            "Mar 11 2026 10:00:00 gw CEF:0|x",
            "<34>1 2026-03-01T10:00:00.003Z gw app 12 ID47 - CEF:0|x",
            "2026-03-01T10:00:00+01:00 gw tag[3]: CEF:0|x",
        ] {
            assert_eq!(strip(line, is_cef), "CEF:0|x", "{line}");
        }
    }

    #[test]
    fn what_has_no_prefix_stays_as_it_is() {
        assert_eq!(strip("a b c d", |text| text.starts_with("c")), "a b c d");
        assert!(header("2026-03-01 10:00:00 gw x").is_none());
        assert!(header("Maybe it is not").is_none());
    }
}
