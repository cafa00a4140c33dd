//! Text compressed with gzip or zlib, in base64.
//!
//! The pages' examples are what miniz writes at its usual level: a text that would not shrink is stored as it is, zlib's header
//! names no level, gzip's neither time nor system. The bytes of a longer text may still differ from the real engine's, whose level
//! no page tells; what they decompress to does not. Text that cannot be decompressed gives `""`.

use super::encoding::BASE64;
use super::row::{Overload, Param, ResultName, ScalarFunction, example, overload};
use crate::kernel;
use base64::Engine;
use flate2::Crc;
use flate2::read::{GzDecoder, ZlibDecoder};
use huntql_kql::types::Type;
use miniz_oxide::deflate::{CompressionLevel, compress_to_vec};
use std::io::Read;

/// Bytes that decompression makes at most; more counts as a failure.
const DECOMPRESSED_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Deflate, no flags, no time, no level told, system unknown (RFC 1952, section 2.3).
const GZIP_HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];

/// Deflate with a window of 32 KiB, no level told (RFC 1950, section 2.2).
const ZLIB_HEADER: [u8; 2] = [0x78, 0x01];

const LEVEL: u8 = CompressionLevel::DefaultLevel as u8;

/// Texts up to this length are stored when they would not shrink; miniz has that rule for longer ones itself.
const SHORT_BYTES_MAX: usize = 32;

fn deflate(bytes: &[u8]) -> Vec<u8> {
    let shrunk = compress_to_vec(bytes, LEVEL);
    match u16::try_from(bytes.len()) {
        Ok(length)
            if (1..=SHORT_BYTES_MAX).contains(&bytes.len()) && shrunk.len() >= bytes.len() =>
        {
            // The last block, stored: its length, and that with all bits turned (RFC 1951, section 3.2.4).
            let mut stored = vec![1];
            stored.extend(length.to_le_bytes());
            stored.extend((!length).to_le_bytes());
            stored.extend(bytes);
            stored
        }
        _ => shrunk,
    }
}

/// The checksum of zlib (RFC 1950, section 9).
fn adler(bytes: &[u8]) -> u32 {
    const MODULO: u32 = 65_521;
    let (low, high) = bytes.iter().fold((1, 0), |(low, high), byte| {
        let low = (low + u32::from(*byte)) % MODULO;
        (low, (high + low) % MODULO)
    });
    high << 16 | low
}

fn gzip_compress(text: &str) -> String {
    let mut crc = Crc::new();
    crc.update(text.as_bytes());
    let mut bytes = GZIP_HEADER.to_vec();
    bytes.extend(deflate(text.as_bytes()));
    bytes.extend(crc.sum().to_le_bytes());
    bytes.extend(crc.amount().to_le_bytes());
    BASE64.encode(bytes)
}

fn zlib_compress(text: &str) -> String {
    let mut bytes = ZLIB_HEADER.to_vec();
    bytes.extend(deflate(text.as_bytes()));
    bytes.extend(adler(text.as_bytes()).to_be_bytes());
    BASE64.encode(bytes)
}

fn decompressed(reader: impl Read) -> Option<String> {
    let mut out = Vec::new();
    reader
        .take(DECOMPRESSED_BYTES_MAX + 1)
        .read_to_end(&mut out)
        .ok()?;
    (out.len() as u64 <= DECOMPRESSED_BYTES_MAX)
        .then(|| String::from_utf8(out).ok())
        .flatten()
}

fn gzip_decompress(text: &str) -> String {
    BASE64
        .decode(text)
        .ok()
        .and_then(|bytes| decompressed(GzDecoder::new(bytes.as_slice())))
        .unwrap_or_default()
}

fn zlib_decompress(text: &str) -> String {
    BASE64
        .decode(text)
        .ok()
        .and_then(|bytes| decompressed(ZlibDecoder::new(bytes.as_slice())))
        .unwrap_or_default()
}

const STRING: &[Param] = &[Param::Is(Type::String)];

/// A row from a string to a string.
macro_rules! text_to_text {
    ($name:literal, $kernel:expr, $doc:literal, $page:literal, [$($example:expr),+ $(,)?]) => {
        ScalarFunction {
            name: $name,
            aliases: &[],
            overloads: {
                const OVERLOADS: &[Overload] = &[overload(STRING, Type::String, $kernel)];
                OVERLOADS
            },
            result_name: ResultName::Default,
            doc: $doc,
            source: $page,
            examples: &[$($example),+],
        }
    };
}

pub const FUNCTIONS: &[ScalarFunction] = &[
    text_to_text!(
        "gzip_compress_to_base64_string",
        kernel!(|text: &str| gzip_compress(text)),
        "Compresses a text with gzip and writes it in base64. Bytes of long texts may differ from Kusto's; what they hold does not.",
        "kusto/query/gzip-base64-compress",
        [
            example(
                r#"gzip_compress_to_base64_string("1234567890qwertyuiop")"#,
                r#""H4sIAAAAAAAA/wEUAOv/MTIzNDU2Nzg5MHF3ZXJ0eXVpb3A6m7f2FAAAAA==""#,
            ),
            example(
                r#"gzip_decompress_from_base64_string(gzip_compress_to_base64_string(strrep("héllo ", 100))) == strrep("héllo ", 100)"#,
                "true"
            ),
        ]
    ),
    text_to_text!(
        "zlib_compress_to_base64_string",
        kernel!(|text: &str| zlib_compress(text)),
        "Compresses a text with zlib and writes it in base64. Bytes of long texts may differ from Kusto's; what they hold does not.",
        "kusto/query/zlib-base64-compress-function",
        [
            example(
                r#"zlib_compress_to_base64_string("1234567890qwertyuiop")"#,
                r#""eAEBFADr/zEyMzQ1Njc4OTBxd2VydHl1aW9wOAkGdw==""#,
            ),
            example(
                r#"zlib_decompress_from_base64_string(zlib_compress_to_base64_string(strrep("héllo ", 100))) == strrep("héllo ", 100)"#,
                "true"
            ),
        ]
    ),
    text_to_text!(
        "gzip_decompress_from_base64_string",
        kernel!(|text: &str| gzip_decompress(text)),
        "Reads base64 and decompresses it with gzip.",
        "kusto/query/gzip-base64-decompress",
        [
            example(
                r#"gzip_decompress_from_base64_string("H4sIAAAAAAAA/wEUAOv/MTIzNDU2Nzg5MHF3ZXJ0eXVpb3A6m7f2FAAAAA==")"#,
                r#""1234567890qwertyuiop""#,
            ),
            example(r#"gzip_decompress_from_base64_string("x0x0x0")"#, r#""""#),
        ]
    ),
    text_to_text!(
        "zlib_decompress_from_base64_string",
        kernel!(|text: &str| zlib_decompress(text)),
        "Reads base64 and decompresses it with zlib.",
        "kusto/query/zlib-base64-decompress-function",
        [
            example(
                r#"zlib_decompress_from_base64_string("eJwLSS0uUSguKcrMS1cwNDIGACxqBQ4=")"#,
                r#""Test string 123""#
            ),
            example(r#"zlib_decompress_from_base64_string("x0x0x0")"#, r#""""#),
        ]
    ),
];
