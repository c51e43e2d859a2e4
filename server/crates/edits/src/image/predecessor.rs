//! The image that a new one is made after, and the name of the one that follows.

use std::cmp::Reverse;
use std::sync::Arc;

use smol_str::{SmolStr, format_smolstr};

use super::rewrite::number;
use super::script::words;
use model::Image;
use model::data;
use model::family::release_months;
use model::identity::split_name;
use model::track::{self, Version};
use model::view::View;

/// Returns the image that a new one is made after, by its name alone: the newest before it that
/// differs from it in numbers only, else the oldest after it.
pub fn predecessor<'a>(view: &View<'a>, name: &str) -> Option<&'a Arc<Image>> {
    let (rest, version) = track::split(name);
    // One that is there in part is nothing to start from.
    let is_whole = |image: &Image| {
        let directory = view.model.directories.get(&image.directory);
        directory.is_some_and(|d| d.config.is_some() && d.build.is_some())
    };
    let others = || {
        let images = view.model.images.values();
        images
            .filter(|image| image.name != name && is_whole(image))
            .filter_map(|image| {
                let (other_rest, numbers) = track::split(&image.name);
                (other_rest == rest).then_some((numbers, image))
            })
    };
    let of_length = |(numbers, _): &(Version, _)| numbers.len() == version.len();
    let mut same: Vec<(Version, &Arc<Image>)> = others().filter(of_length).collect();
    // `devuan-3.0` was followed by `devuan-4`.
    if same.is_empty() {
        same = others().filter(|(v, _)| !v.is_empty()).collect();
    }
    same.sort_by(|a, b| a.0.cmp(&b.0));
    let before = same.iter().rfind(|(v, _)| *v < version);
    before.or(same.first()).map(|(_, image)| *image)
}

/// Returns the name of the release that most likely follows an image; `None` where it has no
/// number.
pub fn proposal(view: &View<'_>, like: &str) -> Option<SmolStr> {
    let image = view.model.images.get(like)?;
    let newest = view.model.newest_of_track(image).map_or(image, |i| i);
    let old = number(&newest.name)?;
    let next = match known_release_after(newest) {
        Some(known) => known.to_owned(),
        None => next_release(newest.identity.distname.fixed(), &track::split(old).1)?,
    };
    let at = words(&newest.name, old).into_iter().next()?;
    let (before, after) = (newest.name.get(..at)?, newest.name.get(at + old.len()..)?);
    let name = format_smolstr!("{before}{next}{after}");
    (!view.model.images.contains_key(&name)).then_some(name)
}

/// Returns the number of the next release of an image's track that the data of releases has: openSUSE
/// Leap 15.6 was followed by 16.0.
fn known_release_after(image: &Image) -> Option<&'static str> {
    let distribution = image.identity.distname.fixed()?;
    let (kind, own) = track::split(&image.identity.release()?);
    let later = data::lifecycles().iter().filter_map(|row| {
        let (other, version) = track::split(&row.release);
        let is_later = other == kind && version.len() == own.len() && version > own;
        (row.distribution == distribution && is_later).then_some((version, &row.release))
    });
    let (_, next) = later.min()?;
    next.split('-').find(|part| track::is_numeric(part))
}

/// Returns the release that follows one of a distribution, as far as numbers tell.
fn next_release(distribution: Option<&str>, numbers: &[u64]) -> Option<String> {
    Some(match (numbers, distribution.and_then(release_months)) {
        ([n], _) => (n + 1).to_string(),
        // A year and a month, twice a year.
        ([year, month], Some([spring, autumn])) if *year > 15 => {
            if *month == spring {
                format!("{year}.{autumn:02}")
            } else {
                format!("{}.{spring:02}", year + 1)
            }
        }
        ([major, minor], _) => format!("{major}.{}", minor + 1),
        _ => return None,
    })
}

/// Returns the image of a distribution that a new one is most likely like: the one that has most of
/// its name's beginning and no more than that, the newest of those.
pub(super) fn relative<'a>(view: &View<'a>, name: &str) -> Option<&'a Arc<Image>> {
    let [distribution, ..] = split_name(name);
    let common = |image: &Image| {
        let own = name.split('-').zip(image.name.split('-'));
        own.take_while(|(a, b)| a == b).count()
    };
    let version = |image: &Image| image.track.as_ref().map(|(_, version)| version.clone());
    let images = view.model.images.values();
    let others = images.filter(|image| image.name != name);
    let family = others.filter(|image| split_name(&image.name)[0] == distribution);
    let is_beginning = |image: &Image| {
        let rest = name.strip_prefix(image.name.as_str());
        rest.is_some_and(|rest| rest.starts_with('-'))
    };
    // Not a variant where the image without it is there, too.
    let fields = |image: &Image| Reverse(image.name.split('-').count());
    family.max_by_key(|image| {
        let version = version(image);
        (common(image), is_beginning(image), version, fields(image))
    })
}
