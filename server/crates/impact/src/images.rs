//! The images that a change reaches.

use std::collections::BTreeSet;

use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::{SmolStr, format_smolstr};

use crate::sections::{Section, SectionKind};
use crate::slice::{Scripts, SectionId, Slice};
use crate::suite::ChangedSuite;
use crate::{AffectedImage, Because, Changed, below};
use model::order::natural;
use model::suite::TestSuite;
use model::test_runner::image_test;
use model::tree::{ChangedFile, Tree};
use model::{FileId, FileRange, Image};

/// Directory of the module that NixOS images are built with.
const NIXOS_CONTAINER: &str = "os/lib/nixos-container";

/// Returns the images that a change reaches, and those that it removes.
pub(crate) fn affected(
    changed: &Changed<'_>,
    suite: &ChangedSuite,
) -> (Vec<AffectedImage>, Vec<SmolStr>) {
    let search = Search::new(changed);
    let view = &changed.after;
    let has_tests = TestSuite::of(view.tree).has_image_tests() != Some(false);
    let mut for_all = search.for_all();
    if has_tests {
        for_all.extend(suite.for_all.iter().chain(&suite.for_images).cloned());
    }
    let mut images: Vec<&Image> = view.model.images.values().map(|image| &**image).collect();
    images.sort_by(|a, b| natural(&a.name, &b.name));
    let mut found = Vec::new();
    for image in images {
        let mut because = search.of_image(image);
        because.extend(for_all.iter().cloned());
        let mut seen = FxHashSet::default();
        because.retain(|reason| seen.insert(reason.clone()));
        if !because.is_empty() {
            found.push(AffectedImage {
                image: image.name.clone(),
                test: has_tests.then(|| image_test(&image.name)),
                because,
            });
        }
    }
    let before = changed
        .before
        .iter()
        .flat_map(|before| before.model.images.keys());
    let removed = before.filter(|name| !view.model.images.contains_key(*name));
    (found, removed.cloned().collect())
}

/// A section that is not as it was.
type ChangedSection = (SmolStr, SectionKind);

/// What has changed, and the sections that decide on images.
struct Search<'a> {
    changed: &'a Changed<'a>,
    before: Option<Scripts<'a>>,
    after: Scripts<'a>,
    /// The sections that have changed, each with the reason.
    sections: FxHashMap<ChangedSection, Because>,
    /// Files of which anything may have changed.
    whole: BTreeSet<&'a SmolStr>,
    /// Files beside the includes that no image names: each may read them.
    unnamed: BTreeSet<&'a SmolStr>,
}

/// What decides on one image, before a change or after it.
struct Side<'s, 'a> {
    scripts: &'s Scripts<'a>,
    image: &'s Image,
    slice: Slice,
}

