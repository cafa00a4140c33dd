//! The text of golden cases.
//!
//! ```text
//! ### a_name_that_claims_something
//! print X = 1
//! ----
//! X:long
//! 1
//! ```
//!
//! `~` is null, an empty cell the empty string. A value with a bar, a line end or outer spaces is written as a JSON string.
//! Several results stand below one `----` each. A refused query has lines `error CODE text under the caret` for its result.
//! Lines that begin with `#` and a space are comments, in front of the first case and between cases.

use std::path::{Path, PathBuf};

#[derive(Debug)]
pub struct Case {
    pub name: String,
    pub query: String,
    pub results: Vec<Vec<String>>,
}

/// The files with cases below `folder`, in the order of their names.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path
                .extension()
                .is_some_and(|extension| extension == "kqlt")
            {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

/// The cases of a file.
pub fn cases(text: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("### ") {
            cases.push(Case {
                name: name.trim().to_owned(),
                query: String::new(),
                results: Vec::new(),
            });
            continue;
        }
        let Some(case) = cases.last_mut() else {
            assert!(
                line.is_empty() || line.starts_with("# "),
                "{line:?} in front of a case"
            );
            continue;
        };
        if line == "----" {
            case.results.push(Vec::new());
        } else if let Some(result) = case.results.last_mut() {
            if !line.starts_with("# ") {
                result.push(line.to_owned());
            }
        } else {
            case.query.push_str(line);
            case.query.push('\n');
        }
    }
    for case in &mut cases {
        if let Some(result) = case.results.last_mut() {
            while result.last().is_some_and(|line| line.trim().is_empty()) {
                result.pop();
            }
        }
    }
    cases
}

/// A line's cells without the spaces that align them. Bars inside quotes are text.
pub fn cells(line: &str) -> Vec<String> {
    let mut cells = vec![String::new()];
    let (mut quoted, mut escaped) = (false, false);
    for character in line.chars() {
        let cell = cells.last_mut().unwrap();
        match character {
            '"' if !escaped && (quoted || cell.trim().is_empty()) => quoted = !quoted,
            '|' if !quoted => {
                cells.push(String::new());
                continue;
            }
            _ => {}
        }
        escaped = quoted && character == '\\' && !escaped;
        cells.last_mut().unwrap().push(character);
    }
    cells.iter().map(|cell| cell.trim().to_owned()).collect()
}
