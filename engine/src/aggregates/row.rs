//! The shape of an aggregate's row.

use super::fold::Folding;
use crate::functions::Example;
use datafusion::prelude::Expr;
use huntql_kql::types::Type;

/// An aggregate function of `summarize` and its like.
#[derive(Debug)]
pub struct Aggregate {
    pub name: &'static str,
    /// Other names that mean the same and name their columns the same.
    pub aliases: &'static [&'static str],
    /// Tried in order; the first that takes the arguments wins, exact types before conversions.
    pub overloads: &'static [AggregateOverload],
    pub result_name: AggregateName,
    /// One sentence in the third person.
    pub doc: &'static str,
    /// The page of the reference, `kusto/query/…`.
    pub source: &'static str,
    /// Queries with the table that they give, as a `datatable`.
    pub examples: &'static [Example],
}

/// One signature with its meaning.
#[derive(Debug)]
pub struct AggregateOverload {
    pub params: &'static [Takes],
    /// The constants that stand for the last parameters when they are left out.
    pub defaults: &'static [i64],
    /// The last parameter repeats.
    pub variadic: bool,
    pub meaning: Meaning,
}

/// What a parameter of an aggregate takes.
#[derive(Debug, Clone, Copy)]
pub enum Takes {
    /// One of these types, converted to the type at the right.
    Typed(&'static [Type], Type),
    /// One of these types, as it is.
    OneOf(&'static [Type]),
    /// Any scalar, as it is.
    Any,
    /// Any scalar, converted to `dynamic`.
    Json,
    /// A `bool` that chooses the rows. Becomes the aggregate's filter and never reaches its state.
    Predicate,
    /// A constant number, converted to this type.
    Constant(Type),
}

/// How columns are called that the query does not name. The rows follow Microsoft's binder and, for `covariance`, the engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AggregateName {
    /// `sum_X`; `sum_` when the argument has no name.
    Prefix(&'static str),
    /// `covariance_X_Y`.
    PrefixTwo(&'static str),
    /// `X`, or `Column1`.
    FirstArgument,
    /// `percentile_X_99_9` for each percentile, which start at this argument.
    Percentiles(usize),
    /// `X`, `Y` …; `max_` and `max_X_arg1` where an argument has no name.
    Extreme(&'static str),
    /// `max_X`, `max_X_Y` …: the old `argmax`.
    PrefixedExtreme(&'static str),
    /// `X`, `Y` …; `any_arg1` where an argument has no name.
    Any,
    /// `any_X`, `any_Y` …: the old `any`.
    PrefixedAny(&'static str),
}

/// How an overload is computed, and how many columns it gives. Predicates are gone from the arguments.
#[derive(Debug, Clone, Copy)]
pub enum Meaning {
    /// DataFusion's own function, where it means the same, and the type of its column.
    Native(fn(Vec<Expr>) -> Expr, fn(&[Type]) -> Type),
    /// One column over all arguments.
    Fold(Folding),
    /// A column for every argument from `n` on, over the first `n` arguments and that one: `percentiles`.
    FoldFrom(usize, Folding),
    /// A column for every argument, over the first argument and that one: `arg_max`.
    FoldBy(Folding),
    /// A column for every argument, over that one alone: `take_any`.
    FoldAlone(Folding),
}

impl AggregateOverload {
    /// The parameter that argument `index` meets, or `None` past the end.
    pub fn param(&self, index: usize) -> Option<Takes> {
        match self.params.get(index) {
            Some(param) => Some(*param),
            None if self.variadic => self.params.last().copied(),
            None => None,
        }
    }

    /// The fewest and the most arguments; `None` for any number.
    pub fn counts(&self) -> (usize, Option<usize>) {
        let most = (!self.variadic).then_some(self.params.len());
        (self.params.len() - self.defaults.len(), most)
    }
}
