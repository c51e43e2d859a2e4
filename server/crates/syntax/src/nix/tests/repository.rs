//! Repository files in the two styles they come in.

use expect_test::{Expect, expect};

use super::draw_repository;

fn check(text: &str, expected: Expect) {
    expected.assert_eq(&draw_repository(text));
}

/// Puts `images` into the file around them.
fn with_images(images: &str) -> String {
    format!("{{ lib, ... }}: {{ services.osctl.image-repository.main.images = {images}; }}")
}

#[test]
fn one_liners() {
    check(
        r#"
{ config, pkgs, lib, ... }:
{
  services.osctl.image-repository.example = {
    rebuildAll = true;

    vendors.acme = { defaultVariant = "small"; };
    defaultVendor = "acme";

    images = {
      alpine = {
        "3.19" = {};
        "3.20" = { tags = [ "latest" "stable" ]; };
      };

      arch.rolling = { name = "arch"; tags = [ "latest" ]; };

      gentoo = {
        openrc = { tags = [ "latest-openrc" ]; };
      };
    };

    garbageCollection = [
      { distribution = "arch"; version = "\\d+"; keep = 4; }
      { distribution = "gentoo"; version = "openrc-\\d+"; variant = "small"; arch = "x86"; vendor = "acme"; }
    ];
  };
}
"#,
        expect![[r#"
            example images<{ .. }> vendor acme acme:small
              alpine set<{ .. }>
                "3.19"
                "3.20" ["latest" "stable"]
              arch
                rolling name=arch ["latest"]
              gentoo set<{ .. }>
                openrc ["latest-openrc"]
              gc distribution=arch version=\d+ written \\d+ keep
              gc distribution=gentoo version=openrc-\d+ written openrc-\\d+ variant=small arch=x86 vendor=acme
              gc list<[ .. ]>
        "#]],
    );
}

#[test]
fn nixfmt() {
    check(
        r#"
{ ... }:
{
  services.osctl.image-repository = {
    example = {
      images = {
        alpine = {
          "3.22" = { };
          "3.23" = {
            tags = [
              "latest"
              "stable"
            ];
          };
        };
      };
      garbageCollection = [
        {
          distribution = "arch";
          version = "^\\d+$";
          keep = 4;
        }
      ];
    };
  };
}
"#,
        expect![[r#"
            example images<{ .. }>
              alpine set<{ .. }>
                "3.22"
                "3.23" ["latest" "stable"]
              gc distribution=arch version=^\d+$ written ^\\d+$ keep
              gc list<[ .. ]>
        "#]],
    );
}

#[test]
fn paths_in_pieces() {
    check(
        &with_images(
            r#"{ arch.rolling.name = "arch"; arch.rolling.tags = [ "a" ]; "arch"."old" = { }; }"#,
        ),
        expect![[r#"
            main images<{ .. }>
              arch also<arch.rolling.tags .. ];> also<"arch"."old" .. };>
                rolling name=arch ["a"] no set, value<"arch">
                "old"
        "#]],
    );
    check(
        r#"{
  services.osctl = { image-repository.a = { images.x = { }; }; };
  services.osctl.image-repository.a.defaultVendor = "v";
  services.osctl.image-repository."b".images.x."1" = { };
}"#,
        expect![[r#"
            a vendor v
              x set<{ .. }>
            "b"
              x
                "1"
        "#]],
    );
}

#[test]
fn a_module_with_a_config_part() {
    check(
        r#"{ imports = [ ./x.nix ]; config = { services.osctl.image-repository.a.images.x."1" = { }; }; }"#,
        expect![[r#"
            a
              x
                "1"
            imports ./x.nix
        "#]],
    );
}

#[test]
fn imports() {
    check(
        r#"let own = ./own.nix; in { imports = [ ./x.nix (./y.nix) own ] ++ [ ./sub/z.nix ../w.nix ./dir ]; require = [ ./old.nix ]; }"#,
        expect![[r#"
            imports ./x.nix
            imports ./y.nix
            imports ./own.nix
            imports ./sub/z.nix
            imports ../w.nix
            imports ./dir
            imports ./old.nix
        "#]],
    );
    for unknown in [
        "imports = [ ./x.nix <nixpkgs/x.nix> ];",
        "imports = [ ./x.nix /etc/x.nix ];",
        "imports = [ ./x.nix ~/x.nix ];",
        "imports = [ ./x.nix { } ];",
        "imports = [ ./x.nix (import ./y.nix) ];",
        "imports = [ ./x.nix \"./y.nix\" ];",
        "imports = [ ./x.nix (./. + \"/y.nix\") ];",
        "imports = [ ./x.nix ./${y}.nix ];",
        "imports = [ ./x.nix ] ++ lib.optional y ./y.nix;",
        "imports = [ ./x.nix ]; require = y;",
        "imports = [ ./x.nix ]; disabledModules = [ ./x.nix ];",
        "imports = [ ./x.nix ]; ${y} = [ ];",
    ] {
        let facts = crate::nix::repository(&format!("{{ lib, y, ... }}: {{ {unknown} }}")).facts;
        let facts = facts.unwrap();
        assert!(!facts.imports_complete, "{unknown}");
        assert_eq!(facts.imports.len(), 1, "{unknown}");
    }
}

#[test]
fn values_from_elsewhere_in_the_file() {
    check(
        r#"{ lib }:
let
  newest = [ "latest" "stable" ];
  plain = { };
  alpine = { "3.20" = { tags = newest; }; "3.19" = plain; };
  gc = [ { distribution = "x"; keep = 1; } ];
in
with { void = { musl = { tags = [ "a" ] ++ newest; }; }; };
{
  services.osctl.image-repository.a = rec {
    images = { inherit alpine void; guix = images.void; };
    garbageCollection = gc ++ [ ({ distribution = "y"; keep = 2; }) ];
  };
}"#,
        expect![[r#"
            a images<{ .. }>
              alpine set<{ .. }>
                "3.20" ["latest" "stable"] tags elsewhere
                "3.19" no set, value<plain>
              void set<{ .. }>
                musl ["a" "latest" "stable"]
              guix set<{ .. }>
                musl ["a" "latest" "stable"]
              gc distribution=x keep
              gc distribution=y keep
              gc list<[ .. ]>
        "#]],
    );
}

#[test]
fn joined_sets() {
    check(
        &with_images(r#"{ a."1" = { }; b."1" = { }; } // { b."2" = { tags = [ "x" ]; }; }"#),
        expect![[r#"
            main
              a
                "1"
              b
                "2" ["x"]
        "#]],
    );
    check(
        &with_images(r#"{ a."1" = { tags = [ "t" ]; }; } // import ./more.nix"#),
        expect![[r#"
            main ...
              a ...
        "#]],
    );
    check(
        &with_images(r#"import ./less.nix // { a."1" = { tags = [ "t" ]; }; }"#),
        expect![[r#"
            main ...
              a
                "1" ["t"]
        "#]],
    );
}

#[test]
fn what_cannot_be_read_is_unknown() {
    check(
        &with_images("lib.mkMerge [ { a.b = { }; } ]"),
        expect![[r#"
            main ...
        "#]],
    );
    check(
        &with_images(
            r#"{
  a = import ./a.nix;
  b = { ${x} = { }; "1" = { }; };
  c = { "1" = mkImage { }; "2" = { tags = f "x"; name = x; }; "3" = { tags = [ "t" x ] ++ y; }; };
  d = { "1" = { tags = [ "${x}" ]; } // x; "${x}" = { }; };
  e = if x then { } else { };
}"#,
        ),
        expect![[r#"
            main images<{ .. }> ...
              a ...
              b set<{ .. }> ...
                "1"
              c set<{ .. }>
                "1" name=? [ ...] no set, value<mkImage .. }>
                "2" name=? [ ...]
                "3" ["t" ...]
              d set<{ .. }> ...
                "1" name=? [ ...] no set, value<{ .. x>
              e ...
        "#]],
    );
    check("{ services = mkIf x { }; }", expect![" ..."]);
    check("import ./other.nix { }", expect![" ..."]);
    check(
        "{ services.osctl.image-repository.a = f { }; }",
        expect![[r#"
            a defaults? ...
              gc ...
        "#]],
    );
    check(
        r#"{ services.osctl.image-repository.a.garbageCollection = [ x { distribution = y; version = "${z}"; } (f { }) ] ++ g; }"#,
        expect![[r#"
            a
              gc ? <x>
              gc distribution=? version=?
              gc ? <f { }>
              gc ...
              gc list<[ .. ]>
        "#]],
    );
}

#[test]
fn no_repository_is_none() {
    check("{ }", expect![[""]]);
    check("{ services.nginx.enable = true; }", expect![[""]]);
}

#[test]
fn strings_as_nix_reads_them() {
    check(
        &with_images(
            "{ a = { \"q\\\"q\" = { name = \"a\\\\b\"; }; b = { name = ''\n    c''; tags = [ ''d'' \"\" ]; }; }; }",
        ),
        expect![[r#"
            main images<{ .. }>
              a set<{ .. }>
                "q\"q" name=a\b written a\\b
                b name=c [''d'' ""]
        "#]],
    );
}
