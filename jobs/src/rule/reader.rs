//! Reads the fields of a map: each either gives what is wanted or says what is wrong with it, and where.

use super::period;
use super::tree::{Entry, Item, Node};
use huntql_kql::diagnostics::{Diagnostic, Fault, Severity, did_you_mean};
use huntql_kql::span::Span;
use huntql_kql::time::parse_datetime;
use std::cell::RefCell;

/// A field has a value that it cannot have.
pub(super) const WRONG: &str = "HQ030";
/// A field is missing.
pub(super) const MISSING: &str = "HQ031";
/// A key of our own block is not known.
pub(super) const UNKNOWN_OURS: &str = "HQ032";
/// A key of somebody else's format is not known.
pub(super) const UNKNOWN: &str = "HQ033";
/// The service that the format belongs to would not take the rule.
pub(super) const LIMIT: &str = "HQ034";
/// A rule of a kind that has no query to run.
const REFUSED: &str = "HQ036";
/// Read, and without effect.
pub(super) const NO_EFFECT: &str = "HQ037";

/// A document while it is read, and what was found wrong with it.
pub(super) struct Reader<'a> {
    pub document: &'a str,
    pub diagnostics: Vec<Diagnostic>,
}

/// A map whose keys are taken one by one; case does not matter, as in published files.
pub(super) struct Fields<'a> {
    entries: &'a [Entry],
    /// Where the map begins.
    pub span: Span,
    taken: RefCell<Vec<bool>>,
}

impl<'a> Fields<'a> {
    pub fn new(entries: &'a [Entry]) -> Fields<'a> {
        let span = entries
            .first()
            .map_or_else(Span::default, |first| first.key_span);
        Fields {
            entries,
            span,
            taken: RefCell::new(vec![false; entries.len()]),
        }
    }

    /// The entry of a key; one without a value is as good as none.
    pub fn entry(&self, key: &str) -> Option<&'a Entry> {
        let at = self
            .entries
            .iter()
            .position(|entry| entry.key.eq_ignore_ascii_case(key))?;
        self.taken.borrow_mut()[at] = true;
        let entry = &self.entries[at];
        (entry.value.node != Node::Nothing).then_some(entry)
    }

    /// The first of several names of one field.
    pub fn any(&self, keys: &[&str]) -> Option<&'a Entry> {
        let found: Vec<_> = keys.iter().filter_map(|key| self.entry(key)).collect();
        found.first().copied()
    }

    /// Whether there is a map or anything else under a key; takes nothing.
    pub fn has(&self, key: &str) -> bool {
        self.peek(key).is_some()
    }

    pub fn peek(&self, key: &str) -> Option<&'a Item> {
        let entry = self
            .entries
            .iter()
            .find(|entry| entry.key.eq_ignore_ascii_case(key))?;
        Some(&entry.value)
    }

    /// The keys that nobody has taken.
    pub fn rest(&self) -> Vec<&'a Entry> {
        let taken = self.taken.borrow();
        let rest = self.entries.iter().zip(taken.iter());
        rest.filter(|(_, taken)| !**taken)
            .map(|(entry, _)| entry)
            .collect()
    }
}

