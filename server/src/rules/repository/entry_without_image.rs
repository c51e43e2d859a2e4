//! `entry-without-image`.

use crate::rules::near::{did_you_mean, near};
use crate::rules::{Anchor, Context, Finding, Joined};

rule! {
    /// An entry of the repository names no image.
    ///
    /// ## Why
    /// The entry builds the image called `name`, or `<distribution>-<version>`. When there is no
    /// such directory or link in `images/`, every build of the repository reports a failure.
    ///
    /// ## How to fix it
    /// Correct the version or the `name`, or remove the entry of an image that was retired.
    ENTRY_WITHOUT_IMAGE, "entry-without-image", Error, Repository
}

pub(crate) fn check(cx: &Context<'_>, joined: &Joined<'_>, out: &mut Vec<Finding>) {
    let Some(publication) = joined.publication else {
        return;
    };
    for published in publication.published.iter().filter(|p| p.image.is_none()) {
        let Some(name) = published.image_name() else {
            continue;
        };
        let known = cx.model.broken_links.contains_key(&name);
        // A directory with `abstract`, or an empty one, has a finding of its own.
        if known || cx.model.directories.contains_key(&name) {
            continue;
        }
        let names = near(&name, cx.model.images.keys().map(|n| n.as_str()));
        let message = format!("there is no image `{name}`{}", did_you_mean(&names));
        let range = match &published.entry.name {
            crate::syntax::nix::Field::Known(field) => field.range,
            _ => published.entry.version.range,
        };
        out.push(Finding::new(
            &ENTRY_WITHOUT_IMAGE,
            Anchor::range(publication.file, range),
            message,
        ));
    }
}
