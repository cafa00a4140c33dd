//! `search`: rows of several tables that hold a term.
//!
//! It means a `union` of the tables and a `where` behind it, in which a bare text stands for `* has "text"`. The first column,
//! `$table`, tells the table; it is not searched itself. Tables without any column that the predicate names take no part, as in
//! `find`: so the real engine (the example of "let statement" with views). Source: Kusto docs, "search operator".

use super::union::{self, Options};
use super::{by_leg, find};
use crate::bind::Binder;
use crate::ir::{Node, Relation};
use huntql_kql::ast::{Arg, Binary, BinaryOp, Call, Expr, ExprKind, Literal, Search};
use huntql_kql::diagnostics::Diagnostic;
use huntql_kql::span::Span;
use huntql_kql::types::Value;

const TABLE: &str = "$table";

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Case {
    Insensitive,
    Sensitive,
}

pub(super) fn bind(
    binder: &mut Binder<'_>,
    search: &Search,
    input: Option<Relation>,
    span: Span,
) -> Relation {
    let case = case_of(binder, search);
    let Some(predicate) = predicate(binder, &search.predicate, case) else {
        return Relation::unknown();
    };
    let mut legs = legs(binder, search, input, span);
    find::keep_those_named(&mut legs, &predicate);
    if legs.is_empty() || legs.iter().any(|(_, leg)| leg.unknown) {
        return Relation::unknown();
    }
    if legs.iter().any(|(_, leg)| leg.column(TABLE).is_some()) {
        binder.report(
            Diagnostic::unsupported(span, "`search` behind a `search` is not supported").help(
                "ask for both in one: `search \"…\" and \"…\"`; or go on with `where * has \"…\"`",
            ),
        );
        return Relation::unknown();
    }
    let columns = union::outer_columns(&legs);
    let united = union::unite(union::with_rows(legs), &columns, Some(TABLE));
    let mut searched = united.clone();
    searched.columns.retain(|column| column.name != TABLE);
    let condition = binder.condition(&predicate, Some(&searched));
    by_leg::filtered(united, condition)
}

fn case_of(binder: &mut Binder<'_>, search: &Search) -> Case {
    let mut case = Case::Insensitive;
    for parameter in &search.parameters {
        let value = match &parameter.value.kind {
            ExprKind::Name(name) => name.text.as_str(),
            _ => "",
        };
        match (parameter.name.text.as_str(), value) {
            ("kind", "default" | "case_insensitive") => case = Case::Insensitive,
            ("kind", "case_sensitive") => case = Case::Sensitive,
            (name, _) => binder.report(Diagnostic::unsupported(
                parameter.span,
                format!("`{name}` with this value is not supported in `search`"),
            )),
        }
    }
    case
}

fn legs(
    binder: &mut Binder<'_>,
    search: &Search,
    input: Option<Relation>,
    span: Span,
) -> Vec<(String, Relation)> {
    let mut legs = Vec::new();
    match input {
        Some(input) => {
            if !search.tables.is_empty() {
                binder.report(
                    Diagnostic::binding(
                        "KS175",
                        span,
                        "`search in (…)` stands at the head of a query",
                    )
                    .help("behind a pipe `search` looks into its input"),
                );
            }
            legs.push((source_name(&input), input));
        }
        None if search.tables.is_empty() => {
            let catalog = binder.catalog;
            legs.extend(
                catalog
                    .tables()
                    .map(|table| (table.schema.name.clone(), crate::bind::scan(catalog, table))),
            );
            legs.extend(binder.views(|_| true));
        }
        None => {
            for table in &search.tables {
                union::legs_of(binder, table, &Options::default(), &mut legs);
            }
        }
    }
    legs
}

/// The table whose rows these are, or a made name when they are of several or computed.
fn source_name(relation: &Relation) -> String {
    match &relation.node {
        Node::Scan(table) => table.schema.name.clone(),
        Node::Filter { input, .. }
        | Node::Limit { input, .. }
        | Node::Sort { input, .. }
        | Node::Project { input, .. } => source_name(input),
        _ => "search_arg0".to_string(),
    }
}

