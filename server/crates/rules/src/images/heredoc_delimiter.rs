//! `heredoc-delimiter`.

use super::unclosed_heredoc::EndFlaw;
use crate::{Context, FileRange, Finding};
use edits::{Edit, Fix, FixKind};
use model::FileId;
use syntax::bash::{HereDoc, ScriptFacts, Step};
use syntax::{TextRange, TextSize};

rule! {
    /// A here-document in the text of another one ends with the same word, which ends the outer one; or
    /// it is in that text only because a line with blanks does not end the one before it.
    ///
    /// ## Why
    /// Bash looks for the first line with the word, whatever the text is. So the outer
    /// here-document ends where the inner one was meant to, and what comes after it runs on the
    /// builder. The line that was meant to be the end of the outer one is called as a command.
    ///
    /// Where the line that was meant as an end has blanks after the word, all commands up to the next
    /// end are text, and bash says nothing.
    ///
    /// ## How to fix it
    /// Use another word for the inner one; remove the blanks.
    ///
    /// ## Example
    /// ```bash
    /// configure-append <<'EOF'
    /// cat > /etc/hosts <<EOF
    /// 127.0.0.1 localhost
    /// EOF
    /// systemctl enable sshd
    /// EOF
    /// ```
    code: "heredoc-delimiter",
    severity: Warning,
    group: Images,
    checks: [AnyScript(check)],
    fix: yes,
}

fn check(cx: &Context<'_>, file: FileId, out: &mut Vec<Finding>) {
    let Some(facts) = cx.clear_script(file) else {
        return;
    };
    for heredoc in &facts.heredocs {
        let found = swallowed(cx, file, heredoc);
        out.extend(found.or_else(|| finding(cx, file, facts, heredoc)));
    }
}

/// Finds an operator that is text, because the end of the here-document before it does not end it.
fn swallowed(cx: &Context<'_>, file: FileId, heredoc: &HereDoc) -> Option<Finding> {
    let swallowed = heredoc.opened_inside?;
    let [line] = &*heredoc.ends_alike else {
        return None;
    };
    let flaw = EndFlaw::of(cx, file, heredoc, *line)?;
    let message = format!(
        "this is text of the here-document before it, which goes on up to the next `{}`: {}",
        heredoc.delimiter, flaw.message
    );
    let opened = FileRange::new(file, heredoc.opened);
    let finding = Finding::new(&RULE, FileRange::new(file, swallowed), message)
        .related(opened, "begins here")
        .related(FileRange::new(file, *line), "meant to be its end");
    Some(finding.fix(flaw.fix))
}

fn finding(
    cx: &Context<'_>,
    file: FileId,
    facts: &ScriptFacts,
    heredoc: &HereDoc,
) -> Option<Finding> {
    let inner = heredoc.opened_inside?;
    let delimiter = heredoc.delimiter.as_str();
    // The end that was meant for the outer one is a command now. Without it, the text may only show
    // the operator.
    let mut calls = facts.effects.steps().filter_map(|step| match step {
        Step::Call(call) if call.name == delimiter => Some(facts.range(call.span)),
        _ => None,
    });
    let left_over = calls.find(|range| range.start() > heredoc.body.end())?;
    let text = cx.tree.file(file)?;
    let number = text.lines().line_of(heredoc.body.end()) + 1;
    let message = format!(
        "the here-document around this one ends with `{delimiter}`, too: it ends in line {number}: use another word here"
    );
    let end = text.lines().range(number - 1, &text.text);
    let fix = another_word(&text.text, inner, end, delimiter).map(|(word, ranges)| {
        let edits = ranges.map(|range| Edit::Text {
            file,
            range,
            new_text: word.clone(),
        });
        Fix::new(
            format!("End this one with `{word}`"),
            FixKind::Edits(edits.into()),
        )
    });
    let finding = Finding::new(&RULE, FileRange::new(file, inner), message);
    Some(
        finding
            .related(FileRange::new(file, end), "ends both")
            .related(FileRange::new(file, left_over), "called as a command")
            .fixes(fix),
    )
}

/// Returns a word that the text does not have, and the ranges of the delimiter in an operator and in
/// the line that ends it.
fn another_word(
    text: &str,
    operator: TextRange,
    end: TextRange,
    delimiter: &str,
) -> Option<(String, [TextRange; 2])> {
    let word = format!("INNER_{delimiter}");
    if text.contains(&word) {
        return None;
    }
    let within = |range: TextRange| {
        let written = text.get(usize::from(range.start())..usize::from(range.end()))?;
        let at = TextSize::try_from(written.rfind(delimiter)?).ok()?;
        Some(TextRange::at(range.start() + at, TextSize::of(delimiter)))
    };
    Some((word, [within(operator)?, within(end)?]))
}
