//! The call of the helper that sets up the login on the console, in scripts that lack it.

use smol_str::{SmolStr, format_smolstr};

use super::new::NewImage;
use super::script;
use crate::apply::apply;
use crate::draft::Draft;
use crate::source_include::source_include;
use crate::{Edit, Note, Verify, nix};
use model::console_getty::{self, FIRST_WITH_IT, HELPER};
use model::tree::Tree;
use model::view::{Systemd, View};
use model::{FileId, Image, Model};
use syntax::TextRange;
use syntax::bash::Step;

/// Name of the function that runs what was appended.
pub(crate) const LAST_STEP: &str = "run-configure";

/// Returns the edits that source the include, unless that is done, and call the helper before
/// `run-configure`; `None` where that cannot be done for certain.
pub fn console_getty_call(tree: &Tree, model: &Model, image: &Image) -> Option<Vec<Edit>> {
    let definers = console_getty::definers(model);
    let build = model.directories.get(&image.directory)?.build?;
    let (file, run) = (tree.file(build)?, run_of(tree, build)?);
    let line = file.lines().start(file.lines().line_of(run.start()))?;
    let indent = file.slice(TextRange::new(line, run.start()));
    if !indent.trim().is_empty() {
        return None;
    }
    let call = format!("{indent}{HELPER}{}", nix::line_end(&file.text));
    let text = |range: TextRange, new_text: String| Edit::Text {
        file: build,
        range,
        new_text,
    };
    let is_sourced = definers.iter().any(|id| image.summary.reach.contains(id));
    let source = match definers {
        _ if is_sourced => None,
        [definer] => {
            let name = tree.file(*definer)?.path.rsplit('/').next()?;
            Some(source_include(tree, build, line, name)?)
        }
        _ => return None,
    };
    let here = TextRange::empty(line);
    Some(match source {
        Some((range, source)) if range == here => vec![text(here, source + &call)],
        Some((range, source)) => vec![text(range, source), text(here, call)],
        None => vec![text(here, call)],
    })
}

/// Returns the range of the last call of `run-configure` in a script.
pub(super) fn run_of(tree: &Tree, build: FileId) -> Option<TextRange> {
    let facts = tree.script(build)?;
    let mut steps = facts.effects.body.iter().rev();
    steps.find_map(|step| match step {
        Step::Call(call) if call.name == LAST_STEP => Some(facts.range(call.span)),
        _ => None,
    })
}

/// What becomes of the call in a new image.
enum ConsoleGetty {
    /// The image does not need it, or has it.
    Unneeded,
    /// It is added by these edits, for a reason.
    Added(Vec<Edit>, String),
    /// It may be needed and is not added: a range of the script that says so, and why.
    Listed(TextRange, String),
}

/// Decides on the call in an image that was made after another one. `view` has the image. With
/// `plain`, nothing is added.
fn decide(view: &View<'_>, image: &Image, plain: bool) -> ConsoleGetty {
    let (tree, model) = (view.tree, view.model);
    let is_numbered = |other: &Image| other.identity.relver.known().is_some_and(|v| !v.is_dated());
    let mut in_need = console_getty::in_need(view);
    let is_custom = in_need.any(|(other, _)| {
        other.name != image.name && is_numbered(other) && console_getty::calls_it(tree, other)
    });
    if !is_custom || image.alias || !console_getty::lacks_it(tree, model, image) {
        return ConsoleGetty::Unneeded;
    }
    let reason = match view.systemd(image) {
        Systemd::WithoutV1(reason) => reason,
        Systemd::WithV1 | Systemd::Unknown(None) => return ConsoleGetty::Unneeded,
        Systemd::Unknown(Some(likely)) => {
            let why = format!(
                "{likely}: since {FIRST_WITH_IT}, call `{HELPER}` before it; confirm its systemd version"
            );
            return listed(view, image, why);
        }
    };
    let reason = reason.split(", which").next().unwrap_or(&reason);
    match console_getty_call(tree, model, image).filter(|_| !plain) {
        Some(edits) => {
            let why =
                format!("added, as others of systemd {FIRST_WITH_IT} or later have it: {reason}");
            ConsoleGetty::Added(edits, why)
        }
        None => {
            let why = format!(
                "call `{HELPER}` before it, as others of systemd {FIRST_WITH_IT} or later do: {reason}"
            );
            listed(view, image, why)
        }
    }
}

fn listed(view: &View<'_>, image: &Image, why: String) -> ConsoleGetty {
    let directory = view.model.directories.get(&image.directory);
    let build = directory.and_then(|d| d.build);
    // It may be called under a condition.
    let run = build.and_then(|build| {
        let calls = script::calls(view.tree.script(build)?);
        let mut calls = calls.into_iter().rev();
        Some(calls.find(|(name, _)| name == LAST_STEP)?.1)
    });
    match run {
        Some(range) => ConsoleGetty::Listed(range, why),
        None => ConsoleGetty::Unneeded,
    }
}

