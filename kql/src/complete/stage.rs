//! What an operator takes at the end of its text.

use super::Want;
use super::frames::Frames;
use crate::lexer::{Token, TokenKind};

/// Words behind which a value begins.
const BEFORE_OPERANDS: &[&str] = &[
    "and",
    "or",
    "by",
    "on",
    "of",
    "in",
    "has",
    "contains",
    "startswith",
    "endswith",
    "hasprefix",
    "hassuffix",
    "has_cs",
    "contains_cs",
    "startswith_cs",
    "endswith_cs",
    "has_any",
    "has_all",
    "between",
    "regex",
    "from",
    "to",
    "step",
    "where",
    "return",
];

/// Lists whose elements are compared with the operand in front.
const LISTS: &[&str] = &["in", "in~", "!in", "!in~", "has_any", "has_all"];

const LOGIC: &[&str] = &["and", "or"];
const STATEMENTS: &[&str] = &["let", "declare query_parameters", "set"];
const ORDERS: &[&str] = &["asc", "desc", "nulls first", "nulls last"];
const JOIN_KINDS: &[&str] = &[
    "inner",
    "innerunique",
    "leftouter",
    "leftanti",
    "leftsemi",
    "rightouter",
    "rightanti",
    "rightsemi",
    "fullouter",
];
/// Values of `kind=`, by operator.
const KINDS: &[(&str, &[&str])] = &[
    ("join", JOIN_KINDS),
    ("lookup", &["leftouter", "inner"]),
    ("union", &["outer", "inner"]),
    ("parse", &["simple", "relaxed", "regex"]),
    ("parse-where", &["simple", "relaxed", "regex"]),
    ("mv-expand", &["bag", "array"]),
    ("search", &["case_insensitive", "case_sensitive"]),
    ("render", CHART_KINDS),
    ("make-series", &["nonempty"]),
    ("reduce", &["source"]),
];
const CHART_KINDS: &[&str] = &["default", "unstacked", "stacked", "stacked100"];
const CHART_PROPERTIES: &[&str] = &[
    "title=",
    "kind=",
    "xcolumn=",
    "ycolumns=",
    "series=",
    "xtitle=",
    "ytitle=",
    "ymin=",
    "ymax=",
    "legend=",
    "xaxis=",
    "yaxis=",
];

/// What may stand at the end of the tokens.
pub(super) fn wants(frames: &Frames<'_>) -> Vec<Want> {
    let (word, length) = frames.statement();
    if word == "let" && length < 3 || word == "set" {
        return Vec::new();
    }
    let (stage, piped) = frames.stage();
    let Some((name, rest)) = stage.split_first() else {
        return match (piped, frames.is_inner()) {
            (true, _) | (_, true) => vec![Want::Operators],
            (false, false) => source(word == "let"),
        };
    };
    let last = frames.tokens.last();
    if last.is_some_and(|last| last.is_symbol(":")) || frames.opener() == Some("typeof") {
        return vec![Want::Types];
    }
    let operator = frames.word(*name);
    let stage = Stage {
        frames,
        operator,
        name: *name,
        rest,
    };
    if let Some(kinds) = stage.kinds() {
        return vec![Want::Words(kinds)];
    }
    if !piped && !is_operator(operator) {
        return stage.scalar_start();
    }
    stage.wants()
}

fn is_operator(name: &str) -> bool {
    crate::operators::OPERATORS
        .iter()
        .any(|row| row.name == name)
}

/// Where a pipeline begins.
fn source(in_let: bool) -> Vec<Want> {
    let mut wants = vec![Want::Tables, Want::Names, Want::TableFunctions];
    if in_let {
        wants.push(Want::Functions);
    }
    wants.push(Want::SourceOperators);
    if !in_let {
        wants.push(Want::Words(STATEMENTS));
    }
    wants
}

/// An operator that is being typed.
struct Stage<'f, 'a> {
    frames: &'f Frames<'a>,
    operator: &'a str,
    name: usize,
    /// Tokens behind the name, outside of closed brackets.
    rest: &'f [usize],
}

