//! Rules on what is published: `os/configs/image-repository.nix`.

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

use crate::Rule;

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
