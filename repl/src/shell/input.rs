//! Lines to queries: when a text is ready to run, and where one query ends and the next begins.
//!
//! A query of one line runs at Enter. One that goes on (an open bracket, a trailing `|`, a `let` without a query, a bare
//! table name) takes further lines until `;` or an empty line; so does everything that comes through a pipe. Empty lines
//! inside brackets and fenced strings belong to the query.

use super::history;
use crate::failure::Failure;
use huntql_kql::lexer::{Token, TokenKind, lex};
use rustyline::error::ReadlineError;
use rustyline::history::FileHistory;
use rustyline::{Config, Editor};
use std::io::{self, BufRead, IsTerminal};

const PROMPT: &str = "huntql> ";
const PROMPT_MORE: &str = "   ...> ";

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
    Terminal(Box<Editor<(), FileHistory>>),
    Pipe,
}

impl Lines {
    /// # Errors
    /// A terminal that cannot be used.
    pub fn open() -> Result<Lines, Failure> {
        if !io::stdin().is_terminal() {
            return Ok(Lines::Pipe);
        }
        let fail = |error: ReadlineError| Failure::Internal(format!("the terminal: {error}"));
        let config = Config::builder()
            .max_history_size(HISTORY_MAX)
            .map_err(fail)?
            .bracketed_paste(true)
            .build();
        let mut editor = Editor::with_config(config).map_err(fail)?;
        if let Some(file) = history::file() {
            // The first start has none.
            let _ = editor.load_history(&file);
        }
        Ok(Lines::Terminal(Box::new(editor)))
    }

    pub fn is_interactive(&self) -> bool {
        matches!(self, Lines::Terminal(_))
    }

    /// Reads until there is something to do.
    ///
    /// # Errors
    /// Input that cannot be read.
    pub fn next(&mut self) -> Result<Next, Failure> {
        let mut buffer = String::new();
        loop {
            let Some(line) = self.line(&mut buffer)? else {
                return Ok(if buffer.trim().is_empty() {
                    Next::End
                } else {
                    self.remember(&buffer);
                    Next::Text(buffer)
                });
            };
            if buffer.is_empty() && line.trim_start().starts_with('.') {
                self.remember(&line);
                return Ok(Next::Command(line));
            }
            buffer.push_str(&line);
            buffer.push('\n');
            let typed = match self {
                Lines::Pipe => Typed::Lines,
                Lines::Terminal(_) if line.contains('\n') => Typed::Paste,
                Lines::Terminal(_) => Typed::Lines,
            };
            if buffer.trim().is_empty() {
                buffer.clear();
            } else if is_ready(&buffer, typed, self.is_interactive()) {
                self.remember(&buffer);
                return Ok(Next::Text(buffer));
            }
        }
    }

    /// A line without its end; `None` at the end of the input. Ctrl-C throws the buffer away.
    fn line(&mut self, buffer: &mut String) -> Result<Option<String>, Failure> {
        match self {
            Lines::Pipe => {
                let mut line = String::new();
                let read = io::stdin().lock().read_line(&mut line);
                let read = read
                    .map_err(|error| Failure::Data(format!("cannot read from stdin: {error}")))?;
                Ok((read > 0).then(|| line.trim_end_matches(['\n', '\r']).to_owned()))
            }
            Lines::Terminal(editor) => loop {
                let prompt = if buffer.is_empty() {
                    PROMPT
                } else {
                    PROMPT_MORE
                };
                match editor.readline(prompt) {
                    Ok(line) => return Ok(Some(line)),
                    Err(ReadlineError::Interrupted) => buffer.clear(),
                    Err(ReadlineError::Eof) => {
                        buffer.clear();
                        return Ok(None);
                    }
                    Err(error) => return Err(Failure::Data(format!("the terminal: {error}"))),
                }
            },
        }
    }

    fn remember(&mut self, text: &str) {
        if let Lines::Terminal(editor) = self {
            // A history that cannot grow is no reason to stop.
            let _ = editor.add_history_entry(text.trim_end());
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

/// How the last line came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Typed {
    Lines,
    /// Several lines at once.
    Paste,
}

fn is_ready(buffer: &str, typed: Typed, interactive: bool) -> bool {
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
        let is_end = gap.lines().count() > 2
            && gap.lines().skip(1).any(|line| line.trim().is_empty())
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
        assert_eq!(split("// nothing\n"), Vec::<String>::new());
    }
}
