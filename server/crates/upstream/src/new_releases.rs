//! Releases that are out upstream and not in the checkout, by track.

use std::sync::Arc;

use model::Image;
use model::view::View;
use smol_str::SmolStr;

use crate::check::ask;
use crate::index::Index;
use crate::index::{Context, Release, ReleaseState, Releases, directory_of, suite_of};
use crate::names::{replaced, truncated};
use crate::newest::{CANDIDATES, newest_in};
use crate::package::NamedRelease;
use crate::server::{Known, listing};
use crate::vendor::VendorTrack;
use crate::{Address, AddressKind, Probe, Upstream, Vendor, addresses, vendor_of};

/// A release that is out upstream and not in the checkout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRelease {
    /// The distribution.
    pub distribution: String,
    /// The release, as images of its track have it: `leap-16.0`.
    pub release: String,
    /// Name of the image to make.
    pub image: SmolStr,
    /// The newest image of the track, after which it is made.
    pub like: SmolStr,
    /// The codename, where the vendor says it.
    pub codename: Option<String>,
    /// The address that says that it is out.
    pub source: String,
    /// Addresses that belong to it, after those of the image before, and that are not there. Then it has not
    /// come to the mirror yet, or is laid out in another way.
    pub missing: Vec<String>,
}

impl NewRelease {
    /// Returns the command that makes the image, with its arguments; `None` where something is missing.
    pub fn command(&self) -> Option<[String; 2]> {
        let is_there = self.missing.is_empty();
        is_there.then(|| ["new".to_owned(), self.image.to_string()])
    }
}

/// Releases that are out upstream and not in the checkout.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewReleases {
    /// They, in the order of the images that they come after, the newest first.
    pub releases: Vec<NewRelease>,
    /// Reasons why something is not known.
    pub unknown: Vec<String>,
}

/// Returns the releases that are out and come after the newest image of their track.
pub fn new_releases(view: &View<'_>, upstream: &dyn Upstream) -> NewReleases {
    let mut found = NewReleases::default();
    for image in view.model.images.values() {
        let newest = view.model.newest_of_track(image);
        // A track has a new release once, even where several images have the same newest one.
        if newest.is_none_or(|newest| newest.name != image.name) || image.is_mistaken() {
            continue;
        }
        let release = image.release();
        let vendor = release
            .as_ref()
            .and_then(|(distribution, _)| vendor_of(distribution));
        let (Some((_, release)), Some(vendor)) = (release, vendor) else {
            continue;
        };
        if let Some((track, version)) = vendor.track_of(&release) {
            let finder = Finder {
                view,
                image,
                vendor,
                track,
                release: &release,
                version: &version,
                addresses: &addresses(view, image),
                upstream,
            };
            finder.find(&mut found);
        }
    }
    found
}

/// Finds the releases after an image.
struct Finder<'f> {
    view: &'f View<'f>,
    image: &'f Arc<Image>,
    vendor: &'f Vendor,
    track: &'f VendorTrack,
    release: &'f str,
    version: &'f str,
    addresses: &'f [Address],
    upstream: &'f dyn Upstream,
}

impl Finder<'_> {
    fn find(&self, found: &mut NewReleases) {
        let context = Context {
            addresses: self.addresses,
            version: self.version,
            today: self.view.today,
            upstream: self.upstream,
        };
        let releases = match self.track.index.releases(&context) {
            Known::Present(releases) => releases,
            Known::Absent => return,
            Known::Unknown(reason) => {
                if !found.unknown.contains(&reason) {
                    found.unknown.push(reason);
                }
                return;
            }
        };
        let after = releases.after(self.version).into_iter();
        let out = after.filter(|(_, release)| release.state == ReleaseState::Out);
        for (version, release) in out.take(CANDIDATES) {
            found
                .releases
                .extend(self.new_release(&version, release, &releases));
        }
    }

    /// Returns a release as a new one; `None` where the name of its image is not to be told, or is taken.
    fn new_release(
        &self,
        version: &str,
        release: &Release,
        releases: &Releases,
    ) -> Option<NewRelease> {
        let mut around = self.image.name.split(self.version);
        let (before, after) = around.next().zip(around.next())?;
        let image = SmolStr::new(format!("{before}{version}{after}"));
        let is_taken = around.next().is_some() || self.view.model.images.contains_key(&image);
        let other = Other {
            finder: self,
            version,
            release,
        };
        (!is_taken).then(|| NewRelease {
            distribution: self.vendor.distribution.clone(),
            release: self.release.replacen(self.version, version, 1),
            image,
            like: self.image.name.clone(),
            codename: release.codename.clone(),
            source: releases.address.clone(),
            missing: other.missing(),
        })
    }
}

/// Another release, whose addresses are those of an image with another version in them.
struct Other<'o> {
    finder: &'o Finder<'o>,
    version: &'o str,
    release: &'o Release,
}

impl Other<'_> {
    /// Returns what is not there of all that the image needs.
    fn missing(&self) -> Vec<String> {
        let finder = self.finder;
        let mut missing = Vec::new();
        // Release packages have other numbers.
        let addresses = finder.addresses.iter();
        let kept = addresses.filter(|address| address.kind != AddressKind::Rpm);
        for address in kept {
            let Some(url) = self.address(&address.url) else {
                continue;
            };
            let is_there = match ask(finder.upstream, &url, address.kind) {
                Probe::Present(beginning) => address.kind.fits(beginning.bytes()),
                Probe::Gone => false,
                // Nobody knows; it is said to be out.
                Probe::Unknown(_) => true,
            };
            if !is_there {
                missing.push(url);
            }
        }
        missing.extend(self.missing_packages());
        missing
    }

    /// Returns the directory of the release packages, if it does not have all of them.
    fn missing_packages(&self) -> Option<String> {
        let finder = self.finder;
        let known = finder.vendor.packages.as_ref()?;
        let named = NamedRelease::read(finder.view, finder.image, known)?;
        let directory = self.address(&named.directory)?;
        let is_own = |version: &str| truncated(version, finder.version) == self.version;
        match listing(finder.upstream, &directory) {
            Known::Present(listing) => {
                let newest = newest_in(&directory, &listing, &named, is_own);
                newest.is_none().then_some(directory)
            }
            Known::Absent => Some(directory),
            Known::Unknown(_) => None,
        }
    }

    /// Returns an address of the image as that of this release; `None` where it does not depend on it.
    fn address(&self, url: &str) -> Option<String> {
        let finder = self.finder;
        if let Index::Directories { name } = &finder.track.index {
            let (root, own) = directory_of(url, name, finder.version)?;
            let rest = url.strip_prefix(root)?.strip_prefix(own)?;
            return Some(format!("{root}{}{rest}", self.release.name));
        }
        let first = finder
            .addresses
            .iter()
            .find(|address| address.kind == AddressKind::Release);
        let own = first
            .and_then(|first| suite_of(&first.url))
            .map(|(_, suite)| suite);
        match own.zip(self.release.codename.as_deref()) {
            Some((own, codename)) => replaced(url, own, codename),
            None => replaced(url, finder.version, self.version),
        }
    }
}
