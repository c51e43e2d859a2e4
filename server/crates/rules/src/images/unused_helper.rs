//! `unused-helper`.

use memchr::memmem;
use smol_str::SmolStr;

use crate::{Context, FileRange, Finding};
use model::{Directory, File, FileId, FileKind};
use syntax::bash::{Function, ScriptFacts, Step};
use syntax::{TextRange, TextSize};

rule! {
    /// An include, or an image's own script, defines a function that nothing calls.
    ///
    /// ## Why
    /// The releases that needed it are gone, or the call was forgotten: what the function does is
    /// missing from the image.
    ///
    /// ## When it is silent
    /// Where the name stands in any script outside of comments: in a string, a here-document or
    /// `export -f`, too. Where it may be made of pieces, as in `"configure-$DISTNAME"`.
    ///
    /// ## How to fix it
    /// Remove the function, or call it.
    ///
    /// ## Example
    /// ```bash
    /// # include/debian.sh
    /// function configure-debian-8 {
    /// 	configure-append <<"EOF"
    /// echo "deb http://archive.example.org jessie main" > /etc/apt/sources.list
    /// EOF
    /// }
    /// ```
    code: "unused-helper",
    severity: Hint,
    group: Images,
    checks: [Directory(check), Script(check_script)],
    fix: no,
}

/// A helper that the runner calls, in case that it is not in the checkout.
const CALLED_BY_RUNNER: &str = "set-initcmd";

/// The distance between images that are asked first.
const SOME: usize = 61;

fn check(cx: &Context<'_>, directory: &Directory, out: &mut Vec<Finding>) {
    // Few images have functions of their own.
    let functions = |id: FileId| {
        let facts = cx.whole_script(id)?;
        (!facts.effects.functions.is_empty()).then_some((id, facts))
    };
    for (id, facts) in directory.scripts().filter_map(functions) {
        let mut images = cx.images_of(directory).peekable();
        // A file that is not known may call anything; one of no image is read by others.
        if images.peek().is_none() || images.any(|image| image.summary.opaque) {
            return;
        }
        for function in &facts.effects.functions {
            let mut files = directory
                .files()
                .filter_map(|id| Some((id, &**cx.tree.file(id)?)));
            let name = &function.name;
            if !files.any(|file| is_named(file, id, facts, function)) && !is_hook(cx, name) {
                out.push(finding(id, facts, function));
            }
        }
    }
}

fn check_script(cx: &Context<'_>, file: FileId, out: &mut Vec<Finding>) {
    // Images that are not read may call anything.
    let are_read = !cx.model.images.is_empty() && cx.model.broken_links.is_empty();
    if !are_read || !cx.model.includes.contains(&file) {
        return;
    }
    let Some(facts) = cx.whole_script(file) else {
        return;
    };
    let functions = facts.effects.functions.iter().zip(0_u32..);
    let mut unused: Vec<(&Function, u32)> = functions
        .filter(|(function, _)| function.name != CALLED_BY_RUNNER)
        .collect();
    // Nearly all are called by images of one family, which stand together: some of each family are
    // asked first.
    let images = || cx.model.images.values();
    for image in images().step_by(SOME).chain(images()) {
        if unused.is_empty() {
            return;
        }
        let called = &image.summary.called;
        let first = called.partition_point(|(other, _)| *other < file);
        let called = called.iter().skip(first);
        for (_, index) in called.take_while(|(other, _)| *other == file) {
            unused.retain(|(_, other)| other != index);
        }
    }
    unused.retain(|(function, _)| {
        let mut scripts = cx
            .tree
            .files()
            .filter(|(_, file)| file.kind == FileKind::Script);
        !scripts.any(|(id, other)| is_named((id, other), file, facts, function))
    });
    let findings = unused
        .iter()
        .map(|(function, _)| finding(file, facts, function));
    out.extend(findings);
}

fn finding(file: FileId, facts: &ScriptFacts, function: &Function) -> Finding {
    let name = &function.name;
    let message = format!("nothing calls `{name}`: remove it, or call it");
    let range = facts.range(function.name_span);
    Finding::new(&RULE, FileRange::new(file, range), message)
}

/// Returns whether an include calls a function, which only images define then.
fn is_hook(cx: &Context<'_>, name: &SmolStr) -> bool {
    let includes = cx.model.includes.iter();
    let mut facts = includes.filter_map(|id| cx.tree.script(*id));
    facts.any(|facts| {
        let mut steps = facts.effects.steps();
        steps.any(|step| matches!(step, Step::Call(call) if call.name == *name))
    })
}

/// Returns whether a file may call a function of a script: its name is there as a word, or what it
/// may be made of.
fn is_named(
    (id, file): (FileId, &File),
    script: FileId,
    facts: &ScriptFacts,
    function: &Function,
) -> bool {
    if !file.is_readable() {
        return true;
    }
    let name = function.name.as_str();
    let definitions = facts.effects.functions.iter();
    let own = |at: TextSize| {
        let mut same = definitions.clone().filter(|other| other.name == name);
        id == script && same.any(|f| facts.range(f.definition_span).contains(at))
    };
    let text = &*file.text;
    let mut found = memmem::find_iter(text.as_bytes(), name);
    let is_use = |at: usize| {
        let range = TextRange::at(
            TextSize::try_from(at).unwrap_or_default(),
            TextSize::of(name),
        );
        is_word(text, at, name.len()) && !own(range.start()) && !is_comment(text, at)
    };
    found.any(is_use) || is_made(text, name)
}

/// Returns whether a text at an offset is no part of a longer word.
fn is_word(text: &str, at: usize, length: usize) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let before = text.get(..at).unwrap_or_default();
    let after = text.get(at + length..).unwrap_or_default();
    !before.ends_with(is_part) && !after.starts_with(is_part)
}

/// Returns whether an offset is in a line that is a comment.
fn is_comment(text: &str, at: usize) -> bool {
    let before = text.get(..at).unwrap_or_default();
    let line = before.rsplit('\n').next().unwrap_or_default();
    line.trim_start().starts_with('#')
}

/// Returns whether a text makes names of pieces that a name may be one of: `configure-$DISTNAME` or
/// `${DISTNAME}-bootstrap`.
fn is_made(text: &str, name: &str) -> bool {
    let mut joints = name.match_indices(['-', '_']);
    joints.any(|(joint, _)| {
        let (first, rest) = (name.get(..=joint), name.get(joint..));
        let (first, rest) = (first.unwrap_or(name), rest.unwrap_or(name));
        let mut begins = memmem::find_iter(text.as_bytes(), first);
        let mut ends = memmem::find_iter(text.as_bytes(), rest);
        let begins = begins.any(|at| {
            let after = text.get(at + first.len()..).unwrap_or_default();
            after.trim_start_matches('"').starts_with('$')
        });
        begins
            || ends.any(|at| {
                let before = text.get(..at).unwrap_or_default();
                before.trim_end_matches('"').ends_with('}')
            })
    })
}
