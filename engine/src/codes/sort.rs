//! A sort of all rows by keys that are numbers: each row's keys become one number.
//!
//! The texts of a scan are put in order once, so that their numbers order as they do. Each key takes as many bits as its values
//! need; together they make a number of up to 128 bits, or several numbers where that is too few. Rows with equal keys stay in
//! the order in which they came.

use super::{Deal, Form, Plan, Walk, Walked, Wish};
use datafusion::arrow::array::{
    Array, ArrayRef, ArrowPrimitiveType, AsArray, Int32Array, UInt32Array, new_empty_array,
};
use datafusion::arrow::compute::{SortOptions, concat, take};
use datafusion::arrow::datatypes::{DataType, Int32Type, Int64Type, SchemaRef};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{DataFusionError, Result};
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryLimit, MemoryReservation};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_expr::{EquivalenceProperties, LexOrdering, PhysicalExpr};
use datafusion::physical_plan::coalesce_partitions::CoalescePartitionsExec;
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::sorts::sort::SortExec;
use datafusion::physical_plan::sorts::sort_preserving_merge::SortPreservingMergeExec;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, Distribution, ExecutionPlan, ExecutionPlanProperties,
    InputDistributionRequirements, Partitioning, PlanProperties,
};
use futures::StreamExt;
use huntql_store::scan::codes::{Codable, Texts};
use std::fmt;
use std::sync::Arc;

/// What ordering takes for a row, beyond the row as it came and gathered.
const KEY_BYTES: usize = 64;

/// Whether a node orders all rows by texts.
pub(super) fn orders_texts(plan: &Plan) -> bool {
    let Some(node) = plan.downcast_ref::<SortExec>() else {
        return false;
    };
    let schema = node.input().schema();
    let is_text = |key: &Column| *schema.field(key.index()).data_type() == DataType::Utf8;
    let keys = node
        .expr()
        .iter()
        .filter_map(|key| key.expr.downcast_ref::<Column>());
    node.fetch().is_none() && keys.into_iter().any(is_text)
}

/// The sort of all rows to one output that a node is.
fn whole_sort(plan: &Plan) -> Option<&SortExec> {
    if let Some(merge) = plan.downcast_ref::<SortPreservingMergeExec>() {
        let sort = merge.input().downcast_ref::<SortExec>()?;
        let whole = merge.fetch().is_none() && sort.expr() == merge.expr();
        return whole.then_some(sort);
    }
    let sort = plan.downcast_ref::<SortExec>()?;
    let single = sort.input().output_partitioning().partition_count() == 1;
    single.then_some(sort)
}

impl Walk {
    /// `None` for what is no sort by texts that can be one by numbers.
    pub(super) fn sort(&self, plan: &Plan) -> Result<Option<Walked>> {
        let Some(sort) = whole_sort(plan) else {
            return Ok(None);
        };
        let schema = sort.input().schema();
        let fixed = |ty: &DataType| {
            matches!(
                ty,
                DataType::Int32 | DataType::Int64 | DataType::Boolean | DataType::Float64
            )
        };
        let sortable =
            |ty: &DataType| matches!(ty, DataType::Int32 | DataType::Int64 | DataType::Utf8);
        let fields = schema.fields();
        let possible = fields
            .iter()
            .all(|field| fixed(field.data_type()) || *field.data_type() == DataType::Utf8)
            && sort.expr().iter().all(|key| {
                let column = key.expr.downcast_ref::<Column>();
                column.is_some_and(|column| sortable(fields[column.index()].data_type()))
            });
        if self.codable.is_empty()
            || self.shared.is_some()
            || !possible
            || !orders_texts(&(sort_plan(plan)))
        {
            return Ok(None);
        }
        if !self.holds(fields.len()) {
            return Ok(None);
        }
        let wishes: Vec<Wish> = fields
            .iter()
            .map(|field| match field.data_type() {
                DataType::Utf8 => Wish::Number,
                _ => Wish::Any,
            })
            .collect();
        let alike = self.with_one_lexicon();
        let (input, mut forms) = alike.walk(sort.input(), &wishes, Deal::Free)?;
        let mut unordered: Option<Arc<Texts>> = None;
        for (form, wish) in forms.iter().zip(&wishes) {
            match (form, wish) {
                (Form::Number(texts), _) => {
                    if unordered
                        .as_ref()
                        .is_some_and(|known| !Arc::ptr_eq(known, texts))
                    {
                        return Ok(None);
                    }
                    unordered = Some(Arc::clone(texts));
                }
                // A text that is none: the sort stays what it was.
                (_, Wish::Number) => return Ok(None),
                _ => {}
            }
        }
        let Some(unordered) = unordered else {
            return Ok(None);
        };
        let ordered = Texts::new(&self.pool);
        let numbers = forms
            .iter()
            .map(|form| matches!(form, Form::Number(_)))
            .collect();
        for form in &mut forms {
            if let Form::Number(texts) = form {
                *texts = Arc::clone(&ordered);
            }
        }
        let lexicon = Lexicon {
            numbers,
            unordered,
            ordered,
        };
        let made = NumberSortExec::over(input, sort.expr().clone(), Arc::new(lexicon))?;
        Ok(Some((Arc::new(made), forms)))
    }
}

