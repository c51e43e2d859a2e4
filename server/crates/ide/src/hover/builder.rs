//! Hover texts about builders: the release they start from, the packages they install, the images
//! that use them.

use smol_str::SmolStr;

use super::text::{self, Fact};
use model::view::View;
use model::{Builder, FileId};

/// Commands that install packages, with the subcommands that do it.
const INSTALLERS: [(&str, &[&str]); 9] = [
    ("apt-get", &["install"]),
    ("apt", &["install"]),
    ("dnf", &["install"]),
    ("yum", &["install"]),
    ("zypper", &["install", "in"]),
    ("apk", &["add"]),
    ("pacman", &["-S", "-Sy", "-Syu"]),
    ("xbps-install", &[]),
    ("emerge", &[]),
];

/// Describes a builder.
pub(super) fn describe(view: &View<'_>, name: &str) -> Option<String> {
    let builder = view.model.builders.get(name)?;
    let mut facts = Vec::new();
    facts.push(match base(view, builder) {
        Some(base) => Fact::new("Starts from", base),
        None => Fact::missing("Starts from", "not known"),
    });
    let packages = builder.setup.map(|id| packages(view, id));
    let packages = packages.unwrap_or_default();
    if !packages.is_empty() {
        facts.push(Fact::new("Installs", text::counted(&packages, "package")));
    }
    let images = view.model.images.values();
    let users: Vec<&SmolStr> = images
        .filter(|image| image.identity.builder.fixed() == Some(name))
        .map(|image| &image.name)
        .collect();
    facts.push(match users.as_slice() {
        [] => Fact::missing("Builds", "no image"),
        _ => Fact::new("Builds", text::images(&users)),
    });
    Some(format!(
        "Builder {}\n\n{}",
        text::code(name),
        text::facts(facts)
    ))
}

/// Release that a builder starts from, and the image that this is now, if its name does not say so.
fn base(view: &View<'_>, builder: &Builder) -> Option<String> {
    let base = &builder.base;
    let distribution = base.distname.fixed().filter(|d| !d.is_empty())?;
    let release = base.relver.known().map(|v| v.with_stamps_as("DATE"));
    let release = release.unwrap_or_default();
    let base = format!("{distribution} {release}");
    let base = base.trim();
    let images: Vec<SmolStr> = view.with_joined(|joined| {
        let registrations = joined.registrations;
        let found = registrations.and_then(|r| r.resolve(distribution, &release));
        let found = found.unwrap_or_default();
        found.iter().filter_map(|r| r.image_name()).collect()
    });
    let now = match images.as_slice() {
        [only] if base.replace(' ', "-") != *only => format!(", now {}", text::code(only)),
        _ => String::new(),
    };
    Some(format!("{}{now}", text::plain(base)))
}

/// Packages that a script installs, as far as they are written out.
fn packages(view: &View<'_>, setup: FileId) -> Vec<String> {
    let Some(file) = view.tree.file(setup) else {
        return Vec::new();
    };
    let text = file.text.replace("\\\n", " ");
    let mut found: Vec<String> = Vec::new();
    for line in text.lines() {
        let line = line.split(" #").next().unwrap_or_default().trim();
        if line.starts_with('#') {
            continue;
        }
        for command in line.split(['&', '|', ';']) {
            for package in installed(command) {
                if !found.contains(&package) {
                    found.push(package);
                }
            }
        }
    }
    found
}

/// Packages that a command installs.
fn installed(command: &str) -> Vec<String> {
    let mut words = command.split_whitespace();
    let name = words.next().unwrap_or_default();
    let Some((_, subcommands)) = INSTALLERS.iter().find(|(known, _)| *known == name) else {
        return Vec::new();
    };
    let (verbs, words): (Vec<&str>, Vec<&str>) = words.partition(|w| subcommands.contains(w));
    if verbs.is_empty() && !subcommands.is_empty() {
        return Vec::new();
    }
    let is_package = |word: &&str| {
        word.starts_with(|c: char| c.is_ascii_alphanumeric())
            && !word.contains(['$', '<', '>', '=', '`'])
    };
    let packages = words.into_iter().filter(is_package);
    packages.map(str::to_owned).collect()
}
