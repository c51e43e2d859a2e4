//! The subject of the commit message of a change, as the tree's own commits have it.

use smol_str::{SmolStr, format_smolstr};

use crate::Changed;
use crate::nix_subject::of_nix_files;
use crate::sections::{SectionKind, Sections, with_plain_ends};
use edits::{Change, Edit};
use model::order::natural;
use model::tree::{ChangeKind, ChangedFile};
use model::view::View;
use model::{FileKind, Image, Layout};

/// Names in a list at most; more are counted.
const MAX_NAMES: usize = 4;
/// Columns of a subject.
const WIDTH: usize = 72;

/// Images and builders that a change adds, removes and changes.
#[derive(Debug, Default)]
pub(crate) struct Named {
    pub(crate) added: Vec<SmolStr>,
    pub(crate) removed: Vec<SmolStr>,
    /// Images that stay, and have another file of their own.
    pub(crate) changed: Vec<SmolStr>,
    /// Images that stay, and are made from another directory: that of a link, or their own.
    pub(crate) redirected: Vec<SmolStr>,
    pub(crate) builders_added: Vec<SmolStr>,
    pub(crate) builders_removed: Vec<SmolStr>,
    pub(crate) builders_changed: Vec<SmolStr>,
}

impl Named {
    pub(crate) fn of(before: &View<'_>, changed: &Changed<'_>) -> Named {
        let after = &changed.after;
        let (old, new) = (before.model, after.model);
        let sorted = |mut names: Vec<SmolStr>| {
            names.sort_by(|a, b| natural(a, b));
            names
        };
        let has_file = |folder: &str, name: &str| {
            let own = format!("{}{folder}/{name}/", after.tree.layout.prefix());
            changed.files.iter().any(|file| file.path.starts_with(&own))
        };
        let stays = |image: &&std::sync::Arc<Image>| old.images.contains_key(&image.name);
        let images = new.images.values().filter(stays);
        let changed_images = images.filter(|image| has_file("images", &image.directory));
        let is_redirected = |image: &&std::sync::Arc<Image>| {
            let before = old.images.get(&image.name);
            before.is_some_and(|before| before.directory != image.directory)
        };
        let redirected = new.images.values().filter(is_redirected);
        let is_ignored = |name: &SmolStr| {
            let image = new.images.get(name);
            image.is_some_and(|image| !changed.is_of_change(image))
        };
        let builders = new.builders.keys();
        let changed_builders = builders
            .clone()
            .filter(|name| old.builders.contains_key(*name));
        Named {
            added: sorted(without(new.images.keys(), |name| {
                old.images.contains_key(name) || is_ignored(name)
            })),
            removed: sorted(without(old.images.keys(), |name| {
                new.images.contains_key(name)
            })),
            changed: sorted(changed_images.map(|image| image.name.clone()).collect()),
            redirected: sorted(redirected.map(|image| image.name.clone()).collect()),
            builders_added: without(builders, |name| old.builders.contains_key(name)),
            builders_removed: without(old.builders.keys(), |name| new.builders.contains_key(name)),
            builders_changed: changed_builders
                .filter(|name| has_file("builders", name))
                .cloned()
                .collect(),
        }
    }
}

pub(crate) fn without<'n>(
    names: impl Iterator<Item = &'n SmolStr>,
    is_there: impl Fn(&SmolStr) -> bool,
) -> Vec<SmolStr> {
    names.filter(|name| !is_there(name)).cloned().collect()
}

/// Returns names in a sentence.
pub(crate) fn listed(names: &[impl AsRef<str>]) -> String {
    match names {
        [] => String::new(),
        [only] => only.as_ref().to_owned(),
        [first @ .., last] => {
            let first: Vec<&str> = first.iter().map(AsRef::as_ref).collect();
            format!("{} and {}", first.join(", "), last.as_ref())
        }
    }
}

/// Returns names in a sentence, or how many there are of a noun if they are too many.
pub(crate) fn listed_up_to(most: usize, names: &[SmolStr], noun: &str) -> String {
    match (names.len() <= most, names) {
        (true, _) => listed(names),
        (false, [_]) => match noun.strip_suffix("ies") {
            Some(start) => format!("one {start}y"),
            None => format!("one {}", noun.trim_end_matches('s')),
        },
        (false, _) => format!("{} {noun}", names.len()),
    }
}

