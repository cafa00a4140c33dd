//! `basket`: the closed combinations of values that a share of the rows has.
//!
//! A combination is closed when no further value is common to all of its rows. Every closed one is reached from another by one
//! value more, so the search goes by how many values are needed to single a combination out, and meets each once.

use super::{Compiler, Program, Progress, Run};
use crate::ir::Scalar;
use crate::value::to_arrow;
use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, Float64Array, Int64Array, RecordBatch, StringArray, UInt32Array,
};
use datafusion::arrow::compute::{concat, take};
use datafusion::arrow::row::{RowConverter, SortField};
use datafusion::common::{DataFusionError, Result};
use huntql_kql::types::{Column, Type, Value};
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// How many combinations are gathered before the query is refused.
const COMBINATIONS_MAX: usize = 100_000;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Basket {
    /// The smallest share of rows that counts.
    pub threshold: f64,
    /// How many values a combination may need to be singled out.
    pub dimensions: usize,
    /// What stands in each column that a combination leaves open.
    pub wildcards: Vec<Value>,
    pub columns: Vec<Column>,
}

impl Program for Basket {
    fn name(&self) -> &'static str {
        "basket"
    }

    fn spec(&self) -> Result<Vec<u8>> {
        super::spec(self)
    }

    fn map_scalars(&self, _: &mut dyn FnMut(Scalar) -> Scalar) -> Arc<dyn Program> {
        Arc::new(self.clone())
    }

    fn compile(&self, _: &[Vec<Column>], _: &Compiler<'_>) -> Result<Arc<dyn Run>> {
        Ok(Arc::new(self.clone()))
    }
}

/// A value that many rows have.
#[derive(Debug)]
struct Item {
    column: usize,
    /// A row that has it.
    first: u32,
    /// The rows that have it, in order.
    rows: Vec<u32>,
}

/// A closed combination: its items, in order, and how many rows have them all.
#[derive(Debug)]
struct Combination {
    items: Vec<usize>,
    rows: Vec<u32>,
}

impl Run for Basket {
    fn run(&self, inputs: &[RecordBatch], progress: &Progress) -> Result<Vec<ArrayRef>> {
        let batch = &inputs[0];
        let columns: Vec<ArrayRef> = self
            .columns
            .iter()
            .map(|column| {
                Ok(without_null_texts(
                    super::column(batch, &column.name)?,
                    column.ty,
                ))
            })
            .collect::<Result<_>>()?;
        let total = batch.num_rows();
        let least = self.threshold * total as f64;
        let items = frequent(&columns, least)?;
        let mut found = self.closed(&items, total, least, progress)?;
        found.sort_by_key(|combination| {
            let size = combination.rows.len() * combination.items.len();
            (std::cmp::Reverse(size), combination.items.clone())
        });
        self.table(&columns, &items, &found, total)
    }
}

/// A string is never null: where there is none it is empty.
fn without_null_texts(values: &ArrayRef, ty: Type) -> ArrayRef {
    match values.as_string_opt::<i32>() {
        Some(texts) if ty == Type::String && texts.null_count() > 0 => {
            let filled = texts.iter().map(|text| Some(text.unwrap_or_default()));
            Arc::new(filled.collect::<StringArray>())
        }
        _ => Arc::clone(values),
    }
}

/// Every value of every column that so many rows have.
fn frequent(columns: &[ArrayRef], least: f64) -> Result<Vec<Item>> {
    let mut items = Vec::new();
    for (column, values) in columns.iter().enumerate() {
        let fields = vec![SortField::new(values.data_type().clone())];
        let coded = RowConverter::new(fields)?.convert_columns(&[Arc::clone(values)])?;
        let mut rows_of: HashMap<&[u8], Vec<u32>> = HashMap::new();
        for row in 0..values.len() {
            let place = u32::try_from(row)
                .map_err(|_| DataFusionError::Execution("`basket` over 2^32 rows".into()))?;
            rows_of
                .entry(coded.row(row).data())
                .or_default()
                .push(place);
        }
        let mut own: Vec<Item> = rows_of
            .into_values()
            .filter(|rows| rows.len() as f64 >= least)
            .map(|rows| Item {
                column,
                first: rows[0],
                rows,
            })
            .collect();
        own.sort_by_key(|item| (std::cmp::Reverse(item.rows.len()), item.first));
        items.extend(own);
    }
    Ok(items)
}

