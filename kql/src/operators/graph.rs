//! Graphs: `make-graph`, and the operators that read one.

use super::{Operator, OperatorParameter};
use crate::ast::{Expr, Name, NamedExpr, Pipeline};
use crate::operators::OperatorKind;
use crate::parser::{
    PResult, Tokens, after_keyword, any_word, comma_list1, expr, in_round, keyword, name,
    named_expr, operators1, parameters, pipeline, symbol,
};

/// `make-graph Source --> Target [with Nodes on Id, Nodes on Id | with_node_id=Name] [partitioned-by Column ( operators )]`
#[derive(Debug, Clone, PartialEq)]
pub struct MakeGraph {
    pub source: Name,
    pub target: Name,
    pub nodes: Vec<GraphNodes>,
    pub node_id: Option<Name>,
    pub partition: Option<GraphPartition>,
}

/// `Nodes on Id`
#[derive(Debug, Clone, PartialEq)]
pub struct GraphNodes {
    pub table: Pipeline,
    pub id: Name,
}

/// `partitioned-by Column ( operators )`
#[derive(Debug, Clone, PartialEq)]
pub struct GraphPartition {
    pub by: Name,
    pub operators: Vec<Operator>,
}

/// `graph-match [cycles=…] Pattern [where Predicate] [project Item, …]`, and `graph-shortest-paths [output=…] …` of the same form.
#[derive(Debug, Clone, PartialEq)]
pub struct GraphMatch {
    pub parameters: Vec<OperatorParameter>,
    /// Sequences that share nodes by their names.
    pub pattern: Vec<GraphSequence>,
    pub predicate: Option<Expr>,
    pub project: Option<Vec<NamedExpr>>,
}

