//! `new`: a whole image made after another one, registered and tested like it.

use std::sync::Arc;

use smol_str::{SmolStr, format_smolstr};

use super::builder_base::builder_doubt;
use super::console_getty::{self, ConsoleGetty};
use super::difference::ReleaseDifference;
use super::doubts::{Remarks, verify};
use super::existing::Existing;
use super::name;
use super::predecessor::predecessor;
use super::register::{collect, register};
use super::retire::{Documentation, retire_in};
use super::rewrite::{CONFIG, doubts, rewrite};
use super::row_groups::HostCgroups;
use super::script::{self, slice};
use super::tags::TagChoice;
use super::test_row::{RowReason, RowRequest, add_test_row};
use crate::apply::apply;
use crate::draft::Draft;
use crate::{Change, Edit, Note, Refusal, Verify};
use model::console_getty::HELPER;
use model::identity::{is_architecture, split_name};
use model::tree::{Node, Tree};
use model::view::View;
use model::{Directory, Image};

/// Description of a new image.
#[derive(Debug, Clone, Default)]
pub struct NewImage {
    /// Name of the image.
    pub name: SmolStr,
    /// The image it is made after; its predecessor, unless another one is named.
    pub like: Option<SmolStr>,
    /// The builder, where it is another than that of the image it is made after; without one of
    /// these it is enough for an image that is like no other.
    pub builder: Option<SmolStr>,
    /// Tags of the image.
    pub tags: TagChoice,
    /// Hosts that it is tested on, where the user says so.
    pub cgroup: Option<HostCgroups>,
    /// An image that is retired in the same change.
    pub replace: Option<SmolStr>,
    /// Nothing is added that the image it is made after does not have.
    pub plain: bool,
}

/// Makes an image, or completes one that is there in part. `documentation` are texts that may name an
/// image that is replaced.
///
/// # Errors
/// When the name is not one, or taken, or nothing is known that the image could be made after.
pub fn scaffold(
    view: &View<'_>,
    new: &NewImage,
    documentation: &[Documentation],
) -> Result<Change, Refusal> {
    name::check(&new.name)?;
    let mut draft = Draft::new(*view);
    draft.refuse_unread()?;
    let existing = Existing::of(&draft, &new.name)?;
    let replaced = replaced_image(view, new)?;
    let like = match find_like(view, new) {
        Err(_) if existing.has_scripts() && new.like.is_none() => None,
        like => like?,
    };
    let difference = like.map(|like| ReleaseDifference::new(view, new, like));
    if !existing.has_scripts() {
        make_files(&mut draft, new, like, difference.as_ref(), &existing)?;
    }
    let tree = apply(view.tree, draft.file_edits());
    draft.set_model(&tree);
    let Some(image) = draft.model.images.get(&new.name).cloned() else {
        return Err(Refusal::new(not_an_image(&new.name)));
    };
    let getty = console_getty(&mut draft, &tree, &image, new);
    let is_registered = existing.is_there && is_registered(&draft, &new.name);
    let request = RowRequest {
        like: like.map(|like| &**like),
        hosts: new.cgroup,
        reason: RowReason::Registered,
    };
    let remarks = enter(&mut draft, &image, &new.tags, is_registered, &request)?;
    let mut notes: Vec<Note> = remarks.notes.into_iter().map(Note::general).collect();
    notes.extend(existing.notes(is_registered));
    if replaced.is_none() {
        notes.extend(draft.note_imports());
    }
    let what = if existing.is_there { "Complete" } else { "New" };
    let mut title = format!("{what} image {}", new.name);
    if let Some(old) = replaced {
        retire_in(&mut draft, old, documentation, &mut notes)?;
        title = format!("{title}, {} retired", old.name);
    }
    let scripts = difference.map(|difference| script_doubts(&draft, &new.name, &difference));
    let mut to_verify: Vec<Verify> = scripts.into_iter().flatten().chain(getty).collect();
    add_builder_doubt(&draft, &image, &mut to_verify);
    to_verify.extend(verify(&draft, &remarks.doubts));
    let edits = draft.finish();
    if edits.is_empty() {
        return Err(Refusal::new(format!(
            "nothing is missing of `{}`: it has its files and its entries",
            new.name
        )));
    }
    Ok(Change {
        title,
        edits,
        verify: to_verify,
        notes,
        image: new.name.clone(),
        like: like.map(|l| l.name.clone()),
    })
}

/// Returns the image that is retired in the same change.
fn replaced_image<'a>(view: &View<'a>, new: &NewImage) -> Result<Option<&'a Arc<Image>>, Refusal> {
    let replaced = new.replace.as_ref().map(|old| {
        let found = view.model.images.get(old);
        found.ok_or_else(|| Refusal::new(format!("there is no image `{old}` to replace")))
    });
    replaced.transpose()
}

