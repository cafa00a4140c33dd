//! Graphs: `make-graph` and the operators that read one.
//!
//! `make-graph` only keeps what makes the graph ([`Node::Graph`]); the operator that reads it becomes a program over the edges and
//! the nodes. Of `where`, what asks of one node or one edge decides where the search goes; the rest is a filter behind it.
//! Source: Kusto docs, "make-graph operator", "graph-match operator", "graph-shortest-paths operator", "graph-to-table operator",
//! "graph-mark-components operator".

use super::project::{project, with_hidden};
use crate::bind::variables::{Clause, PatternNames, Variable, Variables, match_column};
use crate::bind::{Binder, Binding, facts};
use crate::functions;
use crate::ir::{Node, Relation, Scalar, ScalarKind};
use crate::program::graph::{
    Component, Cycles, Graph, GraphProgram, Mark, NodeId, NodeTable, Paths, Pattern, PatternEdge,
    Place, Query, Wanted,
};
use huntql_kql::ast::{
    Expr, ExprKind, GraphDirection, GraphEdge, GraphMarkComponents, GraphMatch, GraphOutput,
    GraphPartition, GraphToTable, MakeGraph, Name, OperatorKind, OperatorParameter, Project,
};
use huntql_kql::diagnostics::Diagnostic;
use huntql_kql::span::Span;
use huntql_kql::types::{Column, Type, Value};
use std::rc::Rc;
use std::sync::Arc;

/// A graph that no operator has read yet.
#[derive(Debug, Clone)]
pub struct GraphSource {
    pub inputs: Vec<Relation>,
    pub graph: Graph,
}

const SOURCE: &str = "__source";
const TARGET: &str = "__target";
const KEY: &str = "__node";

/// Whether an operator reads a graph.
pub(super) fn reads_graph(kind: &OperatorKind) -> bool {
    matches!(
        kind,
        OperatorKind::GraphMatch(_)
            | OperatorKind::GraphShortestPaths(_)
            | OperatorKind::GraphToTable(_)
            | OperatorKind::GraphMarkComponents(_)
    )
}

/// Reports an operator that reads a graph behind a table, and the other way round.
pub(super) fn fits(
    binder: &mut Binder<'_>,
    operator: &huntql_kql::ast::Operator,
    input: &Relation,
) -> bool {
    let is_graph = matches!(input.node, Node::Graph(_));
    let reads = reads_graph(&operator.kind);
    let name = operator.kind.name();
    if is_graph == reads || matches!(operator.kind, OperatorKind::As(_)) {
        return true;
    }
    if !input.unknown {
        let diagnostic = Diagnostic::binding(
            "KS106",
            operator.name_span,
            if is_graph {
                format!("`{name}` needs a table, and a graph stands in front of it")
            } else {
                format!("`{name}` needs a graph in front of it")
            },
        );
        binder.report(diagnostic.help(if is_graph {
            "`graph-match` or `graph-to-table` gives a table of a graph"
        } else {
            "`make-graph` makes one of a table of edges"
        }));
    }
    false
}

pub(super) fn make(binder: &mut Binder<'_>, make: &MakeGraph, input: Relation) -> Relation {
    let partition = make.partition.as_ref().map(|partition| &partition.by);
    let unknown = input.unknown;
    let (Some(source), Some(target)) = (
        column(binder, &make.source, &input),
        column(binder, &make.target, &input),
    ) else {
        return Relation::unknown();
    };
    let edge_columns = input.columns.clone();
    let mut edges = keyed(binder, input, SOURCE, &source, partition);
    edges = keyed(binder, edges, TARGET, &target, partition);
    let mut fine = source.ty == target.ty && !unknown;
    if source.ty != target.ty {
        let wanted = format!("a {}, as the other end of the edge,", source.ty);
        binder.report(facts::wrong_type(make.target.span, target.ty, &wanted));
    }
    let mut inputs = vec![edges];
    let mut graph = Graph {
        source: SOURCE.into(),
        target: TARGET.into(),
        edge_columns,
        tables: Vec::new(),
        id: None,
        node_columns: Vec::new(),
        marks: Vec::new(),
    };
    let of_edges = |name: &str| NodeId {
        name: name.to_string(),
        source: source.name.clone(),
        target: target.name.clone(),
    };
    if let Some(name) = &make.node_id {
        graph.id = Some(of_edges(&name.text));
        graph.node_columns = vec![Column::new(name.text.clone(), source.ty)];
    }
    for nodes in &make.nodes {
        let relation = binder.pipeline(&nodes.table);
        fine &= !relation.unknown;
        let Some(id) = column(binder, &nodes.id, &relation) else {
            return Relation::unknown();
        };
        if id.ty != source.ty {
            let wanted = format!("a {}, as the ends of the edges,", source.ty);
            binder.report(facts::wrong_type(nodes.id.span, id.ty, &wanted));
            fine = false;
        }
        match &graph.id {
            None => graph.id = Some(of_edges(&id.name)),
            Some(known) if known.name != id.name => {
                binder.unsupported(
                    nodes.id.span,
                    "a second table of nodes whose id has another name",
                );
                fine = false;
            }
            Some(_) => {}
        }
        fine &= add_properties(binder, &mut graph, &relation, nodes.id.span);
        graph.tables.push(NodeTable {
            key: KEY.into(),
            columns: relation.columns.clone(),
        });
        inputs.push(keyed(binder, relation, KEY, &id, partition));
    }
    if !fine {
        return Relation::unknown();
    }
    let made = Relation::new(
        Vec::new(),
        Node::Graph(Box::new(GraphSource { inputs, graph })),
    );
    match &make.partition {
        Some(partition) => partitioned(binder, partition, made),
        None => made,
    }
}

