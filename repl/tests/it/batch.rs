//! Many queries in one process.

use crate::support::{Place, Ran};

fn batch(lines: &[&str]) -> Ran {
    Place::new()
        .run_with(&["batch"], &format!("{}\n", lines.join("\n")))
        .code(0)
}

#[test]
fn an_answer_is_a_kusto_document_under_the_questions_id() {
    let ran = batch(&[r#"{"id":"a","query":"print X = 1"}"#]);
    assert_eq!(
        ran.stdout,
        concat!(
            r#"{"id":"a","status":"ok","result":{"Tables":[{"TableName":"Table_0","Columns":["#,
            r#"{"ColumnName":"X","DataType":"Int64","ColumnType":"long"}],"Rows":[[1]]}]}}"#,
            "\n"
        )
    );
}

#[test]
fn each_question_gets_one_answer_in_order_whatever_it_is() {
    let ran = batch(&[
        r#"{"id":1,"query":"print \"abc"}"#,
        "no json at all",
        r#"{"id":2,"query":"NoSuchTable | take 1"}"#,
        "",
        r#"{"id":3,"query":"print 1"}"#,
    ]);
    let starts: Vec<&str> = ran
        .stdout
        .lines()
        .map(|line| line.split(",\"error\"").next().unwrap())
        .map(|line| line.split(",\"result\"").next().unwrap())
        .collect();
    assert_eq!(
        starts,
        [
            r#"{"id":1,"status":"syntax""#,
            r#"{"id":null,"status":"syntax""#,
            r#"{"id":2,"status":"binding""#,
            r#"{"id":3,"status":"ok""#,
        ]
    );
}

#[test]
fn a_refusal_names_what_is_refused() {
    let ran = batch(&[r#"{"id":1,"query":"DeviceInfo | graph-match (a)"}"#]);
    assert!(ran.stdout.contains("graph-match"), "{ran:#?}");
}
