//! Input that is damaged, huge, unreadable or not there.

use crate::support::{ingest, ingest_text, ingest_text_with};
use huntql_ingest::{Options, Outcome};
use std::io::Write;
use std::path::Path;

const SQUID: &str = "1772438558.956  96831 10.0.1.13 TCP_TUNNEL/200 236614 CONNECT www.bank.example:443 carla HIER_DIRECT/192.0.2.80 -\n";

fn squid_lines(count: usize) -> String {
    (0..count)
        .map(|index| SQUID.replace("558.956", &format!("{:03}.956", 100 + index % 900)))
        .collect()
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn a_truncated_gz_keeps_what_decoded_and_tells_the_rest() {
    let whole = gzip(squid_lines(5000).as_bytes());
    let ran = ingest_text("access.log.gz", &whole[..whole.len() / 2]);
    let [read, kept, rejected, _] = ran.counts();
    assert!(kept > 100 && kept < 5000, "{}", ran.report);
    assert_eq!(rejected, read - kept);
    assert!(ran.reject_codes().iter().all(|code| *code == "cut_off"));
    assert!(
        ran.file()
            .damage
            .as_deref()
            .is_some_and(|text| text.contains("gzip stream is damaged"))
    );
}

#[test]
fn members_of_a_gz_and_a_zstd_are_read_whatever_the_file_is_called() {
    let half = squid_lines(10);
    let two = [gzip(half.as_bytes()), gzip(half.as_bytes())].concat();
    assert_eq!(ingest_text("access.log", two).counts(), [20, 20, 0, 0]);
    let zstd = zstd::encode_all(half.as_bytes(), 1).unwrap();
    assert_eq!(ingest_text("access.gz", zstd).counts(), [10, 10, 0, 0]);
}

#[test]
fn nul_bytes_cost_the_line_they_cut_and_not_its_neighbours() {
    let mut text = SQUID.as_bytes()[..40].to_vec();
    text.extend([0; 4096]);
    text.extend(squid_lines(3).as_bytes());
    text.extend([0; 100]);
    let mut whole = squid_lines(2).into_bytes();
    whole.extend(text);
    let ran = ingest_text("access.log", whole);
    assert_eq!(ran.counts(), [6, 5, 1, 0]);
    assert_eq!(ran.file().nul_bytes, 4196);
}

#[test]
fn a_line_of_50_mb_costs_that_line() {
    let mut text = squid_lines(2).into_bytes();
    text.extend(vec![b'x'; 50 << 20]);
    text.push(b'\n');
    text.extend(squid_lines(2).as_bytes());
    let ran = ingest_text("access.log", text);
    assert_eq!(ran.counts(), [5, 4, 1, 0]);
    assert_eq!(ran.reject_codes(), ["line_too_long"]);
    assert!(ran.rejects[0].raw.len() <= 4096);
    assert_eq!(
        (ran.rejects[0].line, ran.rejects[0].offset),
        (3, 2 * SQUID.len() as u64)
    );
}

#[test]
fn line_ends_marks_and_utf_16_do_not_matter() {
    let lines = squid_lines(3);
    let crlf = lines.replace('\n', "\r\n");
    let utf16: Vec<u8> = [0xff, 0xfe]
        .into_iter()
        .chain(crlf.encode_utf16().flat_map(u16::to_le_bytes))
        .collect();
    let marked = [b"\xef\xbb\xbf", crlf.as_bytes()].concat();
    for text in [
        crlf.into_bytes(),
        utf16,
        marked,
        lines.replace('\n', "\r").into_bytes(),
    ] {
        let ran = ingest_text("access.log", text);
        assert_eq!(ran.counts(), [3, 3, 0, 0]);
    }
}

#[test]
fn bytes_that_are_no_utf_8_are_kept_as_escapes() {
    let text = [
        b"1772438558.956 1 10.0.1.13 TCP_MISS/200 2 GET http://a.example/caf".as_slice(),
        b"\xe9 - HIER_NONE/- -\n",
    ]
    .concat();
    let ran = ingest_text("access.log", text);
    assert_eq!(
        ran.column("DeviceNetworkEvents", "RemoteUrl"),
        [r"http://a.example/caf\xe9"]
    );
    assert_eq!(ran.file().escaped_bytes, 1);
}

#[test]
fn a_file_that_cannot_be_read_does_not_touch_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let (good, missing) = (
        folder.path().join("access.log"),
        folder.path().join("missing.log"),
    );
    std::fs::write(&good, squid_lines(2)).unwrap();
    let unreadable = folder.path().join("unreadable.log");
    std::os::unix::net::UnixListener::bind(&unreadable).unwrap();
    let ran = ingest(&[&missing, &unreadable, &good], &Options::default());
    assert_eq!(ran.report.missing.len(), 1);
    assert!(ran.report.missing[0].contains("missing.log"));
    assert!(
        matches!(&ran.report.files[0].outcome, Outcome::Failed(reason) if reason.contains("cannot read"))
    );
    assert_eq!(ran.report.counts().kept, 2);
    assert!(ran.report.has_failures());
}

