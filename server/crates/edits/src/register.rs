//! Has an image published and tested: its entry with tags and garbage collection, its row with
//! groups.

use std::sync::Arc;

use smol_str::SmolStr;

use super::draft::Draft;
use super::groups::{Cgroup, Membership, WITHOUT_SYSTEMD};
use super::repository::{self, NewCollection, NewEntry};
use super::table::{self, NewRow};
use super::tags::{Inherited, Tags};
use super::{Refusal, Verify};
use model::Image;
use model::collection::Collection;
use model::collection::Taker;
use model::registration::{Registration, is_default};
use model::table::{CGROUP_GROUPS, ResolvedRow};
use model::track::{self, Version};
use model::tree::{REPOSITORY, TEST_TABLE};
use model::view::View;
use syntax::nix::GcEntry;

/// A value that is in doubt, found again when the change is complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Doubt {
    /// A row's place in a group.
    Member {
        group: SmolStr,
        key: SmolStr,
        why: String,
    },
    /// A row in no group.
    Row { key: SmolStr, why: String },
    /// A tag of an entry.
    Tag {
        distribution: SmolStr,
        version: SmolStr,
        tag: SmolStr,
        why: String,
    },
}

/// What came of it beside the change itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Outcome {
    pub(super) doubts: Vec<Doubt>,
    pub(super) notes: Vec<String>,
}

impl Outcome {
    pub(super) fn extend(&mut self, other: Outcome) {
        self.doubts.extend(other.doubts);
        self.notes.extend(other.notes);
    }
}

/// How an image is named in the repository: distribution, version, and `name` where those two do
/// not make it.
pub(super) fn entry_key(image: &Image) -> Result<(SmolStr, SmolStr, Option<SmolStr>), Refusal> {
    let Some(distribution) = image.identity.distname.fixed().filter(|d| !d.is_empty()) else {
        return Err(Refusal::new(format!(
            "{}: its distribution cannot be told by reading `config.sh`",
            image.name
        )));
    };
    let distribution = SmolStr::new(distribution);
    let rest = image
        .name
        .strip_prefix(distribution.as_str())
        .and_then(|rest| rest.strip_prefix('-'));
    if let Some(version) = rest {
        return Ok((distribution, SmolStr::new(version), None));
    }
    let version = match image.identity.relver.fixed() {
        Some(release) if !release.is_empty() => SmolStr::new(release),
        _ => SmolStr::new_static("rolling"),
    };
    Ok((distribution, version, Some(image.name.clone())))
}

fn no_repository() -> Refusal {
    Refusal::new(format!(
        "{REPOSITORY} is missing, does not parse, or cannot be read: mend it first"
    ))
}

/// Publishes an image: its entry, and a garbage-collection entry where it needs one.
pub(super) fn register(
    draft: &mut Draft<'_>,
    image: &Arc<Image>,
    tags: &Tags,
) -> Result<Outcome, Refusal> {
    let (distribution, version, name) = entry_key(image)?;
    if draft.repository.is_none() {
        return Err(no_repository());
    }
    let mut outcome = Outcome::default();
    let inherited = Inherited::new(draft, image, tags);
    let new = NewEntry {
        distribution: distribution.clone(),
        version: version.clone(),
        name,
        tags: inherited.tags.clone(),
        track: image.track.clone(),
    };
    let models = draft.model.images.clone();
    let Some(file) = draft.repository.as_mut() else {
        return Err(no_repository());
    };
    let track_of = |entry: &syntax::nix::Entry| {
        let name = model::registration::image_name(entry)?;
        models.get(&name)?.track.clone()
    };
    repository::insert_entry(file, &new, &track_of)
        .ok_or_else(|| Refusal::by_hand(REPOSITORY, "insert the entry"))?;
    let comments = file.comments();
    for (distribution, version, tag) in &inherited.taken {
        repository::remove_tag(file, (distribution, version), tag).ok_or_else(|| {
            let what = format!("move the tag `{tag}` of {distribution} \"{version}\"");
            Refusal::by_hand(REPOSITORY, &what)
        })?;
    }
    outcome.notes.extend(gone_note(comments, &file.comments()));
    outcome.doubts.extend(inherited.doubts);
    collect(draft, image, None)?;
    Ok(outcome)
}

