//! What each lint finds, and what it leaves alone.

use huntql_engine::lints::{Known, LINTS, by_code};
use huntql_engine::{Catalog, Engine, EngineOptions};

/// Code and text of everything that is found.
fn found(text: &str) -> Vec<(&'static str, String)> {
    let known = Known {
        proxies: vec!["192.0.2.8".to_owned()],
    };
    Engine::new(Catalog::builtin(), EngineOptions::default())
        .lint(text, &known)
        .iter()
        .map(|lint| (lint.code, lint.span().text(text).to_owned()))
        .collect()
}

#[track_caller]
fn finds(code: &str, place: &str, text: &str) {
    let found = found(text);
    assert!(
        found.iter().any(|one| *one == (code, place.to_owned())),
        "{found:?}"
    );
}

#[track_caller]
fn clean(text: &str) {
    assert_eq!(found(text), []);
}

#[test]
fn every_code_and_name_stands_once() {
    for (at, lint) in LINTS.iter().enumerate() {
        assert!(by_code(lint.code).is_some_and(|found| found.name == lint.name));
        assert!(
            !LINTS[..at]
                .iter()
                .any(|other| other.code == lint.code || other.name == lint.name)
        );
    }
}

#[test]
fn a_filter_behind_parsing_could_stand_in_front() {
    finds(
        "HQ101",
        "where",
        "DeviceNetworkEvents | extend F = parse_json(AdditionalFields) | where RemotePort == 443",
    );
    clean(
        "DeviceNetworkEvents | extend F = parse_json(AdditionalFields) | where F.host == 'a.example'",
    );
    clean(
        "DeviceNetworkEvents | extend RemotePort = tolong(split(RemoteUrl, ':')[1]) | where RemotePort == 443",
    );
}

#[test]
fn contains_with_a_word_could_be_has() {
    finds(
        "HQ102",
        "contains",
        "DeviceNetworkEvents | where RemoteUrl contains 'example'",
    );
    clean("DeviceNetworkEvents | where RemoteUrl contains '.exe'");
    clean("DeviceNetworkEvents | where RemoteUrl has 'example'");
}

#[test]
fn a_join_limited_on_one_side_is_told_on_the_other() {
    let text = "DeviceNetworkEvents | where Timestamp > ago(1d) | join kind=inner (DeviceEvents) on DeviceId";
    finds("HQ103", "(DeviceEvents)", text);
    clean(
        "DeviceNetworkEvents | where Timestamp > ago(1d) | join kind=inner (DeviceEvents | where Timestamp > ago(1d)) on DeviceId",
    );
    clean(
        "let E = DeviceEvents | where TimeGenerated > ago(1d); DeviceNetworkEvents | where Timestamp > ago(1d) | join kind=inner E on DeviceId",
    );
}

#[test]
fn a_join_says_its_kind_unless_the_left_is_unique() {
    finds(
        "HQ104",
        "join",
        "DeviceNetworkEvents | join DeviceEvents on DeviceId",
    );
    clean("DeviceNetworkEvents | distinct DeviceId | join DeviceEvents on DeviceId");
    clean(
        "DeviceNetworkEvents | summarize n = count() by DeviceId | where n > 5 | join DeviceEvents on $left.DeviceId == $right.DeviceId",
    );
    finds(
        "HQ104",
        "join",
        "DeviceNetworkEvents | distinct DeviceId, RemoteIP | join DeviceEvents on DeviceId",
    );
}

#[test]
fn reading_everything_is_told() {
    finds("HQ105", "search", "search 'example'");
    finds("HQ105", "union", "union * | where DeviceName == 'ws-01'");
    clean("search in (DeviceNetworkEvents) 'example'");
    finds(
        "HQ106",
        "* has 'example'",
        "DeviceNetworkEvents | where * has 'example'",
    );
}

