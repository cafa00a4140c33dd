use super::*;
use crate::time::{TICKS_PER_DAY, TICKS_PER_SECOND};

/// The kinds of tokens of a text that has no errors.
#[track_caller]
fn kinds(text: &str) -> Vec<TokenKind> {
    let (tokens, diagnostics) = lex(text);
    assert_eq!(diagnostics, [], "{text}");
    tokens.into_iter().map(|token| token.kind).collect()
}

/// The texts of the tokens.
fn texts(text: &str) -> Vec<&str> {
    lex(text)
        .0
        .into_iter()
        .map(|token| token.span.text(text))
        .collect()
}

#[track_caller]
fn value(text: &str) -> Value {
    match kinds(text).as_slice() {
        [TokenKind::Literal(value)] => value.clone(),
        other => panic!("{text}: {other:?}"),
    }
}

#[track_caller]
fn string(text: &str) -> String {
    match kinds(text).as_slice() {
        [TokenKind::String { value, .. }] => value.clone(),
        other => panic!("{text}: {other:?}"),
    }
}

fn first_error(text: &str) -> (&'static str, Span) {
    let (_, diagnostics) = lex(text);
    (diagnostics[0].code, diagnostics[0].span())
}

#[test]
fn strings_have_every_form() {
    assert_eq!(string(r#""a\tb\"c'\\""#), "a\tb\"c'\\");
    assert_eq!(string(r"'it\'s'"), "it's");
    assert_eq!(string(r#"@"C:\dir\""x""#), r#"C:\dir\"x"#);
    assert_eq!(string("@'it''s'"), "it's");
    assert_eq!(string("```a\n\\n\"b```"), "a\n\\n\"b");
    assert_eq!(string("~~~a\nb~~~"), "a\nb");
    assert_eq!(string(r"'\u00e4\x41\101\U0001F600\ud83d\ude00'"), "äAA😀😀");
}

#[test]
fn hidden_strings_are_marked() {
    let hidden = TokenKind::String {
        value: "x".into(),
        obfuscated: true,
    };
    for text in ["h'x'", "H\"x\"", "h@'x'", "h```x```"] {
        assert_eq!(
            kinds(text).as_slice(),
            std::slice::from_ref(&hidden),
            "{text}"
        );
    }
}

#[test]
fn what_is_wrong_with_a_string_has_its_place() {
    assert_eq!(first_error("a == 'b\nc"), ("KS001", Span::new(5, 6)));
    assert_eq!(first_error("a == h@'b"), ("KS001", Span::new(7, 8)));
    assert_eq!(first_error("```a"), ("KS001", Span::new(0, 3)));
    assert_eq!(first_error(r"'a\d'"), ("KS004", Span::new(2, 4)));
}

#[test]
fn numbers_are_long_or_real() {
    assert_eq!(value("42"), Value::Long(Some(42)));
    assert_eq!(value("0x1F"), Value::Long(Some(31)));
    assert_eq!(value("1.5"), Value::Real(Some(1.5)));
    assert_eq!(value("1."), Value::Real(Some(1.0)));
    assert_eq!(value("1e3"), Value::Real(Some(1000.0)));
    assert_eq!(value("1.5e-1"), Value::Real(Some(0.15)));
    assert_eq!(texts("1..2"), ["1", "..", "2"]);
    assert_eq!(first_error("9223372036854775808").0, "KS004");
}

#[test]
fn timespans_have_all_units() {
    assert_eq!(value("1d"), Value::Timespan(Some(TICKS_PER_DAY)));
    assert_eq!(
        value("1.5min"),
        Value::Timespan(Some(90 * TICKS_PER_SECOND))
    );
    assert_eq!(value("7ticks"), Value::Timespan(Some(7)));
    assert_eq!(value("3microseconds"), Value::Timespan(Some(30)));
    assert_eq!(value("100ms"), Value::Timespan(Some(TICKS_PER_SECOND / 10)));
}

#[test]
fn a_name_may_begin_with_digits() {
    assert_eq!(
        kinds("3com 2days_ago _x $left"),
        [
            TokenKind::Word,
            TokenKind::Word,
            TokenKind::Word,
            TokenKind::Word
        ]
    );
}

#[test]
fn typed_literals_are_values() {
    assert_eq!(
        value("datetime(1970-01-01)"),
        Value::Datetime(Some(crate::time::UNIX_EPOCH))
    );
    assert_eq!(
        value("datetime('1970-01-01')"),
        Value::Datetime(Some(crate::time::UNIX_EPOCH))
    );
    assert_eq!(value("datetime(null)"), Value::Datetime(None));
    assert_eq!(
        value("timespan(1.00:00:00)"),
        Value::Timespan(Some(TICKS_PER_DAY))
    );
    assert_eq!(value("time(2)"), Value::Timespan(Some(2 * TICKS_PER_DAY)));
    assert_eq!(value("long(-7)"), Value::Long(Some(-7)));
    assert_eq!(value("int(0x10)"), Value::Int(Some(16)));
    assert_eq!(value("real(-inf)"), Value::Real(Some(f64::NEG_INFINITY)));
    assert!(matches!(value("real(nan)"), Value::Real(Some(nan)) if nan.is_nan()));
    assert_eq!(value("bool(TRUE)"), Value::Bool(Some(true)));
    assert_eq!(value("true"), Value::Bool(Some(true)));
    assert_eq!(value("decimal(1.50)"), Value::Decimal(Some("1.50".into())));
    let guid = Value::Guid(Some("74be27de-1e4e-49d9-b579-fe0b331d3642".into()));
    assert_eq!(value("guid(74BE27DE1E4E49D9B579FE0B331D3642)"), guid);
    assert_eq!(value("74be27de-1e4e-49d9-b579-fe0b331d3642"), guid);
}

#[test]
fn a_typed_literal_that_spells_no_value_is_an_error() {
    assert_eq!(
        first_error("x == datetime(2024-13-01)"),
        ("KS004", Span::new(5, 25))
    );
    assert_eq!(first_error("int(3000000000)").0, "KS004");
}

#[test]
fn a_literal_that_needs_a_clock_is_a_call() {
    assert_eq!(
        texts("datetime() datetime(now)"),
        ["datetime", "(", ")", "datetime", "(", "now", ")"]
    );
}

#[test]
fn dynamic_literals_become_compact_json() {
    let json = |text: &str| value(text);
    let some = |text: &str| Value::Dynamic(Some(text.into()));
    assert_eq!(
        json("dynamic( [1, 'a' , \"b\\/\\\"\", true,null] )"),
        some(r#"[1,"a","b/\"",true,null]"#)
    );
    assert_eq!(
        json("dynamic({'a' : {\"b\": [-1.50]}})"),
        some(r#"{"a":{"b":[-1.50]}}"#)
    );
    assert_eq!(
        json("dynamic([1h, datetime(2022-01-01)])"),
        some(r#"["01:00:00","2022-01-01T00:00:00.0000000Z"]"#)
    );
    assert_eq!(
        json("dynamic (['a' 'b', // more\n'c'])"),
        some(r#"["ab","c"]"#)
    );
    assert_eq!(json("dynamic(null)"), Value::Dynamic(None));
    assert_eq!(json("dynamic('x')"), some(r#""x""#));
}

#[test]
fn what_is_wrong_in_a_dynamic_literal_has_its_place() {
    assert_eq!(first_error("dynamic([1 2])"), ("KS006", Span::new(11, 12)));
    assert_eq!(first_error("dynamic({a: 1})").1, Span::new(9, 10));
    assert_eq!(
        texts("dynamic([1 ')' 2]) | x"),
        ["dynamic([1 ')' 2])", "|", "x"]
    );
}

#[test]
fn operators_with_hyphens_are_one_word() {
    assert_eq!(
        texts("project-away a-b mv-expandx"),
        ["project-away", "a", "-", "b", "mv", "-", "expandx"]
    );
}

#[test]
fn negated_operators_are_symbols() {
    assert_eq!(
        texts("a !has b in~ c !in~ d !~e !hasx"),
        [
            "a", "!has", "b", "in~", "c", "!in~", "d", "!~", "e", "!", "hasx"
        ]
    );
    assert_eq!(kinds("!has_cs"), [TokenKind::Symbol("!has_cs")]);
}

#[test]
fn comments_are_kept_apart() {
    let lexed = lex_all("a // b\n//c\r\n'//d'");
    assert_eq!(lexed.comments, [Span::new(2, 6), Span::new(7, 10)]);
    assert_eq!(lexed.tokens.len(), 2);
}

#[test]
fn a_character_without_meaning_is_reported() {
    assert_eq!(first_error("a § b"), ("KS002", Span::new(2, 4)));
}
