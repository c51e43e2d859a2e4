//! `builder-base-unpublished`.

use crate::{Context, FileRange, Finding, Joined};
use edits::Fix;
use model::registration::{Registration, Registrations};
use model::track;
use syntax::TextRange;

rule! {
    /// The distribution and version that a builder starts from resolve to no published image.
    ///
    /// ## Why
    /// The builder's container is created from the published repository. When the image it names
    /// was retired, the builder works only as long as somebody still has it, and every image that
    /// is built in it fails afterwards.
    ///
    /// ## How to fix it
    /// Set RELVER in the builder's `config.sh` to a published version or, better, a tag.
    code: "builder-base-unpublished",
    severity: Warning,
    group: Images,
    checks: [Repository(check)],
    fix: yes,
}

fn check(cx: &Context<'_>, joined: &Joined<'_>, out: &mut Vec<Finding>) {
    let Some(registrations) = joined.registrations else {
        return;
    };
    for builder in cx.model.builders.values() {
        let Some(config) = builder.config else {
            continue;
        };
        let (Some(distribution), Some(release)) =
            (builder.base.distname.fixed(), builder.base.relver.fixed())
        else {
            continue;
        };
        let defaults = builder.base.vendor.fixed() == Some("vpsadminos")
            && builder.base.variant.fixed() == Some("minimal");
        if distribution.is_empty() || release.is_empty() || !defaults {
            continue;
        }
        if !registrations
            .resolve(distribution, release)
            .is_some_and(|found| found.is_empty())
        {
            continue;
        }
        let range = value_range(cx, config);
        let anchor = range.map_or_else(
            || FileRange::first_line(cx.tree, config),
            |range| FileRange::new(config, range),
        );
        let message = format!(
            "builder `{}` starts from {distribution} `{release}`, which is not published (any more)",
            builder.name
        );
        let fixes = range.into_iter().flat_map(|range| {
            let is_written = cx
                .tree
                .file(config)
                .is_some_and(|file| file.slice(range).trim_matches(['"', '\'']) == release);
            let others = if is_written {
                published(registrations, distribution, release)
            } else {
                Vec::new()
            };
            others.into_iter().map(move |other| {
                Fix::replace(format!("Change to `{other}`"), config, range, other)
            })
        });
        out.push(Finding::new(&RULE, anchor, message).fixes(fixes));
    }
}

/// Returns what a builder of a distribution could start from in place of a release: the newest
/// published one of the same kind, and the tag that moves with it.
fn published(registrations: &Registrations<'_>, distribution: &str, release: &str) -> Vec<String> {
    let (kind, _) = track::split(release);
    let is_published = |name: &str| {
        let found = registrations.resolve(distribution, name);
        found.is_some_and(|found| !found.is_empty())
    };
    let versions = |registration: &Registration<'_>| {
        let identity = &registration.image?.identity;
        let of_distribution = identity.distname.fixed() == Some(distribution);
        let name = identity.relver.fixed().filter(|_| of_distribution)?;
        let (other, version) = track::split(name);
        let fits = !version.is_empty() && is_published(name);
        fits.then(|| (other == kind, other.is_empty(), version, name.to_owned()))
    };
    let releases = registrations.published.iter().filter_map(versions);
    let newest = releases
        .filter(|(is_same, is_plain, ..)| *is_same || *is_plain)
        .max()
        .map(|(.., name)| name);
    let of_kind = format!("latest-{}", kind.trim_end_matches('-'));
    let tags = [of_kind.as_str(), "latest"].into_iter();
    let tag = tags.map(str::to_owned).find(|tag| is_published(tag));
    newest.into_iter().chain(tag).collect()
}

/// Returns the range where RELVER gets its value.
fn value_range(cx: &Context<'_>, config: model::FileId) -> Option<TextRange> {
    cx.tree.script(config)?.value_range("RELVER")
}
