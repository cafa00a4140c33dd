//! What `netsh winhttp show proxy` prints, in any language of Windows; several outputs may follow each other.
//!
//! ```text
//! Current WinHTTP proxy settings:
//!
//!     Proxy Server(s) :  proxy.example:8080
//!     Bypass List     :  *.local
//! ```
//!
//! The shape counts first: a heading with `WinHTTP` in it, then a line `label : servers` and a line `label : bypass list`, or
//! one line without a value, which says that access is direct. Words count where there is no heading.
//! Source: <https://learn.microsoft.com/windows-server/administration/windows-commands/netsh-winhttp>.

use super::server_list;
use super::{Fault, Settings};

/// What the label of the servers says in the languages that are known; only needed where the heading is gone.
const SERVER_LABELS: &[&str] = &["proxy server", "プロキシ サーバー", "プロキシサーバー"];

pub(super) fn is_output(text: &str) -> bool {
    text.lines()
        .any(|line| is_heading(line) || server_line(line).is_some())
}

/// What the next line may be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Expected {
    Heading,
    Servers,
    Bypass,
}

pub(super) fn read(text: &str, source: &str) -> Result<Settings, Fault> {
    let mut settings = Settings::default();
    let mut expected = Expected::Heading;
    // Where the servers of the output that is being read begin.
    let mut begun = 0;
    for (number, line) in (1..).zip(text.lines()) {
        if line.trim().is_empty() {
            continue;
        }
        if is_heading(line) {
            if expected == Expected::Servers {
                return Err(cut_off(number));
            }
            expected = Expected::Servers;
            continue;
        }
        let parts = match expected {
            Expected::Servers => label_and_value(line),
            Expected::Bypass => label_and_value(line).filter(|_| server_line(line).is_none()),
            Expected::Heading => None,
        };
        if expected == Expected::Bypass
            && let Some((_, bypass)) = parts
        {
            note_bypass(&mut settings, begun, bypass);
            expected = Expected::Heading;
            continue;
        }
        let servers = match expected {
            Expected::Servers => parts,
            Expected::Heading | Expected::Bypass => server_line(line),
        };
        match servers {
            Some((_, value)) => {
                begun = settings.proxies.len();
                let servers = server_list::parse(value)
                    .map_err(|message| Fault::new(number, format!("no proxy server: {message}")))?;
                let source = format!("netsh winhttp ({source}:{number})");
                let proxies = servers
                    .into_iter()
                    .map(|server| server.into_proxy(source.clone(), ""));
                settings.proxies.extend(proxies);
                expected = Expected::Bypass;
            }
            None if expected == Expected::Servers => {
                let told = line.trim();
                settings
                    .remarks
                    .push(format!("{source}:{number}: direct access: `{told}`"));
                expected = Expected::Heading;
            }
            // A prompt, a device's name: whatever stands between two outputs.
            None => expected = Expected::Heading,
        }
    }
    match expected {
        Expected::Servers => Err(cut_off(text.lines().count())),
        Expected::Heading | Expected::Bypass => Ok(settings),
    }
}

fn cut_off(line: usize) -> Fault {
    Fault::new(
        line,
        "the output of `netsh winhttp show proxy` ends behind its heading",
    )
}

fn is_heading(line: &str) -> bool {
    let line = line.trim();
    line.to_ascii_lowercase().contains("winhttp") && line.ends_with([':', '：'])
}

/// `label : value`; the colon has a blank or nothing behind it, which tells it from those of `C:\` and `host:port`.
fn label_and_value(line: &str) -> Option<(&str, &str)> {
    let at = line.find([':', '：'])?;
    let (label, rest) = line.split_at(at);
    let value = rest.trim_start_matches([':', '：']);
    let is_label = value.is_empty() || value.starts_with(char::is_whitespace);
    is_label.then(|| (label.trim(), value.trim()))
}

fn server_line(line: &str) -> Option<(&str, &str)> {
    label_and_value(line).filter(|(label, _)| {
        let label = label.to_lowercase();
        SERVER_LABELS.iter().any(|known| label.starts_with(known))
    })
}

/// A bypass list in brackets says that there is none, in some language.
fn note_bypass(settings: &mut Settings, begun: usize, bypass: &str) {
    if bypass.is_empty() || bypass.starts_with(['(', '（']) {
        return;
    }
    for proxy in &mut settings.proxies[begun..] {
        if !proxy.detail.is_empty() {
            proxy.detail.push_str("; ");
        }
        proxy.detail.push_str(&format!("bypass: {bypass}"));
    }
}
