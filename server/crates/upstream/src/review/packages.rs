//! An image of the Red Hat family compared with its vendor: its release packages and its repositories.

use edits::{Bump, Change, Edit, PathRange, bump, current_values};
use model::Image;
use model::view::View;
use syntax::{TextRange, TextSize};

use super::{ImageReview, ImageState, Mismatch, MismatchKind};
use crate::index::{Index, directory_of};
use crate::newest::{Newest, around, is_newer, major, newer_point_release, newest_in};
use crate::package::{NamedPackage, NamedRelease, PackageFile};
use crate::server::{Known, is_metadata, listing, metadata_of};
use crate::vendor::ReleasePackages;
use crate::{AddressKind, Listing, Probe, Reply, Upstream, Vendor, rpm_order};

/// Compares an image with the packages that its vendor has. `distribution` and `release` are those of the
/// image.
pub(super) fn review(
    view: &View<'_>,
    image: &Image,
    (vendor, packages): (&Vendor, &ReleasePackages),
    (distribution, release): (&str, &str),
    upstream: &dyn Upstream,
    found: &mut ImageReview,
) {
    let Some(named) = NamedRelease::read(view, image, packages) else {
        let names = packages.names.join("`, `");
        found.unknown.push(format!(
            "reading does not tell which packages it starts from: none of `{names}` is in RELEASE"
        ));
        return;
    };
    let reviewer = Reviewer {
        view,
        image,
        distribution,
        vendor,
        packages,
        named: &named,
        upstream,
        is_moving: packages.moving.iter().any(|track| track == release),
    };
    reviewer.review(found);
}

struct Reviewer<'r> {
    view: &'r View<'r>,
    image: &'r Image,
    distribution: &'r str,
    vendor: &'r Vendor,
    packages: &'r ReleasePackages,
    named: &'r NamedRelease,
    upstream: &'r dyn Upstream,
    /// Set where the packages may become those of another major release.
    is_moving: bool,
}

