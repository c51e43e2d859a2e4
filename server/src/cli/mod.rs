//! The command line: what a person or CI types.

mod baseline;
mod change;
mod check;
mod diff;
mod explain;
mod fix;
pub use explain::readme_tables;
mod format;
mod papers;
mod status;

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};

use analysis::{Inputs, Snapshot};
use checkout::{self, Root};
use model::settings::Severity;

/// Language server and linter for the image scripts of vpsAdminOS.
///
/// Without a command it speaks the Language Server Protocol on its standard input and output.
#[derive(Parser)]
#[command(name = "image-scripts-ls", version = crate::VERSION)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// Speak on standard input and output; the default, accepted for editors that pass it.
    #[arg(long, hide = true)]
    stdio: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Be a language server on standard input and output.
    Lsp {
        /// The only way there is; accepted for editors that pass it.
        #[arg(long, hide = true)]
        stdio: bool,
    },
    /// Say what is wrong with a checkout.
    Check(check::Options),
    /// List every image and its state.
    Status(status::Options),
    /// Apply the fixes of findings: those that have one right answer and delete nothing.
    Fix(fix::Options),
    /// Make a new image with all its entries, after the release before it.
    New(change::NewOptions),
    /// Write a new point release or package build number wherever the old one stands in an image.
    Bump(change::BumpOptions),
    /// Remove an image and everything that exists for it alone.
    Retire(change::RetireOptions),
    /// Give an image another name, wherever it is named.
    Rename(change::RenameOptions),
    /// Say what a rule means, why, and how to fix or silence it; without a code, list the rules.
    Explain(explain::Options),
    /// Print the completions of a shell.
    Completions(papers::CompletionsOptions),
    /// Print the manual page.
    Man(papers::ManOptions),
}

/// Where a command looks.
#[derive(clap::Args)]
struct Place {
    /// The checkout, or any place in it.
    #[arg(default_value = ".")]
    path: PathBuf,
    /// Judge as if this were today (YYYY-MM-DD), and by shipped data alone.
    #[arg(long, hide = true)]
    today: Option<String>,
}

/// Severities, as typed.
#[derive(Clone, Copy, ValueEnum)]
enum FailOn {
    Error,
    Warning,
    Information,
    Hint,
}

impl FailOn {
    fn severity(self) -> Severity {
        match self {
            FailOn::Error => Severity::Error,
            FailOn::Warning => Severity::Warning,
            FailOn::Information => Severity::Information,
            FailOn::Hint => Severity::Hint,
        }
    }
}

/// How a command ended.
enum Outcome {
    /// Nothing at or above the level asked for.
    Clean,
    /// There are findings.
    Findings,
}

/// Runs what was typed.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let result = match arguments.command {
        Some(Command::Check(options)) => check::run(&options),
        Some(Command::Status(options)) => status::run(&options),
        Some(Command::Fix(options)) => fix::run(&options),
        Some(Command::New(options)) => change::new(&options),
        Some(Command::Bump(options)) => change::bump(&options),
        Some(Command::Retire(options)) => change::retire(&options),
        Some(Command::Rename(options)) => change::rename(&options),
        Some(Command::Explain(options)) => explain::run(&options),
        Some(Command::Completions(options)) => papers::completions(&options),
        Some(Command::Man(options)) => papers::man(&options),
        None if !arguments.stdio && std::io::stdin().is_terminal() => {
            let help = <Arguments as clap::CommandFactory>::command().render_help();
            print(&format!("{}\n", help.ansi()))
        }
        Some(Command::Lsp { .. }) | None => return crate::lsp::main(),
    };
    match result {
        Ok(Outcome::Clean) => ExitCode::SUCCESS,
        Ok(Outcome::Findings) => ExitCode::from(1),
        Err(message) => {
            let _ = writeln!(std::io::stderr(), "image-scripts-ls: {message}");
            ExitCode::from(2)
        }
    }
}

/// Writes to standard output, with colours only where they are wanted. A closed pipe is no error.
fn print(text: &str) -> Result<Outcome, String> {
    let mut out = anstream::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(format!("cannot write: {error}"))
        }
        _ => Ok(Outcome::Clean),
    }
}

impl Place {
    /// The checkouts at that place.
    fn roots(&self) -> Result<Vec<Root>, String> {
        if !self.path.exists() {
            return Err(format!(
                "{}: no such file or directory",
                self.path.display()
            ));
        }
        let roots = checkout::find(&self.path);
        if roots.is_empty() {
            return Err(format!(
                "{}: no checkout of vpsAdminOS here, above or below: it has `image-scripts/images` and \
                 `os/configs/image-repository.nix`",
                self.path.display()
            ));
        }
        Ok(roots)
    }

    /// The one checkout at that place.
    fn root(&self) -> Result<Root, String> {
        let mut roots = self.roots()?;
        match (roots.pop(), roots.is_empty()) {
            (Some(root), true) => Ok(root),
            _ => Err(format!(
                "{}: several checkouts below: name one of them",
                self.path.display()
            )),
        }
    }

    fn inputs(&self) -> Inputs {
        match &self.today {
            Some(today) => Inputs::fixed(today),
            None => checkout::inputs_of_this_machine(),
        }
    }

    fn read(&self, root: &Root) -> Snapshot {
        checkout::read(root, &checkout::disk::Overlay::default(), self.inputs())
    }
}

/// A root as the user would write it: relative where it is below the current directory.
fn shown(root: &Path) -> PathBuf {
    let current = std::env::current_dir()
        .ok()
        .and_then(|c| std::fs::canonicalize(c).ok());
    match current.as_deref().and_then(|c| root.strip_prefix(c).ok()) {
        Some(relative) => relative.to_path_buf(),
        None => root.to_path_buf(),
    }
}
