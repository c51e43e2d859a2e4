//! `affected`: images, rows and tests that a change reaches.

use std::cell::LazyCell;
use std::io;
use std::path::{Component, Path, PathBuf};

use clap::{Args, ValueEnum};
use lsp_types::Range;
use serde::Serialize;
use smol_str::SmolStr;

use super::{CheckoutOption, CommandStatus, Page, fail_if_unread, note, print, unread_paths};
use crate::changed_checkout::ChangedCheckout;
use crate::lsp::position::{Encoding, range};
use analysis::Snapshot;
use checkout::Root;
use checkout::git::{self, Since, files_below, is_at_or_below};
use impact::{Affected, Because, Changed, affected as reached, patterns};
use model::tree::{ALL_TESTS, ChangeKind, ChangedFile, Node, Tree};

#[derive(Args)]
pub(super) struct AffectedArgs {
    /// Files of the checkout, deleted ones too: what a change of any kind in them reaches. Without any,
    /// what has changed since the merge base with the upstream branch.
    #[arg(value_name = "FILE", conflicts_with = "since")]
    files: Vec<PathBuf>,
    /// The git revision that the checkout is compared with.
    #[arg(long, value_name = "REF")]
    since: Option<String>,
    /// The output format.
    #[arg(long, value_enum, default_value_t = AffectedFormat::Text)]
    format: AffectedFormat,
    #[command(flatten)]
    checkout: CheckoutOption,
}

#[derive(Clone, Copy, ValueEnum)]
enum AffectedFormat {
    /// The tests, each with the changed places that reach it.
    Text,
    /// Patterns for the test runner, one a line: that of the images comes first.
    Pattern,
    /// One JSON report.
    Json,
    /// A matrix of images for a job of GitHub Actions, on one line.
    Github,
}

/// What a change reaches.
#[derive(Serialize)]
struct AffectedReport {
    /// Version of the format.
    version: u32,
    /// The commit that the checkout was compared with; null for files that were named.
    since: Option<String>,
    images: Vec<ImageReport>,
    /// Images that are not there any more.
    removed: Vec<SmolStr>,
    rows: Vec<RowReport>,
    tests: Vec<TestReport>,
    /// Changed files of which nobody knows which tests they reach.
    unknown: Vec<SmolStr>,
}

#[derive(Serialize)]
struct ImageReport {
    image: SmolStr,
    test: Option<String>,
    because: Vec<BecauseReport>,
}

#[derive(Serialize)]
struct RowReport {
    key: SmolStr,
    tests: Vec<String>,
    because: Vec<BecauseReport>,
}

#[derive(Serialize)]
struct TestReport {
    test: String,
    because: Vec<BecauseReport>,
}

#[derive(Serialize)]
struct BecauseReport {
    path: SmolStr,
    range: Option<Range>,
    message: String,
}

/// A matrix of GitHub Actions.
#[derive(Serialize)]
struct Matrix {
    include: Vec<MatrixItem>,
}

#[derive(Serialize)]
struct MatrixItem {
    image: SmolStr,
    test: String,
}

pub(super) fn affected(options: &AffectedArgs) -> Result<CommandStatus, String> {
    let args = options.checkout.args();
    let root = args.root()?;
    let snapshot = args.read(&root);
    let (found, since) = if options.files.is_empty() {
        let since = options.since.as_deref();
        let since = since.map_or(Since::MergeBase, Since::Revision);
        let changed = ChangedCheckout::read(&root, since, false);
        let changed = changed.map_err(|problem| match options.since {
            None if problem.contains("is in no git repository") => {
                format!("{problem}; name the files that change")
            }
            _ => problem,
        })?;
        changed.left_out().for_each(|left_out| note(&left_out));
        let revision = changed.base().revision.clone();
        (reached(&changed.changed(&snapshot)), Some(revision))
    } else {
        let files = named_files(&root, &snapshot.tree, &options.files)?;
        let changed = Changed {
            before: None,
            after: snapshot.view(),
            files: &files,
        };
        (reached(&changed), None)
    };
    for path in &found.unknown {
        note(&format!(
            "{path}: nobody knows which tests it reaches: see that it, and `{ALL_TESTS}`, can be read"
        ));
    }
    for test in &found.gone {
        note(&format!(
            "{test} is left out: its file is deleted, and `{ALL_TESTS}` still lists it"
        ));
    }
    let printed = print(&match options.format {
        AffectedFormat::Text => text(&snapshot, &found, since.as_deref()),
        AffectedFormat::Pattern => pattern(&found),
        AffectedFormat::Json => Page::json(&report(&snapshot, found, since))?,
        AffectedFormat::Github => Page::json_line(&matrix(found))?,
    });
    fail_if_unread(&unread_paths(&snapshot))?;
    printed
}

