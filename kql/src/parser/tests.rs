#![allow(clippy::unwrap_used)]

use super::*;
use crate::ast::{BinaryOp, Expr, ExprKind, Literal, OperatorKind, Pipeline, Source};
use crate::types::Value;

/// "code message @ text" of every diagnostic.
fn complaints(text: &str) -> Vec<String> {
    let parsed = parse(text);
    parsed
        .diagnostics
        .iter()
        .map(|d| format!("{} {} @ {}", d.code, d.message, d.span().text(text)))
        .collect()
}

fn query(text: &str) -> Pipeline {
    let mut parsed = parse(text);
    assert_eq!(parsed.diagnostics, [], "{text}");
    match parsed.script.statements.pop().unwrap().kind {
        StatementKind::Query(pipeline) => pipeline,
        other => panic!("{other:?}"),
    }
}

/// The predicate of `T | where …`, written with a bracket for each binary node.
fn shape(predicate: &str) -> String {
    match &query(&format!("T | where {predicate}")).operators[0].kind {
        OperatorKind::Where(found) => show(&found.predicate),
        other => panic!("{other:?}"),
    }
}

fn show(expr: &Expr) -> String {
    match &expr.kind {
        ExprKind::Name(name) => name.text.clone(),
        ExprKind::Literal(Literal {
            value: Value::String(text),
            ..
        }) => format!("'{text}'"),
        ExprKind::Literal(Literal {
            value: Value::Long(Some(value)),
            ..
        }) => value.to_string(),
        ExprKind::Unary(_, operand) => format!("(-{})", show(operand)),
        ExprKind::Paren(inner) => format!("[{}]", show(inner)),
        ExprKind::Binary(binary) => format!(
            "({} {} {})",
            show(&binary.left),
            binary.op.symbol(),
            show(&binary.right)
        ),
        ExprKind::And(operands) => format!(
            "and({})",
            operands.iter().map(show).collect::<Vec<_>>().join(" ")
        ),
        ExprKind::Or(operands) => format!(
            "or({})",
            operands.iter().map(show).collect::<Vec<_>>().join(" ")
        ),
        ExprKind::In(found) => format!(
            "({} {} {})",
            show(&found.value),
            found.op.symbol(),
            found.items.len()
        ),
        ExprKind::Between(found) => format!(
            "({} between {} {})",
            show(&found.value),
            show(&found.low),
            show(&found.high)
        ),
        ExprKind::Member(object, name) => format!("{}.{}", show(object), name.text),
        ExprKind::Index(object, index) => format!("{}[{}]", show(object), show(index)),
        ExprKind::Call(call) => format!("{}/{}", call.name.text, call.args.len()),
        other => format!("{other:?}"),
    }
}

#[test]
fn string_operators_bind_tighter_than_arithmetic() {
    assert_eq!(shape("a + b has 'x' == c"), "((a + (b has 'x')) == c)");
    assert_eq!(shape("a * b =~ 'x'"), "(a * (b =~ 'x'))");
    assert_eq!(shape("-a matches regex 'x'"), "((-a) matches regex 'x')");
}

#[test]
fn and_binds_tighter_than_or_and_both_are_flat() {
    assert_eq!(shape("a or b and c and d or e"), "or(a and(b c d) e)");
}

#[test]
fn arithmetic_leans_to_the_left() {
    assert_eq!(
        shape("a - b - c * d / e < f"),
        "(((a - b) - ((c * d) / e)) < f)"
    );
}

#[test]
fn in_and_between_bind_like_equality() {
    assert_eq!(
        shape("a + 1 in (1, 2) and b between (1 .. 2)"),
        "and(((a + 1) in 2) (b between 1 2))"
    );
}

#[test]
fn comparisons_do_not_chain() {
    assert_eq!(
        complaints("T | where a == b == c"),
        ["KS198 expected `and`, `or`, `|` or `;`, found `==` @ =="]
    );
    assert_eq!(complaints("print 'a' has 'b' has 'c'").len(), 1);
}

