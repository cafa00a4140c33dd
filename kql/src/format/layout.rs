//! Where lines are broken.

use super::node::{Node, is_symbol};
use super::writer::{INDENT, Writer};

const WIDTH_MAX: usize = 100;

/// Operators with a list of items behind their name.
const WITH_LIST: &[&str] = &[
    "distinct",
    "extend",
    "make-series",
    "print",
    "project",
    "project-away",
    "project-keep",
    "project-rename",
    "project-reorder",
    "serialize",
    "summarize",
];

/// What a sequence is broken at, the coarsest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Break {
    /// Behind `;`
    Statement,
    /// In front of `|`
    Pipe,
    /// Behind the name of an operator with a list
    Name,
    /// In front of the `by` of `summarize` and `make-series`
    By,
    /// Behind `,`
    Comma,
    /// In front of `or`
    Or,
    /// In front of `and`
    And,
    /// Inside of brackets
    Group,
}

impl Break {
    fn finer(self) -> Break {
        match self {
            Break::Statement => Break::Pipe,
            Break::Pipe => Break::Name,
            Break::Name => Break::By,
            Break::By => Break::Comma,
            Break::Comma => Break::Or,
            Break::Or => Break::And,
            Break::And | Break::Group => Break::Group,
        }
    }
}

pub(super) struct Layout<'a> {
    writer: Writer<'a>,
}

impl<'a> Layout<'a> {
    pub(super) fn new(writer: Writer<'a>) -> Self {
        Self { writer }
    }

    pub(super) fn finish(self) -> String {
        self.writer.finish()
    }

    /// One statement, with one operator a line; the operators of a `let` hang by one step.
    pub(super) fn statement(&mut self, nodes: &[Node], indent: usize) {
        let Some(first) = nodes.first() else { return };
        let hang = if self.writer.token_text(first.first()) == "let" {
            INDENT
        } else {
            0
        };
        self.writer.end_line(indent);
        for (number, piece) in self.split(nodes, Break::Pipe).into_iter().enumerate() {
            if number > 0 {
                self.writer.end_line(indent + hang);
            }
            self.sequence(piece, Break::Name, INDENT);
        }
    }

    /// A sequence on this line if it fits, else broken. Further lines of it hang by `hang`.
    fn sequence(&mut self, nodes: &[Node], at: Break, hang: usize) {
        if at == Break::Group || self.fits(nodes) {
            return self.run(nodes);
        }
        let pieces = self.split(nodes, at);
        if pieces.len() < 2 {
            return self.sequence(nodes, at.finer(), hang);
        }
        let indent = self.writer.next_indent() + hang;
        for (number, piece) in pieces.into_iter().enumerate() {
            if number > 0 {
                self.writer.end_line(indent);
            }
            // The items behind a name stand on the lines they are given; what they are broken into hangs.
            let aligned = at == Break::Name || (at == Break::By && hang == 0 && number == 0);
            self.sequence(piece, at.finer(), if aligned { 0 } else { INDENT });
        }
    }

    /// The nodes one after the other; brackets that do not fit are broken.
    fn run(&mut self, nodes: &[Node]) {
        for node in nodes {
            match node {
                Node::Token(token) => self.writer.token(*token),
                Node::Group { open, inner, close } => self.group(node, (*open, *close), inner),
            }
        }
    }

    fn group(&mut self, node: &Node, (open, close): (usize, usize), inner: &[Node]) {
        self.writer.token(open);
        if inner.is_empty() || self.fits(std::slice::from_ref(node)) {
            self.run(inner);
        } else {
            let indent = self.writer.line_indent;
            self.writer.end_line(indent + INDENT);
            if self.is_pipeline(inner) {
                for statement in self.split(inner, Break::Statement) {
                    self.statement(statement, indent + INDENT);
                }
            } else {
                self.sequence(inner, Break::Comma, 0);
            }
            self.writer.end_line(indent);
        }
        self.writer.token(close);
    }

