//! How entries are written: as their neighbours are, else as all others of the file.

use super::super::nix::{Form, Style, is_identifier, quote};
use super::super::nixfile::NixFile;
use syntax::TextRange;
use syntax::nix::{Entry, RepositoryFacts};

pub(super) fn contains_line_end(file: &NixFile, range: TextRange) -> bool {
    file.slice(range).contains('\n')
}

/// How entries are written: as those of the same distribution, else as all others.
pub(super) fn style(file: &NixFile, facts: &RepositoryFacts, distribution: &str) -> Style {
    let all: Vec<&Entry> = facts.repositories.iter().flat_map(|r| &r.entries).collect();
    let (own, others): (Vec<&Entry>, Vec<&Entry>) = { all }
        .into_iter()
        .partition(|e| e.distribution.value == distribution);
    let most = |of: &dyn Fn(&Entry) -> Option<bool>| -> Option<bool> {
        [&own, &others].into_iter().find_map(|entries| {
            let votes: Vec<bool> = entries.iter().filter_map(|e| of(e)).collect();
            let yes = votes.iter().filter(|vote| **vote).count();
            (!votes.is_empty()).then_some(yes * 2 > votes.len())
        })
    };
    let is_empty_set = |e: &Entry| {
        let inner = file.slice(e.value).strip_prefix('{')?.strip_suffix('}')?;
        inner.trim().is_empty().then(|| inner.to_owned())
    };
    let inline = |e: &Entry| {
        let set = e.set.filter(|_| is_empty_set(e).is_none())?;
        Some(!contains_line_end(file, set))
    };
    let inline_list = |e: &Entry| {
        let list = e.tags.list.filter(|_| e.tags.items.len() > 1)?;
        Some(!contains_line_end(file, list))
    };
    let spaced = |e: &Entry| is_empty_set(e).map(|inner| !inner.is_empty());
    // `{}` is of the time when sets with content stood on one line, too.
    let spaced = most(&spaced);
    let inline_sets = most(&inline).unwrap_or(spaced == Some(false));
    Style {
        inline_sets,
        inline_lists: most(&inline_list).unwrap_or(inline_sets),
        spaced_empty: spaced.unwrap_or(!inline_sets && !file.text().contains("{}")),
    }
}

pub(super) fn list_form(style: Style) -> Form {
    if style.inline_lists {
        Form::Inline
    } else {
        Form::Broken
    }
}

pub(super) fn set_form(style: Style) -> Form {
    if style.inline_sets {
        Form::Inline
    } else {
        Form::Broken
    }
}

/// A version as a key: bare where the file writes such keys bare.
pub(super) fn version_key(
    file: &NixFile,
    facts: &RepositoryFacts,
    distribution: &str,
    key: &str,
) -> String {
    if !is_identifier(key) {
        return quote(key);
    }
    let all = || {
        facts
            .repositories
            .iter()
            .flat_map(|r| &r.entries)
            .filter(|e| is_identifier(&e.version.value))
    };
    let bare = |e: &Entry| !file.slice(e.version.range).starts_with('"');
    let votes_of = |wanted: &dyn Fn(&Entry) -> bool| -> Vec<bool> {
        all().filter(|e| wanted(e)).map(bare).collect()
    };
    // Its neighbours, those that are called the same (`arch.rolling`), all others.
    let votes = [
        votes_of(&|e| e.distribution.value == distribution),
        votes_of(&|e| e.version.value == key),
        votes_of(&|_| true),
    ]
    .into_iter()
    .find(|votes| !votes.is_empty())
    .unwrap_or_default();
    let yes = votes.iter().filter(|vote| **vote).count();
    if yes * 2 > votes.len() {
        key.to_owned()
    } else {
        quote(key)
    }
}

pub(super) fn distribution_key(key: &str) -> String {
    if is_identifier(key) {
        key.to_owned()
    } else {
        quote(key)
    }
}
