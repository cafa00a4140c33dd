//! The pages of `docs/`, a topic each, carried in the program.

/// A page.
#[derive(Debug)]
pub struct Topic {
    /// The page's name without its ending.
    pub name: &'static str,
    /// In a few words.
    pub about: &'static str,
    /// Markdown.
    pub text: &'static str,
}

macro_rules! topics {
    ($($name:literal: $about:literal,)*) => {
        &[$(Topic {
            name: $name,
            about: $about,
            text: include_str!(concat!("../../../docs/", $name, ".md")),
        },)*]
    };
}

pub const TOPICS: &[Topic] = topics! {
    "tour": "ten minutes over the samples",
    "howto-defender": "query an export of Microsoft Defender",
    "howto-zeek": "query Zeek's logs",
    "howto-squid": "query Squid's log, and see behind the proxy",
    "howto-cron": "run a hunt from cron or a systemd timer",
    "hunts": "hunts that run by themselves: windows, alerts, state, sinks",
    "rules": "the fields of rules, and what is done with each",
    "performance": "what was measured, beside other engines",
    "shell": "the shell: keys, dot commands, charts",
    "scripts": "queries in scripts: parameters, limits, exit codes",
    "check": "lint queries in files, folders, Markdown and rules",
    "errors": "every code, what it means, what to do",
    "limits": "what bounds a query and a result",
    "ingest": "how logs become rows, once",
    "store": "where rows lie, and how to look after them",
    "formats-sensors": "the sensors' logs that are read",
    "formats-proxies-lines": "the proxies' logs with a format line or header",
    "formats-proxies-records": "the proxies' logs of vendors",
    "proxies": "which proxies there are, and who says so",
    "unmask": "the real targets behind a proxy",
    "timeline": "the events of one device in order",
    "sensor-health": "which devices reach Defender, and who decrypts",
    "functions": "every function",
    "support": "what of the language is supported",
};
