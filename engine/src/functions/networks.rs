//! Rows that plugins name: the slots of a bag with their types, the networks of an address.

use super::row::{Overload, Param, ScalarFunction, example, overload, row};
use crate::json::{Array, Kind, Number, entries, kind, number, quote, unquote};
use crate::kernel::Json;
use crate::kernel::ip::{Network, Network6, format_address};
use huntql_kql::types::Type;

const SLOTS: &[Overload] = &[overload(
    &[Param::Is(Type::Dynamic)],
    Type::Dynamic,
    |args| args.map1(|json: Option<Json<'_>>| slot_types(json.map_or("", |Json(json)| json))),
)];
const V4_NETWORKS: &[Overload] = &[overload(&[Param::Text], Type::Dynamic, |args| {
    args.map1(|text: &str| networks4(text))
})];
const V4_NETWORK: &[Overload] = &[overload(&[Param::Text], Type::String, |args| {
    args.map1(|text: &str| Network::parse(text.trim()).map_or(String::new(), text4))
})];
const V6_NETWORKS: &[Overload] = &[overload(&[Param::Text], Type::Dynamic, |args| {
    args.map1(|text: &str| networks6(text))
})];
const V6_NETWORK: &[Overload] = &[overload(&[Param::Text], Type::String, |args| {
    args.map1(|text: &str| Network6::parse(text.trim()).map_or(String::new(), text6))
})];

const LOOKUP: [super::row::Example; 2] = [
    example(
        "toscalar(print i = \"10.1.2.3\" | evaluate ipv4_lookup((print n = \"10.0.0.0/8\"), i, n) | project n)",
        "\"10.0.0.0/8\"",
    ),
    example(
        "toscalar(print i = \"2001:db8::1\" | evaluate ipv6_lookup((print n = \"2001:db8::/32\"), i, n) | project n)",
        "\"2001:db8::/32\"",
    ),
];

pub const OPERATORS: &[ScalarFunction] = &[
    row(
        "slot_types",
        SLOTS,
        "kusto/query/bag-unpack-plugin",
        "Gives `type:key` for every slot of a bag that is not null.",
        &[
            example(
                r#"toscalar(print b = dynamic({"a":7}) | evaluate bag_unpack(b) | project a)"#,
                "7",
            ),
            example(
                r#"toscalar(print b = dynamic({"a":"x"}) | evaluate bag_unpack(b, "p_") | project p_a)"#,
                "\"x\"",
            ),
        ],
    ),
    row(
        "ipv4_networks",
        V4_NETWORKS,
        "kusto/query/ipv4-lookup-plugin",
        "Gives all networks that hold an IPv4 address or network, as `a.b.c.d/n`.",
        &LOOKUP,
    ),
    row(
        "ipv4_network",
        V4_NETWORK,
        "kusto/query/ipv4-lookup-plugin",
        "Writes an IPv4 address or network as `a.b.c.d/n`; empty for what is none.",
        &LOOKUP,
    ),
    row(
        "ipv6_networks",
        V6_NETWORKS,
        "kusto/query/ipv6-lookup-plugin",
        "Gives all networks that hold an IPv6 or IPv4 address or network, as `address/n`.",
        &LOOKUP,
    ),
    row(
        "ipv6_network",
        V6_NETWORK,
        "kusto/query/ipv6-lookup-plugin",
        "Writes an IPv6 or IPv4 address or network as `address/n`; empty for what is none.",
        &LOOKUP,
    ),
];

fn slot_types(json: &str) -> String {
    let mut slots = Array::default();
    if kind(json) == Kind::Bag {
        for (key, value) in entries(json) {
            let ty = match kind(value) {
                Kind::Null => continue,
                Kind::Bool => Type::Bool,
                Kind::Text => Type::String,
                Kind::Number => match number(value) {
                    Some(Number::Long(_)) => Type::Long,
                    Some(Number::Real(_)) | None => Type::Real,
                },
                Kind::Array | Kind::Bag => Type::Dynamic,
            };
            slots.push(Some(&quote(&format!("{}:{}", ty.name(), unquote(key)))));
        }
    }
    slots.finish()
}

fn text4(network: Network) -> String {
    format!("{}/{}", format_address(network.masked()), network.bits)
}

fn text6(network: Network6) -> String {
    format!("{}/{}", network.canonical(), network.bits)
}

fn networks4(text: &str) -> String {
    let mut networks = Array::default();
    if let Some(network) = Network::parse(text.trim()) {
        for bits in 0..=network.bits {
            networks.push(Some(&quote(&text4(Network { bits, ..network }))));
        }
    }
    networks.finish()
}

fn networks6(text: &str) -> String {
    let mut networks = Array::default();
    if let Some(network) = Network6::parse(text.trim()) {
        for bits in 0..=network.bits {
            if let Some(wider) = network.narrowed(i64::from(bits)) {
                networks.push(Some(&quote(&text6(wider))));
            }
        }
    }
    networks.finish()
}
