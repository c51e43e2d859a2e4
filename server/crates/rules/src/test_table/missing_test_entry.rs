//! `missing-test-entry`.

use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;

use crate::{Context, FileRange, Finding, Joined};
use edits::{Fix, FixKind};
use model::Image;
use model::registration::is_default;
use model::settings::Severity;
use model::table::Table;
use model::track::{Track, Version};
use model::view::View;
use syntax::TextRange;

rule! {
    /// The newest published release of a track is reached by no row of `tests/distributions.nix`,
    /// neither by its version nor by one of its tags.
    ///
    /// A warning where rows do name older releases of the track; information where none does, and
    /// for Ubuntu's interim releases, which get no row.
    ///
    /// ## Why
    /// The VM tests create their containers from this table. Without a row the new release is
    /// published untested. It is what everybody forgets.
    ///
    /// ## How to fix it
    /// Add a row, and its key to one cgroup group and one init group.
    code: "missing-test-entry",
    severity: Warning,
    group: TestTable,
    checks: [TestTable(check)],
    fix: yes,
}

fn check(cx: &Context<'_>, joined: &Joined<'_>, out: &mut Vec<Finding>) {
    let (Some(registrations), Some(table)) = (joined.registrations, &joined.table) else {
        return;
    };
    if !table.facts.rows_complete || table.rows.iter().any(|row| row.published.is_none()) {
        return;
    }
    let reached: FxHashSet<usize> = table
        .rows
        .iter()
        .flat_map(|row| row.published.iter().flatten())
        .map(|p| p.index)
        .collect();
    let mut newest: FxHashMap<&Track, (&Version, usize)> = FxHashMap::default();
    let mut tested: FxHashSet<&Track> = FxHashSet::default();
    for published in &registrations.published {
        let Some((track, version)) = published.image.and_then(|i| i.track.as_ref()) else {
            continue;
        };
        if newest.get(track).is_none_or(|(best, _)| *best < version) {
            newest.insert(track, (version, published.index));
        }
        if reached.contains(&published.index) {
            tested.insert(track);
        }
    }
    for published in &registrations.published {
        let Some(image) = published.image else {
            continue;
        };
        let Some((track, _)) = &image.track else {
            continue;
        };
        let is_newest = newest
            .get(track)
            .is_some_and(|(_, index)| *index == published.index);
        if !is_newest
            || reached.contains(&published.index)
            || !is_default(published.repository, image)
        {
            continue;
        }
        if let Some(anchor) = cx.first_line_of(image) {
            let mut finding = finding(table, image, track, anchor, tested.contains(track));
            // A row names a version, or, where that has a date, a tag.
            let tags = &published.entry.tags.items;
            let nameable = image.identity.relver.fixed().is_some()
                || tags.iter().any(|tag| !tag.value.starts_with("old"));
            // An interim release is better off without.
            let nameable = nameable && !is_interim(image);
            if nameable {
                let plan = FixKind::Test {
                    image: image.name.clone(),
                };
                let title = format!("Test `{}`: add a row and its groups", image.name);
                finding = finding.fix(Fix::new(title, plan));
            }
            out.push(finding);
        }
    }
}

/// Returns whether an image is an interim release of Ubuntu.
fn is_interim(image: &Image) -> bool {
    let release = image.identity.relver.fixed().unwrap_or_default();
    image.identity.distname.fixed() == Some("ubuntu") && !View::is_lts("ubuntu", release)
}

fn finding(
    table: &Table<'_>,
    image: &Image,
    track: &Track,
    anchor: FileRange,
    tested: bool,
) -> Finding {
    let name = &image.name;
    let (severity, message) = match (is_interim(image), tested) {
        (true, _) => (
            Severity::Information,
            format!("no test reaches `{name}`: interim releases usually have no row"),
        ),
        (false, true) => (
            Severity::Warning,
            format!(
                "no test reaches `{name}`: no row names its version or a tag of it, though older releases have one"
            ),
        ),
        (false, false) => (
            Severity::Information,
            format!("no test reaches `{name}`, nor any other release of its track"),
        ),
    };
    let mut finding = Finding::new(&RULE, anchor, message)
        .severity(severity)
        .image(name);
    if let Some(neighbour) = neighbour(table, &track.distribution) {
        finding = finding.related(
            FileRange::new(table.file, neighbour),
            "the row belongs near this one",
        );
    }
    finding
}

/// The last row of a distribution, or the one before where it belongs.
fn neighbour(table: &Table<'_>, distribution: &SmolStr) -> Option<TextRange> {
    let of = |row: &&model::table::ResolvedRow<'_>| row.distribution() == Some(distribution);
    let before = |row: &&model::table::ResolvedRow<'_>| {
        row.distribution()
            .is_some_and(|d| d < distribution.as_str())
    };
    let found = table
        .rows
        .iter()
        .rfind(of)
        .or_else(|| table.rows.iter().rfind(before))?;
    Some(found.row.key.range)
}
