//! Keywords that cannot be names without brackets.
//!
//! KQL's keywords are mostly names as well: `count`, `by` in a list of columns to make, `step`. The lists here are those of
//! Microsoft's own parser, as far as their words mean something in a query.

/// Never a name: write `['first']`.
const NEVER: &[&str] = &[
    "and",
    "anomalychart",
    "areachart",
    "asc",
    "bagexpansion",
    "barchart",
    "between",
    "boolean",
    "byte",
    "card",
    "columnchart",
    "contains_cs",
    "containscs",
    "datascope",
    "date",
    "datetime",
    "decimal",
    "decodeblocks",
    "desc",
    "double",
    "dynamic",
    "endswith",
    "endswith_cs",
    "external_data",
    "first",
    "flags",
    "float",
    "has_all",
    "has_any",
    "has_cs",
    "hasprefix",
    "hasprefix_cs",
    "hassuffix",
    "hassuffix_cs",
    "hotcache",
    "int",
    "int16",
    "int32",
    "int64",
    "int8",
    "isfuzzy",
    "journal",
    "kind",
    "ladderchart",
    "last",
    "like",
    "likecs",
    "linechart",
    "long",
    "missing",
    "notcontains",
    "notcontainscs",
    "notlike",
    "notlikecs",
    "or",
    "others",
    "piechart",
    "pivotchart",
    "project",
    "real",
    "relaxed",
    "scatterchart",
    "simple",
    "stackedareachart",
    "startswith",
    "startswith_cs",
    "statistics",
    "string",
    "time",
    "timechart",
    "timeline",
    "timepivot",
    "timespan",
    "treemap",
    "uint",
    "uint16",
    "uint32",
    "uint64",
    "uint8",
    "ulong",
    "union",
    "uniqueid",
    "views",
    "with_itemindex",
    "with_match_id",
    "with_step_name",
];

/// A name where one is made (`extend title = …`, `datatable(title: string)`), but not where one is used.
const ONLY_MADE: &[&str] = &[
    "accumulate",
    "as",
    "by",
    "contains",
    "datatable",
    "earliest",
    "externaldata",
    "find",
    "has",
    "in",
    "invoke",
    "latest",
    "materialize",
    "mdm",
    "of",
    "print",
    "sample",
    "search",
    "set",
    "sql",
    "title",
    "to",
    "toscalar",
    "totable",
    "verbose",
    "viewers",
    "where",
];

/// Reserved words that are functions when a bracket follows.
const CALLABLE: &[&str] = &["date", "datetime", "materialize", "toscalar", "totable"];

/// Whether the word can name something new.
pub(super) fn can_be_made(word: &str) -> bool {
    !NEVER.contains(&word) && !word.contains('-')
}

/// Whether the word can stand for something that has this name.
pub(super) fn can_be_used(word: &str) -> bool {
    can_be_made(word) && !ONLY_MADE.contains(&word)
}

/// Whether the word in front of a bracket is a function.
pub(super) fn can_be_called(word: &str) -> bool {
    can_be_used(word) || CALLABLE.contains(&word)
}

/// Whether a reserved word looks like a name that was meant, and not like a part of the grammar in the wrong place.
pub(super) fn can_be_bracketed(word: &str) -> bool {
    const GRAMMAR: &[&str] = &[
        "and", "or", "asc", "desc", "by", "of", "to", "between", "in", "as",
    ];
    !can_be_used(word)
        && !GRAMMAR.contains(&word)
        && !crate::ast::BINARY_OPERATORS
            .iter()
            .any(|(spelling, ..)| *spelling == word)
}
