//! What distributions have in common.

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

/// Returns the months in which a distribution names a release after the year and the month: the one
/// in spring, and the one in autumn.
pub fn release_months(distribution: &str) -> Option<[u64; 2]> {
    match distribution {
        "ubuntu" => Some([4, 10]),
        "nixos" => Some([5, 11]),
        _ => None,
    }
}
