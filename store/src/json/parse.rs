//! Text to dynamic: checks that it is JSON and writes it compactly, in one pass.

use super::{Array, Bag, Kind, entries, format_real, items, kind, quote_into, unquote};
use std::borrow::Cow;

/// Levels of nesting that are read; text that nests deeper is no JSON here.
const DEPTH_MAX: usize = 400;

/// Reads JSON text strictly: the compact text, or `None` when it is no JSON.
///
/// White space between tokens goes, strings are escaped in one way, integers stay, other numbers are written as
/// [`format_real`] does. Of doubled keys the last one's value stays. A text that is compact already is not copied.
pub fn parse(text: &str) -> Option<Cow<'_, str>> {
    let mut reader = Reader {
        text,
        at: 0,
        out: String::new(),
        copied: 0,
        doubled: false,
    };
    reader.space();
    reader.value(0)?;
    reader.space();
    if reader.at != text.len() {
        return None;
    }
    let compact = if reader.copied == 0 {
        Cow::Borrowed(text)
    } else {
        reader.out.push_str(&text[reader.copied..]);
        Cow::Owned(reader.out)
    };
    Some(if reader.doubled {
        Cow::Owned(single_keys(&compact))
    } else {
        compact
    })
}

/// Reads `text` up to `at`; what stands before `copied` was written to `out` in its final form, what stands between is final
/// as it is.
struct Reader<'a> {
    text: &'a str,
    at: usize,
    out: String,
    copied: usize,
    /// Some bag has a key twice.
    doubled: bool,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn eat(&mut self, byte: u8) -> Option<()> {
        if self.peek()? != byte {
            return None;
        }
        self.at += 1;
        Some(())
    }

    /// Writes `instead` for the text from `from` to the present place.
    fn replace(&mut self, from: usize, instead: &str) {
        self.out.push_str(&self.text[self.copied..from]);
        self.out.push_str(instead);
        self.copied = self.at;
    }

    fn space(&mut self) {
        let from = self.at;
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
        if from != self.at {
            self.replace(from, "");
        }
    }

    fn value(&mut self, depth: usize) -> Option<()> {
        if depth > DEPTH_MAX {
            return None;
        }
        match self.peek()? {
            b'{' => self.bag(depth),
            b'[' => self.array(depth),
            b'"' => self.string(),
            b't' => self.word("true"),
            b'f' => self.word("false"),
            b'n' => self.word("null"),
            _ => self.number(),
        }
    }

    fn word(&mut self, word: &str) -> Option<()> {
        self.text[self.at..]
            .starts_with(word)
            .then(|| self.at += word.len())
    }

    fn array(&mut self, depth: usize) -> Option<()> {
        self.eat(b'[')?;
        self.space();
        if self.eat(b']').is_some() {
            return Some(());
        }
        loop {
            self.value(depth + 1)?;
            self.space();
            if self.eat(b']').is_some() {
                return Some(());
            }
            self.eat(b',')?;
            self.space();
        }
    }

    fn bag(&mut self, depth: usize) -> Option<()> {
        self.eat(b'{')?;
        self.space();
        if self.eat(b'}').is_some() {
            return Some(());
        }
        let mut keys: Vec<&str> = Vec::new();
        let mut doubled = false;
        loop {
            let key = self.at;
            self.string()?;
            let key = &self.text[key..self.at];
            doubled = doubled || keys.contains(&key);
            keys.push(key);
            self.space();
            self.eat(b':')?;
            self.space();
            self.value(depth + 1)?;
            self.space();
            if self.eat(b'}').is_some() {
                break;
            }
            self.eat(b',')?;
            self.space();
        }
        self.doubled |= doubled;
        Some(())
    }

    fn string(&mut self) -> Option<()> {
        let start = self.at;
        self.eat(b'"')?;
        let mut escaped = false;
        loop {
            let bytes = &self.text.as_bytes()[self.at..];
            self.at += bytes
                .iter()
                .position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f))?;
            match self.peek()? {
                b'"' => break,
                b'\\' => {
                    escaped = true;
                    self.escape()?;
                }
                _ => return None,
            }
        }
        self.at += 1;
        if escaped {
            let mut json = String::new();
            quote_into(&mut json, &unquote(&self.text[start..self.at]));
            if json != self.text[start..self.at] {
                self.replace(start, &json);
            }
        }
        Some(())
    }

    fn escape(&mut self) -> Option<()> {
        self.at += 1;
        match self.peek()? {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => self.at += 1,
            b'u' => {
                let digits = self.text.get(self.at + 1..self.at + 5)?;
                digits
                    .bytes()
                    .all(|byte| byte.is_ascii_hexdigit())
                    .then_some(())?;
                self.at += 5;
            }
            _ => return None,
        }
        Some(())
    }

    fn digits(&mut self) -> Option<()> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        (self.at > start).then_some(())
    }

    fn number(&mut self) -> Option<()> {
        let start = self.at;
        let _sign = self.eat(b'-');
        let zero = self.peek() == Some(b'0');
        let first = self.at;
        self.digits()?;
        if zero && self.at - first > 1 {
            return None;
        }
        let whole = self.at;
        if self.eat(b'.').is_some() {
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            let _sign = self.eat(b'+').or_else(|| self.eat(b'-'));
            self.digits()?;
        }
        let number = &self.text[start..self.at];
        if self.at == whole && number.parse::<i64>().is_ok() {
            return Some(());
        }
        let real = format_real(number.parse().ok().filter(|real: &f64| real.is_finite())?);
        if real != *number {
            self.replace(start, &real);
        }
        Some(())
    }
}

