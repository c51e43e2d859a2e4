//! The row of a registered image in the test table.

use std::sync::Arc;

use smol_str::SmolStr;

use super::doubts::{Doubt, DoubtedValue, Remarks};
use super::row_groups::{GroupBasis, HostCgroups, InitSystem, RowGroups, WITHOUT_SYSTEMD};
use super::tag_rules::{bare_release, is_interim, is_old_tag};
use crate::Refusal;
use crate::draft::Draft;
use crate::test_table::{self, NewRow};
use model::Image;
use model::registration::{Registration, Registrations};
use model::table::{CGROUP_GROUPS, ResolvedRow, Table};
use model::track::{self, Track, Version};
use model::tree::TEST_TABLE;
use model::view::View;
use syntax::nix::RowGroup;

/// Request for a row.
pub(crate) struct RowRequest<'r> {
    /// The image that the new one is made after.
    pub(crate) like: Option<&'r Image>,
    /// Hosts that the user asked for.
    pub(crate) hosts: Option<HostCgroups>,
    /// Reason for the row.
    pub(crate) reason: RowReason,
    /// Init system that the user says it has.
    pub(crate) init: Option<InitSystem>,
    /// Groups of a row that the image had, which the new one stands for.
    pub(crate) groups: Option<&'r [SmolStr]>,
}

/// Reason for a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RowReason {
    /// The user asked for a row.
    Requested,
    /// The image was registered: it gets a row where the releases before it have one.
    Registered,
}

/// Decision on the row of an image.
enum RowDecision {
    /// The row is inserted.
    Insert(RowDraft),
    /// A row is there, and in no group of an axis.
    Complete(RowInPart),
    /// No row is needed: one reaches the image already, or images of its kind have none.
    Unneeded,
    /// No row is made, for a reason that the user should know.
    Omitted(String),
}

/// A row with what decides on its groups.
struct RowDraft {
    row: NewRow,
    basis: GroupBasis,
}

/// A row that is there, with what decides on the groups that it is not in.
struct RowInPart {
    key: SmolStr,
    /// Groups that it is in.
    groups: Vec<SmolStr>,
    basis: GroupBasis,
    /// The row is that of the release itself, and not one that a tag brings to it.
    is_own: bool,
}

/// Adds a row for a registered image, and adds the row to its groups; a row that reaches the image
/// already is added to groups that it should be in.
///
/// # Errors
/// When the test table is written in a way that cannot be changed.
pub(crate) fn add_test_row(
    draft: &mut Draft<'_>,
    image: &Arc<Image>,
    request: &RowRequest<'_>,
) -> Result<Remarks, Refusal> {
    let mut remarks = Remarks::default();
    let decision = draft.with_joined(|registrations, table| match (registrations, table) {
        (Some(registrations), Some(table)) => {
            decide(&draft.view, registrations, table, image, request)
        }
        _ => RowDecision::Unneeded,
    });
    let RowDraft { row, basis } = match decision {
        RowDecision::Insert(row) => row,
        RowDecision::Complete(row) => return complete_row(draft, image, request, &row),
        RowDecision::Unneeded => {
            remarks.notes.extend(unused_options(request));
            return Ok(remarks);
        }
        RowDecision::Omitted(note) => {
            remarks.notes.push(note);
            remarks.notes.extend(unused_options(request));
            return Ok(remarks);
        }
    };
    let decided = match request.groups {
        Some(groups) => RowGroups::same_as(groups),
        None => basis.decide(&draft.view, image, request),
    };
    test_table::insert_row(draft.table_mut()?, &row).map_err(|why| why.by_hand("add the row"))?;
    join_groups(draft, &row.key, decided)
}

