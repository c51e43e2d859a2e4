//! Single steps, as pictures: the text before, the step, the text after.

use expect_test::{Expect, expect};

use super::{file, key};
use crate::nix::{NixFile, NotEditable};
use crate::repository::{NewEntry, add_tags, insert_entry, move_entry, remove_entry, remove_tag};
use crate::test_table::{NewRow, add_member, insert_row, move_row, remove_member, remove_row};

/// Checks a step in a repository with these images.
fn check_images(
    images: &str,
    step: impl FnOnce(&mut NixFile) -> Result<(), NotEditable>,
    expected: &Expect,
) {
    let indented: String = images.lines().map(|line| format!("    {line}\n")).collect();
    let (head, tail) = (
        "{ services.osctl.image-repository.x = {\n  images = {\n",
        "  };\n}; }\n",
    );
    let mut file = file(&format!("{head}{indented}{tail}"));
    step(&mut file).expect("it can be done");
    let inner = file
        .text()
        .strip_prefix(head)
        .and_then(|t| t.strip_suffix(tail));
    let lines = inner.expect("the rest is as it was").lines();
    let out: String = lines
        .map(|line| format!("{}\n", line.strip_prefix("    ").unwrap_or(line)))
        .collect();
    expected.assert_eq(&out);
}

/// Checks a step in a table.
fn check_table(
    text: &str,
    step: impl FnOnce(&mut NixFile) -> Result<(), NotEditable>,
    expected: &Expect,
) {
    let mut file = file(text);
    step(&mut file).expect("it can be done");
    expected.assert_eq(file.text());
}