#[test]
fn a_filter_on_the_proxy_drops_named_targets() {
    finds(
        "HQ107",
        "RemoteIP != 'ProxyIP'",
        "DeviceNetworkEvents | where RemotePort == 443 and RemoteIP != 'ProxyIP'",
    );
    finds(
        "HQ107",
        "RemoteIP !in (ProxyIPs())",
        "DeviceNetworkEvents | where RemoteIP !in (ProxyIPs())",
    );
    finds(
        "HQ107",
        "not(RemoteIP == '192.0.2.8')",
        "DeviceNetworkEvents | where not(RemoteIP == '192.0.2.8')",
    );
    clean("DeviceNetworkEvents | where RemoteIP != 'ProxyIP' or isnotempty(RemoteUrl)");
    clean("DeviceNetworkEvents | where RemoteIP != '203.0.113.9'");
}

#[test]
fn any_rows_and_lost_orders_are_told() {
    finds(
        "HQ108",
        "take 100",
        "DeviceNetworkEvents | take 100 | summarize count() by RemoteIP",
    );
    clean("DeviceNetworkEvents | sort by Timestamp | take 100 | summarize count() by RemoteIP");
    clean("DeviceNetworkEvents | take 100 | project RemoteIP");
    finds(
        "HQ109",
        "sort by RemotePort",
        "DeviceNetworkEvents | sort by RemotePort | summarize count() by RemoteIP",
    );
    clean(
        "DeviceNetworkEvents | sort by Timestamp asc | summarize make_list(RemoteUrl) by RemoteIP",
    );
}

#[test]
fn comparisons_without_case_have_operators() {
    finds(
        "HQ110",
        "tolower(DeviceName) == 'ws'",
        "DeviceNetworkEvents | where tolower(DeviceName) == 'ws'",
    );
    clean("DeviceNetworkEvents | where DeviceName =~ 'ws'");
}

#[test]
fn patterns_and_terms_that_do_nothing_are_told() {
    finds(
        "HQ111",
        "'example'",
        "DeviceNetworkEvents | where RemoteUrl matches regex 'example'",
    );
    clean("DeviceNetworkEvents | where RemoteUrl matches regex 'ex.*le'");
    finds(
        "HQ112",
        "'ru'",
        "DeviceNetworkEvents | where RemoteUrl has 'ru'",
    );
}

#[test]
fn a_name_that_is_never_used_is_told() {
    finds(
        "HQ113",
        "Unused",
        "let Unused = 1; DeviceNetworkEvents | count",
    );
    clean("let Used = 1; DeviceNetworkEvents | where RemotePort == Used");
}

#[test]
fn times_are_binned_and_past() {
    finds(
        "HQ114",
        "Timestamp",
        "DeviceNetworkEvents | summarize count() by Timestamp",
    );
    clean("DeviceNetworkEvents | summarize count() by bin(Timestamp, 1h)");
    finds(
        "HQ115",
        "ago(-1d)",
        "DeviceNetworkEvents | where Timestamp > ago(-1d)",
    );
}

#[test]
fn a_text_is_parsed_once() {
    finds(
        "HQ116",
        "parse_json(AdditionalFields)",
        "DeviceNetworkEvents | extend A = parse_json(AdditionalFields).a, B = parse_json(AdditionalFields).b",
    );
}

#[test]
fn a_comment_allows_a_lint() {
    clean(
        "// huntql-allow: join-without-kind\nDeviceNetworkEvents | join DeviceEvents on DeviceId",
    );
    clean("DeviceNetworkEvents | join DeviceEvents on DeviceId // huntql-allow: HQ104");
}

#[test]
fn a_pattern_that_is_none_is_told_before_it_meets_a_row() {
    finds(
        "HQ117",
        "\"(x\"",
        "DeviceNetworkEvents | where RemoteUrl matches regex \"(x\"",
    );
    finds(
        "HQ117",
        "'(?=x)'",
        "DeviceNetworkEvents | extend A = extract('(?=x)', 1, RemoteUrl)",
    );
    finds(
        "HQ117",
        "'[a'",
        "DeviceNetworkEvents | extend A = replace_regex(RemoteUrl, '[a', '')",
    );
    clean("DeviceNetworkEvents | where RemoteUrl matches regex @\"^(\\d+\\.){3}\\d+$\"");
}
