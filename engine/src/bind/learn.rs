//! Columns whose names are data: `bag_unpack` and `pivot` without a schema.
//!
//! The binder asks for the values of a relation; the engine runs it and binds the text again with the answer. `check`
//! never runs anything: there such a table stays unknown, and any column can be named in it.

use super::{Binder, facts};
use crate::ir::Relation;
use huntql_kql::ast::Name;
use huntql_kql::diagnostics::{Diagnostic, Severity};
use huntql_kql::span::Span;
use huntql_kql::types::Type;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The values of a relation's first column, by the relation.
#[derive(Debug, Default)]
pub(crate) struct Lessons {
    answers: HashMap<String, Vec<String>>,
    /// Columns that the text names and that no data has named, by the plugin (in the order of binding) that would have them.
    wished: BTreeMap<usize, BTreeSet<String>>,
    /// They are strings: as `dynamic` they did not fit where the text uses them.
    wished_as_text: bool,
}

/// Columns that a text misses although some of its columns are named by data that is not there.
#[derive(Debug, Default)]
pub(crate) struct Missing {
    /// Plugins so far whose columns are data.
    plugins: usize,
    /// The last one that had no data to name its columns.
    nameless: Option<usize>,
    names: BTreeMap<usize, BTreeSet<String>>,
}

/// A relation of one string column that has to run.
#[derive(Debug, Clone)]
pub struct Question {
    key: String,
    pub(crate) relation: Relation,
}

impl Lessons {
    pub(crate) fn learn(&mut self, question: Question, values: Vec<String>) {
        self.answers.insert(question.key, values);
    }

    /// Takes note of the columns that were missed; whether binding the text again is worth it.
    pub(crate) fn wish(&mut self, missing: Missing) -> bool {
        let mut news = false;
        for (plugin, names) in missing.names {
            let wished = self.wished.entry(plugin).or_default();
            let known = wished.len();
            wished.extend(names);
            news |= wished.len() > known;
        }
        news || !self.wished.is_empty() && !std::mem::replace(&mut self.wished_as_text, true)
    }
}

impl Binder<'_> {
    /// The values of a relation's only column, a string; `None` when they are not known yet.
    pub(crate) fn values_of(&mut self, relation: Relation) -> Option<Vec<String>> {
        if relation.unknown || self.has_errors() || depends_on_unknown(&relation) {
            return None;
        }
        let key = format!("{relation:?}");
        if let Some(values) = self.lessons.answers.get(&key) {
            return Some(values.clone());
        }
        self.questions.push(Question { key, relation });
        None
    }

    /// The number of a plugin whose columns are data: the same whenever the text is bound.
    pub(crate) fn plugin(&mut self) -> usize {
        self.missing.plugins += 1;
        self.missing.plugins
    }

    /// The columns of a table that no data has named: those that the text goes on to use, null everywhere.
    ///
    /// Without data Kusto would not know them either and refuse the query; an empty answer with a warning is kinder to hunts that
    /// wait for their first event.
    pub(crate) fn nameless(&mut self, plugin: usize, span: Span) -> Vec<(String, Type)> {
        self.missing.nameless = Some(plugin);
        let ty = match self.lessons.wished_as_text {
            true => Type::String,
            false => Type::Dynamic,
        };
        let lessons = self.lessons;
        let names = lessons.wished.get(&plugin);
        if let Some(names) = names {
            let listed: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
            let message = format!(
                "there are no rows to name columns by; taken as null: {}",
                listed.join(", ")
            );
            self.report(
                Diagnostic::binding("HQ004", span, message).with_severity(Severity::Warning),
            );
        }
        names
            .into_iter()
            .flatten()
            .map(|name| (name.clone(), ty))
            .collect()
    }

    /// Reports a column that is not there.
    pub(crate) fn unknown_column<'c>(
        &mut self,
        name: &Name,
        candidates: impl IntoIterator<Item = &'c str>,
    ) {
        if let Some(plugin) = self.missing.nameless {
            let names = self.missing.names.entry(plugin).or_default();
            names.insert(name.text.clone());
        }
        let diagnostic = facts::unknown_column(name.span, &name.text);
        let candidates: Vec<&str> = candidates.into_iter().collect();
        let other = TIMES.iter().find(|time| **time != name.text);
        let diagnostic = match other.filter(|time| candidates.contains(*time)) {
            Some(time) if TIMES.contains(&name.text.as_str()) => {
                diagnostic.help(format!("the time of these rows is `{time}`"))
            }
            _ => {
                let listed: Vec<String> = candidates.iter().map(|one| format!("`{one}`")).collect();
                let found = Self::suggest(diagnostic, &name.text, candidates);
                match listed.len() {
                    1..=LISTED_MAX if found.help.is_none() => {
                        found.help(format!("known here: {}", listed.join(", ")))
                    }
                    _ => found,
                }
            }
        };
        self.report(diagnostic);
    }
}

/// Columns that are listed where none is like the one that was written: an operator in front has left so few.
const LISTED_MAX: usize = 8;

/// The portals' names for the column of times.
const TIMES: [&str; 2] = ["Timestamp", "TimeGenerated"];

/// Whether a relation names columns of a table that is not known yet: it cannot run.
fn depends_on_unknown(relation: &Relation) -> bool {
    let mut found = false;
    relation.clone().map_scalars(&mut |scalar| {
        found |= scalar.is_error();
        scalar
    });
    found
}
