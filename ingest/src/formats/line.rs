//! What every line format does before it looks at a line.

use super::{Head, Sniff};
use crate::Result;
use crate::input::{Input, Line, LineEnd};
use crate::output::{Output, Place, Refusal};
use crate::report::Skip;
use crate::text::{Escape, lossless};

/// Lines of a file's head that sniffing looks at.
const SNIFFED_LINES: usize = 60;

/// Certain when one line in three of the head's is a record: logs are cut, and comments are nobody's.
pub(super) fn sniff(head: &Head<'_>, is_record: impl Fn(&str) -> bool) -> Sniff {
    let lines = head.lines().filter(|line| !line.starts_with(b"#"));
    let (mut good, mut bad) = (0, 0);
    for line in lines.take(SNIFFED_LINES) {
        match is_record(&lossless(line, Escape::Plain).0) {
            true => good += 1,
            false => bad += 1,
        }
    }
    match good > 0 && bad <= 2 * good {
        true => Sniff::Certain,
        false => Sniff::No,
    }
}

/// Hands each line that the format may read to `read`; the others are counted as what they are.
pub(super) fn each(
    input: Input,
    output: &mut Output<'_>,
    mut read: impl FnMut(&Line<'_>, &mut Output<'_>) -> Result<()>,
) -> Result<()> {
    let mut reader = input.into_lines();
    while let Some(line) = reader.next_line()? {
        if vet(&line, output)? == Vetted::Usable {
            read(&line, output)?;
        }
    }
    output.report.nul_bytes += reader.nul_bytes();
    Ok(())
}

/// A line's place in the file.
pub(super) fn place(line: &Line<'_>) -> Place {
    Place {
        offset: line.offset,
        line: line.number,
    }
}

/// What became of a line before its format saw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Vetted {
    /// The format may read it.
    Usable,
    /// It is blank, too long or cut off, and has been counted so.
    Done,
}

/// Counts the line and disposes of blank, over-long and cut-off ones.
pub(super) fn vet(line: &Line<'_>, output: &mut Output<'_>) -> Result<Vetted> {
    output.read(1);
    match line.end {
        LineEnd::TooLong(bytes) => {
            let message = format!(
                "the line has {bytes} bytes; at most {} are read",
                crate::input::LINE_BYTES_MAX
            );
            output.reject(
                Refusal::new("line_too_long", message),
                line.bytes,
                place(line),
            )?;
        }
        LineEnd::CutOff => {
            let message = "the compressed stream broke off inside this line";
            output.reject(Refusal::new("cut_off", message), line.bytes, place(line))?;
        }
        LineEnd::Terminated | LineEnd::EndOfText if line.bytes.trim_ascii().is_empty() => {
            output.skip(Skip::Blank)
        }
        LineEnd::Terminated | LineEnd::EndOfText => return Ok(Vetted::Usable),
    }
    Ok(Vetted::Done)
}
