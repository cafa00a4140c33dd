//! Brackets that are open at the end of the tokens, and the pipelines in them.

use crate::lexer::{Token, TokenKind};
use crate::types::Type;

/// An open bracket, or the text itself.
#[derive(Debug, Clone)]
struct Frame {
    /// The first token behind the bracket.
    first: usize,
    /// The first token of the statement that goes on at the end.
    statement: usize,
    /// The last pipe of it.
    pipe: Option<usize>,
}

/// What an open bracket holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Holds {
    /// A pipeline with a source of its own.
    Pipeline,
    /// A pipeline over the rows of the operator around it (`mv-apply`, `partition`, `fork`).
    Inner,
    /// Scalars: arguments, lists.
    Scalars,
}

/// The open brackets of a text, from the outside in.
pub(super) struct Frames<'a> {
    pub text: &'a str,
    pub tokens: &'a [Token],
    frames: Vec<Frame>,
}

/// Words in front of a bracket that holds a table.
const TABULAR_CALLS: &[&str] = &["toscalar", "materialize", "view"];

/// Operators whose brackets hold tables.
const TABULAR_OPERATORS: &[&str] = &["join", "lookup", "union", "find", "search"];

impl<'a> Frames<'a> {
    pub fn of(text: &'a str, tokens: &'a [Token]) -> Frames<'a> {
        let new = |first| Frame {
            first,
            statement: first,
            pipe: None,
        };
        let mut frames = vec![new(0)];
        for (index, token) in tokens.iter().enumerate() {
            let TokenKind::Symbol(symbol) = token.kind else {
                continue;
            };
            let last = frames.len() - 1;
            match symbol {
                "(" | "[" | "{" => frames.push(new(index + 1)),
                ")" | "]" | "}" if last > 0 => {
                    frames.pop();
                }
                "|" => frames[last].pipe = Some(index),
                ";" => {
                    frames[last].statement = index + 1;
                    frames[last].pipe = None;
                }
                _ => {}
            }
        }
        Frames {
            text,
            tokens,
            frames,
        }
    }

    pub fn word(&self, index: usize) -> &'a str {
        match self.tokens.get(index) {
            Some(token) => token.span.text(self.text),
            None => "",
        }
    }

    /// The word in front of the innermost bracket (`count` of `count(`), and whether the bracket is a pipeline's.
    pub fn opener(&self) -> Option<&'a str> {
        let last = self.frames.last()?;
        (self.frames.len() > 1 && self.pipeline() < self.frames.len() - 1)
            .then(|| last.first.checked_sub(2).map_or("", |at| self.word(at)))
    }

    /// How many brackets of scalars are open inside the pipeline.
    pub fn depth(&self) -> usize {
        self.frames.len() - 1 - self.pipeline()
    }

    /// The innermost bracket that holds a pipeline.
    fn pipeline(&self) -> usize {
        (0..self.frames.len())
            .rev()
            .find(|index| self.holds(*index) != Holds::Scalars)
            .unwrap_or(0)
    }

    fn holds(&self, index: usize) -> Holds {
        let frame = &self.frames[index];
        if index == 0 || self.word(frame.first - 1) == "{" {
            return Holds::Pipeline;
        }
        if self.word(frame.first - 1) == "[" {
            return Holds::Scalars;
        }
        let before = frame.first.checked_sub(2).map_or("", |at| self.word(at));
        if TABULAR_CALLS.contains(&before) {
            return Holds::Pipeline;
        }
        if let Some(stage) = self.stage_of(index - 1) {
            let operator = self.word(stage);
            let between = stage + 1..frame.first - 1;
            let has = |word: &str| between.clone().any(|at| self.word(at) == word);
            match operator {
                "mv-apply" | "mvapply" if before == "on" => return Holds::Inner,
                "fork" => return Holds::Inner,
                "partition" | "facet" if self.is_apart(frame.first - 1) => return Holds::Inner,
                "find" | "search" if before == "in" => return Holds::Pipeline,
                "union" | "join" | "lookup"
                    if TABULAR_OPERATORS.contains(&operator) && !has("on") =>
                {
                    return Holds::Pipeline;
                }
                _ => {}
            }
        }
        match frame.pipe {
            Some(_) => Holds::Pipeline,
            None => Holds::Scalars,
        }
    }

    /// Whether a bracket stands by itself, not behind a function's name.
    fn is_apart(&self, bracket: usize) -> bool {
        let Some(before) = bracket.checked_sub(1) else {
            return true;
        };
        self.tokens[before].span.end < self.tokens[bracket].span.start
    }

    /// The name of the operator that goes on in a bracket: the token behind the last pipe, or the first of the pipeline.
    fn stage_of(&self, index: usize) -> Option<usize> {
        let frame = &self.frames[index];
        let stage = match frame.pipe {
            Some(pipe) => pipe + 1,
            None => self.pipeline_start(frame),
        };
        (stage < self.tokens.len()).then_some(stage)
    }

    /// Behind `let name =`.
    fn pipeline_start(&self, frame: &Frame) -> usize {
        let start = frame.statement;
        let is_let = self.word(start) == "let" && self.word(start + 2) == "=";
        start + if is_let { 3 } else { 0 }
    }

    /// The tokens of the operator that is being typed, its name first, and whether a pipe stands in front. Brackets that were
    /// closed are left out with what is in them, but for their own signs.
    pub fn stage(&self) -> (Vec<usize>, bool) {
        let frame = &self.frames[self.pipeline()];
        let start = match frame.pipe {
            Some(pipe) => pipe + 1,
            None => self.pipeline_start(frame),
        };
        let mut depth = 0_usize;
        let mut stage = Vec::new();
        for index in start..self.tokens.len() {
            let token = &self.tokens[index];
            let closes = matches!(token.kind, TokenKind::Symbol(")" | "]" | "}"));
            if closes {
                depth = depth.saturating_sub(1);
            }
            if depth == 0 {
                stage.push(index);
            }
            if matches!(token.kind, TokenKind::Symbol("(" | "[" | "{")) {
                depth += 1;
            }
        }
        (stage, frame.pipe.is_some())
    }

    /// The first words of the statement: `let`, `set`.
    pub fn statement(&self) -> (&'a str, usize) {
        let frame = &self.frames[self.pipeline()];
        (
            self.word(frame.statement),
            self.tokens.len() - frame.statement.min(self.tokens.len()),
        )
    }

    /// Whether the innermost pipeline goes over the rows of the operator around it.
    pub fn is_inner(&self) -> bool {
        self.holds(self.pipeline()) == Holds::Inner
    }

    fn slice(&self, from: usize, to: usize) -> &'a str {
        match (self.tokens.get(from), self.tokens.get(to.wrapping_sub(1))) {
            (Some(first), Some(last)) if from < to => self
                .text
                .get(first.span.start..last.span.end)
                .unwrap_or_default(),
            _ => "",
        }
    }

    /// The text of tokens of the stage.
    pub fn between(&self, from: usize, to: usize) -> &'a str {
        self.slice(from, to)
    }

    /// The statements that are in force at the end, parameters of functions among them.
    pub fn prelude(&self) -> String {
        let mut prelude = String::new();
        for index in 0..=self.pipeline() {
            let frame = &self.frames[index];
            if index > 0 && self.word(frame.first - 1) == "{" {
                self.parameters(frame.first - 1, &mut prelude);
            }
            let statements = self.slice(frame.first, frame.statement);
            if !statements.is_empty() {
                prelude.push_str(statements);
                prelude.push('\n');
            }
        }
        prelude
    }

    /// Stands for the parameters in front of a body: names with values of their types.
    fn parameters(&self, brace: usize, prelude: &mut String) {
        if brace == 0 || self.word(brace - 1) != ")" {
            return;
        }
        let (mut depth, mut open) = (0_usize, brace - 1);
        loop {
            match self.word(open) {
                ")" => depth += 1,
                "(" => depth -= 1,
                _ => {}
            }
            if depth == 0 || open == 0 {
                break;
            }
            open -= 1;
        }
        let mut at = open + 1;
        while at + 2 < brace {
            let name = self.word(at);
            if self.word(at + 1) == ":" {
                let ty = self.word(at + 2);
                if ty == "(" {
                    let close = (at + 3..brace)
                        .find(|at| self.word(*at) == ")")
                        .unwrap_or(brace);
                    let columns = self.slice(at + 3, close);
                    if columns != "*" {
                        prelude.push_str(&format!("let {name} = datatable({columns})[];\n"));
                    }
                    at = close;
                } else if Type::parse(ty).is_some() {
                    let value = match ty {
                        "string" => "''".to_owned(),
                        other => format!("{other}(null)"),
                    };
                    prelude.push_str(&format!("let {name} = {value};\n"));
                }
            }
            at += 1;
            while at < brace && self.word(at - 1) != "," {
                at += 1;
            }
        }
    }

    /// The pipeline in front of the operator that is being typed.
    pub fn input(&self) -> Option<String> {
        self.input_of(self.pipeline())
    }

    fn input_of(&self, index: usize) -> Option<String> {
        let frame = &self.frames[index];
        if self.holds(index) != Holds::Inner {
            let pipe = frame.pipe?;
            return Some(self.slice(self.pipeline_start(frame), pipe).to_owned());
        }
        let outer = (0..index)
            .rev()
            .find(|outer| self.holds(*outer) != Holds::Scalars)?;
        let mut input = self.input_of(outer)?;
        let stage = self.stage_of(index - 1)?;
        if self.word(stage).starts_with("mv") {
            let items = self.slice(stage, frame.first - 1);
            input.push_str(&format!(" | {items} (take 1)"));
        }
        if let Some(pipe) = frame.pipe {
            let inner = self.slice(frame.first, pipe);
            input.push_str(&format!(" | {inner}"));
        }
        Some(input)
    }
}
