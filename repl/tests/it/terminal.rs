//! A terminal with the shell in it: keys go in, the screen is looked at. Nothing waits for a time, only for what is seen; the
//! longest wait is for a machine that has much else to do.

use crate::support::Place;
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use std::io::{Read, Write};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(180);

/// What a shell prints when it waits.
const PROMPT: &str = "huntql>";

pub const ENTER: &str = "\r";
pub const TAB: &str = "\t";
pub const CTRL_C: &str = "\u{3}";
pub const CTRL_D: &str = "\u{4}";
pub const CTRL_R: &str = "\u{12}";
pub const UP: &str = "\u{1b}[A";
/// Clears the line.
pub const CTRL_U: &str = "\u{15}";
const CTRL_L: &str = "\u{c}";

struct Shared {
    screen: Mutex<(vt100::Parser, bool)>,
    changed: Condvar,
}

pub struct Terminal {
    shared: Arc<Shared>,
    keys: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    _master: Box<dyn MasterPty + Send>,
}

impl Terminal {
    /// The program in a window of so many columns and lines.
    pub fn open(
        place: &Place,
        (columns, lines): (u16, u16),
        arguments: &[&str],
        variables: &[(&str, &str)],
    ) -> Terminal {
        let size = PtySize {
            rows: lines,
            cols: columns,
            pixel_width: 0,
            pixel_height: 0,
        };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_huntql"));
        command.args(arguments);
        command.cwd(place.path("."));
        for name in ["PAGER", "NO_COLOR", "VISUAL", "EDITOR", "HUNTQL_CONFIG"] {
            command.env_remove(name);
        }
        command.env("TERM", "xterm-256color");
        command.env("XDG_STATE_HOME", place.path("state"));
        for (name, value) in variables {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let shared = Arc::new(Shared {
            screen: Mutex::new((parser(lines, columns), true)),
            changed: Condvar::new(),
        });
        let mut output = pair.master.try_clone_reader().unwrap();
        let shown = Arc::clone(&shared);
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            loop {
                let read = output.read(&mut bytes).unwrap_or(0);
                let Ok(mut screen) = shown.screen.lock() else {
                    // Whoever looked has failed already.
                    return;
                };
                screen.0.process(&bytes[..read]);
                screen.1 = read > 0;
                shown.changed.notify_all();
                if read == 0 {
                    return;
                }
            }
        });
        Terminal {
            shared,
            keys: pair.master.take_writer().unwrap(),
            child,
            _master: pair.master,
        }
    }

    pub fn keys(&mut self, text: &str) {
        self.keys.write_all(text.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    /// Several lines at once, as terminals paste them.
    pub fn paste(&mut self, text: &str) {
        self.keys(&format!("\u{1b}[200~{text}\u{1b}[201~"));
    }

    /// Waits until the screen is as it should be; gives it.
    #[track_caller]
    pub fn see(&self, what: &str, is_there: impl Fn(&vt100::Screen) -> bool) -> String {
        let until = Instant::now() + PATIENCE;
        let mut screen = self.shared.screen.lock().unwrap();
        loop {
            if is_there(screen.0.screen()) {
                return screen.0.screen().contents();
            }
            let left = until.saturating_duration_since(Instant::now());
            assert!(
                !left.is_zero() && screen.1,
                "never seen: {what}\n{}",
                screen.0.screen().contents()
            );
            screen = self.shared.changed.wait_timeout(screen, left).unwrap().0;
        }
    }

    #[track_caller]
    pub fn sees(&self, part: &str) -> String {
        self.see(part, |screen| screen.contents().contains(part))
    }

    /// Waits for an empty prompt below all these texts.
    #[track_caller]
    pub fn answers(&self, parts: &[&str]) -> String {
        self.see(&format!("{parts:?}, and a prompt"), |screen| {
            let contents = screen.contents();
            is_idle(screen) && parts.iter().all(|part| contents.contains(part))
        })
    }

    /// An empty window with a prompt.
    #[track_caller]
    pub fn clear(&mut self) {
        self.see("a prompt", is_idle);
        self.keys(CTRL_L);
        self.see("an empty window", |screen| {
            is_idle(screen) && screen.contents().trim() == PROMPT
        });
    }

    /// Types a line in an empty window, runs it, and waits for all these texts.
    #[track_caller]
    pub fn types(&mut self, line: &str, parts: &[&str]) -> String {
        self.clear();
        self.keys(line);
        if parts.is_empty() {
            // Else the prompt in front of the line would be taken for the one behind it.
            self.sees(line);
        }
        self.keys(ENTER);
        self.answers(parts)
    }

    /// Waits for the end of the program; gives its exit code.
    #[track_caller]
    pub fn ends(&mut self) -> u32 {
        let until = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.exit_code();
            }
            assert!(Instant::now() < until, "the program does not end");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
    }
}

/// Whether the cursor stands behind an empty prompt.
fn is_idle(screen: &vt100::Screen) -> bool {
    let (line, _) = screen.cursor_position();
    let (_, columns) = screen.size();
    let text = screen.rows(0, columns.into()).nth(line.into());
    text.is_some_and(|text| text.trim_end() == PROMPT)
}

fn parser(lines: u16, columns: u16) -> vt100::Parser {
    vt100::Parser::new(lines.try_into().unwrap(), columns.try_into().unwrap(), 0)
}
