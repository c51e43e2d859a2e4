//! `fix`: applies the fixes of findings.

use std::collections::BTreeSet;

use clap::Args;

use super::change::refuse_unread;
use super::explain::unknown_rule;
use super::output::print_exact;
use super::{CheckoutArgs, CommandStatus, Page, diff, note, print};
use analysis::Snapshot;
use analysis::{Fixed, fix_all};
use checkout::{ContainerChecks, apply};
use container::BuildCache;
use model::FileId;
use model::spelling::{did_you_mean, suggest};
use rules::{self, Finding, Scope};

/// The rule whose fix publishes an image.
const PUBLISHING_RULE: &str = "missing-repository-entry";

#[derive(Args)]
pub(super) struct FixArgs {
    #[command(flatten)]
    checkout: CheckoutArgs,
    /// Only this rule, and its preferred fix, be it safe or not; may be repeated.
    #[arg(long = "rule", value_name = "CODE")]
    rules: Vec<String>,
    /// Only findings on this image.
    #[arg(long, value_name = "IMAGE")]
    image: Option<String>,
    /// Print the changes as a patch, and write nothing.
    #[arg(long)]
    diff: bool,
}

pub(super) fn fix(options: &FixArgs) -> Result<CommandStatus, String> {
    if let Some(code) = options
        .rules
        .iter()
        .find(|code| rules::rule(code).is_none())
    {
        return Err(unknown_rule(code));
    }
    let root = options.checkout.root()?;
    let mut snapshot = options.checkout.read(&root);
    refuse_unread(&snapshot)?;
    let mut containers = ContainerChecks::default();
    containers.follow(&snapshot, &BuildCache::keeping(0), &|| false);
    let found = containers.findings(&snapshot, None);
    snapshot.set_container_findings(Scope::Containers, found);
    if let Some(image) = options.image.as_deref()
        && !snapshot.model.images.contains_key(image)
    {
        let images = snapshot.model.images.keys();
        let similar = did_you_mean(&suggest(image, images.map(|name| name.as_str())));
        return Err(format!("there is no image `{image}`{similar}"));
    }
    refuse_several(&snapshot, options)?;
    let wanted = |_: FileId, finding: &Finding| -> Option<usize> {
        let image = options.image.as_deref();
        if image.is_some() && finding.image.as_deref() != image {
            return None;
        }
        if options.rules.is_empty() {
            return finding.fixes.iter().position(|fix| fix.is_safe());
        }
        let named = options.rules.iter().any(|code| code == finding.rule.code);
        finding.unattended_fix().filter(|_| named)
    };
    let fixed = fix_all(&snapshot, &wanted);
    if options.diff {
        return print_exact(&diff::patch(&snapshot, &fixed.edits)?);
    }
    let applied = apply::apply(&snapshot.root, &snapshot.tree, &fixed.edits)?;
    if let Some(message) = &applied.leftover {
        note(message);
    }
    print(&report(&snapshot, &fixed, options))
}

/// Refuses to publish several images at once: which of them are wanted, only the user knows.
fn refuse_several(snapshot: &Snapshot, options: &FixArgs) -> Result<(), String> {
    let publishes = options.rules.iter().any(|code| code == PUBLISHING_RULE);
    if !publishes || options.image.is_some() {
        return Ok(());
    }
    let all = snapshot.findings();
    let findings = all.iter().flat_map(|(_, _, findings)| *findings);
    let unpublished = findings.filter(|f| f.rule.code == PUBLISHING_RULE && !f.fixes.is_empty());
    let images: BTreeSet<String> = unpublished
        .filter_map(|finding| Some(format!("`{}`", finding.image.as_deref()?)))
        .collect();
    if images.len() < 2 {
        return Ok(());
    }
    let images: Vec<String> = images.into_iter().collect();
    Err(format!(
        "this would publish {} images: {}; say which one with `--image IMAGE`",
        images.len(),
        images.join(", ")
    ))
}

fn report(snapshot: &Snapshot, fixed: &Fixed, options: &FixArgs) -> Page {
    let mut out = Page::default();
    for done in &fixed.fixes {
        out.line(format_args!("{}: {}: {}", done.path, done.code, done.title));
        for note in &done.notes {
            out.line(format_args!("  {note}"));
        }
    }
    match fixed.fixes.len() {
        0 => out.line(format_args!("Nothing to fix.")),
        1 => out.line(format_args!("Fixed 1 finding.")),
        count => out.line(format_args!("Fixed {count} findings.")),
    }
    // What is there to fix and was not asked for.
    let remaining = remaining(&snapshot.with_edits(&fixed.edits));
    if remaining > 0 && options.rules.is_empty() {
        out.line(format_args!(
            "{remaining} more can be fixed, but not without a decision: `check` shows how, `fix --rule CODE` does it."
        ));
    }
    out
}

/// Counts the findings that have a fix.
fn remaining(snapshot: &Snapshot) -> usize {
    let all = snapshot.findings();
    all.iter()
        .flat_map(|(_, _, findings)| *findings)
        .filter(|finding| !finding.fixes.is_empty())
        .count()
}
