//! Text columns as they are: each text after its length (`PLAIN`), in pages of a bounded size.
//!
//! For long texts that hardly repeat, as JSON and command lines. They go from the batches into the pages, without columns in between.

use super::chunk::{Chunk, Packer, push_plain};
use super::coded::is_plain_text;
use crate::index;
use datafusion::arrow::array::{AsArray, StringArray};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::parquet::basic::Encoding;
use datafusion::parquet::errors::Result;
use datafusion::parquet::file::properties::WriterProperties;
use datafusion::parquet::file::writer::SerializedRowGroupWriter;
use datafusion::parquet::schema::types::{ColumnDescPtr, ColumnPath};
use std::io::Write;

/// The texts of a column, batch by batch; `None` for one that is no plain text or that the properties want otherwise.
pub(super) fn of(
    batches: &[RecordBatch],
    index: usize,
    properties: &WriterProperties,
) -> Option<Vec<StringArray>> {
    let schema = batches[0].schema();
    let field = schema.field(index);
    let path = ColumnPath::from(field.name().as_str());
    let is_wanted = is_plain_text(field)
        && !properties.dictionary_enabled(&path)
        && properties.bloom_filter_properties(&path).is_none()
        && properties
            .encoding(&path)
            .is_none_or(|wanted| wanted == Encoding::PLAIN);
    is_wanted.then_some(())?;
    let texts = batches.iter();
    texts
        .map(|batch| batch.column(index).as_string_opt::<i32>().cloned())
        .collect()
}

/// Writes the rows of a row group of a column: `order` has pairs of batch and row.
pub(super) fn write<W: Write + Send>(
    texts: &[StringArray],
    order: &[(usize, usize)],
    group: &mut SerializedRowGroupWriter<'_, W>,
    column: ColumnDescPtr,
    properties: &WriterProperties,
    packer: &mut Packer,
) -> Result<()> {
    let bytes_max = properties.column_data_page_size_limit(column.path());
    let mut chunk = Chunk::new(column, properties, packer)?;
    let (mut page, mut rows) = (Vec::with_capacity(bytes_max + bytes_max / 8), 0);
    for block in order.chunks(index::BLOCK_ROWS as usize) {
        for (batch, row) in block {
            push_plain(&mut page, texts[*batch].value(*row).as_bytes());
            rows += 1;
            if page.len() >= bytes_max {
                chunk.page(&page, rows, Encoding::PLAIN)?;
                page.clear();
                rows = 0;
            }
        }
        if rows > 0 {
            chunk.page(&page, rows, Encoding::PLAIN)?;
            page.clear();
            rows = 0;
        }
    }
    chunk.close(group, None)
}