/// Adds what is to be verified of the builder, unless that of the same value says more already.
fn add_builder_doubt(draft: &Draft<'_>, image: &Image, to_verify: &mut Vec<Verify>) {
    let builder = builder_doubt(draft, image).filter(|doubt| {
        let mut others = to_verify.iter();
        !others.any(|v| v.path == doubt.path && v.range == doubt.range)
    });
    to_verify.extend(builder);
}

/// Makes the files of an image, except for those that are there.
fn make_files(
    draft: &mut Draft<'_>,
    new: &NewImage,
    like: Option<&Arc<Image>>,
    difference: Option<&ReleaseDifference<'_>>,
    existing: &Existing,
) -> Result<(), Refusal> {
    let view = draft.view;
    let builder = new.builder.as_ref();
    if let Some(builder) = builder.filter(|b| !view.model.builders.contains_key(*b)) {
        return Err(Refusal::new(format!(
            "there is no builder `{builder}` in {}builders",
            view.tree.layout.prefix()
        )));
    }
    match like.zip(difference) {
        Some((like, _)) if like.alias && builder.is_none() => {
            if existing.is_there {
                return Err(taken(draft, &new.name));
            }
            link(draft, new, like)?;
        }
        Some((like, difference)) => copy(draft, new, like, difference)?,
        None => bare(draft, new),
    }
    draft.retain(|edit| !existing.has(edit));
    Ok(())
}

/// Returns whether an entry builds the image.
fn is_registered(draft: &Draft<'_>, name: &str) -> bool {
    draft.with_joined(|registrations, _| {
        registrations.is_some_and(|r| r.of_image(name).next().is_some())
    })
}

/// Enters an image in the repository and in the test table, as far as it is not there.
fn enter(
    draft: &mut Draft<'_>,
    image: &Arc<Image>,
    tags: &TagChoice,
    is_registered: bool,
    request: &RowRequest<'_>,
) -> Result<Remarks, Refusal> {
    let mut remarks = Remarks::default();
    if draft.repository.is_none() {
        return Ok(remarks);
    }
    if is_registered {
        collect(draft, image, None)?;
    } else {
        remarks.extend(register(draft, image, tags)?);
    }
    remarks.extend(add_test_row(draft, image, request)?);
    Ok(remarks)
}

/// Adds the helper that images of a newer systemd need to the script of a new one, and returns what
/// is to be verified of it.
fn console_getty(
    draft: &mut Draft<'_>,
    tree: &Tree,
    image: &Image,
    new: &NewImage,
) -> Option<Verify> {
    let path = format_smolstr!("{}/build.sh", draft.image_path(&new.name));
    let is_new = |edit: &Edit| matches!(edit, Edit::Create { path: p, .. } if *p == path);
    if !draft.file_edits().iter().any(is_new) {
        return None;
    }
    let view = View {
        tree,
        model: &draft.model,
        ..draft.view
    };
    let (range, text, why) = match console_getty::decide(&view, image, new.plain) {
        ConsoleGetty::Unneeded => return None,
        ConsoleGetty::Listed(range, why) => {
            let file = tree.file(tree.id(&path)?)?;
            (range, file.slice(range).to_owned(), why)
        }
        ConsoleGetty::Added(edits, why) => {
            let after = apply(tree, &edits);
            let text = after.file(after.id(&path)?)?.text.to_string();
            let calls = script::calls(&script::read(&text));
            let mut calls = calls.into_iter().rev();
            let (name, range) = calls.find(|(name, _)| name == HELPER)?;
            draft.set_text(&path, text);
            (range, name.to_string(), why)
        }
    };
    Some(Verify {
        path,
        range,
        text,
        why,
    })
}

/// Returns what is said when the files of an image would not be read as one.
pub(super) fn not_an_image(name: &str) -> String {
    format!("`{name}` would not be an image: choose a name like DISTNAME-RELVER")
}

/// Refuses a name that something has already.
pub(super) fn refuse_taken(draft: &Draft<'_>, name: &str) -> Result<(), Refusal> {
    match draft.view.tree.node(&draft.image_path(name)) {
        Some(_) => Err(taken(draft, name)),
        None => Ok(()),
    }
}

/// Returns the refusal of a name that something has already.
pub(super) fn taken(draft: &Draft<'_>, name: &str) -> Refusal {
    let path = draft.image_path(name);
    let what = match draft.view.tree.node(&path) {
        Some(Node::Link(link_text)) => format!("a link to `{link_text}`"),
        Some(Node::Directory) => "a directory".to_owned(),
        Some(Node::File(_)) => "a file".to_owned(),
        Some(Node::Unreadable) | None => "something that is not read".to_owned(),
    };
    Refusal::new(format!(
        "{path} exists already ({what}): choose another name, or remove it first"
    ))
}

