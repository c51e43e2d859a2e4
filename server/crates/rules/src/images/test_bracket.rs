//! `test-bracket`.

use crate::{Finding, LocatedFacts};
use edits::Fix;
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
    checks: [Facts(check)],
    fix: yes,
}

fn check(script: &LocatedFacts<'_>, out: &mut Vec<Finding>) {
    let brackets = script.facts.glued_brackets.iter();
    for at in brackets.filter_map(|bracket| script.file_range(*bracket)) {
        let message = "`]` is part of the word before it, so `[` fails: put a blank before it";
        let before = TextRange::empty(at.range.start());
        let fix = Fix::replace("Insert a blank before `]`", at.file, before, " ").safe();
        out.push(Finding::new(&RULE, at, message).fix(fix));
    }
}
