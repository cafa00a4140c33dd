//! Reading index files: opened ones and their pages are kept for the whole process.
//!
//! A data file and its index never change under one name, so nothing is looked at twice. A page is read when it is asked for and
//! believed only when its checksum is right.

use super::format::{
    Coverage, Directory, Page, PageEntry, TAIL_BYTES, Tail, Unusable, checksum, expand,
};
use lru::LruCache;
use std::fs::File;
use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

/// Index files that are kept open in memory (their directories; no file handles).
const OPEN_MAX: std::num::NonZeroUsize = std::num::NonZeroUsize::new(2048).expect("more than none");
/// Bytes of pages that are kept.
const PAGE_BYTES_MAX: usize = 128 << 20;

/// An index file whose directory has been read.
#[derive(Debug)]
pub(crate) struct Index {
    path: PathBuf,
    /// Tells its pages in the cache from those of other files.
    id: u64,
    pub(super) directory: Directory,
}

struct Pages {
    kept: LruCache<(u64, u32), Arc<Page>>,
    bytes: usize,
}

static OPEN: LazyLock<Mutex<LruCache<PathBuf, Arc<Index>>>> =
    LazyLock::new(|| Mutex::new(LruCache::new(OPEN_MAX)));
static PAGES: LazyLock<Mutex<Pages>> = LazyLock::new(|| {
    Mutex::new(Pages {
        kept: LruCache::unbounded(),
        bytes: 0,
    })
});
static NEXT_ID: AtomicU64 = AtomicU64::new(0);

/// What the log says of a data file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Described<'a> {
    /// The file's name, without folders.
    pub name: &'a str,
    pub size_bytes: u64,
    /// `None` when the log does not say.
    pub rows: Option<u64>,
}

impl Index {
    /// The index of a data file, from memory when it was opened before.
    pub(crate) fn of(path: &Path, file: &Described<'_>) -> Result<Arc<Index>, Unusable> {
        let known = OPEN
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(path)
            .cloned();
        let index = match known {
            Some(index) => index,
            None => {
                let index = Arc::new(Index::open(path)?);
                OPEN.lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .put(path.to_owned(), Arc::clone(&index));
                index
            }
        };
        index.belongs_to(file)?;
        Ok(index)
    }

    /// Reads the directory anew.
    pub(crate) fn open(path: &Path) -> Result<Index, Unusable> {
        let mut file = File::open(path).map_err(|error| match error.kind() {
            ErrorKind::NotFound => Unusable::Missing,
            _ => Unusable::Damaged("it cannot be opened"),
        })?;
        let short = Unusable::Damaged("it ends too early");
        let length = file.metadata().map_err(|_| short.clone())?.len();
        let tail_at = length.checked_sub(TAIL_BYTES as u64).ok_or(short.clone())?;
        let tail = read_at(&mut file, tail_at, TAIL_BYTES)?;
        let tail = Tail::of(tail.as_slice().try_into().expect("so many were read"))?;
        if tail.start.checked_add(tail.length as u64) != Some(tail_at) {
            return Err(short);
        }
        let compressed = read_at(&mut file, tail.start, tail.length)?;
        if checksum(&compressed) != tail.checksum {
            return Err(Unusable::Damaged("its directory"));
        }
        Ok(Index {
            path: path.to_owned(),
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            directory: Directory::from_bytes(&expand(&compressed)?)?,
        })
    }

    pub(crate) fn belongs_to(&self, file: &Described<'_>) -> Result<(), Unusable> {
        let own = &self.directory;
        let fits = own.file == file.name
            && own.size_bytes == file.size_bytes
            && file.rows.is_none_or(|rows| rows == own.rows);
        fits.then_some(()).ok_or(Unusable::Stale)
    }

    pub(crate) fn blocks(&self) -> u32 {
        self.directory.blocks()
    }

    pub(super) fn pages(&self) -> &[PageEntry] {
        &self.directory.pages
    }

    /// The number of a column in postings; `None` when the file does not have it.
    pub(super) fn column(&self, name: &str) -> Option<(u8, Coverage)> {
        let columns = &self.directory.columns;
        let at = columns.iter().position(|(own, _)| own == name)?;
        // A column beyond those that have a number is not covered.
        Some((u8::try_from(at).unwrap_or(u8::MAX), columns[at].1))
    }

