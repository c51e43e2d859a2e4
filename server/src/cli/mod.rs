//! The command line: what a person or CI types.

mod affected;
mod baseline;
mod change;
mod check;
mod data;
mod describe;
mod diff;
mod excerpt;
mod explain;
mod fix;
pub use explain::readme_tables;
mod format;
mod generate;
mod output;
mod policy;
mod render;
mod status;
mod summary;
mod test_state;
mod triage;
mod verify;

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};

use analysis::{Inputs, Snapshot};
use checkout::{CHECKOUT_CONTENTS, Root, apply};
use model::settings::Severity;
use output::{Page, note, print};
use rules::Confidence;

/// Language server and linter for the image scripts of vpsAdminOS.
///
/// Without a command it speaks the Language Server Protocol on its standard input and output.
#[derive(Parser)]
#[command(name = "image-scripts-ls", version = crate::VERSION)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// Use standard input and output: the default, accepted for editors that pass it.
    #[arg(long, hide = true)]
    stdio: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Run the language server on standard input and output.
    Lsp {
        /// Accepted for editors that pass it: there is no other transport.
        #[arg(long, hide = true)]
        stdio: bool,
    },
    /// Report what is wrong with a checkout.
    Check(check::CheckArgs),
    /// List every image and its state.
    Status(status::StatusArgs),
    /// Print the script that the container executes, whole, as the builder would generate it.
    Render(render::RenderArgs),
    /// Show what an image does to its container: units, packages, files, users, the init command.
    Policy(policy::PolicyArgs),
    /// Apply the fixes of findings: those that have one right answer and delete nothing.
    Fix(fix::FixArgs),
    /// Make a new image with all its entries, after the release before it.
    New(change::NewArgs),
    /// Make a new builder after another one.
    NewBuilder(change::NewBuilderArgs),
    /// Write a new point release or package build number wherever an image has the old one.
    Bump(change::BumpArgs),
    /// Remove an image and everything that exists for it alone.
    Retire(change::RetireArgs),
    /// Give an image another name, wherever it is named.
    Rename(change::RenameArgs),
    /// Say why a test run failed: the cause in its log, where that is in the checkout, what to do.
    Triage(triage::TriageArgs),
    /// Say which images, rows and tests a change reaches, and why.
    Affected(affected::AffectedArgs),
    /// Write a commit message for a change: what it does, what is open, what was not tested.
    Describe(describe::DescribeArgs),
    /// Ask vendors' servers about images: what is gone, what is newer; or list the values that only they can
    /// confirm, and record those that are right.
    Verify(verify::VerifyArgs),
    /// Explain a rule, or a kind of failure (triage/CODE): what it means, why, and how to fix or
    /// silence it; without a code, list all rules.
    Explain(explain::ExplainArgs),
    /// Show what is known of releases, such as the end of their support, and from where.
    Data(data::DataArgs),
    /// Print the completions of a shell.
    Completions(generate::CompletionsArgs),
    /// Print the manual page.
    Man(generate::ManArgs),
}

/// The checkout that a command works on which takes something else as its argument.
#[derive(clap::Args)]
struct CheckoutOption {
    /// The checkout, or any place in it.
    #[arg(
        short = 'C',
        long = "checkout",
        value_name = "PATH",
        default_value = "."
    )]
    path: PathBuf,
    /// Work as if this were today (YYYY-MM-DD), by the data that ship with the program alone.
    #[arg(long, hide = true)]
    today: Option<String>,
}

impl CheckoutOption {
    /// Returns whether the user named no checkout.
    fn is_default(&self) -> bool {
        self.path == Path::new(".")
    }

    fn args(&self) -> CheckoutArgs {
        CheckoutArgs {
            path: self.path.clone(),
            today: self.today.clone(),
        }
    }
}

/// The checkout that a command is about.
#[derive(clap::Args)]
struct CheckoutArgs {
    /// The checkout, or a path in it.
    #[arg(default_value = ".")]
    path: PathBuf,
    /// Check as if this were today (YYYY-MM-DD), by the data that ship with the program alone.
    #[arg(long, hide = true)]
    today: Option<String>,
}

