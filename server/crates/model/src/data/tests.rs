//! The files in `data/` parse, and their rows are sound.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::*;
use crate::track::{Version, split};

/// The distributions that may have rows: a misspelled one would be looked up by nobody.
const DISTRIBUTIONS: [&str; 12] = [
    "almalinux",
    "alpine",
    "arch",
    "centos",
    "debian",
    "devuan",
    "fedora",
    "gentoo",
    "nixos",
    "opensuse",
    "rocky",
    "slackware",
];

fn is_distribution(name: &str) -> bool {
    name == "ubuntu" || DISTRIBUTIONS.contains(&name)
}

/// The rows of a file, and the day that the file is of, if it says so.
fn rows(json: &str, key: &str) -> (Vec<Value>, Option<String>) {
    let file: Value = serde_json::from_str(json).unwrap();
    assert!(
        file["about"].as_str().unwrap().len() > 40,
        "it says what it is"
    );
    let day = file["as_of"].as_str().map(str::to_owned);
    (file[key].as_array().unwrap().clone(), day)
}

/// The rows of each distribution stand together, and each release is there once.
fn in_order<'a>(keys: impl Iterator<Item = (&'a str, &'a str)>) {
    let (mut seen, mut done) = (BTreeSet::new(), BTreeSet::new());
    let mut current = "";
    for (distribution, release) in keys {
        assert!(is_distribution(distribution), "{distribution} {release}");
        assert_eq!(release.trim(), release);
        assert!(
            seen.insert((distribution, release)),
            "{distribution} {release} twice"
        );
        if distribution != current {
            assert!(
                done.insert(distribution),
                "rows of {distribution} are apart"
            );
            current = distribution;
        }
    }
}

#[test]
fn no_row_is_lost() {
    let (systemd, _) = rows(
        include_str!("../../../../data/systemd-versions.json"),
        "versions",
    );
    assert_eq!(systemd.len(), systemd_versions().len());
    let (codenames, _) = rows(include_str!("../../../../data/codenames.json"), "codenames");
    assert_eq!(codenames.len(), releases().len());
    let (dates, _) = rows(
        include_str!("../../../../data/end-of-life.json"),
        "releases",
    );
    assert_eq!(dates.len(), lifecycles().len());
    let (commands, _) = rows(
        include_str!("../../../../data/dashed-commands.json"),
        "commands",
    );
    assert_eq!(commands.len(), dashed_commands().len());
    let (units, _) = rows(include_str!("../../../../data/units.json"), "units");
    assert_eq!(units.len(), unit_purposes().len());
    assert!(units.len() >= 80);
    let least = [systemd.len(), codenames.len(), dates.len(), commands.len()];
    assert!(least.iter().all(|count| *count >= 40), "{least:?}");
}

#[test]
fn dates_are_sound() {
    let file = include_str!("../../../../data/end-of-life.json");
    let today = rows(file, "releases").1.unwrap();
    assert!(is_day(&today));
    let mut ends: BTreeMap<&str, Vec<(Version, &str)>> = BTreeMap::new();
    for row in lifecycles() {
        let name = format!("{} {}", row.distribution, row.release);
        assert!(row.source.len() > 5, "{name}: no source");
        for day in [&row.released, &row.end_of_support].into_iter().flatten() {
            assert!(is_day(day), "{name}: {day}");
        }
        if let (Some(released), Some(end)) = (&row.released, &row.end_of_support) {
            assert!(released < end, "{name}: ends before it came out");
        }
        match (row.out, &row.released) {
            (Some(true), Some(released)) => assert!(*released <= today, "{name}: not out yet"),
            (Some(false), Some(released)) => assert!(*released > today, "{name}: out already"),
            _ => {}
        }
        assert!(
            !row.certain || row.out == Some(true),
            "{name}: what is not out is not certain"
        );
        if let Some(end) = &row.end_of_support {
            let (track, version) = split(&row.release);
            // CentOS Linux 7 was supported for longer than 8.
            let is_short = row.distribution == "centos" && row.release == "8";
            // Ubuntu's interim releases are supported for nine months.
            let is_lts = crate::view::View::is_lts(&row.distribution, &row.release);
            let comparable = !is_short && (row.distribution != "ubuntu" || is_lts);
            if comparable && track.trim_matches('-').is_empty() {
                ends.entry(&row.distribution)
                    .or_default()
                    .push((version, end));
            }
        }
    }
    for (distribution, ends) in ends {
        let sorted = ends
            .windows(2)
            .all(|pair| pair[0] < pair[1] && pair[0].1 <= pair[1].1);
        assert!(
            sorted,
            "{distribution}: a later release ends earlier, or rows are out of order"
        );
    }
    in_order(
        lifecycles()
            .iter()
            .map(|row| (row.distribution.as_str(), row.release.as_str())),
    );
}