/// The comments that went with a tag that was moved: only who reads them knows whether they hold
/// for the release that has it now.
fn gone_note(before: Vec<String>, after: &[String]) -> Option<String> {
    let mut left = after.iter().peekable();
    let gone: Vec<String> = before
        .into_iter()
        .filter(|comment| left.next_if(|next| *next == comment).is_none())
        .map(|comment| format!("`{comment}`"))
        .collect();
    (!gone.is_empty()).then(|| {
        format!(
            "the tags that were moved had comments, which are gone: {}",
            gone.join(", ")
        )
    })
}

/// Has the builds of an image collected as garbage, if they have a date and nothing does yet.
/// `keep` is how many are kept, where that is known.
pub(super) fn collect(
    draft: &mut Draft<'_>,
    image: &Image,
    keep: Option<String>,
) -> Result<(), Refusal> {
    let Some(release) = image.identity.relver.known().filter(|r| r.is_dated()) else {
        return Ok(());
    };
    if draft.repository.is_none() {
        return Ok(());
    }
    let pattern = release.pattern();
    let new = draft.with_joined(|registrations, _| {
        let registrations = registrations?;
        let collection = Collection::new(registrations);
        let taken = !collection.complete || collection.taker(image) != Taker::Nobody;
        if taken {
            return Some(None);
        }
        let distribution = image.identity.distname.fixed()?;
        let variant = image.identity.variant.fixed()?;
        // Others of the same version that only the variant tells apart.
        let same_release = |p: &&Registration<'_>| {
            p.image.is_some_and(|other| {
                other.name != image.name
                    && other.identity.distname.fixed() == Some(distribution)
                    && other.identity.relver.known() == Some(release)
            })
        };
        let needs_variant = registrations.published.iter().any(|p| same_release(&p));
        let rank = registrations.of_image(&image.name).map(|p| p.index).next();
        let ranks: Vec<(syntax::TextRange, Option<usize>)> = collection
            .collectors
            .iter()
            .map(|collector| {
                let matches = |p: &&Registration<'_>| {
                    p.image
                        .is_some_and(|image| collector.matches(image) == Some(true))
                };
                let first = registrations.published.iter().find(matches);
                (collector.entry.range, first.map(|p| p.index))
            })
            .collect();
        let new = NewCollection {
            distribution: SmolStr::new(distribution),
            version: pattern.clone(),
            variant: Some(SmolStr::new(variant)),
            needs_variant,
            keep: keep.clone(),
            rank,
        };
        Some(Some((new, ranks)))
    });
    let Some(new) = new else {
        return Err(no_repository());
    };
    let Some((new, ranks)) = new else {
        return Ok(());
    };
    let rank_of = |entry: &GcEntry| {
        let found = ranks.iter().find(|(range, _)| *range == entry.range);
        found.and_then(|(_, rank)| *rank)
    };
    let Some(file) = draft.repository.as_mut() else {
        return Err(no_repository());
    };
    repository::insert_collection(file, &new, &rank_of)
        .ok_or_else(|| Refusal::by_hand(REPOSITORY, "insert the garbage-collection entry"))
}

/// What a row for an image would look like.
struct RowPlan {
    row: NewRow,
    membership: Membership,
}

