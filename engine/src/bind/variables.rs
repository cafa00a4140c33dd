//! Names that stand for more than a value: the steps of `scan`, the nodes, edges and paths of a graph's pattern.
//!
//! `step.Column` is a column of the scan's state. What a query asks of a variable of a pattern (`a.name`, `map(e, weight)`) becomes
//! a column that the matching program is told to give.

use super::{Binder, facts};
use crate::functions;
use crate::ir::{Node, Relation, Scalar, ScalarKind};
use crate::program::graph::{DEGREE_IN, DEGREE_OUT, NODE_KEY, Place, Wanted};
use crate::program::scan::state_column;
use huntql_kql::ast::{Call, Expr, ExprKind, Name};
use huntql_kql::diagnostics::Diagnostic;
use huntql_kql::span::Span;
use huntql_kql::types::{Column, Type, Value};
use std::rc::Rc;

/// Calls that mean something in a graph's pattern only, and what they give.
pub(crate) const PATTERN_CALLS: &[(&str, &str)] = &[
    (
        "all",
        "In a graph's pattern: tells whether a condition is true of every edge, or inner node, of a path.",
    ),
    (
        "any",
        "In a graph's pattern: tells whether a condition is true of some edge, or inner node, of a path.",
    ),
    (
        "inner_nodes",
        "In a graph's pattern: the nodes of a path without its ends.",
    ),
    (
        "labels",
        "In a graph's pattern: gives the labels; a graph of tables has none.",
    ),
    (
        "map",
        "In a graph's pattern: gives an array of a value of every edge, or inner node, of a path.",
    ),
    (
        "node_degree_in",
        "In a graph's pattern: counts the edges into a node.",
    ),
    (
        "node_degree_out",
        "In a graph's pattern: counts the edges out of a node.",
    ),
    (
        "node_id",
        "In a graph's pattern: gives the text of what edges call a node.",
    ),
];

/// The names in force beside the columns.
#[derive(Debug, Default)]
pub(crate) enum Variables {
    #[default]
    None,
    Steps(StepNames),
    Pattern(PatternNames),
}

#[derive(Debug)]
pub(crate) struct StepNames {
    /// The steps up to the one that is being bound.
    pub steps: Vec<String>,
    /// The steps behind it: a query that names them is told so.
    pub later: Vec<String>,
    pub columns: Vec<Column>,
}

