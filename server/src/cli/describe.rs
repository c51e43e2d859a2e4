//! `describe`: a commit message for a change.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use smol_str::SmolStr;

use super::change::Format;
use super::test_state::TestStateOption;
use super::{CheckoutOption, CommandStatus, Page, note, print};
use crate::changed_checkout::ChangedCheckout;
use checkout::git::Since;
use checkout::user_file;
use container::tested::TestState;
use impact::{Changed, affected, describe as message_of, sorted};

#[derive(Args)]
pub(super) struct DescribeArgs {
    /// The git revision since which the change is, in place of the last commit.
    #[arg(long, value_name = "REF")]
    since: Option<String>,
    /// Describe what is staged, and not what is on the disk.
    #[arg(long)]
    staged: bool,
    /// Write the message to a new file, for `git commit -F FILE`.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// The output format.
    #[arg(long, value_enum, default_value_t = Format::Text, conflicts_with = "output")]
    format: Format,
    #[command(flatten)]
    test_state: TestStateOption,
    #[command(flatten)]
    checkout: CheckoutOption,
}

/// A commit message.
#[derive(Serialize)]
struct DescribeReport {
    /// Version of the format.
    version: u32,
    /// The commit since which the change is.
    since: String,
    subject: String,
    /// The whole message, subject included.
    message: String,
    /// What does not belong into the commit, or is missing from it.
    warnings: Vec<String>,
}

pub(super) fn describe(options: &DescribeArgs) -> Result<CommandStatus, String> {
    let args = options.checkout.args();
    let root = args.root()?;
    let snapshot = args.read(&root);
    super::change::refuse_unread(&snapshot)?;
    let since = Since::Revision(options.since.as_deref().unwrap_or("HEAD"));
    let read = ChangedCheckout::read(&root, since, options.staged)?;
    read.left_out().for_each(|left_out| note(&left_out));
    let all = read.changed(&snapshot);
    // The message is in none of its own commits.
    let output = options
        .output
        .as_deref()
        .and_then(|path| std::path::absolute(path).ok());
    let foreign = read.foreign().iter();
    let foreign = foreign.filter(|path| Some(root.path.join(path.as_str())) != output);
    let sorted = sorted(&all, &foreign.cloned().collect::<Vec<_>>());
    let changed = Changed {
        files: &sorted.files,
        ..all
    };
    let since = read.base().revision.clone();
    let mut reached = affected(&changed);
    if read.is_on_disk(&snapshot) {
        // The present text is the one that is described.
        let names: BTreeSet<SmolStr> = reached.images.iter().map(|i| i.image.clone()).collect();
        let tested = options
            .test_state
            .tested(&snapshot, |name| names.contains(name))?;
        for image in &mut reached.images {
            let state = tested.get(&image.image).map(|tested| tested.state);
            image.test.take_if(|_| state == Some(TestState::Passed));
        }
    }
    let message = message_of(&changed, &reached);
    let own = message.iter().flat_map(|message| &message.warnings);
    let warnings: Vec<String> = sorted.warnings.iter().chain(own).cloned().collect();
    for warning in &warnings {
        note(warning);
    }
    let message = message.ok_or_else(|| {
        let staged = if options.staged { " is staged and" } else { "" };
        let what = match sorted.warnings.is_empty() {
            true => "nothing",
            false => "nothing of images",
        };
        format!("{what}{staged} has changed since `{since}`")
    })?;
    let text = message.text();
    if let Some(path) = &options.output {
        let is_of_git = path
            .file_name()
            .is_some_and(|name| name == "COMMIT_EDITMSG");
        let may_replace = |before: &str| match before == text || (is_of_git && is_begun(before)) {
            true => Ok(()),
            false => {
                Err("it is there, and is left as it is: remove it, or name another file".to_owned())
            }
        };
        return user_file::replace(path, &root.path, &text, may_replace)
            .map(|()| CommandStatus::Clean)
            .map_err(|problem| format!("{}: {problem}", path.display()));
    }
    print(&match options.format {
        Format::Text => {
            let mut out = Page::default();
            for line in text.lines() {
                out.line(format_args!("{line}"));
            }
            out
        }
        Format::Json => Page::json(&DescribeReport {
            version: 1,
            since,
            subject: message.subject,
            message: text,
            warnings,
        })?,
    })
}

/// Returns whether a message has yet to be written: it has nothing but comments.
fn is_begun(text: &str) -> bool {
    text.lines()
        .all(|line| line.trim().is_empty() || line.starts_with('#'))
}
