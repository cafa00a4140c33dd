//! Lints of comparisons with text.

use super::{Context, Lint, tree};
use crate::kernel::KernelError;
use crate::kernel::pattern::compile;
use huntql_kql::ast::{BinaryOp, Expr, ExprKind, InOp, Part, walk_operator};
use huntql_kql::diagnostics::Diagnostic;
use huntql_kql::terms::{is_term_char, terms};
use std::collections::HashMap;

/// Terms that are shorter are in no index.
const TERM_CHARS_MIN: usize = 4;

/// `contains` and the operator on whole terms.
const CONTAINS: &[(BinaryOp, &str)] = &[
    (BinaryOp::Contains, "has"),
    (BinaryOp::NotContains, "!has"),
    (BinaryOp::ContainsCs, "has_cs"),
    (BinaryOp::NotContainsCs, "!has_cs"),
];

/// Functions that fold case.
const FOLDING: &[&str] = &["tolower", "toupper"];

/// Functions that take a text apart.
const PARSING: &[&str] = &[
    "parse_json",
    "todynamic",
    "parse_url",
    "parse_xml",
    "parse_user_agent",
];

pub(super) fn contains_for_has(lint: &Lint, cx: &Context<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (_, op, binary) in binaries(cx) {
        let Some((_, instead)) = CONTAINS.iter().find(|(known, _)| *known == op) else {
            continue;
        };
        let is_words = tree::text(&binary.right).is_some_and(|text| {
            text.starts_with(is_term_char)
                && text.ends_with(is_term_char)
                && terms(text).any(|term| term.chars().count() >= TERM_CHARS_MIN)
        });
        if is_words {
            let message = format!("`{}` reads every character of the text", op.symbol());
            let help = format!(
                "`{instead}` looks for whole terms, which is quicker, where whole words are meant"
            );
            found.push(lint.at(binary.op_span, message).help(help));
        }
    }
    found
}

pub(super) fn every_column(lint: &Lint, cx: &Context<'_>) -> Vec<Diagnostic> {
    binaries(cx)
        .filter(|(_, _, binary)| matches!(binary.left.kind, ExprKind::Star))
        .map(|(expr, ..)| {
            lint.at(expr.span, "every column of every row is searched")
                .help("name the columns that can hold the text")
        })
        .collect()
}

pub(super) fn case_folded_comparison(lint: &Lint, cx: &Context<'_>) -> Vec<Diagnostic> {
    let folded = |expr: &Expr| {
        tree::call(expr).is_some_and(|call| FOLDING.contains(&call.name.text.as_str()))
    };
    let mut found = Vec::new();
    for expr in tree::exprs(cx.script()) {
        let instead = match &expr.kind {
            ExprKind::Binary(binary) => match binary.op {
                BinaryOp::Equal if folded(&binary.left) => "=~",
                BinaryOp::NotEqual if folded(&binary.left) => "!~",
                _ => continue,
            },
            ExprKind::In(one) => match one.op {
                InOp::In if folded(&one.value) => "in~",
                InOp::NotIn if folded(&one.value) => "!in~",
                _ => continue,
            },
            _ => continue,
        };
        let message = "a new text is made for each row, only to compare it without case";
        found.push(
            lint.at(expr.span, message)
                .help(format!("write `{instead}` on the column itself")),
        );
    }
    found
}

pub(super) fn plain_regex(lint: &Lint, cx: &Context<'_>) -> Vec<Diagnostic> {
    const PATTERN_CHARS: &[char] = &[
        '\\', '.', '^', '$', '*', '+', '?', '(', ')', '[', ']', '{', '}', '|',
    ];
    binaries(cx)
        .filter(|(_, op, _)| *op == BinaryOp::MatchesRegex)
        .filter(|(_, _, binary)| {
            tree::text(&binary.right).is_some_and(|text| !text.contains(PATTERN_CHARS))
        })
        .map(|(_, _, binary)| {
            lint.at(
                binary.right.span,
                "there is no pattern in this regular expression",
            )
            .help("write `has_cs` for a whole term, or `contains_cs`")
        })
        .collect()
}

/// Functions whose first argument is a pattern.
const PATTERN_FIRST: &[&str] = &["extract", "extract_all"];
/// Functions whose second argument is one.
const PATTERN_SECOND: &[&str] = &["replace_regex", "countof_regex"];

pub(super) fn broken_regex(lint: &Lint, cx: &Context<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut look = |pattern: &Expr| {
        let Some(text) = tree::text(pattern) else {
            return;
        };
        if let Err(KernelError::Argument { message, .. }) = compile(text, 0) {
            found.push(lint.at(pattern.span, message));
        }
    };
    binaries(cx)
        .filter(|(_, op, _)| *op == BinaryOp::MatchesRegex)
        .for_each(|(_, _, binary)| look(&binary.right));
    for call in tree::exprs(cx.script()).into_iter().filter_map(tree::call) {
        let name = call.name.text.as_str();
        let at = match name {
            _ if PATTERN_FIRST.contains(&name) => 0,
            _ if PATTERN_SECOND.contains(&name) => 1,
            _ => continue,
        };
        if let Some(arg) = call.args.get(at) {
            look(&arg.value);
        }
    }
    found
}

pub(super) fn short_term(lint: &Lint, cx: &Context<'_>) -> Vec<Diagnostic> {
    const ON_TERMS: &[BinaryOp] = &[BinaryOp::Has, BinaryOp::HasCs];
    let is_short = |text: &str| {
        terms(text).next().is_some()
            && terms(text).all(|term| term.chars().count() < TERM_CHARS_MIN)
    };
    binaries(cx)
        .filter(|(_, op, _)| ON_TERMS.contains(op))
        .filter(|(_, _, binary)| tree::text(&binary.right).is_some_and(is_short))
        .map(|(_, _, binary)| {
            lint.at(
                binary.right.span,
                "no term of this text has more than three characters",
            )
            .help("such terms are in no index: narrow the rows by another condition first")
        })
        .collect()
}

/// The second parse of the same text within one pipeline.
pub(super) fn parsed_twice(lint: &Lint, cx: &Context<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for pipeline in tree::pipelines(cx.script()) {
        let mut seen = HashMap::new();
        for operator in &pipeline.operators {
            walk_operator(operator, &mut |part| {
                let Part::Expr(expr) = part else { return };
                let Some(call) = tree::call(expr) else { return };
                let [argument] = call.args.as_slice() else {
                    return;
                };
                let Some(column) = tree::name(&argument.value) else {
                    return;
                };
                if !PARSING.contains(&call.name.text.as_str())
                    || !matches!(expr.kind, ExprKind::Call(_))
                {
                    return;
                }
                let times = seen.entry((call.name.text.as_str(), column)).or_insert(0);
                *times += 1;
                if *times == 2 {
                    let message = format!("`{column}` is parsed here again");
                    let help = format!(
                        "keep it once: `| extend Fields = {}({column})`",
                        call.name.text
                    );
                    found.push(lint.at(expr.span, message).help(help));
                }
            });
        }
    }
    // A pipeline within another is walked twice.
    found.dedup();
    found
}

/// Every operator with two operands.
fn binaries<'a>(
    cx: &Context<'a>,
) -> impl Iterator<Item = (&'a Expr, BinaryOp, &'a huntql_kql::ast::Binary)> {
    tree::exprs(cx.script())
        .into_iter()
        .filter_map(|expr| match &expr.kind {
            ExprKind::Binary(binary) => Some((expr, binary.op, binary.as_ref())),
            _ => None,
        })
}
