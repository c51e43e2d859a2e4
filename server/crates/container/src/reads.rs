//! What a build was read from: as long as it stays as it is, so does the build.

use std::sync::Arc;

use model::tree::{Broken, Tree};
use model::view::View;
use model::{FileId, Image};

/// The files and paths of a checkout that decided on a build.
#[derive(Debug, Default)]
pub struct Reads {
    /// `build.sh` of the image, and what is always loaded before it.
    first: [Option<FileId>; 2],
    /// Files with their texts; `None` where that is not known.
    files: Vec<(FileId, Option<Arc<str>>)>,
    /// Paths that were looked up, and what was there.
    paths: Vec<(String, Found)>,
}

/// What is at a path: a file, something else that exists, or nothing that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    File(FileId),
    Other,
    Nothing(Broken),
}

impl Found {
    fn at(tree: &Tree, path: &str) -> Found {
        match (tree.resolve_file(path), tree.resolve(path)) {
            (Some(file), _) => Found::File(file),
            (None, Ok(_)) => Found::Other,
            (None, Err(broken)) => Found::Nothing(broken),
        }
    }
}

impl Reads {
    pub(crate) fn new(common: Option<FileId>, build: FileId) -> Reads {
        Reads {
            first: [common, Some(build)],
            ..Reads::default()
        }
    }

    pub(crate) fn add_file(&mut self, tree: &Tree, id: FileId) {
        if !self.files.iter().any(|(other, _)| *other == id) {
            self.files.push((id, text_of(tree, id).cloned()));
        }
    }

    pub(crate) fn add_path(&mut self, tree: &Tree, path: &str) {
        if !self.paths.iter().any(|(other, _)| other == path) {
            self.paths.push((path.to_owned(), Found::at(tree, path)));
        }
    }

    /// Returns the files that were read.
    pub(crate) fn files(&self) -> impl Iterator<Item = FileId> {
        let read = self.files.iter().map(|(id, _)| *id);
        self.first.into_iter().flatten().chain(read)
    }

    /// Returns the paths at which nothing was found.
    pub(crate) fn missing(&self) -> impl Iterator<Item = &str> {
        let paths = self.paths.iter();
        paths
            .filter_map(|(path, found)| matches!(found, Found::Nothing(_)).then_some(path.as_str()))
    }

    /// Returns whether another build would read the same.
    pub fn are_current(&self, view: &View<'_>, image: &Image) -> bool {
        let directory = view.model.directories.get(&image.directory);
        let first = [view.model.common, directory.and_then(|d| d.build)];
        let is_same =
            |(id, text): &(FileId, Option<Arc<str>>)| match (text, text_of(view.tree, *id)) {
                (Some(before), Some(now)) => Arc::ptr_eq(before, now) || before == now,
                (before, now) => before.is_none() && now.is_none(),
            };
        let is_there = |(path, found): &(String, Found)| Found::at(view.tree, path) == *found;
        self.first == first && self.files.iter().all(is_same) && self.paths.iter().all(is_there)
    }
}

/// The text of a file, if it is known.
fn text_of(tree: &Tree, id: FileId) -> Option<&Arc<str>> {
    let file = tree.file(id).filter(|file| file.is_readable());
    file.map(|file| &file.text)
}