#[test]
fn members_and_indexes_follow_each_other() {
    assert_eq!(shape("a.b[0]['c'].d.['e']"), "a.b[0]['c'].d['e']");
}

#[test]
fn a_trailing_operator_is_never_dropped() {
    let text = "T | where a == 1 and b == 2 bogus";
    assert_eq!(
        complaints(text),
        ["KS198 expected `and`, `or`, `|` or `;`, found `bogus` @ bogus"]
    );
    assert_eq!(parse(text).diagnostics[0].labels[0].span, Span::new(28, 33));
}

#[test]
fn every_error_of_a_text_is_reported_at_once() {
    let text =
        "let x = T | wher a == 1 | take; let y 5; T | project a,, b | extend c = (1 + | count";
    assert_eq!(
        complaints(text),
        [
            "KS176 `wher` is not a known operator @ wher",
            "KS006 expected an expression, found `;` @ ;",
            "KS005 expected `=`, found `5` @ 5",
            "KS006 expected an expression, found `,` @ ,",
            "KS006 expected an expression, found `|` @ |",
        ]
    );
}

#[test]
fn an_unknown_operator_gets_a_suggestion() {
    let parsed = parse("T | sumarize count()");
    assert_eq!(
        parsed.diagnostics[0].help.as_deref(),
        Some("did you mean `summarize`?")
    );
}

#[test]
fn an_unclosed_string_is_reported_at_its_quote() {
    assert_eq!(
        complaints("T | where a == \"x"),
        ["KS001 the string is not closed: `\"` is missing @ \""]
    );
}

#[test]
fn keywords_are_names_where_kusto_lets_them() {
    query(
        "T | extend count = 1, type = 2, title = 3, where = 4 | where count == type and nulls == 1 | project on, step",
    );
    for word in ["sample", "kind"] {
        assert_eq!(
            complaints(&format!("T | where {word} == 1")),
            [format!(
                "KS228 `{word}` is a keyword, and no name without brackets @ {word}"
            )]
        );
    }
}

#[test]
fn a_name_that_is_an_operator_may_be_a_function() {
    query("print range(1, 3, 1), count(), toscalar(T | count)");
    query("range x from 1 to 3 step 1");
}

#[test]
fn what_needs_a_pipe_cannot_begin_a_query() {
    assert_eq!(
        complaints("take 5"),
        ["KS198 expected `and`, `or`, `|` or `;`, found `5` @ 5"]
    );
}

#[test]
fn an_operator_known_by_name_only_is_kept_by_its_name() {
    let pipeline = query("macro-expand G as X (X.T | where a == 1) | take 1");
    let Source::Operator(source) = &pipeline.source else {
        panic!("the source is an operator");
    };
    assert_eq!(
        source.kind,
        OperatorKind::Unsupported {
            name: "macro-expand".into()
        }
    );
    assert_eq!(pipeline.operators.len(), 1);
}

#[test]
fn deep_nesting_is_a_diagnostic_and_no_crash() {
    for (open, close) in [
        ("(", ")"),
        ("f(", ")"),
        ("a[", "]"),
        ("toscalar(T | where ", ")"),
        ("a in (", ")"),
    ] {
        let text = format!("print {}1{}", open.repeat(10_000), close.repeat(10_000));
        assert_eq!(parse(&text).diagnostics[0].code, "HQ003", "{open}");
        assert!(parse(&text[..text.len() / 2]).has_errors(), "{open}");
    }
    let text = format!("T {}", "| mv-apply a on (where b ".repeat(10_000));
    assert_eq!(parse(&text).diagnostics[0].code, "HQ003");
    let text = format!(
        "print dynamic({}1{})",
        "[".repeat(10_000),
        "]".repeat(10_000)
    );
    assert_eq!(parse(&text).diagnostics[0].code, "HQ003");
    assert!(parse(&format!("print {}1", "-".repeat(10_000))).has_errors());
}

