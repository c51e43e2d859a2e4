//! `missing-config`.

use smol_str::SmolStr;

use super::missing_abstract::is_read_by_others;
use crate::{Context, Finding};
use edits::{Fix, FixKind, predecessor};

rule! {
    /// An image directory has no `config.sh`.
    ///
    /// ## Why
    /// `config.sh` says which builder makes the image; without it the image cannot be built, and
    /// its name is not known to anything that lists images.
    ///
    /// ## How to fix it
    /// Create `config.sh` with at least `BUILDER=`; the predecessor's is a good start. A directory
    /// that only holds files for others wants an empty file `abstract` instead.
    code: "missing-config",
    severity: Error,
    group: Images,
    checks: [Identities(check)],
    fix: yes,
}

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    for directory in cx.model.directories.values() {
        if directory.config.is_some() || directory.is_abstract() {
            continue;
        }
        // An empty directory is nothing yet; one whose files others read lacks `abstract`.
        if directory.build.is_none()
            && (directory.extras.is_empty() || is_read_by_others(cx, directory))
        {
            continue;
        }
        let Some(anchor) = cx.first_line_of_directory(directory) else {
            continue;
        };
        let message = format!(
            "image `{}` has no `config.sh`: nothing says which builder makes it",
            directory.name
        );
        let fix = script_fix(cx, &directory.name, "config.sh");
        out.push(
            Finding::new(&RULE, anchor, message)
                .image(&directory.name)
                .fixes(fix),
        );
    }
}

/// Makes a script that an image lacks after the one of its predecessor.
pub(super) fn script_fix(cx: &Context<'_>, image: &SmolStr, file: &'static str) -> Option<Fix> {
    let like = predecessor(cx, image)?;
    let directory = cx.model.directories.get(&like.directory)?;
    let found = match file {
        "config.sh" => directory.config,
        _ => directory.build,
    };
    found.map(|_| {
        let plan = FixKind::Script {
            directory: image.clone(),
            file: SmolStr::new_static(file),
            like: like.name.clone(),
        };
        Fix::new(
            format!("Create `{file}` after that of `{}`", like.name),
            plan,
        )
    })
}
