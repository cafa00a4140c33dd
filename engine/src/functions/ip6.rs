//! IPv6 addresses. An IPv4 address is taken everywhere and stands for its place in `::ffff:0:0/96`.
//!
//! Text that is no address gives null, or `""` where the result is a string.

use super::ip::against_list;
use super::row::{Overload, Param, ResultName, ScalarFunction, example, overload, variadic};
use crate::kernel;
use crate::kernel::ip::Network6;
use crate::kernel::{Args, KernelResult, Output};
use huntql_kql::types::Type;

fn parse(ip: &str) -> String {
    Network6::parse(ip)
        .map(Network6::canonical)
        .unwrap_or_default()
}

fn parse_mask(args: &Args<'_>) -> KernelResult {
    let (ip, bits) = (args.input::<&str>(0), args.input::<i64>(1));
    String::collect(args.rows(), |row| {
        let network = bits
            .get(row)
            .and_then(|bits| Network6::parse(ip.get(row)?)?.narrowed(bits));
        Some(network.map(Network6::canonical).unwrap_or_default())
    })
}

fn compare(args: &Args<'_>) -> impl Fn(usize) -> Option<i64> {
    let (left, right) = (args.input::<&str>(0), args.input::<&str>(1));
    let bits = (args.len() > 2).then(|| args.input::<i64>(2));
    move |row| {
        let bits = match &bits {
            Some(bits) => bits.get(row)?,
            None => 128,
        };
        Some(
            Network6::parse(left.get(row)?)?.compare(Network6::parse(right.get(row)?)?, bits)?
                as i64,
        )
    }
}

fn is_in_range(ip: &str, range: &str) -> Option<bool> {
    Some(Network6::parse(ip)?.is_in(Network6::parse(range)?))
}

/// Null when the address is none, or when ranges were given and none of them is one.
fn is_in_any_range(args: &Args<'_>) -> KernelResult {
    let read = |list: Vec<String>| {
        let ranges: Vec<Network6> = list
            .iter()
            .filter_map(|range| Network6::parse(range))
            .collect();
        (ranges.is_empty() && !list.is_empty(), ranges)
    };
    against_list(args, read, |ip, (unreadable, ranges)| {
        let ip = Network6::parse(ip)?;
        (!unreadable).then(|| ranges.iter().any(|range| ip.is_in(*range)))
    })
}

const STRING: Param = Param::Is(Type::String);
const TWO: &[Param] = &[STRING, STRING];
const TWO_BITS: &[Param] = &[STRING, STRING, Param::Integer];

const PARSE: &[Overload] = &[overload(
    &[STRING],
    Type::String,
    kernel!(|ip: &str| parse(ip)),
)];
const PARSE_MASK: &[Overload] = &[overload(
    &[STRING, Param::Integer],
    Type::String,
    parse_mask,
)];
const COMPARE: &[Overload] = &[overload(TWO_BITS, Type::Long, |args| {
    i64::collect(args.rows(), compare(args))
})
.optional(1)];
const IS_MATCH: &[Overload] = &[overload(TWO_BITS, Type::Bool, |args| {
    let compared = compare(args);
    bool::collect(args.rows(), |row| Some(compared(row)? == 0))
})
.optional(1)];
const IS_IN_RANGE: &[Overload] = &[overload(
    TWO,
    Type::Bool,
    kernel!(|ip: &str, range: &str| is_in_range(ip, range)),
)];
const IS_IN_ANY_RANGE: &[Overload] = &[
    overload(
        &[STRING, Param::Is(Type::Dynamic)],
        Type::Bool,
        is_in_any_range,
    ),
    variadic(TWO, Type::Bool, is_in_any_range),
];

