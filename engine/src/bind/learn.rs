//! Columns whose names are data: `bag_unpack` and `pivot` without a schema.
//!
//! The binder asks for the values of a relation; the engine runs it and binds the text again with the answer. `check`
//! never runs anything: there such a table stays unknown, and any column can be named in it.

use super::Binder;
use crate::ir::Relation;
use std::collections::HashMap;

/// The values of a relation's first column, by the relation.
#[derive(Debug, Default)]
pub(crate) struct Lessons {
    answers: HashMap<String, Vec<String>>,
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
}

/// Whether a relation names columns of a table that is not known yet: it cannot run.
fn depends_on_unknown(relation: &Relation) -> bool {
    let mut found = false;
    relation.clone().map_scalars(&mut |scalar| {
        found |= scalar.is_error();
        scalar
    });
    found
}
