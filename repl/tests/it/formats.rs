//! The output formats, value by value.

use crate::support::{Place, run};
use std::io::{BufRead, BufReader};
use std::process::Stdio;

const ROWS: &str = r#"datatable(S:string, L:long, I:int, R:real, T:datetime, D:timespan, B:bool, J:dynamic, G:guid, M:decimal)
[
  "a|b,\"c\"", 9007199254740993, 7, 1.5, datetime(2024-01-02T03:04:05.1234567Z), timespan(1.02:03:04.5), true, dynamic({"k":[1,"x"]}), guid(74be27de-1e4e-49d9-b579-fe0b331d3642), decimal(1.10),
  "", long(null), int(null), real(nan), datetime(null), timespan(null), bool(null), dynamic("text"), guid(null), decimal(null)
]"#;

fn printed(format: &str) -> String {
    run(&["query", ROWS, "--format", format]).code(0).stdout
}

#[test]
fn csv_spells_values_as_kusto_does() {
    assert_eq!(
        printed("csv"),
        "S,L,I,R,T,D,B,J,G,M\n\
         \"a|b,\"\"c\"\"\",9007199254740993,7,1.5,2024-01-02T03:04:05.1234567Z,1.02:03:04.5000000,true,\"{\"\"k\"\":[1,\"\"x\"\"]}\",74be27de-1e4e-49d9-b579-fe0b331d3642,1.1\n\
         ,,,NaN,,,,text,,\n"
    );
}

#[test]
fn tsv_is_set_apart_by_tabs() {
    assert!(printed("tsv").starts_with("S\tL\tI\tR\t"));
}

#[test]
fn json_keeps_types_and_digits() {
    let wanted = concat!(
        "[\n",
        r#"{"S":"a|b,\"c\"","L":9007199254740993,"I":7,"R":1.5,"T":"2024-01-02T03:04:05.1234567Z","D":"1.02:03:04.5000000","B":true,"J":{"k":[1,"x"]},"G":"74be27de-1e4e-49d9-b579-fe0b331d3642","M":"1.1"},"#,
        "\n",
        r#"{"S":"","L":null,"I":null,"R":"NaN","T":null,"D":null,"B":null,"J":"text","G":null,"M":null}"#,
        "\n]\n"
    );
    assert_eq!(printed("json"), wanted);
    let lines = printed("ndjson");
    assert_eq!(lines.lines().count(), 2);
    assert!(lines.lines().all(|line| line.starts_with("{\"S\":")));
}

#[test]
fn markdown_escapes_bars() {
    assert!(printed("markdown").contains("| a\\|b,\"c\" |"));
}

#[test]
fn kusto_is_a_v1_document() {
    let wanted = concat!(
        r#"{"Tables":[{"TableName":"Table_0","Columns":["#,
        r#"{"ColumnName":"A","DataType":"Int64","ColumnType":"long"},{"ColumnName":"B","DataType":"SByte","ColumnType":"bool"},{"ColumnName":"C","DataType":"SqlDecimal","ColumnType":"decimal"}],"#,
        r#""Rows":[[1,true,"2"]]},"#,
        r#"{"TableName":"Table_1","Columns":[{"ColumnName":"X","DataType":"String","ColumnType":"string"}],"Rows":[["y"]]}]}"#,
        "\n"
    );
    let text = "print A = 1, B = true, C = decimal(2); print X = \"y\"";
    let ran = run(&["query", text, "--format", "kusto"]).code(0);
    assert_eq!(ran.stdout, wanted);
}

#[test]
fn a_table_puts_numbers_to_the_right_and_the_footer_on_stderr() {
    let ran = run(&[
        "query",
        "datatable(Name:string, N:long)[\"a\", 1, \"bb\", 22]",
    ])
    .code(0);
    assert_eq!(
        ran.stdout,
        "\
┌──────┬────┐
│ Name ┆  N │
╞══════╪════╡
│ a    ┆  1 │
│ bb   ┆ 22 │
└──────┴────┘
"
    );
    assert!(ran.stderr.starts_with("2 rows, "), "{ran:#?}");
}

#[test]
fn a_cell_cannot_steer_the_terminal() {
    let ran = run(&["query", "print X = \"\\u001b[2Jgone\\nnext\""]).code(0);
    assert!(ran.stdout.contains("\\u{1b}[2Jgone\\nnext"), "{ran:#?}");
}

#[test]
fn null_runs_and_prints_nothing() {
    assert_eq!(printed("null"), "");
}

#[test]
fn several_results_come_one_after_the_other() {
    let ran = run(&["query", "print A = 1; print B = 2", "--format", "csv"]).code(0);
    assert_eq!(ran.stdout, "A\n1\n\nB\n2\n");
}

#[test]
fn a_closed_pipe_ends_quietly() {
    let mut child = Place::new()
        .command()
        .args([
            "query",
            "range x from 1 to 3000000 step 1",
            "--format",
            "csv",
        ])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut stdout = BufReader::with_capacity(16, child.stdout.take().unwrap());
    stdout.read_line(&mut line).unwrap();
    drop(stdout);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}
