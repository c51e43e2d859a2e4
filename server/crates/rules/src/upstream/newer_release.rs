//! `newer-release`.

rule! {
    /// Upstream has a newer point release than the one that an image names, with everything that belongs to
    /// it.
    ///
    /// ## Why
    /// Vendors remove the directories of a point release soon after the next one is out, and builds of the
    /// image fail from then on. A release of which a part is missing on the mirror yet is none.
    ///
    /// ## How to fix it
    /// The fix writes the point release and its package as `bump` would; `verify --write` applies it.
    code: "newer-release",
    severity: Information,
    group: Upstream,
    checks: [],
    fix: yes,
}
