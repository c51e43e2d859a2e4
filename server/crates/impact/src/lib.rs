//! What a change of a checkout reaches, by meaning, and how a commit message tells it.
//!
//! - `sections`: a script as functions, variables, and the code outside of both, without comments;
//! - `slice`: the sections that decide what the build of an image does;
//! - `images` and `rows`: the images and the rows of the test table that a change reaches, each with the
//!   changed places that do;
//! - `describe`: the commit message, with its `subject`.
//!
//! Nothing is followed here: a section counts as soon as another one names it. So an image is
//! never missed, whatever the outcome of a condition; and a helper that an image does not name is none of its concern.

mod describe;
mod images;
mod pattern;
mod rows;
mod sections;
mod slice;
mod subject;

use smol_str::SmolStr;

use model::FileRange;
use model::tree::ChangedFile;
use model::view::View;

pub use describe::{Message, describe};
pub use pattern::patterns;

/// Images, rows and tests that a change reaches.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Affected {
    /// The images, in their order.
    pub images: Vec<AffectedImage>,
    /// Images that are not there any more.
    pub removed: Vec<SmolStr>,
    /// The rows, in the order of the test table.
    pub rows: Vec<AffectedRow>,
    /// Other tests, whose own files have changed.
    pub tests: Vec<AffectedTest>,
}

/// An image whose build or test may do something else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AffectedImage {
    /// Name of the image.
    pub image: SmolStr,
    /// Name of its test; `None` where images have none.
    pub test: Option<String>,
    /// The changed places.
    pub because: Vec<Because>,
}

/// A row of the test table whose tests may do something else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AffectedRow {
    /// Key of the row.
    pub key: SmolStr,
    /// Names of its tests.
    pub tests: Vec<String>,
    /// The changed places.
    pub because: Vec<Because>,
}

/// A test whose own file has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AffectedTest {
    /// Name of the test.
    pub test: String,
    /// The changed file.
    pub because: Vec<Because>,
}

/// A changed place, and what it has to do with an image.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Because {
    /// Path of the file, from the root of the checkout.
    pub path: SmolStr,
    /// Range in the file as it is now, where it is there.
    pub at: Option<FileRange>,
    /// What is changed.
    pub message: String,
}

/// A checkout before and after a change.
pub struct Changed<'a> {
    /// The checkout before; without it, anything in the files may have changed.
    pub before: Option<View<'a>>,
    /// The checkout as it is.
    pub after: View<'a>,
    /// The files that have changed.
    pub files: &'a [ChangedFile],
}

/// Returns what a change reaches.
pub fn affected(changed: &Changed<'_>) -> Affected {
    let (rows, tests) = rows::affected(changed);
    let (images, removed) = images::affected(changed);
    Affected {
        images,
        removed,
        rows,
        tests,
    }
}
