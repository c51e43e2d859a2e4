//! `incomplete-builder`.

use crate::{Context, FileRange, Finding};
use edits::{Edit, Fix, FixKind};
use model::tree::Broken;
use model::{Builder, FileId};
use smol_str::format_smolstr;

rule! {
    /// A builder has no `setup.sh` or no `config.sh`, or its `config.sh` sets no `DISTNAME` or no
    /// `RELVER`.
    ///
    /// ## Why
    /// A builder's container is created from the distribution and release in `config.sh`, and
    /// `setup.sh` is run in it. Without them no image can be built there. A builder's name says
    /// nothing of its base, other than an image's.
    ///
    /// ## How to fix it
    /// Create the file, after that of the builder that is most like it; `:` is enough for a
    /// `setup.sh` that has nothing to do.
    ///
    /// ## Example
    /// ```bash
    /// # builders/fedora/config.sh
    /// DISTNAME=fedora
    /// ```
    /// With `RELVER=44` below it, the builder is complete.
    code: "incomplete-builder",
    severity: Error,
    group: Images,
    checks: [Identities(check)],
    fix: yes,
}

/// The scripts of a builder.
const SCRIPTS: [&str; 2] = ["config.sh", "setup.sh"];

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    for builder in cx.model.builders.values() {
        let directory = format!("{}builders/{}", cx.tree.layout.prefix(), builder.name);
        // An empty directory is nothing yet, and git does not keep it.
        let Some(file) = any_file(cx, builder, &directory) else {
            continue;
        };
        let is_missing = |name: &&str| {
            let path = format!("{directory}/{name}");
            cx.tree.resolve(&path) == Err(Broken::Missing) && cx.tree.node(&path).is_none()
        };
        let missing: Vec<&str> = SCRIPTS.into_iter().filter(is_missing).collect();
        if missing.is_empty() {
            out.extend(builder.config.and_then(|config| base(cx, builder, config)));
            continue;
        }
        let names: Vec<String> = missing.iter().map(|name| format!("`{name}`")).collect();
        let message = format!(
            "builder `{}` has no {}: create {}",
            builder.name,
            names.join(" and no "),
            if missing.len() == 1 { "it" } else { "them" }
        );
        let finding = Finding::new(&RULE, FileRange::first_line(cx.tree, file), message);
        out.push(finding.fixes(scaffold(cx, builder, &missing)));
    }
}

/// Returns a file of the builder's directory.
fn any_file(cx: &Context<'_>, builder: &Builder, directory: &str) -> Option<FileId> {
    let own = builder.main_file();
    own.or_else(|| {
        let names = cx.tree.children(directory);
        let mut files =
            names.filter_map(|(name, _)| cx.tree.resolve_file(&format!("{directory}/{name}")));
        files.next()
    })
}

/// Reports the fields that `config.sh` does not set.
fn base(cx: &Context<'_>, builder: &Builder, config: FileId) -> Option<Finding> {
    // A byte order mark is a part of the first word.
    if super::wrong_line_ending::has_wrong_ends(cx, config) {
        return None;
    }
    let unset = [
        ("DISTNAME", &builder.base.distname),
        ("RELVER", &builder.base.relver),
    ];
    let unset: Vec<&str> = unset
        .into_iter()
        .filter(|(_, field)| field.known().is_some_and(|value| value.is_empty()))
        .map(|(name, _)| name)
        .collect();
    if unset.is_empty() {
        return None;
    }
    let names = unset.join(" and ");
    let message = format!(
        "builder `{}` sets no {names}: say which published image it starts from",
        builder.name
    );
    let anchor = FileRange::first_line(cx.tree, config);
    Some(Finding::new(&RULE, anchor, message))
}

/// Creates the files that a builder lacks after those of the one whose name is most like its own.
fn scaffold(cx: &Context<'_>, builder: &Builder, missing: &[&str]) -> Option<Fix> {
    let script = |other: &Builder, name: &str| match name {
        "config.sh" => other.config,
        _ => other.setup,
    };
    let others = cx.model.builders.values();
    let complete = others.filter(|b| missing.iter().all(|name| script(b, name).is_some()));
    let nearest = complete.min_by_key(|other| {
        let common = common_start(&builder.name, &other.name);
        (usize::MAX - common, other.name.clone())
    })?;
    let edits: Option<Vec<Edit>> = missing
        .iter()
        .map(|name| {
            let text = cx.tree.file(script(nearest, name)?)?.text.to_string();
            let directory = cx.tree.layout.prefix();
            let path = format_smolstr!("{directory}builders/{}/{name}", builder.name);
            Some(Edit::Create { path, text })
        })
        .collect();
    let names: Vec<String> = missing.iter().map(|name| format!("`{name}`")).collect();
    let title = format!(
        "Create {} after {} of `{}`",
        names.join(" and "),
        if missing.len() == 1 { "that" } else { "those" },
        nearest.name
    );
    Some(Fix::new(title, FixKind::Edits(edits?)))
}

/// Returns the number of bytes that two names begin with alike.
fn common_start(one: &str, other: &str) -> usize {
    let pairs = one.bytes().zip(other.bytes());
    pairs.take_while(|(a, b)| a == b).count()
}
