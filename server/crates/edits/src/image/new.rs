//! `new`: a whole image made after another one, registered and tested like it.

use std::sync::Arc;

use smol_str::SmolStr;

use super::builder_base::{builder_doubt, own_builder_doubt};
use super::console_getty::add_console_getty;
use super::copied::{copied_doubts, copied_files, copy, existing_doubts, link, script_doubts};
use super::difference::ReleaseDifference;
use super::doubts::{Doubt, Remarks, verify};
use super::existing::Existing;
use super::expansion::addresses;
use super::first_tags::add_first_tags;
use super::moved_rows::{LastRow, RowMeanings};
use super::predecessor::{predecessor, relative};
use super::register::{collect, register};
use super::retire::{Documentation, retire_in};
use super::row_groups::{HostCgroups, InitSystem};
use super::security_suite::removal_note;
use super::siblings::missing_variants;
use super::tag_choice::TagChoice;
use super::test_row::{RowReason, RowRequest, add_test_row};
use super::{
    bare, distribution, name, own_steps, policy_notes, shape, similar_builder, similar_image,
};
use crate::apply::apply;
use crate::draft::Draft;
use crate::{Change, Note, Refusal, Verify};
use model::Image;
use model::identity::split_name;
use model::spelling::suggest;
use model::tree::Node;
use model::view::View;

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
    new.tags.check()?;
    let mut draft = Draft::new(*view);
    draft.refuse_unread()?;
    let existing = Existing::of(&draft, &new.name)?;
    if !new.force && !existing.has_scripts() {
        shape::check(view, &new.name)?;
    }
    let origin = Origin::of(view, new, &existing)?;
    draft.leaving = origin.replaced.map(|image| image.name.clone());
    let difference = origin
        .like
        .map(|like| ReleaseDifference::new(view, new, like));
    let bare_notes = make_files(&mut draft, new, origin.like, difference.as_ref(), &existing)?;
    let tree = apply(view.tree, draft.file_edits());
    draft.set_model(&tree);
    let Some(image) = draft.model.images.get(&new.name).cloned() else {
        return Err(Refusal::new(not_an_image(&new.name)));
    };
    let mut added = Vec::new();
    let mut has_moved = false;
    if !existing.has_scripts() {
        added.extend(add_console_getty(&mut draft, &tree, &image, new));
        let build = format!("{}/build.sh", draft.image_path(&new.name));
        let before = tree.id(&build).and_then(|id| tree.file(id));
        has_moved = draft.created(&build) != before.map(|file| &*file.text);
    }
    let now = (&tree, &*draft.model);
    added.extend(addresses(view, origin.like, now, &image, has_moved));
    let is_registered = existing.is_there && is_registered(&draft, &new.name);
    let wanted = Wanted {
        new,
        image: &image,
        is_registered,
    };
    let (doubts, entered) = enter(&mut draft, &wanted, &origin, documentation)?;
    let mut to_verify = file_doubts(&draft, new, difference.as_ref());
    to_verify.extend(added);
    add_builder_doubt(&draft, &image, &mut to_verify);
    to_verify.extend(verify(&draft, &doubts));
    let mut notes = bare_notes;
    notes.extend(existing.notes(is_registered));
    notes.extend(entered);
    notes.extend(notes_on(&draft, &wanted, difference.as_ref()));
    if !existing.has_scripts() {
        let like = origin.like;
        notes.extend(like.and_then(|like| policy_notes::note(&draft, &image, like)));
    }
    let edits = draft.finish();
    if edits.is_empty() {
        return Err(nothing_missing(&new.name));
    }
    Ok(Change {
        title: origin.title(new, &existing),
        edits,
        verify: to_verify,
        notes,
        image: new.name.clone(),
        like: origin.like.map(|l| l.name.clone()),
    })
}

/// The images that a new one takes something over from.
struct Origin<'i> {
    /// The one that it is made after.
    like: Option<&'i Arc<Image>>,
    /// The one that it replaces.
    replaced: Option<&'i Arc<Image>>,
}

