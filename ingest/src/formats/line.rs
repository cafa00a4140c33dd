//! What every line format does before it looks at a line.

use crate::Result;
use crate::input::{Line, LineEnd};
use crate::output::{Output, Place, Refusal};
use crate::report::Skip;

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
