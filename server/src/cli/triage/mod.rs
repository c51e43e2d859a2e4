//! `triage`: why a test run failed.

mod format;

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{CheckoutOption, CommandStatus, Page, print};
use crate::triaged::of_image;
use checkout::logs::{self, LogPiece};
use model::spelling::{did_you_mean, suggest};
use triage::{Entry, Reader, catalogue, entry, fit_to_checkout};

/// Beginning of the codes of entries of the catalogue, for `explain`.
const PREFIX: &str = "triage/";

#[derive(Args)]
pub(super) struct TriageArgs {
    /// A log, a state directory of the test runner, or `-` for standard input.
    log: PathBuf,
    /// The image that the log is about; of a log of several, only this one.
    #[arg(long)]
    image: Option<String>,
    /// The output format.
    #[arg(long, value_enum, default_value_t = TriageFormat::Text)]
    format: TriageFormat,
    #[command(flatten)]
    checkout: CheckoutOption,
}

#[derive(Clone, Copy, ValueEnum)]
enum TriageFormat {
    /// For people.
    Text,
    /// As JSON.
    Json,
    /// GitHub Actions annotations.
    Github,
    /// SARIF 2.1.0.
    Sarif,
}

pub(super) fn triage(options: &TriageArgs) -> Result<CommandStatus, String> {
    let mut reader = Reader::new();
    logs::read(&options.log, &mut |piece| match piece {
        LogPiece::File(name) => reader.begin(name),
        LogPiece::Bytes(bytes) => reader.feed(bytes),
    })?;
    let shown = options.log.display();
    let no_log = || format!("{shown}: this is no log of a test: nothing in it is known");
    let mut test_runs = reader.finish().ok_or_else(no_log)?;
    let args = options.checkout.args();
    // Without a checkout the log is explained all the same.
    let snapshot = match args.root() {
        Ok(root) => Some(args.read(&root)),
        Err(message) if !options.checkout.is_default() => return Err(message),
        Err(_) => None,
    };
    let snapshot = snapshot.as_ref();
    if let Some(snapshot) = snapshot {
        fit_to_checkout(snapshot.view(), &mut test_runs);
    }
    if let Some(image) = &options.image {
        of_image(&mut test_runs, image);
        if test_runs.is_empty() {
            return Err(format!("{shown}: there is nothing of `{image}` in it"));
        }
    }
    print(&match options.format {
        TriageFormat::Text => format::text(snapshot, &test_runs),
        TriageFormat::Json => Page::json(&format::json_report(snapshot, &test_runs))?,
        TriageFormat::Github => format::github(snapshot, &test_runs),
        TriageFormat::Sarif => Page::json(&format::sarif(snapshot, &test_runs))?,
    })?;
    Ok(if test_runs.iter().all(|test_run| test_run.is_passed) {
        CommandStatus::Clean
    } else {
        CommandStatus::Findings
    })
}

/// Returns the page of an entry of the catalogue, by the code that `explain` is given; `None` if that is
/// none of its codes.
pub(super) fn explain(code: &str) -> Option<Result<String, String>> {
    let code = code.strip_prefix(PREFIX)?;
    let page = entry(code).map(|entry| entry.page(1));
    Some(page.ok_or_else(|| unknown_code(code)))
}

fn unknown_code(code: &str) -> String {
    let codes = catalogue().iter().map(|entry: &Entry| entry.code.as_str());
    let similar = did_you_mean(&suggest(code, codes));
    format!("there is no kind of failure `{PREFIX}{code}`{similar}")
}
