//! `rename` there and back, for every image of the clean checkouts and to names of many kinds.

use std::collections::BTreeMap;

use analysis::Snapshot;
use edits::Change;
use fixture::{CLEAN, checkout};
use model::Model;
use model::identity::split_name;
use model::view::View;

use super::{contents, difference};

/// Returns names that an image may get: of later releases, other distributions, flavours.
fn names(snapshot: &Snapshot, image: &str) -> Vec<String> {
    let [distribution, ..] = split_name(image);
    let rest = image.strip_prefix(distribution).unwrap();
    let rest = if rest.is_empty() { "-1" } else { rest };
    let relative = match distribution {
        "almalinux" => "rocky",
        "rocky" | "centos" => "almalinux",
        "debian" | "devuan" => "ubuntu",
        "ubuntu" => "debian",
        "gentoo" => "void",
        "void" => "gentoo",
        _ => "fedora",
    };
    let later = edits::proposal(&snapshot.view(), image);
    let names = [
        later.as_ref().map(ToString::to_string),
        later.map(|later| raised(&later)),
        Some(raised(image)),
        Some(raised(&raised(image))),
        Some(format!("{relative}{rest}")),
        Some(format!("another{rest}")),
        Some(format!("{image}-flavour")),
        Some(format!("{distribution}-7.5")),
        Some(format!("{distribution}-other-flavour")),
    ];
    let mut names: Vec<String> = names.into_iter().flatten().collect();
    names.sort();
    names.dedup();
    let images = format!("{}images", snapshot.tree.layout.prefix());
    names.retain(|name| snapshot.tree.node(&format!("{images}/{name}")).is_none());
    names
}

/// Returns a name with its first number raised by one.
fn raised(name: &str) -> String {
    let Some(start) = name.find(|c: char| c.is_ascii_digit()) else {
        return format!("{name}-1");
    };
    let rest = &name[start..];
    let end = rest.find(|c: char| !c.is_ascii_digit());
    let end = end.unwrap_or(rest.len());
    let number: u32 = rest[..end].parse().unwrap();
    format!("{}{}{}", &name[..start], number + 1, &rest[end..])
}

/// Returns what a rename there and back leaves different and does not say; the refusal where it is
/// refused.
fn left_unsaid(snapshot: &Snapshot, old: &str, new: &str) -> Result<Vec<String>, String> {
    let change = edits::rename(&snapshot.view(), old, new).map_err(|r| r.to_string())?;
    let there = edits::apply(&snapshot.tree, &change.edits);
    let model = Model::new(&there);
    // Nothing here asks for findings.
    let view = View {
        tree: &there,
        model: &model,
        ..snapshot.view()
    };
    let change_back = match edits::rename(&view, new, old) {
        Ok(change) => change,
        Err(refusal) => return Ok(vec![format!("back: {refusal}")]),
    };
    let back = edits::apply(&there, &change_back.edits);
    let (before, after) = (contents(&snapshot.tree), contents(&back));
    let mut paths: Vec<&String> = before.keys().chain(after.keys()).collect();
    paths.sort();
    paths.dedup();
    let is_other = split_name(old)[0] != split_name(new)[0];
    paths.retain(|path| {
        let is_said = [&change, &change_back].map(|change| says(change, path));
        // Where an entry stood among others, nothing tells.
        let sorted = |contents: &BTreeMap<String, String>| {
            let mut lines: Vec<String> = contents[*path].lines().map(str::to_owned).collect();
            lines.sort();
            lines
        };
        let is_order = || is_other && sorted(&before) == sorted(&after);
        before.get(*path) != after.get(*path) && is_said == [false; 2] && !is_order()
    });
    let differences = paths.into_iter();
    Ok(differences
        .filter_map(|path| difference(&before, &after, path))
        .collect())
}

/// Returns whether a change says that something in a file is lost, or to be looked at.
fn says(change: &Change, path: &str) -> bool {
    let file = path.rsplit('/').next().unwrap();
    let says = |what: &str| change.notes.iter().any(|note| note.message.contains(what));
    match file {
        "image-repository.nix" => says("blank line") || says("garbage-collection entry"),
        "config.sh" | "build.sh" => {
            let mut verify = change.verify.iter();
            verify.any(|verify| verify.path.ends_with(file)) || says(file)
        }
        _ => false,
    }
}

pub(super) fn there_and_back() {
    let mut wrong = Vec::new();
    let (mut renamed, mut refused) = (0, Vec::new());
    for fixture in CLEAN {
        let snapshot = checkout(fixture);
        for old in snapshot.model.images.keys() {
            for new in names(&snapshot, old) {
                match left_unsaid(&snapshot, old, &new) {
                    Ok(differences) => {
                        renamed += 1;
                        wrong.extend(
                            differences
                                .iter()
                                .map(|d| format!("{fixture}: {old} to {new}: {d}")),
                        );
                    }
                    Err(refusal) => refused.push(format!("{fixture}: {old} to {new}: {refusal}")),
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}\n{}", wrong.len(), wrong.join("\n"));
    // What is refused would give two images one tag.
    refused.retain(|refusal| !refusal.contains(": take them from one of the two first"));
    assert!(refused.is_empty(), "{}", refused.join("\n"));
    assert!(renamed > 600, "{renamed}");
}
