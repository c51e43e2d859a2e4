//! `builder-base-unpublished`.

use crate::substitutes::substitutes;
use crate::{Context, FileRange, Finding, Joined};
use edits::Fix;
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
                substitutes(registrations, distribution, release)
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

/// Returns the range where RELVER gets its value.
fn value_range(cx: &Context<'_>, config: model::FileId) -> Option<TextRange> {
    cx.tree.script(config)?.value_range("RELVER")
}
