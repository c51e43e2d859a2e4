//! Hover texts about the repository: distributions, tags, garbage collection.

use rustc_hash::FxHashSet;
use smol_str::SmolStr;

use super::text;
use model::Image;
use model::collection::Taker;
use model::registration::{Registration, Registrations};
use model::view::View;
use syntax::nix::{GcEntry, NixField};

/// Distribution of an image, which the entry's may differ from.
fn distribution_of<'r>(registration: &'r Registration<'_>) -> &'r str {
    let identity = registration.image.map(|image| &image.identity);
    let distribution = identity.and_then(|identity| identity.distname.fixed());
    distribution.unwrap_or(&registration.entry.distribution.value)
}

fn name_of(registration: &Registration<'_>) -> SmolStr {
    let name = registration.image_name();
    name.unwrap_or_else(|| registration.entry.version.value.clone())
}

/// Describes a distribution.
pub(super) fn distribution(view: &View<'_>, name: &str) -> Option<String> {
    let facts = view.with_joined(|joined| {
        let registrations = joined.registrations?;
        let all = registrations.published.iter();
        let own: Vec<&Registration<'_>> =
            all.filter(|r| r.entry.distribution.value == name).collect();
        let images: Vec<SmolStr> = own.iter().map(|r| name_of(r)).collect();
        let mut facts = vec![match images.as_slice() {
            [] => "Nothing is published".to_owned(),
            _ => format!("Publishes {}", text::images(&images)),
        }];
        for registration in own {
            let tags = registration.entry.tags.items.iter();
            let tags: Vec<&SmolStr> = tags.map(|tag| &tag.value).collect();
            if !tags.is_empty() {
                facts.push(format!(
                    "{}: {}",
                    text::code(&name_of(registration)),
                    text::list(tags)
                ));
            }
        }
        let images = view.model.images.values();
        let missing: Vec<&SmolStr> = images
            .filter(|image| image.identity.distname.fixed() == Some(name))
            .filter(|image| registrations.publishes(&image.name) == Some(false))
            .map(|image| &image.name)
            .collect();
        if !missing.is_empty() {
            facts.push(format!(
                "Not published: {}",
                text::few(&text::in_order(&missing))
            ));
        }
        Some(facts)
    })?;
    Some(format!(
        "Distribution {}\n\n{}",
        text::code(name),
        text::bullets(&facts)
    ))
}

/// Describes a tag: the images that carry it, and the others of the distribution.
pub(super) fn tag(view: &View<'_>, distribution: &str, tag: &str) -> Option<String> {
    let facts = view.with_joined(|joined| {
        let all = joined.registrations?.published.iter();
        let of_distribution = all.filter(|r| distribution_of(r) == distribution);
        let (carriers, others): (Vec<_>, Vec<_>) =
            of_distribution.partition(|r| r.entry.tags.items.iter().any(|t| t.value == tag));
        if carriers.is_empty() {
            return None;
        }
        let carriers: Vec<String> = carriers.into_iter().map(with_variant).collect();
        let mut facts = vec![format!("Carried by {}", carriers.join(", "))];
        let others: Vec<SmolStr> = others.into_iter().map(name_of).collect();
        if !others.is_empty() {
            let others = text::few(&text::in_order(&others));
            facts.push(format!(
                "Other images of {}: {others}",
                text::plain(distribution)
            ));
        }
        Some(facts)
    })?;
    Some(format!(
        "Tag {} of {}\n\n{}",
        text::code(tag),
        text::plain(distribution),
        text::bullets(&facts)
    ))
}

/// Name of an image, with its variant unless that is `minimal`: each variant has tags of its own.
fn with_variant(registration: &Registration<'_>) -> String {
    let name = text::code(&name_of(registration));
    let variant = registration.image.and_then(|i| i.identity.variant.fixed());
    match variant.filter(|v| *v != "minimal") {
        Some(variant) => format!("{name} (variant {})", text::plain(variant)),
        None => name,
    }
}

/// Describes a garbage-collection entry.
pub(super) fn collection(view: &View<'_>, index: usize) -> Option<String> {
    view.with_joined(|joined| {
        let registrations = joined.registrations?;
        let collection = joined.collection()?;
        let collector = collection.collectors.get(index)?;
        let mut images = images_of(registrations);
        // Entries of other files may come before it.
        let is_contested = |image: &&Image| {
            collection.taker(image) == Taker::Unknown && collector.matches(image) != Some(false)
        };
        let may_take = images.iter().any(is_contested);
        images.retain(|image| collection.taker(image) == Taker::Collector(index));
        let names: Vec<&SmolStr> = images.iter().map(|image| &image.name).collect();
        let mut facts = vec![patterns(collector.entry)];
        facts.push(match names.as_slice() {
            [] if may_take => "Cannot tell whose builds it takes".to_owned(),
            [] => "Takes builds of no published image".to_owned(),
            _ => format!("Takes builds of {}", text::images(&names)),
        });
        if let Some(image) = images.first() {
            let version = image.identity.relver.known().map(|v| v.sample());
            let version = version.unwrap_or_default();
            facts.push(format!(
                "For example {} of {}",
                text::code(version),
                text::code(&image.name)
            ));
        }
        if !collector.entry.keep {
            facts.push("It does not say how many to `keep`".to_owned());
        }
        Some(format!("Garbage collection\n\n{}", text::bullets(&facts)))
    })
}

/// Images that are published, each once.
fn images_of<'a>(registrations: &Registrations<'a>) -> Vec<&'a Image> {
    let mut seen: FxHashSet<&SmolStr> = FxHashSet::default();
    let images = registrations.published.iter().filter_map(|r| r.image);
    images.filter(|image| seen.insert(&image.name)).collect()
}

fn patterns(entry: &GcEntry) -> String {
    let fields = [
        ("distribution", &entry.distribution),
        ("version", &entry.version),
        ("variant", &entry.variant),
        ("arch", &entry.arch),
        ("vendor", &entry.vendor),
    ];
    let pattern = |(name, field): (&str, &NixField<SmolStr>)| match field {
        NixField::Known(value) => Some(format!("{name} {}", text::code(&value.value))),
        _ => None,
    };
    let patterns: Vec<String> = fields.into_iter().filter_map(pattern).collect();
    format!("Patterns, matched anywhere: {}", patterns.join(", "))
}
