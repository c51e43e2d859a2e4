//! `abstract-entry`.

use super::entry_without_image::entry_fixes;
use crate::{Context, FileRange, Finding, Joined};
use model::spelling::suggest;

rule! {
    /// An entry names a directory with `abstract`, which is no image.
    ///
    /// ## Why
    /// `abstract` marks a directory that only its aliases, or other images, use. Built under its
    /// own name it has no release.
    ///
    /// ## How to fix it
    /// Name one of the images that are built from it, or remove the entry.
    code: "abstract-entry",
    severity: Error,
    group: Repository,
    checks: [Repository(check)],
    fix: yes,
}

fn check(cx: &Context<'_>, joined: &Joined<'_>, out: &mut Vec<Finding>) {
    let Some(registrations) = joined.registrations else {
        return;
    };
    for published in registrations.published.iter().filter(|p| p.image.is_none()) {
        let Some(name) = published.image_name() else {
            continue;
        };
        let Some(directory) = cx.model.directories.get(&name).filter(|d| d.is_abstract()) else {
            continue;
        };
        let scripts = directory.config.is_some() || directory.build.is_some();
        if directory.aliases.is_empty() && scripts {
            continue;
        }
        let message = match directory.aliases.last() {
            Some(alias) => format!(
                "`{name}` is no image, only a directory that images such as `{alias}` share"
            ),
            None => format!("`{name}` is no image: it only holds files for others"),
        };
        let range = match &published.entry.name {
            syntax::nix::NixField::Known(field) => field.range,
            _ => published.entry.version.range,
        };
        let mut finding = Finding::new(&RULE, FileRange::new(published.file, range), message);
        if let Some(marker) = directory.marker {
            finding = finding.related(
                FileRange::first_line(cx.tree, marker),
                "marked as no image here",
            );
        }
        let names = suggest(&name, cx.model.images.keys().map(|n| n.as_str()));
        let aliases: Vec<&str> = directory
            .aliases
            .last()
            .map(|a| a.as_str())
            .into_iter()
            .collect();
        let names: Vec<&str> = if names.is_empty() { aliases } else { names }
            .into_iter()
            .filter(|name| registrations.publishes(name) == Some(false))
            .collect();
        out.push(finding.fixes(entry_fixes(cx, published, &names)));
    }
}
