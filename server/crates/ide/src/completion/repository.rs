//! What may stand in the repository's file: distributions, versions, options, tags, patterns.

use smol_str::SmolStr;

use super::place::{self, Frame, Place};
use super::{Item, ItemKind};
use model::Image;
use model::registration::image_name;
use model::tree::REPOSITORY;
use model::view::View;
use syntax::nix::{Entry, Repository};
use syntax::{TextRange, TextSize};

const OPTIONS: [(&str, &str, &str); 4] = [
    (
        "tags",
        "tags = [ ];",
        "other versions under which it is found",
    ),
    ("name", "name = \"\";", "the image that is built"),
    (
        "rebuild",
        "rebuild = true;",
        "build it anew although it is there",
    ),
    (
        "keepFailedTests",
        "keepFailedTests = true;",
        "keep the containers of tests that failed",
    ),
];

const GC_OPTIONS: [(&str, &str, &str); 6] = [
    (
        "distribution",
        "distribution = \"\";",
        "pattern of DISTNAME",
    ),
    ("version", "version = \"\";", "pattern of RELVER"),
    ("variant", "variant = \"\";", "pattern of VARIANT"),
    ("arch", "arch = \"\";", "pattern of ARCH"),
    ("vendor", "vendor = \"\";", "pattern of VENDOR"),
    ("keep", "keep = ;", "how many builds stay"),
];

/// A text of the Nix file that is being written: where its items go.
pub(super) struct Writing<'p> {
    place: &'p Place,
    after: &'p str,
    range: TextRange,
}

impl<'p> Writing<'p> {
    /// What is being written at the end of a text, with the rest of its line.
    pub(super) fn new(place: &'p Place, text: &str, after: &'p str) -> Writing<'p> {
        let range = super::range_of(&place.written, TextSize::of(text));
        Writing {
            place,
            after,
            range,
        }
    }

    /// What is written of it.
    pub(super) fn written(&self) -> &'p str {
        &self.place.written
    }

    /// An item that is a name: of a set or of a row.
    pub(super) fn name(&self, kind: ItemKind, name: &str) -> Item {
        Item::new(kind, name, self.range)
    }

    /// An item that is a string.
    pub(super) fn string(&self, kind: ItemKind, text: &str) -> Item {
        let item = Item::new(kind, text, self.range);
        let text = text.replace('\\', "\\\\");
        item.insert(match (self.place.in_string, self.after.starts_with('"')) {
            (true, true) => text,
            (true, false) => format!("{text}\""),
            (false, _) => format!("\"{text}\""),
        })
    }
}

/// What may stand at the end of a text.
pub(super) fn items(view: &View<'_>, before: &str, after: &str) -> Vec<Item> {
    let place = place::read(before);
    let Some(frame) = place.frame() else {
        return Vec::new();
    };
    let writing = Writing::new(&place, before, after);
    let path = place.names();
    let Some(at) = path.iter().position(|name| *name == "image-repository") else {
        return Vec::new();
    };
    let rest = path.get(at + 2..).unwrap_or_default();
    let is_value = place.is_value();
    match rest {
        ["images"] if !is_value && !frame.list => distributions(view, &writing, frame),
        ["images", distribution] if !is_value && !frame.list => {
            versions(view, &writing, distribution, before)
        }
        ["images", _, _] if !is_value && !frame.list => options(&writing, frame, &OPTIONS),
        ["images", distribution, version, "tags"] if frame.list => {
            tags(view, &writing, frame, distribution, version)
        }
        ["images", _, _, "name"] if is_value => { view.model.images.keys() }
            .map(|name| writing.string(ItemKind::Image, name).doc("image", name))
            .collect(),
        ["garbageCollection"] if !frame.list && !is_value && place.frames.len() > 1 => {
            match { place.frames.iter().rev().nth(1) }.is_some_and(|f| f.list) {
                true => options(&writing, frame, &GC_OPTIONS),
                false => Vec::new(),
            }
        }
        ["garbageCollection", field] if is_value => patterns(view, &writing, frame, field),
        _ => Vec::new(),
    }
}

fn repositories<'v>(view: &View<'v>) -> &'v [Repository] {
    let file = view.tree.id(REPOSITORY).and_then(|id| view.tree.file(id));
    let facts = file
        .and_then(|f| f.repository())
        .and_then(|p| p.facts.as_ref());
    facts.map(|f| &*f.repositories).unwrap_or_default()
}

fn entries<'v>(view: &View<'v>) -> impl Iterator<Item = &'v Entry> {
    repositories(view).iter().flat_map(|r| &r.entries)
}

/// The distributions of the images, those without entries first.
fn distributions(view: &View<'_>, writing: &Writing<'_>, frame: &Frame) -> Vec<Item> {
    let mut names: Vec<&str> = { view.model.images.values() }
        .filter_map(|image| image.identity.distname.fixed())
        .filter(|name| !name.is_empty() && !frame.bindings.iter().any(|(n, _)| n == name))
        .collect();
    names.sort_unstable();
    names.dedup();
    let known = |name: &str| entries(view).any(|e| e.distribution.value == name);
    let items = names.into_iter().map(|name| {
        let item = writing
            .name(ItemKind::Value, name)
            .doc("distribution", name);
        match known(name) {
            true => item.rank(1),
            false => item.detail("no entries yet"),
        }
    });
    items.collect()
}

