//! Answers about a place in a checkout: what is there, where it comes from, who uses it.
//!
//! - `symbol`: what names stand for, and the list of a file's names ([`Occurrence`]), over bash
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
pub mod overview;
pub mod rename;
mod resolve;
pub mod signature;
pub mod symbol;
pub mod symbols;

use model::view::View;
use model::{FileId, Image};
use syntax::TextRange;

pub use symbol::{Occurrence, Role, Symbol, at, occurrences};

/// A place in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Location {
    /// The file.
    pub file: FileId,
    /// Where in its text, in bytes.
    pub range: LocationRange,
}

/// A range that can be put in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LocationRange(pub TextRange);

impl PartialOrd for LocationRange {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for LocationRange {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.0.start(), self.0.end()).cmp(&(other.0.start(), other.0.end()))
    }
}

impl Location {
    /// A place in a file.
    pub fn new(file: FileId, range: TextRange) -> Location {
        Location {
            file,
            range: LocationRange(range),
        }
    }

    /// The beginning of a file.
    pub fn file(file: FileId) -> Location {
        Location::new(file, TextRange::default())
    }

    /// Where in the file's text.
    pub fn text_range(self) -> TextRange {
        self.range.0
    }
}

/// A place that is known of a Nix file. What stands in one that does not parse stands elsewhere by
/// now: its beginning.
pub(crate) fn place_in(view: &View<'_>, file: FileId, range: TextRange) -> Location {
    match view.tree.file(file) {
        Some(text) if text.is_stale() => Location::file(file),
        _ => Location::new(file, range),
    }
}

/// The path of a file below `include/`, without that.
pub fn include_name<'v>(view: &View<'v>, file: FileId) -> Option<&'v str> {
    let path = view.tree.path(file)?;
    path.strip_prefix(view.tree.layout.prefix())?
        .strip_prefix("include/")
}

/// The includes that an image reads, without `common.sh`, which all do.
pub(crate) fn includes_of<'v>(
    view: &View<'v>,
    image: &'v Image,
) -> impl Iterator<Item = &'v str> + use<'v> {
    let view = *view;
    { image.run.reach.iter() }
        .filter(move |id| Some(**id) != view.model.common)
        .filter_map(move |id| include_name(&view, *id))
}