#[derive(Debug)]
pub(crate) struct PatternNames {
    pub variables: Vec<(String, Variable)>,
    /// Rows of the nodes and of the edges.
    pub nodes: Rc<Relation>,
    pub edges: Rc<Relation>,
    pub wanted: Vec<Wanted>,
    /// Inside of `all`, `any` or `map`: over what.
    pub inside: Option<Over>,
    pub clause: Clause,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Variable {
    Node(usize),
    Edge(usize),
    Path(usize),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Over {
    Nodes,
    Edges,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Clause {
    Where,
    Project,
}

/// What the columns of a matching program are called.
pub(crate) fn match_column(number: usize) -> String {
    format!("__match{number}")
}

impl PatternNames {
    pub fn new(nodes: Vec<Column>, edges: Vec<Column>) -> Self {
        let row = |columns| Rc::new(Relation::new(columns, Node::Values(Vec::new())));
        Self {
            variables: Vec::new(),
            nodes: row(nodes),
            edges: row(edges),
            wanted: Vec::new(),
            inside: None,
            clause: Clause::Where,
        }
    }

    fn find(&self, name: &str) -> Option<Variable> {
        let (_, variable) = self.variables.iter().find(|(known, _)| known == name)?;
        Some(*variable)
    }

    fn rows(&self, over: Over) -> Rc<Relation> {
        match over {
            Over::Nodes => Rc::clone(&self.nodes),
            Over::Edges => Rc::clone(&self.edges),
        }
    }

    /// The column of a scalar at a place in the match.
    pub fn want(&mut self, place: Place, scalar: Scalar) -> Scalar {
        let ty = scalar.ty;
        let written = format!("{scalar:?}");
        let known = self
            .wanted
            .iter()
            .position(|wanted| wanted.place == place && format!("{:?}", wanted.scalar) == written);
        let number = known.unwrap_or_else(|| {
            self.wanted.push(Wanted { place, scalar });
            self.wanted.len() - 1
        });
        Scalar::column(&Column::new(match_column(number), ty))
    }
}

impl Binder<'_> {
    fn pattern(&mut self) -> Option<&mut PatternNames> {
        match &mut self.variables {
            Variables::Pattern(names) if names.inside.is_none() => Some(names),
            _ => None,
        }
    }

    /// A variable by itself; `None` when the name is none.
    pub(super) fn variable(&mut self, name: &Name) -> Option<Scalar> {
        let names = self.pattern()?;
        let variable = names.find(&name.text)?;
        let (place, over) = match variable {
            Variable::Node(node) => (Place::Node(node), Over::Nodes),
            Variable::Edge(edge) => (Place::Edge(edge), Over::Edges),
            Variable::Path(path) => (Place::PathEdges(path), Over::Edges),
        };
        let rows = names.rows(over);
        let bag = self.properties(&rows, name.span);
        Some(self.pattern()?.want(place, bag))
    }

    /// All properties as a bag.
    fn properties(&mut self, rows: &Relation, span: Span) -> Scalar {
        let arguments: Vec<Scalar> = rows
            .columns
            .iter()
            .filter(|column| ![DEGREE_IN, DEGREE_OUT, NODE_KEY].contains(&column.name.as_str()))
            .flat_map(|column| {
                let name = Scalar::literal(Value::String(column.name.clone()));
                [name, Scalar::column(column)]
            })
            .collect();
        if arguments.is_empty() {
            return Scalar::literal(Value::Dynamic(Some("{}".into())));
        }
        let row = functions::find("bag_pack").expect("`bag_pack` has a row");
        self.apply(row, arguments, &[], span)
    }

    /// `variable.name`; `None` when the object is no variable.
    pub(super) fn variable_member(&mut self, object: &Name, name: &Name) -> Option<Scalar> {
        if let Variables::Steps(steps) = &self.variables {
            if steps.later.contains(&object.text) {
                let what = format!("the later step `{}` in an earlier one", object.text);
                self.unsupported(object.span, &what);
                return Some(Scalar::error());
            }
            if !steps.steps.contains(&object.text) {
                return None;
            }
            let columns = steps.columns.clone();
            return Some(self.property(&columns, name, |column| {
                state_column(&object.text, &column.name)
            }));
        }
        let names = self.pattern()?;
        let variable = names.find(&object.text)?;
        let clause = names.clause;
        let over = match variable {
            Variable::Node(_) => Over::Nodes,
            Variable::Edge(_) | Variable::Path(_) => Over::Edges,
        };
        let columns = names.rows(over).columns.clone();
        let value = self.property(&columns, name, |column| column.name.clone());
        if value.is_error() {
            return Some(value);
        }
        let (place, value) = match variable {
            Variable::Node(node) => (Place::Node(node), value),
            Variable::Edge(edge) => (Place::Edge(edge), value),
            Variable::Path(_) if clause == Clause::Where => {
                let diagnostic = Diagnostic::unsupported(
                    object.span.to(name.span),
                    format!(
                        "a property of the path `{}` in `where` is not supported",
                        object.text
                    ),
                );
                return Some(self.wrong(diagnostic.help(format!(
                    "say which edges are meant: `all({0}, …)` or `any({0}, …)`",
                    object.text
                ))));
            }
            Variable::Path(path) => (Place::PathEdges(path), self.convert(value, Type::Dynamic)),
        };
        Some(self.pattern()?.want(place, value))
    }

    fn property(
        &mut self,
        columns: &[Column],
        name: &Name,
        called: impl Fn(&Column) -> String,
    ) -> Scalar {
        match columns.iter().find(|column| column.name == name.text) {
            Some(column) => Scalar::column(&Column::new(called(column), column.ty)),
            None => {
                let diagnostic = facts::unknown_column(name.span, &name.text);
                let known = columns.iter().map(|column| column.name.as_str());
                self.wrong(Self::suggest(diagnostic, &name.text, known))
            }
        }
    }

    /// A call that means something in a pattern only; `None` when it is none.
    pub(super) fn pattern_call(&mut self, call: &Call, span: Span) -> Option<Scalar> {
        let Variables::Pattern(names) = &self.variables else {
            return None;
        };
        let inside = names.inside;
        match (call.name.text.as_str(), call.args.as_slice(), inside) {
            ("all", [over, value], None) => {
                Some(self.over_path(&over.value, &value.value, Fold::All, span))
            }
            ("any", [over, value], None) => {
                Some(self.over_path(&over.value, &value.value, Fold::Any, span))
            }
            ("map", [over, value], None) => {
                Some(self.over_path(&over.value, &value.value, Fold::Map, span))
            }
            // A graph of tables has no labels.
            ("labels", [_], None) | ("labels", [], Some(_)) => {
                Some(Scalar::literal(Value::Dynamic(Some("[]".into()))))
            }
            ("node_degree_in", args, inside) => self.of_node(DEGREE_IN, args.first(), inside),
            ("node_degree_out", args, inside) => self.of_node(DEGREE_OUT, args.first(), inside),
            ("node_id", args, inside) => self.of_node(NODE_KEY, args.first(), inside),
            _ => None,
        }
    }

    /// A hidden column of a node.
    fn of_node(
        &mut self,
        column: &str,
        of: Option<&huntql_kql::ast::Arg>,
        inside: Option<Over>,
    ) -> Option<Scalar> {
        let ty = if column == NODE_KEY {
            Type::String
        } else {
            Type::Long
        };
        let value = Scalar::column(&Column::new(column, ty));
        match (of.map(|arg| &arg.value.kind), inside) {
            (None, Some(Over::Nodes)) => Some(value),
            (Some(ExprKind::Name(name)), None) => {
                let names = self.pattern()?;
                match names.find(&name.text)? {
                    Variable::Node(node) => Some(names.want(Place::Node(node), value)),
                    Variable::Edge(_) | Variable::Path(_) => None,
                }
            }
            _ => None,
        }
    }

    /// `all(path, …)`, `map(inner_nodes(path), …)`
    fn over_path(&mut self, over: &Expr, value: &Expr, fold: Fold, span: Span) -> Scalar {
        let (name, over) = match &over.kind {
            ExprKind::Call(call) if call.name.text == "inner_nodes" && call.args.len() == 1 => {
                (&call.args[0].value, Over::Nodes)
            }
            _ => (over, Over::Edges),
        };
        let path = match &name.kind {
            ExprKind::Name(name) => self.pattern().and_then(|names| names.find(&name.text)),
            _ => None,
        };
        let Some(Variable::Path(path)) = path else {
            return self.wrong(Diagnostic::binding(
                "KS109",
                name.span,
                "an edge of variable length is needed here",
            ));
        };
        let Some(names) = self.pattern() else {
            return Scalar::error();
        };
        names.inside = Some(over);
        let rows = names.rows(over);
        let bound = match fold {
            Fold::Map => {
                let bound = self.scalar(value, Some(&rows));
                self.convert(bound, Type::Dynamic)
            }
            Fold::All | Fold::Any => self.condition(value, Some(&rows)),
        };
        let Variables::Pattern(names) = &mut self.variables else {
            return Scalar::error();
        };
        names.inside = None;
        if bound.is_error() {
            return bound;
        }
        if matches!(bound.kind, ScalarKind::Subquery(_)) {
            self.unsupported(span, "a table inside of a graph function");
            return Scalar::error();
        }
        names.want(fold.place(path, over), bound)
    }
}

#[derive(Debug, Clone, Copy)]
enum Fold {
    All,
    Any,
    Map,
}

impl Fold {
    fn place(self, path: usize, over: Over) -> Place {
        match (self, over) {
            (Fold::All, Over::Edges) => Place::AllEdges(path),
            (Fold::All, Over::Nodes) => Place::AllNodes(path),
            (Fold::Any, Over::Edges) => Place::AnyEdge(path),
            (Fold::Any, Over::Nodes) => Place::AnyNode(path),
            (Fold::Map, Over::Edges) => Place::PathEdges(path),
            (Fold::Map, Over::Nodes) => Place::PathNodes(path),
        }
    }
}