    /// The parts of a sequence between its breaks.
    fn split<'n>(&self, nodes: &'n [Node], at: Break) -> Vec<&'n [Node]> {
        let is_break = |n: usize| n > 0 && self.breaks_before(nodes, n, at);
        let mut starts: Vec<usize> = (0..nodes.len())
            .filter(|n| *n == 0 || is_break(*n))
            .collect();
        starts.push(nodes.len());
        starts
            .windows(2)
            .map(|pair| &nodes[pair[0]..pair[1]])
            .collect()
    }

    fn breaks_before(&self, nodes: &[Node], n: usize, at: Break) -> bool {
        let parsed = self.writer.parsed;
        match at {
            Break::Statement => is_symbol(&nodes[n - 1], parsed, ";"),
            Break::Pipe => is_symbol(&nodes[n], parsed, "|"),
            Break::Name => {
                self.names_list(&nodes[..n])
                    && nodes[n..].iter().any(|node| is_symbol(node, parsed, ","))
            }
            // The `by` of `sort by`, `top 5 by` stays.
            Break::By => {
                self.is_word(&nodes[n], "by") && !(n <= 3 && is_symbol(&nodes[0], parsed, "|"))
            }
            Break::Comma => is_symbol(&nodes[n - 1], parsed, ",") && !self.has_subquery(nodes),
            Break::Or => self.is_word(&nodes[n], "or"),
            Break::And => self.is_word(&nodes[n], "and"),
            Break::Group => false,
        }
    }

    fn is_word(&self, node: &Node, word: &str) -> bool {
        matches!(node, Node::Token(at) if self.writer.token_text(*at) == word)
    }

    /// Whether this is the beginning of an operator up to its name, and a list follows.
    fn names_list(&self, nodes: &[Node]) -> bool {
        let nodes = match nodes {
            [pipe, rest @ ..] if is_symbol(pipe, self.writer.parsed, "|") => rest,
            nodes => nodes,
        };
        matches!(nodes, [name] if WITH_LIST.iter().any(|word| self.is_word(name, word)))
    }

    /// Whether the nodes can stand on the line as they are.
    fn fits(&self, nodes: &[Node]) -> bool {
        let (Some(first), Some(last)) = (nodes.first(), nodes.last()) else {
            return true;
        };
        let range = first.first()..=last.last();
        if range.clone().skip(1).any(|at| self.writer.has_comments(at))
            || nodes.iter().any(|node| self.must_break(node))
        {
            return false;
        }
        let room = WIDTH_MAX.saturating_sub(self.writer.column());
        let mut width = 0;
        for at in range.clone() {
            width += self.writer.token_text(at).chars().count();
            width += usize::from(at > *range.start() && self.writer.space_between(at - 1, at));
            if width > room {
                return false;
            }
        }
        true
    }

    /// Whether there are operators or statements between the brackets.
    fn is_pipeline(&self, inner: &[Node]) -> bool {
        inner.iter().any(|node| {
            is_symbol(node, self.writer.parsed, ";") || is_symbol(node, self.writer.parsed, "|")
        })
    }

    /// Whether this is an operator with a pipeline in brackets, as `join` has one; it is broken there.
    fn has_subquery(&self, nodes: &[Node]) -> bool {
        let operator = nodes
            .first()
            .is_some_and(|first| is_symbol(first, self.writer.parsed, "|"));
        operator
            && nodes
                .iter()
                .any(|node| matches!(node, Node::Group { inner, .. } if self.is_pipeline(inner)))
    }

    /// Braces with a pipeline or several statements in them are never on one line.
    fn must_break(&self, node: &Node) -> bool {
        let Node::Group { open, inner, .. } = node else {
            return false;
        };
        let parsed = self.writer.parsed;
        let several = inner
            .iter()
            .any(|inner| is_symbol(inner, parsed, ";") || is_symbol(inner, parsed, "|"));
        (several && parsed.tokens[*open].is_symbol("{"))
            || inner.iter().any(|inner| self.must_break(inner))
    }
}
