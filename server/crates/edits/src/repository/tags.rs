//! Adds tags to entries, and removes them.

use smol_str::SmolStr;

use super::style::{list_form, set_form, style};
use super::{EntryKey, entry, entry_set};
use crate::nix::{Form, InsertPosition, NixFile, NotEditable, Shape, quote};
use syntax::nix::{Entry, RepositoryFacts};
use syntax::{Spanned, TextRange};

/// Returns whether a tag stands before another one in a list: as it mostly does in the file, else `latest`,
/// `stable` and `lts` before all others.
fn goes_before(facts: &RepositoryFacts, order: &[SmolStr], tag: &str, other: &str) -> bool {
    let known = |tag: &str| order.iter().position(|t| t == tag);
    if let (Some(a), Some(b)) = (known(tag), known(other)) {
        return a < b;
    }
    let (mut yes, mut no) = (0, 0);
    for entry in facts.repositories.iter().flat_map(|r| &r.entries) {
        let index = |tag: &str| entry.tags.items.iter().position(|t| t.value == tag);
        match (index(tag), index(other)) {
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

/// Returns the range of an entry's list of tags.
fn tags_list(file: &NixFile, entry: &Entry) -> Result<TextRange, NotEditable> {
    if let Some(list) = entry.tags.list {
        return Ok(list);
    }
    let bindings = std::iter::once(&entry.binding).chain(&entry.more_bindings);
    let mut shapes = bindings.map(|binding| file.unwritten("tags", *binding));
    if let Some(why) = shapes.find(|why| why.shape != Shape::Missing) {
        return Err(why);
    }
    // `"12" = other;`: the entry itself cannot be read.
    entry_set(file, entry)?;
    Err(file.missing(format!("`tags` in {}", EntryKey::of(entry).subject())))
}

/// Returns the attribute `tags` of an entry as it is written, with the comments in and around it;
/// `None` where it has none, has other tags than these, or is no list of its own. Its lines are as
/// if they began in the first column.
pub(crate) fn commented_tags(file: &NixFile, key: &EntryKey, tags: &[SmolStr]) -> Option<String> {
    let facts = file.repository().ok()?;
    let found = entry(file, &facts, key).ok()?;
    let written = found.tags.items.iter().map(|tag| &tag.value);
    if !written.eq(tags) || !found.tags.complete {
        return None;
    }
    let (list, set) = (found.tags.list?, found.set?);
    let block = file.with_container(set, "", |c| c.whole_block(c.find(list)?, &["tags"]));
    let block = block.ok()?;
    block.contains('#').then_some(block)
}

/// Adds tags to an entry, in the order that the file has them in. `order` is an order that some of
/// them are known to have had together.
///
/// # Errors
/// When the entry's tags are not written as a list of its own.
pub(crate) fn add_tags(
    file: &mut NixFile,
    key: &EntryKey,
    tags: &[SmolStr],
    order: &[SmolStr],
) -> Result<(), NotEditable> {
    for tag in tags {
        let facts = file.repository()?;
        let style = style(file, &facts, &key.distribution);
        let found = entry(file, &facts, key)?;
        if found.tags.items.iter().any(|t| t.value == *tag) {
            continue;
        }
        let is_absent =
            found.tags.list.is_none() && found.tags.items.is_empty() && found.tags.complete;
        if is_absent {
            let text = format!("tags = [ {} ];", quote(tag));
            let set = entry_set(file, found)?;
            file.change(set, &key.subject(), |container| {
                let position = InsertPosition::last(container);
                container.insert(position, &text, set_form(style))
            })?;
            continue;
        }
        let list = tags_list(file, found)?;
        file.change(list, "`tags`", |container| {
            let goes_before =
                |item: &&Spanned<SmolStr>| goes_before(&facts, order, tag, &item.value);
            let position = match found.tags.items.iter().find(goes_before) {
                Some(item) => InsertPosition::Before(container.find(item.range)?),
                None => InsertPosition::last(container),
            };
            let form = if container.items.is_empty() {
                Form::Inline
            } else {
                list_form(style)
            };
            container.insert(position, &quote(tag), form)
        })?;
    }
    Ok(())
}

/// Removes a tag from an entry. A list that is left without any goes, too.
///
/// # Errors
/// When the entry does not have the tag in a list of its own.
pub(crate) fn remove_tag(file: &mut NixFile, key: &EntryKey, tag: &str) -> Result<(), NotEditable> {
    let facts = file.repository()?;
    let style = style(file, &facts, &key.distribution);
    let found = entry(file, &facts, key)?;
    let list = tags_list(file, found)?;
    let item = found.tags.items.iter().find(|t| t.value == tag);
    let item = item
        .map(|item| item.range)
        .ok_or_else(|| file.missing(format!("tag `{tag}` of {}", key.subject())))?;
    let (count, inline) =
        file.with_container(list, "`tags`", |c| Ok((c.items.len(), c.is_inline())))?;
    let Some(set) = found.set.filter(|_| count <= 1) else {
        file.change(list, "`tags`", |c| c.remove(c.find(item)?, &[tag]))?;
        let facts = file.repository()?;
        let list = tags_list(file, entry(file, &facts, key)?)?;
        if count == 2 && !inline && !style.inline_lists {
            // nixfmt leaves a broken list alone, people do not.
            file.collapse(list);
        }
        return Ok(());
    };
    file.change(set, &key.subject(), |c| c.remove(c.find(list)?, &["tags"]))?;
    let facts = file.repository()?;
    let set = entry_set(file, entry(file, &facts, key)?)?;
    file.tidy_empty_set(set, style);
    Ok(())
}
