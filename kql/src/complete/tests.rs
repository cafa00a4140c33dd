//! Places in the text, marked by `‸`, and what is wanted there first.

#![allow(clippy::unwrap_used)]

use super::{Site, Want, site};

fn at(marked: &str) -> Site {
    let at = marked.find('‸').unwrap();
    site(&marked.replace('‸', ""), at)
}

fn first(marked: &str) -> Option<Want> {
    at(marked).wants.into_iter().next()
}

#[test]
fn a_pipeline_begins_with_a_table() {
    for text in [
        "‸",
        "Dev‸",
        "let a = 1; ‸",
        "let T = Dev‸",
        "union ‸",
        "union kind=outer A, ‸",
        "T | where x in (toscalar(‸",
        "T | union (‸",
    ] {
        assert_eq!(first(text), Some(Want::Tables), "{text}");
    }
    let join = at("T | join kind=inner (De‸");
    assert_eq!(join.wants[0], Want::Tables);
    assert_eq!(join.input, None);
}

#[test]
fn an_operator_follows_a_pipe() {
    for text in [
        "T | ‸",
        "T | project-a‸",
        "T | take 5 | su‸",
        "T | join (U | ‸",
    ] {
        assert_eq!(first(text), Some(Want::Operators), "{text}");
    }
    assert_eq!(at("T | project-a‸").word.start, 4);
}

#[test]
fn columns_are_those_of_the_pipeline_up_to_the_last_pipe() {
    let found = at("let n = 5; T | where a == 1 | extend b = strlen(c‸");
    assert_eq!(found.input.as_deref(), Some("T | where a == 1"));
    assert_eq!(found.prelude, "let n = 5;\n");
    assert_eq!(found.wants[0], Want::Columns);
    let inner = at("T | where a in (U | where b > 1 | project ‸");
    assert_eq!(inner.input.as_deref(), Some("U | where b > 1"));
    let applied = at("T | mv-apply x = y on (where ‸");
    assert_eq!(
        applied.input.as_deref(),
        Some("T | mv-apply x = y on (take 1)")
    );
    let body = at("let f = (n: long, t: (a: string)) { t | where ‸");
    assert_eq!(
        body.prelude,
        "let n = long(null);\nlet t = datatable(a: string)[];\n"
    );
    assert_eq!(body.input.as_deref(), Some("t"));
}

#[test]
fn values_are_those_of_the_column_in_front() {
    for text in [
        "T | where ActionType == \"‸",
        "T | where ActionType == 'Conn‸",
        "T | where ActionType in (\"a\", \"‸",
        "T | where x > 1 and ActionType has_any (\"‸",
        "T | where ActionType !has \"C‸",
    ] {
        assert_eq!(
            first(text),
            Some(Want::Values("ActionType".to_owned())),
            "{text}"
        );
    }
    assert_eq!(first("print \"a‸"), None);
}

#[test]
fn a_join_takes_its_kind_its_table_and_its_columns() {
    assert!(matches!(first("T | join kind=‸"), Some(Want::Words(kinds)) if kinds[0] == "inner"));
    assert_eq!(
        first("T | join kind=inner (U | take 1) on ‸"),
        Some(Want::JoinColumns("(U | take 1)".to_owned()))
    );
    assert_eq!(first("T | join U on $left.‸"), Some(Want::Columns));
    assert_eq!(
        first("T | join U on $left.a == $right.‸"),
        Some(Want::ColumnsOf("U".to_owned()))
    );
    assert_eq!(first("T | join U ‸"), Some(Want::Words(&["on"])));
}

#[test]
fn nothing_is_wanted_in_comments_numbers_and_new_names() {
    for text in ["// a‸", "T | take 1‸", "let ‸", "T | as ‸"] {
        assert_eq!(first(text), None, "{text}");
    }
}
