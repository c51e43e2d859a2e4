//! `heredoc-expansion`.

use crate::{Confidence, Context, FileRange, Finding};
use edits::Fix;
use model::interpreter::is_shell_variable;
use model::runner::RunnerVariable;
use model::{Directory, FileId, Image};
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
    /// A value counts where the builder's script has set it before, in the same process: not in a
    /// subshell, in a pipe, in a function that is not called, or later.
    ///
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
        let defined = |text: (FileId, u32), name: &str| match reaches(cx, image, name) {
            false => Definition::None,
            true => match is_unset_in(cx, image, text, name) {
                Some(true) => Definition::Elsewhere,
                _ => Definition::Some,
            },
        };
        for id in directory.scripts() {
            check_file(cx, id, &defined, false, out);
        }
    }
}

fn check_script(cx: &Context<'_>, file: FileId, out: &mut Vec<Finding>) {
    if !cx.model.includes.contains(&file) {
        return;
    }
    let readers: Vec<&Image> = cx
        .model
        .images
        .values()
        .map(|image| &**image)
        .filter(|image| image.summary.reach.contains(&file))
        .collect();
    let defined = |text: (FileId, u32), name: &str| {
        let is_opaque = |image: &&Image| image.summary.opaque || image.summary.sets_any;
        let set_by: Vec<&Image> = readers
            .iter()
            .copied()
            .filter(|image| is_opaque(image) || reaches(cx, image, name))
            .collect();
        if set_by.is_empty() {
            return match assigns(cx, file, name) {
                true => Definition::Some,
                false => Definition::None,
            };
        }
        // Some may not call what has the text: only those that do tell what is set there.
        let told = set_by
            .iter()
            .map(|image| is_unset_in(cx, image, text, name));
        let told: Vec<Option<bool>> = told.collect();
        let is_own = |image: &&Image| assigns_itself(cx, image, name);
        let is_elsewhere = told.contains(&Some(true))
            && !told.contains(&Some(false))
            && !set_by.iter().any(is_opaque)
            && !set_by
                .iter()
                .zip(&told)
                .any(|(image, told)| told.is_none() && is_own(image));
        match is_elsewhere {
            true => Definition::Elsewhere,
            false => Definition::Some,
        }
    };
    // Who reads an include that nobody reads, and what it has set by then, is not known.
    check_file(cx, file, &defined, readers.is_empty(), out);
}

/// What the builder's side does with a variable that a here-document expands.
#[derive(Clone, Copy, PartialEq)]
enum Definition {
    /// Nothing sets it.
    None,
    /// It is set, but only in a subshell, in a function that is not called, or later.
    Elsewhere,
    /// It is set, or may be.
    Some,
}

/// Returns whether a file that an image reads sets a variable anywhere.
fn reaches(cx: &Context<'_>, image: &Image, name: &str) -> bool {
    let mut reach = image.summary.reach.iter();
    reach.any(|id| assigns(cx, *id, name))
}

/// Returns whether a script of the image itself sets a variable anywhere.
fn assigns_itself(cx: &Context<'_>, image: &Image, name: &str) -> bool {
    let mut reach = image.summary.reach.iter();
    reach.any(|id| !cx.model.includes.contains(id) && assigns(cx, *id, name))
}

/// Returns whether a variable is surely not set, each time that an image's build reads a
/// here-document; `None` where it reads none. What some condition leads to may be left out on purpose.
fn is_unset_in(
    cx: &Context<'_>,
    image: &Image,
    (file, heredoc): (FileId, u32),
    name: &str,
) -> Option<bool> {
    let mut expansions = image.summary.expansions.iter();
    let expansions = expansions.find(|e| (e.file, e.heredoc) == (file, heredoc))?;
    let effects = cx
        .tree
        .script(file)?
        .effects
        .heredocs
        .get(heredoc as usize)?;
    let index = effects
        .expands
        .iter()
        .position(|expanded| expanded == name)?;
    Some(expansions.is_unset(index) && !may_be_set(cx, image, name))
}

/// Returns whether an image's scripts set a variable where some condition holds, or in a way that is
/// not followed.
fn may_be_set(cx: &Context<'_>, image: &Image, name: &str) -> bool {
    let summary = &image.summary;
    let scripts = || {
        let reach = summary.reach.iter();
        reach.filter_map(|id| Some((*id, &cx.tree.script(*id)?.effects)))
    };
    let is_named = |name: &str| {
        let mut steps = scripts().flat_map(|(_, effects)| effects.steps());
        steps.any(|step| matches!(step, Step::Call(call) if call.name == name))
    };
    scripts().any(|(id, effects)| {
        let is_followed = !effects.assigns(name) || effects.steps().any(|step| step.sets(name));
        let functions = effects.functions.iter().zip(0_u32..);
        let mut functions =
            functions.filter(|(function, _)| function.steps().any(|s| s.sets(name)));
        !is_followed
            || sets_in_condition(&effects.body, name, false)
            || functions.any(|(function, index)| {
                let is_called = summary.called.binary_search(&(id, index)).is_ok();
                (is_called || is_named(&function.name))
                    && sets_in_condition(&function.body, name, !is_called)
            })
    })
}

