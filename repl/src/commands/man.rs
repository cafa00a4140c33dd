//! `huntql man`: the manual page, made from the same tables as `--help`.

use crate::cli::Cli;
use crate::failure::Failure;
use clap::{Args, Command, CommandFactory, ValueHint};
use clap_mangen::Man;
use std::io::Write;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub struct ManArgs {
    /// Write a page for each command into this folder [default: the page of huntql on stdout]
    #[arg(value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    pub folder: Option<PathBuf>,
}

pub fn run(args: &ManArgs) -> Result<(), Failure> {
    let mut command = Cli::command();
    command.build();
    let Some(folder) = &args.folder else {
        std::io::stdout().write_all(&page(command)?)?;
        return Ok(());
    };
    let mut pages = vec![("huntql".to_owned(), page(command.clone())?)];
    for inner in command
        .get_subcommands()
        .filter(|inner| !inner.is_hide_set())
    {
        let name = format!("huntql-{}", inner.get_name());
        pages.push((name, page(inner.clone())?));
    }
    for (name, text) in pages {
        let path = folder.join(format!("{name}.1"));
        std::fs::write(&path, text).map_err(|error| {
            Failure::Data(format!("cannot write `{}`: {error}", path.display()))
        })?;
    }
    Ok(())
}

fn page(command: Command) -> Result<Vec<u8>, Failure> {
    let mut text = Vec::new();
    Man::new(command)
        .render(&mut text)
        .map_err(|error| Failure::Internal(error.to_string()))?;
    Ok(text)
}
