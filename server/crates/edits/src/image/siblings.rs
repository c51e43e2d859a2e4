//! Variants of one release, which come and go together.

use smol_str::{SmolStr, format_smolstr};

use super::script::words;
use crate::Note;
use crate::draft::Draft;
use model::Image;

/// Returns the images that differ from an image in their variant alone.
fn variants<'d>(draft: &'d Draft<'_>, image: &Image) -> Vec<&'d Image> {
    let own = &image.identity;
    let is_variant = |other: &&Image| {
        let identity = &other.identity;
        let fields = [
            (&identity.distname, &own.distname),
            (&identity.relver, &own.relver),
            (&identity.arch, &own.arch),
            (&identity.vendor, &own.vendor),
        ];
        let is_same = |(a, b): (Option<&str>, Option<&str>)| a.is_some() && a == b;
        let (variant, own_variant) = (identity.variant.fixed(), own.variant.fixed());
        other.name != image.name
            && fields.iter().all(|(a, b)| is_same((a.fixed(), b.fixed())))
            && variant.zip(own_variant).is_some_and(|(a, b)| a != b)
    };
    let images = draft.model.images.values().map(|image| &**image);
    images.filter(is_variant).collect()
}

/// Returns the release before a new image on its track: the one that it is made after, else the newest
/// older one.
fn release_before<'d>(draft: &'d Draft<'_>, image: &Image, like: &'d Image) -> Option<&'d Image> {
    let (track, version) = image.track.as_ref()?;
    let before = |other: &Image| {
        let (of, before) = other.track.as_ref()?;
        (of == track && before < version).then(|| before.clone())
    };
    if before(like).is_some() {
        return Some(like);
    }
    // It may be replaced.
    let images = draft.view.model.images.values().map(|image| &**image);
    let older = images.filter_map(|other| Some((before(other)?, other)));
    let newest = older.max_by(|(a, _), (b, _)| a.cmp(b));
    newest.map(|(_, image)| image)
}

/// Returns a note for each variant that the release before a new image has, and the new release has
/// not yet. `like` is the image that the new one is made after, `replaced` is the one that it
/// replaces.
pub(super) fn missing_variants(
    draft: &Draft<'_>,
    image: &Image,
    like: &Image,
    replaced: Option<&str>,
) -> Vec<Note> {
    let Some(like) = release_before(draft, image, like) else {
        return Vec::new();
    };
    let releases = like.identity.relver.fixed();
    let releases = releases.zip(image.identity.relver.fixed());
    let Some((old, new)) = releases else {
        return Vec::new();
    };
    let note = |variant: &Image| {
        let name = with_release(&variant.name, old, new)?;
        if draft.model.images.contains_key(&name) {
            return None;
        }
        let replace = match replaced == Some(like.name.as_str()) {
            true => format!(" --replace {}", variant.name),
            false => String::new(),
        };
        Some(Note::general(format!(
            "`{}` has a variant, `{}`: `image-scripts-ls new {name}{replace}` makes that of the new \
             release",
            like.name, variant.name
        )))
    };
    let variants = variants(draft, like);
    variants.into_iter().filter_map(note).collect()
}

/// Returns a name with another release in it.
fn with_release(name: &str, old: &str, new: &str) -> Option<SmolStr> {
    let at = *words(name, old).first()?;
    let (before, after) = (name.get(..at)?, name.get(at + old.len()..)?);
    Some(format_smolstr!("{before}{new}{after}"))
}

/// Returns a note for each variant that is left of the release of a retired image.
pub(super) fn variants_left(draft: &Draft<'_>, image: &Image) -> Vec<Note> {
    let note = |variant: &Image| {
        let name = &variant.name;
        Note::general(format!(
            "`{name}` is of the same release: `image-scripts-ls retire {name}` retires it, too"
        ))
    };
    variants(draft, image).into_iter().map(note).collect()
}
