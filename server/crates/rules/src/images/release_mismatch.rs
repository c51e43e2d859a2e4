//! `release-mismatch`.

use std::collections::BTreeMap;

use crate::values::{
    OwnAssign, assignments, distribution, is_enterprise_linux, leading_number, major,
    only_assignment, written,
};
use crate::{Context, FileRange, Finding, Severity};
use edits::Fix;
use model::family::{OLD_SECURITY_SUITE, SECURITY_SUITE, SecuritySuite, debian_security_suite};
use model::{Directory, FileId, Image};
use syntax::bash::{NameKind, Piece, Role, ScriptFacts};
use syntax::{TextRange, TextSize};

rule! {
    /// The scripts of an image speak of another release than the one it is: `RELNAME` is another
    /// release's codename, a package is of another release or built for it (`.el8` in release 9), `POINTVER`
    /// is not in the release or not in `RELEASE`, the packages of Fedora's `RELEASE` differ in their
    /// builds, or a `-release`, `-repos` or `-gpg-keys` package is another distribution's.
    ///
    /// An error where the release is another one; a warning where packages disagree.
    ///
    /// ## Why
    /// A new image begins as a copy of its predecessor. What is not changed installs the old
    /// release under the new name, and often that succeeds.
    ///
    /// ## How to fix it
    /// Write the image's own release. Codenames are from data that ships with the program, from this
    /// machine, and from `.image-scripts.toml`:
    /// ```toml
    /// [codenames]
    /// debian."16" = "name"
    /// ```
    ///
    /// ## Example
    /// ```bash
    /// # in images/debian-13/build.sh
    /// RELNAME=bookworm
    /// ```
    /// `RELNAME=trixie` is right there. `.el9` is right in `rocky-9` and in `centos-9-stream`.
    code: "release-mismatch",
    severity: Error,
    group: Images,
    checks: [Directory(check)],
    fix: yes,
}

fn check(cx: &Context<'_>, directory: &Directory, out: &mut Vec<Finding>) {
    let stale = |id: FileId| cx.tree.script(id).is_none_or(|facts| facts.is_stale);
    if directory.scripts().any(stale) {
        return;
    }
    for image in cx.images_of(directory) {
        // The mistake is the release, then, and what is said of it is right.
        if image.is_mistaken() {
            continue;
        }
        let Some(distribution) = distribution(image) else {
            continue;
        };
        let mut found = Vec::new();
        codename(cx, directory, image, &distribution, &mut found);
        if is_enterprise_linux(&distribution) {
            package_releases(cx, image, assignments(cx, directory), ".el", &mut found);
            point_release(cx, directory, image, &mut found);
        }
        if distribution == "fedora" {
            let release = only_assignment(cx, directory, "RELEASE");
            package_releases(cx, image, release.into_iter(), ".fc", &mut found);
            named_releases(cx, image, release, &mut found);
            builds(cx, directory, &mut found);
        }
        vendors(cx, directory, &distribution, &mut found);
        out.extend(found.into_iter().map(|finding| finding.image(&image.name)));
    }
}

/// Checks `RELNAME`, and the suite of Debian's security updates.
fn codename(
    cx: &Context<'_>,
    directory: &Directory,
    image: &Image,
    distribution: &str,
    out: &mut Vec<Finding>,
) {
    let Some(release) = image.identity.relver.fixed() else {
        return;
    };
    let Some(number) = leading_number(release) else {
        return;
    };
    let suite = debian_security_suite(release).filter(|_| distribution == "debian");
    if suite == Some(SecuritySuite::AfterCodename(SECURITY_SUITE)) {
        old_suites(cx, directory, number, out);
    }
    let own = cx.codename(distribution, release);
    let Some(assign) = only_assignment(cx, directory, "RELNAME") else {
        return;
    };
    let Some(codename) = assign.literal().filter(|name| Some(*name) != own) else {
        return;
    };
    // Derivatives take the names of what they are made from, so a distribution without names of its
    // own is not judged.
    let others = ["debian", "devuan", "ubuntu"]
        .into_iter()
        .filter(|other| *other == distribution || own.is_some());
    let Some((other, whose)) = others
        .filter_map(|other| Some((other, *cx.releases_called(other, codename).first()?)))
        .min_by_key(|(other, _)| *other != distribution)
    else {
        return;
    };
    if cx
        .releases_called(distribution, codename)
        .contains(&release)
    {
        return;
    }
    let anchor = assign.range_of(cx, codename);
    let message = match own {
        Some(own) => format!(
            "`{codename}` is {other} {whose}, and this image is {distribution} {release}: set RELNAME to `{own}`"
        ),
        None => format!(
            "`{codename}` is {other} {whose}, and this image is {distribution} {release}: set RELNAME to its codename"
        ),
    };
    let fix =
        own.map(|own| Fix::replace(format!("Change to `{own}`"), anchor.file, anchor.range, own));
    out.push(Finding::new(&RULE, anchor, message).fixes(fix));
}

