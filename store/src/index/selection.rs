//! Row blocks as what a Parquet scan understands: a range of bytes and a selection of rows.
//!
//! The range alone gives a right answer and is what travels to another process: a row group is read when its first byte lies in it.
//! The selection, exact to the block, is for this process.

use super::blocks::Blocks;
use super::format::Directory;
use super::read::Index;
use datafusion::parquet::arrow::arrow_reader::{RowSelection, RowSelector};
use std::ops::Range;

/// What is read of a file.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    /// Bytes in which the wanted row groups begin.
    pub bytes: Range<i64>,
    /// Over all rows of the file.
    pub rows: RowSelection,
}

/// The part of a file that has these blocks; `None` when it is all of it.
pub(crate) fn of(index: &Index, blocks: &Blocks) -> Option<Part> {
    if blocks.is_full() {
        return None;
    }
    let directory = &index.directory;
    let block_rows = u64::from(directory.block_rows);
    let mut selectors: Vec<RowSelector> = Vec::new();
    for block in 0..blocks.count() {
        let rows = block_rows.min(directory.rows - u64::from(block) * block_rows) as usize;
        let skip = !blocks.contains(block);
        match selectors.last_mut() {
            Some(last) if last.skip == skip => last.row_count += rows,
            _ => selectors.push(RowSelector {
                row_count: rows,
                skip,
            }),
        }
    }
    Some(Part {
        bytes: bytes(directory, blocks),
        rows: RowSelection::from(selectors),
    })
}

/// From the first row group with a wanted block up to the first one behind the last of them.
fn bytes(directory: &Directory, blocks: &Blocks) -> Range<i64> {
    let block_rows = u64::from(directory.block_rows);
    let (mut first, mut end, mut row) = (None, directory.size_bytes, 0);
    for (rows, start) in &directory.groups {
        let (from, to) = (row / block_rows, (row + rows).div_ceil(block_rows));
        if (from..to).any(|block| blocks.contains(block as u32)) {
            first.get_or_insert(*start);
            end = directory.size_bytes;
        } else if first.is_some() && end == directory.size_bytes {
            end = *start;
        }
        row += rows;
    }
    first.unwrap_or(0) as i64..end as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three row groups of 25 rows that begin at 4, 100 and 200, in blocks of 10 rows.
    fn range(wanted: &[u32]) -> Range<i64> {
        let directory = Directory {
            rows: 75,
            size_bytes: 300,
            block_rows: 10,
            groups: vec![(25, 4), (25, 100), (25, 200)],
            ..Directory::default()
        };
        let mut blocks = Blocks::none(directory.blocks());
        wanted.iter().for_each(|block| blocks.insert(*block));
        bytes(&directory, &blocks)
    }

    #[test]
    fn the_range_has_the_beginnings_of_all_row_groups_with_wanted_rows() {
        assert_eq!(range(&[0]), 4..100);
        // Rows 20 to 29 lie in the first and in the second.
        assert_eq!(range(&[2]), 4..200);
        assert_eq!(range(&[3]), 100..200);
        assert_eq!(range(&[7]), 200..300);
        assert_eq!(range(&[0, 7]), 4..300);
        assert_eq!(range(&[3, 4]), 100..200);
    }
}
