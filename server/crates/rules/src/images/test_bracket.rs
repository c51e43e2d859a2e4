//! `test-bracket`.

use crate::{Context, FileRange, Finding};
use edits::Fix;
use model::FileId;
use syntax::TextRange;

rule! {
    /// The closing `]` of a test is glued to the word before it.
    ///
    /// ## Why
    /// `[` is a command, and its last argument has to be `]`. Without a blank, the bracket is a part
    /// of the word: bash says ``[: missing `]'`` and goes on as if the test did not hold. So the
    /// branch is never taken, and the image lacks what it does.
    ///
    /// ## How to fix it
    /// Put a blank before the `]`.
    ///
    /// ## Example
    /// ```bash
    /// if [ "$RELVER" = 9]; then
    /// 	dnf config-manager --enable crb
    /// fi
    /// ```
    code: "test-bracket",
    severity: Error,
    group: Images,
    checks: [AnyScript(check)],
    fix: yes,
}

fn check(cx: &Context<'_>, file: FileId, out: &mut Vec<Finding>) {
    // Where the grammar met an error, a string may look like a command.
    let Some(facts) = cx.clear_script(file) else {
        return;
    };
    for bracket in &facts.glued_brackets {
        let message = "`]` is part of the word before it, so `[` fails: put a blank before it";
        let before = TextRange::empty(bracket.start());
        let fix = Fix::replace("Insert a blank before `]`", file, before, " ").safe();
        out.push(Finding::new(&RULE, FileRange::new(file, *bracket), message).fix(fix));
    }
}
