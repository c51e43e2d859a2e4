//! `incomplete-builder`.

use crate::substitutes::substitutes;
use crate::{Context, FileRange, Finding, Joined};
use edits::{Edit, Fix, FixKind};
use model::registration::Registrations;
use model::tree::Broken;
use model::{Builder, FileId};
use smol_str::format_smolstr;
use syntax::{TextRange, TextSize};

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
    checks: [Identities(check), Repository(check_base)],
    fix: yes,
}

/// The scripts of a builder.
const SCRIPTS: [&str; 2] = ["config.sh", "setup.sh"];

fn check(cx: &Context<'_>, out: &mut Vec<Finding>) {
    for builder in cx.model.builders.values() {
        let directory = directory_of(cx, builder);
        // An empty directory is nothing yet, and git does not keep it.
        let Some(file) = any_file(cx, builder, &directory) else {
            continue;
        };
        let missing = missing_scripts(cx, &directory);
        if missing.is_empty() {
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

fn directory_of(cx: &Context<'_>, builder: &Builder) -> String {
    format!("{}builders/{}", cx.tree.layout.prefix(), builder.name)
}

/// Returns the scripts that a builder's directory lacks.
fn missing_scripts(cx: &Context<'_>, directory: &str) -> Vec<&'static str> {
    let is_missing = |name: &&str| {
        let path = format!("{directory}/{name}");
        cx.tree.resolve(&path) == Err(Broken::Missing) && cx.tree.node(&path).is_none()
    };
    SCRIPTS.into_iter().filter(is_missing).collect()
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

/// Reports the fields that the `config.sh` of complete builders does not set.
fn check_base(cx: &Context<'_>, joined: &Joined<'_>, out: &mut Vec<Finding>) {
    for builder in cx.model.builders.values() {
        let Some(config) = builder.config else {
            continue;
        };
        // A byte order mark is a part of the first word.
        if super::wrong_line_ending::has_wrong_ends(cx, config)
            || !missing_scripts(cx, &directory_of(cx, builder)).is_empty()
        {
            continue;
        }
        let unset = unset_fields(builder);
        if unset.is_empty() {
            continue;
        }
        let message = format!(
            "builder `{}` sets no {}: say which published image it starts from",
            builder.name,
            unset.join(" and ")
        );
        let fixes = joined
            .registrations
            .map(|registrations| bases(cx, registrations, builder, config));
        let anchor = FileRange::first_line(cx.tree, config);
        let finding = Finding::new(&RULE, anchor, message);
        out.push(finding.fixes(fixes.into_iter().flatten()));
    }
}

/// Returns the fields that a builder does not set.
fn unset_fields(builder: &Builder) -> Vec<&'static str> {
    let fields = [
        ("DISTNAME", &builder.base.distname),
        ("RELVER", &builder.base.relver),
    ];
    fields
        .into_iter()
        .filter(|(_, field)| field.known().is_some_and(|value| value.is_empty()))
        .map(|(name, _)| name)
        .collect()
}

/// Has a builder start from the newest release of its distribution, or from the tag that moves with
/// it. Where it does not say the distribution, it is most likely the one that it is named after.
fn bases(
    cx: &Context<'_>,
    registrations: &Registrations<'_>,
    builder: &Builder,
    config: FileId,
) -> Vec<Fix> {
    let base = &builder.base;
    let named = builder.name.split('-').next();
    let distribution = given(base.distname.fixed()).or_else(|| given(named));
    let (Some(distribution), Some(file)) = (distribution, cx.tree.file(config)) else {
        return Vec::new();
    };
    let releases = match given(base.relver.fixed()) {
        None => substitutes(registrations, distribution, ""),
        Some(release) => {
            let found = registrations.resolve(distribution, release);
            let is_published = found.is_some_and(|found| !found.is_empty());
            is_published
                .then(|| release.to_owned())
                .into_iter()
                .collect()
        }
    };
    let unset = unset_fields(builder);
    let fix = |release: String| {
        let mut edits = Vec::new();
        let mut lines = String::new();
        for name in &unset {
            let value = match *name {
                "DISTNAME" => distribution,
                _ => &release,
            };
            match cx.tree.script(config).and_then(|s| s.value_range(name)) {
                Some(range) => edits.push(Edit::Text {
                    file: config,
                    range,
                    new_text: value.to_owned(),
                }),
                None => lines.push_str(&format!("{name}={value}\n")),
            }
        }
        if !lines.is_empty() {
            edits.push(append(config, &file.text, lines));
        }
        let title = format!("Start from {distribution} `{release}`");
        Fix::new(title, FixKind::Edits(edits))
    };
    releases.into_iter().map(fix).collect()
}

fn given(value: Option<&str>) -> Option<&str> {
    value.filter(|value| !value.is_empty())
}

/// Adds lines at the end of a file.
fn append(file: FileId, text: &str, lines: String) -> Edit {
    let is_ended = text.is_empty() || text.ends_with('\n');
    Edit::Text {
        file,
        range: TextRange::empty(TextSize::of(text)),
        new_text: match is_ended {
            true => lines,
            false => format!("\n{lines}"),
        },
    }
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