impl Reviewer<'_> {
    fn review(&self, found: &mut ImageReview) {
        let own = match listing(self.upstream, &self.named.directory) {
            Known::Present(listing) if !self.lists_ours(&listing) => {
                let directory = &self.named.directory;
                let reason = format!("{directory} lists no package of those that it starts from");
                found.unknown.push(reason);
                return;
            }
            Known::Present(listing) => Some(listing),
            Known::Absent if self.is_stale() => {
                found.state = ImageState::Stale;
                found.mismatches.push(self.stale());
                return;
            }
            Known::Absent => None,
            Known::Unknown(reason) => {
                found.unknown.push(reason);
                return;
            }
        };
        let newest = match newer_point_release(self.upstream, self.packages, self.named) {
            Known::Present(newest) => Some(newest),
            Known::Absent => own.as_ref().and_then(|listing| self.newer_here(listing)),
            Known::Unknown(reason) => {
                found.unknown.push(reason);
                None
            }
        };
        let change = newest.as_ref().and_then(|newest| self.change_to(newest));
        let dead = self.dead_packages(own.as_ref(), change.as_ref());
        found.mismatches.extend(dead);
        let is_release = |newest: &Newest| newest.version != self.named.version;
        let to_release = change
            .as_ref()
            .filter(|_| newest.as_ref().is_some_and(is_release));
        self.check_repositories(to_release, found);
        let is_gone = !found.mismatches.is_empty();
        let is_newer = newest.is_some();
        found
            .mismatches
            .extend(newest.map(|newest| self.newer(&newest, change)));
        found.state = match () {
            () if is_newer => ImageState::Update,
            () if is_gone => ImageState::Gone,
            () if !found.unknown.is_empty() => ImageState::Unknown,
            () => ImageState::UpToDate,
        };
    }

    /// Returns whether a listing has any version of the packages that the image names.
    fn lists_ours(&self, listing: &Listing) -> bool {
        let mut files = listing.files().filter_map(PackageFile::parse);
        files.any(|file| self.packages.names.contains(&file.name))
    }

    /// Returns whether the release has left the mirror: later ones are there, and it is not, or nothing but a note is
    /// left of it.
    fn is_stale(&self) -> bool {
        if self.is_moving {
            return false;
        }
        let own = major(&self.named.version);
        let directory = &self.named.directory;
        let mut tracks = self.vendor.tracks.iter();
        let found = tracks.find_map(|track| match &track.index {
            Index::Directories { name } => Some((name, directory_of(directory, name, own)?)),
            _ => None,
        });
        let Some((name, (root, segment))) = found else {
            return false;
        };
        let Known::Present(releases) = listing(self.upstream, root) else {
            return false;
        };
        let majors = releases
            .directories()
            .filter_map(|directory| name.numbers_in(directory));
        let majors: Vec<&str> = majors.map(major).collect();
        // One after all that are there has not come yet.
        let is_after = |other: &&str| rpm_order(other, own).is_gt();
        majors.iter().any(is_after) && (!majors.contains(&own) || self.is_left_empty(root, segment))
    }

    /// Returns whether the directory of the release is there, and has nothing of it.
    fn is_left_empty(&self, root: &str, segment: &str) -> bool {
        let release = format!("{root}{segment}/");
        let below = self.named.directory.strip_prefix(release.as_str());
        let below = below.and_then(|below| below.split('/').next());
        if !self.packages.leaves_mirror {
            return false;
        }
        match (listing(self.upstream, &release), below) {
            (Known::Present(listing), Some(below)) => {
                !listing.directories().any(|directory| directory == below)
            }
            _ => false,
        }
    }

    fn stale(&self) -> Mismatch {
        let distribution = self.distribution;
        Mismatch {
            kind: MismatchKind::StaleRelease,
            at: self.named.at.clone(),
            message: format!(
                "{distribution} {} has left the mirror; retire the image: the archive gets no updates",
                self.named.version
            ),
            change: None,
        }
    }

    /// Returns the newest packages in the directory that the image names, if they are newer than its own.
    fn newer_here(&self, listing: &Listing) -> Option<Newest> {
        let own = major(&self.named.version);
        let is_allowed = |version: &str| self.is_moving || major(version) == own;
        let newest = newest_in(&self.named.directory, listing, self.named, is_allowed)?;
        is_newer(&newest, self.named).then_some(newest)
    }

    /// Returns what is missing of the packages that the image names, as one mismatch. `own` is the listing
    /// of their directory, where there is one.
    fn dead_packages(&self, own: Option<&Listing>, change: Option<&Change>) -> Option<Mismatch> {
        let directory = &self.named.directory;
        let (at, message) = match own {
            None => (&self.named.at, format!("{directory} is not there")),
            Some(listing) => {
                let is_there = |name: &str| listing.files().any(|file| file == name);
                let packages = self.named.packages.iter();
                let mut missing = packages
                    .filter(|package| !is_there(&package.file_name))
                    .filter(|package| !self.has(&package.file_name));
                let first = missing.next()?;
                let more = match missing.count() {
                    0 => "is".to_owned(),
                    count => format!("and {count} more are"),
                };
                let message = format!("`{}` {more} not in {directory}", first.file_name);
                (&first.at, message)
            }
        };
        Some(Mismatch {
            kind: MismatchKind::DeadUrl,
            at: at.clone(),
            message,
            change: change.cloned(),
        })
    }

    /// Returns whether a package is there all the same: a listing need not be of now.
    fn has(&self, file_name: &str) -> bool {
        let address = format!("{}{file_name}", self.named.directory);
        match self.upstream.probe(&address) {
            Probe::Present(beginning) => AddressKind::Rpm.fits(beginning.bytes()),
            Probe::Gone | Probe::Unknown(_) => false,
        }
    }

    /// Asks for the repositories that the image names. `change` is one to another point release, if there
    /// is one.
    fn check_repositories(&self, change: Option<&Change>, found: &mut ImageReview) {
        for repository in &self.named.repositories {
            let metadata = metadata_of(&repository.address);
            let message = match self.upstream.get(&metadata) {
                Reply::Text(text) if is_metadata(&text) => continue,
                Reply::Text(_) => format!("{metadata} is not the metadata of a repository"),
                Reply::Gone => format!(
                    "{} has no repository: {metadata} is not there",
                    repository.variable
                ),
                Reply::Unknown(reason) => {
                    found.unknown.push(reason);
                    continue;
                }
            };
            found.mismatches.push(Mismatch {
                kind: MismatchKind::DeadUrl,
                at: repository.at.clone(),
                message,
                change: change
                    .filter(|_| around(&metadata, &self.named.version).is_some())
                    .cloned(),
            });
        }
    }

    fn newer(&self, newest: &Newest, change: Option<Change>) -> Mismatch {
        let Newest {
            directory,
            version,
            release,
        } = newest;
        let is_release = *version != self.named.version;
        let distribution = self.distribution;
        Mismatch {
            kind: match is_release {
                true => MismatchKind::NewerRelease,
                false => MismatchKind::NewerBuild,
            },
            at: self.first_range(change.as_ref()),
            message: match is_release && !self.is_moving {
                true => format!(
                    "{distribution} {version} is out, with release packages {version}-{release} in {directory}"
                ),
                false => {
                    format!("the newest release packages in {directory} are {version}-{release}")
                }
            },
            change,
        }
    }

    /// Returns the range of the first number that a change replaces, whole.
    fn first_range(&self, change: Option<&Change>) -> PathRange {
        let edits = change.iter().flat_map(|change| &change.edits);
        let mut replaced = edits.filter_map(|edit| match edit {
            Edit::Text { file, range, .. } => Some((self.view.tree.file(*file)?, *range)),
            _ => None,
        });
        let first = replaced.next().map(|(file, range)| PathRange {
            path: file.path.clone(),
            range: whole_number(&file.text, range),
        });
        first.unwrap_or_else(|| self.named.at.clone())
    }

    /// Returns the change that has the image name other packages.
    fn change_to(&self, newest: &Newest) -> Option<Change> {
        let current = current_values(self.view, &self.image.name).ok()?;
        let old = self.named.packages.first()?;
        // What follows the number, such as `.el9`, is the same as before.
        let build = current.build?;
        let suffix = old.file.release.strip_prefix(build.as_str())?;
        let Some(new_build) = newest.release.strip_suffix(suffix) else {
            return self.change_of_release(newest);
        };
        let new_build = new_build.to_owned();
        let mut new = Bump::default();
        if newest.version == self.named.version {
            new.build = Some(new_build);
        } else if current.pointver.as_ref() == Some(&self.named.version) {
            new.pointver = Some(newest.version.clone());
            new.build = Some(new_build);
        } else {
            let whole = format!("{}-{build}", self.named.version);
            let (variable, _) = current.set.into_iter().find(|(_, value)| *value == whole)?;
            let value = format!("{}-{new_build}", newest.version);
            new.set.push((variable, value));
        }
        bump(self.view, &self.image.name, &new).ok()
    }

    /// Returns the change that has an image name packages of the same version whose release ends in another way:
    /// `1.el10.2` and `2.el10`. It has to be written out in all of their names.
    fn change_of_release(&self, newest: &Newest) -> Option<Change> {
        if newest.version != self.named.version {
            return None;
        }
        let edit = |package: &NamedPackage| {
            let file = self.view.tree.id(&package.at.path)?;
            let written = self.view.tree.file(file)?.slice(package.at.range);
            let release = &package.file.release;
            let (before, after) = written.split_once(&format!("-{release}."))?;
            let size = |length: usize| TextSize::try_from(length).ok();
            let start = package.at.range.start() + size(before.len() + "-".len())?;
            (!after.contains(release)).then_some(Edit::Text {
                file,
                range: TextRange::at(start, size(release.len())?),
                new_text: newest.release.clone(),
            })
        };
        let edits = self.named.packages.iter().map(edit);
        Some(Change {
            title: format!(
                "Update `{}` to {}-{}",
                self.image.name, newest.version, newest.release
            ),
            edits: edits.collect::<Option<Vec<Edit>>>()?,
            verify: Vec::new(),
            notes: Vec::new(),
            image: self.image.name.clone(),
            like: None,
        })
    }
}

/// Returns a range in a number together with the rest of it: an edit replaces only the digits that differ.
fn whole_number(text: &str, range: TextRange) -> TextRange {
    let is_number = |c: &char| c.is_ascii_digit() || *c == '.';
    let before = text.get(..usize::from(range.start())).unwrap_or_default();
    let after = text.get(usize::from(range.end())..).unwrap_or_default();
    let before = before.chars().rev().take_while(is_number).count();
    let after: String = after.chars().take_while(is_number).collect();
    // `15.` of `15.noarch`.
    let after = after.trim_end_matches('.').len();
    let size = |length: usize| TextSize::try_from(length).unwrap_or_default();
    TextRange::new(range.start() - size(before), range.end() + size(after))
}
