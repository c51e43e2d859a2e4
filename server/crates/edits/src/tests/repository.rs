//! Any sequence of changes of a repository: it evaluates to what is expected, in its own style.

use std::collections::BTreeMap;
use std::fmt::Write;

use proptest::prelude::*;
use serde_json::{Value, json};
use smol_str::SmolStr;

use super::{Era, evaluate, file, is_formatted, key};
use crate::nix::{NixFile, NotEditable};
use crate::repository::{
    NewCollection, NewEntry, add_tags, insert_collection, insert_entry, remove_collection,
    remove_entry, remove_tag,
};
use model::track::{self, Track, Version};
use syntax::nix::Entry;

/// Content of a repository: distributions, their versions, the versions' tags; collections.
#[derive(Debug, Clone, PartialEq)]
struct Model {
    images: BTreeMap<String, Vec<(String, Vec<String>)>>,
    collections: Vec<(String, String)>,
}

#[derive(Debug, Clone)]
enum Step {
    Insert(String, String, Vec<String>),
    Remove(usize),
    AddTag(usize, String),
    RemoveTag(usize, usize),
    Collect(String, String),
    Uncollect(usize),
}

const DISTRIBUTIONS: [&str; 5] = ["alpine", "debian", "fedora", "ubuntu", "void"];
const TAGS: [&str; 4] = ["latest", "stable", "lts", "edge"];

fn version() -> impl Strategy<Value = String> {
    prop_oneof![
        (1..40u32).prop_map(|n| n.to_string()),
        (20..27u32).prop_map(|n| format!("{n}.04")),
        prop::sample::select(vec!["testing", "rawhide", "musl-openrc", "10-kitten"])
            .prop_map(str::to_owned),
    ]
}

fn tags() -> impl Strategy<Value = Vec<String>> {
    prop::sample::subsequence(TAGS.to_vec(), 0..3)
        .prop_map(|tags| tags.into_iter().map(str::to_owned).collect())
}

fn distribution() -> impl Strategy<Value = String> {
    prop::sample::select(DISTRIBUTIONS.to_vec()).prop_map(str::to_owned)
}

fn model() -> impl Strategy<Value = Model> {
    let versions = prop::collection::btree_map(version(), tags(), 1..4);
    let images = prop::collection::btree_map(distribution(), versions, 1..4);
    let collections = prop::collection::vec((distribution(), version()), 0..3);
    (images, collections).prop_map(|(images, mut collections)| {
        let images = images
            .into_iter()
            .map(|(distribution, versions)| {
                let mut versions: Vec<_> = versions.into_iter().collect();
                versions.sort_by_key(|(version, _)| {
                    let (rest, numbers) = track::split(version);
                    (!rest.is_empty(), rest, numbers)
                });
                (distribution, versions)
            })
            .collect();
        collections.sort();
        collections.dedup();
        Model {
            images,
            collections,
        }
    })
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (distribution(), version(), tags()).prop_map(|(d, v, t)| Step::Insert(d, v, t)),
        (0..9usize).prop_map(Step::Remove),
        (0..9usize, prop::sample::select(TAGS.to_vec()))
            .prop_map(|(at, tag)| Step::AddTag(at, tag.to_owned())),
        (0..9usize, 0..3usize).prop_map(|(at, tag)| Step::RemoveTag(at, tag)),
        (distribution(), version()).prop_map(|(d, v)| Step::Collect(d, v)),
        (0..3usize).prop_map(Step::Uncollect),
    ]
}

fn era() -> impl Strategy<Value = Era> {
    prop::sample::select(vec![Era::Of2024, Era::Of2025])
}

/// The text that a person would have written.
fn write(model: &Model, era: Era, comments: bool) -> String {
    let mut out = String::from(
        "{ ... }:\n{\n  services.osctl.image-repository.vpsadminos = {\n    images = {\n",
    );
    for (at, (distribution, versions)) in model.images.iter().enumerate() {
        if at > 0 {
            out.push('\n');
        }
        if comments {
            let _ = writeln!(out, "      # all of {distribution}");
        }
        let _ = writeln!(out, "      {distribution} = {{");
        for (version, tags) in versions {
            let tags: Vec<String> = tags.iter().map(|t| format!("\"{t}\"")).collect();
            let line = match (era, tags.as_slice()) {
                (Era::Of2024, []) => "{};".to_owned(),
                (Era::Of2024, _) => format!("{{ tags = [ {} ]; }};", tags.join(" ")),
                (Era::Of2025, []) => "{ };".to_owned(),
                (Era::Of2025, [tag]) => format!("{{\n          tags = [ {tag} ];\n        }};"),
                (Era::Of2025, _) => format!(
                    "{{\n          tags = [\n            {}\n          ];\n        }};",
                    tags.join("\n            ")
                ),
            };
            let remark = if comments { " # kept" } else { "" };
            let _ = writeln!(out, "        \"{version}\" = {line}{remark}");
        }
        out.push_str("      };\n");
    }
    out.push_str("    };\n\n    garbageCollection = [");
    if model.collections.is_empty() {
        out.push_str(" ];\n  };\n}\n");
        return out;
    }
    out.push('\n');
    for (distribution, version) in &model.collections {
        let _ = write!(
            out,
            "      {{\n        distribution = \"{distribution}\";\n        version = \"^{version}-\\\\d+$\";\n        keep = 4;\n      }}\n"
        );
    }
    out.push_str("    ];\n  };\n}\n");
    out
}

