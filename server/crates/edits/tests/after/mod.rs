//! What comes after a change: values that stay open until somebody has looked, and commands.

use analysis::Snapshot;
use edits::{
    Bump, Change, Edit, Hooks, NewBuilder, OpenValue, Surroundings, commit_subject, next_steps,
    open_values, record_asked, record_verified,
};
use fixture::checkout;

use super::new_image;

/// Returns the newest complete checkout, and the one after a new image.
fn with_new(name: &str) -> (Snapshot, Snapshot, Change) {
    let base = checkout("clean-2026");
    let change = edits::scaffold(&base.view(), &new_image(name), &[]).unwrap();
    let now = base.with_edits(&change.edits);
    (base, now, change)
}

fn open(base: &Snapshot, now: &Snapshot, image: &str) -> Vec<OpenValue> {
    open_values(&base.view(), &now.view(), Some(image))
}

fn names(open: &[OpenValue]) -> Vec<String> {
    open.iter()
        .map(|open| open.named.name.to_string())
        .collect()
}

/// Returns a checkout in which a text of a file is another one.
fn edited(snapshot: &Snapshot, path: &str, old: &str, new: &str) -> Snapshot {
    let file = snapshot.tree.id(path).unwrap();
    let text = &snapshot.tree.file(file).unwrap().text;
    let at = text.find(old).unwrap_or_else(|| panic!("{old} in {text}"));
    let start = u32::try_from(at).unwrap();
    let end = start + u32::try_from(old.len()).unwrap();
    snapshot.with_edits(&[Edit::Text {
        file,
        range: syntax::TextRange::new(start.into(), end.into()),
        new_text: new.to_owned(),
    }])
}

pub(super) fn what_new_lists_is_open() {
    for name in [
        "almalinux-11",
        "alpine-3.25",
        "fedora-45",
        "opensuse-leap-16.1",
    ] {
        let (base, now, change) = with_new(name);
        let open = open(&base, &now, name);
        let found: Vec<_> = open.iter().map(|open| open.verify.clone()).collect();
        assert_eq!(found, change.verify, "{name}");
        assert!(!found.is_empty(), "{name}");
    }
    let (base, _, _) = with_new("fedora-45");
    assert_eq!(open_values(&base.view(), &base.view(), None), []);
    // Those of a builder, too.
    let builder = NewBuilder {
        name: "debian-nix".into(),
        like: Some("debian-guix".into()),
        from: None,
    };
    let change = edits::new_builder(&base.view(), &builder).unwrap();
    let now = base.with_edits(&change.edits);
    let open = open(&base, &now, "debian-nix");
    let found: Vec<_> = open.iter().map(|open| open.verify.clone()).collect();
    assert_eq!(found, change.verify);
    assert!(found.len() > 1);
}

pub(super) fn addresses_are_expanded() {
    for (name, expected) in [
        (
            "alpine-3.25",
            "https://mirror.example.org/alpine/v3.25/main",
        ),
        (
            "nixos-26.11",
            "https://mirror.example.org/nixos/channels/nixos-26.11/nixexprs.tar.xz",
        ),
    ] {
        let (base, now, _) = with_new(name);
        let open = open(&base, &now, name);
        let addresses: Vec<_> = open
            .iter()
            .filter_map(|open| open.named.address())
            .collect();
        assert_eq!(addresses, [expected], "{name}");
    }
}

pub(super) fn a_value_that_is_changed_by_hand_is_closed() {
    let build = "image-scripts/images/almalinux-11/build.sh";
    let (base, now, _) = with_new("almalinux-11");
    let before = names(&open(&base, &now, "almalinux-11"));
    assert!(before.contains(&"POINTVER".to_owned()), "{before:?}");
    let after = edited(&now, build, "POINTVER=11.0", "# 11 is out\nPOINTVER=11.1");
    let left = names(&open(&base, &after, "almalinux-11"));
    let expected: Vec<String> = before
        .into_iter()
        .filter(|name| name != "POINTVER")
        .collect();
    assert_eq!(left, expected);
    // Another line changes nothing.
    let after = edited(&now, build, "run-configure", "true\nrun-configure");
    assert_eq!(
        names(&open(&base, &after, "almalinux-11")),
        names(&open(&base, &now, "almalinux-11"))
    );
}

