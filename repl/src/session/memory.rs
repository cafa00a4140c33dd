//! How much memory queries may hold when nobody says: three quarters of what the machine has, or the container.
//!
//! A query beyond it spills to disk or ends with a word; without a limit the system would end the program.

use std::fs;

/// Bytes; `None` where the system does not tell.
pub fn default_limit() -> Option<usize> {
    let machine = fs::read_to_string("/proc/meminfo")
        .ok()
        .and_then(|text| total(&text));
    // Without a limit of its own the file says `max`, which is no number.
    let container = fs::read_to_string("/sys/fs/cgroup/memory.max")
        .ok()
        .and_then(|text| text.trim().parse().ok());
    let bytes = match (machine, container) {
        (Some(machine), Some(container)) => Some(usize::min(machine, container)),
        (machine, container) => machine.or(container),
    };
    bytes.map(|bytes| bytes / 4 * 3)
}

/// The line `MemTotal:  24690628 kB` of `/proc/meminfo`, in bytes.
fn total(text: &str) -> Option<usize> {
    let line = text.lines().find(|line| line.starts_with("MemTotal:"))?;
    let kibibytes: usize = line.split_ascii_whitespace().nth(1)?.parse().ok()?;
    kibibytes.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_total_is_told_in_kibibytes() {
        let text = "MemTotal:       24690628 kB\nMemFree:        1234 kB\n";
        assert_eq!(total(text), Some(24_690_628 * 1024));
        assert_eq!(total("nothing"), None);
    }
}