/// Adds a row to groups.
fn join_groups(
    draft: &mut Draft<'_>,
    key: &SmolStr,
    decided: RowGroups,
) -> Result<Remarks, Refusal> {
    let mut remarks = Remarks::default();
    for group in &decided.groups {
        test_table::add_member(draft.table_mut()?, group, key)
            .map_err(|why| why.by_hand(&format!("add the row to the group `{group}`")))?;
    }
    remarks.notes.extend(decided.note(key));
    let Some(why) = decided.doubt else {
        return Ok(remarks);
    };
    let is_axis = |group: &&SmolStr| CGROUP_GROUPS.contains(&group.as_str());
    let members = decided.groups.iter().filter(is_axis);
    remarks.doubts.extend(members.map(|group| Doubt {
        about: DoubtedValue::Member {
            group: group.clone(),
            key: key.clone(),
        },
        why: why.clone(),
    }));
    if remarks.doubts.is_empty() {
        let about = DoubtedValue::Row { key: key.clone() };
        remarks.doubts.push(Doubt { about, why });
    }
    Ok(remarks)
}

/// Adds a row that is there to the groups that it should be in: those that the user asks for; if it is
/// that of the release itself, those that a new row would be in.
fn complete_row(
    draft: &mut Draft<'_>,
    image: &Image,
    request: &RowRequest<'_>,
    row: &RowInPart,
) -> Result<Remarks, Refusal> {
    let RowInPart { key, groups, .. } = row;
    let decided = row.basis.decide(&draft.view, image, request);
    let (decided, is_unused) = decided.missing_from(groups, request, row.is_own);
    let added: Vec<String> = decided.groups.iter().map(|g| format!("`{g}`")).collect();
    let mut remarks = join_groups(draft, key, decided)?;
    if !added.is_empty() {
        let added = added.join(", ");
        remarks.notes.insert(
            0,
            format!("row `{key}` was there already: added to {added}"),
        );
    }
    if is_unused {
        remarks.notes.extend(unused_options(request));
    }
    Ok(remarks)
}

/// Returns what is said of options about a row where none is added.
fn unused_options(request: &RowRequest<'_>) -> Option<String> {
    let options = [
        ("`--cgroup`", request.hosts.is_some()),
        ("`--init`", request.init.is_some()),
    ];
    let unused = options.into_iter().filter(|(_, is_given)| *is_given);
    let unused: Vec<&str> = unused.map(|(option, _)| option).collect();
    (!unused.is_empty()).then(|| {
        let verb = if unused.len() == 1 { "has" } else { "have" };
        let options = unused.join(" and ");
        format!("{options} {verb} no effect: no row was added to {TEST_TABLE}")
    })
}

/// Returns the row that an image would get.
pub(super) fn proposed_row(
    draft: &Draft<'_>,
    image: &Image,
    request: &RowRequest<'_>,
) -> Option<NewRow> {
    draft.with_joined(|registrations, table| {
        match decide(&draft.view, registrations?, table?, image, request) {
            RowDecision::Insert(draft) => Some(draft.row),
            RowDecision::Complete(_) | RowDecision::Unneeded | RowDecision::Omitted(_) => None,
        }
    })
}

/// Returns whether a row reaches an entry that fits.
fn reaches(row: &ResolvedRow<'_>, fits: &dyn Fn(&Registration<'_>) -> bool) -> bool {
    row.published.iter().flatten().any(|r| fits(r))
}

