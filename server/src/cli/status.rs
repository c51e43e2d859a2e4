//! `status`: every image and its state.

use std::collections::BTreeMap;

use clap::{Args, ValueEnum};
use smol_str::SmolStr;

use super::format::root_uri;
use super::test_state::TestStateOption;
use super::{CheckoutArgs, CommandStatus, Page, fail_if_unread, print, unread_paths};
use crate::overview_page::{PageOptions, overview_page};
use analysis::Snapshot;
use ide::overview::{self, ImageState, Tested};
use syntax::escape::escape_control;

#[derive(Args)]
pub(super) struct StatusArgs {
    #[command(flatten)]
    checkout: CheckoutArgs,
    /// The output format.
    #[arg(long, value_enum, default_value_t = StatusFormat::Table)]
    format: StatusFormat,
    /// What links of the HTML page begin with, in place of this checkout on this machine:
    /// `https://github.com/OWNER/REPOSITORY/blob/COMMIT/`.
    #[arg(long, value_name = "URL")]
    links: Option<String>,
    #[command(flatten)]
    test_state: TestStateOption,
}

#[derive(Clone, Copy, ValueEnum)]
enum StatusFormat {
    /// A table.
    Table,
    /// One JSON report.
    Json,
    /// One page of HTML, which needs no other file and no network.
    Html,
}

pub(super) fn status(options: &StatusArgs) -> Result<CommandStatus, String> {
    let root = options.checkout.root()?;
    let snapshot = options.checkout.read(&root);
    let tested = options.test_state.tested(&snapshot, |_| true)?;
    let printed = match options.format {
        StatusFormat::Table => print(&table(&states(&snapshot, tested))),
        StatusFormat::Json => {
            let report = serde_json::json!({
                "version": 1,
                "root": snapshot.root.display().to_string(),
                "images": states(&snapshot, tested),
            });
            print(&Page::json(&report)?)
        }
        StatusFormat::Html => {
            let options = PageOptions {
                links: links(options, &snapshot),
                nonce: None,
                tested,
            };
            print(&Page::own(overview_page(&snapshot, options)))
        }
    };
    fail_if_unread(&unread_paths(&snapshot))?;
    printed
}

/// Returns what links to files begin with.
fn links(options: &StatusArgs, snapshot: &Snapshot) -> String {
    let mut links = options
        .links
        .clone()
        .unwrap_or_else(|| root_uri(&snapshot.root));
    if !links.ends_with('/') {
        links.push('/');
    }
    links
}

fn states(snapshot: &Snapshot, mut tested: BTreeMap<SmolStr, Tested>) -> Vec<ImageState> {
    let all = snapshot.findings();
    let mut states = overview::images(
        &snapshot.view(),
        all.iter().flat_map(|(_, _, findings)| *findings),
    );
    for state in &mut states {
        state.take_tested(&mut tested);
    }
    states
}

fn table(states: &[ImageState]) -> Page {
    let titles = [
        "IMAGE",
        "BUILDER",
        "RELEASE",
        "VARIANT",
        "PUBLISHED",
        "TAGS",
        "TESTED BY",
        "GROUPS",
        "TEST",
        "FINDINGS",
    ];
    let known = |text: &Option<String>| text.clone().unwrap_or_else(|| "?".to_owned());
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
            line.tested.as_ref().map_or("-", Tested::label).to_owned(),
            if line.findings == 0 {
                "-".to_owned()
            } else {
                line.findings.to_string()
            },
        ]);
    }
    let mut out = Page::default();
    push_table(&mut out, rows);
    out
}

/// Adds rows of cells, each column as wide as its widest cell.
pub(super) fn push_table<R: AsRef<[String]>>(out: &mut Page, rows: impl IntoIterator<Item = R>) {
    // A value may be anything, also what somebody is about to write.
    let escaped = |cell: &String| escape_control(cell).into_owned();
    let rows: Vec<Vec<String>> = rows
        .into_iter()
        .map(|row| row.as_ref().iter().map(escaped).collect())
        .collect();
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns)
        .map(|column| {
            rows.iter()
                .filter_map(|r| r.get(column))
                .map(|cell| cell.chars().count())
                .max()
                .unwrap_or(0)
        })
        .collect();
    for row in rows {
        let cells: Vec<String> = row
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        out.line(format_args!("{}", cells.join("  ").trim_end()));
    }
}
