//! `new`: a whole image made after another one, registered and tested like it.

use std::sync::Arc;

use smol_str::{SmolStr, format_smolstr};

use super::doubts::{Doubt, Remarks, verify};
use super::expansion::include_addresses;
use super::foreign::Foreign;
use super::moved_rows::{LastRow, RowMeanings};
use super::predecessor::{predecessor, relative};
use super::register::register;
use super::retire::{Documentation, retire_in};
use super::rewrite::{ReleaseDifference, rewrite};
use super::row_groups::{HostCgroups, InitSystem};
use super::script::{self, range_at, slice};
use super::siblings::missing_variants;
use super::tags::TagChoice;
use super::test_row::{RowReason, RowRequest, add_test_row};
use super::{bare, distribution, is_dated, name, shape, similar_builder, similar_image};
use crate::apply::apply;
use crate::draft::Draft;
use crate::{Change, Edit, Note, Refusal, Verify};
use model::identity::{is_architecture, split_name};
use model::spelling::suggest;
use model::tree::Node;
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
    /// Init system of the image, where the user says so.
    pub init: Option<InitSystem>,
    /// Releases that lose their last row because a tag moves get one of their own.
    pub keep_tested: bool,
    /// Makes a release that does not fit beside those that are named like it.
    pub force: bool,
    /// Those files of [`distribution_files`](crate::distribution_files) that there are; `None` where
    /// nobody looked.
    pub elsewhere: Option<Vec<Documentation>>,
}

/// Makes an image. `documentation` are texts that may name an image that is replaced.
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
    refuse_taken(&draft, &new.name)?;
    if !new.force {
        shape::check(view, &new.name)?;
    }
    let replaced = find_replaced(view, new)?;
    let like = find_like(view, new)?;
    let builder = new.builder.as_ref();
    if let Some(builder) = builder.filter(|b| !view.model.builders.contains_key(*b)) {
        return Err(unknown_builder(view, builder));
    }
    let mut to_verify = Vec::new();
    let mut bare_note = None;
    match like {
        Some(like) if like.alias && builder.is_none() => link(&mut draft, new, like)?,
        Some(like) => copy(&mut draft, new, like, &mut to_verify)?,
        None => bare_note = bare::add_scripts(&mut draft, new),
    }
    let tree = apply(view.tree, draft.file_edits());
    draft.set_model(&tree);
    let Some(image) = draft.model.images.get(&new.name).cloned() else {
        return Err(Refusal::new(not_an_image(&new.name)));
    };
    let now = (&tree, &*draft.model);
    to_verify.extend(include_addresses(view, like, now, &image));
    let (doubts, entered) = enter(&mut draft, new, &image, (like, replaced), documentation)?;
    to_verify.extend(verify(&draft, &doubts));
    let title = match replaced {
        Some(old) => format!("New image {}, {} retired", new.name, old.name),
        None => format!("New image {}", new.name),
    };
    let mut notes: Vec<Note> = bare_note.into_iter().collect();
    notes.extend(entered);
    notes.extend(notes_on(&draft, new, &image, like));
    Ok(Change {
        title,
        edits: draft.finish(),
        verify: to_verify,
        notes,
        image: new.name.clone(),
        like: like.map(|l| l.name.clone()),
    })
}

/// The image that a new one is made after, and the one that it replaces.
type Related<'i> = (Option<&'i Arc<Image>>, Option<&'i Arc<Image>>);

/// Enters an image in the Nix files, retires the one that it replaces, and returns what is in doubt
/// and what there is to say.
fn enter(
    draft: &mut Draft<'_>,
    new: &NewImage,
    image: &Arc<Image>,
    (like, replaced): Related<'_>,
    documentation: &[Documentation],
) -> Result<(Vec<Doubt>, Vec<Note>), Refusal> {
    let mut remarks = Remarks::default();
    let rows = RowMeanings::new(draft);
    if draft.repository.is_some() {
        remarks.extend(register(draft, image, &new.tags)?);
        let request = RowRequest {
            like: like.map(|like| &**like),
            hosts: new.cgroup,
            reason: RowReason::Registered,
            init: new.init,
            groups: None,
        };
        remarks.extend(add_test_row(draft, image, &request)?);
    }
    let mut notes: Vec<Note> = remarks.notes.into_iter().map(Note::general).collect();
    if replaced.is_none() {
        notes.extend(draft.note_imports());
    }
    if let Some(old) = replaced {
        let doubts = retire_in(draft, old, documentation, &mut notes)?;
        remarks.doubts.extend(doubts);
    }
    let last_row = match new.keep_tested {
        true => LastRow::Added,
        false => LastRow::Offered,
    };
    let followed = rows.follow(draft, last_row)?;
    notes.extend(followed.notes.into_iter().map(Note::general));
    remarks.doubts.extend(followed.doubts);
    if let Some(like) = like {
        let replaced = new.replace.as_deref();
        notes.extend(missing_variants(draft, image, like, replaced));
    }
    Ok((remarks.doubts, notes))
}

