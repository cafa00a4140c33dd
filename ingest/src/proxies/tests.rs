#![allow(clippy::unwrap_used)]
use super::*;
use datafusion::arrow::array::AsArray;
use datafusion::arrow::datatypes::Int32Type;

const CONFIG: &str = r#"
[[proxy]]
name = "gateway"
listeners = ["10.0.0.6:8080"]
logs = ["squid/*.log"]
valid_from = "2026-01-01T00:00:00Z"

[[proxy]]
name = "lab"
listeners = ["10.1.0.0/24:3128", "[2001:db8::1]:8080"]
"#;

#[test]
fn a_configuration_becomes_the_rows_of_proxies() {
    let set = parse_config(CONFIG, "huntql.toml").unwrap();
    let batch = set.to_batch();
    assert_eq!(batch.num_rows(), 3);
    let addresses: Vec<_> = batch
        .column_by_name("Address")
        .unwrap()
        .as_string::<i32>()
        .iter()
        .flatten()
        .collect();
    assert_eq!(addresses, ["10.0.0.6", "10.1.0.0/24", "2001:db8::1"]);
    assert_eq!(
        batch
            .column_by_name("Port")
            .unwrap()
            .as_primitive::<Int32Type>()
            .values(),
        &[8080, 3128, 8080]
    );
}

#[test]
fn an_unknown_key_is_an_error_with_a_suggestion() {
    let error = parse_config(
        "[[proxy]]\nname = \"a\"\nlistener = [\"10.0.0.6:8080\"]",
        "huntql.toml",
    )
    .unwrap_err();
    assert_eq!(
        error.to_string(),
        "huntql.toml: proxy 1: `listener` in `[[proxy]]` is not a known key; did you mean `listeners`?"
    );
    assert!(
        parse_config("proxies = 1", "huntql.toml")
            .unwrap_err()
            .to_string()
            .contains("did you mean `proxy`?")
    );
}

#[test]
fn a_listener_that_is_none_says_what_one_looks_like() {
    for text in [
        "10.0.0.300:8080",
        "10.0.0:8080",
        "pro xy.example:8080",
        ":8080",
        "",
    ] {
        assert!(
            parse_listener(text).unwrap_err().contains("10.0.0.6:8080"),
            "{text}"
        );
    }
    let named = parse_listener("Proxy.Example:8080").unwrap();
    assert_eq!(named.address, Address::Name("proxy.example".to_owned()));
    assert_eq!(
        parse_listener("10.0.0.6:80801").unwrap_err(),
        "`80801` in `10.0.0.6:80801` is no port"
    );
    assert_eq!(parse_listener("10.0.0.6").unwrap().port, None);
}

#[test]
fn a_log_belongs_to_the_proxy_whose_pattern_matches_or_that_was_named() {
    let set = parse_config(CONFIG, "huntql.toml").unwrap();
    assert_eq!(
        set.owner_of("samples/squid/access.log", None)
            .map(|p| p.name.as_str()),
        Some("gateway")
    );
    assert_eq!(set.owner_of("other/access.log", None), None);
    assert_eq!(
        set.owner_of("other/access.log", Some("lab"))
            .map(|p| p.name.as_str()),
        Some("lab")
    );
    assert!(set.require("gatway").is_err());
}

#[test]
fn only_a_single_address_is_taken_for_the_listener() {
    let set = parse_config(CONFIG, "huntql.toml").unwrap();
    let listener = set.proxies()[0].listener().unwrap();
    assert_eq!(
        (listener.address.to_string(), listener.port),
        ("10.0.0.6".to_owned(), Some(8080))
    );
    assert_eq!(set.proxies()[1].listener(), None);
}

fn tick(text: &str) -> i64 {
    crate::time::iso_instant(text).unwrap()
}

#[test]
fn a_peer_is_a_proxy_at_its_address_and_port_and_while_it_is_valid() {
    let set = parse_config(CONFIG, "huntql.toml").unwrap();
    let at = |address: &str, port, time| {
        let found = set.listener_at(address.parse().unwrap(), port, tick(time));
        found.map(|proxy| proxy.name.clone())
    };
    let gateway = Some("gateway".to_owned());
    assert_eq!(at("10.0.0.6", Some(8080), "2026-03-02T08:00:00Z"), gateway);
    assert_eq!(at("10.0.0.6", None, "2026-01-01T00:00:00Z"), gateway);
    assert_eq!(at("10.0.0.6", Some(443), "2026-03-02T08:00:00Z"), None);
    assert_eq!(at("10.0.0.6", Some(8080), "2025-12-31T23:59:59Z"), None);
    assert_eq!(
        at("10.1.0.77", Some(3128), "2020-01-01T00:00:00Z"),
        Some("lab".to_owned())
    );
}

#[test]
fn a_suggestion_is_no_proxy_and_the_most_trusted_source_answers() {
    let proxy = |name: &str, confidence| Proxy {
        name: name.to_owned(),
        listeners: vec![parse_listener("10.0.0.6:8080").unwrap()],
        confidence,
        ..Proxy::default()
    };
    let address = "10.0.0.6".parse().unwrap();
    let mut set = ProxySet::new(vec![proxy("guess", Confidence::Suggested)]);
    assert_eq!(set.listener_at(address, None, 0), None);
    assert_eq!(set.to_batch().num_rows(), 0);
    assert_eq!(set.to_batch_of_all().num_rows(), 1);
    set.add(proxy("seen", Confidence::Certain));
    set.add(proxy("told", Confidence::Configured));
    assert_eq!(set.listener_at(address, None, 0).unwrap().name, "told");
}

#[test]
fn a_name_is_no_address_until_the_data_say_so_and_each_address_has_its_time() {
    let mut set = parse_config(
        "[[proxy]]\nname = \"gw\"\nlisteners = [\"gw.example:8080\"]",
        "huntql.toml",
    )
    .unwrap();
    let at = |set: &ProxySet, address: &str, time| {
        let address = address.parse().unwrap();
        set.listener_at(address, Some(8080), time).is_some()
    };
    assert_eq!(set.names(), ["gw.example"]);
    assert!(!at(&set, "10.0.0.6", 50));
    let sighting = |address: &str, first_seen, last_seen| NameSighting {
        name: "gw.example".to_owned(),
        address: address.parse().unwrap(),
        first_seen,
        last_seen,
    };
    set.resolve(&[sighting("10.0.0.7", 100, 120), sighting("10.0.0.6", 40, 60)]);
    let known = ["10.0.0.6", "10.0.0.7"].map(|a| [1, 99, 100, 999].map(|t| at(&set, a, t)));
    assert_eq!(
        known,
        [[true, true, false, false], [false, false, true, true]]
    );
}
