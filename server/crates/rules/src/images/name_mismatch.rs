//! `name-mismatch`.

use std::collections::BTreeMap;
use std::collections::hash_map::Entry;

use rustc_hash::FxHashMap;

use crate::values::{OwnAssign, only_assignment};
use crate::{Context, FileRange, Finding};
use edits::Fix;
use model::identity::Identity;
use model::{Directory, Image};
use syntax::{TextRange, TextSize};

rule! {
    /// The name of an image's directory is not what the image resolves to: distribution, release
    /// without its date, and variant if it is not the default one. Or two images resolve to the same.
    ///
    /// ## Why
    /// What `config.sh` sets wins over the name. The image is published as what it resolves to, in
    /// the place of another one, while the repository and its tests speak of the directory. A
    /// `config.sh` that was copied together with its directory is the usual reason.
    ///
    /// ## How to fix it
    /// Set the field to what the name says, or rename the directory. Architecture and vendor may be
    /// in the name or not.
    ///
    /// ## Example
    /// ```bash
    /// # in images/opensuse-leap-15.6/config.sh
    /// RELVER=leap-15.5
    /// ```
    /// `RELVER=leap-15.6` is right there.
    code: "name-mismatch",
    severity: Error,
    group: Images,
    checks: [Identities(check)],
    fix: yes,
}

/// Other images of one identity that are named at most.
const MAX_OTHERS: usize = 16;

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    let same = same_identities(cx);
    for image in cx.model.images.values() {
        let Some(directory) = cx.model.directories.get(&image.directory) else {
            continue;
        };
        let config = directory.config;
        if config.is_some_and(|config| super::wrong_line_ending::has_wrong_ends(cx, config)) {
            continue;
        }
        let others = same.get(image.name.as_str()).map_or(&[][..], Vec::as_slice);
        let mistaken = !image.alias
            && !image.identity.has_stray_architecture()
            && image.identity.agrees_with(&image.name) == Some(false);
        if mistaken {
            out.extend(mismatch(cx, directory, image, others));
        } else {
            out.extend(twin(cx, directory, image, others));
        }
    }
}

/// Returns the images that resolve to the same as others, by name, each with those others.
fn same_identities<'a>(cx: &Context<'a>) -> BTreeMap<&'a str, Vec<&'a Image>> {
    let mut first: FxHashMap<[&str; 5], &Image> = FxHashMap::default();
    // Few images have others.
    let mut shared: FxHashMap<[&str; 5], Vec<&Image>> = FxHashMap::default();
    for image in cx.model.images.values() {
        let Some(values) = values_of(&image.identity) else {
            continue;
        };
        match first.entry(values) {
            Entry::Vacant(entry) => {
                entry.insert(image);
            }
            Entry::Occupied(entry) => {
                let images = shared.entry(values);
                images.or_insert_with(|| vec![*entry.get()]).push(image);
            }
        }
    }
    let mut found = BTreeMap::new();
    for mut images in shared.into_values() {
        let all = images.clone();
        if images.len() > MAX_OTHERS {
            // The ones with the best claim: of each of many all others would be a square.
            images.sort_by_cached_key(|image| {
                let agrees = image.identity.agrees_with(&image.name) == Some(true);
                (image.is_mistaken(), !agrees, &image.name)
            });
            images.truncate(MAX_OTHERS);
        }
        for image in all {
            let others = images.iter().filter(|other| other.name != image.name);
            found.insert(image.name.as_str(), others.copied().collect());
        }
    }
    found
}

/// Returns the values of an identity's fields, where all are known and the architecture is one.
fn values_of(identity: &Identity) -> Option<[&str; 5]> {
    if identity.has_stray_architecture() {
        return None;
    }
    Some([
        identity.distname.known()?.sample(),
        identity.relver.known()?.sample(),
        identity.arch.known()?.sample(),
        identity.vendor.known()?.sample(),
        identity.variant.known()?.sample(),
    ])
}

/// Field of an identity that does not agree with the name, and the value that the name has for it.
struct WrongField {
    name: &'static str,
    /// The value that it has.
    has: String,
    /// The value that the name says.
    says: String,
}

/// Returns the first field that does not agree with the name.
fn wrong_field(cx: &Context<'_>, image: &Image) -> Option<WrongField> {
    let identity = &image.identity;
    let distribution = identity.distname.fixed()?;
    let (first, rest) = match image.name.split_once('-') {
        Some((first, rest)) => (first, rest),
        None => (image.name.as_str(), ""),
    };
    if first != distribution {
        return Some(WrongField {
            name: "DISTNAME",
            has: distribution.to_owned(),
            says: first.to_owned(),
        });
    }
    let variant = identity.variant.fixed()?;
    let release = identity.release()?;
    let without_variant = rest.strip_suffix(variant).map(|r| r.trim_end_matches('-'));
    if let Some(says) = rest.strip_prefix(release.as_str()) {
        // The name may say less than a variant, or more.
        let says = says.strip_prefix('-').filter(|s| !s.contains('-'))?;
        let mut images = cx.model.images.values();
        let is_variant = images.any(|other| other.identity.variant.fixed() == Some(says));
        return Some(match is_variant {
            true => WrongField {
                name: "VARIANT",
                has: variant.to_owned(),
                says: says.to_owned(),
            },
            false => WrongField {
                name: "RELVER",
                says: format!("{release}-{says}"),
                has: release,
            },
        });
    }
    Some(WrongField {
        name: "RELVER",
        has: release,
        says: without_variant.unwrap_or(rest).to_owned(),
    })
}

