//! Files of the checkout behind `$INCLUDE/`, `$IMAGEDIR/` and `$BASEDIR/`.

use super::{Completion, CompletionKind, range_of};
use model::view::View;
use model::{FileId, Node};
use syntax::TextSize;

/// The files that a path may go on with; `None` where no path of ours is being written.
pub(super) fn items(
    view: &View<'_>,
    file: FileId,
    word: &str,
    offset: TextSize,
) -> Option<Vec<Completion>> {
    let text: String = word.chars().filter(|c| !"\"{}".contains(*c)).collect();
    let prefix = view.tree.layout.prefix();
    let rest = |name: &str| text.strip_prefix(name).and_then(|r| r.strip_prefix('/'));
    let path = if let Some(rest) = rest("$INCLUDE") {
        format!("{prefix}include/{rest}")
    } else if let Some(rest) = rest("$IMAGEDIR") {
        let own = view.tree.path(file)?;
        let directory = view.model.directory_of(view.tree, own)?;
        format!("{prefix}images/{}/{rest}", directory.name)
    } else if let Some(rest) = rest("$BASEDIR") {
        format!("{prefix}{rest}")
    } else {
        return None;
    };
    let (directory, _) = path.rsplit_once('/').unwrap_or_default();
    let written = word.rsplit('/').next().unwrap_or_default();
    let range = range_of(written, offset);
    let real = view.tree.resolve(directory).ok()?;
    let mut names: Vec<(&str, bool)> = Vec::new();
    for (name, node) in view.tree.children(&real) {
        let is_file = match node {
            Node::File(_) => true,
            Node::Directory => false,
            Node::Link(_) => view.tree.resolve_file(&format!("{real}/{name}")).is_some(),
        };
        names.push((name, is_file));
    }
    // Directories are not listed where there are nothing but files in them.
    if format!("{real}/") == prefix {
        for name in ["builders", "images", "include", "tests"] {
            if view.tree.resolve(&format!("{prefix}{name}")).is_ok() {
                names.push((name, false));
            }
        }
    }
    names.sort_unstable();
    names.dedup();
    let includes = real.as_str() == format!("{prefix}include");
    let items = names.into_iter().map(|(name, is_file)| {
        let kind = match is_file {
            true => CompletionKind::File,
            false => CompletionKind::Directory,
        };
        let item = Completion::new(kind, name, range);
        match includes {
            true => item.doc("include", name),
            false => item,
        }
    });
    Some(items.collect())
}