/// Returns the files of the checkout that a user names. A directory stands for all its files: those that git does not
/// know, and those that are gone.
fn named_files(root: &Root, tree: &Tree, paths: &[PathBuf]) -> Result<Vec<ChangedFile>, String> {
    let gone = LazyCell::new(|| gone_files(root));
    let mut found = Vec::new();
    for path in paths {
        let (inside, is_there) = path_inside(root, path)?;
        if !is_there {
            note(&format!("{inside} is not there: it is taken for deleted"));
        }
        let real = match tree.node(&inside) {
            Some(Node::Link(_)) => inside.clone(),
            _ => tree.resolve(&inside).unwrap_or_else(|_| inside.clone()),
        };
        let is_directory = root.path.join(real.as_str()).symlink_metadata();
        let is_directory = is_directory.is_ok_and(|meta| meta.is_dir());
        let mut push = |path: &SmolStr, kind| {
            found.push(ChangedFile {
                path: path.clone(),
                kind,
                is_untracked: false,
            });
        };
        if is_directory {
            let below = files_below(root, &real);
            below
                .iter()
                .for_each(|path| push(path, ChangeKind::Modified));
        } else {
            push(
                &real,
                match is_there {
                    true => ChangeKind::Modified,
                    false => ChangeKind::Deleted,
                },
            );
        }
        if is_directory || !is_there {
            let gone = gone.iter().filter(|path| is_at_or_below(path, &real));
            gone.for_each(|path| push(path, ChangeKind::Deleted));
        }
    }
    found.sort();
    found.dedup();
    Ok(found)
}

/// Returns the files that the commit has which the checkout is compared with, and the checkout has not; none without a
/// repository.
fn gone_files(root: &Root) -> Vec<SmolStr> {
    let changes = match git::changes(root, Since::MergeBase, false) {
        Ok(changes) => changes,
        Err(problem) if problem.contains("is in no git repository") => return Vec::new(),
        Err(problem) => {
            note(&format!("{problem}; files that are gone are not known"));
            return Vec::new();
        }
    };
    let gone = changes.files.into_iter();
    let gone = gone.filter(|file| file.kind == ChangeKind::Deleted);
    gone.map(|file| file.path).collect()
}

/// Returns the path from the root of the checkout of a path that a user names, and whether something is there. The
/// last name may be that of a link, which is what is meant then.
fn path_inside(root: &Root, path: &Path) -> Result<(SmolStr, bool), String> {
    let shown = path.display();
    let absolute = std::path::absolute(path).map_err(|error| format!("{shown}: {error}"))?;
    let is_plain = matches!(
        absolute.components().next_back(),
        Some(Component::Normal(_))
    );
    let real = match (absolute.parent(), absolute.file_name()) {
        (Some(parent), Some(name)) if is_plain => {
            real_directory(parent).map(|real| real.join(name))
        }
        _ => absolute.canonicalize(),
    };
    let real = real.map_err(|error| format!("{shown}: {error}"))?;
    // The checkout may be named by a link to it.
    let real = match real.starts_with(&root.path) {
        true => real,
        false => absolute.canonicalize().unwrap_or(real),
    };
    let inside = real.strip_prefix(&root.path).map_err(|_| {
        format!(
            "{shown}: is not in the checkout `{}`; `-C` names another one",
            root.path.display()
        )
    })?;
    let inside = inside.to_str().map(SmolStr::new);
    let inside = inside.ok_or_else(|| format!("{shown}: its name is not UTF-8"))?;
    Ok((inside, real.symlink_metadata().is_ok()))
}

