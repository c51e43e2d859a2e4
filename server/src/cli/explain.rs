//! `explain`: what a rule, or a kind of failure, means, why, and how to fix or silence it.

use std::fmt::Write;

use clap::Args;

use super::{CommandStatus, Page, print, triage};
use model::spelling::{did_you_mean, suggest};
use rules::{rule, rules};

#[derive(Args)]
pub(super) struct ExplainArgs {
    /// The rule's code; `triage/CODE` is a kind of failure.
    code: Option<String>,
}

pub(super) fn explain(options: &ExplainArgs) -> Result<CommandStatus, String> {
    let Some(code) = &options.code else {
        return print(&Page::own(list()));
    };
    if let Some(page) = triage::explain(code) {
        return print(&Page::own(page?));
    }
    match rule(code) {
        Some(rule) => print(&Page::own(rule.page(1))),
        None => Err(unknown_rule(code)),
    }
}

/// Returns the refusal of a code that no rule has, with the one that was probably meant.
pub(super) fn unknown_rule(code: &str) -> String {
    let similar = did_you_mean(&suggest(code, rules().map(|rule| rule.code)));
    let separator = if similar.is_empty() { ":" } else { "" };
    format!("there is no rule `{code}`{similar}{separator} `image-scripts-ls explain` lists them")
}

fn list() -> String {
    let width = rules().map(|rule| rule.code.len()).max().unwrap_or(0);
    let severities = rules().map(|rule| rule.severity_and_confidence().len());
    let severity_width = severities.max().unwrap_or(0);
    let mut out = String::new();
    let mut group = None;
    for rule in rules() {
        if group != Some(rule.group) {
            let _ = writeln!(
                out,
                "{}{}",
                if group.is_some() { "\n" } else { "" },
                rule.group.title()
            );
            group = Some(rule.group);
        }
        let _ = writeln!(
            out,
            "  {:width$}  {:severity_width$}  {}",
            rule.code,
            rule.severity_and_confidence(),
            rule.summary()
        );
    }
    out
}

/// The README's tables: one for each group of rules.
pub fn readme_tables() -> String {
    let mut out = String::new();
    let mut group = None;
    for rule in rules() {
        if group != Some(rule.group) {
            let gap = if group.is_some() { "\n" } else { "" };
            let _ = writeln!(out, "{gap}| {} | | |\n|---|---|---|", rule.group.title());
            group = Some(rule.group);
        }
        let summary = rule.summary().replace('|', "\\|");
        let _ = writeln!(
            out,
            "| `{}` | {} | {summary} |",
            rule.code,
            rule.severity_and_confidence()
        );
    }
    out
}
