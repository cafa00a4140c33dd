//! gzip and zstd, known by their first bytes and not by the file's name.

use super::damage::{Damage, Tolerant};
use std::io::{self, Cursor, Read};

type Open = fn(Box<dyn Read>, &Damage) -> io::Result<Box<dyn Read>>;

/// Magic bytes, and what opens such a stream.
const COMPRESSIONS: &[(&[u8], Open)] = &[(&[0x1f, 0x8b], gzip), (&[0x28, 0xb5, 0x2f, 0xfd], zstd)];

/// The decompressed bytes; the bytes themselves when no compression is recognised.
pub(super) fn decompress(mut reader: Box<dyn Read>, damage: &Damage) -> io::Result<Box<dyn Read>> {
    let magic = super::read_up_to(&mut reader, 4)?;
    let open = COMPRESSIONS
        .iter()
        .find(|(bytes, _)| magic.starts_with(bytes))
        .map(|(_, open)| *open);
    let whole: Box<dyn Read> = Box::new(Cursor::new(magic).chain(reader));
    match open {
        Some(open) => open(whole, damage),
        None => Ok(whole),
    }
}

/// Several members end to end are one text (RFC 1952, 2.2), as `cat a.gz b.gz` makes them.
fn gzip(reader: Box<dyn Read>, damage: &Damage) -> io::Result<Box<dyn Read>> {
    let decoder =
        flate2::read::MultiGzDecoder::new(io::BufReader::with_capacity(128 << 10, reader));
    Ok(Box::new(Tolerant::new(decoder, "gzip", damage)))
}

fn zstd(reader: Box<dyn Read>, damage: &Damage) -> io::Result<Box<dyn Read>> {
    let decoder = zstd::stream::read::Decoder::new(reader)?;
    Ok(Box::new(Tolerant::new(decoder, "zstd", damage)))
}
