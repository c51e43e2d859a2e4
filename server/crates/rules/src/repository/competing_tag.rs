//! `competing-tag`.

use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use crate::{Context, FileRange, Finding, Joined};
use edits::{Fix, FixKind};
use model::registration::Registration;
use model::track::{Track, Version};
use syntax::TextRange;

rule! {
    /// One tag is given to two releases of the same distribution, vendor, variant and
    /// architecture.
    ///
    /// ## Why
    /// When an image is deployed, its tags are taken from every other image of that combination.
    /// A tag listed twice moves back and forth: whichever was built last has it.
    ///
    /// ## How to fix it
    /// Leave the tag to one of them, most likely the newest release. It is shown on all others, or
    /// on all of them where they are of different tracks and none is the newest.
    code: "competing-tag",
    severity: Warning,
    group: Repository,
    checks: [TestTable(check)],
    fix: yes,
}

struct Holder<'a> {
    published: &'a Registration<'a>,
    range: TextRange,
}

impl<'a> Holder<'a> {
    fn track(&self) -> Option<&'a (Track, Version)> {
        self.published.image?.track.as_ref()
    }
}

fn check(_cx: &Context<'_>, joined: &Joined<'_>, out: &mut Vec<Finding>) {
    let Some(registrations) = joined.registrations else {
        return;
    };
    let mut holders: FxHashMap<[SmolStr; 6], Vec<Holder<'_>>> = FxHashMap::default();
    for published in &registrations.published {
        let Some(track) = published
            .image
            .filter(|i| !i.is_mistaken())
            .and_then(|i| i.track.as_ref())
        else {
            continue;
        };
        for tag in &published.entry.tags.items {
            let key = [
                published.repository.name.value.clone(),
                track.0.vendor.clone(),
                track.0.variant.clone(),
                track.0.arch.clone(),
                track.0.distribution.clone(),
                tag.value.clone(),
            ];
            let found = holders.entry(key).or_default();
            if !found.iter().any(|h| h.published.index == published.index) {
                found.push(Holder {
                    published,
                    range: tag.range,
                });
            }
        }
    }
    let mut competing: Vec<_> = holders.into_iter().filter(|(_, h)| h.len() > 1).collect();
    competing.sort_by_key(|(_, h)| h.first().map(|h| (h.published.index, h.range.start())));
    for ([.., distribution, tag], holders) in competing {
        let rows = joined.table.iter().flat_map(|table| {
            let rows = table.rows.iter().filter(|row| {
                let answers =
                    |p: &Registration<'_>| holders.iter().any(|h| h.published.index == p.index);
                row.version() == Some(&tag)
                    && row
                        .published
                        .iter()
                        .flatten()
                        .filter(|p| answers(p))
                        .count()
                        > 1
            });
            rows.map(|row| FileRange::new(table.file, row.row.key.range))
        });
        report(
            &distribution,
            &tag,
            &holders,
            &rows.collect::<Vec<_>>(),
            out,
        );
    }
}

fn report(
    distribution: &str,
    tag: &str,
    holders: &[Holder<'_>],
    rows: &[FileRange],
    out: &mut Vec<Finding>,
) {
    let one_track = holders.windows(2).all(|pair| match pair {
        [a, b] => a.track().map(|t| &t.0) == b.track().map(|t| &t.0),
        _ => true,
    });
    let newest = holders
        .iter()
        .max_by_key(|h| h.track().map(|t| &t.1))
        .map(|h| h.published.index);
    for holder in holders {
        let index = holder.published.index;
        if one_track && Some(index) == newest {
            continue;
        }
        let others: Vec<&Holder<'_>> = holders
            .iter()
            .filter(|h| h.published.index != index)
            .collect();
        let names = others
            .iter()
            .map(|h| format!("`{}`", h.published.entry.version.value))
            .collect::<Vec<_>>()
            .join(", ");
        let message = format!(
            "tag `{tag}` of {distribution} is also on {names}: the last one that is built has it"
        );
        let mut finding = Finding::new(
            &RULE,
            FileRange::new(holder.published.file, holder.range),
            message,
        );
        if let Some(image) = holder.published.image {
            finding = finding.image(&image.name);
        }
        for other in others {
            finding = finding.related(
                FileRange::new(other.published.file, other.range),
                "also here",
            );
        }
        for row in rows {
            finding = finding.related(*row, "this row resolves to all of them");
        }
        let leave_to = holders
            .iter()
            .find(|h| one_track && Some(h.published.index) == newest);
        if let Some(leave_to) = leave_to {
            let entry = holder.published.entry;
            let plan = FixKind::RemoveTag {
                distribution: entry.distribution.value.clone(),
                version: entry.version.value.clone(),
                tag: SmolStr::new(tag),
            };
            let title = format!(
                "Leave `{tag}` to `{}`",
                leave_to.published.entry.version.value
            );
            finding = finding.fix(Fix::new(title, plan));
        }
        out.push(finding);
    }
}
