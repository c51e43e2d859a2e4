//! `unused-gc-entry`.

use rustc_hash::FxHashSet;

use crate::{Context, FileRange, Finding, Joined};
use model::tree::Broken;
use syntax::nix::NixField;

rule! {
    /// A garbage-collection entry matches no image of the checkout.
    ///
    /// ## Why
    /// It remained when an image was retired, or its pattern is misspelled.
    ///
    /// ## How to fix it
    /// Remove the entry once the last builds of the image are gone, or correct it.
    code: "unused-gc-entry",
    severity: Information,
    group: Repository,
    checks: [Repository(check)],
    fix: no,
}

fn check(cx: &Context<'_>, joined: &Joined<'_>, out: &mut Vec<Finding>) {
    let (Some(registrations), Some(collection)) = (joined.registrations, joined.collection())
    else {
        return;
    };
    if collection.collectors.is_empty()
        || cx
            .model
            .images
            .values()
            .any(|i| i.track.is_none() || i.is_mistaken())
    {
        return;
    }
    // An image that is not read may be what an entry is for.
    let images = format!("{}images", cx.tree.layout.prefix());
    if cx.tree.is_unknown(&images)
        || (cx.model.broken_links.values()).any(|reason| *reason == Broken::Unknown)
    {
        return;
    }
    let mut used = FxHashSet::default();
    for image in cx.model.images.values() {
        for (index, collector) in collection.candidates(image) {
            if !used.contains(&index) && collector.matches(image) != Some(false) {
                used.insert(index);
            }
        }
        // Unpublished images of a distribution nobody publishes are not indexed: try them all.
        if registrations.of_image(&image.name).next().is_none() {
            for (index, collector) in collection.collectors.iter().enumerate() {
                if !used.contains(&index) && collector.matches(image) != Some(false) {
                    used.insert(index);
                }
            }
        }
    }
    for (index, collector) in collection.collectors.iter().enumerate() {
        if used.contains(&index) || collector.entry.unknown {
            continue;
        }
        let range = match &collector.entry.version {
            NixField::Known(version) => version.range,
            _ => collector.entry.range,
        };
        let message = "this garbage-collection entry matches no image";
        out.push(Finding::new(
            &RULE,
            FileRange::new(collector.file, range),
            message,
        ));
    }
}