fn expected(model: &Model) -> Value {
    let images: BTreeMap<&String, BTreeMap<&String, Value>> = model
        .images
        .iter()
        .map(|(distribution, versions)| {
            let versions = versions.iter().map(|(version, tags)| {
                let entry = if tags.is_empty() {
                    json!({})
                } else {
                    json!({ "tags": tags })
                };
                (version, entry)
            });
            (distribution, versions.collect())
        })
        .collect();
    let mut collections: Vec<Value> = model
        .collections
        .iter()
        .map(|(d, v)| json!({ "distribution": d, "version": format!("^{v}-\\d+$"), "keep": 4 }))
        .collect();
    collections.sort_by_key(Value::to_string);
    json!({ "images": images, "garbageCollection": collections })
}

fn evaluated(text: &str) -> Value {
    let expression = format!(
        "(({text}\n) {{ config = {{ }}; pkgs = {{ }}; lib = {{ }}; }}).services.osctl.image-repository.vpsadminos"
    );
    let mut value = evaluate(&expression);
    if let Some(collections) = value["garbageCollection"].as_array_mut() {
        collections.sort_by_key(Value::to_string);
    }
    sort_tags(value)
}

/// The order of an entry's tags is a matter of style.
fn sort_tags(mut value: Value) -> Value {
    let distributions = value["images"].as_object_mut().into_iter().flatten();
    for (_, versions) in distributions {
        for (_, entry) in versions.as_object_mut().into_iter().flatten() {
            if let Some(tags) = entry.get_mut("tags").and_then(Value::as_array_mut) {
                tags.sort_by_key(Value::to_string);
            }
        }
    }
    value
}

fn track_of(distribution: &str, version: &str) -> (Track, Version) {
    let (release, numbers) = track::split(version);
    let track = Track {
        distribution: SmolStr::new(distribution),
        vendor: "vpsadminos".into(),
        arch: "x86_64".into(),
        variant: "minimal".into(),
        release: release.into(),
        dated: false,
    };
    (track, numbers)
}

fn insert(
    file: &mut NixFile,
    distribution: &str,
    version: &str,
    tags: &[String],
) -> Result<(), NotEditable> {
    let new = NewEntry {
        key: key(distribution, version),
        name: None,
        tags: tags.iter().map(SmolStr::new).collect(),
        track: Some(track_of(distribution, version)),
        written_tags: None,
    };
    let of_entry = |entry: &Entry| Some(track_of(&entry.distribution.value, &entry.version.value));
    insert_entry(file, &new, &of_entry)
}

fn collect(file: &mut NixFile, distribution: &str, version: &str) -> Result<(), NotEditable> {
    let new = NewCollection {
        keep: None,
        distribution: SmolStr::new(distribution),
        version: format!("{version}-\\d+"),
        variant: None,
        needs_variant: false,
        rank: None,
        before: None,
    };
    insert_collection(file, &new, &|_| None)
}

fn uncollect(file: &mut NixFile, distribution: &str, version: &str) -> Result<(), NotEditable> {
    let facts = file.repository()?;
    let pattern = format!("^{version}-\\d+$");
    let entry = facts.repositories[0].collections.iter().find(|e| {
        model::table::known(&e.distribution) == Some(distribution)
            && model::table::known(&e.version) == Some(&pattern)
    });
    remove_collection(file, entry.expect("it is collected").range)
}

/// The entry of that number, counted around.
fn nth(model: &Model, at: usize) -> Option<(String, usize)> {
    let all: Vec<(String, usize)> = model
        .images
        .iter()
        .flat_map(|(d, versions)| (0..versions.len()).map(move |n| (d.clone(), n)))
        .collect();
    (!all.is_empty()).then(|| all[at % all.len()].clone())
}

