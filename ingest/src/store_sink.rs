//! The store as a sink: one transaction a file, so that a file is wholly in or not at all.

use crate::proxies::Sightings;
use crate::sink::{Appended, EventSink, FileEnd, SinkError};
use datafusion::arrow::array::AsArray;
use datafusion::arrow::record_batch::RecordBatch;
use huntql_store::schema::{RECORD_ID, builtin};
use huntql_store::{Ingest, SourceNote, Store, Transaction};

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
    /// Over the record ids, for a source that cannot be told by its text.
    records: blake3::Hasher,
}

impl<'a> StoreSink<'a> {
    pub fn new(store: &'a Store) -> Self {
        Self { store, file: None }
    }
}

impl EventSink for StoreSink<'_> {
    fn sources(&mut self, head: &str) -> Result<Vec<SourceNote>, SinkError> {
        held_sources(self.store, head)
    }

    fn begin_file(&mut self, name: &str) -> Result<(), SinkError> {
        self.file = Some(OpenFile {
            name: name.to_owned(),
            sightings: Sightings::default(),
            ingest: self.store.ingest(),
            records: blake3::Hasher::new(),
        });
        Ok(())
    }

    fn append(&mut self, table: &str, batch: RecordBatch) -> Result<Appended, SinkError> {
        let file = self.file.as_mut().expect("a file has begun");
        let ids = batch
            .column_by_name(RECORD_ID)
            .expect("every row has a record id")
            .as_string::<i32>();
        file.records.update(ids.value_data());
        file.sightings.observe(table, &batch);
        append(&mut file.ingest, table, &batch)
    }

    fn end_file(&mut self, source: Option<&SourceNote>) -> Result<FileEnd, SinkError> {
        let mut file = self.file.take().expect("a file has begun");
        if let Some(seen) = file.sightings.to_batch(&file.name) {
            file.ingest.append(Sightings::table(), &seen)?;
        }
        let Some(source) = source else {
            let id = format!("records-{}", file.records.finalize().to_hex());
            let committed = file.ingest.commit(&id)?;
            return Ok(FileEnd {
                known_already: committed.known_already,
            });
        };
        let transaction = Transaction::once(source.hash.as_str());
        let committed = file.ingest.commit_rows(&transaction)?;
        file.ingest
            .note(std::slice::from_ref(source), &transaction, &committed)?;
        Ok(FileEnd {
            known_already: committed.known_already,
        })
    }

    fn abandon_file(&mut self) {
        self.file = None;
    }
}

/// The sources of this head whose rows are all there.
pub(crate) fn held_sources(store: &Store, head: &str) -> Result<Vec<SourceNote>, SinkError> {
    let mut held = Vec::new();
    for note in store.sources(head)? {
        if store.holds(&note)? {
            held.push(note);
        }
    }
    Ok(held)
}

/// Appends a batch of a built-in table.
pub(crate) fn append(
    ingest: &mut Ingest,
    table: &str,
    batch: &RecordBatch,
) -> Result<Appended, SinkError> {
    let schema = builtin(table).expect("rows are made for built-in tables");
    let appended = ingest.append(schema, batch)?;
    Ok(Appended {
        rows: appended.rows,
        duplicates: appended.duplicates,
    })
}
