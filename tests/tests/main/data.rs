//! `data`: what is known of releases, and from where.

use std::path::Path;
use std::process::Command;

use image_scripts_ls_tests::checkout::{Checkout, Folder};
use image_scripts_ls_tests::command::{Output, output_of};
use image_scripts_ls_tests::program;

use serde_json::Value;

fn data(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(program!());
    command
        .current_dir(folder)
        .args(["data", "--today", "2026-11-01"])
        .args(arguments);
    output_of(&mut command, "", "cargo build")
}

/// The facts of the only release of a JSON report, by name.
fn fact(output: &Output, name: &str) -> Value {
    let report: Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(report["version"], 1);
    let [release] = report["releases"].as_array().unwrap().as_slice() else {
        panic!("one release: {report}");
    };
    let mut facts = release["facts"].as_array().unwrap().iter();
    facts.find(|fact| fact["name"] == name).unwrap().clone()
}

/// It needs no checkout: then nothing but the program's own data counts.
#[test]
fn releases_are_listed_anywhere() {
    let folder = Folder::new();
    let all = data(folder.path(), &[]);
    assert_eq!(all.status, 0);
    for part in [
        "\nalmalinux 10 ",
        "\ndebian 13 ",
        "trixie",
        "\nubuntu 26.04 ",
    ] {
        assert!(all.stdout.contains(part), "{part}: {}", all.stdout);
    }
    let fedora = data(folder.path(), &["fedora"]).stdout;
    let rows = fedora.lines().filter(|line| line.starts_with("fedora "));
    assert!(rows.count() > 10, "{fedora}");
    assert!(!fedora.contains("debian"), "{fedora}");
    let planned = fedora.lines().find(|line| line.starts_with("fedora 44 "));
    assert!(planned.unwrap().contains("2027-05-11?"), "{fedora}");
    // Numbers, not texts, are in order.
    let alpine = data(folder.path(), &["alpine"]).stdout;
    assert!(alpine.find("alpine 3.9 ") < alpine.find("alpine 3.10 "));
}

#[test]
fn a_release_is_shown_with_its_sources() {
    let folder = Folder::new();
    let text = data(folder.path(), &["debian-13"]).stdout;
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "debian 13");
    for (name, value) in [
        ("codename", "trixie"),
        ("released", "2025-08-09"),
        ("standard support", "until 2028-08-09"),
        ("systemd", "257"),
    ] {
        let at = lines
            .iter()
            .position(|line| line.trim_start().starts_with(name))
            .unwrap_or_else(|| panic!("{name}: {text}"));
        assert!(lines[at].ends_with(value), "{text}");
        assert!(lines[at + 1].len() > 10, "the source: {text}");
    }
    let moving = data(folder.path(), &["debian-testing"]).stdout;
    assert!(moving.contains(", most likely"), "{moving}");
    let none = data(folder.path(), &["debian-99"]);
    assert_eq!(none.status, 2);
    assert!(none.stderr.contains("nothing is known of `debian-99`"));
}

#[test]
fn settings_of_the_checkout_count_first() {
    let checkout = Checkout::of("clean-2026");
    checkout.write(
        ".image-scripts.toml",
        "[end-of-life]\ndebian.\"12\" = 2030-01-31\nunheard.\"1\" = \"2027-01-01\"\n\
         [systemd]\ndebian.\"12\" = 253\n[codenames]\ndebian.\"12\" = \"worm\"\n",
    );
    let output = data(checkout.root(), &["debian-12", "--format", "json"]);
    for (name, value) in [
        ("standard support", "2030-01-31"),
        ("systemd", "253"),
        ("codename", "worm"),
    ] {
        let fact = fact(&output, name);
        assert_eq!(fact["value"], value);
        assert_eq!(fact["source"], ".image-scripts.toml");
        assert_eq!(fact["certain"], true);
    }
    let shipped = fact(&output, "released");
    assert_eq!(shipped["value"], "2023-06-10");
    assert_ne!(shipped["source"], ".image-scripts.toml");
    let elsewhere = Folder::new();
    let root = checkout.root().to_str().unwrap();
    let named = data(elsewhere.path(), &["unheard-1", "-C", root]);
    assert!(named.stdout.contains("2027-01-01"), "{}", named.stdout);
    assert_eq!(data(elsewhere.path(), &["unheard-1"]).status, 2);
}
