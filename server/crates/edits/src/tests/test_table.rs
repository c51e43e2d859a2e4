//! Any sequence of changes of a test table: it evaluates to what is expected, in its own style.

use std::collections::BTreeMap;
use std::fmt::Write;

use proptest::prelude::*;
use serde_json::{Value, json};
use smol_str::SmolStr;

use super::{Era, evaluate, file, is_formatted};
use crate::nix::NixFile;
use crate::test_table::{
    NewRow, add_member, insert_row, move_row, remove_member, remove_row, rename_key,
};
use model::track;

const GROUPS: [&str; 5] = [
    "cgroupAll",
    "cgroupv2",
    "cgroupv1",
    "systemd",
    "non-systemd",
];

/// Content of a table: rows as (key, distribution, version), in order; groups.
#[derive(Debug, Clone, PartialEq)]
struct Model {
    rows: Vec<(String, String, String)>,
    groups: BTreeMap<String, Vec<String>>,
}

#[derive(Debug, Clone)]
enum Step {
    Insert(String, String),
    Remove(usize),
    Join(usize, usize),
    Leave(usize, usize),
    Rename(usize, u32),
    Move(usize),
}

fn release() -> impl Strategy<Value = (String, String)> {
    let distribution = prop::sample::select(vec!["almalinux", "debian", "gentoo", "ubuntu"]);
    let version = prop_oneof![
        (1..30u32).prop_map(|n| n.to_string()),
        (20..27u32).prop_map(|n| format!("{n}.04")),
        prop::sample::select(vec!["latest", "testing", "latest-musl"]).prop_map(str::to_owned),
    ];
    (distribution, version).prop_map(|(d, v)| (d.to_owned(), v))
}

fn key(distribution: &str, version: &str) -> String {
    format!("{distribution}_{}", version.replace(['.', '-'], "_"))
}

fn model() -> impl Strategy<Value = Model> {
    let rows = prop::collection::btree_set(release(), 1..7);
    let groups = prop::collection::vec(prop::collection::vec(any::<bool>(), 7), GROUPS.len());
    (rows, groups).prop_map(|(rows, membership)| {
        let mut rows: Vec<_> = rows.into_iter().collect();
        rows.sort_by_key(|(d, v)| (d.clone(), !track::is_numeric(v), track::split(v)));
        let rows: Vec<_> = rows.into_iter().map(|(d, v)| (key(&d, &v), d, v)).collect();
        let groups = GROUPS
            .iter()
            .zip(&membership)
            .map(|(group, is_in)| {
                let members = rows.iter().zip(is_in).filter(|(_, is_in)| **is_in);
                let members = members.map(|((key, ..), _)| key.clone()).collect();
                ((*group).to_owned(), members)
            })
            .collect();
        Model { rows, groups }
    })
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        release().prop_map(|(d, v)| Step::Insert(d, v)),
        (0..9usize).prop_map(Step::Remove),
        (0..9usize, 0..GROUPS.len()).prop_map(|(row, group)| Step::Join(row, group)),
        (0..9usize, 0..GROUPS.len()).prop_map(|(row, group)| Step::Leave(row, group)),
        (0..9usize, 0..9u32).prop_map(|(row, n)| Step::Rename(row, n)),
        (0..9usize).prop_map(Step::Move),
    ]
}

fn era() -> impl Strategy<Value = Era> {
    prop::sample::select(vec![Era::Of2024, Era::Of2025])
}

fn write(model: &Model, era: Era) -> String {
    let mut out = String::from("{ lib }:\nlet\n  table = {\n");
    for (key, distribution, version) in &model.rows {
        let _ = match era {
            Era::Of2024 => {
                let distribution = format!("\"{distribution}\";");
                let version = format!("\"{version}\";");
                writeln!(
                    out,
                    "    {key:24} = {{ distribution = {distribution:12} version = {version:14} }};"
                )
            }
            Era::Of2025 => writeln!(
                out,
                "    {key} = {{\n      distribution = \"{distribution}\";\n      version = \"{version}\";\n    }};"
            ),
        };
    }
    out.push_str("  };\nin\n{\n");
    for (at, group) in GROUPS.iter().enumerate() {
        let members = &model.groups[*group];
        let list = match (era, members.as_slice()) {
            (_, []) => "[ ]".to_owned(),
            (Era::Of2025, [only]) => format!("[ {only} ]"),
            _ => format!("[\n    {}\n  ]", members.join("\n    ")),
        };
        if at == 3 {
            out.push('\n');
        }
        let _ = writeln!(out, "  {group} = with table; {list};");
    }
    out.push_str("}\n");
    out
}

fn evaluated(text: &str) -> Value {
    let value = evaluate(&format!("({text}\n) {{ lib = {{ }}; }}"));
    // The table itself is not a part of it: its rows are seen in the groups.
    value
}

fn expected(model: &Model) -> Value {
    let row = |key: &String| {
        let (_, d, v) = model.rows.iter().find(|(k, ..)| k == key).unwrap();
        json!({ "distribution": d, "version": v })
    };
    let groups: BTreeMap<&String, Vec<Value>> = model
        .groups
        .iter()
        .map(|(name, members)| (name, members.iter().map(row).collect()))
        .collect();
    json!(groups)
}

/// Rows and groups as they are read, with the rows' order: what Nix does not show.
fn as_read(file: &NixFile) -> Vec<String> {
    let facts = file.table().unwrap();
    facts.rows.iter().map(|r| r.key.value.to_string()).collect()
}

