#![allow(clippy::unwrap_used)]

use super::format;

#[track_caller]
fn becomes(text: &str, expected: &str) {
    let once = format(text).unwrap();
    assert_eq!(once, expected);
    assert_eq!(format(&once).unwrap(), once, "the second time");
}

#[test]
fn every_operator_has_a_line() {
    becomes(
        "let x=5;let y = T|where a==-1 and b[0]  in(1,2)|take 3;  U|join kind = inner( V|project a ,b ) on a",
        "let x = 5;\nlet y = T\n    | where a == -1 and b[0] in (1, 2)\n    | take 3;\nU\n| join kind=inner (V | project a, b) on a\n",
    );
}

#[test]
fn comments_stay_where_they_were() {
    becomes(
        "// head\n\nT // source\n// before\n| where a==1 // one\nand b == 2 | take 5 // end\n// last",
        "// head\n\nT // source\n// before\n| where a == 1 // one\n    and b == 2\n| take 5 // end\n// last\n",
    );
}

#[test]
fn long_lists_have_one_item_a_line() {
    let items = [
        "first_column_of_all",
        "second_column_of_all",
        "third_column_of_all",
        "fourth_column_of_all",
        "fifth_column_of_all",
    ];
    becomes(
        &format!("T | project {}", items.join(",")),
        &format!("T\n| project\n    {}\n", items.join(",\n    ")),
    );
}

#[test]
fn long_subqueries_are_indented() {
    let text = "T | where DeviceName in (Other | where SomeLongColumnName == 'some long value' | where AnotherColumn == 1 | project DeviceName)";
    becomes(
        text,
        "T\n| where DeviceName in (\n    Other\n    | where SomeLongColumnName == 'some long value'\n    | where AnotherColumn == 1\n    | project DeviceName\n)\n",
    );
}

#[test]
fn functions_have_a_line_for_each_statement() {
    becomes(
        "let f=(a:long,b:string='x'){let c=a+1;T|where d==c};f(1)",
        "let f = (a:long, b:string = 'x') {\n    let c = a + 1;\n    T\n    | where d == c\n};\nf(1)\n",
    );
}

#[test]
fn literals_keep_their_spelling() {
    becomes(
        "print 0x1F , 1e3,@'a\\b' ,h\"x\", dynamic( [1,  2] ),datetime( 2024-01-01 )",
        "print 0x1F, 1e3, @'a\\b', h\"x\", dynamic( [1,  2] ), datetime( 2024-01-01 )\n",
    );
}

#[test]
fn what_is_skipped_keeps_its_spacing() {
    becomes(
        "macro-expand G as X (X.T|where a==1)|take  1",
        "macro-expand G as X (X.T|where a==1)\n| take 1\n",
    );
}

#[test]
fn a_text_with_errors_is_not_formatted() {
    assert_eq!(format("T | where").unwrap_err().len(), 1);
}
