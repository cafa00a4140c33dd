//! Text in other clothes: base64, URL encoding, code points, Punycode.
//!
//! Text that cannot be decoded gives `""`, or null where the result is no string.

use super::row::{Overload, Param, ResultName, ScalarFunction, example, overload, variadic};
use crate::kernel;
use crate::kernel::{Args, Json, KernelError, KernelResult, Output};
use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use huntql_kql::types::Type;
use serde_json::Value;

/// Padding has to be there; bits past the last byte do not count.
pub(super) const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::RequireCanonical)
        .with_decode_allow_trailing_bits(true),
);

fn decode_text(text: &str) -> String {
    BASE64
        .decode(text)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .unwrap_or_default()
}

fn decode_array(text: &str) -> Option<String> {
    let numbers: Vec<String> = BASE64
        .decode(text)
        .ok()?
        .iter()
        .map(u8::to_string)
        .collect();
    Some(format!("[{}]", numbers.join(",")))
}

/// `""` when the value is no array of bytes.
fn encode_array(json: Option<Json<'_>>) -> String {
    json.and_then(|json| serde_json::from_str::<Vec<u8>>(json.0).ok())
        .map(|bytes| BASE64.encode(bytes))
        .unwrap_or_default()
}

/// A guid's bytes stand in the order of Windows: the first three groups are little-endian.
const GUID_ORDER: [usize; 16] = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];

fn decode_guid(text: &str) -> Option<String> {
    let bytes: [u8; 16] = BASE64.decode(text).ok()?.try_into().ok()?;
    let digits: String = GUID_ORDER
        .iter()
        .map(|at| format!("{:02x}", bytes[*at]))
        .collect();
    let groups = [
        &digits[..8],
        &digits[8..12],
        &digits[12..16],
        &digits[16..20],
        &digits[20..],
    ];
    Some(groups.join("-"))
}

fn encode_guid(guid: Option<Json<'_>>) -> String {
    let bytes = guid.and_then(|guid| {
        let digits: String = guid.0.chars().filter(|c| *c != '-').collect();
        let byte = |at: usize| u8::from_str_radix(digits.get(2 * at..2 * at + 2)?, 16).ok();
        GUID_ORDER
            .iter()
            .map(|at| byte(*at))
            .collect::<Option<Vec<u8>>>()
    });
    bytes.map(|bytes| BASE64.encode(bytes)).unwrap_or_default()
}

fn url_encode(text: &str, space: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                out.push(char::from(byte))
            }
            b' ' => out.push_str(space),
            other => out.push_str(&format!("%{other:02x}")),
        }
    }
    out
}

/// What is no escape stays as it is; bytes that are no UTF-8 become U+FFFD.
fn url_decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escape = (bytes[at] == b'%')
            .then(|| text.get(at + 1..at + 3))
            .flatten();
        let byte = escape
            .filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match (byte, bytes[at]) {
            (Some(byte), _) => {
                out.push(byte);
                at += 2;
            }
            (None, b'+') => out.push(b' '),
            (None, other) => out.push(other),
        }
        at += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn codepoints(text: &str) -> String {
    let numbers: Vec<String> = text.chars().map(|c| u32::from(c).to_string()).collect();
    format!("[{}]", numbers.join(","))
}

/// The text of code points given one by one or in arrays; `""` when one of them is none.
fn from_codepoints(args: &Args<'_>) -> KernelResult {
    for index in 0..args.len() {
        if !matches!(args.ty(index), Type::Int | Type::Long | Type::Dynamic) {
            let message = format!(
                "a code point is an int, a long or an array of them, not a {}",
                args.ty(index)
            );
            return Err(KernelError::Argument { index, message });
        }
    }
    String::collect(args.rows(), |row| {
        let text = (0..args.len())
            .map(|index| codepoint_text(args, index, row))
            .collect::<Option<String>>();
        Some(text.unwrap_or_default())
    })
}

fn codepoint_text(args: &Args<'_>, index: usize, row: usize) -> Option<String> {
    let one = |number: i64| char::from_u32(u32::try_from(number).ok()?);
    match args.ty(index) {
        Type::Int => one(i64::from(args.input::<i32>(index).get(row)?)).map(String::from),
        Type::Long => one(args.input::<i64>(index).get(row)?).map(String::from),
        _ => match serde_json::from_str(args.input::<Json<'_>>(index).get(row)?.0).ok()? {
            Value::Array(numbers) => numbers.iter().map(|number| one(number.as_i64()?)).collect(),
            number => one(number.as_i64()?).map(String::from),
        },
    }
}

/// The dots that domain names know (RFC 3490, section 3.1).
const DOTS: [char; 4] = ['.', '\u{3002}', '\u{ff0e}', '\u{ff61}'];

fn encode_label(label: &str) -> Option<String> {
    if label.is_ascii() {
        return Some(label.to_owned());
    }
    Some(format!("xn--{}", idna::punycode::encode_str(label)?))
}

