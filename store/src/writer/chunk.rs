//! A column chunk of a Parquet file, page by page, as the writers of texts fill it.
//!
//! Pages are of version 1, packed by LZ4_RAW, of columns without nulls: no levels. Of a page the file says where it lies and how many rows
//! it has, nothing of its values (<https://parquet.apache.org/docs/file-format/data-pages/>).

use datafusion::parquet::basic::{Compression, Encoding, EncodingMask, PageType};
use datafusion::parquet::bloom_filter::Sbbf;
use datafusion::parquet::column::page::{CompressedPage, Page, PageWriteSpec, PageWriter};
use datafusion::parquet::column::writer::ColumnCloseResult;
use datafusion::parquet::errors::{ParquetError, Result};
use datafusion::parquet::file::metadata::{
    ColumnChunkMetaData, OffsetIndexBuilder, PageEncodingStats,
};
use datafusion::parquet::file::properties::WriterProperties;
use datafusion::parquet::file::writer::{
    SerializedPageWriter, SerializedRowGroupWriter, TrackedWrite,
};
use datafusion::parquet::schema::types::ColumnDescPtr;
use lz4_flex::block::{CompressTable, compress_into_with_table, get_maximum_output_size};
use std::io::Write;

/// Packs pages; its memory serves all pages of all columns of a file.
#[derive(Default)]
pub(super) struct Packer {
    repeats: CompressTable,
    packed: Vec<u8>,
}

impl Packer {
    fn pack(&mut self, page: &[u8]) -> Result<Vec<u8>> {
        let bytes_max = get_maximum_output_size(page.len());
        if self.packed.len() < bytes_max {
            self.packed.resize(bytes_max, 0);
        }
        let length = compress_into_with_table(page, &mut self.packed, &mut self.repeats)
            .map_err(|error| ParquetError::External(Box::new(error)))?;
        Ok(self.packed[..length].to_vec())
    }
}

/// Appends a text as `PLAIN` has it, after its length.
#[inline]
pub(super) fn push_plain(page: &mut Vec<u8>, text: &[u8]) {
    page.extend_from_slice(&(text.len() as u32).to_le_bytes());
    page.extend_from_slice(text);
}

/// A column chunk on its way.
pub(super) struct Chunk<'a> {
    column: ColumnDescPtr,
    sink: TrackedWrite<Vec<u8>>,
    packer: &'a mut Packer,
    written: Sizes,
    pages: OffsetIndexBuilder,
    /// Where the dictionary begins, if there is one.
    dictionary: Option<u64>,
    /// The encoding of the data pages, and how many they are.
    data_pages: Option<(Encoding, i32)>,
    rows: u64,
}

#[derive(Default)]
struct Sizes {
    expanded: usize,
    bytes: usize,
    first_data_page: Option<u64>,
}

impl<'a> Chunk<'a> {
    pub(super) fn new(
        column: ColumnDescPtr,
        properties: &WriterProperties,
        packer: &'a mut Packer,
    ) -> Result<Chunk<'a>> {
        let compression = properties.compression(column.path());
        if compression != Compression::LZ4_RAW {
            return Err(ParquetError::NYI(format!("{compression} of such pages")));
        }
        Ok(Chunk {
            sink: TrackedWrite::new(Vec::new()),
            column,
            packer,
            written: Sizes::default(),
            pages: OffsetIndexBuilder::new(),
            dictionary: None,
            data_pages: None,
            rows: 0,
        })
    }

    /// The page of the dictionary, which comes first: so many texts as [`push_plain`] writes them.
    pub(super) fn dictionary(&mut self, page: &[u8], texts: usize) -> Result<()> {
        let dictionary = Page::DictionaryPage {
            buf: self.packer.pack(page)?.into(),
            num_values: texts as u32,
            encoding: Encoding::PLAIN_DICTIONARY,
            is_sorted: false,
        };
        let spec = self.write(dictionary, page.len())?;
        self.dictionary = Some(spec.offset);
        Ok(())
    }

    /// A page of data: `rows` values in this encoding, the same for all pages.
    pub(super) fn page(&mut self, page: &[u8], rows: usize, encoding: Encoding) -> Result<()> {
        let data = Page::DataPage {
            buf: self.packer.pack(page)?.into(),
            num_values: rows as u32,
            encoding,
            def_level_encoding: Encoding::RLE,
            rep_level_encoding: Encoding::RLE,
            statistics: None,
        };
        let spec = self.write(data, page.len())?;
        self.written.first_data_page.get_or_insert(spec.offset);
        self.pages.append_row_count(rows as i64);
        self.pages
            .append_offset_and_size(spec.offset as i64, spec.compressed_size as i32);
        self.data_pages.get_or_insert((encoding, 0)).1 += 1;
        self.rows += rows as u64;
        Ok(())
    }

    fn write(&mut self, page: Page, expanded: usize) -> Result<PageWriteSpec> {
        let page = CompressedPage::new(page, expanded);
        let spec = SerializedPageWriter::new(&mut self.sink).write_page(page)?;
        self.written.expanded += spec.uncompressed_size;
        self.written.bytes += spec.compressed_size;
        Ok(spec)
    }

    /// Appends the chunk to its row group.
    pub(super) fn close<W: Write + Send>(
        mut self,
        group: &mut SerializedRowGroupWriter<'_, W>,
        bloom_filter: Option<Sbbf>,
    ) -> Result<()> {
        self.sink.flush()?;
        let dictionary = self.dictionary.map(|_| PageEncodingStats {
            page_type: PageType::DICTIONARY_PAGE,
            encoding: Encoding::PLAIN_DICTIONARY,
            count: 1,
        });
        let data = self.data_pages.map(|(encoding, count)| PageEncodingStats {
            page_type: PageType::DATA_PAGE,
            encoding,
            count,
        });
        let stats: Vec<PageEncodingStats> = dictionary.into_iter().chain(data).collect();
        let levels = [Encoding::RLE];
        let encodings = stats.iter().map(|stats| &stats.encoding).chain(&levels);
        let metadata = ColumnChunkMetaData::builder(self.column)
            .set_compression(Compression::LZ4_RAW)
            .set_encodings_mask(EncodingMask::new_from_encodings(encodings))
            .set_page_encoding_stats(stats)
            .set_total_compressed_size(self.written.bytes as i64)
            .set_total_uncompressed_size(self.written.expanded as i64)
            .set_num_values(self.rows as i64)
            .set_data_page_offset(self.written.first_data_page.unwrap_or(0) as i64)
            .set_dictionary_page_offset(self.dictionary.map(|offset| offset as i64))
            .build()?;
        let close = ColumnCloseResult {
            bytes_written: self.written.bytes as u64,
            rows_written: self.rows,
            metadata,
            bloom_filter,
            column_index: None,
            offset_index: Some(self.pages.build()),
        };
        // The only way to a buffer of this kind that needs no further crate.
        let bytes = Page::DictionaryPage {
            buf: self.sink.into_inner()?.into(),
            num_values: 0,
            encoding: Encoding::PLAIN,
            is_sorted: false,
        };
        group.append_column(bytes.buffer(), close)
    }
}
