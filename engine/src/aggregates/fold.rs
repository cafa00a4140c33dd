//! Aggregates of our own: one state a group, rows added one by one, states merged.
//!
//! A [`Fold`] says what the state is and what a row does to it; the rest (groups, filters, partial and final steps, the bytes
//! held) is here, once. States are saved as Arrow columns, so a partial step may run in another process.

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Int64Array, new_empty_array,
};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Int64Type};
use datafusion::common::{DataFusionError, Result, ScalarValue};
use datafusion::logical_expr::{Accumulator, EmitTo, GroupsAccumulator};
use huntql_kql::types::Type;
use huntql_store::schema::arrow_type;
use std::fmt::Debug;
use std::sync::Arc;

/// What an aggregate is made for: the types of its arguments, and the values of those that are constant.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Shape {
    pub parameters: Vec<Type>,
    /// A further, last column gives the rows' position in an ordered input.
    pub ordered: bool,
}

/// Constant arguments; `None` where an argument differs by row.
pub(crate) type Constants = [Option<ScalarValue>];

impl Shape {
    /// The Arrow types of the argument columns.
    pub(crate) fn columns(&self) -> Vec<DataType> {
        let position = self.ordered.then_some(DataType::Int64);
        self.parameters
            .iter()
            .map(|ty| arrow_type(*ty))
            .chain(position)
            .collect()
    }
}

/// The meaning of one aggregate.
pub(crate) trait Fold: Debug + Send + Sync + Sized + 'static {
    type State: Debug + Default + Send + Sync;
    /// Readers of the argument columns.
    type Input<'a>;
    /// Readers of the columns that [`Fold::save`] wrote.
    type Saved<'a>;

    fn new(shape: &Shape, constants: &Constants) -> Result<Self>;
    fn saved_types(shape: &Shape) -> Vec<DataType>;
    fn returns(parameters: &[Type]) -> Type;

    fn input<'a>(&self, columns: &'a [ArrayRef]) -> Self::Input<'a>;
    fn saved<'a>(&self, columns: &'a [ArrayRef]) -> Self::Saved<'a>;
    /// Adds a row, and tells by how many bytes the state grew on the heap.
    fn add(&self, state: &mut Self::State, input: &Self::Input<'_>, row: usize) -> usize;
    /// Adds a saved state. States come in the order of their partitions, which is no order of rows.
    fn merge(&self, state: &mut Self::State, saved: &Self::Saved<'_>, row: usize) -> usize;
    fn save(&self, states: Vec<Self::State>) -> Result<Vec<ArrayRef>>;
    fn finish(&self, states: Vec<Self::State>) -> Result<ArrayRef>;
}

/// A [`Fold`] behind function pointers, with the name under which plans find it again.
#[derive(Debug, Clone, Copy)]
pub struct Folding {
    /// Without the prefix `kql_`.
    pub name: &'static str,
    /// Whether it wants the position of rows when the input has an order.
    pub wants_position: bool,
    pub(crate) saved_types: fn(&Shape) -> Vec<DataType>,
    pub(crate) returns: fn(&[Type]) -> Type,
    pub(crate) groups: fn(&Shape, &Constants) -> Result<Box<dyn GroupsAccumulator>>,
    pub(crate) single: fn(&Shape, &Constants) -> Result<Box<dyn Accumulator>>,
}

impl Folding {
    pub(crate) const fn of<F: Fold>(name: &'static str) -> Folding {
        Folding {
            name,
            wants_position: false,
            saved_types: F::saved_types,
            returns: F::returns,
            groups: |shape, constants| Ok(Box::new(Groups::new(F::new(shape, constants)?, shape))),
            single: |shape, constants| {
                Ok(Box::new(Single(Groups::new(
                    F::new(shape, constants)?,
                    shape,
                ))))
            },
        }
    }

    pub(crate) const fn ordered(mut self) -> Folding {
        self.wants_position = true;
        self
    }
}

/// States of all groups.
#[derive(Debug)]
struct Groups<F: Fold> {
    fold: F,
    shape: Shape,
    states: Vec<F::State>,
    heap_bytes: usize,
}

impl<F: Fold> Groups<F> {
    fn new(fold: F, shape: &Shape) -> Self {
        Self {
            fold,
            shape: shape.clone(),
            states: Vec::new(),
            heap_bytes: 0,
        }
    }

    fn reach(&mut self, groups: usize) {
        if self.states.len() < groups {
            self.states.resize_with(groups, F::State::default);
        }
    }

    fn take(&mut self, emit_to: EmitTo) -> Vec<F::State> {
        let taken = emit_to.take_needed(&mut self.states);
        if self.states.is_empty() {
            self.heap_bytes = 0;
        }
        taken
    }

    fn update(
        &mut self,
        values: &[ArrayRef],
        group: impl Fn(usize) -> usize,
        filter: Option<&BooleanArray>,
    ) -> Result<()> {
        let columns = plain(values, &self.shape.columns())?;
        let rows = columns.first().map_or(0, |column| column.len());
        let input = self.fold.input(&columns);
        for row in 0..rows {
            if filter.is_none_or(|filter| filter.is_valid(row) && filter.value(row)) {
                self.heap_bytes += self.fold.add(&mut self.states[group(row)], &input, row);
            }
        }
        Ok(())
    }

    fn merge(&mut self, saved: &[ArrayRef], group: impl Fn(usize) -> usize) -> Result<()> {
        let columns = plain(saved, &F::saved_types(&self.shape))?;
        let rows = columns.first().map_or(0, |column| column.len());
        let saved = self.fold.saved(&columns);
        for row in 0..rows {
            self.heap_bytes += self.fold.merge(&mut self.states[group(row)], &saved, row);
        }
        Ok(())
    }

    fn bytes(&self) -> usize {
        size_of::<Self>() + self.states.capacity() * size_of::<F::State>() + self.heap_bytes
    }
}

/// Views and large strings, which a distributed engine or a foreign scan may bring, as the plain arrays that folds read.
fn plain(columns: &[ArrayRef], wanted: &[DataType]) -> Result<Vec<ArrayRef>> {
    columns
        .iter()
        .zip(wanted)
        .map(|(column, wanted)| {
            if column.data_type() == wanted {
                Ok(Arc::clone(column))
            } else {
                Ok(cast(column, wanted)?)
            }
        })
        .collect()
}

impl<F: Fold> GroupsAccumulator for Groups<F> {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        opt_filter: Option<&BooleanArray>,
        total_num_groups: usize,
    ) -> Result<()> {
        self.reach(total_num_groups);
        self.update(values, |row| group_indices[row], opt_filter)
    }

    fn merge_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        total_num_groups: usize,
    ) -> Result<()> {
        self.reach(total_num_groups);
        self.merge(values, |row| group_indices[row])
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let states = self.take(emit_to);
        self.fold.finish(states)
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        let states = self.take(emit_to);
        self.fold.save(states)
    }

    /// Each row as a group of its own.
    fn convert_to_state(
        &self,
        values: &[ArrayRef],
        opt_filter: Option<&BooleanArray>,
    ) -> Result<Vec<ArrayRef>> {
        let columns = plain(values, &self.shape.columns())?;
        let rows = columns.first().map_or(0, |column| column.len());
        let input = self.fold.input(&columns);
        let mut states = Vec::with_capacity(rows);
        for row in 0..rows {
            let mut state = F::State::default();
            if opt_filter.is_none_or(|filter| filter.is_valid(row) && filter.value(row)) {
                self.fold.add(&mut state, &input, row);
            }
            states.push(state);
        }
        self.fold.save(states)
    }

    fn size(&self) -> usize {
        self.bytes()
    }
}