impl Walk {
    /// Whether memory is sure to suffice for a sort of so many columns. A plain sort can use the disk instead.
    fn holds(&self, columns: usize) -> bool {
        let rows = self.codable.values().map(Codable::rows).max().unwrap_or(0);
        match self.pool.memory_limit() {
            MemoryLimit::Finite(limit) => {
                rows.saturating_mul(2 * 8 * columns + KEY_BYTES) <= limit / 2
            }
            MemoryLimit::Infinite | MemoryLimit::Unknown => true,
        }
    }
}

fn sort_plan(plan: &Plan) -> Plan {
    match plan.downcast_ref::<SortPreservingMergeExec>() {
        Some(merge) => Arc::clone(merge.input()),
        None => Arc::clone(plan),
    }
}

/// Which columns are numbers of texts, and the texts before and after.
#[derive(Debug)]
struct Lexicon {
    numbers: Vec<bool>,
    unordered: Arc<Texts>,
    ordered: Arc<Texts>,
}

/// All rows in order.
#[derive(Debug)]
struct NumberSortExec {
    input: Plan,
    order: LexOrdering,
    lexicon: Arc<Lexicon>,
    properties: Arc<PlanProperties>,
}

impl NumberSortExec {
    fn over(input: Plan, order: LexOrdering, lexicon: Arc<Lexicon>) -> Result<Self> {
        let input: Plan = match input.output_partitioning().partition_count() {
            1 => input,
            _ => Arc::new(CoalescePartitionsExec::new(input)),
        };
        let properties = PlanProperties::new(
            EquivalenceProperties::new_with_orderings(input.schema(), [order.clone()]),
            Partitioning::UnknownPartitioning(1),
            EmissionType::Final,
            Boundedness::Bounded,
        );
        Ok(Self {
            input,
            order,
            lexicon,
            properties: Arc::new(properties),
        })
    }
}

impl DisplayAs for NumberSortExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NumberSortExec: [{}]", self.order)
    }
}

impl ExecutionPlan for NumberSortExec {
    fn name(&self) -> &str {
        "NumberSortExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn input_distribution_requirements(&self) -> InputDistributionRequirements {
        InputDistributionRequirements::new(vec![Distribution::SinglePartition])
    }

    fn children(&self) -> Vec<&Plan> {
        vec![&self.input]
    }

    fn apply_expressions(
        &self,
        f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        for key in self.order.iter() {
            if f(&key.expr)? == TreeNodeRecursion::Stop {
                return Ok(TreeNodeRecursion::Stop);
            }
        }
        Ok(TreeNodeRecursion::Continue)
    }

    fn with_new_children(self: Arc<Self>, inputs: Vec<Plan>) -> Result<Plan> {
        let [input] = <[Plan; 1]>::try_from(inputs)
            .map_err(|_| DataFusionError::Internal("a sort has one input".to_owned()))?;
        let made = Self::over(input, self.order.clone(), Arc::clone(&self.lexicon))?;
        Ok(Arc::new(made))
    }

    fn execute(
        &self,
        partition: usize,
        context: Arc<TaskContext>,
    ) -> Result<SendableRecordBatchStream> {
        let held = MemoryConsumer::new("NumberSort").register(context.memory_pool());
        let size = context.session_config().batch_size().max(1);
        let mut input = self.input.execute(partition, context)?;
        let (schema, order) = (self.schema(), self.order.clone());
        let (of, lexicon) = (Arc::clone(&schema), Arc::clone(&self.lexicon));
        let sorted = async move {
            let mut batches = Vec::new();
            while let Some(batch) = input.next().await {
                let batch = batch?;
                // Once as it came, once gathered.
                held.try_grow(2 * batch.get_array_memory_size())?;
                batches.push(batch);
            }
            let sorted = tokio::task::spawn_blocking(move || {
                Sorted::of(batches, &of, &order, &lexicon, held)
            });
            sorted
                .await
                .map_err(|error| DataFusionError::Internal(format!("a sort failed: {error}")))?
        };
        let of = Arc::clone(&schema);
        let batches = futures::stream::once(sorted).flat_map(move |sorted| match sorted {
            Ok(sorted) => {
                let of = Arc::clone(&of);
                let starts = (0..sorted.rows.len()).step_by(size);
                futures::stream::iter(starts.map(move |start| sorted.batch(&of, start, size)))
                    .boxed()
            }
            Err(error) => futures::stream::iter([Err(error)]).boxed(),
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, batches)))
    }
}

