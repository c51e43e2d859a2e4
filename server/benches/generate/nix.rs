//! The repository and the test table of a generated checkout.

use std::fmt::Write as _;

use super::distributions::{Distribution, Family, Release};

pub(super) fn repository(distributions: &[Distribution]) -> String {
    let mut out = String::from(
        "# What repository.example.org serves.\n{\n  config,\n  pkgs,\n  lib,\n  ...\n}:\n{\n  \
         services.osctl.image-repository.vpsadminos = {\n    rebuildAll = false;\n    \
         buildInterval = \"0 3 * * sat\";\n\n    defaultVendor = \"vpsadminos\";\n    vendors.vpsadminos = {\n      \
         defaultVariant = \"minimal\";\n    };\n\n    images = {\n",
    );
    for (at, distribution) in distributions.iter().enumerate() {
        if at > 0 {
            out.push('\n');
        }
        if distribution.family == Family::Rolling {
            entry(
                &mut out,
                3,
                &format!("{}.rolling", distribution.name),
                Some(&distribution.name),
                &distribution.releases[0],
            );
            continue;
        }
        writeln!(out, "      {} = {{", distribution.name).unwrap();
        let mut moves = false;
        for release in &distribution.releases {
            if release.dated && !moves && distribution.family.is_numbered() {
                out.push('\n');
            }
            moves |= release.dated;
            let bare = matches!(distribution.family, Family::Stage | Family::Runit)
                && !release.version.contains('-');
            let key = if bare {
                release.version.clone()
            } else {
                format!("\"{}\"", release.version)
            };
            entry(&mut out, 4, &key, None, release);
        }
        out.push_str("      };\n");
    }
    out.push_str("    };\n\n    # Images that move pile up, everything else is replaced in place.\n    garbageCollection = [\n");
    for distribution in distributions {
        for release in distribution.releases.iter().filter(|r| r.dated) {
            let dash = if release.version.is_empty() { "" } else { "-" };
            writeln!(
                out,
                "      {{\n        distribution = \"{}\";",
                distribution.name
            )
            .unwrap();
            writeln!(
                out,
                "        version = \"^{}{dash}\\\\d+$\";\n        keep = 6;\n      }}",
                release.version
            )
            .unwrap();
        }
    }
    out.push_str("    ];\n  };\n}\n");
    out
}

pub(super) fn entry(
    out: &mut String,
    level: usize,
    key: &str,
    name: Option<&str>,
    release: &Release,
) {
    let indent = "  ".repeat(level);
    if release.tags.is_empty() && name.is_none() {
        writeln!(out, "{indent}{key} = {{ }};").unwrap();
        return;
    }
    writeln!(out, "{indent}{key} = {{").unwrap();
    if let Some(name) = name {
        writeln!(out, "{indent}  name = \"{name}\";").unwrap();
    }
    match release.tags.as_slice() {
        [] => {}
        [tag] => writeln!(out, "{indent}  tags = [ \"{tag}\" ];").unwrap(),
        tags => {
            writeln!(out, "{indent}  tags = [").unwrap();
            tags.iter()
                .for_each(|tag| writeln!(out, "{indent}    \"{tag}\"").unwrap());
            writeln!(out, "{indent}  ];").unwrap();
        }
    }
    writeln!(out, "{indent}}};").unwrap();
}

pub(super) fn table(distributions: &[Distribution]) -> String {
    let mut rows = Vec::new();
    for distribution in distributions {
        for release in &distribution.releases {
            let Some(version) = &release.row else {
                continue;
            };
            let suffix = if version == "latest" {
                "stable"
            } else {
                version.trim_start_matches("latest-")
            };
            let key = format!("{}_{}", distribution.name, suffix.replace(['.', '-'], "_"));
            rows.push((key, distribution, release, version));
        }
    }
    let mut out = String::from(
        "{ lib }:\nlet\n  # One row is one container in each of the tests that go through a group.\n  table = {\n",
    );
    for (key, distribution, _, version) in &rows {
        writeln!(
            out,
            "    {key} = {{\n      distribution = \"{}\";",
            distribution.name
        )
        .unwrap();
        writeln!(out, "      version = \"{version}\";\n    }};").unwrap();
    }
    out.push_str("  };\nin\n{\n");
    let mut group =
        |comment: &str, name: &str, member: &dyn Fn(&Distribution, &Release) -> bool| {
            writeln!(out, "  # {comment}\n  {name} = with table; [").unwrap();
            for (key, ..) in rows
                .iter()
                .filter(|(_, distribution, release, _)| member(distribution, release))
            {
                writeln!(out, "    {key}").unwrap();
            }
            out.push_str("  ];\n\n");
        };
    let is_v2 = |d: &Distribution, r: &Release| {
        d.runs_systemd(r) && (r.dated || r.tags.iter().any(|t| t == "latest"))
    };
    group(
        "boot on hosts with either version of cgroups",
        "cgroupAll",
        &|d, r| !is_v2(d, r),
    );
    group("systemd 258 and later", "cgroupv2", &is_v2);
    group("init", "systemd", &|d, r| d.runs_systemd(r));
    group(
        "everything else that calls itself init",
        "non-systemd",
        &|d, r| !d.runs_systemd(r),
    );
    out.push_str("  all = lib.mapAttrsToList (key: row: row) table;\n}\n");
    out
}
