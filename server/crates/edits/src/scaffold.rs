//! `new`: a whole image after the one before it, with all its entries.

use std::sync::Arc;

use smol_str::{SmolStr, format_smolstr};

use super::apply::apply;
use super::draft::Draft;
pub use super::groups::Cgroup;
use super::names;
use super::register::{self, Outcome};
use super::retire::{self, Document};
use super::rewrite::{Release, number, rewrite};
use super::scripts::{self, range_at, slice, words};
pub use super::tags::Tags;
use super::{Change, Edit, Note, Refusal, Verify};
use model::identity::{is_architecture, split_name};
use model::track;
use model::tree::Node;
use model::view::View;
use model::{Directory, Image};

/// What an image is to be.
#[derive(Debug, Clone, Default)]
pub struct NewImage {
    /// Its name.
    pub name: SmolStr,
    /// The image it is made after; the predecessor, unless another one is named.
    pub like: Option<SmolStr>,
    /// The builder, where it is another than that of the image it is made after; alone it is
    /// enough for an image that is like no other.
    pub builder: Option<SmolStr>,
    /// Its tags.
    pub tags: Tags,
    /// Its group of the cgroup axis, where that is known.
    pub cgroup: Option<Cgroup>,
    /// An image that is retired in the same change.
    pub replace: Option<SmolStr>,
}

/// The image that a new one is made after, by its name alone: the newest before it that differs
/// from it in numbers only, else the oldest behind it.
pub fn predecessor<'a>(view: &View<'a>, name: &str) -> Option<&'a Arc<Image>> {
    let (rest, version) = track::split(name);
    let mut same: Vec<(track::Version, &Arc<Image>)> = view
        .model
        .images
        .values()
        .filter_map(|image| {
            let (r, v) = track::split(&image.name);
            (r == rest && image.name != name && v.len() == version.len()).then_some((v, image))
        })
        .collect();
    // `devuan-3.0` was followed by `devuan-4`.
    if same.is_empty() {
        same = view
            .model
            .images
            .values()
            .filter_map(|image| {
                let (r, v) = track::split(&image.name);
                (r == rest && image.name != name && !v.is_empty()).then_some((v, image))
            })
            .collect();
    }
    same.sort_by(|a, b| a.0.cmp(&b.0));
    let before = same.iter().rfind(|(v, _)| *v < version);
    before.or(same.first()).map(|(_, image)| *image)
}

/// The name of the release that most likely follows an image; `None` where it has no number.
pub fn proposal(view: &View<'_>, like: &str) -> Option<SmolStr> {
    let image = view.model.images.get(like)?;
    let newest = view.model.newest_of_track(image).map_or(image, |i| i);
    let old = number(&newest.name)?;
    let step = |numbers: &[u64]| -> Option<String> {
        Some(match numbers {
            [n] => (n + 1).to_string(),
            // Ubuntu, NixOS: a year and a month, twice a year.
            [year, month] if *year > 15 && newest.identity.distname.fixed() == Some("ubuntu") => {
                if *month == 4 {
                    format!("{year}.10")
                } else {
                    format!("{}.04", year + 1)
                }
            }
            [year, month] if *year > 15 && newest.identity.distname.fixed() == Some("nixos") => {
                if *month == 5 {
                    format!("{year}.11")
                } else {
                    format!("{}.05", year + 1)
                }
            }
            [major, minor] => format!("{major}.{}", minor + 1),
            _ => return None,
        })
    };
    let next = step(&track::split(old).1)?;
    let at = words(&newest.name, old).into_iter().next()?;
    let (before, after) = (newest.name.get(..at)?, newest.name.get(at + old.len()..)?);
    let name = format_smolstr!("{before}{next}{after}");
    (!view.model.images.contains_key(&name)).then_some(name)
}

/// Makes an image. `documents` are texts beside the known places that may name an image that is
/// replaced.
///
/// # Errors
/// When the name is none, or taken, or nothing is known that the image could be made after.
pub fn scaffold(
    view: &View<'_>,
    new: &NewImage,
    documents: &[Document],
) -> Result<Change, Refusal> {
    names::check(&new.name)?;
    let mut draft = Draft::new(*view);
    draft.refuse_unread()?;
    refuse_taken(&draft, &new.name)?;
    let replaced = match &new.replace {
        Some(old) => Some(
            view.model
                .images
                .get(old)
                .ok_or_else(|| Refusal::new(format!("there is no image `{old}` to replace")))?,
        ),
        None => None,
    };
    let like = find_like(view, new)?;
    if let Some(builder) = new
        .builder
        .as_ref()
        .filter(|b| !view.model.builders.contains_key(*b))
    {
        return Err(Refusal::new(format!(
            "there is no builder `{builder}` in {}builders",
            view.tree.layout.prefix()
        )));
    }
    let mut verify = Vec::new();
    match like {
        Some(like) if like.alias && new.builder.is_none() => link(&mut draft, new, like)?,
        Some(like) => copy(&mut draft, new, like, &mut verify)?,
        None => bare(&mut draft, new),
    }
    let created: Vec<Edit> = draft.created().to_vec();
    let tree = apply(view.tree, &created);
    draft.set_model(&tree);
    let Some(image) = draft.model.images.get(&new.name).cloned() else {
        return Err(Refusal::new(format!("`{}` would be no image", new.name)));
    };
    let mut outcome = Outcome::default();
    if draft.repository.is_some() {
        outcome.extend(register::register(&mut draft, &image, &new.tags)?);
        outcome.extend(register::test(
            &mut draft,
            &image,
            like.map(|l| &**l),
            new.cgroup,
            false,
        )?);
    }
    let mut notes: Vec<Note> = outcome
        .notes
        .drain(..)
        .map(|message| Note {
            place: None,
            message,
        })
        .collect();
    let mut title = format!("New image {}", new.name);
    if let Some(old) = replaced {
        retire::retire_in(&mut draft, old, documents, &mut notes)?;
        title = format!("New image {}, {} retired", new.name, old.name);
    }
    verify.extend(register::verify(&draft, &outcome.doubts));
    Ok(Change {
        title,
        edits: draft.finish(),
        verify,
        notes,
        image: new.name.clone(),
        like: like.map(|l| l.name.clone()),
    })
}