/// Returns the image that is retired in the same change.
fn find_replaced<'a>(view: &View<'a>, new: &NewImage) -> Result<Option<&'a Arc<Image>>, Refusal> {
    let replaced = new.replace.as_ref().map(|old| {
        let found = view.model.images.get(old);
        found.ok_or_else(|| {
            let similar = similar_image(view, old);
            Refusal::new(format!("there is no image `{old}` to replace{similar}"))
        })
    });
    replaced.transpose()
}

/// Returns what is said of a new image that goes beyond its predecessor.
fn notes_on(
    draft: &Draft<'_>,
    new: &NewImage,
    image: &Image,
    like: Option<&Arc<Image>>,
) -> Vec<Note> {
    let mut notes = Vec::new();
    let foreign = like.and_then(|like| Foreign::new(new, like));
    notes.extend(foreign.and_then(|foreign| foreign.unread_note(&draft.view)));
    if new.tags == TagChoice::Inherited {
        notes.extend(untagged_note(draft, image));
    }
    notes.extend(distribution::notes(draft, image, new.elsewhere.as_deref()));
    notes
}

/// Returns the refusal of a builder that does not exist.
fn unknown_builder(view: &View<'_>, builder: &str) -> Refusal {
    let similar = similar_builder(view, builder);
    let otherwise = if similar.is_empty() {
        ": "
    } else {
        " If not, "
    };
    Refusal::new(format!(
        "there is no builder `{builder}` in {}builders{similar}{otherwise}make it with \
         `image-scripts-ls new-builder {builder} --like BUILDER`",
        view.tree.layout.prefix()
    ))
}

/// Returns what is said when the files of an image would not be read as one.
pub(super) fn not_an_image(name: &str) -> String {
    format!("`{name}` would not be an image: choose a name like DISTNAME-RELVER")
}

/// Refuses a name that something has already.
pub(super) fn refuse_taken(draft: &Draft<'_>, name: &str) -> Result<(), Refusal> {
    let path = draft.image_path(name);
    let what = match draft.view.tree.node(&path) {
        Some(Node::Link(link_text)) => format!("a link to `{link_text}`"),
        Some(Node::Directory) => "a directory".to_owned(),
        Some(Node::File(_)) => "a file".to_owned(),
        Some(Node::Unreadable) => "something that is not read".to_owned(),
        None => return Ok(()),
    };
    Err(Refusal::new(format!(
        "{path} exists already ({what}): choose another name, or remove it first"
    )))
}

/// Returns the image that a new one is made after; `None` for one that is like no other.
fn find_like<'a>(view: &View<'a>, new: &NewImage) -> Result<Option<&'a Arc<Image>>, Refusal> {
    if let Some(like) = &new.like {
        return view.model.images.get(like).map(Some).ok_or_else(|| {
            let similar = similar_image(view, like);
            Refusal::new(format!(
                "there is no image `{like}` that it could be like{similar}"
            ))
        });
    }
    let found = predecessor(view, &new.name);
    if found.is_some() || new.builder.is_some() {
        return Ok(found);
    }
    Err(Refusal::new(match relative(view, &new.name) {
        None => format!(
            "`{}` has no relative here{} say which image it is like (`--like IMAGE`), or which \
             builder it is built in (`--builder BUILDER`)",
            new.name,
            similar_distribution(view, &new.name)
        ),
        Some(relative) => format!(
            "no image differs from `{}` in numbers only: say which one it is like, e.g. `--like \
             {}`",
            new.name, relative.name
        ),
    }))
}

