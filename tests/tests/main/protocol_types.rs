//! The types that editors declare for messages of our own have the keys that the server sends.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use image_scripts_ls::change_report::{
    ChangeReport, ChangedText, NextCommand, NoteReport, ValueToVerify,
};
use image_scripts_ls_tests::checkout::Checkout;
use image_scripts_ls_tests::client::{Client, Setup};
use image_scripts_ls_tests::command::{commit_all, output_of};
use image_scripts_ls_tests::project::{files, read};
use image_scripts_ls_tests::{program, start};
use serde_json::{Value, json};

/// Declared types: their fields, with the types of these as written.
type Types = BTreeMap<String, BTreeMap<String, String>>;

/// Reads the interfaces of a TypeScript file, one field a line.
fn typescript(text: &str) -> Types {
    let mut types = Types::new();
    let mut current = None;
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("export interface ") {
            let name = rest.split([' ', '{']).next().unwrap();
            current = Some(types.entry(name.to_owned()).or_default());
        } else if line == "}" {
            current = None;
        } else if let Some(fields) = &mut current
            && let Some((name, of)) = line.trim().split_once(':')
            && line.trim_end().ends_with(';')
        {
            let name = name.trim_end_matches('?');
            fields.insert(name.to_owned(), of.trim().to_owned());
        }
    }
    types
}

/// Reads the classes of annotations in a Lua file.
fn lua(text: &str) -> Types {
    let mut types = Types::new();
    let mut current = String::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("---@class ") {
            current = rest.split(' ').next().unwrap().to_owned();
            types.entry(current.clone()).or_default();
        } else if let Some(rest) = line.strip_prefix("---@field ") {
            let (name, of) = rest.split_once(' ').unwrap();
            let name = name.trim_end_matches('?');
            let fields = types.get_mut(&current).unwrap();
            fields.insert(name.to_owned(), of.to_owned());
        }
    }
    types
}

/// Returns the declared type that a type as written consists of: `Problem[] | null`.
fn declared<'t>(types: &'t Types, written: &str) -> Option<&'t str> {
    let first = written.split(' ').next().unwrap();
    let name = first.trim_end_matches(';').trim_end_matches("[]");
    types.get_key_value(name).map(|(name, _)| &**name)
}

/// Compares the keys of a value, and of those in it, with the fields of a type. Adds the types that
/// were compared to `seen`.
fn compare<'t>(types: &'t Types, name: &'t str, value: &Value, seen: &mut BTreeSet<&'t str>) {
    match value {
        Value::Array(values) => values
            .iter()
            .for_each(|value| compare(types, name, value, seen)),
        Value::Object(object) => {
            let fields = &types[name];
            let (sent, expected): (BTreeSet<_>, BTreeSet<_>) =
                (object.keys().collect(), fields.keys().collect());
            assert_eq!(sent, expected, "keys of {name}: sent, and declared");
            seen.insert(name);
            for (key, value) in object {
                if let Some(name) = declared(types, &fields[key]) {
                    compare(types, name, value, seen);
                }
            }
        }
        other => assert!(other.is_null(), "{name} is {other}"),
    }
}

/// Returns a report in which nothing is empty.
fn full_report() -> Value {
    let path = || "image-scripts/images/fedora-45/config.sh".into();
    let report = ChangeReport {
        version: 1,
        title: "New image fedora-45".to_owned(),
        image: "fedora-45".into(),
        like: Some("fedora-44".into()),
        applied: true,
        created: vec![path()],
        edited: vec![path()],
        deleted: vec![path()],
        renamed: vec![(path(), path())],
        symlinks: vec![(path(), "fedora-44".into())],
        verify: vec![ValueToVerify {
            path: path(),
            range: Some(Default::default()),
            text: "45".to_owned(),
            resolved: Some("45".to_owned()),
            why: "a release".to_owned(),
            key: Some("fedora-45/RELVER".to_owned()),
        }],
        notes: vec![NoteReport {
            path: Some(path()),
            range: Some(Default::default()),
            message: "a remark".to_owned(),
        }],
        next: vec![NextCommand {
            command: "image-scripts-ls check".to_owned(),
            why: "it may find something".to_owned(),
        }],
        reason: Some("a reason".to_owned()),
        failed: Some("an error".to_owned()),
        copied: Some(vec![path()]),
        texts: Some(vec![ChangedText {
            path: path(),
            before: None,
            after: Some("RELVER=45\n".to_owned()),
        }]),
        commit: "image-scripts: add fedora-45".to_owned(),
    };
    serde_json::to_value(report).unwrap()
}