/// What two ordered lists share.
fn shared(a: &[u32], b: &[u32]) -> Vec<u32> {
    let (mut left, mut right, mut both) = (0, 0, Vec::new());
    while left < a.len() && right < b.len() {
        match a[left].cmp(&b[right]) {
            std::cmp::Ordering::Less => left += 1,
            std::cmp::Ordering::Greater => right += 1,
            std::cmp::Ordering::Equal => {
                both.push(a[left]);
                left += 1;
                right += 1;
            }
        }
    }
    both
}

impl Basket {
    /// All closed combinations that enough rows have.
    ///
    /// # Errors
    /// When a combination needs more values than allowed: the reference does not say what becomes of it.
    fn closed(
        &self,
        items: &[Item],
        total: usize,
        least: f64,
        progress: &Progress,
    ) -> Result<Vec<Combination>> {
        let mut seen: HashSet<Vec<usize>> = HashSet::new();
        let mut found: Vec<Combination> = Vec::new();
        let everything = (0..u32::try_from(total).unwrap_or(u32::MAX)).collect();
        let mut level = vec![Combination {
            items: Vec::new(),
            rows: everything,
        }];
        for depth in 0.. {
            let mut next = Vec::new();
            for from in &level {
                progress.check()?;
                for longer in extensions(from, items, least) {
                    if !seen.insert(longer.items.clone()) {
                        continue;
                    }
                    if depth >= self.dimensions {
                        return Err(DataFusionError::Execution(format!(
                            "`basket` over rows that share more than {} uncorrelated values is not supported: \
                             raise its third argument or project fewer columns",
                            self.dimensions
                        )));
                    }
                    next.push(longer);
                }
            }
            if found.len() + next.len() > COMBINATIONS_MAX {
                return Err(DataFusionError::Execution(
                    "`basket` finds more than 100,000 combinations: raise its first argument"
                        .into(),
                ));
            }
            found.extend(level.into_iter().filter(|one| !one.items.is_empty()));
            if next.is_empty() {
                break;
            }
            level = next;
        }
        Ok(found)
    }

    fn table(
        &self,
        columns: &[ArrayRef],
        items: &[Item],
        found: &[Combination],
        total: usize,
    ) -> Result<Vec<ArrayRef>> {
        let counts = || found.iter().map(|one| one.rows.len());
        let count = |rows: usize| i64::try_from(rows).unwrap_or(i64::MAX);
        let percent = |rows: usize| (rows as f64 * 1000.0 / total as f64).round_ties_even() / 10.0;
        let mut table: Vec<ArrayRef> = vec![
            Arc::new(Int64Array::from_iter_values((0..found.len()).map(count))),
            Arc::new(Int64Array::from_iter_values(counts().map(count))),
            Arc::new(Float64Array::from_iter_values(counts().map(percent))),
        ];
        for (at, values) in columns.iter().enumerate() {
            // The wildcard stands behind all values.
            let wildcard = to_arrow(&self.wildcards[at]).to_array()?;
            let with_wildcard = concat(&[values.as_ref(), wildcard.as_ref()])?;
            let last = u32::try_from(values.len()).unwrap_or(u32::MAX);
            let places = found.iter().map(|one| {
                let own = one.items.iter().find(|item| items[**item].column == at);
                own.map_or(last, |item| items[*item].first)
            });
            let places = UInt32Array::from_iter_values(places);
            table.push(take(with_wildcard.as_ref(), &places, None)?);
        }
        Ok(table)
    }
}

/// The closed combinations of one value more.
fn extensions<'a>(
    from: &'a Combination,
    items: &'a [Item],
    least: f64,
) -> impl Iterator<Item = Combination> + 'a {
    let free = move |item: &usize| {
        let column = items[*item].column;
        (from.items.iter()).all(|own| items[*own].column != column)
    };
    (0..items.len()).filter(free).filter_map(move |added| {
        let rows = shared(&from.rows, &items[added].rows);
        if rows.is_empty() || (rows.len() as f64) < least {
            return None;
        }
        let common = (0..items.len()).filter(|item| {
            from.items.contains(item)
                || *item == added
                || (items[*item].rows.len() >= rows.len()
                    && items[*item].rows.binary_search(&rows[0]).is_ok()
                    && shared(&rows, &items[*item].rows).len() == rows.len())
        });
        Some(Combination {
            items: common.collect(),
            rows,
        })
    })
}
