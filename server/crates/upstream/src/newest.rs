//! The newest release packages that a vendor has: in the directory that an image names, and in those of
//! later point releases.

use std::cmp::Ordering;
use std::collections::{BTreeSet, HashSet};

use crate::package::{NamedRelease, PackageFile};
use crate::server::{Known, is_metadata, listing, metadata_of};
use crate::vendor::ReleasePackages;
use crate::{Listing, Reply, Upstream, rpm_order};

/// How many of the newest releases are looked at: how many there are, a server says.
pub(crate) const CANDIDATES: usize = 3;

/// A version of the release packages that is complete upstream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Newest {
    /// Address of the directory that has them.
    pub(crate) directory: String,
    pub(crate) version: String,
    pub(crate) release: String,
}

/// Returns the newest version in a directory that all packages which an image names have.
/// `is_allowed` says which versions count.
pub(crate) fn newest_in(
    directory: &str,
    listing: &Listing,
    named: &NamedRelease,
    is_allowed: impl Fn(&str) -> bool,
) -> Option<Newest> {
    let files: Vec<PackageFile> = listing.files().filter_map(PackageFile::parse).collect();
    let mut names = named.packages.iter().map(|package| &package.file.name);
    let first = names.next()?;
    // A server may list any number of files.
    let keys = files.iter().map(|file| key(&file.name, file));
    let all: HashSet<[&str; 3]> = keys.collect();
    let others: BTreeSet<&String> = names.collect();
    let complete = files.iter().filter(|file| {
        file.name == *first
            && is_allowed(&file.version)
            && others.iter().all(|name| all.contains(&key(name, file)))
    });
    let newest = complete.max_by(|a, b| order(a, b))?;
    Some(Newest {
        directory: directory.to_owned(),
        version: newest.version.clone(),
        release: newest.release.clone(),
    })
}

/// Returns what a package is known by: a name, and the version of another one that is to be the same.
fn key<'k>(name: &'k str, like: &'k PackageFile) -> [&'k str; 3] {
    [name, &like.version, &like.release]
}

fn order(a: &PackageFile, b: &PackageFile) -> Ordering {
    let versions = rpm_order(&a.version, &b.version);
    versions.then_with(|| rpm_order(&a.release, &b.release))
}

/// Returns whether a version is after the oldest that an image names.
pub(crate) fn is_newer(newest: &Newest, named: &NamedRelease) -> bool {
    named.packages.iter().any(|package| {
        let versions = rpm_order(&newest.version, &package.file.version);
        versions
            .then_with(|| rpm_order(&newest.release, &package.file.release))
            .is_gt()
    })
}

/// Returns the number that a version begins with.
pub(crate) fn major(version: &str) -> &str {
    let end = version.find(|c: char| !c.is_ascii_digit());
    end.and_then(|end| version.get(..end)).unwrap_or(version)
}

/// Splits an address at the directory of a release: `.../rocky/`, `/BaseOS/x86_64/os`.
pub(crate) fn around<'a>(address: &'a str, release: &str) -> Option<(&'a str, &'a str)> {
    let at = address.find(&format!("/{release}/"))?;
    let root = address.get(..=at)?;
    let rest = address.get(at + 1 + release.len()..)?;
    // The name of the server is none.
    (root.matches('/').count() > 2).then_some((root, rest))
}

