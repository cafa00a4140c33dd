//! The `console` blocks of the README and of `docs/`, typed as they stand there: each command must print what the page shows.
//! The first screen of the README, a `sh` and a `text` block, is typed too. Each page begins in a folder of its own with nothing but the samples.
//!
//! A line `…` stands for any lines. Footers that tell a time are left out.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A command and the lines that the page shows under it.
struct Step {
    command: String,
    shown: Vec<String>,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn steps(page: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for block in page.split("```console\n").skip(1) {
        let block = block.split("```").next().unwrap();
        for line in block.lines() {
            let is_open = |step: &Step| step.command.matches('\'').count() % 2 == 1;
            match (line.strip_prefix("$ "), steps.last_mut()) {
                (Some(command), _) => steps.push(Step {
                    command: command.to_owned(),
                    shown: Vec::new(),
                }),
                (None, Some(step)) if is_open(step) => {
                    step.command.push('\n');
                    step.command.push_str(line);
                }
                (None, step) => step.unwrap().shown.push(line.to_owned()),
            }
        }
    }
    steps
}

/// Whether the printed lines are those shown, `…` standing for any.
fn agrees(shown: &[String], printed: &[String]) -> bool {
    match shown.split_first() {
        None => printed.is_empty(),
        Some((line, rest)) if line == "…" => {
            (0..=printed.len()).any(|from| agrees(rest, &printed[from..]))
        }
        Some((line, rest)) => printed.first() == Some(line) && agrees(rest, &printed[1..]),
    }
}

fn is_footer(line: &str) -> bool {
    line.ends_with(" s") && line.contains(" row")
}

/// The command of the first screen, as an installed program is called, and the output printed under it.
fn first_screen(page: &str) -> Step {
    let block = |fence: &str| {
        page.split(fence)
            .nth(1)
            .unwrap()
            .split("```")
            .next()
            .unwrap()
    };
    let command = block("```sh\n").split("cargo run -q -- ").nth(1).unwrap();
    Step {
        command: format!("huntql {}", command.split("\n\n").next().unwrap()),
        shown: block("```text\n")
            .lines()
            .filter(|line| !is_footer(line))
            .map(str::to_owned)
            .collect(),
    }
}

/// Types commands one after the other in one folder, and compares.
#[cfg(unix)]
fn type_steps(page: &Path, steps: Vec<Step>) {
    let folder = tempfile::TempDir::new().unwrap();
    std::os::unix::fs::symlink(
        root().join("samples").canonicalize().unwrap(),
        folder.path().join("samples"),
    )
    .unwrap();
    let program = Path::new(env!("CARGO_BIN_EXE_huntql"));
    let path = format!(
        "{}:{}",
        program.parent().unwrap().display(),
        std::env::var("PATH").unwrap_or_default()
    );
    for step in steps {
        let ran = Command::new("sh")
            .args(["-c", &format!("{} 2>&1", step.command)])
            .current_dir(folder.path())
            .env("PATH", &path)
            .env("HUNTQL_CONFIG", "samples/huntql.toml")
            .env("HOME", folder.path())
            .output()
            .unwrap();
        let printed: Vec<String> = String::from_utf8(ran.stdout)
            .unwrap()
            .lines()
            .filter(|line| !is_footer(line))
            .map(str::to_owned)
            .collect();
        assert!(
            agrees(&step.shown, &printed),
            "{}: $ {}\nprinted\n{}\nand the page shows\n{}",
            page.display(),
            step.command,
            printed.join("\n"),
            step.shown.join("\n")
        );
    }
}

#[cfg(unix)]
#[test]
fn the_tour_of_the_readme_prints_what_it_shows() {
    let page = root().join("README.md");
    let tour = steps(&std::fs::read_to_string(&page).unwrap());
    assert!(!tour.is_empty());
    type_steps(&page, tour);
}

#[cfg(unix)]
#[test]
fn the_first_screen_of_the_readme_prints_what_it_shows() {
    let page = root().join("README.md");
    let first = first_screen(&std::fs::read_to_string(&page).unwrap());
    assert!(first.shown.len() > 5);
    type_steps(&page, vec![first]);
}

#[cfg(unix)]
#[test]
fn the_pages_of_the_docs_print_what_they_show() {
    let mut pages: Vec<PathBuf> = std::fs::read_dir(root().join("docs"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|page| page.extension().is_some_and(|ending| ending == "md"))
        .collect();
    pages.sort();
    for page in pages {
        let typed = steps(&std::fs::read_to_string(&page).unwrap());
        type_steps(&page, typed);
    }
}