/// Returns the subject of a commit that has a change and nothing else: with as many names as there is room for.
pub(crate) fn subject(before: &View<'_>, changed: &Changed<'_>, named: &Named) -> String {
    let is_short = |subject: &String| subject.chars().count() <= WIDTH;
    let of_few = of_images(before, &changed.after, named);
    let with_names = |most| with_names_up_to(most, before, changed, named);
    let mut subjects = of_few
        .into_iter()
        .chain((0..=MAX_NAMES).rev().map(with_names));
    let found = subjects.find(is_short);
    found.unwrap_or_else(|| whole_words(&with_count(changed)))
}

/// Returns the subject of a change of which not even the kinds of things have room.
fn with_count(changed: &Changed<'_>) -> String {
    let is_of_scripts = !of_scripts(changed).is_empty();
    let what = format!("change {} files", changed.files.len());
    match changed.after.tree.layout {
        Layout::Whole if is_of_scripts => format!("image-scripts: {what}"),
        Layout::Whole => format!("misc: {what}"),
        Layout::ScriptsOnly => what,
    }
}

/// Returns the words of a text that fit into a subject.
fn whole_words(text: &str) -> String {
    let mut out = String::new();
    for word in text.split(' ') {
        if out.chars().count() + 1 + word.chars().count() > WIDTH {
            break;
        }
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

fn with_names_up_to(
    most: usize,
    before: &View<'_>,
    changed: &Changed<'_>,
    named: &Named,
) -> String {
    let after = &changed.after;
    let (area, what) = match of_many_images(most, before, after, named) {
        Some(what) => ("image-scripts", what),
        None => of_other_files(most, before, changed, named),
    };
    match after.tree.layout {
        Layout::ScriptsOnly if area == "image-scripts" => what,
        _ => format!("{area}: {what}"),
    }
}

/// Returns the subject where few images or a builder came or went: that of the change that does it.
fn of_images(before: &View<'_>, after: &View<'_>, named: &Named) -> Option<String> {
    let count = named.added.len() + named.removed.len();
    let mut change = Change {
        title: String::new(),
        edits: Vec::new(),
        verify: Vec::new(),
        notes: Vec::new(),
        image: SmolStr::default(),
        like: None,
    };
    match (count, named.builders_added.as_slice()) {
        (0, [builder]) if named.builders_removed.is_empty() => change.image = builder.clone(),
        (1..=MAX_NAMES, _) => {}
        _ => return None,
    }
    if let ([new], [old]) = (named.added.as_slice(), named.removed.as_slice())
        && is_renamed(before, after, old, new)
    {
        let path = |name: &str| format_smolstr!("{}images/{name}", after.tree.layout.prefix());
        change.edits.push(Edit::Rename {
            from: path(old),
            to: path(new),
        });
    }
    Some(edits::commit_subject(before, &change, after))
}

/// Returns whether one image is what another one was, under another name.
fn is_renamed(before: &View<'_>, after: &View<'_>, old: &str, new: &str) -> bool {
    let images = before
        .model
        .images
        .get(old)
        .zip(after.model.images.get(new));
    images.is_some_and(|(old, new)| old.identity.is_same_as(&new.identity))
}

/// Returns what happens to many images, to builders, or to images that stay.
fn of_many_images(
    most: usize,
    before: &View<'_>,
    after: &View<'_>,
    named: &Named,
) -> Option<String> {
    let images = |names: &[SmolStr]| listed_up_to(most, names, "images");
    let builders = |names: &[SmolStr]| match names {
        [] => String::new(),
        _ if names.len() > most => listed_up_to(most, names, "builders"),
        [only] => format!("builder {only}"),
        _ => format!("builders {}", listed(names)),
    };
    let deeds = [
        (images(&named.added), images(&named.removed)),
        (
            builders(&named.builders_added),
            builders(&named.builders_removed),
        ),
    ];
    let deed = deeds
        .iter()
        .find(|(added, removed)| !added.is_empty() || !removed.is_empty());
    let Some((added, removed)) = deed else {
        let redirected = redirected(most, before, after, named);
        return redirected.or_else(|| updated(most, before, after, named));
    };
    if named.added.is_empty()
        && named.removed.is_empty()
        && let ([new], [old]) = (&*named.builders_added, &*named.builders_removed)
        && most > 0
        && is_same_builder(before, after, old, new)
    {
        return Some(format!("rename builder {old} to {new}"));
    }
    Some(match (added.is_empty(), removed.is_empty()) {
        (_, true) => format!("add {added}"),
        (true, false) => format!("remove {removed}"),
        (false, false) => format!("add {added}, remove {removed}"),
    })
}

/// Returns whether one builder is what another one was, under another name.
fn is_same_builder(before: &View<'_>, after: &View<'_>, old: &str, new: &str) -> bool {
    let builders = before.model.builders.get(old);
    let builders = builders.zip(after.model.builders.get(new));
    builders.is_some_and(|(old, new)| old.base.is_same_as(&new.base))
}

/// Returns what becomes of images that are made from another directory than before.
fn redirected(most: usize, before: &View<'_>, after: &View<'_>, named: &Named) -> Option<String> {
    let first = after.model.images.get(named.redirected.first()?)?;
    let old = before.model.images.get(&first.name)?;
    let images = listed_up_to(most, &named.redirected, "images");
    let is_one = named.redirected.len() == 1;
    let is_alike = named.redirected.iter().all(|name| {
        let now = after.model.images.get(name);
        let was = before.model.images.get(name);
        now.zip(was).is_some_and(|(now, was)| {
            (now.alias, was.alias) == (first.alias, old.alias)
                && (!now.alias || now.directory == first.directory)
                && (!was.alias || was.directory == old.directory)
        })
    });
    let has_directory = |view: &View<'_>, name: &str| view.model.directories.contains_key(name);
    Some(match (old.alias, first.alias) {
        _ if !is_alike => format!("{images}: change links"),
        (true, true)
            if !has_directory(after, &old.directory)
                && !has_directory(before, &first.directory) =>
        {
            format!("rename {} to {}", old.directory, first.directory)
        }
        (_, true) if is_one => format!("{images}: is a link to {} now", first.directory),
        (_, true) => format!("{images}: are links to {} now", first.directory),
        (true, false) if is_one => format!("{images}: is no link to {} any more", old.directory),
        (true, false) => format!("{images}: are no links to {} any more", old.directory),
        (false, false) => format!("{images}: change links"),
    })
}

/// Returns the point release that an image sets, in whichever way its lines end.
pub(crate) fn point_release(view: &View<'_>, image: &str) -> Option<String> {
    edits::point_release(view, image).map(|version| version.trim_end_matches('\r').to_owned())
}

/// Returns the build number of the release package that an image installs, in whichever way its lines end.
pub(crate) fn release_build(view: &View<'_>, image: &str) -> Option<String> {
    edits::release_build(view, image).map(|build| build.trim_end_matches('\r').to_owned())
}

/// Returns what the images get that stay: one version, or build number.
fn updated(most: usize, before: &View<'_>, after: &View<'_>, named: &Named) -> Option<String> {
    let mut versions: Vec<String> = Vec::new();
    let mut updated: Vec<SmolStr> = Vec::new();
    for image in &named.changed {
        let version = |view: &View<'_>| point_release(view, image);
        let build = |view: &View<'_>| release_build(view, image);
        let point = version(after).filter(|now| version(before).as_ref() != Some(now));
        let number = build(after).filter(|now| build(before).is_some_and(|old| old != *now));
        let version = point.or_else(|| number.map(|number| format!("build {number}")));
        if let Some(version) = version {
            updated.push(image.clone());
            versions.push(version);
        }
    }
    if updated.len() != named.changed.len() || updated.is_empty() {
        return None;
    }
    versions.dedup();
    let images = listed_up_to(most, &updated, "images");
    Some(match versions.as_slice() {
        [version] => format!("update {images} to {version}"),
        _ => format!("update {images}"),
    })
}

/// Returns the area and the text of a change of files that says nothing of images by itself.
fn of_other_files(
    most: usize,
    before: &View<'_>,
    changed: &Changed<'_>,
    named: &Named,
) -> (&'static str, String) {
    let after = &changed.after;
    let prefix = after.tree.layout.prefix();
    let scripts: Vec<&str> = changed
        .files
        .iter()
        .filter_map(|file| file.path.strip_prefix(prefix))
        .filter(|_| !prefix.is_empty())
        .collect();
    if scripts.is_empty() {
        return of_nix_files(most, before, changed);
    }
    let own = Changed {
        files: &of_scripts(changed),
        ..*changed
    };
    if let ([], [], [file]) = (
        named.changed.as_slice(),
        named.builders_changed.as_slice(),
        own.files,
    ) && let Some(what) = whole_file(most, file, &own)
    {
        return ("image-scripts", what);
    }
    let scope = match (named.changed.as_slice(), named.builders_changed.as_slice()) {
        ([], []) => {
            let mut scopes: Vec<&str> = scripts.iter().map(|path| scope_of(path)).collect();
            scopes.dedup();
            match (scopes.len() <= most, scripts.len()) {
                (true, _) => scopes.join(", "),
                (false, 1) => "one file".to_owned(),
                (false, count) => format!("{count} files"),
            }
        }
        ([], builders) if builders.len() <= most => format!("builders/{}", builders.join(", ")),
        ([], builders) => listed_up_to(most, builders, "builders"),
        (images, _) => listed_up_to(most, images, "images"),
    };
    (
        "image-scripts",
        format!("{scope}: {}", deed(most, before, &own)),
    )
}

/// Returns the changed files of the image scripts.
fn of_scripts(changed: &Changed<'_>) -> Vec<ChangedFile> {
    let prefix = changed.after.tree.layout.prefix();
    let files = changed.files.iter();
    files
        .filter(|file| file.path.starts_with(prefix))
        .cloned()
        .collect()
}

/// Returns what is done to a file that is no script before and after.
fn whole_file(most: usize, file: &ChangedFile, changed: &Changed<'_>) -> Option<String> {
    let tree = changed.after.tree;
    let is_script = tree
        .id(&file.path)
        .is_some_and(|id| tree.script(id).is_some());
    let verb = match file.kind {
        ChangeKind::Added => "add",
        ChangeKind::Deleted => "remove",
        ChangeKind::Modified if !is_script => "change",
        ChangeKind::Modified => return None,
    };
    let path = below_prefix(&file.path, changed);
    let names = [SmolStr::new(path)];
    Some(format!("{verb} {}", listed_up_to(most, &names, "files")))
}

fn below_prefix<'p>(path: &'p str, changed: &Changed<'_>) -> &'p str {
    let prefix = changed.after.tree.layout.prefix();
    path.strip_prefix(prefix).unwrap_or(path)
}

/// Returns the name by which commits call a file.
fn scope_of(path: &str) -> &str {
    let path = path.strip_suffix(".sh").unwrap_or(path);
    path.strip_prefix("include/").unwrap_or(path)
}

/// Returns what is done to scripts, as far as their sections tell.
fn deed(most: usize, before: &View<'_>, changed: &Changed<'_>) -> String {
    let (mut added, mut removed, mut other) = (Vec::new(), Vec::new(), Vec::new());
    let mut has_files = false;
    let mut has_definitions = false;
    let mut otherwise = Otherwise::Layout;
    for file in changed.files {
        let text = |view: &View<'_>| {
            let file = view
                .tree
                .id(&file.path)
                .and_then(|id| view.tree.file(id).cloned())?;
            (file.kind == FileKind::Script).then(|| file.text.clone())
        };
        let (old, new) = (text(before), text(&changed.after));
        let (Some(old), Some(new)) = (old, new) else {
            has_files = true;
            match file.kind {
                ChangeKind::Added => added.push(SmolStr::new(name_of(&file.path))),
                ChangeKind::Deleted => removed.push(SmolStr::new(name_of(&file.path))),
                ChangeKind::Modified => other.push(SmolStr::new(name_of(&file.path))),
            }
            continue;
        };
        let (plain_old, plain_new) = (with_plain_ends(&old), with_plain_ends(&new));
        if old == new {
            otherwise = otherwise.max(Otherwise::Mode);
        } else if plain_old == plain_new {
            otherwise = otherwise.max(Otherwise::LineEnds);
        }
        let (old, new) = (Sections::read(&plain_old), Sections::read(&plain_new));
        for kind in old.difference(&new) {
            has_definitions |= kind != SectionKind::Code;
            let (was, is) = (old.of_kind(&kind).is_some(), new.of_kind(&kind).is_some());
            match kind {
                SectionKind::Code => otherwise = Otherwise::Code,
                SectionKind::Function(name) | SectionKind::Variable(name) => match (was, is) {
                    (false, _) => added.push(name),
                    (_, false) => removed.push(name),
                    _ => other.push(name),
                },
            }
        }
    }
    let noun = match (has_files, has_definitions) {
        (true, false) => "files",
        (true, true) => "places",
        _ => "definitions",
    };
    let mut deeds = Vec::new();
    for (verb, names) in [("add", &added), ("remove", &removed), ("change", &other)] {
        if !names.is_empty() {
            let names = listed_up_to(most, names, noun);
            deeds.push(format!("{verb} {names}"));
        }
    }
    match (deeds.as_slice(), otherwise) {
        ([], Otherwise::Layout) => "change comments or layout".to_owned(),
        ([], Otherwise::Mode) => "change modes".to_owned(),
        ([], Otherwise::LineEnds) => "change line ends".to_owned(),
        ([], Otherwise::Code) => "change what it does".to_owned(),
        (deeds, _) => deeds.join(", "),
    }
}

/// What is done to scripts beside definitions, that which says most last.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Otherwise {
    Layout,
    Mode,
    LineEnds,
    Code,
}

pub(crate) fn name_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
