//! Answers about a place in a checkout: what is there, where it comes from, who uses it.
//!
//! - `occurrences`: what names stand for, and the list of a file's names ([`Occurrence`]), over bash
//!   and Nix alike; everything else is read off that list. A new kind of name is added there;
//! - `resolve`: which functions, files and variables names in scripts mean, image by image;
//! - `navigate`: definition, references, highlight;
//! - `rename`: another name in every place;
//! - `links`: files, images and addresses that a text leads to;
//! - `symbols`: everything with a name, to search and as an outline; `overview`: every image and its
//!   state;
//! - `lenses`: what is known of an image, helper, entry or row, above it; `hints`: beside it;
//! - `calls`: who calls a helper, and what it calls;
//! - `hover`: what is known of what stands there; `signature`: the arguments of the function that
//!   is being called; `completion`: what may stand there. `function` is what they know of functions.
//!
//! Pure functions of a [`View`]; places are byte ranges. Where a name is not the checkout's, there
//! is no answer: another server may have one.

pub mod calls;
pub mod completion;
mod function;
pub mod hints;
pub mod hover;
pub mod lenses;
pub mod links;
pub mod navigate;
mod occurrences;
pub mod overview;
pub mod rename;
mod resolve;
pub mod signature;
pub mod symbols;

use model::view::View;
use model::{FileId, FileRange, Image};
use syntax::TextRange;

pub use occurrences::{Occurrence, Role, Symbol, occurrence_at, occurrences};

/// A place that is known of a Nix file. What stands in one that does not parse stands elsewhere by
/// now: its beginning.
pub(crate) fn place_in(view: &View<'_>, file: FileId, range: TextRange) -> FileRange {
    match view.tree.file(file) {
        Some(text) if text.is_stale() => FileRange::start_of(file),
        _ => FileRange::new(file, range),
    }
}

/// Path of a file below `include/`, or `None` if it is no include.
pub fn include_name<'v>(view: &View<'v>, file: FileId) -> Option<&'v str> {
    let path = view.tree.path(file)?;
    path.strip_prefix(view.tree.layout.prefix())?
        .strip_prefix("include/")
}

/// Path below `include/` of an include, and the name of any other file.
pub(crate) fn short_name<'v>(view: &View<'v>, file: FileId) -> &'v str {
    let path = view.tree.path(file).map(|p| p.as_str()).unwrap_or_default();
    let name = include_name(view, file).or_else(|| path.rsplit('/').next());
    name.unwrap_or(path)
}

/// The includes that an image reads, without `common.sh`, which all do.
pub(crate) fn includes_of<'v>(
    view: &View<'v>,
    image: &'v Image,
) -> impl Iterator<Item = &'v str> + use<'v> {
    let view = *view;
    { image.summary.reach.iter() }
        .filter(move |id| Some(**id) != view.model.common)
        .filter_map(move |id| include_name(&view, *id))
}