/// Returns the responses to `imageScripts/images`, `imageScripts/imagesAt` and
/// `imageScripts/openValues`.
fn responses() -> [Value; 3] {
    let checkout = Checkout::of("contribution");
    let mut client: Client = start!(&Setup::at(&checkout).quiet());
    let images = client.call("imageScripts/images", Value::Null);
    let start = json!({ "line": 0, "character": 0 });
    let params = json!({
        "textDocument": { "uri": checkout.url("image-scripts/images/fedora-44/build.sh") },
        "range": { "start": start, "end": start },
        "context": { "diagnostics": [] },
    });
    let images_at = client.call("imageScripts/imagesAt", params);
    client.finish();
    [images, images_at, open_values()]
}

/// Returns the response to `imageScripts/openValues` after a new release.
fn open_values() -> Value {
    let checkout = Checkout::of("clean-2026");
    commit_all(checkout.root(), "base");
    let mut new = Command::new(program!());
    new.args(["new", "fedora-45"]).current_dir(checkout.root());
    output_of(&mut new, "", "").ok();
    let mut client: Client = start!(&Setup::at(&checkout).quiet());
    let values = client.call("imageScripts/openValues", Value::Null);
    client.finish();
    values
}

/// Compares types with a report and, as far as there are names for them, the responses.
fn check(types: &Types, names: &[&str], expected: &[&str]) {
    let values = std::iter::once(full_report()).chain(responses());
    let mut seen = BTreeSet::new();
    for (name, value) in names.iter().zip(values) {
        let (name, _) = types.get_key_value(*name).unwrap();
        compare(types, name, &value, &mut seen);
    }
    let expected: BTreeSet<&str> = expected.iter().copied().collect();
    assert_eq!(seen, expected, "types that were compared");
}

/// Compares types by the names that the extension for VS Code and the documentation give them.
fn check_typescript(types: &Types) {
    check(
        types,
        &[
            "ChangeReport",
            "ImagesResult",
            "ImagesAtResult",
            "OpenValuesResult",
        ],
        &[
            "ChangeReport",
            "ChangedText",
            "Checkout",
            "CheckoutValues",
            "FindingCounts",
            "ImageState",
            "ImagesAtResult",
            "ImagesResult",
            "NamedFile",
            "NextCommand",
            "Note",
            "OpenValue",
            "OpenValuesResult",
            "Problem",
            "RowState",
            "Tested",
            "TrackState",
            "ValueToVerify",
        ],
    );
}

#[test]
fn of_the_extension_for_vs_code() {
    let types = typescript(&read("editors/vscode/src/protocol.ts"));
    check_typescript(&types);
}

/// The code of a Markdown page, without comments, as a module would export it.
fn code_of(page: &str) -> String {
    let mut code = String::new();
    let blocks = page.split("```ts\n").skip(1);
    for line in blocks.flat_map(|block| block.split("```").next().unwrap().lines()) {
        let line = line.split(" // ").next().unwrap();
        let line = match line
            .strip_prefix("type ")
            .and_then(|l| l.strip_suffix(" = {"))
        {
            Some(name) => format!("interface {name} {{"),
            None if line.starts_with('}') => "}".to_owned(),
            None => line.to_owned(),
        };
        if line.starts_with("interface ") {
            code.push_str("export ");
        }
        code.push_str(&line);
        code.push('\n');
    }
    code
}

