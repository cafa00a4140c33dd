//! Files that grow, between two runs and under `follow`.

use huntql_ingest::sink::Unobserved;
use huntql_ingest::{
    FileReport, Observer, Options, Outcome, Pace, Report, StoreSink, follow_paths, ingest_paths,
};
use huntql_store::Store;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const HEADER: &str = "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\n#types\ttime\tstring\taddr\tport\taddr\tport\tenum\n";

/// A line of a conn log.
fn conn(n: u32) -> String {
    format!(
        "{}.5\tC{n}\t192.0.2.{}\t5{:04}\t198.51.100.7\t443\ttcp\n",
        1_772_438_400 + n / 7,
        n % 200 + 1,
        n % 10_000
    )
}

fn conns(numbers: std::ops::Range<u32>) -> String {
    numbers.map(conn).collect()
}

struct Place {
    folder: tempfile::TempDir,
    store: Store,
}

impl Place {
    fn new() -> Place {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::create_or_open(folder.path().join("data")).unwrap();
        Place { folder, store }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("logs").join(name)
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    fn append(&self, name: &str, text: &str) {
        let file = OpenOptions::new().append(true).open(self.path(name));
        file.unwrap().write_all(text.as_bytes()).unwrap();
    }

    fn ingest(&self, name: &str) -> FileReport {
        let mut report = ingest_paths(
            &[self.path(name).display().to_string()],
            &Options::default(),
            &mut StoreSink::new(&self.store),
            &mut Unobserved,
        )
        .unwrap();
        assert!(report.files[0].counts.is_conserved(), "{report}");
        report.files.remove(0)
    }

    fn rows(&self) -> u64 {
        let table = self.store.snapshot("DeviceNetworkEvents").unwrap();
        table.and_then(|table| table.rows()).unwrap_or(0)
    }

    fn wait_for(&self, rows: u64) {
        let started = Instant::now();
        while self.rows() != rows {
            let waited = started.elapsed();
            assert!(
                waited < Duration::from_secs(30),
                "{} rows of {rows}",
                self.rows()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Follows the folder of logs, or the files that `names` says, while `work` is done.
    fn follow(&self, names: &[&str], work: impl FnOnce()) -> Report {
        let paths: Vec<String> = names
            .iter()
            .map(|name| self.path(name).display().to_string())
            .collect();
        let pace = Pace {
            poll: Duration::from_millis(20),
            commit_every: Duration::from_millis(40),
            linger: Duration::from_millis(200),
            ..Pace::default()
        };
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let following = scope.spawn(|| {
                follow_paths(
                    &paths,
                    &Options::default(),
                    &self.store,
                    &pace,
                    &mut Said,
                    &stop,
                )
                .unwrap()
            });
            let worked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
            stop.store(true, Ordering::Relaxed);
            let report = following.join().unwrap();
            worked.unwrap_or_else(|_| panic!("{report}"));
            for file in &report.files {
                assert!(file.counts.is_conserved(), "{report}");
            }
            report
        })
    }
}

struct Said;

impl Observer for Said {
    fn rejected(
        &mut self,
        _: &huntql_ingest::reject::Reject,
    ) -> Result<(), huntql_ingest::SinkError> {
        Ok(())
    }
    fn finished(&mut self, _: &FileReport) {}
}

/// Long enough for several looks.
fn pause() {
    std::thread::sleep(Duration::from_millis(150));
}

#[test]
fn a_file_that_grew_adds_only_its_new_records() {
    let place = Place::new();
    place.write("conn.log", format!("{HEADER}{}", conns(0..50)));
    assert_eq!(place.ingest("conn.log").counts.kept, 50);
    assert_eq!(place.ingest("conn.log").outcome, Outcome::AlreadyKnown);
    place.append("conn.log", &conns(50..60));
    let grown = place.ingest("conn.log");
    assert_eq!((grown.counts.read, grown.counts.kept), (10, 10), "{grown}");
    assert!(grown.to_string().contains("it has grown"), "{grown}");
    assert_eq!(place.ingest("conn.log").outcome, Outcome::AlreadyKnown);
    assert_eq!(place.rows(), 60);
}

#[test]
fn equal_lines_before_the_place_reached_are_counted() {
    let (parts, whole) = (Place::new(), Place::new());
    let line = conn(1);
    parts.write("conn.log", format!("{HEADER}{line}{line}"));
    parts.ingest("conn.log");
    parts.append("conn.log", &format!("{line}{}{line}", conn(2)));
    assert_eq!(parts.ingest("conn.log").counts.kept, 3);
    assert_eq!(parts.rows(), 5);
    // The ids are those of a reading in one go: another store's copy of the rows would add nothing.
    whole.write(
        "conn.log",
        format!("{HEADER}{line}{line}{line}{}{line}", conn(2)),
    );
    assert_eq!(whole.ingest("conn.log").counts.kept, 5);
    parts.write(
        "other.log",
        format!("{HEADER}{line}{line}{line}{}{line}{}", conn(2), conn(3)),
    );
    let other = parts.ingest("other.log");
    assert_eq!((other.counts.kept, parts.rows()), (1, 6), "{other}");
}

#[test]
fn rotated_files_with_equal_headers_are_different_files() {
    let place = Place::new();
    place.write("conn.1.log", format!("{HEADER}{}", conns(0..5)));
    place.write("conn.2.log", format!("{HEADER}{}", conns(5..10)));
    place.write("conn.3.log", HEADER);
    assert_eq!(place.ingest("conn.1.log").counts.kept, 5);
    assert_eq!(place.ingest("conn.2.log").counts.kept, 5);
    place.ingest("conn.3.log");
    place.append("conn.3.log", &conns(10..12));
    assert_eq!(place.ingest("conn.3.log").counts.kept, 2);
    assert_eq!(place.ingest("conn.2.log").outcome, Outcome::AlreadyKnown);
    assert_eq!(place.rows(), 12);
}

#[test]
fn a_header_in_the_middle_holds_behind_it() {
    let place = Place::new();
    let other = HEADER
        .replace("\tproto\n", "\tproto\tservice\n")
        .replace("\tenum\n", "\tenum\tstring\n");
    let with_service = conn(3).replace("\ttcp\n", "\ttcp\tssl\n");
    place.write(
        "conn.log",
        format!("{HEADER}{}{other}{with_service}", conns(0..3)),
    );
    assert_eq!(place.ingest("conn.log").counts.kept, 4);
    place.append("conn.log", &with_service.replace("C3", "C4"));
    let grown = place.ingest("conn.log");
    assert_eq!((grown.counts.read, grown.counts.kept), (1, 1), "{grown}");
}

#[test]
fn a_file_that_was_truncated_and_written_anew_is_another_file() {
    let place = Place::new();
    place.write("conn.log", format!("{HEADER}{}", conns(0..20)));
    place.ingest("conn.log");
    // The same first record, and then others.
    place.write(
        "conn.log",
        format!("{HEADER}{}{}", conn(0), conns(100..140)),
    );
    let anew = place.ingest("conn.log");
    assert_eq!((anew.counts.kept, anew.counts.duplicate), (40, 1), "{anew}");
    assert_eq!(place.rows(), 60);
}

#[test]
fn a_line_that_was_cut_when_it_was_read_is_read_again_and_told() {
    let place = Place::new();
    let text = format!("{HEADER}{}", conns(0..3));
    place.write("conn.log", &text[..text.len() - 5]);
    assert_eq!(place.ingest("conn.log").counts.kept, 2);
    place.write("conn.log", format!("{text}{}", conn(3)));
    let grown = place.ingest("conn.log");
    assert_eq!(grown.counts.kept, 2, "{grown}");
    assert!(grown.to_string().contains("not whole"), "{grown}");
    assert_eq!(place.rows(), 4);
}

#[test]
fn a_compressed_copy_of_a_grown_file_goes_on_where_the_plain_one_ended() {
    let place = Place::new();
    place.write("conn.log", format!("{HEADER}{}", conns(0..20)));
    place.ingest("conn.log");
    let whole = format!("{HEADER}{}", conns(0..25));
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(whole.as_bytes()).unwrap();
    place.write("conn.log.1.gz", packed.finish().unwrap());
    let copy = place.ingest("conn.log.1.gz");
    assert_eq!((copy.counts.read, copy.counts.kept), (5, 5), "{copy}");
    assert_eq!(place.ingest("conn.log.1.gz").outcome, Outcome::AlreadyKnown);
}

#[test]
fn a_followed_file_is_stored_as_it_grows_and_a_line_without_an_end_waits() {
    let place = Place::new();
    place.write("conn.log", format!("{HEADER}{}", conns(0..5)));
    let report = place.follow(&["conn.log"], || {
        place.wait_for(5);
        let line = conn(5);
        place.append("conn.log", &line[..20]);
        pause();
        assert_eq!(place.rows(), 5);
        place.append("conn.log", &format!("{}{}", &line[20..], &conn(6)[..10]));
        place.wait_for(6);
    });
    assert_eq!(report.counts().kept, 6, "{report}");
    assert!(
        report.to_string().contains("10 bytes of a last line"),
        "{report}"
    );
    let rest = conn(6);
    place.append("conn.log", &rest[10..]);
    let report = place.follow(&["conn.log"], || place.wait_for(7));
    assert_eq!(report.counts().read, 1, "{report}");
}

#[test]
fn rotation_by_renaming_loses_and_doubles_nothing() {
    let place = Place::new();
    place.write("conn.log", format!("{HEADER}{}", conns(0..5)));
    let report = place.follow(&["conn.log"], || {
        place.wait_for(5);
        fs::rename(place.path("conn.log"), place.path("conn.1.log")).unwrap();
        // The writer still has the old file.
        place.append("conn.1.log", &conns(5..7));
        place.write("conn.log", format!("{HEADER}{}", conns(7..10)));
        place.append("conn.1.log", conn(10).trim_end());
        place.wait_for(11);
    });
    assert_eq!(report.counts().kept, 11, "{report}");
    assert_eq!(report.files.len(), 2, "{report}");
}

#[test]
fn a_renamed_file_in_a_followed_folder_keeps_its_place() {
    let place = Place::new();
    place.write("conn.log", format!("{HEADER}{}", conns(0..5)));
    let report = place.follow(&["."], || {
        place.wait_for(5);
        fs::rename(place.path("conn.log"), place.path("conn.1.log")).unwrap();
        place.append("conn.1.log", &conns(5..7));
        place.write("conn.log", format!("{HEADER}{}", conns(7..10)));
        place.wait_for(10);
        pause();
    });
    assert_eq!(
        (report.counts().kept, report.counts().duplicate),
        (10, 0),
        "{report}"
    );
}

#[test]
fn rotation_by_truncation_starts_a_new_text() {
    let place = Place::new();
    let path = place.write("conn.log", format!("{HEADER}{}", conns(0..5)));
    let report = place.follow(&["conn.log"], || {
        place.wait_for(5);
        fs::copy(&path, place.path("conn.1.log")).unwrap();
        OpenOptions::new()
            .write(true)
            .open(&path)
            .unwrap()
            .set_len(0)
            .unwrap();
        place.append("conn.log", &format!("{HEADER}{}", conns(5..8)));
        place.wait_for(8);
        // Longer than before, in the same file.
        fs::write(&path, format!("{HEADER}{}", conns(8..20))).unwrap();
        place.wait_for(20);
    });
    assert_eq!(report.counts().kept, 20, "{report}");
    assert_eq!(place.ingest("conn.1.log").counts.kept, 0);
}

#[test]
fn new_files_and_compressed_ones_in_a_followed_folder_are_read() {
    let place = Place::new();
    place.write("conn.log", format!("{HEADER}{}", conns(0..5)));
    place.follow(&["."], || {
        place.wait_for(5);
        place.write("deep/conn.2.log", format!("{HEADER}{}", conns(5..8)));
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed
            .write_all(format!("{HEADER}{}", conns(8..10)).as_bytes())
            .unwrap();
        place.write("conn.3.log.gz", packed.finish().unwrap());
        place.wait_for(10);
    });
}

#[test]
fn a_file_that_is_no_log_ends_following_at_the_start() {
    let place = Place::new();
    place.write("notes.txt", "nothing\nof interest\n");
    let report = place.follow(&["notes.txt"], pause);
    assert!(report.has_failures(), "{report}");
}

#[test]
fn a_name_that_is_not_there_yet_is_waited_for() {
    let place = Place::new();
    place.write("other.txt", "");
    place.follow(&["conn.log"], || {
        pause();
        place.write("conn.log", format!("{HEADER}{}", conns(0..5)));
        place.wait_for(5);
    });
}

#[test]
fn a_growing_log_of_json_lines_has_its_true_places() {
    let place = Place::new();
    let line = |n: u32| {
        format!(
            "{{\"timestamp\":\"2026-03-04T10:00:{n:02}.000000+0000\",\"flow_id\":{n},\"event_type\":\"flow\",\"src_ip\":\"192.0.2.7\",\"src_port\":5000{n},\"dest_ip\":\"198.51.100.9\",\"dest_port\":443,\"proto\":\"TCP\",\"flow\":{{\"start\":\"2026-03-04T10:00:{n:02}.000000+0000\",\"state\":\"closed\"}}}}\n"
        )
    };
    let text: String = (0..4).map(line).collect();
    place.write("eve.json", &text);
    assert_eq!(place.ingest("eve.json").counts.kept, 4);
    place.append("eve.json", "{ not json\n");
    place.append("eve.json", &line(5));
    let grown = place.ingest("eve.json");
    assert_eq!(
        (grown.counts.read, grown.counts.kept, grown.counts.rejected),
        (2, 1, 1),
        "{grown}"
    );
    let report = place.follow(&["eve.json"], || {
        place.append("eve.json", &line(6));
        place.wait_for(6);
        place.append("eve.json", &line(7));
        place.wait_for(7);
    });
    assert_eq!(report.counts().kept, 2, "{report}");
}

#[test]
fn a_followed_log_whose_zone_is_not_said_fails_once() {
    let place = Place::new();
    place.write("pfirewall.log", "#Version: 1.5\n#Software: Microsoft Windows Firewall\n#Time Format: Local\n#Fields: date time action protocol src-ip dst-ip src-port dst-port size tcpflags tcpsyn tcpack tcpwin icmptype icmpcode info path\n\n2026-03-04 10:00:00 ALLOW TCP 192.0.2.7 198.51.100.9 50001 443 0 - 0 0 0 - - - SEND\n");
    let report = place.follow(&["pfirewall.log"], pause);
    assert_eq!(report.files.len(), 1, "{report}");
    assert!(report.to_string().contains("--tz"), "{report}");
}
