//! `stray-abstract`.

use crate::{Context, FileRange, Finding, Joined};
use edits::{Edit, Fix};

rule! {
    /// A directory holds `abstract`, and yet is an image itself: the repository publishes it, or
    /// it has both scripts and no link leads to it.
    ///
    /// ## Why
    /// `abstract` says "this directory is no image". The image's VM test is not discovered, and
    /// tools that list images leave it out. The file usually came along when a directory was
    /// copied.
    ///
    /// ## How to fix it
    /// Delete `abstract`.
    code: "stray-abstract",
    severity: Warning,
    group: Images,
    checks: [Repository(check)],
    fix: yes,
}

fn check(cx: &Context<'_>, joined: &Joined<'_>, out: &mut Vec<Finding>) {
    for directory in cx.model.directories.values() {
        let Some(marker) = directory.marker else {
            continue;
        };
        let (config, build) = (directory.config.is_some(), directory.build.is_some());
        let published = joined
            .registrations
            .is_some_and(|p| p.of_image(&directory.name).next().is_some());
        let why = match (published, config && build) {
            // The repository's mistake, not the directory's: see abstract-entry.
            _ if !directory.aliases.is_empty() || !(config || build) => continue,
            (true, _) => "the repository publishes it",
            (false, true) => "it has both scripts, and no link leads to it",
            (false, false) => continue,
        };
        let name = &directory.name;
        let message = format!(
            "`{name}` is an image ({why}), but `abstract` says it is not: its VM test is not discovered"
        );
        let delete = cx
            .tree
            .path(marker)
            .map(|path| Edit::Delete { path: path.clone() });
        let fix = delete.map(|delete| Fix::edit("Delete `abstract`", delete));
        out.push(
            Finding::new(&RULE, FileRange::first_line(cx.tree, marker), message)
                .image(name)
                .fixes(fix),
        );
    }
}