/// `(a)-[e]->(b)…`: one more node than edges.
#[derive(Debug, Clone, PartialEq)]
pub struct GraphSequence {
    pub nodes: Vec<Option<Name>>,
    pub edges: Vec<GraphEdge>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct GraphEdge {
    pub name: Option<Name>,
    pub direction: GraphDirection,
    /// `*1..3`
    pub length: Option<(Expr, Expr)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GraphDirection {
    /// `-->`
    Right,
    /// `<--`
    Left,
    /// `--`
    Any,
}

/// `graph-to-table nodes [as Name] [with_node_id=Name], edges [as Name] [with_source_id=Name] [with_target_id=Name]`
#[derive(Debug, Clone, PartialEq)]
pub struct GraphToTable {
    pub outputs: Vec<GraphOutput>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct GraphOutput {
    /// `nodes` or `edges`, as written.
    pub what: Name,
    pub alias: Option<Name>,
    pub parameters: Vec<OperatorParameter>,
}

/// `graph-mark-components [kind=weak|strong] [with_component_id=Name]`
#[derive(Debug, Clone, PartialEq)]
pub struct GraphMarkComponents {
    pub parameters: Vec<OperatorParameter>,
}

pub(super) fn parse_make(input: Tokens<'_>) -> PResult<'_, OperatorKind> {
    let (input, source) = name(input)?;
    let (input, _) = signs(input, &["-", "-", ">"])?;
    let (input, target) = name(input)?;
    let (input, node_id) = parameters(&["with_node_id"])(input)?;
    let (input, nodes) = after_keyword("with", comma_list1(nodes))(input)?;
    let (input, partition) = after_keyword("partitioned-by", partition)(input)?;
    let node_id = node_id
        .into_iter()
        .find_map(|given| match given.value.kind {
            crate::ast::ExprKind::Name(name) => Some(name),
            _ => None,
        });
    Ok((
        input,
        OperatorKind::MakeGraph(MakeGraph {
            source,
            target,
            nodes: nodes.unwrap_or_default(),
            node_id,
            partition,
        }),
    ))
}

fn nodes(input: Tokens<'_>) -> PResult<'_, GraphNodes> {
    let (input, table) = pipeline(input)?;
    let (input, _) = keyword("on")(input)?;
    let (input, id) = name(input)?;
    Ok((input, GraphNodes { table, id }))
}

fn partition(input: Tokens<'_>) -> PResult<'_, GraphPartition> {
    let (input, by) = name(input)?;
    let (input, operators) = in_round(operators1)(input)?;
    Ok((input, GraphPartition { by, operators }))
}

pub(super) fn parse_match(input: Tokens<'_>) -> PResult<'_, OperatorKind> {
    let (input, matched) = matched(input, &["cycles"])?;
    Ok((input, OperatorKind::GraphMatch(matched)))
}

pub(super) fn parse_shortest(input: Tokens<'_>) -> PResult<'_, OperatorKind> {
    let (input, matched) = matched(input, &["output"])?;
    Ok((input, OperatorKind::GraphShortestPaths(matched)))
}

fn matched<'a>(input: Tokens<'a>, known: &'static [&'static str]) -> PResult<'a, GraphMatch> {
    let (input, parameters) = parameters(known)(input)?;
    let (input, pattern) = comma_list1(sequence)(input)?;
    let (input, predicate) = after_keyword("where", expr)(input)?;
    let (input, project) = after_keyword("project", comma_list1(named_expr))(input)?;
    Ok((
        input,
        GraphMatch {
            parameters,
            pattern,
            predicate,
            project,
        },
    ))
}

fn sequence(input: Tokens<'_>) -> PResult<'_, GraphSequence> {
    let (mut input, first) = node(input)?;
    let mut nodes = vec![first];
    let mut edges = Vec::new();
    while input.is_symbol(0, "-") || input.is_symbol(0, "<") {
        let (rest, edge) = edge(input)?;
        let (rest, next) = node(rest)?;
        edges.push(edge);
        nodes.push(next);
        input = rest;
    }
    Ok((input, GraphSequence { nodes, edges }))
}

/// `(name)`, `()`
fn node(input: Tokens<'_>) -> PResult<'_, Option<Name>> {
    if input.is_symbol(0, "(") && input.is_symbol(1, ")") {
        input.skip(1).note_tight();
        return Ok((input.skip(2), None));
    }
    let (input, name) = in_round(name)(input)?;
    Ok((input, Some(name)))
}

/// `-[name*1..3]->`, `<-[…]-`, `-[…]-`, `-->`, `<--`, `--`
fn edge(input: Tokens<'_>) -> PResult<'_, GraphEdge> {
    input.note_tight();
    let left = input.is_symbol(0, "<");
    let (input, ()) = if left {
        tight(input, "<")?
    } else {
        (input, ())
    };
    let (input, ()) = tight(input, "-")?;
    let (input, (name, length)) = if input.is_symbol(0, "[") {
        let (input, ()) = tight(input, "[")?;
        let (input, inside) = inside(input)?;
        let (input, ()) = tight(input, "]")?;
        (input, inside)
    } else {
        (input, (None, None))
    };
    let (input, ()) = tight(input, "-")?;
    let right = !left && input.is_symbol(0, ">");
    let (input, ()) = if right {
        tight(input, ">")?
    } else {
        (input, ())
    };
    let direction = match (left, right) {
        (true, _) => GraphDirection::Left,
        (false, true) => GraphDirection::Right,
        (false, false) => GraphDirection::Any,
    };
    Ok((
        input,
        GraphEdge {
            name,
            direction,
            length,
        },
    ))
}

type Inside = (Option<Name>, Option<(Expr, Expr)>);

/// `name`, `name*1..3`, `*1..3`
fn inside(input: Tokens<'_>) -> PResult<'_, Inside> {
    let (input, named) = if input.is_symbol(0, "*") {
        (input, None)
    } else {
        let (input, named) = name(input)?;
        (input, Some(named))
    };
    if !input.is_symbol(0, "*") {
        input.note_tight();
        return Ok((input, (named, None)));
    }
    input.note_tight();
    let (input, ()) = tight(input, "*")?;
    let (input, least) = expr(input)?;
    input.note_tight();
    let (input, ()) = tight(input, "..")?;
    let (input, most) = expr(input)?;
    input.note_tight();
    Ok((input, (named, Some((least, most)))))
}

/// A sign with nothing between it and what follows.
fn tight<'a>(input: Tokens<'a>, sign: &'static str) -> PResult<'a, ()> {
    let (rest, _) = symbol(sign)(input)?;
    rest.note_tight();
    Ok((rest, ()))
}

/// Signs that belong together: `-->`.
fn signs<'a>(input: Tokens<'a>, signs: &[&'static str]) -> PResult<'a, ()> {
    let mut input = input;
    for (index, sign) in signs.iter().enumerate() {
        if index > 0 {
            input.note_tight();
        }
        let (rest, _) = symbol(sign)(input)?;
        input = rest;
    }
    Ok((input, ()))
}

pub(super) fn parse_to_table(input: Tokens<'_>) -> PResult<'_, OperatorKind> {
    let (input, outputs) = comma_list1(output)(input)?;
    Ok((input, OperatorKind::GraphToTable(GraphToTable { outputs })))
}

fn output(input: Tokens<'_>) -> PResult<'_, GraphOutput> {
    const PARAMETERS: &[&str] = &["with_node_id", "with_source_id", "with_target_id"];
    let (input, what) = any_word(input)?;
    let (input, mut before) = parameters(PARAMETERS)(input)?;
    let (input, alias) = after_keyword("as", name)(input)?;
    let (input, behind) = parameters(PARAMETERS)(input)?;
    before.extend(behind);
    Ok((
        input,
        GraphOutput {
            what,
            alias,
            parameters: before,
        },
    ))
}

pub(super) fn parse_mark(input: Tokens<'_>) -> PResult<'_, OperatorKind> {
    let (input, parameters) = parameters(&["kind", "with_component_id"])(input)?;
    Ok((
        input,
        OperatorKind::GraphMarkComponents(GraphMarkComponents { parameters }),
    ))
}
