//! `newer-build`.

rule! {
    /// Upstream has a newer build of what an image names: of its release package and all packages that
    /// belong to it, or of a file with a version or a date in its name.
    ///
    /// ## Why
    /// Mirrors keep the newest build only: once the old one is gone, builds of the image fail.
    ///
    /// ## How to fix it
    /// The fix writes the build number wherever it stands, as `bump` would; `verify --write` applies it.
    code: "newer-build",
    severity: Information,
    group: Upstream,
    checks: [],
    fix: yes,
}