pub const FUNCTIONS: &[ScalarFunction] = &[
    ScalarFunction {
        name: "parse_ipv6",
        aliases: &[],
        overloads: PARSE,
        result_name: ResultName::Default,
        doc: "Writes an IPv6 or IPv4 address as eight groups of four digits, masked by its prefix.",
        source: "kusto/query/parse-ipv6-function",
        examples: &[
            example(
                r#"parse_ipv6("192.168.255.255/24")"#,
                r#""0000:0000:0000:0000:0000:ffff:c0a8:ff00""#,
            ),
            example(
                r#"parse_ipv6("fe80::85d:e82c:9446:7994")"#,
                r#""fe80:0000:0000:0000:085d:e82c:9446:7994""#,
            ),
            example(r#"parse_ipv6("x")"#, r#""""#),
        ],
    },
    ScalarFunction {
        name: "parse_ipv6_mask",
        aliases: &[],
        overloads: PARSE_MASK,
        result_name: ResultName::Default,
        doc: "Writes an IPv6 or IPv4 address as eight groups of four digits, masked by a prefix length of 0 to 128.",
        source: "kusto/query/parse-ipv6-mask-function",
        examples: &[
            example(
                r#"parse_ipv6_mask("192.168.255.255", 120)"#,
                r#""0000:0000:0000:0000:0000:ffff:c0a8:ff00""#,
            ),
            example(
                r#"parse_ipv6_mask("::192.168.255.255/24", 128)"#,
                r#""0000:0000:0000:0000:0000:ffff:c0a8:ff00""#,
            ),
            example(
                r#"parse_ipv6_mask("fe80::85d:e82c:9446:7994/120", 124)"#,
                r#""fe80:0000:0000:0000:085d:e82c:9446:7900""#,
            ),
        ],
    },
    ScalarFunction {
        name: "ipv6_compare",
        aliases: &[],
        overloads: COMPARE,
        result_name: ResultName::Default,
        doc: "Compares two IPv6 or IPv4 addresses in the leading bits that count in both: -1, 0 or 1.",
        source: "kusto/query/ipv6-compare-function",
        examples: &[
            example(
                r#"ipv6_compare("fe80::85d:e82c:9446:7994/120", "fe80::85d:e82c:9446:7998")"#,
                "0",
            ),
            example(
                r#"ipv6_compare("::192.168.1.1/30", "192.168.1.255/24")"#,
                "0",
            ),
            example(r#"ipv6_compare("fe80::1", "fe80::2")"#, "-1"),
        ],
    },
    ScalarFunction {
        name: "ipv6_is_match",
        aliases: &[],
        overloads: IS_MATCH,
        result_name: ResultName::Default,
        doc: "Tells whether two IPv6 or IPv4 addresses are equal in the leading bits that count in both.",
        source: "kusto/query/ipv6-is-match-function",
        examples: &[
            example(
                r#"ipv6_is_match("192.168.1.1", "::ffff:c0a8:0101")"#,
                "true",
            ),
            example(
                r#"ipv6_is_match("fe80::85d:e82c:9446:7994/127", "fe80::85d:e82c:9446:7998", 120)"#,
                "true",
            ),
            example(r#"ipv6_is_match("fe80::1", "fe80::2")"#, "false"),
        ],
    },
    ScalarFunction {
        name: "ipv6_is_in_range",
        aliases: &[],
        overloads: IS_IN_RANGE,
        result_name: ResultName::Default,
        doc: "Tells whether an IPv6 or IPv4 address is in a network.",
        source: "kusto/query/ipv6-is-in-range-function",
        examples: &[
            example(
                r#"ipv6_is_in_range("a5e:f127:8a9d:146d:e102:b5d3:c755:abcd", "a5e:f127:8a9d:146d:e102:b5d3:c755:0000/112")"#,
                "true",
            ),
            example(
                r#"ipv6_is_in_range("a5e:f127:8a9d:146d:e102:b5d3:c755:abcd", "0:0:0:0:0:ffff:c0a8:ac/60")"#,
                "false",
            ),
        ],
    },
    ScalarFunction {
        name: "ipv6_is_in_any_range",
        aliases: &[],
        overloads: IS_IN_ANY_RANGE,
        result_name: ResultName::Default,
        doc: "Tells whether an IPv6 or IPv4 address is in one of several networks; those that are none are passed over.",
        source: "kusto/query/ipv6-is-in-any-range-function",
        examples: &[
            example(
                r#"ipv6_is_in_any_range("a5e::c756:abd1", dynamic(["a5e::c755:f6cd/112", "::/8"]))"#,
                "false",
            ),
            example(
                r#"ipv6_is_in_any_range("a5e::c755:abcd", "::1", "a5e::c755:f6cd/112")"#,
                "true",
            ),
        ],
    },
];
