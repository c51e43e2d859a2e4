//! `heredoc-over-quoted`.

use smol_str::SmolStr;

use crate::{Context, FileRange, Finding};
use edits::Fix;
use model::FileId;
use model::interpreter::is_shell_variable;
use syntax::TextRange;
use syntax::bash::{FileWrite, HereDoc, NameKind, Piece, Role, ScriptFacts, Step, named_variables};

rule! {
    /// A here-document with a quoted delimiter that is written below `$INSTALL` names a variable that
    /// the script has set before.
    ///
    /// ## Why
    /// With `<<'EOF'`, bash expands nothing: the file has the name of the variable in it, with its
    /// `$`, where its value was meant.
    ///
    /// ## How to fix it
    /// Take the quotes away. Text that is a script itself, with variables of its own, is left alone.
    ///
    /// ## Example
    /// ```bash
    /// MIRROR=https://mirror.example.org
    /// cat > "$INSTALL/etc/mirror" <<'EOF'
    /// $MIRROR/stable
    /// EOF
    /// ```
    code: "heredoc-over-quoted",
    severity: Warning,
    group: Images,
    checks: [AnyScript(check)],
    fix: yes,
}

/// Parts of the names of files that are scripts themselves.
const SCRIPTS: [&str; 12] = [
    "bin/", "init.d", "rc.", "/rc", "profile", ".sh", "cron", "bashrc", "shrc", "/sv/", "/runit",
    "tmp/",
];

/// Variables that programs replace in their own configuration.
const OF_PROGRAMS: [&str; 5] = ["arch", "basearch", "repo", "releasever", "host"];

fn check(cx: &Context<'_>, file: FileId, out: &mut Vec<Finding>) {
    let Some(facts) = cx.clear_script(file) else {
        return;
    };
    if !facts.heredocs.iter().any(|heredoc| heredoc.quoted) {
        return;
    }
    for step in facts.effects.steps() {
        if let Step::Write(file_write) = step {
            out.extend(finding(cx, file, facts, file_write));
        }
    }
}

fn finding(
    cx: &Context<'_>,
    file: FileId,
    facts: &ScriptFacts,
    file_write: &FileWrite,
) -> Option<Finding> {
    let heredoc = facts.heredocs.get(file_write.heredoc? as usize)?;
    if !heredoc.quoted || !heredoc.closed || !is_plain_file(file_write) {
        return None;
    }
    let source = cx.tree.file(file)?;
    let body = source.slice(heredoc.body);
    if body.starts_with("#!") {
        return None;
    }
    let found = named_variables(body, heredoc.body.start());
    // One that is not the builder's: the text has variables of its own.
    let is_builders =
        |(name, _): &(SmolStr, TextRange)| is_set_before(&source.text, facts, heredoc, name);
    if !found.iter().all(is_builders) || is_expanded_later(&source.text, &found) {
        return None;
    }
    let (name, range) = found.first()?;
    let message = format!(
        "`${name}` is written as it is, as the delimiter of the here-document is quoted: unquote it"
    );
    let bare = heredoc.delimiter.as_str();
    let fix = Fix::replace(format!("Unquote: `{bare}`"), file, heredoc.opened, bare);
    Some(
        Finding::new(&RULE, FileRange::new(file, *range), message)
            .related(FileRange::new(file, heredoc.opened), "quoted here")
            .fix(fix),
    )
}

/// Returns whether a file below `$INSTALL` is written that is no script.
fn is_plain_file(file_write: &FileWrite) -> bool {
    let pieces = &file_write.path.pieces;
    file_write.path.leading_variable() == Some("INSTALL")
        && pieces.iter().skip(1).all(|piece| match piece {
            Piece::Text(text) => !SCRIPTS.iter().any(|part| text.contains(part)),
            _ => false,
        })
}

/// Returns whether the script gives a variable a value before a here-document, outside of functions
/// or in the same one, and the text does not.
fn is_set_before(text: &str, facts: &ScriptFacts, heredoc: &HereDoc, name: &str) -> bool {
    let container = &heredoc.container;
    if is_shell_variable(name)
        || OF_PROGRAMS.contains(&name)
        || !facts.assigns(name)
        || container.assigned.iter().any(|own| own == name)
    {
        return false;
    }
    let functions = || facts.effects.functions.iter();
    let around = |range: TextRange| {
        functions().rposition(|f| facts.range(f.definition_span).contains_range(range))
    };
    let here = around(heredoc.opened);
    facts.occurrences.iter().any(|occurrence| {
        occurrence.kind == NameKind::Variable
            && occurrence.role == Role::Definition
            && occurrence.range.end() <= heredoc.opened.start()
            && text.get(std::ops::Range::<usize>::from(occurrence.range)) == Some(name)
            && around(occurrence.range).is_none_or(|function| Some(function) == here)
    })
}

/// Returns whether the script replaces the names in the text itself: by `envsubst`, or by `sed` with
/// `\$NAME`.
fn is_expanded_later(text: &str, found: &[(SmolStr, TextRange)]) -> bool {
    let replaces = |name: &str| {
        [
            format!("\\${name}"),
            format!("\\${{{name}"),
            format!("'${name}"),
            format!("'${{{name}"),
        ]
        .iter()
        .any(|written| text.contains(written.as_str()))
    };
    text.contains("envsubst")
        || text.contains("eval")
        || found.iter().any(|(name, _)| replaces(name))
}