/// Gathered columns, and the rows in order.
struct Sorted {
    columns: Vec<ArrayRef>,
    rows: Vec<u32>,
    _held: MemoryReservation,
}

impl Sorted {
    fn of(
        batches: Vec<RecordBatch>,
        schema: &SchemaRef,
        order: &LexOrdering,
        lexicon: &Lexicon,
        held: MemoryReservation,
    ) -> Result<Sorted> {
        let count: usize = batches.iter().map(RecordBatch::num_rows).sum();
        let count = u32::try_from(count).map_err(|_| {
            DataFusionError::ResourcesExhausted("a sort of more than 4,294,967,295 rows".into())
        })?;
        let mut columns = Vec::with_capacity(schema.fields().len());
        for index in 0..schema.fields().len() {
            let parts: Vec<&dyn Array> = batches
                .iter()
                .map(|batch| batch.column(index).as_ref())
                .collect();
            columns.push(match parts.is_empty() {
                true => new_empty_array(schema.field(index).data_type()),
                false => concat(&parts)?,
            });
        }
        drop(batches);
        lexicon.put_in_order(&mut columns)?;
        let bytes = columns
            .iter()
            .map(|column| column.get_array_memory_size())
            .sum::<usize>();
        let keys = keys_of(&columns, order)?;
        held.try_resize(bytes + count as usize * (8 * keys.len() + 48))?;
        let rows = in_order(&keys, count);
        held.try_resize(bytes + count as usize * 4)?;
        Ok(Sorted {
            columns,
            rows,
            _held: held,
        })
    }

    fn batch(&self, schema: &SchemaRef, start: usize, size: usize) -> Result<RecordBatch> {
        let end = self.rows.len().min(start + size);
        let rows = UInt32Array::from(self.rows[start..end].to_vec());
        let columns = self
            .columns
            .iter()
            .map(|column| Ok(take(column, &rows, None)?))
            .collect::<Result<Vec<_>>>()?;
        Ok(RecordBatch::try_new(Arc::clone(schema), columns)?)
    }
}

impl Lexicon {
    /// Replaces numbers by those that have the order of their texts.
    fn put_in_order(&self, columns: &mut [ArrayRef]) -> Result<()> {
        let mut used: Vec<bool> = Vec::new();
        let of_texts = || self.numbers.iter().enumerate().filter(|(_, is)| **is);
        for (index, _) in of_texts() {
            let numbers = columns[index].as_primitive::<Int32Type>();
            let most = datafusion::arrow::compute::max(numbers).unwrap_or(0);
            used.resize(used.len().max(most as usize + 1), false);
            numbers
                .iter()
                .flatten()
                .for_each(|number| used[number as usize] = true);
        }
        let ranks = self.unordered.put_in_order(&used, &self.ordered)?;
        for (index, _) in of_texts() {
            columns[index] = ranked(&columns[index], &ranks);
        }
        Ok(())
    }
}

fn ranked(numbers: &ArrayRef, ranks: &[i32]) -> ArrayRef {
    let numbers = numbers.as_primitive::<Int32Type>();
    let rank = |number: i32| ranks.get(number as usize).copied().unwrap_or_default();
    let ranked: Int32Array = numbers.unary(rank);
    Arc::new(ranked)
}

/// A key of all rows, or a part of one: values from 0 on that order as the key does.
struct Key {
    values: Vec<u64>,
    bits: u32,
}

fn keys_of(columns: &[ArrayRef], order: &LexOrdering) -> Result<Vec<Key>> {
    let mut keys = Vec::new();
    for key in order.iter() {
        let column = key.expr.downcast_ref::<Column>();
        let array = column.and_then(|column| columns.get(column.index()));
        let array = array.filter(|array| array.data_type().is_integer());
        match array.map(|array| (array, array.data_type())) {
            Some((array, DataType::Int32)) => {
                add_keys::<Int32Type>(&mut keys, array, key.options, i64::from);
            }
            Some((array, DataType::Int64)) => {
                add_keys::<Int64Type>(&mut keys, array, key.options, |value| value);
            }
            _ => return Err(DataFusionError::Internal("a key is no number".to_owned())),
        }
    }
    Ok(keys)
}