impl<'a> Stage<'_, 'a> {
    fn has(&self, word: &str) -> bool {
        self.position(word).is_some()
    }

    fn position(&self, word: &str) -> Option<usize> {
        self.rest
            .iter()
            .copied()
            .find(|index| self.frames.word(*index) == word)
    }

    fn last(&self) -> Option<&Token> {
        self.frames.tokens.last()
    }

    /// The word that is `back` tokens before the end.
    fn back(&self, back: usize) -> &'a str {
        match self.frames.tokens.len().checked_sub(back) {
            Some(index) => self.frames.word(index),
            None => "",
        }
    }

    /// Whether a value may begin here; else one has just ended.
    fn is_operand(&self) -> bool {
        let count = self.frames.tokens.len();
        if count == self.name + 1 {
            return true;
        }
        match self.last().map(|last| &last.kind) {
            Some(TokenKind::Word) => BEFORE_OPERANDS.contains(&self.back(1)),
            Some(TokenKind::Symbol(symbol)) => !matches!(*symbol, ")" | "]" | "}" | "*"),
            Some(TokenKind::Literal(_) | TokenKind::String { .. }) => false,
            Some(TokenKind::Unknown) | None => true,
        }
    }

    /// The values of `kind=`, when these are next.
    fn kinds(&self) -> Option<&'static [&'static str]> {
        if self.back(1) != "=" || self.back(2) != "kind" {
            return None;
        }
        KINDS
            .iter()
            .find(|(operator, _)| *operator == self.operator)
            .map(|(_, kinds)| *kinds)
    }

    /// Behind `let x = f(`, `toscalar(`, a table's name.
    fn scalar_start(&self) -> Vec<Want> {
        if self.frames.depth() > 0 || self.is_operand() {
            return vec![Want::Names, Want::Functions, Want::Tables];
        }
        vec![Want::Words(&["|"])]
    }

    fn wants(&self) -> Vec<Want> {
        match self.operator {
            "take" | "limit" | "sample" | "count" | "as" | "getschema" | "consume" => Vec::new(),
            "join" | "lookup" => self.join(),
            "union" => self.tables(&["kind=", "withsource=", "isfuzzy=true"]),
            "render" => self.render(),
            "evaluate" if self.frames.depth() == 0 => vec![Want::Plugins],
            "invoke" if self.frames.depth() == 0 => vec![Want::TableFunctions, Want::Names],
            "summarize" => self.summarize("by"),
            "make-series" => self.make_series(),
            "sort" | "order" => self.by(ORDERS),
            "top" | "top-hitters" | "top-nested" | "sample-distinct" => self.top(),
            "project-away" | "project-keep" | "project-reorder" | "project-rename" => {
                vec![Want::Columns]
            }
            "partition" | "facet" => self.by(&["("]),
            "parse" | "parse-where" | "parse-kv" => self.parse(),
            "mv-expand" | "mvexpand" => self.expression(&["to typeof(", "limit"]),
            "mv-apply" | "mvapply" => self.expression(&["on (", "to typeof("]),
            "search" | "find" if self.rest.is_empty() => {
                vec![Want::Words(&["in (", "kind="]), Want::Columns]
            }
            "print" => self.value(vec![Want::Names, Want::Functions], &[]),
            "range" => self.expression(&["from", "to", "step"]),
            "where" | "filter" | "find" | "search" => self.expression(LOGIC),
            _ => self.expression(&[]),
        }
    }

    /// A scalar over the columns, or what goes on behind one.
    fn expression(&self, behind: &'static [&'static str]) -> Vec<Want> {
        let operands = vec![Want::Columns, Want::Names, Want::Functions];
        self.value(operands, behind)
    }

    fn value(&self, operands: Vec<Want>, behind: &'static [&'static str]) -> Vec<Want> {
        if self.back(1) == "." {
            return Vec::new();
        }
        if self.is_operand() {
            let in_list = self.back(1) == "(" && LISTS.contains(&self.back(2));
            let mut wants = operands;
            if in_list {
                wants.extend([Want::Tables, Want::TableFunctions]);
                wants.rotate_left(1);
            }
            return wants;
        }
        let mut wants = Vec::new();
        let compares = matches!(self.operator, "where" | "filter" | "find" | "search")
            || matches!(
                self.frames.opener(),
                Some("iff" | "iif" | "case" | "countif")
            );
        if compares && self.last().is_some_and(|last| last.kind == TokenKind::Word) {
            wants.push(Want::Comparisons(self.back(1).to_owned()));
        }
        if !behind.is_empty() {
            wants.push(Want::Words(behind));
        }
        wants
    }

    /// Operators that begin with `by`, or with a number and `by`.
    fn by(&self, behind: &'static [&'static str]) -> Vec<Want> {
        match self.has("by") {
            true => self.expression(behind),
            false if self.operator == "partition" => vec![Want::Words(&["by"])],
            false => vec![Want::Words(&["by"])],
        }
    }

    fn top(&self) -> Vec<Want> {
        let named = self.has("by") || self.has("of");
        match (named, self.rest.is_empty()) {
            (true, _) if !self.is_operand() && !self.has("by") => vec![Want::Words(&["by"])],
            (true, _) => self.expression(ORDERS),
            (false, true) => Vec::new(),
            (false, false) if self.operator == "top" => vec![Want::Words(&["by"])],
            (false, false) => vec![Want::Words(&["of"])],
        }
    }

    fn summarize(&self, by: &str) -> Vec<Want> {
        if self.has(by) {
            return self.expression(&[]);
        }
        if self.frames.depth() > 0 {
            return self.expression(LOGIC);
        }
        if !self.is_operand() {
            return vec![Want::Words(&["by"])];
        }
        vec![Want::Aggregates, Want::Words(&["by"])]
    }

    fn make_series(&self) -> Vec<Want> {
        if self.has("on") {
            return self.expression(&["from", "to", "step", "by"]);
        }
        if self.frames.depth() > 0 {
            return self.expression(&[]);
        }
        match self.is_operand() {
            true => vec![Want::Aggregates],
            false => vec![Want::Words(&["on", "default="])],
        }
    }

    fn parse(&self) -> Vec<Want> {
        if self.rest.is_empty() || self.back(2) == "=" && self.back(3) == "kind" {
            return vec![
                Want::Columns,
                Want::Words(if self.rest.is_empty() {
                    &["kind="]
                } else {
                    &[]
                }),
            ];
        }
        match self.has("with") || self.has("as") {
            true => Vec::new(),
            false if self.operator == "parse-kv" => vec![Want::Words(&["as ("])],
            false => vec![Want::Words(&["with"])],
        }
    }

    /// Whether a table is named already: behind the parameters stands something.
    fn table(&self) -> Option<usize> {
        let mut at = 0;
        while let Some(index) = self.rest.get(at) {
            let next = self.rest.get(at + 1).map(|next| self.frames.word(*next));
            match next {
                Some("=") => at += 3,
                // `hint.strategy = shuffle`
                Some(".") => at += 5,
                _ => return Some(*index),
            }
        }
        None
    }

    fn tables(&self, parameters: &'static [&'static str]) -> Vec<Want> {
        let mut wants = vec![Want::Tables, Want::Names, Want::TableFunctions];
        match self.table() {
            None => wants.push(Want::Words(parameters)),
            Some(_) if self.operator == "union" && self.is_operand() => {}
            Some(_) if self.operator == "union" => wants = vec![Want::Words(&["|"])],
            Some(_) => {}
        }
        wants
    }

    fn join(&self) -> Vec<Want> {
        let Some(table) = self.table() else {
            let parameters: &[&str] = match self.has("kind") {
                true => &["("],
                false => &["kind=", "("],
            };
            let mut wants = self.tables(parameters);
            if !self.has("kind") {
                wants.rotate_right(1);
            }
            return wants;
        };
        let Some(on) = self.position("on") else {
            return vec![Want::Words(&["on"])];
        };
        let right = self.frames.between(table, on).to_owned();
        match (self.back(1), self.back(2)) {
            (".", "$left") => vec![Want::Columns],
            (".", "$right") => vec![Want::ColumnsOf(right)],
            ("==", _) => vec![Want::Words(&["$right."])],
            ("on" | ",", _) => vec![Want::JoinColumns(right), Want::Words(&["$left."])],
            _ if self.back(3) == "$left" => vec![Want::Words(&["=="])],
            _ => vec![Want::Words(&["|"])],
        }
    }

    fn render(&self) -> Vec<Want> {
        if self.rest.is_empty() {
            return vec![Want::Visualizations];
        }
        if self.frames.depth() == 0 {
            return vec![Want::Words(&["with ("])];
        }
        match (self.back(1), self.back(2)) {
            ("=", "xcolumn" | "ycolumns" | "series" | "anomalycolumns") => vec![Want::Columns],
            ("=", "legend") => vec![Want::Words(&["visible", "hidden"])],
            ("=", "xaxis" | "yaxis") => vec![Want::Words(&["linear", "log"])],
            ("(" | ",", _) => vec![Want::Words(CHART_PROPERTIES)],
            _ => Vec::new(),
        }
    }
}

/// The column that a string at the end of these tokens is compared with.
pub(super) fn compared_column(text: &str, tokens: &[Token]) -> Option<String> {
    let word = |at: usize| tokens.get(at).map_or("", |token| token.span.text(text));
    let mut at = tokens.len().checked_sub(1)?;
    // Out of a list.
    while matches!(tokens[at].kind, TokenKind::String { .. }) || tokens[at].is_symbol(",") {
        at = at.checked_sub(1)?;
    }
    if tokens[at].is_symbol("(") {
        at = at.checked_sub(1)?;
        if !LISTS.contains(&word(at)) {
            return None;
        }
    }
    let is_comparison = matches!(tokens[at].kind, TokenKind::Symbol(symbol) if symbol != "(" && symbol != "=")
        || BEFORE_OPERANDS.contains(&word(at));
    let column = at.checked_sub(1)?;
    (is_comparison && tokens[column].kind == TokenKind::Word).then(|| word(column).to_owned())
}
