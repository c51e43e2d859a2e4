//! `heredoc-expansion`.

use crate::{Confidence, Context, FileRange, Finding};
use edits::Fix;
use model::interpreter::is_shell_variable;
use model::runner::RunnerVariable;
use model::{Directory, FileId};
use syntax::TextRange;
use syntax::bash::{Expansion, HereDoc, Piece, ScriptFacts, Step, steps};

rule! {
    /// In an unquoted here-document that becomes part of the container's script, an unescaped
    /// `$x` of which the builder's side has no definition, or which holds a path of the builder.
    ///
    /// ## Why
    /// Two languages meet: the outer script runs on the builder, the here-document in the
    /// container. With an unquoted delimiter (`<<EOF`) bash expands `$x` on the **builder**, when
    /// the text is generated. A variable of the container's script, a loop's above all, expands to
    /// nothing there, silently:
    /// ```bash
    /// configure-append <<EOF
    /// for pkg in ed joe ; do
    /// 	apt-get purge -y $pkg
    /// done
    /// EOF
    /// ```
    /// And a path of the builder, such as `$INSTALL`, is not there in the container, whose root is
    /// `$INSTALL` itself.
    ///
    /// ## How to fix it
    /// Escape it: `\$pkg`. Or quote the delimiter (`<<'EOF'`) if nothing in the text is meant to
    /// be expanded on the builder. Write paths as the container sees them: `/etc/motd` for
    /// `$INSTALL/etc/motd`.
    code: "heredoc-expansion",
    severity: Warning,
    group: Images,
    checks: [Directory(check), Script(check_script)],
    fix: yes,
}

fn check(cx: &Context<'_>, directory: &Directory, out: &mut Vec<Finding>) {
    for image in cx.images_of(directory) {
        if image.summary.opaque || image.summary.sets_any {
            continue;
        }
        let defined = |name: &str| image.summary.reach.iter().any(|id| assigns(cx, *id, name));
        for id in directory.scripts() {
            check_file(cx, id, &defined, false, out);
        }
    }
}

fn check_script(cx: &Context<'_>, file: FileId, out: &mut Vec<Finding>) {
    if !cx.model.includes.contains(&file) {
        return;
    }
    let readers: Vec<_> = cx
        .model
        .images
        .values()
        .filter(|image| image.summary.reach.contains(&file))
        .collect();
    let defined = |name: &str| {
        assigns(cx, file, name)
            || readers.iter().any(|image| {
                image.summary.opaque
                    || image.summary.sets_any
                    || image.summary.reach.iter().any(|id| assigns(cx, *id, name))
            })
    };
    // Who reads an include that nobody reads, and what it has set by then, is not known.
    check_file(cx, file, &defined, readers.is_empty(), out);
}

fn assigns(cx: &Context<'_>, id: FileId, name: &str) -> bool {
    let is_argument = name.starts_with(|c: char| c.is_ascii_digit() || "@*#".contains(c));
    cx.tree.script(id).is_some_and(|facts| {
        facts.assigns(name) || (is_argument && sets_arguments(&facts.effects.body))
    })
}

/// Returns whether statements outside of functions give the script other arguments: `set -- a b`.
fn sets_arguments(body: &[Step]) -> bool {
    steps(body).any(|step| matches!(step, Step::Arguments(_)))
}

/// Checks the here-documents of a file.
fn check_file(
    cx: &Context<'_>,
    id: FileId,
    defined: &dyn Fn(&str) -> bool,
    only_certain: bool,
    out: &mut Vec<Finding>,
) {
    let Some(facts) = cx.tree.script(id) else {
        return;
    };
    if facts
        .heredocs
        .iter()
        .all(|h| h.expansions.is_empty() && h.inner_expansions.is_empty())
    {
        return;
    }
    let container: Vec<&HereDoc> = cx
        .model
        .container_heredocs(&facts.effects)
        .into_iter()
        .filter_map(|at| facts.heredocs.get(at as usize))
        .collect();
    let assigned = || container.iter().flat_map(|h| &h.container.assigned);
    let is_own = |name: &str| assigned().any(|own| own == name);
    for heredoc in container.iter().filter(|h| !h.quoted) {
        for expansion in &heredoc.expansions {
            let name = expansion.name.as_str();
            let silent = if expansion.is_special() {
                heredoc.function.is_some() || name == "$" || defined(name)
            } else {
                is_shell_variable(name)
                    || RunnerVariable::find(name).is_some_and(|known| known.is_set_for_build())
                    || defined(name)
            };
            if silent {
                out.extend(builder_path(cx, id, heredoc, expansion));
                continue;
            }
            let own = is_own(name);
            if own || !only_certain {
                out.push(finding(id, expansion, own));
            }
        }
        // In a sum or a command, a name that nothing sets is no surprise to bash: only the
        // container's own are certain.
        for expansion in &heredoc.inner_expansions {
            let name = expansion.name.as_str();
            let own = is_own(name);
            let is_set =
                is_shell_variable(name) || RunnerVariable::find(name).is_some() || defined(name);
            if own && !is_set {
                out.push(inner_finding(id, expansion));
            }
        }
    }
}

