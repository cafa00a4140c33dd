//! Stdout through `$PAGER`: output that does not fit the window goes there, shorter output stays on the screen.

use std::io::{self, Write};
use std::process::{Child, ChildStdin, Command, Stdio};

/// Lines of the window that prompts and footers need.
const LINES_KEPT_FREE: usize = 3;

pub struct Pager {
    command: Option<String>,
    lines_max: usize,
    lines: usize,
    held: Vec<u8>,
    child: Option<(Child, Option<ChildStdin>)>,
}

impl Pager {
    /// A window of so many lines. Without `$PAGER` everything goes straight to stdout.
    pub fn new(window_lines: usize) -> Pager {
        let command = std::env::var("PAGER").ok();
        let command = command.filter(|command| !command.trim().is_empty() && command != "cat");
        Pager {
            command,
            lines_max: window_lines.saturating_sub(LINES_KEPT_FREE),
            lines: 0,
            held: Vec::new(),
            child: None,
        }
    }

    /// Whether the user has named one.
    pub fn is_wanted() -> bool {
        Pager::new(0).command.is_some()
    }

    fn start(&mut self) -> io::Result<()> {
        let Some(command) = self.command.take() else {
            return Ok(());
        };
        // A pager that is not there is no reason to show nothing.
        let started = Command::new("sh")
            .arg("-c")
            .arg(&command)
            .env(
                "LESS",
                std::env::var("LESS").unwrap_or_else(|_| "FRSX".to_owned()),
            )
            .stdin(Stdio::piped())
            .spawn();
        if let Ok(mut child) = started {
            let stdin = child.stdin.take();
            self.child = Some((child, stdin));
        }
        let held = std::mem::take(&mut self.held);
        self.pass(&held)
    }

    fn pass(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.child {
            Some((_, Some(stdin))) => stdin.write_all(bytes),
            _ => io::stdout().write_all(bytes),
        }
    }
}

impl Write for Pager {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.command.is_none() {
            self.pass(bytes)?;
            return Ok(bytes.len());
        }
        self.held.extend_from_slice(bytes);
        self.lines += bytes.iter().filter(|byte| **byte == b'\n').count();
        if self.lines > self.lines_max {
            self.start()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.command.is_some() {
            let held = std::mem::take(&mut self.held);
            self.pass(&held)?;
        }
        match &mut self.child {
            Some((_, Some(stdin))) => stdin.flush(),
            _ => io::stdout().flush(),
        }
    }
}

impl Drop for Pager {
    fn drop(&mut self) {
        // Nobody is left to tell of an error.
        let _ = self.flush();
        if let Some((mut child, stdin)) = self.child.take() {
            drop(stdin);
            let _ = child.wait();
        }
    }
}