fn column(binder: &mut Binder<'_>, name: &Name, relation: &Relation) -> Option<Column> {
    let found = relation.resolve(&name.text).cloned();
    if found.is_none() && !relation.unknown {
        let diagnostic = facts::unknown_column(name.span, &name.text);
        binder.report(Binder::suggest(
            diagnostic,
            &name.text,
            relation.columns.iter().map(|column| column.name.as_str()),
        ));
    }
    found
}

/// Adds a table's columns to those of the nodes.
fn add_properties(
    binder: &mut Binder<'_>,
    graph: &mut Graph,
    relation: &Relation,
    span: Span,
) -> bool {
    for column in &relation.columns {
        let known = graph
            .node_columns
            .iter()
            .find(|known| known.name == column.name);
        match known {
            None => graph.node_columns.push(column.clone()),
            Some(known) if known.ty != column.ty => {
                let what = format!(
                    "the column `{}` with two types among the nodes",
                    column.name
                );
                binder.unsupported(span, &what);
                return false;
            }
            Some(_) => {}
        }
    }
    true
}

/// The relation with the key of a node as hidden text. Nodes of two partitions are never the same.
fn keyed(
    binder: &mut Binder<'_>,
    relation: Relation,
    name: &str,
    id: &Column,
    partition: Option<&Name>,
) -> Relation {
    let mut key = binder.convert(Scalar::column(id), Type::String);
    if let Some(by) = partition {
        let Some(by_column) = column(binder, by, &relation) else {
            return Relation::unknown();
        };
        let strcat = functions::find("strcat").expect("`strcat` has a row");
        let by = binder.convert(Scalar::column(&by_column), Type::String);
        let between = Scalar::literal(Value::String("\u{1f}".into()));
        key = binder.apply(strcat, vec![by, between, key], &[], Span::default());
    }
    with_hidden(relation, name, key)
}

/// `partitioned-by Column ( graph operators )`
fn partitioned(binder: &mut Binder<'_>, partition: &GraphPartition, made: Relation) -> Relation {
    for operator in &partition.operators {
        if !reads_graph(&operator.kind) {
            let what = format!("the operator `{}` in this place", operator.kind.name());
            binder.unsupported(operator.name_span, &what);
            return Relation::unknown();
        }
    }
    binder.operators(made, &partition.operators)
}

/// The graph that an operator reads. `None` when what is wrong was reported.
fn source(input: Relation) -> Option<GraphSource> {
    match input.node {
        Node::Graph(source) => Some(*source),
        _ => None,
    }
}

pub(super) fn mark(
    binder: &mut Binder<'_>,
    mark: &GraphMarkComponents,
    input: Relation,
) -> Relation {
    let Some(mut source) = source(input) else {
        return Relation::unknown();
    };
    let mut name = "ComponentId".to_string();
    let mut kind = Component::Weak;
    for parameter in &mark.parameters {
        match (parameter.name.text.as_str(), word(&parameter.value)) {
            ("with_component_id", Some(given)) => name = given.to_string(),
            ("kind", Some("weak")) => kind = Component::Weak,
            ("kind", Some("strong")) => kind = Component::Strong,
            _ => unknown_parameter(binder, parameter, "graph-mark-components"),
        }
    }
    if source
        .graph
        .shown_node_columns()
        .iter()
        .any(|column| column.name == name)
    {
        let span = mark
            .parameters
            .first()
            .map_or(Span::default(), |given| given.span);
        binder.report(facts::duplicate_column(span, &name));
        return Relation::unknown();
    }
    source.graph.marks.push(Mark { name, kind });
    Relation::new(Vec::new(), Node::Graph(Box::new(source)))
}

