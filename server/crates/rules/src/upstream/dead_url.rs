//! `dead-url`.

rule! {
    /// The server of an address that an image names has nothing there, or something else than the place
    /// needs.
    ///
    /// ## Why
    /// The next build fails, or installs an error page. The server has answered with status 404 or 410, or
    /// with a page where a package, a tarball, a key or the metadata of a repository belongs. A server
    /// that is busy, refuses, fails or is not reached tells nothing, and nothing is reported.
    ///
    /// ## How to fix it
    /// Take what upstream has now: where that is known, the fix writes it as `bump` would, and
    /// `verify --write` applies it. A release that has left its mirror is to be retired.
    code: "dead-url",
    severity: Warning,
    group: Upstream,
    checks: [],
    fix: yes,
}
