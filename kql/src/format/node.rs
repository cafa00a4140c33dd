//! Tokens by their brackets.

use crate::lexer::{Token, TokenKind};
use crate::parser::Parsed;

/// A token by its number, or brackets with what is in them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Node {
    Token(usize),
    Group {
        open: usize,
        inner: Vec<Node>,
        close: usize,
    },
}

impl Node {
    pub(super) fn first(&self) -> usize {
        match self {
            Node::Token(token) | Node::Group { open: token, .. } => *token,
        }
    }

    pub(super) fn last(&self) -> usize {
        match self {
            Node::Token(token) | Node::Group { close: token, .. } => *token,
        }
    }
}

/// The tokens of a text that has no errors, and so has its brackets in pairs. Within text that is skipped a bracket may lack
/// its pair; it stays a token.
pub(super) fn tree(tokens: &[Token]) -> Vec<Node> {
    let mut open: Vec<(usize, Vec<Node>)> = Vec::new();
    let mut nodes = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        match token.kind {
            TokenKind::Symbol("(" | "[" | "{") => open.push((at, std::mem::take(&mut nodes))),
            TokenKind::Symbol(")" | "]" | "}") if !open.is_empty() => {
                let (start, outer) = open.pop().expect("the guard looked");
                let inner = std::mem::replace(&mut nodes, outer);
                nodes.push(Node::Group {
                    open: start,
                    inner,
                    close: at,
                });
            }
            _ => nodes.push(Node::Token(at)),
        }
    }
    while let Some((start, mut outer)) = open.pop() {
        outer.push(Node::Token(start));
        outer.append(&mut nodes);
        nodes = outer;
    }
    nodes
}

/// The statements of a text, each with its semicolon.
pub(super) fn statements<'n>(
    nodes: &'n [Node],
    parsed: &Parsed,
) -> impl Iterator<Item = &'n [Node]> {
    nodes.split_inclusive(|node| is_symbol(node, parsed, ";"))
}

pub(super) fn is_symbol(node: &Node, parsed: &Parsed, symbol: &str) -> bool {
    matches!(node, Node::Token(at) if parsed.tokens[*at].is_symbol(symbol))
}
