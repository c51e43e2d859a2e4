//! Has an image published and tested: its entry with tags and garbage collection, its row with
//! groups.

use std::sync::Arc;

use smol_str::SmolStr;

use super::draft::Draft;
use super::repository::{self, NewCollection, NewEntry};
use super::table::{self, NewRow};
use super::{Refusal, Verify};
use crate::model::Image;
use crate::model::collection::Collection;
use crate::model::published::{Published, is_default};
use crate::model::table::{CGROUP_GROUPS, INIT_GROUPS, ResolvedRow};
use crate::model::track::{self, Track, Version};
use crate::model::tree::{REPOSITORY, TEST_TABLE};
use crate::model::view::{Systemd, View};
use crate::syntax::nix::GcEntry;

/// Which tags an image gets.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Tags {
    /// Those of the release before it, taken from that.
    #[default]
    Taken,
    /// None.
    None,
    /// These; others that have them lose them.
    Given(Vec<SmolStr>),
}

/// A group of the cgroup axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cgroup {
    /// Hosts of both versions.
    All,
    /// Hosts of version 2.
    V2,
    /// Hosts of version 1.
    V1,
}

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

fn unusual(path: &str, what: &str) -> Refusal {
    Refusal::new(format!(
        "{path}: it is written in a way that this cannot change: {what} by hand"
    ))
}

/// Publishes an image: its entry, and a garbage-collection entry where it needs one.
pub(super) fn publish(
    draft: &mut Draft<'_>,
    image: &Arc<Image>,
    tags: &Tags,
) -> Result<Outcome, Refusal> {
    let (distribution, version, name) = entry_key(image)?;
    if draft.repository.is_none() {
        return Err(no_repository());
    }
    let mut outcome = Outcome::default();
    let inherited = match tags {
        Tags::None => Inherited::default(),
        Tags::Given(tags) => given(draft, image, tags),
        Tags::Taken => inherit(draft, image),
    };
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
    let track_of = |entry: &crate::syntax::nix::Entry| {
        let name = crate::model::published::image_name(entry)?;
        models.get(&name)?.track.clone()
    };
    repository::insert_entry(file, &new, &track_of)
        .ok_or_else(|| unusual(REPOSITORY, "insert the entry"))?;
    for (distribution, version, tag) in &inherited.taken {
        repository::remove_tag(file, (distribution, version), tag)
            .ok_or_else(|| unusual(REPOSITORY, "move the tags"))?;
    }
    outcome.doubts.extend(inherited.doubts);
    collect(draft, image)?;
    Ok(outcome)
}

/// The tags that an image gets, and whose they were.
#[derive(Debug, Default)]
struct Inherited {
    tags: Vec<SmolStr>,
    /// (distribution, version, tag)
    taken: Vec<(SmolStr, SmolStr, SmolStr)>,
    doubts: Vec<Doubt>,
}

/// Tags are given within one (distribution, vendor, variant, architecture).
fn same_combination(a: &Track, b: &Track) -> bool {
    (&a.distribution, &a.vendor, &a.arch, &a.variant)
        == (&b.distribution, &b.vendor, &b.arch, &b.variant)
}

fn key_of(published: &Published<'_>) -> (SmolStr, SmolStr) {
    (
        published.entry.distribution.value.clone(),
        published.entry.version.value.clone(),
    )
}

fn given(draft: &Draft<'_>, image: &Image, tags: &[SmolStr]) -> Inherited {
    let mut inherited = Inherited {
        tags: tags.to_vec(),
        ..Inherited::default()
    };
    let Some((track, _)) = &image.track else {
        return inherited;
    };
    draft.with_joined(|publication, _| {
        for published in publication.iter().flat_map(|p| &p.published) {
            let known = published.image.and_then(|i| i.track.as_ref());
            if !known.is_some_and(|(t, _)| same_combination(t, track)) {
                continue;
            }
            for tag in &published.entry.tags.items {
                if tags.contains(&tag.value) {
                    let (distribution, version) = key_of(published);
                    inherited
                        .taken
                        .push((distribution, version, tag.value.clone()));
                }
            }
        }
    });
    inherited
}

