//! Vendors: what is known of the servers of a distribution. Each is a file in `vendors/`.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::VersionOrder;
use crate::index::Index;
use crate::names::NamePattern;

/// A vendor, and where it says what there is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vendor {
    /// The distribution, as images call it.
    pub distribution: String,
    /// Source of what the file says.
    pub source: String,
    /// Packages for `rpm` that images name to say which release they are.
    pub packages: Option<ReleasePackages>,
    /// Tracks with releases that have numbers.
    #[serde(default)]
    pub tracks: Vec<VendorTrack>,
    /// Files that images may name by their version.
    #[serde(default)]
    pub files: Vec<VendorFile>,
}

/// Packages for `rpm` that say which release an image is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReleasePackages {
    /// Their names. Those that an image names have one version.
    pub names: Vec<String>,
    /// Set where point releases have directories of their own, named like them.
    pub point_releases: bool,
    /// Set where a release leaves the mirrors when its support ends.
    pub leaves_mirror: bool,
    /// Tracks whose packages may become those of another major release.
    pub moving: Vec<String>,
}

/// A track of releases.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VendorTrack {
    /// The releases of its images, without date stamp.
    pub release: NamePattern,
    /// Where the vendor says which releases there are.
    pub index: Index,
}

/// A file that an image may name by its version.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VendorFile {
    /// Its name.
    pub name: NamePattern,
    /// The order of its versions.
    pub order: VersionOrder,
}

impl Vendor {
    /// Returns the track of a release, and its version there.
    pub(crate) fn track_of(&self, release: &str) -> Option<(&VendorTrack, String)> {
        let mut tracks = self.tracks.iter();
        tracks.find_map(|track| Some((track, track.release.numbers_in(release)?.to_owned())))
    }
}

const FILES: [&str; 16] = [
    include_str!("../vendors/almalinux.json"),
    include_str!("../vendors/alpine.json"),
    include_str!("../vendors/arch.json"),
    include_str!("../vendors/centos.json"),
    include_str!("../vendors/chimera.json"),
    include_str!("../vendors/debian.json"),
    include_str!("../vendors/devuan.json"),
    include_str!("../vendors/fedora.json"),
    include_str!("../vendors/gentoo.json"),
    include_str!("../vendors/guix.json"),
    include_str!("../vendors/nixos.json"),
    include_str!("../vendors/opensuse.json"),
    include_str!("../vendors/rocky.json"),
    include_str!("../vendors/slackware.json"),
    include_str!("../vendors/ubuntu.json"),
    include_str!("../vendors/void.json"),
];

static VENDORS: LazyLock<Vec<Vendor>> = LazyLock::new(|| {
    let read = FILES.iter().map(|text| serde_json::from_str(text));
    // A test holds that all of them are read.
    read.filter_map(Result::ok).collect()
});

/// Returns all vendors.
pub fn vendors() -> &'static [Vendor] {
    &VENDORS
}

/// Returns the vendor of a distribution.
pub fn vendor_of(distribution: &str) -> Option<&'static Vendor> {
    let mut all = vendors().iter();
    all.find(|vendor| vendor.distribution == distribution)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_a_vendor() {
        for text in FILES {
            let vendor: Vendor = serde_json::from_str(text).unwrap();
            assert!(!vendor.source.is_empty());
        }
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("vendors");
        assert_eq!(std::fs::read_dir(folder).unwrap().count(), FILES.len());
        assert_eq!(vendors().len(), FILES.len());
    }
}
