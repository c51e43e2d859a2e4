//! Test tables: rows, and groups of references to them.

use expect_test::{Expect, expect};

use super::draw_table;

fn check(text: &str, expected: Expect) {
    expected.assert_eq(&draw_table(text));
}

#[test]
fn one_liners() {
    check(
        r#"
{ lib }:
let
  table = {
    alpine    = { distribution = "alpine"; version = "latest"; };
    void_musl = { distribution = "void";   version = "latest-musl"; };
  };
in {
  cgroupv2 = with table; [
    alpine
    void_musl
  ];

  non-systemd = with table; [ alpine ];

  all = lib.mapAttrsToList (k: v: v) table;
}
"#,
        expect![[r#"
            table set<{ .. }>
              alpine distribution=alpine version=latest
              void_musl distribution=void version=latest-musl
            cgroupv2: alpine void_musl list<[ .. ]>
            non-systemd: alpine list<[ .. ]>
            all: ...
        "#]],
    );
}

#[test]
fn nixfmt() {
    check(
        r#"
{ lib }:
let
  table = {
    alpine = {
      distribution = "alpine";
      version = "latest";
    };
  };
in
{
  systemd = with table; [ ];
  non-systemd = [ table.alpine ];
}
"#,
        expect![[r#"
            table set<{ .. }>
              alpine distribution=alpine version=latest
            systemd: list<[ .. ]>
            non-systemd: alpine<table.alpine> list<[ .. ]>
        "#]],
    );
}

#[test]
fn a_key_without_a_row_is_still_a_member() {
    check(
        r#"let table = { a = { distribution = "a"; version = "1"; }; }; in { g = with table; [ a b ]; h = [ table.c ]; }"#,
        expect![[r#"
            table set<{ .. }>
              a distribution=a version=1
            g: a b list<[ .. ]>
            h: c<table.c> list<[ .. ]>
        "#]],
    );
}

#[test]
fn the_table_is_what_the_groups_refer_to() {
    check(
        r#"let table = { x = { }; }; rows = { a = { distribution = "a"; version = "1"; }; }; in { g = with rows; [ a ]; h = with table; [ ]; }"#,
        expect![[r#"
            rows set<{ .. }>
              a distribution=a version=1
            g: a list<[ .. ]>
            h: list<[ .. ]>
        "#]],
    );
    check(
        r#"rec { t.rows = { a = { }; }; g = [ t.rows.a ]; }"#,
        expect![[r#"
            no table ...
            g: ... list<[ .. ]>
        "#]],
    );
    check(
        r#"let table = { a = { }; }; in { all = f table; }"#,
        expect![[r#"
            table set<{ .. }>
              a
            all: ...
        "#]],
    );
    check(
        r#"{ x = 1; y = "s"; z = a: a; set = { }; }"#,
        expect![[r#"
            no table ...
        "#]],
    );
}

#[test]
fn joined_lists_and_tables() {
    check(
        r#"let
  old = { a = { distribution = "a"; version = "1"; }; };
  table = old // { b = { distribution = "b"; version = "1"; }; };
in rec {
  g = with table; [ a ] ++ [ b ];
  h = g ++ (with table; [ c ]);
  i = h;
  j = g ++ f table;
}"#,
        expect![[r#"
            table
              a distribution=a version=1
              b distribution=b version=1
            g: a b
            h: a b c list<[ .. ]>
            i: a b c
            j: a b ...
        "#]],
    );
    check(
        r#"let table = import ./rows.nix // { b = { }; }; in { g = with table; [ a b ]; }"#,
        expect![[r#"
            table ...
              b
            g: a b list<[ .. ]>
        "#]],
    );
}

#[test]
fn other_names_in_scope() {
    check(
        r#"{ lib, arg }:
with lib;
let
  table = { a = { }; b = { }; };
  inherit (table) a;
  other = table.b;
in
{
  through-inherit = [ a ];
  not-by-its-key = with table; [ other b ];
  lib-outside = with table; [ b typo ];
  lib-inside = with table; with lib; [ b typo ];
  argument = with table; [ arg b ];
  inline = with table; [ b { distribution = "x"; } (f b) "b" ];
}"#,
        expect![[r#"
            table set<{ .. }>
              a
              b
            through-inherit: a list<[ .. ]>
            not-by-its-key: b ... list<[ .. ]>
            lib-outside: b typo list<[ .. ]>
            lib-inside: b ... list<[ .. ]>
            argument: b ... list<[ .. ]>
            inline: b ... list<[ .. ]>
        "#]],
    );
}

#[test]
fn rows_in_pieces_and_rows_that_cannot_be_read() {
    check(
        r#"let
  v = "9";
  table = {
    a.distribution = "a";
    a.version = "1";
    b = mkRow "b" "1";
    c = { distribution = "c"; version = v; };
    d = { distribution = "d"; version = toString 1; } // x;
    ${e} = { };
  };
in { g = with table; [ a b c d e ]; }"#,
        expect![[r#"
            table set<{ .. }> ...
              a distribution=a version=1
              b distribution=? version=?
              c distribution=c version=9
              d distribution=? version=?
            g: a b c d e list<[ .. ]>
        "#]],
    );
}
