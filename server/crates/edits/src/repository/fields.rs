//! Gives entries other versions, names and tags.

use super::style::{set_form, style, version_key};
use super::{EntryKey, entry, entry_set};
use crate::nix::{InsertPosition, NixFile, NotEditable, Shape, is_identifier, quote};
use smol_str::SmolStr;
use syntax::Spanned;
use syntax::nix::{Entry, NixField};

/// Gives one of an entry's tags another name.
///
/// # Errors
/// When the entry does not have the tag.
pub(crate) fn retag(
    file: &mut NixFile,
    key: &EntryKey,
    old: &str,
    new: &str,
) -> Result<(), NotEditable> {
    let facts = file.repository()?;
    let mut tags = entry(file, &facts, key)?.tags.items.iter();
    let tag = tags.find(|tag| tag.value == old);
    let range = tag
        .map(|tag| tag.range)
        .ok_or_else(|| file.missing(format!("tag `{old}` of {}", key.subject())))?;
    file.apply((range, quote(new)));
    Ok(())
}

/// Returns the literal name of an entry.
fn name_of<'e>(file: &NixFile, entry: &'e Entry) -> Result<&'e Spanned<SmolStr>, NotEditable> {
    let shape = match &entry.name {
        NixField::Known(name) => return Ok(name),
        NixField::Absent => Shape::Missing,
        NixField::Unknown => Shape::Computed,
    };
    let subject = format!("`name` of {}", EntryKey::of(entry).subject());
    Err(file.not_editable(subject, shape, Some(entry.binding.start())))
}

/// Gives an entry that says the name of its image another name.
///
/// # Errors
/// When it says none, or none that is literal.
pub(crate) fn set_name(file: &mut NixFile, key: &EntryKey, name: &str) -> Result<(), NotEditable> {
    let facts = file.repository()?;
    let range = name_of(file, entry(file, &facts, key)?)?.range;
    file.apply((range, name.to_owned()));
    Ok(())
}

/// Inserts the name of the image into an entry.
pub(super) fn insert_name(
    file: &mut NixFile,
    key: &EntryKey,
    name: &str,
) -> Result<(), NotEditable> {
    let facts = file.repository()?;
    let style = style(file, &facts, &key.distribution);
    let text = format!("name = {};", quote(name));
    let set = entry_set(file, entry(file, &facts, key)?)?;
    file.change(set, &key.subject(), |c| {
        c.insert(InsertPosition::first(c), &text, set_form(style))
    })
}

/// Removes the name of the image from an entry.
pub(super) fn remove_name(file: &mut NixFile, key: &EntryKey) -> Result<(), NotEditable> {
    let facts = file.repository()?;
    let style = style(file, &facts, &key.distribution);
    let found = entry(file, &facts, key)?;
    let name = name_of(file, found)?.range;
    let set = entry_set(file, found)?;
    file.change(set, &key.subject(), |c| c.remove(c.find(name)?, &["name"]))?;
    let facts = file.repository()?;
    let set = entry_set(file, entry(file, &facts, key)?)?;
    file.tidy_empty_set(set, style);
    Ok(())
}

/// Gives an entry another version as its key.
///
/// # Errors
/// When the entry is defined in more than one place.
pub(crate) fn rename_version(
    file: &mut NixFile,
    key: &EntryKey,
    version: &str,
) -> Result<(), NotEditable> {
    let facts = file.repository()?;
    let found = entry(file, &facts, key)?;
    let at = found.version.range;
    if !found.more_bindings.is_empty() {
        return Err(file.not_editable(key.subject(), Shape::Scattered, Some(at.start())));
    }
    let is_bare = !file.slice(at).starts_with('"');
    let text = match is_identifier(version) {
        true if is_bare => version.to_owned(),
        false => quote(version),
        // The old version may have had quotes because it needs them.
        true if !is_identifier(&key.version) => {
            let new = EntryKey::new(key.distribution.clone(), version);
            version_key(file, &facts, &new)
        }
        true => quote(version),
    };
    file.apply((at, text));
    Ok(())
}
