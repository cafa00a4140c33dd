//! The overload that a call means, for functions, aggregates and windows alike.

use huntql_kql::types::Type;

/// The outcome of looking for an overload.
#[derive(Debug)]
pub enum Resolution<Call> {
    Found(Call),
    /// No overload takes this many arguments.
    WrongCount,
    /// Argument `index` has a type that no overload takes there.
    WrongType {
        index: usize,
    },
}

/// One signature of several.
pub trait Signature {
    fn takes_count(&self, count: usize) -> bool;

    /// The types that the arguments are converted to.
    ///
    /// # Errors
    /// The index of the first argument that does not fit.
    fn parameters(&self, arguments: &[Type]) -> Result<Vec<Type>, usize>;
}

/// Finds the overload for arguments of these types: the first that takes them as they are, else the first that converts them. `call`
/// gets its position and the types after conversion.
pub fn resolve<Call>(
    overloads: &[impl Signature],
    arguments: &[Type],
    call: impl FnOnce(usize, Vec<Type>) -> Call,
) -> Resolution<Call> {
    let mut refused = None;
    let mut converted = None;
    for (index, overload) in overloads.iter().enumerate() {
        if !overload.takes_count(arguments.len()) {
            continue;
        }
        match overload.parameters(arguments) {
            Ok(parameters) if parameters == arguments => {
                return Resolution::Found(call(index, parameters));
            }
            Ok(parameters) => {
                converted.get_or_insert((index, parameters));
            }
            Err(index) => refused = refused.max(Some(index)),
        }
    }
    match (converted, refused) {
        (Some((index, parameters)), _) => Resolution::Found(call(index, parameters)),
        (None, Some(index)) => Resolution::WrongType { index },
        (None, None) => Resolution::WrongCount,
    }
}