/// Decides on the row of an image.
fn decide(
    view: &View<'_>,
    registrations: &Registrations<'_>,
    table: &Table<'_>,
    image: &Image,
    request: &RowRequest<'_>,
) -> RowDecision {
    let own = registrations.of_image(&image.name).next();
    let (Some(own), Some((track, version))) = (own, &image.track) else {
        return RowDecision::Unneeded;
    };
    if !registrations.is_default(own.repository, image) {
        return RowDecision::Unneeded;
    }
    let is_sibling = |r: &Registration<'_>| r.index != own.index && track_of(r) == Some(track);
    let (model, is_older) = match model_row(table, version, &is_sibling) {
        Some((model, is_older)) => (Some(model), is_older),
        None => (None, false),
    };
    let is_reached = |row: &&ResolvedRow<'_>| reaches(row, &|r| r.index == own.index);
    if let Some(row) = table.rows.iter().find(is_reached) {
        return RowDecision::Complete(RowInPart {
            key: row.row.key.value.clone(),
            groups: names_of(&row.groups),
            basis: group_basis(table, track, image, model, Some(row), false),
            is_own: row
                .version()
                .is_some_and(|v| image.identity.relver.fixed() == Some(v)),
        });
    }
    let is_registered_only = request.reason == RowReason::Registered;
    if is_registered_only && is_interim(&track.distribution, &bare_release(image)) {
        return RowDecision::Omitted(format!(
            "no row was added to {TEST_TABLE}: `{}` has no long-term support, and only releases \
             that have it get one",
            image.name
        ));
    }
    // Where the newest release alone is tested, an older one is not.
    let is_by_tag = |row: &ResolvedRow<'_>| row.version().is_some_and(|v| !track::is_numeric(v));
    if is_registered_only
        && track::is_numeric(&bare_release(image))
        && !is_older
        && model.is_some_and(is_by_tag)
    {
        return RowDecision::Unneeded;
    }
    let has_siblings = registrations.published.iter().any(is_sibling);
    if model.is_none() && has_siblings && is_registered_only {
        return RowDecision::Omitted(format!(
            "no row was added to {TEST_TABLE}: none names any release of its track"
        ));
    }
    let model_version = model.and_then(|row| row.version());
    let Some(version) = row_version(registrations, own, image, model_version) else {
        return without_version(image);
    };
    let of_model = model.and_then(|row| Some((row.row.key.value.as_str(), row.version()?)));
    let codenames = |release: &str| view.codename(&track.distribution, release);
    let key = test_table::key_for(
        table.facts,
        &track.distribution,
        &version,
        of_model,
        &codenames,
    );
    let beside = model.map(|row| row.row.key.value.clone());
    RowDecision::Insert(RowDraft {
        basis: basis_after(table, track, image, model, request),
        row: NewRow {
            key,
            distribution: track.distribution.clone(),
            version,
            after: beside.clone().filter(|_| is_older),
            before: beside.filter(|_| !is_older),
        },
    })
}

/// Returns the decision on an image that no row can name.
fn without_version(image: &Image) -> RowDecision {
    let why = match image.identity.relver.fixed() {
        Some(_) => "has no release",
        None => "has a date in its release",
    };
    RowDecision::Omitted(format!(
        "no row was added to {TEST_TABLE}: `{}` {why}, and no tag of its own names it",
        image.name
    ))
}

/// Returns what decides on the groups of an image's row: that of its track, else that of the image it
/// is made after.
fn basis_after(
    table: &Table<'_>,
    track: &Track,
    image: &Image,
    model: Option<&ResolvedRow<'_>>,
    request: &RowRequest<'_>,
) -> GroupBasis {
    let like = model.or_else(|| {
        let name = &request.like?.name;
        let is_like = |r: &Registration<'_>| r.image.is_some_and(|i| i.name == *name);
        table.rows.iter().find(|row| reaches(row, &is_like))
    });
    let distribution = Some(track.distribution.as_str());
    let is_foreign = |like: &Image| like.identity.distname.fixed() != distribution;
    let basis = group_basis(
        table,
        track,
        image,
        like,
        None,
        request.like.is_some_and(is_foreign),
    );
    match model {
        Some(_) => basis,
        None => basis.of_other_track(like, &image.name),
    }
}

fn track_of<'r>(registration: &Registration<'r>) -> Option<&'r Track> {
    let (track, _) = registration.image?.track.as_ref()?;
    Some(track)
}

