//! Files and folders to rules. A file that cannot be read says why, and never stops the others.

use super::columns::ColumnUse;
use super::reader::{Fields, MISSING, Reader};
use super::tree::{self, Entry, Item, Node};
use super::{Excerpt, Rule, Source, arm, community, graph, kql, sentinel, template};
use huntql_kql::diagnostics::{Diagnostic, Fault};
use huntql_kql::span::Span;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A rule as it was found, or what is wrong with it.
#[derive(Debug, Clone)]
pub struct Loaded {
    pub file: PathBuf,
    /// The whole text of the file; spans of diagnostics are places in it.
    pub document: Arc<str>,
    /// None when there is an error among the diagnostics.
    pub rule: Option<Rule>,
    /// The query and where it stands in the document.
    pub query: Option<Excerpt>,
    /// Columns that the rule names outside of its query.
    pub columns: Vec<ColumnUse>,
    /// Tables that the rule says it needs, with their places.
    pub data_types: Vec<(String, Span)>,
    pub diagnostics: Vec<Diagnostic>,
}

/// How rules lie in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// YAML or JSON, of Sentinel, Azure or Defender.
    Tree,
    /// One query with a head of comments.
    Query,
    Markdown,
}

const ENDINGS: &[(&str, Format)] = &[
    ("yaml", Format::Tree),
    ("yml", Format::Tree),
    ("json", Format::Tree),
    ("kql", Format::Query),
    ("kusto", Format::Query),
    ("csl", Format::Query),
    ("md", Format::Markdown),
    ("markdown", Format::Markdown),
];

/// Folders that hold no rules of the user's.
const SKIPPED_FOLDERS: &[&str] = &["node_modules", "target"];

/// Files that are not told of as rules when they were only found in a folder.
const PAGES_ABOUT_FOLDERS: &[&str] =
    &["readme.md", "contributing.md", "changelog.md", "license.md"];

impl Format {
    /// By the ending of a file's name.
    pub fn of(path: &Path) -> Option<Format> {
        let ending = path.extension()?.to_str()?;
        ENDINGS
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(ending))
            .map(|(_, format)| *format)
    }
}

/// How a file came to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    /// The user named it, so it has to hold a rule.
    Named,
    /// It lies in a folder, perhaps beside rules.
    InFolder,
}

/// The rules of a file, or of all files of a folder and the folders in it, in the order of names.
pub fn load(path: &Path) -> Vec<Loaded> {
    load_all(&[path])
}

/// The rules of several files and folders; no two of them have one id.
pub fn load_all(paths: &[impl AsRef<Path>]) -> Vec<Loaded> {
    let mut loaded = Vec::new();
    for path in paths.iter().map(AsRef::as_ref) {
        if path.is_dir() {
            folder(path, &mut loaded);
        } else {
            file(path, Found::Named, &mut loaded);
        }
    }
    same_ids(&mut loaded);
    loaded
}

/// The rules of a text, as if it were that file.
pub fn load_text(path: &Path, text: &str, format: Format) -> Vec<Loaded> {
    let document: Arc<str> = text.strip_prefix('\u{feff}').unwrap_or(text).into();
    match format {
        Format::Tree => of_tree(path, &document),
        Format::Query => {
            let mut cx = Reader::new(&document);
            let draft = kql::read(&mut cx, &Place::new(path, 0));
            vec![Loaded::of(path, &document, draft, cx.diagnostics)]
        }
        Format::Markdown => community::read(path, &document),
    }
}

fn folder(path: &Path, loaded: &mut Vec<Loaded>) {
    let mut paths: Vec<PathBuf> = match std::fs::read_dir(path) {
        Ok(entries) => entries.flatten().map(|entry| entry.path()).collect(),
        Err(error) => {
            let message = format!("the folder cannot be read: {error}");
            loaded.push(Loaded::unreadable(path, message));
            return;
        }
    };
    paths.sort();
    for path in paths.iter().filter(|path| !is_skipped(path)) {
        if path.is_dir() && !path.is_symlink() {
            folder(path, loaded);
        } else if Format::of(path).is_some() && path.is_file() {
            file(path, Found::InFolder, loaded);
        }
    }
}

fn is_skipped(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.starts_with('.')
        || PAGES_ABOUT_FOLDERS.contains(&name.to_lowercase().as_str())
        || (path.is_dir() && SKIPPED_FOLDERS.contains(&name.as_ref()))
}

