//! The built-in tables, read once from the text files beside this one.

use super::TableSchema;
use huntql_kql::types::{Column, Type};
use std::collections::HashMap;
use std::sync::LazyLock;

struct Builtin {
    tables: Vec<TableSchema>,
    /// Parallel to `tables`.
    portal: Vec<Vec<Column>>,
    by_name: HashMap<String, usize>,
}

static BUILTIN: LazyLock<Builtin> = LazyLock::new(|| {
    let mut builtin = Builtin {
        tables: Vec::new(),
        portal: Vec::new(),
        by_name: HashMap::new(),
    };
    for text in [include_str!("defender.txt"), include_str!("huntql.txt")] {
        builtin.read(text);
    }
    builtin
});

impl Builtin {
    fn read(&mut self, text: &str) {
        for line in text
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
        {
            let Some(columns) = line.strip_prefix("  ") else {
                self.by_name.insert(line.to_owned(), self.tables.len());
                self.tables.push(TableSchema::new(line, Vec::new()));
                self.portal.push(Vec::new());
                continue;
            };
            let last = "a table's name comes before its columns";
            match columns.strip_prefix("+ ") {
                Some(columns) => self
                    .portal
                    .last_mut()
                    .expect(last)
                    .extend(columns.split(' ').map(column)),
                None => self
                    .tables
                    .last_mut()
                    .expect(last)
                    .columns
                    .extend(columns.split(' ').map(column)),
            }
        }
    }
}

fn column(text: &str) -> Column {
    let (name, ty) = text.split_once(':').expect("a column is name:type");
    Column::new(name, Type::parse(ty).expect("the type is one of KQL's"))
}

/// The built-in table of exactly this name.
pub fn builtin(name: &str) -> Option<&'static TableSchema> {
    BUILTIN
        .by_name
        .get(name)
        .map(|index| &BUILTIN.tables[*index])
}

/// All built-in tables, Defender's by name and then the product's own.
pub fn builtin_tables() -> &'static [TableSchema] {
    &BUILTIN.tables
}

/// Columns that the unified portal adds to a built-in table: they can be named, and are no part of `*`.
pub fn portal_columns(table: &str) -> &'static [Column] {
    BUILTIN
        .by_name
        .get(table)
        .map_or(&[], |index| &BUILTIN.portal[*index])
}
