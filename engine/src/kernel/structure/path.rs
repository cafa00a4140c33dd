//! Paths of files on Windows and elsewhere (Kusto docs, "parse_path").

use crate::kernel::dynamic_text::object_of;

const SEPARATORS: [char; 2] = ['/', '\\'];

/// The parts of a path as a JSON object of strings; a part that is not there is `""`.
pub fn parse(text: &str) -> String {
    let (scheme, path) = text.split_once("://").unwrap_or(("", text));
    let (directory, last) = match path.rfind(SEPARATORS) {
        Some(at) => (&path[..at], &path[at + 1..]),
        None => ("", path),
    };
    let (file, stream) = last.split_once(':').unwrap_or((last, ""));
    let extension = file.rsplit_once('.').map_or("", |(_, extension)| extension);
    let name = directory
        .rsplit(SEPARATORS)
        .next()
        .filter(|name| !name.ends_with(':'))
        .unwrap_or_default();
    let parts = [
        ("Scheme", scheme),
        ("RootPath", drive(path)),
        ("DirectoryPath", directory),
        ("DirectoryName", name),
        ("Filename", file),
        ("Extension", extension),
        ("AlternateDataStreamName", stream),
    ];
    object_of(parts.into_iter())
}

/// `C:\` of `C:\a\b`; `""` when the path does not start with a drive.
fn drive(path: &str) -> &str {
    match path.as_bytes() {
        [letter, b':', b'/' | b'\\', ..] if letter.is_ascii_alphabetic() => &path[..3],
        _ => "",
    }
}
