//! The grammar of a `.reg` file: keys, values, escapes, lines that go on.
//!
//! ```text
//! [HKEY_LOCAL_MACHINE\SOFTWARE\…]
//! "Name"="text with \\ and \""
//! "Number"=dword:00000001
//! "Expanded"=hex(2):31,00,30,00,\
//!   2e,00,00,00
//! "Gone"=-
//! ```

use super::super::Fault;

/// One value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Value {
    /// In lower case.
    pub key: String,
    /// Empty for a key's default value.
    pub name: String,
    pub data: Data,
    /// Where it begins, from 1.
    pub line: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Data {
    Text(String),
    Number(u32),
    /// Any other type; nothing that is asked for has one.
    Bytes,
    /// `=-`: the file takes the value away.
    Deleted,
}

/// How the bytes of a text in hex are to be read: the two versions of the file differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Letters {
    Utf16,
    Ansi,
}

/// All values of the file. Errors name the line that breaks the rules.
pub(super) fn values(text: &str) -> Result<Vec<Value>, Fault> {
    let letters = match text.trim_start().starts_with("REGEDIT4") {
        true => Letters::Ansi,
        false => Letters::Utf16,
    };
    let mut found = Vec::new();
    let mut key: Option<String> = None;
    let mut lines = (1..).zip(text.lines()).peekable();
    // The first line is the file's mark.
    let mut is_marked = false;
    while let Some((number, line)) = lines.next() {
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with(';') {
            continue;
        }
        if !is_marked {
            is_marked = true;
            continue;
        }
        if let Some(rest) = trimmed.strip_prefix('[') {
            let name = rest
                .strip_suffix(']')
                .ok_or_else(|| Fault::new(number, format!("`{trimmed}` has no `]`")))?;
            // A key that is taken away has no values.
            key = (!name.starts_with('-')).then(|| name.to_lowercase());
            continue;
        }
        let mut whole = trimmed.to_owned();
        while is_open(&whole) {
            let Some((_, next)) = lines.next() else {
                return Err(Fault::new(
                    number,
                    "the value does not end before the file does",
                ));
            };
            go_on(&mut whole, next);
        }
        let (name, data) = value(&whole, letters).map_err(|message| Fault::new(number, message))?;
        if let Some(key) = &key {
            found.push(Value {
                key: key.clone(),
                name,
                data,
                line: number,
            });
        }
    }
    Ok(found)
}

/// Whether a value goes on in the next line: hex with a `\` at its end, or a text whose quote is not closed.
fn is_open(text: &str) -> bool {
    let Some((_, data)) = name_and_data(text) else {
        return false;
    };
    match data.strip_prefix('"') {
        Some(rest) => closing_quote(rest).is_none(),
        None => data.starts_with("hex") && data.trim_end().ends_with('\\'),
    }
}

fn go_on(text: &mut String, next: &str) {
    let is_text = name_and_data(text).is_some_and(|(_, data)| data.starts_with('"'));
    if is_text {
        text.push('\n');
        text.push_str(next);
    } else {
        text.truncate(text.trim_end().len() - 1);
        text.push_str(next.trim());
    }
}

/// `"name"=data` or `@=data`.
fn name_and_data(text: &str) -> Option<(String, &str)> {
    if let Some(rest) = text.strip_prefix('@') {
        return Some((
            String::new(),
            rest.trim_start().strip_prefix('=')?.trim_start(),
        ));
    }
    let rest = text.strip_prefix('"')?;
    let end = closing_quote(rest)?;
    let data = rest[end + 1..].trim_start().strip_prefix('=')?;
    Some((unescape(&rest[..end]), data.trim_start()))
}

/// The place of the quote that ends a text, escaped ones passed over.
fn closing_quote(text: &str) -> Option<usize> {
    let mut is_escaped = false;
    text.char_indices()
        .find(|(_, c)| {
            let ends = *c == '"' && !is_escaped;
            is_escaped = *c == '\\' && !is_escaped;
            ends
        })
        .map(|(at, _)| at)
}

fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => plain.extend(chars.next()),
            c => plain.push(c),
        }
    }
    plain
}

fn value(text: &str, letters: Letters) -> Result<(String, Data), String> {
    let shown = || text.chars().take(60).collect::<String>();
    let (name, data) = name_and_data(text)
        .ok_or_else(|| format!("`{}` is no value like `\"Name\"=\"text\"`", shown()))?;
    if let Some(rest) = data.strip_prefix('"') {
        let end = closing_quote(rest).ok_or_else(|| format!("`{}` has no end", shown()))?;
        return Ok((name, Data::Text(unescape(&rest[..end]))));
    }
    let data = data.trim();
    if data == "-" {
        return Ok((name, Data::Deleted));
    }
    if let Some(digits) = strip_word(data, "dword:") {
        let number = u32::from_str_radix(digits.trim(), 16);
        let number = number.map_err(|_| format!("`{data}` is no number of eight hex digits"))?;
        return Ok((name, Data::Number(number)));
    }
    for kind in ["hex(1):", "hex(2):"] {
        if let Some(digits) = strip_word(data, kind) {
            return Ok((name, Data::Text(letters_of(&bytes(digits)?, letters))));
        }
    }
    match strip_word(data, "hex").and_then(|rest| rest.split_once(':')) {
        Some((_, digits)) => bytes(digits).map(|_| (name, Data::Bytes)),
        None => Err(format!("`{}` has data of no known type", shown())),
    }
}

fn strip_word<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let head = text.get(..word.len())?;
    head.eq_ignore_ascii_case(word).then(|| &text[word.len()..])
}

fn bytes(digits: &str) -> Result<Vec<u8>, String> {
    let pairs = digits
        .split(',')
        .map(str::trim)
        .filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| u8::from_str_radix(pair, 16).map_err(|_| format!("`{pair}` is no byte in hex")))
        .collect()
}

/// The text up to its closing zero.
fn letters_of(bytes: &[u8], letters: Letters) -> String {
    let text = match letters {
        Letters::Utf16 => {
            let units: Vec<u16> = bytes
                .chunks_exact(2)
                .map(|pair| u16::from_le_bytes([pair[0], pair[1]]))
                .collect();
            String::from_utf16_lossy(&units)
        }
        Letters::Ansi => super::super::text::decode(bytes),
    };
    text.split('\0').next().unwrap_or_default().to_owned()
}
