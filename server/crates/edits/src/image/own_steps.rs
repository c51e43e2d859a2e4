//! What an image does by itself and not by helpers: it is copied from one release to the next as it
//! is, and nothing that is read here tells whether it still fits.

use std::ops::RangeInclusive;

use smol_str::format_smolstr;

use super::copied::copied_files;
use super::difference::ReleaseDifference;
use super::script;
use super::security_suite::is_list_of_sources;
use crate::Note;
use crate::draft::Draft;
use model::family::release_months;
use model::track;
use model::view::View;
use syntax::TextRange;
use syntax::bash::{ScriptFacts, Step};
use syntax::lines::Lines;

/// Returns what is said of the here-documents, commands and other files of an image that were copied from
/// one of another track, major release or distribution: one note for all of them.
pub(super) fn note(
    draft: &Draft<'_>,
    name: &str,
    difference: &ReleaseDifference<'_>,
) -> Option<Note> {
    if !may_differ(difference) {
        return None;
    }
    let path = format_smolstr!("{}/build.sh", draft.image_path(name));
    let text = draft.created(&path)?;
    let lines = own_lines(&draft.view, text).into_iter();
    let lines: Vec<String> = lines
        .map(|lines| match lines.start() == lines.end() {
            true => lines.start().to_string(),
            false => format!("{}-{}", lines.start(), lines.end()),
        })
        .collect();
    // Those of another distribution are named by themselves.
    let files = match difference.foreign {
        Some(_) => Vec::new(),
        None => copied_files(draft, name),
    };
    let files: Vec<String> = files.iter().map(|(name, _)| format!("`{name}`")).collect();
    let lines = match lines.as_slice() {
        [] => None,
        lines => Some(format!("{path}:{}", lines.join(", "))),
    };
    let copied: Vec<String> = lines.into_iter().chain(files).collect();
    let like = difference.like();
    let why = match (&difference.foreign, like.identity.distname.fixed()) {
        (Some(_), Some(source)) => format!("it was written for {source}"),
        _ => "releases often differ in it".to_owned(),
    };
    (!copied.is_empty()).then(|| {
        Note::general(format!(
            "{}: copied from `{}`: check what is done there without a helper, as {why}",
            copied.join(", "),
            like.name
        ))
    })
}

/// Returns what is said of the first image of a variant: its scripts are those of another one of the
/// release.
pub(super) fn variant_note(
    draft: &Draft<'_>,
    name: &str,
    difference: &ReleaseDifference<'_>,
) -> Option<Note> {
    let path = draft.image_path(name);
    draft.created(&format!("{path}/build.sh"))?;
    let variant = difference.now.variant()?;
    let is_other = difference.was.variant() != Some(variant) && difference.is_same_release();
    is_other.then(|| {
        Note::general(format!(
            "{path}: the scripts are those of `{}` but for the name: write into them what makes the \
             image `{variant}`",
            difference.like().name
        ))
    })
}

/// Returns whether two releases differ in more than a minor number.
fn may_differ(difference: &ReleaseDifference<'_>) -> bool {
    let (was, now) = (
        track::split(&difference.was.release),
        track::split(&difference.now.release),
    );
    let by_month = release_months(difference.now.distribution()).is_some();
    difference.foreign.is_some()
        || was.0 != now.0
        || was.1.first() != now.1.first()
        || (by_month && was.1 != now.1)
}

/// Returns the lines of a script with here-documents, those of their delimiters included, and with commands
/// that are no helpers, from 1. Lists of package sources follow the variables of the script.
fn own_lines(view: &View<'_>, text: &str) -> Vec<RangeInclusive<usize>> {
    let facts = script::read(text);
    let lines = Lines::new(text);
    let number = |offset| lines.line_of(offset).saturating_add(1);
    let range = |range: TextRange| number(range.start())..=number(range.end());
    let own = facts
        .heredocs
        .iter()
        .filter(|heredoc| !is_list_of_sources(text, heredoc.body))
        .map(|heredoc| TextRange::new(heredoc.opened.start(), heredoc.body.end()));
    let mut found: Vec<RangeInclusive<usize>> =
        own.chain(own_commands(view, &facts)).map(range).collect();
    found.sort_by_key(|lines| (*lines.start(), *lines.end()));
    let mut merged: Vec<RangeInclusive<usize>> = Vec::new();
    for lines in found {
        match merged.last_mut() {
            Some(last) if *lines.start() <= last.end().saturating_add(2) => {
                *last = *last.start()..=*lines.end().max(last.end());
            }
            _ => merged.push(lines),
        }
    }
    merged
}

/// Returns the ranges of the functions of a script, and of the names of commands that are no helpers and
/// read no here-document.
fn own_commands(view: &View<'_>, facts: &ScriptFacts) -> Vec<TextRange> {
    let functions = facts.effects.functions.iter();
    let functions = functions.map(|function| facts.range(function.definition_span));
    let calls = facts.effects.steps().filter_map(|step| match step {
        Step::Call(call) if call.heredoc.is_none() => Some(call),
        _ => None,
    });
    let own = calls.filter(|call| !is_helper(view, facts, &call.name));
    functions
        .chain(own.map(|call| facts.range(call.span)))
        .collect()
}

/// Returns whether a command is a helper: of an include, or one that the runner has.
fn is_helper(view: &View<'_>, facts: &ScriptFacts, name: &str) -> bool {
    let mut functions = facts.effects.functions.iter();
    let is_own = functions.any(|function| function.name == name);
    let is_named_like_one = name.contains(['-', '_']) && !view.is_known_command(name);
    view.model.helpers.contains_key(name) || (is_named_like_one && !is_own)
}
