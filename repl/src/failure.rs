//! Why the program stops, by whose fault it is, and the exit code that says so.

use crate::report;
use std::io;
use std::process::ExitCode;

/// The query is wrong.
pub const EXIT_QUERY: u8 = 1;
/// The command line is wrong; clap uses the same.
pub const EXIT_USAGE: u8 = 2;
/// The data cannot be read.
pub const EXIT_DATA: u8 = 3;
/// A limit was met.
pub const EXIT_LIMIT: u8 = 4;
/// There are rows, and `--fail-if-rows` says that there should be none.
pub const EXIT_ROWS: u8 = 5;
/// Our bug (`EX_SOFTWARE` of sysexits.h).
pub const EXIT_INTERNAL: u8 = 70;
/// Stopped by Ctrl-C, as a shell says it.
pub const EXIT_INTERRUPTED: u8 = 130;

#[derive(Debug)]
pub enum Failure {
    /// All is said already; the exit code remains.
    Reported(u8),
    Usage(String),
    Data(String),
    Limit(String),
    Internal(String),
    /// Rows that were to be kept in memory take more than they may.
    OutOfMemory,
    /// Whoever read our output has read enough. No failure at all.
    ClosedPipe,
}

impl Failure {
    /// Says on stderr what happened; gives the exit code.
    pub fn code(&self) -> u8 {
        let too_much = "the rows take more memory than they may".to_owned();
        let (code, kind, message) = match self {
            Failure::Reported(code) => return *code,
            Failure::ClosedPipe => return 0,
            Failure::Usage(message) => (EXIT_USAGE, "error", message),
            Failure::Data(message) => (EXIT_DATA, "error", message),
            Failure::Limit(message) => (EXIT_LIMIT, "error: limit", message),
            Failure::OutOfMemory => (EXIT_LIMIT, "error: limit", &too_much),
            Failure::Internal(message) => (EXIT_INTERNAL, "internal error", message),
        };
        report::failed(kind, message);
        if code == EXIT_INTERNAL {
            report::say(BUG);
        }
        code
    }

    pub fn exit(self) -> ExitCode {
        ExitCode::from(self.code())
    }
}

/// What an error of ours says besides itself.
const BUG: &str = "this is a bug in huntql and not in the query; please report it with the query and the output of `huntql --version`";

/// What writing the output came to.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Failure::ClosedPipe,
            io::ErrorKind::OutOfMemory => Failure::OutOfMemory,
            io::ErrorKind::Other => Failure::Internal(error.to_string()),
            _ => Failure::Data(format!("cannot write the output: {error}")),
        }
    }
}

/// A panic says that it is ours, and where; not Rust's own message.
pub fn install_panic_hook() {
    std::panic::set_hook(Box::new(|panic| {
        let what = panic_text(panic.payload());
        let place = panic
            .location()
            .map_or_else(String::new, |place| format!(" ({place})"));
        report::say(&format!("internal error: {what}{place}\n{BUG}"));
    }));
}

/// What a panic said.
pub fn panic_text(payload: &(dyn std::any::Any + Send)) -> String {
    let text = payload
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "unknown".to_owned())
}