fn file(path: &Path, found: Found, loaded: &mut Vec<Loaded>) {
    let text = match std::fs::read(path).map(String::from_utf8) {
        Ok(Ok(text)) => text,
        Ok(Err(error)) => {
            let at = error.utf8_error().valid_up_to();
            let message = format!("the file is not UTF-8 (byte {at})");
            loaded.push(Loaded::unreadable(path, message));
            return;
        }
        Err(error) => {
            let message = format!("the file cannot be read: {error}");
            loaded.push(Loaded::unreadable(path, message));
            return;
        }
    };
    let rules = load_text(path, &text, Format::of(path).unwrap_or(Format::Query));
    if rules.is_empty() && found == Found::Named {
        let nothing = Diagnostic::binding(MISSING, Span::default(), "there is no rule in the file");
        let nothing = nothing.help("expected a rule of Sentinel or Defender in YAML or JSON, a query in `.kql`, or a page with one under \"Defender XDR\" or \"Sentinel\"");
        loaded.push(Loaded::of(path, &text.into(), None, vec![nothing]));
        return;
    }
    loaded.extend(rules);
}

fn of_tree(path: &Path, document: &Arc<str>) -> Vec<Loaded> {
    let roots = match tree::read(document) {
        Ok(roots) => roots,
        Err(error) => {
            let wrong = error.diagnostic().help("see the place above; often an indentation, a tab, or a `:` in a text without quotes");
            return vec![Loaded::of(path, document, None, vec![wrong])];
        }
    };
    let mut loaded = Vec::new();
    for root in &roots {
        of_item(path, document, root, &mut loaded);
    }
    loaded
}

/// Rules wherever they stand: alone, in lists, among the resources of a template.
fn of_item(path: &Path, document: &Arc<str>, item: &Item, loaded: &mut Vec<Loaded>) {
    match &item.node {
        Node::Sequence(items) => {
            for item in items {
                of_item(path, document, item, loaded);
            }
        }
        Node::Map(entries) => {
            let fields = Fields::new(entries);
            let Some(read) = reader_of(&fields) else {
                for entry in entries {
                    of_item(path, document, &entry.value, loaded);
                }
                return;
            };
            let mut cx = Reader::new(document);
            let draft = read(&mut cx, &fields, &Place::new(path, loaded.len()));
            loaded.push(Loaded::of(path, document, draft, cx.diagnostics));
        }
        Node::Nothing | Node::Bool(_) | Node::Number(_) | Node::Text(_) => {}
    }
}

type Read = fn(&mut Reader<'_>, &Fields<'_>, &Place<'_>) -> Option<Draft>;

/// Who reads a map that is a rule; none for any other map.
fn reader_of(fields: &Fields<'_>) -> Option<Read> {
    if graph::is_rule(fields) {
        return Some(graph::read);
    }
    if let Some(read) = arm::reader_of(fields) {
        return Some(read);
    }
    looks_like_sentinel(fields).then_some(|cx, fields, at| sentinel::read(cx, fields, None, at))
}

/// A query beside a name, or enough other fields of a rule that a missing query is a mistake.
fn looks_like_sentinel(fields: &Fields<'_>) -> bool {
    const WITH_QUERY: &[&str] = &[
        "id",
        "name",
        "displayName",
        "description",
        "severity",
        "tactics",
        "queryFrequency",
        "huntql",
    ];
    const WITHOUT: &[&str] = &[
        "queryFrequency",
        "queryPeriod",
        "triggerOperator",
        "triggerThreshold",
        "relevantTechniques",
        "requiredDataConnectors",
        "entityMappings",
        "tactics",
        "severity",
        "huntql",
    ];
    let has = |names: &[&str]| names.iter().filter(|name| fields.has(name)).count();
    let has_query =
        matches!(fields.peek("query"), Some(item) if matches!(item.node, Node::Text(_)));
    (has_query && has(WITH_QUERY) > 0) || has(WITHOUT) >= 3
}

/// Two rules with one id would share their state: the second does not load.
fn same_ids(loaded: &mut [Loaded]) {
    let mut known: HashMap<String, PathBuf> = HashMap::new();
    for one in loaded {
        let Some(rule) = &one.rule else { continue };
        let id = rule.id.to_lowercase();
        match known.get(&id) {
            None => {
                known.insert(id, one.file.clone());
            }
            Some(first) => {
                let at = one.document.find(&rule.id).unwrap_or_default();
                let span = Span::new(at, at + rule.id.len());
                let message = format!(
                    "the id `{}` is that of a rule in {} too",
                    rule.id,
                    first.display()
                );
                let wrong = Diagnostic::binding("HQ038", span, message);
                one.diagnostics.push(wrong.help("give this rule an id of its own; what was done for a rule is remembered under its id"));
                one.rule = None;
            }
        }
    }
}

impl Loaded {
    pub(super) fn of(
        file: &Path,
        document: &Arc<str>,
        draft: Option<Draft>,
        mut diagnostics: Vec<Diagnostic>,
    ) -> Loaded {
        diagnostics.sort_by_key(Diagnostic::span);
        let mut loaded = Loaded {
            file: file.to_owned(),
            document: Arc::clone(document),
            rule: None,
            query: None,
            columns: Vec::new(),
            data_types: Vec::new(),
            diagnostics,
        };
        if let Some(draft) = draft {
            let is_fine = !loaded.diagnostics.iter().any(Diagnostic::is_error);
            loaded.rule = is_fine.then_some(draft.rule);
            loaded.query = Some(draft.query);
            loaded.columns = draft.columns;
            loaded.data_types = draft.data_types;
        }
        loaded
    }

    fn unreadable(file: &Path, message: String) -> Loaded {
        let wrong = Diagnostic::error(Fault::Syntax, "HQ020", Span::default(), message);
        Loaded::of(file, &"".into(), None, vec![wrong])
    }

    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }
}

