//! Statements that all images have which call a helper, where a new image comes to call it because the
//! one that it is made after calls that of the release before.

use smol_str::SmolStr;

use super::difference::ReleaseDifference;
use super::rewrite::helper_name;
use model::view::View;
use syntax::TextRange;
use syntax::bash::{ScriptFacts, Step};

/// A command of a script, outside of functions and conditions.
struct Statement<'t> {
    /// Name of the command.
    name: SmolStr,
    /// Range of the name.
    range: TextRange,
    /// The whole line.
    line: &'t str,
}

/// Returns the commands of a script that read no here-document.
fn statements<'t>(text: &'t str, facts: &ScriptFacts) -> Vec<Statement<'t>> {
    let calls = facts.effects.body.iter().filter_map(|step| match step {
        Step::Call(call) if call.heredoc.is_none() => Some(call),
        _ => None,
    });
    let statements = calls.filter_map(|call| {
        let range = facts.range(call.span);
        let (before, after) = text.split_at_checked(range.start().into())?;
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        let end = after.find('\n').map_or(text.len(), |at| before.len() + at);
        Some(Statement {
            name: call.name.clone(),
            range,
            line: text.get(start..end)?.trim(),
        })
    });
    statements.collect()
}

/// Returns the statements of a rewritten script after which one is missing that all others have which
/// call the same helper, and why that is in doubt.
pub(super) fn doubts(
    view: &View<'_>,
    text: &str,
    facts: &ScriptFacts,
    difference: &ReleaseDifference<'_>,
) -> Vec<(TextRange, String)> {
    let own = statements(text, facts);
    let Some(before) = statements_of(view, &difference.like().directory) else {
        return Vec::new();
    };
    let has = |all: &[Statement<'_>], line: &str| all.iter().any(|s| s.line == line);
    // Not one that was added for another reason: others call that in other families, too.
    let now = before
        .iter()
        .filter_map(|s| helper_name(&s.name, difference));
    let now: Vec<SmolStr> = now.collect();
    let is_new = |s: &&Statement<'_>| now.contains(&s.name) && !calls(&before, &s.name);
    let mut found = Vec::new();
    for call in own.iter().filter(is_new) {
        let peers = callers(view, &call.name);
        let Some(((name, first), others)) = peers.split_first() else {
            continue;
        };
        let mut last = call.range;
        for Statement { line, .. } in first {
            if let Some(same) = own.iter().find(|s| s.line == *line) {
                last = same.range;
                continue;
            }
            if !has(&before, line) && others.iter().all(|(_, all)| has(all, line)) {
                let why = format!(
                    "each other image that calls `{}`, such as `{name}`, has `{line}` after this: \
                     check whether it is needed here",
                    call.name
                );
                found.push((last, why));
            }
        }
    }
    found
}

fn calls(statements: &[Statement<'_>], name: &str) -> bool {
    statements.iter().any(|s| s.name == name)
}

/// Returns the images that call a helper, by their directories, with their statements.
fn callers<'v>(view: &View<'v>, helper: &str) -> Vec<(&'v SmolStr, Vec<Statement<'v>>)> {
    let directories = view.model.directories.keys();
    directories
        .filter_map(|name| Some((name, statements_of(view, name)?)))
        .filter(|(_, statements)| calls(statements, helper))
        .collect()
}

/// Returns the statements of the `build.sh` of a directory.
fn statements_of<'v>(view: &View<'v>, directory: &str) -> Option<Vec<Statement<'v>>> {
    let id = view.model.directories.get(directory)?.build?;
    let file = view.tree.file(id)?;
    Some(statements(&file.text, file.script()?))
}
