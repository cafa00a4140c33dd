//! `null`: takes everything, for measuring.

use super::Writer;
use datafusion::arrow::record_batch::RecordBatch;
use huntql_kql::types::Column;
use std::io;

pub struct NullWriter;

impl Writer for NullWriter {
    fn begin(&mut self, _: &[Column]) -> io::Result<()> {
        Ok(())
    }
    fn batch(&mut self, _: &RecordBatch) -> io::Result<()> {
        Ok(())
    }
    fn end(&mut self) -> io::Result<()> {
        Ok(())
    }
    fn finish(&mut self) -> io::Result<()> {
        Ok(())
    }
}
