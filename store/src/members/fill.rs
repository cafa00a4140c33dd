//! The texts of members, row by row.

use super::walk::{Found, Shape, each_member};
use super::{Chosen, Form, name_of};
use crate::index::Interner;
use crate::json::{Step, shown, text_led};
use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, RecordBatchOptions, StringArray, StringBuilder,
};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::arrow::error::ArrowError;
use datafusion::arrow::record_batch::RecordBatch;
use std::borrow::Cow;
use std::sync::Arc;

/// Bytes of the distinct texts of a member in a file; one of more gets no column there.
const TEXTS_MAX: usize = 512 << 10;
/// Rows with a member from which on it is asked how much its texts repeat.
const JUDGED_ROWS: usize = 256;

/// Reads the members of a column's texts.
pub(crate) struct Reader {
    form: Form,
    keys: Vec<(String, Vec<Step>)>,
    shape: Shape,
}

impl Reader {
    pub(crate) fn new(chosen: &Chosen) -> Reader {
        let keys = chosen.keys.iter();
        let keys = keys.map(|key| (key.clone(), vec![Step::Member(key.clone())]));
        Reader {
            form: chosen.form,
            keys: keys.collect(),
            shape: Shape::default(),
        }
    }

    /// What `tostring` gives of each member of a text, in the order of the keys; `""` where it has none.
    fn read<'t>(&mut self, text: &'t str, texts: &mut Vec<Cow<'t, str>>) {
        texts.clear();
        texts.resize(self.keys.len(), Cow::Borrowed(""));
        if text.is_empty() {
            return;
        }
        let (keys, shape, form) = (&self.keys, &mut self.shape, self.form);
        // Which keys were met, and which of them have values that are not told by the walk.
        let (mut met, mut others, mut twice) = (0_u64, 0_u64, false);
        let tag_of = |key: &str| keys.iter().position(|(name, _)| name == key);
        let walked = each_member(text, shape, tag_of, |at, found| {
            twice |= met & 1 << at != 0;
            met |= 1 << at;
            match found {
                Found::Text(found) => texts[at] = Cow::Borrowed(found),
                Found::Other => others |= 1 << at,
            }
        });
        if walked.is_none() || twice {
            others = u64::MAX;
        }
        if others == 0 {
            return;
        }
        for (at, (_, steps)) in keys.iter().enumerate() {
            if others & 1 << at != 0 {
                texts[at] = match form {
                    Form::Text => text_led(text, steps),
                    Form::Dynamic => shown(text, steps),
                };
            }
        }
    }

    /// The columns of the members over a column of texts, in the order of the keys.
    pub(crate) fn columns(&mut self, texts: &StringArray) -> Vec<ArrayRef> {
        let mut builders: Vec<StringBuilder> =
            self.keys.iter().map(|_| StringBuilder::new()).collect();
        let mut found = Vec::new();
        for text in texts {
            self.read(text.unwrap_or_default(), &mut found);
            for (builder, text) in builders.iter_mut().zip(&found) {
                builder.append_value(text);
            }
        }
        let columns = builders.into_iter();
        columns
            .map(|mut builder| Arc::new(builder.finish()) as ArrayRef)
            .collect()
    }
}

/// The column of a member over all rows of a file, in the order in which they came.
pub(crate) struct Filled {
    pub name: String,
    pub values: Interner,
    pub codes: Vec<u32>,
}

/// The columns of the chosen members, without those whose texts repeat too little after all.
pub(crate) fn fill(batches: &[RecordBatch], chosen: &[Chosen]) -> Vec<Filled> {
    chosen
        .iter()
        .flat_map(|chosen| fill_of(batches, chosen).unwrap_or_default())
        .collect()
}

/// `None` when the batches have no such column of texts.
fn fill_of(batches: &[RecordBatch], chosen: &Chosen) -> Option<Vec<Filled>> {
    let rows = batches.iter().map(RecordBatch::num_rows).sum();
    let mut reader = Reader::new(chosen);
    let column = |key: &String| {
        let mut values = Interner::default();
        values.number(b"");
        Filled {
            name: name_of(&chosen.column, key),
            values,
            codes: Vec::with_capacity(rows),
        }
    };
    let mut columns: Vec<Filled> = chosen.keys.iter().map(column).collect();
    let mut given = vec![0_usize; columns.len()];
    // The last text of each and its code.
    let mut last = vec![(String::new(), 0_u32); columns.len()];
    let mut found = Vec::new();
    for batch in batches {
        let texts = batch.column_by_name(&chosen.column)?;
        let texts = texts.as_string_opt::<i32>()?;
        for row in 0..texts.len() {
            let text = match texts.is_valid(row) {
                true => texts.value(row),
                false => "",
            };
            if text.is_empty() {
                columns.iter_mut().for_each(|column| column.codes.push(0));
                continue;
            }
            reader.read(text, &mut found);
            let of_row = columns.iter_mut().zip(&mut given).zip(&mut last);
            for (((column, given), last), text) in of_row.zip(&found) {
                if text.is_empty() {
                    column.codes.push(0);
                    continue;
                }
                *given += 1;
                if last.0 != **text {
                    last.1 = column.values.number(text.as_bytes()).0;
                    last.0.clear();
                    last.0.push_str(text);
                }
                column.codes.push(last.1);
            }
        }
    }
    let kept = columns.into_iter().zip(given).filter(|(column, given)| {
        let differing = column.values.len() - 1;
        let repeats = *given < JUDGED_ROWS || differing * 4 <= *given * 3;
        differing > 0 && repeats && column.values.bytes() + 4 * differing <= TEXTS_MAX
    });
    Some(kept.map(|(column, _)| column).collect())
}

