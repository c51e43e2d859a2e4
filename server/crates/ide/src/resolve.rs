//! Meaning of names in scripts: the files that are sourced, the functions that are called, the
//! scripts that share a variable. Found image by image, as bash would resolve them.

use rustc_hash::FxHashSet;

use model::FileSpan;
use model::image::trace_of;
use model::trace::EventKind;
use model::view::View;
use model::{FileId, Image};
use syntax::TextRange;
use syntax::bash::{Assign, Function, NameKind, Step, steps};

/// Limit of the images that are traced for one request: many share an include, and agree.
pub(super) const MAX_TRACED_IMAGES: usize = 24;

/// Returns the file that a path in a script leads to, given as it is written there.
pub(super) fn sourced(view: &View<'_>, script: FileId, written: &str) -> Option<FileId> {
    let text: String = written.chars().filter(|c| !"\"'".contains(*c)).collect();
    view.tree
        .resolve_file(&path_in_checkout(view, script, &text)?)
}

/// Returns the path in the checkout of an unquoted path in a script, which begins with `$INCLUDE`,
/// `$IMAGEDIR` or `$BASEDIR`; `None` for any other text.
pub(super) fn path_in_checkout(view: &View<'_>, script: FileId, text: &str) -> Option<String> {
    let prefix = view.tree.layout.prefix();
    let after = |variable: &str| {
        let starts = [format!("${variable}/"), format!("${{{variable}}}/")];
        starts.iter().find_map(|start| text.strip_prefix(start))
    };
    if let Some(rest) = after("INCLUDE") {
        Some(format!("{prefix}include/{rest}"))
    } else if let Some(rest) = after("BASEDIR") {
        Some(format!("{prefix}{rest}"))
    } else if let Some(rest) = after("IMAGEDIR") {
        let path = view.tree.path(script)?;
        let directory = view.model.directory_of(view.tree, path)?;
        Some(format!("{prefix}images/{}/{rest}", directory.name))
    } else {
        None
    }
}

/// Returns the images whose scripts read a file.
pub(super) fn readers<'v>(
    view: &View<'v>,
    file: FileId,
) -> impl Iterator<Item = &'v Image> + use<'v> {
    let path = view.tree.path(file);
    let directory = path.and_then(|path| view.model.directory_of(view.tree, path));
    let directory = directory.map(|directory| directory.name.clone());
    let images = view.model.images.values().map(|image| &**image);
    images.filter(move |image| {
        let is_own = directory
            .as_ref()
            .is_some_and(|own| image.directory == *own);
        is_own || image.summary.reach.contains(&file)
    })
}

/// Tells whether a file defines a function.
pub(super) fn defines(view: &View<'_>, file: FileId, name: &str) -> bool {
    function_range(view, file, name).is_some()
}

/// Returns the files that define the function that a name in a range stands for, in any of the
/// images that read the file; if none of them defines it, all files that do.
pub(super) fn helper_files(
    view: &View<'_>,
    name: &str,
    file: FileId,
    range: TextRange,
) -> Vec<FileId> {
    let mut found: Vec<FileId> = Vec::new();
    for image in readers(view, file) {
        let reach = image.summary.reach.iter().copied();
        let definers: Vec<FileId> = reach.filter(|id| defines(view, *id, name)).collect();
        match definers.as_slice() {
            [] => {}
            [only] => add(&mut found, *only),
            several => {
                let called = called_in(view, image, file, range);
                for id in if called.is_empty() { several } else { &called } {
                    add(&mut found, *id);
                }
            }
        }
    }
    if found.is_empty() && defines(view, file, name) {
        found.push(file);
    }
    if found.is_empty() {
        found = view.model.helpers.get(name).cloned().unwrap_or_default();
    }
    found
}

fn add(found: &mut Vec<FileId>, file: FileId) {
    if !found.contains(&file) {
        found.push(file);
    }
}

/// Returns the files of the functions that a call in a range goes to in one image.
fn called_in(view: &View<'_>, image: &Image, file: FileId, range: TextRange) -> Vec<FileId> {
    let mut found = Vec::new();
    for event in trace_of(view.tree, view.model, image).events {
        if let EventKind::Called {
            function: Some((definer, _)),
            ..
        } = event.kind
            && event.at.file == file
            && event.at.range(view.tree) == range
        {
            add(&mut found, definer);
        }
    }
    found
}

/// Returns the scripts that may share a variable with a script: those that name it and that some
/// image reads together with the script, and those that share it with them.
pub(super) fn sharing(view: &View<'_>, name: &str, file: FileId) -> Vec<FileId> {
    let finder = memchr::memmem::Finder::new(name);
    let names = |id: FileId| {
        let file = view.tree.file(id);
        let script = file.and_then(|file| Some((file, file.script()?)));
        script.is_some_and(|(file, facts)| {
            let mut occurrences = facts.occurrences.iter();
            occurrences.any(|o| o.kind == NameKind::Variable && file.slice(o.range) == name)
                || (finder.find(file.text.as_bytes()).is_some()
                    && file
                        .variable_uses()
                        .iter()
                        .any(|range| file.slice(*range) == name))
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

/// Returns the scripts that some image reads together with one of these, and these.
pub(super) fn read_together(view: &View<'_>, files: &[FileId]) -> Vec<FileId> {
    let mut found = files.to_vec();
    for image in files.iter().flat_map(|file| readers(view, *file)) {
        let directory = view.model.directories.get(&image.directory);
        let own = directory.into_iter().flat_map(|d| d.scripts());
        found.extend(image.summary.reach.iter().copied().chain(own));
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// Returns the assignments of a block, in branches and loops as well.
pub(super) fn assignments(block: &[Step]) -> impl Iterator<Item = &Assign> {
    steps(block).filter_map(|step| match step {
        Step::Assign(assign) => Some(&**assign),
        _ => None,
    })
}

/// Returns the definition of the function around a range, if a variable is local to it.
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

/// Returns the name of a function in its definition in a file: the last definition counts.
pub(super) fn function_range(view: &View<'_>, file: FileId, name: &str) -> Option<TextRange> {
    let facts = view.tree.script(file)?;
    facts.function(name).map(|f| facts.range(f.name_span))
}

/// Returns the assignments that give a variable its value in a range, one for each image at most.
pub(super) fn assignments_in_effect(
    view: &View<'_>,
    name: &str,
    file: FileId,
    range: TextRange,
) -> Vec<FileSpan> {
    let mut found = Vec::new();
    // Many images share an include; the first ones show what there is.
    for image in readers(view, file).take(MAX_TRACED_IMAGES) {
        let trace = trace_of(view.tree, view.model, image);
        if let Some((assignment, _)) = trace.in_effect(view.tree, name, file, range.start())
            && !found.contains(&assignment)
        {
            found.push(assignment);
        }
    }
    found
}
