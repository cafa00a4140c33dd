//! Kernels as DataFusion functions that are found by name, so that plans can travel.
//!
//! The name of an overload's function is `kql_<name>(<types>)`, for instance `kql_strlen(string)`: the KQL types stand in it because
//! Arrow types alone do not tell a guid from a string or a datetime from a long.

use super::resolve::{Callable, find, operator, resolve};
use crate::conversion;
use crate::kernel::{Args, Kernel, KernelError};
use crate::overloads::Resolution;
use datafusion::arrow::array::{ArrayRef, new_null_array};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{DataFusionError, Result};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use huntql_kql::types::Type;
use huntql_store::schema::arrow_type;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// A kernel as a DataFusion function.
#[derive(Debug)]
struct KernelUdf {
    name: String,
    kernel: Kernel,
    parameters: Vec<Type>,
    returns: Type,
    signature: Signature,
}

impl KernelUdf {
    fn udf(
        name: String,
        kernel: Kernel,
        parameters: Vec<Type>,
        returns: Type,
        volatility: Volatility,
    ) -> Arc<ScalarUDF> {
        // Arguments were converted by the binder; DataFusion's coercion must not touch them.
        let signature = if parameters.is_empty() {
            Signature::nullary(volatility)
        } else {
            Signature::exact(
                parameters.iter().map(|ty| arrow_type(*ty)).collect(),
                volatility,
            )
        };
        Arc::new(ScalarUDF::new_from_impl(Self {
            name,
            kernel,
            parameters,
            returns,
            signature,
        }))
    }
}

impl PartialEq for KernelUdf {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for KernelUdf {}

impl Hash for KernelUdf {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl ScalarUDFImpl for KernelUdf {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(arrow_type(self.returns))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let constant: Vec<bool> = args
            .args
            .iter()
            .map(|arg| matches!(arg, ColumnarValue::Scalar(_)))
            .collect();
        let all_constant = constant.iter().all(|constant| *constant)
            && !constant.is_empty()
            && self.signature.volatility != Volatility::Volatile;
        let columns = args
            .args
            .iter()
            .zip(&self.parameters)
            .map(|(arg, ty)| {
                let array = match arg {
                    ColumnarValue::Array(array) => Arc::clone(array),
                    ColumnarValue::Scalar(scalar) => scalar.to_array()?,
                };
                plain(array, *ty)
            })
            .collect::<Result<Vec<ArrayRef>>>()?;
        let rows = if all_constant { 1 } else { args.number_rows };
        let result = (self.kernel)(&Args::new(&columns, &constant, &self.parameters, rows))
            .map_err(external)?;
        if all_constant {
            return Ok(ColumnarValue::Scalar(
                datafusion::common::ScalarValue::try_from_array(&result, 0)?,
            ));
        }
        Ok(ColumnarValue::Array(result))
    }
}

/// Views and large strings, which a distributed engine or a foreign scan may bring, as the plain array that kernels read.
fn plain(array: ArrayRef, ty: Type) -> Result<ArrayRef> {
    let wanted = arrow_type(ty);
    if *array.data_type() == wanted {
        return Ok(array);
    }
    Ok(datafusion::arrow::compute::cast(&array, &wanted)?)
}

fn external(error: KernelError) -> DataFusionError {
    DataFusionError::External(Box::new(error))
}

/// The DataFusion function of a resolved call.
pub fn scalar_udf(callable: &Callable) -> Arc<ScalarUDF> {
    let types: Vec<&str> = callable.parameters.iter().map(|ty| ty.name()).collect();
    let name = format!("kql_{}({})", callable.function.name, types.join(","));
    KernelUdf::udf(
        name,
        callable.row().kernel,
        callable.parameters.clone(),
        callable.returns,
        if super::volatile::is_volatile(callable.function) {
            Volatility::Volatile
        } else {
            Volatility::Immutable
        },
    )
}

/// What the names of conversions begin with.
const CONVERT_PREFIX: &str = "kql_convert_to_";

/// The DataFusion function that converts between two types as [`conversion::conversion`] does; nulls where it cannot.
pub fn convert_udf(from: Type, to: Type) -> Arc<ScalarUDF> {
    let kernel = conversion::conversion(from, to).unwrap_or(match to {
        Type::Bool => |args| Ok(new_null_array(&arrow_type(Type::Bool), args.rows())),
        Type::Int => |args| Ok(new_null_array(&arrow_type(Type::Int), args.rows())),
        Type::Real => |args| Ok(new_null_array(&arrow_type(Type::Real), args.rows())),
        Type::Decimal => |args| Ok(new_null_array(&arrow_type(Type::Decimal), args.rows())),
        Type::Long | Type::Datetime | Type::Timespan => {
            |args| Ok(new_null_array(&arrow_type(Type::Long), args.rows()))
        }
        Type::String | Type::Guid | Type::Dynamic => {
            |args| Ok(new_null_array(&arrow_type(Type::String), args.rows()))
        }
    });
    KernelUdf::udf(
        format!("{CONVERT_PREFIX}{to}({from})"),
        kernel,
        vec![from],
        to,
        Volatility::Immutable,
    )
}

/// The function of a name that [`scalar_udf`] gave: how a decoded plan finds its functions again.
pub fn by_name(name: &str) -> Option<Arc<ScalarUDF>> {
    let conversion = name
        .strip_prefix(CONVERT_PREFIX)
        .and_then(|rest| rest.strip_suffix(')'));
    if let Some((to, from)) = conversion.and_then(|types| types.split_once('(')) {
        return Some(convert_udf(Type::parse(from)?, Type::parse(to)?));
    }
    let (function, types) = name
        .strip_prefix("kql_")?
        .strip_suffix(')')?
        .rsplit_once('(')?;
    let types = types
        .split(',')
        .filter(|ty| !ty.is_empty())
        .map(Type::parse)
        .collect::<Option<Vec<_>>>()?;
    match resolve(find(function).or_else(|| operator(function))?, &types) {
        Resolution::Found(callable) => Some(scalar_udf(&callable)),
        Resolution::WrongCount | Resolution::WrongType { .. } => None,
    }
}
