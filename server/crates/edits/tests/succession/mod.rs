//! The next release of every track of the clean checkouts, and the one after that, as a person reads
//! them: one file for each checkout.

use std::collections::BTreeMap;
use std::path::Path;

use analysis::Snapshot;
use edits::{Change, Edit, NewImage, Surroundings, commit_subject, next_steps};
use fixture::{CLEAN, checkout, golden};
use model::Model;
use model::view::View;
use smol_str::SmolStr;

use super::{contents, difference, new_image};

/// How many releases are made, one after the other.
const RELEASES: usize = 2;

/// Releases that do not come next, and follow other conventions than those that do.
const LATER: [&str; 2] = ["ubuntu-26.04", "ubuntu-28.04"];

/// Checks a file that shows what comes after the images of the checkout that it is named after.
pub(super) fn picture_of_checkout(path: &Path) {
    golden::check(path, |_| {
        let name = path.file_stem().unwrap().to_str().unwrap();
        picture(&checkout(name))
    });
}

fn picture(base: &Snapshot) -> String {
    let mut out = String::new();
    for newest in newest_images(base) {
        if edits::proposal(&base.view(), &newest).is_none() {
            out.push_str(&format!("#= none after {newest}\n\n"));
            continue;
        }
        let mut snapshot = base.clone();
        for _ in 0..RELEASES {
            let like = newest_of_track(&snapshot, &newest);
            let name = edits::proposal(&snapshot.view(), &like).unwrap();
            snapshot = picture_of_new(&snapshot, &name, &mut out);
        }
    }
    for name in LATER {
        let is_there = base.model.images.contains_key(name);
        if !is_there && edits::predecessor(&base.view(), name).is_some() {
            picture_of_new(base, name, &mut out);
        }
    }
    out
}

/// Returns the newest image of each track.
fn newest_images(snapshot: &Snapshot) -> Vec<SmolStr> {
    let names = snapshot.model.images.keys();
    let mut newest: Vec<SmolStr> = names.map(|name| newest_of_track(snapshot, name)).collect();
    newest.sort();
    newest.dedup();
    newest
}

fn newest_of_track(snapshot: &Snapshot, name: &str) -> SmolStr {
    let image = &snapshot.model.images[name];
    let newest = snapshot.model.newest_of_track(image);
    newest.map_or(image, |newest| newest).name.clone()
}

/// Adds a new image to a picture, and returns the checkout that has it.
fn picture_of_new(snapshot: &Snapshot, name: &str, out: &mut String) -> Snapshot {
    let view = snapshot.view();
    let mut change = edits::scaffold(&view, &new_image(name), &[])
        .unwrap_or_else(|refusal| panic!("{name}: {refusal}"));
    let after = snapshot.with_edits(&change.edits);
    let like = change.like.clone().unwrap();
    out.push_str(&format!("#= new {name}, after {like}\n"));
    files(snapshot, &change, &like, out);
    let known = change.verify.len();
    snapshot.list_new_findings(&mut change);
    for (at, verify) in change.verify.iter().enumerate() {
        let what = if at < known { "verify" } else { "finds" };
        let file = after
            .tree
            .file(after.tree.id(&verify.path).unwrap())
            .unwrap();
        let line = file.lines().line_of(verify.range.start()) + 1;
        let (text, path) = (verify.text.replace('\n', " "), short(&verify.path));
        out.push_str(&format!("{what} {path}:{line}: {text}: {}\n", verify.why));
    }
    for note in &change.notes {
        out.push_str(&format!("note {}\n", note.message));
    }
    let subject = commit_subject(&view, &change, &after.view());
    out.push_str(&format!("commit {subject}\n"));
    let around = Surroundings::default();
    for step in next_steps(&view, &view, &change, &after.view(), &around) {
        if !step.command.starts_with("bash -n") {
            out.push_str(&format!("next {}\n", step.command));
        }
    }
    out.push('\n');
    after
}

/// Returns a path without the folder that all images are in.
fn short(path: &str) -> &str {
    let path = path.strip_prefix("image-scripts/").unwrap_or(path);
    path.strip_prefix("images/").unwrap_or(path)
}

/// Adds the files that a change makes and edits: those of the image by what differs from those that
/// they are made after.
fn files(snapshot: &Snapshot, change: &Change, like: &str, out: &mut String) {
    let mut texts: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for edit in &change.edits {
        match edit {
            Edit::Create { path, text } => {
                let file = path.rsplit('/').next().unwrap();
                let images = format!("{}images/", snapshot.tree.layout.prefix());
                let directory = &snapshot.model.images[like].directory;
                let source = snapshot.tree.id(&format!("{images}{directory}/{file}"));
                let source = snapshot.tree.file(source.unwrap()).unwrap();
                out.push_str(&format!(
                    "{}:{}",
                    short(path),
                    changed_lines(&source.text, text, 0)
                ));
            }
            Edit::Text {
                file,
                range,
                new_text,
            } => {
                texts
                    .entry(*file)
                    .or_default()
                    .push((*range, new_text.as_str()));
            }
            Edit::Copy { to, .. } => out.push_str(&format!("{}: copied\n", short(to))),
            Edit::Symlink { path, points_to } => {
                out.push_str(&format!("{} -> {points_to}\n", short(path)));
            }
            other => panic!("{other:?}"),
        }
    }
    for (id, edits) in texts {
        let file = snapshot.tree.file(id).unwrap();
        let after = edits::text_after(&file.text, &edits);
        out.push_str(&format!(
            "{}:{}",
            short(&file.path),
            changed_lines(&file.text, &after, 1)
        ));
    }
}

/// Returns the lines of two texts that differ, with the lines around them.
fn changed_lines(before: &str, after: &str, around: usize) -> String {
    if before == after {
        return " the same\n".to_owned();
    }
    let diff = similar::TextDiff::from_lines(before, after);
    let diff = diff.unified_diff().context_radius(around).to_string();
    let lines = diff.lines().map(|line| match line.starts_with("@@") {
        true => "...\n".to_owned(),
        false => format!("{line}\n"),
    });
    let lines: String = lines.collect();
    format!("\n{}", lines.strip_prefix("...\n").unwrap_or(&lines))
}

/// A flavour of any image is made and retired again: all is as it was.
pub(super) fn a_flavour_comes_and_goes() {
    let mut wrong = Vec::new();
    for fixture in CLEAN {
        let snapshot = checkout(fixture);
        let before = contents(&snapshot.tree);
        for like in snapshot.model.images.keys() {
            let name = format!("{like}-flavour");
            let new = NewImage {
                like: Some(like.clone()),
                ..new_image(&name)
            };
            let change = edits::scaffold(&snapshot.view(), &new, &[])
                .unwrap_or_else(|refusal| panic!("{fixture}: {name}: {refusal}"));
            let made = edits::apply(&snapshot.tree, &change.edits);
            let model = Model::new(&made);
            let view = View {
                tree: &made,
                model: &model,
                ..snapshot.view()
            };
            let retired = edits::retire(&view, &name, &[])
                .unwrap_or_else(|refusal| panic!("{fixture}: {name}: {refusal}"));
            let after = contents(&edits::apply(&made, &retired.edits));
            for path in before.keys().chain(after.keys()) {
                let difference = difference(&before, &after, path);
                wrong.extend(difference.map(|d| format!("{fixture}: {name}: {d}")));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