/// What the newest published release before an image carries, by the rules of the repository:
/// `old*` stays, `lts` goes to a release of long-term support only, a tag with the version in it
/// is written anew and stays where it is.
fn inherit(draft: &Draft<'_>, image: &Image) -> Inherited {
    let mut inherited = Inherited::default();
    let Some((track, version)) = &image.track else {
        return inherited;
    };
    let release = image
        .identity
        .relver
        .known()
        .map(|r| r.with_stamps_as(""))
        .unwrap_or_default();
    let lts = View::is_lts(&track.distribution, &release);
    draft.with_joined(|publication, _| {
        let Some(publication) = publication else {
            return;
        };
        let of_track = |p: &Published<'_>| -> Option<Version> {
            let (t, v) = p.image?.track.as_ref()?;
            (t == track && p.image?.name != image.name).then(|| v.clone())
        };
        let all = &publication.published;
        if all
            .iter()
            .filter_map(of_track)
            .any(|other| other > *version)
        {
            return;
        }
        let Some(donor) = all
            .iter()
            .filter(|p| of_track(p).is_some())
            .max_by_key(|p| of_track(p))
        else {
            return;
        };
        let old = of_track(donor).unwrap_or_default();
        for tag in &donor.entry.tags.items {
            let (distribution, key) = key_of(donor);
            if is_lts_tag(&tag.value) || tag.value.starts_with("old") {
                continue;
            }
            match rewritten(&tag.value, &old, version) {
                Some(tag) => inherited.tags.push(tag),
                None => {
                    inherited.tags.push(tag.value.clone());
                    inherited.taken.push((distribution, key, tag.value.clone()));
                }
            }
        }
        if lts {
            let holders = all.iter().filter(|p| of_track(p).is_some());
            for holder in holders {
                for tag in holder
                    .entry
                    .tags
                    .items
                    .iter()
                    .filter(|t| is_lts_tag(&t.value))
                {
                    let (distribution, key) = key_of(holder);
                    if !inherited.tags.contains(&tag.value) {
                        inherited.tags.push(tag.value.clone());
                    }
                    inherited.taken.push((distribution, key, tag.value.clone()));
                }
            }
        }
        if !inherited.taken.is_empty() {
            inherited.doubts = old_chain(all, track);
        }
    });
    inherited
}

/// `lts`, alone or as a part: `latest-lts`. Not `oldlts`.
fn is_lts_tag(tag: &str) -> bool {
    tag.split('-').any(|part| part == "lts")
}

