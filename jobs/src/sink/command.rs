//! A command for each alert, with JSON on its stdin and the alert's id in `HUNTQL_ALERT_ID`. It has taken the alert when it ends
//! with exit code 0; what it says on stderr is its reason otherwise.

use super::config::Settings;
use super::{Delivery, Opened, Outlets, Refusal, Sink, SinkError};
use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const TIMEOUT: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(20);
const REASON_BYTES_MAX: u64 = 2_000;

struct Process {
    words: Vec<String>,
    timeout: Duration,
}

pub(super) fn open(settings: &Settings, _: &Outlets) -> Opened {
    let words = settings.texts("command")?;
    if words.is_empty() {
        return Err(SinkError(format!(
            "the sink `{}`: `command` is missing; it is a list like [\"notify\", \"--soc\"]",
            settings.name
        )));
    }
    Ok(Box::new(Process {
        words,
        timeout: settings.time("timeout", TIMEOUT)?,
    }))
}

impl Sink for Process {
    fn deliver(&mut self, delivery: &Delivery<'_>) -> Result<(), Refusal> {
        let name = &self.words[0];
        let again = |error: std::io::Error| Refusal::Again(format!("`{name}`: {error}"));
        let mut child = Command::new(name)
            .args(&self.words[1..])
            .env("HUNTQL_ALERT_ID", delivery.id)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(again)?;
        let line = format!("{}\n", delivery.body);
        let mut stdin = child.stdin.take().expect("stdin is piped");
        let mut stderr = child.stderr.take().expect("stderr is piped");
        // It need not read, and may say much: neither must hold us up.
        let writing = std::thread::spawn(move || stdin.write_all(line.as_bytes()));
        let reading = std::thread::spawn(move || {
            let mut reason = Vec::new();
            let _ = stderr
                .by_ref()
                .take(REASON_BYTES_MAX)
                .read_to_end(&mut reason);
            let _ = std::io::copy(&mut stderr, &mut std::io::sink());
            String::from_utf8_lossy(&reason).trim().to_owned()
        });
        let status = self.wait(&mut child).map_err(again)?;
        let Some(status) = status else {
            let _ = child.kill();
            let _ = child.wait();
            return Err(Refusal::Again(format!(
                "`{name}` took longer than {} s",
                self.timeout.as_secs()
            )));
        };
        let _ = writing.join();
        if status.success() {
            return Ok(());
        }
        let reason = reading.join().unwrap_or_default();
        Err(Refusal::Again(format!(
            "`{name}` ended with {status}: {reason}"
        )))
    }
}

impl Process {
    fn wait(&self, child: &mut Child) -> std::io::Result<Option<std::process::ExitStatus>> {
        let started = Instant::now();
        loop {
            if let Some(status) = child.try_wait()? {
                return Ok(Some(status));
            }
            if started.elapsed() > self.timeout {
                return Ok(None);
            }
            std::thread::sleep(LOOK_EVERY);
        }
    }
}