/// Checks for the suite that Debian's security updates were in up to release 10.
fn old_suites(cx: &Context<'_>, directory: &Directory, number: u64, out: &mut Vec<Finding>) {
    let script = directory.build.and_then(|id| {
        let facts = cx.tree.script(id)?;
        Some((id, &cx.tree.file(id)?.text, facts))
    });
    let Some((id, text, facts)) = script else {
        return;
    };
    let variables = facts.occurrences.iter().filter(|occurrence| {
        (occurrence.kind, occurrence.role) == (NameKind::Variable, Role::Reference)
    });
    for variable in variables {
        let Some(suite) = old_suite(text, facts, variable.range) else {
            continue;
        };
        let message = format!(
            "debian {number} has no suite `$RELNAME/updates`, which was the one of security updates up to 10: name `$RELNAME-security`"
        );
        let after = TextRange::new(suite.end() - TextSize::of(OLD_SECURITY_SUITE), suite.end());
        let fix = Fix::replace("Change to `$RELNAME-security`", id, after, SECURITY_SUITE);
        out.push(Finding::new(&RULE, FileRange::new(id, suite), message).fix(fix));
    }
}

/// Returns the range of `$RELNAME/updates`, where the variable at a range is that one and it is named as
/// a suite: in the text of a file, in a source of packages, in a list.
fn old_suite(text: &str, facts: &ScriptFacts, variable: TextRange) -> Option<TextRange> {
    let (start, end) = (usize::from(variable.start()), usize::from(variable.end()));
    let before = text.get(..start)?;
    let (rest, sigil) = match before.strip_suffix("${") {
        Some(before) => (text.get(end..)?.strip_prefix('}')?, before.len()),
        None => (text.get(end..)?, before.strip_suffix('$')?.len()),
    };
    let after = rest.strip_prefix(OLD_SECURITY_SUITE)?;
    let goes_on = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    if text.get(start..end)? != "RELNAME" || after.starts_with(goes_on) {
        return None;
    }
    let before = text.get(..sigil)?;
    let line = before.rsplit('\n').next().unwrap_or_default().trim_start();
    let is_word = line.is_empty() || line.ends_with([' ', '\t', '"']);
    let is_assigned = line
        .split_once('=')
        .is_some_and(|(name, _)| !name.contains(' '));
    let is_source = ["deb ", "deb-src "]
        .iter()
        .any(|source| line.contains(source));
    let in_text = facts
        .heredocs
        .iter()
        .any(|h| h.body.contains_range(variable));
    let names_suite = is_word && (is_assigned || is_source || line.starts_with("for "));
    let range = TextRange::new(
        TextSize::try_from(sigil).ok()?,
        TextSize::try_from(text.len() - after.len()).ok()?,
    );
    (in_text || names_suite).then_some(range)
}

/// Checks the releases that packages are built for, by the token before the number of one: `.el`.
fn package_releases<'a>(
    cx: &Context<'_>,
    image: &Image,
    assignments: impl Iterator<Item = OwnAssign<'a>>,
    token: &str,
    out: &mut Vec<Finding>,
) {
    let Some(own) = major(image) else { return };
    for assign in assignments {
        let mut seen = Vec::new();
        for piece in &assign.assign.value.pieces {
            let Piece::Text(text) = piece else { continue };
            for (at, _) in text.match_indices(token) {
                let rest = text.get(at + token.len()..).unwrap_or_default();
                let end = rest.find(|c: char| !c.is_ascii_digit());
                let digits = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
                let follows = rest.get(digits.len()..).unwrap_or_default();
                // `el8a` may be anything; a number that a variable ends is not read.
                if follows.starts_with(|c: char| c.is_alphanumeric()) || digits.len() > 2 {
                    continue;
                }
                if digits.parse::<u64>().is_ok_and(|number| number != own) {
                    seen.push(format!("{token}{digits}"));
                }
            }
        }
        seen.sort_unstable();
        seen.dedup();
        for written in seen {
            other_release(cx, assign, &written, &format!("{token}{own}"), own, out);
        }
    }
}