/// The versions of a distribution that have a directory and no entry.
fn versions(view: &View<'_>, writing: &Writing<'_>, distribution: &str, before: &str) -> Vec<Item> {
    let published: Vec<SmolStr> = entries(view).filter_map(image_name).collect();
    let of_distribution = |image: &&Image| image.identity.distname.fixed() == Some(distribution);
    let images = view.model.images.values().map(|image| &**image);
    let empty = if before.contains("{};") { "{}" } else { "{ }" };
    let items = { images.filter(of_distribution) }
        .filter(|image| !published.contains(&image.name))
        .map(|image| entry(writing, distribution, &image.name, empty));
    items.collect()
}

/// A new entry of an image.
fn entry(writing: &Writing<'_>, distribution: &str, image: &str, empty: &str) -> Item {
    let version = { image.strip_prefix(distribution) }.and_then(|rest| rest.strip_prefix('-'));
    let (version, value) = match version {
        Some(version) => (version, empty.to_owned()),
        None => ("rolling", format!("{{ name = \"{image}\"; }}")),
    };
    let is_plain = version.starts_with(|c: char| c == '_' || c.is_ascii_alphabetic())
        && version
            .chars()
            .all(|c| c == '_' || c == '-' || c.is_ascii_alphanumeric());
    let item = Item::new(ItemKind::Value, version, writing.range)
        .detail(image)
        .doc("image", image);
    item.insert(
        match (writing.place.in_string, writing.after.starts_with('"')) {
            // The quote is there already, and what follows it is not ours to say.
            (true, true) => version.to_owned(),
            (true, false) => format!("{version}\" = {value};"),
            (false, _) if is_plain => format!("{version} = {value};"),
            (false, _) => format!("\"{version}\" = {value};"),
        },
    )
}

/// The options that a set does not have yet.
fn options(writing: &Writing<'_>, frame: &Frame, options: &[(&str, &str, &str)]) -> Vec<Item> {
    if writing.place.in_string {
        return Vec::new();
    }
    let is_there = |name: &str| frame.bindings.iter().any(|(known, _)| known == name);
    let items = { options.iter() }
        .filter(|(name, _, _)| !is_there(name))
        .enumerate()
        .map(|(at, (name, text, detail))| {
            let mut item = writing
                .name(ItemKind::Option, name)
                .rank(u8::try_from(at).unwrap_or(u8::MAX))
                .detail(*detail);
            // The cursor belongs where the value is.
            let snippet = text
                .replace("[ ]", "[ $0 ]")
                .replace("\"\"", "\"$0\"")
                .replace("= ;", "= $0;");
            item.snippet = (snippet != *text).then_some(snippet);
            item.insert(match text.contains("= ;") {
                true => format!("{name} = "),
                false => (*text).to_owned(),
            })
        });
    items.collect()
}

/// The tags that the distribution uses, those that the entry does not have.
fn tags(
    view: &View<'_>,
    writing: &Writing<'_>,
    frame: &Frame,
    distribution: &str,
    version: &str,
) -> Vec<Item> {
    let mut found: Vec<(u8, &SmolStr)> = Vec::new();
    for entry in
        entries(view).filter(|e| e.version.value != version || e.distribution.value != distribution)
    {
        let rank = u8::from(entry.distribution.value != distribution);
        for tag in &entry.tags.items {
            // A tag that names a version is that one's own.
            let own = tag.value.chars().any(|c| c.is_ascii_digit());
            if !own && !frame.elements.contains(&tag.value) {
                found.push((rank, &tag.value));
            }
        }
    }
    found.sort_unstable();
    let mut seen: Vec<&SmolStr> = Vec::new();
    let mut items = Vec::new();
    for (rank, tag) in found {
        if !seen.contains(&tag) {
            seen.push(tag);
            let item = writing.string(ItemKind::Value, tag).rank(rank);
            items.push(match rank {
                0 => item.doc(&format!("tag:{distribution}"), tag),
                _ => item,
            });
        }
    }
    items
}

/// Patterns of a garbage-collection entry: of what images have whose builds are dated.
fn patterns(view: &View<'_>, writing: &Writing<'_>, frame: &Frame, field: &str) -> Vec<Item> {
    let given = frame
        .bindings
        .iter()
        .find(|(name, _)| name == "distribution");
    let distribution = given.and_then(|(_, value)| value.as_deref());
    let anchored = { repositories(view).iter() }
        .flat_map(|r| &r.collections)
        .any(|c| matches!(&c.version, syntax::nix::NixField::Known(v) if v.value.starts_with('^')));
    let mut values: Vec<(String, &SmolStr)> = Vec::new();
    for image in view.model.images.values() {
        let identity = &image.identity;
        let dated = identity.relver.known().is_some_and(|v| v.is_dated());
        let fits = distribution.is_none_or(|d| identity.distname.fixed() == Some(d));
        let value = match field {
            "distribution" => identity.distname.known(),
            "version" => identity.relver.known(),
            "variant" => identity.variant.known(),
            "arch" => identity.arch.known(),
            "vendor" => identity.vendor.known(),
            _ => None,
        };
        let Some(value) =
            value.filter(|v| dated && !v.is_empty() && (fits || field == "distribution"))
        else {
            continue;
        };
        let pattern = value.pattern();
        let pattern = match field == "version" && anchored {
            true => format!("^{pattern}$"),
            false => pattern,
        };
        if !values.iter().any(|(known, _)| *known == pattern) {
            values.push((pattern, &image.name));
        }
    }
    let items = values.into_iter().map(|(pattern, image)| {
        writing
            .string(ItemKind::Value, &pattern)
            .detail(image.as_str())
    });
    items.collect()
}
