//! Tracks: the identity of an image without its version numbers.

use smol_str::SmolStr;

use super::identity::Identity;

/// A line of releases that succeed one another.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Track {
    /// `DISTNAME`.
    pub distribution: SmolStr,
    /// `VENDOR`.
    pub vendor: SmolStr,
    /// `ARCH`.
    pub arch: SmolStr,
    /// `VARIANT`.
    pub variant: SmolStr,
    /// `RELVER` without version numbers and date stamp.
    pub release: SmolStr,
    /// Set when `RELVER` has a date stamp.
    pub dated: bool,
}

impl Track {
    /// Returns whether a tag can be on only one release of both tracks: tags are unique within one
    /// distribution, vendor, variant and architecture.
    pub fn shares_tags_with(&self, other: &Track) -> bool {
        let combination = |t: &Track| {
            let Track {
                distribution,
                vendor,
                arch,
                variant,
                ..
            } = t.clone();
            [distribution, vendor, arch, variant]
        };
        combination(self) == combination(other)
    }
}

/// The numbers of a release, in order: `24.04` is `[24, 4]`. Newer is greater.
pub type Version = Vec<u64>;

/// The track and version of an image, where its whole identity is known.
pub fn of(identity: &Identity) -> Option<(Track, Version)> {
    let release = identity.relver.known()?;
    let (rest, version) = split(&release.with_stamps_as(""));
    let track = Track {
        distribution: SmolStr::new(identity.distname.known()?.sample()),
        vendor: SmolStr::new(identity.vendor.known()?.sample()),
        arch: SmolStr::new(identity.arch.known()?.sample()),
        variant: SmolStr::new(identity.variant.known()?.sample()),
        release: SmolStr::new(rest),
        dated: release.is_dated(),
    };
    Some((track, version))
}

/// Takes the numbers out of a release.
pub fn split(release: &str) -> (String, Version) {
    let (mut rest, mut version, mut number) = (String::new(), Version::new(), None::<u64>);
    let mut after_digit = false;
    for c in release.chars() {
        if let Some(digit) = c.to_digit(10) {
            number = Some(
                number
                    .unwrap_or(0)
                    .saturating_mul(10)
                    .saturating_add(digit.into()),
            );
            after_digit = true;
            continue;
        }
        version.extend(number.take());
        // A dot belongs to the number before it.
        if !(c == '.' && after_digit) {
            rest.push(c);
        }
        after_digit = false;
    }
    version.extend(number);
    (rest, version)
}

/// Returns whether a release is plain numbers: `24.04`, `13`.
pub fn is_numeric(release: &str) -> bool {
    let (rest, version) = split(release);
    rest.is_empty() && !version.is_empty()
}