/// Returns the newest point release after the one that an image names that is complete upstream: its
/// packages and its repositories are there.
pub(crate) fn newer_point_release(
    upstream: &dyn Upstream,
    packages: &ReleasePackages,
    named: &NamedRelease,
) -> Known<Newest> {
    let split = around(&named.directory, &named.version).filter(|_| packages.point_releases);
    let Some((root, below)) = split else {
        return Known::Absent;
    };
    let points = match listing(upstream, root) {
        Known::Present(listing) => points_after(&listing, &named.version),
        Known::Absent => return Known::Unknown(format!("{root} is not there")),
        Known::Unknown(reason) => return Known::Unknown(reason),
    };
    for point in points.into_iter().take(CANDIDATES) {
        let directory = format!("{root}{point}{below}");
        let found = match listing(upstream, &directory) {
            Known::Present(listing) => {
                newest_in(&directory, &listing, named, |version| version == point)
            }
            Known::Absent => None,
            Known::Unknown(reason) => return Known::Unknown(reason),
        };
        let Some(newest) = found else {
            // It is announced, or not all of it has come to this mirror yet.
            continue;
        };
        match has_repositories(upstream, named, &point) {
            Known::Present(()) => return Known::Present(newest),
            Known::Absent => {}
            Known::Unknown(reason) => return Known::Unknown(reason),
        }
    }
    Known::Absent
}

/// Returns the point releases of the same major release after one of them, the newest first.
fn points_after(listing: &Listing, version: &str) -> Vec<String> {
    let is_point = |name: &&str| {
        let numbers: Vec<&str> = name.split('.').collect();
        let is_number = |n: &&str| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit());
        numbers.len() == 2 && numbers.iter().all(is_number)
    };
    let after = listing
        .directories()
        .filter(is_point)
        .filter(|name| major(name) == major(version) && rpm_order(name, version).is_gt());
    let mut points: Vec<String> = after.map(str::to_owned).collect();
    points.sort_by(|a, b| rpm_order(b, a));
    points.dedup();
    points
}

/// Returns whether the repositories of an image are there for another point release.
fn has_repositories(upstream: &dyn Upstream, named: &NamedRelease, point: &str) -> Known<()> {
    for repository in &named.repositories {
        // With a `/` at the end, so that the release may be the last name.
        let address = format!("{}/", repository.address.trim_end_matches('/'));
        let Some((root, below)) = around(&address, &named.version) else {
            continue;
        };
        match upstream.get(&metadata_of(&format!("{root}{point}{below}"))) {
            Reply::Text(text) if is_metadata(&text) => {}
            Reply::Text(_) | Reply::Gone => return Known::Absent,
            Reply::Unknown(reason) => return Known::Unknown(reason),
        }
    }
    Known::Present(())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use edits::PathRange;
    use syntax::TextRange;

    use super::*;
    use crate::package::NamedPackage;

    /// A mirror with any number of point releases that are empty.
    struct Mirror(AtomicUsize);

    impl Upstream for Mirror {
        fn get(&self, address: &str) -> Reply {
            self.0.fetch_add(1, Ordering::Relaxed);
            let is_root = address.ends_with("/rocky/");
            let points = (0..3000).filter(|_| is_root);
            let links: String = points
                .map(|point| format!("<a href=\"9.{point}/\"></a>"))
                .collect();
            Reply::Text(format!("<title>Index of /</title>{links}"))
        }
    }

    #[test]
    fn only_the_newest_point_releases_are_looked_at() {
        let at = PathRange {
            path: "build.sh".into(),
            range: TextRange::default(),
        };
        let file_name = "rocky-release-9.2-1.noarch.rpm".to_owned();
        let package = NamedPackage {
            file: PackageFile::parse(&file_name).unwrap(),
            file_name,
            at: at.clone(),
        };
        let named = NamedRelease {
            directory: "https://a.example.org/rocky/9.2/os/".to_owned(),
            packages: vec![package],
            repositories: Vec::new(),
            at,
            version: "9.2".to_owned(),
        };
        let packages = ReleasePackages {
            names: vec!["rocky-release".to_owned()],
            point_releases: true,
            leaves_mirror: false,
            moving: Vec::new(),
        };
        let mirror = Mirror(AtomicUsize::new(0));
        let found = newer_point_release(&mirror, &packages, &named);
        assert!(matches!(found, Known::Absent));
        assert_eq!(mirror.0.into_inner(), 4);
    }
}
