//! The fingerprint of a file: blake3 of all of its text, so that neither its name nor its compression matters.
//!
//! A hash of the first kilobytes, as log shippers take it, would make every rotated Zeek or W3C file the same file: they
//! begin with the same header directives. The whole text costs one more reading and has no such trap.

use super::{Input, Source};
use std::io::{self, Read};

/// The fingerprint as hex digits; `None` for standard input and pipes, which cannot be read twice.
pub fn fingerprint(source: &Source) -> io::Result<Option<String>> {
    if !source.is_repeatable() {
        return Ok(None);
    }
    let mut reader = Input::open(source)?.into_reader();
    let mut hasher = blake3::Hasher::new();
    let mut buffer = vec![0; 256 << 10];
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => return Ok(Some(hasher.finalize().to_hex().to_string())),
            Ok(count) => hasher.update(&buffer[..count]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
    }
}
