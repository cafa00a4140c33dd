//! Running an ingest into memory, and looking at what came out.

use datafusion::arrow::array::AsArray;
use datafusion::arrow::datatypes::{DataType, Int32Type, Int64Type};
use datafusion::arrow::record_batch::RecordBatch;
use huntql_ingest::reject::Reject;
use huntql_ingest::sink::MemorySink;
use huntql_ingest::{FileReport, Observer, Options, Report, SinkError, ingest_paths};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Everything that a run told.
pub struct Ran {
    pub report: Report,
    pub rejects: Vec<Reject>,
    pub batches: Vec<(String, RecordBatch)>,
}

#[derive(Default)]
struct Heard(Vec<Reject>);

impl Observer for Heard {
    fn rejected(&mut self, reject: &Reject) -> Result<(), SinkError> {
        self.0.push(reject.clone());
        Ok(())
    }
    fn finished(&mut self, _: &FileReport) {}
}

pub fn ingest(paths: &[&Path], options: &Options) -> Ran {
    let paths: Vec<String> = paths
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    let (mut sink, mut heard) = (MemorySink::default(), Heard::default());
    let report = ingest_paths(&paths, options, &mut sink, &mut heard).unwrap();
    Ran {
        report,
        rejects: heard.0,
        batches: sink.batches,
    }
}

/// Ingests one file of this name and content.
pub fn ingest_text(name: &str, content: impl AsRef<[u8]>) -> Ran {
    ingest_text_with(name, content, &Options::default())
}

pub fn ingest_text_with(name: &str, content: impl AsRef<[u8]>, options: &Options) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, content).unwrap();
    ingest(&[&path], options)
}

impl Ran {
    /// The only file's report.
    pub fn file(&self) -> &FileReport {
        assert_eq!(self.report.files.len(), 1, "{}", self.report);
        &self.report.files[0]
    }

    /// `read`, `kept`, `rejected`, `skipped` of the only file, which must add up.
    pub fn counts(&self) -> [u64; 4] {
        let counts = self.file().counts;
        assert!(counts.is_conserved(), "{}", self.report);
        [counts.read, counts.kept, counts.rejected, counts.skipped()]
    }

    /// The cells of a column of a table as text; `~` is null.
    pub fn column(&self, table: &str, column: &str) -> Vec<String> {
        let batches = self.batches.iter().filter(|(name, _)| name == table);
        batches
            .flat_map(|(_, batch)| cells(batch, column))
            .collect()
    }

    /// How often each value of a column occurs.
    pub fn tally(&self, table: &str, column: &str) -> BTreeMap<String, usize> {
        let mut tally = BTreeMap::new();
        for value in self.column(table, column) {
            *tally.entry(value).or_insert(0) += 1;
        }
        tally
    }

    /// A value of an `AdditionalFields` cell.
    pub fn fields(&self, row: usize) -> serde_json::Value {
        serde_json::from_str(&self.column("DeviceNetworkEvents", "AdditionalFields")[row]).unwrap()
    }

    pub fn reject_codes(&self) -> Vec<&'static str> {
        self.rejects.iter().map(|reject| reject.code).collect()
    }
}

pub fn cells(batch: &RecordBatch, column: &str) -> Vec<String> {
    let array = batch
        .column_by_name(column)
        .unwrap_or_else(|| panic!("no column {column}"));
    let text = |row: usize| match array.data_type() {
        DataType::Utf8 => array.as_string::<i32>().value(row).to_owned(),
        DataType::Int64 => array.as_primitive::<Int64Type>().value(row).to_string(),
        DataType::Int32 => array.as_primitive::<Int32Type>().value(row).to_string(),
        DataType::Boolean => array.as_boolean().value(row).to_string(),
        other => panic!("{other}"),
    };
    (0..array.len())
        .map(|row| {
            if array.is_null(row) {
                "~".to_owned()
            } else {
                text(row)
            }
        })
        .collect()
}

pub fn tally(pairs: &[(&str, usize)]) -> BTreeMap<String, usize> {
    pairs
        .iter()
        .map(|(name, count)| ((*name).to_owned(), *count))
        .collect()
}

/// The samples of the repository.
pub fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples")
}

/// Public logs, which lie beside the repository where they are at all. A test that needs them is skipped without them.
pub fn public_data() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared");
    let shared = std::env::var_os("HUNTQL_SHARED").map_or(beside, PathBuf::from);
    let data = shared.join("data");
    if !data.is_dir() {
        #[allow(clippy::print_stderr)]
        {
            eprintln!("skipped: no public logs at {}", data.display());
        }
        return None;
    }
    Some(data)
}
