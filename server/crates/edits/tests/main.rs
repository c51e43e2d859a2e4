//! `new`, `retire`, `rename`, `bump`: on every image of the checkouts in `fixtures/`, and on small
//! checkouts that show the change (`changes/`).

#![cfg(test)]
#![allow(clippy::string_slice, reason = "clippy.toml cannot allow it in tests")]

mod after;
mod renames;
mod succession;

use std::collections::BTreeMap;
use std::path::Path;

use analysis::Snapshot;
use edits::{
    Bump, Change, Documentation, Edit, FileOnDisk, Fix, FixKind, HostCgroups, InitSystem, MaskInto,
    MaskUnit, NewBuilder, NewImage, Note, PathRange, TagChoice,
};
use fixture::{CLEAN, Fixture, Suite, checkout, golden};
use model::Node;
use model::settings::Severity;
use model::tree::{File, Tree};
use rules::Finding;
use smol_str::SmolStr;
use syntax::TextRange;

fn main() {
    Suite::new(env!("CARGO_MANIFEST_DIR"))
        .files("changes", picture_of_fixture)
        .files("successors", succession::picture_of_checkout)
        .test(
            "a_new_image_has_nothing_wrong_but_what_is_to_be_verified",
            a_new_image_has_nothing_wrong_but_what_is_to_be_verified,
        )
        .test(
            "what_is_to_be_verified_stands_where_it_says",
            what_is_to_be_verified_stands_where_it_says,
        )
        .test(
            "retiring_a_new_image_leaves_everything_as_it_was",
            retiring_a_new_image_leaves_everything_as_it_was,
        )
        .test(
            "retiring_any_image_leaves_nothing_wrong",
            retiring_any_image_leaves_nothing_wrong,
        )
        .test(
            "renaming_there_and_back_leaves_everything_as_it_was",
            renaming_there_and_back_leaves_everything_as_it_was,
        )
        .test("renames::there_and_back", renames::there_and_back)
        .test(
            "succession::a_flavour_comes_and_goes",
            succession::a_flavour_comes_and_goes,
        )
        .test(
            "a_finding_is_silenced_where_it_stands",
            a_finding_is_silenced_where_it_stands,
        )
        .test(
            "after::what_new_lists_is_open",
            after::what_new_lists_is_open,
        )
        .test(
            "after::addresses_are_expanded",
            after::addresses_are_expanded,
        )
        .test(
            "after::a_value_that_is_changed_by_hand_is_closed",
            after::a_value_that_is_changed_by_hand_is_closed,
        )
        .test(
            "after::a_recorded_value_is_closed_until_it_is_another_one",
            after::a_recorded_value_is_closed_until_it_is_another_one,
        )
        .test(
            "after::a_value_that_was_asked_about_has_a_date",
            after::a_value_that_was_asked_about_has_a_date,
        )
        .test(
            "after::what_bump_lists_is_open",
            after::what_bump_lists_is_open,
        )
        .test("after::commands_come_next", after::commands_come_next)
        .test(
            "after::callers_of_a_changed_helper_are_tested",
            after::callers_of_a_changed_helper_are_tested,
        )
        .test(
            "after::a_commit_has_a_subject",
            after::a_commit_has_a_subject,
        )
        .test("any_text::is_changed_or_refused", any_text::check_random)
        .execute()
}

/// Returns the content of all files and links of a tree, to compare two of them.
fn contents(tree: &Tree) -> BTreeMap<String, String> {
    let mut contents: BTreeMap<String, String> = BTreeMap::new();
    for (_, file) in tree.files() {
        contents.insert(file.path.to_string(), file.text.to_string());
    }
    let images = format!("{}images", tree.layout.prefix());
    for (name, node) in tree.children(&images) {
        let what = match node {
            Node::Link(target) => format!("-> {target}"),
            Node::Directory => "/".to_owned(),
            Node::Unreadable => "?".to_owned(),
            Node::File(_) => continue,
        };
        contents.insert(format!("{images}/{name}"), what);
    }
    contents
}