/// Returns the image that a new one is made after; `None` for one that is like no other.
fn find_like<'a>(view: &View<'a>, new: &NewImage) -> Result<Option<&'a Arc<Image>>, Refusal> {
    if let Some(like) = &new.like {
        return view.model.images.get(like).map(Some).ok_or_else(|| {
            Refusal::new(format!("there is no image `{like}` that it could be like"))
        });
    }
    let found = predecessor(view, &new.name);
    if found.is_some() || new.builder.is_some() {
        return Ok(found);
    }
    let [distribution, ..] = split_name(&new.name);
    let mut names = view.model.images.keys();
    let relative = names.rfind(|name| split_name(name).first() == Some(&distribution));
    Err(Refusal::new(match relative {
        None => format!(
            "`{}` has no relative here: say which image it is like (`--like IMAGE`), or which \
             builder it is built in (`--builder BUILDER`)",
            new.name
        ),
        Some(relative) => format!(
            "no image differs from `{}` in numbers only: say which one it is like, e.g. `--like \
             {relative}`",
            new.name
        ),
    }))
}

/// Makes a release of a family that shares one directory.
fn link(draft: &mut Draft<'_>, new: &NewImage, like: &Image) -> Result<(), Refusal> {
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

/// Makes an image that is like no other.
fn bare(draft: &mut Draft<'_>, new: &NewImage) {
    let path = draft.image_path(&new.name);
    let [distribution, ..] = split_name(&new.name);
    let mut config = format!("BUILDER={}\n", new.builder.as_deref().unwrap_or_default());
    config.push_str(&missing_fields(&new.name, &config));
    let include = format!(
        "{}include/{distribution}.sh",
        draft.view.tree.layout.prefix()
    );
    let mut build = ". \"$IMAGEDIR/config.sh\"\n".to_owned();
    if draft.view.tree.node(&include).is_some() {
        build.push_str(&format!(". \"$INCLUDE/{distribution}.sh\"\n"));
    }
    build.push_str("\nbootstrap\nconfigure-common\nrun-configure\n");
    draft.add(Edit::Create {
        path: format_smolstr!("{path}/config.sh"),
        text: config,
    });
    draft.add(Edit::Create {
        path: format_smolstr!("{path}/build.sh"),
        text: build,
    });
}

/// Returns the lines that `config.sh` lacks for the name of an image that is like no other: RELVER and
/// ARCH where the third field is not an architecture; RELVER with a date where the release has no
/// number.
fn missing_fields(name: &str, config: &str) -> String {
    let [_, release, arch, ..] = split_name(name);
    let rest = name.split_once('-').map_or(release, |(_, rest)| rest);
    let has_number = rest.contains(|c: char| c.is_ascii_digit());
    let needs_arch = !arch.is_empty() && !is_architecture(arch);
    let rolls = !rest.is_empty() && !has_number;
    let facts = script::read(config);
    let mut lines = String::new();
    if (needs_arch || rolls) && !facts.assigns("RELVER") {
        let stamp = if rolls { "-$(date +%Y%m%d)" } else { "" };
        lines.push_str(&format!("RELVER={rest}{stamp}\n"));
    }
    if needs_arch && !facts.assigns("ARCH") {
        lines.push_str("ARCH=x86_64\n");
    }
    lines
}

/// Makes an image after another one: scripts rewritten, other files as they are.
fn copy(
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

/// Returns what in the scripts of a new image only upstream can confirm.
fn script_doubts(draft: &Draft<'_>, name: &str, difference: &ReleaseDifference<'_>) -> Vec<Verify> {
    let directory = format!("{}/", draft.image_path(name));
    let scripts = draft.file_edits().iter().filter_map(|edit| match edit {
        Edit::Create { path, text } => Some((path, path.strip_prefix(&*directory)?, text)),
        _ => None,
    });
    scripts
        .flat_map(|(path, file, text)| script_verify(&draft.view, path, file, text, difference))
        .collect()
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

/// Copies the other files of a directory, and the directories in it.
fn copy_extras(draft: &mut Draft<'_>, directory: &Directory, path: &str) {
    let view = draft.view;
    for (name, id) in &directory.extras {
        if let Some(from) = view.tree.path(*id) {
            let edit = Edit::Copy {
                from: from.clone(),
                to: format_smolstr!("{path}/{name}"),
            };
            draft.add(edit);
        }
    }
    let own = draft.image_path(&directory.name);
    let children = view.tree.children(&own);
    let inner = children.filter(|(_, node)| matches!(node, Node::Directory));
    for (name, _) in inner {
        draft.add(Edit::Copy {
            from: format_smolstr!("{own}/{name}"),
            to: format_smolstr!("{path}/{name}"),
        });
    }
}