#[test]
fn comments_of_an_entry_go_with_it() {
    check_images(
        "debian = {\n  # 11 is for the old cluster\n  \"11\" = { }; # until 2027\n  \"12\" = { };\n};",
        |file| remove_entry(file, &key("debian", "11"), &["11"]),
        &expect![[r#"
            debian = {
              "12" = { };
            };
        "#]],
    );
}

#[test]
fn a_heading_stays_for_the_others() {
    check_images(
        "ubuntu = {\n  # long-term releases\n  \"20.04\" = { };\n  \"22.04\" = { };\n\n  # interim\n  \"25.10\" = { };\n};",
        |file| {
            remove_entry(file, &key("ubuntu", "20.04"), &["20.04"])?;
            remove_entry(file, &key("ubuntu", "25.10"), &["25.10"])
        },
        &expect![[r#"
            ubuntu = {
              # long-term releases
              "22.04" = { };
            };
        "#]],
    );
}

#[test]
fn the_last_entry_takes_its_distribution_with_it() {
    check_images(
        "alpine = {\n  \"3.20\" = { };\n};\n\narch.rolling = {\n  name = \"arch\";\n};\n\nvoid = {\n  glibc = { };\n};",
        |file| {
            remove_entry(file, &key("arch", "rolling"), &[])?;
            remove_entry(file, &key("void", "glibc"), &[])
        },
        &expect![[r#"
            alpine = {
              "3.20" = { };
            };
        "#]],
    );
}

#[test]
fn tags_of_an_entry_written_in_paths() {
    check_images(
        "debian.\"12\".tags = [ \"stable\" ];",
        |file| add_tags(file, &key("debian", "12"), &["latest".into()], &[]),
        &expect![[r#"
            debian."12".tags = [
              "latest"
              "stable"
            ];
        "#]],
    );
    check_images(
        "debian.\"12\".tags = [ \"stable\" ];",
        |file| remove_tag(file, &key("debian", "12"), "stable"),
        &expect![[r#"
            debian."12".tags = [ ];
        "#]],
    );
}

#[test]
fn what_cannot_be_read_is_not_changed() {
    let text = "{ services.osctl.image-repository.x.images.debian.\"12\".tags = f x; }\n";
    let mut file = file(text);
    let why = "test.nix:1: `tags` is computed by an expression";
    let refused = add_tags(&mut file, &key("debian", "12"), &["x".into()], &[]);
    assert_eq!(refused.unwrap_err().to_string(), why);
    let refused = remove_tag(&mut file, &key("debian", "12"), "x");
    assert_eq!(refused.unwrap_err().to_string(), why);
    assert_eq!(file.text(), text);
}

const ALIGNED: &str = r#"{ lib }:
let
  table = {
    alma_8   = { distribution = "almalinux"; version = "8";      };
    alpine   = { distribution = "alpine";    version = "latest"; };
    debian_9 = { distribution = "debian";    version = "9";      };
  };
in {
  cgroupv1 = [ table.alma_8 table.alpine ];
  systemd = with table; [
    alma_8
    debian_9
  ];
}
"#;

fn row(key: &str, distribution: &str, version: &str) -> NewRow {
    NewRow {
        key: key.into(),
        distribution: distribution.into(),
        version: version.into(),
        after: None,
        before: None,
    }
}

#[test]
fn rows_keep_to_the_columns_as_far_as_they_can() {
    check_table(
        ALIGNED,
        |file| {
            insert_row(file, &row("arch", "arch", "latest"))?;
            insert_row(
                file,
                &row("opensuse_tumbleweed", "opensuse", "latest-tumbleweed"),
            )?;
            add_member(file, "cgroupv1", "debian_9")?;
            add_member(file, "systemd", "arch")
        },
        &expect![[r#"
            { lib }:
            let
              table = {
                alma_8   = { distribution = "almalinux"; version = "8";      };
                alpine   = { distribution = "alpine";    version = "latest"; };
                arch     = { distribution = "arch";      version = "latest"; };
                debian_9 = { distribution = "debian";    version = "9";      };
                opensuse_tumbleweed = { distribution = "opensuse"; version = "latest-tumbleweed"; };
              };
            in {
              cgroupv1 = [ table.alma_8 table.alpine table.debian_9 ];
              systemd = with table; [
                alma_8
                arch
                debian_9
              ];
            }
        "#]],
    );
}

#[test]
fn rows_go_with_their_members() {
    check_table(
        ALIGNED,
        |file| {
            remove_row(file, "alma_8")?;
            remove_member(file, "systemd", "debian_9")
        },
        &expect![[r#"
            { lib }:
            let
              table = {
                alpine   = { distribution = "alpine";    version = "latest"; };
                debian_9 = { distribution = "debian";    version = "9";      };
              };
            in {
              cgroupv1 = [ table.alpine ];
              systemd = with table; [ ];
            }
        "#]],
    );
}

#[test]
fn a_moved_row_takes_its_comment_along() {
    check_table(
        "{ }:\nlet\n  table = {\n    # the newest\n    debian_13 = {\n      distribution = \"debian\";\n      version = \"13\";\n    }; # trixie\n    debian_12 = {\n      distribution = \"debian\";\n      version = \"12\";\n    };\n    # about 13 as well: debian_13\n    debian_9 = {\n      distribution = \"debian\";\n      version = \"9\";\n    };\n  };\nin\n{\n  systemd = with table; [\n    debian_13\n    debian_12\n    debian_9\n  ];\n}\n",
        |file| move_row(file, "debian_9"),
        &expect![[r#"
            { }:
            let
              table = {
                # the newest
                debian_13 = {
                  distribution = "debian";
                  version = "13";
                }; # trixie
                # about 13 as well: debian_13
                debian_9 = {
                  distribution = "debian";
                  version = "9";
                };
                debian_12 = {
                  distribution = "debian";
                  version = "12";
                };
              };
            in
            {
              systemd = with table; [
                debian_13
                debian_9
                debian_12
              ];
            }
        "#]],
    );
}

#[test]
fn sets_that_are_joined_are_left_alone() {
    let joined = "debian = {\n  \"11\" = { };\n} // {\n  \"12\" = { };\n};";
    let text = format!("{{ services.osctl.image-repository.x.images = {{\n{joined}\n}}; }}\n");
    let mut both = file(&text);
    let why = "test.nix:2: `debian` is built with `//`";
    let refused = remove_entry(&mut both, &key("debian", "12"), &[]);
    assert_eq!(refused.unwrap_err().to_string(), why);
    let new = NewEntry {
        key: key("debian", "13"),
        name: None,
        tags: Vec::new(),
        track: None,
        written_tags: None,
    };
    let refused = insert_entry(&mut both, &new, &|_| None);
    assert_eq!(refused.unwrap_err().to_string(), why);
    assert_eq!(both.text(), text);
}

#[test]
fn an_entry_goes_from_a_set_that_a_path_leads_to() {
    let text = "{ services.osctl.image-repository.x.images.debian = {\n  \"11\" = { };\n  \"12\" = { };\n}; }\n";
    let mut path = file(text);
    remove_entry(&mut path, &key("debian", "12"), &[]).expect("it can be done");
    assert_eq!(path.text(), text.replace("  \"12\" = { };\n", ""));
}

#[test]
fn an_entry_is_moved_as_it_is_written() {
    let new = |name: Option<&str>| NewEntry {
        key: key("zz", "rolling"),
        name: name.map(Into::into),
        tags: vec!["b".into()],
        track: None,
        written_tags: None,
    };
    check_images(
        "arch = {\n  # 1 is nice\n  \"1\" = {\n    keepFailedTests = true;\n    tags = [\n      # one\n      \"a\"\n    ];\n  }; # after\n  \"2\" = { };\n};",
        |file| move_entry(file, &key("arch", "1"), &new(Some("zz")), &["1"], &|_| None).map(drop),
        &expect![[r#"
            arch = {
              "2" = { };
            };

            zz = {
              # 1 is nice
              "rolling" = {
                name = "zz";
                keepFailedTests = true;
                tags = [
                  # one
                  "b"
                ];
              }; # after
            };
        "#]],
    );
    check_images(
        "arch.rolling = {\n  name = \"arch\"; # it\n  tags = [ \"a\" ];\n  rebuild = true;\n};",
        |file| {
            move_entry(
                file,
                &key("arch", "rolling"),
                &new(None),
                &["arch"],
                &|_| None,
            )
            .map(drop)
        },
        &expect![[r#"
            zz.rolling = {
              tags = [ "b" ];
              rebuild = true;
            };
        "#]],
    );
}