impl<'a> Reader<'a> {
    pub fn new(document: &'a str) -> Reader<'a> {
        Reader {
            document,
            diagnostics: Vec::new(),
        }
    }

    pub fn error(&mut self, code: &'static str, span: Span, message: String) -> &mut Diagnostic {
        self.say(Diagnostic::error(Fault::Binding, code, span, message))
    }

    /// What was read is good, and huntql does not run it.
    pub fn refuse(&mut self, span: Span, message: String) -> &mut Diagnostic {
        self.say(Diagnostic::error(
            Fault::Unsupported,
            REFUSED,
            span,
            message,
        ))
    }

    pub fn warn(&mut self, code: &'static str, span: Span, message: String) -> &mut Diagnostic {
        let said = Diagnostic::error(Fault::Binding, code, span, message);
        self.say(said.with_severity(Severity::Warning))
    }

    pub fn hint(&mut self, code: &'static str, span: Span, message: String) -> &mut Diagnostic {
        let said = Diagnostic::error(Fault::Binding, code, span, message);
        self.say(said.with_severity(Severity::Hint))
    }

    fn say(&mut self, diagnostic: Diagnostic) -> &mut Diagnostic {
        self.diagnostics.push(diagnostic);
        self.diagnostics.last_mut().expect("one was pushed")
    }

    /// The value cannot be: what it is, and what is wanted.
    fn wrong(&mut self, entry: &Entry, wanted: &str) {
        let read = match &entry.value.node {
            Node::Nothing => "nothing".to_owned(),
            Node::Sequence(_) => "a list".to_owned(),
            Node::Map(_) => "a map".to_owned(),
            Node::Bool(_) | Node::Number(_) | Node::Text(_) => {
                format!(
                    "`{}`",
                    short(&self.written(&entry.value).unwrap_or_default())
                )
            }
        };
        let span = place(entry);
        let message = format!("`{}` is {read}", entry.key);
        self.error(WRONG, span, message).help = Some(format!("expected {wanted}"));
    }

    /// The text of a scalar as it is written.
    pub fn written(&self, item: &Item) -> Option<String> {
        match &item.node {
            Node::Text(text) | Node::Number(text) => Some(text.clone()),
            Node::Bool(_) => Some(item.span.text(self.document).trim().to_owned()),
            Node::Nothing | Node::Sequence(_) | Node::Map(_) => None,
        }
    }

    pub fn text(&mut self, entry: Option<&Entry>) -> Option<String> {
        let entry = entry?;
        let text = self.written(&entry.value);
        if text.is_none() {
            self.wrong(entry, "a text");
        }
        text
    }

    /// Ticks of a span that is positive.
    pub fn span_of_time(&mut self, entry: Option<&Entry>) -> Option<i64> {
        let entry = entry?;
        let ticks = self
            .written(&entry.value)
            .and_then(|text| period::parse(&text));
        if ticks.is_none() {
            self.wrong(entry, "a span of time such as `1h` or `PT1H`");
        }
        ticks
    }

    /// Ticks of a span that may be zero.
    pub fn span_or_zero(&mut self, entry: Option<&Entry>) -> Option<i64> {
        let entry = entry?;
        let text = self.written(&entry.value).unwrap_or_default();
        if ["0", "0s", "0m", "0h", "0d", "PT0S", "P0D"].contains(&text.trim()) {
            return Some(0);
        }
        self.span_of_time(Some(entry))
    }

    pub fn time(&mut self, entry: Option<&Entry>) -> Option<i64> {
        let entry = entry?;
        let ticks = self
            .written(&entry.value)
            .and_then(|text| parse_datetime(&text));
        if ticks.is_none() {
            self.wrong(entry, "a time such as `2026-01-02T00:00:00Z`");
        }
        ticks
    }

    pub fn count(&mut self, entry: Option<&Entry>) -> Option<u64> {
        let entry = entry?;
        let number = self
            .written(&entry.value)
            .and_then(|text| text.trim().parse().ok());
        if number.is_none() {
            self.wrong(entry, "a whole number from 0");
        }
        number
    }

    pub fn truth(&mut self, entry: Option<&Entry>) -> Option<bool> {
        let entry = entry?;
        let value = match &entry.value.node {
            Node::Bool(value) => Some(*value),
            Node::Text(text) => text.trim().to_ascii_lowercase().parse().ok(),
            _ => None,
        };
        if value.is_none() {
            self.wrong(entry, "`true` or `false`");
        }
        value
    }

    /// One of a few words, in any case.
    pub fn word<T: Copy>(&mut self, entry: Option<&Entry>, words: &[(&str, T)]) -> Option<T> {
        let entry = entry?;
        let text = self.written(&entry.value).unwrap_or_default();
        let found = words
            .iter()
            .find(|(word, _)| word.eq_ignore_ascii_case(text.trim()));
        if found.is_none() {
            let names: Vec<String> = words.iter().map(|(word, _)| format!("`{word}`")).collect();
            self.wrong(entry, &format!("one of {}", names.join(", ")));
            let near = did_you_mean(text.trim(), words.iter().map(|(word, _)| *word));
            if let (Some(near), Some(said)) = (near, self.diagnostics.last_mut()) {
                said.help = Some(format!(
                    "did you mean `{near}`? There are {}",
                    names.join(", ")
                ));
            }
        }
        found.map(|(_, value)| *value)
    }

    /// Texts of a list, or of a text with commas, each with its place.
    pub fn texts(&mut self, entry: Option<&Entry>) -> Vec<(String, Span)> {
        let Some(entry) = entry else {
            return Vec::new();
        };
        match &entry.value.node {
            Node::Sequence(items) => {
                let mut texts = Vec::new();
                for item in items.iter().filter(|item| item.node != Node::Nothing) {
                    match self.written(item) {
                        Some(text) => texts.push((text.trim().to_owned(), item.span)),
                        None => self.wrong(entry, "a list of texts"),
                    }
                }
                texts
            }
            Node::Map(_) => {
                self.wrong(entry, "a list of texts");
                Vec::new()
            }
            _ => {
                let text = self.written(&entry.value).unwrap_or_default();
                let parts = text
                    .split(',')
                    .map(str::trim)
                    .filter(|part| !part.is_empty());
                parts
                    .map(|part| (part.to_owned(), entry.value.span))
                    .collect()
            }
        }
    }

    pub fn map<'e>(&mut self, entry: Option<&'e Entry>) -> Option<Fields<'e>> {
        let entry = entry?;
        let Node::Map(entries) = &entry.value.node else {
            self.wrong(entry, "a map of names and values");
            return None;
        };
        let mut fields = Fields::new(entries);
        fields.span = entry.key_span;
        Some(fields)
    }

    /// The maps of a list; one map stands for a list of one.
    pub fn maps<'e>(&mut self, entry: Option<&'e Entry>) -> Vec<Fields<'e>> {
        let Some(entry) = entry else {
            return Vec::new();
        };
        let items = match &entry.value.node {
            Node::Sequence(items) => items.as_slice(),
            Node::Map(_) => std::slice::from_ref(&entry.value),
            _ => {
                self.wrong(entry, "a list of maps");
                return Vec::new();
            }
        };
        let mut maps = Vec::new();
        for item in items {
            match &item.node {
                Node::Map(entries) => maps.push(Fields::new(entries)),
                Node::Nothing => {}
                _ => self.wrong(entry, "a list of maps"),
            }
        }
        maps
    }

    /// Tells the keys that nobody has taken: errors in our own block, warnings elsewhere.
    pub fn unknown(&mut self, fields: &Fields<'_>, known: &[&str], code: &'static str) {
        for entry in fields.rest() {
            let message = format!("`{}` is not a key that is known here", entry.key);
            let near = did_you_mean(&entry.key, known.iter().copied());
            let said = match code {
                UNKNOWN_OURS => self.error(code, entry.key_span, message),
                _ => self.warn(code, entry.key_span, message),
            };
            said.help = Some(match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("known are {}", quoted(known)),
            });
        }
    }
}

/// Where an entry's value stands; of a collection its key.
pub(super) fn place(entry: &Entry) -> Span {
    match entry.value.node {
        Node::Sequence(_) | Node::Map(_) | Node::Nothing => entry.key_span,
        Node::Bool(_) | Node::Number(_) | Node::Text(_) => entry.value.span,
    }
}

pub(super) fn quoted(words: &[&str]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    words.join(", ")
}

/// The beginning of a text that may be long.
fn short(text: &str) -> String {
    const SHOWN_MAX: usize = 60;
    let line = text.lines().next().unwrap_or_default();
    match line.char_indices().nth(SHOWN_MAX) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}
