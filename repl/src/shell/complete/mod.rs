//! What Tab offers: kinds of things from the text ([`huntql_kql::complete`]), columns from the engine's binding of the pipeline
//! up to the cursor, tables from the catalog, values from the data.

mod rank;
mod values;
mod words;

pub use words::{Candidate, signature};

use super::commands;
use crate::session::Session;
use huntql_engine::{Named, QueryOptions, Standing};
use huntql_kql::complete::{Site, Want, site};
use huntql_kql::types::Column;
use rank::matching;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use tokio::runtime::Handle;
use values::Values;

/// Answers for one session.
#[derive(Clone)]
pub struct Completions {
    session: Arc<Session>,
    values: Values,
}

/// What may stand at a place, and where the word begins that it replaces.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Offer {
    pub start: usize,
    pub candidates: Vec<Candidate>,
}

impl Completions {
    pub fn new(session: Arc<Session>, handle: Handle) -> Completions {
        Completions {
            values: Values::new(Arc::clone(&session), handle),
            session,
        }
    }

    /// The candidates at byte `at` of `text`, the likely ones first. `last` is the query that a line with a pipe goes on from.
    pub fn offer(&self, text: &str, at: usize, last: Option<&str>) -> Offer {
        let typed = text.get(..at).unwrap_or_default();
        if typed.trim_start().starts_with('.') && !typed.contains('\n') {
            return self.command(typed);
        }
        match last {
            Some(last) if typed.trim_start().starts_with('|') => {
                let shift = last.len() + 1;
                let mut offer = self.query(&format!("{last}\n{typed}"));
                offer.start = offer.start.saturating_sub(shift);
                offer
            }
            _ => self.query(typed),
        }
    }

    fn query(&self, typed: &str) -> Offer {
        let place = site(typed, typed.len());
        let word = place.word.text(typed);
        let standing = self.standing(&place);
        let mut offered = Vec::new();
        for want in &place.wants {
            let of_kind = self.of_kind(want, &place, &standing, typed);
            for candidate in matching(of_kind, word) {
                if !offered.contains(&candidate) {
                    offered.push(candidate);
                }
            }
        }
        Offer {
            start: place.word.start,
            candidates: rank::beginning_first(offered, word),
        }
    }

    /// Columns and names in force. Where the pipeline is wrong somewhere, its source's columns are better than none.
    fn standing(&self, place: &Site) -> Standing {
        let options = options();
        let engine = &self.session.engine;
        let text = place.query().unwrap_or_else(|| place.prelude.clone());
        let mut standing = engine.standing(&text, &options);
        if standing.columns.is_empty()
            && let Some(table) = place.input.as_deref().and_then(first_word)
        {
            standing.columns = self.columns_of(table);
        }
        standing
    }

    fn columns_of(&self, text: &str) -> Vec<Column> {
        self.session.engine.standing(text, &options()).columns
    }

    fn of_kind(
        &self,
        want: &Want,
        place: &Site,
        standing: &Standing,
        typed: &str,
    ) -> Vec<Candidate> {
        match want {
            Want::Tables => words::tables(self.session.engine.catalog()),
            Want::TableFunctions => words::saved_functions(self.session.engine.catalog()),
            Want::Names => standing.names.iter().map(words::name).collect(),
            Want::Operators => words::operators(),
            Want::SourceOperators => words::source_operators(),
            Want::Columns => words::columns(&standing.columns),
            Want::ColumnsOf(text) => words::columns(&self.columns_of_side(place, text)),
            Want::JoinColumns(text) => {
                let right = self.columns_of_side(place, text);
                let mut both = standing.columns.clone();
                both.retain(|column| right.contains(column));
                words::columns(&both)
            }
            Want::Functions => words::functions(),
            Want::Aggregates => words::aggregates(),
            Want::Plugins => words::plugins(),
            Want::Visualizations => words::visualizations(),
            Want::Types => words::types(),
            Want::Words(words) => words::plain(words),
            Want::Comparisons(column) => {
                let column = standing.columns.iter().find(|known| known.name == *column);
                words::comparisons(column.map(|column| column.ty))
            }
            Want::Values(column) => {
                let table = place.input.as_deref().and_then(first_word);
                let quote = typed[..place.word.start].chars().next_back();
                let values = self.values.of(table, column);
                words::values(values, quote.unwrap_or('"'))
            }
        }
    }

    /// Columns of the other side of a join, which sees the same names.
    fn columns_of_side(&self, place: &Site, text: &str) -> Vec<Column> {
        self.columns_of(&format!("{}{text}", place.prelude))
    }

    fn command(&self, typed: &str) -> Offer {
        let line = typed.trim_start();
        let Some((command, argument)) = line.split_once(char::is_whitespace) else {
            return Offer {
                start: typed.len() - line.len(),
                candidates: matching(commands::names(), line),
            };
        };
        let word = argument.rsplit(char::is_whitespace).next().unwrap_or("");
        let catalog = self.session.engine.catalog();
        let candidates = match commands::argument_kind(command) {
            commands::Argument::Table => words::tables(catalog),
            commands::Argument::Function => {
                let mut all = words::functions();
                all.extend(words::aggregates());
                all
            }
            commands::Argument::Word(words) => words::plain(words),
            commands::Argument::Format => words::formats(),
            commands::Argument::File => return files(typed, word),
            commands::Argument::Query => {
                let shift = typed.len() - argument.len();
                let mut offer = self.query(argument);
                offer.start += shift;
                return offer;
            }
            commands::Argument::Other => Vec::new(),
        };
        let bare = candidates.into_iter().map(Candidate::without_bracket);
        Offer {
            start: typed.len() - word.len(),
            candidates: matching(bare.collect(), word),
        }
    }
}

fn options() -> QueryOptions {
    QueryOptions {
        now: huntql_kql::time::UNIX_EPOCH,
        parameters: BTreeMap::new(),
    }
}

fn first_word(text: &str) -> Option<&str> {
    let word = text
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .next()?;
    (!word.is_empty()).then_some(word)
}

/// Names in the folder that is being typed; hidden ones when their dot is.
fn files(typed: &str, word: &str) -> Offer {
    let (folder, begun) = word.rsplit_once('/').map_or(("", word), |(folder, begun)| {
        (&word[..=folder.len()], begun)
    });
    let place = if folder.is_empty() { "." } else { folder };
    let mut names: Vec<String> = std::fs::read_dir(Path::new(place))
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let mut name = entry.file_name().into_string().ok()?;
            let is_wanted =
                name.starts_with(begun) && (begun.starts_with('.') || !name.starts_with('.'));
            if entry.path().is_dir() {
                name.push('/');
            }
            is_wanted.then_some(name)
        })
        .collect();
    names.sort();
    Offer {
        start: typed.len() - begun.len(),
        candidates: names
            .into_iter()
            .map(|name| Candidate::new(name, ""))
            .collect(),
    }
}

/// What a name of the text is called in a list.
fn kind_name(named: Named) -> String {
    match named {
        Named::Scalar(ty) => ty.to_string(),
        Named::Table => "table".to_owned(),
        Named::Function => "function".to_owned(),
    }
}
