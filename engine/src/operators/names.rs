//! Rows that operators and the binder name are there.

#![allow(clippy::unwrap_used)]

use crate::functions::operator;
use regex::Regex;
use std::path::Path;

#[test]
fn every_operator_row_that_is_named_is_there() {
    let named = Regex::new(r#"operator\(\s*(?:binder,\s*)?"([a-z0-9_]+)""#).unwrap();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut seen = 0;
    for folder in ["bind", "operators", "operators/evaluate"] {
        for entry in std::fs::read_dir(source.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|extension| extension != "rs") {
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            for name in named.captures_iter(&text) {
                assert!(operator(&name[1]).is_some(), "{} in {path:?}", &name[1]);
                seen += 1;
            }
        }
    }
    assert!(seen > 10, "{seen}");
    for name in [
        "dynamic_at",
        "dynamic_contains",
        "dynamic_contains_ci",
        "pack_present",
    ] {
        assert!(operator(name).is_some(), "{name}");
    }
}
