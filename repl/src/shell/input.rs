//! Lines to queries: when a text is ready to run, and where one query ends and the next begins.
//!
//! A query of one line runs at Enter. One that goes on (an open bracket, a trailing `|`, a `let` without a query, a bare
//! table name) takes further lines until `;` or an empty line; so does everything that comes through a pipe. Empty lines
//! inside brackets and fenced strings belong to the query.

use super::commands;
use super::complete::Completions;
use super::history;
use super::line_editor::Helper;
use crate::failure::Failure;
use huntql_kql::lexer::{Token, TokenKind, lex};
use rustyline::error::ReadlineError;
use rustyline::history::FileHistory;
use rustyline::{CompletionType, Config, Editor};
use std::io::{self, BufRead, IsTerminal};

const PROMPT: &str = "huntql> ";

/// Entries of history that are kept.
const HISTORY_MAX: usize = 10_000;

/// Statements that give no rows: a query has to follow.
const PREPARATIONS: &[&str] = &["let", "set", "declare", "alias", "restrict"];

/// Signs and words that something has to follow.
const UNFINISHED: &[&str] = &[
    "|",
    ",",
    "=",
    "==",
    "!=",
    "=~",
    "!~",
    "<",
    ">",
    "<=",
    ">=",
    "+",
    "-",
    "/",
    "%",
    ":",
    ".",
    "=>",
    "and",
    "or",
    "by",
    "on",
    "in",
    "has",
    "contains",
    "where",
    "join",
    "union",
    "extend",
    "project",
    "summarize",
];

/// What has been read.
#[derive(Debug, PartialEq, Eq)]
pub enum Next {
    /// One query or several.
    Text(String),
    /// A dot command.
    Command(String),
    End,
}

/// Where lines come from.
pub enum Lines {
    Terminal(Box<Editor<Helper, FileHistory>>),
    Pipe,
}

impl Lines {
    /// # Errors
    /// A terminal that cannot be used.
    pub fn open(completions: Completions) -> Result<Lines, Failure> {
        if !io::stdin().is_terminal() {
            return Ok(Lines::Pipe);
        }
        let fail = |error: ReadlineError| Failure::Internal(format!("the terminal: {error}"));
        let config = Config::builder()
            .max_history_size(HISTORY_MAX)
            .map_err(fail)?
            .history_ignore_dups(true)
            .map_err(fail)?
            .completion_type(CompletionType::List)
            .completion_show_all_if_ambiguous(true)
            .completion_prompt_limit(200)
            .bracketed_paste(true)
            .build();
        let mut editor = Editor::with_config(config).map_err(fail)?;
        editor.set_helper(Some(Helper::new(completions)));
        if let Some(file) = history::file() {
            // The first start has none.
            let _ = editor.load_history(&file);
        }
        Ok(Lines::Terminal(Box::new(editor)))
    }

    pub fn is_interactive(&self) -> bool {
        matches!(self, Lines::Terminal(_))
    }

    /// Reads until there is something to do. `last` is the query that a line with a pipe goes on from.
    ///
    /// # Errors
    /// Input that cannot be read.
    pub fn next(&mut self, last: Option<&str>) -> Result<Next, Failure> {
        match self {
            Lines::Terminal(editor) => {
                if let Some(helper) = editor.helper_mut() {
                    helper.begin(last);
                }
                let text = match typed_text(editor)? {
                    Some(text) => text,
                    None => return Ok(Next::End),
                };
                self.remember(&text);
                Ok(Next::of(text))
            }
            Lines::Pipe => piped_text(),
        }
    }

    /// Tables that have come since go into completion.
    pub fn renew(&mut self, completions: Completions) {
        if let Lines::Terminal(editor) = self
            && let Some(helper) = editor.helper_mut()
        {
            helper.completions = completions;
        }
    }

    /// Adds an entry to the history.
    pub fn remember(&mut self, text: &str) {
        if let Lines::Terminal(editor) = self
            && !text.trim().is_empty()
        {
            // A history that cannot grow is no reason to stop.
            let _ = editor.add_history_entry(text.trim_end());
        }
    }

    /// The entries so far, the oldest first.
    pub fn history(&self) -> Vec<String> {
        match self {
            Lines::Terminal(editor) => editor.history().iter().cloned().collect(),
            Lines::Pipe => Vec::new(),
        }
    }

    /// Writes the history.
    pub fn close(&mut self) {
        if let Lines::Terminal(editor) = self
            && let Some(file) = history::file()
        {
            let _ = editor.append_history(&file);
        }
    }
}

