//! Hashes. The cryptographic ones are over the text of a value, `hash` over its bytes.
//!
//! Left out: `hash_many` and `hash_combine`, whose way of combining is not documented.

use super::row::{Overload, Param, ResultName, ScalarFunction, example, overload};
use crate::kernel;
use crate::kernel::xxhash::xxhash64;
use crate::kernel::{Args, KernelError, KernelResult, Output};
use huntql_kql::types::Type;
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256};

fn hexadecimal<D: Digest>(text: &str) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut out = String::new();
    for byte in D::digest(text.as_bytes()) {
        out.push(char::from(DIGITS[usize::from(byte >> 4)]));
        out.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    out
}

/// A string by its UTF-8, a long, datetime or timespan by its eight bytes; the pages show no other type.
fn hash(args: &Args<'_>) -> KernelResult {
    let modulo = (args.len() > 1).then(|| args.input::<i64>(1));
    let finish = |row: usize, hash: u64| match &modulo {
        None => Some(hash as i64),
        Some(modulo) => {
            let modulo = u64::try_from(modulo.get(row)?)
                .ok()
                .filter(|modulo| *modulo > 0)?;
            i64::try_from(hash % modulo).ok()
        }
    };
    match args.ty(0) {
        Type::String => {
            let text = args.input::<&str>(0);
            i64::collect(args.rows(), |row| {
                finish(row, xxhash64(text.get(row)?.as_bytes()))
            })
        }
        Type::Long | Type::Datetime | Type::Timespan => {
            let number = args.input::<i64>(0);
            i64::collect(args.rows(), |row| {
                finish(row, xxhash64(&number.get(row)?.to_le_bytes()))
            })
        }
        other => {
            let message = format!(
                "the hash of a {other} is not known; convert it with `tostring` or `tolong`"
            );
            Err(KernelError::Argument { index: 0, message })
        }
    }
}

const HASH: &[Overload] = &[overload(&[Param::Any, Param::Integer], Type::Long, hash).optional(1)];
const MD5: &[Overload] = &[overload(
    &[Param::Text],
    Type::String,
    kernel!(|text: &str| hexadecimal::<Md5>(text)),
)];
const SHA1: &[Overload] = &[overload(
    &[Param::Text],
    Type::String,
    kernel!(|text: &str| hexadecimal::<Sha1>(text)),
)];
const SHA256: &[Overload] = &[overload(
    &[Param::Text],
    Type::String,
    kernel!(|text: &str| hexadecimal::<Sha256>(text)),
)];

pub const FUNCTIONS: &[ScalarFunction] = &[
    ScalarFunction {
        name: "hash",
        aliases: &[],
        overloads: HASH,
        result_name: ResultName::Default,
        doc: "Gives the xxHash64 of a value, or its remainder by a number.",
        source: "kusto/query/hash-function",
        examples: &[
            example(r#"hash("World")"#, "1846988464401551951"),
            example(r#"hash("World", 100)"#, "51"),
            example("hash(datetime(2015-01-01))", "1380966698541616202"),
        ],
    },
    ScalarFunction {
        name: "hash_xxhash64",
        aliases: &[],
        overloads: HASH,
        result_name: ResultName::Default,
        doc: "Gives the xxHash64 of a value, or its remainder by a number.",
        source: "kusto/query/hash-xxhash64-function",
        examples: &[
            example(r#"hash_xxhash64("World")"#, "1846988464401551951"),
            example(r#"hash_xxhash64("World", 100)"#, "51"),
        ],
    },
    ScalarFunction {
        name: "hash_md5",
        aliases: &[],
        overloads: MD5,
        result_name: ResultName::Default,
        doc: "Gives the MD5 of a value's text as hexadecimal digits.",
        source: "kusto/query/hash-md5-function",
        examples: &[
            example(
                r#"hash_md5("World")"#,
                r#""f5a7924e621e84c9280a9a27e1bcb7f6""#,
            ),
            example("hash_md5(\"\")", r#""d41d8cd98f00b204e9800998ecf8427e""#),
        ],
    },
    ScalarFunction {
        name: "hash_sha1",
        aliases: &[],
        overloads: SHA1,
        result_name: ResultName::Default,
        doc: "Gives the SHA-1 of a value's text as hexadecimal digits.",
        source: "kusto/query/hash-sha1-function",
        examples: &[
            example(
                r#"hash_sha1("World")"#,
                r#""70c07ec18ef89c5309bbb0937f3a6342411e1fdd""#,
            ),
            example(
                "hash_sha1(\"\")",
                r#""da39a3ee5e6b4b0d3255bfef95601890afd80709""#,
            ),
        ],
    },
    ScalarFunction {
        name: "hash_sha256",
        aliases: &[],
        overloads: SHA256,
        result_name: ResultName::Default,
        doc: "Gives the SHA-256 of a value's text as hexadecimal digits.",
        source: "kusto/query/hash-sha256-function",
        examples: &[
            example(
                r#"hash_sha256("World")"#,
                r#""78ae647dc5544d227130a0682a51e30bc7777fbb6d8a8f17007463a3ecd1d524""#,
            ),
            example(
                "hash_sha256(\"\")",
                r#""e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855""#,
            ),
        ],
    },
];