/// Compact JSON with the doubled keys of each bag made one: the first's place, the last's value.
fn single_keys(json: &str) -> String {
    match kind(json) {
        Kind::Array => {
            let mut array = Array::default();
            items(json).for_each(|item| array.push(Some(&single_keys(item))));
            array.finish()
        }
        Kind::Bag => {
            let slots: Vec<(&str, &str)> = entries(json).collect();
            let mut bag = Bag::default();
            for (place, (key, _)) in slots.iter().enumerate() {
                if slots[..place].iter().any(|(earlier, _)| earlier == key) {
                    continue;
                }
                if let Some((_, value)) = slots.iter().rfind(|(later, _)| later == key) {
                    bag.push_quoted(key, &single_keys(value));
                }
            }
            bag.finish()
        }
        Kind::Null | Kind::Bool | Kind::Number | Kind::Text => json.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_compact_is_not_copied() {
        let text = r#"{"a":[1,2.5,"x",null,true],"b":{}}"#;
        assert!(matches!(parse(text), Some(Cow::Borrowed(same)) if same == text));
    }

    #[test]
    fn spaces_and_spellings_are_made_one() {
        let text = " { \"a\" : [ 1 , 2.50 , 1e3 ] , \"\\u0062\" : \"\\/\" } ";
        assert_eq!(
            parse(text).as_deref(),
            Some(r#"{"a":[1,2.5,1000.0],"b":"/"}"#)
        );
        assert_eq!(parse("[ ]").as_deref(), Some("[]"));
    }

    #[test]
    fn a_doubled_key_keeps_the_last_value() {
        assert_eq!(
            parse(r#"[{"a":1,"b":{"c":1, "c":2},"a":3}]"#).as_deref(),
            Some(r#"[{"a":3,"b":{"c":2}}]"#)
        );
    }

    #[test]
    fn what_is_no_json_is_refused() {
        for text in [
            "",
            "abc",
            "{a:1}",
            "[1,]",
            "01",
            "1.",
            "'x'",
            "{\"a\":1",
            "nul",
            "1 2",
            "\"\n\"",
            "\"\\x\"",
            "-",
            "{\"a\" 1}",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
        assert_eq!(parse(&"[".repeat(100_000)), None);
    }
}
