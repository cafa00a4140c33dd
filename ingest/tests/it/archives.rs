//! Zip archives: each member is a file, and hostile ones do no harm.

use crate::support::{Ran, ingest, ingest_text};
use huntql_ingest::{Options, Outcome};
use std::io::{Cursor, Write};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

const SQUID: &str = "1772438558.956  96831 10.0.1.13 TCP_TUNNEL/200 236614 CONNECT www.bank.example:443 carla HIER_DIRECT/192.0.2.80 -\n";

fn archive(members: &[(&str, &[u8], CompressionMethod)]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content, method) in members {
        let options = SimpleFileOptions::default().compression_method(*method);
        writer.start_file(*name, options).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn outcomes(ran: &Ran) -> Vec<(String, u64, String)> {
    let outcome = |outcome: &Outcome| match outcome {
        Outcome::Read => "read".to_owned(),
        Outcome::AlreadyKnown => "known".to_owned(),
        Outcome::Skipped(reason) | Outcome::Failed(reason) => reason.clone(),
    };
    ran.report
        .files
        .iter()
        .map(|file| {
            let name = file.file.rsplit('/').next().unwrap().to_owned();
            (name, file.counts.kept, outcome(&file.outcome))
        })
        .collect()
}

#[test]
fn each_member_is_a_file_of_its_own_in_the_report() {
    let two = SQUID.repeat(2);
    let zip = archive(&[
        ("access.log", SQUID.as_bytes(), CompressionMethod::Deflated),
        ("b.log", two.as_bytes(), CompressionMethod::Stored),
        (
            "notes.txt",
            b"nothing of interest\n",
            CompressionMethod::Deflated,
        ),
    ]);
    let ran = ingest_text("logs.zip", zip);
    let told = outcomes(&ran);
    assert_eq!(told[0], ("logs.zip!access.log".into(), 1, "read".into()));
    assert_eq!(told[1], ("logs.zip!b.log".into(), 2, "read".into()));
    assert!(told[2].2.contains("not a network or proxy log"), "{told:?}");
    assert_eq!(ran.column("DeviceNetworkEvents", "_source_file").len(), 3);
}

#[test]
fn names_that_lead_out_links_and_unreadable_members_are_told_and_skipped() {
    let line = SQUID.as_bytes();
    let mut zip = archive(&[
        ("../up.log", line, CompressionMethod::Stored),
        ("/etc/absolute.log", line, CompressionMethod::Stored),
        ("secret.log", line, CompressionMethod::Stored),
        ("good.log", line, CompressionMethod::Deflated),
    ]);
    // The general purpose flag of the third entry says: encrypted.
    let central = positions(&zip, b"PK\x01\x02");
    zip[central[2] + 8] |= 1;
    let local = positions(&zip, b"PK\x03\x04");
    zip[local[2] + 6] |= 1;
    let told = outcomes(&ingest_text("hostile.zip", zip));
    let reasons: Vec<&str> = told.iter().map(|(_, _, reason)| reason.as_str()).collect();
    assert_eq!(
        reasons,
        [
            "its name leads out of the archive",
            "its name leads out of the archive",
            "it is encrypted",
            "read"
        ]
    );
}

fn positions(bytes: &[u8], magic: &[u8]) -> Vec<usize> {
    (0..bytes.len() - magic.len())
        .filter(|at| bytes[*at..].starts_with(magic))
        .collect()
}

#[test]
fn a_zip_in_a_zip_is_told_and_not_opened() {
    let inner = archive(&[("access.log", SQUID.as_bytes(), CompressionMethod::Deflated)]);
    let outer = archive(&[("inner.zip", &inner, CompressionMethod::Stored)]);
    let told = outcomes(&ingest_text("outer.zip", outer));
    assert_eq!((told.len(), told[0].1), (1, 0));
    assert!(told[0].2.contains("zip archive"), "{told:?}");
}

#[test]
fn a_member_that_swells_is_streamed_and_a_damaged_one_keeps_what_decoded() {
    let mut bomb = SQUID.as_bytes().to_vec();
    bomb.extend(vec![b'0'; 16 << 20]);
    let mut zip = archive(&[
        ("bomb.log", &bomb, CompressionMethod::Deflated),
        ("good.log", SQUID.as_bytes(), CompressionMethod::Stored),
    ]);
    assert!(zip.len() < 50_000);
    let ran = ingest_text("bomb.zip", &zip);
    assert_eq!(ran.report.counts().kept, 2);
    assert_eq!(ran.reject_codes(), ["line_too_long"]);
    // One wrong byte in the stored member.
    let at = positions(&zip, b"www.bank")
        .into_iter()
        .next_back()
        .unwrap();
    zip[at] = b'v';
    let ran = ingest_text("bomb.zip", &zip);
    let damage = ran.report.files[1].damage.as_deref().unwrap();
    assert!(damage.contains("checksum"), "{damage}");
}

#[test]
fn a_folder_may_hold_archives_and_broken_ones() {
    let folder = tempfile::tempdir().unwrap();
    let zip = archive(&[("access.log", SQUID.as_bytes(), CompressionMethod::Deflated)]);
    std::fs::write(folder.path().join("a.zip"), &zip).unwrap();
    std::fs::write(folder.path().join("b.zip"), &zip[..40]).unwrap();
    let ran = ingest(&[folder.path()], &Options::default());
    let told = outcomes(&ran);
    assert_eq!(told[0], ("a.zip!access.log".into(), 1, "read".into()));
    assert_eq!((told[1].0.as_str(), told[1].1), ("b.zip", 0));
}
