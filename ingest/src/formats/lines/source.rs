//! A product's own configuration line: whose it is, the format string inside it, and its template.
//!
//! | product | its line | or the format alone, or a name |
//! |---|---|---|
//! | Squid | `logformat NAME …` | `%ts.%03tu %6tr %>a …`; squid, common, combined, referrer, useragent, squid-port |
//! | nginx | `log_format NAME [escape=…] '…' '…';` | `$remote_addr …`; combined with `--format nginx` |
//! | Apache | `LogFormat "…" NAME`, `CustomLog FILE "…"` | `%h %l %u %t …`; its nicknames with `--format apache` |
//! | HAProxy | `log-format "…"` | `%ci:%cp [%tr] …`; httplog, httpslog, tcplog |
//! | 3proxy | `logformat "L…"` | `L%d-%m-%Y …` |
//!
//! A bare string is tried as HAProxy's, Squid's and Apache's in this order: a name that one does not know decides.

use super::template::{Escapes, FormatError, Template};
use super::{apache, haproxy, nginx, squid, threeproxy};

/// Whose format string it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::formats) enum Product {
    Squid,
    Nginx,
    Apache,
    HaProxy,
    ThreeProxy,
    /// A `#Fields:` line.
    W3c,
}

/// `--format` names of the products.
const NAMES: &[(&str, Product)] = &[
    ("squid", Product::Squid),
    ("squid-logformat", Product::Squid),
    ("nginx", Product::Nginx),
    ("apache", Product::Apache),
    ("haproxy", Product::HaProxy),
    ("3proxy", Product::ThreeProxy),
    ("w3c", Product::W3c),
];

pub(in crate::formats) fn product_of(format: &str) -> Option<Product> {
    let known = NAMES
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(format));
    known.map(|(_, product)| *product)
}

/// The words that begin a configuration line.
const KEYWORDS: &[(&str, Product)] = &[
    ("logformat", Product::Squid),
    ("log_format", Product::Nginx),
    ("LogFormat", Product::Apache),
    ("CustomLog", Product::Apache),
    ("log-format", Product::HaProxy),
    ("#Fields:", Product::W3c),
];

/// A format string taken out of its configuration line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::formats) struct Source {
    pub product: Product,
    pub format: String,
    escapes: Escapes,
    /// Where the format begins in what the user wrote, while no escape has shifted it.
    offset: usize,
}

impl Source {
    fn new(product: Product, format: impl Into<String>, offset: usize) -> Self {
        Self {
            product,
            format: format.into(),
            escapes: Escapes::Backslash,
            offset,
        }
    }

    /// Finds out what was given; `told` is the product that `--format` names.
    pub fn parse(text: &str, told: Option<Product>) -> Result<Self, FormatError> {
        let trimmed = text.trim();
        let offset = text.len() - text.trim_start().len();
        let keyword = KEYWORDS.iter().find(|(word, _)| {
            trimmed
                .strip_prefix(word)
                .is_some_and(|rest| word.ends_with(':') || rest.starts_with([' ', '\t']))
        });
        let Some((word, product)) = keyword else {
            return Self::bare(trimmed, offset, told);
        };
        let rest = trimmed[word.len()..].trim_start();
        let at = offset + trimmed.len() - rest.len();
        let source = match product {
            Product::Squid if rest.starts_with(['"', '\'']) => {
                let (format, _) = quoted(rest, at)?;
                Self::new(Product::ThreeProxy, format, at + 1)
            }
            Product::Squid => {
                let (_, format) = rest.split_once([' ', '\t']).ok_or_else(|| {
                    FormatError::new(at, "a name and a format belong behind `logformat`")
                })?;
                let format = format.trim_start();
                let at = at + rest.len() - format.len();
                Self::new(Product::Squid, unquoted_squid(format), at)
            }
            Product::Nginx => nginx_line(rest, at)?,
            Product::Apache if *word == "CustomLog" => {
                let (_, format) = rest.split_once([' ', '\t']).unwrap_or((rest, ""));
                let format = format.trim_start();
                let (format, _) = quoted(format, at + rest.len() - format.len())?;
                Self::new(Product::Apache, format, at)
            }
            Product::Apache => Self::new(Product::Apache, quoted(rest, at)?.0, at + 1),
            Product::HaProxy => {
                let format = match rest.starts_with(['"', '\'']) {
                    true => quoted(rest, at)?.0,
                    false => without_backslashes(rest),
                };
                Self::new(Product::HaProxy, format, at)
            }
            Product::ThreeProxy | Product::W3c => Self::new(Product::W3c, rest, at),
        };
        match told {
            Some(told) if told != source.product => Err(FormatError::new(
                offset,
                "this line is another product's than `--format` says",
            )),
            _ => Ok(source),
        }
    }

