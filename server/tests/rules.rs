//! Every rule, held to its fixtures in `rules/CODE/`: where it fires, where it must not, and what
//! silences it. How a fixture is written is said in `support/mod.rs`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice
)]
#![allow(missing_docs)]

mod support;

use std::path::{Path, PathBuf};

use rules::rules;
use support::Fixture;

/// The fixtures of a rule whose names begin with `kind`.
fn fixtures(code: &str, kind: &str) -> Vec<Fixture> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/rules")
        .join(code);
    let Ok(entries) = std::fs::read_dir(&directory) else {
        return Vec::new();
    };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| {
        path.file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with(kind))
    });
    paths.sort();
    paths.iter().map(|path| Fixture::read(path)).collect()
}

/// Holds the fixtures of one kind to their annotations, and each of them to `more`.
fn check(kind: &str, more: impl Fn(&'static str, &Fixture) -> Result<(), String>) {
    let mut wrong = Vec::new();
    for rule in rules() {
        let fixtures = fixtures(rule.code, kind);
        if fixtures.is_empty() {
            wrong.push(format!("{}: there is no fixture `{kind}*.txt`", rule.code));
        }
        for fixture in fixtures {
            wrong.extend(fixture.check().err());
            wrong.extend(
                more(rule.code, &fixture)
                    .err()
                    .map(|e| format!("{}: {e}", fixture.path.display())),
            );
        }
    }
    assert!(
        wrong.is_empty(),
        "{} problems\n\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn rules_fire() {
    check("fires", |code, fixture| match fixture.expects(code) {
        true => Ok(()),
        false => Err(format!("nothing is annotated with {code}")),
    });
}

#[test]
fn rules_are_silent_near_by() {
    check("near-miss", |code, fixture| match fixture.expects(code) {
        true => Err(format!("{code} is annotated: it belongs in `fires`")),
        false => Ok(()),
    });
}

#[test]
fn rules_can_be_silenced() {
    check("silenced", |code, fixture| {
        let fires = |fixture: &Fixture| {
            let snapshot = fixture.snapshot(None);
            snapshot
                .findings()
                .iter()
                .any(|(_, _, findings)| findings.iter().any(|f| f.rule.code == code))
        };
        if fires(fixture) {
            return Err(format!("{code} is not silenced"));
        }
        // It would have fired without the comments, or without the settings.
        let loud = match code {
            // What they find are comments.
            "unknown-suppression" | "unused-suppression" => fixture.replaced(code, ""),
            _ => fixture
                .replaced("# image-scripts: ", "# image scripts: ")
                .replaced("\"off\"", "\"hint\""),
        };
        match fires(&loud) || fires(&fixture.without(".image-scripts.toml")) {
            true => Ok(()),
            false => Err(format!("{code} is silent with nothing to silence it, too")),
        }
    });
}

/// A rule that is switched off is missed by its own fixtures: they test it, and not only the rest.
#[test]
fn every_rule_is_missed() {
    let mut wrong = Vec::new();
    for rule in rules() {
        let missed = fixtures(rule.code, "fires").iter().any(|fixture| {
            let snapshot = fixture.snapshot(Some(rule.code));
            fixture.difference(&snapshot).is_some()
        });
        if !missed {
            wrong.push(rule.code);
        }
    }
    assert!(wrong.is_empty(), "no fixture misses {}", wrong.join(", "));
}

/// No fixture lies in a folder that no rule looks into.
#[test]
fn every_folder_is_a_rule() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rules");
    for entry in std::fs::read_dir(directory).unwrap().flatten() {
        let name = entry.file_name().into_string().unwrap();
        assert!(rules::rule(&name).is_some(), "{name} is no rule");
        for file in std::fs::read_dir(entry.path()).unwrap().flatten() {
            let file = file.file_name().into_string().unwrap();
            let known = ["fires", "near-miss", "silenced"]
                .iter()
                .any(|kind| file.starts_with(kind));
            assert!(
                known && file.ends_with(".txt"),
                "{name}/{file} is read by no test"
            );
        }
    }
}

/// The files that fixtures build upon have no findings of their own.
#[test]
fn the_minimal_checkout_is_clean() {
    for text in [
        "#> with the minimal checkout\n",
        "#> scripts only\n#> with the minimal checkout\n",
    ] {
        let fixture = Fixture::parse(Path::new("minimal"), text);
        let difference = fixture.difference(&fixture.snapshot(None));
        assert_eq!(difference, None);
    }
}
