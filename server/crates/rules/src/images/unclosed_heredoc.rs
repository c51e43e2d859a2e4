//! `unclosed-heredoc`.

use crate::{Context, FileRange, Finding};
use edits::Fix;
use model::FileId;
use syntax::bash::HereDoc;
use syntax::{TextRange, TextSize};

rule! {
    /// A here-document never ends: no line has its delimiter and nothing else.
    ///
    /// ## Why
    /// Bash takes the rest of the script for text of the here-document, warns, and goes on with
    /// status 0. `run-configure` at the end of the script is never called. Most often the line is
    /// there and has blanks before or after the word, or a carriage return.
    ///
    /// ## How to fix it
    /// Put the delimiter on a line of its own, without blanks. After `<<-`, tabs may come before it.
    ///
    /// ## Example
    /// ```bash
    /// configure-append <<EOF
    /// 	systemctl mask systemd-udevd
    ///   EOF
    /// run-configure
    /// ```
    code: "unclosed-heredoc",
    severity: Error,
    group: Images,
    checks: [AnyScript(check)],
    fix: yes,
}

fn check(cx: &Context<'_>, file: FileId, out: &mut Vec<Finding>) {
    let Some(facts) = cx.tree.script(file).filter(|facts| !facts.is_stale) else {
        return;
    };
    let first = facts.heredocs.iter().find(|heredoc| !heredoc.closed);
    // A delimiter with a carriage return is `wrong-line-ending`.
    let Some(heredoc) = first.filter(|heredoc| !heredoc.delimiter.ends_with('\r')) else {
        return;
    };
    // Where more is open than the here-document, it may be no operator at all. A line that looks
    // like its end says that it is.
    if (facts.is_unfinished || facts.has_errors) && heredoc.ends_alike.is_empty() {
        return;
    }
    out.extend(finding(cx, file, heredoc));
}

fn finding(cx: &Context<'_>, file: FileId, heredoc: &HereDoc) -> Option<Finding> {
    let delimiter = &heredoc.delimiter;
    let anchor = FileRange::new(file, heredoc.opened);
    let [line] = &*heredoc.ends_alike else {
        let message = format!(
            "this here-document never ends, and the rest of the file is its text: put `{delimiter}` on a line of its own"
        );
        return Some(Finding::new(&RULE, anchor, message));
    };
    let flaw = EndFlaw::of(cx, file, heredoc, *line)?;
    let message = format!(
        "this here-document never ends, and the rest of the file is its text: {}",
        flaw.message
    );
    let finding = Finding::new(&RULE, anchor, message);
    let end = FileRange::new(file, *line);
    Some(finding.related(end, "meant to be its end").fix(flaw.fix))
}

/// Flaw of a line that is meant to be the end of a here-document.
pub(super) struct EndFlaw {
    /// The line and what to do, for a message.
    pub(super) message: String,
    /// Makes the line the end.
    pub(super) fix: Fix,
}

impl EndFlaw {
    /// Returns the flaw of a line that is no end but for blanks, a carriage return or a backslash.
    pub(super) fn of(
        cx: &Context<'_>,
        file: FileId,
        heredoc: &HereDoc,
        line: TextRange,
    ) -> Option<EndFlaw> {
        let delimiter = &heredoc.delimiter;
        let text = cx.tree.file(file)?;
        let number = text.lines().line_of(line.start()) + 1;
        let title = format!("End it in line {number}");
        let before = text.text.get(..usize::from(line.start()))?;
        let before = before.strip_suffix('\n').unwrap_or(before);
        let backslashes = before.len() - before.trim_end_matches('\\').len();
        if !heredoc.quoted && backslashes % 2 == 1 {
            let end = TextSize::of(before);
            let joins = TextRange::new(end - TextSize::of('\\'), end);
            return Some(EndFlaw {
                message: format!(
                    "line {} ends with a backslash, which joins `{delimiter}` in line {number} to it: \
                     remove the backslash",
                    number - 1
                ),
                fix: Fix::replace(title, file, joins, ""),
            });
        }
        let after = text.text.get(usize::from(line.end())..)?;
        // An editor has no position between a carriage return and a line feed.
        let (what, end) = if after.starts_with("\r\n") {
            ("a carriage return: remove it", "\r\n")
        } else {
            ("blanks: remove them", after.get(..1).unwrap_or_default())
        };
        let range = TextRange::at(line.start(), line.len() + TextSize::of(end));
        let line_feed = if end.is_empty() { "" } else { "\n" };
        let new_text = format!("{delimiter}{line_feed}");
        Some(EndFlaw {
            message: format!("line {number} has `{delimiter}` with {what}"),
            fix: Fix::replace(title, file, range, new_text).safe(),
        })
    }
}
