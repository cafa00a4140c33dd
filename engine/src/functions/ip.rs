//! IPv4 addresses: reading, formatting, comparing, ranges, and addresses inside text.
//!
//! Text that is no address gives null, or `""` where the result is a string.
//!
//! Not here: IPv6 (`ip6`), and `ipv4_lookup`, which is a plugin.

use super::row::{Overload, Param, ResultName, ScalarFunction, example, overload, variadic};
use crate::kernel;
use crate::kernel::dynamic_text::{array_of, strings_of};
use crate::kernel::ip::{
    Address, Network, Prefix, cover, find_address, find_prefix, format_address, parse_address,
};
use crate::kernel::{Args, Json, KernelResult, Output};
use huntql_kql::types::Type;

fn parse(ip: &str) -> Option<i64> {
    Network::parse(ip).map(|network| i64::from(network.masked()))
}

fn parse_mask(ip: &str, bits: i64) -> Option<i64> {
    Some(i64::from(Network::parse(ip)?.narrowed(bits)?.masked()))
}

/// The address of a number in big-endian order.
fn of_number(number: i64) -> Option<Network> {
    Some(Network {
        address: u32::try_from(number).ok()?,
        bits: 32,
    })
}

fn plain(network: Network) -> String {
    format_address(network.masked())
}

fn with_mask(network: Network) -> String {
    format!("{}/{}", plain(network), network.bits)
}

/// `format_ipv4` and `format_ipv4_mask`, from text or a number, with a prefix as second argument or without.
fn format(args: &Args<'_>, write: fn(Network) -> String) -> KernelResult {
    let networks: Box<dyn Fn(usize) -> Option<Network>> = match args.ty(0) {
        Type::Long => {
            let numbers = args.input::<i64>(0);
            Box::new(move |row| of_number(numbers.get(row)?))
        }
        _ => {
            let texts = args.input::<&str>(0);
            Box::new(move |row| Network::parse(texts.get(row)?))
        }
    };
    let bits = (args.len() > 1).then(|| args.input::<i64>(1));
    String::collect(args.rows(), |row| {
        let narrowed = networks(row).and_then(|network| match &bits {
            Some(bits) => network.narrowed(bits.get(row)?),
            None => Some(network),
        });
        Some(narrowed.map(write).unwrap_or_default())
    })
}

fn is_in_range(ip: &str, range: &str) -> Option<bool> {
    Some(Network::parse(ip)?.is_in(Network::parse(range)?))
}

fn compare(args: &Args<'_>) -> impl Fn(usize) -> Option<i64> {
    let (left, right) = (args.input::<&str>(0), args.input::<&str>(1));
    let bits = (args.len() > 2).then(|| args.input::<i64>(2));
    move |row| {
        let bits = match &bits {
            Some(bits) => bits.get(row)?,
            None => 32,
        };
        let (left, right) = (
            Network::parse(left.get(row)?)?,
            Network::parse(right.get(row)?)?,
        );
        Some(left.narrowed(bits)?.compare(right) as i64)
    }
}