/// Puts a group's members into the order of the table.
fn sort(model: &mut Model) {
    let order: Vec<&String> = model.rows.iter().map(|(key, ..)| key).collect();
    for members in model.groups.values_mut() {
        members.sort_by_key(|member| order.iter().position(|key| *key == member));
    }
}

/// Does one step to the text and the model.
fn perform(file: &mut NixFile, model: &mut Model, step: &Step) {
    let at = |at: usize| (!model.rows.is_empty()).then(|| at % model.rows.len());
    let done = match step {
        Step::Insert(distribution, version) => {
            let key = key(distribution, version);
            if model.rows.iter().any(|(k, ..)| *k == key) {
                return;
            }
            model
                .rows
                .push((key.clone(), distribution.clone(), version.clone()));
            let new = NewRow {
                key: key.into(),
                distribution: distribution.into(),
                version: version.into(),
                after: None,
                before: None,
            };
            insert_row(file, &new)
        }
        Step::Remove(row) => {
            let Some(row) = at(*row) else { return };
            let (key, ..) = model.rows.remove(row);
            for members in model.groups.values_mut() {
                members.retain(|member| *member != key);
            }
            remove_row(file, &key)
        }
        Step::Join(row, group) => {
            let Some(row) = at(*row) else { return };
            let key = model.rows[row].0.clone();
            let members = model.groups.get_mut(GROUPS[*group]).unwrap();
            if !members.contains(&key) {
                members.push(key.clone());
            }
            add_member(file, GROUPS[*group], &key)
        }
        Step::Leave(row, group) => {
            let Some(row) = at(*row) else { return };
            let key = model.rows[row].0.clone();
            let members = model.groups.get_mut(GROUPS[*group]).unwrap();
            if !members.contains(&key) {
                return;
            }
            members.retain(|member| *member != key);
            remove_member(file, GROUPS[*group], &key)
        }
        Step::Rename(row, n) => {
            let Some(row) = at(*row) else { return };
            let (old, new) = (model.rows[row].0.clone(), format!("other_{n}"));
            if model.rows.iter().any(|(key, ..)| *key == new) {
                return;
            }
            model.rows[row].0.clone_from(&new);
            for member in model.groups.values_mut().flatten() {
                if *member == old {
                    member.clone_from(&new);
                }
            }
            rename_key(file, &old, &new)
        }
        Step::Move(row) => {
            let Some(row) = at(*row) else { return };
            let key = model.rows[row].0.clone();
            move_row(file, &key)
        }
    };
    assert_eq!(done, Ok(()), "{step:?} is refused:\n{}", file.text());
    // Where a row went is for the text to say; it has to be in order.
    let order = as_read(file);
    model
        .rows
        .sort_by_key(|(key, ..)| order.iter().position(|known| known == key));
    sort(model);
}

/// Returns whether distributions stand in alphabetical order and their numeric releases ascend.
fn is_ordered(model: &Model) -> bool {
    let distributions: Vec<&String> = model.rows.iter().map(|(_, d, _)| d).collect();
    distributions.is_sorted()
        && distributions.iter().all(|distribution| {
            let versions: Vec<_> = model
                .rows
                .iter()
                .filter(|(_, d, v)| d == *distribution && track::is_numeric(v))
                .map(|(.., v)| track::split(v).1)
                .collect();
            versions.is_sorted()
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_steps_evaluate_to_what_is_expected(
        model in model(), era in era(), steps in prop::collection::vec(step(), 1..8),
    ) {
        let text = write(&model, era);
        prop_assert!(era == Era::Of2024 || is_formatted(&text), "the test's own: {text}");
        let (mut file, mut model) = (file(&text), model);
        for step in &steps {
            perform(&mut file, &mut model, step);
            prop_assert!(is_ordered(&model), "{step:?}:\n{}", file.text());
            let formatted = era == Era::Of2024 || is_formatted(file.text());
            prop_assert!(formatted, "{step:?} leaves it unformatted:\n{}", file.text());
        }
        prop_assert_eq!(evaluated(file.text()), expected(&model), "{}", file.text());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn what_is_inserted_and_removed_leaves_no_trace(
        model in model(), era in era(), crlf: bool, (distribution, version) in release(),
        group in 0..GROUPS.len(),
    ) {
        let text = write(&model, era);
        let text = if crlf { text.replace('\n', "\r\n") } else { text };
        let mut changed = file(&text);
        let key = key(&distribution, &version);
        if model.rows.iter().all(|(known, ..)| *known != key) {
            let new = NewRow {
                key: SmolStr::new(&key),
                distribution: distribution.into(),
                version: version.into(),
                after: None,
                before: None,
            };
            insert_row(&mut changed, &new).unwrap();
            add_member(&mut changed, GROUPS[group], &key).unwrap();
            prop_assert_eq!(changed.text().contains('\r'), crlf);
            prop_assert_eq!(changed.text().matches("\r\n").count() == changed.text().matches('\n').count(), crlf);
            remove_row(&mut changed, &key).unwrap();
        }
        prop_assert_eq!(changed.text(), text.as_str());
        prop_assert_eq!(changed.changes(), []);
    }

    /// A row that is where it belongs stays there.
    #[test]
    fn what_is_in_order_does_not_move(model in model(), era in era(), at in 0..7usize) {
        let text = write(&model, era);
        let mut changed = file(&text);
        let (key, _, version) = &model.rows[at % model.rows.len()];
        prop_assume!(track::is_numeric(version));
        move_row(&mut changed, key).unwrap();
        let order: Vec<String> = model.rows.iter().map(|(key, ..)| key.clone()).collect();
        prop_assert_eq!(as_read(&changed), order);
    }
}
