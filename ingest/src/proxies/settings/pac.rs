//! The proxies that a PAC or WPAD script may return, read from its string literals. The script is never run.
//!
//! A literal counts when all of it is what `FindProxyForURL` may return: `PROXY host:port; SOCKS5 host:port; DIRECT`
//! (<https://developer.mozilla.org/docs/Web/HTTP/Guides/Proxy_servers_and_tunneling/Proxy_Auto-Configuration_PAC_file>).
//! What the script builds (`"PROXY " + host + ":8080"`) is missed; each place where it does is a remark.

use super::server_list::Server;
use super::{Fault, Settings};
use crate::proxies::parse_listener;

/// Words of a result, and the scheme that they come to.
const WORDS: &[(&str, Option<&str>)] = &[
    ("PROXY", None),
    ("HTTP", None),
    ("HTTPS", None),
    ("SOCKS", Some("socks")),
    ("SOCKS4", Some("socks4")),
    ("SOCKS5", Some("socks5")),
];

pub(super) fn is_script(text: &str) -> bool {
    text.contains("FindProxyForURL")
}

pub(super) fn read(text: &str, source: &str) -> Result<Settings, Fault> {
    let mut settings = Settings::default();
    for literal in literals(text) {
        let place = format!("{source}:{}", literal.line);
        match results(&literal) {
            Found::Nothing => {}
            Found::Servers(servers) => {
                for server in servers {
                    let proxy = server.into_proxy(format!("PAC ({place})"), "");
                    let known = settings.proxies.iter().any(|known| known.name == proxy.name && known.kind == proxy.kind);
                    if !known {
                        settings.proxies.push(proxy);
                    }
                }
            }
            Found::Built => settings.remarks.push(format!(
                "{place}: `{}` is part of a text that the script builds; what it becomes is not known",
                literal.text.trim()
            )),
        }
    }
    Ok(settings)
}

/// A string literal.
struct Literal {
    text: String,
    line: usize,
    /// A `+` stands before or behind it, or it is a template with `${`.
    is_joined: bool,
}

enum Found {
    Nothing,
    Servers(Vec<Server>),
    /// It has a word of a result, and is no whole result.
    Built,
}

fn results(literal: &Literal) -> Found {
    let mut servers = Vec::new();
    let mut has_word = false;
    let mut is_whole = true;
    for part in literal
        .text
        .split(';')
        .map(str::trim)
        .filter(|part| !part.is_empty())
    {
        if part.eq_ignore_ascii_case("DIRECT") {
            continue;
        }
        let (word, rest) = part.split_once(char::is_whitespace).unwrap_or((part, ""));
        let Some((_, scheme)) = WORDS
            .iter()
            .find(|(known, _)| word.eq_ignore_ascii_case(known))
        else {
            is_whole = false;
            continue;
        };
        // `"http"` alone is a scheme that the script compares with.
        has_word |= !rest.is_empty() || literal.is_joined;
        match parse_listener(rest.trim()) {
            Ok(listen) => servers.push(Server {
                listen,
                scheme: scheme.map(str::to_owned),
            }),
            Err(_) => is_whole = false,
        }
    }
    match has_word {
        false => Found::Nothing,
        true if is_whole && !literal.is_joined && !servers.is_empty() => Found::Servers(servers),
        true if is_whole || literal.is_joined => Found::Built,
        true => Found::Nothing,
    }
}

/// The string literals of a script, comments left out. A string ends at its line's end at the latest; a template may go on.
fn literals(text: &str) -> Vec<Literal> {
    let chars: Vec<char> = text.chars().collect();
    let mut found: Vec<Literal> = Vec::new();
    let (mut at, mut line) = (0, 1);
    let mut after_plus = false;
    while let Some(&c) = chars.get(at) {
        match (c, chars.get(at + 1)) {
            ('/', Some('/')) => at = end_of_line(&chars, at),
            ('/', Some('*')) => (at, line) = end_of_comment(&chars, at + 2, line),
            ('"' | '\'' | '`', _) => {
                let (mut literal, end) = literal(&chars, at, line);
                literal.is_joined |= after_plus;
                line += chars[at..end].iter().filter(|c| **c == '\n').count();
                found.push(literal);
                after_plus = false;
                at = end;
            }
            ('+', next) => {
                // `+` right behind a literal joins it; what stands between them is blank or a bracket.
                if let Some(last) = found.last_mut().filter(|_| joins_back(&chars, at)) {
                    last.is_joined = true;
                }
                after_plus = next != Some(&'+');
                at += 1;
            }
            _ => {
                line += usize::from(c == '\n');
                after_plus &= c.is_whitespace() || c == '(';
                at += 1;
            }
        }
    }
    found
}

fn joins_back(chars: &[char], plus: usize) -> bool {
    let before = chars[..plus].iter().rev();
    let mut before = before.skip_while(|c| c.is_whitespace() || **c == ')');
    matches!(before.next(), Some('"' | '\'' | '`'))
}

fn end_of_line(chars: &[char], at: usize) -> usize {
    let rest = chars[at..].iter().position(|c| *c == '\n');
    rest.map_or(chars.len(), |length| at + length)
}

fn end_of_comment(chars: &[char], mut at: usize, mut line: usize) -> (usize, usize) {
    while at < chars.len() {
        if chars[at] == '*' && chars.get(at + 1) == Some(&'/') {
            return (at + 2, line);
        }
        line += usize::from(chars[at] == '\n');
        at += 1;
    }
    (at, line)
}

/// The literal whose quote stands at `start`, and where the text goes on behind it.
fn literal(chars: &[char], start: usize, line: usize) -> (Literal, usize) {
    let quote = chars[start];
    let mut text = String::new();
    let mut is_joined = false;
    let mut at = start + 1;
    while let Some(&c) = chars.get(at) {
        at += 1;
        match c {
            '\\' => {
                text.extend(chars.get(at).filter(|c| **c != '\n'));
                at += 1;
            }
            '\n' if quote != '`' => {
                at -= 1;
                break;
            }
            c if c == quote => break,
            c => {
                is_joined |= quote == '`' && c == '$' && chars.get(at) == Some(&'{');
                text.push(c);
            }
        }
    }
    let literal = Literal {
        text,
        line,
        is_joined,
    };
    (literal, at.min(chars.len()))
}
