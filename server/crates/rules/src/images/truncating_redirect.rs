//! `truncating-redirect`.

use crate::{Finding, LocatedFacts};
use edits::Fix;
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
    checks: [Facts(check)],
    fix: yes,
}

fn check(script: &LocatedFacts<'_>, out: &mut Vec<Finding>) {
    let slips = script.facts.slips.iter();
    for slip in slips.filter(|slip| slip.kind == SlipKind::Truncation) {
        let places = (
            script.file_range(slip.range),
            script.file_range(slip.because),
        );
        let (Some(at), Some(because)) = places else {
            continue;
        };
        let path = &slip.name;
        let message = format!(
            "this empties `{path}`, which was written just before and not read: append with `>>`"
        );
        let fix = Fix::replace("Append: `>>`", at.file, at.range, ">>");
        out.push(
            Finding::new(&RULE, at, message)
                .related(because, "written here")
                .fix(fix),
        );
    }
}
