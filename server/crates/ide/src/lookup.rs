//! Lookups that several requests share.

use smol_str::SmolStr;

use model::registration::Registration;
use model::suite::TestSuite;
use model::view::{Joined, View};
use model::{File, FileId, FileRange, Image};
use syntax::TextRange;

/// Range of something that is known of a Nix file; the start of the file if its text no longer
/// parses, since the facts are those of an earlier text then.
pub(crate) fn fact_range(view: &View<'_>, file: FileId, range: TextRange) -> FileRange {
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

/// Returns whether a key of a Nix file already says the name of an image: `fedora_44` that of
/// `fedora-44`.
pub(crate) fn says(key: &str, image: &str) -> bool {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    key.chars().map(plain).eq(image.chars().map(plain))
}

/// Includes that an image reads, except `common.sh`, which every image reads.
pub(crate) fn includes_of<'v>(
    view: &View<'v>,
    image: &'v Image,
) -> impl Iterator<Item = &'v str> + use<'v> {
    let view = *view;
    let reach = image.summary.reach.iter();
    reach
        .filter(move |id| Some(**id) != view.model.common)
        .filter_map(move |id| include_name(&view, *id))
}

/// Images that a script in the directory of an image can stand for, the newest first: the one
/// under whose name it was opened, or else all that share the directory.
pub(crate) fn images_at(view: &View<'_>, file: &File, opened: Option<&str>) -> Vec<SmolStr> {
    let Some(directory) = view.model.directory_of(view.tree, &file.path) else {
        return Vec::new();
    };
    let image = opened.and_then(|name| view.model.images.get(name));
    if let Some(image) = image.filter(|image| image.directory == directory.name) {
        return vec![image.name.clone()];
    }
    let mut images: Vec<&Image> = view.model.images_of(directory).map(|i| &**i).collect();
    let version = |image: &Image| image.track.as_ref().map(|(_, version)| version.clone());
    images.sort_by(|a, b| {
        let newest_first = version(b).cmp(&version(a));
        newest_first.then_with(|| a.name.cmp(&b.name))
    });
    images.into_iter().map(|image| image.name.clone()).collect()
}

/// Script that builds an image.
pub(crate) fn build_script(view: &View<'_>, image: &str) -> Option<FileId> {
    let image = view.model.images.get(image)?;
    view.model.directories.get(&image.directory)?.build
}

/// Entries of the repository that build an image.
pub(crate) fn registrations_of<'j>(joined: &Joined<'j>, image: &str) -> Vec<&'j Registration<'j>> {
    let registrations = joined.registrations.into_iter();
    registrations.flat_map(|r| r.of_image(image)).collect()
}

/// Tells whether every image has a VM test of its own, which it has not in older checkouts.
pub fn has_image_tests(view: &View<'_>) -> bool {
    TestSuite::of(view.tree).has_image_tests() == Some(true)
}