/// Returns a remark on a distribution that is spelled nearly like that of a new image, or a
/// colon.
fn similar_distribution(view: &View<'_>, name: &str) -> String {
    let [distribution, ..] = split_name(name);
    let images = view.model.images.keys();
    let known: Vec<&str> = images.map(|image| split_name(image)[0]).collect();
    let meant = suggest(distribution, known.iter().copied());
    let Some(meant) = meant.first() else {
        return ":".to_owned();
    };
    let rest = name.strip_prefix(distribution).unwrap_or_default();
    format!("; did you mean `{meant}{rest}`? If not,")
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

/// Returns the lines that `config.sh` lacks for a name: RELVER and ARCH where the third field is
/// not an architecture; RELVER with a date where the release has no number, or that of the image
/// it is made after (`like`) has a date.
pub(crate) fn missing_fields(name: &str, config: &str, like: Option<&Image>) -> String {
    let [_, release, arch, ..] = split_name(name);
    let rest = name.split_once('-').map_or(release, |(_, rest)| rest);
    let has_number = rest.contains(|c: char| c.is_ascii_digit());
    let needs_arch = !arch.is_empty() && !is_architecture(arch);
    let rolls = !rest.is_empty() && !has_number;
    let facts = script::read(config);
    let mut lines = String::new();
    if (needs_arch || rolls) && !facts.assigns("RELVER") {
        let stamp = if rolls || like.is_some_and(is_dated) {
            "-$(date +%Y%m%d)"
        } else {
            ""
        };
        lines.push_str(&format!("RELVER={rest}{stamp}\n"));
    }
    if needs_arch && !facts.assigns("ARCH") {
        lines.push_str("ARCH=x86_64\n");
    }
    let is_open = !config.is_empty() && !config.ends_with('\n');
    if is_open && !lines.is_empty() {
        lines.insert(0, '\n');
    }
    lines
}

/// Returns what is said of a registered image without tags where no other one is on its track: there
/// is none that it could take them from, and a row of the test table may need one.
fn untagged_note(draft: &Draft<'_>, image: &Image) -> Option<Note> {
    let (track, _) = image.track.as_ref()?;
    let images = draft.view.model.images.values();
    let mut tracks = images.filter_map(|other| Some(&other.track.as_ref()?.0));
    let has_tags = draft.with_joined(|registrations, _| {
        let mut own = registrations?.of_image(&image.name);
        Some(own.any(|registration| !registration.entry.tags.items.is_empty()))
    })?;
    (!has_tags && tracks.all(|other| other != track)).then(|| {
        Note::general(format!(
            "no tags: `{}` is the first image on its track, so there are none to take over; pass \
             `--tag TAG` to give it one",
            image.name
        ))
    })
}

/// Makes an image after another one: scripts rewritten, other files as they are.
fn copy(
    draft: &mut Draft<'_>,
    new: &NewImage,
    like: &Arc<Image>,
    verify: &mut Vec<Verify>,
) -> Result<(), Refusal> {
    let view = draft.view;
    let Some(directory) = view.model.directories.get(&like.directory).cloned() else {
        return Err(Refusal::new(format!(
            "`{}` has no directory: say another image that the new one is like (`--like IMAGE`)",
            like.name
        )));
    };
    let path = draft.image_path(&new.name);
    let difference = ReleaseDifference::new(&view, new, like);
    let scripts = [
        ("build.sh", directory.build),
        ("config.sh", directory.config),
    ];
    for (file, id) in scripts {
        let Some(found) = id.and_then(|id| view.tree.file(id)) else {
            continue;
        };
        let path = format_smolstr!("{path}/{file}");
        let mut rewritten = rewrite(&view, &found.text, &difference);
        if file == "config.sh" {
            let lines = missing_fields(&new.name, &rewritten.text, Some(like));
            let start = rewritten.text.len() + lines.len() - lines.trim_start().len();
            rewritten.text.push_str(&lines);
            if lines.contains("RELVER=") {
                let line = lines.trim_start().lines().next().unwrap_or_default();
                rewritten.doubts.push((
                    range_at(start, line.len()),
                    "made from the name: with a date only if the image is rebuilt all the time"
                        .to_owned(),
                ));
            }
        }
        for (range, why) in rewritten.doubts {
            verify.push(Verify {
                path: path.clone(),
                text: slice(&rewritten.text, range).to_owned(),
                range,
                why,
            });
        }
        draft.add(Edit::Create {
            path,
            text: rewritten.text,
        });
    }
    copy_extras(draft, &directory, &path);
    if let Some(foreign) = Foreign::new(new, like) {
        verify.extend(extra_doubts(&view, &directory, &path, &foreign));
    }
    Ok(())
}

/// Returns what in the other files of a directory is of another distribution, as copied.
fn extra_doubts(
    view: &View<'_>,
    directory: &Directory,
    path: &str,
    foreign: &Foreign,
) -> Vec<Verify> {
    let files = directory
        .extras
        .iter()
        .filter_map(|(name, id)| Some((name, view.tree.file(*id)?)));
    let doubts = files.flat_map(|(name, file)| {
        let doubts = foreign.word_doubts(&file.text).into_iter();
        let path = format_smolstr!("{path}/{name}");
        doubts.map(move |(range, why)| Verify {
            path: path.clone(),
            range,
            text: slice(&file.text, range).to_owned(),
            why,
        })
    });
    doubts.collect()
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
