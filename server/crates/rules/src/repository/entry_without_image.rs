//! `entry-without-image`.

use crate::{Context, FileRange, Finding, Joined};
use edits::{Fix, FixKind};
use model::registration::Registration;
use model::spelling::{did_you_mean, suggest};
use syntax::nix::NixField;

rule! {
    /// An entry of the repository names no image.
    ///
    /// ## Why
    /// The entry builds the image called `name`, or `<distribution>-<version>`. When there is no
    /// such directory or link in `images/`, every build of the repository reports a failure.
    ///
    /// ## How to fix it
    /// Correct the version or the `name`, or remove the entry of an image that was retired.
    code: "entry-without-image",
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
        let path = format!("{}images/{name}", cx.tree.layout.prefix());
        let known = cx.model.broken_links.contains_key(&name) || cx.tree.is_unknown(&path);
        // A directory with `abstract`, or an empty one, has a finding of its own.
        if known || cx.model.directories.contains_key(&name) {
            continue;
        }
        // One that is published already would be published twice.
        let names: Vec<&str> = suggest(&name, cx.model.images.keys().map(|n| n.as_str()))
            .into_iter()
            .filter(|name| registrations.publishes(name) == Some(false))
            .collect();
        let message = format!("there is no image `{name}`{}", did_you_mean(&names));
        let range = match &published.entry.name {
            NixField::Known(field) => field.range,
            _ => published.entry.version.range,
        };
        let fixes = entry_fixes(cx, published, &names);
        out.push(Finding::new(&RULE, FileRange::new(published.file, range), message).fixes(fixes));
    }
}

/// Has an entry build an image of another name, or removes it.
pub(super) fn entry_fixes(
    cx: &Context<'_>,
    published: &Registration<'_>,
    names: &[&str],
) -> Vec<Fix> {
    let (file, entry) = (published.file, published.entry);
    let mut fixes = Vec::new();
    for name in names {
        let title = format!("Change to `{name}`");
        match &entry.name {
            NixField::Known(value) => fixes.push(Fix::replace(title, file, value.range, *name)),
            _ => {
                let rest = name
                    .strip_prefix(entry.distribution.value.as_str())
                    .and_then(|rest| rest.strip_prefix('-'));
                let quoted = cx
                    .tree
                    .file(file)
                    .is_some_and(|f| f.slice(entry.version.range).starts_with('"'));
                // A key without quotes that needs some is not offered.
                let plain = |rest: &&str| rest.starts_with(|c: char| c.is_ascii_alphabetic());
                if let Some(rest) = rest.filter(|rest| quoted || plain(rest)) {
                    let key = if quoted {
                        format!("\"{rest}\"")
                    } else {
                        rest.to_owned()
                    };
                    fixes.push(Fix::replace(title, file, entry.version.range, key));
                }
            }
        }
    }
    let plan = FixKind::RemoveEntry {
        distribution: entry.distribution.value.clone(),
        version: entry.version.value.clone(),
    };
    fixes.push(Fix::new("Remove the entry", plan));
    fixes
}