    /// The page that a key lies in, if it is there at all.
    pub(super) fn page_of(&self, key: &[u8]) -> Option<usize> {
        self.pages()
            .partition_point(|page| page.first.as_slice() <= key)
            .checked_sub(1)
    }

    /// How many of the pages from `from` on begin at this key or before it.
    fn pages_up_to(&self, key: &[u8], from: usize) -> usize {
        let pages = &self.pages()[from..];
        match pages.first() {
            // Most often the page that is open goes on beyond the key.
            Some(next) if next.first.as_slice() <= key => {
                pages.partition_point(|page| page.first.as_slice() <= key)
            }
            _ => 0,
        }
    }

    /// The pages for one question: the file is opened for it once, when a page is not known.
    pub(super) fn reader(&self) -> PageReader<'_> {
        PageReader {
            index: self,
            file: None,
        }
    }
}

/// Gives the pages of an index file, from memory or from the file.
pub(super) struct PageReader<'a> {
    pub index: &'a Index,
    file: Option<File>,
}

impl PageReader<'_> {
    pub(super) fn page(&mut self, at: usize) -> Result<Arc<Page>, Unusable> {
        let place = (self.index.id, at as u32);
        {
            let mut pages = PAGES.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(page) = pages.kept.get(&place) {
                return Ok(Arc::clone(page));
            }
        }
        let page = Arc::new(self.read(&self.index.pages()[at])?);
        PAGES
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .put(place, &page);
        Ok(page)
    }

    /// Calls `found` with each of these keys that is there, by its place in `keys`, its page and its place in that. `keys` are in
    /// order; each page is looked at once.
    pub(super) fn find(
        &mut self,
        keys: &[&[u8]],
        mut found: impl FnMut(usize, &Page, usize) -> Result<(), Unusable>,
    ) -> Result<(), Unusable> {
        let mut open: Option<(usize, Arc<Page>)> = None;
        let mut from = 0;
        for (which, key) in keys.iter().enumerate() {
            let behind = open.as_ref().map_or(0, |(number, _)| number + 1);
            let further = self.index.pages_up_to(key, behind);
            if let Some(at) = (behind + further).checked_sub(1)
                && further > 0
            {
                open = Some((at, self.page(at)?));
                from = 0;
            }
            let Some((_, page)) = &open else { continue };
            from = page.lower_bound(key, from);
            if from < page.len() && page.key(from) == *key {
                found(which, page, from)?;
            }
        }
        Ok(())
    }

    fn read(&mut self, entry: &PageEntry) -> Result<Page, Unusable> {
        let file = match &mut self.file {
            Some(file) => file,
            none => {
                let file = File::open(&self.index.path).map_err(|_| Unusable::Missing)?;
                none.insert(file)
            }
        };
        let compressed = read_at(file, entry.start, entry.length as usize)?;
        if checksum(&compressed) != entry.checksum {
            return Err(Unusable::Damaged("a page"));
        }
        let page = Page::read(&compressed)?;
        match page.len() > 0 && page.key(0) == entry.first {
            true => Ok(page),
            false => Err(Unusable::Damaged("a page is not where it should be")),
        }
    }
}

impl Pages {
    fn put(&mut self, place: (u64, u32), page: &Arc<Page>) {
        self.bytes += page.size_bytes();
        if let Some((_, before)) = self.kept.push(place, Arc::clone(page)) {
            self.bytes -= before.size_bytes();
        }
        while self.bytes > PAGE_BYTES_MAX {
            let Some((_, oldest)) = self.kept.pop_lru() else {
                return;
            };
            self.bytes -= oldest.size_bytes();
        }
    }
}

fn read_at(file: &mut File, start: u64, length: usize) -> Result<Vec<u8>, Unusable> {
    let mut bytes = vec![0; length];
    let read = file
        .seek(SeekFrom::Start(start))
        .and_then(|_| file.read_exact(&mut bytes));
    read.map_err(|_| Unusable::Damaged("it ends too early"))?;
    Ok(bytes)
}