/// The texts of the arguments from the second on: one array, or any number of strings.
///
/// `None` where the array is null.
pub(super) fn listed(args: &Args<'_>, row: usize) -> Option<Vec<String>> {
    if args.ty(1) == Type::Dynamic {
        return Some(strings_of(args.input::<Json<'_>>(1).get(row)?.0));
    }
    Some(
        (1..args.len())
            .filter_map(|index| args.input::<&str>(index).get(row))
            .map(str::to_owned)
            .collect(),
    )
}

/// Runs `test` on each text with what `read` made of the list, which is read once when it is constant.
pub(super) fn against_list<L>(
    args: &Args<'_>,
    read: impl Fn(Vec<String>) -> L,
    test: impl Fn(&str, &L) -> Option<bool>,
) -> KernelResult {
    let texts = args.input::<&str>(0);
    if (1..args.len()).all(|index| args.is_constant(index)) {
        let list = listed(args, 0).map(read);
        return bool::collect(args.rows(), |row| test(texts.get(row)?, list.as_ref()?));
    }
    bool::collect(args.rows(), |row| {
        test(texts.get(row)?, &read(listed(args, row)?))
    })
}

/// Null when the address is none, or when ranges were given and none of them is one.
fn is_in_any_range(args: &Args<'_>) -> KernelResult {
    let read = |list: Vec<String>| {
        let ranges: Vec<Network> = list
            .iter()
            .filter_map(|range| Network::parse(range))
            .collect();
        (ranges.is_empty() && !list.is_empty(), ranges)
    };
    against_list(args, read, |ip, (unreadable, ranges)| {
        let ip = Network::parse(ip)?;
        (!unreadable).then(|| ranges.iter().any(|range| ip.is_in(*range)))
    })
}

fn has_any_address(args: &Args<'_>) -> KernelResult {
    let read = |list: Vec<String>| {
        list.iter()
            .filter_map(|ip| Address::parse(ip))
            .collect::<Vec<_>>()
    };
    against_list(args, read, |text, addresses| {
        Some(addresses.iter().any(|address| find_address(text, address)))
    })
}

fn has_any_prefix(args: &Args<'_>) -> KernelResult {
    let read = |list: Vec<String>| {
        list.iter()
            .filter_map(|ip| Prefix::parse(ip))
            .collect::<Vec<_>>()
    };
    against_list(args, read, |text, prefixes| {
        Some(prefixes.iter().any(|prefix| find_prefix(text, prefix)))
    })
}

fn cidr_list(start: &str, end: &str) -> Option<String> {
    let (start, end) = (parse_address(start)?, parse_address(end)?);
    (start <= end).then(|| array_of(cover(start, end).into_iter().map(with_mask)))
}

const STRING: Param = Param::Is(Type::String);
const ONE: &[Param] = &[STRING];
const TWO: &[Param] = &[STRING, STRING];
const TWO_BITS: &[Param] = &[STRING, STRING, Param::Integer];

const IS_PRIVATE: &[Overload] = &[overload(
    ONE,
    Type::Bool,
    kernel!(|ip: &str| Network::parse(ip).map(Network::is_private)),
)];
const IS_IN_RANGE: &[Overload] = &[overload(
    TWO,
    Type::Bool,
    kernel!(|ip: &str, range: &str| is_in_range(ip, range)),
)];
const LISTED: &[Param] = &[STRING, STRING];
const LIST: &[Param] = &[STRING, Param::Is(Type::Dynamic)];
const IS_IN_ANY_RANGE: &[Overload] = &[
    overload(LIST, Type::Bool, is_in_any_range),
    variadic(LISTED, Type::Bool, is_in_any_range),
];
const IS_MATCH: &[Overload] = &[overload(TWO_BITS, Type::Bool, |args| {
    let compared = compare(args);
    bool::collect(args.rows(), |row| Some(compared(row)? == 0))
})
.optional(1)];
const COMPARE: &[Overload] = &[overload(TWO_BITS, Type::Long, |args| {
    i64::collect(args.rows(), compare(args))
})
.optional(1)];
const NETMASK_SUFFIX: &[Overload] = &[overload(
    ONE,
    Type::Long,
    kernel!(|ip: &str| Network::parse(ip).map(|network| i64::from(network.bits))),
)];
const PARSE: &[Overload] = &[overload(ONE, Type::Long, kernel!(|ip: &str| parse(ip)))];
const PARSE_MASK: &[Overload] = &[overload(
    &[STRING, Param::Integer],
    Type::Long,
    kernel!(|ip: &str, bits: i64| parse_mask(ip, bits)),
)];
const FORMAT: &[Overload] = &[
    overload(&[STRING, Param::Integer], Type::String, |args| {
        format(args, plain)
    })
    .optional(1),
    overload(&[Param::Integer, Param::Integer], Type::String, |args| {
        format(args, plain)
    })
    .optional(1),
];
const FORMAT_MASK: &[Overload] = &[
    overload(&[STRING, Param::Integer], Type::String, |args| {
        format(args, with_mask)
    })
    .optional(1),
    overload(&[Param::Integer, Param::Integer], Type::String, |args| {
        format(args, with_mask)
    })
    .optional(1),
];
const CIDR_LIST: &[Overload] = &[overload(
    TWO,
    Type::Dynamic,
    kernel!(|start: &str, end: &str| cidr_list(start, end)),
)];
const HAS_ADDRESS: &[Overload] = &[overload(LISTED, Type::Bool, has_any_address)];
const HAS_PREFIX: &[Overload] = &[overload(LISTED, Type::Bool, has_any_prefix)];
const HAS_ANY_ADDRESS: &[Overload] = &[
    overload(LIST, Type::Bool, has_any_address),
    variadic(LISTED, Type::Bool, has_any_address),
];
const HAS_ANY_PREFIX: &[Overload] = &[
    overload(LIST, Type::Bool, has_any_prefix),
    variadic(LISTED, Type::Bool, has_any_prefix),
];

pub const FUNCTIONS: &[ScalarFunction] = &[
    ScalarFunction {
        name: "ipv4_is_private",
        aliases: &[],
        overloads: IS_PRIVATE,
        result_name: ResultName::Default,
        doc: "Tells whether an IPv4 address is in 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16.",
        source: "kusto/query/ipv4-is-private-function",
        examples: &[
            example(r#"ipv4_is_private("192.168.1.1/24")"#, "true"),
            example(r#"ipv4_is_private("127.0.0.1")"#, "false"),
            example(r#"ipv4_is_private("fe80::1")"#, "bool(null)"),
        ],
    },
    ScalarFunction {
        name: "ipv4_is_in_range",
        aliases: &[],
        overloads: IS_IN_RANGE,
        result_name: ResultName::Default,
        doc: "Tells whether an IPv4 address is in a network.",
        source: "kusto/query/ipv4-is-in-range-function",
        examples: &[
            example(
                r#"ipv4_is_in_range("192.168.1.1", "192.168.1.255/24")"#,
                "true",
            ),
            example(
                r#"ipv4_is_in_range("192.168.2.1", "192.168.1.255/24")"#,
                "false",
            ),
            example(r#"ipv4_is_in_range("192.168.2.1", "x")"#, "bool(null)"),
        ],
    },
    ScalarFunction {
        name: "ipv4_is_in_any_range",
        aliases: &[],
        overloads: IS_IN_ANY_RANGE,
        result_name: ResultName::Default,
        doc: "Tells whether an IPv4 address is in one of several networks; those that are none are passed over.",
        source: "kusto/query/ipv4-is-in-any-range-function",
        examples: &[
            example(
                r#"ipv4_is_in_any_range("192.168.1.6", "192.168.1.1/24", "10.0.0.1/8")"#,
                "true",
            ),
            example(
                r#"ipv4_is_in_any_range("127.0.0.1", dynamic(["127.0.0.1", "192.168.1.1"]))"#,
                "true",
            ),
            example(
                r#"ipv4_is_in_any_range("1.1.1.1", dynamic(["127.0.0.1", "192.168.1.1"]))"#,
                "false",
            ),
            example(r#"ipv4_is_in_any_range("x", "10.0.0.0/8")"#, "bool(null)"),
        ],
    },
    ScalarFunction {
        name: "ipv4_is_match",
        aliases: &[],
        overloads: IS_MATCH,
        result_name: ResultName::Default,
        doc: "Tells whether two IPv4 addresses are equal in the leading bits that count in both.",
        source: "kusto/query/ipv4-is-match-function",
        examples: &[
            example(
                r#"ipv4_is_match("192.168.1.1/24", "192.168.1.255")"#,
                "true",
            ),
            example(r#"ipv4_is_match("192.168.1.1", "192.168.1.0", 31)"#, "true"),
            example(r#"ipv4_is_match("192.168.1.1", "192.168.1.0")"#, "false"),
        ],
    },
    ScalarFunction {
        name: "ipv4_compare",
        aliases: &[],
        overloads: COMPARE,
        result_name: ResultName::Default,
        doc: "Compares two IPv4 addresses in the leading bits that count in both: -1, 0 or 1.",
        source: "kusto/query/ipv4-compare-function",
        examples: &[
            example(r#"ipv4_compare("192.168.1.1/30", "192.168.1.255/24")"#, "0"),
            example(r#"ipv4_compare("192.168.1.1", "192.168.1.255")"#, "-1"),
            example(r#"ipv4_compare("192.168.1.1", "192.168.1.255", 24)"#, "0"),
        ],
    },
    ScalarFunction {
        name: "ipv4_netmask_suffix",
        aliases: &[],
        overloads: NETMASK_SUFFIX,
        result_name: ResultName::Default,
        doc: "Gives the prefix length of an IPv4 address, 32 when none is written.",
        source: "kusto/query/ipv4-netmask-suffix-function",
        examples: &[
            example(r#"ipv4_netmask_suffix("192.168.1.1/24")"#, "24"),
            example(r#"ipv4_netmask_suffix("10.1.2.3")"#, "32"),
        ],
    },
    ScalarFunction {
        name: "parse_ipv4",
        aliases: &[],
        overloads: PARSE,
        result_name: ResultName::Default,
        doc: "Gives the number of an IPv4 address, masked by its prefix.",
        source: "kusto/query/parse-ipv4-function",
        examples: &[
            example(r#"parse_ipv4("192.168.1.1")"#, "3232235777"),
            example(r#"parse_ipv4("192.168.1.1/24")"#, "3232235776"),
            example(r#"parse_ipv4("192.168.1")"#, "long(null)"),
        ],
    },
    ScalarFunction {
        name: "parse_ipv4_mask",
        aliases: &[],
        overloads: PARSE_MASK,
        result_name: ResultName::Default,
        doc: "Gives the number of an IPv4 address, masked by a prefix length.",
        source: "kusto/query/parse-ipv4-mask-function",
        examples: &[
            example(r#"parse_ipv4_mask("127.0.0.1", 24)"#, "2130706432"),
            example(r#"parse_ipv4_mask("127.0.0.1", 33)"#, "long(null)"),
        ],
    },
    ScalarFunction {
        name: "format_ipv4",
        aliases: &[],
        overloads: FORMAT,
        result_name: ResultName::Default,
        doc: "Writes an IPv4 address, given as text or number, masked by a prefix length.",
        source: "kusto/query/format-ipv4-function",
        examples: &[
            example(r#"format_ipv4("192.168.1.1", 24)"#, r#""192.168.1.0""#),
            example("format_ipv4(3232235777)", r#""192.168.1.1""#),
            example(r#"format_ipv4("192.168.1.1/24", -1)"#, r#""""#),
        ],
    },
    ScalarFunction {
        name: "format_ipv4_mask",
        aliases: &[],
        overloads: FORMAT_MASK,
        result_name: ResultName::Default,
        doc: "Writes an IPv4 address, given as text or number, masked by a prefix length and with that length behind it.",
        source: "kusto/query/format-ipv4-mask-function",
        examples: &[
            example(
                r#"format_ipv4_mask("192.168.1.1", 24)"#,
                r#""192.168.1.0/24""#,
            ),
            example(
                r#"format_ipv4_mask("192.168.1.1/24", 32)"#,
                r#""192.168.1.0/24""#,
            ),
        ],
    },
    ScalarFunction {
        name: "ipv4_range_to_cidr_list",
        aliases: &[],
        overloads: CIDR_LIST,
        result_name: ResultName::Default,
        doc: "Gives the networks that hold exactly the addresses from one to another.",
        source: "kusto/query/ipv4-range-to-cidr-list-function",
        examples: &[
            example(
                r#"ipv4_range_to_cidr_list("1.1.128.0", "1.1.140.255")"#,
                r#"dynamic(["1.1.128.0/21","1.1.136.0/22","1.1.140.0/24"])"#,
            ),
            example(
                r#"ipv4_range_to_cidr_list("1.1.1.1", "1.1.1.1")"#,
                r#"dynamic(["1.1.1.1/32"])"#,
            ),
        ],
    },
    ScalarFunction {
        name: "has_ipv4",
        aliases: &[],
        overloads: HAS_ADDRESS,
        result_name: ResultName::Default,
        doc: "Tells whether an IPv4 address stands in a text.",
        source: "kusto/query/has-ipv4-function",
        examples: &[
            example(r#"has_ipv4("05:04:54 127.0.0.1 GET", "127.0.0.1")"#, "true"),
            example(
                r#"has_ipv4("05:04:54 127.0.0.256 GET", "127.0.0.256")"#,
                "false",
            ),
            example(r#"has_ipv4("05:04:54127.0.0.1 GET", "127.0.0.1")"#, "false"),
        ],
    },
    ScalarFunction {
        name: "has_ipv4_prefix",
        aliases: &[],
        overloads: HAS_PREFIX,
        result_name: ResultName::Default,
        doc: "Tells whether an IPv4 address that starts with a prefix such as `10.1.` stands in a text.",
        source: "kusto/query/has-ipv4-prefix-function",
        examples: &[
            example(
                r#"has_ipv4_prefix("05:04:54 127.0.0.1 GET", "127.0.")"#,
                "true",
            ),
            example(
                r#"has_ipv4_prefix("05:04:54 127.0.0.1 GET", "127.0")"#,
                "false",
            ),
            example(
                r#"has_ipv4_prefix("05:04:54 127.0.0.256 GET", "127.0.")"#,
                "false",
            ),
        ],
    },
    ScalarFunction {
        name: "has_any_ipv4",
        aliases: &[],
        overloads: HAS_ANY_ADDRESS,
        result_name: ResultName::Default,
        doc: "Tells whether one of several IPv4 addresses stands in a text.",
        source: "kusto/query/has-any-ipv4-function",
        examples: &[
            example(
                r#"has_any_ipv4("05:04:54 127.0.0.1 GET", "127.0.0.1", "127.0.0.2")"#,
                "true",
            ),
            example(
                r#"has_any_ipv4("05:04:54 127.0.0.1 GET", dynamic(["127.0.0.3", "127.0.0.2"]))"#,
                "false",
            ),
        ],
    },
    ScalarFunction {
        name: "has_any_ipv4_prefix",
        aliases: &[],
        overloads: HAS_ANY_PREFIX,
        result_name: ResultName::Default,
        doc: "Tells whether an IPv4 address that starts with one of several prefixes stands in a text.",
        source: "kusto/query/has-any-ipv4-prefix-function",
        examples: &[
            example(
                r#"has_any_ipv4_prefix("05:04:54 127.0.0.1 GET", "127.0.", "192.168.")"#,
                "true",
            ),
            example(
                r#"has_any_ipv4_prefix("05:04:54127.0.0.1 GET", dynamic(["127.0.", "192."]))"#,
                "false",
            ),
        ],
    },
];
