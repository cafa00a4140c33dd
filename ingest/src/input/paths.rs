//! What the user named, as files: globs, folders, members of zip archives, `-` for standard input.

use super::archive::{self, Member};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// A place that text comes from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    Path(PathBuf),
    Member(Member),
    Stdin,
}

impl Source {
    /// Whether it can be read more than once: not so standard input and pipes.
    pub fn is_repeatable(&self) -> bool {
        match self {
            Source::Path(path) => path.is_file(),
            Source::Member(_) => true,
            Source::Stdin => false,
        }
    }

    /// Why it is not to be read, when that is known before it is opened.
    pub fn refusal(&self) -> Option<&str> {
        match self {
            Source::Member(member) => member.refusal.as_deref(),
            Source::Path(_) | Source::Stdin => None,
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Path(path) => write!(f, "{}", path.display()),
            Source::Member(member) => write!(f, "{member}"),
            Source::Stdin => f.write_str("-"),
        }
    }
}

/// How a source came to be on the list. A file that the user named must be a log; one that a folder held may be anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Found {
    Named,
    InFolder,
}

/// What one argument stands for, or why it stands for nothing.
#[derive(Debug)]
pub struct Expanded {
    pub argument: String,
    pub sources: Result<Vec<(Source, Found)>, String>,
}

/// Each argument as the files it stands for: a file as itself, a zip archive as its members, a folder as all files in it at any depth (hidden ones left
/// out), a pattern as its matches. The order is that of the names, so that every run reads in the same order.
pub fn expand(arguments: &[String]) -> Vec<Expanded> {
    arguments
        .iter()
        .map(|argument| Expanded {
            argument: argument.clone(),
            sources: expand_one(argument),
        })
        .collect()
}

fn expand_one(argument: &str) -> Result<Vec<(Source, Found)>, String> {
    if argument == "-" {
        return Ok(vec![(Source::Stdin, Found::Named)]);
    }
    let path = Path::new(argument);
    if path.exists() || !is_pattern(argument) {
        return expand_path(path);
    }
    let matches =
        glob::glob(argument).map_err(|error| format!("`{argument}` is not a pattern: {error}"))?;
    let mut sources = Vec::new();
    for path in matches {
        let path = path.map_err(|error| {
            format!(
                "cannot read `{}`: {}",
                error.path().display(),
                error.error()
            )
        })?;
        sources.extend(expand_path(&path)?);
    }
    match sources.is_empty() {
        true => Err(format!("no file matches `{argument}`")),
        false => Ok(sources),
    }
}

fn is_pattern(argument: &str) -> bool {
    argument.contains(['*', '?', '['])
}

fn expand_path(path: &Path) -> Result<Vec<(Source, Found)>, String> {
    let error = |error: io::Error| format!("cannot read `{}`: {error}", path.display());
    if !path.metadata().map_err(error)?.is_dir() {
        return match archive::is_zip(path) {
            true => Ok(in_archive(archive::members(path).map_err(error)?)),
            false => Ok(vec![(Source::Path(path.to_owned()), Found::Named)]),
        };
    }
    let mut files = Vec::new();
    walk(path, &mut files).map_err(error)?;
    let mut sources = Vec::new();
    for file in files {
        // A damaged archive is a file like any other: it is told as what no format wants.
        match archive::is_zip(&file).then(|| archive::members(&file)) {
            Some(Ok(members)) => sources.extend(in_archive(members)),
            Some(Err(_)) | None => sources.push((Source::Path(file), Found::InFolder)),
        }
    }
    Ok(sources)
}

/// What an archive holds may be anything, as in a folder.
fn in_archive(members: Vec<Member>) -> Vec<(Source, Found)> {
    members
        .into_iter()
        .map(|member| (Source::Member(member), Found::InFolder))
        .collect()
}

/// All files below `folder`, by name. Symbolic links to folders are not followed: they may lead in circles.
fn walk(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    let mut entries = std::fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        let kind = entry.file_type()?;
        if kind.is_dir() {
            walk(&entry.path(), files)?;
        } else if kind.is_file() || (kind.is_symlink() && entry.path().is_file()) {
            files.push(entry.path());
        }
    }
    Ok(())
}