fn mismatch(
    cx: &Context<'_>,
    directory: &Directory,
    image: &Image,
    others: &[&Image],
) -> Option<Finding> {
    let field = wrong_field(cx, image);
    let assign = field
        .as_ref()
        .and_then(|field| only_assignment(cx, directory, field.name));
    let anchor = match (&assign, &field) {
        (Some(assign), Some(field)) => Some(assign.range_of(cx, &field.has)),
        _ => None,
    };
    let anchor = anchor.or_else(|| cx.first_line_of(image))?;
    let mut message = format!(
        "directory `{}` resolves to the image `{}`",
        image.name,
        resolved(image)
    );
    match field.as_ref().filter(|field| !field.says.is_empty()) {
        Some(field) => {
            message.push_str(&format!(": set {} to `{}`", field.name, field.says));
        }
        None => message.push_str(": set the fields that its name says, or rename it"),
    }
    let mut finding = Finding::new(&RULE, anchor, message).image(&image.name);
    for other in others {
        if let Some(at) = cx.first_line_of(other) {
            finding = finding.related(at, format!("`{}` resolves to the same", other.name));
        }
    }
    let fix = field.and_then(|field| fix(cx, directory, assign, &field));
    Some(finding.fixes(fix))
}

/// Sets a field to what the name says.
fn fix(
    cx: &Context<'_>,
    directory: &Directory,
    assign: Option<OwnAssign<'_>>,
    field: &WrongField,
) -> Option<Fix> {
    let title = format!("Set {} to `{}`", field.name, field.says);
    if field.says.is_empty() {
        return None;
    }
    match assign {
        Some(assign) if assign.literal() == Some(field.has.as_str()) => {
            let range = assign.whole(cx);
            Some(Fix::replace(title, assign.file, range, &*field.says))
        }
        // A date follows, or the value is made of others.
        Some(assign) => {
            let at = assign
                .find(cx, &field.has)
                .filter(|_| !field.has.is_empty())?;
            Some(Fix::replace(title, at.file, at.range, &*field.says))
        }
        None => {
            let config = directory.config?;
            let file = cx.tree.file(config)?;
            // Set somewhere that is not read here, it would win.
            if file.script().is_none_or(|facts| facts.assigns(field.name)) {
                return None;
            }
            let broken = !file.text.is_empty() && !file.text.ends_with('\n');
            let start = if broken { "\n" } else { "" };
            let line = format!("{start}{}={}\n", field.name, field.says);
            let end = TextRange::empty(TextSize::of(&*file.text));
            Some(Fix::replace(title, config, end, line))
        }
    }
}

/// Returns the name of the image that an image resolves to.
fn resolved(image: &Image) -> String {
    let identity = &image.identity;
    let release = identity.release().unwrap_or_default();
    let variant = identity.variant.fixed().unwrap_or_default();
    let mut name = identity.distname.fixed().unwrap_or_default().to_owned();
    for part in [release.as_str(), variant] {
        if !part.is_empty() && part != "minimal" {
            name.push('-');
            name.push_str(part);
        }
    }
    name
}

/// Reports an image that resolves to the same as one that has a better claim to it.
fn twin(
    cx: &Context<'_>,
    directory: &Directory,
    image: &Image,
    others: &[&Image],
) -> Option<Finding> {
    let agrees = |image: &Image| image.identity.agrees_with(&image.name) == Some(true);
    // A mistaken one has a finding of its own that says so.
    let rightful = |other: &&&Image| {
        !other.is_mistaken() && (!agrees(other), &other.name) < (!agrees(image), &image.name)
    };
    let other = others.iter().find(rightful)?;
    let anchor = match only_assignment(cx, directory, "RELVER") {
        Some(assign) => FileRange::new(assign.file, assign.whole(cx)),
        None => cx.first_line_of(image)?,
    };
    let message = format!(
        "`{}` and `{}` resolve to the same image, `{}`: set the fields in which they differ",
        image.name,
        other.name,
        resolved(image)
    );
    let finding = Finding::new(&RULE, anchor, message).image(&image.name);
    let at = cx.first_line_of(other).filter(|at| at.file != anchor.file);
    Some(match at {
        Some(at) => finding.related(at, "the other image"),
        None => finding,
    })
}
