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
        name: "ProxySuggestions",
        doc: "Endpoints on the usual ports of proxies with many targets and most devices behind them: they may be proxies, and nothing filters by them.",
        text: include_str!("saved/proxy_suggestions.kql"),
    },
    Shipped {
        name: "MatchesServiceUrl",
        doc: "Whether a URL or host is meant by a pattern of a list of service URLs: `*.a.example`, `a.example/path/*`, `a*.example`.",
        text: include_str!("saved/matches_service_url.kql"),
    },
    Shipped {
        name: "DeviceTimeline",
        doc: "The events of one device in order, a row each: process, what it did, target, proxy, tier, decision: `DeviceTimeline(\"ws-01\")`, within `since` and `until`.",
        text: include_str!("saved/device_timeline.kql"),
    },
    Shipped {
        name: "WithoutProxyHops",
        doc: "Drops connections to a proxy that name no other target: `DeviceNetworkEvents | invoke WithoutProxyHops()`.",
        text: include_str!("saved/without_proxy_hops.kql"),
    },
    Shipped {
        name: "WithoutUnmaskedTwins",
        doc: "Drops the rows that a row of `huntql unmask` tells already (the sensor's plain row, the proxy's record), so that nothing is counted twice: `DeviceNetworkEvents | invoke WithoutUnmaskedTwins()`.",
        text: include_str!("saved/without_unmasked_twins.kql"),
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
