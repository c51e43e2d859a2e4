//! `stale-release`.

rule! {
    /// The release of an image is gone from its vendor's mirrors.
    ///
    /// ## Why
    /// The vendor has moved it to an archive, or removed it: it gets no updates, and builds of the image
    /// fail. Later releases are on the mirror, so it is not one that has yet to come.
    ///
    /// ## How to fix it
    /// Retire the image. Addresses of an archive are no substitute: nothing there is kept secure.
    code: "stale-release",
    severity: Warning,
    group: Upstream,
    checks: [],
    fix: yes,
}
