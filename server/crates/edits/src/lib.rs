//! Changes to a checkout, as plain data.
//!
//! The language server turns them into workspace edits, the command line applies them to the disk
//! or prints them. This crate does neither.
//!
//! The vocabulary:
//! - `edit`: [`Edit`], one step: a piece of text replaced, a file made, renamed or deleted;
//! - `change`: [`Change`], what a user asks for by name: edits, values to verify, notes;
//! - `fix`: [`Fix`], what is offered for a finding; `fix/kind.rs` works out those that take more
//!   than a text edit;
//! - `refusal`: [`Refusal`], the reason why a change cannot be made.
//!
//! The changes that users ask for, in `image/`: `new`, `retire`, `rename`, `bump`. They share
//! `register` (an image's entry), `test_row` and `row_groups` (an image's row), `tags` (which
//! release has which tag), `rewrite` and `script` (values in bash), `name`.
//!
//! The files that they change:
//! - `draft`: a checkout under change. Each step sees what the ones before it did, and the outcome
//!   is one list of edits of the checkout as it was;
//! - `repository/`: entries, tags and garbage collection of `os/configs/image-repository.nix`;
//! - `test_table/`: rows and groups of `tests/distributions.nix`;
//! - `nix/`: the engine below these two. It inserts and removes attributes and list elements in
//!   the layout that a text has, and says what it cannot change and why;
//! - `patch`: a text under change.
//!
//! After a change: `next`, the commands that check it; `open_values`, what only upstream can confirm
//! and nobody has confirmed.
//!
//! `builder` makes a builder after another one. By themselves stand `suppress` (silences a finding with a comment), `source_include` (makes a
//! script source an include), `install_tool` (has a builder install a tool) and `apply` (the files of a checkout after some edits).

mod apply;
mod builder;
mod change;
mod draft;
mod edit;
mod fix;
mod image;
mod install_tool;
mod next;
mod nix;
mod open_values;
mod patch;
mod refusal;
mod repository;
mod source_include;
mod suppress;
mod test_table;
#[cfg(test)]
mod tests;

pub use apply::{apply, text_after, texts_by_file};
pub use builder::{NewBuilder, new_builder, parse_base, similar_builder_of};
pub use change::{Change, Note, PathRange, Verify};
pub use edit::Edit;
pub use fix::{Applicability, Fix, FixKind};
pub use image::bump::{Bump, bump, current_values, next_at};
pub use image::bump_check::is_version;
pub use image::console_getty::console_getty_call;
pub use image::distribution::distribution_files;
pub use image::file_rename::file_renamed;
pub use image::mask::{MaskInto, MaskUnit, bare_unit, mask_as_neighbour, mask_title, mask_unit};
pub use image::new::{NewImage, scaffold};
pub use image::predecessor::{predecessor, proposal};
pub use image::rename::rename;
pub use image::retire::{Documentation, retire};
pub use image::row_groups::{HostCgroups, InitSystem};
pub use image::shape::check_renamed;
pub use image::tag_choice::TagChoice;
pub use image::untracked::{FileOnDisk, keep_untracked};
pub use install_tool::install_tool;
pub use next::{Hooks, NextStep, Surroundings, commit_subject, next_steps, point_release};
pub use open_values::{
    NamedValue, OpenValue, by_value, named_value, open_values, package_with_value, record_asked,
    record_verified, release_build, source_of,
};
pub use refusal::Refusal;
pub use source_include::source_include;
pub use suppress::Suppressor;