/// Reports what names another release in a value.
fn other_release(
    cx: &Context<'_>,
    assign: OwnAssign<'_>,
    written: &str,
    right: &str,
    own: u64,
    out: &mut Vec<Finding>,
) {
    let message = format!(
        "`{written}` is a package of another release, and this image is release {own}: name the one for `{right}`"
    );
    let fix = assign.find(cx, written).map(|at| {
        let title = format!("Change to `{right}`");
        Fix::replace(title, at.file, at.range, right)
    });
    let anchor = assign.range_of(cx, written);
    out.push(Finding::new(&RULE, anchor, message).fixes(fix));
}

/// Checks the releases in the names of Fedora's own packages: `fedora-release-common-41-7`.
fn named_releases(
    cx: &Context<'_>,
    image: &Image,
    release: Option<OwnAssign<'_>>,
    out: &mut Vec<Finding>,
) {
    let (Some(own), Some(assign)) = (major(image), release) else {
        return;
    };
    let text = written(&assign.assign.value, &|_| None);
    let mut seen: Vec<&str> = Vec::new();
    for url in text.split_whitespace() {
        let file = url.rsplit('/').next().unwrap_or_default();
        let names = OWN_PACKAGES.map(|suffix| format!("fedora{suffix}"));
        let Some(after) = names
            .iter()
            .find_map(|name| file.strip_prefix(name.as_str()))
        else {
            continue;
        };
        // `-common-41-7.noarch.rpm`: the first part with a number is the release, and a build follows.
        let Some(at) = after.find(|c: char| c.is_ascii_digit() || c == '$') else {
            continue;
        };
        let (words, rest) = after.split_at_checked(at).unwrap_or_default();
        let number = rest.split('-').next().unwrap_or_default();
        if !words.ends_with('-') || number.len() != 2 || number.len() == rest.len() {
            continue;
        }
        let end = file.len() - rest.len() + number.len();
        let name = file.get(..end).unwrap_or_default();
        if number.parse::<u64>().is_ok_and(|number| number != own) && !seen.contains(&name) {
            seen.push(name);
        }
    }
    for name in seen {
        let stem = name.trim_end_matches(|c: char| c.is_ascii_digit());
        other_release(cx, assign, name, &format!("{stem}{own}"), own, out);
    }
}

/// Checks `POINTVER` against the release, and `RELEASE` against it.
fn point_release(cx: &Context<'_>, directory: &Directory, image: &Image, out: &mut Vec<Finding>) {
    let Some(own) = major(image) else { return };
    let Some(assign) = only_assignment(cx, directory, "POINTVER") else {
        return;
    };
    let Some(point) = assign.literal().filter(|point| !point.is_empty()) else {
        return;
    };
    if leading_number(point).is_some_and(|number| number != own) {
        let message = format!(
            "POINTVER is `{point}`, and this image is release {own}: set it to a point release of {own}"
        );
        out.push(Finding::new(&RULE, assign.range_of(cx, point), message));
        return;
    }
    let Some(release) = only_assignment(cx, directory, "RELEASE") else {
        return;
    };
    let text = written(&release.assign.value, &|name| {
        expanded(cx, directory, name, 0)
    });
    let Some(named) = other_point_release(&text, point, own) else {
        return;
    };
    let message = format!(
        "RELEASE is a package of `{named}`, and POINTVER is `{point}`: name the package of the same point release"
    );
    let finding = Finding::new(&RULE, release.range_of(cx, &named), message)
        .severity(Severity::Warning)
        .related(assign.range_of(cx, point), "POINTVER");
    out.push(finding);
}

/// Returns the value of a variable that has only one, with the variables in it.
fn expanded(cx: &Context<'_>, directory: &Directory, name: &str, depth: usize) -> Option<String> {
    if depth > 4 {
        return None;
    }
    let value = &only_assignment(cx, directory, name)?.assign.value;
    Some(written(value, &|name| {
        expanded(cx, directory, name, depth + 1)
    }))
}

