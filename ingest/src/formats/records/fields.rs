//! The fields of one record: names and values in the record's own order, whatever it was written in.

use std::borrow::Cow;
use std::cell::Cell;

type Text<'a> = Cow<'a, str>;

/// One field, and whether a column has taken it.
#[derive(Debug)]
struct Field<'a> {
    name: Text<'a>,
    value: Text<'a>,
    taken: Cell<bool>,
}

#[derive(Debug, Default)]
pub struct Fields<'a> {
    fields: Vec<Field<'a>>,
}

impl<'a> Fields<'a> {
    pub fn push(&mut self, name: impl Into<Text<'a>>, value: impl Into<Text<'a>>) {
        self.fields.push(Field {
            name: name.into(),
            value: value.into(),
            taken: Cell::new(false),
        });
    }

    /// The value of the first of `names` that is there and not one of the words for nothing.
    pub fn get(&self, names: &[&str], nulls: &[&str]) -> Option<&str> {
        let field = self.find(names, nulls)?;
        Some(field.value.as_ref())
    }

    /// As [`Fields::get`]; the field then no longer counts as left over.
    pub fn take(&self, names: &[&str], nulls: &[&str]) -> Option<&str> {
        let field = self.find(names, nulls)?;
        field.taken.set(true);
        Some(field.value.as_ref())
    }

    /// Whether there is a field of this name, set or not.
    pub fn has(&self, name: &str) -> bool {
        self.fields
            .iter()
            .any(|field| field.name.eq_ignore_ascii_case(name))
    }

    /// Whether a field has this value; case does not matter.
    pub fn is(&self, name: &str, value: &str) -> bool {
        self.get(&[name], &[])
            .is_some_and(|found| found.eq_ignore_ascii_case(value))
    }

    fn find(&self, names: &[&str], nulls: &[&str]) -> Option<&Field<'a>> {
        names.iter().find_map(|name| {
            self.fields
                .iter()
                .find(|field| field.name.eq_ignore_ascii_case(name) && is_set(&field.value, nulls))
        })
    }

    /// The fields that no column took, empty ones left out.
    pub fn left_over<'s>(&'s self, nulls: &'s [&str]) -> impl Iterator<Item = (&'s str, &'s str)> {
        self.fields
            .iter()
            .filter(|field| !field.taken.get() && is_set(&field.value, nulls))
            .map(|field| (field.name.as_ref(), field.value.as_ref()))
    }
}

fn is_set(value: &str, nulls: &[&str]) -> bool {
    !value.is_empty() && !nulls.iter().any(|null| null.eq_ignore_ascii_case(value))
}
