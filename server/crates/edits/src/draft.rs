//! A checkout under change. Each step sees what the ones before it did.

use std::borrow::Cow;
use std::collections::BTreeMap;

use smol_str::{SmolStr, format_smolstr};

use crate::apply::text_after;
use crate::nix::{NixFile, Replacement};
use crate::repository::{self, NixFiles};
use crate::{Edit, Note, Refusal};
use model::registration::Registrations;
use model::table::Table;
use model::tree::{Node, REPOSITORY, TEST_TABLE, Tree};
use model::view::View;
use model::{FileId, Model};
use syntax::TextRange;

/// A checkout under change.
pub(crate) struct Draft<'a> {
    /// The checkout as it was.
    pub(crate) view: View<'a>,
    /// Images as they are now.
    pub(crate) model: Cow<'a, Model>,
    /// The repository; `None` where there is none, or it does not parse.
    pub(crate) repository: Option<NixFiles>,
    /// A module that the repository imports and that does not parse.
    unread_module: Option<SmolStr>,
    /// The test table; `None` where there is none, or it does not parse.
    pub(crate) table: Option<NixFile>,
    /// Replacements in the texts of all other files.
    texts: BTreeMap<FileId, Vec<Replacement>>,
    /// Files, directories and links that are made, renamed and deleted.
    file_edits: Vec<Edit>,
    /// Name of the image that is retired at the end of the change, if there is one.
    pub(crate) leaving: Option<SmolStr>,
}