impl Next {
    fn of(text: String) -> Next {
        match text.trim_start().starts_with(['.', '\\']) && !text.trim_end().contains('\n') {
            true => Next::Command(text),
            false => Next::Text(text),
        }
    }
}

/// What was typed, perhaps in several lines; `None` at the end. Ctrl-C throws it away.
fn typed_text(editor: &mut Editor<Helper, FileHistory>) -> Result<Option<String>, Failure> {
    loop {
        match editor.readline(PROMPT) {
            Ok(text) if text.trim().is_empty() => {}
            Ok(text) => return Ok(Some(text)),
            Err(ReadlineError::Interrupted) => {}
            Err(ReadlineError::Eof) => return Ok(None),
            Err(error) => return Err(Failure::Data(format!("the terminal: {error}"))),
        }
    }
}

fn piped_text() -> Result<Next, Failure> {
    let mut buffer = String::new();
    loop {
        let mut line = String::new();
        let read = io::stdin().lock().read_line(&mut line);
        let read =
            read.map_err(|error| Failure::Data(format!("cannot read from stdin: {error}")))?;
        if read == 0 {
            return Ok(match buffer.trim().is_empty() {
                true => Next::End,
                false => Next::Text(buffer),
            });
        }
        let line = line.trim_end_matches(['\n', '\r']);
        if buffer.is_empty() && line.trim_start().starts_with(['.', '\\']) {
            return Ok(Next::Command(line.to_owned()));
        }
        buffer.push_str(line);
        buffer.push('\n');
        if buffer.trim().is_empty() {
            buffer.clear();
        } else if is_ready(&buffer, Typed::Lines, false) {
            return Ok(Next::Text(buffer));
        }
    }
}

/// How the last line came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Typed {
    Lines,
    /// Several lines at once.
    Paste,
}

/// Whether Enter behind this text runs it.
pub fn is_ready(buffer: &str, typed: Typed, interactive: bool) -> bool {
    let (tokens, _) = lex(buffer);
    let Some(last) = tokens.last() else {
        // Comments alone: nothing to run, nothing to wait for.
        return ends_with_empty_line(buffer, 0);
    };
    if depth(&tokens) > 0 || is_open_fence(last, buffer) || is_preparation(&tokens, buffer) {
        return false;
    }
    if last.is_symbol(";") || ends_with_empty_line(buffer, last.span.end) {
        return true;
    }
    let is_line = buffer.trim_end().lines().count() == 1;
    let may_go_on = is_unfinished(last, buffer) || tokens.len() == 1;
    interactive && !may_go_on && (is_line || typed == Typed::Paste)
}

fn ends_with_empty_line(buffer: &str, from: usize) -> bool {
    let tail = buffer.get(from..).unwrap_or_default();
    tail.lines().skip(1).any(|line| line.trim().is_empty())
}

/// Brackets that are open at the end.
fn depth(tokens: &[Token]) -> usize {
    tokens
        .iter()
        .fold(0, |depth: usize, token| match token.kind {
            TokenKind::Symbol("(" | "[" | "{") => depth + 1,
            TokenKind::Symbol(")" | "]" | "}") => depth.saturating_sub(1),
            _ => depth,
        })
}

fn is_unfinished(last: &Token, buffer: &str) -> bool {
    !matches!(last.kind, TokenKind::String { .. }) && UNFINISHED.contains(&last.span.text(buffer))
}

/// A string between fences that has not been closed: the only one that may hold line ends.
fn is_open_fence(last: &Token, buffer: &str) -> bool {
    let text = last.span.text(buffer).trim_start_matches(['h', 'H']);
    ["```", "~~~"]
        .iter()
        .any(|fence| text.starts_with(fence) && !(text.len() >= 6 && text.ends_with(fence)))
}

/// Whether the last statement is a `let` or the like, so that the query is still to come.
fn is_preparation(tokens: &[Token], buffer: &str) -> bool {
    let mut first = None;
    let mut depth = 0_usize;
    let mut begins = true;
    for token in tokens {
        match token.kind {
            TokenKind::Symbol("(" | "[" | "{") => depth += 1,
            TokenKind::Symbol(")" | "]" | "}") => depth = depth.saturating_sub(1),
            TokenKind::Symbol(";") if depth == 0 => {
                begins = true;
                continue;
            }
            _ => {}
        }
        if begins {
            first = Some(token);
            begins = false;
        }
    }
    first.is_some_and(|first| {
        first.kind == TokenKind::Word && PREPARATIONS.contains(&first.span.text(buffer))
    })
}

