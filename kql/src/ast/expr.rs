//! Scalar (and, where the grammar cannot tell, tabular) expressions.

use super::Pipeline;
use crate::span::Span;
use crate::types::Value;

#[derive(Debug, PartialEq)]
pub struct Expr {
    pub kind: ExprKind,
    pub span: Span,
}

/// By hand, because a chain of a thousand operators is a thousand levels high, and clones are made deep in other recursions.
impl Clone for Expr {
    fn clone(&self) -> Self {
        const RED_ZONE_BYTES: usize = 64 * 1024;
        const GROWTH_BYTES: usize = 1024 * 1024;
        let copy = || Self {
            kind: self.kind.clone(),
            span: self.span,
        };
        stacker::maybe_grow(RED_ZONE_BYTES, GROWTH_BYTES, copy)
    }
}

/// An identifier. `text` is the name itself: `['a b']` has the text `a b`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    pub text: String,
    /// Written as `['…']` or `["…"]`.
    pub bracketed: bool,
    pub span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub enum ExprKind {
    Literal(Literal),
    /// A column, a `let` name, a parameter, a table: the binder knows. May hold `*` wildcards in `union`, `project-away` ….
    Name(Name),
    /// `*` alone: all columns, in `count(*)`-like calls, `arg_max(x, *)`, `search`, `* has "x"`.
    Star,
    /// `(e)`, kept for the formatter.
    Paren(Box<Expr>),
    Unary(UnaryOp, Box<Expr>),
    Binary(Box<Binary>),
    /// Two or more operands.
    And(Vec<Expr>),
    /// Two or more operands.
    Or(Vec<Expr>),
    Between(Box<Between>),
    In(Box<In>),
    Call(Call),
    /// `a.b`
    Member(Box<Expr>, Name),
    /// `a.f(b)`: `cluster("c").database("d")`; the second is an [`ExprKind::Call`].
    MemberCall(Box<Expr>, Box<Expr>),
    /// `a[b]`
    Index(Box<Expr>, Box<Expr>),
    /// A tabular expression in a place of an expression: `toscalar(T | …)`, `in (T | …)`, `let x = T | …`, `(T | …)`.
    /// A bare name or call is never wrapped in this.
    Pipeline(Box<Pipeline>),
}