#[test]
fn a_folder_is_all_logs_in_it_and_a_named_file_must_be_one() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("deep")).unwrap();
    std::fs::write(folder.path().join("deep/access.log"), squid_lines(2)).unwrap();
    std::fs::write(folder.path().join("notes.txt"), "nothing of interest\n").unwrap();
    std::fs::write(folder.path().join("empty.log"), "").unwrap();
    let ran = ingest(&[folder.path()], &Options::default());
    assert_eq!(
        (
            ran.report.files.len(),
            ran.report.counts().kept,
            ran.report.has_failures()
        ),
        (3, 2, false)
    );
    let named = ingest(&[&folder.path().join("notes.txt")], &Options::default());
    assert!(named.report.has_failures());
    assert!(
        named.report.to_string().contains(
            "not a network or proxy log that huntql knows; known formats: defender-stream"
        )
    );
}

#[test]
fn a_pattern_is_its_matches_and_one_without_any_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("access.log.1"), squid_lines(2)).unwrap();
    std::fs::write(folder.path().join("access.log"), squid_lines(1)).unwrap();
    let ran = ingest(
        &[
            &folder.path().join("access.log*"),
            &folder.path().join("*.gz"),
        ],
        &Options::default(),
    );
    assert_eq!(ran.report.counts().kept, 3);
    assert!(ran.report.missing[0].contains("no file matches"));
}

#[test]
fn a_format_that_is_named_is_not_sniffed_and_must_exist() {
    let squid = Options {
        format: Some("squid".to_owned()),
        ..Options::default()
    };
    let ran = ingest_text_with("x", "nothing of interest\n", &squid);
    assert_eq!(ran.counts(), [1, 0, 1, 0]);
    let wrong = Options {
        format: Some("squint".to_owned()),
        ..Options::default()
    };
    let mut sink = huntql_ingest::sink::MemorySink::default();
    let error =
        huntql_ingest::ingest_paths(&[], &wrong, &mut sink, &mut huntql_ingest::sink::Unobserved)
            .unwrap_err();
    assert!(error.to_string().contains("`squint` is not a format"));
    assert!(Path::new("/").is_dir());
}

#[test]
fn rejects_are_written_as_lines_of_json() {
    let folder = tempfile::tempdir().unwrap();
    let mut file = huntql_ingest::reject::RejectFile::new(folder.path().join("rejects.ndjson"));
    let ran = ingest_text("access.log", format!("{}broken line\n", squid_lines(2)));
    ran.rejects
        .iter()
        .for_each(|reject| file.write(reject).unwrap());
    file.flush().unwrap();
    let text = std::fs::read_to_string(file.path()).unwrap();
    let reject: serde_json::Value = serde_json::from_str(text.trim()).unwrap();
    assert_eq!(
        (reject["line"].as_u64(), reject["raw"].as_str()),
        (Some(3), Some("broken line"))
    );
    assert!(reject["fingerprint"].is_string());
}
