//! `unresolved-include`.

use crate::{Context, FileRange, Finding};
use edits::Fix;
use model::interpreter::{Summary, UnresolvedSource};
use model::spelling::{did_you_mean, suggest};
use model::{Directory, FileId};
use rustc_hash::FxHashMap;
use syntax::{TextRange, TextSize};

rule! {
    /// A sourced path under `$INCLUDE`, `$IMAGEDIR` or `$BASEDIR` does not exist.
    ///
    /// ## Why
    /// Bash prints an error and goes on: every helper of the file is missing, and the build fails
    /// somewhere later, or makes half an image.
    ///
    /// ## How to fix it
    /// Correct the path, or create the file. A path that reading cannot tell, or that is sourced
    /// under a test for its existence, is left alone.
    code: "unresolved-include",
    severity: Error,
    group: Images,
    checks: [Directory(check), Script(check_script)],
    fix: yes,
}

fn check(cx: &Context<'_>, directory: &Directory, out: &mut Vec<Finding>) {
    let mut alone: FxHashMap<FileId, Summary> = FxHashMap::default();
    for image in cx.images_of(directory) {
        let own: Vec<FileId> = directory.scripts().collect();
        for source in &image.summary.unresolved {
            // A carriage return at the end is no part of what is meant.
            if source.path.ends_with('\r') {
                continue;
            }
            let file = source.source.file;
            // What an include sources wrongly for everybody is said there.
            let mut for_everybody = || {
                let alone = alone
                    .entry(file)
                    .or_insert_with(|| cx.model.summary_of_script(cx.tree, file));
                let mut unresolved = alone.unresolved.iter();
                unresolved.any(|other| other.source == source.source)
            };
            if own.contains(&file) || !for_everybody() {
                out.push(finding(cx, source).image(&image.name));
            }
        }
    }
}

fn check_script(cx: &Context<'_>, file: FileId, out: &mut Vec<Finding>) {
    let summary: Summary = cx.model.summary_of_script(cx.tree, file);
    let here = summary
        .unresolved
        .iter()
        .filter(|source| source.source.file == file && !source.path.ends_with('\r'));
    out.extend(here.map(|source| finding(cx, source)));
}

fn finding(cx: &Context<'_>, source: &UnresolvedSource) -> Finding {
    let (directory, name) = source.path.rsplit_once('/').unwrap_or(("", &source.path));
    let siblings: Vec<&str> = cx.tree.children(directory).map(|(name, _)| name).collect();
    let names = suggest(name, siblings.iter().copied());
    let message = format!("`{}` does not exist{}", source.path, did_you_mean(&names));
    let range = source.source.range(cx.tree);
    let anchor = source.root.file_range(cx.tree);
    let mut finding = Finding::new(&RULE, anchor, message);
    if source.root != source.source {
        finding = finding.related(FileRange::new(source.source.file, range), "sourced here");
        return finding;
    }
    let written = cx
        .tree
        .file(source.source.file)
        .map(|f| f.slice(range))
        .unwrap_or_default();
    // Only where the name is written out can it be corrected.
    if let Some(at) = written.rfind(name) {
        let start = range.start() + TextSize::try_from(at).unwrap_or_default();
        let name_range = TextRange::at(start, TextSize::of(name));
        finding = finding.fixes(names.iter().map(|name| {
            Fix::replace(
                format!("Change to `{name}`"),
                source.source.file,
                name_range,
                *name,
            )
        }));
    }
    finding
}
