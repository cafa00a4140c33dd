//! `AdditionalFields` of a stored row.

use serde_json::{Map, Value};

/// The keys of the JSON object; none where the text is no object.
#[derive(Debug, Default)]
pub struct Fields(Map<String, Value>);

impl Fields {
    pub fn parse(text: &str) -> Self {
        Self(serde_json::from_str(text).unwrap_or_default())
    }

    /// The text under a key; `None` when it is absent, empty or no text.
    pub fn text(&self, key: &str) -> Option<&str> {
        let text = self.0.get(key).and_then(Value::as_str);
        text.filter(|text| !text.is_empty())
    }

    /// A number, written as text or not.
    pub fn number(&self, key: &str) -> Option<f64> {
        match self.0.get(key)? {
            Value::String(text) => text.parse().ok(),
            Value::Number(number) => number.as_f64(),
            _ => None,
        }
    }
}
