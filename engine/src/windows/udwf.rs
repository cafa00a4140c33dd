//! Window functions as DataFusion functions that are found by name, so that plans can travel: `kql_<name>(<types>)`.

use super::resolve::{WindowCall, find, resolve};
use super::row::WindowMeaning;
use crate::kernel::{Args, Kernel};
use crate::overloads::Resolution;
use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{DataFusionError, Result, ScalarValue};
use datafusion::logical_expr::expr::{WindowFunction, WindowFunctionParams};
use datafusion::logical_expr::function::{PartitionEvaluatorArgs, WindowUDFFieldArgs};
use datafusion::logical_expr::{
    ExprFunctionExt, PartitionEvaluator, Signature, SortExpr, Volatility, WindowFrame,
    WindowFrameBound, WindowFrameUnits, WindowFunctionDefinition, WindowUDF, WindowUDFImpl,
};
use datafusion::prelude::Expr;
use huntql_kql::types::Type;
use huntql_store::schema::arrow_type;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// One overload as a DataFusion window function.
#[derive(Debug)]
struct KernelUdwf {
    name: String,
    call: WindowCall,
    kernel: Kernel,
    signature: Signature,
}

impl PartialEq for KernelUdwf {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for KernelUdwf {}

impl Hash for KernelUdwf {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl WindowUDFImpl for KernelUdwf {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn partition_evaluator(
        &self,
        _: PartitionEvaluatorArgs,
    ) -> Result<Box<dyn PartitionEvaluator>> {
        Ok(Box::new(Evaluator {
            kernel: self.kernel,
            parameters: self.call.parameters.clone(),
        }))
    }

    fn field(&self, args: WindowUDFFieldArgs) -> Result<FieldRef> {
        Ok(Arc::new(Field::new(
            args.name(),
            arrow_type(self.call.returns),
            true,
        )))
    }
}

#[derive(Debug)]
struct Evaluator {
    kernel: Kernel,
    parameters: Vec<Type>,
}

impl PartitionEvaluator for Evaluator {
    fn evaluate_all(&mut self, values: &[ArrayRef], num_rows: usize) -> Result<ArrayRef> {
        let columns = values
            .iter()
            .zip(&self.parameters)
            .map(|(column, ty)| {
                let wanted = arrow_type(*ty);
                if *column.data_type() == wanted {
                    Ok(Arc::clone(column))
                } else {
                    Ok(cast(column, &wanted)?)
                }
            })
            .collect::<Result<Vec<ArrayRef>>>()?;
        let differing = vec![false; columns.len()];
        let args = Args::new(&columns, &differing, &self.parameters, num_rows);
        (self.kernel)(&args).map_err(|error| DataFusionError::External(Box::new(error)))
    }
}

fn udwf(call: &WindowCall, kernel: Kernel) -> Arc<WindowUDF> {
    let types: Vec<&str> = call.parameters.iter().map(|ty| ty.name()).collect();
    let arrow: Vec<DataType> = call.parameters.iter().map(|ty| arrow_type(*ty)).collect();
    // The binder has converted the arguments; DataFusion's coercion must not touch them.
    let signature = if arrow.is_empty() {
        Signature::nullary(Volatility::Immutable)
    } else {
        Signature::exact(arrow, Volatility::Immutable)
    };
    Arc::new(WindowUDF::new_from_impl(KernelUdwf {
        name: format!("kql_{}({})", call.function.name, types.join(",")),
        call: call.clone(),
        kernel,
        signature,
    }))
}

/// The function of a name that [`lower`] gave: how a decoded plan finds its functions again.
pub fn by_name(name: &str) -> Option<Arc<WindowUDF>> {
    let (function, types) = name
        .strip_prefix("kql_")?
        .strip_suffix(')')?
        .rsplit_once('(')?;
    let types = types
        .split(',')
        .filter(|ty| !ty.is_empty())
        .map(Type::parse)
        .collect::<Option<Vec<_>>>()?;
    match resolve(find(function)?, &types) {
        Resolution::Found(call) => match call.row().meaning {
            WindowMeaning::Whole(kernel) => Some(udwf(&call, kernel)),
            WindowMeaning::Native(_) => None,
        },
        Resolution::WrongCount | Resolution::WrongType { .. } => None,
    }
}

/// The DataFusion expression of a bound call over the whole input, in the order of `order_by` (the keys by which the input is
/// ordered already; empty when it is in the order in which it was written).
///
/// `args` are converted to `call.parameters` and hold literals where [`WindowCall::wants_constant`] says so.
///
/// # Errors
/// When DataFusion refuses the order.
pub fn lower(call: &WindowCall, args: Vec<Expr>, order_by: Vec<SortExpr>) -> Result<Expr> {
    let kernel = match call.row().meaning {
        WindowMeaning::Native(function) if order_by.is_empty() => return Ok(function()),
        WindowMeaning::Native(function) => return function().order_by(order_by).build(),
        WindowMeaning::Whole(kernel) => kernel,
    };
    let unbounded = || ScalarValue::UInt64(None);
    let frame = WindowFrame::new_bounds(
        WindowFrameUnits::Rows,
        WindowFrameBound::Preceding(unbounded()),
        WindowFrameBound::Following(unbounded()),
    );
    Ok(Expr::WindowFunction(Box::new(WindowFunction {
        fun: WindowFunctionDefinition::WindowUDF(udwf(call, kernel)),
        params: WindowFunctionParams {
            args,
            partition_by: Vec::new(),
            order_by,
            window_frame: frame,
            filter: None,
            null_treatment: None,
            distinct: false,
        },
    })))
}
