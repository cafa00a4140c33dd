//! Statements and pipelines.

use super::{Expr, Name, Operator};
use crate::span::Span;
use crate::types::Type;

/// All statements of a text, in order. A text may hold several tabular statements; each gives a result.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Script {
    pub statements: Vec<Statement>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    pub kind: StatementKind,
    pub span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub enum StatementKind {
    Let(Let),
    /// `set option [= value]`; the value is a literal or a bare name.
    Set {
        option: Name,
        value: Option<Expr>,
    },
    /// `declare query_parameters(name: type [= default], …)`
    QueryParameters(Vec<Parameter>),
    /// `declare pattern name = …`
    Pattern(PatternDeclaration),
    /// `declare pattern name;`, `alias database …`, `restrict access to …`: refused by this name.
    Other {
        name: String,
    },
    /// A tabular expression statement; also a bare scalar expression, which the binder refuses.
    Query(Pipeline),
}

/// `let name = …`
#[derive(Debug, Clone, PartialEq)]
pub struct Let {
    pub name: Name,
    pub value: LetValue,
}

#[derive(Debug, Clone, PartialEq)]
pub enum LetValue {
    /// A scalar, or a table (`ExprKind::Pipeline`, a table's name, a call): the binder tells them apart.
    Expr(Expr),
    Function(FunctionBody),
    /// `materialize(pipeline)` is an ordinary call and not here. `view () { … }` is a function with this flag.
    View(FunctionBody),
}

/// `(a: long, T: (x: string), b: int = 5) { let …; body }`
#[derive(Debug, Clone, PartialEq)]
pub struct FunctionBody {
    pub parameters: Vec<Parameter>,
    /// `let` and `declare` statements in front of the result.
    pub statements: Vec<Statement>,
    pub result: Expr,
    pub span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    pub name: Name,
    pub ty: ParameterType,
    pub default: Option<Expr>,
    pub span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub enum ParameterType {
    Scalar(Type),
    /// `(x: string, …)`
    Table(Vec<ColumnDeclaration>),
    /// `(*)`: any table.
    AnyTable,
}

/// `name = (parameter: string, …)[path: string] { (value, …).[path] = { table }; … }`
#[derive(Debug, Clone, PartialEq)]
pub struct PatternDeclaration {
    pub name: Name,
    pub parameters: Vec<Parameter>,
    pub path: Option<Parameter>,
    pub cases: Vec<PatternCase>,
}

/// `(value, …).[path] = { table }`
#[derive(Debug, Clone, PartialEq)]
pub struct PatternCase {
    pub values: Vec<Expr>,
    pub path: Option<Expr>,
    pub body: Expr,
}

/// `name: type`
#[derive(Debug, Clone, PartialEq)]
pub struct ColumnDeclaration {
    pub name: Name,
    pub ty: Type,
    pub span: Span,
}

/// `source | operator | operator …`
#[derive(Debug, Clone, PartialEq)]
pub struct Pipeline {
    pub source: Source,
    pub operators: Vec<Operator>,
    pub span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// A table's name, a call, a bracketed pipeline, `database("x").T`, `T1` …
    Expr(Expr),
    /// An operator that needs no input: `datatable`, `print`, `range`, `union`, `search`, `find`, `externaldata`, `evaluate` …
    Operator(Box<Operator>),
}
