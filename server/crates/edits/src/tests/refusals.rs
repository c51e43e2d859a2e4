//! Texts that are not changed, and what is said then: the file, the line, the shape that was met.

use super::{file, key};
use crate::nix::{NixFile, NotEditable};
use crate::repository::{NewEntry, add_tags, insert_entry, remove_entry, remove_tag};
use crate::test_table::{NewRow, add_member, insert_row, remove_row, set_release};

/// Checks that a step is refused with a message, and leaves the text as it was.
fn check(text: &str, step: impl FnOnce(&mut NixFile) -> Result<(), NotEditable>, expected: &str) {
    let mut file = file(text);
    let refused = step(&mut file).expect_err("it cannot be done");
    assert_eq!(refused.to_string(), expected, "{text}");
    assert_eq!(file.text(), text);
}

fn insert_debian_13(file: &mut NixFile) -> Result<(), NotEditable> {
    let new = NewEntry {
        key: key("debian", "13"),
        name: None,
        tags: vec!["latest".into(), "stable".into()],
        track: None,
        written_tags: None,
    };
    insert_entry(file, &new, &|_| None)
}

fn tag_debian_12(file: &mut NixFile) -> Result<(), NotEditable> {
    add_tags(file, &key("debian", "12"), &["x".into()], &[])
}

/// Returns a repository whose `images` are bound as given.
fn repository(images: &str) -> String {
    format!("{{ ... }}:\n{{\n  services.osctl.image-repository.x = {{\n    {images}\n  }};\n}}\n")
}

#[test]
fn no_place_for_an_entry() {
    for (images, expected) in [
        (
            "images = f 1;",
            "test.nix:4: `images` is computed by an expression",
        ),
        ("inherit images;", "test.nix:4: `images` is inherited"),
        ("inherit (x) images;", "test.nix:4: `images` is inherited"),
        (
            "images = all;",
            "test.nix:4: `images` is a name for something defined elsewhere",
        ),
        (
            "images = { } // { a = { }; };",
            "test.nix:4: `images` is built with `//`",
        ),
        (
            "images.arch.rolling = { };",
            "test.nix:4: `images` is written as a path, without `{ }`",
        ),
        (
            "images.debian = { } // { };",
            "test.nix:4: `debian` is built with `//`",
        ),
        ("other = 1;", "test.nix: there is no `images`"),
        (
            "images = { debian = { \"12\" = { }; /* x */ }; };",
            "test.nix:4: `debian` has a comment on its only line",
        ),
    ] {
        check(&repository(images), insert_debian_13, expected);
    }
    check(
        "{ ... }:\n{\n  services.osctl.image-repository = f 1;\n}\n",
        insert_debian_13,
        "test.nix:3: `image-repository` is computed by an expression",
    );
    check(
        "{ }",
        insert_debian_13,
        "test.nix: there is no `image-repository`",
    );
    check("{", insert_debian_13, "test.nix: it does not parse");
}

#[test]
fn entries_that_cannot_be_changed() {
    let of_12 = |entry: &str| repository(&format!("images.debian = {{\n      {entry}\n    }};"));
    for (entry, expected) in [
        (
            "\"12\".tags = f x;",
            "test.nix:5: `tags` is computed by an expression",
        ),
        (
            "\"12\" = { tags = [ \"a\" ] ++ x ++ [ \"b\" ]; };",
            "test.nix:5: `tags` is a list built with `++`",
        ),
        (
            "\"12\" = { inherit tags; };",
            "test.nix:5: `tags` is inherited",
        ),
        (
            "\"12\" = other;",
            "test.nix:5: entry `debian.\"12\"` is a name for something defined elsewhere",
        ),
        (
            "\"11\" = { };",
            "test.nix: there is no entry `debian.\"12\"`",
        ),
    ] {
        check(&of_12(entry), tag_debian_12, expected);
    }
    check(
        &of_12("\"12\" = { };"),
        |file| remove_tag(file, &key("debian", "12"), "x"),
        "test.nix: there is no `tags` in entry `debian.\"12\"`",
    );
    check(
        &repository("images.debian = { \"11\" = { }; } // { \"12\" = { }; };"),
        |file| remove_entry(file, &key("debian", "12"), &[]),
        "test.nix:4: `debian` is built with `//`",
    );
}

/// The line is that of the text as it was, whatever was done before.
#[test]
fn lines_are_those_of_the_text_as_it_was() {
    let text = repository(
        "images = {\n      debian = {\n        \"11\" = { };\n      };\n      x.\"1\".tags = f 1;\n    };",
    );
    let mut file = file(&text);
    insert_debian_13(&mut file).unwrap();
    let refused = add_tags(&mut file, &key("x", "1"), &["y".into()], &[]).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "test.nix:8: `tags` is computed by an expression"
    );
}

#[test]
fn rows_and_groups_that_cannot_be_changed() {
    let table = "{ lib }:\nlet\n  table = {\n    debian_12 = { distribution = \"debian\"; version = v; };\n    arch.distribution = \"arch\";\n    arch.version = \"latest\";\n  };\n  both = [ table.debian_12 ];\nin {\n  systemd = both;\n  others = [ ] ++ both ++ [ ];\n  cgroupAll = map f [ ];\n}\n";
    check(
        table,
        |file| set_release(file, "debian_12", "debian", "13"),
        "test.nix:4: `version` of row `debian_12` is computed by an expression",
    );
    check(
        table,
        |file| remove_row(file, "arch"),
        "test.nix:5: row `arch` is defined in more than one place",
    );
    for (group, expected) in [
        (
            "systemd",
            "test.nix:10: `systemd` is a name for something defined elsewhere",
        ),
        ("others", "test.nix:11: `others` is a list built with `++`"),
        (
            "cgroupAll",
            "test.nix:12: `cgroupAll` is computed by an expression",
        ),
        ("cgroupv2", "test.nix: there is no group `cgroupv2`"),
    ] {
        check(table, |file| add_member(file, group, "arch"), expected);
    }
    let new = NewRow {
        key: "x".into(),
        distribution: "x".into(),
        version: "1".into(),
        after: None,
        before: None,
    };
    check(
        "{ lib }:\nlet table = import ./x; in { systemd = [ table.a ]; }\n",
        |file| insert_row(file, &new),
        "test.nix:2: `table` is computed by an expression",
    );
}
