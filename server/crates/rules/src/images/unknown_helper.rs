//! `unknown-helper`.

use smol_str::SmolStr;

use crate::{Context, FileRange, Finding};
use edits::Fix;
use model::data::dashed_commands;
use model::spelling::{did_you_mean, suggest};
use model::{Directory, FileId};
use syntax::TextRange;
use syntax::bash::{ScriptFacts, Step};

rule! {
    /// A command with a dash in its name, like those of helpers, that no script defines and no
    /// distribution is known to ship.
    ///
    /// ## Why
    /// Bash says `command not found` and goes on: what the helper does is missing from the image.
    /// The name is misspelled, or the helper was renamed or removed.
    ///
    /// ## How to fix it
    /// Call the helper by its name. For a command that is not known, add its name to
    /// `.image-scripts.toml`:
    /// ```toml
    /// [commands]
    /// known = ["my-bootstrap"]
    /// ```
    ///
    /// ## Example
    /// ```bash
    /// configure-sytemd
    /// ```
    code: "unknown-helper",
    severity: Warning,
    group: Images,
    checks: [Directory(check), Script(check_script)],
    fix: yes,
}

fn check(cx: &Context<'_>, directory: &Directory, out: &mut Vec<Finding>) {
    // What is sourced and not known may define anything.
    let mut images = cx.images_of(directory);
    if images.any(|image| image.summary.opaque) {
        return;
    }
    for id in directory.files() {
        check_file(cx, id, out);
    }
}

fn check_script(cx: &Context<'_>, file: FileId, out: &mut Vec<Finding>) {
    let mut found = Vec::new();
    check_file(cx, file, &mut found);
    // Few scripts have any: only these are looked at with all that they read.
    let is_opaque = || cx.in_any_run(file, |summary| summary.opaque);
    if !found.is_empty() && !is_opaque() {
        out.append(&mut found);
    }
}

fn check_file(cx: &Context<'_>, file: FileId, out: &mut Vec<Finding>) {
    let facts = cx.whole_script(file);
    // A folder of its own may be searched for commands.
    let Some(facts) = facts.filter(|facts| !facts.assigns("PATH")) else {
        return;
    };
    for step in facts.effects.steps() {
        let Step::Call(call) = step else {
            continue;
        };
        let (name, range) = (&call.name, facts.range(call.span));
        // Nearly all are helpers: the question for them comes first.
        let is_unknown = is_dashed(name)
            && !cx.model.helpers.contains_key(name)
            && !cx.is_known_command(name)
            && facts.function(name).is_none()
            && !is_defined(cx, name)
            && !is_text(facts, range)
            && !is_asked_for(facts, name);
        if is_unknown {
            out.push(finding(cx, file, name, range));
        }
    }
}

fn finding(cx: &Context<'_>, file: FileId, name: &SmolStr, range: TextRange) -> Finding {
    let helpers = || cx.model.helpers.keys().map(SmolStr::as_str);
    // The same words say more than some letters that differ.
    let mut names: Vec<&str> = helpers()
        .filter(|helper| is_swapped(name, helper))
        .collect();
    names.sort_unstable();
    let mut spelled = suggest(name, helpers());
    spelled.retain(|helper| !names.contains(helper));
    if names.is_empty() && spelled.is_empty() {
        spelled = suggest(name, dashed_commands().iter().map(SmolStr::as_str));
    }
    names.extend(spelled);
    let what = if names.is_empty() {
        ": correct the name, or add it to `commands.known` in `.image-scripts.toml`".to_owned()
    } else {
        did_you_mean(&names)
    };
    let message = format!("`{name}` is no helper and no known command{what}");
    let fixes = names
        .iter()
        .map(|name| Fix::replace(format!("Change to `{name}`"), file, range, *name));
    Finding::new(&RULE, FileRange::new(file, range), message).fixes(fixes)
}

/// Returns whether two names have the same words in another order.
fn is_swapped(name: &str, helper: &str) -> bool {
    let words = |name: &str| {
        let mut words: Vec<String> = name.split('-').map(str::to_owned).collect();
        words.sort_unstable();
        words
    };
    name.len() == helper.len() && words(name) == words(helper)
}

/// Returns whether a name is a plain word with a dash in it.
fn is_dashed(name: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "-_.+".contains(c);
    name.contains('-')
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.chars().all(is_part)
}

/// Returns whether any script defines a function of that name: which one is not asked here.
fn is_defined(cx: &Context<'_>, name: &str) -> bool {
    cx.tree.files().any(|(id, _)| {
        let facts = cx.tree.script(id);
        facts.is_some_and(|facts| facts.function(name).is_some())
    })
}

/// Returns whether a range is in the text of a here-document.
fn is_text(facts: &ScriptFacts, range: TextRange) -> bool {
    facts
        .heredocs
        .iter()
        .any(|heredoc| heredoc.body.contains_range(range))
}

/// Returns whether the script asks for a command before it calls it, or aliases anything.
pub(super) fn is_asked_for(facts: &ScriptFacts, name: &str) -> bool {
    facts.effects.steps().any(|step| match step {
        Step::Call(call) => {
            call.name == "alias"
                || matches!(call.name.as_str(), "which" | "hash" | "type" | "command")
                || call.args.iter().any(|word| {
                    let first = word
                        .literal()
                        .and_then(|text| text.split_whitespace().next());
                    first == Some(name) && !call.name.contains('-')
                })
        }
        step => step.asks_for(name),
    })
}