impl<'i> Origin<'i> {
    fn of(view: &View<'i>, new: &NewImage, existing: &Existing) -> Result<Origin<'i>, Refusal> {
        let replaced = find_replaced(view, new)?;
        let like = match find_like(view, new) {
            Err(_) if existing.has_scripts() && new.like.is_none() => None,
            like => like?,
        };
        let builder = new.builder.as_ref();
        match builder.filter(|b| !view.model.builders.contains_key(*b)) {
            Some(builder) => Err(unknown_builder(view, builder)),
            None => Ok(Origin { like, replaced }),
        }
    }

    fn title(&self, new: &NewImage, existing: &Existing) -> String {
        let what = if existing.is_there { "Complete" } else { "New" };
        match self.replaced {
            Some(old) => format!("{what} image {}, {} retired", new.name, old.name),
            None => format!("{what} image {}", new.name),
        }
    }
}

/// An image as it was described, and as its files are read.
struct Wanted<'w> {
    new: &'w NewImage,
    image: &'w Arc<Image>,
    /// A half-made one that has its entry, which is left as it is.
    is_registered: bool,
}

/// Makes the files of an image, except for those that are there. Returns what is said of them.
fn make_files(
    draft: &mut Draft<'_>,
    new: &NewImage,
    like: Option<&Arc<Image>>,
    difference: Option<&ReleaseDifference<'_>>,
    existing: &Existing,
) -> Result<Vec<Note>, Refusal> {
    if existing.has_scripts() {
        return Ok(Vec::new());
    }
    let mut notes = Vec::new();
    match like.zip(difference) {
        // Of another distribution, the scripts are only where it begins.
        Some((like, difference))
            if like.alias && new.builder.is_none() && difference.foreign.is_none() =>
        {
            if existing.is_there {
                return Err(Refusal::new(format!(
                    "{} exists already (a directory), and `{}`, which it would be like, is a link: \
                     remove the directory first, or say which builder it is built in (`--builder \
                     BUILDER`)",
                    draft.image_path(&new.name),
                    like.name
                )));
            }
            link(draft, new, like)?;
        }
        Some((like, difference)) => copy(draft, new, like, difference)?,
        None => notes = bare::add_scripts(draft, new),
    }
    draft.retain(|edit| !existing.has(edit));
    Ok(notes)
}

/// Returns whether an entry builds the image.
fn is_registered(draft: &Draft<'_>, name: &str) -> bool {
    draft.with_joined(|registrations, _| {
        registrations.is_some_and(|r| r.of_image(name).next().is_some())
    })
}

/// Enters an image in the Nix files as far as it is not there, retires the one that it replaces, and
/// returns what is in doubt and what there is to say.
fn enter(
    draft: &mut Draft<'_>,
    wanted: &Wanted<'_>,
    origin: &Origin<'_>,
    documentation: &[Documentation],
) -> Result<(Vec<Doubt>, Vec<Note>), Refusal> {
    let Wanted { new, image, .. } = wanted;
    let mut remarks = Remarks::default();
    let rows = RowMeanings::new(draft);
    if draft.repository.is_some() {
        if wanted.is_registered {
            collect(draft, image, None)?;
        } else {
            let has_entry = is_registered(draft, &new.name);
            remarks.extend(register(draft, image, &new.tags)?);
            if new.tags == TagChoice::Inherited && !has_entry {
                remarks.doubts.extend(add_first_tags(draft, image)?);
            }
        }
        let request = RowRequest {
            like: origin.like.map(|like| &**like),
            hosts: new.cgroup,
            reason: RowReason::Registered,
            init: new.init,
            groups: None,
        };
        remarks.extend(add_test_row(draft, image, &request)?);
    }
    let mut notes: Vec<Note> = remarks.notes.into_iter().map(Note::general).collect();
    match origin.replaced {
        None => notes.extend(draft.note_imports()),
        Some(old) => {
            let doubts = retire_in(draft, old, documentation, &mut notes)?;
            remarks.doubts.extend(doubts);
        }
    }
    let last_row = match new.keep_tested {
        true => LastRow::Added,
        false => LastRow::Offered,
    };
    let followed = rows.follow(draft, last_row)?;
    notes.extend(followed.notes.into_iter().map(Note::general));
    remarks.doubts.extend(followed.doubts);
    if let Some(like) = origin.like {
        let replaced = new.replace.as_deref();
        notes.extend(missing_variants(draft, image, like, replaced));
    }
    Ok((remarks.doubts, notes))
}

