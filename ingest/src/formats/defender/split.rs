//! Small questions about JSON text that need no parsing.

/// Whether the text is an envelope of several records, by its member's name.
pub(super) fn holds_records(text: &str) -> bool {
    memchr::memmem::find(text.as_bytes(), b"\"records\"").is_some()
}

/// Whether a cut line begins as a single event does, and not as a document full of rows.
pub(super) fn is_event_start(line: &[u8]) -> bool {
    let head = &line[..line.len().min(4096)];
    line.starts_with(b"{")
        && memchr::memmem::find(head, b"\"properties\"").is_some()
        && memchr::memmem::find(head, b"\"records\"").is_none()
}
