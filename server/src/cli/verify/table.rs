//! What came of asking, for people and as JSON: the findings, and a table of the images.

use serde_json::{Value, json};

use super::ask::Comparison;
use super::write::Written;
use crate::cli::check::CheckFormat;
use crate::cli::format;
use crate::cli::output::Page;
use upstream::{ImageReview, ImageState, MismatchKind, NewRelease, NewReleases};

/// The states, in the order in which they are counted.
const STATES: [ImageState; 5] = [
    ImageState::UpToDate,
    ImageState::Update,
    ImageState::Stale,
    ImageState::Gone,
    ImageState::Unknown,
];

pub(super) fn text(asked: &Comparison) -> Result<Page, String> {
    let mut out = match asked.report.findings.is_empty() {
        true => Page::default(),
        false => {
            let mut findings = format::render(CheckFormat::Full, &asked.report)?;
            findings.push_own("\n");
            findings
        }
    };
    let names = asked
        .reviews
        .iter()
        .map(|review| review.image.chars().count());
    let width = names.max().unwrap_or(0);
    for review in &asked.reviews {
        let line = format!(
            "{:width$}  {:10}  {}",
            review.image,
            review.state.name(),
            detail(review)
        );
        out.line(format_args!("{}", line.trim_end()));
    }
    if let Some(new) = &asked.new {
        new_lines(&mut out, asked, new);
    }
    let counts: Vec<String> = STATES
        .iter()
        .filter_map(|state| {
            let count = asked.reviews.iter().filter(|r| r.state == *state).count();
            (count > 0).then(|| format!("{count} {}", state.name()))
        })
        .collect();
    if !counts.is_empty() {
        out.line(format_args!("{}", counts.join(", ")));
    }
    written_lines(&mut out, &asked.written);
    if !asked.open.is_empty() {
        out.line(format_args!(
            "{} to confirm by hand: `image-scripts-ls verify --list` shows {}.",
            match asked.open.len() {
                1 => "1 value is".to_owned(),
                count => format!("{count} values are"),
            },
            if asked.open.len() == 1 { "it" } else { "them" }
        ));
    }
    Ok(out)
}

/// Adds what is out and has no image, and what is to be retired, each with its command.
fn new_lines(out: &mut Page, asked: &Comparison, new: &NewReleases) {
    if !asked.reviews.is_empty() {
        out.line(format_args!(""));
    }
    for release in &new.releases {
        let NewRelease {
            distribution,
            release: version,
            source,
            missing,
            ..
        } = release;
        match (release.command(), missing.first()) {
            (Some(command), _) => out.line(format_args!(
                "{distribution} {version} is out, says {source}: `image-scripts-ls {}`",
                command.join(" ")
            )),
            (None, Some(missing)) => out.line(format_args!(
                "{distribution} {version} is out, says {source}, and not all of it is there: {missing}"
            )),
            (None, None) => {}
        }
    }
    let reviews = asked.reviews.iter();
    let stale = reviews.filter_map(|review| Some((review, review.command()?)));
    for (review, command) in stale.clone() {
        out.line(format_args!(
            "{}{}: `image-scripts-ls {}`",
            review.image,
            reason(review),
            command.join(" ")
        ));
    }
    if new.releases.is_empty() && stale.count() == 0 {
        out.line(format_args!("No release is out that has no image."));
    }
    for reason in &new.unknown {
        out.line(format_args!("unknown: {reason}"));
    }
    out.line(format_args!(""));
}

/// Returns why an image is to be retired, as its finding says.
fn reason(review: &ImageReview) -> String {
    let mut stale = review.mismatches.iter();
    let stale = stale.find(|mismatch| mismatch.kind == MismatchKind::StaleRelease);
    let what = stale.and_then(|stale| stale.message.split("; ").next());
    what.map(|what| format!(": {what}")).unwrap_or_default()
}

/// Adds what was written: files, values, and a commit message for each image.
fn written_lines(out: &mut Page, written: &Written) {
    for name in &written.confirmed {
        out.line(format_args!("{name} is right: upstream has it"));
    }
    for change in &written.changes {
        out.line(format_args!(""));
        out.line(format_args!("{}", change.report.title));
        for path in &change.report.edited {
            out.line(format_args!("  edit    {path}"));
        }
        out.line(format_args!("  Commit as"));
        for line in change.message.lines() {
            let line = format!("      {line}");
            out.line(format_args!("{}", line.trim_end()));
        }
    }
}

/// Returns what a state is about: the change, or the reason why it is not known.
fn detail(review: &ImageReview) -> &str {
    let mut changes = review.mismatches.iter().filter_map(|m| m.change.as_ref());
    let change = changes.next().map(|change| {
        let title = change.title.as_str();
        title.split_once(": ").map_or(title, |(_, what)| what)
    });
    let reason = review.unknown.first().map(String::as_str);
    change.or(reason).unwrap_or_default()
}

pub(super) fn json(asked: &Comparison) -> Result<Page, String> {
    let mut report = format::json_report(&asked.report.snapshot, &asked.report.findings);
    let images: Vec<Value> = asked
        .reviews
        .iter()
        .map(|review| {
            json!({ "image": review.image.as_str(), "state": review.state.name(), "unknown": review.unknown, "command": review.command() })
        })
        .collect();
    if let Some(report) = report.as_object_mut() {
        report.insert("images".to_owned(), Value::Array(images));
        if let Some(new) = &asked.new {
            report.insert(
                "new".to_owned(),
                new.releases.iter().map(json_release).collect(),
            );
            report.insert("unknown".to_owned(), json!(new.unknown));
        }
        report.insert("open".to_owned(), json!(asked.open));
        let changes = asked.written.changes.iter();
        let changes =
            changes.map(|change| json!({ "change": change.report, "message": change.message }));
        report.insert("written".to_owned(), changes.collect());
        report.insert("confirmed".to_owned(), json!(asked.written.confirmed));
    }
    Page::json(&report)
}

fn json_release(release: &NewRelease) -> Value {
    json!({
        "distribution": release.distribution,
        "release": release.release,
        "image": release.image,
        "like": release.like,
        "codename": release.codename,
        "source": release.source,
        "missing": release.missing,
        "command": release.command(),
    })
}
