//! The change that has an image name a newer version of a file: in all places where the file is named, or nowhere.

use std::collections::BTreeSet;

use edits::{Change, Edit};
use model::view::View;
use model::{File, FileId, Image};
use syntax::{TextRange, TextSize};

use crate::Address;
use crate::names::version_places;

/// A newer version of a file that an image names.
pub(super) struct NewVersion<'n> {
    pub(super) view: &'n View<'n>,
    pub(super) image: &'n Image,
    pub(super) addresses: &'n [Address],
    /// Address of the directory that the file is in, without the `/` at its end.
    pub(super) directory: &'n str,
    /// What stands before the version in the file's name.
    pub(super) before: &'n str,
    pub(super) own: &'n str,
    pub(super) new: &'n str,
}

/// The digits of the shortest checksum.
const CHECKSUM: usize = 32;

impl NewVersion<'_> {
    /// Returns the change; `None` where a use of the version is not one of that file, as far as reading tells, or
    /// where a checksum is written down: half of a change is worse than none.
    pub(super) fn change(&self) -> Option<Change> {
        let mut edits = Vec::new();
        for id in self.files() {
            let file = self.view.tree.file(id)?;
            if has_checksum(&file.text) {
                return None;
            }
            for at in version_places(&file.text, self.own) {
                let start = TextSize::try_from(at).ok()?;
                let range = TextRange::at(start, TextSize::try_from(self.own.len()).ok()?);
                if !self.is_own(file, at, range) {
                    return None;
                }
                edits.push(Edit::Text {
                    file: id,
                    range,
                    new_text: self.new.to_owned(),
                });
            }
        }
        (!edits.is_empty()).then(|| Change {
            title: format!("Update `{}` to {}", self.image.name, self.new),
            edits,
            verify: Vec::new(),
            notes: Vec::new(),
            image: self.image.name.clone(),
            like: None,
        })
    }

    /// Returns the scripts of the image, and those that addresses in the directory are written in.
    fn files(&self) -> BTreeSet<FileId> {
        let directory = self.view.model.directories.get(&self.image.directory);
        let scripts = directory
            .into_iter()
            .flat_map(|directory| directory.scripts());
        let beside = self
            .addresses
            .iter()
            .filter(|address| self.is_beside(address));
        let named = beside.filter_map(|address| self.view.tree.id(&address.at.path));
        scripts.chain(named).collect()
    }

    fn is_beside(&self, address: &Address) -> bool {
        let rest = address.url.strip_prefix(self.directory);
        rest.is_some_and(|rest| rest.starts_with('/'))
    }

    /// Returns whether a place is in the file's name, or in an address of what is in the same directory.
    fn is_own(&self, file: &File, at: usize, range: TextRange) -> bool {
        let is_here = |address: &&Address| {
            address.at.path == file.path && address.at.range.contains_range(range)
        };
        let mut here = self.addresses.iter().filter(is_here).peekable();
        match here.peek() {
            Some(_) => here.all(|address| self.is_beside(address)),
            None => {
                let before = file.text.get(..at).unwrap_or_default();
                !self.before.is_empty() && before.ends_with(self.before)
            }
        }
    }
}

/// Returns whether a script has a checksum written down.
fn has_checksum(text: &str) -> bool {
    let mut words = text.split(|c: char| !c.is_ascii_alphanumeric());
    words.any(|word| word.len() >= CHECKSUM && word.bytes().all(|b| b.is_ascii_hexdigit()))
}