/// Returns the differences in one file.
fn difference(
    before: &BTreeMap<String, String>,
    after: &BTreeMap<String, String>,
    path: &str,
) -> Option<String> {
    let text =
        |contents: &BTreeMap<String, String>| contents.get(path).cloned().unwrap_or_default();
    if before.get(path) == after.get(path) {
        return None;
    }
    let diff = similar::TextDiff::from_lines(text(before), text(after))
        .unified_diff()
        .context_radius(1)
        .to_string();
    Some(format!("{path}:\n{diff}"))
}

fn new_image(name: &str) -> NewImage {
    NewImage {
        name: SmolStr::new(name),
        ..NewImage::default()
    }
}

/// Returns every release that may come next in the clean checkouts, with the change that makes it.
fn successors() -> Vec<(String, Snapshot, SmolStr, Change)> {
    let mut found = Vec::new();
    for fixture in CLEAN {
        let snapshot = checkout(fixture);
        let mut names: Vec<SmolStr> = snapshot
            .model
            .images
            .keys()
            .filter_map(|like| edits::proposal(&snapshot.view(), like))
            .collect();
        names.sort();
        names.dedup();
        for name in names {
            let change = edits::scaffold(&snapshot.view(), &new_image(&name), &[])
                .unwrap_or_else(|refusal| panic!("{fixture}: {name}: {refusal}"));
            // And the one after it.
            let after = snapshot.with_edits(&change.edits);
            let next = edits::proposal(&after.view(), &name).unwrap();
            let next_change = edits::scaffold(&after.view(), &new_image(&next), &[])
                .unwrap_or_else(|refusal| panic!("{fixture}: {next}: {refusal}"));
            found.push((fixture.to_owned(), snapshot.clone(), name, change));
            found.push((fixture.to_owned(), after, next, next_change));
        }
    }
    assert!(found.len() > 50, "{}", found.len());
    found
}

/// Returns whether a finding stands on a line that is to be verified anyway.
fn is_in_doubt(change: &Change, file: &File, finding: &Finding) -> bool {
    let line = |range: TextRange| file.lines().line_of(range.start());
    change
        .verify
        .iter()
        .any(|verify| verify.path == file.path && line(verify.range) == line(finding.at.range))
}

