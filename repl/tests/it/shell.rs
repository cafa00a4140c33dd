//! The shell, fed through a pipe.

use crate::support::{Place, Ran};

fn shell(input: &str) -> Ran {
    Place::new().run_with(&["--format", "csv"], input)
}

#[test]
fn queries_are_set_apart_by_empty_lines_and_semicolons() {
    let ran = shell("print A = 1\n\nlet x = 5;\n\nprint B = x;\nprint C = 3\n").code(0);
    assert_eq!(ran.stdout, "A\n1\nB\n5\nC\n3\n");
}

#[test]
fn a_line_that_begins_with_a_pipe_goes_on_from_the_query_before() {
    let ran = shell("range x from 1 to 5 step 1\n\n| count\n").code(0);
    assert_eq!(ran.stdout, "x\n1\n2\n3\n4\n5\nCount\n5\n");
}

#[test]
fn an_error_does_not_end_the_session_and_is_its_exit_code() {
    let ran = shell("NoSuchTable\n\nprint A = 1\n").code(1);
    assert_eq!(ran.stdout, "A\n1\n");
}

#[test]
fn dot_commands_answer_and_take_prefixes() {
    let ran = shell(".sch Proxies\n.tab DeviceNetworkE\n.q\nprint 1\n").code(0);
    assert!(ran.stdout.contains("Address"), "{ran:#?}");
    assert!(ran.stdout.contains("DeviceNetworkEvents"), "{ran:#?}");
    assert!(!ran.stdout.contains("print_0"), "{ran:#?}");
    shell(".shcema T\n").code(0).says("did you mean `.schema`?");
    shell(".f\n").code(0).says(".format, .functions");
}

#[test]
fn the_format_can_be_changed() {
    let ran = shell(".format json\nprint A = 1\n").code(0);
    assert_eq!(ran.stdout, "[\n{\"A\":1}\n]\n");
}

#[test]
fn a_result_becomes_a_table_of_the_session() {
    let input = "range x from 1 to 5 step 1\n\n.keep Five\nFive | summarize S = sum(x)\n";
    let ran = shell(input).code(0);
    assert!(ran.stdout.ends_with("S\n15\n"), "{ran:#?}");
    let twice = "print A = 1\n\n.keep One\nprint A = 2\n\n.keep One\nOne\n";
    let ran = shell(twice).code(0);
    assert!(
        ran.stdout
            .contains("One: 1 row, for this session, in the place of"),
        "{ran:#?}"
    );
    shell(".keep 5x\n").code(0).says("takes a name");
    shell(".keep A\n").code(0).says("there is none yet");
}

#[test]
fn a_result_is_kept_within_the_memory_of_the_session() {
    let place = Place::new();
    let input = "print A = 1\n\n.keep Small\nrange x from 1 to 10000000 step 1 | where x % 2 == 0\n\n.keep Large\nLarge\n\nSmall | project B = A + 1\n";
    let ran = place.run_with(&["--memory", "20MiB", "--format", "csv"], input);
    let ran = ran.says("error: limit: the rows take more with the");
    let ran = ran
        .says("than the 20.0 MiB that this session may hold")
        .says("`Large` is not a known table");
    assert!(ran.stdout.ends_with("B\n2\n"), "{}", ran.stderr);
}

#[test]
fn a_file_takes_the_next_result_in_the_format_of_its_name() {
    let place = Place::new();
    let query = "datatable(T: datetime, D: timespan, S: string, N: long)[datetime(2026-03-04), 1h, '', long(null)]";
    let input = format!(
        ".once a.parquet\n{query}\n\n.once a.csv\nprint A = 1\n\n.once a.html\nprint B = '<b>'\n\n.once a.arrow\n{query}\n\nprint C = 3\n"
    );
    let ran = place.run_with(&["--format", "csv"], &input).code(0);
    assert_eq!(ran.stdout, "C\n3\n");
    let text = |name: &str| std::fs::read_to_string(place.path(name)).unwrap();
    assert_eq!(text("a.csv"), "A\n1\n");
    assert!(text("a.html").contains("<td>&lt;b&gt;</td>"));
    assert!(
        std::fs::read(place.path("a.arrow"))
            .unwrap()
            .starts_with(b"ARROW1")
    );
    let read = place.run(&["query", "X", "--data", "X=a.parquet", "--format", "csv"]);
    assert_eq!(
        read.stdout,
        "T,D,S,N\n2026-03-04T00:00:00.0000000Z,01:00:00,,\n"
    );
}

#[test]
fn a_time_that_a_parquet_file_cannot_hold_is_refused_by_its_column() {
    let place = Place::new();
    let input = ".once a.parquet\nprint Far = datetime(9999-12-31)\n";
    place.run_with(&[], input).code(3).says("column `Far`");
}

#[test]
fn a_file_of_queries_and_commands_runs_in_turn() {
    let place = Place::new();
    place.write(
        "all.kql",
        "print A = 1\n\n.format json\nprint B = 2\n| project B\n",
    );
    let ran = place
        .run_with(&["--format", "csv"], ".source all.kql\n")
        .code(0);
    assert_eq!(ran.stdout, "A\n1\n[\n{\"B\":2}\n]\n");
}

#[test]
fn help_tells_of_commands_functions_and_tables() {
    let ran = shell(".help keep\n.help strlen\n.help dcount\n.functions sha256\n").code(0);
    for part in [
        ".keep NAME",
        "strlen(string) -> long",
        "an aggregate",
        "hash_sha256()",
    ] {
        assert!(ran.stdout.contains(part), "{part} in {ran:#?}");
    }
    shell(".help strlne\n")
        .code(0)
        .says("did you mean `strlen`?");
}

