//! Which members get columns.
//!
//! A hunt asks for names, codes and kinds: texts that repeat. What differs in each row (identifiers, instants, bodies), what is the same
//! in all, and what is only true or false, costs more than it gives.

use super::walk::{Found, Shape, each_member};
use super::{Chosen, Form, parts};
use crate::index::Interner;
use datafusion::arrow::array::{Array, AsArray, StringArray};
use datafusion::arrow::datatypes::Schema;
use datafusion::arrow::record_batch::RecordBatch;
use huntql_kql::types::Type;
use std::collections::HashMap;

/// Members of a column that get columns of their own.
pub(crate) const KEYS_MAX: usize = 12;
/// Members of a column that are read at once.
const KEYS_READ_MAX: usize = 64;
/// Columns whose members do.
const COLUMNS_MAX: usize = 4;
/// Texts that are looked at.
const TEXTS_MAX: usize = 4096;
/// Batches from which they are taken.
const BATCHES_MAX: usize = 32;
/// Texts after which a column is known to hold other texts than bags.
const TEXTS_TRIED: usize = 16;
/// Of fewer texts nothing is told.
const TEXTS_MIN: usize = 64;
/// A member stands in one of so many texts at least.
const SHARE: usize = 64;
/// Different keys that are looked at.
const KEYS_SEEN_MAX: usize = 256;
/// Bytes of a key.
const KEY_BYTES_MAX: usize = 64;
/// Bytes of the texts of a member on an average.
const MEAN_BYTES_MAX: usize = 80;

/// What was seen of a member.
#[derive(Default)]
struct Seen {
    rows: usize,
    bytes: usize,
    differing: Interner,
    /// Rows whose text is a number, `true` or `false`, a list or a bag.
    numbers: usize,
    words: usize,
    nested: usize,
}

impl Seen {
    fn add(&mut self, found: Found<'_>) {
        let Found::Text(text) = found else {
            self.rows += 1;
            self.nested += 1;
            return;
        };
        let Some(first) = text.bytes().next() else {
            return;
        };
        self.rows += 1;
        self.bytes += text.len();
        self.differing.number(text.as_bytes());
        self.nested += usize::from(matches!(first, b'[' | b'{'));
        self.words += usize::from(matches!(text, "true" | "false"));
        self.numbers += usize::from(is_number(text));
    }

    fn repeats(&self) -> usize {
        self.rows - self.differing.len().min(self.rows)
    }

    fn is_worth_it(&self, texts: usize) -> bool {
        let differing = self.differing.len();
        let is_common = self.rows * SHARE >= texts && self.rows >= TEXTS_MIN / 4;
        let repeats = differing > 1 && differing * 10 <= self.rows * 8;
        // A status, not a size.
        let is_kind = self.numbers < self.rows || differing * 64 <= self.rows;
        let is_short = self.bytes <= self.rows * MEAN_BYTES_MAX;
        let is_plain = self.nested * 4 <= self.rows && self.words < self.rows;
        is_common && repeats && is_kind && is_short && is_plain
    }
}

/// Whether a text is digits, with a point among them or without: a count, a size, a duration.
fn is_number(text: &str) -> bool {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let are_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    are_digits(whole) && are_digits(fraction)
}

/// The members that are worth a column each by what some rows of a file say; `types` are those of the columns.
pub(crate) fn of_rows(
    batches: &[RecordBatch],
    types: impl Fn(&str) -> Option<Type>,
) -> Vec<Chosen> {
    let Some(first) = batches.first() else {
        return Vec::new();
    };
    let schema = first.schema();
    let chosen = schema
        .fields()
        .iter()
        .enumerate()
        .filter_map(|(index, field)| {
            let form = Form::of(types(field.name())?)?;
            let keys = keys_of(&sample(batches, index)?);
            (!keys.is_empty()).then(|| Chosen {
                column: field.name().clone(),
                form,
                keys,
            })
        });
    chosen.take(COLUMNS_MAX).collect()
}

/// Texts of a column from all over the rows; `None` when most are no JSON bags.
fn sample(batches: &[RecordBatch], index: usize) -> Option<Vec<&str>> {
    let step = batches.len().div_ceil(BATCHES_MAX);
    let of_each = TEXTS_MAX / batches.len().div_ceil(step);
    let (mut texts, mut bags) = (Vec::new(), 0);
    for batch in batches.iter().step_by(step) {
        let column = batch.column(index).as_string_opt::<i32>()?;
        if !column.is_empty() && column.offsets().first() == column.offsets().last() {
            continue;
        }
        for text in given(column).take(of_each) {
            bags += usize::from(text.trim_start().starts_with('{'));
            texts.push(text);
            let is_other = texts.len() >= TEXTS_TRIED && bags * 4 < texts.len() * 3;
            (!is_other).then_some(())?;
        }
    }
    (texts.len() >= TEXTS_MIN).then_some(texts)
}

