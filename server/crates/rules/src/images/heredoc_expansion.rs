//! `heredoc-expansion`.

use crate::{Confidence, Context, FileRange, Finding};
use edits::Fix;
use model::interpreter::is_shell_variable;
use model::runner::RunnerVariable;
use model::{Directory, FileId};
use syntax::TextRange;
use syntax::bash::{Expansion, HereDoc, Step, steps};

rule! {
    /// In an unquoted here-document that becomes part of the container's script, an unescaped
    /// `$x` of which the builder's side has no definition.
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
    ///
    /// ## How to fix it
    /// Escape it: `\$pkg`. Or quote the delimiter (`<<'EOF'`) if nothing in the text is meant to
    /// be expanded on the builder.
    code: "heredoc-expansion",
    severity: Warning,
    group: Images,
    checks: [Directory(check), Script(check_script)],
    fix: yes,
}

fn check(cx: &Context<'_>, directory: &Directory, out: &mut Vec<Finding>) {
    for image in cx.model.images_of(directory) {
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
                continue;
            }
            let own = container
                .iter()
                .any(|h| h.container.assigned.iter().any(|n| n == name));
            if own || !only_certain {
                out.push(finding(id, expansion, own));
            }
        }
        // In a sum or a command, a name that nothing sets is no surprise to bash: only the
        // container's own are certain.
        for expansion in &heredoc.inner_expansions {
            let name = expansion.name.as_str();
            let own = container
                .iter()
                .any(|h| h.container.assigned.iter().any(|n| n == name));
            let is_set =
                is_shell_variable(name) || RunnerVariable::find(name).is_some() || defined(name);
            if own && !is_set {
                out.push(inner_finding(id, expansion));
            }
        }
    }
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
