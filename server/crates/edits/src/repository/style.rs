//! Style of new entries: that of their neighbours, else that of all others of the file.

use super::EntryKey;
use crate::nix::{Form, NixFile, NixStyle, is_identifier, quote};
use syntax::nix::{Entry, RepositoryFacts};

/// Returns the style of the entries of a distribution, else of all others.
pub(super) fn style(file: &NixFile, facts: &RepositoryFacts, distribution: &str) -> NixStyle {
    let all = facts.repositories.iter().flat_map(|r| &r.entries);
    let (own, others): (Vec<&Entry>, Vec<&Entry>) =
        all.partition(|e| e.distribution.value == distribution);
    let most = |of: &dyn Fn(&Entry) -> Option<bool>| -> Option<bool> {
        [&own, &others].into_iter().find_map(|entries| {
            let votes: Vec<bool> = entries.iter().filter_map(|e| of(e)).collect();
            (!votes.is_empty()).then(|| is_majority(&votes))
        })
    };
    let is_empty_set = |e: &Entry| {
        let inner = file.slice(e.value).strip_prefix('{')?.strip_suffix('}')?;
        inner.trim().is_empty().then(|| inner.to_owned())
    };
    let inline = |e: &Entry| {
        let set = e.set.filter(|_| is_empty_set(e).is_none())?;
        Some(!file.is_broken(set))
    };
    let inline_list = |e: &Entry| {
        let list = e.tags.list.filter(|_| e.tags.items.len() > 1)?;
        Some(!file.is_broken(list))
    };
    let spaced = |e: &Entry| is_empty_set(e).map(|inner| !inner.is_empty());
    // `{}` is of the time when sets with content stood on one line, too.
    let spaced = most(&spaced);
    let inline_sets = most(&inline).unwrap_or(spaced == Some(false));
    NixStyle {
        inline_sets,
        inline_lists: most(&inline_list).unwrap_or(inline_sets),
        spaced_empty: spaced.unwrap_or(!inline_sets && !file.text().contains("{}")),
    }
}

fn is_majority(votes: &[bool]) -> bool {
    let yes = votes.iter().filter(|vote| **vote).count();
    yes * 2 > votes.len()
}

/// Returns how a list on one line grows.
pub(super) fn list_form(style: NixStyle) -> Form {
    if style.inline_lists {
        Form::Inline
    } else {
        Form::Broken
    }
}

/// Returns how a set on one line grows.
pub(super) fn set_form(style: NixStyle) -> Form {
    if style.inline_sets {
        Form::Inline
    } else {
        Form::Broken
    }
}

/// Returns a version as a key: bare where the file writes such keys bare.
pub(super) fn version_key(file: &NixFile, facts: &RepositoryFacts, key: &EntryKey) -> String {
    let version = &key.version;
    if !is_identifier(version) {
        return quote(version);
    }
    let all = || facts.repositories.iter().flat_map(|r| &r.entries);
    let is_own =
        |e: &Entry| e.distribution.value == key.distribution && e.version.value != *version;
    let bare = |e: &Entry| !file.slice(e.version.range).starts_with('"');
    let votes_of = |wanted: &dyn Fn(&Entry) -> bool| -> Vec<bool> {
        let identifiers = all().filter(|e| is_identifier(&e.version.value));
        identifiers.filter(|e| wanted(e)).map(bare).collect()
    };
    // `hardened-openrc` may have quotes where `openrc` has none.
    let is_alike = |e: &Entry| e.version.value.contains('-') == version.contains('-');
    let has_numbers = all().any(|e| is_own(e) && !is_identifier(&e.version.value));
    // Neighbours like it, other neighbours, those with the same name (`arch.rolling`), all others.
    // Beside numbers, which need quotes, all have them.
    let votes = [
        votes_of(&|e| is_own(e) && is_alike(e)),
        votes_of(&is_own),
        if has_numbers { vec![false] } else { Vec::new() },
        votes_of(&|e| e.version.value == *version),
        votes_of(&is_alike),
        votes_of(&|_| true),
    ];
    let votes = votes.into_iter().find(|votes| !votes.is_empty());
    if is_majority(&votes.unwrap_or_default()) {
        version.to_string()
    } else {
        quote(version)
    }
}
