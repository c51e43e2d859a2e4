//! `missing-gc-entry`.

use crate::{Context, FileRange, Finding, Joined};
use edits::{Fix, FixKind};
use model::collection::Taker;
use syntax::TextRange;

rule! {
    /// A published image with a date in its version is matched by no entry of
    /// `garbageCollection`.
    ///
    /// ## Why
    /// Every build of a rolling image has a version of its own. Without an entry, old builds are
    /// kept forever, until the repository's disk is full.
    ///
    /// ## How to fix it
    /// Add an entry that matches the version the image resolves to:
    /// ```nix
    /// {
    ///   distribution = "gentoo";
    ///   version = "^openrc-\\d+$";
    ///   keep = 4;
    /// }
    /// ```
    code: "missing-gc-entry",
    severity: Warning,
    group: Repository,
    checks: [Repository(check)],
    fix: yes,
}

fn check(cx: &Context<'_>, joined: &Joined<'_>, out: &mut Vec<Finding>) {
    let (Some(registrations), Some(collection)) = (joined.registrations, joined.collection())
    else {
        return;
    };
    if !collection.complete {
        return;
    }
    for published in &registrations.published {
        let Some(image) = published.image.filter(|i| !i.is_mistaken()) else {
            continue;
        };
        let Some(release) = image.identity.relver.known().filter(|r| r.is_dated()) else {
            continue;
        };
        if image.track.is_none() || collection.taker(image) != Taker::Nobody {
            continue;
        }
        let Some(anchor) = cx.first_line_of(image) else {
            continue;
        };
        let message = format!(
            "builds of `{}` are never cleaned up: no garbage-collection entry matches version `{}`",
            image.name,
            release.with_stamps_as("DATE")
        );
        let mut finding = Finding::new(&RULE, anchor, message).image(&image.name);
        let entry = FileRange::new(published.file, published.entry.version.range);
        finding = finding.related(entry, "published here");
        if let Some(list) = published.repository.collections_list {
            let start = TextRange::at(list.start(), 1.into());
            finding = finding.related(
                FileRange::new(published.file, start),
                "the entry belongs in this list",
            );
        }
        let plan = FixKind::Collect {
            image: image.name.clone(),
        };
        let fix = Fix::new("Insert a garbage-collection entry", plan).safe();
        out.push(finding.fix(fix));
    }
}