/// Refuses a name that something has already.
pub(super) fn refuse_taken(draft: &Draft<'_>, name: &str) -> Result<(), Refusal> {
    let path = draft.image_path(name);
    let taken = match draft.view.tree.node(&path) {
        Some(Node::Link(target)) => Some(format!("a link to `{target}`")),
        Some(Node::Directory) => Some("a directory".to_owned()),
        Some(Node::File(_)) => Some("a file".to_owned()),
        None => None,
    };
    match taken {
        Some(what) => Err(Refusal::new(format!(
            "{path} exists already ({what}): choose another name, or remove it first"
        ))),
        None => Ok(()),
    }
}

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
    let relatives: Vec<&str> = view
        .model
        .images
        .values()
        .filter(|i| split_name(&i.name).first() == Some(&distribution))
        .map(|i| i.name.as_str())
        .collect();
    Err(Refusal::new(if relatives.is_empty() {
        format!(
            "`{}` has no relative here: say which image it is like (`--like IMAGE`), or which builder it is built in (`--builder BUILDER`)",
            new.name
        )
    } else {
        format!(
            "no image differs from `{}` in numbers only: say which one it is like, e.g. `--like {}`",
            new.name,
            relatives.last().copied().unwrap_or_default()
        )
    }))
}

/// A release of a family that shares one directory.
fn link(draft: &mut Draft<'_>, new: &NewImage, like: &Image) -> Result<(), Refusal> {
    let Some(Node::Link(target)) = draft.view.tree.node(&draft.image_path(&like.name)) else {
        return Err(Refusal::new(format!("`{}` is no link", like.name)));
    };
    let edit = Edit::Symlink {
        path: draft.image_path(&new.name),
        target: target.clone(),
    };
    draft.add(edit);
    Ok(())
}

/// An image that is like no other.
fn bare(draft: &mut Draft<'_>, new: &NewImage) {
    let path = draft.image_path(&new.name);
    let [distribution, ..] = split_name(&new.name);
    let mut config = format!("BUILDER={}\n", new.builder.as_deref().unwrap_or_default());
    config.push_str(&missing_fields(&new.name, &config, false));
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

/// The lines that `config.sh` lacks for a name: RELVER and ARCH where the third field is no
/// architecture; RELVER with a date where the release has no number and is no other than that of
/// the image it is made after.
pub(super) fn missing_fields(name: &str, config: &str, dated: bool) -> String {
    let [_, release, arch, ..] = split_name(name);
    let rest = name.split_once('-').map_or(release, |(_, rest)| rest);
    let has_number = rest.contains(|c: char| c.is_ascii_digit());
    let needs_arch = !arch.is_empty() && !is_architecture(arch);
    let rolls = !rest.is_empty() && !has_number;
    let facts = scripts::read(config);
    let mut lines = String::new();
    if !config.is_empty() && !config.ends_with('\n') {
        lines.push('\n');
    }
    if (needs_arch || rolls) && !facts.assigns("RELVER") {
        let stamp = if dated || rolls {
            "-$(date +%Y%m%d)"
        } else {
            ""
        };
        lines.push_str(&format!("RELVER={rest}{stamp}\n"));
    }
    if needs_arch && !facts.assigns("ARCH") {
        lines.push_str("ARCH=x86_64\n");
    }
    if lines.trim().is_empty() {
        lines.clear();
    }
    lines
}

/// An image made after another one: scripts rewritten, other files as they are.
fn copy(
    draft: &mut Draft<'_>,
    new: &NewImage,
    like: &Arc<Image>,
    verify: &mut Vec<Verify>,
) -> Result<(), Refusal> {
    let view = draft.view;
    let Some(directory) = view.model.directories.get(&like.directory).cloned() else {
        return Err(Refusal::new(format!("`{}` has no directory", like.name)));
    };
    let path = draft.image_path(&new.name);
    let release = Release::new(&view, new, like);
    for (file, id) in [
        ("build.sh", directory.build),
        ("config.sh", directory.config),
    ] {
        let Some(found) = id.and_then(|id| view.tree.file(id)) else {
            continue;
        };
        let path = format_smolstr!("{path}/{file}");
        let mut rewritten = rewrite(&view, &found.text, &release);
        if file == "config.sh" {
            let dated = like.identity.relver.known().is_some_and(|r| r.is_dated());
            let lines = missing_fields(&new.name, &rewritten.text, dated);
            let start = rewritten.text.len() + lines.len() - lines.trim_start().len();
            rewritten.text.push_str(&lines);
            if lines.contains("RELVER=") {
                let line = lines.trim_start().lines().next().unwrap_or_default();
                rewritten.doubts.push((
                    range_at(start, line.len()),
                    "made from the name: with a date only if the image is built anew all the time"
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
    Ok(())
}

/// The other files of a directory, and the directories in it.
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
    let inner = view
        .tree
        .children(&own)
        .filter(|(_, node)| matches!(node, Node::Directory));
    for (name, _) in inner {
        draft.add(Edit::Copy {
            from: format_smolstr!("{own}/{name}"),
            to: format_smolstr!("{path}/{name}"),
        });
    }
}
