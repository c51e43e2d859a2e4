//! `status`: every image and its state.

use std::fmt::Write;

use clap::{Args, ValueEnum};
use serde::Serialize;

use super::{Outcome, Place, print};
use crate::checkout::Snapshot;
use crate::model::identity::Field;
use crate::model::table::{CGROUP_GROUPS, INIT_GROUPS};

#[derive(Args)]
pub(super) struct Options {
    #[command(flatten)]
    place: Place,
    /// How it is printed.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// Columns.
    Table,
    /// One JSON object.
    Json,
}

/// What there is to say of an image.
#[derive(Serialize)]
struct Line {
    image: String,
    builder: Option<String>,
    distribution: Option<String>,
    release: Option<String>,
    arch: Option<String>,
    vendor: Option<String>,
    variant: Option<String>,
    published: Option<bool>,
    tags: Vec<String>,
    rows: Vec<String>,
    groups: Vec<String>,
    findings: usize,
}

pub(super) fn run(options: &Options) -> Result<Outcome, String> {
    let root = options.place.root()?;
    let snapshot = options.place.read(&root);
    let lines = lines(&snapshot);
    match options.format {
        Format::Table => print(&table(&lines)),
        Format::Json => {
            let object = serde_json::json!({
                "version": 1,
                "root": snapshot.root.display().to_string(),
                "images": lines,
            });
            let text = serde_json::to_string_pretty(&object).map_err(|error| error.to_string())?;
            print(&(text + "\n"))
        }
    }
}

fn lines(snapshot: &Snapshot) -> Vec<Line> {
    let cx = snapshot.context();
    let mut counts: std::collections::BTreeMap<&str, usize> = std::collections::BTreeMap::new();
    for (_, _, findings) in snapshot.findings() {
        for image in findings.iter().filter_map(|f| f.image.as_deref()) {
            *counts.entry(image).or_default() += 1;
        }
    }
    cx.with_joined(|joined| {
        let mut out = Vec::new();
        for image in snapshot.model.images.values() {
            let identity = &image.identity;
            let entries: Vec<_> = joined
                .publication
                .iter()
                .flat_map(|p| p.of_image(&image.name))
                .collect();
            let indices: Vec<usize> = entries.iter().map(|p| p.index).collect();
            let rows = joined.table.iter().flat_map(|t| &t.rows).filter(|row| {
                row.published
                    .iter()
                    .flatten()
                    .any(|p| indices.contains(&p.index))
            });
            let (mut keys, mut groups) = (Vec::new(), Vec::new());
            for row in rows {
                keys.push(row.row.key.value.to_string());
                let axes = CGROUP_GROUPS
                    .iter()
                    .chain(&INIT_GROUPS)
                    .copied()
                    .collect::<Vec<_>>();
                groups.extend(row.of_axis(&axes).iter().map(|g| g.name.value.to_string()));
            }
            groups.sort();
            groups.dedup();
            let text = |field: &Field| field.known().map(|value| value.with_stamps_as("DATE"));
            out.push(Line {
                image: image.name.to_string(),
                builder: text(&identity.builder),
                distribution: text(&identity.distname),
                release: text(&identity.relver),
                arch: text(&identity.arch),
                vendor: text(&identity.vendor),
                variant: text(&identity.variant),
                published: joined.publication.and_then(|p| p.publishes(&image.name)),
                tags: entries
                    .iter()
                    .flat_map(|p| &p.entry.tags.items)
                    .map(|t| t.value.to_string())
                    .collect(),
                rows: keys,
                groups,
                findings: counts.get(image.name.as_str()).copied().unwrap_or(0),
            });
        }
        out
    })
}

fn table(lines: &[Line]) -> String {
    let titles = [
        "IMAGE",
        "BUILDER",
        "RELEASE",
        "VARIANT",
        "PUBLISHED",
        "TAGS",
        "TESTED BY",
        "GROUPS",
        "FINDINGS",
    ];
    let unknown = |text: &Option<String>| text.clone().unwrap_or_else(|| "?".to_owned());
    let list = |items: &[String]| {
        if items.is_empty() {
            "-".to_owned()
        } else {
            items.join(" ")
        }
    };
    let mut rows: Vec<Vec<String>> = vec![titles.iter().map(|t| (*t).to_owned()).collect()];
    for line in lines {
        let published = match line.published {
            Some(true) => "yes",
            Some(false) => "no",
            None => "?",
        };
        rows.push(vec![
            line.image.clone(),
            unknown(&line.builder),
            unknown(&line.release),
            unknown(&line.variant),
            published.to_owned(),
            list(&line.tags),
            list(&line.rows),
            list(&line.groups),
            if line.findings == 0 {
                "-".to_owned()
            } else {
                line.findings.to_string()
            },
        ]);
    }
    let widths: Vec<usize> = (0..titles.len())
        .map(|column| {
            rows.iter()
                .filter_map(|r| r.get(column))
                .map(|cell| cell.chars().count())
                .max()
                .unwrap_or(0)
        })
        .collect();
    let mut out = String::new();
    for row in rows {
        let cells: Vec<String> = row
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        let _ = writeln!(out, "{}", cells.join("  ").trim_end());
    }
    out
}
