//! One image compared with its vendor: what is gone upstream, what is newer, and the edit for it.

mod files;
mod new_version;
mod packages;
mod releases;

use edits::{Change, PathRange};
use model::view::View;
use smol_str::SmolStr;

use crate::{Upstream, vendor_of};

/// What an image is, compared with its vendor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImageState {
    /// Everything that it names is there, and nothing is newer.
    UpToDate,
    /// There is something newer.
    Update,
    /// The release has left the mirrors: the image is to be retired.
    Stale,
    /// Something that it names is gone, and nothing is newer.
    Gone,
    /// Upstream could not be asked, or reading does not tell what to ask.
    Unknown,
}

impl ImageState {
    /// Returns the name for people and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            ImageState::UpToDate => "up to date",
            ImageState::Update => "update",
            ImageState::Stale => "stale",
            ImageState::Gone => "gone",
            ImageState::Unknown => "unknown",
        }
    }
}

/// The kinds of mismatch between an image and its vendor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MismatchKind {
    /// An address that has nothing, or something else.
    DeadUrl,
    /// There is a newer release.
    NewerRelease,
    /// There is a newer build of the same release.
    NewerBuild,
    /// The release has left the mirrors.
    StaleRelease,
}

impl MismatchKind {
    /// Returns the code of the findings that say so.
    pub fn code(self) -> &'static str {
        match self {
            MismatchKind::DeadUrl => "dead-url",
            MismatchKind::NewerRelease => "newer-release",
            MismatchKind::NewerBuild => "newer-build",
            MismatchKind::StaleRelease => "stale-release",
        }
    }
}

/// Something that an image names and that is not as its vendor has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// The kind of mismatch.
    pub kind: MismatchKind,
    /// The range in the image's scripts that it is about.
    pub at: PathRange,
    /// A message that says what is wrong, in a sentence without a full stop.
    pub message: String,
    /// The change that makes the image as its vendor has it, where there is one.
    pub change: Option<Change>,
}

/// An image compared with its vendor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageReview {
    /// Name of the image.
    pub image: SmolStr,
    /// State of the image as a whole.
    pub state: ImageState,
    /// Mismatches that were found.
    pub mismatches: Vec<Mismatch>,
    /// Reasons why something is not known.
    pub unknown: Vec<String>,
    /// Addresses that have what the build asks them for.
    pub confirmed: Vec<String>,
}

impl ImageReview {
    /// Returns the command that the image is to be retired with, with its arguments, if it is.
    pub fn command(&self) -> Option<[String; 2]> {
        let is_stale = self.state == ImageState::Stale;
        is_stale.then(|| ["retire".to_owned(), self.image.to_string()])
    }
}

/// Compares an image with its vendor; `None` where there is no such image, or nothing is known of its
/// vendor.
pub fn review(view: &View<'_>, image: &str, upstream: &dyn Upstream) -> Option<ImageReview> {
    let image = view.model.images.get(image)?;
    let (distribution, release) = image.release()?;
    let vendor = vendor_of(distribution)?;
    let mut found = ImageReview {
        image: image.name.clone(),
        state: ImageState::Unknown,
        mismatches: Vec::new(),
        unknown: Vec::new(),
        confirmed: Vec::new(),
    };
    match &vendor.packages {
        Some(packages) => {
            let of = (distribution, release.as_str());
            packages::review(view, image, (vendor, packages), of, upstream, &mut found);
        }
        None => releases::review(view, image, vendor, &release, upstream, &mut found),
    }
    Some(found)
}
