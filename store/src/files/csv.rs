//! CSV with a header (`.tsv`: split at tabs). Read twice: once for the types, once for the rows.

use super::infer::Candidates;
use super::temporary::Temporary;
use super::{unreadable, visible_and_further};
use crate::error::{Result, StoreError};
use crate::scan::EventTable;
use crate::schema::TableSchema;
use csv::{ByteRecord, Reader, ReaderBuilder, Trim};
use huntql_kql::types::Column;
use std::fs::File;
use std::path::{Path, PathBuf};

pub(super) fn open(
    name: &str,
    files: &[PathBuf],
    declared: Option<&TableSchema>,
) -> Result<EventTable> {
    let mut found: Vec<(String, Candidates)> = Vec::new();
    for path in files {
        infer(path, &mut found)?;
    }
    let typed = |(name, candidates): (String, Candidates)| {
        let ty = declared
            .and_then(|declared| declared.column(&name))
            .map_or(candidates.ty(), |column| column.ty);
        Column::new(name, ty)
    };
    let columns: Vec<Column> = found.into_iter().map(typed).collect();
    let (table, further) = visible_and_further(name, columns.clone(), declared);
    let mut rows = Temporary::create(table, further, columns.clone())?;
    for path in files {
        copy(path, &columns, &mut rows)?;
    }
    rows.finish()
}

fn reader(path: &Path) -> Result<Reader<File>> {
    let file = File::open(path).map_err(StoreError::io(path, "open"))?;
    let tabs = path
        .extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("tsv"));
    Ok(ReaderBuilder::new()
        .delimiter(if tabs { b'\t' } else { b',' })
        .trim(Trim::Headers)
        .from_reader(file))
}

fn header(path: &Path, reader: &mut Reader<File>) -> Result<Vec<String>> {
    let header = reader
        .byte_headers()
        .map_err(|error| unreadable(path, error))?;
    let names: Vec<String> = header
        .iter()
        .map(|name| String::from_utf8_lossy(name).into_owned())
        .collect();
    let names: Vec<String> = names
        .iter()
        .map(|name| name.trim_start_matches('\u{feff}').to_owned())
        .collect();
    for (at, name) in names.iter().enumerate() {
        if name.is_empty() {
            return Err(unreadable(
                path,
                format!("column {} of the header has no name", at + 1),
            ));
        }
        if names[..at].contains(name) {
            return Err(unreadable(path, format!("the header names `{name}` twice")));
        }
    }
    Ok(names)
}

fn infer(path: &Path, found: &mut Vec<(String, Candidates)>) -> Result<()> {
    let mut reader = reader(path)?;
    let names = header(path, &mut reader)?;
    let mut places = Vec::with_capacity(names.len());
    for name in names {
        let place = found.iter().position(|(known, _)| *known == name);
        places.push(place.unwrap_or_else(|| {
            found.push((name, Candidates::new()));
            found.len() - 1
        }));
    }
    let mut record = ByteRecord::new();
    while reader
        .read_byte_record(&mut record)
        .map_err(|error| unreadable(path, error))?
    {
        for (cell, place) in record.iter().zip(&places) {
            found[*place].1.see(&String::from_utf8_lossy(cell));
        }
    }
    Ok(())
}

fn copy(path: &Path, columns: &[Column], rows: &mut Temporary) -> Result<()> {
    let mut reader = reader(path)?;
    let names = header(path, &mut reader)?;
    let places: Vec<Option<usize>> = columns
        .iter()
        .map(|column| names.iter().position(|name| *name == column.name))
        .collect();
    let mut record = ByteRecord::new();
    while reader
        .read_byte_record(&mut record)
        .map_err(|error| unreadable(path, error))?
    {
        for (builder, place) in rows.builders().iter_mut().zip(&places) {
            match place.and_then(|place| record.get(place)) {
                Some(cell) => builder.push_text(&String::from_utf8_lossy(cell)),
                None => builder.push_null(),
            }
        }
        rows.end_row()?;
    }
    Ok(())
}