/// Returns the row that a new one is made after: that of the newest release of the track before a
/// version, else of any; and whether it is older.
fn model_row<'t, 'r>(
    table: &'t Table<'r>,
    version: &Version,
    is_sibling: &dyn Fn(&Registration<'_>) -> bool,
) -> Option<(&'t ResolvedRow<'r>, bool)> {
    let mut candidates: Vec<(&Version, &ResolvedRow<'_>)> = Vec::new();
    for row in &table.rows {
        for registration in row.published.iter().flatten().filter(|r| is_sibling(r)) {
            if let Some((_, v)) = registration.image.and_then(|i| i.track.as_ref()) {
                candidates.push((v, row));
            }
        }
    }
    let older = candidates.iter().filter(|(v, _)| *v < version);
    let newest = older.max_by_key(|(v, _)| *v).map(|(_, row)| (*row, true));
    newest.or(candidates.first().map(|(_, row)| (*row, false)))
}

fn names_of(groups: &[&RowGroup]) -> Vec<SmolStr> {
    groups.iter().map(|g| g.name.value.clone()).collect()
}

/// Returns what decides on the groups of an image's row; `like` is the row that it is made after, `row`
/// the one that is there. Where the scripts were written for another distribution, they do not tell what
/// this one runs.
fn group_basis(
    table: &Table<'_>,
    track: &Track,
    image: &Image,
    like: Option<&ResolvedRow<'_>>,
    row: Option<&ResolvedRow<'_>>,
    is_foreign: bool,
) -> GroupBasis {
    let is_own = |row: &&ResolvedRow<'_>| row.distribution() == Some(track.distribution.as_str());
    let mut of_distribution = table.rows.iter().filter(is_own).filter_map(runs_systemd);
    // A row of another distribution says nothing about this one.
    let like = like.filter(|row| is_own(row));
    let systemd = row
        .and_then(runs_systemd)
        .or_else(|| like.and_then(runs_systemd))
        .or_else(|| image.summary.init.is_systemd().filter(|_| !is_foreign))
        .or_else(|| of_distribution.next())
        .or_else(|| {
            let is_other = WITHOUT_SYSTEMD.contains(&track.distribution.as_str());
            // Scripts that set it up would be found fault with in the group of the others.
            let is_set_up = image.summary.init.is_systemd() == Some(true);
            (is_other && !is_set_up).then_some(false)
        });
    GroupBasis {
        like: like.map(|row| names_of(&row.groups)).unwrap_or_default(),
        all: names_of(&table.facts.groups.iter().collect::<Vec<_>>()),
        systemd,
        likened: None,
    }
}

/// Returns whether the image of a row runs systemd, by the groups that the row is in.
fn runs_systemd(row: &ResolvedRow<'_>) -> Option<bool> {
    match (row.is_in("systemd"), row.is_in("non-systemd")) {
        (true, false) => Some(true),
        (false, true) => Some(false),
        _ => None,
    }
}

/// Returns what names an image in a row: its version, or, where that has a date, a tag that no
/// other entry has. `model_version` is the version of the row that the new one is made after.
fn row_version(
    registrations: &Registrations<'_>,
    own: &Registration<'_>,
    image: &Image,
    model_version: Option<&str>,
) -> Option<SmolStr> {
    let release = image.identity.relver.fixed();
    if let Some(release) = release.filter(|release| !release.is_empty()) {
        return Some(SmolStr::new(release));
    }
    let distribution = image.identity.distname.fixed()?;
    let is_own_alone = |tag: &str| {
        registrations
            .resolve(distribution, tag)
            .is_some_and(|found| matches!(found.as_slice(), [only] if only.index == own.index))
    };
    let tags = own.entry.tags.items.iter().map(|t| &t.value);
    let mut candidates: Vec<&SmolStr> = tags
        .filter(|tag| !is_old_tag(tag) && is_own_alone(tag))
        .collect();
    // The row before it says `latest-9-stream`: then this one says `latest-10-stream`.
    let shape = model_version.map(|version| track::split(version).0);
    candidates.sort_by_key(|tag| shape != Some(track::split(tag).0));
    candidates.first().map(|tag| (*tag).clone())
}
