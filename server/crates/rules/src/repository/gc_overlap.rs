//! `gc-overlap`.

use crate::{Context, FileRange, Finding, Joined};
use edits::{Fix, FixKind};
use model::Image;
use model::collection::Taker;
use syntax::nix::NixField;

rule! {
    /// An unanchored garbage-collection pattern also matches versions of another track, which no
    /// earlier entry takes.
    ///
    /// ## Why
    /// Patterns are matched anywhere in the version: `openrc-\\d+` also takes
    /// `musl-openrc-20260102`. Builds of both count together, and the older ones of one flavour
    /// are deleted because of the other's.
    ///
    /// ## How to fix it
    /// Anchor it: `^openrc-\\d+$`.
    code: "gc-overlap",
    severity: Warning,
    group: Repository,
    checks: [Repository(check)],
    fix: yes,
}

fn check(_cx: &Context<'_>, joined: &Joined<'_>, out: &mut Vec<Finding>) {
    let (Some(registrations), Some(collection)) = (joined.registrations, joined.collection())
    else {
        return;
    };
    let mut taken: Vec<(Vec<&Image>, Vec<&Image>)> = collection
        .collectors
        .iter()
        .map(|_| Default::default())
        .collect();
    for image in registrations
        .published
        .iter()
        .filter_map(|p| p.image.filter(|i| !i.is_mistaken()))
    {
        let (Taker::Collector(index), Some(release)) =
            (collection.taker(image), image.identity.relver.known())
        else {
            continue;
        };
        let Some(version) = collection.collectors.get(index).and_then(|c| c.version()) else {
            continue;
        };
        let (Some(whole), Some((own, foreign))) = (
            version.matches_whole(release.sample()),
            taken.get_mut(index),
        ) else {
            continue;
        };
        if whole {
            own.push(image)
        } else {
            foreign.push(image)
        }
    }
    for (collector, (own, foreign)) in collection.collectors.iter().zip(&taken) {
        let NixField::Known(pattern) = &collector.entry.version else {
            continue;
        };
        let (Some(mine), Some(other)) = (
            own.first(),
            foreign
                .iter()
                .find(|f| !own.iter().any(|o| same_track(o, f))),
        ) else {
            continue;
        };
        let release = other
            .identity
            .relver
            .known()
            .map(|r| r.with_stamps_as("DATE"))
            .unwrap_or_default();
        let message = format!(
            "`{}`, meant for `{}`, also matches version `{release}` of `{}`: anchor it",
            pattern.value, mine.name, other.name
        );
        let inner = pattern.value.trim_start_matches('^').trim_end_matches('$');
        let anchored = if inner.contains('|') {
            format!("^({inner})$")
        } else {
            format!("^{inner}$")
        };
        let escaped = anchored.replace('\\', "\\\\");
        let plan = FixKind::AnchorPattern {
            file: collector.file,
            pattern: pattern.range,
            anchored: escaped.into(),
        };
        let fix = Fix::new(format!("Anchor it: `{anchored}`"), plan).safe();
        let anchor = FileRange::new(collector.file, pattern.range);
        out.push(
            Finding::new(&RULE, anchor, message)
                .image(&other.name)
                .fix(fix),
        );
    }
}

fn same_track(a: &Image, b: &Image) -> bool {
    a.track.as_ref().map(|t| &t.0) == b.track.as_ref().map(|t| &t.0)
}
