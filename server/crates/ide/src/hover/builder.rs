//! Builders: what they start from, what is installed into them, who uses them.

use smol_str::SmolStr;

use super::helper::bullets;
use super::text;
use model::FileId;
use model::view::View;

/// Commands that install packages, with the words that say so.
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

/// What is known of a builder.
pub(super) fn describe(view: &View<'_>, name: &str) -> Option<String> {
    let builder = view.model.builders.get(name)?;
    let mut facts = Vec::new();
    let base = &builder.base;
    if let Some(distribution) = base.distname.fixed().filter(|d| !d.is_empty()) {
        let version = base.relver.known().map(|v| v.with_stamps_as("DATE"));
        let images = version.as_deref().map(|version| {
            view.with_joined(|joined| {
                let found = joined
                    .registrations
                    .and_then(|p| p.resolve(distribution, version))
                    .unwrap_or_default();
                { found.iter() }
                    .filter_map(|p| p.image_name())
                    .collect::<Vec<SmolStr>>()
            })
        });
        let release = version.unwrap_or_default();
        let base = format!("{distribution} {release}");
        let now = match images.as_deref() {
            Some([only]) if base.trim().replace(' ', "-") != *only => format!(", now `{only}`"),
            _ => String::new(),
        };
        facts.push(format!("Starts from {}{now}", base.trim()));
    }
    let tools = builder.setup.map(|id| tools(view, id)).unwrap_or_default();
    if !tools.is_empty() {
        facts.push(format!("Installs {}", text::list(&tools)));
    }
    let users: Vec<&SmolStr> = { view.model.images.values() }
        .filter(|image| image.identity.builder.fixed() == Some(name))
        .map(|image| &image.name)
        .collect();
    facts.push(match users.as_slice() {
        [] => "No image is built in it".to_owned(),
        _ => format!("Builds {}", text::counted(&users, "image")),
    });
    Some(format!("Builder `{name}`\n\n{}", bullets(&facts)))
}

/// What a script installs, where it says it in plain words.
fn tools(view: &View<'_>, setup: FileId) -> Vec<String> {
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
            for tool in installed(command) {
                if !found.contains(&tool) {
                    found.push(tool);
                }
            }
        }
    }
    found
}

fn installed(command: &str) -> Vec<String> {
    let words: Vec<&str> = command.split_whitespace().collect();
    let Some((verbs, rest)) = words.split_first().and_then(|(first, rest)| {
        let known = INSTALLERS.iter().find(|(name, _)| name == first)?;
        Some((known.1, rest))
    }) else {
        return Vec::new();
    };
    let says = |word: &&str| verbs.contains(word);
    if !verbs.is_empty() && !rest.iter().any(|word| verbs.contains(word)) {
        return Vec::new();
    }
    let plain = |word: &&&str| {
        !says(word)
            && word.starts_with(|c: char| c.is_ascii_alphanumeric())
            && !word.contains(['$', '<', '>', '=', '`'])
    };
    rest.iter().filter(plain).map(|w| (*w).to_owned()).collect()
}
