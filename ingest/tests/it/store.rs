//! Files into the store: once, whole, and by content.

use crate::support::samples;
use huntql_ingest::sink::Unobserved;
use huntql_ingest::{Options, Outcome, StoreSink, ingest_paths};
use huntql_store::Store;

#[test]
fn the_same_content_is_ingested_once_whatever_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::create_or_open(folder.path().join("data")).unwrap();
    let log = samples().join("logs/zeek/dns.log");
    let copy = folder.path().join("copy.log");
    std::fs::copy(&log, &copy).unwrap();
    let run = |path: &std::path::Path| {
        let mut sink = StoreSink::new(&store);
        ingest_paths(
            &[path.display().to_string()],
            &Options::default(),
            &mut sink,
            &mut Unobserved,
        )
        .unwrap()
    };
    assert_eq!(run(&log).counts().kept, 96);
    assert_eq!(run(&copy).files[0].outcome, Outcome::AlreadyKnown);
    // A file that has grown is another file, of which only the new record is new.
    let text = std::fs::read_to_string(&log).unwrap();
    let grown = text.replace("#close", "1772470000.5\tCnew\t10.0.1.11\t50000\t10.0.2.2\t53\tudp\t7\t-\ta.example\t1\tC_INTERNET\t1\tA\t-\t-\tF\tF\tT\tT\t0\t-\t-\tF\n#close");
    std::fs::write(&copy, grown).unwrap();
    let again = run(&copy).counts();
    assert_eq!((again.kept, again.duplicate), (1, 96));
}

#[test]
fn every_table_of_the_samples_can_be_stored() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::create_or_open(folder.path().join("data")).unwrap();
    let logs = samples().join("logs").display().to_string();
    let report = ingest_paths(
        &[logs],
        &Options::default(),
        &mut StoreSink::new(&store),
        &mut Unobserved,
    )
    .unwrap();
    assert_eq!(report.counts().kept, 2524, "{report}");
    assert_eq!(store.tables().unwrap().len(), 7);
}
