//! Changes of images, and what they have in common.
//!
//! - `new`, `retire`, `rename`, `bump`: what a user asks for by name;
//! - `predecessor`: the image that a new one is made after, and the name of the next one;
//! - `register`: an image's entry in the repository; `tags`: which release has which tag;
//! - `test_row`: an image's row in the test table; `row_groups`: the groups that it is in;
//! - `doubts`: what only upstream can confirm, found again in the changed files;
//! - `difference`: what differs between two releases; `rewrite`: a script of one made into that of the
//!   other; `console_getty`: the helper that newer ones need; `fields`: what its `config.sh` says
//!   of who it is; `leftovers`: what still names the older one; `script`: values in bash;
//! - `builder_base`: what a new image's builder starts from;
//! - `existing`: what is there already of a new image; `name`: what an image may be called.

mod builder_base;
pub(crate) mod bump;
pub(crate) mod console_getty;
mod difference;
pub(crate) mod doubts;
mod existing;
pub(crate) mod fields;
pub(crate) mod file_rename;
mod leftovers;
pub(crate) mod name;
pub(crate) mod new;
pub(crate) mod predecessor;
pub(crate) mod register;
pub(crate) mod rename;
pub(crate) mod retire;
pub(crate) mod rewrite;
pub(crate) mod row_groups;
pub(crate) mod script;
pub(crate) mod tags;
pub(crate) mod test_row;

use std::sync::Arc;

use crate::Refusal;
use model::Image;
use model::view::View;

/// Returns the image of a name.
pub(crate) fn image_of<'a>(view: &View<'a>, name: &str) -> Result<&'a Arc<Image>, Refusal> {
    let found = view.model.images.get(name);
    found.ok_or_else(|| Refusal::new(format!("there is no image `{name}`")))
}

/// Returns whether the release of an image has the date of its build in it.
pub(crate) fn is_dated(image: &Image) -> bool {
    let release = image.identity.relver.known();
    release.is_some_and(|release| release.is_dated())
}