/// A bit that tells nulls from values where there are nulls, then the values.
fn add_keys<T: ArrowPrimitiveType>(
    keys: &mut Vec<Key>,
    array: &ArrayRef,
    options: SortOptions,
    wide: fn(T::Native) -> i64,
) {
    let array = array.as_primitive::<T>();
    if array.null_count() > 0 {
        let mark = |row| u64::from(array.is_null(row) != options.nulls_first);
        keys.push(Key {
            values: (0..array.len()).map(mark).collect(),
            bits: 1,
        });
    }
    let given = || array.iter().flatten().map(wide);
    let (least, most) = (given().min().unwrap_or(0), given().max().unwrap_or(0));
    let place = |value: i64| match options.descending {
        true => most.wrapping_sub(value) as u64,
        false => value.wrapping_sub(least) as u64,
    };
    let of_row = |row| match array.is_valid(row) {
        true => place(wide(array.value(row))),
        false => 0,
    };
    let span = most.wrapping_sub(least) as u64;
    keys.push(Key {
        values: (0..array.len()).map(of_row).collect(),
        bits: u64::BITS - span.leading_zeros(),
    });
}

/// The numbers of rows in the order of their keys, those of equal keys in their own.
fn in_order(keys: &[Key], rows: u32) -> Vec<u32> {
    let bits: u32 = keys.iter().map(|key| key.bits).sum();
    if bits <= 64 {
        let joined = |row: usize| {
            keys.iter().fold(0_u64, |joined, key| {
                joined.unbounded_shl(key.bits) | key.values[row]
            })
        };
        return by_key((0..rows).map(|row| (joined(row as usize), row)).collect());
    }
    if bits <= 128 {
        let joined = |row: usize| {
            keys.iter().fold(0_u128, |joined, key| {
                joined.unbounded_shl(key.bits) | u128::from(key.values[row])
            })
        };
        return by_key((0..rows).map(|row| (joined(row as usize), row)).collect());
    }
    let mut order: Vec<u32> = (0..rows).collect();
    order.sort_by(|one, other| {
        let (one, other) = (*one as usize, *other as usize);
        let of_one = keys.iter().map(|key| key.values[one]);
        of_one.cmp(keys.iter().map(|key| key.values[other]))
    });
    order
}

fn by_key<K: Ord>(mut rows: Vec<(K, u32)>) -> Vec<u32> {
    if !rows.is_sorted() {
        rows.sort_unstable();
    }
    rows.into_iter().map(|(_, row)| row).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use datafusion::arrow::array::Int64Array;
    use datafusion::arrow::compute::{SortColumn, lexsort_to_indices};
    use proptest::prelude::*;

    fn column() -> impl Strategy<Value = (Vec<Option<i64>>, bool, bool)> {
        let value = prop_oneof![
            Just(None),
            (-3_i64..3).prop_map(Some),
            any::<i64>().prop_map(Some)
        ];
        (
            proptest::collection::vec(value, 40),
            any::<bool>(),
            any::<bool>(),
        )
    }

    proptest! {
        #[test]
        fn rows_come_in_the_order_of_a_plain_sort(columns in proptest::collection::vec(column(), 1..4)) {
            let arrays: Vec<ArrayRef> = columns.iter().map(|(values, ..)| Arc::new(Int64Array::from(values.clone())) as ArrayRef).collect();
            let options: Vec<SortOptions> = columns.iter().map(|(_, descending, nulls_first)| SortOptions { descending: *descending, nulls_first: *nulls_first }).collect();
            let mut keys = Vec::new();
            arrays.iter().zip(&options).for_each(|(array, options)| add_keys::<Int64Type>(&mut keys, array, *options, |value| value));
            let found = in_order(&keys, 40);
            let mut plain: Vec<SortColumn> = arrays.iter().zip(&options).map(|(array, options)| SortColumn { values: Arc::clone(array), options: Some(*options) }).collect();
            let places: ArrayRef = Arc::new(UInt32Array::from_iter_values(0..40));
            plain.push(SortColumn { values: places, options: None });
            let wanted = lexsort_to_indices(&plain, None).unwrap();
            prop_assert_eq!(&found[..], &wanted.values()[..]);
        }
    }
}
