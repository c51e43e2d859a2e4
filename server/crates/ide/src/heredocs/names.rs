//! Functions and variables of the container's script: where they are defined and used, over the
//! here-documents that an image's script is made of.

use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;

use super::{EmbeddedToken, Fragment, HereText, fragments, here_texts};
use crate::occurrences::Role;
use crate::resolve::readers;
use model::view::View;
use model::{FileId, FileRange, Image};
use syntax::shell::TokenKind;
use syntax::{TextRange, TextSize};

/// Name of a function or variable of the container's script.
#[derive(Debug, Clone)]
pub(crate) struct ContainerName {
    pub(crate) name: SmolStr,
    pub(crate) is_function: bool,
    /// Range in the file.
    pub(crate) range: TextRange,
    fragment: Fragment,
    scope: Option<TextSize>,
}

/// Returns the name at an offset that is one of the container's script.
pub(crate) fn name_at(view: &View<'_>, file: FileId, offset: TextSize) -> Option<ContainerName> {
    let text = view.tree.file(file)?;
    let heredocs = &text.script()?.heredocs;
    let is_inside = heredocs.iter().any(|h| h.body.contains_inclusive(offset));
    // Most names are outside: nothing is read for them.
    if !is_inside {
        return None;
    }
    let here = here_texts(view, file);
    let here = here
        .iter()
        .find(|here| here.body.contains_inclusive(offset))?;
    let fragment = here.fragment?;
    let tokens = here.tokens.iter().filter(|token| token.level == 0);
    let touching = tokens.filter(|token| token.range.contains_inclusive(offset));
    let mut touching = touching.filter(|token| role_of(token).is_some());
    let first = touching.next()?;
    // Of two names that touch at the offset, the second one is meant.
    let token = touching.next().unwrap_or(first);
    let name = SmolStr::new(text.slice(token.range));
    is_name(&name).then_some(ContainerName {
        is_function: is_of_function(token),
        range: token.range,
        fragment,
        scope: token.scope,
        name,
    })
}

/// Returns the definitions of a name: none where the container's script defines no such function or
/// variable.
pub(crate) fn definitions(view: &View<'_>, file: FileId, name: &ContainerName) -> Vec<FileRange> {
    let all = references(view, file, name, Within::Scripts).into_iter();
    let definitions = all.filter(|(_, role)| *role == Role::Definition);
    definitions.map(|(at, _)| at).collect()
}

/// Files that a name is looked for in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Within {
    /// The file that it is in.
    File,
    /// All files of the scripts that it is in.
    Scripts,
}

/// Returns every occurrence of a name in the scripts that it is in, in order; none where it is not
/// defined in them.
pub(crate) fn references(
    view: &View<'_>,
    file: FileId,
    name: &ContainerName,
    within: Within,
) -> Vec<(FileRange, Role)> {
    let wanted: FxHashMap<FileId, FxHashSet<u32>> = match name.scope {
        Some(_) => FxHashMap::from_iter([(file, FxHashSet::from_iter([name.fragment.index]))]),
        None => together(view, file, name.fragment, within),
    };
    let finder = memchr::memmem::Finder::new(name.name.as_str());
    let mut found: Vec<(FileRange, Role)> = Vec::new();
    for (id, indices) in wanted {
        let text = view.tree.file(id);
        let text = text.filter(|text| finder.find(text.text.as_bytes()).is_some());
        let Some(text) = text else { continue };
        let is_wanted = |here: &&HereText| {
            here.fragment
                .is_some_and(|fragment| indices.contains(&fragment.index))
        };
        for here in here_texts(view, id).iter().filter(is_wanted) {
            for token in here.tokens.iter().filter(|token| token.level == 0) {
                let is_same = text.slice(token.range) == name.name
                    && token.scope == name.scope
                    && is_of_function(token) == name.is_function;
                if let Some(role) = role_of(token).filter(|_| is_same) {
                    found.push((FileRange::new(id, token.range), role));
                }
            }
        }
    }
    found.sort_unstable_by_key(|(at, _)| *at);
    if !found.iter().any(|(_, role)| *role == Role::Definition) {
        found.clear();
    }
    found
}

/// Fragments of the scripts that a fragment is in, by file: those of all images that execute it.
fn together(
    view: &View<'_>,
    file: FileId,
    fragment: Fragment,
    within: Within,
) -> FxHashMap<FileId, FxHashSet<u32>> {
    let mut known: FxHashMap<FileId, Vec<Fragment>> = FxHashMap::default();
    let mut found: FxHashMap<FileId, FxHashSet<u32>> = FxHashMap::default();
    found.entry(file).or_default().insert(fragment.index);
    for image in readers(view, file).filter(|image| executes(image, file, fragment)) {
        let directory = view.model.directories.get(&image.directory);
        let own = directory
            .into_iter()
            .flat_map(|directory| directory.scripts());
        let all = image.summary.reach.iter().copied().chain(own);
        for id in all.filter(|id| within == Within::Scripts || *id == file) {
            let all = known.entry(id).or_insert_with(|| {
                let facts = view.tree.script(id);
                facts
                    .map(|facts| fragments(view, facts))
                    .unwrap_or_default()
            });
            let executed = all
                .iter()
                .filter(|fragment| executes(image, id, **fragment));
            let executed = executed.map(|fragment| fragment.index);
            found.entry(id).or_default().extend(executed);
        }
    }
    found
}

/// Tells whether an image's script has a fragment of one of the files that it reads.
fn executes(image: &Image, file: FileId, fragment: Fragment) -> bool {
    fragment.function.is_none_or(|function| {
        image
            .summary
            .called
            .binary_search(&(file, function))
            .is_ok()
    })
}

fn is_of_function(token: &EmbeddedToken) -> bool {
    matches!(token.kind, TokenKind::Function | TokenKind::Command)
}

fn role_of(token: &EmbeddedToken) -> Option<Role> {
    match token.kind {
        TokenKind::Function | TokenKind::Assigned => Some(Role::Definition),
        TokenKind::Command | TokenKind::Expanded => Some(Role::Reference),
        TokenKind::Keyword | TokenKind::Comment | TokenKind::Quoted | TokenKind::Sum => None,
    }
}

/// Tells whether it is no parameter such as `$1` or `$?`, which each call sets.
fn is_name(name: &str) -> bool {
    !name.starts_with(|c: char| c.is_ascii_digit() || "@*#?-$!".contains(c))
}
