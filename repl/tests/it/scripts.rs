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

/// What a query with four rows prints in a folder with this configuration.
fn configured(file: &str, variables: &[(&str, &str)], options: &[&str]) -> std::process::Output {
    let place = Place::new();
    place.write("huntql.toml", file);
    let mut command = place.command();
    command.args(["query", "range x from 1 to 4 step 1"]);
    command.args(options).envs(variables.iter().copied());
    command.output().unwrap()
}

#[test]
fn the_command_line_goes_before_variables_and_these_before_the_file() {
    let printed = |file: &str, variables: &[(&str, &str)], options: &[&str]| {
        String::from_utf8(configured(file, variables, options).stdout).unwrap()
    };
    let file = "[options]\nformat = \"csv\"\nmax-rows = 2\n";
    assert_eq!(printed(file, &[], &[]), "x\n1\n2\n");
    assert_eq!(
        printed(file, &[("HUNTQL_MAX_ROWS", "3")], &[]),
        "x\n1\n2\n3\n"
    );
    let variables = [("HUNTQL_MAX_ROWS", "3"), ("HUNTQL_FORMAT", "ndjson")];
    assert_eq!(
        printed(file, &variables, &["--max-rows", "1"]),
        "{\"x\":1}\n"
    );
    // The name with the command is the more particular one.
    let variables = [("HUNTQL_MAX_ROWS", "3"), ("HUNTQL_QUERY_MAX_ROWS", "1")];
    assert_eq!(printed(file, &variables, &[]), "x\n1\n");
    let of_command = "[options]\nformat = \"csv\"\n[options.query]\nmax-rows = 1\n";
    assert_eq!(printed(of_command, &[], &[]), "x\n1\n");
}

#[test]
fn switches_lists_and_tables_stand_in_the_file_too() {
    let place = Place::new();
    place.write(
        "other.toml",
        "[options]\nfail-if-rows = true\nformat = \"csv\"\nparam = { A = 1, B = \"x=y\" }\n",
    );
    let text = "declare query_parameters(A: long, B: string); print A = A, B = B";
    let ran = place.run(&["query", text, "--config", "other.toml"]);
    assert_eq!(ran.code(5).stdout, "A,B\n1,x=y\n");
    let mut command = place.command();
    command.args(["query", text, "--format", "csv"]);
    command.env("HUNTQL_PARAM", "A=2\nB=z");
    let output = command.output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "A,B\n2,z\n");
}

#[test]
fn an_option_that_is_none_is_told_with_its_place() {
    let said = |file: &str| {
        let output = configured(file, &[], &[]);
        assert_eq!(output.status.code(), Some(2));
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(said("[options]\nfromat = \"csv\"\n").contains("did you mean `format`?"));
    assert!(said("[options.ingest]\ntzz = \"UTC\"\n").contains("did you mean `tz`?"));
    assert!(said("[options]\nformat = \"cvs\"\n").contains("comes from huntql.toml"));
    assert!(said("options = 3\n").contains("`[options]`"));
}

#[test]
fn a_profile_keeps_to_the_limits_of_its_service() {
    let rows = |profile: &str, rows: &str| {
        let text = format!("range x from 1 to {rows} step 1");
        run(&["query", &text, "--format", "csv", "--profile", profile])
    };
    let ran = rows("defender", "30001").code(4);
    let ran = ran.says("only the first 30,000 rows are shown (--profile defender)");
    assert_eq!(ran.stdout.lines().count(), 30_001);
    rows("defender", "30000").code(0);
    rows("defender-api", "30001").code(0);
    let wide =
        "range x from 1 to 400 step 1 | extend y = strcat_array(repeat('abcdefgh', 30000), '')";
    run(&["query", wide, "--format", "csv", "--profile", "adx"])
        .code(4)
        .says("more than 67,108,864 bytes (--profile adx)");
}

#[test]
fn a_profile_says_what_its_service_no_longer_has() {
    let place = Place::new();
    place.write("t.ndjson", EVENTS);
    let asked = |now: &str| {
        let arguments = [
            "query",
            "T | count",
            "--data",
            "T=t.ndjson",
            "--format",
            "csv",
        ];
        let profile = ["--profile", "defender", "--now", now];
        place.run(&[&arguments[..], &profile].concat()).code(0)
    };
    assert_eq!(asked("2026-03-03T12:00:00Z").stdout, "Count\n3\n");
    let ran = asked("2026-04-01T00:00:00Z").says("looks at nothing before 2026-03-02");
    assert_eq!(ran.stdout, "Count\n2\n");
}
