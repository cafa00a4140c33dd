//! Options for scripts: limits, windows of time, exit codes, the manual.

use crate::support::{Place, run};

const EVENTS: &str = "{\"Timestamp\":\"2026-03-01T10:00:00Z\",\"Name\":\"a\"}
{\"Timestamp\":\"2026-03-02T10:00:00Z\",\"Name\":\"b\"}
{\"Timestamp\":\"2026-03-03T10:00:00Z\",\"Name\":\"c\"}
";

const SCHEMA: &str = "{\"T\": [[\"Timestamp\", \"datetime\"], [\"Name\", \"string\"]]}";

/// The names that a query with these options gives.
fn names(options: &[&str]) -> String {
    let place = Place::new();
    place.write("t.ndjson", EVENTS);
    place.write("schema.json", SCHEMA);
    let mut arguments = vec![
        "query",
        "T | summarize strcat_array(array_sort_asc(make_list(Name)), '')",
        "--format",
        "csv",
    ];
    arguments.extend(["--schemas", "schema.json", "--data", "T=t.ndjson"]);
    arguments.extend(options);
    let ran = place.run(&arguments).code(0);
    ran.stdout.lines().nth(1).unwrap_or_default().to_owned()
}

#[test]
fn a_timespan_ends_now_or_where_it_says() {
    let now = ["--now", "2026-03-03T12:00:00Z"];
    assert_eq!(names(&now), "abc");
    assert_eq!(names(&[&now[..], &["--timespan", "1d"]].concat()), "c");
    assert_eq!(names(&[&now[..], &["--timespan", "P2D"]].concat()), "bc");
    assert_eq!(names(&[&now[..], &["--timespan", "PT27H"]].concat()), "bc");
    assert_eq!(names(&["--timespan", "2026-03-01/2026-03-03"]), "ab");
    assert_eq!(names(&["--timespan", "2026-03-02/P1D"]), "b");
}

#[test]
fn a_timespan_that_is_none_is_told() {
    for text in ["P1Y", "soon", "2026-03-02/2026-03-01", "-1d"] {
        run(&["query", "print 1", &format!("--timespan={text}")]).code(2);
    }
}

#[test]
fn rows_can_be_a_failure() {
    run(&["query", "print 1", "--fail-if-rows"]).code(5);
    run(&["query", "print x = 1 | where x == 2", "--fail-if-rows"]).code(0);
    run(&["query", "print nope", "--fail-if-rows"]).code(1);
}

#[test]
fn rows_behind_the_limit_are_not_silent() {
    let ran = run(&[
        "query",
        "range x from 1 to 10 step 1",
        "--format",
        "csv",
        "--max-rows",
        "3",
    ]);
    let ran = ran.code(4).says("only the first 3 rows");
    assert_eq!(ran.stdout.lines().count(), 4);
    run(&["query", "range x from 1 to 3 step 1", "--max-rows", "3"]).code(0);
}

#[test]
fn a_limit_of_time_and_one_of_memory_end_a_query() {
    let long = "range x from 1 to 100000000 step 1 | extend y = hash_sha256(tostring(x)) | summarize dcount(y)";
    run(&["query", long, "--timeout", "1"])
        .code(4)
        .says("longer than 1 s");
    run(&["query", "print 1", "--memory", "lots"]).code(2);
    run(&["query", "print 1", "--memory", "512MiB"]).code(0);
}

#[test]
fn a_parameter_is_a_value_and_never_text_of_the_query() {
    let text = "declare query_parameters(Name: string); print Name";
    let ran = run(&[
        "query",
        text,
        "--format",
        "csv",
        "--param",
        "Name=x\" | take 0 //",
    ])
    .code(0);
    assert!(ran.stdout.contains("| take 0"), "{ran:#?}");
}

#[test]
fn the_manual_has_a_page_for_each_command() {
    let ran = run(&["man"]).code(0);
    assert!(ran.stdout.contains(".TH huntql 1"), "{ran:#?}");
    let place = Place::new();
    std::fs::create_dir(place.path("pages")).unwrap();
    place.run(&["man", "pages"]).code(0);
    let page = std::fs::read_to_string(place.path("pages/huntql-check.1")).unwrap();
    assert!(page.contains("deny\\-lints"), "{page}");
}