/// Variables that hold paths which are the builder's alone.
const BUILDER_PATHS: [&str; 7] = [
    "INSTALL",
    "DOWNLOAD",
    "INCLUDE",
    "IMAGEDIR",
    "BASEDIR",
    "CONFIGURE",
    "CONFIGFILE",
];

/// Returns a finding if an expansion puts a path of the builder into the container's script.
fn builder_path(
    cx: &Context<'_>,
    id: FileId,
    heredoc: &HereDoc,
    expansion: &Expansion,
) -> Option<Finding> {
    let name = expansion.name.as_str();
    let facts = cx.tree.script(id)?;
    let is_own = BUILDER_PATHS.contains(&name);
    let is_path = match is_own {
        true => !facts.assigns(name),
        false => !expansion.is_special() && facts.assigns(name) && holds_path(facts, name),
    };
    if !is_path || !is_used_as_path(cx, id, heredoc, expansion) {
        return None;
    }
    let message = if is_own {
        format!(
            "`${name}` is a path of the builder, which is not there in the container: write the path as the container sees it"
        )
    } else {
        format!(
            "`${name}` holds a path of the builder, which is not there in the container: write the path as the container sees it"
        )
    };
    let root = if expansion.rest.starts_with('/') {
        ""
    } else {
        "/"
    };
    let fix = (name == "INSTALL").then(|| {
        let title = "Remove `$INSTALL`: it is the container's root".to_owned();
        Fix::replace(title, id, expansion.range, root)
    });
    let finding = Finding::new(&RULE, FileRange::new(id, expansion.range), message);
    Some(finding.confidence(Confidence::Likely).fixes(fix))
}

/// Returns whether all values that a script gives a variable are paths of the builder.
fn holds_path(facts: &ScriptFacts, name: &str) -> bool {
    let mut is_path = None;
    for step in facts.effects.steps() {
        match step {
            Step::Assign(assign) if assign.name == name && !assign.is_unset => {
                // `$INSTALL` and more text, but no list of words.
                let pieces = &assign.value.pieces;
                let leads = assign
                    .value
                    .leading_variable()
                    .is_some_and(|variable| BUILDER_PATHS.contains(&variable));
                let is_one_word = pieces.iter().all(|piece| match piece {
                    Piece::Text(text) => !text.contains([' ', '\t', '\n']),
                    _ => true,
                });
                is_path = Some(is_path.unwrap_or(true) && leads && is_one_word);
            }
            Step::Forget(forgotten) | Step::ForgetGlobal(forgotten) if forgotten == name => {
                return false;
            }
            Step::ForgetAny | Step::Opaque => return false,
            _ => {}
        }
    }
    is_path == Some(true)
}

/// Returns whether an expansion stands where a path is meant: at the beginning of a word, outside of
/// comments, and of commands that take the builder's paths out of files.
fn is_used_as_path(cx: &Context<'_>, id: FileId, heredoc: &HereDoc, expansion: &Expansion) -> bool {
    let Some(file) = cx.tree.file(id) else {
        return false;
    };
    let before = file.slice(TextRange::new(
        heredoc.body.start(),
        expansion.range.start(),
    ));
    let start_of_line = before.rsplit('\n').next().unwrap_or_default();
    let is_whole = file
        .slice(expansion.range)
        .trim_end_matches('}')
        .ends_with(&*expansion.name);
    let is_text = ["echo ", "printf ", "sed ", "grep ", "perl ", "awk "];
    let is_file = start_of_line.trim_end_matches([' ', '"']).ends_with('>');
    is_whole
        && !start_of_line.contains('#')
        && expansion.rest.chars().next().is_none_or(|next| next == '/')
        && (is_file || !is_text.iter().any(|word| start_of_line.contains(word)))
        && (start_of_line.is_empty()
            || start_of_line.ends_with([' ', '\t', '"', '\'', '=', '>', '<', '(', ':']))
}

fn inner_finding(id: FileId, expansion: &Expansion) -> Finding {
    let message = format!(
        "`{}` is set in the container's script, but this is computed on the builder: escape its `$`",
        expansion.name
    );
    Finding::new(&RULE, FileRange::new(id, expansion.range), message)
}

fn finding(id: FileId, expansion: &Expansion, own: bool) -> Finding {
    let name = &expansion.name;
    let message = if own {
        format!(
            "`${name}` is set in the container's script, but expands on the builder, to nothing: escape it"
        )
    } else if expansion.is_special() {
        format!("`${name}` expands on the builder when the text is generated: escape it")
    } else {
        format!(
            "`${name}` expands on the builder, where nothing sets it: escape it, or set it before"
        )
    };
    let dollar = TextRange::empty(expansion.range.start());
    let fix = Fix::replace(format!("Escape: `\\${name}`"), id, dollar, "\\").safe();
    // The environment may bring a variable that no script sets.
    let confidence = match own {
        true => Confidence::Certain,
        false => Confidence::Likely,
    };
    Finding::new(&RULE, FileRange::new(id, expansion.range), message)
        .confidence(confidence)
        .fix(fix)
}
