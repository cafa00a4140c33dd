//! `bag_unpack`: the slots of a bag as columns.
//!
//! A slot's type is that of its values, `dynamic` when they differ; slots that are null everywhere are no columns. New
//! columns stand behind the others, by name.

use super::{column, distinct_values, operator, others, text, unnested, wrong_count};
use crate::bind::{Binder, facts};
use crate::ir::{Relation, Scalar};
use crate::json;
use huntql_kql::ast::{Evaluate, EvaluateSchema};
use huntql_kql::diagnostics::Diagnostic;
use huntql_kql::types::{Column, Type, Value};
use std::collections::BTreeMap;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Conflict {
    Error,
    ReplaceSource,
    KeepSource,
}

const CONFLICTS: [(&str, Conflict); 3] = [
    ("error", Conflict::Error),
    ("replace_source", Conflict::ReplaceSource),
    ("keep_source", Conflict::KeepSource),
];

struct Options {
    bag: Column,
    prefix: String,
    conflict: Conflict,
    ignored: Vec<String>,
}

pub(super) fn bind(binder: &mut Binder<'_>, evaluate: &Evaluate, input: Relation) -> Relation {
    let plugin = binder.plugin();
    let Some(options) = options(binder, evaluate, &input) else {
        return Relation::unknown();
    };
    if let Some(schema) = &evaluate.schema {
        return declared(binder, &options, schema, input);
    }
    let slots = operator(binder, "slot_types", vec![Scalar::column(&options.bag)]);
    let slots = unnested(input.clone(), "__slot", slots, Type::String);
    let slot = Scalar::column(&Column::new("__slot", Type::String));
    let Some(slots) = binder.values_of(distinct_values(slots, slot)) else {
        let mut open = input.clone();
        open.unknown = true;
        return open.projected(others(&input, &[&options.bag.name]));
    };
    unpacked(binder, evaluate, plugin, &options, &slots, input)
}

fn options(binder: &mut Binder<'_>, evaluate: &Evaluate, input: &Relation) -> Option<Options> {
    let mut args = evaluate.call.args.iter();
    let Some(first) = args.next() else {
        wrong_count(binder, evaluate, "a column");
        return None;
    };
    let bag = column(binder, first, input)?;
    if bag.ty != Type::Dynamic {
        binder.report(facts::wrong_type(first.value.span, bag.ty, "a dynamic"));
        return None;
    }
    let mut options = Options {
        bag,
        prefix: String::new(),
        conflict: Conflict::Error,
        ignored: Vec::new(),
    };
    const PLACES: [&str; 3] = ["OutputColumnPrefix", "columnsConflict", "ignoredProperties"];
    for (index, arg) in args.enumerate() {
        let place = match &arg.name {
            Some(name) => PLACES.iter().position(|place| *place == name.text),
            None => (index < PLACES.len()).then_some(index),
        };
        match place {
            Some(0) => options.prefix = text(binder, arg)?,
            Some(1) => {
                let text = text(binder, arg)?;
                let found = CONFLICTS.iter().find(|(name, _)| *name == text);
                let Some((_, conflict)) = found else {
                    binder.report(Diagnostic::binding(
                        "SEM0260",
                        arg.value.span,
                        format!("`{text}` is no way to settle a conflict"),
                    ));
                    return None;
                };
                options.conflict = *conflict;
            }
            Some(_) => {
                let value = binder.scalar(&arg.value, None);
                if let Some(Value::Dynamic(Some(array))) =
                    binder.constant(&value, Type::Dynamic, arg.value.span)
                {
                    options.ignored = json::items(&array)
                        .map(|item| json::unquote(item).into_owned())
                        .collect();
                }
            }
            None => {
                wrong_count(binder, evaluate, "1 to 4 arguments");
                return None;
            }
        }
    }
    Some(options)
}

/// `slots`: `type:key`, as the row `slot_types` gives them.
fn unpacked(
    binder: &mut Binder<'_>,
    evaluate: &Evaluate,
    plugin: usize,
    options: &Options,
    slots: &[String],
    input: Relation,
) -> Relation {
    let mut types: BTreeMap<String, Type> = BTreeMap::new();
    for slot in slots {
        let Some((ty, key)) = slot.split_once(':') else {
            continue;
        };
        if options.ignored.iter().any(|ignored| ignored == key) {
            continue;
        }
        let ty = Type::parse(ty).unwrap_or(Type::Dynamic);
        types
            .entry(key.to_string())
            .and_modify(|known| *known = if *known == ty { ty } else { Type::Dynamic })
            .or_insert(ty);
    }
    let mut items = others(&input, &[&options.bag.name]);
    if types.is_empty() {
        let wished = binder.nameless(plugin, evaluate.span);
        let is_new = |name: &str| !items.iter().any(|(known, _)| known == name);
        let wished: Vec<_> = wished
            .into_iter()
            .filter(|(name, _)| is_new(name))
            .collect();
        for (name, ty) in wished {
            items.push((name, Scalar::literal(Value::null(ty))));
        }
    }
    for (key, ty) in types {
        let name = format!("{}{key}", options.prefix);
        let known = items.iter().position(|(known, _)| *known == name);
        match (known, options.conflict) {
            (None, _) => items.push((name, slot(binder, options, &key, ty))),
            (Some(_), Conflict::KeepSource) => {}
            (Some(at), Conflict::ReplaceSource) => items[at].1 = slot(binder, options, &key, ty),
            (Some(_), Conflict::Error) => {
                let diagnostic = facts::duplicate_column(evaluate.span, &name);
                binder.report(diagnostic.help(
                    "`columnsConflict = \"replace_source\"` or `\"keep_source\"` says which column stays",
                ));
            }
        }
    }
    input.projected(items)
}

fn slot(binder: &mut Binder<'_>, options: &Options, key: &str, ty: Type) -> Scalar {
    let key = Scalar::literal(Value::String(key.to_string()));
    let bag = Scalar::column(&options.bag);
    let value = operator(binder, "dynamic_member", vec![bag, key]);
    binder.convert(value, ty)
}

/// The declared columns: those of the input where it has them (unless they are replaced), else slots.
fn declared(
    binder: &mut Binder<'_>,
    options: &Options,
    schema: &EvaluateSchema,
    input: Relation,
) -> Relation {
    let source = others(&input, &[&options.bag.name]);
    let mut items = if schema.star {
        source.clone()
    } else {
        Vec::new()
    };
    for column in &schema.columns {
        let name = &column.name.text;
        let known = source.iter().find(|(known, _)| known == name);
        let value = match known {
            Some((_, value)) if options.conflict != Conflict::ReplaceSource => {
                binder.convert(value.clone(), column.ty)
            }
            _ => {
                let key = name.strip_prefix(&options.prefix).unwrap_or(name);
                slot(binder, options, key, column.ty)
            }
        };
        match items.iter_mut().find(|(known, _)| known == name) {
            Some(item) => item.1 = value,
            None => items.push((name.clone(), value)),
        }
    }
    input.projected(items)
}