/// Batches with the columns of members behind their own.
pub(crate) struct Further {
    readers: Vec<(usize, Reader)>,
    schema: SchemaRef,
}

impl Further {
    /// `schema` is that of the batches; what they have no column of texts for is left out.
    pub(crate) fn new(schema: &Schema, chosen: &[Chosen]) -> Further {
        let mut fields: Vec<_> = schema.fields().iter().cloned().collect();
        let mut readers = Vec::new();
        for chosen in chosen {
            let Some((index, field)) = schema.column_with_name(&chosen.column) else {
                continue;
            };
            if *field.data_type() != DataType::Utf8 {
                continue;
            }
            let names = chosen.keys.iter().map(|key| name_of(&chosen.column, key));
            let of_member = |name| Arc::new(Field::new(name, DataType::Utf8, false));
            fields.extend(names.map(of_member));
            readers.push((index, Reader::new(chosen)));
        }
        Further {
            readers,
            schema: Arc::new(Schema::new(fields)),
        }
    }

    pub(crate) fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    pub(crate) fn of(&mut self, batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
        let mut arrays = batch.columns().to_vec();
        for (index, reader) in &mut self.readers {
            arrays.extend(reader.columns(batch.column(*index).as_string::<i32>()));
        }
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        RecordBatch::try_new_with_options(Arc::clone(&self.schema), arrays, &options)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    const KEYS: [&str; 4] = ["a", "bc", "n", "z"];

    /// JSON in many spellings, texts that are nearly JSON, and what is none.
    fn texts() -> impl Strategy<Value = String> {
        let word = || {
            prop::sample::select(vec![
                "a", "bc", "n", "\\u0061", "b\\u0063", "c\\/", "\\\\", "\\n", "é😀", "", "\\ud83d",
                "\\x", "\u{1}", "true", "12", "[1]",
            ])
        };
        let key =
            prop_oneof![6 => prop::sample::select(vec!["a", "bc", "n", "z", "other"]), 1 => word()];
        let bare = prop::sample::select(vec![
            "null",
            "true",
            "false",
            "tru",
            "0",
            "-0",
            "7",
            "-12",
            "007",
            "1.50",
            "1.",
            "-",
            "1e3",
            "1e999",
            "1.5e-7",
            "123456789012345678",
            "9223372036854775808",
            "12345678901234567890123",
            "0.00001",
            "+1",
            "NaN",
        ]);
        let leaf = prop_oneof![
            3 => word().prop_map(|word| format!("\"{word}\"")),
            2 => bare.prop_map(str::to_owned),
        ];
        let space = || prop::sample::select(vec!["", "", "", " ", "\n\t", "\u{a0}"]);
        let value = leaf.prop_recursive(3, 16, 3, {
            let key = key.clone();
            move |inner| {
                let slot = (key.clone(), inner.clone());
                prop_oneof![
                    prop::collection::vec(inner, 0..3)
                        .prop_map(|items| format!("[{}]", items.join(", "))),
                    prop::collection::vec(slot, 0..3).prop_map(|slots| {
                        let slots = slots
                            .into_iter()
                            .map(|(key, value)| format!("\"{key}\":{value}"));
                        format!("{{{}}}", slots.collect::<Vec<_>>().join(","))
                    }),
                ]
            }
        });
        let slot = (key, space(), value.clone(), space());
        let bag = (space(), prop::collection::vec(slot, 0..6), space()).prop_map(
            |(before, slots, after)| {
                let slots = slots.into_iter();
                let slots =
                    slots.map(|(key, one, value, other)| format!("\"{key}\":{one}{value}{other}"));
                format!("{before}{{{}}}{after}", slots.collect::<Vec<_>>().join(","))
            },
        );
        let damaged = (bag.clone(), any::<prop::sample::Index>()).prop_map(|(text, at)| {
            let chars: Vec<char> = text.chars().collect();
            let at = at.index(chars.len());
            chars
                .iter()
                .enumerate()
                .filter(|(place, _)| *place != at)
                .map(|(_, c)| *c)
                .collect()
        });
        prop_oneof![12 => bag, 3 => damaged, 1 => value, 1 => Just(String::new()), 1 => Just("a".to_owned())]
    }

    fn reader(form: Form) -> Reader {
        Reader::new(&Chosen {
            column: "A".to_owned(),
            form,
            keys: KEYS.map(str::to_owned).to_vec(),
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(600))]

        #[test]
        fn members_are_what_tostring_of_parse_json_gives(texts in prop::collection::vec(texts(), 1..6)) {
            let (mut reader, mut found) = (reader(Form::Text), Vec::new());
            for text in &texts {
                reader.read(text, &mut found);
                for (key, found) in KEYS.iter().zip(&found) {
                    let steps = [Step::Member((*key).to_owned())];
                    prop_assert_eq!(found, &text_led(text, &steps), "{} of {}", key, text);
                }
            }
        }

        #[test]
        fn members_of_dynamics_are_what_tostring_gives(texts in prop::collection::vec(texts(), 1..6)) {
            let mut reader = reader(Form::Dynamic);
            for text in &texts {
                let Some(json) = crate::json::of_text(text) else { continue };
                let mut found = Vec::new();
                reader.read(&json, &mut found);
                for (key, found) in KEYS.iter().zip(&found) {
                    let steps = [Step::Member((*key).to_owned())];
                    prop_assert_eq!(found, &shown(&json, &steps), "{} of {}", key, json);
                }
            }
        }
    }
}