/// A rule while it is read.
pub(super) struct Draft {
    pub rule: Rule,
    pub query: Excerpt,
    pub columns: Vec<ColumnUse>,
    pub data_types: Vec<(String, Span)>,
}

impl Draft {
    pub fn new(rule: Rule, query: Excerpt) -> Draft {
        Draft {
            rule,
            query,
            columns: Vec::new(),
            data_types: Vec::new(),
        }
    }

    pub fn uses(&mut self, column: &str, span: Span, by: String) {
        self.columns.push(ColumnUse {
            column: column.to_owned(),
            span,
            by,
        });
    }

    /// The columns of a template, each at its place.
    pub fn uses_template(&mut self, cx: &Reader<'_>, entry: &Entry, text: &str) {
        let excerpt = Excerpt::of_scalar(cx.document, entry.value.span, text);
        for column in template::columns(text) {
            let at = column.as_ptr() as usize - text.as_ptr() as usize;
            let span = excerpt.span(Span::new(at, at + column.len()));
            self.uses(column, span, format!("`{}`", entry.key));
        }
    }
}

/// Where a rule stands: its file, and how many rules there are in front of it.
pub(super) struct Place<'a> {
    pub file: &'a Path,
    pub ordinal: usize,
    /// Set in templates of Azure's, where `[…]` is an expression.
    pub is_template: bool,
    /// The id that something around the rule gives it.
    pub outer_id: Option<String>,
}

impl<'a> Place<'a> {
    pub fn new(file: &'a Path, ordinal: usize) -> Place<'a> {
        Place {
            file,
            ordinal,
            is_template: false,
            outer_id: None,
        }
    }

    /// The rule's own id, else what is around it, else one made of the path.
    pub fn id(&self, own: Option<String>) -> String {
        let own = own
            .map(|id| id.trim().to_owned())
            .filter(|id| !id.is_empty());
        own.or_else(|| self.outer_id.clone())
            .unwrap_or_else(|| made_id(self.file, self.ordinal))
    }

    pub fn source(&self, document: &str, query: &Excerpt) -> Source {
        let start = query.span(Span::new(0, 1)).start;
        let before = document.get(..start).unwrap_or(document);
        Source {
            file: self.file.to_owned(),
            query_line: before.matches('\n').count() + 1,
        }
    }

    /// A text that is no expression of a template. `[[` is how a template writes a bracket.
    pub fn literal(&self, cx: &mut Reader<'_>, entry: &Entry, text: &str) -> Option<String> {
        let is_expression =
            self.is_template && text.starts_with('[') && text.trim_end().ends_with(']');
        if !is_expression {
            return Some(text.to_owned());
        }
        if let Some(literal) = text.strip_prefix("[[") {
            return Some(format!("[{literal}"));
        }
        let message = format!(
            "`{}` is an expression that the template's deployment fills in",
            entry.key
        );
        cx.refuse(entry.value.span, message).help =
            Some("export the deployed rule, or write the text itself".to_owned());
        None
    }
}

/// A GUID (version 8, RFC 9562) of a path and an ordinal, the same whatever the file holds.
fn made_id(file: &Path, ordinal: usize) -> String {
    let path = file.canonicalize().unwrap_or_else(|_| file.to_owned());
    let mut hasher = blake3::Hasher::new();
    hasher.update(path.to_string_lossy().as_bytes());
    hasher.update(&(ordinal as u64).to_le_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
    bytes[6] = (bytes[6] & 0x0f) | 0x80;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!(
        "{}-{}-{}-{}-{}",
        &digits[..8],
        &digits[8..12],
        &digits[12..16],
        &digits[16..20],
        &digits[20..]
    )
}