/// The severities of `--fail-on`.
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

/// The confidences of `--min-confidence`.
#[derive(Clone, Copy, ValueEnum)]
enum MinConfidence {
    Certain,
    Likely,
}

impl MinConfidence {
    fn confidence(self) -> Confidence {
        match self {
            MinConfidence::Certain => Confidence::Certain,
            MinConfidence::Likely => Confidence::Likely,
        }
    }
}

/// The status that a command ended with.
enum CommandStatus {
    /// Nothing at or above the level asked for.
    Clean,
    /// There are findings.
    Findings,
}

/// Runs the command that the command line asks for.
pub fn main() -> ExitCode {
    output::hook_panics();
    let arguments: Arguments = output::parse();
    let result = match arguments.command {
        Some(Command::Check(options)) => check::check(&options),
        Some(Command::Status(options)) => status::status(&options),
        Some(Command::Render(options)) => render::render(&options),
        Some(Command::Policy(options)) => policy::policy(&options),
        Some(Command::Fix(options)) => fix::fix(&options),
        Some(Command::New(options)) => change::new(&options),
        Some(Command::Bump(options)) => change::bump(&options),
        Some(Command::Retire(options)) => change::retire(&options),
        Some(Command::NewBuilder(options)) => change::new_builder(&options),
        Some(Command::Rename(options)) => change::rename(&options),
        Some(Command::Triage(options)) => triage::triage(&options),
        Some(Command::Affected(options)) => affected::affected(&options),
        Some(Command::Describe(options)) => describe::describe(&options),
        Some(Command::Verify(options)) => verify::verify(&options),
        Some(Command::Explain(options)) => explain::explain(&options),
        Some(Command::Data(options)) => data::data(&options),
        Some(Command::Completions(options)) => generate::completions(&options),
        Some(Command::Man(options)) => generate::man(&options),
        None if !arguments.stdio && std::io::stdin().is_terminal() => {
            let help = <Arguments as clap::CommandFactory>::command().render_help();
            print(&Page::own(format!("{}\n", help.ansi())))
        }
        Some(Command::Lsp { .. }) | None => return crate::lsp::main(),
    };
    match result {
        Ok(CommandStatus::Clean) => ExitCode::SUCCESS,
        Ok(CommandStatus::Findings) => ExitCode::from(1),
        Err(message) => {
            note(&message);
            ExitCode::from(2)
        }
    }
}

impl CheckoutArgs {
    /// Returns the checkouts at, around or below that path. A change of one that was interrupted is
    /// taken back first: half of it would be reported as mistakes.
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
                "{}: no vpsAdminOS checkout here, above or below: {CHECKOUT_CONTENTS}",
                self.path.display()
            ));
        }
        for root in &roots {
            for message in apply::recover(&root.path)? {
                let root = shown(&root.path);
                let root = if root.as_os_str().is_empty() {
                    Path::new(".")
                } else {
                    &root
                };
                note(&format!("{}: {message}", root.display()));
            }
        }
        Ok(roots)
    }

    /// Returns the one checkout there.
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

/// Returns what could not be read, each path with the reason.
fn unread_paths(snapshot: &Snapshot) -> Vec<String> {
    let root = shown(&snapshot.root);
    let problems = snapshot.problems.iter();
    problems
        .map(|p| format!("{}: {}", root.join(p.path.as_str()).display(), p.message))
        .collect()
}

/// Fails if something could not be read: what was printed is not all.
fn fail_if_unread(unread: &[String]) -> Result<(), String> {
    let Some((last, others)) = unread.split_last() else {
        return Ok(());
    };
    others.iter().for_each(|message| note(message));
    Err(last.clone())
}

/// The path of a root as the user would write it: relative where it is below the current directory.
fn shown(root: &Path) -> PathBuf {
    let current = std::env::current_dir()
        .ok()
        .and_then(|c| std::fs::canonicalize(c).ok());
    match current.as_deref().and_then(|c| root.strip_prefix(c).ok()) {
        Some(relative) => relative.to_path_buf(),
        None => root.to_path_buf(),
    }
}