/// Returns what in the files of a new image only upstream can confirm.
fn file_doubts(
    draft: &Draft<'_>,
    new: &NewImage,
    difference: Option<&ReleaseDifference<'_>>,
) -> Vec<Verify> {
    let Some(difference) = difference else {
        return bare::doubts(draft, &new.name);
    };
    let mut doubts = script_doubts(draft, &new.name, difference);
    doubts.extend(existing_doubts(draft, &new.name, difference));
    if let Some(foreign) = &difference.foreign {
        doubts.extend(copied_doubts(draft, &new.name, foreign));
    }
    doubts
}

/// Adds what is to be verified of the builder, unless that of the same value says more already.
fn add_builder_doubt(draft: &Draft<'_>, image: &Image, to_verify: &mut Vec<Verify>) {
    let doubt = builder_doubt(draft, image).or_else(|| own_builder_doubt(draft, image));
    let builder = doubt.filter(|doubt| {
        let mut others = to_verify.iter();
        !others.any(|v| v.path == doubt.path && v.range == doubt.range)
    });
    to_verify.extend(builder);
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
    wanted: &Wanted<'_>,
    difference: Option<&ReleaseDifference<'_>>,
) -> Vec<Note> {
    let Wanted { new, image, .. } = wanted;
    let mut notes = Vec::new();
    if let Some(difference) = difference {
        notes.extend(removal_note(draft, &new.name, difference));
        notes.extend(own_steps::note(draft, &new.name, difference));
        notes.extend(own_steps::variant_note(draft, &new.name, difference));
    }
    let foreign = difference.and_then(|difference| difference.foreign.as_ref());
    let copied = copied_files(draft, &new.name);
    notes.extend(foreign.and_then(|foreign| foreign.unread_note(&draft.view, &copied)));
    if new.tags == TagChoice::Inherited && !wanted.is_registered {
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

/// Returns the refusal to complete an image that is complete.
fn nothing_missing(name: &str) -> Refusal {
    Refusal::new(format!(
        "nothing is missing from `{name}`: it has its files and its entries. To make it with other \
         options, retire it first"
    ))
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
    // `debian_14`, `debian14`: another separator than `-`, or none.
    let parts = known.iter().filter_map(|known| {
        let rest = distribution.strip_prefix(known)?;
        let release = rest.strip_prefix(['_', '.']).unwrap_or(rest);
        let is_release = release.starts_with(|c: char| c.is_ascii_digit());
        is_release.then_some((*known, release))
    });
    let meant = match parts.max_by_key(|(known, _)| known.len()) {
        Some((known, release)) => format!("{known}-{release}"),
        None => match suggest(distribution, known.iter().copied()).first() {
            Some(meant) => (*meant).to_owned(),
            None => return ":".to_owned(),
        },
    };
    let rest = name.strip_prefix(distribution).unwrap_or_default();
    format!("; did you mean `{meant}{rest}`? If not,")
}

/// Returns what is said of a registered image without tags where no other one is on its track: there
/// is none that it could take them from, and a row of the test table may need one.
fn untagged_note(draft: &Draft<'_>, image: &Image) -> Option<Note> {
    let (track, _) = image.track.as_ref()?;
    let images = draft.view.model.images.values();
    let others = images.filter(|other| other.name != image.name);
    let mut tracks = others.filter_map(|other| Some(&other.track.as_ref()?.0));
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