/// `oldstable` and the like are moved by hand: where they stand now.
fn old_chain(all: &[Published<'_>], track: &Track) -> Vec<Doubt> {
    let mut doubts = Vec::new();
    for published in all {
        let known = published.image.and_then(|i| i.track.as_ref());
        if !known.is_some_and(|(t, _)| same_combination(t, track)) {
            continue;
        }
        for tag in published
            .entry
            .tags
            .items
            .iter()
            .filter(|t| t.value.starts_with("old"))
        {
            let (distribution, version) = key_of(published);
            doubts.push(Doubt::Tag {
                distribution,
                version,
                tag: tag.value.clone(),
                why: "which release is old now is decided by hand: this tag was left where it is"
                    .to_owned(),
            });
        }
    }
    doubts
}

/// A tag with the numbers of a release in it, with those of another; `None` where it has none.
fn rewritten(tag: &str, old: &Version, new: &Version) -> Option<SmolStr> {
    if old.is_empty() {
        return None;
    }
    let (rest, numbers) = track::split(tag);
    if numbers != *old || numbers == *new || old.len() != new.len() {
        return None;
    }
    let _ = rest;
    let mut out = String::new();
    let mut number = String::new();
    let mut next = new.iter();
    for c in tag.chars().chain(['\0']) {
        if c.is_ascii_digit() {
            number.push(c);
            continue;
        }
        if !number.is_empty() {
            let new = next.next()?.to_string();
            // `24.04` keeps its zero.
            out.push_str(
                &"0".repeat(
                    number
                        .len()
                        .saturating_sub(new.len())
                        .min(number.len() - number.trim_start_matches('0').len()),
                ),
            );
            out.push_str(&new);
            number.clear();
        }
        if c != '\0' {
            out.push(c);
        }
    }
    Some(SmolStr::new(out))
}

/// Has the builds of an image collected as garbage, if they have a date and nothing does yet.
pub(super) fn collect(draft: &mut Draft<'_>, image: &Image) -> Result<(), Refusal> {
    let Some(release) = image.identity.relver.known().filter(|r| r.is_dated()) else {
        return Ok(());
    };
    if draft.repository.is_none() {
        return Ok(());
    }
    let pattern = release.pattern();
    let new = draft.with_joined(|publication, _| {
        let publication = publication?;
        let collection = Collection::new(publication);
        let taken = !collection.complete || collection.taker(image) != Ok(None);
        if taken {
            return Some(None);
        }
        let distribution = image.identity.distname.fixed()?;
        let variant = image.identity.variant.fixed()?;
        // Others of the same version that only the variant tells apart.
        let same_release = |p: &&Published<'_>| {
            p.image.is_some_and(|other| {
                other.name != image.name
                    && other.identity.distname.fixed() == Some(distribution)
                    && other.identity.relver.known() == Some(release)
            })
        };
        let needs_variant = publication.published.iter().any(|p| same_release(&p));
        let rank = publication.of_image(&image.name).map(|p| p.index).next();
        let ranks: Vec<(crate::syntax::TextRange, Option<usize>)> = collection
            .collectors
            .iter()
            .map(|collector| {
                let matches = |p: &&Published<'_>| {
                    p.image
                        .is_some_and(|image| collector.matches(image) == Some(true))
                };
                let first = publication.published.iter().find(matches);
                (collector.entry.range, first.map(|p| p.index))
            })
            .collect();
        let new = NewCollection {
            distribution: SmolStr::new(distribution),
            version: pattern.clone(),
            variant: Some(SmolStr::new(variant)),
            needs_variant,
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
        .ok_or_else(|| unusual(REPOSITORY, "insert the garbage-collection entry"))
}

/// Distributions that are known to have another init: asked only where neither the scripts nor
/// another row tell.
const WITHOUT_SYSTEMD: [&str; 7] = [
    "alpine",
    "artix",
    "chimera",
    "devuan",
    "guix",
    "slackware",
    "void",
];

/// What a row for an image would look like.
struct RowPlan {
    row: NewRow,
    /// The groups of the row that it is made after.
    like_groups: Vec<SmolStr>,
    /// All groups of the file.
    groups: Vec<SmolStr>,
    systemd: Option<bool>,
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
    let (groups, why) = groups_for(&draft.view, image, &plan, cgroup);
    let key = plan.row.key.clone();
    let Some(file) = draft.table.as_mut() else {
        return Ok(outcome);
    };
    table::insert_row(file, &plan.row).ok_or_else(|| unusual(TEST_TABLE, "insert the row"))?;
    let mut doubted = false;
    for group in &groups {
        table::add_member(file, group, &key)
            .ok_or_else(|| unusual(TEST_TABLE, "add the row to its groups"))?;
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
    draft.with_joined(|publication, table| {
        let (Some(publication), Some(table)) = (publication, table) else {
            return Err(None);
        };
        let Some(own) = publication.of_image(&image.name).next() else {
            return Err(None);
        };
        if !is_default(own.repository, image) {
            return Err(None);
        }
        let reaches = |row: &ResolvedRow<'_>, wanted: &dyn Fn(&Published<'_>) -> bool| {
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
        let interim = distribution == "ubuntu"
            && !View::is_lts(distribution, &release.unwrap_or_default());
        if interim && !ask {
            return Err(None);
        }
        let of_track = |p: &Published<'_>| {
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
        let siblings = publication.published.iter().any(of_track);
        if model.is_none() && siblings && !ask {
            return Err(Some(format!(
                "no row was added to {TEST_TABLE}: none names any release of its track"
            )));
        }
        let as_before = model.and_then(|row| row.version());
        let Some(version) = row_version(publication, own, image, as_before) else {
            return Err(Some(format!(
                "no row was added to {TEST_TABLE}: builds of `{}` have a date in their version, and no tag of its own names them",
                image.name
            )));
        };
        let like_row = model.or_else(|| {
            let name = &like?.name;
            let of_like = |p: &Published<'_>| p.image.is_some_and(|i| i.name == *name);
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
        let names = |groups: &[&crate::syntax::nix::Group]| -> Vec<SmolStr> {
            groups.iter().map(|g| g.name.value.clone()).collect()
        };
        let own = |row: &&ResolvedRow<'_>| row.distribution() == Some(distribution.as_str());
        let mut of_distribution = table.rows.iter().filter(own).filter_map(row_runs_systemd);
        let certain = like_row
            .and_then(row_runs_systemd)
            .or_else(|| image.run.init.is_systemd());
        let systemd = certain
            .or_else(|| of_distribution.next())
            .or(Some(!WITHOUT_SYSTEMD.contains(&distribution.as_str())));
        Ok(RowPlan {
            row,
            like_groups: like_row.map(|row| names(&row.groups)).unwrap_or_default(),
            groups: names(&table.facts.groups.iter().collect::<Vec<_>>()),
            systemd,
        })
    })
}

fn row_runs_systemd(row: &ResolvedRow<'_>) -> Option<bool> {
    match (row.is_in("systemd"), row.is_in("non-systemd")) {
        (true, false) => Some(true),
        (false, true) => Some(false),
        _ => None,
    }
}

/// What names an image in a row: its version, or, where that has a date, a tag that is its alone.
fn row_version(
    publication: &crate::model::published::Publication<'_>,
    own: &Published<'_>,
    image: &Image,
    as_before: Option<&str>,
) -> Option<SmolStr> {
    if let Some(release) = image.identity.relver.fixed() {
        return Some(SmolStr::new(release));
    }
    let distribution = image.identity.distname.fixed()?;
    let alone = |tag: &str| {
        publication
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

/// The groups that a row belongs in, and why the one of the cgroup axis is in doubt, if it is.
fn groups_for(
    view: &View<'_>,
    image: &Image,
    plan: &RowPlan,
    cgroup: Option<Cgroup>,
) -> (Vec<SmolStr>, Option<String>) {
    let has = |name: &str| plan.groups.iter().any(|g| g == name);
    let is_axis = |name: &SmolStr| CGROUP_GROUPS.contains(&name.as_str());
    let (like_axis, others): (Vec<SmolStr>, Vec<SmolStr>) =
        plan.like_groups.iter().cloned().partition(is_axis);
    let mut others = others;
    if !others.iter().any(|g| INIT_GROUPS.contains(&g.as_str())) {
        let group = match plan.systemd {
            Some(true) => Some("systemd"),
            Some(false) => Some("non-systemd"),
            None => None,
        };
        others.extend(group.filter(|g| has(g)).map(SmolStr::new_static));
    }
    let (axis, why) = cgroup_for(view, image, plan.systemd, like_axis, cgroup, &has);
    // In the order of the file.
    let wanted: Vec<SmolStr> = { plan.groups.iter() }
        .filter(|g| axis.contains(g) || others.contains(g))
        .cloned()
        .collect();
    (wanted, why)
}

/// The groups of the cgroup axis that an image belongs in.
pub(super) fn cgroup_for(
    view: &View<'_>,
    image: &Image,
    systemd: Option<bool>,
    like: Vec<SmolStr>,
    asked: Option<Cgroup>,
    has: &dyn Fn(&str) -> bool,
) -> (Vec<SmolStr>, Option<String>) {
    let both: Vec<SmolStr> = if has("cgroupAll") {
        vec![SmolStr::new_static("cgroupAll")]
    } else {
        ["cgroupv1", "cgroupv2"]
            .into_iter()
            .filter(|g| has(g))
            .map(SmolStr::new_static)
            .collect()
    };
    let only = |name: &'static str| {
        if has(name) {
            vec![SmolStr::new_static(name)]
        } else {
            Vec::new()
        }
    };
    match asked {
        Some(Cgroup::All) => return (both, None),
        Some(Cgroup::V2) => return (only("cgroupv2"), None),
        Some(Cgroup::V1) => return (only("cgroupv1"), None),
        None => {}
    }
    let fallback = if like.is_empty() { both } else { like };
    if systemd == Some(false) {
        return (fallback, None);
    }
    match view.systemd(image) {
        Systemd::WithoutV1(_) => (only("cgroupv2"), None),
        // Where the release before it is of version 2 only, there was another reason.
        Systemd::WithV1(_) => (fallback, None),
        Systemd::Unknown(likely) => {
            let why = match likely {
                Some(likely) => format!(
                    "{likely}; since 258 it belongs in `cgroupv2`: confirm its systemd version"
                ),
                None => "its systemd version is not known: since 258 it belongs in `cgroupv2`"
                    .to_owned(),
            };
            (fallback, Some(why))
        }
    }
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