pub(super) fn a_recorded_value_is_closed_until_it_is_another_one() {
    let (base, mut now, _) = with_new("almalinux-11");
    loop {
        let before = open(&base, &now, "almalinux-11");
        let Some(first) = before.first() else { break };
        let values = std::slice::from_ref(&first.named);
        let edit = record_verified(&now.view(), "almalinux-11", values).unwrap();
        now = now.with_edits(&[edit]);
        let left = open(&base, &now, "almalinux-11");
        assert!(left.len() < before.len(), "{:?}", names(&left));
    }
    let settings = now.tree.id(".image-scripts.toml").unwrap();
    let text = now.tree.file(settings).unwrap().text.clone();
    assert!(
        text.starts_with("[verified.\"almalinux-11\"]\nPOINTVER = \"11.0\"\n"),
        "{text}"
    );
    let other = edited(
        &now,
        ".image-scripts.toml",
        "POINTVER = \"11.0\"",
        "POINTVER = \"11.1\"",
    );
    assert_eq!(names(&open(&base, &other, "almalinux-11")), ["POINTVER"]);
    // A table in one line is continued as well.
    let inline = "[verified]\n\"almalinux-11\" = { POINTVER = \"10.9\" } # so far\n";
    let inline = edited(&now, ".image-scripts.toml", &text, inline);
    let values: Vec<_> = open(&base, &inline, "almalinux-11");
    let values: Vec<_> = values.into_iter().map(|open| open.named).take(2).collect();
    let edit = record_verified(&inline.view(), "almalinux-11", &values).unwrap();
    let after = inline.with_edits(&[edit]);
    let text = after
        .tree
        .file(after.tree.id(".image-scripts.toml").unwrap());
    assert_eq!(
        &*text.unwrap().text,
        "[verified]\n\"almalinux-11\" = { POINTVER = \"11.0\", BASEURL = \
         \"https://mirror.example.org/almalinux/11.0/BaseOS/x86_64/os\" } # so far\n"
    );
}

/// A value that upstream has confirmed has the date on its line, which goes with the next one.
pub(super) fn a_value_that_was_asked_about_has_a_date() {
    let (base, now, _) = with_new("almalinux-11");
    let values: Vec<_> = open(&base, &now, "almalinux-11");
    let first = &values.first().unwrap().named;
    let recorded = |now: &Snapshot, edit: Edit| {
        let after = now.with_edits(&[edit]);
        let settings = after.tree.id(".image-scripts.toml").unwrap();
        let text = after.tree.file(settings).unwrap().text.to_string();
        (after, text)
    };
    let edit = record_asked(&now.view(), "almalinux-11", std::slice::from_ref(first)).unwrap();
    let (asked, text) = recorded(&now, edit);
    let expected =
        "[verified.\"almalinux-11\"]\nPOINTVER = \"11.0\" # asked upstream on 2026-11-01\n";
    assert_eq!(text, expected);
    assert!(!names(&open(&base, &asked, "almalinux-11")).contains(&"POINTVER".to_owned()));
    let other = edits::NamedValue {
        exact: "11.1".to_owned(),
        ..first.clone()
    };
    let edit = record_verified(&asked.view(), "almalinux-11", &[other]).unwrap();
    let (_, text) = recorded(&asked, edit);
    assert_eq!(text, "[verified.\"almalinux-11\"]\nPOINTVER = \"11.1\"\n");
}

pub(super) fn what_bump_lists_is_open() {
    let base = checkout("clean-2026");
    for wanted in [
        Bump {
            pointver: Some("9.9".to_owned()),
            ..Bump::default()
        },
        Bump {
            build: Some("77".to_owned()),
            ..Bump::default()
        },
        Bump {
            pointver: Some("9.9".to_owned()),
            build: Some("77".to_owned()),
            ..Bump::default()
        },
    ] {
        let change = edits::bump(&base.view(), "almalinux-9", &wanted).unwrap();
        let now = base.with_edits(&change.edits);
        let found: Vec<_> = open(&base, &now, "almalinux-9");
        let found: Vec<_> = found.into_iter().map(|open| open.verify).collect();
        assert_eq!(found, change.verify);
    }
}

fn steps(base: &Snapshot, now: &Snapshot, change: &Change, around: &Surroundings) -> String {
    let view = base.view();
    let steps = next_steps(&view, &view, change, &now.view(), around);
    let commands: Vec<String> = steps.into_iter().map(|step| step.command).collect();
    commands.join("\n")
}

