//! The checkouts in `fixtures/` at the top of the project: what is found in them. One per era that
//! nobody would want a warning in, and one as a contributor hands it in.

use std::path::{Path, PathBuf};
use std::process::Command;

use expect_test::{expect, expect_file};

/// What `check` prints of a checkout, in its concise form.
fn check(name: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../fixtures")
        .join(name);
    let output = Command::new(env!("CARGO_BIN_EXE_image-scripts-ls"))
        .args(["check", "--format", "concise", "--today", "2026-11-01"])
        .current_dir(&root)
        .output()
        .expect("the program can be run");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(stderr, "", "nothing is unreadable");
    String::from_utf8(output.stdout).expect("UTF-8")
}

fn has_nothing_to_fix(name: &str) -> String {
    let found = check(name);
    for line in found.lines() {
        assert!(
            !line.contains(" warning[") && !line.contains(" error["),
            "{line}"
        );
    }
    found
}

#[test]
fn clean_2026() {
    expect![[r#"
        os/configs/image-repository.nix:82:9: hint[end-of-life] standard support of debian 11 ended on 2024-08-14
        os/configs/image-repository.nix:85:9: hint[end-of-life] standard support of debian 12 ended on 2026-07-11
        os/configs/image-repository.nix:166:9: hint[end-of-life] standard support of nixos 25.11 ended on 2026-06-30
        os/configs/image-repository.nix:178:9: hint[end-of-life] standard support of nixos 25.11 ended on 2026-06-30
        os/configs/image-repository.nix:191:9: hint[end-of-life] standard support of opensuse leap-15.6 ended on 2026-04-30
        os/configs/image-repository.nix:237:9: hint[end-of-life] standard support of ubuntu 25.10 ended on 2026-07-09
    "#]].assert_eq(&has_nothing_to_fix("clean-2026"));
}

#[test]
fn clean_2024() {
    expect![[r#"
        os/configs/image-repository.nix:18:9: hint[end-of-life] standard support of alpine 3.17 ended on 2024-11-22
        os/configs/image-repository.nix:19:9: hint[end-of-life] standard support of alpine 3.18 ended on 2025-05-09
        os/configs/image-repository.nix:20:9: hint[end-of-life] standard support of alpine 3.19 ended on 2025-11-01
        os/configs/image-repository.nix:21:9: hint[end-of-life] standard support of alpine 3.20 ended on 2026-04-01
        os/configs/image-repository.nix:33:9: hint[end-of-life] standard support of debian 11 ended on 2024-08-14
        os/configs/image-repository.nix:34:9: hint[end-of-life] standard support of debian 12 ended on 2026-07-11
        os/configs/image-repository.nix:40:9: hint[end-of-life] standard support of devuan 4 ended on 2026-08-31
        os/configs/image-repository.nix:45:9: hint[end-of-life] standard support of fedora 39 ended on 2024-11-26
        os/configs/image-repository.nix:46:9: hint[end-of-life] standard support of fedora 40 ended on 2025-05-13
        os/configs/image-repository.nix:60:9: hint[end-of-life] standard support of nixos 24.05 ended on 2024-12-31
        os/configs/image-repository.nix:63:9: hint[end-of-life] standard support of nixos 24.05 ended on 2024-12-31
        os/configs/image-repository.nix:68:9: hint[end-of-life] standard support of opensuse leap-15.5 ended on 2024-12-31
        os/configs/image-repository.nix:69:9: hint[end-of-life] standard support of opensuse leap-15.6 ended on 2026-04-30
        os/configs/image-repository.nix:84:9: hint[end-of-life] standard support of ubuntu 18.04 ended on 2023-05-31
        os/configs/image-repository.nix:85:9: hint[end-of-life] standard support of ubuntu 20.04 ended on 2025-05-29
    "#]].assert_eq(&has_nothing_to_fix("clean-2024"));
}

#[test]
fn pre_2023() {
    expect![[r#""#]].assert_eq(&has_nothing_to_fix("pre-2023"));
}

#[test]
fn contribution() {
    let snapshot: PathBuf = ["snapshots", "contribution.txt"].iter().collect();
    expect_file![snapshot].assert_eq(&check("contribution"));
}
