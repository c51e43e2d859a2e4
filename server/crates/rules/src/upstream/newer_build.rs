//! `newer-build`.

rule! {
    /// Upstream has a newer build of the release package that an image names, and of all packages that
    /// belong together.
    ///
    /// ## Why
    /// Mirrors keep the newest build only: once the old one is gone, builds of the image fail.
    ///
    /// ## How to fix it
    /// The fix writes the build number in all names of packages, as `bump` would; `verify --write` applies
    /// it.
    code: "newer-build",
    severity: Information,
    group: Upstream,
    checks: [],
    fix: yes,
}
