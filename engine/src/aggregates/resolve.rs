//! From a name and argument types to the overload that is meant.

use super::row::{Aggregate, AggregateOverload, Meaning, Takes};
use crate::overloads::{self, Resolution};
use huntql_kql::types::Type;
use std::collections::HashMap;
use std::sync::LazyLock;

/// A bound call of an aggregate.
#[derive(Debug, Clone)]
pub struct AggregateCall {
    pub aggregate: &'static Aggregate,
    /// Position in [`Aggregate::overloads`].
    pub overload: usize,
    /// The type of every argument after conversion.
    pub parameters: Vec<Type>,
    /// The type of every result column.
    pub returns: Vec<Type>,
}

impl AggregateCall {
    pub fn row(&self) -> &'static AggregateOverload {
        &self.aggregate.overloads[self.overload]
    }

    /// Whether argument `index` has to be a constant.
    pub fn wants_constant(&self, index: usize) -> bool {
        matches!(self.row().param(index), Some(Takes::Constant(_)))
    }

    /// Whether the position of a row in an ordered input matters: then [`super::lower`] wants it.
    pub fn wants_position(&self) -> bool {
        match self.row().meaning {
            Meaning::Native(..) => false,
            Meaning::Fold(folding)
            | Meaning::FoldFrom(_, folding)
            | Meaning::FoldBy(folding)
            | Meaning::FoldAlone(folding) => folding.wants_position,
        }
    }
}

static BY_NAME: LazyLock<HashMap<&'static str, &'static Aggregate>> = LazyLock::new(|| {
    super::all()
        .flat_map(|row| {
            std::iter::once(row.name)
                .chain(row.aliases.iter().copied())
                .map(move |name| (name, row))
        })
        .collect()
});

/// The row of a name or alias.
pub fn find(name: &str) -> Option<&'static Aggregate> {
    BY_NAME.get(name).copied()
}

/// Every name, aliases among them.
pub fn names() -> impl Iterator<Item = &'static str> {
    BY_NAME.keys().copied()
}

/// Finds the overload for arguments of these types. `*` has been replaced by the columns that it stands for.
pub fn resolve(aggregate: &'static Aggregate, arguments: &[Type]) -> Resolution<AggregateCall> {
    overloads::resolve(aggregate.overloads, arguments, |overload, parameters| {
        call(aggregate, overload, parameters)
    })
}

impl overloads::Signature for AggregateOverload {
    fn takes_count(&self, count: usize) -> bool {
        let least = self.params.len() - self.defaults.len();
        count >= least && (self.variadic || count <= self.params.len())
    }

    fn parameters(&self, arguments: &[Type]) -> Result<Vec<Type>, usize> {
        arguments
            .iter()
            .enumerate()
            .map(|(index, argument)| {
                let taken = match self.param(index).expect("the count was checked") {
                    Takes::Typed(types, ty) => types.contains(argument).then_some(ty),
                    Takes::OneOf(types) => types.contains(argument).then_some(*argument),
                    Takes::Any => Some(*argument),
                    Takes::Json => Some(Type::Dynamic),
                    Takes::Predicate => (*argument == Type::Bool).then_some(Type::Bool),
                    Takes::Constant(Type::Dynamic) => {
                        (*argument == Type::Dynamic).then_some(Type::Dynamic)
                    }
                    Takes::Constant(ty) => argument.is_numeric().then_some(ty),
                };
                taken.ok_or(index)
            })
            .collect()
    }
}

fn call(aggregate: &'static Aggregate, overload: usize, parameters: Vec<Type>) -> AggregateCall {
    let row = &aggregate.overloads[overload];
    let state: Vec<Type> = parameters
        .iter()
        .enumerate()
        .filter(|(index, _)| !matches!(row.param(*index), Some(Takes::Predicate)))
        .map(|(_, ty)| *ty)
        .collect();
    let returns = match row.meaning {
        Meaning::Native(_, returns) => vec![returns(&state)],
        Meaning::Fold(folding) => vec![(folding.returns)(&state)],
        Meaning::FoldFrom(first, folding) => state[first..]
            .iter()
            .map(|_| (folding.returns)(&state))
            .collect(),
        Meaning::FoldBy(folding) => state
            .iter()
            .map(|ty| (folding.returns)(&[state[0], *ty]))
            .collect(),
        Meaning::FoldAlone(folding) => state.iter().map(|ty| (folding.returns)(&[*ty])).collect(),
    };
    AggregateCall {
        aggregate,
        overload,
        parameters,
        returns,
    }
}