/// The queries of a text: an empty line outside of brackets ends one, unless the query is still to come or the next line
/// begins with `|`. `;` does not split: several statements are one text with several results.
pub fn split(text: &str) -> Vec<String> {
    let (tokens, _) = lex(text);
    let mut queries = Vec::new();
    let (mut from, mut start) = (0, 0);
    for (index, token) in tokens.iter().enumerate() {
        let Some(next) = tokens.get(index + 1) else {
            break;
        };
        let gap = &text[token.span.end..next.span.start];
        let so_far = &tokens[start..=index];
        let mut lines: Vec<&str> = gap.split('\n').collect();
        // The first and the last share their lines with tokens.
        lines.pop();
        let is_end = lines.iter().skip(1).any(|line| line.trim().is_empty())
            && depth(so_far) == 0
            && !next.is_symbol("|")
            && !is_unfinished(token, text)
            && !is_preparation(so_far, text);
        if is_end {
            queries.push(text[from..token.span.end].to_owned());
            from = token.span.end;
            start = index + 1;
        }
    }
    if start < tokens.len() {
        queries.push(text[from..].to_owned());
    }
    queries
        .iter()
        .map(|query| query.trim().to_owned())
        .collect()
}

/// The queries and commands of a file or a paste, in turn. A line that begins with a dot and a command's name is a command.
pub fn script(text: &str) -> Vec<Next> {
    let mut parts = Vec::new();
    let mut buffer = String::new();
    let end = |buffer: &mut String, parts: &mut Vec<Next>| {
        let text = std::mem::take(buffer);
        if !text.trim().is_empty() {
            parts.push(Next::Text(text));
        }
    };
    for line in text.lines() {
        let (tokens, _) = lex(&buffer);
        let is_inside = tokens
            .last()
            .is_some_and(|last| depth(&tokens) > 0 || is_open_fence(last, &buffer));
        if !is_inside && commands::is_command(line) {
            end(&mut buffer, &mut parts);
            parts.push(Next::Command(line.to_owned()));
            continue;
        }
        buffer.push_str(line);
        buffer.push('\n');
    }
    end(&mut buffer, &mut parts);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(buffer: &str) -> bool {
        is_ready(buffer, Typed::Lines, true)
    }

    #[test]
    fn one_complete_line_runs_at_enter() {
        assert!(typed("T | take 5\n"));
        assert!(typed("print 1\n"));
    }

    #[test]
    fn an_incomplete_query_goes_on() {
        for text in [
            "T\n",
            "T |\n",
            "T | where x in (1,\n",
            "let a = 5;\n",
            "let a = 5;\n\n",
            "print ```a\n\n",
            "T\n| take 5\n",
            "T | where a ==\n",
        ] {
            assert!(!typed(text), "{text:?}");
        }
    }

    #[test]
    fn a_semicolon_or_an_empty_line_ends_a_query() {
        assert!(typed("T\n| take 5;\n"));
        assert!(typed("T\n| take 5\n\n"));
        assert!(typed("T\n\n"));
        assert!(typed("let a = 5;\nT | take a;\n"));
    }

    #[test]
    fn a_paste_that_is_complete_runs_at_enter() {
        assert!(is_ready("T\n| take 5\n", Typed::Paste, true));
        assert!(!is_ready("T\n| take 5\n|", Typed::Paste, true));
    }

    #[test]
    fn a_text_is_split_at_empty_lines_outside_of_brackets() {
        assert_eq!(
            split("T\n| take 1\n\n\nU | count\n"),
            ["T\n| take 1", "U | count"]
        );
        assert_eq!(
            split("T | where x in (1,\n\n2)"),
            ["T | where x in (1,\n\n2)"]
        );
        assert_eq!(
            split("let a = 1;\n\nT | take a"),
            ["let a = 1;\n\nT | take a"]
        );
        assert_eq!(split("T\n\n| count"), ["T\n\n| count"]);
        assert_eq!(split("T | take 1\n\nU"), ["T | take 1", "U"]);
        assert_eq!(
            split("T\n  | take 1\n  | count"),
            ["T\n  | take 1\n  | count"]
        );
        assert_eq!(
            split("T\n// a comment\n\n// another\n| count"),
            ["T\n// a comment\n\n// another\n| count"]
        );
        assert_eq!(
            split("let x = ```a\n\nb```;\n\nprint x\n\nprint 2"),
            ["let x = ```a\n\nb```;\n\nprint x", "print 2"]
        );
        assert_eq!(split("// nothing\n"), Vec::<String>::new());
    }
}
