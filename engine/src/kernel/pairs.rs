//! Keys and values out of a text: what `parse-kv` reads.
//!
//! Pairs stand between pair delimiters; what has no key-value delimiter is skipped. Keys and values may be quoted, and are free of
//! white space at their ends. The first value of a key counts. Without delimiters every letter that is neither a letter nor a digit
//! is one: the word behind a key is its value. Source: Kusto docs, "parse-kv operator".

use regex::Regex;
use serde::{Deserialize, Serialize};

/// Travels in a plan as JSON text.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PairSpec {
    pub keys: Vec<String>,
    pub shape: PairShape,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PairShape {
    /// Two groups: the key, the value.
    Regex(String),
    Delimited {
        pair: String,
        key: String,
        /// Opening and closing quotes.
        quotes: Vec<(char, char)>,
        escapes: Vec<char>,
    },
    /// A value goes on to the last pair delimiter in front of the next key.
    Greedy { pair: String, key: String },
    /// Whatever is no letter and no digit delimits.
    Words {
        quotes: Vec<(char, char)>,
        escapes: Vec<char>,
    },
}

/// The value of each key, in the order of the keys.
pub type Values = Vec<Option<String>>;

/// Values of the matches of an expression with two groups.
pub fn by_expression(keys: &[String], regex: &Regex, text: &str) -> Values {
    let mut values = vec![None; keys.len()];
    for captures in regex.captures_iter(text) {
        let group = |index| captures.get(index).map_or("", |hit| hit.as_str()).trim();
        keep(keys, &mut values, group(1), || group(2).to_string());
    }
    values
}

/// Values that may hold the delimiter of pairs: each ends in front of the word that the next key is.
pub fn greedy(keys: &[String], pair: &str, key: &str, text: &str) -> Values {
    let mut values = vec![None; keys.len()];
    let places: Vec<usize> = text.match_indices(key).map(|(at, _)| at).collect();
    let word = |from: usize, at: usize| match text[from..at].rfind(pair) {
        Some(before) => (from + before, from + before + pair.len()),
        None => (from, from),
    };
    let mut from = 0;
    for (index, at) in places.iter().enumerate() {
        let (_, start) = word(from, *at);
        let after = at + key.len();
        let end = match places.get(index + 1) {
            Some(next) if *next >= after => word(after, *next).0,
            Some(_) => continue,
            None => text.len(),
        };
        keep(keys, &mut values, text[start..*at].trim(), || {
            text[after..end].trim().to_string()
        });
        from = after;
    }
    values
}

/// Values that are the words behind their keys.
///
/// # Errors
/// The key behind which another key stands: the page does not say whether that is its value.
pub fn by_words(
    keys: &[String],
    quotes: &[(char, char)],
    escapes: &[char],
    text: &str,
) -> Result<Values, String> {
    let mut values = vec![None; keys.len()];
    let words = words(quotes, escapes, text);
    let mut at = 0;
    while at < words.len() {
        let (word, _) = &words[at];
        at += 1;
        let Some(index) = keys.iter().position(|key| key == word) else {
            continue;
        };
        let Some((value, is_quoted)) = words.get(at) else {
            break;
        };
        if !is_quoted && keys.contains(value) {
            return Err(word.clone());
        }
        at += 1;
        if values[index].is_none() {
            values[index] = Some(value.clone());
        }
    }
    Ok(values)
}

/// The words of a text, and whether each stood in quotes.
fn words(quotes: &[(char, char)], escapes: &[char], text: &str) -> Vec<(String, bool)> {
    let mut words = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = rest
            .find(|letter: char| !letter.is_alphanumeric())
            .unwrap_or(rest.len());
        if end > 0 {
            words.push((rest[..end].to_string(), false));
            rest = &rest[end..];
        } else if let Some((word, behind)) = quoted(quotes, escapes, rest) {
            words.push((word, true));
            rest = behind;
        } else {
            rest = &rest[first.len_utf8()..];
        }
    }
    words
}

/// A quoted text without its quotes and escapes, when the text begins with one that ends.
fn quoted<'t>(
    quotes: &[(char, char)],
    escapes: &[char],
    text: &'t str,
) -> Option<(String, &'t str)> {
    let mut letters = text.char_indices();
    let (_, first) = letters.next()?;
    let (_, close) = quotes.iter().find(|(open, _)| *open == first)?;
    let mut inside = String::new();
    while let Some((at, letter)) = letters.next() {
        if escapes.contains(&letter) {
            inside.push(letters.next()?.1);
        } else if letter == *close {
            return Some((inside, &text[at + letter.len_utf8()..]));
        } else {
            inside.push(letter);
        }
    }
    None
}

