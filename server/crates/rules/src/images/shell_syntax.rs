//! `shell-syntax`: what `bash -n` says. The real bash is run outside of this crate;
//! here is its documentation and how its output is read.

use crate::{ContainerScript, Context, FileRange, Finding};
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
    /// parsed, never run. So is each script that is executed in a container, as far as reading tells
    /// all of its lines. Silent when no bash is found, or when the setting `bash` is off. Patterns
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
    let (line, message) = first_error(stderr)?;
    let last = file.lines().count().saturating_sub(1);
    let range = file.lines().range(line.min(last), &file.text);
    let message = format!("bash: {message}");
    Some(Finding::new(&RULE, FileRange::new(id, range), message))
}

/// The finding in what `bash -n` wrote about a script that is executed in a container.
pub fn read_container_output(script: &ContainerScript, stderr: &str) -> Option<Finding> {
    let (line, message) = first_error(stderr)?;
    // Where the end comes too early, the last line is to blame that somebody wrote.
    let mut lines = (0..=line).rev().filter_map(|line| script.line(line));
    let at = lines.find_map(|range| {
        let is_text = !range.is_empty();
        is_text.then(|| script.code.source_of(range)).flatten()
    });
    let message = format!("bash, of the container's script: {message}");
    Some(Finding::new(&RULE, at?, message))
}

/// The first error that bash wrote about its standard input: its line, counted from 0, and what is
/// wrong.
fn first_error(stderr: &str) -> Option<(usize, &str)> {
    let mut errors = stderr.lines().filter_map(|line| {
        let (_, rest) = line.split_once(": line ")?;
        let (number, message) = rest.split_once(": ")?;
        // A here-document that does not end is none of its own.
        let is_error = !message.starts_with("warning: ");
        let number: usize = number.trim().parse().ok().filter(|_| is_error)?;
        Some((number.saturating_sub(1), message.trim()))
    });
    errors.next()
}
