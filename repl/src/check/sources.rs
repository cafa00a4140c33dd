//! The documents that arguments name: files, folders, patterns, stdin, or the text of a query itself.

use super::Excerpt;
use crate::failure::Failure;
use crate::question::Question;
use huntql_jobs::rule::{self, Loaded, markdown, queries};
use huntql_kql::diagnostics::Diagnostic;
use std::path::{Path, PathBuf};

/// How queries lie in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The file is a query.
    Query,
    Markdown,
    /// YAML or JSON
    Rules,
}

/// Endings of names; a folder is searched for these, and a file that was named and has none of them is a query.
const ENDINGS: &[(&str, Kind)] = &[
    ("kql", Kind::Query),
    ("kusto", Kind::Query),
    ("csl", Kind::Query),
    ("md", Kind::Markdown),
    ("markdown", Kind::Markdown),
    ("yaml", Kind::Rules),
    ("yml", Kind::Rules),
    ("json", Kind::Rules),
];

/// Folders that hold no queries of the user's.
const SKIPPED_FOLDERS: &[&str] = &["node_modules", "target"];

/// A text with its name, and the queries in it.
#[derive(Debug)]
pub struct Document {
    pub question: Question,
    pub kind: Kind,
    pub excerpts: Vec<Excerpt>,
    /// The rules in it, with what is wrong with them besides their queries.
    pub rules: Vec<Loaded>,
    /// Why there are no excerpts.
    pub error: Option<Diagnostic>,
}

/// What arguments came to.
#[derive(Debug, Default)]
pub struct Found {
    pub documents: Vec<Document>,
    /// Files that could not be read.
    pub unreadable: Vec<String>,
}

impl Found {
    /// Reads everything that is named. Without arguments: stdin.
    ///
    /// # Errors
    /// A name that is no file, and a pattern that fits none.
    pub fn gather(texts: &[String], files: &[PathBuf]) -> Result<Found, Failure> {
        let mut found = Found::default();
        for text in texts {
            found.argument(text)?;
        }
        for file in files {
            found.named(file)?;
        }
        if texts.is_empty() && files.is_empty() {
            found.text(Question::given(None, None)?);
        }
        Ok(found)
    }

    fn text(&mut self, question: Question) {
        self.documents.push(Document::of(question, Kind::Query));
    }

    /// A path, a pattern, `-` or a query.
    fn argument(&mut self, text: &str) -> Result<(), Failure> {
        let path = Path::new(text);
        if text != "-" && path.exists() {
            return self.named(path);
        }
        match looks_like(text) {
            Likeness::Pattern => self.pattern(text),
            Likeness::Path => Err(Failure::Data(format!(
                "there is no file or folder `{text}`; a query is given as one argument in quotes"
            ))),
            Likeness::Query => {
                self.text(Question::given(Some(text), None)?);
                Ok(())
            }
        }
    }

    fn pattern(&mut self, pattern: &str) -> Result<(), Failure> {
        let paths = glob::glob(pattern)
            .map_err(|error| Failure::Usage(format!("the pattern `{pattern}`: {error}")))?;
        let before = self.documents.len() + self.unreadable.len();
        for path in paths.flatten() {
            self.named(&path)?;
        }
        if self.documents.len() + self.unreadable.len() == before {
            return Err(Failure::Data(format!(
                "no file fits the pattern `{pattern}`"
            )));
        }
        Ok(())
    }

    fn named(&mut self, path: &Path) -> Result<(), Failure> {
        if path.is_dir() {
            self.folder(path);
            return Ok(());
        }
        let question = Question::given(None, Some(path))?;
        self.documents
            .push(Document::of(question, kind(path).unwrap_or(Kind::Query)));
        Ok(())
    }

    /// All files with a known ending, in the order of their names. A rule file without a query is passed over.
    fn folder(&mut self, folder: &Path) {
        let mut paths: Vec<PathBuf> = match std::fs::read_dir(folder) {
            Ok(entries) => entries.flatten().map(|entry| entry.path()).collect(),
            Err(error) => {
                self.unreadable
                    .push(format!("{}: {error}", folder.display()));
                return;
            }
        };
        paths.sort();
        for path in paths.iter().filter(|path| !is_skipped(path)) {
            if path.is_dir() && !path.is_symlink() {
                self.folder(path);
            } else if let Some(kind) = kind(path).filter(|_| path.is_file()) {
                match Question::of_file(path) {
                    Ok(question) => self.documents.push(Document::of(question, kind)),
                    Err(Failure::Data(message)) => self.unreadable.push(message),
                    Err(_) => {}
                }
            }
        }
    }
}

impl Document {
    pub fn of(question: Question, kind: Kind) -> Document {
        let text = question.text.as_str();
        let (excerpts, error) = match kind {
            Kind::Query => (vec![Excerpt::whole(text)], None),
            Kind::Markdown => (markdown::queries(text), None),
            Kind::Rules => match queries::queries(text) {
                Ok(excerpts) => (excerpts, None),
                Err(error) => (Vec::new(), Some(error.diagnostic())),
            },
        };
        let rules = match (kind, &error) {
            (Kind::Rules, None) => {
                let path = question.path.as_deref().unwrap_or(Path::new(""));
                rule::load_text(path, text, rule::Format::Tree)
            }
            (Kind::Rules | Kind::Query | Kind::Markdown, _) => Vec::new(),
        };
        Document {
            question,
            kind,
            excerpts,
            rules,
            error,
        }
    }
}

enum Likeness {
    Path,
    Pattern,
    Query,
}

/// What an argument is that names nothing which is there.
fn looks_like(text: &str) -> Likeness {
    let is_word = !text.contains(|c: char| c.is_whitespace() || "|=\"'()".contains(c));
    let has_ending = kind(Path::new(text)).is_some() && !text.contains(['|', '\n', '=']);
    if !(has_ending || is_word && text.contains('/')) {
        return Likeness::Query;
    }
    if text.contains(['*', '?', '[']) {
        return Likeness::Pattern;
    }
    Likeness::Path
}

fn kind(path: &Path) -> Option<Kind> {
    let ending = path.extension()?.to_str()?.to_lowercase();
    ENDINGS
        .iter()
        .find(|(known, _)| *known == ending)
        .map(|(_, kind)| *kind)
}

fn is_skipped(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.starts_with('.') || (path.is_dir() && SKIPPED_FOLDERS.contains(&name.as_ref()))
}
