//! User agents, by patterns of the user's: a `regexes.yaml` as the ua-parser project publishes (uap-core, "Specification").
//!
//! | part | list of patterns | what is told, and the group that tells it unless the pattern says otherwise |
//! |---|---|---|
//! | `browser` | `user_agent_parsers` | Family 1, MajorVersion 2, MinorVersion 3, Patch 4 |
//! | `os` | `os_parsers` | Family 1, MajorVersion 2, MinorVersion 3, Patch 4, PatchMinor 5 |
//! | `device` | `device_parsers` | Family 1, Brand (none), Model 1 |
//!
//! The first pattern that matches decides; when none does the family is `Other`. What is not told is empty, as on Kusto's page
//! "parse_user_agent()". In a pattern `\d` and `\w` mean ASCII, as in the project's own parsers.

use crate::json::{Bag, quote};
use lru::LruCache;
use regex::{Captures, Regex, RegexBuilder};
use serde::Deserialize;
use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::{Arc, LazyLock, Mutex, OnceLock, PoisonError};

/// What can be looked for, in the order of the answer.
pub const TARGETS: [&str; 3] = ["browser", "os", "device"];

/// How many user agents are remembered.
const REMEMBERED: NonZeroUsize = NonZeroUsize::new(16_384).expect("above zero");
/// One pattern's program.
const PROGRAM_BYTES_MAX: usize = 64 << 20;

/// The file as it is written.
#[derive(Debug, Deserialize)]
struct File {
    user_agent_parsers: Vec<HashMap<String, String>>,
    os_parsers: Vec<HashMap<String, String>>,
    device_parsers: Vec<HashMap<String, String>>,
}

/// A slot of the answer: its name, the key that replaces it, and the group that tells it.
struct Slot(&'static str, &'static str, Option<usize>);

const BROWSER: &[Slot] = &[
    Slot("\"Family\"", "family_replacement", Some(1)),
    Slot("\"MajorVersion\"", "v1_replacement", Some(2)),
    Slot("\"MinorVersion\"", "v2_replacement", Some(3)),
    Slot("\"Patch\"", "v3_replacement", Some(4)),
];
const SYSTEM: &[Slot] = &[
    Slot("\"Family\"", "os_replacement", Some(1)),
    Slot("\"MajorVersion\"", "os_v1_replacement", Some(2)),
    Slot("\"MinorVersion\"", "os_v2_replacement", Some(3)),
    Slot("\"Patch\"", "os_v3_replacement", Some(4)),
    Slot("\"PatchMinor\"", "os_v4_replacement", Some(5)),
];
const DEVICE: &[Slot] = &[
    Slot("\"Family\"", "device_replacement", Some(1)),
    Slot("\"Brand\"", "brand_replacement", None),
    Slot("\"Model\"", "model_replacement", Some(1)),
];

#[derive(Debug)]
struct Pattern {
    keys: HashMap<String, String>,
    /// Compiled when it is first needed: there are more than a thousand.
    regex: OnceLock<Result<Regex, String>>,
}

/// What was said of an agent: the target, the agent's text.
type Told = LruCache<(usize, Box<str>), Arc<str>>;

/// Patterns in memory.
#[derive(Debug)]
pub struct Agents {
    /// By target.
    patterns: [Vec<Pattern>; 3],
    told: Mutex<Told>,
}

static OPEN: LazyLock<Mutex<HashMap<String, Arc<Agents>>>> = LazyLock::new(Mutex::default);

/// The patterns in a file, read once in a process.
///
/// # Errors
/// A file that cannot be read or is no such file.
pub fn open(path: &str) -> Result<Arc<Agents>, String> {
    let mut known = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(agents) = known.get(path) {
        return Ok(Arc::clone(agents));
    }
    let text =
        std::fs::read_to_string(path).map_err(|error| format!("cannot read `{path}`: {error}"))?;
    let agents = Agents::parse(&text)
        .map_err(|error| format!("`{path}` has no patterns of user agents: {error}"))?;
    let agents = Arc::new(agents);
    known.insert(path.to_owned(), Arc::clone(&agents));
    Ok(agents)
}

/// `\d` and `\w` as ASCII.
fn plain(regex: &str) -> String {
    let mut plain = String::with_capacity(regex.len());
    let mut letters = regex.chars();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            plain.push(letter);
            continue;
        }
        match letters.next() {
            Some('d') => plain.push_str("[0-9]"),
            Some('w') => plain.push_str("[0-9A-Za-z_]"),
            Some(other) => plain.extend(['\\', other]),
            None => plain.push('\\'),
        }
    }
    plain
}

impl Pattern {
    fn read(keys: HashMap<String, String>) -> Result<Pattern, String> {
        if !keys.contains_key("regex") {
            return Err("a pattern has no `regex`".to_owned());
        }
        Ok(Pattern {
            keys,
            regex: OnceLock::new(),
        })
    }

