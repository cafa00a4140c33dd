//! The store as a sink: one transaction a file, so that a file is wholly in or not at all.

use crate::proxies::Sightings;
use crate::sink::{Appended, EventSink, FileEnd, FileState, SinkError};
use datafusion::arrow::array::AsArray;
use datafusion::arrow::record_batch::RecordBatch;
use huntql_store::schema::{RECORD_ID, builtin};
use huntql_store::{Ingest, Store};

/// Writes each file into the store and commits it when it has been read to its end.
pub struct StoreSink<'a> {
    store: &'a Store,
    file: Option<OpenFile>,
}

struct OpenFile {
    name: String,
    ingest: Ingest,
    /// The proxies that its rows show at work.
    sightings: Sightings,
    fingerprint: Option<String>,
    /// Over the record ids, for a source whose fingerprint cannot be known beforehand.
    records: blake3::Hasher,
}

impl<'a> StoreSink<'a> {
    pub fn new(store: &'a Store) -> Self {
        Self { store, file: None }
    }
}

impl EventSink for StoreSink<'_> {
    fn begin_file(
        &mut self,
        name: &str,
        fingerprint: Option<&str>,
    ) -> Result<FileState, SinkError> {
        self.file = None;
        if let Some(fingerprint) = fingerprint
            && self.store.knows(fingerprint)?
        {
            return Ok(FileState::Known);
        }
        self.file = Some(OpenFile {
            name: name.to_owned(),
            sightings: Sightings::default(),
            ingest: self.store.ingest(),
            fingerprint: fingerprint.map(str::to_owned),
            records: blake3::Hasher::new(),
        });
        Ok(FileState::New)
    }

    fn append(&mut self, table: &str, batch: RecordBatch) -> Result<Appended, SinkError> {
        let file = self.file.as_mut().expect("a file has begun");
        let schema = builtin(table).expect("rows are made for built-in tables");
        if file.fingerprint.is_none() {
            let ids = batch
                .column_by_name(RECORD_ID)
                .expect("every row has a record id")
                .as_string::<i32>();
            file.records.update(ids.value_data());
        }
        file.sightings.observe(table, &batch);
        let appended = file.ingest.append(schema, &batch)?;
        Ok(Appended {
            rows: appended.rows,
            duplicates: appended.duplicates,
        })
    }

    fn end_file(&mut self) -> Result<FileEnd, SinkError> {
        let mut file = self.file.take().expect("a file has begun");
        if let Some(seen) = file.sightings.to_batch(&file.name) {
            file.ingest.append(Sightings::table(), &seen)?;
        }
        let fingerprint = file
            .fingerprint
            .unwrap_or_else(|| format!("records-{}", file.records.finalize().to_hex()));
        let committed = file.ingest.commit(&fingerprint)?;
        Ok(FileEnd {
            known_already: committed.known_already,
        })
    }

    fn abandon_file(&mut self) {
        self.file = None;
    }
}
