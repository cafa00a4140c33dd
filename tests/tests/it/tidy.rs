//! The rooms of the house: which package may use which, and which words stand nowhere in it.
//!
//! Reads `cargo metadata` and the sources; see ARCHITECTURE.md for the reasons.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

struct Room {
    folder: &'static str,
    package: &'static str,
    may_use: &'static [&'static str],
    /// Packages, and paths in the sources.
    must_not_name: &'static [&'static str],
}

const PRINTING: [&str; 4] = ["println!", "eprintln!", "print!(", "std::io::stdout"];

static ROOMS: &[Room] = &[
    Room {
        folder: "kql",
        package: "huntql-kql",
        may_use: &[],
        must_not_name: &[
            "datafusion",
            "arrow",
            "parquet",
            "tokio",
            "std::fs",
            "std::process",
        ],
    },
    Room {
        folder: "store",
        package: "huntql-store",
        may_use: &["huntql-kql"],
        must_not_name: &[
            "clap",
            "huntql_kql::parse",
            "huntql_kql::parser",
            "huntql_kql::ast",
        ],
    },
    Room {
        folder: "engine",
        package: "huntql-engine",
        may_use: &["huntql-kql", "huntql-store"],
        must_not_name: &["clap", "rustyline", "comfy_table"],
    },
    Room {
        folder: "ingest",
        package: "huntql-ingest",
        may_use: &["huntql-kql", "huntql-store"],
        must_not_name: &[
            "clap",
            "huntql_kql::parse",
            "huntql_kql::ast",
            "datafusion::logical_expr",
        ],
    },
    Room {
        folder: "jobs",
        package: "huntql-jobs",
        may_use: &["huntql-kql", "huntql-store", "huntql-engine"],
        must_not_name: &["clap", "rustyline", "comfy_table"],
    },
    Room {
        folder: "repl",
        package: "huntql",
        may_use: &[
            "huntql-kql",
            "huntql-store",
            "huntql-engine",
            "huntql-ingest",
            "huntql-jobs",
        ],
        must_not_name: &["datafusion::logical_expr"],
    },
];

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_path_buf()
}

#[test]
fn no_arrow_between_packages_runs_the_wrong_way() {
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--format-version",
            "1",
            "--no-deps",
            "--offline",
        ])
        .current_dir(workspace())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let mut wrong = Vec::new();
    for room in ROOMS {
        let package = packages
            .iter()
            .find(|package| package["name"] == room.package);
        let dependencies = package.unwrap()["dependencies"].as_array().unwrap();
        // Tests may use what they like.
        for dependency in dependencies
            .iter()
            .filter(|dependency| dependency["kind"].is_null())
        {
            let name = dependency["name"].as_str().unwrap();
            let is_ours = name.starts_with("huntql");
            let is_barred = room
                .must_not_name
                .contains(&name.replace('-', "_").as_str());
            if (is_ours && !room.may_use.contains(&name)) || is_barred {
                wrong.push(format!("{} depends on {name}", room.package));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_source_names_what_its_room_must_not() {
    let mut wrong = Vec::new();
    for room in ROOMS {
        for (place, line) in code(&workspace().join(room.folder).join("src")) {
            for word in room.must_not_name {
                let names_it =
                    line.contains(&format!("{word}::")) || line.contains(&format!("use {word}"));
                let is_path = word.contains("::") && names_path(&line, word);
                if names_it || is_path {
                    wrong.push(format!("{place}: {word}: {}", line.trim()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whether a path occurs as such, and not as the beginning of a longer name.
fn names_path(line: &str, path: &str) -> bool {
    line.match_indices(path).any(|(at, _)| {
        let next = line[at + path.len()..].chars().next();
        next.is_none_or(|next| !next.is_alphanumeric() && next != '_')
    })
}

#[test]
fn libraries_never_print() {
    let mut wrong = Vec::new();
    for room in ROOMS.iter().filter(|room| room.folder != "repl") {
        for (place, line) in code(&workspace().join(room.folder).join("src")) {
            if PRINTING.iter().any(|word| line.contains(word)) {
                wrong.push(format!("{place}: {}", line.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_file_is_called_after_nothing_in_particular() {
    let mut wrong = Vec::new();
    for room in ROOMS {
        for file in sources(&workspace().join(room.folder).join("src")) {
            let stem = file.file_stem().unwrap().to_string_lossy().into_owned();
            if [
                "utils", "util", "helpers", "helper", "common", "manager", "misc",
            ]
            .contains(&stem.as_str())
            {
                wrong.push(file.display().to_string());
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Lines of code below `folder` with their places; comments, and what follows `#[cfg(test)]` in a file, left out.
fn code(folder: &Path) -> Vec<(String, String)> {
    let mut lines = Vec::new();
    for file in sources(folder) {
        let name = file
            .strip_prefix(workspace())
            .unwrap()
            .display()
            .to_string();
        let is_test = name.ends_with("tests.rs") || name.contains("/tests/");
        if is_test {
            continue;
        }
        for (number, line) in std::fs::read_to_string(&file).unwrap().lines().enumerate() {
            if line.trim() == "#[cfg(test)]" {
                break;
            }
            if !line.trim_start().starts_with("//") {
                lines.push((format!("{name}:{}", number + 1), line.to_owned()));
            }
        }
    }
    assert!(!lines.is_empty(), "no code in {}", folder.display());
    lines
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}
