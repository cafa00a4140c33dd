//! The conversions that the scan plants into plans as functions. They live only in the opening of a file.

use super::convert::{join_ticks, to_engine};
use crate::schema::arrow_type;
use datafusion::arrow::datatypes::DataType;
use datafusion::error::Result;
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};
use huntql_kql::types::Type;

/// `kql_ticks(micros, digit)`: the datetime of the store's two columns, in ticks.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct JoinTicks {
    signature: Signature,
}

impl JoinTicks {
    pub(super) fn new() -> Self {
        Self {
            signature: Signature::any(2, Volatility::Immutable),
        }
    }
}

impl ScalarUDFImpl for JoinTicks {
    fn name(&self) -> &str {
        "kql_ticks"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Int64)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        Ok(ColumnarValue::Array(join_ticks(&arrays[0], &arrays[1])?))
    }
}

/// `kql_engine(column)`: a column of a file in the engine's type.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct ToEngine {
    ty: Type,
    signature: Signature,
}

impl ToEngine {
    pub(super) fn new(ty: Type) -> Self {
        Self {
            ty,
            signature: Signature::any(1, Volatility::Immutable),
        }
    }
}

impl ScalarUDFImpl for ToEngine {
    fn name(&self) -> &str {
        "kql_engine"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(arrow_type(self.ty))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        Ok(ColumnarValue::Array(to_engine(&arrays[0], self.ty)?))
    }
}