fn word(expr: &Expr) -> Option<&str> {
    match &expr.kind {
        ExprKind::Name(name) => Some(&name.text),
        ExprKind::Literal(literal) => match &literal.value {
            Value::String(text) => Some(text),
            _ => None,
        },
        _ => None,
    }
}

fn unknown_parameter(binder: &mut Binder<'_>, parameter: &OperatorParameter, operator: &str) {
    let what = format!("`{}` with this value in `{operator}`", parameter.name.text);
    binder.unsupported(parameter.span, &what);
}

pub(super) fn to_table(binder: &mut Binder<'_>, table: &GraphToTable, input: Relation) -> Relation {
    let Some(source) = source(input) else {
        return Relation::unknown();
    };
    let mut result = None;
    for output in &table.outputs {
        let relation = exported(binder, output, &source);
        if let Some(alias) = &output.alias {
            let binding = Binding::Table(Rc::new(relation.clone()));
            binder.scope.set(&alias.text, binding);
        }
        result = Some(relation);
    }
    result.unwrap_or_else(Relation::unknown)
}

fn exported(binder: &mut Binder<'_>, output: &GraphOutput, source: &GraphSource) -> Relation {
    let id = |name: &str| {
        output
            .parameters
            .iter()
            .find(|parameter| parameter.name.text == name)
            .and_then(|parameter| word(&parameter.value))
            .map(|name| Column::new(name, Type::Long))
    };
    let (query, ids, columns) = match output.what.text.as_str() {
        "nodes" => {
            let ids = vec![id("with_node_id")];
            let query = Query::Nodes {
                with_id: ids[0].is_some(),
            };
            (query, ids, source.graph.shown_node_columns())
        }
        "edges" => {
            let ids = vec![id("with_source_id"), id("with_target_id")];
            let query = Query::Edges {
                with_source: ids[0].is_some(),
                with_target: ids[1].is_some(),
            };
            (query, ids, source.graph.edge_columns.clone())
        }
        other => {
            let message = format!("`{other}` is neither `nodes` nor `edges`");
            binder.report(Diagnostic::binding("KS005", output.what.span, message));
            return Relation::unknown();
        }
    };
    let ids: Vec<Column> = ids.into_iter().flatten().collect();
    if let Some(id) = ids
        .iter()
        .find(|id| columns.iter().any(|column| column.name == id.name))
    {
        binder.report(facts::duplicate_column(output.what.span, &id.name));
    }
    let columns: Vec<Column> = ids.into_iter().chain(columns).collect();
    if columns.is_empty() {
        binder.unsupported(output.what.span, "a table of nodes that have no columns");
        return Relation::unknown();
    }
    program(source, query, columns)
}

fn program(source: &GraphSource, query: Query, columns: Vec<Column>) -> Relation {
    Relation::new(
        columns,
        Node::Program {
            inputs: source.inputs.clone(),
            program: Arc::new(GraphProgram {
                graph: source.graph.clone(),
                query,
            }),
        },
    )
}

pub(super) fn matched(
    binder: &mut Binder<'_>,
    written: &GraphMatch,
    input: Relation,
    span: Span,
) -> Relation {
    let mut cycles = Cycles::UniqueEdges;
    for parameter in &written.parameters {
        cycles = match word(&parameter.value) {
            Some("all") => Cycles::All,
            Some("none") => Cycles::None,
            Some("unique_edges") => Cycles::UniqueEdges,
            _ => {
                unknown_parameter(binder, parameter, "graph-match");
                cycles
            }
        };
    }
    let Some(source) = source(input) else {
        return Relation::unknown();
    };
    search(binder, written, &source, span, |_, pattern, _| {
        Some(Query::Match(pattern, cycles))
    })
}

pub(super) fn shortest_paths(
    binder: &mut Binder<'_>,
    written: &GraphMatch,
    input: Relation,
    span: Span,
) -> Relation {
    let mut paths = Paths::Any;
    for parameter in &written.parameters {
        paths = match word(&parameter.value) {
            Some("any") => Paths::Any,
            Some("all") => Paths::All,
            _ => {
                unknown_parameter(binder, parameter, "graph-shortest-paths");
                paths
            }
        };
    }
    let Some(source) = source(input) else {
        return Relation::unknown();
    };
    search(binder, written, &source, span, |binder, pattern, rest| {
        let one_path = matches!(pattern.edges.as_slice(), [edge] if edge.length.is_some() && edge.from != edge.to);
        if !one_path {
            binder.unsupported(
                span,
                "`graph-shortest-paths` over anything but one edge of variable length",
            );
            return None;
        }
        if asks_of_path(rest, &pattern.wanted) {
            let diagnostic = Diagnostic::unsupported(
                span,
                "`graph-shortest-paths` with a condition on whole paths is not supported",
            );
            binder.report(diagnostic.help("`all(path, …)` says what holds for every edge"));
            return None;
        }
        Some(Query::ShortestPaths(pattern, paths))
    })
}

