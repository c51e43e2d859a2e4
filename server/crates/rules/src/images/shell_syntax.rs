//! `shell-syntax`: what `bash -n` says. The real bash is run outside of this crate;
//! here is its documentation and how its output is read.

use crate::{Context, FileRange, Finding};
use model::interpreter::Summary;
use model::tree::{File, FileId};

rule! {
    /// `bash -n` rejects the script.
    ///
    /// ## Why
    /// Bash stops at the error when the image is built, hours into a build that needed everything
    /// before it.
    ///
    /// ## When it runs
    /// In an editor when the file was opened or saved; in `check` for every script. The script is
    /// parsed, never run. Silent when no bash is found, or when the setting `bash` is off. Patterns
    /// such as `!(a|b)` are right where the script, or one of those that are read with it, has
    /// `shopt -s extglob`.
    ///
    /// ## How to fix it
    /// Correct what stands at the line, or before it: bash often notices later.
    code: "shell-syntax",
    severity: Error,
    group: Images,
    checks: [],
    fix: no,
}

/// Returns whether a script may match extended patterns, such as `!(a|b)`: bash parses them where the
/// option `extglob` was turned on before, by this script, one that sources it, or one that it
/// sources. What is not read may have turned it on.
pub fn may_match_extended(cx: &Context<'_>, id: FileId) -> bool {
    let text_of = |id: FileId| cx.tree.file(id).map_or("", |file| &file.text);
    let patterns = ["?(", "*(", "+(", "@(", "!("];
    if !patterns.iter().any(|pattern| text_of(id).contains(pattern)) {
        return false;
    }
    let turns_on = |id: FileId| {
        text_of(id).lines().any(|line| {
            line.contains("extglob") || (line.contains("shopt") && line.contains(['$', '`']))
        })
    };
    let run = |summary: &Summary| {
        summary.opaque || summary.sets_any || summary.reach.iter().any(|id| turns_on(*id))
    };
    let images = cx.model.images.values().map(|image| &image.summary);
    let images: Vec<&Summary> = images
        .filter(|summary| summary.reach.contains(&id))
        .collect();
    let mut drivers = cx.tree.files();
    drivers.any(|(driver, file)| cx.tree.layout.is_driver(&file.path) && turns_on(driver))
        || turns_on(id)
        || match images.is_empty() {
            true => run(&cx.model.summary_of_script(cx.tree, id)),
            false => images.into_iter().any(run),
        }
}

/// The finding in what `bash -n` wrote about a script that it was given on standard input.
pub fn read_output(file: &File, id: FileId, stderr: &str) -> Option<Finding> {
    // A script that is written as Windows does is said to be so; its lines mean something else.
    let written = file.script().and_then(|facts| facts.wrong_line_ends);
    if written.is_some_and(|wrong| wrong.count > 0) {
        return None;
    }
    for line in stderr.lines() {
        let Some((_, rest)) = line.split_once(": line ") else {
            continue;
        };
        let Some((number, message)) = rest.split_once(": ") else {
            continue;
        };
        // A here-document that does not end is none of its own.
        if message.starts_with("warning: ") {
            continue;
        }
        let Ok(number) = number.trim().parse::<usize>() else {
            continue;
        };
        let last = file.lines().count().saturating_sub(1);
        let range = file
            .lines()
            .range(number.saturating_sub(1).min(last), &file.text);
        let message = format!("bash: {}", message.trim());
        return Some(Finding::new(&RULE, FileRange::new(id, range), message));
    }
    None
}