/// The predicate as `where` reads it: terms are spelled out.
pub(super) fn predicate(binder: &mut Binder<'_>, expr: &Expr, case: Case) -> Option<Expr> {
    let all = |binder: &mut Binder<'_>, operands: &[Expr]| {
        operands
            .iter()
            .map(|operand| predicate(binder, operand, case))
            .collect::<Option<Vec<Expr>>>()
    };
    let kind = match &expr.kind {
        ExprKind::Star => truth(),
        ExprKind::Paren(inner) => ExprKind::Paren(Box::new(predicate(binder, inner, case)?)),
        ExprKind::And(operands) => ExprKind::And(all(binder, operands)?),
        ExprKind::Or(operands) => ExprKind::Or(all(binder, operands)?),
        ExprKind::Call(call) if call.name.text == "not" && call.args.len() == 1 => {
            let value = predicate(binder, &call.args[0].value, case)?;
            ExprKind::Call(Call {
                name: call.name.clone(),
                args: vec![Arg {
                    name: call.args[0].name.clone(),
                    value,
                }],
            })
        }
        ExprKind::Literal(Literal {
            value: Value::String(text),
            ..
        }) => {
            let star = Expr {
                kind: ExprKind::Star,
                span: expr.span,
            };
            term(binder, star, text, expr.span, case)?
        }
        ExprKind::Binary(binary) if binary.op == BinaryOp::Colon => {
            let ExprKind::Literal(Literal {
                value: Value::String(text),
                ..
            }) = &binary.right.kind
            else {
                binder.unsupported(binary.right.span, "anything but a text behind `:`");
                return None;
            };
            term(binder, binary.left.clone(), text, expr.span, case)?
        }
        ExprKind::Binary(binary) if case == Case::Sensitive && !is_exact(binary.op) => {
            binder.unsupported(
                binary.op_span,
                &format!("`{}` in `search kind=case_sensitive`", binary.op.symbol()),
            );
            return None;
        }
        ExprKind::In(_) if case == Case::Sensitive => {
            binder.unsupported(expr.span, "a list in `search kind=case_sensitive`");
            return None;
        }
        other => other.clone(),
    };
    Some(Expr {
        kind,
        span: expr.span,
    })
}

fn truth() -> ExprKind {
    ExprKind::Literal(Literal {
        value: Value::Bool(Some(true)),
        obfuscated: false,
    })
}

/// Operators that mean the same with and without regard to case.
fn is_exact(op: BinaryOp) -> bool {
    matches!(
        op,
        BinaryOp::Equal
            | BinaryOp::NotEqual
            | BinaryOp::Less
            | BinaryOp::LessOrEqual
            | BinaryOp::Greater
            | BinaryOp::GreaterOrEqual
            | BinaryOp::MatchesRegex
    )
}

/// Where the `*` of a term stands, and what the term then means.
const TERMS: &[(bool, bool, BinaryOp, BinaryOp)] = &[
    (false, false, BinaryOp::Has, BinaryOp::HasCs),
    (true, false, BinaryOp::HasSuffix, BinaryOp::HasSuffixCs),
    (false, true, BinaryOp::HasPrefix, BinaryOp::HasPrefixCs),
    (true, true, BinaryOp::Contains, BinaryOp::ContainsCs),
];

fn term(
    binder: &mut Binder<'_>,
    place: Expr,
    text: &str,
    span: Span,
    case: Case,
) -> Option<ExprKind> {
    if text == "*" {
        return Some(truth());
    }
    let (front, rest) = match text.strip_prefix('*') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (back, needle) = match rest.strip_suffix('*') {
        Some(needle) => (true, needle),
        None => (false, rest),
    };
    if needle.contains('*') {
        binder.unsupported(span, "a `*` inside of a term");
        return None;
    }
    let (.., insensitive, sensitive) = TERMS
        .iter()
        .find(|(at_front, at_back, ..)| (*at_front, *at_back) == (front, back))
        .expect("all four places have a row");
    let op = match case {
        Case::Insensitive => *insensitive,
        Case::Sensitive => *sensitive,
    };
    let right = Expr {
        kind: ExprKind::Literal(Literal {
            value: Value::String(needle.to_string()),
            obfuscated: false,
        }),
        span,
    };
    Some(ExprKind::Binary(Box::new(Binary {
        op,
        op_span: span,
        left: place,
        right,
    })))
}
