//! Counting distinct values by the hashes of a [`Sketch`].

use super::cell::Cells;
use super::fold::{Constants, Fold, Folding, Shape, constant_long};
use super::row::Meaning;
use super::sketch::{Sketch, bucket_bits, hash_cell};
use datafusion::arrow::array::{Array, ArrayRef, AsArray, BinaryArray, BinaryBuilder, Int64Array};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::Result;
use huntql_kql::types::Type;
use std::sync::Arc;

pub(super) const DCOUNT: Meaning = Meaning::Fold(Folding::of::<Dcount>("dcount"));

/// Whether an aggregate of this name is `dcount` of a text.
pub(crate) fn is_dcount_of_text(name: &str) -> bool {
    name == "kql_dcount(string,long)"
}

#[derive(Debug)]
struct Dcount {
    ty: Type,
    bucket_bits: u32,
}

impl Fold for Dcount {
    type State = Sketch;
    type Input<'a> = Cells<'a>;
    type Saved<'a> = &'a BinaryArray;

    fn new(shape: &Shape, constants: &Constants) -> Result<Self> {
        Ok(Self {
            ty: shape.parameters[0],
            bucket_bits: bucket_bits("dcount", constant_long(constants, 1)?)?,
        })
    }

    fn saved_types(_: &Shape) -> Vec<DataType> {
        vec![DataType::Binary]
    }

    fn returns(_: &[Type]) -> Type {
        Type::Long
    }

    fn input<'a>(&self, columns: &'a [ArrayRef]) -> Cells<'a> {
        Cells::new(&columns[0], self.ty)
    }

    fn saved<'a>(&self, columns: &'a [ArrayRef]) -> &'a BinaryArray {
        columns[0].as_binary::<i32>()
    }

    fn add(&self, state: &mut Sketch, input: &Cells<'_>, row: usize) -> usize {
        hash_cell(input.get(row)).map_or(0, |hash| state.insert(hash, self.bucket_bits))
    }

    fn merge(&self, state: &mut Sketch, saved: &&BinaryArray, row: usize) -> usize {
        if saved.is_null(row) {
            return 0;
        }
        state.merge_bytes(saved.value(row), self.bucket_bits)
    }

    fn save(&self, states: Vec<Sketch>) -> Result<Vec<ArrayRef>> {
        let mut saved = BinaryBuilder::with_capacity(states.len(), states.len() * 16);
        let mut bytes = Vec::new();
        for state in &states {
            bytes.clear();
            state.write_to(&mut bytes);
            saved.append_value(&bytes);
        }
        Ok(vec![Arc::new(saved.finish())])
    }

    fn finish(&self, states: Vec<Sketch>) -> Result<ArrayRef> {
        Ok(Arc::new(Int64Array::from_iter_values(
            states.iter().map(Sketch::count),
        )))
    }
}
