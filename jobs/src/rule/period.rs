//! Spans of time as rules write them: KQL's `1h`, `3d`, `1.00:00:00`, and ISO 8601's `PT1H`, `P3D`.

use huntql_kql::time::{
    TICKS_PER_DAY, TICKS_PER_HOUR, TICKS_PER_MINUTE, TICKS_PER_SECOND, format_timespan,
    parse_timespan,
};

/// Ticks of a span in either spelling; none for anything else, and for a span that is not positive.
pub fn parse(text: &str) -> Option<i64> {
    let text = text.trim();
    let ticks = iso(text).or_else(|| parse_timespan(text))?;
    (ticks > 0).then_some(ticks)
}

/// ISO 8601 lengths of weeks, days, hours, minutes and seconds, in ticks. Months and years have no fixed length.
pub fn iso(text: &str) -> Option<i64> {
    const DATE: &[(char, i64)] = &[('W', 7 * TICKS_PER_DAY), ('D', TICKS_PER_DAY)];
    const TIME: &[(char, i64)] = &[
        ('H', TICKS_PER_HOUR),
        ('M', TICKS_PER_MINUTE),
        ('S', TICKS_PER_SECOND),
    ];
    let text = text.to_ascii_uppercase();
    let rest = text.strip_prefix('P')?;
    let (date, time) = rest.split_once('T').unwrap_or((rest, ""));
    let sum = |part: &str, units: &[(char, i64)]| -> Option<i64> {
        let mut ticks = 0_i64;
        for piece in part.split_inclusive(|c: char| c.is_ascii_alphabetic()) {
            let unit = piece.chars().last()?;
            let (_, length) = units.iter().find(|(letter, _)| *letter == unit)?;
            let number: i64 = piece[..piece.len() - 1]
                .parse()
                .ok()
                .filter(|number| *number >= 0)?;
            ticks = ticks.checked_add(number.checked_mul(*length)?)?;
        }
        Some(ticks)
    };
    sum(date, DATE)?.checked_add(sum(time, TIME)?)
}

/// The shortest spelling that KQL reads back: `5m`, `36h`, `14d`; what has no whole unit as Kusto prints it.
pub fn show(ticks: i64) -> String {
    const UNITS: &[(i64, &str)] = &[
        (TICKS_PER_DAY, "d"),
        (TICKS_PER_HOUR, "h"),
        (TICKS_PER_MINUTE, "m"),
        (TICKS_PER_SECOND, "s"),
    ];
    let whole = UNITS.iter().find(|(length, _)| ticks % length == 0);
    match whole {
        Some((length, unit)) if ticks != 0 => format!("{}{unit}", ticks / length),
        _ => format_timespan(ticks),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_are_the_same_span() {
        for (kql, iso) in [
            ("1h", "PT1H"),
            ("3d", "P3D"),
            ("90m", "PT1H30M"),
            ("14d", "P2W"),
        ] {
            assert_eq!(parse(kql), parse(iso), "{kql}");
            assert!(parse(kql).is_some(), "{kql}");
        }
    }

    #[test]
    fn what_is_no_length_is_none() {
        for text in ["", "0h", "-1h", "1", "P1M", "P", "soon", "PT"] {
            let read = parse(text);
            // Kusto reads a bare number as days.
            assert_eq!(read, (text == "1").then_some(TICKS_PER_DAY), "{text:?}");
        }
    }

    #[test]
    fn a_shown_span_is_read_back() {
        for text in ["5m", "36h", "14d", "90s"] {
            assert_eq!(parse(text).map(show).as_deref(), Some(text));
        }
    }
}
