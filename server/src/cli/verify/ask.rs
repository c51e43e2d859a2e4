//! Images compared with what servers have.

use std::path::Path;
use std::time::Duration;

use smol_str::SmolStr;

use super::{AskingArgs, VerifyArgs, VerifyFormat, table};
use crate::cli::check::{CheckFormat, Report};
use crate::cli::{CommandStatus, format, print};
use analysis::Snapshot;
use checkout::user_file;
use edits::{Fix, FixKind};
use model::spelling::{did_you_mean, suggest};
use model::{FileId, FileRange};
use rules::{Finding, Group, Scope};
use upstream::{
    Archive, Client, ImageReview, Limits, Mismatch, MismatchKind, Recorder, Upstream, review_all,
};

/// Name of this program, for servers.
const USER_AGENT: &str = concat!("image-scripts-ls/", env!("CARGO_PKG_VERSION"));

/// Name of the file with what servers said, in the directory of `--record` and `--offline`.
const ARCHIVE: &str = "replies.json";

/// What came of asking.
pub(super) struct Asked {
    pub(super) reviews: Vec<ImageReview>,
    /// What is found, after suppressions.
    pub(super) report: Report,
}

pub(super) fn verify(options: &VerifyArgs, snapshot: Snapshot) -> Result<CommandStatus, String> {
    let images = images(options, &snapshot)?;
    let root = snapshot.root.clone();
    let asked = match &options.asking.offline {
        Some(folder) => ask(snapshot, &images, &read_archive(folder)?),
        None => {
            let client = Client::new(USER_AGENT, limits(&options.asking));
            match &options.asking.record {
                Some(folder) => {
                    let recorder = Recorder::new(&client);
                    let asked = ask(snapshot, &images, &recorder);
                    write_archive(folder, &root, &recorder.into_archive())?;
                    asked
                }
                None => ask(snapshot, &images, &client),
            }
        }
    };
    let report = &asked.report;
    print(&match options.format {
        VerifyFormat::Text => table::text(&asked)?,
        VerifyFormat::Concise => format::render(CheckFormat::Concise, report)?,
        VerifyFormat::Json => table::json(&asked)?,
        VerifyFormat::Github => format::render(CheckFormat::Github, report)?,
        VerifyFormat::Sarif => format::render(CheckFormat::Sarif, report)?,
    })?;
    let worst = report
        .findings
        .iter()
        .map(|(_, finding)| finding.severity)
        .max();
    Ok(match worst >= Some(options.asking.fail_on.severity()) {
        true => CommandStatus::Findings,
        false => CommandStatus::Clean,
    })
}

/// Returns the images that the user wants to know about.
fn images(options: &VerifyArgs, snapshot: &Snapshot) -> Result<Vec<SmolStr>, String> {
    let known = &snapshot.model.images;
    if options.all {
        return Ok(known.keys().cloned().collect());
    }
    for name in &options.names {
        if snapshot.model.builders.contains_key(name.as_str()) && !known.contains_key(name.as_str())
        {
            return Err(format!(
                "`{name}` is a builder, and upstream is asked about images: `verify --list {name}` lists its \
                 values"
            ));
        }
        if !known.contains_key(name.as_str()) {
            let similar = did_you_mean(&suggest(name, known.keys().map(SmolStr::as_str)));
            return Err(format!("there is no image `{name}`{similar}"));
        }
    }
    let mut names: Vec<SmolStr> = options.names.iter().map(SmolStr::new).collect();
    names.sort();
    names.dedup();
    Ok(names)
}

fn limits(options: &AskingArgs) -> Limits {
    Limits {
        allow_private: options.allow_private,
        attempt: Duration::from_secs(options.timeout),
        ..Limits::default()
    }
}

fn ask(mut snapshot: Snapshot, images: &[SmolStr], upstream: &dyn Upstream) -> Asked {
    let reviews = review_all(&snapshot.view(), images, upstream, &|_, _| {});
    let found = reviews.iter().flat_map(|review| {
        let mismatches = review.mismatches.iter();
        mismatches.filter_map(|mismatch| finding(&snapshot, &review.image, mismatch))
    });
    let found = found.collect();
    snapshot.set_container_findings(Scope::Upstream, found);
    let all = snapshot.findings();
    let findings: Vec<(FileId, Finding)> = all
        .into_iter()
        .flat_map(|(_, id, findings)| findings.iter().map(move |finding| (id, finding.clone())))
        .filter(|(_, finding)| finding.rule.group == Group::Upstream)
        .collect();
    Asked {
        reviews,
        report: Report { snapshot, findings },
    }
}

/// Returns the finding on a mismatch.
fn finding(snapshot: &Snapshot, image: &SmolStr, mismatch: &Mismatch) -> Option<Finding> {
    let rule = rules::rule(mismatch.kind.code())?;
    let file = snapshot.tree.id(&mismatch.at.path)?;
    let at = FileRange::new(file, mismatch.at.range);
    let finding = Finding::new(rule, at, mismatch.message.clone()).image(image);
    Some(match (&mismatch.change, mismatch.kind) {
        (Some(change), _) => finding.fix(Fix::new(
            change.title.clone(),
            FixKind::Edits(change.edits.clone()),
        )),
        (None, MismatchKind::StaleRelease) => finding.fix(Fix::retire(image)),
        (None, _) => finding,
    })
}

fn read_archive(folder: &Path) -> Result<Archive, String> {
    let path = folder.join(ARCHIVE);
    let text = user_file::read(&path);
    let archive = text.and_then(|text| Archive::parse(&text));
    archive.map_err(|reason| {
        format!(
            "{}: {reason}; `verify --record DIR` writes such a file",
            path.display()
        )
    })
}

fn write_archive(folder: &Path, root: &Path, archive: &Archive) -> Result<(), String> {
    let path = folder.join(ARCHIVE);
    let failed = |reason: String| format!("{}: {reason}", path.display());
    let text = archive.to_text().map_err(failed)?;
    let may_replace = |before: &str| match Archive::parse(before) {
        Ok(_) => Ok(()),
        Err(_) => Err("it is no archive of replies, and is left as it is".to_owned()),
    };
    user_file::replace(&path, root, &text, may_replace).map_err(failed)
}