/// Has a published image tested, unless a row reaches it already: a row and its groups. `ask` is
/// whether it was asked for by name, and not only follows from something else.
pub(super) fn test(
    draft: &mut Draft<'_>,
    image: &Arc<Image>,
    like: Option<&Image>,
    cgroup: Option<Cgroup>,
    ask: bool,
) -> Result<Outcome, Refusal> {
    let mut outcome = Outcome::default();
    let plan = match draft.table {
        None => return Ok(outcome),
        Some(_) => plan_row(draft, image, like, ask),
    };
    let plan = match plan {
        Ok(plan) => plan,
        Err(note) => {
            outcome.notes.extend(note);
            return Ok(outcome);
        }
    };
    let (groups, why) = plan.membership.decide(&draft.view, image, cgroup);
    let key = plan.row.key.clone();
    let Some(file) = draft.table.as_mut() else {
        return Ok(outcome);
    };
    table::insert_row(file, &plan.row)
        .ok_or_else(|| Refusal::by_hand(TEST_TABLE, "insert the row"))?;
    let mut doubted = false;
    for group in &groups {
        table::add_member(file, group, &key)
            .ok_or_else(|| Refusal::by_hand(TEST_TABLE, "add the row to its groups"))?;
        if let Some(why) = why
            .clone()
            .filter(|_| CGROUP_GROUPS.contains(&group.as_str()))
        {
            doubted = true;
            outcome.doubts.push(Doubt::Member {
                group: group.clone(),
                key: key.clone(),
                why,
            });
        }
    }
    if let Some(why) = why.filter(|_| !doubted) {
        outcome.doubts.push(Doubt::Row { key, why });
    }
    Ok(outcome)
}

/// Decides on a row; `Err` where there is to be none, with the reason where it is worth a word.
fn plan_row(
    draft: &Draft<'_>,
    image: &Image,
    like: Option<&Image>,
    ask: bool,
) -> Result<RowPlan, Option<String>> {
    draft.with_joined(|registrations, table| {
        let (Some(registrations), Some(table)) = (registrations, table) else {
            return Err(None);
        };
        let Some(own) = registrations.of_image(&image.name).next() else {
            return Err(None);
        };
        if !is_default(own.repository, image) {
            return Err(None);
        }
        let reaches = |row: &ResolvedRow<'_>, wanted: &dyn Fn(&Registration<'_>) -> bool| {
            row.published.iter().flatten().any(|p| wanted(p))
        };
        if table
            .rows
            .iter()
            .any(|row| reaches(row, &|p| p.index == own.index))
        {
            return Err(None);
        }
        let Some((track, version)) = &image.track else {
            return Err(None);
        };
        let distribution = &track.distribution;
        let release = image.identity.relver.known().map(|r| r.with_stamps_as(""));
        let interim =
            distribution == "ubuntu" && !View::is_lts(distribution, &release.unwrap_or_default());
        if interim && !ask {
            return Err(None);
        }
        let of_track = |p: &Registration<'_>| {
            p.index != own.index
                && p.image
                    .and_then(|i| i.track.as_ref())
                    .is_some_and(|(t, _)| t == track)
        };
        // The row of the newest release before it, else of any of its track.
        let mut candidates: Vec<(&Version, &ResolvedRow<'_>)> = Vec::new();
        for row in &table.rows {
            for published in row.published.iter().flatten().filter(|p| of_track(p)) {
                if let Some((_, v)) = published.image.and_then(|i| i.track.as_ref()) {
                    candidates.push((v, row));
                }
            }
        }
        let before = candidates.iter().filter(|(v, _)| *v < version);
        let model = { before }
            .max_by_key(|(v, _)| *v)
            .or(candidates.first())
            .map(|(_, row)| *row);
        let siblings = registrations.published.iter().any(of_track);
        if model.is_none() && siblings && !ask {
            return Err(Some(format!(
                "no row was added to {TEST_TABLE}: none names any release of its track"
            )));
        }
        let as_before = model.and_then(|row| row.version());
        let Some(version) = row_version(registrations, own, image, as_before) else {
            let why = match image.identity.relver.fixed() {
                Some(_) => "has no release",
                None => "has a date in its release",
            };
            return Err(Some(format!(
                "no row was added to {TEST_TABLE}: `{}` {why}, and no tag of its own names it",
                image.name
            )));
        };
        let like_row = model.or_else(|| {
            let name = &like?.name;
            let of_like = |p: &Registration<'_>| p.image.is_some_and(|i| i.name == *name);
            table.rows.iter().find(|row| reaches(row, &of_like))
        });
        let from = model.and_then(|row| Some((row.row.key.value.as_str(), row.version()?)));
        let key = table::key_for(table.facts, distribution, &version, from);
        let row = NewRow {
            key,
            distribution: distribution.clone(),
            version,
            after: model.map(|row| row.row.key.value.clone()),
        };
        let names = |groups: &[&syntax::nix::RowGroup]| -> Vec<SmolStr> {
            groups.iter().map(|g| g.name.value.clone()).collect()
        };
        let own = |row: &&ResolvedRow<'_>| row.distribution() == Some(distribution.as_str());
        let mut of_distribution = table.rows.iter().filter(own).filter_map(row_runs_systemd);
        let certain = like_row
            .and_then(row_runs_systemd)
            .or_else(|| image.summary.init.is_systemd());
        let systemd = certain
            .or_else(|| of_distribution.next())
            .or(Some(!WITHOUT_SYSTEMD.contains(&distribution.as_str())));
        let membership = Membership {
            like: like_row.map(|row| names(&row.groups)).unwrap_or_default(),
            all: names(&table.facts.groups.iter().collect::<Vec<_>>()),
            systemd,
        };
        Ok(RowPlan { row, membership })
    })
}

