//! `masked-status`.

use crate::container_script::LocatedFacts;
use crate::{Confidence, ContainerScript, Context, FileRange, Finding};
use edits::Fix;
use model::{Directory, FileId};
use syntax::TextRange;
use syntax::bash::{MaskedStatus, ScriptFacts, Slip, SlipKind, Step};

rule! {
    /// The status of a command is lost where it is asked for: by a declaration, as in
    /// `local x=$(cmd)`, in a loop before `||`, in a subshell, or in a variable that nothing reads.
    ///
    /// ## Why
    /// A failure is never seen, and an image is built that lacks something:
    /// - `local`, `export`, `declare` and `readonly` are commands, and succeed when the variable
    ///   could be set. The status is theirs, not that of the command whose output they take.
    /// - The status of a loop is that of its last iteration: `done || fail` sees no other.
    /// - A loop that reads from a pipe is run in a subshell, and `exit` or `fail` leave no more than
    ///   that.
    /// - A status that is saved, as in `rc=$?`, does nothing until something reads the variable.
    ///
    /// ## How to fix it
    /// Declare the variable first, and assign it in a command of its own. Ask for the status of the
    /// command in the loop. Let the loop read from `<<< "$list"` or `< <(cmd)` instead of a pipe.
    /// Read the variable, or do not set it.
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
    checks: [
        Directory(check_directory),
        Script(check_script),
        ContainerScript(check_container),
    ],
    fix: yes,
}

fn check_directory(cx: &Context<'_>, directory: &Directory, out: &mut Vec<Finding>) {
    let may_exit = || {
        let mut images = cx.images_of(directory);
        images.any(|image| image.summary.exits_on_error)
    };
    for file in directory.files() {
        check(cx, file, &may_exit, out);
    }
}

fn check_script(cx: &Context<'_>, file: FileId, out: &mut Vec<Finding>) {
    // Few scripts have any such statement: only these are looked at with all that they read.
    let may_exit = || cx.in_any_run(file, |summary| summary.exits_on_error);
    check(cx, file, &may_exit, out);
}

/// In a container, a script is read by no other.
fn check_container(cx: &Context<'_>, script: &ContainerScript, out: &mut Vec<Finding>) {
    let Some(facts) = script.clear_facts() else {
        return;
    };
    let mut steps = facts.facts.effects.steps();
    let may_exit = steps.any(|step| matches!(step, Step::ExitOnError(on) if *on != Some(false)));
    let run = ScriptRun {
        is_alone: true,
        ends: &|name| ends_script(facts.facts, name) == Some(true),
        may_exit: &|| may_exit,
    };
    check_facts(cx, &facts, &run, out);
}

fn check(cx: &Context<'_>, file: FileId, may_exit: &dyn Fn() -> bool, out: &mut Vec<Finding>) {
    let Some(facts) = cx.clear_facts(file) else {
        return;
    };
    let run = ScriptRun {
        is_alone: is_run_alone(cx, file),
        ends: &|name| exits(cx, file, name),
        may_exit,
    };
    check_facts(cx, &facts, &run, out);
}

/// What is asked of the run that a script is a part of.
struct ScriptRun<'r> {
    /// Set when no other script reads this one, whose variables are its own concern.
    is_alone: bool,
    /// Returns whether a function ends the script.
    ends: &'r dyn Fn(&str) -> bool,
    /// Returns whether `set -e` may be on.
    may_exit: &'r dyn Fn() -> bool,
}

fn check_facts(
    cx: &Context<'_>,
    script: &LocatedFacts<'_>,
    run: &ScriptRun<'_>,
    out: &mut Vec<Finding>,
) {
    let facts = script.facts;
    for masked in &facts.masked_statuses {
        let places = (
            script.file_range(masked.declaration),
            script.file_range(masked.status_use),
        );
        let (Some(at), Some(status_use)) = places else {
            continue;
        };
        let MaskedStatus {
            keyword, variable, ..
        } = masked;
        let message = format!(
            "the status that is asked for is that of `{keyword}`, which succeeds whatever the command does: declare `{variable}` first, then assign it"
        );
        let finding = Finding::new(&RULE, at, message).related(status_use, "asked for here");
        out.push(finding.fixes(split(cx, at, masked)));
    }
    if !facts.is_unfinished {
        let slips = facts.slips.iter();
        out.extend(
            slips.filter_map(|slip| slip_finding(script.file_range(slip.range)?, slip, run)),
        );
    }
}

fn slip_finding(at: FileRange, slip: &Slip, run: &ScriptRun<'_>) -> Option<Finding> {
    let name = &slip.name;
    let message = match slip.kind {
        SlipKind::UnreadStatus { is_local } => {
            if !is_local && !run.is_alone {
                return None;
            }
            format!("nothing reads the status that is saved in `{name}`: read it, or do not save it")
        }
        SlipKind::LastIteration => {
            "this sees the status of the loop's last iteration only: ask for the command's status in the loop".to_owned()
        }
        SlipKind::ExitInPipe => {
            // With `set -e`, the status of the pipe ends the script.
            if !(name == "exit" || (run.ends)(name)) || (run.may_exit)() {
                return None;
            }
            format!("`{name}` leaves no more than the subshell of this loop, which reads from a pipe: let the loop read from `< <(...)`")
        }
        _ => return None,
    };
    let finding = Finding::new(&RULE, at, message);
    // What is called later may read a variable that is not a function's own.
    Some(match slip.kind {
        SlipKind::UnreadStatus { is_local: false } => finding.confidence(Confidence::Likely),
        _ => finding,
    })
}

/// Returns whether a script is read by no other, whose variables are its own concern.
fn is_run_alone(cx: &Context<'_>, file: FileId) -> bool {
    let path = cx.tree.file(file).map(|file| file.path.as_str());
    path.is_some_and(|path| path.ends_with("/build.sh") || path.ends_with("/setup.sh"))
        || cx.model.test_scripts.contains(&file)
}

/// Returns whether a function ends the script: its last statement does, in each definition of it.
fn exits(cx: &Context<'_>, file: FileId, name: &str) -> bool {
    let ends = |file: FileId| ends_script(cx.tree.script(file)?, name);
    if let Some(own) = ends(file) {
        return own;
    }
    let helpers = cx.model.helpers.get(name);
    helpers.is_some_and(|files| files.iter().all(|file| ends(*file) == Some(true)))
}

/// Returns whether the last statement of a function ends the script; `None`: there is no such
/// function.
fn ends_script(facts: &ScriptFacts, name: &str) -> Option<bool> {
    let function = facts.function(name)?;
    Some(matches!(function.body.last(), Some(Step::Exit)))
}

/// Splits the declaration from the assignment. Where `set -e` is on, a failure ends the script from
/// then on: the user decides.
fn split(cx: &Context<'_>, at: FileRange, masked: &MaskedStatus) -> Option<Fix> {
    // What `readonly` declares cannot be assigned.
    if !masked.is_plain || masked.keyword == "readonly" {
        return None;
    }
    let text = cx.tree.file(at.file)?;
    let lines = text.lines();
    let line = lines.range(lines.line_of(at.range.start()), &text.text);
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
        at.file,
        TextRange::empty(at.range.end()),
        format!("{end}{indent}{variable}"),
    ))
}
