//! The functions that ship with huntql, written in KQL.

use crate::catalog::SavedFunction;

/// A row of the table below.
struct Shipped {
    name: &'static str,
    doc: &'static str,
    text: &'static str,
}

const SHIPPED: &[Shipped] = &[
    Shipped {
        name: "ProxyIPs",
        doc: "The addresses of the forward proxies that huntql knows, as a table: `where RemoteIP !in (ProxyIPs())`.",
        text: include_str!("saved/proxy_ips.kql"),
    },
    Shipped {
        name: "WithoutProxyHops",
        doc: "Drops connections to a proxy that name no other target: `DeviceNetworkEvents | invoke WithoutProxyHops()`.",
        text: include_str!("saved/without_proxy_hops.kql"),
    },
];

/// `ProxyIPs()` and `WithoutProxyHops()`.
pub fn builtin_functions() -> Vec<SavedFunction> {
    SHIPPED
        .iter()
        .map(|shipped| SavedFunction {
            name: shipped.name.to_string(),
            text: shipped.text.trim().to_string(),
            doc: shipped.doc.to_string(),
        })
        .collect()
}