pub(super) fn commands_come_next() {
    let (base, now, change) = with_new("ubuntu-28.04");
    assert_eq!(
        steps(&base, &now, &change, &Surroundings::default()),
        "bash -n image-scripts/images/ubuntu-28.04/build.sh\n\
         bash -n image-scripts/images/ubuntu-28.04/config.sh\n\
         ./test-runner.sh ls 'image-scripts/test@ubuntu-28.04'\n\
         ./test-runner.sh test 'image-scripts/test@ubuntu-28.04'\n\
         ./test-runner.sh test 'dist-config/start-stop#ubuntu-28.04'\n\
         ./test-runner.sh test 'dist-config/netif-routed#ubuntu-28.04'\n\
         ./test-runner.sh test 'dist-config/systemd-rundir#ubuntu-28.04'"
    );
    let around = Surroundings {
        changed_test_runner: true,
        hooks: vec![Hooks {
            source: ".overcommit.yml".into(),
            command: "overcommit --run".into(),
        }],
    };
    let shown = steps(&base, &now, &change, &around);
    let runner = "nix develop .#test-runner --command test-runner test 'image-scripts/test@";
    assert!(shown.contains(runner), "{shown}");
    assert!(shown.ends_with("\novercommit --run"), "{shown}");
    // An older tree has tests of rows alone, with other names.
    let base = checkout("clean-2024");
    let newest = base
        .model
        .images
        .keys()
        .rfind(|name| name.starts_with("fedora-4"));
    let name = edits::proposal(&base.view(), newest.unwrap()).unwrap();
    let change = edits::scaffold(&base.view(), &new_image(&name), &[]).unwrap();
    let now = base.with_edits(&change.edits);
    let shown = steps(&base, &now, &change, &Surroundings::default());
    assert!(shown.contains("'dist-config/start-stop@fedora-"), "{shown}");
    assert!(!shown.contains("image-scripts/test@"), "{shown}");
}

pub(super) fn callers_of_a_changed_helper_are_tested() {
    let (base, now, change) = with_new("fedora-45");
    let include = "image-scripts/include/alpine.sh";
    let now = edited(&now, include, "/main", "/edge");
    let shown = steps(&base, &now, &change, &Surroundings::default());
    let expected = "test 'image-scripts/test@{alpine-3.21,alpine-3.22,alpine-3.23,alpine-3.24}'";
    assert!(shown.contains(expected), "{shown}");
}

pub(super) fn a_commit_has_a_subject() {
    let (base, now, change) = with_new("fedora-45");
    let subject =
        |change: &Change, now: &Snapshot| commit_subject(&base.view(), change, &now.view());
    assert_eq!(subject(&change, &now), "image-scripts: add fedora-45");
    let made = |change: Change| {
        let now = base.with_edits(&change.edits);
        subject(&change, &now)
    };
    let retired = edits::retire(&base.view(), "debian-11", &[]).unwrap();
    assert_eq!(made(retired), "image-scripts: remove debian-11");
    let renamed = edits::rename(&base.view(), "debian-11", "debian-10").unwrap();
    assert_eq!(
        made(renamed),
        "image-scripts: rename debian-11 to debian-10"
    );
    let bump = Bump {
        pointver: Some("9.9".to_owned()),
        ..Bump::default()
    };
    let bumped = edits::bump(&base.view(), "rocky-9", &bump).unwrap();
    assert_eq!(made(bumped), "image-scripts: update rocky-9 to 9.9");
    let builder = NewBuilder {
        name: "fedora-next".into(),
        like: Some("fedora".into()),
        from: Some(("fedora".into(), "latest".into())),
    };
    let builder = edits::new_builder(&base.view(), &builder).unwrap();
    assert_eq!(made(builder), "image-scripts: add builder fedora-next");
    // Without its entries, and without its scripts.
    for has_scripts in [true, false] {
        let (_, _, mut half) = with_new("fedora-45");
        half.edits
            .retain(|edit| matches!(edit, Edit::Create { .. }) == has_scripts);
        let half = base.with_edits(&half.edits);
        let completed = edits::scaffold(&half.view(), &new_image("fedora-45"), &[]).unwrap();
        let now = half.with_edits(&completed.edits);
        let subject = commit_subject(&half.view(), &completed, &now.view());
        assert_eq!(subject, "image-scripts: add fedora-45");
    }
}
