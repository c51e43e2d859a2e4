//! What a build was read from: as long as it stays as it is, so does the build.

use std::sync::Arc;

use model::tree::Tree;
use model::view::View;
use model::{FileId, Image};

/// The files and paths of a checkout that decided on a build.
#[derive(Debug, Default)]
pub(crate) struct Reads {
    /// `build.sh` of the image, and what is always loaded before it.
    first: [Option<FileId>; 2],
    /// Files with their texts.
    files: Vec<(FileId, Arc<str>)>,
    /// Paths that were looked up, and what was there.
    paths: Vec<(String, Found)>,
}

/// What is at a path: a file, something else that exists, or nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    File(FileId),
    Other,
    Nothing,
}

impl Found {
    fn at(tree: &Tree, path: &str) -> Found {
        match (tree.resolve_file(path), tree.resolve(path)) {
            (Some(file), _) => Found::File(file),
            (None, Ok(_)) => Found::Other,
            (None, Err(_)) => Found::Nothing,
        }
    }
}

impl Reads {
    pub(crate) fn new(common: Option<FileId>, build: Option<FileId>) -> Reads {
        Reads {
            first: [common, build],
            ..Reads::default()
        }
    }

    pub(crate) fn add_file(&mut self, id: FileId, text: &Arc<str>) {
        if !self.files.iter().any(|(other, _)| *other == id) {
            self.files.push((id, text.clone()));
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
        paths.filter_map(|(path, found)| (*found == Found::Nothing).then_some(path.as_str()))
    }

    /// Returns whether another build would read the same.
    pub(crate) fn are_current(&self, view: &View<'_>, image: &Image) -> bool {
        let directory = view.model.directories.get(&image.directory);
        let first = [view.model.common, directory.and_then(|d| d.build)];
        let is_same = |(id, text): &(FileId, Arc<str>)| {
            let file = view.tree.file(*id);
            file.is_some_and(|file| Arc::ptr_eq(&file.text, text) || file.text == *text)
        };
        let is_there = |(path, found): &(String, Found)| Found::at(view.tree, path) == *found;
        self.first == first && self.files.iter().all(is_same) && self.paths.iter().all(is_there)
    }
}
