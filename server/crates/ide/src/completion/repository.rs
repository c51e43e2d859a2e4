//! Completions in the repository's file: distributions, versions, options, tags, patterns.

use smol_str::SmolStr;

use super::insertion_point::{InsertionPoint, Quotes};
use super::nix_context::{NixContext, NixLevel};
use super::{Completion, CompletionKind};
use model::Image;
use model::order::natural;
use model::registration::image_name;
use model::view::View;
use syntax::nix::{Entry, NixField, Repository};

/// Option of an entry, with the text that is inserted for it.
struct EntryOption {
    name: &'static str,
    text: &'static str,
    detail: &'static str,
}

const fn option(name: &'static str, text: &'static str, detail: &'static str) -> EntryOption {
    EntryOption { name, text, detail }
}

const OPTIONS: [EntryOption; 4] = [
    option(
        "tags",
        "tags = [ ];",
        "other versions under which it is found",
    ),
    option("name", "name = \"\";", "the image that is built"),
    option(
        "rebuild",
        "rebuild = true;",
        "build it again even if it is there",
    ),
    option(
        "keepFailedTests",
        "keepFailedTests = true;",
        "keep the containers of tests that failed",
    ),
];

const GC_OPTIONS: [EntryOption; 6] = [
    option(
        "distribution",
        "distribution = \"\";",
        "pattern of DISTNAME",
    ),
    option("version", "version = \"\";", "pattern of RELVER"),
    option("variant", "variant = \"\";", "pattern of VARIANT"),
    option("arch", "arch = \"\";", "pattern of ARCH"),
    option("vendor", "vendor = \"\";", "pattern of VENDOR"),
    option("keep", "keep = ;", "how many builds are kept"),
];

/// Returns the completions between two texts: the file up to the cursor, and the rest of the line.
pub(super) fn completions(view: &View<'_>, before: &str, after: &str) -> Vec<Completion> {
    let context = NixContext::read(before);
    let Some(level) = context.level() else {
        return Vec::new();
    };
    let point = InsertionPoint::new(&context, before, after);
    let path = context.names();
    let Some(at) = path.iter().position(|name| *name == "image-repository") else {
        return Vec::new();
    };
    // After `image-repository` stands the name that the configuration gives the repository.
    let rest = path.get(at + 2..).unwrap_or_default();
    let is_value = context.is_value();
    let is_name = !is_value && !level.is_list();
    match rest {
        ["images"] if is_name => distributions(view, &point, level),
        ["images", distribution] if is_name => versions(view, &point, distribution, before),
        ["images", _, _] if is_name => options(&context, &point, level, &OPTIONS),
        ["images", distribution, version, "tags"] if level.is_list() => {
            tags(view, &point, level, distribution, version)
        }
        ["images", _, _, "name"] if is_value => images(view, &point),
        ["garbageCollection"] if is_name && context.is_in_list_element() => {
            options(&context, &point, level, &GC_OPTIONS)
        }
        ["garbageCollection", field] if is_value => patterns(view, &point, level, field),
        _ => Vec::new(),
    }
}

fn repositories<'v>(view: &View<'v>) -> Vec<&'v Repository> {
    let files = view.repository_files();
    let repositories = files.iter().flat_map(|files| files.repositories());
    repositories.map(|(_, repository)| repository).collect()
}

fn entries<'v>(view: &View<'v>) -> impl Iterator<Item = &'v Entry> {
    repositories(view).into_iter().flat_map(|r| &r.entries)
}

fn images(view: &View<'_>, point: &InsertionPoint<'_>) -> Vec<Completion> {
    let mut names: Vec<&SmolStr> = view.model.images.keys().collect();
    names.sort_by(|a, b| natural(a, b));
    let completion = |name: &SmolStr| point.string(CompletionKind::Image, name).doc("image", name);
    names.into_iter().map(completion).collect()
}

/// Distributions of the images, those without entries first.
fn distributions(view: &View<'_>, point: &InsertionPoint<'_>, level: &NixLevel) -> Vec<Completion> {
    let images = view.model.images.values();
    let mut names: Vec<&str> = images
        .filter_map(|image| image.identity.distname.fixed())
        .filter(|name| !name.is_empty() && !level.binds(name))
        .collect();
    names.sort_unstable();
    names.dedup();
    let known = |name: &str| entries(view).any(|e| e.distribution.value == name);
    let completions = names.into_iter().map(|name| {
        let completion = point
            .name(CompletionKind::Value, name)
            .doc("distribution", name);
        match known(name) {
            true => completion.rank(1),
            false => completion.detail("no entries yet"),
        }
    });
    completions.collect()
}