fn given(column: &StringArray) -> impl Iterator<Item = &str> {
    column.iter().flatten().filter(|text| !text.is_empty())
}

fn keys_of(texts: &[&str]) -> Vec<String> {
    let mut tags: HashMap<&str, usize> = HashMap::new();
    let mut seen: Vec<Seen> = Vec::new();
    let mut shape = Shape::default();
    for text in texts {
        let tag_of = |key| match tags.get(key) {
            Some(tag) => Some(*tag),
            None if tags.len() < KEYS_SEEN_MAX && is_key(key) => {
                tags.insert(key, tags.len());
                Some(tags.len() - 1)
            }
            None => None,
        };
        // What is told of a text that turns out to be none is told of few.
        let _ = each_member(text, &mut shape, tag_of, |tag, found| {
            if tag >= seen.len() {
                seen.resize_with(tag + 1, Seen::default);
            }
            seen[tag].add(found);
        });
    }
    let seen = tags
        .iter()
        .filter_map(|(key, tag)| Some((*key, seen.get(*tag)?)));
    let worth = seen.filter(|(_, seen)| seen.is_worth_it(texts.len()));
    let mut worth: Vec<(usize, &str)> = worth.map(|(key, seen)| (seen.repeats(), key)).collect();
    worth.sort_by(|one, other| other.0.cmp(&one.0).then(one.1.cmp(other.1)));
    let mut keys: Vec<String> = Vec::new();
    for (_, key) in worth {
        // Some readers take names that differ in case alone for the same.
        let is_twin = keys.iter().any(|known| known.eq_ignore_ascii_case(key));
        if !is_twin && keys.len() < KEYS_MAX {
            keys.push(key.to_owned());
        }
    }
    keys
}

/// Whether a key can stand in the name of a column.
fn is_key(key: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    !key.is_empty() && key.len() <= KEY_BYTES_MAX && key.bytes().all(is_plain)
}

/// The members that most rows of some files have columns of; `files` are schemas with numbers of rows.
pub(crate) fn of_files<'f>(
    files: impl Iterator<Item = (&'f Schema, u64)>,
    types: impl Fn(&str) -> Option<Type>,
) -> Vec<Chosen> {
    let mut all: Vec<(Chosen, Vec<u64>)> = Vec::new();
    for (schema, rows) in files {
        for chosen in of_schema(schema, &types) {
            let at = all
                .iter()
                .position(|(known, _)| known.column == chosen.column);
            let at = at.unwrap_or_else(|| {
                let keys = Vec::new();
                all.push((
                    Chosen {
                        keys,
                        ..chosen.clone()
                    },
                    Vec::new(),
                ));
                all.len() - 1
            });
            let (known, rows_of) = &mut all[at];
            for key in chosen.keys {
                match known
                    .keys
                    .iter()
                    .position(|known| known.eq_ignore_ascii_case(&key))
                {
                    Some(at) => rows_of[at] += rows,
                    None => {
                        known.keys.push(key);
                        rows_of.push(rows);
                    }
                }
            }
        }
    }
    let most = all.into_iter().map(|(chosen, rows)| {
        let mut keys: Vec<(u64, String)> = rows.into_iter().zip(chosen.keys).collect();
        keys.sort_by(|one, other| other.0.cmp(&one.0).then(one.1.cmp(&other.1)));
        let keys = keys.into_iter().take(KEYS_MAX).map(|(_, key)| key);
        Chosen {
            keys: keys.collect(),
            ..chosen
        }
    });
    most.take(COLUMNS_MAX).collect()
}

/// The members that a file has columns of; `types` are those of the table's columns.
pub(crate) fn of_schema(schema: &Schema, types: impl Fn(&str) -> Option<Type>) -> Vec<Chosen> {
    let mut chosen: Vec<Chosen> = Vec::new();
    for field in schema.fields() {
        let Some((column, key)) = parts(field.name()) else {
            continue;
        };
        let Some(form) = types(column).and_then(Form::of) else {
            continue;
        };
        match chosen.iter_mut().find(|chosen| chosen.column == column) {
            Some(chosen) if chosen.keys.len() >= KEYS_READ_MAX => {}
            Some(chosen) => chosen.keys.push(key.to_owned()),
            None => chosen.push(Chosen {
                column: column.to_owned(),
                form,
                keys: vec![key.to_owned()],
            }),
        }
    }
    chosen
}
