//! The list of tests: their names, and the groups that they are made for.

use expect_test::{Expect, expect};

fn check(text: &str, expected: Expect) {
    let list = super::super::list_of_tests(text).list.unwrap();
    let lines = list.tests.iter().map(|test| {
        let rows = test.rows.as_ref().map(|rows| {
            let each = if rows.is_template { "each of " } else { "" };
            format!(": {each}{}", rows.groups.join(" "))
        });
        format!("{}{}\n", test.name.value, rows.unwrap_or_default())
    });
    expected.assert_eq(&format!(
        "{}---\n{}\n",
        lines.collect::<String>(),
        list.rest
    ));
}

#[test]
fn sets_and_texts_in_a_list() {
    check(
        r#"let
  distributions = import ./distributions.nix { inherit lib; };
  # How they are made.
  one = name: import (./suite + "/${name}.nix") { };
in tests [
  "boot"
  { template = "cgroups/mount-v2"; instances = distributions.cgroupv2; }
  { test = "cgroups/mount-v1"; args = { rows = distributions.cgroupAll ++ distributions.cgroupv1; tags = [ "ci" ]; }; }
  { template = "image-scripts/test"; instances = images; }
]"#,
        expect![[r#"
            boot
            cgroups/mount-v2: each of cgroupv2
            cgroups/mount-v1: cgroupAll cgroupv1
            image-scripts/test
            ---
            let distributions = import ./distributions.nix { inherit lib ; } ; one = name : import ( ./suite + " / ${ name } .nix " ) { } ; in tests [ ]
        "#]],
    );
}

#[test]
fn lists_that_a_function_is_given() {
    check(
        r#"{ lib }: let
  distributions = import ./distributions.nix { inherit lib; };
  isImage = type: type == "symlink" || lib.elem type [ ];
  single = [ "boot" "docker/arch" ];
  other = { modules = [ "no" ]; };
in builtins.listToAttrs (
  map one single
  ++ map (onRows distributions.all) [ "dist-config/start-stop" ]
  ++ map (onRows (distributions.cgroupAll ++ distributions.cgroupv2)) [
    # Not on v1.
    "cgroups/mount-v2"
  ]
)"#,
        expect![[r#"
            boot
            docker/arch
            dist-config/start-stop: all
            cgroups/mount-v2: cgroupAll cgroupv2
            ---
            { lib } : let distributions = import ./distributions.nix { inherit lib ; } ; isImage = type : type == " symlink " || lib . elem type [ ] ; single = [ ] ; other = { modules = [ " no " ] ; } ; in builtins . listToAttrs ( map one single ++ map ( onRows ) [ ] ++ map ( onRows ) [ ] )
        "#]],
    );
}

#[test]
fn comments_and_layout_are_no_code() {
    let code = |text: &str| super::super::code(text).unwrap();
    assert_eq!(code("{ a = 1; } # b"), code("/* c */ {\n  a = 1;\n}\n"));
    assert_ne!(code("\"a # b\""), code("\"a\""));
    assert_eq!(super::super::code("{"), None);
}
