//! From a name and argument types to the overload that is meant.

use super::row::{WindowFunction, WindowOverload, WindowParam};
use crate::overloads::{self, Resolution};
use huntql_kql::types::Type;

/// A bound call of a window function.
#[derive(Debug, Clone)]
pub struct WindowCall {
    pub function: &'static WindowFunction,
    /// Position in [`WindowFunction::overloads`].
    pub overload: usize,
    /// The type of every argument after conversion.
    pub parameters: Vec<Type>,
    pub returns: Type,
}

impl WindowCall {
    pub fn row(&self) -> &'static WindowOverload {
        &self.function.overloads[self.overload]
    }

    /// The place of the argument that begins the count again, where the function counts.
    pub fn restart(&self) -> Option<usize> {
        let is_restart = |param: &WindowParam| matches!(param, WindowParam::Is(Type::Bool));
        self.function
            .overloads
            .iter()
            .find_map(|overload| overload.params.iter().position(is_restart))
    }

    /// Whether the row that is looked at stands in front of the row itself.
    pub fn looks_back(&self) -> bool {
        self.function.name == "prev"
    }

    /// Whether argument `index` has to be a constant.
    pub fn wants_constant(&self, index: usize) -> bool {
        match self.row().params.get(index) {
            Some(WindowParam::Constant(_) | WindowParam::ConstantLikeFirst) => true,
            Some(WindowParam::Is(_) | WindowParam::OneOf(_) | WindowParam::Any) | None => false,
        }
    }
}

/// The row of a name.
pub fn find(name: &str) -> Option<&'static WindowFunction> {
    super::all().find(|row| row.name == name)
}

/// Every name.
pub fn names() -> impl Iterator<Item = &'static str> {
    super::all().map(|row| row.name)
}

/// Finds the overload for arguments of these types.
pub fn resolve(function: &'static WindowFunction, arguments: &[Type]) -> Resolution<WindowCall> {
    overloads::resolve(function.overloads, arguments, |overload, parameters| {
        WindowCall {
            function,
            overload,
            returns: function.overloads[overload].returns.of(&parameters),
            parameters,
        }
    })
}

impl overloads::Signature for WindowOverload {
    fn takes_count(&self, count: usize) -> bool {
        let least = self.params.len() - self.optional;
        (least..=self.params.len()).contains(&count)
    }

    fn parameters(&self, arguments: &[Type]) -> Result<Vec<Type>, usize> {
        let takes = |index: usize| match self.params[index] {
            WindowParam::Is(ty) => (arguments[index] == ty).then_some(ty),
            WindowParam::OneOf(types) => types
                .contains(&arguments[index])
                .then_some(arguments[index]),
            WindowParam::Any => Some(arguments[index]),
            WindowParam::Constant(ty) => arguments[index].is_numeric().then_some(ty),
            WindowParam::ConstantLikeFirst => {
                let both_numbers = arguments[index].is_numeric() && arguments[0].is_numeric();
                (both_numbers || arguments[index] == arguments[0]).then_some(arguments[0])
            }
        };
        (0..arguments.len())
            .map(|index| takes(index).ok_or(index))
            .collect()
    }
}
