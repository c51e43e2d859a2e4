//! `completions` and `man`: what a package of the program brings along.

use std::path::PathBuf;

use clap::{Args, CommandFactory, ValueEnum};
use clap_complete::Shell;

use super::{Arguments, CommandStatus, Page, print};

/// The name that the program is called by.
const NAME: &str = env!("CARGO_PKG_NAME");

#[derive(Args)]
pub(super) struct CompletionsArgs {
    /// For which shell.
    #[arg(value_enum)]
    shell: Shell,
}

#[derive(Args)]
pub(super) struct ManArgs {
    /// Write a page for the program and one for each command into this directory, instead of
    /// printing the first.
    #[arg(long, value_name = "DIRECTORY")]
    out: Option<PathBuf>,
}

pub(super) fn completions(options: &CompletionsArgs) -> Result<CommandStatus, String> {
    let mut script = Vec::new();
    clap_complete::generate(options.shell, &mut Arguments::command(), NAME, &mut script);
    let script = String::from_utf8(script).map_err(|error| {
        let shell = options.shell.to_possible_value();
        let shell = shell.as_ref().map_or("the shell", |shell| shell.get_name());
        format!("the script for {shell} is no text: {error}")
    })?;
    print(&Page::own(script))
}

pub(super) fn man(options: &ManArgs) -> Result<CommandStatus, String> {
    let command = Arguments::command();
    if let Some(directory) = &options.out {
        let failed = |error| format!("{}: {error}", directory.display());
        std::fs::create_dir_all(directory).map_err(failed)?;
        clap_mangen::generate_to(command, directory).map_err(failed)?;
        return Ok(CommandStatus::Clean);
    }
    let mut page = Vec::new();
    let rendered = clap_mangen::Man::new(command).render(&mut page);
    rendered.map_err(|error| format!("cannot write the page: {error}"))?;
    print(&Page::own(String::from_utf8_lossy(&page).into_owned()))
}