pub(super) fn row_runs_systemd(row: &ResolvedRow<'_>) -> Option<bool> {
    match (row.is_in("systemd"), row.is_in("non-systemd")) {
        (true, false) => Some(true),
        (false, true) => Some(false),
        _ => None,
    }
}

/// What names an image in a row: its version, or, where that has a date, a tag that is its alone.
fn row_version(
    registrations: &model::registration::Registrations<'_>,
    own: &Registration<'_>,
    image: &Image,
    as_before: Option<&str>,
) -> Option<SmolStr> {
    let release = image.identity.relver.fixed();
    if let Some(release) = release.filter(|release| !release.is_empty()) {
        return Some(SmolStr::new(release));
    }
    let distribution = image.identity.distname.fixed()?;
    let alone = |tag: &str| {
        registrations
            .resolve(distribution, tag)
            .is_some_and(|found| matches!(found.as_slice(), [only] if only.index == own.index))
    };
    let tags = own.entry.tags.items.iter().map(|t| &t.value);
    let mut candidates: Vec<&SmolStr> = { tags }
        .filter(|tag| !tag.starts_with("old") && alone(tag))
        .collect();
    // The row before it says `latest-9-stream`: then this one says `latest-10-stream`.
    let shape = as_before.map(|version| track::split(version).0);
    candidates.sort_by_key(|tag| shape != Some(track::split(tag).0));
    candidates.first().map(|tag| (*tag).clone())
}

/// The values in doubt, as they stand in the changed files.
pub(super) fn verify(draft: &Draft<'_>, doubts: &[Doubt]) -> Vec<Verify> {
    let table = draft
        .table
        .as_ref()
        .and_then(|file| Some((file, file.table()?)));
    let repository = draft
        .repository
        .as_ref()
        .and_then(|file| Some((file, file.repository()?)));
    let mut out = Vec::new();
    for doubt in doubts {
        let found = match doubt {
            Doubt::Member { group, key, why } => table.as_ref().and_then(|(file, facts)| {
                let group = facts.groups.iter().find(|g| g.name.value == *group)?;
                let member = group.members.iter().find(|m| m.key.value == *key)?;
                Some((TEST_TABLE, file, member.key.range, why))
            }),
            Doubt::Row { key, why } => table.as_ref().and_then(|(file, facts)| {
                let row = facts.rows.iter().find(|row| row.key.value == *key)?;
                Some((TEST_TABLE, file, row.key.range, why))
            }),
            Doubt::Tag {
                distribution,
                version,
                tag,
                why,
            } => repository.as_ref().and_then(|(file, facts)| {
                let mut entries = facts.repositories.iter().flat_map(|r| &r.entries);
                let entry = entries.find(|e| {
                    e.distribution.value == *distribution && e.version.value == *version
                })?;
                let tag = entry.tags.items.iter().find(|t| t.value == *tag)?;
                Some((REPOSITORY, file, tag.range, why))
            }),
        };
        if let Some((path, file, range, why)) = found {
            out.push(Verify {
                path: SmolStr::new_static(path),
                range,
                text: file.slice(range).to_owned(),
                why: why.clone(),
            });
        }
    }
    out
}
