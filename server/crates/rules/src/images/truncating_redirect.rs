//! `truncating-redirect`.

use crate::{Context, FileRange, Finding};
use edits::Fix;
use model::FileId;
use syntax::bash::SlipKind;

rule! {
    /// `>` to a file that the statement before has just written.
    ///
    /// ## Why
    /// `>` empties the file first: what was written before is lost, and nothing has read it.
    ///
    /// ## How to fix it
    /// Append with `>>`, or remove the statement before.
    ///
    /// ## Example
    /// ```bash
    /// echo "$BASEURL/main" > "$INSTALL/etc/apk/repositories"
    /// echo "$BASEURL/community" > "$INSTALL/etc/apk/repositories"
    /// ```
    code: "truncating-redirect",
    severity: Warning,
    group: Images,
    checks: [AnyScript(check)],
    fix: yes,
}

fn check(cx: &Context<'_>, file: FileId, out: &mut Vec<Finding>) {
    let Some(facts) = cx.clear_script(file) else {
        return;
    };
    let slips = facts.slips.iter();
    for slip in slips.filter(|slip| slip.kind == SlipKind::Truncation) {
        let path = &slip.name;
        let message = format!(
            "this empties `{path}`, which was written just before and not read: append with `>>`"
        );
        let fix = Fix::replace("Append: `>>`", file, slip.range, ">>");
        out.push(
            Finding::new(&RULE, FileRange::new(file, slip.range), message)
                .related(FileRange::new(file, slip.because), "written here")
                .fix(fix),
        );
    }
}
