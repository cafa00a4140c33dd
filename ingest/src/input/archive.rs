//! Zip archives: each member is a file of its own, named `archive.zip!member`.
//!
//! (spec: <https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT>)
//!
//! Members are decoded as they are read and never unpacked to disk, so neither their names nor their sizes can do harm. What
//! cannot or should not be read (encrypted, an odd compression, a path that leads out of the archive, bytes that another
//! member claims as well) is listed with the reason. A zip within a zip is not opened.

use super::damage::{Damage, Tolerant};
use flate2::Crc;
use flate2::read::DeflateDecoder;
use std::fmt;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use zip::{CompressionMethod, ZipArchive};

/// Members looked at; an archive with more is told and not read.
const MEMBERS_MAX: usize = 20_000;

/// A member of an archive, and why it cannot be read when it cannot.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Member {
    pub archive: PathBuf,
    /// As the archive has it, without control characters.
    pub name: String,
    pub refusal: Option<String>,
    place: Place,
}

/// Where a member's bytes lie, and what they must come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
struct Place {
    start: u64,
    packed_bytes: u64,
    bytes: u64,
    crc: u32,
    packing: Packing,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
enum Packing {
    #[default]
    Stored,
    Deflated,
}

impl fmt::Display for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}!{}", self.archive.display(), self.name)
    }
}

/// Whether a file begins as a zip archive does (the second is that of an empty one).
pub(super) fn is_zip(path: &Path) -> bool {
    let mut magic = [0; 4];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut magic));
    read.is_ok() && (magic == *b"PK\x03\x04" || magic == *b"PK\x05\x06")
}

/// The members of an archive in its own order; folders are left out.
pub(super) fn members(path: &Path) -> io::Result<Vec<Member>> {
    let mut archive = ZipArchive::new(io::BufReader::new(File::open(path)?))
        .map_err(|error| io::Error::other(format!("the zip archive is damaged: {error}")))?;
    if archive.len() > MEMBERS_MAX {
        let message = format!(
            "the zip archive has {} members; at most {MEMBERS_MAX} are read",
            archive.len()
        );
        return Err(io::Error::other(message));
    }
    let mut members = Vec::new();
    for index in 0..archive.len() {
        members.extend(member(path, &mut archive, index));
    }
    refuse_overlaps(&mut members);
    Ok(members)
}

fn member(
    path: &Path,
    archive: &mut ZipArchive<io::BufReader<File>>,
    index: usize,
) -> Option<Member> {
    let mut member = Member {
        archive: path.to_owned(),
        name: format!("member {}", index + 1),
        refusal: None,
        place: Place::default(),
    };
    let file = match archive.by_index_raw(index) {
        Ok(file) => file,
        Err(error) => {
            member.refusal = Some(format!("the archive's entry for it is damaged: {error}"));
            return Some(member);
        }
    };
    if file.is_dir() {
        return None;
    }
    let name = String::from_utf8_lossy(file.name_raw()).into_owned();
    member.name = name.replace(|c: char| c.is_control(), "\u{fffd}");
    member.place = Place {
        start: file.data_start().unwrap_or_default(),
        packed_bytes: file.compressed_size(),
        bytes: file.size(),
        crc: file.crc32(),
        packing: match file.compression() {
            CompressionMethod::Deflated => Packing::Deflated,
            _ => Packing::Stored,
        },
    };
    member.refusal = if file.encrypted() {
        Some("it is encrypted".to_owned())
    } else if is_hostile(&name) {
        Some("its name leads out of the archive".to_owned())
    } else if file.is_symlink() {
        Some("it is a link".to_owned())
    } else if !matches!(
        file.compression(),
        CompressionMethod::Stored | CompressionMethod::Deflated
    ) {
        Some(format!(
            "its compression ({}) is not supported; stored and deflated members are",
            file.compression()
        ))
    } else {
        None
    };
    Some(member)
}

/// An absolute path, a drive, or a step upwards.
fn is_hostile(name: &str) -> bool {
    let has_drive = name.as_bytes().get(1) == Some(&b':');
    name.starts_with(['/', '\\']) || has_drive || name.split(['/', '\\']).any(|part| part == "..")
}

/// Archives whose members share their bytes grow without end when they are unpacked.
fn refuse_overlaps(members: &mut [Member]) {
    let mut order: Vec<usize> = (0..members.len()).collect();
    order.sort_by_key(|at| members[*at].place.start);
    let mut end = 0;
    for at in order {
        let member = &mut members[at];
        if member.refusal.is_some() {
            continue;
        }
        if member.place.start < end {
            member.refusal = Some("its bytes are another member's as well".to_owned());
        }
        end = end.max(member.place.start.saturating_add(member.place.packed_bytes));
    }
}

impl Member {
    /// The decoded bytes. What does not come to the size and the checksum that the archive names is told in `damage`.
    pub(super) fn open(&self, damage: &Damage) -> io::Result<Box<dyn Read>> {
        if let Some(reason) = &self.refusal {
            return Err(io::Error::other(reason.clone()));
        }
        let mut file = File::open(&self.archive)?;
        file.seek(SeekFrom::Start(self.place.start))?;
        let packed = io::BufReader::with_capacity(128 << 10, file).take(self.place.packed_bytes);
        let decoded: Box<dyn Read> = match self.place.packing {
            Packing::Deflated => Box::new(DeflateDecoder::new(packed)),
            Packing::Stored => Box::new(packed),
        };
        let checked = Checked {
            inner: decoded,
            left: self.place.bytes,
            crc: Crc::new(),
            expected: self.place.crc,
        };
        Ok(Box::new(Tolerant::new(checked, "zip", damage)))
    }
}

/// Fails at the end when the bytes are not those that were promised.
struct Checked {
    inner: Box<dyn Read>,
    left: u64,
    crc: Crc,
    expected: u32,
}

impl Read for Checked {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let count = self.inner.read(buffer)?;
        if count == 0 {
            return match self.left == 0 && self.crc.sum() == self.expected {
                true => Ok(0),
                false => Err(io::Error::other(
                    "its size or checksum is not what the archive says",
                )),
            };
        }
        if count as u64 > self.left {
            return Err(io::Error::other(
                "it is longer than the archive says; the rest is not read",
            ));
        }
        self.left -= count as u64;
        self.crc.update(&buffer[..count]);
        Ok(count)
    }
}
