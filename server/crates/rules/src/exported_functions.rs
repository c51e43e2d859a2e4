//! Functions that another shell is given, and that call what it does not have.

use smol_str::SmolStr;

use crate::images::undefined_helper::{COMMANDS, RULE};
use crate::{Context, FileRange, Finding};
use edits::Fix;
use model::interpreter::is_command;
use model::{Directory, FileId};
use syntax::TextRange;
use syntax::bash::{Call, Function, ScriptFacts, Step, child_scripts, read};

pub(crate) fn check(cx: &Context<'_>, directory: &Directory, out: &mut Vec<Finding>) {
    for file in directory.scripts() {
        let is_opaque = || {
            let mut images = cx.images_of(directory);
            images.any(|image| image.summary.opaque)
        };
        check_file(cx, file, is_opaque, out);
    }
}

pub(crate) fn check_script(cx: &Context<'_>, file: FileId, out: &mut Vec<Finding>) {
    let is_opaque = || cx.model.summary_of_script(cx.tree, file).opaque;
    check_file(cx, file, is_opaque, out);
}

/// Checks a script, unless it reads something that is not known, which may export anything.
fn check_file(
    cx: &Context<'_>,
    file: FileId,
    is_opaque: impl Fn() -> bool,
    out: &mut Vec<Finding>,
) {
    // Few scripts export a function: only these are looked at.
    let facts = cx.whole_script(file);
    let Some(facts) = facts.filter(|f| !f.function_exports.is_empty() && !f.assigns("BASH_ENV"))
    else {
        return;
    };
    let Some(exported) = exported(cx, facts) else {
        return;
    };
    if is_opaque() {
        return;
    }
    let text = cx.tree.file(file).map(|file| &*file.text);
    let mut seen: Vec<SmolStr> = Vec::new();
    for child in child_scripts(text.unwrap_or_default()) {
        let child = read(child);
        if child.has_errors || child.is_unfinished || defines_more(child.effects.steps()) {
            continue;
        }
        let mut pending: Vec<SmolStr> = calls(child.effects.steps())
            .map(|call| call.name.clone())
            .collect();
        while let Some(name) = pending.pop() {
            if !exported.contains(&name) || seen.contains(&name) {
                continue;
            }
            if let Some(function) = facts.function(&name)
                && !defines_more(function.steps())
            {
                pending.extend(calls(function.steps()).map(|call| call.name.clone()));
                missing(cx, (file, facts), function, &exported, out);
            }
            seen.push(name);
        }
    }
}

/// Returns the functions that a script and the includes export; `None` if that may be any.
fn exported(cx: &Context<'_>, facts: &ScriptFacts) -> Option<Vec<SmolStr>> {
    let includes = cx
        .model
        .includes
        .iter()
        .filter_map(|id| cx.tree.script(*id));
    let exports = includes
        .chain([facts])
        .flat_map(|facts| &facts.function_exports);
    exports.map(|export| export.name.clone()).collect()
}

/// Reports the functions that an exported one calls and that are not exported.
fn missing(
    cx: &Context<'_>,
    (file, facts): (FileId, &ScriptFacts),
    function: &Function,
    exported: &[SmolStr],
    out: &mut Vec<Finding>,
) {
    let mut reported: Vec<&SmolStr> = Vec::new();
    for call in calls(function.steps()) {
        let name = &call.name;
        let is_helper = cx.model.helpers.contains_key(name) || facts.function(name).is_some();
        let may_be_command =
            is_command(name) || COMMANDS.contains(&name.as_str()) || cx.is_known_command(name);
        if !is_helper
            || may_be_command
            || exported.contains(name)
            || reported.contains(&name)
            || function.steps().any(|step| asks(step, name))
        {
            continue;
        }
        reported.push(name);
        out.push(finding((file, facts), function, call));
    }
}

fn finding((file, facts): (FileId, &ScriptFacts), function: &Function, call: &Call) -> Finding {
    let (name, outer) = (&call.name, &function.name);
    let message = format!(
        "`{name}` is not defined in the shell that `{outer}` is exported for: export it, too, with `export -f {name}`"
    );
    let anchor = FileRange::new(file, facts.range(call.span));
    let finding = Finding::new(&RULE, anchor, message);
    let exports = facts.function_exports.iter();
    let export = exports
        .rev()
        .find(|export| export.name.as_ref() == Some(outer));
    let Some(export) = export else {
        return finding;
    };
    let fix = Fix::replace(
        format!("Export `{name}`"),
        file,
        TextRange::empty(export.range.end()),
        format!(" {name}"),
    );
    let finding = finding.related(FileRange::new(file, export.range), "exported here");
    finding.fixes(Some(fix))
}

fn calls<'f>(steps: impl Iterator<Item = &'f Step>) -> impl Iterator<Item = &'f Call> {
    steps.filter_map(|step| match step {
        Step::Call(call) => Some(&**call),
        _ => None,
    })
}

/// Returns whether some steps may define functions.
fn defines_more<'f>(mut steps: impl Iterator<Item = &'f Step>) -> bool {
    steps.any(|step| matches!(step, Step::Source(_) | Step::Define(_) | Step::Opaque))
}

/// Returns whether a step asks for a function, or for any by a command that may.
fn asks(step: &Step, name: &str) -> bool {
    match step {
        Step::Call(call) => matches!(call.name.as_str(), "command" | "type" | "declare" | "hash"),
        step => step.asks_for(name),
    }
}
