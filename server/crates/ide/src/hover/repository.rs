//! What stands in the repository: distributions, tags, garbage collection.

use smol_str::SmolStr;

use super::helper::bullets;
use super::text;
use model::collection::Taker;
use model::registration::{Registration, Registrations};
use model::view::View;
use syntax::nix::{GcEntry, NixField};

/// The distribution that something published really is.
fn distribution_of<'p>(published: &'p Registration<'_>) -> &'p str {
    { published.image }
        .and_then(|image| image.identity.distname.fixed())
        .unwrap_or(&published.entry.distribution.value)
}

fn name_of(published: &Registration<'_>) -> SmolStr {
    { published.image_name() }.unwrap_or_else(|| published.entry.version.value.clone())
}

/// What is known of a distribution.
pub(super) fn distribution(view: &View<'_>, name: &str) -> Option<String> {
    let mut facts = Vec::new();
    view.with_joined(|joined| {
        let registrations = joined.registrations?;
        let own: Vec<&Registration<'_>> = { registrations.published.iter() }
            .filter(|p| p.entry.distribution.value == name)
            .collect();
        let images: Vec<SmolStr> = own.iter().map(|p| name_of(p)).collect();
        facts.push(match images.as_slice() {
            [] => "Nothing is published".to_owned(),
            _ => format!("Publishes {}", text::counted(&images, "image")),
        });
        for published in own {
            let tags: Vec<&SmolStr> = published
                .entry
                .tags
                .items
                .iter()
                .map(|t| &t.value)
                .collect();
            if !tags.is_empty() {
                facts.push(format!("`{}`: {}", name_of(published), text::list(tags)));
            }
        }
        let missing: Vec<&SmolStr> = { view.model.images.values() }
            .filter(|image| image.identity.distname.fixed() == Some(name))
            .filter(|image| registrations.publishes(&image.name) == Some(false))
            .map(|image| &image.name)
            .collect();
        if !missing.is_empty() {
            facts.push(format!("Not published: {}", text::few(&missing)));
        }
        Some(())
    })?;
    Some(format!("Distribution `{name}`\n\n{}", bullets(&facts)))
}

/// Who carries a tag, and who else there is in the distribution.
pub(super) fn tag(view: &View<'_>, distribution: &str, tag: &str) -> Option<String> {
    let mut facts = Vec::new();
    view.with_joined(|joined| {
        let registrations = joined.registrations?;
        let (carriers, others): (Vec<_>, Vec<_>) = { registrations.published.iter() }
            .filter(|p| distribution_of(p) == distribution)
            .partition(|p| p.entry.tags.items.iter().any(|t| t.value == tag));
        let carriers: Vec<String> = carriers.into_iter().map(named).collect();
        if carriers.is_empty() {
            return None;
        }
        facts.push(format!("Carried by {}", carriers.join(", ")));
        let others: Vec<SmolStr> = others.into_iter().map(name_of).collect();
        if !others.is_empty() {
            facts.push(format!("Others of {distribution}: {}", text::few(&others)));
        }
        Some(())
    })?;
    Some(format!(
        "Tag `{tag}` of {distribution}\n\n{}",
        bullets(&facts)
    ))
}

/// An image, with its variant where it is not the usual one: tags are given per variant.
fn named(published: &Registration<'_>) -> String {
    let name = name_of(published);
    let variant = published.image.and_then(|i| i.identity.variant.fixed());
    match variant.filter(|v| *v != "minimal") {
        Some(variant) => format!("`{name}` (variant {variant})"),
        None => format!("`{name}`"),
    }
}

/// What a garbage-collection entry takes.
pub(super) fn collection(view: &View<'_>, index: usize) -> Option<String> {
    view.with_joined(|joined| {
        let registrations = joined.registrations?;
        let collection = joined.collection()?;
        let collector = collection.collectors.get(index)?;
        let mut taken: Vec<(&str, &str)> = Vec::new();
        let mut images = Vec::new();
        for image in images_of(registrations) {
            if collection.taker(image) == Taker::Collector(index) {
                images.push(&image.name);
                let version = image.identity.relver.known().map(|v| v.sample());
                taken.push((&image.name, version.unwrap_or_default()));
            }
        }
        let mut facts = vec![patterns(collector.entry)];
        facts.push(match images.as_slice() {
            [] => "Takes builds of no published image".to_owned(),
            _ => format!("Takes builds of {}", text::counted(&images, "image")),
        });
        if let Some((image, version)) = taken.first() {
            facts.push(format!("For example `{version}` of `{image}`"));
        }
        if !collector.entry.keep {
            facts.push("It does not say how many to `keep`".to_owned());
        }
        Some(format!("Garbage collection\n\n{}", bullets(&facts)))
    })
}

/// The images that are published, each once.
fn images_of<'a>(registrations: &Registrations<'a>) -> impl Iterator<Item = &'a model::Image> {
    let mut seen: Vec<SmolStr> = Vec::new();
    let images: Vec<_> = registrations
        .published
        .iter()
        .filter_map(|p| p.image)
        .collect();
    images.into_iter().filter(move |image| {
        let new = !seen.contains(&image.name);
        seen.push(image.name.clone());
        new
    })
}

fn patterns(entry: &GcEntry) -> String {
    let fields = [
        ("distribution", &entry.distribution),
        ("version", &entry.version),
        ("variant", &entry.variant),
        ("arch", &entry.arch),
        ("vendor", &entry.vendor),
    ];
    let said: Vec<String> = { fields.into_iter() }
        .filter_map(|(name, field)| match field {
            NixField::Known(value) => Some(format!("{name} `{}`", value.value)),
            _ => None,
        })
        .collect();
    format!("Patterns, matched anywhere: {}", said.join(", "))
}
