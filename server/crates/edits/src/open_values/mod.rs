//! Values of a checkout that only upstream can confirm and that nobody has confirmed yet: those
//! that `new` and `bump` would list for its images, as far as they are still as these write them.
//!
//! They are a property of the checkout. What an image has since an earlier checkout (its *base*) is
//! made once more from that one, by the same code, and what that lists is looked for here.
//! - `value`: a value's name, and the exact value that a confirmation is about;
//! - `locate`: where a value of one text stands in another one; `record`: confirmations in the
//!   settings.

mod locate;
mod record;
mod value;

use std::cmp::Reverse;
use std::sync::Arc;

use smol_str::SmolStr;

use crate::builder::made_again;
use crate::image::bump::{Bump, bump};
use crate::image::new::{NewImage, scaffold};
use crate::image::predecessor::predecessor;
use crate::image::script::{assignments, build_numbers, literal, slice};
use crate::{Change, Verify, apply};
use locate::locate;
use model::console_getty::calls_it;
use model::tree::Tree;
use model::view::View;
use model::{File, Image};

pub(crate) use record::confirmations;
pub use record::{record_asked, record_verified};
pub use value::{NamedValue, named_value, package_with_value};

/// A value that only upstream can confirm, and that nobody has confirmed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenValue {
    /// The image or builder that it belongs to.
    pub image: SmolStr,
    /// The value where it stands now.
    pub verify: Verify,
    /// Its name, and the exact value.
    pub named: NamedValue,
}

/// Returns the values that are open, in the order of the images and of the builders; those of one of them
/// if it is named (`image`).
/// `base` is the checkout since which what there is counts as added.
pub fn open_values(base: &View<'_>, now: &View<'_>, image: Option<&str>) -> Vec<OpenValue> {
    let images = now.model.images.values();
    let images = images.filter(|found| image.is_none_or(|name| found.name == name));
    let mut found = Vec::new();
    for image in images {
        let change = match base.model.images.get(&image.name) {
            None => added(base, now, image),
            Some(before) => bumped(base, now, image, before),
        };
        if let Some(change) = change {
            let expected = apply(base.tree, &change.edits);
            found.extend(open_of(now, &image.name, &change.verify, &expected));
        }
    }
    let builders = now.model.builders.values();
    let builders = builders.filter(|found| image.is_none_or(|name| found.name == name));
    for builder in builders.filter(|builder| !base.model.builders.contains_key(&builder.name)) {
        if let Some(change) = made_again(base, now, builder) {
            let expected = apply(base.tree, &change.edits);
            found.extend(open_of(now, &builder.name, &change.verify, &expected));
        }
    }
    found
}

/// Returns open values with all that they stand in: those of an image with one name and one exact value
/// together, in the order of the first of each.
pub fn by_value(open: impl IntoIterator<Item = OpenValue>) -> Vec<Vec<OpenValue>> {
    let mut found: Vec<Vec<OpenValue>> = Vec::new();
    for value in open {
        let is_same = |known: &OpenValue| {
            known.image == value.image
                && known.named.name == value.named.name
                && known.named.exact == value.named.exact
        };
        let same = found
            .iter_mut()
            .find(|all| all.first().is_some_and(is_same));
        match same {
            Some(all) => all.push(value),
            None => found.push(vec![value]),
        }
    }
    found
}

/// Returns the values of a change that are still as the change writes them and not confirmed.
fn open_of(now: &View<'_>, owner: &SmolStr, verify: &[Verify], expected: &Tree) -> Vec<OpenValue> {
    let mut found: Vec<OpenValue> = Vec::new();
    for verify in verify {
        let text = |tree: &Tree| tree.id(&verify.path).and_then(|id| tree.file(id)).cloned();
        let Some((old, new)) = text(expected).zip(text(now.tree)) else {
            continue;
        };
        let Some(range) = locate(&old, verify.range, &new) else {
            continue;
        };
        let verify = Verify {
            range,
            ..verify.clone()
        };
        let named = named_value(now, owner, &verify);
        if !now.settings.is_verified(owner, &named.name, &named.exact) {
            found.push(OpenValue {
                image: owner.clone(),
                verify,
                named,
            });
        }
    }
    found
}

/// Returns the change that makes an image as it is, from a checkout without it.
pub(crate) fn added(base: &View<'_>, now: &View<'_>, image: &Arc<Image>) -> Option<Change> {
    let like = likely_source(base, now, image)?;
    let new = NewImage {
        name: image.name.clone(),
        like: Some(like.name.clone()),
        // It is there already, as it is.
        force: true,
        plain: !calls_it(now.tree, image),
        ..NewImage::default()
    };
    scaffold(base, &new, &[]).ok()
}