impl<'a> Search<'a> {
    fn new(changed: &'a Changed<'a>) -> Search<'a> {
        let mut search = Search {
            changed,
            before: changed.before.map(Scripts::new),
            after: Scripts::new(changed.after),
            sections: FxHashMap::default(),
            whole: BTreeSet::new(),
            unnamed: BTreeSet::new(),
        };
        search.compare();
        search.find_unnamed();
        search
    }

    /// Compares the scripts that both checkouts have, and notes the files of which the text is not read.
    fn compare(&mut self) {
        let trees = self.changed.before.map(|before| before.tree);
        for file in self.changed.files {
            let text = |tree: &'a Tree| {
                let id = tree.id(&file.path)?;
                tree.file(id)
                    .filter(|file| file.is_readable() && file.script().is_some())
            };
            let both = trees.and_then(text).zip(text(self.changed.after.tree));
            if both.is_none() || self.changed.outside_of_words(&file.path).is_some() {
                self.whole.insert(&file.path);
            }
        }
        let Some((before, tree)) = self.before.as_ref().zip(trees) else {
            return;
        };
        let after = self.changed.after.tree;
        let mut found = Vec::new();
        for (id, file) in after.files() {
            let old = tree.id(&file.path);
            let Some((old, sections)) = old.zip(self.after.sections_of(id)) else {
                continue;
            };
            let Some(old_sections) = before.sections_of(old) else {
                continue;
            };
            if self.whole.contains(&file.path)
                || tree.file(old).is_some_and(|old| old.text == file.text)
            {
                continue;
            }
            for kind in old_sections.difference(sections) {
                let (old, new) = (old_sections.of_kind(&kind), sections.of_kind(&kind));
                let reason = section_changed(&file.path, id, &kind, old, new);
                found.push(((file.path.clone(), kind), reason));
            }
        }
        self.sections.extend(found);
    }

    /// Returns the reasons that hold for every image: what tests them.
    fn for_all(&self) -> Vec<Because> {
        let mut found = Vec::new();
        let sides = [self.before.as_ref(), Some(&self.after)];
        for scripts in sides.into_iter().flatten() {
            let slice = scripts.of_tests();
            let files = slice
                .files
                .iter()
                .filter_map(|id| scripts.view.tree.path(*id));
            for path in files.filter(|path| self.whole.contains(path)) {
                found.push(
                    self.changed
                        .of_file(path, "a file that every image is tested with"),
                );
            }
            found.extend(self.changed_sections(scripts, &slice));
        }
        let prefix = self.changed.after.tree.layout.prefix();
        let drivers = format_smolstr!("{prefix}bin/");
        for path in &self.whole {
            let is_known = self.changed.after.tree.layout.is_driver(path);
            if path.starts_with(drivers.as_str()) && (!is_known || !path.ends_with("/test")) {
                found.push(
                    self.changed
                        .of_file(path, "a file that every image is built or tested with"),
                );
            }
        }
        found
    }

    fn of_image(&self, image: &Image) -> Vec<Because> {
        let after = self.side(&self.after, image);
        let old = self.before.as_ref().and_then(|scripts| {
            let image = scripts.view.model.images.get(&image.name)?;
            Some(self.side(scripts, image))
        });
        let mut found = Vec::new();
        if self.before.is_some() && old.is_none() {
            let is_new = self.changed.is_of_change(image);
            found.extend(is_new.then(|| self.is_new(image)));
            return found;
        }
        for side in [old.as_ref(), Some(&after)].into_iter().flatten() {
            for reason in self.of_side(side) {
                // What a file was is said once.
                let is_said = |known: &Because| known.path == reason.path;
                if !self.whole.contains(&reason.path) || !found.iter().any(is_said) {
                    found.push(reason);
                }
            }
        }
        if let Some(old) = &old {
            found.extend(self.other_files(old, &after));
        }
        found
    }

    fn side<'s>(&self, scripts: &'s Scripts<'a>, image: &'s Image) -> Side<'s, 'a> {
        Side {
            slice: scripts.of_image(image),
            scripts,
            image,
        }
    }

    fn is_new(&self, image: &Image) -> Because {
        let view = &self.changed.after;
        let directory = view.model.directories.get(&image.directory);
        let main = directory.and_then(|directory| directory.main_file());
        let link = format_smolstr!("{}images/{}", view.tree.layout.prefix(), image.name);
        let path = main
            .and_then(|id| view.tree.path(id))
            .filter(|_| !image.alias);
        Because {
            at: main.filter(|_| !image.alias).map(FileRange::start_of),
            path: path.cloned().unwrap_or(link),
            message: "the image is new".to_owned(),
        }
    }

    /// Returns the reasons that one state of the checkout has.
    fn of_side(&self, side: &Side<'_, 'a>) -> Vec<Because> {
        let view = &side.scripts.view;
        let mut found: Vec<Because> = self.changed_sections(side.scripts, &side.slice).collect();
        let prefix = view.tree.layout.prefix();
        let own = format_smolstr!("{prefix}images/{}", side.image.directory);
        let link = format_smolstr!("{prefix}images/{}", side.image.name);
        let files: FxHashSet<&SmolStr> = side
            .slice
            .files
            .iter()
            .filter_map(|id| view.tree.path(*id))
            .collect();
        let mut said = FxHashMap::default();
        for file in self.changed.files {
            let path = &file.path;
            let is_own = below(path, &own).is_some_and(|rest| rest != "abstract");
            let is_read = files.contains(path);
            if is_read && !self.whole.contains(path) || view.tree.layout.is_driver(path) {
                continue;
            }
            if is_read || is_own || *path == link {
                found.push(self.changed.of_file(path, "a file of its build"));
            } else if is_built_from_template(side.image, path) {
                let what = "a file of the NixOS template that its build makes";
                found.push(self.changed.of_file(path, what));
            } else if self.is_named(side, file, &mut said) {
                found.push(self.changed.of_file(path, "a file that its scripts name"));
            }
        }
        found.extend(self.of_builder(side));
        found
    }

    /// Returns the sections that have changed, of those that decide on something.
    fn changed_sections(
        &self,
        scripts: &Scripts<'a>,
        slice: &Slice,
    ) -> impl Iterator<Item = Because> {
        let reason = |section_id: &SectionId| {
            let section = scripts.section(*section_id)?;
            let path = scripts.view.tree.path(section_id.0)?;
            self.sections
                .get(&(path.clone(), section.kind.clone()))
                .cloned()
        };
        slice
            .sections
            .iter()
            .filter_map(reason)
            .collect::<Vec<_>>()
            .into_iter()
    }

    /// Returns the reasons that are in the builder of an image.
    fn of_builder(&self, side: &Side<'_, 'a>) -> Vec<Because> {
        let view = &side.scripts.view;
        let builders = format_smolstr!("{}builders", view.tree.layout.prefix());
        let name = side.image.identity.builder.fixed();
        let slice = name.and_then(|name| side.scripts.of_builder(name));
        let mut found = Vec::new();
        if let Some(slice) = slice {
            found.extend(self.changed_sections(side.scripts, slice));
        }
        for file in self.changed.files {
            let is_own = match name {
                Some(name) => {
                    let own = format_smolstr!("{builders}/{name}");
                    below(&file.path, &own).is_some() || *file.path == own
                }
                // Any of them may be its builder.
                None => below(&file.path, &builders).is_some(),
            };
            let is_whole = self.whole.contains(&file.path) || name.is_none();
            if is_own && is_whole {
                found.push(self.changed.of_file(&file.path, "a file of its builder"));
            }
        }
        found
    }

    /// Returns whether the scripts of an image may mean a file that none of them sources; `said` keeps
    /// what they say.
    fn is_named(
        &self,
        side: &Side<'_, 'a>,
        file: &ChangedFile,
        said: &mut FxHashMap<String, bool>,
    ) -> bool {
        let view = &side.scripts.view;
        let mut known = |key: &str, find: &dyn Fn() -> bool| match said.get(key) {
            Some(is_said) => *is_said,
            None => {
                let is_said = find();
                said.insert(key.to_owned(), is_said);
                is_said
            }
        };
        // No name in a path has a slash.
        if let Some(directory) = self.directory_of(&file.path) {
            // That file says which directories are images, and reaches no build.
            if file.path.ends_with(&format!("/{directory}/abstract")) {
                return false;
            }
            let find = || side.scripts.names(&side.slice, directory);
            return known(&format!("/{directory}"), &find);
        }
        let mut says = |text: &str| known(text, &|| side.scripts.says(&side.slice, text));
        if below(&file.path, NIXOS_CONTAINER).is_some() {
            return says("nixos-container");
        }
        let Some(rest) = file.path.strip_prefix(view.tree.layout.prefix()) else {
            return false;
        };
        let mut names = |path: &str| {
            let first = path.split('/').next().unwrap_or(path);
            says(first) && side.scripts.names_path(&side.slice, path)
        };
        match rest.split_once('/') {
            Some(("images" | "builders" | "tests" | "bin", _)) | None => false,
            // A script that is not sourced may still be copied.
            Some(("include", inside)) => names(inside) || self.unnamed.contains(&file.path),
            Some(_) => view.tree.layout == model::Layout::Whole && names(rest),
        }
    }

    /// Returns the name of the image's directory that a file is in.
    fn directory_of<'p>(&self, path: &'p str) -> Option<&'p str> {
        let rest = path.strip_prefix(self.changed.after.tree.layout.prefix())?;
        let name = rest.strip_prefix("images/")?.split('/').next()?;
        (!name.is_empty()).then_some(name)
    }

    /// Finds the files that are no scripts and lie beside the includes, and that no image names.
    fn find_unnamed(&mut self) {
        let includes = format_smolstr!("{}include", self.changed.after.tree.layout.prefix());
        let mut unnamed: Vec<(&SmolStr, &str)> = Vec::new();
        for file in self.changed.files {
            let rest = below(&file.path, &includes).filter(|rest| !rest.ends_with(".sh"));
            unnamed.extend(rest.map(|rest| (&file.path, rest)));
        }
        if unnamed.is_empty() {
            return;
        }
        for image in self.changed.after.model.images.values() {
            let slice = self.after.of_image(image);
            unnamed.retain(|(_, rest)| !self.after.names_path(&slice, rest));
        }
        self.unnamed = unnamed.into_iter().map(|(path, _)| path).collect();
    }

    /// Returns the scripts that an image reads and did not read, or the other way round.
    fn other_files(&self, old: &Side<'_, 'a>, new: &Side<'_, 'a>) -> Vec<Because> {
        let paths = |side: &Side<'_, 'a>| -> BTreeSet<SmolStr> {
            let view = &side.scripts.view;
            let summary = &side.image.summary;
            // Where some name is not known, each include may be read; of none is that certain.
            let is_certain = |id: &&FileId| {
                summary.reach.contains(id)
                    || view.model.common == Some(**id)
                    || !view.model.includes.contains(id)
            };
            let files = side.slice.files.iter().filter(is_certain);
            let paths = files.filter_map(|id| view.tree.path(*id));
            let others = paths.filter(|path| !self.whole.contains(path));
            others.cloned().collect()
        };
        let (before, after) = (paths(old), paths(new));
        let reason = |path: &SmolStr, message: &str| Because {
            at: self.changed.after.tree.id(path).map(FileRange::start_of),
            path: path.clone(),
            message: message.to_owned(),
        };
        let added = after
            .difference(&before)
            .map(|path| reason(path, "it is read now"));
        let gone = before
            .difference(&after)
            .map(|path| reason(path, "it is not read any more"));
        added.chain(gone).collect()
    }
}

/// Returns whether an image is one of NixOS, and a file one of the module that those are built with.
fn is_built_from_template(image: &Image, path: &str) -> bool {
    let is_nixos = image.identity.distname.fixed() == Some("nixos");
    (is_nixos || image.name.starts_with("nixos-")) && below(path, NIXOS_CONTAINER).is_some()
}

/// Returns the reason that a changed section is.
fn section_changed(
    path: &SmolStr,
    file: FileId,
    kind: &SectionKind,
    old: Option<&Section>,
    new: Option<&Section>,
) -> Because {
    let word = match (old, new) {
        (None, _) => "is new",
        (_, None) => "is gone",
        _ => "has changed",
    };
    let what = match kind {
        SectionKind::Code => "its code".to_owned(),
        SectionKind::Function(name) => format!("`{name}`"),
        SectionKind::Variable(name) => format!("`{name}`"),
    };
    let range = new.and_then(|section| section.first_change(old));
    Because {
        path: path.clone(),
        at: range
            .map(|range| FileRange::new(file, range))
            .or(Some(FileRange::start_of(file))),
        message: format!("{what} {word}"),
    }
}
