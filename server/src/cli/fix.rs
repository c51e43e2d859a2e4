//! `fix`: applies what mends findings.

use std::fmt::Write;

use clap::Args;

use super::change::refuse_unread;
use super::{Outcome, Place, diff, print};
use analysis::Snapshot;
use analysis::fixing::{Fixed, fix_all};
use checkout::apply;
use model::FileId;
use rules::{self, Finding};

#[derive(Args)]
pub(super) struct Options {
    #[command(flatten)]
    place: Place,
    /// Only this rule, and its preferred fix, be it safe or not; may be repeated.
    #[arg(long = "rule", value_name = "CODE")]
    rules: Vec<String>,
    /// Print the changes as a patch, and write nothing.
    #[arg(long)]
    diff: bool,
}

pub(super) fn run(options: &Options) -> Result<Outcome, String> {
    if let Some(code) = options
        .rules
        .iter()
        .find(|code| rules::rule(code).is_none())
    {
        return Err(format!(
            "there is no rule `{code}`: `image-scripts-ls explain` lists them"
        ));
    }
    let root = options.place.root()?;
    let snapshot = options.place.read(&root);
    refuse_unread(&snapshot)?;
    let wanted = |_: FileId, finding: &Finding| -> Option<usize> {
        if options.rules.is_empty() {
            return finding.fixes.iter().position(|fix| fix.safe);
        }
        let named = options.rules.iter().any(|code| code == finding.rule.code);
        (named && !finding.fixes.is_empty()).then_some(0)
    };
    let fixed = fix_all(&snapshot, &wanted);
    if options.diff {
        return print(&diff::patch(&snapshot, &fixed.edits)?);
    }
    apply::apply(&snapshot.root, &snapshot.tree, &fixed.edits)?;
    print(&told(&snapshot, &fixed, options))
}

fn told(snapshot: &Snapshot, fixed: &Fixed, options: &Options) -> String {
    let mut out = String::new();
    for done in &fixed.fixes {
        let _ = writeln!(out, "{}: {}: {}", done.path, done.code, done.title);
    }
    let _ = match fixed.fixes.len() {
        0 => writeln!(out, "Nothing to fix."),
        1 => writeln!(out, "Fixed 1 finding."),
        count => writeln!(out, "Fixed {count} findings."),
    };
    // What is there to fix and was not asked for.
    let left = left_over(&snapshot.with_edits(&fixed.edits));
    if left > 0 && options.rules.is_empty() {
        let _ = writeln!(
            out,
            "{left} more can be fixed, but not without a decision: `check` shows how, `fix --rule CODE` does it."
        );
    }
    out
}

/// How many findings have a fix.
fn left_over(snapshot: &Snapshot) -> usize {
    let all = snapshot.findings();
    all.iter()
        .flat_map(|(_, _, findings)| *findings)
        .filter(|finding| !finding.fixes.is_empty())
        .count()
}