#[test]
fn codenames_are_sound() {
    for row in releases() {
        let plain = row.codename.bytes().all(|b| b.is_ascii_lowercase());
        assert!(plain && !row.codename.is_empty(), "{row:?}");
        assert_eq!(row.eol, None, "dates are in end-of-life.json");
    }
    let names: BTreeSet<_> = releases()
        .iter()
        .map(|r| (&r.distribution, &r.codename))
        .collect();
    assert_eq!(
        names.len(),
        releases().len(),
        "a codename is that of one release"
    );
    in_order(
        releases()
            .iter()
            .map(|row| (row.distribution.as_str(), row.release.as_str())),
    );
}

#[test]
fn systemd_versions_are_sound() {
    let mut by_distribution: BTreeMap<&str, Vec<(Version, u32)>> = BTreeMap::new();
    let mut keys = BTreeSet::new();
    for row in systemd_versions() {
        let name = format!("{} {:?} {:?}", row.distribution, row.release, row.track);
        assert!(is_distribution(&row.distribution), "{name}");
        assert!(row.release.is_some() != row.track.is_some(), "{name}");
        assert!((200..400).contains(&row.systemd), "{name}: {}", row.systemd);
        assert!(
            row.remark.as_ref().is_some_and(|remark| !remark.is_empty()),
            "{name}"
        );
        assert!(
            !row.certain || row.track.is_none(),
            "{name}: what moves is not certain"
        );
        assert!(
            keys.insert((&row.distribution, &row.release, &row.track)),
            "{name} twice"
        );
        if let Some(release) = &row.release {
            let of = by_distribution.entry(&row.distribution).or_default();
            of.push((split(release).1, row.systemd));
        }
    }
    for (distribution, mut versions) in by_distribution {
        versions.sort();
        let rises = versions.windows(2).all(|pair| pair[0].1 <= pair[1].1);
        assert!(
            rises,
            "{distribution}: a later release has an older systemd"
        );
    }
}

#[test]
fn commands_are_sound() {
    for name in dashed_commands() {
        assert!(name.contains('-') && !name.starts_with('-'), "{name}");
        assert!(!name.contains(['/', ' ']), "{name}");
    }
    let sorted = dashed_commands().windows(2).all(|pair| pair[0] < pair[1]);
    assert!(sorted, "they are looked up in their order");
    for name in ["apt-get", "nixos-rebuild", "nix-channel"] {
        assert!(
            dashed_commands().iter().any(|known| known == name),
            "{name}"
        );
    }
    // What helpers of a checkout are called is no command.
    for name in ["configure-append", "run-configure", "set-initcmd"] {
        assert!(
            !dashed_commands().iter().any(|known| known == name),
            "{name}"
        );
    }
}

#[test]
fn units_are_sound() {
    for known in unit_purposes() {
        let is_systemd = known.init == "systemd";
        assert!(is_systemd || known.init == "openrc", "{}", known.unit);
        assert!(!is_systemd || known.unit.contains('.'), "{}", known.unit);
        assert!(
            !known.text.ends_with('.') && known.text.len() < 100,
            "{}",
            known.text
        );
    }
    let sorted = unit_purposes().windows(2);
    assert!(sorted.into_iter().all(|pair| pair[0].unit < pair[1].unit));
    let said = |unit: &str| unit_purpose(unit).map(|known| known.unit.as_str());
    assert_eq!(said("getty@tty1.service"), Some("getty@.service"));
    assert_eq!(said("sshd"), Some("sshd.service"));
    assert_eq!(said("none.service"), None);
    for needed in ["sshd", "ssh.socket", "user@0.service", "Login Service"] {
        assert!(is_needed_unit(needed), "{needed}");
    }
    for other in ["tuned.service", "getty@tty1.service", "none", ""] {
        assert!(!is_needed_unit(other), "{other}");
    }
}

#[test]
fn days_are_told_from_other_texts() {
    for day in ["2026-11-26", "2024-02-29", "2000-02-29"] {
        assert!(is_day(day), "{day}");
    }
    for other in [
        "",
        "2026-11",
        "2026-13-01",
        "2026-02-29",
        "1900-02-29",
        "2026-00-10",
        "2026-1-10",
        "2026-11-26-1",
        "+026-11-26",
    ] {
        assert!(!is_day(other), "{other}");
    }
}
