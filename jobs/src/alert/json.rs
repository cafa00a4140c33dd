//! An alert as JSON in our own shape. Other shapes are made of it (`sink::shape`).

use super::Alert;
use crate::rule::Severity;
use huntql_kql::time::format_datetime;
use serde_json::{Value, json};
use std::path::Path;

/// Where a run took its events from: what the replay command needs besides the rule and the window.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// Arguments of `huntql hunt run`: `--store`, `DIR` and so on.
    pub arguments: Vec<String>,
}

impl Alert {
    /// The alert as JSON; `at` is the moment at which it was raised, by the machine's clock.
    ///
    /// All but `raised` is the same in every replay.
    pub fn to_json(&self, origin: &Origin, at: i64) -> Value {
        json!({
            "id": self.id,
            "raised": format_datetime(at),
            "title": self.title,
            "description": self.description,
            "severity": self.severity.map(Severity::name),
            "rule": {
                "id": self.rule.id,
                "version": self.rule.version,
                "name": self.rule.name,
                "tags": self.rule.tags,
                "file": self.rule.file.to_string_lossy(),
            },
            "tactics": self.tactics,
            "techniques": self.techniques,
            "window": {
                "from": format_datetime(self.window.from),
                "to": format_datetime(self.window.to),
            },
            "sumsUp": self.sums_up,
            "entities": self.entities,
            "customDetails": self.custom_details,
            "query": self.query,
            "rowCount": self.rows.len(),
            "rows": self.rows,
            "replay": self.replay(origin),
        })
    }

    /// The command that makes this alert again.
    pub fn replay(&self, origin: &Origin) -> String {
        let file = std::path::absolute(&self.rule.file);
        let file = file.as_deref().unwrap_or(Path::new(&self.rule.file));
        let window = format!(
            "{}/{}",
            format_datetime(self.window.from),
            format_datetime(self.window.to)
        );
        let file = file.to_string_lossy();
        let fixed = [
            "huntql",
            "hunt",
            "run",
            &file,
            "--dry-run",
            "--window",
            &window,
        ];
        let words = fixed
            .into_iter()
            .chain(origin.arguments.iter().map(String::as_str));
        words.map(quoted).collect::<Vec<_>>().join(" ")
    }
}

/// A word as a POSIX shell takes it.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,+@%".contains(c);
    match !word.is_empty() && word.chars().all(is_plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn words_reach_the_shell_whole() {
        assert_eq!(quoted("rules/a.yaml"), "rules/a.yaml");
        assert_eq!(quoted("my rules/it's.yaml"), r"'my rules/it'\''s.yaml'");
        assert_eq!(quoted(""), "''");
    }
}
