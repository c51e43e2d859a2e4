//! `new`: a whole image after the one before it, with all its entries.

use std::sync::Arc;

use smol_str::{SmolStr, format_smolstr};

use super::apply::apply;
use super::draft::Draft;
use super::names;
use super::patch::Patch;
use super::publish::{self, Outcome};
pub use super::publish::{Cgroup, Tags};
use super::retire::{self, Document};
use super::scripts::{
    self, assignments, build_numbers, calls, is_address, literal, range_at, slice, word_around,
    words,
};
use super::{Change, Edit, Note, Refusal, Verify};
use crate::model::identity::{is_architecture, split_name};
use crate::model::track;
use crate::model::tree::Node;
use crate::model::view::View;
use crate::model::{Directory, Image};
use crate::syntax::TextRange;

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

/// The first number of a name, with its dots: `24.04` of `ubuntu-24.04`.
fn number(name: &str) -> Option<&str> {
    let (_, rest) = name.split_once('-')?;
    let is_number = |part: &&str| {
        !part.is_empty()
            && part.chars().all(|c| c.is_ascii_digit() || c == '.')
            && part.starts_with(|c: char| c.is_ascii_digit())
    };
    rest.split('-').find(is_number)
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
        outcome.extend(publish::publish(&mut draft, &image, &new.tags)?);
        outcome.extend(publish::test(
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
    verify.extend(publish::verify(&draft, &outcome.doubts));
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

fn copy_extras(draft: &mut Draft<'_>, directory: &Directory, path: &str) {
    for (name, id) in &directory.extras {
        if let Some(from) = draft.view.tree.path(*id) {
            let edit = Edit::Copy {
                from: from.clone(),
                to: format_smolstr!("{path}/{name}"),
            };
            draft.add(edit);
        }
    }
}

/// The text that a script of an image would have, made after the same one of another.
pub(super) fn script_after(
    view: &View<'_>,
    name: &str,
    like: &Arc<Image>,
    text: &Arc<str>,
) -> String {
    let new = NewImage {
        name: SmolStr::new(name),
        ..NewImage::default()
    };
    rewrite(view, text, &Release::new(view, &new, like)).text
}

/// What tells a release from the one it is made after.
struct Release<'r> {
    /// The numbers in their names: `15.5`, `15.6`.
    number: Option<(&'r str, &'r str)>,
    /// What follows the distribution in their names, where more than numbers differ.
    rest: Option<(&'r str, &'r str)>,
    /// Their codenames, as far as they are known.
    codename: (Option<SmolStr>, Option<SmolStr>),
    builder: Option<&'r SmolStr>,
    /// The includes that are read.
    like: &'r Image,
}

impl<'r> Release<'r> {
    fn new(view: &View<'_>, new: &'r NewImage, like: &'r Arc<Image>) -> Release<'r> {
        let distribution = like.identity.distname.fixed().unwrap_or_default();
        let (old, now) = (number(&like.name), number(&new.name));
        let rest = |name: &'r str| name.split_once('-').map(|(_, rest)| rest);
        let only_numbers = track::split(&like.name).0 == track::split(&new.name).0;
        let codename = |release: Option<&str>, name: &str| {
            let release = release.or_else(|| name.split_once('-').map(|(_, rest)| rest))?;
            view.codename(distribution, release).map(SmolStr::new)
        };
        Release {
            number: old.zip(now).filter(|(a, b)| a != b),
            rest: rest(&like.name)
                .zip(rest(&new.name))
                .filter(|(a, b)| a != b && !only_numbers),
            codename: (codename(old, &like.name), codename(now, &new.name)),
            builder: new.builder.as_ref(),
            like,
        }
    }
}

/// A rewritten script, with what is in doubt in it.
struct Rewritten {
    text: String,
    doubts: Vec<(TextRange, String)>,
}

fn rewrite(view: &View<'_>, text: &Arc<str>, release: &Release<'_>) -> Rewritten {
    let facts = scripts::read(text);
    let mut patch = Patch::new(text.clone());
    // From the end: what stands before does not move.
    let mut changes: Vec<(TextRange, String)> = Vec::new();
    let point = point_version(text, &facts, release);
    for assigned in assignments(&facts) {
        let raw = slice(text, assigned.value);
        let start = usize::from(assigned.value.start());
        if assigned.name == "BUILDER" {
            if let Some(builder) = builder_for(view, raw, release) {
                changes.push((assigned.value, builder));
            }
            continue;
        }
        for (at, length, new) in value_changes(raw, release, point.as_ref()) {
            changes.push((range_at(start + at, length), new));
        }
    }
    for (name, range) in calls(&facts) {
        if let Some(new) = helper_for(view, &name, release) {
            changes.push((range, new.to_string()));
        }
    }
    if let (Some(old), Some(new)) = (&release.codename.0, &release.codename.1) {
        for heredoc in &facts.heredocs {
            changes.extend(codename_changes(text, heredoc.body, old, new));
        }
    }
    changes.sort_by_key(|(range, _)| std::cmp::Reverse(range.start()));
    changes.dedup();
    for (range, new) in changes {
        patch.replace(range, &new);
    }
    let text = patch.text().to_owned();
    let doubts = doubts(view, &text, release);
    Rewritten { text, doubts }
}

/// What changes in a value: places in it, lengths, and what comes there.
fn value_changes(
    raw: &str,
    release: &Release<'_>,
    point: Option<&(String, String)>,
) -> Vec<(usize, usize, String)> {
    let mut found: Vec<(usize, usize, String)> = Vec::new();
    let mut add = |at: usize, length: usize, new: &str| {
        let overlaps = found.iter().any(|(a, l, _)| *a < at + length && at < a + l);
        if !overlaps {
            found.push((at, length, new.to_owned()));
        }
    };
    if let (Some(old), Some(new)) = &release.codename {
        for at in words(raw, old) {
            add(at, old.len(), new);
        }
    }
    // `RELVER=stream-$(date +%Y%m%d)`: only where the value begins with it, lest other words that
    // happen to be the same are taken for it.
    if let Some((old, new)) = release.rest {
        let quote = raw.len() - raw.trim_start_matches(['"', '\'']).len();
        let inner = raw.trim_matches(['"', '\'']);
        let rest = inner.strip_prefix(old);
        if rest.is_some_and(|rest| rest.is_empty() || rest.starts_with("-$")) {
            add(quote, old.len(), new);
        }
    }
    if let Some((old, new)) = point {
        for at in words(raw, old) {
            add(at, old.len(), new);
        }
    }
    let Some((old, new)) = release.number else {
        return found;
    };
    for at in words(raw, old) {
        if old.contains('.') || names_release(raw, at, old) {
            add(at, old.len(), new);
        }
    }
    // `.el8`: the release is a part of a word.
    for (at, part) in raw.match_indices(&format!("el{old}")) {
        let before = raw.get(..at).and_then(|b| b.chars().next_back());
        let after = raw.get(at + part.len()..).and_then(|a| a.chars().next());
        if before.is_some_and(|c| c == '.' || c == '-' || c == '/')
            && !after.is_some_and(|c| c.is_ascii_alphanumeric())
        {
            add(at + 2, old.len(), new);
        }
    }
    found
}

/// Whether a whole number in a value names the release, and not one of the many other things
/// that have such numbers: package builds, counts, versions of other software.
fn names_release(raw: &str, at: usize, old: &str) -> bool {
    let inner = raw.trim_matches(['"', '\'']);
    let before = raw
        .get(..at)
        .unwrap_or_default()
        .trim_start_matches(['"', '\'']);
    let after = raw.get(at + old.len()..).unwrap_or_default();
    let ends = |text: &str| text.is_empty() || text.starts_with(['"', '\'']);
    if inner == old || (before.is_empty() && after.starts_with('-')) {
        return true;
    }
    if !word_around(raw, at).contains('/') {
        return false;
    }
    let follows = ends(after) || after.starts_with(['/', '-', '.', '_', '\n', ' ']);
    if before.ends_with('/') {
        return follows;
    }
    // `epel-release-latest-9.noarch.rpm`, and no build number: that follows a version.
    let word = before.strip_suffix('-').unwrap_or_default();
    follows && word.ends_with(|c: char| c.is_ascii_alphabetic()) && !ends_in_variable(word)
}

fn ends_in_variable(text: &str) -> bool {
    let name = text.trim_end_matches(|c: char| c.is_ascii_alphanumeric() || c == '_');
    name.ends_with('$')
}

/// The point release of the old one and what stands in for the new one: its first.
fn point_version(
    text: &str,
    facts: &crate::syntax::bash::ScriptFacts,
    release: &Release<'_>,
) -> Option<(String, String)> {
    let (old, new) = release.number.filter(|(old, _)| !old.contains('.'))?;
    let assigned = assignments(facts)
        .into_iter()
        .find(|a| a.name == "POINTVER")?;
    let value = literal(slice(text, assigned.value))?;
    let minor = value.strip_prefix(old)?.strip_prefix('.')?;
    minor
        .chars()
        .all(|c| c.is_ascii_digit())
        .then(|| (value.to_owned(), format!("{new}.0")))
}

/// The builder of the new major, if there is one.
fn builder_for(view: &View<'_>, raw: &str, release: &Release<'_>) -> Option<String> {
    if let Some(builder) = release.builder {
        return Some(builder.to_string());
    }
    let value = literal(raw)?;
    let (old, new) = release.number?;
    let at = words(value, old).into_iter().next()?;
    let (before, after) = (value.get(..at)?, value.get(at + old.len()..)?);
    let name = format!("{before}{new}{after}");
    view.model
        .builders
        .contains_key(name.as_str())
        .then(|| raw.replace(value, &name))
}

/// The helper of the new major that a call becomes, if an include that is read defines it.
fn helper_for(view: &View<'_>, name: &str, release: &Release<'_>) -> Option<SmolStr> {
    let new = helper_name(name, release)?;
    is_defined(view, &new, release).then_some(new)
}

fn helper_name(name: &str, release: &Release<'_>) -> Option<SmolStr> {
    let (old, new) = release.number?;
    let at = words(name, old).into_iter().next()?;
    let before = name.get(..at).filter(|before| before.ends_with('-'))?;
    Some(format_smolstr!(
        "{before}{new}{}",
        name.get(at + old.len()..)?
    ))
}

fn is_defined(view: &View<'_>, helper: &str, release: &Release<'_>) -> bool {
    let definers = view.model.helpers.get(helper);
    definers.is_some_and(|ids| ids.iter().any(|id| release.like.run.reach.contains(id)))
}

/// Codenames in the lines of a here-document that are no comments.
fn codename_changes(text: &str, body: TextRange, old: &str, new: &str) -> Vec<(TextRange, String)> {
    let mut found = Vec::new();
    let mut start = usize::from(body.start());
    for line in slice(text, body).split_inclusive('\n') {
        if !line.trim_start().starts_with('#') {
            for at in words(line, old) {
                found.push((range_at(start + at, old.len()), new.to_owned()));
            }
        }
        start += line.len();
    }
    found
}

/// What only upstream can confirm in a rewritten script.
fn doubts(view: &View<'_>, text: &str, release: &Release<'_>) -> Vec<(TextRange, String)> {
    let facts = scripts::read(text);
    let all = assignments(&facts);
    let point = all
        .iter()
        .find(|a| a.name == "POINTVER")
        .and_then(|a| literal(slice(text, a.value)));
    let versions: Vec<&str> = point
        .into_iter()
        .chain(release.number.map(|(_, new)| new))
        .collect();
    let mut found: Vec<(TextRange, String)> = Vec::new();
    for assigned in &all {
        let raw = slice(text, assigned.value);
        let start = usize::from(assigned.value.start());
        match assigned.name.as_str() {
            "BUILDER" => {
                found.extend(builder_doubt(raw, release).map(|why| (assigned.value, why)));
                continue;
            }
            "POINTVER" => found.push((
                assigned.value,
                "the point release: only upstream knows the current one".to_owned(),
            )),
            "RELNAME" => {
                found.extend(codename_doubt(raw, release).map(|why| (assigned.value, why)))
            }
            _ => {}
        }
        let numbers = build_numbers(raw, &versions);
        for range in &numbers {
            found.push((
                range_at(start + usize::from(range.start()), usize::from(range.len())),
                "a package's build number: only upstream knows the current one".to_owned(),
            ));
        }
        let speaks_of_release = raw.contains('$') || raw.contains(|c: char| c.is_ascii_digit());
        if is_address(raw) && speaks_of_release {
            found.push((
                assigned.value,
                "an address: check that upstream serves the release there".to_owned(),
            ));
        }
    }
    for (name, range) in calls(&facts) {
        if let Some(wanted) = helper_name(&name, release) {
            if !is_defined(view, &wanted, release) {
                found.push((
                    range,
                    format!("no include that is read here defines `{wanted}`: the call was left"),
                ));
            }
        }
    }
    found.sort_by_key(|(range, _)| (range.start(), range.end()));
    found
}

fn builder_doubt(raw: &str, release: &Release<'_>) -> Option<String> {
    let value = literal(raw)?;
    let (old, new) = release.number.filter(|_| release.builder.is_none())?;
    let at = words(value, old).into_iter().next()?;
    let (before, after) = (value.get(..at)?, value.get(at + old.len()..)?);
    Some(format!(
        "there is no builder `{before}{new}{after}`: the one of `{}` was left",
        release.like.name
    ))
}

fn codename_doubt(raw: &str, release: &Release<'_>) -> Option<String> {
    match (&release.codename, literal(raw)) {
        ((_, Some(new)), Some(value)) if *new == value => None,
        ((_, Some(new)), _) => Some(format!("the codename: it should be `{new}`")),
        ((_, None), _) => {
            Some("the codename of the release is not known: it was left as it is".to_owned())
        }
    }
}