    fn regex(&self) -> Result<&Regex, String> {
        let compile = || {
            let text = self.keys.get("regex").map_or("", String::as_str);
            let any_case = self.keys.get("regex_flag").is_some_and(|flag| flag == "i");
            RegexBuilder::new(&plain(text))
                .case_insensitive(any_case)
                .size_limit(PROGRAM_BYTES_MAX)
                .build()
                .map_err(|error| format!("the pattern `{text}` of user agents is none: {error}"))
        };
        let regex = self.regex.get_or_init(compile);
        regex.as_ref().map_err(Clone::clone)
    }

    /// What a slot is for a match.
    fn slot(&self, slot: &Slot, found: &Captures<'_>) -> String {
        let group = |at: usize| found.get(at).map_or("", |group| group.as_str());
        let text = match (self.keys.get(slot.1), slot.2) {
            (Some(replacement), _) => (1..=9).fold(replacement.clone(), |text, at| {
                text.replace(&format!("${at}"), group(at))
            }),
            (None, Some(at)) => group(at).to_owned(),
            (None, None) => String::new(),
        };
        text.trim().to_owned()
    }
}

impl Agents {
    fn parse(text: &str) -> Result<Agents, String> {
        let file: File = serde_saphyr::from_str(text).map_err(|error| error.to_string())?;
        let read = |list: Vec<HashMap<String, String>>| {
            list.into_iter()
                .map(Pattern::read)
                .collect::<Result<Vec<_>, _>>()
        };
        Ok(Agents {
            patterns: [
                read(file.user_agent_parsers)?,
                read(file.os_parsers)?,
                read(file.device_parsers)?,
            ],
            told: Mutex::new(LruCache::new(REMEMBERED)),
        })
    }

    /// A bag of what is told of the targets, which stand between commas.
    ///
    /// # Errors
    /// A pattern on the way that is none.
    pub fn tell(&self, agent: &str, targets: &str) -> Result<String, String> {
        let parts = [
            ("\"Browser\"", BROWSER),
            ("\"OperatingSystem\"", SYSTEM),
            ("\"Device\"", DEVICE),
        ];
        let mut bag = Bag::default();
        for (at, (name, slots)) in parts.into_iter().enumerate() {
            if targets.split(',').any(|target| target == TARGETS[at]) {
                bag.push_quoted(name, &self.part(at, slots, agent)?);
            }
        }
        Ok(bag.finish())
    }

    fn part(&self, target: usize, slots: &[Slot], agent: &str) -> Result<Arc<str>, String> {
        let key = (target, Box::from(agent));
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = told.get(&key) {
            return Ok(Arc::clone(known));
        }
        drop(told);
        let part: Arc<str> = Arc::from(self.matched(target, slots, agent)?);
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.put(key, Arc::clone(&part));
        Ok(part)
    }

    fn matched(&self, target: usize, slots: &[Slot], agent: &str) -> Result<String, String> {
        let mut found = None;
        for pattern in &self.patterns[target] {
            if let Some(captures) = pattern.regex()?.captures(agent) {
                found = Some((pattern, captures));
                break;
            }
        }
        let mut bag = Bag::default();
        for (at, slot) in slots.iter().enumerate() {
            let text = match &found {
                Some((pattern, found)) => pattern.slot(slot, found),
                None if at == 0 => "Other".to_owned(),
                None => String::new(),
            };
            bag.push_quoted(slot.0, &quote(&text));
        }
        Ok(bag.finish())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const PATTERNS: &str = r"
user_agent_parsers:
  - regex: '(Foxglove)/(\d+)\.(\d+)'
  - regex: 'Badger/(\d+)'
    family_replacement: 'Badger Browser'
    v1_replacement: '$1'
os_parsers:
  - regex: '(Plan) (\d+)(?:\.(\d+))?'
    os_replacement: '$1 System'
device_parsers:
  - regex: 'acme-([\w]+)'
    regex_flag: 'i'
    device_replacement: 'Acme $1'
    brand_replacement: 'Acme'
";

    #[test]
    fn groups_and_replacements_tell_an_agent() {
        let agents = Agents::parse(PATTERNS).unwrap();
        assert_eq!(
            agents
                .tell("Foxglove/12.3 (Plan 9; ACME-X1)", "browser,os,device")
                .unwrap(),
            r#"{"Browser":{"Family":"Foxglove","MajorVersion":"12","MinorVersion":"3","Patch":""},"OperatingSystem":{"Family":"Plan System","MajorVersion":"9","MinorVersion":"","Patch":"","PatchMinor":""},"Device":{"Family":"Acme X1","Brand":"Acme","Model":"X1"}}"#
        );
        assert_eq!(
            agents.tell("Badger/7", "browser").unwrap(),
            r#"{"Browser":{"Family":"Badger Browser","MajorVersion":"7","MinorVersion":"","Patch":""}}"#
        );
        assert_eq!(
            agents.tell("curl", "device").unwrap(),
            r#"{"Device":{"Family":"Other","Brand":"","Model":""}}"#
        );
    }

    #[test]
    fn a_pattern_that_is_none_is_told() {
        let text = PATTERNS.replace("'Badger/", "'(Badger/");
        let agents = Agents::parse(&text).unwrap();
        let told = agents.tell("curl", "browser");
        assert!(told.unwrap_err().contains("(Badger/"));
    }
}
