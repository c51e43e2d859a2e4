//! Rules on what is published: `os/configs/image-repository.nix`, and the modules that it imports.

mod abstract_entry;
mod competing_tag;
mod duplicate_attribute;
mod end_of_life;
mod entry_without_image;
mod gc_overlap;
mod invalid_gc_pattern;
mod missing_gc_entry;
mod missing_repository_entry;
mod nix_syntax;
mod unused_gc_entry;

use std::sync::Arc;

use crate::{Context, Rule};
use model::tree::{REPOSITORY, TEST_TABLE};
use model::{File, FileId};

/// The rules of this group, in the order of `explain`.
pub(super) static RULES: &[&Rule] = &[
    &missing_repository_entry::RULE,
    &entry_without_image::RULE,
    &abstract_entry::RULE,
    &end_of_life::RULE,
    &competing_tag::RULE,
    &missing_gc_entry::RULE,
    &gc_overlap::RULE,
    &unused_gc_entry::RULE,
    &invalid_gc_pattern::RULE,
    &duplicate_attribute::RULE,
    &nix_syntax::RULE,
];

/// Returns the Nix files that findings may be in: the repository's and the test table.
fn nix_files<'a>(cx: &Context<'a>) -> impl Iterator<Item = (FileId, &'a Arc<File>)> {
    let tree = cx.tree;
    let own = tree.id(REPOSITORY);
    let imported = cx.repository_files_as_saved();
    let imported: Vec<FileId> = imported
        .iter()
        .flat_map(|files| files.ids().skip(1))
        .collect();
    let ids = own.into_iter().chain(imported).chain(tree.id(TEST_TABLE));
    ids.filter_map(move |id| Some((id, tree.file(id)?)))
}
