//! A distribution that the checkout did not have: what else in it has to know the distribution.

use smol_str::{SmolStr, format_smolstr};

use super::retire::Documentation;
use super::script::words;
use crate::Note;
use crate::draft::Draft;
use model::Image;
use model::identity::split_name;
use model::tree::REPOSITORY;

/// Documents that name every distribution.
const DOCUMENTS: [&str; 2] = [
    "docs/osctld/distributions.md",
    "docs/specifications/distributions.md",
];

/// Returns the path of osctld's class of a distribution.
fn class_path(distribution: &str) -> SmolStr {
    format_smolstr!("osctld/lib/osctld/dist_config/distributions/{distribution}.rb")
}

/// Returns the paths of the files outside of images and includes that have to know the distribution of
/// an image, by the image's name.
pub fn distribution_files(image: &str) -> Vec<SmolStr> {
    let [distribution, ..] = split_name(image);
    let documents = DOCUMENTS.map(SmolStr::new_static);
    [class_path(distribution)]
        .into_iter()
        .chain(documents)
        .collect()
}

/// Returns what a new image's distribution still needs elsewhere. `files` are those of
/// [`distribution_files`] that there are; `None` where nobody looked.
pub(super) fn notes(
    draft: &Draft<'_>,
    image: &Image,
    files: Option<&[Documentation]>,
) -> Vec<Note> {
    let mut notes = vendor_note(draft, image).into_iter().collect::<Vec<_>>();
    let Some(distribution) = image.identity.distname.fixed() else {
        return notes;
    };
    let images = draft.view.model.images.values();
    let mut others = images.filter(|other| other.name != image.name);
    let is_known = others.any(|other| other.identity.distname.fixed() == Some(distribution));
    if is_known || draft.repository.is_none() {
        return notes;
    }
    let mut add = |path: &str, state: &str| notes.push(Note::general(format!("{path}: {state}")));
    let text_of =
        |path: &str| files.map(|all| all.iter().find(|f| f.path == path).map(|f| &*f.text));
    let class = class_path(distribution);
    add(
        &class,
        match text_of(&class) {
            Some(Some(_)) => "osctld has a class for it",
            Some(None) => {
                "osctld has no class for it: add one, or containers get neither a host name nor a network"
            }
            None => "has to be there: osctld's class, which sets host name and network",
        },
    );
    for path in DOCUMENTS {
        add(path, &named(distribution, text_of(path)));
    }
    let tests = format_smolstr!("{}tests/packages.sh", draft.view.tree.layout.prefix());
    let tree = draft.view.tree;
    let text = tree
        .id(&tests)
        .and_then(|id| tree.file(id))
        .map(|file| &*file.text);
    add(&tests, &named(distribution, Some(text)));
    let (include, state) = include_state(draft, image, distribution);
    add(&include, &state);
    notes
}

/// Returns whether a file names a distribution, and what to do; `text` is `None` where nobody looked,
/// and `Some(None)` where there is none.
fn named(distribution: &str, text: Option<Option<&str>>) -> String {
    match text {
        None => format!("has to name `{distribution}`"),
        Some(None) => format!("is not there: it would have to name `{distribution}`"),
        Some(Some(text)) if words(&text.to_lowercase(), distribution).is_empty() => {
            format!("does not name `{distribution}`: add it")
        }
        Some(Some(_)) => format!("names `{distribution}` already"),
    }
}

/// Returns the path of a distribution's include, and whether it is there, or what is sourced
/// instead.
fn include_state(draft: &Draft<'_>, image: &Image, distribution: &str) -> (SmolStr, String) {
    let view = draft.view;
    let path = format_smolstr!("{}include/{distribution}.sh", view.tree.layout.prefix());
    if view.tree.node(&path).is_some() {
        return (path, "the include is there".to_owned());
    }
    let model = view.model;
    let sourced = image.summary.reach.iter().filter(|id| {
        let functions = view.tree.script(**id).map(|facts| &facts.effects.functions);
        let has_bootstrap = functions.is_some_and(|all| all.iter().any(|f| f.name == "bootstrap"));
        model.includes.contains(*id) && has_bootstrap
    });
    let names = sourced.filter_map(|id| view.tree.path(*id));
    let names: Vec<String> = names.map(|path| format!("`{path}`")).collect();
    let state = match names.as_slice() {
        [] => "is not there: write it, or source that of a family that has `bootstrap`".to_owned(),
        names => format!("is not there: the scripts source {}", names.join(", ")),
    };
    (path, state)
}

/// Returns what is said where the repository does not know the vendor of an image.
fn vendor_note(draft: &Draft<'_>, image: &Image) -> Option<Note> {
    let vendor = image
        .identity
        .vendor
        .fixed()
        .filter(|vendor| !vendor.is_empty())?;
    let facts = draft.repository.as_ref()?.facts();
    let mut repositories = facts
        .iter()
        .flat_map(|(_, facts)| &facts.repositories)
        .peekable();
    repositories.peek()?;
    let is_unknown = repositories.all(|repository| {
        let mut variants = repository.default_variants.iter();
        repository.defaults_complete
            && repository.default_vendor.as_deref() != Some(vendor)
            && !repository.default_variants.is_empty()
            && variants.all(|(known, _)| known != vendor)
    });
    is_unknown.then(|| {
        Note::general(format!(
            "{REPOSITORY}: `vendors` does not have `{vendor}`: add it with its default variant"
        ))
    })
}
