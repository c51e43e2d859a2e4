//! `relative-path`.

use crate::{Context, FileRange, Finding};
use model::FileId;
use syntax::bash::SlipKind;

rule! {
    /// A relative path, written to after `cd "$INSTALL"`, that is not below the image's root: because
    /// it has `$INSTALL` in it once more, or because another `cd` went elsewhere since.
    ///
    /// ## Why
    /// A relative path means another file after each `cd`. The file is written beside the image, or
    /// into a directory that does not exist.
    ///
    /// ## How to fix it
    /// Write the whole path, with `$INSTALL` at its beginning.
    ///
    /// ## Example
    /// ```bash
    /// cd "$INSTALL"
    /// mkdir -p etc/apk
    /// cd "$DOWNLOAD"
    /// echo "$BASEURL/main" > etc/apk/repositories
    /// ```
    code: "relative-path",
    severity: Warning,
    group: Images,
    checks: [AnyScript(check)],
    fix: no,
}

fn check(cx: &Context<'_>, file: FileId, out: &mut Vec<Finding>) {
    let Some(facts) = cx.clear_script(file) else {
        return;
    };
    for slip in &facts.slips {
        let path = &slip.name;
        let message = match slip.kind {
            SlipKind::DoubledRoot => format!(
                "`{path}` has `$INSTALL` in it, and is relative to `$INSTALL`: begin it with `$INSTALL`"
            ),
            SlipKind::LeftRoot => format!(
                "`{path}` is not below `$INSTALL`, as `cd` has gone elsewhere: write `$INSTALL/{path}`"
            ),
            _ => continue,
        };
        out.push(
            Finding::new(&RULE, FileRange::new(file, slip.range), message)
                .related(FileRange::new(file, slip.because), "goes there"),
        );
    }
}