/// Returns the image of an earlier checkout that a new one was most likely made after.
pub fn source_of(base: &View<'_>, now: &View<'_>, image: &Image) -> Option<SmolStr> {
    likely_source(base, now, image).map(|source| source.name.clone())
}

/// Returns the image that another one was most likely made after: its predecessor, unless less than
/// half of the lines are from there and more from elsewhere.
fn likely_source<'b>(base: &View<'b>, now: &View<'_>, image: &Image) -> Option<&'b Arc<Image>> {
    let own = lines(now, image);
    let share = |other: &Image| {
        let theirs = lines(base, other);
        own.iter().filter(|line| theirs.contains(line)).count()
    };
    let half = own.len().div_ceil(2);
    let predecessor = predecessor(base, &image.name);
    if image.alias || predecessor.is_some_and(|found| share(found) >= half) {
        return predecessor;
    }
    let others = base.model.images.values().filter(|other| !other.alias);
    let shares = others.map(|other| (share(other), other));
    // Of several that have all of its lines, the one with the fewest others.
    let rest = |other: &Image| Reverse(lines(base, other).len());
    let best = shares.max_by_key(|(share, other)| (*share, rest(other)));
    best.filter(|(share, _)| *share >= half && *share > 0)
        .map(|(_, other)| other)
        .or(predecessor)
}

/// Returns the lines of an image's `build.sh` that are neither empty nor comments.
fn lines<'t>(view: &View<'t>, image: &Image) -> Vec<&'t str> {
    let directory = view.model.directories.get(&image.directory);
    let build = directory.and_then(|directory| directory.build);
    let text = build
        .and_then(|id| view.tree.file(id))
        .map(|file| &*file.text);
    let lines = text.unwrap_or_default().lines().map(str::trim);
    lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect()
}

/// Returns the change that gives an image of an earlier checkout the values that it has now.
fn bumped(
    base: &View<'_>,
    now: &View<'_>,
    image: &Arc<Image>,
    before: &Arc<Image>,
) -> Option<Change> {
    let (old, new) = (scripts_of(base, before), scripts_of(now, image));
    if old
        .iter()
        .map(|file| &file.text)
        .eq(new.iter().map(|file| &file.text))
    {
        return None;
    }
    let (old, new) = (literals(&old), literals(&new));
    let mut wanted = Bump::default();
    for (name, value) in &new.values {
        let earlier = old.values.iter().find(|(other, _)| other == name);
        let Some((_, earlier)) = earlier.filter(|(_, earlier)| earlier != value) else {
            continue;
        };
        match name.as_str() {
            "POINTVER" => wanted.pointver = Some(value.clone()),
            // Where nothing depends on a number, the value is all that was changed.
            _ if earlier.contains(|c: char| c.is_ascii_digit()) => {
                wanted.set.push((name.to_string(), value.clone()));
            }
            _ => {}
        }
    }
    if old.build != new.build {
        wanted.build = new.build;
    }
    (wanted != Bump::default())
        .then(|| bump(base, &image.name, &wanted).ok())
        .flatten()
}

/// Returns the build number of the release package that an image installs.
pub fn release_build(view: &View<'_>, image: &str) -> Option<String> {
    let image = view.model.images.get(image)?;
    literals(&scripts_of(view, image)).build
}

/// Returns the scripts of an image.
fn scripts_of(view: &View<'_>, image: &Image) -> Vec<Arc<File>> {
    let directory = view.model.directories.get(&image.directory);
    let scripts = directory
        .into_iter()
        .flat_map(|directory| directory.scripts());
    scripts
        .filter_map(|id| view.tree.file(id).cloned())
        .collect()
}

/// Literal values of an image's scripts.
#[derive(Default)]
struct Literals {
    /// Variables and their values; the last one of each holds.
    values: Vec<(SmolStr, String)>,
    /// Build number of a package.
    build: Option<String>,
}

fn literals(files: &[Arc<File>]) -> Literals {
    let mut found = Literals::default();
    for file in files {
        let Some(facts) = file.script() else { continue };
        let all = assignments(facts);
        let value = |range| slice(&file.text, range);
        let point = all.iter().find(|a| a.name == "POINTVER");
        let point: Vec<&str> = point
            .and_then(|a| literal(value(a.value)))
            .into_iter()
            .collect();
        for assigned in &all {
            let written = value(assigned.value);
            if let Some(value) = literal(written) {
                found.values.retain(|(name, _)| *name != assigned.name);
                found.values.push((assigned.name.clone(), value.to_owned()));
            }
            let number = build_numbers(written, &point).into_iter().next();
            if found.build.is_none() {
                found.build = number.map(|range| slice(written, range).to_owned());
            }
        }
    }
    found
}