/// Versions of a distribution that have a directory and no entry.
fn versions(
    view: &View<'_>,
    point: &InsertionPoint<'_>,
    distribution: &str,
    before: &str,
) -> Vec<Completion> {
    let registered: Vec<SmolStr> = entries(view).filter_map(image_name).collect();
    let images = view.model.images.values().map(|image| &**image);
    let of_distribution = |image: &&Image| image.identity.distname.fixed() == Some(distribution);
    let missing = images
        .filter(of_distribution)
        .filter(|image| !registered.contains(&image.name));
    let mut missing: Vec<&Image> = missing.collect();
    missing.sort_by(|a, b| natural(&a.name, &b.name));
    // The file's own style.
    let empty = if before.contains("{};") { "{}" } else { "{ }" };
    missing
        .into_iter()
        .map(|image| entry(point, distribution, &image.name, empty))
        .collect()
}

/// Completion that inserts an entry of an image; `empty` is an empty set.
fn entry(point: &InsertionPoint<'_>, distribution: &str, image: &str, empty: &str) -> Completion {
    let version = image.strip_prefix(distribution);
    let version = version.and_then(|rest| rest.strip_prefix('-'));
    let (version, value) = match version {
        Some(version) => (version, empty.to_owned()),
        None => ("rolling", format!("{{ name = \"{image}\"; }}")),
    };
    let fits = |c: char| c == '_' || c == '-' || c.is_ascii_alphanumeric();
    let is_plain = version.starts_with(|c: char| c == '_' || c.is_ascii_alphabetic())
        && version.chars().all(fits);
    let completion = point
        .name(CompletionKind::Value, version)
        .detail(image)
        .doc("image", image);
    completion.insert(match point.quotes() {
        // The name is complete: the text after its quote belongs to the user.
        Quotes::Both => version.to_owned(),
        Quotes::Opening => format!("{version}\" = {value};"),
        Quotes::Missing if is_plain => format!("{version} = {value};"),
        Quotes::Missing => format!("\"{version}\" = {value};"),
    })
}

/// Options that a set does not have yet.
fn options(
    context: &NixContext,
    point: &InsertionPoint<'_>,
    level: &NixLevel,
    options: &[EntryOption],
) -> Vec<Completion> {
    if context.in_string {
        return Vec::new();
    }
    let missing = options.iter().filter(|option| !level.binds(option.name));
    let completions = missing.enumerate().map(|(at, option)| {
        let EntryOption { name, text, detail } = option;
        let mut completion = point
            .name(CompletionKind::Option, name)
            .rank(u8::try_from(at).unwrap_or(u8::MAX))
            .detail(*detail);
        // The cursor goes where the value is to be written.
        let snippet = text
            .replace("[ ]", "[ $0 ]")
            .replace("\"\"", "\"$0\"")
            .replace("= ;", "= $0;");
        completion.snippet = (snippet != *text).then_some(snippet);
        completion.insert(match text.contains("= ;") {
            true => format!("{name} = "),
            false => (*text).to_owned(),
        })
    });
    completions.collect()
}

/// Tags that entries use and the one that is being written does not have; those of its own
/// distribution first.
fn tags(
    view: &View<'_>,
    point: &InsertionPoint<'_>,
    level: &NixLevel,
    distribution: &str,
    version: &str,
) -> Vec<Completion> {
    let mut found: Vec<(u8, &SmolStr)> = Vec::new();
    let is_other = |e: &&Entry| e.version.value != version || e.distribution.value != distribution;
    for entry in entries(view).filter(is_other) {
        let rank = u8::from(entry.distribution.value != distribution);
        for tag in &entry.tags.items {
            // A tag with a version in it fits that version alone.
            let has_version = tag.value.chars().any(|c| c.is_ascii_digit());
            if !has_version && !level.elements.contains(&tag.value) {
                found.push((rank, &tag.value));
            }
        }
    }
    found.sort_unstable();
    let mut seen: Vec<&SmolStr> = Vec::new();
    let mut completions = Vec::new();
    for (rank, tag) in found {
        if seen.contains(&tag) {
            continue;
        }
        seen.push(tag);
        let completion = point.string(CompletionKind::Value, tag).rank(rank);
        completions.push(match rank {
            0 => completion.doc(&format!("tag:{distribution}"), tag),
            _ => completion,
        });
    }
    completions
}

/// Patterns of a garbage-collection entry that match images whose builds are dated.
fn patterns(
    view: &View<'_>,
    point: &InsertionPoint<'_>,
    level: &NixLevel,
    field: &str,
) -> Vec<Completion> {
    let distribution = level.value_of("distribution");
    let anchored = uses_anchors(view);
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
        let is_wanted = dated && (fits || field == "distribution");
        let Some(value) = value.filter(|v| is_wanted && !v.is_empty()) else {
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
    let completions = values.into_iter().map(|(pattern, image)| {
        point
            .string(CompletionKind::Value, &pattern)
            .detail(image.as_str())
    });
    completions.collect()
}

/// Tells whether patterns of the checkout begin with `^`.
fn uses_anchors(view: &View<'_>) -> bool {
    let repositories = repositories(view);
    let mut collections = repositories.iter().flat_map(|r| &r.collections);
    collections.any(|c| matches!(&c.version, NixField::Known(v) if v.value.starts_with('^')))
}
