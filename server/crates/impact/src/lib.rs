//! What a change of a checkout reaches, by meaning, and how a commit message tells it.
//!
//! - `sections`: a script as functions, variables, and the code outside of both, without comments;
//! - `slice`: the sections that decide what the build of an image does;
//! - `images`, `rows` and `suite`: the images, the rows of the test table and the tests that a change reaches, each
//!   with the changed places that do;
//! - `describe`: the commit message, with its `subject`, that of Nix files alone (`nix_subject`), and
//!   what does not belong into the commit (`warnings`).
//!
//! Nothing is followed here: a section counts as soon as another one names it. So an image is
//! never missed, whatever the outcome of a condition; and a helper that an image does not name is none of its concern.

mod describe;
mod images;
mod nix_subject;
mod pattern;
mod rows;
mod sections;
mod slice;
mod subject;
mod suite;
mod warnings;

use smol_str::SmolStr;

use model::tree::{ChangeKind, ChangedFile, Facts};
use model::view::View;
use model::{FileKind, FileRange, Image, Tree};

use sections::with_plain_ends;
use suite::ChangedSuite;

pub use describe::{Message, Sorted, describe, sorted};
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
    /// Other tests, in the order of their list.
    pub tests: Vec<AffectedTest>,
    /// Changed files of which nobody knows which tests they reach.
    pub unknown: Vec<SmolStr>,
    /// Tests that are still listed, and whose file the change deletes.
    pub gone: Vec<SmolStr>,
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
    /// Names of its tests that are reached; none where the row is only left out of some now.
    pub tests: Vec<String>,
    /// The changed places.
    pub because: Vec<Because>,
}

/// A test that is neither an image's nor a row's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AffectedTest {
    /// Name of the test.
    pub test: String,
    /// The changed places.
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

impl Changed<'_> {
    /// Returns the reason that a changed file is, in words of what it is.
    fn of_file(&self, path: &SmolStr, what: &str) -> Because {
        let file = self.files.iter().find(|file| file.path == *path);
        let word = match file.map(|file| file.kind) {
            Some(ChangeKind::Deleted) => " is gone",
            _ if self.before.is_none() => "",
            Some(ChangeKind::Added) => " is new",
            _ => match self.outside_of_words(path) {
                Some(OutsideOfWords::Mode) => " has another mode",
                Some(OutsideOfWords::LineEnds) => " has other line ends",
                None => " has changed",
            },
        };
        Because {
            at: self.after.tree.id(path).map(FileRange::start_of),
            path: path.clone(),
            message: format!("{what}{word}"),
        }
    }

    /// Returns whether a new image is one by a changed file: git is told to ignore the files of others.
    fn is_of_change(&self, image: &Image) -> bool {
        let prefix = self.after.tree.layout.prefix();
        [&image.name, &image.directory].iter().any(|name| {
            let own = format!("{prefix}images/{name}");
            let mut files = self.files.iter();
            files.any(|file| file.path == own || below(&file.path, &own).is_some())
        })
    }

    /// Returns what has changed of a file whose text is read and says what it said, word by word.
    fn outside_of_words(&self, path: &str) -> Option<OutsideOfWords> {
        let text = |tree: &Tree| {
            let file = tree.file(tree.id(path)?)?;
            let is_read = file.is_readable() && file.kind != FileKind::Other;
            is_read.then(|| file.text.clone())
        };
        let before = self.before.and_then(|before| text(before.tree))?;
        let after = text(self.after.tree)?;
        match before == after {
            true => Some(OutsideOfWords::Mode),
            false => (with_plain_ends(&before) == with_plain_ends(&after))
                .then_some(OutsideOfWords::LineEnds),
        }
    }
}

/// What may change of a file in which no word does.
enum OutsideOfWords {
    Mode,
    LineEnds,
}

/// Returns what a change reaches.
pub fn affected(changed: &Changed<'_>) -> Affected {
    let suite = ChangedSuite::new(changed);
    let (rows, tests) = rows::affected(changed, &suite);
    let (images, removed) = images::affected(changed, &suite);
    Affected {
        images,
        removed,
        rows,
        tests,
        unknown: suite.unknown,
        gone: suite.gone,
    }
}

/// Returns whether what is said in a Nix file is known: where it is not there, that is nothing.
fn is_known(view: &View<'_>, path: &str) -> bool {
    let file = view.tree.id(path).and_then(|id| view.tree.file(id));
    file.is_none_or(|file| match &file.facts {
        Facts::Repository(parsed) => parsed.errors.is_empty(),
        Facts::TestTable(parsed) => parsed.errors.is_empty(),
        _ => true,
    })
}

/// Returns whether what the repository says is known.
fn is_repository_known(view: &View<'_>) -> bool {
    let files = view.tree.files();
    let mut files = files.filter(|(id, _)| view.is_of_repository(*id));
    files.all(|(_, file)| is_known(view, &file.path))
}

/// Returns what comes after a directory in a path.
fn below<'p>(path: &'p str, directory: &str) -> Option<&'p str> {
    path.strip_prefix(directory)?.strip_prefix('/')
}
