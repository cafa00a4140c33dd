//! Records of delimited values: named by a header line of the file, or by their positions.
//!
//! A value is quoted where it holds the delimiter; two quotes inside stand for one (RFC 4180). A record is one line: where
//! quotes do not close on it, the line is refused, and the next line is read as itself.

use super::fields::Fields;
use crate::output::Refusal;
use std::borrow::Cow;

/// Names of the columns, and what separates them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    pub names: Vec<String>,
    pub delimiter: char,
}

impl Header {
    /// The line as a header when it names all of `wanted` (case does not matter).
    pub fn with(line: &str, wanted: &[&str]) -> Option<Self> {
        [',', '\t', ';'].into_iter().find_map(|delimiter| {
            let names: Vec<String> = split(line, delimiter)
                .ok()?
                .into_iter()
                .map(|name| name.trim().to_owned())
                .collect();
            let has = |name: &&str| names.iter().any(|known| known.eq_ignore_ascii_case(name));
            wanted.iter().all(has).then_some(Self { names, delimiter })
        })
    }

    /// The fields of a line under this header.
    pub fn fields<'a>(&self, line: &'a str) -> Result<Fields<'a>, Refusal> {
        let values = split(line, self.delimiter)?;
        if values.len() != self.names.len() {
            let message = format!(
                "{} fields, and the header names {}",
                values.len(),
                self.names.len()
            );
            return Err(Refusal::new("field_count", message));
        }
        let mut fields = Fields::default();
        for (name, value) in self.names.iter().zip(values) {
            fields.push(name.clone(), value);
        }
        Ok(fields)
    }
}

/// Values named by their positions; those beyond `names` are called `field_N`, counted from 1.
pub(super) fn positional<'a>(
    values: Vec<Cow<'a, str>>,
    names: &'static [&'static str],
) -> Fields<'a> {
    let mut fields = Fields::default();
    for (index, value) in values.into_iter().enumerate() {
        match names.get(index) {
            Some(name) => fields.push(*name, value),
            None => fields.push(format!("field_{}", index + 1), value),
        }
    }
    fields
}

/// The values of a line.
pub(super) fn split(line: &str, delimiter: char) -> Result<Vec<Cow<'_, str>>, Refusal> {
    let mut values = Vec::new();
    let mut rest = line;
    loop {
        let (value, tail) = match rest.strip_prefix('"') {
            Some(inside) => quoted(inside, delimiter)?,
            None => match rest.split_once(delimiter) {
                Some((value, tail)) => (Cow::Borrowed(value), Some(tail)),
                None => (Cow::Borrowed(rest), None),
            },
        };
        values.push(value);
        match tail {
            Some(tail) => rest = tail,
            None => return Ok(values),
        }
    }
}

type Value<'a> = (Cow<'a, str>, Option<&'a str>);

fn quoted(text: &str, delimiter: char) -> Result<Value<'_>, Refusal> {
    let mut from = 0;
    let mut doubled = false;
    while let Some(found) = text[from..].find('"') {
        let end = from + found;
        let after = &text[end + 1..];
        if after.starts_with('"') {
            doubled = true;
            from = end + 2;
            continue;
        }
        let tail = match after.strip_prefix(delimiter) {
            Some(tail) => Some(tail),
            None if after.trim().is_empty() => None,
            None => {
                // A quote inside the value that nobody doubled (a JSON text in a URL).
                from = end + 1;
                continue;
            }
        };
        let value = match doubled {
            true => Cow::Owned(text[..end].replace("\"\"", "\"")),
            false => Cow::Borrowed(&text[..end]),
        };
        return Ok((value, tail));
    }
    Err(Refusal::new(
        "unclosed_quote",
        "quotes do not close on the line",
    ))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn values_may_hold_the_delimiter_and_quotes() {
        assert_eq!(
            split("a,\"b,\"\"c\"\"\",,\"d\"", ',').unwrap(),
            ["a", "b,\"c\"", "", "d"]
        );
        assert_eq!(
            split("\"u?x={\"k\":1}\",2", ',').unwrap(),
            ["u?x={\"k\":1}", "2"]
        );
        assert_eq!(split("a,\"b", ',').unwrap_err().code, "unclosed_quote");
    }

    #[test]
    fn a_header_is_known_by_its_names() {
        let header = Header::with("time;url;\"user\"", &["url", "Time"]).unwrap();
        assert_eq!(header.delimiter, ';');
        assert_eq!(header.fields("1;2").unwrap_err().code, "field_count");
        assert!(Header::with("a,b", &["url"]).is_none());
    }
}
