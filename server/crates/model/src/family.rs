//! What distributions have in common.

use super::view::View;
use super::{FileId, Image};

/// Distributions that are rebuilt from Red Hat Enterprise Linux and take its release numbers, as
/// images name them.
const ENTERPRISE: [&str; 10] = [
    "almalinux",
    "centos",
    "circle",
    "eurolinux",
    "navy",
    "oracle",
    "oraclelinux",
    "rhel",
    "rocky",
    "springdale",
];

/// Returns whether a distribution takes the release numbers of Red Hat Enterprise Linux.
pub fn is_enterprise_linux(distribution: &str) -> bool {
    ENTERPRISE.contains(&distribution)
}

/// Returns the number that the release of an image begins with: 9 of `9`, of `9-stream-DATE` and of
/// `9.4`.
pub fn major(image: &Image) -> Option<u64> {
    leading_number(&image.identity.relver.known()?.with_stamps_as(""))
}

/// Returns the number that a text begins with, if `.`, `-` or nothing follows.
pub fn leading_number(text: &str) -> Option<u64> {
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (digits, rest) = text.split_at_checked(end)?;
    let ends = rest.is_empty() || rest.starts_with(['.', '-']);
    digits.parse().ok().filter(|_| ends)
}

/// Returns the months in which a distribution names a release after the year and the month: the one
/// in spring, and the one in autumn.
pub fn release_months(distribution: &str) -> Option<[u64; 2]> {
    match distribution {
        "ubuntu" => Some([4, 10]),
        "nixos" => Some([5, 11]),
        _ => None,
    }
}

/// Returns whether all families read an include.
pub fn is_shared_include(path: &str) -> bool {
    path.ends_with("/common.sh") || path.ends_with("/systemd.sh")
}

/// Returns the includes of its family that an image reads.
pub fn family_includes(view: &View<'_>, image: &Image) -> Vec<FileId> {
    let is_shared = |id: FileId| {
        view.tree
            .path(id)
            .is_none_or(|path| is_shared_include(path))
    };
    let includes = view.model.includes.iter().copied();
    includes
        .filter(|id| image.summary.reach.contains(id) && !is_shared(*id))
        .collect()
}

/// Suite of the security updates of a Debian release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecuritySuite {
    /// There is none: updates come with the others.
    None,
    /// The codename, and this after it.
    AfterCodename(&'static str),
}

/// What follows the codename in the suite of security updates up to Debian 10.
pub const OLD_SECURITY_SUITE: &str = "/updates";

/// What follows the codename in the suite of security updates since Debian 11.
pub const SECURITY_SUITE: &str = "-security";

/// Returns the suite of the security updates of a Debian release; `None` where it depends on the day,
/// as that of `testing` does.
pub fn debian_security_suite(release: &str) -> Option<SecuritySuite> {
    match leading_number(release) {
        Some(11..) => Some(SecuritySuite::AfterCodename(SECURITY_SUITE)),
        Some(_) => Some(SecuritySuite::AfterCodename(OLD_SECURITY_SUITE)),
        None => ["unstable", "sid"]
            .contains(&release)
            .then_some(SecuritySuite::None),
    }
}
