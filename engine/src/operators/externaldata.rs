//! `externaldata`: a table that lies elsewhere. Its rows come from the local file that its URL was mapped to.

use crate::bind::{Binder, facts};
use crate::catalog::{OtherUrls, Table};
use crate::external::{ExternalTable, Format, MappedBy, Mapping, Reading, Source};
use crate::ir::{Node, Relation};
use huntql_kql::ast::{ExprKind, Externaldata};
use huntql_kql::diagnostics::Diagnostic;
use huntql_kql::span::Span;
use huntql_kql::types::{Column, Type, Value};
use huntql_store::TableSchema;
use std::sync::Arc;

/// What stands behind `with`.
#[derive(Default)]
struct Properties {
    format: Option<Format>,
    ignore_first: bool,
    /// The text of `ingestionMapping`, and where it stands.
    mapping: Option<(String, Span)>,
}

pub(super) fn bind(binder: &mut Binder<'_>, external: &Externaldata, span: Span) -> Relation {
    let mut columns: Vec<Column> = Vec::new();
    for column in &external.columns {
        if columns.iter().any(|known| known.name == column.name.text) {
            binder.report(facts::duplicate_column(column.name.span, &column.name.text));
        }
        columns.push(Column::new(column.name.text.clone(), column.ty));
    }
    let properties = properties(binder, external);
    let mut sources = Vec::new();
    for uri in &external.uris {
        let value = binder.scalar(&uri.clone(), None);
        let Some(Value::String(url)) = binder.constant(&value, Type::String, uri.span) else {
            continue;
        };
        sources.push(Source {
            file: binder.catalog.url(&url).map(ToOwned::to_owned),
            format: properties.format.unwrap_or_else(|| Format::of_url(&url)),
            url,
        });
    }
    let empty = sources.iter().any(|source| source.file.is_none())
        && binder.catalog.other_urls() == OtherUrls::Empty;
    let reading = reading(binder, &properties, &sources, &columns, span);
    let rows = ExternalTable::new(columns.clone(), sources, reading, span);
    let table = Table {
        schema: TableSchema::new("externaldata", columns.clone()),
        hidden: Vec::new(),
        rows: (!empty).then(|| Arc::new(rows) as _),
        times: None,
    };
    Relation::new(columns, Node::Scan(Box::new(table)))
}

/// What is to be read of each file. A mapping has to fit the format of every one of them.
fn reading(
    binder: &mut Binder<'_>,
    properties: &Properties,
    sources: &[Source],
    columns: &[Column],
    span: Span,
) -> Reading {
    let mut reading = Reading {
        ignore_first: properties.ignore_first,
        mapping: None,
    };
    if reading.ignore_first
        && sources
            .iter()
            .any(|source| source.format == Format::Parquet)
    {
        binder.unsupported(span, "`ignoreFirstRecord` of Parquet");
    }
    let Some((text, span)) = &properties.mapping else {
        return reading;
    };
    let mut ways: Vec<Option<MappedBy>> = sources
        .iter()
        .map(|source| source.format.mapped_by())
        .collect();
    ways.dedup();
    match ways.as_slice() {
        [] => {}
        [Some(by)] => match Mapping::read(text, columns, *by) {
            Ok(mapping) => reading.mapping = Some(mapping),
            Err(why) => binder.report(Diagnostic::unsupported(*span, why)),
        },
        _ => binder.unsupported(*span, "a mapping of these formats"),
    }
    reading
}

fn properties(binder: &mut Binder<'_>, external: &Externaldata) -> Properties {
    let mut properties = Properties::default();
    for parameter in &external.parameters {
        let text = match &parameter.value.kind {
            ExprKind::Name(name) => name.text.clone(),
            ExprKind::Literal(literal) => match &literal.value {
                Value::String(text) => text.clone(),
                Value::Bool(Some(value)) => value.to_string(),
                _ => String::new(),
            },
            _ => String::new(),
        };
        let name = parameter.name.text.to_ascii_lowercase();
        let value = text.to_ascii_lowercase();
        match name.as_str() {
            "format" if Format::parse(&value).is_some() => {
                properties.format = Format::parse(&value);
            }
            "format" if !value.is_empty() => {
                let what = format!("the format `{text}` in `externaldata`");
                binder.unsupported(parameter.span, &what);
            }
            "ingestionmapping" => properties.mapping = Some((text, parameter.value.span)),
            "ignorefirstrecord" if value == "true" => properties.ignore_first = true,
            "ignorefirstrecord" if value == "false" => {}
            _ => {
                let written = &parameter.name.text;
                binder.report(Diagnostic::unsupported(
                    parameter.span,
                    format!("`{written}` with this value is not supported in `externaldata`"),
                ));
            }
        }
    }
    properties
}
