//! `masked-status`.

use crate::{Context, FileRange, Finding};
use edits::Fix;
use model::FileId;
use syntax::TextRange;
use syntax::bash::MaskedStatus;

rule! {
    /// A declaration takes the output of a command, as in `local x=$(cmd)`, and the status of the
    /// command is asked for right after it.
    ///
    /// ## Why
    /// `local`, `export`, `declare` and `readonly` are commands, and succeed when the variable could
    /// be set. The status is theirs, not that of the command whose output they take: a failure is
    /// never seen.
    ///
    /// ## How to fix it
    /// Declare the variable first, and assign it in a command of its own.
    ///
    /// ## Example
    /// ```bash
    /// fetch-list() {
    /// 	local list=$(curl -f "$1") || fail "unable to fetch $1"
    /// }
    /// ```
    code: "masked-status",
    severity: Warning,
    group: Images,
    checks: [AnyScript(check)],
    fix: yes,
}

fn check(cx: &Context<'_>, file: FileId, out: &mut Vec<Finding>) {
    let facts = cx.tree.script(file);
    let Some(facts) = facts.filter(|facts| !facts.has_errors && !facts.is_stale) else {
        return;
    };
    for masked in &facts.masked_statuses {
        let MaskedStatus {
            keyword, variable, ..
        } = masked;
        let message = format!(
            "the status that is asked for is that of `{keyword}`, which succeeds whatever the command does: declare `{variable}` first, then assign it"
        );
        let finding = Finding::new(&RULE, FileRange::new(file, masked.declaration), message);
        let finding = finding.related(FileRange::new(file, masked.status_use), "asked for here");
        out.push(finding.fixes(split(cx, file, masked)));
    }
}

/// Splits the declaration from the assignment. Where `set -e` is on, a failure ends the script from
/// then on: the user decides.
fn split(cx: &Context<'_>, file: FileId, masked: &MaskedStatus) -> Option<Fix> {
    // What `readonly` declares cannot be assigned.
    if !masked.is_plain || masked.keyword == "readonly" {
        return None;
    }
    let text = cx.tree.file(file)?;
    let lines = text.lines();
    let line = lines.range(lines.line_of(masked.declaration.start()), &text.text);
    let line = text.slice(line);
    let indent = line.get(..line.len() - line.trim_start_matches([' ', '\t']).len())?;
    let variable = &masked.variable;
    let end = if text.text.contains("\r\n") {
        "\r\n"
    } else {
        "\n"
    };
    Some(Fix::replace(
        format!("Declare `{variable}` first"),
        file,
        TextRange::empty(masked.declaration.end()),
        format!("{end}{indent}{variable}"),
    ))
}
