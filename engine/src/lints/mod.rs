//! Lints: queries that are good KQL and yet seldom what was meant, or slow.
//!
//! Each lint is a row with a code, a name and the page that gives the advice; most of them come from Defender's "Advanced hunting
//! query best practices". They look at the tree and at the tables of the catalog, never at rows.
//!
//! Not here: what is wrong with a query (`bind`), which lints somebody wants to see (the command line).

mod flow;
mod joins;
mod names;
mod text;
mod time;
mod tree;

use crate::catalog::Catalog;
use huntql_kql::ast::{Let, Script, StatementKind};
use huntql_kql::diagnostics::{Diagnostic, Severity};
use huntql_kql::span::Span;
use huntql_kql::{Parsed, parse};

/// One lint.
#[derive(Debug)]
pub struct Lint {
    pub code: &'static str,
    pub name: &'static str,
    pub severity: Severity,
    pub doc: &'static str,
    /// Where the advice comes from.
    pub source: &'static str,
    find: fn(&Lint, &Context<'_>) -> Vec<Diagnostic>,
}

/// What is known besides the tables.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// Addresses and names of forward proxies.
    pub proxies: Vec<String>,
}

/// What lints look at.
struct Context<'a> {
    text: &'a str,
    parsed: &'a Parsed,
    catalog: &'a Catalog,
    known: &'a Known,
}

const BEST_PRACTICES: &str = "Microsoft Defender, \"Advanced hunting query best practices\"";

const fn warning(
    code: &'static str,
    name: &'static str,
    doc: &'static str,
    find: fn(&Lint, &Context<'_>) -> Vec<Diagnostic>,
) -> Lint {
    Lint {
        code,
        name,
        severity: Severity::Warning,
        doc,
        source: BEST_PRACTICES,
        find,
    }
}

const fn hint(
    code: &'static str,
    name: &'static str,
    doc: &'static str,
    find: fn(&Lint, &Context<'_>) -> Vec<Diagnostic>,
) -> Lint {
    Lint {
        severity: Severity::Hint,
        ..warning(code, name, doc, find)
    }
}

/// All lints, in the order of their codes.
pub const LINTS: &[Lint] = &[
    hint(
        "HQ101",
        "late-filter",
        "a filter on columns of the table stands behind work that it would spare",
        flow::late_filter,
    ),
    hint(
        "HQ102",
        "contains-for-has",
        "`contains` reads every character; `has` looks for whole terms and can use an index",
        text::contains_for_has,
    ),
    warning(
        "HQ103",
        "one-sided-time",
        "one side of a join is limited in time and the other reads everything",
        joins::one_sided_time,
    ),
    warning(
        "HQ104",
        "join-without-kind",
        "a join without `kind` is `innerunique`: of the left rows with the same key one is kept, whichever comes first",
        joins::without_kind,
    ),
    warning(
        "HQ105",
        "every-table",
        "`search`, `find` or `union *` without tables reads everything there is",
        names::every_table,
    ),
    hint(
        "HQ106",
        "every-column",
        "`* has …` looks into every column of every row",
        text::every_column,
    ),
    Lint {
        source: "Microsoft Defender, \"Investigate connection events that occur behind forward proxies\"",
        ..warning(
            "HQ107",
            "proxy-rows-dropped",
            "a filter that drops connections to a proxy drops the rows whose real target network protection has named, too",
            names::proxy_rows_dropped,
        )
    },
    warning(
        "HQ108",
        "take-before-summary",
        "`take` without an order picks any rows, and what follows counts those only",
        flow::take_before_summary,
    ),
    hint(
        "HQ109",
        "sort-before-summary",
        "`summarize` keeps no order, so sorting in front of it is lost",
        flow::sort_before_summary,
    ),
    hint(
        "HQ110",
        "case-folded-comparison",
        "`=~` and `in~` compare without case; `tolower(…) == …` computes a new text for each row",
        text::case_folded_comparison,
    ),
    hint(
        "HQ111",
        "plain-regex",
        "a regular expression without any pattern in it is a slow `contains_cs`",
        text::plain_regex,
    ),
    hint(
        "HQ112",
        "short-term",
        "terms of three characters or fewer are not indexed",
        text::short_term,
    ),
    Lint {
        source: "Kusto, \"Let statement\"",
        ..warning(
            "HQ113",
            "unused-let",
            "a name is declared and never used",
            names::unused_let,
        )
    },
    hint(
        "HQ114",
        "time-not-binned",
        "grouping by a time without `bin` makes a group of every moment",
        time::not_binned,
    ),
    Lint {
        source: "Kusto, \"ago()\"",
        ..warning(
            "HQ115",
            "future-ago",
            "`ago` of a negative time is in the future",
            time::future_ago,
        )
    },
    hint(
        "HQ116",
        "parsed-twice",
        "the same text is parsed several times; `extend` keeps the parsed value under a name",
        text::parsed_twice,
    ),
    Lint {
        source: "Kusto, \"Regular expression\"",
        ..warning(
            "HQ117",
            "broken-regex",
            "a pattern that is no regular expression, or uses what the language leaves out: the query fails when it meets a row",
            text::broken_regex,
        )
    },
];

pub fn by_code(code: &str) -> Option<&'static Lint> {
    LINTS.iter().find(|lint| lint.code == code)
}

/// Everything that the lints find, in the order of the text.
pub(crate) fn find(text: &str, catalog: &Catalog, known: &Known) -> Vec<Diagnostic> {
    let parsed = parse(text);
    if parsed.has_errors() {
        return Vec::new();
    }
    let cx = Context {
        text,
        parsed: &parsed,
        catalog,
        known,
    };
    let mut found: Vec<Diagnostic> = LINTS
        .iter()
        .flat_map(|lint| (lint.find)(lint, &cx))
        .collect();
    found.retain(|lint| !is_allowed(&cx, lint));
    found.sort_by_key(Diagnostic::span);
    found
}

/// `// huntql-allow: late-filter` anywhere in the text.
fn is_allowed(cx: &Context<'_>, found: &Diagnostic) -> bool {
    let name = by_code(found.code).map_or("", |lint| lint.name);
    cx.parsed.comments.iter().any(|comment| {
        let text = comment.text(cx.text).trim_start_matches('/').trim();
        let named = text.strip_prefix("huntql-allow:").unwrap_or_default();
        named
            .split([',', ' '])
            .any(|word| !word.is_empty() && (word == name || word.eq_ignore_ascii_case(found.code)))
    })
}

impl Lint {
    fn at(&self, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic::binding(self.code, span, message).with_severity(self.severity)
    }
}

impl<'a> Context<'a> {
    fn script(&self) -> &'a Script {
        &self.parsed.script
    }

    /// The `let` statement of the script that declares a name.
    fn declaration(&self, name: &str) -> Option<&'a Let> {
        self.script()
            .statements
            .iter()
            .rev()
            .find_map(|statement| match &statement.kind {
                StatementKind::Let(declared) if declared.name.text == name => Some(declared),
                _ => None,
            })
    }
}
