//! `status`: every image and its state.

use std::fmt::Write;

use clap::{Args, ValueEnum};
use smol_str::SmolStr;

use super::{CheckoutArgs, CommandStatus, fail_if_unread, print, unread_paths};
use analysis::Snapshot;
use ide::overview::{self, ImageState};

#[derive(Args)]
pub(super) struct StatusArgs {
    #[command(flatten)]
    checkout: CheckoutArgs,
    /// The output format.
    #[arg(long, value_enum, default_value_t = StatusFormat::Table)]
    format: StatusFormat,
}

#[derive(Clone, Copy, ValueEnum)]
enum StatusFormat {
    /// A table.
    Table,
    /// One JSON report.
    Json,
}

pub(super) fn status(options: &StatusArgs) -> Result<CommandStatus, String> {
    let root = options.checkout.root()?;
    let snapshot = options.checkout.read(&root);
    let states = states(&snapshot);
    let printed = match options.format {
        StatusFormat::Table => print(&table(&states)),
        StatusFormat::Json => {
            let report = serde_json::json!({
                "version": 1,
                "root": snapshot.root.display().to_string(),
                "images": states,
            });
            let text = serde_json::to_string_pretty(&report).map_err(|error| error.to_string())?;
            print(&(text + "\n"))
        }
    };
    fail_if_unread(&unread_paths(&snapshot))?;
    printed
}

fn states(snapshot: &Snapshot) -> Vec<ImageState> {
    let all = snapshot.findings();
    overview::images(
        &snapshot.view(),
        all.iter().flat_map(|(_, _, findings)| *findings),
    )
}

/// A value as it fits into a table: it may be anything, also what somebody is about to write.
fn on_one_line(value: &str) -> String {
    value.replace(char::is_control, " ")
}

fn table(states: &[ImageState]) -> String {
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
    let known = |text: &Option<String>| text.as_deref().map_or("?".to_owned(), on_one_line);
    let list = |items: &[SmolStr]| {
        if items.is_empty() {
            "-".to_owned()
        } else {
            items.join(" ")
        }
    };
    let mut rows: Vec<Vec<String>> = vec![titles.iter().map(|t| (*t).to_owned()).collect()];
    for line in states {
        let published = match line.published {
            Some(true) => "yes",
            Some(false) => "no",
            None => "?",
        };
        rows.push(vec![
            line.image.to_string(),
            known(&line.builder),
            known(&line.release),
            known(&line.variant),
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
