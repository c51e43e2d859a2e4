//! Vendors: what is known of the mirrors of a distribution. Each is a file in `vendors/`.

use std::sync::LazyLock;

use serde::Deserialize;

/// A vendor of packages for `rpm`, whose images name the package that says which release they are.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vendor {
    /// The distribution, as images call it.
    pub distribution: String,
    /// Source of what the file says.
    pub source: String,
    /// Names of the packages that say which release it is. Those that an image names have one version.
    pub packages: Vec<String>,
    /// Set where point releases have directories of their own, named like them.
    pub point_releases: bool,
    /// Set where a release leaves the mirrors when its support ends.
    pub leaves_mirror: bool,
    /// Tracks whose packages may become those of another major release.
    pub moving: Vec<String>,
}

const FILES: [&str; 4] = [
    include_str!("../vendors/almalinux.json"),
    include_str!("../vendors/centos.json"),
    include_str!("../vendors/fedora.json"),
    include_str!("../vendors/rocky.json"),
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
            assert!(!vendor.packages.is_empty() && !vendor.source.is_empty());
        }
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("vendors");
        assert_eq!(std::fs::read_dir(folder).unwrap().count(), FILES.len());
        assert_eq!(vendors().len(), FILES.len());
    }
}
