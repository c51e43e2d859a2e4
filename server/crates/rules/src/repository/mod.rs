//! Rules on what is published: `os/configs/image-repository.nix`.

pub mod abstract_entry;
pub mod competing_tag;
pub mod duplicate_attribute;
pub mod end_of_life;
pub mod entry_without_image;
pub mod gc_overlap;
pub mod invalid_gc_pattern;
pub mod missing_gc_entry;
pub mod missing_repository_entry;
pub mod nix_syntax;
pub mod unused_gc_entry;