fn asks_of_path(rest: &[Scalar], wanted: &[Wanted]) -> bool {
    rest.iter().any(|scalar| {
        places(scalar, wanted)
            .iter()
            .any(|place| place.is_of_path())
    })
}

/// Binds the pattern, `where` and `project`; `query` is given the pattern and what is left of `where`.
fn search(
    binder: &mut Binder<'_>,
    written: &GraphMatch,
    source: &GraphSource,
    span: Span,
    query: impl FnOnce(&mut Binder<'_>, Pattern, &[Scalar]) -> Option<Query>,
) -> Relation {
    let Some(items) = &written.project else {
        binder.unsupported(span, "a pattern without `project`");
        return Relation::unknown();
    };
    let Some((mut pattern, variables)) = pattern(binder, written, span) else {
        return Relation::unknown();
    };
    let mut names = PatternNames::new(
        source.graph.all_node_columns(),
        source.graph.edge_columns.clone(),
    );
    names.variables = variables;
    let outer = std::mem::replace(&mut binder.variables, Variables::Pattern(names));
    let nothing = Relation::new(Vec::new(), Node::Values(Vec::new()));
    let predicate = written
        .predicate
        .as_ref()
        .map(|predicate| binder.condition(predicate, Some(&nothing)));
    if let Variables::Pattern(names) = &mut binder.variables {
        names.clause = Clause::Project;
    }
    let projected = project(
        binder,
        &Project {
            items: items.clone(),
        },
        nothing,
    );
    let Variables::Pattern(mut names) = std::mem::replace(&mut binder.variables, outer) else {
        return Relation::unknown();
    };
    if names.wanted.is_empty() {
        names.want(Place::Node(0), Scalar::literal(Value::Bool(Some(true))));
    }
    let Node::Project { items, .. } = projected.node else {
        return Relation::unknown();
    };
    pattern.wanted = names.wanted;
    let mut rest = Vec::new();
    for conjunct in conjuncts(predicate) {
        rest.extend(placed(&mut pattern, conjunct));
    }
    let columns = pattern
        .wanted
        .iter()
        .enumerate()
        .map(|(number, wanted)| Column::new(match_column(number), wanted.scalar.ty))
        .collect();
    let Some(query) = query(binder, pattern, &rest) else {
        return Relation::unknown();
    };
    let mut matches = program(source, query, columns);
    if !rest.is_empty() {
        matches = matches.filtered(Scalar::all(rest));
    }
    matches.projected(items)
}

fn conjuncts(predicate: Option<Scalar>) -> Vec<Scalar> {
    match predicate {
        None => Vec::new(),
        Some(Scalar {
            kind: ScalarKind::And(operands),
            ..
        }) => operands
            .into_iter()
            .flat_map(|operand| conjuncts(Some(operand)))
            .collect(),
        Some(other) => vec![other],
    }
}

/// Where the parts of a match are of which a scalar tells.
fn places(scalar: &Scalar, wanted: &[Wanted]) -> Vec<Place> {
    let mut places = Vec::new();
    scalar.visit(&mut |part| {
        if let Some(found) = wanted_by(part, wanted)
            && !places.contains(&found.place)
        {
            places.push(found.place);
        }
    });
    places
}

fn wanted_by<'w>(part: &Scalar, wanted: &'w [Wanted]) -> Option<&'w Wanted> {
    let ScalarKind::Column(name) = &part.kind else {
        return None;
    };
    let number: usize = name.strip_prefix("__match")?.parse().ok()?;
    wanted.get(number)
}

