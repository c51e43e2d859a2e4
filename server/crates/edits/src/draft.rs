//! A checkout under change. Each step sees what the ones before it did.

use std::borrow::Cow;
use std::collections::BTreeMap;

use smol_str::SmolStr;

use super::nixfile::NixFile;
use super::{Edit, Refusal};
use model::registration::Registrations;
use model::table::Table;
use model::tree::{Node, REPOSITORY, TEST_TABLE, Tree};
use model::view::View;
use model::{FileId, Model};
use syntax::TextRange;

/// A checkout under change.
pub(super) struct Draft<'a> {
    /// The checkout as it was.
    pub(super) view: View<'a>,
    /// Its images as they are now.
    pub(super) model: Cow<'a, Model>,
    /// The repository; `None` where there is none, or it does not parse.
    pub(super) repository: Option<NixFile>,
    /// The test table; `None` where there is none, or it does not parse.
    pub(super) table: Option<NixFile>,
    texts: BTreeMap<FileId, Vec<(TextRange, String)>>,
    structure: Vec<Edit>,
}

impl<'a> Draft<'a> {
    pub(super) fn new(view: View<'a>) -> Draft<'a> {
        let nix = |path: &str| {
            let file = view.tree.file(view.tree.id(path)?)?;
            // Of a file that does not parse, facts and text are of different times.
            (!file.is_stale()).then(|| NixFile::new(file.text.clone()))
        };
        Draft {
            view,
            model: Cow::Borrowed(view.model),
            repository: nix(REPOSITORY).filter(|f| f.repository().is_some()),
            table: nix(TEST_TABLE).filter(|f| f.table().is_some()),
            texts: BTreeMap::new(),
            structure: Vec::new(),
        }
    }

    /// Refuses a checkout with a Nix file that cannot be read: what is done to the rest would be
    /// half of what was asked for.
    pub(super) fn refuse_unread(&self) -> Result<(), Refusal> {
        let files = [(REPOSITORY, &self.repository), (TEST_TABLE, &self.table)];
        for (path, file) in files {
            if file.is_none() && self.view.tree.id(path).is_some() {
                return Err(Refusal::new(format!(
                    "{path} does not parse: mend it first"
                )));
            }
        }
        Ok(())
    }

    /// Joins the Nix files as they are now with the images.
    pub(super) fn with_joined<T>(
        &self,
        body: impl FnOnce(Option<&Registrations<'_>>, Option<&Table<'_>>) -> T,
    ) -> T {
        let id = |path: &str| self.view.tree.id(path);
        let repository = self.repository.as_ref().and_then(NixFile::repository);
        let table = self.table.as_ref().and_then(NixFile::table);
        let registrations = repository
            .as_ref()
            .zip(id(REPOSITORY))
            .map(|(facts, id)| Registrations::new(&self.model, id, facts));
        let table = table
            .as_ref()
            .zip(id(TEST_TABLE))
            .map(|(facts, id)| Table::new(id, facts, registrations.as_ref()));
        body(registrations.as_ref(), table.as_ref())
    }

    /// Replaces a part of a file's text as it was, unless something else is done to it already.
    pub(super) fn replace(&mut self, file: FileId, range: TextRange, text: &str) {
        let changes = self.texts.entry(file).or_default();
        let overlaps = |(other, _): &(TextRange, String)| {
            other.start() < range.end() && range.start() < other.end()
        };
        if !changes.iter().any(overlaps) {
            changes.push((range, text.to_owned()));
        }
    }

    /// Adds a change that is none of text.
    pub(super) fn add(&mut self, edit: Edit) {
        self.structure.push(edit);
    }

    /// The changes so far that are none of text.
    pub(super) fn created(&self) -> &[Edit] {
        &self.structure
    }

    /// All changes so far, as edits of the checkout as it was: links that go first, then new files,
    /// then texts, then what is renamed and what else goes.
    pub(super) fn finish(self) -> Vec<Edit> {
        let mut texts = self.texts;
        let nix = [(REPOSITORY, &self.repository), (TEST_TABLE, &self.table)];
        for (path, file) in nix {
            if let (Some(id), Some(file)) = (self.view.tree.id(path), file) {
                texts.entry(id).or_default().extend(file.changes());
            }
        }
        for changes in texts.values_mut() {
            changes.sort_by_key(|(range, _)| (range.start(), range.end()));
        }
        let is_new = |edit: &Edit| {
            matches!(
                edit,
                Edit::Create { .. } | Edit::Copy { .. } | Edit::Symlink { .. }
            )
        };
        let (new, rest): (Vec<Edit>, Vec<Edit>) = self.structure.into_iter().partition(is_new);
        // A link that is made anew has to come down first.
        let comes_down = |edit: &Edit| matches!(edit, Edit::Unlink { .. });
        let (down, rest): (Vec<Edit>, Vec<Edit>) = rest.into_iter().partition(comes_down);
        let texts = texts.into_iter().flat_map(|(file, changes)| {
            changes
                .into_iter()
                .map(move |(range, new_text)| Edit::Text {
                    file,
                    range,
                    new_text,
                })
        });
        let new = down.into_iter().chain(new);
        new.chain(texts).chain(rest).collect()
    }

    /// The tree with the files that were added so far: what a new image says of itself is found
    /// by reading it.
    pub(super) fn set_model(&mut self, tree: &Tree) {
        self.model = Cow::Owned(Model::new(tree));
    }

    /// The links in `images/` that lead right to an image's directory or link, and what they say.
    pub(super) fn links_to(&self, name: &str) -> Vec<(SmolStr, SmolStr)> {
        let images = self.image_path("");
        let images = images.trim_end_matches('/');
        let leads_there = |target: &str| {
            let mut at: Vec<&str> = images.split('/').collect();
            for part in target.split('/') {
                match part {
                    "" | "." => {}
                    ".." => drop(at.pop()),
                    part => at.push(part),
                }
            }
            at.pop() == Some(name) && at.join("/") == images
        };
        let links = self.view.tree.children(images);
        links
            .filter_map(|(link, node)| match node {
                Node::Link(target) if leads_there(target) => {
                    Some((SmolStr::new(link), target.clone()))
                }
                _ => None,
            })
            .collect()
    }

    /// The path of an image's directory or link.
    pub(super) fn image_path(&self, name: &str) -> SmolStr {
        smol_str::format_smolstr!("{}images/{name}", self.view.tree.layout.prefix())
    }
}
