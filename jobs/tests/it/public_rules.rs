//! Every published rule loads, and what is written of it is the same rule.

use huntql_jobs::rule::{Format, Rule, load, load_text, write};
use std::path::{Path, PathBuf};

/// None, with a message, where the published rules are not at hand.
fn published() -> Option<PathBuf> {
    let shared = std::env::var_os("HUNTQL_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared"),
        PathBuf::from,
    );
    let rules = shared.join("data/rules");
    if !rules.is_dir() {
        eprintln!("skipped: there are no published rules; set HUNTQL_SHARED");
        return None;
    }
    Some(rules)
}

#[test]
fn every_published_rule_loads() {
    let Some(folder) = published() else { return };
    let loaded = load(&folder);
    let mut failed = Vec::new();
    for one in &loaded {
        if one.rule.is_none() {
            failed.push(format!("{}: {:?}", one.file.display(), one.diagnostics));
        }
    }
    assert!(failed.is_empty(), "{failed:#?}");
    assert_eq!(loaded.len(), 261);
    let scheduled = loaded
        .iter()
        .filter_map(|one| one.rule.as_ref()?.schedule.as_ref());
    assert_eq!(scheduled.count(), 141);
}

#[test]
fn published_rules_have_no_unknown_keys() {
    let Some(folder) = published() else { return };
    let mut told = Vec::new();
    for one in load(&folder) {
        let unknown = one.diagnostics.iter().filter(|found| found.code == "HQ033");
        told.extend(unknown.map(|found| format!("{}: {}", one.file.display(), found.message)));
    }
    assert!(told.is_empty(), "{told:#?}");
}

/// The rule without what tells where it stands.
fn bare(rule: &Rule) -> Rule {
    let mut bare = rule.clone();
    bare.source.query_line = 0;
    if bare.version.is_empty() {
        bare.version = "1.0.0".to_owned();
    }
    bare
}

#[test]
fn what_is_written_of_a_published_rule_is_the_same_rule() {
    let Some(folder) = published() else { return };
    for one in load(&folder) {
        let rule = one.rule.unwrap();
        let text = write::yaml(&rule);
        let again = load_text(&one.file, &text, Format::Tree);
        assert_eq!(again.len(), 1, "{text}");
        let Some(read) = &again[0].rule else {
            panic!("{:?}\n{text}", again[0].diagnostics);
        };
        let mut wanted = bare(&rule);
        wanted.query = wanted.query.replace("\r\n", "\n");
        assert_eq!(bare(read), wanted, "{text}");
    }
}