/// Puts a condition where it decides the search; gives it back when it is one on the whole match.
fn placed(pattern: &mut Pattern, conjunct: Scalar) -> Option<Scalar> {
    let places = places(&conjunct, &pattern.wanted);
    let [place] = places.as_slice() else {
        return Some(conjunct);
    };
    let is_itself = matches!(conjunct.kind, ScalarKind::Column(_));
    let wanted = pattern.wanted.clone();
    let inner = |conjunct: Scalar| {
        conjunct.map(&mut |part| match wanted_by(&part, &wanted) {
            Some(wanted) => wanted.scalar.clone(),
            None => part,
        })
    };
    match place {
        Place::Node(node) => pattern.nodes[*node].push(inner(conjunct)),
        Place::Edge(edge) => pattern.edges[*edge].conditions.push(inner(conjunct)),
        Place::AllEdges(path) if is_itself => {
            pattern.edges[*path].conditions.push(inner(conjunct));
        }
        Place::AllNodes(path) if is_itself => {
            pattern.edges[*path].inner_conditions.push(inner(conjunct));
        }
        _ => return Some(conjunct),
    }
    None
}

type NamedVariables = Vec<(String, Variable)>;

/// The pattern's nodes and edges, and their names.
fn pattern(
    binder: &mut Binder<'_>,
    written: &GraphMatch,
    span: Span,
) -> Option<(Pattern, NamedVariables)> {
    let mut pattern = Pattern::default();
    let mut variables: NamedVariables = Vec::new();
    for sequence in &written.pattern {
        let mut nodes = Vec::new();
        for name in &sequence.nodes {
            nodes.push(node(binder, name.as_ref(), &mut pattern, &mut variables)?);
        }
        for (index, edge) in sequence.edges.iter().enumerate() {
            let (left, right) = (nodes[index], nodes[index + 1]);
            add_edge(binder, edge, (left, right), &mut pattern, &mut variables)?;
        }
    }
    if !is_connected(&pattern) {
        binder.report(Diagnostic::binding(
            "SEM0001",
            span,
            "the parts of the pattern are not connected",
        ));
        return None;
    }
    Some((pattern, variables))
}

fn node(
    binder: &mut Binder<'_>,
    name: Option<&Name>,
    pattern: &mut Pattern,
    variables: &mut NamedVariables,
) -> Option<usize> {
    if let Some(name) = name {
        let known = variables.iter().find(|(known, _)| *known == name.text);
        match known {
            Some((_, Variable::Node(node))) => return Some(*node),
            Some(_) => {
                binder.report(facts::duplicate_column(name.span, &name.text));
                return None;
            }
            None => variables.push((name.text.clone(), Variable::Node(pattern.nodes.len()))),
        }
    }
    pattern.nodes.push(Vec::new());
    Some(pattern.nodes.len() - 1)
}

fn add_edge(
    binder: &mut Binder<'_>,
    edge: &GraphEdge,
    (left, right): (usize, usize),
    pattern: &mut Pattern,
    variables: &mut NamedVariables,
) -> Option<()> {
    let number = pattern.edges.len();
    let length = match &edge.length {
        Some((least, most)) => {
            let (least_count, most_count) = (count(binder, least)?, count(binder, most)?);
            if least_count > most_count {
                binder.report(Diagnostic::binding(
                    "SEM0001",
                    least.span.to(most.span),
                    "the least length is above the most",
                ));
                return None;
            }
            Some((least_count, most_count))
        }
        None => None,
    };
    if let Some(name) = &edge.name {
        if variables.iter().any(|(known, _)| *known == name.text) {
            binder.report(facts::duplicate_column(name.span, &name.text));
            return None;
        }
        let variable = match length {
            Some(_) => Variable::Path(number),
            None => Variable::Edge(number),
        };
        variables.push((name.text.clone(), variable));
    }
    let (from, to) = match edge.direction {
        GraphDirection::Right | GraphDirection::Any => (left, right),
        GraphDirection::Left => (right, left),
    };
    pattern.edges.push(PatternEdge {
        from,
        to,
        any_direction: edge.direction == GraphDirection::Any,
        read_backwards: edge.direction == GraphDirection::Left,
        length,
        conditions: Vec::new(),
        inner_conditions: Vec::new(),
    });
    Some(())
}

fn count(binder: &mut Binder<'_>, expr: &Expr) -> Option<usize> {
    let value = binder.scalar(expr, None);
    let count = binder.constant_long(&value, expr.span)?;
    let checked = usize::try_from(count).ok();
    if checked.is_none() {
        binder.report(facts::negative(expr.span, "the length of a path", count));
    }
    checked
}

fn is_connected(pattern: &Pattern) -> bool {
    let mut reached = vec![false; pattern.nodes.len()];
    if let Some(first) = reached.first_mut() {
        *first = true;
    }
    while let Some(edge) = pattern
        .edges
        .iter()
        .find(|edge| reached[edge.from] != reached[edge.to])
    {
        reached[edge.from] = true;
        reached[edge.to] = true;
    }
    reached.into_iter().all(|reached| reached)
}
