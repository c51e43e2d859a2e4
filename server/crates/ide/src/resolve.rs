//! What names in scripts mean: files that are sourced, functions that are called, the scripts that
//! share a variable. Image by image, as bash would have it.

use rustc_hash::FxHashSet;

use model::FileSpan;
use model::image::trace_of;
use model::view::View;
use model::{FileId, Image};
use syntax::TextRange;
use syntax::bash::{Assign, Function, NameKind, Step, steps};

/// The file that a path in a script leads to, as it is written: under `$INCLUDE`, `$IMAGEDIR` or
/// `$BASEDIR`.
pub(super) fn sourced(view: &View<'_>, script: FileId, written: &str) -> Option<FileId> {
    let text: String = written.chars().filter(|c| !"\"'".contains(*c)).collect();
    let prefix = view.tree.layout.prefix();
    let rest = |name: &str| {
        [format!("${name}/"), format!("${{{name}}}/")]
            .iter()
            .find_map(|start| text.strip_prefix(start.as_str()).map(str::to_owned))
    };
    let path = if let Some(rest) = rest("INCLUDE") {
        format!("{prefix}include/{rest}")
    } else if let Some(rest) = rest("BASEDIR") {
        format!("{prefix}{rest}")
    } else if let Some(rest) = rest("IMAGEDIR") {
        let own = view.tree.path(script)?;
        let directory = view.model.directory_of(view.tree, own)?;
        format!("{prefix}images/{}/{rest}", directory.name)
    } else {
        return None;
    };
    view.tree.resolve_file(&path)
}

/// The images whose scripts read a file.
pub(super) fn readers<'v>(
    view: &View<'v>,
    file: FileId,
) -> impl Iterator<Item = &'v Image> + use<'v> {
    let own = view
        .tree
        .path(file)
        .and_then(|path| view.model.directory_of(view.tree, path))
        .map(|d| d.name.clone());
    view.model
        .images
        .values()
        .map(|i| &**i)
        .filter(move |image| {
            image.summary.reach.contains(&file)
                || own.as_ref().is_some_and(|own| image.directory == *own)
        })
}

/// The files that define a function, of those that an image reads.
fn definers(view: &View<'_>, image: &Image, name: &str) -> Vec<FileId> {
    let defines = |id: &&FileId| {
        view.tree
            .script(**id)
            .is_some_and(|facts| facts.function(name).is_some())
    };
    image
        .summary
        .reach
        .iter()
        .filter(defines)
        .copied()
        .collect()
}

/// The files whose function of a name a call at a place of a file goes to, over all images that
/// come by; where none does, wherever it is defined.
pub(super) fn helper_files(
    view: &View<'_>,
    name: &str,
    file: FileId,
    range: TextRange,
) -> Vec<FileId> {
    let mut found: Vec<FileId> = Vec::new();
    for image in readers(view, file) {
        let definers = definers(view, image, name);
        match definers.as_slice() {
            [] => {}
            [only] => add(&mut found, *only),
            several => {
                let called = called_in(view, image, file, range);
                for target in if called.is_empty() { several } else { &called } {
                    add(&mut found, *target);
                }
            }
        }
    }
    if found.is_empty() {
        let own = view.tree.script(file);
        if own.is_some_and(|facts| facts.function(name).is_some()) {
            return vec![file];
        }
        found = view.model.helpers.get(name).cloned().unwrap_or_default();
    }
    found
}

fn add(found: &mut Vec<FileId>, file: FileId) {
    if !found.contains(&file) {
        found.push(file);
    }
}

/// The files of the functions that a call goes to in one image.
fn called_in(view: &View<'_>, image: &Image, file: FileId, range: TextRange) -> Vec<FileId> {
    let trace = trace_of(view.tree, view.model, image);
    let facts = view.tree.script(file);
    let mut found = Vec::new();
    for event in &trace.events {
        let here =
            event.at.file == file && facts.is_some_and(|facts| facts.range(event.at.span) == range);
        if let model::trace::EventKind::Called {
            function: Some((target, _)),
            ..
        } = &event.kind
            && here
        {
            add(&mut found, *target);
        }
    }
    found
}

/// The scripts that may share a variable with a script: those that some image reads together with
/// it, and that name it; and those that share it with them.
pub(super) fn sharing(view: &View<'_>, name: &str, file: FileId) -> Vec<FileId> {
    let names = |id: FileId| {
        view.tree
            .file(id)
            .and_then(|f| Some((f, f.script()?)))
            .is_some_and(|(file, facts)| {
                facts
                    .occurrences
                    .iter()
                    .any(|o| o.kind == NameKind::Variable && file.slice(o.range) == name)
            })
    };
    let mut known: FxHashSet<FileId> = FxHashSet::from_iter([file]);
    let mut checked: FxHashSet<FileId> = known.clone();
    let mut pending = vec![file];
    while let Some(next) = pending.pop() {
        for image in readers(view, next) {
            let directory = view.model.directories.get(&image.directory);
            let own = directory.into_iter().flat_map(|d| d.scripts());
            for other in image.summary.reach.iter().copied().chain(own) {
                if checked.insert(other) && names(other) {
                    known.insert(other);
                    pending.push(other);
                }
            }
        }
    }
    let mut found: Vec<FileId> = known.into_iter().collect();
    found.sort_unstable();
    found
}

/// The assignments of a block, in branches and loops too.
pub(super) fn assignments(block: &[Step]) -> impl Iterator<Item = &Assign> {
    steps(block).filter_map(|step| match step {
        Step::Assign(assign) => Some(&**assign),
        _ => None,
    })
}

/// The function around a place in which a variable is local, as the range of its definition.
pub(super) fn local_scope(
    view: &View<'_>,
    name: &str,
    file: FileId,
    range: TextRange,
) -> Option<TextRange> {
    let declares = |f: &&Function| assignments(&f.body).any(|a| a.local && a.name == name);
    let facts = view.tree.script(file)?;
    facts
        .effects
        .functions
        .iter()
        .filter(declares)
        .map(|f| facts.range(f.definition_span))
        .find(|body| body.contains_range(range))
}

/// Where a file defines a function: the last definition counts.
pub(super) fn function_range(view: &View<'_>, file: FileId, name: &str) -> Option<TextRange> {
    let facts = view.tree.script(file)?;
    facts.function(name).map(|f| facts.range(f.name_span))
}

/// The assignment that gives a variable its value at a place, in each image that comes by.
pub(super) fn assignments_in_effect(
    view: &View<'_>,
    name: &str,
    file: FileId,
    range: TextRange,
) -> Vec<FileSpan> {
    let mut found = Vec::new();
    // Many images share an include: the first few tell enough.
    for image in readers(view, file).take(MAX_IMAGES) {
        let trace = trace_of(view.tree, view.model, image);
        if let Some((place, _)) = trace.in_effect(view.tree, name, file, range.start())
            && !found.contains(&place)
        {
            found.push(place);
        }
    }
    found
}

/// How many images are followed step by step to answer one question.
const MAX_IMAGES: usize = 16;
