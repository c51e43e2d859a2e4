//! Completions of paths that begin with `$INCLUDE/`, `$IMAGEDIR/` or `$BASEDIR/`.

use super::{Completion, CompletionKind, range_of};
use crate::resolve;
use model::order::natural;
use model::view::View;
use model::{FileId, Node};
use syntax::TextSize;

/// Returns the files that may follow in a path, or `None` if `word` is no path in the checkout.
pub(super) fn completions(
    view: &View<'_>,
    file: FileId,
    word: &str,
    offset: TextSize,
) -> Option<Vec<Completion>> {
    let text: String = word.chars().filter(|c| !"\"{}".contains(*c)).collect();
    let path = resolve::path_in_checkout(view, file, &text)?;
    let (directory, _) = path.rsplit_once('/').unwrap_or_default();
    let real = view.tree.resolve(directory).ok()?;
    let written = word.rsplit('/').next().unwrap_or_default();
    let range = range_of(written, offset);
    let is_include = *real == format!("{}include", view.tree.layout.prefix());
    let completions = entries_of(view, &real).into_iter().map(|(name, kind)| {
        let completion = Completion::new(kind, name, range);
        match is_include {
            true => completion.doc("include", name),
            false => completion,
        }
    });
    Some(completions.collect())
}

/// Files and directories directly below a directory, by name.
fn entries_of<'v>(view: &View<'v>, directory: &'v str) -> Vec<(&'v str, CompletionKind)> {
    let prefix = view.tree.layout.prefix();
    let kind = |name: &str, node: &Node| match node {
        Node::File(_) => CompletionKind::File,
        Node::Directory | Node::Unreadable => CompletionKind::Directory,
        Node::Link(_) => match view.tree.resolve_file(&format!("{directory}/{name}")) {
            Some(_) => CompletionKind::File,
            None => CompletionKind::Directory,
        },
    };
    let children = view.tree.children(directory);
    let mut entries: Vec<_> = children
        .map(|(name, node)| (name, kind(name, node)))
        .collect();
    // The tree lists a directory that holds nothing but files under no parent.
    if format!("{directory}/") == prefix {
        for name in ["builders", "images", "include", "tests"] {
            if view.tree.resolve(&format!("{prefix}{name}")).is_ok() {
                entries.push((name, CompletionKind::Directory));
            }
        }
    }
    entries.sort_by(|(a, _), (b, _)| natural(a, b));
    entries.dedup();
    entries
}
