//! Applying all fixes of a checkout, one after the other, as one change.

use analysis::fix_all;
use analysis::{Inputs, Snapshot};
use checkout::disk::Overlay;
use checkout::find;
use image_scripts_ls_tests::checkout::{Checkout, FIXTURES};
use model::FileId;
use rules::Finding;

fn read(checkout: &Checkout) -> Snapshot {
    let root = find(checkout.root()).remove(0);
    checkout::read(&root, &Overlay::default(), Inputs::fixed("2026-11-01"))
}

fn safe(_: FileId, finding: &Finding) -> Option<usize> {
    finding.fixes.iter().position(|fix| fix.is_safe())
}

fn first(_: FileId, finding: &Finding) -> Option<usize> {
    finding.unattended_fix()
}

/// How many findings have a fix that is wanted and does not refuse.
fn left(snapshot: &Snapshot, wanted: &dyn Fn(FileId, &Finding) -> Option<usize>) -> usize {
    let all = snapshot.findings().into_iter();
    let all = all.flat_map(|(_, id, findings)| findings.iter().map(move |f| (id, f)));
    all.filter(|(id, finding)| {
        let fix = wanted(*id, finding).and_then(|at| finding.fixes.get(at));
        fix.is_some_and(|fix| fix.edits(&snapshot.view()).is_ok())
    })
    .count()
}

#[test]
fn nothing_that_is_wanted_is_left() {
    for fixture in FIXTURES {
        let checkout = Checkout::of(fixture);
        let before = read(&checkout);
        for wanted in [&safe as &dyn Fn(FileId, &Finding) -> Option<usize>, &first] {
            let fixed = fix_all(&before, wanted);
            let after = before.with_edits(&fixed.edits);
            assert_eq!(
                left(&after, wanted),
                0,
                "{fixture}: {:#?}",
                after.findings()
            );
            assert_eq!(fixed.edits.is_empty(), fixed.fixes.is_empty(), "{fixture}");
            assert!(fix_all(&after, wanted).edits.is_empty(), "{fixture}");
        }
    }
}

/// An older image that is not published may be retired, but not without asking.
#[test]
fn no_image_is_retired_where_it_can_be_published() {
    let checkout = Checkout::of("clean-2026");
    for file in ["config.sh", "build.sh"] {
        let text = checkout.read(&format!("image-scripts/images/fedora-43/{file}"));
        checkout.write(&format!("image-scripts/images/fedora-42/{file}"), text);
    }
    let before = read(&checkout);
    let all = before.findings();
    let mut findings = all.iter().flat_map(|(_, _, findings)| *findings);
    let finding = findings.find(|f| f.rule.code == "missing-repository-entry");
    let finding = finding.unwrap();
    let titles: Vec<&str> = finding.fixes.iter().map(|f| f.title.as_str()).collect();
    assert_eq!(
        titles,
        ["Retire `fedora-42`", "Publish `fedora-42`, without tags"]
    );
    assert_eq!(finding.unattended_fix(), Some(1));
}

#[test]
fn a_fix_that_uncovers_another_one_is_followed_by_it() {
    let checkout = Checkout::of("contribution");
    let before = read(&checkout);
    let fixed = fix_all(&before, &first);
    let done: Vec<(&str, &str)> = fixed
        .fixes
        .iter()
        .map(|done| (done.path.as_str(), done.code))
        .collect();
    let images = "image-scripts/images";
    for (path, code) in [
        ("ubuntu-26.10/config.sh", "unknown-builder"),
        ("ubuntu-26.10/config.sh", "missing-repository-entry"),
        ("ubuntu-26.10/build.sh", "heredoc-expansion"),
        ("gentoo-musl-systemd/config.sh", "missing-gc-entry"),
    ] {
        let path = format!("{images}/{path}");
        assert!(done.contains(&(&path, code)), "{code}: {done:#?}");
    }
}
