//! The images that one is compared with.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use smol_str::SmolStr;

use model::family::{family_includes, is_enterprise_linux, major};
use model::track::Version;
use model::view::{Systemd, View};
use model::{FileId, Image};

/// Init and cgroups of an image, as far as they are certain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum System {
    /// No systemd.
    Other,
    /// A systemd with cgroup v1.
    WithV1,
    /// A systemd without it.
    WithoutV1,
}

/// An image that another one is compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Neighbour {
    /// Name of the image.
    pub image: SmolStr,
    /// Relation between the two.
    pub kind: NeighbourKind,
}

/// Relation between an image and one that it is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NeighbourKind {
    /// The release before it.
    Predecessor,
    /// The nearest of its family, apart from the releases before it.
    Family,
    /// The nearest of another family with the same kind of systemd.
    Systemd,
}

/// What images have in common that are compared: their includes, and whether they take the release
/// numbers of Red Hat Enterprise Linux, which share an include with Fedora.
type Family = (Vec<FileId>, bool);

fn family(view: &View<'_>, image: &Image) -> Option<Family> {
    let distribution = image.identity.distname.fixed()?;
    let includes = family_includes(view, image);
    (!includes.is_empty()).then(|| (includes, is_enterprise_linux(distribution)))
}

/// Tells the system of an image: by its release, or else by the groups of the rows that test it.
/// `groups` are those.
fn system(view: &View<'_>, image: &Image, groups: &Groups) -> Option<System> {
    let is_in = |group: &str| groups.contains(&(image.name.clone(), SmolStr::new(group)));
    let has_systemd = match (is_in("systemd"), is_in("non-systemd")) {
        (true, true) => return None,
        (false, true) => false,
        (true, false) => true,
        (false, false) => image.summary.init.is_systemd()?,
    };
    if !has_systemd {
        return Some(System::Other);
    }
    match view.systemd(image) {
        Systemd::WithoutV1(_) => Some(System::WithoutV1),
        Systemd::WithV1 => Some(System::WithV1),
        Systemd::Unknown(_) => match (is_in("cgroupv2"), is_in("cgroupAll") || is_in("cgroupv1")) {
            (true, false) => Some(System::WithoutV1),
            (false, true) => Some(System::WithV1),
            _ => None,
        },
    }
}

/// Images with the groups of the rows that certainly test them.
type Groups = BTreeSet<(SmolStr, SmolStr)>;

fn groups(view: &View<'_>) -> Groups {
    view.with_joined(|joined| {
        let rows = joined.table.iter().flat_map(|table| &table.rows);
        let tested = rows.filter_map(|row| Some((row.only()?.image?.name.clone(), row)));
        tested
            .flat_map(|(image, row)| {
                let groups = row.groups.iter();
                groups.map(move |group| (image.clone(), group.name.value.clone()))
            })
            .collect()
    })
}

/// The other images of the same family with the same kind of systemd, one for each directory; none
/// where one of the two is not known.
pub(super) fn peers<'v>(view: &View<'v>, image: &Image) -> Vec<&'v Image> {
    let groups = groups(view);
    let (Some(own_family), Some(own_system)) = (family(view, image), system(view, image, &groups))
    else {
        return Vec::new();
    };
    let mut seen = BTreeSet::new();
    let images = view.model.images.values().map(|image| &**image);
    images
        .filter(|other| other.directory != image.directory)
        .filter(|other| family(view, other).as_ref() == Some(&own_family))
        .filter(|other| system(view, other, &groups) == Some(own_system))
        .filter(|other| seen.insert(other.directory.clone()))
        .collect()
}

/// The images that one is best compared with: the release before it, the nearest of its family, and
/// the nearest with the same kind of systemd.
pub fn neighbours(view: &View<'_>, image: &Image) -> Vec<Neighbour> {
    let groups = groups(view);
    let own_system = system(view, image, &groups);
    let own_family = family(view, image);
    let predecessor = view.model.predecessor(image);
    let others = view.model.images.values().map(|other| &**other);
    let others = others.filter(|other| {
        other.directory != image.directory
            && predecessor.is_none_or(|before| before.directory != other.directory)
    });
    let others: Vec<&Image> = others.collect();
    let nearest = |is_one: &dyn Fn(&Image) -> bool| {
        let candidates = others.iter().filter(|other| is_one(other));
        candidates
            .copied()
            .max_by_key(|other| nearness(view, image, other))
    };
    let in_family = |other: &Image| own_family.is_some() && family(view, other) == own_family;
    let with_system = |other: &Image| {
        own_system.is_some_and(|system| system != System::Other)
            && system(view, other, &groups) == own_system
            && !in_family(other)
    };
    let found = [
        (
            NeighbourKind::Predecessor,
            predecessor.map(|image| &**image),
        ),
        (NeighbourKind::Family, nearest(&in_family)),
        (NeighbourKind::Systemd, nearest(&with_system)),
    ];
    let found = found.into_iter().filter_map(|(kind, image)| {
        Some(Neighbour {
            image: image?.name.clone(),
            kind,
        })
    });
    found.collect()
}

/// Likeness of two images: the more, the greater.
type Nearness<'i> = (
    bool,
    bool,
    Reverse<u32>,
    usize,
    Option<&'i Version>,
    &'i str,
);

/// Compares two images by the release of the enterprise family, the track, the version of systemd and
/// the files that they read; of equals, the newest is the nearest.
fn nearness<'i>(view: &View<'_>, image: &Image, other: &'i Image) -> Nearness<'i> {
    let track = |image: &Image| image.track.as_ref().map(|(track, _)| track.clone());
    let is_enterprise = |image: &Image| {
        let distribution = image.identity.distname.fixed();
        distribution.is_some_and(is_enterprise_linux)
    };
    let is_same_release =
        is_enterprise(image) && is_enterprise(other) && major(image) == major(other);
    let systemd = |image: &Image| {
        let (distribution, release) = image.release()?;
        let known = view.systemd_version(distribution, &release)?;
        Some(known.systemd)
    };
    let distance = systemd(image).zip(systemd(other));
    let distance = distance.map_or(u32::MAX, |(one, two)| one.abs_diff(two));
    let reach = image.summary.reach.iter();
    let shared = reach.filter(|id| other.summary.reach.contains(id)).count();
    (
        is_same_release,
        track(image).is_some() && track(image) == track(other),
        Reverse(distance),
        shared,
        other.track.as_ref().map(|(_, version)| version),
        &other.name,
    )
}