#[test]
fn a_hundred_levels_are_fine() {
    query(&format!("print {}1{}", "(".repeat(100), ")".repeat(100)));
    query(&format!("print {}1{}", "f(".repeat(100), ")".repeat(100)));
}

#[test]
fn a_thousand_additions_are_fine_and_fifty_thousand_are_refused() {
    let sum = |count: usize| format!("print a{}", " + a".repeat(count));
    let pipeline = query(&sum(HEIGHT_MAX - 10));
    assert_eq!(pipeline.clone(), pipeline);
    assert_eq!(parse(&sum(50_000)).diagnostics[0].code, "HQ003");
    assert_eq!(
        parse(&format!("print a{}", ".b".repeat(50_000))).diagnostics[0].code,
        "HQ003"
    );
}

#[test]
fn chains_within_chains_are_counted_together() {
    let mut text = "a".to_owned();
    for _ in 0..200 {
        text = format!("({text}{})", " + a".repeat(100));
    }
    assert_eq!(parse(&format!("print {text}")).diagnostics[0].code, "HQ003");
}

#[test]
fn long_texts_are_no_deep_trees() {
    assert!(!parse(&format!("T | where a{}", " and a".repeat(100_000))).has_errors());
    assert_eq!(
        query(&format!("T{}", " | count".repeat(100_000)))
            .operators
            .len(),
        100_000
    );
    assert!(!parse(&"print 1;".repeat(10_000)).has_errors());
}

#[test]
fn functions_have_typed_parameters_and_statements() {
    let text =
        "let f = (T: (x: long), U: (*), a: string = 'b') { let c = 1; T | where x == c }; f(V, W)";
    let parsed = parse(text);
    assert_eq!(parsed.diagnostics, []);
    let StatementKind::Let(found) = &parsed.script.statements[0].kind else {
        panic!("no let")
    };
    let crate::ast::LetValue::Function(body) = &found.value else {
        panic!("no function")
    };
    assert_eq!((body.parameters.len(), body.statements.len()), (3, 1));
}

#[test]
fn strings_behind_each_other_are_one() {
    let OperatorKind::Where(found) = &query("T | where a == 'b' @\"\\c\" h'd'").operators[0].kind
    else {
        panic!("no where")
    };
    let ExprKind::Binary(binary) = &found.predicate.kind else {
        panic!("no binary")
    };
    assert_eq!(binary.op, BinaryOp::Equal);
    let expected = Literal {
        value: Value::String("b\\cd".into()),
        obfuscated: true,
    };
    assert_eq!(binary.right.kind, ExprKind::Literal(expected));
}

#[test]
fn a_predicate_with_one_equals_sign_is_refused() {
    assert_eq!(complaints("T | where a = 1 | where b = 2").len(), 2);
}

#[test]
fn a_datetime_with_a_clock_is_a_call_and_one_with_a_space_is_none() {
    query("print datetime(), datetime(now), typeof(datetime)");
    assert_eq!(
        complaints("print datetime (2020-01-01)"),
        ["KS006 expected an expression, found `datetime` @ datetime"]
    );
}

#[test]
fn errors_come_with_advice() {
    let advice = |text: &str| parse(text).diagnostics[0].help.clone().unwrap_or_default();
    assert_eq!(advice("T | extend b = (a = 1)"), "write `==` to compare");
    assert_eq!(advice("T | where a in b"), "put the values in brackets");
    assert_eq!(
        advice("T | where a == 1 || b == 2"),
        "write `or` for an alternative"
    );
    assert_eq!(advice("T | where a == 1 && b == 2"), "write `and`");
    assert_eq!(
        advice("T | where a == “b”"),
        "write a straight quote, `\"` or `'`"
    );
}

#[test]
fn an_empty_text_is_no_query() {
    assert_eq!(
        complaints(" // nothing"),
        ["SYN0001 there is no query in the text @  // nothing"]
    );
    assert!(parse("print 1;;print 2").has_errors());
}
