//! The columns of one file on their way into it: row group by row group, and into its term index block by block.

use super::chunk::Packer;
use super::coded::{self, Coded};
use super::parquet::{CHUNK_ROWS, ROW_GROUP_ROWS};
use super::texts;
use crate::index::{Builder, Texts};
use crate::members::Filled;
use datafusion::arrow::array::{Array, ArrayRef, AsArray, StringArray};
use datafusion::arrow::compute::interleave;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::arrow::arrow_writer::{ArrowColumnWriter, compute_leaves};
use datafusion::parquet::errors::{ParquetError, Result};
use datafusion::parquet::file::metadata::RowGroupMetaData;
use datafusion::parquet::file::properties::WriterProperties;
use std::fs::File;
use std::io::{BufWriter, IntoInnerError};

/// Bytes that go to the file at once.
const BUFFER_BYTES: usize = 256 << 10;

/// All rows of a file.
pub(super) struct Columns {
    schema: SchemaRef,
    /// Pairs of batch and row, in the order of the file.
    order: Vec<(usize, usize)>,
    columns: Vec<Rows>,
}

/// The rows of a column.
enum Rows {
    /// In the order of the file.
    Coded(Coded),
    /// Texts that hardly repeat, those of each batch as they came.
    Texts(Vec<StringArray>),
    /// Those of each batch, as they came.
    Plain(Vec<ArrayRef>),
}

impl Columns {
    /// `schema` is that of the batches and, behind it, of the members; `order` has pairs of batch and row.
    pub(super) fn of(
        batches: Vec<RecordBatch>,
        members: Vec<Filled>,
        schema: SchemaRef,
        order: Vec<(usize, usize)>,
        properties: &WriterProperties,
    ) -> Columns {
        let mut starts = Vec::with_capacity(batches.len());
        let mut rows = 0;
        for batch in &batches {
            starts.push(rows);
            rows += batch.num_rows();
        }
        let flat = order
            .iter()
            .map(|(batch, row)| (starts[*batch] + row) as u32);
        let flat: Vec<u32> = flat.collect();
        let rows_of = |index| {
            if let Some(texts) = texts::of(&batches, index, properties) {
                return Rows::Texts(texts);
            }
            match Coded::of(&batches, index, properties) {
                Some(coded) => Rows::Coded(coded.in_order(&flat)),
                None => {
                    let arrays = batches.iter().map(|batch| batch.column(index).clone());
                    Rows::Plain(arrays.collect())
                }
            }
        };
        let of_batches = (0..schema.fields().len() - members.len()).map(rows_of);
        let of_members = members.into_iter().map(|Filled { values, codes, .. }| {
            let coded = Coded { values, codes };
            Rows::Coded(coded.in_order(&flat))
        });
        Columns {
            columns: of_batches.chain(of_members).collect(),
            schema,
            order,
        }
    }

    /// Writes the file and fills its index; gives what the footer says of the row groups.
    pub(super) fn write(
        &self,
        file: File,
        properties: WriterProperties,
        mut terms: Option<&mut Builder>,
    ) -> Result<(File, Vec<RowGroupMetaData>)> {
        let file = BufWriter::with_capacity(BUFFER_BYTES, file);
        let writer = ArrowWriter::try_new(file, self.schema.clone(), Some(properties))?;
        let (mut writer, factory) = writer.into_serialized_writer()?;
        let properties = writer.properties().clone();
        let described = writer.schema_descr().columns().to_vec();
        let rows = self.order.len();
        let mut packer = Packer::default();
        let mut groups = Vec::new();
        for (ordinal, from) in (0..rows).step_by(ROW_GROUP_ROWS).enumerate() {
            let to = rows.min(from + ROW_GROUP_ROWS);
            let writers = factory.create_column_writers(ordinal)?.into_iter();
            let mut writers: Vec<Option<ArrowColumnWriter>> = writers
                .zip(&self.columns)
                .map(|(writer, rows)| matches!(rows, Rows::Plain(_)).then_some(writer))
                .collect();
            for start in (from..to).step_by(CHUNK_ROWS) {
                let end = to.min(start + CHUNK_ROWS);
                self.write_chunk(start..end, &mut writers, terms.as_deref_mut())?;
            }
            let mut group = writer.next_row_group()?;
            for (index, (rows, writer)) in self.columns.iter().zip(writers).enumerate() {
                match (rows, writer) {
                    (Rows::Coded(Coded { values, codes }), _) => {
                        let column = described[index].clone();
                        let codes = &codes[from..to];
                        coded::write(values, codes, &mut group, column, &properties, &mut packer)?;
                    }
                    (Rows::Texts(rows), _) => {
                        let column = described[index].clone();
                        let order = &self.order[from..to];
                        texts::write(rows, order, &mut group, column, &properties, &mut packer)?;
                    }
                    (Rows::Plain(_), Some(writer)) => {
                        writer.close()?.append_to_row_group(&mut group)?;
                    }
                    (Rows::Plain(_), None) => {}
                }
            }
            groups.push(group.close()?.as_ref().clone());
        }
        let file = writer.into_inner()?.into_inner();
        Ok((file.map_err(IntoInnerError::into_error)?, groups))
    }

    /// The rows of one block: the plain columns go to their writers, all to the index.
    fn write_chunk(
        &self,
        rows: std::ops::Range<usize>,
        writers: &mut [Option<ArrowColumnWriter>],
        terms: Option<&mut Builder>,
    ) -> Result<()> {
        let order = &self.order[rows.clone()];
        let mut arrays: Vec<Option<ArrayRef>> = Vec::with_capacity(self.columns.len());
        for (index, column) in self.columns.iter().enumerate() {
            let Rows::Plain(batches) = column else {
                arrays.push(None);
                continue;
            };
            let batches: Vec<&dyn Array> = batches.iter().map(AsRef::as_ref).collect();
            let sorted = interleave(&batches, order).map_err(ParquetError::from)?;
            if let Some(writer) = &mut writers[index] {
                for leaf in compute_leaves(self.schema.field(index), &sorted)? {
                    writer.write(&leaf)?;
                }
            }
            arrays.push(Some(sorted));
        }
        let Some(terms) = terms else { return Ok(()) };
        let texts = self.columns.iter().zip(&arrays);
        let texts = texts.map(|(column, array)| match (column, array) {
            (Rows::Coded(Coded { values, codes }), _) => Texts::Coded(values, &codes[rows.clone()]),
            (Rows::Texts(batches), _) => Texts::Ordered(batches, order),
            (Rows::Plain(_), Some(array)) => array
                .as_string_opt::<i32>()
                .map_or(Texts::None, Texts::Plain),
            (Rows::Plain(_), None) => Texts::None,
        });
        let texts: Vec<Texts<'_>> = texts.collect();
        terms.push_columns(order.len(), &texts);
        Ok(())
    }
}