fn decode_label(label: &str) -> Option<String> {
    match label.strip_prefix("xn--") {
        Some(encoded) => idna::punycode::decode_to_string(encoded),
        None => Some(label.to_owned()),
    }
}

fn map_domain(domain: &str, label: fn(&str) -> Option<String>) -> String {
    let labels = domain
        .split(DOTS)
        .map(label)
        .collect::<Option<Vec<String>>>();
    labels.map(|labels| labels.join(".")).unwrap_or_default()
}

const STRING: &[Param] = &[Param::Is(Type::String)];

/// A row from a string to a string.
macro_rules! text_to_text {
    ($name:literal, $aliases:expr, $kernel:expr, $doc:literal, $page:literal, [$($example:expr),+ $(,)?]) => {
        ScalarFunction {
            name: $name,
            aliases: &$aliases,
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

const DECODE_ARRAY: &[Overload] = &[overload(
    STRING,
    Type::Dynamic,
    kernel!(|text: &str| decode_array(text)),
)];
const ENCODE_ARRAY: &[Overload] = &[overload(
    &[Param::Is(Type::Dynamic)],
    Type::String,
    kernel!(|json: Option<Json<'_>>| encode_array(json)),
)];
const DECODE_GUID: &[Overload] = &[overload(
    STRING,
    Type::Guid,
    kernel!(|text: &str| decode_guid(text)),
)];
const ENCODE_GUID: &[Overload] = &[overload(
    &[Param::Is(Type::Guid)],
    Type::String,
    kernel!(|guid: Option<Json<'_>>| encode_guid(guid)),
)];
const CODEPOINTS: &[Overload] = &[overload(
    &[Param::Text],
    Type::Dynamic,
    kernel!(|text: &str| codepoints(text)),
)];
const FROM_CODEPOINTS: &[Overload] = &[variadic(&[Param::Any], Type::String, from_codepoints)];

pub const FUNCTIONS: &[ScalarFunction] = &[
    text_to_text!(
        "base64_encode_tostring",
        ["base64_encodestring"],
        kernel!(|text: &str| BASE64.encode(text)),
        "Writes the UTF-8 of a text in base64.",
        "kusto/query/base64-encode-tostring-function",
        [
            example(r#"base64_encode_tostring("Kusto")"#, r#""S3VzdG8=""#),
            example(r#"base64_encode_tostring("")"#, r#""""#),
        ]
    ),
    text_to_text!(
        "base64_decode_tostring",
        ["base64_decodestring"],
        kernel!(|text: &str| decode_text(text)),
        "Reads base64 as UTF-8 text; the padding has to be there.",
        "kusto/query/base64-decode-tostring-function",
        [
            example(r#"base64_decode_tostring("S3VzdG8=")"#, r#""Kusto""#),
            example(
                r#"base64_decode_tostring("U3RyaW5n0KHR0tGA0L7Rh9C60LA=")"#,
                r#""""#
            ),
        ]
    ),
    ScalarFunction {
        name: "base64_decode_toarray",
        aliases: &[],
        overloads: DECODE_ARRAY,
        result_name: ResultName::Default,
        doc: "Reads base64 as an array of bytes.",
        source: "kusto/query/base64-decode-toarray-function",
        examples: &[
            example(
                r#"base64_decode_toarray("S3VzdG8=")"#,
                "dynamic([75,117,115,116,111])",
            ),
            example(r#"base64_decode_toarray("")"#, "dynamic([])"),
        ],
    },
    ScalarFunction {
        name: "base64_encode_fromarray",
        aliases: &[],
        overloads: ENCODE_ARRAY,
        result_name: ResultName::Default,
        doc: "Writes an array of bytes in base64.",
        source: "kusto/query/base64-encode-fromarray-function",
        examples: &[
            example(
                "base64_encode_fromarray(dynamic([75,117,115,116,111]))",
                r#""S3VzdG8=""#,
            ),
            example("base64_encode_fromarray(dynamic([1000]))", r#""""#),
        ],
    },
    ScalarFunction {
        name: "base64_decode_toguid",
        aliases: &[],
        overloads: DECODE_GUID,
        result_name: ResultName::Default,
        doc: "Reads base64 as the 16 bytes of a guid.",
        source: "kusto/query/base64-decode-toguid-function",
        examples: &[
            example(
                r#"base64_decode_toguid("JpbpECu8dUy7Pv5gbeJXAA==")"#,
                "guid(10e99626-bc2b-4c75-bb3e-fe606de25700)",
            ),
            example(r#"base64_decode_toguid("abcd1231")"#, "guid(null)"),
        ],
    },
    ScalarFunction {
        name: "base64_encode_fromguid",
        aliases: &[],
        overloads: ENCODE_GUID,
        result_name: ResultName::Default,
        doc: "Writes the 16 bytes of a guid in base64.",
        source: "kusto/query/base64-encode-fromguid-function",
        examples: &[
            example(
                "base64_encode_fromguid(guid(ae3133f2-6e22-49ae-b06a-16e6a9b212eb))",
                r#""8jMxriJurkmwahbmqbIS6w==""#,
            ),
            example("base64_encode_fromguid(guid(null))", r#""""#),
        ],
    },
    text_to_text!(
        "url_encode",
        [],
        kernel!(|text: &str| url_encode(text, "+")),
        "Escapes the characters that have a meaning in a URL; a space becomes `+`.",
        "kusto/query/url-encode-function",
        [
            example(
                r#"url_encode("https://www.bing.com/hello world")"#,
                r#""https%3a%2f%2fwww.bing.com%2fhello+world""#,
            ),
            example(r#"url_encode("é")"#, r#""%c3%a9""#),
        ]
    ),
    text_to_text!(
        "url_encode_component",
        [],
        kernel!(|text: &str| url_encode(text, "%20")),
        "Escapes the characters that have a meaning in a URL; a space becomes `%20`.",
        "kusto/query/url-encode-component-function",
        [
            example(
                r#"url_encode_component("https://www.bing.com/hello world/")"#,
                r#""https%3a%2f%2fwww.bing.com%2fhello%20world%2f""#,
            ),
            example(r#"url_encode_component("a-b_c.d")"#, r#""a-b_c.d""#),
        ]
    ),
    text_to_text!(
        "url_decode",
        [],
        kernel!(|text: &str| url_decode(text)),
        "Undoes the escapes of a URL.",
        "kusto/query/url-decode-function",
        [
            example(
                r#"url_decode("https%3a%2f%2fwww.bing.com%2f")"#,
                r#""https://www.bing.com/""#
            ),
            example(
                r#"url_decode("hello%20world 100%")"#,
                r#""hello world 100%""#
            ),
        ]
    ),
    ScalarFunction {
        name: "unicode_codepoints_from_string",
        aliases: &["to_utf8"],
        overloads: CODEPOINTS,
        result_name: ResultName::Default,
        doc: "Gives the code points of a text.",
        source: "kusto/query/unicode-codepoints-from-string-function",
        examples: &[
            example(
                r#"unicode_codepoints_from_string("⒦⒰")"#,
                "dynamic([9382,9392])",
            ),
            example(r#"unicode_codepoints_from_string("")"#, "dynamic([])"),
        ],
    },
    ScalarFunction {
        name: "unicode_codepoints_to_string",
        aliases: &["make_string"],
        overloads: FROM_CODEPOINTS,
        result_name: ResultName::Default,
        doc: "Gives the text of code points.",
        source: "kusto/query/unicode-codepoints-to-string-function",
        examples: &[
            example(
                "unicode_codepoints_to_string(75, 117, 115, 116, 111)",
                r#""Kusto""#,
            ),
            example(
                "unicode_codepoints_to_string(dynamic([75, 117, 115]), 116, 111)",
                r#""Kusto""#,
            ),
        ],
    },
    text_to_text!(
        "punycode_from_string",
        [],
        kernel!(|text: &str| idna::punycode::encode_str(text).unwrap_or_default()),
        "Writes a text in Punycode, without `xn--`.",
        "kusto/query/punycode-from-string-function",
        [
            example(
                r#"punycode_from_string("académie-française")"#,
                r#""acadmie-franaise-npb1a""#
            ),
            example(r#"punycode_from_string("bücher")"#, r#""bcher-kva""#),
        ]
    ),
    text_to_text!(
        "punycode_to_string",
        [],
        kernel!(|text: &str| idna::punycode::decode_to_string(text).unwrap_or_default()),
        "Reads Punycode that has no `xn--`.",
        "kusto/query/punycode-to-string-function",
        [
            example(
                r#"punycode_to_string("acadmie-franaise-npb1a")"#,
                r#""académie-française""#
            ),
            example(r#"punycode_to_string("bcher-kva")"#, r#""bücher""#),
        ]
    ),
    text_to_text!(
        "punycode_domain_to_string",
        [],
        kernel!(|domain: &str| map_domain(domain, encode_label)),
        "Writes the labels of a domain name that are not ASCII in Punycode.",
        "kusto/query/punycode-domain-to-string-function",
        [
            example(
                r#"punycode_domain_to_string("Lê Lợi。Thuận Thiên。com")"#,
                r#""xn--L Li-gpa4517b.xn--Thun Thin-s4a7194f.com""#,
            ),
            example(
                r#"punycode_domain_to_string("Kaledvoulc'h.Artorījos.edu")"#,
                r#""Kaledvoulc'h.xn--Artorjos-ejb.edu""#,
            ),
        ]
    ),
    text_to_text!(
        "punycode_domain_from_string",
        [],
        kernel!(|domain: &str| map_domain(domain, decode_label)),
        "Reads the labels of a domain name that are in Punycode.",
        "kusto/query/punycode-domain-from-string-function",
        [
            example(
                r#"punycode_domain_from_string("xn--Ge-mia.Bulg.edu")"#,
                r#""Gáe.Bulg.edu""#
            ),
            example(
                r#"punycode_domain_from_string("xn--Ry-lja8c.xn--Jng-uta63a.xn--Bng-9ka.com")"#,
                r#""Rúyì.Jīngū.Bàng.com""#,
            ),
        ]
    ),
];