/// The one group of a `summarize` without `by`.
#[derive(Debug)]
struct Single<F: Fold>(Groups<F>);

impl<F: Fold> Single<F> {
    fn take(&mut self) -> Vec<F::State> {
        self.0.reach(1);
        self.0.take(EmitTo::All)
    }
}

impl<F: Fold> Accumulator for Single<F> {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.0.reach(1);
        self.0.update(values, |_| 0, None)
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        self.0.reach(1);
        self.0.merge(states, |_| 0)
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let states = self.take();
        ScalarValue::try_from_array(&self.0.fold.finish(states)?, 0)
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let states = self.take();
        self.0
            .fold
            .save(states)?
            .iter()
            .map(|column| ScalarValue::try_from_array(column, 0))
            .collect()
    }

    fn size(&self) -> usize {
        self.0.bytes()
    }
}

/// The value of an aggregate over no rows at all.
pub(crate) fn of_nothing(
    folding: &Folding,
    shape: &Shape,
    constants: &Constants,
) -> Result<ScalarValue> {
    let mut groups = (folding.groups)(shape, constants)?;
    let none: Vec<ArrayRef> = shape.columns().iter().map(new_empty_array).collect();
    groups.update_batch(&none, &[], None, 1)?;
    ScalarValue::try_from_array(&groups.evaluate(EmitTo::All)?, 0)
}

/// The positions of the rows of a batch, where the input has an order.
pub(crate) fn positions<'a>(shape: &Shape, columns: &'a [ArrayRef]) -> Option<&'a Int64Array> {
    shape
        .ordered
        .then(|| columns[shape.parameters.len()].as_primitive::<Int64Type>())
}

/// A constant argument as a number.
///
/// # Errors
/// When it is not constant; the binder has reported that before.
pub(crate) fn constant_long(constants: &Constants, index: usize) -> Result<i64> {
    match constants.get(index) {
        Some(Some(ScalarValue::Int64(Some(value)))) => Ok(*value),
        other => Err(DataFusionError::Plan(format!(
            "argument {index} must be a constant number, not {other:?}"
        ))),
    }
}

/// A constant argument as a real.
///
/// # Errors
/// When it is not constant.
pub(crate) fn constant_real(constants: &Constants, index: usize) -> Result<f64> {
    match constants.get(index) {
        Some(Some(ScalarValue::Float64(Some(value)))) => Ok(*value),
        other => Err(DataFusionError::Plan(format!(
            "argument {index} must be a constant number, not {other:?}"
        ))),
    }
}
