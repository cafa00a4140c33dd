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
    assert!(
        parse_listener("proxy.example:8080")
            .unwrap_err()
            .contains("10.0.0.6:8080")
    );
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
