//! Entries, garbage collection, rows and groups, by reading, are what Nix evaluates.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use image_scripts_ls_tests::checkout::{Folder, fixture};
use serde_json::{Map, Value, json};
use smol_str::SmolStr;
use syntax::nix::{self, NixField, RepositoryFacts, TableFacts};

/// Evaluates an expression.
fn evaluate(expression: &str) -> Value {
    let state = Folder::new();
    let place = |part: &str| state.path().join(part);
    let output = Command::new("nix-instantiate")
        .args(["--eval", "--strict", "--json", "--expr", expression])
        .env("NIX_STATE_DIR", place("state"))
        .env("NIX_STORE_DIR", place("store"))
        .env("NIX_LOCALSTATE_DIR", place("local"))
        .env("NIX_LOG_DIR", place("log"))
        .env("NIX_CONF_DIR", place("conf"))
        .env("HOME", state.path())
        .output()
        .expect("nix-instantiate is missing: apt-get install nix-bin");
    assert!(
        output.status.success(),
        "nix: {}\n{expression}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).expect("JSON of nix-instantiate")
}

fn known(field: &NixField<SmolStr>) -> Option<&str> {
    match field {
        NixField::Absent => None,
        NixField::Known(value) => Some(&value.value),
        NixField::Unknown => panic!("a field of a fixture is unknown"),
    }
}

/// An object without the members that are null.
fn json_object(members: &[(&str, Value)]) -> Value {
    let present = members.iter().filter(|(_, value)| !value.is_null());
    Value::Object(
        present
            .map(|(key, value)| ((*key).to_owned(), value.clone()))
            .collect::<Map<_, _>>(),
    )
}

fn repository_as_read(facts: &RepositoryFacts) -> Value {
    let mut repositories = Map::new();
    for repository in &facts.repositories {
        assert!(repository.entries_complete && repository.collections_complete);
        let mut images: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
        for entry in &repository.entries {
            let tags: Vec<&str> = entry
                .tags
                .items
                .iter()
                .map(|tag| tag.value.as_str())
                .collect();
            let value = json!({ "name": known(&entry.name), "tags": tags });
            images
                .entry(&entry.distribution.value)
                .or_default()
                .insert(entry.version.value.to_string(), value);
        }
        let collections: Vec<Value> = repository
            .collections
            .iter()
            .map(|gc| {
                json_object(&[
                    ("distribution", json!(known(&gc.distribution))),
                    ("version", json!(known(&gc.version))),
                    ("variant", json!(known(&gc.variant))),
                    ("arch", json!(known(&gc.arch))),
                    ("vendor", json!(known(&gc.vendor))),
                    ("keep", json!(gc.keep)),
                ])
            })
            .collect();
        let value = json!({ "images": images, "collections": collections });
        repositories.insert(repository.name.value.to_string(), value);
    }
    Value::Object(repositories)
}

fn repository_as_evaluated(path: &Path) -> Value {
    evaluate(&format!(
        r#"
        let
          file = import {} {{ config = {{ }}; pkgs = {{ }}; lib = {{ }}; }};
          entry = e: {{ name = e.name or null; tags = e.tags or [ ]; }};
          collection = c: c // {{ keep = c ? keep; }};
          repository = r: {{
            images = builtins.mapAttrs (_: builtins.mapAttrs (_: entry)) r.images;
            collections = map collection r.garbageCollection;
          }};
        in
        builtins.mapAttrs (_: repository) file.services.osctl.image-repository
        "#,
        path.display()
    ))
}

fn table_as_read(facts: &TableFacts) -> Value {
    let rows: BTreeMap<&str, Value> = facts
        .rows
        .iter()
        .map(|row| {
            let value =
                json!({ "distribution": known(&row.distribution), "version": known(&row.version) });
            (row.key.value.as_str(), value)
        })
        .collect();
    let mut groups: Map<String, Value> = Map::new();
    for group in facts.groups.iter().filter(|g| g.complete) {
        let members: Vec<&Value> = group
            .members
            .iter()
            .map(|m| &rows[m.key.value.as_str()])
            .collect();
        groups.insert(group.name.value.to_string(), json!(members));
    }
    // `all` is made by a function, which is not followed: it is every row, by the keys' order.
    assert_eq!(
        facts
            .groups
            .iter()
            .filter(|g| !g.complete)
            .map(|g| g.name.value.as_str())
            .collect::<Vec<_>>(),
        ["all"]
    );
    groups.insert("all".to_owned(), json!(rows.values().collect::<Vec<_>>()));
    Value::Object(groups)
}

const LIB: &str = "{ mapAttrsToList = f: s: map (k: f k s.${k}) (builtins.attrNames s); }";

#[test]
fn repositories_and_tables_are_what_nix_evaluates() {
    for name in ["clean-2026", "clean-2024", "contribution"] {
        let path = fixture(name).join("os/configs/image-repository.nix");
        let facts = nix::repository(&std::fs::read_to_string(&path).unwrap())
            .facts
            .expect("facts");
        assert_eq!(
            repository_as_read(&facts),
            repository_as_evaluated(&path),
            "the repository of {name}"
        );

        let path = fixture(name).join("tests/distributions.nix");
        let facts = nix::test_table(&std::fs::read_to_string(&path).unwrap())
            .facts
            .expect("facts");
        let evaluated = evaluate(&format!("import {} {{ lib = {LIB}; }}", path.display()));
        assert_eq!(table_as_read(&facts), evaluated, "the table of {name}");
    }
}

/// The same repository, however it is written.
#[test]
fn shapes_of_a_repository() {
    let shapes = [
        r#"{ services.osctl.image-repository.r.images = { a."1" = { }; a."2".tags = [ "latest" ]; b.x = { name = "y"; }; };
             services.osctl.image-repository.r.garbageCollection = [ ]; }"#,
        r#"{ services.osctl = { image-repository."r" = rec { images.a = { "1" = { }; } // { "2" = { tags = latest; }; };
             images.b.x.name = "y"; latest = [ "latest" ]; garbageCollection = [ ]; }; }; }"#,
        r#"let inherit (tags) latest; tags.latest = [ "latest" ]; b = { x = { name = "y"; }; }; in
           { services.osctl.image-repository.r = { images = { inherit b; a = { "1" = { }; "2" = { tags = latest; }; }; };
             garbageCollection = [ ] ++ [ ]; }; }"#,
    ];
    for shape in shapes {
        let text = format!("{{ config, pkgs, lib, ... }}:\n{shape}\n");
        let folder = Folder::new();
        let path = folder.path().join("repository.nix");
        std::fs::write(&path, &text).unwrap();
        let facts = nix::repository(&text).facts.expect("facts");
        assert_eq!(
            repository_as_read(&facts),
            repository_as_evaluated(&path),
            "{text}"
        );
    }
}

/// The same table, however it is written.
#[test]
fn shapes_of_a_table() {
    let shapes = [
        "g = with table; [ a b ]; h = [ table.b ];",
        "g = with table; [ a ] ++ [ b ]; h = with table; ([ b ]);",
        r#"g = [ table."a" ] ++ (with table; [ b ]); h = let inherit (table) b; in [ b ];"#,
    ];
    let tables = [
        r#"table = { a = { distribution = "x"; version = "1"; }; b = { distribution = "x"; version = "2"; }; };"#,
        r#"table = rec { a.distribution = "x"; a.version = "1"; b = a // { version = "2"; }; };"#,
    ];
    for (shape, table) in shapes
        .iter()
        .flat_map(|shape| tables.iter().map(move |table| (shape, table)))
    {
        let text = format!(
            "{{ lib }}:\nlet {table}\nin {{ {shape} all = lib.mapAttrsToList (k: v: v) table; }}\n"
        );
        let facts = nix::test_table(&text).facts.expect("facts");
        let evaluated = evaluate(&format!("({text}) {{ lib = {LIB}; }}"));
        assert_eq!(table_as_read(&facts), evaluated, "{text}");
    }
}
