//! `unknown-builder`.

use crate::{Context, FileRange, Finding};
use edits::{Fix, FixKind, NewBuilder};
use model::spelling::{did_you_mean, suggest};
use model::{Directory, Image};

rule! {
    /// `BUILDER` names no directory in `builders/`.
    ///
    /// ## Why
    /// The image cannot be built. The name is misspelled, or was made up from the release: a
    /// builder for it may not exist.
    ///
    /// ## How to fix it
    /// Name one of the directories in `builders/`; the predecessor's builder is most likely right.
    ///
    /// ## Example
    /// ```bash
    /// BUILDER=fedorra
    /// ```
    code: "unknown-builder",
    severity: Error,
    group: Images,
    checks: [Identities(check)],
    fix: yes,
}

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    let directories = cx.model.directories.values();
    directories.for_each(|directory| check_directory(cx, directory, out));
}

fn check_directory(cx: &Context<'_>, directory: &Directory, out: &mut Vec<Finding>) {
    let Some(config) = directory.config else {
        return;
    };
    for image in cx.images_of(directory) {
        let Some(builder) = image.identity.builder.fixed() else {
            continue;
        };
        if super::wrong_line_ending::has_wrong_ends(cx, config) {
            continue;
        }
        let path = format!("{}builders/{builder}", cx.tree.layout.prefix());
        if builder.is_empty()
            || cx.model.builders.contains_key(builder)
            || cx.tree.is_unknown(&path)
        {
            continue;
        }
        let names = suggest(builder, cx.model.builders.keys().map(|name| name.as_str()));
        let message = format!("no builder `{builder}`{}", did_you_mean(&names));
        let range = image.identity.builder_range;
        let anchor = range.map_or_else(
            || FileRange::first_line(cx.tree, config),
            |range| FileRange::new(config, range),
        );
        // Only where the name is written out can it be corrected.
        let written = range.filter(|range| {
            cx.tree
                .file(config)
                .is_some_and(|f| f.slice(*range).trim_matches(['"', '\'']) == builder)
        });
        let fixes = written.into_iter().flat_map(|range| {
            names
                .iter()
                .map(move |name| Fix::replace(format!("Change to `{name}`"), config, range, *name))
        });
        let fixes = fixes.chain(creation(cx, image, builder));
        out.push(
            Finding::new(&RULE, anchor, message)
                .image(&image.name)
                .fixes(fixes),
        );
    }
}

/// Returns the fix that makes a builder after the one that is named like it, or else after the builder
/// of the image's predecessor.
fn creation(cx: &Context<'_>, image: &Image, builder: &str) -> Option<Fix> {
    let of_predecessor = || {
        let predecessor = cx.model.predecessor(image)?;
        let name = predecessor.identity.builder.fixed()?;
        cx.model.builders.get(name).filter(|b| b.setup.is_some())
    };
    let like = edits::similar_builder_of(cx, builder).or_else(of_predecessor)?;
    let base = [&like.base.distname, &like.base.relver];
    if !base
        .iter()
        .all(|field| field.fixed().is_some_and(|value| !value.is_empty()))
    {
        return None;
    }
    let new = NewBuilder {
        name: builder.into(),
        like: Some(like.name.clone()),
        from: None,
    };
    let title = format!("Create builder `{builder}` after `{}`", like.name);
    Some(Fix::new(title, FixKind::Builder(new)))
}
