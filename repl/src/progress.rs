//! Progress of long queries: one line on stderr, when that is a terminal, gone before anything else is written.

use crate::output::{bytes, cut_middle, grouped};
use crate::screen::window;
use huntql_engine::{Gauge, Work};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{self, IsTerminal};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// What is done sooner shows nothing.
const QUIET: Duration = Duration::from_millis(600);

/// Columns of the line for the spinner and for an echo.
const LINE_KEPT_FREE: usize = 6;

/// Between two looks at the gauge.
const STEP: Duration = Duration::from_millis(100);

/// The line, and whether the query is still wanted. Clones share both.
#[derive(Clone, Default)]
pub struct Progress {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    running: Mutex<Option<Running>>,
    is_stopped: AtomicBool,
}

struct Running {
    bar: ProgressBar,
    end: Sender<()>,
    thread: JoinHandle<()>,
}

impl Progress {
    fn lock(&self) -> MutexGuard<'_, Option<Running>> {
        let running = self.shared.running.lock();
        running.unwrap_or_else(|broken| broken.into_inner())
    }

    /// Shows what the gauge says; nothing on anything but a terminal.
    pub fn begin(&self, gauge: &Gauge) {
        if io::stderr().is_terminal() && !self.is_stopped() {
            *self.lock() = Running::start(gauge.clone());
        }
    }

    /// Writes something to the terminal while the line is out of the way.
    pub fn aside<T>(&self, write: impl FnOnce() -> T) -> T {
        // Not under the lock: whoever reads what is written may take long.
        let bar = self.lock().as_ref().map(|running| running.bar.clone());
        match bar {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    /// Takes the line away for good.
    pub fn end(&self) {
        if let Some(running) = self.lock().take() {
            // The thread may have ended by itself.
            let _ = running.end.send(());
            let _ = running.thread.join();
            running.bar.finish_and_clear();
        }
    }

    /// Nobody waits for the query any more: what it still computes is not to be shown.
    pub fn stop(&self) {
        self.shared.is_stopped.store(true, Ordering::SeqCst);
        self.end();
    }

    pub fn is_stopped(&self) -> bool {
        self.shared.is_stopped.load(Ordering::SeqCst)
    }
}

impl Running {
    /// `None` when there is no thread to be had: progress is no reason to stop.
    fn start(gauge: Gauge) -> Option<Running> {
        // Not as wide as the window: what Ctrl-C echoes has to stay on the line, to be taken away with it.
        let style = ProgressStyle::with_template("{spinner} {msg}").ok()?;
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        bar.set_style(style);
        let (end, ended) = channel();
        let shown = bar.clone();
        let started = Instant::now();
        let thread = std::thread::Builder::new()
            .name("progress".to_owned())
            .spawn(move || {
                if ended.recv_timeout(QUIET) != Err(RecvTimeoutError::Timeout) {
                    return;
                }
                shown.set_draw_target(ProgressDrawTarget::stderr());
                loop {
                    let line = line(&gauge.read(), started.elapsed());
                    let room = window().0.saturating_sub(LINE_KEPT_FREE);
                    shown.set_message(cut_middle(&line, room));
                    shown.tick();
                    if ended.recv_timeout(STEP) != Err(RecvTimeoutError::Timeout) {
                        return;
                    }
                }
            });
        Some(Running {
            bar,
            end,
            thread: thread.ok()?,
        })
    }
}

fn line(work: &Work, elapsed: Duration) -> String {
    let mut parts = vec![format!("{} rows read", grouped(work.rows_read))];
    parts.extend(scanned(work));
    parts.push(format!("{:.1} s", elapsed.as_secs_f64()));
    parts.join(", ")
}

/// What was read of files: `12.3 MiB scanned of 3 files (9 pruned)`. `None` when there were none.
pub fn scanned(work: &Work) -> Option<String> {
    if work.files == 0 {
        return None;
    }
    let opened = work.files - work.files_pruned;
    let noun = if opened == 1 { "file" } else { "files" };
    let pruned = match work.files_pruned {
        0 => String::new(),
        pruned => format!(" ({} pruned)", grouped(pruned)),
    };
    Some(format!(
        "{} scanned of {} {noun}{pruned}",
        bytes(work.bytes_scanned),
        grouped(opened)
    ))
}
