//! `huntql hunt import`: rules of any format that is read, as YAML.

use super::rules::{RulePaths, load, verdict};
use crate::failure::Failure;
use crate::report;
use clap::{Args, ValueHint};
use huntql_jobs::rule::{Rule, write};
use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};

#[derive(Debug, Args)]
pub struct ImportArgs {
    #[command(flatten)]
    pub paths: RulePaths,
    /// Write a file for each rule into this folder [default: print them]
    #[arg(short, long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub out: Option<PathBuf>,
    /// Replace files that are there
    #[arg(long, requires = "out")]
    pub force: bool,
}

pub fn run(args: &ImportArgs) -> Result<(), Failure> {
    let loaded = load(&args.paths);
    let rules: Vec<&Rule> = loaded.iter().filter_map(|one| one.rule.as_ref()).collect();
    match &args.out {
        None => print(&rules)?,
        Some(folder) => save(&rules, folder, args.force)?,
    }
    verdict(&loaded)
}

/// One document behind the other.
fn print(rules: &[&Rule]) -> Result<(), Failure> {
    let documents: Vec<String> = rules.iter().map(|rule| write::yaml(rule)).collect();
    std::io::stdout().write_all(documents.join("---\n").as_bytes())?;
    Ok(())
}

fn save(rules: &[&Rule], folder: &Path, force: bool) -> Result<(), Failure> {
    let failed = |path: &Path, error: std::io::Error| {
        Failure::Data(format!("cannot write `{}`: {error}", path.display()))
    };
    std::fs::create_dir_all(folder).map_err(|error| failed(folder, error))?;
    let mut taken = BTreeSet::new();
    for rule in rules {
        let path = folder.join(file_name(rule, &mut taken));
        if path.exists() && !force {
            return Err(Failure::Data(format!(
                "`{}` is there already; `--force` replaces it",
                path.display()
            )));
        }
        std::fs::write(&path, write::yaml(rule)).map_err(|error| failed(&path, error))?;
        report::say(&format!("{}: {}", path.display(), rule.name));
    }
    Ok(())
}

/// The name in small letters, with a number where several rules have it.
fn file_name(rule: &Rule, taken: &mut BTreeSet<String>) -> String {
    let letters: String = rule
        .name
        .chars()
        .map(|c| {
            if c.is_alphanumeric() {
                c.to_ascii_lowercase()
            } else {
                ' '
            }
        })
        .collect();
    let words: Vec<&str> = letters.split_whitespace().take(12).collect();
    let stem = match words.is_empty() {
        true => "rule".to_owned(),
        false => words.join("-"),
    };
    let mut name = format!("{stem}.yaml");
    let mut number = 2;
    while !taken.insert(name.clone()) {
        name = format!("{stem}-{number}.yaml");
        number += 1;
    }
    name
}