fn keep(keys: &[String], values: &mut Values, key: &str, value: impl FnOnce() -> String) {
    if let Some(index) = keys.iter().position(|wanted| wanted == key)
        && values[index].is_none()
    {
        values[index] = Some(value());
    }
}

/// Reads delimited pairs.
#[derive(Debug)]
pub struct PairReader<'s> {
    pub pair: &'s str,
    pub key: &'s str,
    pub quotes: &'s [(char, char)],
    pub escapes: &'s [char],
}

impl PairReader<'_> {
    pub fn values(&self, keys: &[String], text: &str) -> Values {
        let mut values = vec![None; keys.len()];
        let mut rest = text;
        while !rest.is_empty() {
            rest = match self.pair(rest) {
                Some((key, value, after)) => {
                    keep(keys, &mut values, &key, || value);
                    after
                }
                None => self.behind_pair(rest),
            };
        }
        values
    }

    /// The pair that the text begins with, and what stands behind it; `None` when there is no key up to the next delimiter.
    fn pair<'t>(&self, text: &'t str) -> Option<(String, String, &'t str)> {
        let start = text.trim_start();
        let (key, after) = match self.quoted(start) {
            Some((key, after)) => (key, after.trim_start().strip_prefix(self.key)?),
            None => {
                let at = start.find(self.key)?;
                if start.find(self.pair).is_some_and(|pair| pair < at) {
                    return None;
                }
                let key = start[..at].trim_end().to_string();
                (key, &start[at + self.key.len()..])
            }
        };
        // A value may be empty, also where the delimiter of pairs is white space.
        if !after.starts_with(self.pair)
            && let Some((value, behind)) = self.quoted(after.trim_start())
        {
            return Some((key, value.trim().to_string(), self.behind_pair(behind)));
        }
        let end = after.find(self.pair).unwrap_or(after.len());
        let value = after[..end].trim().to_string();
        Some((key, value, self.behind_pair(&after[end..])))
    }

    fn behind_pair<'t>(&self, text: &'t str) -> &'t str {
        text.find(self.pair)
            .map_or("", |at| &text[at + self.pair.len()..])
    }

    fn quoted<'t>(&self, text: &'t str) -> Option<(String, &'t str)> {
        quoted(self.quotes, self.escapes, text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const READER: PairReader<'_> = PairReader {
        pair: " ",
        key: "=",
        quotes: &[('"', '"')],
        escapes: &['\\'],
    };

    fn read(text: &str, keys: &[&str]) -> Values {
        let keys: Vec<String> = keys.iter().map(|key| (*key).to_string()).collect();
        READER.values(&keys, text)
    }

    fn some(text: &str) -> Option<String> {
        Some(text.to_string())
    }

    #[test]
    fn words_without_a_key_are_skipped() {
        let values = read("name=John Doe phone=555 5555", &["phone", "name", "x"]);
        assert_eq!(values, [some("555"), some("John"), None]);
    }

    #[test]
    fn quotes_hold_delimiters() {
        let values = read(r#"a="b c=d" "e f"=2"#, &["a", "c", "e f"]);
        assert_eq!(values, [some("b c=d"), None, some("2")]);
        assert_eq!(read(r#"a="b \"c\"" d=1"#, &["a"]), [some(r#"b "c""#)]);
    }

    #[test]
    fn the_first_value_counts_and_may_be_empty() {
        assert_eq!(read("a= a=2 b=3", &["a", "b"]), [some(""), some("3")]);
    }

    #[test]
    fn without_delimiters_the_word_behind_a_key_is_its_value() {
        let keys: Vec<String> = ["Id", "Text"].map(str::to_string).to_vec();
        let text = r"2024-01-01T10:00 [INFO] Id:17, Text: 'It isn\'t a: b'";
        let values = by_words(&keys, &[('\'', '\'')], &['\\'], text);
        assert_eq!(values, Ok(vec![some("17"), some("It isn't a: b")]));
        assert_eq!(by_words(&keys, &[], &[], "Id: Text"), Err("Id".to_string()));
    }
}
