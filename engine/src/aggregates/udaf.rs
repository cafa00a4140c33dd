//! Folds as DataFusion aggregates that are found by name, so that plans can travel.
//!
//! The name is `kql_<name>(<types>)`, with `;ordered` behind the types when the last column is the position of the row: for
//! instance `kql_make_list(dynamic,long;ordered)`. Constants are literal arguments.

use super::fold::{Folding, Shape};
use super::row::Meaning;
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::array::RecordBatchOptions;
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Schema};
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::format_state_name;
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, ColumnarValue, GroupsAccumulator, Signature,
    Volatility,
};
use huntql_kql::types::Type;
use huntql_store::schema::arrow_type;
use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, LazyLock};

/// One fold for arguments of given types.
#[derive(Debug)]
struct FoldUdaf {
    name: String,
    folding: Folding,
    shape: Shape,
    returns: DataType,
    signature: Signature,
}

impl PartialEq for FoldUdaf {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for FoldUdaf {}

impl Hash for FoldUdaf {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl AggregateUDFImpl for FoldUdaf {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(self.returns.clone())
    }

    fn accumulator(&self, args: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        (self.folding.single)(&self.shape, &constants(&args)?)
    }

    fn groups_accumulator_supported(&self, _: AccumulatorArgs) -> bool {
        true
    }

    fn create_groups_accumulator(
        &self,
        args: AccumulatorArgs,
    ) -> Result<Box<dyn GroupsAccumulator>> {
        (self.folding.groups)(&self.shape, &constants(&args)?)
    }

    fn state_fields(&self, args: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        let field = |(index, ty): (usize, DataType)| {
            Arc::new(Field::new(
                format_state_name(args.name, &format!("state{index}")),
                ty,
                true,
            ))
        };
        Ok((self.folding.saved_types)(&self.shape)
            .into_iter()
            .enumerate()
            .map(field)
            .collect())
    }

    fn default_value(&self, _: &DataType) -> Result<ScalarValue> {
        let unknown: Vec<Option<ScalarValue>> = vec![None; self.shape.parameters.len()];
        super::fold::of_nothing(&self.folding, &self.shape, &unknown)
            .or_else(|_| ScalarValue::try_from(&self.returns))
    }
}

/// The values of the constant arguments.
pub(super) fn constants(args: &AccumulatorArgs) -> Result<Vec<Option<ScalarValue>>> {
    let no_columns = RecordBatch::try_new_with_options(
        Arc::new(Schema::empty()),
        Vec::new(),
        &RecordBatchOptions::new().with_row_count(Some(1)),
    )?;
    args.exprs
        .iter()
        .map(|expr| {
            if !datafusion::physical_expr::utils::collect_columns(expr).is_empty() {
                return Ok(None);
            }
            match expr.evaluate(&no_columns)? {
                ColumnarValue::Scalar(value) => Ok(Some(value)),
                ColumnarValue::Array(array) => Ok(Some(ScalarValue::try_from_array(&array, 0)?)),
            }
        })
        .collect()
}

/// The DataFusion aggregate of a fold.
pub(crate) fn udaf(folding: &Folding, parameters: &[Type], ordered: bool) -> Arc<AggregateUDF> {
    let types: Vec<&str> = parameters.iter().map(|ty| ty.name()).collect();
    let mark = if ordered { ";ordered" } else { "" };
    let shape = Shape {
        parameters: parameters.to_vec(),
        ordered,
    };
    let fold = FoldUdaf {
        name: format!("kql_{}({}{mark})", folding.name, types.join(",")),
        folding: *folding,
        returns: arrow_type((folding.returns)(parameters)),
        // The binder has converted the arguments; DataFusion's coercion must not touch them.
        signature: Signature::exact(shape.columns(), Volatility::Immutable),
        shape,
    };
    Arc::new(AggregateUDF::new_from_impl(fold))
}

static BY_NAME: LazyLock<HashMap<&'static str, Folding>> = LazyLock::new(|| {
    super::all()
        .flat_map(|row| row.overloads)
        .filter_map(|overload| match overload.meaning {
            Meaning::Native(..) => None,
            Meaning::Fold(folding)
            | Meaning::FoldFrom(_, folding)
            | Meaning::FoldBy(folding)
            | Meaning::FoldAlone(folding) => Some((folding.name, folding)),
        })
        .collect()
});

/// The aggregate of a name that [`udaf`] gave: how a decoded plan finds its aggregates again.
pub fn by_name(name: &str) -> Option<Arc<AggregateUDF>> {
    let (name, types) = name
        .strip_prefix("kql_")?
        .strip_suffix(')')?
        .rsplit_once('(')?;
    let (types, ordered) = match types.strip_suffix(";ordered") {
        Some(types) => (types, true),
        None => (types, false),
    };
    let types = types
        .split(',')
        .filter(|ty| !ty.is_empty())
        .map(Type::parse)
        .collect::<Option<Vec<_>>>()?;
    Some(udaf(BY_NAME.get(name)?, &types, ordered))
}