/// A constant in the text. `raw` spans in [`Expr::span`] keep the spelling for the formatter.
#[derive(Debug, Clone, PartialEq)]
pub struct Literal {
    pub value: Value,
    /// `h"…"`: keep it out of logs and echoes.
    pub obfuscated: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnaryOp {
    Minus,
    Plus,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Binary {
    pub op: BinaryOp,
    pub op_span: Span,
    pub left: Expr,
    pub right: Expr,
}

/// `left between (low .. high)`
#[derive(Debug, Clone, PartialEq)]
pub struct Between {
    pub negated: bool,
    pub op_span: Span,
    pub value: Expr,
    pub low: Expr,
    pub high: Expr,
}

/// `left in (a, b, …)` and its family; there is at least one item. One may be a tabular expression or a dynamic array.
#[derive(Debug, Clone, PartialEq)]
pub struct In {
    pub op: InOp,
    pub op_span: Span,
    pub value: Expr,
    pub items: Vec<Expr>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum InOp {
    /// `in`
    In,
    /// `!in`
    NotIn,
    /// `in~`
    InCi,
    /// `!in~`
    NotInCi,
    /// `has_any`
    HasAny,
    /// `has_all`
    HasAll,
}

impl InOp {
    pub const ALL: [InOp; 6] = [
        InOp::In,
        InOp::NotIn,
        InOp::InCi,
        InOp::NotInCi,
        InOp::HasAny,
        InOp::HasAll,
    ];

    pub const fn symbol(self) -> &'static str {
        match self {
            InOp::In => "in",
            InOp::NotIn => "!in",
            InOp::InCi => "in~",
            InOp::NotInCi => "!in~",
            InOp::HasAny => "has_any",
            InOp::HasAll => "has_all",
        }
    }
}

/// Operators with two operands, except `and`, `or`, `between` and the `in` family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BinaryOp {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    EqualCi,
    NotEqualCi,
    Has,
    NotHas,
    HasCs,
    NotHasCs,
    HasPrefix,
    NotHasPrefix,
    HasPrefixCs,
    NotHasPrefixCs,
    HasSuffix,
    NotHasSuffix,
    HasSuffixCs,
    NotHasSuffixCs,
    Contains,
    NotContains,
    ContainsCs,
    NotContainsCs,
    StartsWith,
    NotStartsWith,
    StartsWithCs,
    NotStartsWithCs,
    EndsWith,
    NotEndsWith,
    EndsWithCs,
    NotEndsWithCs,
    MatchesRegex,
    /// `like`, hidden in Kusto but accepted.
    Like,
    NotLike,
    LikeCs,
    NotLikeCs,
    /// `:` as in `search Column:"text"`.
    Colon,
}

/// Every binary operator with its spelling and its binding strength (higher binds tighter). The one table of precedence.
///
/// `or` binds at 1 and `and` at 2; they have nodes of their own. `in` and `between` bind like `==`. The string operators bind
/// tighter than arithmetic. Comparisons and string operators do not chain: `a == b == c` is no KQL, `a has b == c` is. Source:
/// the answers of Microsoft's own parser.
pub const BINARY_OPERATORS: &[(&str, BinaryOp, u8)] = &[
    ("==", BinaryOp::Equal, 3),
    ("!=", BinaryOp::NotEqual, 3),
    ("<>", BinaryOp::NotEqual, 3),
    ("=~", BinaryOp::EqualCi, 7),
    ("!~", BinaryOp::NotEqualCi, 7),
    ("<", BinaryOp::Less, 4),
    ("<=", BinaryOp::LessOrEqual, 4),
    (">", BinaryOp::Greater, 4),
    (">=", BinaryOp::GreaterOrEqual, 4),
    ("has", BinaryOp::Has, 7),
    ("!has", BinaryOp::NotHas, 7),
    ("has_cs", BinaryOp::HasCs, 7),
    ("!has_cs", BinaryOp::NotHasCs, 7),
    ("hasprefix", BinaryOp::HasPrefix, 7),
    ("!hasprefix", BinaryOp::NotHasPrefix, 7),
    ("hasprefix_cs", BinaryOp::HasPrefixCs, 7),
    ("!hasprefix_cs", BinaryOp::NotHasPrefixCs, 7),
    ("hassuffix", BinaryOp::HasSuffix, 7),
    ("!hassuffix", BinaryOp::NotHasSuffix, 7),
    ("hassuffix_cs", BinaryOp::HasSuffixCs, 7),
    ("!hassuffix_cs", BinaryOp::NotHasSuffixCs, 7),
    ("contains", BinaryOp::Contains, 7),
    ("!contains", BinaryOp::NotContains, 7),
    ("notcontains", BinaryOp::NotContains, 7),
    ("contains_cs", BinaryOp::ContainsCs, 7),
    ("containscs", BinaryOp::ContainsCs, 7),
    ("!contains_cs", BinaryOp::NotContainsCs, 7),
    ("notcontainscs", BinaryOp::NotContainsCs, 7),
    ("startswith", BinaryOp::StartsWith, 7),
    ("!startswith", BinaryOp::NotStartsWith, 7),
    ("startswith_cs", BinaryOp::StartsWithCs, 7),
    ("!startswith_cs", BinaryOp::NotStartsWithCs, 7),
    ("endswith", BinaryOp::EndsWith, 7),
    ("!endswith", BinaryOp::NotEndsWith, 7),
    ("endswith_cs", BinaryOp::EndsWithCs, 7),
    ("!endswith_cs", BinaryOp::NotEndsWithCs, 7),
    ("matches regex", BinaryOp::MatchesRegex, 7),
    ("like", BinaryOp::Like, 7),
    ("notlike", BinaryOp::NotLike, 7),
    ("likecs", BinaryOp::LikeCs, 7),
    ("notlikecs", BinaryOp::NotLikeCs, 7),
    (":", BinaryOp::Colon, 7),
    ("+", BinaryOp::Add, 5),
    ("-", BinaryOp::Subtract, 5),
    ("*", BinaryOp::Multiply, 6),
    ("/", BinaryOp::Divide, 6),
    ("%", BinaryOp::Modulo, 6),
];

impl BinaryOp {
    /// The canonical spelling.
    pub fn symbol(self) -> &'static str {
        BINARY_OPERATORS
            .iter()
            .find(|(_, op, _)| *op == self)
            .map_or("", |(symbol, ..)| symbol)
    }

    pub fn precedence(self) -> u8 {
        BINARY_OPERATORS
            .iter()
            .find(|(_, op, _)| *op == self)
            .map_or(0, |(.., strength)| *strength)
    }
}

/// `name(arg, named = arg, …)`
///
/// In `typeof(…)` a type is an [`ExprKind::Name`], and `Name: type` a [`BinaryOp::Colon`] of two names.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    pub name: Name,
    pub args: Vec<Arg>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Arg {
    /// `name = value`; no other naming is possible in a call.
    pub name: Option<Name>,
    pub value: Expr,
}

/// An item of `project`, `extend`, `summarize`, `print` …: `expr`, `name = expr`, `(a, b) = expr`.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedExpr {
    /// Empty when nothing was named; more than one for `(a, b) = expr`.
    pub names: Vec<Name>,
    /// Written with brackets, even when there is one name in them.
    pub tuple: bool,
    pub value: Expr,
    pub span: Span,
}