#[test]
fn of_the_documentation() {
    let types = typescript(&code_of(&read("editors/PROTOCOL.md")));
    check_typescript(&types);
    let checkout = Checkout::of("clean-2026");
    let build = "image-scripts/images/fedora-44/build.sh";
    checkout.edit(build, "run-configure", "curl x && run-configure ; eval x");
    checkout.edit(build, "bootstrap", "bootstrap && echo x > $INSTALL/x");
    let other = "image-scripts/images/almalinux-9/build.sh";
    checkout.edit(other, ". $INCLUDE/systemd.sh\n", "");
    let mut client: Client = start!(&Setup::at(&checkout).quiet());
    let report = client.call("imageScripts/render", json!({ "image": "fedora-44" }));
    let none = client.call("imageScripts/render", json!({ "image": "fedora" }));
    assert_eq!(none, Value::Null);
    let params = json!({ "image": "fedora-44", "other": "debian-13" });
    let policy = client.call("imageScripts/policy", params);
    let log = "\
        + . /build/basedir.1f2e3d4c/images/almalinux-9/build.sh\n\
        /build/basedir.1f2e3d4c/images/almalinux-9/build.sh: line 17: configure-systemd: command not found\n\
        error: build of almalinux-9 on almalinux failed with exit status 127\n";
    let params = json!({ "text": log, "image": "almalinux-9" });
    let triaged = client.call("imageScripts/triage", params);
    client.finish();
    let mut seen = BTreeSet::new();
    compare(&types, "TriageResult", &triaged, &mut seen);
    compare(&types, "RenderReport", &report, &mut seen);
    compare(&types, "PolicyResult", &policy, &mut seen);
    let expected = [
        "DifferenceReport",
        "InitCommand",
        "PolicyReport",
        "PolicyResult",
        "RenderReport",
        "RenderedCondition",
        "RenderedFile",
        "RenderedScript",
        "RenderedSegment",
        "ReportedItem",
        "ReportedNeighbour",
        "ShownLine",
        "SourceRange",
        "TriageResult",
        "TriagedCause",
        "TriagedFix",
        "TriagedLine",
        "TriagedOrigin",
        "TriagedTest",
    ];
    assert_eq!(seen, expected.into_iter().collect());
}

/// Every name of ours that the server knows has a heading, and no other has.
#[test]
fn names_of_the_documentation() {
    let page = read("editors/PROTOCOL.md");
    let headings: BTreeSet<&str> = page
        .lines()
        .filter_map(|line| line.strip_prefix("### `")?.strip_suffix('`'))
        .filter(|name| name.starts_with("imageScripts"))
        .collect();
    let mut known = BTreeSet::new();
    let sources = files().into_iter();
    for path in sources.filter(|path| path.starts_with("server/src/lsp/")) {
        let text = read(&path);
        for name in text.split('"').skip(1).step_by(2) {
            let plain = name
                .chars()
                .all(|c| c.is_ascii_alphabetic() || "./".contains(c));
            if plain && (name.starts_with("imageScripts.") || name.starts_with("imageScripts/")) {
                known.insert(name.to_owned());
            }
        }
    }
    let known: BTreeSet<&str> = known.iter().map(String::as_str).collect();
    assert_eq!(known, headings);
}

#[test]
fn of_the_plugin_for_neovim() {
    let types = lua(&read("editors/nvim/lua/image_scripts/protocol.lua"));
    check(
        &types,
        &[
            "image_scripts.ChangeReport",
            "image_scripts.Images",
            "image_scripts.ImagesAt",
        ],
        &[
            "image_scripts.ChangeReport",
            "image_scripts.ChangedText",
            "image_scripts.Checkout",
            "image_scripts.FindingCounts",
            "image_scripts.Image",
            "image_scripts.Images",
            "image_scripts.ImagesAt",
            "image_scripts.NamedFile",
            "image_scripts.NextCommand",
            "image_scripts.Note",
            "image_scripts.Problem",
            "image_scripts.Row",
            "image_scripts.Tested",
            "image_scripts.Track",
            "image_scripts.ValueToVerify",
        ],
    );
}
