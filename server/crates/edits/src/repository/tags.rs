//! An entry's tags.

use smol_str::SmolStr;

use super::super::nix::{Form, Position, quote};
use super::super::nixfile::NixFile;
use super::style::{list_form, set_form, style};
use super::{Key, entry};
use syntax::Spanned;
use syntax::nix::RepositoryFacts;

/// Whether a tag stands before another one in a list: as it mostly does in the file, else `latest`,
/// `stable` and `lts` before all others.
fn goes_before(facts: &RepositoryFacts, order: &[SmolStr], tag: &str, other: &str) -> bool {
    let known = |tag: &str| order.iter().position(|t| t == tag);
    if let (Some(a), Some(b)) = (known(tag), known(other)) {
        return a < b;
    }
    let (mut yes, mut no) = (0, 0);
    for entry in facts.repositories.iter().flat_map(|r| &r.entries) {
        let place = |tag: &str| entry.tags.items.iter().position(|t| t.value == tag);
        match (place(tag), place(other)) {
            (Some(a), Some(b)) if a < b => yes += 1,
            (Some(_), Some(_)) => no += 1,
            _ => {}
        }
    }
    let rank = |tag: &str| {
        let first = ["latest", "stable", "lts"];
        first.iter().position(|t| *t == tag).unwrap_or(first.len())
    };
    yes > no || (yes == no && rank(tag) < rank(other))
}

/// Gives an entry more tags, in the order that the file has them in.
/// `order` is an order that some of them are known to have had together.
pub(crate) fn add_tags(
    file: &mut NixFile,
    key: Key<'_>,
    tags: &[SmolStr],
    order: &[SmolStr],
) -> Option<()> {
    for tag in tags {
        let facts = file.repository()?;
        let style = style(file, &facts, key.0);
        let entry = entry(&facts, key)?;
        if entry.tags.items.iter().any(|t| t.value == *tag) {
            continue;
        }
        match entry.tags.list {
            Some(list) => file.change(list, |container| {
                let goes_before =
                    |item: &&Spanned<SmolStr>| goes_before(&facts, order, tag, &item.value);
                let before = entry.tags.items.iter().find(goes_before);
                let position = match (before, container.items.len()) {
                    (Some(item), _) => Position::Before(container.index_of(item.range)?),
                    (None, 0) => Position::Only,
                    (None, count) => Position::After(count - 1),
                };
                let form = if container.items.is_empty() {
                    Form::Inline
                } else {
                    list_form(style)
                };
                container.insert(position, &quote(tag), form)
            })?,
            None if entry.tags.items.is_empty() && entry.tags.complete => {
                let text = format!("tags = [ {} ];", quote(tag));
                file.change(entry.set?, |container| {
                    let position = match container.items.len() {
                        0 => Position::Only,
                        count => Position::After(count - 1),
                    };
                    container.insert(position, &text, set_form(style))
                })?;
            }
            None => return None,
        }
    }
    Some(())
}

/// Takes a tag from an entry. A list that is left without any goes, too.
pub(crate) fn remove_tag(file: &mut NixFile, key: Key<'_>, tag: &str) -> Option<()> {
    let facts = file.repository()?;
    let style = style(file, &facts, key.0);
    let found = entry(&facts, key)?;
    let list = found.tags.list?;
    let item = found.tags.items.iter().find(|t| t.value == tag)?.range;
    let (left, alone) = file.with_container(list, |c| (c.items.len(), c.is_inline()))?;
    if left > 1 {
        file.change(list, |c| c.remove(c.index_of(item)?, &[tag]))?;
        let facts = file.repository()?;
        let list = entry(&facts, key)?.tags.list?;
        if left == 2 && !alone && !style.inline_lists {
            // nixfmt leaves a broken list alone, people do not.
            let _ = file.change(list, |c| c.collapse());
        }
        return Some(());
    }
    let Some(set) = found.set else {
        return file.change(list, |c| c.remove(c.index_of(item)?, &[tag]));
    };
    file.change(set, |c| c.remove(c.index_of(list)?, &["tags"]))?;
    let facts = file.repository()?;
    let set = entry(&facts, key)?.set?;
    if file.with_container(set, |c| c.is_empty())? {
        let inner = if style.spaced_empty { " " } else { "" };
        file.change(set, |c| Some(c.fill(inner)))?;
    }
    Some(())
}
