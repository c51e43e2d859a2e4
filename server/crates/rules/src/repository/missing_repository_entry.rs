//! `missing-repository-entry`.

use crate::{Context, FileRange, Finding, Joined};
use edits::{Fix, FixKind, TagChoice};
use model::Image;
use model::registration::Registrations;
use model::settings::Severity;

rule! {
    /// An image is not published: no entry of `os/configs/image-repository.nix` builds it.
    ///
    /// A warning when the image is the newest of its track. Older ones are taken for retired and
    /// only mentioned.
    ///
    /// ## Why
    /// An image without entry is never built, and nobody can create a container from it.
    ///
    /// ## How to fix it
    /// Add an entry below its distribution. If it is not meant to be published, say so in
    /// `.image-scripts.toml`:
    /// ```toml
    /// [images]
    /// unpublished = ["debian-14"]
    /// retired = ["debian-9"]
    /// ```
    code: "missing-repository-entry",
    severity: Warning,
    group: Repository,
    checks: [Repository(check)],
    fix: yes,
}

fn check(cx: &Context<'_>, joined: &Joined<'_>, out: &mut Vec<Finding>) {
    let Some(registrations) = joined.registrations else {
        return;
    };
    for image in cx.model.images.values() {
        if registrations.publishes(&image.name) != Some(false)
            || cx.settings.is_unpublished(&image.name)
        {
            continue;
        }
        // A directory without config.sh has a finding that says more.
        let has_config = cx
            .model
            .directories
            .get(&image.directory)
            .is_some_and(|d| d.config.is_some());
        let (Some(anchor), Some((_, version))) =
            (cx.first_line_of(image).filter(|_| has_config), &image.track)
        else {
            continue;
        };
        let newest = cx.model.newest_of_track(image);
        let is_newest = newest.is_none_or(|n| n.track.as_ref().is_none_or(|(_, v)| v <= version));
        let (severity, why) = if is_newest {
            (Severity::Warning, ": the repository has no entry for it")
        } else {
            // Which they are is not said: with each new one it would be another finding.
            (
                Severity::Information,
                ", and there are newer ones: it may be retired",
            )
        };
        let message = format!("image `{}` is not published{why}", image.name);
        let mut finding = Finding::new(&RULE, anchor, message)
            .severity(severity)
            .image(&image.name);
        if let Some((place, message)) = predecessor_entry(registrations, image) {
            finding = finding.related(place, message);
        }
        out.push(finding.fixes(fixes(cx, registrations, image, is_newest)));
    }
}

/// The entry, with the tags of the release before where it is the newest; which of them go along
/// is seen when it is done. An older image is most likely to be retired.
fn fixes(
    cx: &Context<'_>,
    registrations: &Registrations<'_>,
    image: &Image,
    is_newest: bool,
) -> Vec<Fix> {
    let publish = |title: String, tags: TagChoice| {
        let image = image.name.clone();
        Fix::new(title, FixKind::Register { image, tags })
    };
    let mut fixes = Vec::new();
    if !is_newest {
        fixes.push(Fix::retire(&image.name));
    }
    let before = cx.model.images.values().filter(|other| {
        let older = other.track.as_ref().zip(image.track.as_ref());
        older.is_some_and(|(a, b)| a.0 == b.0 && a.1 < b.1)
            && registrations.publishes(&other.name) == Some(true)
    });
    let before = before.max_by_key(|other| other.track.as_ref().map(|(_, version)| version));
    if let Some(before) = before.filter(|_| is_newest) {
        let carries = registrations.of_image(&before.name).any(|p| {
            let mut tags = p.entry.tags.items.iter();
            tags.any(|tag| !tag.value.starts_with("old"))
        });
        if carries {
            fixes.push(publish(
                format!(
                    "Publish `{}`, with the tags of `{}`",
                    image.name, before.name
                ),
                TagChoice::Inherited,
            ));
        }
    }
    fixes.push(publish(
        format!("Publish `{}`, without tags", image.name),
        TagChoice::None,
    ));
    fixes
}

/// Returns the range that the entry belongs after, the last of its distribution that is older, and a
/// message that says so.
fn predecessor_entry(
    registrations: &Registrations<'_>,
    image: &Image,
) -> Option<(FileRange, String)> {
    let distribution = image.identity.distname.fixed()?;
    let (file, repository) = registrations.files.repositories().next()?;
    let of_repository = registrations.files.repositories();
    let of_repository = of_repository.filter(|(_, r)| r.name.value == repository.name.value);
    let mut sets =
        of_repository.flat_map(|(file, r)| r.distributions.iter().map(move |d| (file, d)));
    if let Some((file, set)) = sets.find(|(_, d)| d.name.value == distribution) {
        return Some((
            FileRange::new(file, set.name.range),
            "the entry belongs here".to_owned(),
        ));
    }
    let before = repository
        .distributions
        .iter()
        .rfind(|d| d.name.value.as_str() < distribution)?;
    Some((
        FileRange::new(file, before.name.range),
        format!("`{distribution}` belongs after this"),
    ))
}
