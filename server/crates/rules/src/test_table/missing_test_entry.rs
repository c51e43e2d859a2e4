//! `missing-test-entry`.

use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;

use crate::{Context, FileRange, Finding, Joined};
use edits::{Fix, FixKind};
use model::Image;
use model::settings::Severity;
use model::table::Table;
use model::track::{Track, Version};
use model::view::View;
use syntax::TextRange;

rule! {
    /// The newest published release of a track is reached by no row of `tests/distributions.nix`,
    /// neither by its version nor by one of its tags.
    ///
    /// A warning where rows do name older releases of the track; information, once, where no row
    /// names its distribution; a hint where none names its track, and for Ubuntu's interim releases,
    /// which get no row. For other rows of Ubuntu the newest release is the newest LTS.
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
    if !table.facts.rows_complete {
        return;
    }
    let reached: FxHashSet<usize> = table
        .rows
        .iter()
        .flat_map(|row| row.published.iter().flatten())
        .map(|p| p.index)
        .collect();
    let mut newest: FxHashMap<Line<'_>, (&Version, usize)> = FxHashMap::default();
    let mut tested: FxHashSet<Line<'_>> = FxHashSet::default();
    for published in &registrations.published {
        let Some((line, version)) = published.image.and_then(line_of) else {
            continue;
        };
        // An interim release has to be newer than the LTS before it, too.
        for line in [line, (line.0, true)] {
            if newest.get(&line).is_none_or(|(best, _)| *best < version) {
                newest.insert(line, (version, published.index));
            }
        }
        if reached.contains(&published.index) {
            tested.insert(line);
        }
    }
    let mut without_rows: FxHashSet<&str> = FxHashSet::default();
    for published in &registrations.published {
        let Some((image, (line, _))) = published.image.and_then(|i| Some((i, line_of(i)?))) else {
            continue;
        };
        let distribution = &line.0.distribution;
        let is_newest = newest
            .get(&line)
            .is_some_and(|(_, index)| *index == published.index);
        if !is_newest
            || reached.contains(&published.index)
            || !registrations.is_default(published.repository, image)
            || may_be_reached(table, distribution)
        {
            continue;
        }
        let is_named = table
            .rows
            .iter()
            .any(|row| row.distribution() == Some(distribution));
        // One finding speaks for all tracks of a distribution.
        if !is_named && !without_rows.insert(distribution) {
            continue;
        }
        if let Some(anchor) = cx.first_line_of(image) {
            let reach = match (is_interim(image), tested.contains(&line), is_named) {
                (_, _, false) => Reach::Distribution,
                (true, _, _) => Reach::Interim,
                (_, true, _) => Reach::Track,
                _ => Reach::OtherTracks,
            };
            let mut finding = finding(table, image, distribution, anchor, reach);
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

/// A track, of Ubuntu without the interim releases or with them.
type Line<'a> = (&'a Track, bool);

/// Returns the track of an image that is who its name says, and its version there.
fn line_of(image: &Image) -> Option<(Line<'_>, &Version)> {
    let (track, version) = image.track.as_ref().filter(|_| !image.is_mistaken())?;
    Some(((track, is_interim(image)), version))
}

/// Returns whether a row that does not resolve for certain may reach images of a distribution.
fn may_be_reached(table: &Table<'_>, distribution: &str) -> bool {
    let mut unknown = table.rows.iter().filter(|row| row.published.is_none());
    unknown.any(|row| row.distribution().is_none_or(|d| d == distribution))
}

/// Rows that there are for the images of a distribution.
enum Reach {
    /// None at all.
    Distribution,
    /// Some for other tracks.
    OtherTracks,
    /// Some for older releases of the track.
    Track,
    /// It is an interim release of Ubuntu.
    Interim,
}

/// Returns whether an image is an interim release of Ubuntu.
fn is_interim(image: &Image) -> bool {
    let release = image.identity.relver.fixed().unwrap_or_default();
    image.identity.distname.fixed() == Some("ubuntu") && !View::is_lts("ubuntu", release)
}

fn finding(
    table: &Table<'_>,
    image: &Image,
    distribution: &SmolStr,
    anchor: FileRange,
    reach: Reach,
) -> Finding {
    let name = &image.name;
    let (severity, message) = match reach {
        Reach::Interim => (
            Severity::Hint,
            format!("no test reaches `{name}`: interim releases usually have no row"),
        ),
        Reach::Track => (
            Severity::Warning,
            format!(
                "no test reaches `{name}`: no row names its version or a tag of it, though older releases have one"
            ),
        ),
        Reach::OtherTracks => (
            Severity::Hint,
            format!("no test reaches `{name}`, nor any other release of its track"),
        ),
        Reach::Distribution => (
            Severity::Information,
            format!("no test reaches `{name}`, nor any other image of {distribution}"),
        ),
    };
    let mut finding = Finding::new(&RULE, anchor, message)
        .severity(severity)
        .image(name);
    if let Some(neighbour) = neighbour(table, distribution) {
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