impl<'a> Draft<'a> {
    /// Returns a checkout that nothing was done to yet.
    pub(crate) fn new(view: View<'a>) -> Draft<'a> {
        let table = || {
            let file = view.tree.file(view.tree.id(TEST_TABLE)?)?;
            // Of a file that does not parse, facts and text are of different times.
            (!file.is_stale()).then(|| NixFile::of(file))
        };
        let own = view.tree.id(REPOSITORY);
        let (repository, unread) = match own.map(|own| NixFiles::new(&view, own)) {
            Some(Ok(files)) => (files, None),
            Some(Err(path)) => (None, Some(path)),
            None => (None, None),
        };
        Draft {
            view,
            model: Cow::Borrowed(view.model),
            repository,
            unread_module: unread.filter(|path| path != REPOSITORY),
            table: table().filter(|f| f.table().is_ok()),
            texts: BTreeMap::new(),
            file_edits: Vec::new(),
            leaving: None,
        }
    }

    /// Refuses a checkout with a Nix file that cannot be read, or with several that say something of
    /// one entry: what is done to the rest would be
    /// half of what was asked for.
    pub(crate) fn refuse_unread(&self) -> Result<(), Refusal> {
        let are_read = [
            (REPOSITORY, self.repository.is_some()),
            (TEST_TABLE, self.table.is_some()),
        ];
        for (path, is_read) in are_read {
            if !is_read && self.view.tree.id(path).is_some() {
                return Err(self.unread(path));
            }
        }
        let facts = self.repository.iter().flat_map(NixFiles::facts);
        let facts: Vec<_> = facts.collect();
        let joined = repository::joined(self.view.tree, &facts);
        if joined.is_some_and(|joined| joined.files().count() < facts.len()) {
            return Err(Refusal::new(format!(
                "{REPOSITORY} and the files that it imports say more than one thing of an entry or \
                 a default: write it in one of them first"
            )));
        }
        Ok(())
    }

    /// Returns the reason why a Nix file cannot be changed at all.
    fn unread(&self, path: &str) -> Refusal {
        let module = self.unread_module.as_deref();
        let path = module.filter(|_| path == REPOSITORY).unwrap_or(path);
        Refusal::new(if self.view.tree.id(path).is_some() {
            format!("{path} does not parse: fix it first")
        } else {
            format!("there is no {path}: add it first")
        })
    }

    /// Returns the repository, to be changed.
    ///
    /// # Errors
    /// When there is none, or it does not parse.
    pub(crate) fn repository_mut(&mut self) -> Result<&mut NixFiles, Refusal> {
        let unread = self.unread(REPOSITORY);
        self.repository.as_mut().ok_or(unread)
    }

    /// Returns the test table, to be changed.
    ///
    /// # Errors
    /// When there is none, or it does not parse.
    pub(crate) fn table_mut(&mut self) -> Result<&mut NixFile, Refusal> {
        let unread = self.unread(TEST_TABLE);
        self.table.as_mut().ok_or(unread)
    }

    /// Joins the Nix files as they are now with the images.
    pub(crate) fn with_joined<T>(
        &self,
        body: impl FnOnce(Option<&Registrations<'_>>, Option<&Table<'_>>) -> T,
    ) -> T {
        let id = |path: &str| self.view.tree.id(path);
        let repository = self.repository.as_ref().map(NixFiles::facts);
        let table = self.table.as_ref().and_then(|f| f.table().ok());
        let registrations = repository
            .as_ref()
            .and_then(|facts| repository::joined(self.view.tree, facts))
            .map(|files| Registrations::new(&self.model, files));
        let table = table
            .as_ref()
            .zip(id(TEST_TABLE))
            .map(|(facts, id)| Table::new(id, facts, registrations.as_ref()));
        body(registrations.as_ref(), table.as_ref())
    }

    /// Replaces a range of a file's text as it was, unless something else is done to it already.
    pub(crate) fn replace(&mut self, file: FileId, range: TextRange, text: &str) {
        let replacements = self.texts.entry(file).or_default();
        let overlaps =
            |(other, _): &Replacement| other.start() < range.end() && range.start() < other.end();
        if !replacements.iter().any(overlaps) {
            replacements.push((range, text.to_owned()));
        }
    }

    /// Returns all comments of the Nix files as they are now, in order.
    pub(crate) fn comments(&self) -> Vec<String> {
        let repository = self.repository.iter().flat_map(NixFiles::iter);
        let files = repository.map(|(_, file)| file).chain(&self.table);
        files.flat_map(NixFile::comments).collect()
    }

    /// Returns what is to be looked at in files that the repository imports: they are not read.
    pub(crate) fn note_imports(&self) -> Option<Note> {
        let facts = self.repository.as_ref()?.facts();
        let is_whole = repository::joined(self.view.tree, &facts)?.is_whole();
        let message = format!(
            "{REPOSITORY} imports other files, which are not read: change by hand what they say of \
             the image"
        );
        (!is_whole).then(|| Note::general(message))
    }

    /// Adds an edit that is not one of text.
    pub(crate) fn add(&mut self, edit: Edit) {
        self.file_edits.push(edit);
    }

    /// Keeps those edits that are not ones of text and that fit.
    pub(crate) fn retain(&mut self, fits: impl FnMut(&Edit) -> bool) {
        self.file_edits.retain(fits);
    }

    /// Gives a file that is made another text.
    pub(crate) fn set_text(&mut self, path: &str, new_text: String) {
        for edit in &mut self.file_edits {
            if let Edit::Create { path: own, text } = edit
                && own == path
            {
                *text = new_text.clone();
            }
        }
    }

    /// Returns the text of a file that is made.
    pub(crate) fn created(&self, path: &str) -> Option<&str> {
        self.file_edits.iter().find_map(|edit| match edit {
            Edit::Create { path: own, text } if own == path => Some(text.as_str()),
            _ => None,
        })
    }

    /// Returns the edits so far that are not ones of text.
    pub(crate) fn file_edits(&self) -> &[Edit] {
        &self.file_edits
    }

    /// Returns the edits so far of all but the Nix files.
    pub(crate) fn edits_of_files(&self) -> Vec<Edit> {
        let texts = self.texts.iter().flat_map(|(file, replacements)| {
            replacements.iter().map(|(range, new_text)| Edit::Text {
                file: *file,
                range: *range,
                new_text: new_text.clone(),
            })
        });
        texts.chain(self.file_edits.iter().cloned()).collect()
    }

    /// Returns the text of a file that is no Nix file as it is now.
    pub(crate) fn text_of(&self, id: FileId) -> Option<String> {
        let file = self.view.tree.file(id)?;
        let replacements = self.texts.get(&id).into_iter().flatten();
        let edits: Vec<(TextRange, &str)> = replacements
            .map(|(range, new)| (*range, new.as_str()))
            .collect();
        Some(text_after(&file.text, &edits))
    }

    /// Returns all edits so far, of the checkout as it was: links that are deleted first, then new
    /// files, then texts, then what is renamed and all else that is deleted.
    pub(crate) fn finish(self) -> Vec<Edit> {
        let mut texts = self.texts;
        let repository = self.repository.iter().flat_map(NixFiles::iter);
        let table = self.view.tree.id(TEST_TABLE).zip(self.table.as_ref());
        for (id, file) in repository.chain(table) {
            texts.entry(id).or_default().extend(file.changes());
        }
        for replacements in texts.values_mut() {
            replacements.sort_by_key(|(range, _)| (range.start(), range.end()));
        }
        let is_new = |edit: &Edit| {
            matches!(
                edit,
                Edit::Create { .. } | Edit::Copy { .. } | Edit::Symlink { .. }
            )
        };
        let (new, rest): (Vec<Edit>, Vec<Edit>) = self.file_edits.into_iter().partition(is_new);
        // A link that gets another text has to be deleted first.
        let is_unlink = |edit: &Edit| matches!(edit, Edit::Unlink { .. });
        let (unlinks, rest): (Vec<Edit>, Vec<Edit>) = rest.into_iter().partition(is_unlink);
        let texts = texts.into_iter().flat_map(|(file, replacements)| {
            let edit = move |(range, new_text)| Edit::Text {
                file,
                range,
                new_text,
            };
            replacements.into_iter().map(edit)
        });
        let new = unlinks.into_iter().chain(new);
        new.chain(texts).chain(rest).collect()
    }

    /// Reads the images from a tree that has the files added so far: what a new image says about
    /// itself is found by reading it.
    pub(crate) fn set_model(&mut self, tree: &Tree) {
        self.model = Cow::Owned(Model::new(tree));
    }

    /// Returns the links in `images/` that point right at an image's directory or link, and the
    /// paths that they have as their text.
    pub(crate) fn links_to(&self, name: &str) -> Vec<(SmolStr, SmolStr)> {
        let images = self.image_path("");
        let images = images.trim_end_matches('/');
        let points_there = |link_text: &str| {
            let mut path: Vec<&str> = images.split('/').collect();
            for name in link_text.split('/') {
                match name {
                    "" | "." => {}
                    ".." => drop(path.pop()),
                    name => path.push(name),
                }
            }
            path.pop() == Some(name) && path.join("/") == images
        };
        let links = self.view.tree.children(images);
        links
            .filter_map(|(link, node)| match node {
                Node::Link(text) if points_there(text) => Some((SmolStr::new(link), text.clone())),
                _ => None,
            })
            .collect()
    }

    /// Returns the path of an image's directory or link.
    pub(crate) fn image_path(&self, name: &str) -> SmolStr {
        format_smolstr!("{}images/{name}", self.view.tree.layout.prefix())
    }
}