/// Returns the point release of the release package, where it is another one.
fn other_point_release(url: &str, point: &str, major: u64) -> Option<String> {
    let file = url.rsplit('/').next()?;
    let (_, version) = file.split_once("-release-")?;
    let end = version.find(|c: char| !(c.is_ascii_digit() || c == '.'));
    let named = version.get(..end?)?.trim_end_matches('.');
    let begins = |long: &str, short: &str| {
        long.strip_prefix(short)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    let is_point = named.contains('.') && leading_number(named) == Some(major);
    let same = begins(named, point) || begins(point, named);
    (is_point && !same).then(|| named.to_owned())
}

/// Checks that the packages of a Fedora release are of one build.
fn builds(cx: &Context<'_>, directory: &Directory, out: &mut Vec<Finding>) {
    let Some(release) = only_assignment(cx, directory, "RELEASE") else {
        return;
    };
    let text = written(&release.assign.value, &|_| None);
    // Packages by their builds.
    let mut found: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for url in text.split_whitespace() {
        let file = url.rsplit('/').next().unwrap_or_default();
        let Some(name) = file.strip_suffix(".noarch.rpm") else {
            continue;
        };
        let Some((name, build)) = name.rsplit_once('-') else {
            continue;
        };
        let plain = build.chars().all(|c| c.is_ascii_digit() || c == '.');
        if name.starts_with("fedora-release") && plain {
            found.entry(build).or_default().push(file);
        }
    }
    let most = found.values().map(Vec::len).max().unwrap_or_default();
    let Some((usual, _)) = found.iter().rfind(|(_, files)| files.len() == most) else {
        return;
    };
    for (build, files) in found.iter().filter(|(build, _)| *build != usual) {
        for file in files {
            // Without the variables, which may be written with braces.
            let tail = file.rsplit('$').next().unwrap_or(file);
            let tail = tail.trim_start_matches("RELVER");
            let anchor = release
                .find(cx, file)
                .unwrap_or_else(|| release.range_of(cx, tail));
            let message = format!(
                "`{file}` is build {build}, and the other packages of RELEASE are build {usual}: name packages of one build"
            );
            let finding = Finding::new(&RULE, anchor, message).severity(Severity::Warning);
            out.push(finding);
        }
    }
}

/// Packages with the keys and addresses of a distribution.
const OWN_PACKAGES: [&str; 3] = ["-release", "-repos", "-gpg-keys"];

/// Prefixes of such packages, by distribution.
const VENDORS: [(&str, &str); 8] = [
    ("almalinux", "almalinux"),
    ("centos", "centos"),
    ("centos", "centos-linux"),
    ("centos", "centos-stream"),
    ("fedora", "fedora"),
    ("oracle", "oraclelinux"),
    ("rhel", "redhat"),
    ("rocky", "rocky"),
];

/// Checks for packages with the keys and addresses of another distribution.
fn vendors(cx: &Context<'_>, directory: &Directory, distribution: &str, out: &mut Vec<Finding>) {
    // A distribution that is not known may be made from another one.
    if !VENDORS.iter().any(|(known, _)| *known == distribution) {
        return;
    }
    for name in ["RELEASE", "EXTRAPKGS"] {
        let Some(assign) = only_assignment(cx, directory, name) else {
            continue;
        };
        let text = written(&assign.assign.value, &|_| None);
        for word in text.split_whitespace() {
            if let Some((whose, package)) = vendor_of(word).filter(|(d, _)| *d != distribution) {
                out.push(vendor(cx, assign, whose, package, distribution));
            }
        }
    }
}

fn vendor(
    cx: &Context<'_>,
    assign: OwnAssign<'_>,
    whose: &str,
    package: &str,
    distribution: &str,
) -> Finding {
    let message = format!(
        "`{package}` is a package of {whose}, and this image is {distribution}: name its own package"
    );
    Finding::new(&RULE, assign.range_of(cx, package), message).severity(Severity::Warning)
}

/// Returns the distribution that a package with keys and addresses is of, and the name of the
/// package.
pub(super) fn vendor_of(word: &str) -> Option<(&'static str, &str)> {
    let file = word.rsplit('/').next()?;
    OWN_PACKAGES.iter().find_map(|suffix| {
        let at = file.find(suffix)?;
        let (vendor, rest) = file.split_at_checked(at)?;
        let after = rest.strip_prefix(suffix)?;
        // `centos-release-storage-common` is of others, too; a version follows in a file's name.
        let version = after.strip_prefix('-').unwrap_or(after);
        let named =
            after.is_empty() || version.starts_with(|c: char| c == '$' || c.is_ascii_digit());
        let (whose, _) = VENDORS.iter().find(|(_, prefix)| *prefix == vendor)?;
        let package = file.get(..at + suffix.len())?;
        named.then_some((*whose, package))
    })
}
