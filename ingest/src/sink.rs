//! Where rows go, and who is told: the two things a caller brings.

use crate::reject::Reject;
use crate::report::FileReport;
use datafusion::arrow::record_batch::RecordBatch;
use huntql_store::SourceNote;

/// What the sink made of a batch. `rows + duplicates` is the batch's length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Appended {
    pub rows: u64,
    /// Rows whose record id was there already.
    pub duplicates: u64,
}

/// Something is wrong with the place that rows go to. It ends the run.
pub type SinkError = Box<dyn std::error::Error + Send + Sync>;

/// Takes rows: the store, or a temporary one.
///
/// Batches have the declared columns of the table in order, then the hidden ones, in the store's Arrow types.
pub trait EventSink {
    /// How far sources with this head have been read, as far as their rows are still there.
    fn sources(&mut self, _head: &str) -> Result<Vec<SourceNote>, SinkError> {
        Ok(Vec::new())
    }

    /// A file begins.
    fn begin_file(&mut self, file: &str) -> Result<(), SinkError>;

    fn append(&mut self, table: &str, batch: RecordBatch) -> Result<Appended, SinkError>;

    /// The file that began last has been read to its end: its rows are to be kept. `None` for what cannot be told again,
    /// as standard input.
    fn end_file(&mut self, source: Option<&SourceNote>) -> Result<FileEnd, SinkError>;

    /// The file that began last could not be read to its end: its rows are to be forgotten.
    fn abandon_file(&mut self);
}

/// What became of a file when it was committed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FileEnd {
    /// Tables to which another run had added the same file in the meantime; this one's rows for them were dropped.
    pub known_already: Vec<String>,
}

/// Hears what happens while it happens.
pub trait Observer {
    fn rejected(&mut self, reject: &Reject) -> Result<(), SinkError>;

    /// A file is done, whatever became of it.
    fn finished(&mut self, file: &FileReport);

    /// What happens to files that are followed, in words.
    fn noticed(&mut self, _what: &str) {}

    /// Rows are about to be told as stored: what was heard is to be safe first.
    fn settle(&mut self) -> Result<(), SinkError> {
        Ok(())
    }
}

/// An observer that listens to nothing.
#[derive(Debug, Default)]
pub struct Unobserved;

impl Observer for Unobserved {
    fn rejected(&mut self, _: &Reject) -> Result<(), SinkError> {
        Ok(())
    }
    fn finished(&mut self, _: &FileReport) {}
}

/// Keeps all batches in memory: for tests and small things.
#[derive(Debug, Default)]
pub struct MemorySink {
    pub batches: Vec<(String, RecordBatch)>,
    /// Batches of the files before this one.
    kept: usize,
}

impl EventSink for MemorySink {
    fn begin_file(&mut self, _: &str) -> Result<(), SinkError> {
        self.kept = self.batches.len();
        Ok(())
    }
    fn append(&mut self, table: &str, batch: RecordBatch) -> Result<Appended, SinkError> {
        let rows = batch.num_rows() as u64;
        self.batches.push((table.to_owned(), batch));
        Ok(Appended {
            rows,
            duplicates: 0,
        })
    }
    fn end_file(&mut self, _: Option<&SourceNote>) -> Result<FileEnd, SinkError> {
        Ok(FileEnd::default())
    }
    fn abandon_file(&mut self) {
        self.batches.truncate(self.kept);
    }
}