#[test]
fn parameters_and_the_clock_can_be_set() {
    let input = ".set n 4\ndeclare query_parameters(n: long = 1); print A = n\n\n.set now 2026-03-04\nprint B = now()\n";
    let ran = shell(input).code(0);
    assert_eq!(ran.stdout, "A\n4\nB\n2026-03-04T00:00:00.0000000Z\n");
}

#[test]
fn render_draws_a_page_that_needs_nothing_else() {
    let place = Place::new();
    let query =
        "range x from 1 to 5 step 1 | extend y = x * x | render linechart with (title='<squares>')";
    let ran = place.run(&["query", query, "--render", "chart.html", "--format", "csv"]);
    assert_eq!(ran.stdout.lines().count(), 6, "{ran:#?}");
    let page = std::fs::read_to_string(place.path("chart.html")).unwrap();
    assert!(
        page.contains("<svg ") && page.contains("&lt;squares&gt;"),
        "{page}"
    );
    // The chart's Vega-Lite is data: no browser runs a script of this type.
    let own = page
        .replace("http://www.w3.org/2000/svg", "")
        .replace("https://vega.github.io/schema/vega-lite/v5.json", "")
        .replace("<script type=\"application/vnd.vegalite.v5+json\"", "");
    for outside in ["http://", "https://", "<script", "src=", "href="] {
        assert!(!own.contains(outside), "{outside}");
    }
    let ran = place.run(&["query", "print 1", "--render", "none.html"]);
    ran.says("no `render`");
}

#[test]
fn output_takes_all_results_until_it_is_told_otherwise() {
    let place = Place::new();
    let input = ".output a.csv\nprint A = 1\n\nprint B = 2\n\n.output\nprint C = 3\n";
    let ran = place.run_with(&["--format", "csv"], input).code(0);
    assert_eq!(ran.stdout, "C\n3\n");
    let written = std::fs::read_to_string(place.path("a.csv")).unwrap();
    assert_eq!(written, "A\n1\nB\n2\n");
    shell(".output a.parquet\n")
        .code(0)
        .says("`.once a.parquet`");
}

#[test]
fn columns_of_numbers_have_axes_or_panels_of_their_own() {
    let place = Place::new();
    let draw = |how: &str, file: &str| {
        let query = format!(
            "range x from 1 to 5 step 1 | extend Few = x, Many = x * 1000 | render linechart with (ysplit={how})"
        );
        let ran = place.run(&["query", &query, "--render", file, "--format", "null"]);
        assert!(!ran.code(0).stderr.contains("not drawn"));
        std::fs::read_to_string(place.path(file)).unwrap()
    };
    let panels: serde_json::Value = serde_json::from_str(&draw("panels", "a.json")).unwrap();
    let panels = panels["vconcat"].as_array().unwrap();
    assert_eq!(panels.len(), 2);
    assert_eq!(panels[1]["encoding"]["y"]["title"], "Many");
    let axes: serde_json::Value = serde_json::from_str(&draw("axes", "a.json")).unwrap();
    assert_eq!(axes["resolve"]["scale"]["y"], "independent");
    assert_eq!(axes["layer"].as_array().unwrap().len(), 2);
    assert_eq!(draw("panels", "a.svg").matches("<svg ").count(), 5);
    assert!(draw("axes", "a.svg").contains(">5000<"));
}

#[test]
fn a_chart_goes_into_a_picture_or_into_vega_lite() {
    let place = Place::new();
    let query = "datatable(K: string, A: long)[\"x\", 3, \"</script>\", 0] | render columnchart with (yaxis=log, kind=map)";
    let draw = |file: &str| {
        let ran = place.run(&["query", query, "--render", file, "--format", "null"]);
        let ran = ran
            .code(0)
            .says("without a place on a logarithmic axis: 1 value");
        ran.says("`kind=map` is not drawn in a `columnchart`");
        std::fs::read_to_string(place.path(file)).unwrap()
    };
    assert!(draw("a.svg").starts_with("<svg "));
    let spec: serde_json::Value = serde_json::from_str(&draw("a.json")).unwrap();
    assert_eq!(spec["encoding"]["y"]["scale"]["type"], "log");
    assert_eq!(spec["data"]["values"].as_array().unwrap().len(), 1);
    assert_eq!(draw("a.html").matches("</script>").count(), 1);
    place
        .run(&["query", query, "--render", "a.png"])
        .code(2)
        .says("FILE.svg");
}

#[test]
fn anomalies_are_marked_where_their_column_says() {
    let place = Place::new();
    let query = "datatable(T: dynamic, N: dynamic, Flag: dynamic)[dynamic([\"2026-03-01\", \"2026-03-02\", \"2026-03-03\"]), dynamic([1, 9, 1]), dynamic([0, 1, 0])] | render anomalychart with (anomalycolumns=Flag)";
    place
        .run(&["query", query, "--render", "a.svg", "--format", "null"])
        .code(0);
    let picture = std::fs::read_to_string(place.path("a.svg")).unwrap();
    assert_eq!(picture.matches("anomaly: 9").count(), 1, "{picture}");
}

#[test]
fn a_window_of_time_holds_until_it_is_taken_away() {
    let place = Place::new();
    place.write(
        "t.ndjson",
        "{\"Timestamp\":\"2026-03-01T10:00:00Z\"}\n{\"Timestamp\":\"2026-03-02T10:00:00Z\"}\n",
    );
    let input = ".timespan 2026-03-02/P1D\nT | count\n\n.timespan\n.timespan off\nT | count\n\n";
    let arguments = ["--data", "T=t.ndjson", "--format", "csv"];
    let ran = place.run_with(&arguments, input).code(0);
    assert!(ran.stdout.starts_with("Count\n1\nrows from 2026-03-02"));
    assert!(ran.stdout.ends_with("Count\n2\n"), "{ran:#?}");
}