/// Adds the helper that images of a newer systemd need to the script of a new one, and returns what
/// is to be verified of it.
pub(super) fn add_console_getty(
    draft: &mut Draft<'_>,
    tree: &Tree,
    image: &Image,
    new: &NewImage,
) -> Option<Verify> {
    let path = format_smolstr!("{}/build.sh", draft.image_path(&new.name));
    let is_new = |edit: &Edit| matches!(edit, Edit::Create { path: p, .. } if *p == path);
    if !draft.file_edits().iter().any(is_new) {
        return None;
    }
    let view = View {
        tree,
        model: &draft.model,
        ..draft.view
    };
    let (range, text, why) = match decide(&view, image, new.plain) {
        ConsoleGetty::Unneeded => return None,
        ConsoleGetty::Listed(range, why) => {
            let file = tree.file(tree.id(&path)?)?;
            (range, file.slice(range).to_owned(), why)
        }
        ConsoleGetty::Added(edits, why) => {
            let after = apply(tree, &edits);
            let text = after.file(after.id(&path)?)?.text.to_string();
            let range = call_of(&text)?;
            let call = script::slice(&text, range).to_owned();
            draft.set_text(&path, text);
            (range, call, why)
        }
    };
    Some(Verify {
        path,
        range,
        text,
        why,
    })
}

/// Adds the helper to the script of an image that becomes a release of a newer systemd by its new
/// name, or removes it where that has become one of an older systemd, and returns what there is to say
/// of it. `tree` and the images of the draft are those after
/// the renaming.
pub(super) fn follow_release(
    draft: &mut Draft<'_>,
    tree: &Tree,
    image: &Image,
    renamed: &Image,
) -> Option<Followed> {
    let was = draft.view;
    let build = was.model.directories.get(&image.directory)?.build?;
    let view = View {
        tree,
        model: &draft.model,
        ..was
    };
    let path = format_smolstr!("{}/build.sh", draft.image_path(&renamed.name));
    let (range, why) = match decide(&view, renamed, false) {
        ConsoleGetty::Listed(range, why) => (range, why),
        ConsoleGetty::Added(_, why) => {
            // Of the script as it was: what is rewritten in it stands elsewhere.
            for edit in console_getty_call(was.tree, was.model, image)? {
                if let Edit::Text {
                    range, new_text, ..
                } = edit
                {
                    draft.replace(build, range, &new_text);
                }
            }
            (call_of(&draft.text_of(build)?)?, why)
        }
        ConsoleGetty::Unneeded => {
            let is_older = matches!(view.systemd(renamed), Systemd::WithV1);
            let was_newer = matches!(was.systemd(image), Systemd::WithoutV1(_));
            if !is_older || !was_newer {
                return None;
            }
            let why =
                format!("needed since systemd {FIRST_WITH_IT}, and this release has an older one");
            if let Some(lines) = removable(&was, build) {
                let texts = lines.iter().filter_map(|line| {
                    let text = was.tree.file(build)?.slice(*line).trim();
                    Some(format!("`{text}`"))
                });
                let texts: Vec<String> = texts.collect();
                let note = format!("removed from `build.sh`: {}: {why}", texts.join(", "));
                for line in lines {
                    draft.replace(build, line, "");
                }
                return Some(Followed::Said(Note::general(note)));
            }
            (call_of(&draft.text_of(build)?)?, why)
        }
    };
    let text = script::slice(&draft.text_of(build)?, range).to_owned();
    Some(Followed::Open(Verify {
        path,
        range,
        text,
        why,
    }))
}

/// What is said of the helper after a renaming.
pub(super) enum Followed {
    /// A value is to be verified.
    Open(Verify),
    /// What was removed.
    Said(Note),
}

/// Returns the lines of a script that call the helper and source its include, as far as nothing else
/// needs them; `None` where the call cannot be removed for certain.
fn removable(view: &View<'_>, build: FileId) -> Option<Vec<TextRange>> {
    let (file, facts) = (view.tree.file(build)?, view.tree.script(build)?);
    let called = script::calls(facts);
    let mut own = called.iter().filter(|(name, _)| name == HELPER);
    let (Some((_, call)), None) = (own.next(), own.next()) else {
        return None;
    };
    let mut start = 0;
    let lines = file.text.split_inclusive('\n').map(|line| {
        let range = script::range_at(start, line.len());
        start += line.len();
        (range, line.trim())
    });
    let lines: Vec<(TextRange, &str)> = lines.collect();
    let mut found: Vec<TextRange> = lines
        .iter()
        .filter(|(range, line)| range.contains_range(*call) && *line == HELPER)
        .map(|(range, _)| *range)
        .collect();
    if found.is_empty() {
        return None;
    }
    if let [definer] = console_getty::definers(view.model) {
        let name = view.tree.path(*definer)?.rsplit('/').next()?;
        let effects = &view.tree.script(*definer)?.effects;
        let is_used = |(called, _): &(SmolStr, TextRange)| {
            let mut functions = effects.functions.iter();
            called != HELPER && functions.any(|function| function.name == *called)
        };
        let does_more = effects
            .body
            .iter()
            .any(|step| !matches!(step, Step::Define(_)));
        let is_needed = does_more || called.iter().any(is_used);
        let sources = lines.iter().filter(|(_, line)| {
            let path = line.strip_prefix(". ").or(line.strip_prefix("source "));
            let path = path.map(|path| path.trim_matches(['"', '\'']));
            path.is_some_and(|path| path.ends_with(&format!("/{name}")))
        });
        found.extend(sources.filter(|_| !is_needed).map(|(range, _)| *range));
    }
    Some(found)
}

/// Returns the range of the last call of the helper in the text of a script.
fn call_of(text: &str) -> Option<TextRange> {
    let calls = script::calls(&script::read(text));
    let mut calls = calls.into_iter().rev();
    Some(calls.find(|(name, _)| name == HELPER)?.1)
}
