//! Files that git does not know in a directory that a change deletes: nothing brings them back.

use std::collections::BTreeMap;

use smol_str::{SmolStr, format_smolstr};

use crate::apply::apply;
use crate::open_values::added;
use crate::{Change, Edit, Note, Refusal};
use model::view::View;
use model::{Model, Tree};

/// A file or link, as the disk has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileOnDisk {
    /// Path, from the root of the checkout.
    pub path: SmolStr,
    /// Set for a symbolic link.
    pub is_link: bool,
    /// Set if git knows it; one that git ignores is not known.
    pub is_tracked: bool,
}

/// Leaves those files alone that git does not know in the directories that a change deletes, and
/// says which; but for those that `new` makes again to the byte. `files` are all files of these directories; where git keeps nothing of a checkout,
/// none.
///
/// # Errors
/// When the scripts of an image are among them: without these it would still be there.
pub fn keep_untracked(
    view: &View<'_>,
    change: Change,
    files: &[FileOnDisk],
) -> Result<Change, Refusal> {
    let mut edits = Vec::new();
    let mut notes = Vec::new();
    for edit in &change.edits {
        let Edit::DeleteDirectory { path } = edit else {
            edits.push(edit.clone());
            continue;
        };
        let own = files.iter().filter(|f| is_below(&f.path, path)).cloned();
        let mut own: Vec<FileOnDisk> = own.collect();
        if own.iter().any(|file| !file.is_tracked) {
            spare_made_again(view, &change.edits, path, &mut own);
        }
        if own.iter().all(|file| file.is_tracked) {
            edits.push(edit.clone());
            continue;
        }
        let own: Vec<&FileOnDisk> = own.iter().collect();
        let mut deletion = Deletion::default();
        deletion.delete(path, &own);
        let kept = names(&deletion.kept);
        let script = |name: &str| format_smolstr!("{path}/{name}");
        let scripts = [script("build.sh"), script("config.sh")];
        if deletion.kept.iter().any(|kept| scripts.contains(kept)) {
            return Err(Refusal::new(format!(
                "git does not know {kept}: what is deleted there is lost; commit it first, or pass \
                 `--untracked` to delete it all the same"
            )));
        }
        edits.extend(deletion.edits);
        notes.push(Note::general(format!(
            "git does not know {kept}: kept, and `{path}` with it, which the tests take for an \
             image as long as it is there; move it away, or pass `--untracked` to delete it, too"
        )));
    }
    notes.splice(0..0, change.notes);
    Ok(Change {
        edits,
        notes,
        ..change
    })
}

/// Returns the paths of what stays, each as a name.
fn names(paths: &[SmolStr]) -> String {
    let names: Vec<String> = paths.iter().map(|path| format!("`{path}`")).collect();
    names.join(", ")
}

fn is_below(path: &str, directory: &str) -> bool {
    below(path, directory).is_some()
}

/// Returns the rest of a path below a directory.
fn below<'p>(path: &'p str, directory: &str) -> Option<&'p str> {
    path.strip_prefix(directory)?.strip_prefix('/')
}

/// Takes those files of an image for known that `new` makes again as they are: nothing is lost with
/// them.
fn spare_made_again(view: &View<'_>, edits: &[Edit], path: &str, own: &mut [FileOnDisk]) {
    let image = path.rsplit_once('/').map(|(_, name)| name);
    let Some(image) = image.and_then(|name| view.model.images.get(name)) else {
        return;
    };
    let tree = apply(view.tree, edits);
    let model = Model::new(&tree);
    let after = View {
        tree: &tree,
        model: &model,
        ..*view
    };
    let Some(made) = added(&after, view, image) else {
        return;
    };
    let again = apply(&tree, &made.edits);
    for file in own {
        let now = text_of(view.tree, &file.path);
        file.is_tracked |= now.is_some() && now == text_of(&again, &file.path);
    }
}

fn text_of<'t>(tree: &'t Tree, path: &str) -> Option<&'t str> {
    Some(&tree.file(tree.id(path)?)?.text)
}

/// The deletion of all that git knows in a directory.
#[derive(Default)]
struct Deletion {
    edits: Vec<Edit>,
    /// What stays; of a directory of which everything does, its path with a `/`.
    kept: Vec<SmolStr>,
}

impl Deletion {
    /// Deletes what git knows of the files below a directory.
    fn delete(&mut self, directory: &str, files: &[&FileOnDisk]) {
        let mut entries: BTreeMap<&str, Vec<&FileOnDisk>> = BTreeMap::new();
        for file in files {
            let name = below(&file.path, directory).and_then(|rest| rest.split('/').next());
            entries
                .entry(name.unwrap_or_default())
                .or_default()
                .push(file);
        }
        for (name, files) in entries {
            let path = format_smolstr!("{directory}/{name}");
            let own = files.iter().find(|file| file.path == path);
            let tracked = files.iter().filter(|file| file.is_tracked).count();
            match own {
                Some(file) if !file.is_tracked => self.kept.push(path),
                Some(file) if file.is_link => self.edits.push(Edit::Unlink { path }),
                Some(_) => self.edits.push(Edit::Delete { path }),
                None if tracked == 0 => self.kept.push(format_smolstr!("{path}/")),
                None if tracked == files.len() => self.edits.push(Edit::DeleteDirectory { path }),
                None => self.delete(&path, &files),
            }
        }
    }
}
