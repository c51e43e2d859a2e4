//! The files of an image that is made after another one, and what in them is in doubt.

use smol_str::{SmolStr, format_smolstr};

use super::difference::ReleaseDifference;
use super::foreign::Foreign;
use super::new::NewImage;
use super::rewrite::{CONFIG, rewrite};
use super::rewrite_doubts::doubts;
use super::script::slice;
use crate::draft::Draft;
use crate::{Edit, Refusal, Verify};
use model::tree::Node;
use model::view::View;
use model::{Directory, FileId, Image};

/// Makes a release of a family that shares one directory.
pub(super) fn link(draft: &mut Draft<'_>, new: &NewImage, like: &Image) -> Result<(), Refusal> {
    let Some(Node::Link(link_text)) = draft.view.tree.node(&draft.image_path(&like.name)) else {
        return Err(Refusal::new(format!(
            "`{}` is not a symbolic link: say which builder the new image is built in (`--builder \
             BUILDER`)",
            like.name
        )));
    };
    let edit = Edit::Symlink {
        path: draft.image_path(&new.name),
        points_to: link_text.clone(),
    };
    draft.add(edit);
    Ok(())
}

/// Makes an image after another one: scripts rewritten, other files as they are.
pub(super) fn copy(
    draft: &mut Draft<'_>,
    new: &NewImage,
    like: &Image,
    difference: &ReleaseDifference<'_>,
) -> Result<(), Refusal> {
    let view = draft.view;
    let Some(directory) = view.model.directories.get(&like.directory).cloned() else {
        return Err(Refusal::new(format!(
            "`{}` has no directory: say another image that the new one is like (`--like IMAGE`)",
            like.name
        )));
    };
    let path = draft.image_path(&new.name);
    let scripts = [("build.sh", directory.build), (CONFIG, directory.config)];
    for (file, id) in scripts {
        if let Some(found) = id.and_then(|id| view.tree.file(id)) {
            draft.add(Edit::Create {
                path: format_smolstr!("{path}/{file}"),
                text: rewrite(&view, file, &found.text, difference),
            });
        }
    }
    copy_extras(draft, &directory, &path);
    Ok(())
}

/// Copies the other files of a directory, and the directories in it.
fn copy_extras(draft: &mut Draft<'_>, directory: &Directory, path: &str) {
    let view = draft.view;
    let own = draft.image_path(&directory.name);
    let is_named = |name: &str| {
        let scripts = directory.scripts().filter_map(|id| view.tree.file(id));
        let mut texts = scripts.map(|file| &file.text);
        texts.any(|text| text.contains(name))
    };
    for (name, node) in view.tree.children(&own) {
        let is_script = matches!(name, "build.sh" | CONFIG | "abstract");
        if is_script || (is_backup(name) && !is_named(name)) {
            continue;
        }
        let to = format_smolstr!("{path}/{name}");
        match node {
            Node::Link(points_to) => draft.add(Edit::Symlink {
                path: to,
                points_to: points_to.clone(),
            }),
            Node::Directory | Node::File(_) => draft.add(Edit::Copy {
                from: format_smolstr!("{own}/{name}"),
                to,
            }),
            Node::Unreadable => {}
        }
    }
}

/// Returns whether a file is what a program left of an older one: no image needs it.
fn is_backup(name: &str) -> bool {
    [".orig", ".rej", ".bak"]
        .iter()
        .any(|end| name.ends_with(end))
        || name.starts_with(".nfs")
}

/// Returns what in the scripts of a new image only upstream can confirm.
pub(super) fn script_doubts(
    draft: &Draft<'_>,
    name: &str,
    difference: &ReleaseDifference<'_>,
) -> Vec<Verify> {
    let directory = format!("{}/", draft.image_path(name));
    let scripts = draft.file_edits().iter().filter_map(|edit| match edit {
        Edit::Create { path, text } => Some((path, path.strip_prefix(&*directory)?, text)),
        _ => None,
    });
    scripts
        .flat_map(|(path, file, text)| script_verify(&draft.view, path, file, text, difference))
        .collect()
}

/// Returns what only upstream can confirm in the scripts that a half-made image has already.
pub(super) fn existing_doubts(
    draft: &Draft<'_>,
    name: &str,
    difference: &ReleaseDifference<'_>,
) -> Vec<Verify> {
    let view = &draft.view;
    let directory = draft.image_path(name);
    let doubts = ["build.sh", CONFIG].into_iter().filter_map(|file| {
        let path = format_smolstr!("{directory}/{file}");
        let found = view.tree.file(view.tree.id(&path)?)?;
        Some(script_verify(view, &path, file, &found.text, difference))
    });
    doubts.flatten().collect()
}

/// Returns what in a rewritten script only upstream can confirm.
pub(super) fn script_verify(
    view: &View<'_>,
    path: &SmolStr,
    file: &str,
    text: &str,
    difference: &ReleaseDifference<'_>,
) -> Vec<Verify> {
    let doubts = doubts(view, file, text, difference).into_iter();
    doubts
        .map(|(range, why)| Verify {
            path: path.clone(),
            text: slice(text, range).to_owned(),
            range,
            why,
        })
        .collect()
}

/// Returns the files and directories beside the scripts that were copied for a new image, by their
/// names; of a directory, there is no file to read.
pub(super) fn copied_files(draft: &Draft<'_>, name: &str) -> Vec<(SmolStr, Option<FileId>)> {
    let directory = format!("{}/", draft.image_path(name));
    let tree = draft.view.tree;
    let copies = draft.file_edits().iter().filter_map(|edit| match edit {
        Edit::Copy { from, to } => Some((to.strip_prefix(&*directory)?, from)),
        _ => None,
    });
    let copies = copies.map(|(name, from)| match tree.node(from) {
        Some(Node::Directory) => (format_smolstr!("{name}/"), None),
        _ => (SmolStr::new(name), tree.id(from)),
    });
    copies.collect()
}

/// Returns what in the copied files of a new image is of another distribution.
pub(super) fn copied_doubts(draft: &Draft<'_>, name: &str, foreign: &Foreign) -> Vec<Verify> {
    let tree = draft.view.tree;
    let files = copied_files(draft, name);
    let files = files
        .iter()
        .filter_map(|(name, id)| Some((name, tree.file((*id)?)?)));
    let directory = draft.image_path(name);
    let doubts = files.flat_map(|(name, file)| {
        let doubts = foreign.word_doubts(&file.text).into_iter();
        let path = format_smolstr!("{directory}/{name}");
        doubts.map(move |(range, why)| Verify {
            path: path.clone(),
            range,
            text: slice(&file.text, range).to_owned(),
            why,
        })
    });
    doubts.collect()
}