    /// The format alone, or a name.
    fn bare(text: &str, offset: usize, told: Option<Product>) -> Result<Self, FormatError> {
        if text.is_empty() {
            return Err(FormatError::new(offset, "the format is empty"));
        }
        let named = |product: Product, table: &[(&str, &str)]| {
            let known = table
                .iter()
                .find(|(name, _)| name.eq_ignore_ascii_case(text))?;
            Some(Self::new(product, known.1, 0))
        };
        let by_name = match told {
            Some(Product::Apache) => named(Product::Apache, apache::BUILT_IN),
            Some(Product::Nginx) => named(Product::Nginx, nginx::BUILT_IN),
            Some(Product::HaProxy) => named(Product::HaProxy, haproxy::BUILT_IN),
            Some(Product::Squid) => named(Product::Squid, squid::BUILT_IN),
            Some(Product::ThreeProxy | Product::W3c) => None,
            None => named(Product::Squid, squid::BUILT_IN)
                .or_else(|| named(Product::HaProxy, haproxy::BUILT_IN)),
        };
        if let Some(source) = by_name {
            return Ok(source);
        }
        if let Some(product) = told {
            return Ok(Self::new(product, text, offset));
        }
        if ["L%", "G%"].iter().any(|begin| text.starts_with(begin)) {
            return Ok(Self::new(Product::ThreeProxy, text, offset));
        }
        let is_nginx = text.match_indices('$').any(|(at, _)| {
            text[at + 1..].starts_with(|c: char| c.is_ascii_lowercase() || c == '{')
        });
        if is_nginx {
            return Ok(Self::new(Product::Nginx, text, offset));
        }
        if !text.contains('%') {
            return Err(FormatError::new(
                offset,
                format!(
                    "`{text}` is no format string, and no name of one: {}",
                    known_names()
                ),
            ));
        }
        let order = [Product::HaProxy, Product::Squid, Product::Apache];
        let tried = order.map(|product| {
            let source = Self::new(product, text, offset);
            let error = source.template().err();
            (source, error)
        });
        if let Some((source, _)) = tried.iter().find(|(_, error)| error.is_none()) {
            return Ok(source.clone());
        }
        // None compiles: the one that came farthest is what was meant.
        let farthest = tried
            .into_iter()
            .filter_map(|(source, error)| Some((error?.at, source)))
            .max_by_key(|(at, _)| *at);
        Ok(farthest.map_or_else(
            || Self::new(Product::Squid, text, offset),
            |(_, source)| source,
        ))
    }

    /// Compiles it. Positions of errors are those in what the user wrote.
    pub fn template(&self) -> Result<Template, FormatError> {
        let compiled = match self.product {
            Product::Squid => squid::compile(&self.format),
            Product::Nginx => nginx::compile(&self.format, self.escapes),
            Product::Apache => apache::compile(&self.format),
            Product::HaProxy => haproxy::compile(&self.format),
            Product::ThreeProxy => threeproxy::compile(&self.format),
            Product::W3c => Err(FormatError::new(0, "a `#Fields:` line is no format string")),
        };
        compiled
            .map_err(|error| FormatError::new(error.at.saturating_add(self.offset), error.message))
    }
}

/// The template of one of the formats that products have by name, or of 3proxy's own.
pub(in crate::formats) fn compile(product: Product, name: &str) -> Template {
    let source = match product {
        Product::ThreeProxy => Ok(Source::new(product, threeproxy::DEFAULT, 0)),
        product => Source::parse(name, Some(product)),
    };
    source
        .and_then(|source| source.template())
        .expect("the products' own formats compile")
}

fn known_names() -> String {
    let names: Vec<&str> = squid::BUILT_IN
        .iter()
        .chain(haproxy::BUILT_IN)
        .map(|(name, _)| *name)
        .collect();
    names.join(", ")
}

/// A text in quotes with its escapes undone, and what follows it.
fn quoted(text: &str, at: usize) -> Result<(String, &str), FormatError> {
    let Some(quote) = text.chars().next().filter(|c| matches!(c, '"' | '\'')) else {
        return Err(FormatError::new(at, "the format belongs in quotes here"));
    };
    let mut format = String::new();
    let mut letters = text[1..].char_indices();
    while let Some((index, letter)) = letters.next() {
        match letter {
            letter if letter == quote => return Ok((format, &text[index + 2..])),
            '\\' => match letters.next() {
                Some((_, escaped)) if escaped == quote || "\\\"' #$".contains(escaped) => {
                    format.push(escaped);
                }
                Some((_, 't')) => format.push('\t'),
                Some((_, '\n')) | None => {}
                Some((_, other)) => format.extend(['\\', other]),
            },
            // 3proxy writes a quote inside quotes twice.
            letter => format.push(letter),
        }
    }
    Err(FormatError::new(
        at,
        "the quote of the format is not closed",
    ))
}

/// HAProxy's format without quotes: a backslash keeps a blank.
fn without_backslashes(text: &str) -> String {
    let mut format = String::new();
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        format.push(match letter {
            '\\' => letters.next().unwrap_or('\\'),
            letter => letter,
        });
    }
    format
}

/// Squid joins lines that end in a backslash.
fn unquoted_squid(text: &str) -> String {
    text.replace("\\\r\n", "")
        .replace("\\\n", "")
        .trim_end()
        .to_owned()
}

/// `NAME [escape=default|json|none] 'a' 'b' …;`
fn nginx_line(rest: &str, at: usize) -> Result<Source, FormatError> {
    let (_, mut rest) = rest
        .split_once([' ', '\t', '\n'])
        .ok_or_else(|| FormatError::new(at, "a name and a format belong behind `log_format`"))?;
    let mut escapes = Escapes::Backslash;
    rest = rest.trim_start();
    if let Some(said) = rest.strip_prefix("escape=") {
        let end = said.find(char::is_whitespace).unwrap_or(said.len());
        escapes = match &said[..end] {
            "none" => Escapes::None,
            "default" | "json" => Escapes::Backslash,
            other => {
                return Err(FormatError::new(
                    at,
                    format!("`escape={other}` is not known; known: default, json, none"),
                ));
            }
        };
        rest = &said[end..];
    }
    let mut format = String::new();
    loop {
        rest = rest.trim_start();
        if rest.is_empty() || rest.starts_with(';') {
            break;
        }
        if !rest.starts_with(['"', '\'']) {
            let end = rest.find(';').unwrap_or(rest.len());
            format.push_str(rest[..end].trim_end());
            break;
        }
        let (part, behind) = quoted(rest, at)?;
        format.push_str(&part);
        rest = behind;
    }
    let mut source = Source::new(Product::Nginx, format, at);
    source.escapes = escapes;
    Ok(source)
}