/// Returns whether statements set a variable of this process where some condition holds.
fn sets_in_condition(block: &[Step], name: &str, in_condition: bool) -> bool {
    block.iter().any(|step| match step {
        Step::Branch(arms) => arms.iter().any(|arm| {
            let blocks = [&arm.condition, &arm.body];
            blocks
                .iter()
                .any(|block| sets_in_condition(block, name, true))
        }),
        Step::List(list) => {
            sets_in_condition(&list.left, name, in_condition)
                || sets_in_condition(&list.right, name, true)
        }
        Step::Repeat(body) => sets_in_condition(body, name, true),
        Step::Temporary(temporary) => sets_in_condition(&temporary.body, name, in_condition),
        Step::Isolated(_) | Step::AtExit(_) => false,
        step => in_condition && step.sets(name),
    })
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
    defined: &dyn Fn((FileId, u32), &str) -> Definition,
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
    let container: Vec<(u32, &HereDoc)> = cx
        .model
        .container_heredocs(&facts.effects)
        .into_iter()
        .filter_map(|at| Some((at, facts.heredocs.get(at as usize)?)))
        .collect();
    let assigned = || container.iter().flat_map(|(_, h)| &h.container.assigned);
    let is_own = |name: &str| assigned().any(|own| own == name);
    for (at, heredoc) in container.iter().filter(|(_, h)| !h.quoted) {
        let defined = |is_set: bool, name: &str| match is_set {
            true => Definition::Some,
            false => defined((id, *at), name),
        };
        for expansion in &heredoc.expansions {
            let name = expansion.name.as_str();
            let is_set = if expansion.is_special() {
                heredoc.function.is_some() || name == "$"
            } else {
                let known = RunnerVariable::find(name);
                is_shell_variable(name) || known.is_some_and(|known| known.is_set_for_build())
            };
            let definition = defined(is_set, name);
            if definition == Definition::Some {
                out.extend(builder_path(cx, id, heredoc, expansion));
                continue;
            }
            let own = definition == Definition::None && is_own(name);
            if own || !only_certain {
                out.push(finding(id, expansion, own, definition));
            }
        }
        for expansion in &heredoc.inner_expansions {
            let name = expansion.name.as_str();
            let is_set = is_shell_variable(name) || RunnerVariable::find(name).is_some();
            let definition = defined(is_set, name);
            let own = definition == Definition::None && is_own(name);
            if definition != Definition::Some && (own || !only_certain) {
                out.push(inner_finding(id, expansion, own));
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

fn inner_finding(id: FileId, expansion: &Expansion, own: bool) -> Finding {
    let name = &expansion.name;
    let message = match own {
        true => format!(
            "`{name}` is set in the container's script, but this is computed on the builder: escape its `$`"
        ),
        false => format!(
            "`{name}` is not set on the builder, where this is computed: escape its `$`, or set it before"
        ),
    };
    Finding::new(&RULE, FileRange::new(id, expansion.range), message).confidence(confidence(own))
}

/// Returns how sure a finding is: the environment may bring a variable that no script sets.
fn confidence(own: bool) -> Confidence {
    match own {
        true => Confidence::Certain,
        false => Confidence::Likely,
    }
}

fn finding(id: FileId, expansion: &Expansion, own: bool, definition: Definition) -> Finding {
    let name = &expansion.name;
    let message = if own {
        format!(
            "`${name}` is set in the container's script, but expands on the builder, to nothing: escape it"
        )
    } else if expansion.is_special() {
        format!("`${name}` expands on the builder when the text is generated: escape it")
    } else if definition == Definition::Elsewhere {
        format!(
            "`${name}` expands on the builder, where it is not set by then: escape it, or set it before"
        )
    } else {
        format!(
            "`${name}` expands on the builder, where nothing sets it: escape it, or set it before"
        )
    };
    let dollar = TextRange::empty(expansion.range.start());
    let fix = Fix::replace(format!("Escape: `\\${name}`"), id, dollar, "\\");
    // Where it is set in the wrong place, the builder's value may be meant.
    let fix = match definition {
        Definition::Elsewhere => fix,
        _ => fix.safe(),
    };
    Finding::new(&RULE, FileRange::new(id, expansion.range), message)
        .confidence(confidence(own))
        .fix(fix)
}
