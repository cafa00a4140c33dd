//! `project-away`, `project-keep`, `project-rename`, `project-reorder`: columns by name or pattern.

use super::project::all_columns;
use crate::bind::{Binder, facts};
use crate::ir::{Relation, Scalar};
use crate::json;
use huntql_kql::ast::{
    Name, ProjectAway, ProjectByNames, ProjectKeep, ProjectRename, ProjectReorder, ReorderOrder,
};
use huntql_kql::types::{Column, Type, Value};

/// Whether a name with `*` wildcards matches. Case matters.
pub(crate) fn matches_pattern(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((head, tail)) => {
            let Some(rest) = name.strip_prefix(head) else {
                return false;
            };
            (0..=rest.len())
                .filter(|at| rest.is_char_boundary(*at))
                .any(|at| matches_pattern(tail, &rest[at..]))
        }
    }
}

/// The columns that a name or pattern means; a name that means none is reported, a pattern is not.
fn matching(binder: &mut Binder<'_>, pattern: &Name, input: &Relation) -> Vec<Column> {
    if pattern.text.contains('*') && !pattern.bracketed {
        return input
            .columns
            .iter()
            .filter(|column| matches_pattern(&pattern.text, &column.name))
            .cloned()
            .collect();
    }
    if let Some(column) = input.resolve(&pattern.text) {
        return vec![column.clone()];
    }
    if !input.unknown {
        binder.unknown_column(
            pattern,
            input.columns.iter().map(|column| column.name.as_str()),
        );
    }
    Vec::new()
}

pub(super) fn away(binder: &mut Binder<'_>, away: &ProjectAway, input: Relation) -> Relation {
    let gone: Vec<Column> = away
        .patterns
        .iter()
        .flat_map(|pattern| matching(binder, pattern, &input))
        .collect();
    let kept: Vec<Column> = input
        .columns
        .iter()
        .filter(|column| !gone.contains(column))
        .cloned()
        .collect();
    input.projected(all_columns(&kept))
}

pub(super) fn keep(binder: &mut Binder<'_>, keep: &ProjectKeep, input: Relation) -> Relation {
    let wanted: Vec<Column> = keep
        .patterns
        .iter()
        .flat_map(|pattern| matching(binder, pattern, &input))
        .collect();
    let kept: Vec<Column> = input
        .columns
        .iter()
        .filter(|column| wanted.contains(column))
        .cloned()
        .collect();
    input.projected(all_columns(&kept))
}

/// Columns by constant names, arrays of names and patterns, in that order. A name that no column has is passed over.
pub(super) fn by_names(
    binder: &mut Binder<'_>,
    written: &ProjectByNames,
    input: Relation,
) -> Relation {
    let mut patterns: Vec<String> = Vec::new();
    for item in &written.items {
        let value = binder.scalar(item, None);
        let array = value.ty == Type::Dynamic;
        let ty = if array { Type::Dynamic } else { Type::String };
        match binder.constant(&value, ty, item.span) {
            Some(Value::String(name)) => patterns.push(name),
            Some(Value::Dynamic(Some(names))) => {
                patterns.extend(json::items(&names).map(|name| json::unquote(name).into_owned()));
            }
            _ => {}
        }
    }
    let mut kept: Vec<Column> = Vec::new();
    for pattern in &patterns {
        for column in &input.columns {
            if matches_pattern(pattern, &column.name) && !kept.contains(column) {
                kept.push(column.clone());
            }
        }
    }
    if kept.is_empty() && !input.unknown {
        let span = written.items[0].span;
        binder.unsupported(span, "`project-by-names` of no column");
        return Relation::unknown();
    }
    input.projected(all_columns(&kept))
}

pub(super) fn rename(binder: &mut Binder<'_>, rename: &ProjectRename, input: Relation) -> Relation {
    let mut items = all_columns(&input.columns);
    for pair in &rename.renames {
        let Some(column) = matching(binder, &pair.old, &input).into_iter().next() else {
            // What was missed is not missed again under its new name.
            items.push((pair.new.text.clone(), Scalar::error()));
            continue;
        };
        let position = input
            .columns
            .iter()
            .position(|have| have.name == column.name);
        let clash = input.columns.iter().any(|have| have.name == pair.new.text)
            && !rename
                .renames
                .iter()
                .any(|other| other.old.text == pair.new.text);
        if clash && pair.new.text != column.name {
            binder.report(facts::duplicate_column(pair.new.span, &pair.new.text));
            continue;
        }
        binder.json_texts.renamed(&pair.new.text, &column.name);
        match position {
            Some(position) => items[position].0 = pair.new.text.clone(),
            None => items.push((pair.new.text.clone(), Scalar::column(&column))),
        }
    }
    input.projected(items)
}

/// Named columns first, in the order written; a pattern's columns in the order asked for; then all others.
pub(super) fn reorder(
    binder: &mut Binder<'_>,
    reorder: &ProjectReorder,
    input: Relation,
) -> Relation {
    let mut ordered: Vec<Column> = Vec::new();
    let mut named: Vec<&str> = Vec::new();
    for item in &reorder.items {
        let mut columns = matching(binder, &item.pattern, &input);
        // A pattern may have placed it before; then it stays there.
        if let [column] = columns.as_slice()
            && column.name == item.pattern.text
        {
            if named.contains(&item.pattern.text.as_str()) {
                binder.report(facts::placed_twice(item.pattern.span, &column.name));
            }
            named.push(&item.pattern.text);
        }
        columns.retain(|column| !ordered.contains(column) && input.columns.contains(column));
        match item.order {
            None => {}
            Some(ReorderOrder::Asc) => columns.sort_by(|a, b| a.name.cmp(&b.name)),
            Some(ReorderOrder::Desc) => columns.sort_by(|a, b| b.name.cmp(&a.name)),
            Some(ReorderOrder::GrannyAsc) => columns.sort_by_key(|column| granny(&column.name)),
            Some(ReorderOrder::GrannyDesc) => {
                columns.sort_by_key(|column| granny(&column.name));
                columns.reverse();
            }
        }
        ordered.extend(columns);
    }
    ordered.extend(
        input
            .columns
            .iter()
            .filter(|column| !ordered.contains(column))
            .cloned()
            .collect::<Vec<_>>(),
    );
    input.projected(all_columns(&ordered))
}

/// A key under which `a2` comes before `a10`: runs of digits compare as numbers.
fn granny(name: &str) -> Vec<(u64, String)> {
    let mut parts = Vec::new();
    let mut rest = name;
    while !rest.is_empty() {
        let text_end = rest
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(rest.len());
        let (text, tail) = rest.split_at(text_end);
        let digits_end = tail
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(tail.len());
        let (digits, tail) = tail.split_at(digits_end);
        parts.push((0, text.to_string()));
        if !digits.is_empty() {
            parts.push((digits.parse().unwrap_or(u64::MAX), String::new()));
        }
        rest = tail;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_run_of_characters() {
        assert!(matches_pattern("a*", "abc"));
        assert!(matches_pattern("*c", "abc"));
        assert!(matches_pattern("a*c*", "abcd"));
        assert!(!matches_pattern("a*d", "abc"));
        assert!(!matches_pattern("A*", "abc"));
    }

    #[test]
    fn granny_order_reads_numbers() {
        assert!(granny("a2") < granny("a10"));
        assert!(granny("a") < granny("a1"));
    }
}