/// Does one step to the text and the model.
fn perform(file: &mut NixFile, model: &mut Model, step: &Step) {
    let done = match step {
        Step::Insert(distribution, version, tags) => {
            let known = model.images.get(distribution);
            if known.is_some_and(|v| v.iter().any(|(known, _)| known == version)) {
                return;
            }
            let versions = model.images.entry(distribution.clone()).or_default();
            versions.push((version.clone(), tags.clone()));
            insert(file, distribution, version, tags)
        }
        Step::Remove(at) => {
            let Some((distribution, n)) = nth(model, *at) else {
                return;
            };
            let versions = model.images.get_mut(&distribution).unwrap();
            let (version, _) = versions.remove(n);
            if versions.is_empty() {
                model.images.remove(&distribution);
            }
            remove_entry(file, &key(&distribution, &version), &[&version])
        }
        Step::AddTag(at, tag) => {
            let Some((distribution, n)) = nth(model, *at) else {
                return;
            };
            let (version, tags) = &mut model.images.get_mut(&distribution).unwrap()[n];
            if !tags.contains(tag) {
                tags.push(tag.clone());
            }
            add_tags(
                file,
                &key(&distribution, version),
                &[SmolStr::new(tag)],
                &[],
            )
        }
        Step::RemoveTag(at, tag) => {
            let Some((distribution, n)) = nth(model, *at) else {
                return;
            };
            let (version, tags) = &mut model.images.get_mut(&distribution).unwrap()[n];
            if tags.is_empty() {
                return;
            }
            let tag = tags.remove(tag % tags.len());
            remove_tag(file, &key(&distribution, version), &tag)
        }
        Step::Collect(distribution, version) => {
            let collection = (distribution.clone(), version.clone());
            if model.collections.contains(&collection) {
                return;
            }
            model.collections.push(collection);
            collect(file, distribution, version)
        }
        Step::Uncollect(at) => {
            if model.collections.is_empty() {
                return;
            }
            let (distribution, version) = model.collections.remove(at % model.collections.len());
            uncollect(file, &distribution, &version)
        }
    };
    assert_eq!(done, Ok(()), "{step:?} is refused:\n{}", file.text());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_steps_evaluate_to_what_is_expected(
        model in model(), era in era(), comments: bool, steps in prop::collection::vec(step(), 1..8),
    ) {
        let text = write(&model, era, comments);
        prop_assert!(era == Era::Of2024 || is_formatted(&text), "the test's own: {text}");
        let (mut file, mut model) = (file(&text), model);
        for step in &steps {
            perform(&mut file, &mut model, step);
            let formatted = era == Era::Of2024 || is_formatted(file.text());
            prop_assert!(formatted, "{step:?} leaves it unformatted:\n{}", file.text());
        }
        prop_assert_eq!(evaluated(file.text()), sort_tags(expected(&model)), "{}", file.text());
        // What it comes to leads from the text that it began as to the one it is now.
        let changes = file.changes();
        let changes: Vec<_> = changes.iter().map(|(range, new)| (*range, new.as_str())).collect();
        prop_assert_eq!(crate::text_after(&text, &changes), file.text());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn what_is_inserted_and_removed_leaves_no_trace(
        model in model(), era in era(), comments: bool, crlf: bool,
        distribution in distribution(), version in version(), tags in tags(),
    ) {
        let text = write(&model, era, comments);
        let text = if crlf { text.replace('\n', "\r\n") } else { text };
        let mut changed = file(&text);
        let known = model.images.get(&distribution);
        if !known.is_some_and(|v| v.iter().any(|(known, _)| *known == version)) {
            insert(&mut changed, &distribution, &version, &tags).unwrap();
            prop_assert_ne!(changed.text(), text.as_str());
            remove_entry(&mut changed, &key(&distribution, &version), &[&version]).unwrap();
            prop_assert_eq!(changed.text(), text.as_str());
        }
        if !model.collections.contains(&(distribution.clone(), version.clone())) {
            collect(&mut changed, &distribution, &version).unwrap();
            uncollect(&mut changed, &distribution, &version).unwrap();
            prop_assert_eq!(changed.text(), text.as_str());
        }
        let (distribution, n) = nth(&model, 3).unwrap();
        let (version, tags) = &model.images[&distribution][n];
        if !tags.contains(&"edge".to_owned()) {
            let key = key(&distribution, version);
            add_tags(&mut changed, &key, &["edge".into()], &[]).unwrap();
            prop_assert_ne!(changed.text(), text.as_str());
            remove_tag(&mut changed, &key, "edge").unwrap();
            prop_assert_eq!(changed.text(), text.as_str());
        }
        prop_assert_eq!(changed.changes(), []);
    }
}