/// Returns a directory without links, as far as it is there: files of it may be deleted, and it with them.
fn real_directory(path: &Path) -> io::Result<PathBuf> {
    match (path.canonicalize(), path.parent(), path.file_name()) {
        (Err(error), Some(parent), Some(name)) if error.kind() == io::ErrorKind::NotFound => {
            real_directory(parent).map(|real| real.join(name))
        }
        (real, ..) => real,
    }
}

fn text(snapshot: &Snapshot, found: &Affected, since: Option<&str>) -> Page {
    let mut out = Page::default();
    for image in &found.images {
        let test = image.test.as_deref().unwrap_or(&image.image);
        out.line(format_args!("{test}"));
        reasons(&mut out, snapshot, &image.because);
    }
    for row in &found.rows {
        let tests = match row.tests.as_slice() {
            [] => "nothing to test".to_owned(),
            tests => tests.join(" "),
        };
        out.line(format_args!("{}: {tests}", row.key));
        reasons(&mut out, snapshot, &row.because);
    }
    for test in &found.tests {
        out.line(format_args!("{}", test.test));
        reasons(&mut out, snapshot, &test.because);
    }
    for image in &found.removed {
        out.line(format_args!("{image} is removed: nothing to test"));
    }
    let nothing = Affected {
        gone: found.gone.clone(),
        ..Affected::default()
    };
    if *found == nothing {
        let since = since
            .map(|since| format!(" since {since}"))
            .unwrap_or_default();
        out.line(format_args!("No image, row or test is affected{since}."));
    }
    out
}

fn reasons(out: &mut Page, snapshot: &Snapshot, because: &[Because]) {
    for reason in because {
        let file = reason
            .at
            .and_then(|at| Some((snapshot.tree.file(at.file)?, at)));
        let line = file.map(|(file, at)| {
            let start = range(file, at.range, Encoding::Utf16).start;
            format!(":{}", start.line + 1)
        });
        let line = line.unwrap_or_default();
        out.line(format_args!("  {}{line}: {}", reason.path, reason.message));
    }
}

fn pattern(found: &Affected) -> Page {
    let mut out = Page::default();
    for pattern in patterns(found) {
        out.line(format_args!("{pattern}"));
    }
    out
}

fn matrix(found: Affected) -> Matrix {
    let images = found.images.into_iter();
    let items = images.filter_map(|image| {
        Some(MatrixItem {
            test: image.test?,
            image: image.image,
        })
    });
    Matrix {
        include: items.collect(),
    }
}

fn report(snapshot: &Snapshot, found: Affected, since: Option<String>) -> AffectedReport {
    let because = |because: Vec<Because>| -> Vec<BecauseReport> {
        let report = |reason: Because| BecauseReport {
            range: reason.at.and_then(|at| {
                let file = snapshot.tree.file(at.file)?;
                Some(range(file, at.range, Encoding::Utf16))
            }),
            path: reason.path,
            message: reason.message,
        };
        because.into_iter().map(report).collect()
    };
    AffectedReport {
        version: 1,
        since,
        images: found
            .images
            .into_iter()
            .map(|found| ImageReport {
                image: found.image,
                test: found.test,
                because: because(found.because),
            })
            .collect(),
        removed: found.removed,
        unknown: found.unknown,
        rows: found
            .rows
            .into_iter()
            .map(|found| RowReport {
                key: found.key,
                tests: found.tests,
                because: because(found.because),
            })
            .collect(),
        tests: found
            .tests
            .into_iter()
            .map(|found| TestReport {
                test: found.test,
                because: because(found.because),
            })
            .collect(),
    }
}
