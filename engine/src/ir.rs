//! The bound query: every name resolved, every scalar typed, every column named, before DataFusion sees anything.
//!
//! Within one relation column names are unique and case-exact; a scalar names columns of its operator's input. The nodes are
//! fewer than KQL's operators: an operator's `bind` says what it means in these.

use crate::aggregates::AggregateCall;
use crate::bind::window::WINDOW_PREFIX;
use crate::catalog::Table;
use crate::functions::Callable;
use crate::operators::GraphSource;
use crate::program::Program;
use crate::query::RenderAnnotation;
use crate::windows::WindowCall;
use huntql_kql::types::{Column, Type, Value};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A typed scalar expression over the columns of an input. It travels once its sub-queries have run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Scalar {
    pub ty: Type,
    pub kind: ScalarKind,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum ScalarKind {
    Literal(Value),
    Column(String),
    /// A kernel; the arguments already have the callable's parameter types.
    Call(Box<Callable>, Vec<Scalar>),
    /// A conversion from the operand's type to this scalar's.
    Convert(Box<Scalar>),
    /// Two or more; three-valued.
    And(Vec<Scalar>),
    /// Two or more; three-valued.
    Or(Vec<Scalar>),
    Not(Box<Scalar>),
    /// Operands of one type that is not `dynamic`.
    Compare(Compare, Box<Scalar>, Box<Scalar>),
    /// The first branch whose condition is true; all values of one type.
    Case(Vec<(Scalar, Scalar)>, Box<Scalar>),
    /// Never null itself. Of a string: false.
    IsNull(Box<Scalar>),
    /// Membership among constants of the operand's type, none of them null.
    InList {
        value: Box<Scalar>,
        items: Vec<Value>,
        negated: bool,
    },
    /// `value in (relation)`: membership in the first column of a relation, which runs first.
    #[serde(skip)]
    InRelation {
        value: Box<Scalar>,
        relation: Box<Relation>,
        negated: bool,
        ignore_case: bool,
    },
    /// `toscalar(relation)`: the first column of its first row, or null. Runs first.
    #[serde(skip)]
    Subquery(Box<Relation>),
    /// Something that was reported already. Its type is `dynamic`, so that it fits everywhere and is not reported again.
    #[serde(skip)]
    Error,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Compare {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// A tabular expression.
#[derive(Debug, Clone)]
pub struct Relation {
    /// What `*` and the output show, in order.
    pub columns: Vec<Column>,
    /// Columns that can be named but are not shown.
    pub hidden: Vec<Column>,
    /// Other spellings of columns: `TimeGenerated` for `Timestamp`.
    pub aliases: Vec<(String, String)>,
    /// The order of the rows, when the query made one.
    pub order: Order,
    /// The source of the rows was not known, which was reported: unknown columns are not reported again.
    pub unknown: bool,
    pub node: Node,
}

/// What is known of the order of rows.
#[derive(Debug, Clone, Default)]
pub enum Order {
    /// None: window functions are refused.
    #[default]
    Unordered,
    /// The order in which the rows come (`serialize`, `datatable`, `range`).
    Serialized,
    /// By these keys, over columns or hidden columns.
    By(Vec<SortKey>),
}

impl Order {
    pub fn is_serialized(&self) -> bool {
        !matches!(self, Order::Unordered)
    }

    /// Nothing but the place of a row tells of its order.
    pub fn is_as_it_comes(&self) -> bool {
        matches!(self, Order::Serialized)
    }
}

#[derive(Debug, Clone)]
pub enum Node {
    /// All columns of a table, hidden ones among them.
    Scan(Box<Table>),
    /// Constant rows, one value for each column.
    Values(Vec<Vec<Value>>),
    /// `from, from + step, …` up to `to`, of one numeric or time type.
    Range {
        from: Scalar,
        to: Scalar,
        step: Scalar,
    },
    Filter {
        input: Box<Relation>,
        predicate: Scalar,
    },
    /// Computes all `columns`, then perhaps hidden ones; other hidden columns of the relation pass through.
    Project {
        input: Box<Relation>,
        items: Vec<(String, Scalar)>,
    },
    /// Columns are the groups, then the aggregates' columns.
    /// `position` grows with the order of the rows, for aggregates that look at it.
    Aggregate {
        input: Box<Relation>,
        groups: Vec<(String, Scalar)>,
        aggregates: Vec<BoundAggregate>,
        position: Option<Scalar>,
    },
    Sort {
        input: Box<Relation>,
        keys: Vec<SortKey>,
        limit: Option<u64>,
    },
    Limit {
        input: Box<Relation>,
        count: u64,
    },
    /// Distinct rows over all columns.
    Distinct {
        input: Box<Relation>,
    },
    /// One row (any) for each value of the keys.
    DistinctOn {
        input: Box<Relation>,
        keys: Vec<Scalar>,
    },
    /// Names of both sides are disjoint. Columns are the left's, then the right's (only one side's for semi and anti).
    Join {
        kind: JoinKind,
        left: Box<Relation>,
        right: Box<Relation>,
        on: Vec<(Scalar, Scalar)>,
    },
    /// All inputs have the same columns.
    Union {
        inputs: Vec<Relation>,
    },
    /// Adds a column for each window call; rows keep their order.
    Window {
        input: Box<Relation>,
        items: Vec<(String, WindowCall, Vec<Scalar>)>,
    },
    /// Rows that a program makes of whole inputs.
    Program {
        inputs: Vec<Relation>,
        program: Arc<dyn Program>,
    },
    /// A graph, which has no rows: graph operators read it.
    Graph(Box<GraphSource>),
    /// One row for each element of the arrays (in step, short ones padded with null). Replaces or adds the named columns.
    Unnest {
        input: Box<Relation>,
        items: Vec<Unnested>,
        index: Option<String>,
    },
}

/// One expanded array of an [`Node::Unnest`].
#[derive(Debug, Clone)]
pub struct Unnested {
    pub name: String,
    /// A `dynamic` scalar.
    pub value: Scalar,
    /// The type of the elements after conversion.
    pub ty: Type,
    /// A bag's elements: one-slot bags, or `[key, value]` arrays.
    pub bags_as_arrays: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JoinKind {
    Inner,
    LeftOuter,
    RightOuter,
    FullOuter,
    LeftSemi,
    LeftAnti,
    RightSemi,
    RightAnti,
}

#[derive(Debug, Clone)]
pub struct SortKey {
    pub value: Scalar,
    pub descending: bool,
    pub nulls_first: bool,
}

/// One aggregate of a `summarize`, which may give several columns (`arg_max`).
#[derive(Debug, Clone)]
pub struct BoundAggregate {
    pub columns: Vec<Column>,
    pub call: AggregateCall,
    pub arguments: Vec<Scalar>,
}

/// A tabular statement, bound.
#[derive(Debug, Clone)]
pub struct BoundQuery {
    pub relation: Relation,
    pub render: Option<RenderAnnotation>,
}

impl Scalar {
    pub fn new(ty: Type, kind: ScalarKind) -> Self {
        Self { ty, kind }
    }

    pub fn literal(value: Value) -> Self {
        Self {
            ty: value.ty(),
            kind: ScalarKind::Literal(value),
        }
    }

    pub fn column(column: &Column) -> Self {
        Self {
            ty: column.ty,
            kind: ScalarKind::Column(column.name.clone()),
        }
    }

    /// Stands for something that was reported.
    pub fn error() -> Self {
        Self {
            ty: Type::Dynamic,
            kind: ScalarKind::Error,
        }
    }

    pub fn is_error(&self) -> bool {
        matches!(self.kind, ScalarKind::Error)
    }

    pub fn as_literal(&self) -> Option<&Value> {
        match &self.kind {
            ScalarKind::Literal(value) => Some(value),
            _ => None,
        }
    }

    /// Conjunction of any number; true when there is none.
    pub fn all(mut operands: Vec<Scalar>) -> Scalar {
        match operands.len() {
            0 => Scalar::literal(Value::Bool(Some(true))),
            1 => operands.remove(0),
            _ => Scalar::new(Type::Bool, ScalarKind::And(operands)),
        }
    }

    /// Disjunction of any number; false when there is none.
    pub fn any(mut operands: Vec<Scalar>) -> Scalar {
        match operands.len() {
            0 => Scalar::literal(Value::Bool(Some(false))),
            1 => operands.remove(0),
            _ => Scalar::new(Type::Bool, ScalarKind::Or(operands)),
        }
    }

    pub fn negated(self) -> Scalar {
        Scalar::new(Type::Bool, ScalarKind::Not(Box::new(self)))
    }

    /// Visits this scalar and all below it, relations of sub-queries not among them.
    pub fn visit<'a>(&'a self, visitor: &mut dyn FnMut(&'a Scalar)) {
        visitor(self);
        for child in self.children() {
            child.visit(visitor);
        }
    }

    fn children(&self) -> Vec<&Scalar> {
        match &self.kind {
            ScalarKind::Literal(_)
            | ScalarKind::Column(_)
            | ScalarKind::Subquery(_)
            | ScalarKind::Error => Vec::new(),
            ScalarKind::Call(_, operands)
            | ScalarKind::And(operands)
            | ScalarKind::Or(operands) => operands.iter().collect(),
            ScalarKind::Convert(operand)
            | ScalarKind::Not(operand)
            | ScalarKind::IsNull(operand) => vec![operand],
            ScalarKind::Compare(_, left, right) => vec![left, right],
            ScalarKind::Case(branches, otherwise) => branches
                .iter()
                .flat_map(|(condition, value)| [condition, value])
                .chain([&**otherwise])
                .collect(),
            ScalarKind::InList { value, .. } | ScalarKind::InRelation { value, .. } => vec![value],
        }
    }

    /// The same scalar with every part replaced by what `change` gives for it, from the leaves up.
    pub fn map(self, change: &mut dyn FnMut(Scalar) -> Scalar) -> Scalar {
        let Scalar { ty, kind } = self;
        let boxed = |scalar: Box<Scalar>, change: &mut dyn FnMut(Scalar) -> Scalar| {
            Box::new(scalar.map(change))
        };
        let kind = match kind {
            ScalarKind::Call(callable, operands) => ScalarKind::Call(
                callable,
                operands
                    .into_iter()
                    .map(|operand| operand.map(change))
                    .collect(),
            ),
            ScalarKind::And(operands) => ScalarKind::And(
                operands
                    .into_iter()
                    .map(|operand| operand.map(change))
                    .collect(),
            ),
            ScalarKind::Or(operands) => ScalarKind::Or(
                operands
                    .into_iter()
                    .map(|operand| operand.map(change))
                    .collect(),
            ),
            ScalarKind::Convert(operand) => ScalarKind::Convert(boxed(operand, change)),
            ScalarKind::Not(operand) => ScalarKind::Not(boxed(operand, change)),
            ScalarKind::IsNull(operand) => ScalarKind::IsNull(boxed(operand, change)),
            ScalarKind::Compare(compare, left, right) => {
                ScalarKind::Compare(compare, boxed(left, change), boxed(right, change))
            }
            ScalarKind::Case(branches, otherwise) => ScalarKind::Case(
                branches
                    .into_iter()
                    .map(|(condition, value)| (condition.map(change), value.map(change)))
                    .collect(),
                boxed(otherwise, change),
            ),
            ScalarKind::InList {
                value,
                items,
                negated,
            } => ScalarKind::InList {
                value: boxed(value, change),
                items,
                negated,
            },
            ScalarKind::InRelation {
                value,
                relation,
                negated,
                ignore_case,
            } => ScalarKind::InRelation {
                value: boxed(value, change),
                relation,
                negated,
                ignore_case,
            },
            leaf @ (ScalarKind::Literal(_)
            | ScalarKind::Column(_)
            | ScalarKind::Subquery(_)
            | ScalarKind::Error) => leaf,
        };
        change(Scalar { ty, kind })
    }
}

impl Relation {
    /// A relation with these columns and nothing else known of it.
    pub fn new(columns: Vec<Column>, node: Node) -> Self {
        Self {
            columns,
            hidden: Vec::new(),
            aliases: Vec::new(),
            order: Order::Unordered,
            unknown: false,
            node,
        }
    }

    /// Stands for a table that was reported: no rows, any column.
    pub fn unknown() -> Self {
        Self {
            unknown: true,
            ..Self::new(Vec::new(), Node::Values(Vec::new()))
        }
    }

    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The relations that it is made of.
    pub fn inputs(&self) -> Vec<&Relation> {
        match &self.node {
            Node::Scan(_) | Node::Values(_) | Node::Range { .. } => Vec::new(),
            Node::Filter { input, .. }
            | Node::Project { input, .. }
            | Node::Aggregate { input, .. }
            | Node::Sort { input, .. }
            | Node::Limit { input, .. }
            | Node::Distinct { input }
            | Node::DistinctOn { input, .. }
            | Node::Window { input, .. }
            | Node::Unnest { input, .. } => vec![input],
            Node::Join { left, right, .. } => vec![left, right],
            Node::Union { inputs } | Node::Program { inputs, .. } => inputs.iter().collect(),
            Node::Graph(source) => source.inputs.iter().collect(),
        }
    }

    /// The same, to be changed in their places.
    pub fn inputs_mut(&mut self) -> Vec<&mut Relation> {
        match &mut self.node {
            Node::Scan(_) | Node::Values(_) | Node::Range { .. } => Vec::new(),
            Node::Filter { input, .. }
            | Node::Project { input, .. }
            | Node::Aggregate { input, .. }
            | Node::Sort { input, .. }
            | Node::Limit { input, .. }
            | Node::Distinct { input }
            | Node::DistinctOn { input, .. }
            | Node::Window { input, .. }
            | Node::Unnest { input, .. } => vec![input],
            Node::Join { left, right, .. } => vec![left, right],
            Node::Union { inputs } | Node::Program { inputs, .. } => inputs.iter_mut().collect(),
            Node::Graph(source) => source.inputs.iter_mut().collect(),
        }
    }

    /// Whether a row's place decides what the rows are: windows look at neighbours, and the first rows of a serialized input are
    /// other rows than the last.
    pub fn counts_on_order(&self) -> bool {
        stacker::maybe_grow(128 * 1024, 4 * 1024 * 1024, || match &self.node {
            Node::Window { .. } => true,
            Node::Limit { input, .. } if input.order.is_as_it_comes() => true,
            _ => self.inputs().into_iter().any(Relation::counts_on_order),
        })
    }

    /// The column that a name means: a shown one, a hidden one, or through an alias.
    pub fn resolve(&self, name: &str) -> Option<&Column> {
        self.column(name)
            .or_else(|| self.hidden.iter().find(|column| column.name == name))
            .or_else(|| {
                let (_, target) = self.aliases.iter().find(|(alias, _)| alias == name)?;
                self.column(target)
            })
    }

    #[must_use]
    pub fn filtered(self, predicate: Scalar) -> Relation {
        self.over(|input| Node::Filter { input, predicate })
    }

    #[must_use]
    pub fn limited(self, count: u64) -> Relation {
        self.over(|input| Node::Limit { input, count })
    }

    /// A node that keeps the columns and the order.
    fn over(self, node: impl FnOnce(Box<Relation>) -> Node) -> Relation {
        Relation {
            columns: self.columns.clone(),
            hidden: self.hidden.clone(),
            aliases: self.aliases.clone(),
            order: self.order.clone(),
            unknown: self.unknown,
            node: node(Box::new(self)),
        }
    }

    #[must_use]
    pub fn sorted(self, keys: Vec<SortKey>, limit: Option<u64>) -> Relation {
        let order = Order::By(keys.clone());
        let mut sorted = self.over(|input| Node::Sort { input, keys, limit });
        sorted.order = order;
        sorted
    }

    /// Computes columns; hidden columns and the order pass through.
    ///
    /// A sort key whose column goes lives on as a hidden column, so that the order can still be named. What is not known of an
    /// unknown relation's columns stays so: they get no type.
    #[must_use]
    pub fn projected(self, mut items: Vec<(String, Scalar)>) -> Relation {
        let columns: Vec<Column> = items
            .iter()
            .filter(|(_, scalar)| !(self.unknown && scalar.is_error()))
            .map(|(name, scalar)| Column::new(name.clone(), scalar.ty))
            .collect();
        let shown = |name: &str| columns.iter().any(|column| column.name == name);
        let lives_on = |name: &str| !shown(name) && !name.starts_with(WINDOW_PREFIX);
        let mut hidden: Vec<Column> = self
            .hidden
            .iter()
            .filter(|column| lives_on(&column.name))
            .cloned()
            .collect();
        let aliases = self
            .aliases
            .iter()
            .filter(|(alias, target)| !shown(alias) && shown(target))
            .cloned()
            .collect();
        let mut order = self.order.clone();
        if let Order::By(keys) = &mut order {
            for key in keys.iter_mut() {
                let ScalarKind::Column(name) = &key.value.kind else {
                    continue;
                };
                let kept = items.iter().find(
                    |(_, item)| matches!(&item.kind, ScalarKind::Column(column) if column == name),
                );
                let new = match kept {
                    Some((new, _)) => new.clone(),
                    None if hidden.iter().any(|column| column.name == *name) => name.clone(),
                    None => {
                        let new = format!("__order{}_{name}", hidden.len());
                        hidden.push(Column::new(new.clone(), key.value.ty));
                        items.push((new.clone(), key.value.clone()));
                        new
                    }
                };
                key.value.kind = ScalarKind::Column(new);
            }
        }
        Relation {
            hidden,
            aliases,
            order,
            unknown: self.unknown,
            columns,
            node: Node::Project {
                input: Box::new(self),
                items,
            },
        }
    }
}
