//! `undefined-helper`.

use smol_str::SmolStr;

use super::unknown_helper::is_asked_for;
use crate::{ContainerScript, Context, FileRange, Finding, exported_functions};
use edits::{Fix, source_include};
use model::interpreter::UndefinedCall;
use model::{Directory, FileId};
use syntax::TextSize;
use syntax::bash::{Piece, Step};

rule! {
    /// A helper is called that some include defines, but none that was sourced before the call. Or
    /// a function that `export -f` gives to another shell calls one that this shell does not have. Or
    /// the script of the container calls a helper of the builder.
    ///
    /// ## Why
    /// Bash says `command not found` and goes on. What the helper does is missing from the image.
    /// A call inside a function is checked where that function is called. The shell of
    /// `bash -c '...'` has the functions that are exported, and no other ones. What is appended to
    /// the script of the container, is executed in a shell that has none of the builder's.
    ///
    /// ## How to fix it
    /// Source the include that defines the helper, before the call:
    /// ```bash
    /// . "$INCLUDE/systemd.sh"
    /// ```
    /// In a here-document: call the helper on the builder, or write what it does.
    code: "undefined-helper",
    severity: Error,
    group: Images,
    checks: [
        Directory(check),
        Script(check_script),
        ContainerScript(check_container),
    ],
    fix: yes,
}

/// Commands that may share their name with a helper: never reported.
pub(crate) const COMMANDS: [&str; 16] = [
    "install", "mount", "umount", "test", "update", "fetch", "find", "sort", "cut", "link", "join",
    "split", "patch", "service", "reboot", "halt",
];

fn check(cx: &Context<'_>, directory: &Directory, out: &mut Vec<Finding>) {
    exported_functions::check(cx, directory, out);
    for image in cx.images_of(directory) {
        for call in &image.summary.undefined {
            out.extend(finding(cx, call, directory.build).map(|f| f.image(&image.name)));
        }
    }
}

fn check_script(cx: &Context<'_>, file: FileId, out: &mut Vec<Finding>) {
    exported_functions::check_script(cx, file, out);
    // An include is checked in the images that source it; a test or a builder's script by itself.
    if cx.model.includes.contains(&file) {
        return;
    }
    let run = cx.model.summary_of_script(cx.tree, file);
    let path = cx.tree.file(file).map_or("", |file| &file.path);
    if !cx.tree.layout.is_driver(path) {
        let findings = run.undefined.iter();
        return out.extend(findings.filter_map(|call| finding(cx, call, Some(file))));
    }
    // All that a driver does is done by one call at its end: the call in a function is wrong.
    for call in run.undefined.iter().filter(|call| call.call.file == file) {
        let call = UndefinedCall {
            root: call.call,
            ..call.clone()
        };
        // What is sourced too late there is not to be sourced twice.
        out.extend(finding(cx, &call, None));
    }
}

/// Reports helpers that the script of a container calls: it is executed by another shell.
fn check_container(cx: &Context<'_>, script: &ContainerScript, out: &mut Vec<Finding>) {
    let Some(located) = script.clear_facts() else {
        return;
    };
    let facts = located.facts;
    // What is sourced, or not read, may define anything; the distribution's own files do not.
    let is_unclear = |step: &Step| match step {
        Step::Source(source) => !matches!(
            source.path.pieces.first(),
            Some(Piece::Text(path)) if path.starts_with("/etc/") || path.starts_with("/usr/")
        ),
        step => matches!(step, Step::Opaque),
    };
    if facts.effects.steps().any(is_unclear) {
        return;
    }
    for step in facts.effects.steps() {
        let Step::Call(call) = step else { continue };
        let name = &call.name;
        let is_helper = !COMMANDS.contains(&name.as_str())
            && facts.function(name).is_none()
            && !cx.is_known_command(name)
            && !is_asked_for(facts, name);
        let Some(definers) = cx.model.helpers.get(name).filter(|_| is_helper) else {
            continue;
        };
        let Some(at) = located.file_range(facts.range(call.span)) else {
            continue;
        };
        let message = format!(
            "`{name}` is a helper of the builder, and is not defined in the container, where this is executed"
        );
        out.push(defined_by(
            cx,
            Finding::new(&RULE, at, message),
            name,
            definers,
        ));
    }
}

/// Refers to the definitions of a helper.
fn defined_by(cx: &Context<'_>, finding: Finding, name: &str, definers: &[FileId]) -> Finding {
    definers.iter().fold(finding, |finding, id| {
        let function = cx.tree.script(*id).and_then(|facts| {
            let function = facts.function(name)?;
            Some(facts.range(function.name_span))
        });
        match function {
            Some(range) => finding.related(FileRange::new(*id, range), "defined here"),
            None => finding,
        }
    })
}

fn finding(cx: &Context<'_>, call: &UndefinedCall, script: Option<FileId>) -> Option<Finding> {
    if COMMANDS.contains(&call.name.as_str()) || defines(cx, call.root.file, &call.name) {
        return None;
    }
    let definers = cx.model.helpers.get(&call.name)?;
    let paths: Vec<&str> = definers
        .iter()
        .filter_map(|id| cx.tree.file(*id)?.path.rsplit('/').next())
        .collect();
    let list = paths
        .iter()
        .map(|p| format!("`{p}`"))
        .collect::<Vec<_>>()
        .join(" or ");
    let what = if call.call == call.root {
        "is"
    } else {
        "is called from here and"
    };
    let message = format!(
        "`{}` {what} not defined: {list} defines it and is not sourced before",
        call.name
    );
    let anchor = call.root.file_range(cx.tree);
    let mut finding = Finding::new(&RULE, anchor, message);
    if call.call != call.root {
        finding = finding.related(call.call.file_range(cx.tree), "the call");
    }
    finding = defined_by(cx, finding, &call.name, definers);
    let fixes = script.into_iter().flat_map(|script| {
        paths
            .iter()
            .filter_map(move |path| source_fix(cx, script, call, path))
    });
    Some(finding.fixes(fixes.collect::<Vec<_>>()))
}

/// Returns whether the script that calls a helper defines it itself, if only later.
fn defines(cx: &Context<'_>, script: FileId, name: &SmolStr) -> bool {
    cx.tree
        .script(script)
        .is_some_and(|facts| facts.function(name).is_some())
}

/// Returns whether a script sources an include somewhere before an offset.
fn sources(cx: &Context<'_>, script: FileId, include: &str, before: TextSize) -> bool {
    let Some(facts) = cx.tree.script(script) else {
        return false;
    };
    facts.effects.steps().any(|step| match step {
        Step::Source(source) if facts.range(source.span).end() <= before => {
            match source.path.pieces.last() {
                Some(Piece::Text(end)) => end.rsplit('/').next() == Some(include),
                _ => false,
            }
        }
        _ => false,
    })
}

/// Sources an include after the last file that is sourced before the call.
fn source_fix(
    cx: &Context<'_>,
    script: FileId,
    call: &UndefinedCall,
    include: &str,
) -> Option<Fix> {
    let file = cx.tree.file(script)?;
    let call_start = if call.root.file == script {
        call.root.range(cx.tree).start()
    } else {
        TextSize::of(&*file.text)
    };
    // A second time would not help, and run everything else in it again.
    if sources(cx, script, include, call_start) {
        return None;
    }
    let (range, line) = source_include(cx.tree, script, call_start, include)?;
    let title = format!("Source `{include}`");
    Some(Fix::replace(title, script, range, line))
}
