//! From a name and argument types to the overload that is meant.

use super::row::{Overload, Param, ScalarFunction};
use crate::conversion;
use crate::kernel::{Args, KernelError};
use crate::overloads::{self, Resolution};
use crate::value;
use datafusion::arrow::array::ArrayRef;
use huntql_kql::types::{Type, Value};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::LazyLock;

/// An overload with the types that its kernel will see: what a call node of the bound query holds.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "Signature", into = "Signature")]
pub struct Callable {
    pub function: &'static ScalarFunction,
    /// Position in [`ScalarFunction::overloads`].
    pub overload: usize,
    pub parameters: Vec<Type>,
    pub returns: Type,
}

impl Callable {
    pub fn row(&self) -> &'static Overload {
        &self.function.overloads[self.overload]
    }
}

/// How a callable travels: the receiver finds its row again.
#[derive(Serialize, Deserialize)]
struct Signature {
    name: String,
    parameters: Vec<Type>,
}

impl From<Callable> for Signature {
    fn from(callable: Callable) -> Self {
        Self {
            name: callable.function.name.to_string(),
            parameters: callable.parameters,
        }
    }
}

impl TryFrom<Signature> for Callable {
    type Error = String;

    fn try_from(signature: Signature) -> Result<Self, String> {
        let Signature { name, parameters } = signature;
        let row = find(&name).or_else(|| operator(&name));
        match row.map(|row| resolve(row, &parameters)) {
            Some(Resolution::Found(callable)) => Ok(callable),
            Some(Resolution::WrongCount | Resolution::WrongType { .. }) | None => {
                Err(format!("`{name}` is not in the registry"))
            }
        }
    }
}

static BY_NAME: LazyLock<HashMap<&'static str, &'static ScalarFunction>> = LazyLock::new(|| {
    super::all()
        .flat_map(|row| {
            std::iter::once(row.name)
                .chain(row.aliases.iter().copied())
                .map(move |name| (name, row))
        })
        .collect()
});

/// The row of a name or alias. Function names are case-sensitive in KQL.
pub fn find(name: &str) -> Option<&'static ScalarFunction> {
    BY_NAME.get(name).copied()
}

static OPERATORS: LazyLock<HashMap<&'static str, &'static ScalarFunction>> =
    LazyLock::new(|| super::all_operators().map(|row| (row.name, row)).collect());

/// The row of an operator: `add`, `dynamic_member` …
pub fn operator(name: &str) -> Option<&'static ScalarFunction> {
    OPERATORS.get(name).copied()
}

/// Every name, aliases among them.
pub fn names() -> impl Iterator<Item = &'static str> {
    BY_NAME.keys().copied()
}

/// Finds the overload for arguments of these types.
pub fn resolve(function: &'static ScalarFunction, arguments: &[Type]) -> Resolution<Callable> {
    overloads::resolve(function.overloads, arguments, |overload, parameters| {
        callable(function, overload, parameters)
    })
}

fn callable(function: &'static ScalarFunction, overload: usize, parameters: Vec<Type>) -> Callable {
    Callable {
        function,
        overload,
        returns: function.overloads[overload].returns.of(&parameters),
        parameters,
    }
}

impl overloads::Signature for Overload {
    fn takes_count(&self, count: usize) -> bool {
        let least = self.params.len() - self.optional;
        count >= least && (self.variadic || count <= self.params.len())
    }

    fn parameters(&self, arguments: &[Type]) -> Result<Vec<Type>, usize> {
        let param = |index| self.param(index).expect("the count was checked");
        let common = conversion::common_type(
            arguments
                .iter()
                .enumerate()
                .filter(|(index, _)| param(*index) == Param::Common)
                .map(|(_, ty)| *ty),
        );
        arguments
            .iter()
            .enumerate()
            .map(|(index, argument)| {
                match param(index) {
                    Param::Is(ty) => conversion::widens(*argument, ty).then_some(ty),
                    Param::Text | Param::Constant => Some(Type::String),
                    Param::Any => Some(*argument),
                    Param::Json | Param::JsonOrColumns => Some(Type::Dynamic),
                    Param::Number => argument
                        .is_numeric()
                        .then_some(*argument)
                        .or((*argument == Type::Dynamic).then_some(Type::Real)),
                    Param::Integer => matches!(argument, Type::Int | Type::Long | Type::Dynamic)
                        .then_some(Type::Long),
                    Param::Common => common,
                }
                .ok_or(index)
            })
            .collect()
    }
}

/// Calls a function or an operator's function on constants: what constant folding and the kernels' own tests use.
///
/// # Errors
/// When no overload takes the arguments, or the kernel refuses a constant.
pub fn call(name: &str, arguments: &[Value]) -> Result<Value, KernelError> {
    let function = find(name)
        .or_else(|| operator(name))
        .ok_or_else(|| KernelError::Internal(format!("`{name}` is not a known function")))?;
    let types: Vec<Type> = arguments.iter().map(Value::ty).collect();
    match resolve(function, &types) {
        Resolution::Found(callable) => fold(&callable, arguments),
        Resolution::WrongCount => Err(KernelError::Internal(format!(
            "`{name}` does not take {} arguments",
            types.len()
        ))),
        Resolution::WrongType { index } => Err(KernelError::Internal(format!(
            "argument {index} of `{name}` cannot be {}",
            types[index]
        ))),
    }
}

/// Runs the kernel on constants.
///
/// # Errors
/// What the kernel refuses.
pub fn fold(callable: &Callable, arguments: &[Value]) -> Result<Value, KernelError> {
    let columns = arguments
        .iter()
        .zip(&callable.parameters)
        .map(|(value, ty)| {
            let array = value::to_arrow(value).to_array()?;
            conversion::convert(&array, value.ty(), *ty)
        })
        .collect::<Result<Vec<ArrayRef>, KernelError>>()?;
    let constant = vec![true; columns.len()];
    let result = (callable.row().kernel)(&Args::new(&columns, &constant, &callable.parameters, 1))?;
    #[cfg(test)]
    assert_same_by_row(callable, &columns, &result);
    Ok(value::from_arrow(&result, 0, callable.returns))
}

/// Every constant that a test folds is also run as columns of two rows: a kernel must not depend on the shape of its input.
#[cfg(test)]
fn assert_same_by_row(callable: &Callable, columns: &[ArrayRef], folded: &ArrayRef) {
    use datafusion::arrow::compute::concat;
    if columns.is_empty() {
        return;
    }
    let two: Vec<ArrayRef> = columns
        .iter()
        .map(|column| concat(&[column.as_ref(), column.as_ref()]).expect("equal types"))
        .collect();
    let by_row = vec![false; two.len()];
    match (callable.row().kernel)(&Args::new(&two, &by_row, &callable.parameters, 2)) {
        Ok(result) => {
            let of = |row| format!("{:?}", value::from_arrow(&result, row, callable.returns));
            let once = format!("{:?}", value::from_arrow(folded, 0, callable.returns));
            assert_eq!(
                (of(0), of(1)),
                (once.clone(), once),
                "{} by row",
                callable.function.name
            );
        }
        // Some arguments must be constant.
        Err(KernelError::Argument { .. }) => {}
        Err(error) => panic!("{} by row: {error}", callable.function.name),
    }
}
