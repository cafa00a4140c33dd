//! Points in time as logs write them, to ticks (100 ns since 0001-01-01, UTC).

use huntql_kql::time::{MAX_DATETIME, TICKS_PER_DAY, TICKS_PER_SECOND, UNIX_EPOCH};

/// The tick of 1990-01-01: no log is older, and what looks older counts from some other zero.
pub const YEAR_1990: i64 = 726_467 * TICKS_PER_DAY;
/// The tick of 1601-01-01, the zero of a Windows FILETIME (which counts ticks as well).
pub const FILETIME_EPOCH: i64 = 584_388 * TICKS_PER_DAY;

/// Ticks of a decimal number of seconds, exact to the seventh digit (further ones are cut). `None` when it is no plain
/// decimal number or does not fit.
pub fn decimal_seconds(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix(b"-") {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (mut ticks, mut index) = (0_i64, 0);
    while let Some(digit) = digits.get(index).filter(|b| b.is_ascii_digit()) {
        ticks = ticks
            .checked_mul(10)?
            .checked_add(i64::from(digit - b'0'))?;
        index += 1;
    }
    if index == 0 {
        return None;
    }
    ticks = ticks.checked_mul(TICKS_PER_SECOND)?;
    if let Some(fraction) = digits[index..].strip_prefix(b".") {
        ticks = ticks.checked_add(fraction_ticks(fraction)?)?;
    } else if index < digits.len() {
        return None;
    }
    Some(if negative { -ticks } else { ticks })
}

/// Digits after the point of a second, as ticks.
fn fraction_ticks(digits: &[u8]) -> Option<i64> {
    let mut ticks = 0;
    for index in 0..digits.len().max(7) {
        let digit = match digits.get(index) {
            Some(byte) if byte.is_ascii_digit() => i64::from(byte - b'0'),
            Some(_) => return None,
            None => 0,
        };
        if index < 7 {
            ticks = ticks * 10 + digit;
        }
    }
    Some(ticks)
}

/// Seconds since 1970 as a tick; scientific notation as some JSON writers have it is understood.
pub fn epoch_seconds(text: &str) -> Option<i64> {
    let since = decimal_seconds(text.as_bytes()).or_else(|| {
        let seconds: f64 = text
            .parse()
            .ok()
            .filter(|_| text.bytes().any(|b| b.is_ascii_digit()))?;
        (seconds.abs() < 1e12).then_some((seconds * TICKS_PER_SECOND as f64) as i64)
    })?;
    since
        .checked_add(UNIX_EPOCH)
        .filter(|tick| (0..=MAX_DATETIME).contains(tick))
}

/// `2026-03-01T12:34:56.1234567Z` and its relatives (a blank for the `T`, no fraction, an offset with or without colon) as
/// a tick. `None` when it is something else, or has no zone: a local time is never taken for UTC here.
pub fn iso_instant(text: &str) -> Option<i64> {
    let (local, zone) = iso_local(text.as_bytes())?;
    let offset_minutes = zone_minutes(zone)?;
    Some(local - i64::from(offset_minutes) * 60 * TICKS_PER_SECOND)
}

/// The local part of an ISO date and time as a tick, and the bytes that follow it (the zone).
pub fn iso_local(text: &[u8]) -> Option<(i64, &[u8])> {
    if text.len() < 10 || text[4] != b'-' || text[7] != b'-' {
        return None;
    }
    let day = day_tick(
        number(&text[..4])?,
        number(&text[5..7])?,
        number(&text[8..10])?,
    )?;
    let Some(clock) = text[10..]
        .strip_prefix(b"T")
        .or_else(|| text[10..].strip_prefix(b" "))
    else {
        return (text.len() == 10).then_some((day, &[]));
    };
    let (ticks, rest) = clock_ticks(clock)?;
    Some((day + ticks, rest))
}

/// `12:34:56.789` as ticks, and what follows it. Seconds may be absent; a leap second is the last moment of its minute.
pub fn clock_ticks(clock: &[u8]) -> Option<(i64, &[u8])> {
    if clock.len() < 5 || clock[2] != b':' {
        return None;
    }
    let (hour, minute) = (number(&clock[..2])?, number(&clock[3..5])?);
    if hour > 23 || minute > 59 {
        return None;
    }
    let mut ticks = i64::from(hour * 3600 + minute * 60) * TICKS_PER_SECOND;
    if clock.get(5) != Some(&b':') {
        return Some((ticks, &clock[5..]));
    }
    let second = number(clock.get(6..8)?)?;
    if second > 60 {
        return None;
    }
    let mut end = 8;
    let mut fraction = 0;
    if matches!(clock.get(8), Some(b'.' | b',')) {
        end = 9 + clock[9..].iter().take_while(|b| b.is_ascii_digit()).count();
        fraction = fraction_ticks(&clock[9..end])?;
    }
    ticks += match second {
        60 => 60 * TICKS_PER_SECOND - 1,
        _ => i64::from(second) * TICKS_PER_SECOND + fraction,
    };
    Some((ticks, &clock[end..]))
}

/// `Z`, `+02:00` or `+0200` as minutes east of UTC.
pub fn zone_minutes(zone: &[u8]) -> Option<i32> {
    let (sign, digits) = match zone {
        b"Z" | b"z" | b" UTC" | b"UTC" => return Some(0),
        [b'+', digits @ ..] => (1, digits),
        [b'-', digits @ ..] => (-1, digits),
        _ => return None,
    };
    let (hours, minutes) = match digits.len() {
        5 if digits[2] == b':' => (number(&digits[..2])?, number(&digits[3..])?),
        4 => (number(&digits[..2])?, number(&digits[2..])?),
        2 => (number(digits)?, 0),
        _ => return None,
    };
    (hours <= 14 && minutes < 60).then_some(sign * (hours * 60 + minutes))
}

/// Midnight of a day of the proleptic Gregorian calendar.
pub fn day_tick(year: i32, month: i32, day: i32) -> Option<i64> {
    if !(1..=9999).contains(&year)
        || !(1..=12).contains(&month)
        || day < 1
        || day > days_in(year, month)
    {
        return None;
    }
    // Days since 0001-01-01, with March as the first month so that the leap day comes last.
    let (y, m) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let days = 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 307;
    Some(i64::from(days) * TICKS_PER_DAY)
}

fn days_in(year: i32, month: i32) -> i32 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn number(digits: &[u8]) -> Option<i32> {
    digits.iter().try_fold(0, |value, byte| {
        byte.is_ascii_digit()
            .then(|| value * 10 + i32::from(byte - b'0'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_epochs_are_where_they_should_be() {
        assert_eq!(day_tick(1, 1, 1), Some(0));
        assert_eq!(day_tick(1970, 1, 1), Some(UNIX_EPOCH));
        assert_eq!(day_tick(1990, 1, 1), Some(YEAR_1990));
        assert_eq!(day_tick(1601, 1, 1), Some(FILETIME_EPOCH));
        assert_eq!(
            day_tick(9999, 12, 31).map(|day| day + TICKS_PER_DAY - 1),
            Some(MAX_DATETIME)
        );
    }

    #[test]
    fn the_seventh_digit_survives() {
        let base = day_tick(2026, 3, 1).map(|day| day + 45_296 * TICKS_PER_SECOND);
        assert_eq!(
            iso_instant("2026-03-01T12:34:56.1234567Z"),
            base.map(|tick| tick + 1_234_567)
        );
        assert_eq!(
            iso_instant("2026-03-01T14:34:56.18835+02:00"),
            base.map(|tick| tick + 1_883_500)
        );
        assert_eq!(iso_instant("2026-03-01T12:34:56"), None);
        assert_eq!(iso_instant("2026-02-29T12:34:56Z"), None);
    }

    #[test]
    fn epoch_seconds_are_exact() {
        assert_eq!(
            epoch_seconds("1320279554.496300"),
            Some(UNIX_EPOCH + 13_202_795_544_963_000)
        );
        assert_eq!(
            epoch_seconds("1.6e9"),
            Some(UNIX_EPOCH + 16_000_000_000_000_000)
        );
        assert_eq!(epoch_seconds("XXXXXXXXXX.XXXXXX"), None);
        assert_eq!(epoch_seconds("12:30"), None);
        assert_eq!(epoch_seconds("nan"), None);
    }
}
