//! `wrong-line-ending`.

use crate::{Context, FileRange, Finding, Severity};
use edits::Fix;
use model::{File, FileId};
use syntax::bash::ScriptFacts;
use syntax::{TextRange, TextSize};

rule! {
    /// A script or `config.sh` has line ends of Windows, or begins with a byte order mark.
    ///
    /// ## Why
    /// To bash, a line ends with a line feed alone: the carriage return before it is a part of the
    /// last word. `BUILDER=debian` names a builder that does not exist, `run-configure` is no
    /// command. A byte order mark is a part of the first word. An editor shows neither.
    ///
    /// ## How to fix it
    /// Write the file with line ends of Unix and without the mark. The text of here-documents and
    /// comments do not count.
    ///
    /// ## Example
    /// The file's lines end with CR LF:
    /// ```bash
    /// BUILDER=debian
    /// ```
    code: "wrong-line-ending",
    severity: Warning,
    group: Images,
    checks: [AnyScript(check)],
    fix: yes,
}

fn check(cx: &Context<'_>, id: FileId, out: &mut Vec<Finding>) {
    let (Some(file), Some(facts)) = (cx.tree.file(id), cx.tree.script(id)) else {
        return;
    };
    let Some(wrong) = facts.wrong_line_ends.filter(|_| !facts.is_stale) else {
        return;
    };
    let message = match (wrong.count, wrong.byte_order_mark) {
        (0, _) => "the file begins with a byte order mark, which bash takes for a part of the first word: remove it".to_owned(),
        (1, _) => "this line ends with a carriage return, which bash takes for a part of the last word: remove it".to_owned(),
        (count, _) => format!(
            "{count} lines end with a carriage return, which bash takes for a part of the last word: write the file with line ends of Unix"
        ),
    };
    let anchor = match wrong.count {
        0 => FileRange::first_line(cx.tree, id),
        _ => FileRange::new(id, wrong.first),
    };
    let is_config = file.path.ends_with("/config.sh");
    let severity = if is_config {
        Severity::Error
    } else {
        Severity::Warning
    };
    let range = TextRange::up_to(TextSize::of(&*file.text));
    let fix = Fix::replace(
        "Write the file as Unix does",
        id,
        range,
        converted(file, facts),
    );
    out.push(
        Finding::new(&RULE, anchor, message)
            .severity(severity)
            .fix(fix.safe()),
    );
}

/// Returns whether a script has line ends or a mark that other rules would take for what it means.
pub(super) fn has_wrong_ends(cx: &Context<'_>, id: FileId) -> bool {
    let facts = cx.tree.script(id);
    facts.is_some_and(|facts| facts.wrong_line_ends.is_some()) && cx.is_on(&RULE)
}

/// Returns the text with line ends of Unix and without a mark. The text of a here-document stays as
/// it is, unless all of the file is written that way.
fn converted(file: &File, facts: &ScriptFacts) -> String {
    let text = file.text.strip_prefix('\u{feff}').unwrap_or(&file.text);
    let mark = file.text.len() - text.len();
    let lines = text.split_inclusive('\n');
    let is_uniform = lines
        .clone()
        .all(|line| line.ends_with("\r\n") || !line.ends_with('\n'));
    let mut bodies = facts.heredocs.iter().map(|heredoc| heredoc.body).peekable();
    let (mut out, mut at) = (String::with_capacity(text.len()), mark);
    for line in lines {
        while bodies
            .next_if(|body| usize::from(body.end()) <= at)
            .is_some()
        {}
        let is_text = bodies
            .peek()
            .is_some_and(|body| usize::from(body.start()) <= at);
        match line.strip_suffix("\r\n").filter(|_| is_uniform || !is_text) {
            Some(line) => {
                out.push_str(line);
                out.push('\n');
            }
            None => out.push_str(line),
        }
        at += line.len();
    }
    out
}