fn a_new_image_has_nothing_wrong_but_what_is_to_be_verified() {
    let mut wrong = Vec::new();
    for (fixture, snapshot, name, change) in successors() {
        let after = snapshot.with_edits(&change.edits);
        assert!(after.model.images.contains_key(&name), "{fixture}: {name}");
        for (file, _, findings) in after.findings() {
            for finding in findings.iter().filter(|f| f.severity >= Severity::Warning) {
                if !is_in_doubt(&change, file, finding) {
                    wrong.push(format!(
                        "{fixture}: {name}: {}: {}",
                        finding.rule.code, finding.message
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn what_is_to_be_verified_stands_where_it_says() {
    for (fixture, snapshot, name, change) in successors() {
        let after = edits::apply(&snapshot.tree, &change.edits);
        for verify in &change.verify {
            let file = after.file(after.id(&verify.path).unwrap()).unwrap();
            assert_eq!(
                file.slice(verify.range),
                verify.text,
                "{fixture}: {name}: {}",
                verify.why
            );
            assert!(!verify.text.is_empty());
        }
    }
}

fn retiring_a_new_image_leaves_everything_as_it_was() {
    let mut wrong = Vec::new();
    for (fixture, snapshot, name, change) in successors() {
        let made = snapshot.with_edits(&change.edits);
        let retired = match edits::retire(&made.view(), &name, &[]) {
            Ok(change) => made.with_edits(&change.edits),
            Err(refusal) => {
                wrong.push(format!("{fixture}: {name}: {refusal}"));
                continue;
            }
        };
        let (before, after) = (contents(&snapshot.tree), contents(&retired.tree));
        // What fell off the end of a chain of tags, and was said, comes back by no rule.
        let is_lost = change
            .notes
            .iter()
            .any(|n| n.message.contains(" lost `old"));
        for path in before.keys().chain(after.keys()) {
            if is_lost && path == model::tree::REPOSITORY {
                continue;
            }
            wrong.extend(
                difference(&before, &after, path).map(|d| format!("{fixture}: {name}: {d}")),
            );
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn retiring_any_image_leaves_nothing_wrong() {
    let mut wrong = Vec::new();
    for fixture in CLEAN {
        let snapshot = checkout(fixture);
        for name in snapshot.model.images.keys() {
            let change = match edits::retire(&snapshot.view(), name, &[]) {
                Ok(change) => change,
                Err(refusal) => {
                    wrong.push(format!("{fixture}: {name}: {refusal}"));
                    continue;
                }
            };
            let after = snapshot.with_edits(&change.edits);
            assert!(!after.model.images.contains_key(name));
            for (file, _, findings) in after.findings() {
                for finding in findings.iter().filter(|f| f.severity >= Severity::Warning) {
                    // A note names what cannot be done for the user.
                    let mut ranges = change.notes.iter().filter_map(|note| note.at.as_ref());
                    if !ranges.any(|at| at.path == file.path) {
                        wrong.push(format!(
                            "{fixture}: {name}: {}: {}",
                            finding.rule.code, finding.message
                        ));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn renaming_there_and_back_leaves_everything_as_it_was() {
    let mut wrong = Vec::new();
    for fixture in CLEAN {
        let snapshot = checkout(fixture);
        for name in snapshot.model.images.keys() {
            let other = format!("{name}0");
            let there = match edits::rename(&snapshot.view(), name, &other) {
                Ok(change) => snapshot.with_edits(&change.edits),
                Err(refusal) => {
                    wrong.push(format!("{fixture}: {name}: {refusal}"));
                    continue;
                }
            };
            for (_, _, findings) in there.findings() {
                // It may be the newest now, which has to be tested; and what its scripts say of the
                // release themselves is the user's to change.
                let follows = ["missing-test-entry", "name-mismatch", "release-mismatch"];
                let new = |f: &&Finding| {
                    f.severity >= Severity::Warning && !follows.contains(&f.rule.code)
                };
                for finding in findings.iter().filter(new) {
                    wrong.push(format!(
                        "{fixture}: {name}: {}: {}",
                        finding.rule.code, finding.message
                    ));
                }
            }
            let back = edits::rename(&there.view(), &other, name).unwrap();
            let back = there.with_edits(&back.edits);
            let (before, after) = (contents(&snapshot.tree), contents(&back.tree));
            for path in before.keys().chain(after.keys()) {
                wrong.extend(
                    difference(&before, &after, path).map(|d| format!("{fixture}: {name}: {d}")),
                );
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

// Pictures

/// The words of a command, as a shell would have them.
fn words(command: &str) -> Vec<String> {
    command.split_whitespace().map(str::to_owned).collect()
}

/// Returns the value of an option in a command.
fn option(words: &[String], name: &str) -> Option<String> {
    let at = words.iter().position(|word| word == name)?;
    words.get(at + 1).cloned()
}

/// Returns the change that a command asks for.
fn change_of(snapshot: &Snapshot, command: &str) -> Result<Change, edits::Refusal> {
    let words = words(command);
    let get = |name: &str| option(&words, name);
    let view = snapshot.view();
    match words[0].as_str() {
        "new" => {
            let tags = words.windows(2).filter(|pair| pair[0] == "--tag");
            let tags: Vec<SmolStr> = tags.map(|pair| pair[1].as_str().into()).collect();
            let tags = match (tags.is_empty(), command.contains("--no-tags")) {
                (false, _) => TagChoice::Given(tags),
                (true, true) => TagChoice::None,
                (true, false) => TagChoice::Inherited,
            };
            let new = NewImage {
                name: words[1].as_str().into(),
                like: get("--like").map(Into::into),
                builder: get("--builder").map(Into::into),
                replace: get("--replace").map(Into::into),
                cgroup: get("--cgroup").map(|group| match group.as_str() {
                    "all" => HostCgroups::All,
                    "v2" => HostCgroups::V2,
                    _ => HostCgroups::V1,
                }),
                tags,
                init: get("--init").map(|init| match init.as_str() {
                    "systemd" => InitSystem::Systemd,
                    _ => InitSystem::Other,
                }),
                keep_tested: command.contains("--keep-tested"),
                force: command.contains("--force"),
                elsewhere: Some(Vec::new()),
                plain: command.contains("--plain"),
            };
            edits::scaffold(&view, &new, &[])
        }
        "new-builder" => {
            let base = get("--from");
            let base = base.as_deref().and_then(|base| base.split_once(':'));
            let new = NewBuilder {
                name: words[1].as_str().into(),
                like: get("--like").map(Into::into),
                from: base.map(|(distribution, release)| (distribution.into(), release.into())),
            };
            edits::new_builder(&view, &new)
        }
        "retire" => {
            let documentation = Documentation {
                path: "docs/images.md".into(),
                text: "Use debian-13, not debian-1.\n".into(),
            };
            edits::retire(&view, &words[1], &[documentation])
        }
        "rename" => {
            if command.contains("--checked") {
                edits::check_renamed(&view, &words[1], &words[2])?;
            }
            edits::rename(&view, &words[1], &words[2])
        }
        "publish" => {
            let kind = FixKind::Register {
                image: words[1].as_str().into(),
                tags: TagChoice::Inherited,
            };
            let fix = Fix::new(format!("Publish {}", words[1]), kind);
            let (edits, notes) = fix.edits_and_notes(&view)?;
            let note = |message| Note { at: None, message };
            Ok(Change {
                title: fix.title,
                edits,
                verify: Vec::new(),
                notes: notes.into_iter().map(note).collect(),
                image: words[1].as_str().into(),
                like: None,
            })
        }
        "bump" => {
            let set = get("--set").map(|s| {
                let (name, value) = s.split_once('=').unwrap();
                (name.to_owned(), value.to_owned())
            });
            let bump = Bump {
                pointver: get("--pointver"),
                build: get("--build"),
                set: set.into_iter().collect(),
                force: command.contains("--force"),
            };
            edits::bump(&view, &words[1], &bump)
        }
        "mask" => {
            let into = match command.contains("--include") {
                true => MaskInto::Include,
                false => MaskInto::Image,
            };
            let mask = MaskUnit {
                image: words[1].as_str().into(),
                unit: words[2].as_str().into(),
                like: get("--like").map(Into::into),
                into,
            };
            edits::mask_unit(&view, &mask)
        }
        other => panic!("unknown command {other}"),
    }
}

/// Returns a change as a person reads it: files that are made, renamed and deleted, texts as a
/// patch, values to verify, notes.
fn picture(snapshot: &Snapshot, change: &Result<Change, edits::Refusal>) -> String {
    let change = match change {
        Ok(change) => change,
        Err(refusal) => return format!("refused: {refusal}\n"),
    };
    let mut out = format!("{}\n", change.title);
    for edit in &change.edits {
        let line = match edit {
            Edit::Text { .. } | Edit::Create { .. } => continue,
            Edit::Copy { from, to } => format!("copy {from} to {to}"),
            Edit::Symlink { path, points_to } => format!("link {path} -> {points_to}"),
            Edit::Rename { from, to } => format!("rename {from} to {to}"),
            Edit::Delete { path } | Edit::DeleteDirectory { path } => format!("delete {path}"),
            Edit::Unlink { path } => format!("unlink {path}"),
        };
        out.push_str(&line);
        out.push('\n');
    }
    let created = change.edits.iter().filter_map(|edit| match edit {
        Edit::Create { path, text } => Some((path.to_string(), String::new(), text.clone())),
        _ => None,
    });
    let mut texts: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for edit in &change.edits {
        if let Edit::Text {
            file,
            range,
            new_text,
        } = edit
        {
            texts
                .entry(*file)
                .or_default()
                .push((*range, new_text.as_str()));
        }
    }
    let edited = texts.into_iter().map(|(id, edits)| {
        let file = snapshot.tree.file(id).unwrap();
        let after = edits::text_after(&file.text, &edits);
        (file.path.to_string(), file.text.to_string(), after)
    });
    let mut files: Vec<_> = created.chain(edited).collect();
    files.sort();
    for (path, before, after) in files {
        out.push_str(&format!("--- {path}\n"));
        let diff = similar::TextDiff::from_lines(&before, &after);
        out.push_str(&diff.unified_diff().context_radius(1).to_string());
    }
    let after = edits::apply(&snapshot.tree, &change.edits);
    for verify in &change.verify {
        let file = after.file(after.id(&verify.path).unwrap()).unwrap();
        let line = file.lines().line_of(verify.range.start()) + 1;
        let text = verify.text.replace('\n', " ");
        out.push_str(&format!(
            "verify {}:{line}: {text}: {}\n",
            verify.path, verify.why
        ));
    }
    for note in &change.notes {
        let at = note
            .at
            .as_ref()
            .map_or(String::new(), |PathRange { path, range }| {
                let file = snapshot.tree.id(path).and_then(|id| snapshot.tree.file(id));
                let line = file.map_or(0, |f| f.lines().line_of(range.start())) + 1;
                format!("{path}:{line}: ")
            });
        out.push_str(&format!("note {at}{}\n", note.message));
    }
    out
}

/// What stands between a command and the files of a deleted directory that git does not know.
const UNTRACKED: &str = " # untracked: ";

/// Keeps files that git does not know, if there are any.
fn keep(snapshot: &Snapshot, change: Change, untracked: &str) -> Result<Change, edits::Refusal> {
    let untracked = words(untracked);
    let deleted = change.edits.iter().find_map(|edit| match edit {
        Edit::DeleteDirectory { path } => Some(path.clone()),
        _ => None,
    });
    let Some(directory) = deleted.filter(|_| !untracked.is_empty()) else {
        return Ok(change);
    };
    let file = |path: &str, is_tracked: bool| FileOnDisk {
        path: path.into(),
        is_link: path.ends_with(".link"),
        is_tracked,
    };
    let below = format!("{directory}/");
    let untracked: Vec<String> = untracked
        .iter()
        .map(|path| format!("{below}{path}"))
        .collect();
    let known = snapshot.tree.files().map(|(_, file)| file.path.as_str());
    let known = known.filter(|path| path.starts_with(&below));
    let known = known.filter(|path| !untracked.iter().any(|other| other == path));
    let files: Vec<FileOnDisk> = known
        .map(|path| file(path, true))
        .chain(untracked.iter().map(|path| file(path, false)))
        .collect();
    edits::keep_untracked(&snapshot.view(), change, &files)
}

/// Checks a fixture of `changes/`: a checkout, and after each `#= COMMAND` the change that it
/// asks for.
fn picture_of_fixture(path: &Path) {
    let read = |text: &str| Fixture::parse(path, text).snapshot(None);
    golden::check_commands(path, read, |snapshot, command| {
        let (command, untracked) = command.split_once(UNTRACKED).unwrap_or((command, ""));
        let change = change_of(snapshot, command);
        let kept = change.and_then(|change| keep(snapshot, change, untracked));
        picture(snapshot, &kept)
    });
}

// Any text

mod any_text {
    use model::tree::{REPOSITORY, TEST_TABLE};
    use proptest::prelude::*;
    use syntax::nix;

    use super::*;

    /// Generates changes that a person may make to a text: cuts, insertions, repetitions.
    fn damage() -> impl Strategy<Value = (usize, usize, String)> {
        let junk = prop_oneof![
            "[{}\\[\\];=\"#\n a-z.]{0,6}",
            prop::sample::select(vec![
                "/* x */",
                "# x\n",
                "\r\n",
                "{ }",
                "[ ]",
                "rec ",
                "with x; ",
                "\"\u{e9}\"",
                "''\n",
                "${x}",
                "inherit x;",
                "a.b.c = 1;",
                "// { }",
                "++ [ ]",
                "\t",
                "# image-scripts: ignore[x]\n",
            ])
            .prop_map(str::to_owned),
        ];
        (0..20_000usize, 0..60usize, junk)
    }

    fn damaged(text: &str, damages: &[(usize, usize, String)]) -> String {
        let mut text = text.to_owned();
        for (start, length, junk) in damages {
            let boundary = |at: usize, text: &str| {
                (0..=at.min(text.len()))
                    .rev()
                    .find(|n| text.is_char_boundary(*n))
                    .unwrap()
            };
            let start = boundary(start % (text.len() + 1), &text);
            let end = boundary(start + length, &text).max(start);
            text.replace_range(start..end, junk);
        }
        text
    }

    /// Checks that a Nix file that parses still parses after the edits.
    fn check(before: &Snapshot, edits: &[Edit]) {
        let after = edits::apply(&before.tree, edits);
        for edit in edits {
            let Edit::Text { file, .. } = edit else {
                continue;
            };
            let old = before.tree.file(*file).unwrap();
            // Scripts may have been renamed; the Nix files never are.
            let Some(new) = after.file(*file) else {
                assert!(![REPOSITORY, TEST_TABLE].contains(&&*old.path));
                continue;
            };
            let parses = |file: &File| match &*file.path {
                REPOSITORY => nix::repository(&file.text).errors.is_empty(),
                TEST_TABLE => nix::test_table(&file.text).errors.is_empty(),
                _ => true,
            };
            assert!(!parses(old) || parses(new), "{}", new.text);
        }
    }

    /// Checks changes of any text: they are refused, or leave one that parses where it did.
    pub(crate) fn check_random() {
        is_changed_or_refused();
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(96))]

        fn is_changed_or_refused(
            old: bool,
            repository in prop::collection::vec(damage(), 0..3),
            table in prop::collection::vec(damage(), 0..3),
            script in prop::collection::vec(damage(), 0..3),
        ) {
            let mut snapshot = checkout(if old { "clean-2024" } else { "contribution" });
            let build = if old { "almalinux-9" } else { "almalinux-10" };
            let build = format!("image-scripts/images/{build}/build.sh");
            for (path, damages) in [(REPOSITORY, &repository), (TEST_TABLE, &table), (&build, &script)] {
                let id = snapshot.tree.id(path).unwrap();
                let text = damaged(&snapshot.tree.file(id).unwrap().text, damages);
                // A new file: nothing is known of the text before.
                let kind = snapshot.tree.layout.kind_of(path).unwrap();
                snapshot.tree.insert_file(File::new(path.into(), kind, text.into(), None));
            }
            snapshot.rebuild();
            let view = snapshot.view();
            for (_, id, findings) in snapshot.findings() {
                for finding in findings {
                    for fix in &finding.fixes {
                        if let Ok(edits) = fix.edits(&view) {
                            check(&snapshot, &edits);
                        }
                    }
                    let file = snapshot.tree.file(id).unwrap();
                    let range = finding.at.range;
                    let silencing = edits::Suppressor::new(file, id).suppress(range, finding.rule.code);
                    check(&snapshot, &silencing.into_iter().collect::<Vec<_>>());
                }
            }
            for command in [
                "new debian-14", "new almalinux-11 --replace almalinux-9", "new gentoo-x --like gentoo-openrc --tag x",
                "retire debian-12", "retire almalinux-9", "rename debian-12 debian-11", "rename arch arch-1",
                "bump almalinux-9 --pointver 9.9 --build 8", "bump almalinux-10 --set POINTVER=10.9",
            ] {
                if let Ok(change) = change_of(&snapshot, command) {
                    check(&snapshot, &change.edits);
                }
            }
        }
    }
}

/// Silencing a finding where it stands leaves all others, and needs no other comment.
fn a_finding_is_silenced_where_it_stands() {
    let mut silenced = 0;
    for fixture in ["contribution", "clean-2024", "clean-2026"] {
        let snapshot = checkout(fixture);
        for (file, id, findings) in snapshot.findings() {
            for finding in findings {
                let range = finding.at.range;
                let Some(edit) =
                    edits::Suppressor::new(file, id).suppress(range, finding.rule.code)
                else {
                    continue;
                };
                let after = snapshot.with_edits(&[edit]);
                let count = |snapshot: &Snapshot| -> BTreeMap<String, usize> {
                    let mut counts = BTreeMap::new();
                    for (_, _, findings) in snapshot.findings() {
                        for f in findings {
                            *counts
                                .entry(format!("{}: {}", f.rule.code, f.message))
                                .or_default() += 1;
                        }
                    }
                    counts
                };
                let (mut before, after) = (count(&snapshot), count(&after));
                let own = format!("{}: {}", finding.rule.code, finding.message);
                // The same said twice on one line is silenced as one.
                let left = after.get(&own).copied().unwrap_or(0);
                assert!(left < before[&own], "{}: {own}", file.path);
                before.remove(&own);
                let mut after = after;
                after.remove(&own);
                assert_eq!(before, after, "{}: {own}", file.path);
                silenced += 1;
            }
        }
    }
    assert!(silenced > 15, "{silenced}");
}
