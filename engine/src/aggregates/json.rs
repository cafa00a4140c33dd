//! The parts of compact JSON text, without building values.

/// The elements of a JSON array; `None` when `text` is none.
pub(crate) fn elements(text: &str) -> Option<Vec<&str>> {
    let inner = text.trim().strip_prefix('[')?.strip_suffix(']')?;
    Some(
        split(inner, b',')
            .into_iter()
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .collect(),
    )
}

/// The keys (in quotes) and values of a JSON object; `None` when `text` is none.
pub(crate) fn entries(text: &str) -> Option<Vec<(&str, &str)>> {
    Some(properties(
        text.trim().strip_prefix('{')?.strip_suffix('}')?,
    ))
}

/// The keys (in quotes) and values of the inside of a JSON object.
pub(crate) fn properties(text: &str) -> Vec<(&str, &str)> {
    let property = |pair: &'_ str| -> Option<usize> { Some(split(pair, b':').first()?.len()) };
    let pairs = split(text, b',').into_iter().filter_map(|pair| {
        let key = property(pair)?;
        Some((pair[..key].trim(), pair.get(key + 1..)?.trim()))
    });
    pairs.collect()
}

/// Splits at a separator that stands in no string, array or object.
fn split(text: &str, separator: u8) -> Vec<&str> {
    let (mut parts, mut from, mut depth, mut in_string, mut escaped) =
        (Vec::new(), 0, 0_usize, false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ if byte == separator && depth == 0 => {
                parts.push(&text[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[from..]);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separators_inside_strings_and_nested_values_do_not_split() {
        assert_eq!(
            elements(r#"["a,b",[1,2],{"k":","}]"#),
            Some(vec![r#""a,b""#, "[1,2]", r#"{"k":","}"#])
        );
        assert_eq!(elements("[]"), Some(vec![]));
        assert_eq!(elements("{}"), None);
        assert_eq!(
            entries(r#"{"a:b":1,"c":{"d":2}}"#),
            Some(vec![(r#""a:b""#, "1"), (r#""c""#, r#"{"d":2}"#)])
        );
        assert_eq!(
            entries(r#"{"a\"":"x"}"#),
            Some(vec![(r#""a\"""#, r#""x""#)])
        );
    }
}
