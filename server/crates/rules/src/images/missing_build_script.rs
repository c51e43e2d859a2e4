//! `missing-build-script`.

use super::missing_config::script_fix;
use crate::{Context, Finding};
use model::Directory;

rule! {
    /// An image directory has no `build.sh`.
    ///
    /// ## Why
    /// `build.sh` makes the image's root file system. The image is listed and tested, and every
    /// build of it fails.
    ///
    /// ## How to fix it
    /// Write `build.sh`, most likely as a copy of the predecessor's.
    code: "missing-build-script",
    severity: Error,
    group: Images,
    checks: [Directory(check)],
    fix: yes,
}

fn check(cx: &Context<'_>, directory: &Directory, out: &mut Vec<Finding>) {
    if directory.build.is_some() || directory.config.is_none() || directory.is_abstract() {
        return;
    }
    let Some(anchor) = cx.first_line_of_directory(directory) else {
        return;
    };
    let message = format!(
        "image `{}` has no `build.sh`: it cannot be built",
        directory.name
    );
    let fix = script_fix(cx, &directory.name, "build.sh");
    out.push(
        Finding::new(&RULE, anchor, message)
            .image(&directory.name)
            .fixes(fix),
    );
}
