//! Images compared with what servers have.

use std::path::Path;
use std::time::Duration;

use smol_str::SmolStr;

use super::open_items::{OpenItem, items};
use super::write::{self, Written};
use super::{AskingArgs, VerifyArgs, VerifyFormat, table};
use crate::base_checkout::BaseCheckout;
use crate::cli::check::{CheckFormat, Report};
use crate::cli::{CommandStatus, format, note, print};
use analysis::Snapshot;
use checkout::{PageCache, user_file};
use edits::{Fix, FixKind};
use model::spelling::{did_you_mean, suggest};
use model::{FileId, FileRange};
use rules::{Finding, Group, Scope};
use upstream::{
    Archive, Client, Extent, ImageReview, ImageState, Limits, Mismatch, MismatchKind, NewReleases,
    PageStore, Recorder, Upstream, new_releases, review_all,
};

/// Name of this program, for servers.
const USER_AGENT: &str = concat!("image-scripts-ls/", env!("CARGO_PKG_VERSION"));

/// Name of the file with what servers said, in the directory of `--record` and `--offline`.
const ARCHIVE: &str = "replies.json";

/// Name of the directory with what servers said, in the user's cache directory.
const CACHE: &str = "upstream";

/// What came of asking.
pub(super) struct Comparison {
    pub(super) reviews: Vec<ImageReview>,
    /// What is found, after suppressions.
    pub(super) report: Report,
    /// What was written of it.
    pub(super) written: Written,
    /// Values of these images that nobody has confirmed.
    pub(super) open: Vec<OpenItem>,
    /// What is out and has no image, if that was asked.
    pub(super) new: Option<NewReleases>,
}

/// Pages in the user's cache directory.
struct Pages(PageCache);

impl PageStore for Pages {
    fn load(&self, address: &str) -> Option<String> {
        self.0.load(address)
    }

    fn keep(&self, address: &str, text: &str) {
        self.0.keep(address, text);
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        self.0.trim();
    }
}

pub(super) fn verify(options: &VerifyArgs, snapshot: Snapshot) -> Result<CommandStatus, String> {
    let images = images(options, &snapshot)?;
    if let Some(folder) = &options.asking.record {
        refuse_inside(folder, &snapshot.root)?;
    }
    if let Some(folder) = &options.asking.offline {
        return compare_and_print(options, snapshot, &images, &read_archive(folder)?);
    }
    let root = snapshot.root.clone();
    let mut client = Client::new(USER_AGENT, limits(&options.asking));
    if let Some(cache) = PageCache::open(CACHE, &root) {
        client = client.keeping_pages(Box::new(Pages(cache)));
    }
    let Some(folder) = &options.asking.record else {
        return compare_and_print(options, snapshot, &images, &client);
    };
    let recorder = Recorder::new(&client);
    let status = compare_and_print(options, snapshot, &images, &recorder);
    write_archive(folder, &root, recorder.into_archive())?;
    status
}

/// Asks, writes what is to be written, and prints what came of it.
fn compare_and_print(
    options: &VerifyArgs,
    snapshot: Snapshot,
    images: &[SmolStr],
    upstream: &dyn Upstream,
) -> Result<CommandStatus, String> {
    let mut asked = ask(options, snapshot, images, upstream);
    let mut now = None;
    if options.asking.write {
        let (written, after) = write::write(options, &asked, upstream)?;
        // What was written is found no more.
        asked.report.findings.retain(|(_, finding)| {
            let image = finding.image.as_deref();
            !image.is_some_and(|image| written.fixes(image, finding))
        });
        asked.written = written;
        now = Some(after);
    }
    let now = now.as_ref().unwrap_or(&asked.report.snapshot);
    asked.open = open(options, now, images);
    let report = &asked.report;
    print(&match options.format {
        VerifyFormat::Text => table::text(&asked)?,
        VerifyFormat::Concise => format::render(CheckFormat::Concise, report)?,
        VerifyFormat::Json => table::json(&asked)?,
        VerifyFormat::Github => format::render(CheckFormat::Github, report)?,
        VerifyFormat::Sarif => format::render(CheckFormat::Sarif, report)?,
    })?;
    let findings = report.findings.iter();
    let worst = findings.map(|(_, finding)| finding.severity).max();
    Ok(match worst >= Some(options.asking.fail_on.severity()) {
        true => CommandStatus::Findings,
        false => CommandStatus::Clean,
    })
}

/// Returns the images that the user wants to know about.
fn images(options: &VerifyArgs, snapshot: &Snapshot) -> Result<Vec<SmolStr>, String> {
    let known = &snapshot.model.images;
    if options.names.is_empty() {
        return Ok(known.keys().cloned().collect());
    }
    for name in options.names.iter().map(String::as_str) {
        if known.contains_key(name) {
            continue;
        }
        if snapshot.model.builders.contains_key(name) {
            return Err(format!(
                "`{name}` is a builder, and upstream is asked about images: `verify --list {name}` lists its \
                 values"
            ));
        }
        let similar = did_you_mean(&suggest(name, known.keys().map(SmolStr::as_str)));
        return Err(format!("there is no image `{name}`{similar}"));
    }
    let mut names: Vec<SmolStr> = options.names.iter().map(SmolStr::new).collect();
    names.sort();
    names.dedup();
    Ok(names)
}

fn limits(options: &AskingArgs) -> Limits {
    let attempt = Duration::from_secs(options.timeout);
    Limits {
        allow_private: options.allow_private,
        attempt,
        address: attempt.saturating_mul(3),
        host: attempt.saturating_mul(10),
        ..Limits::default()
    }
}

fn ask(
    options: &VerifyArgs,
    mut snapshot: Snapshot,
    images: &[SmolStr],
    upstream: &dyn Upstream,
) -> Comparison {
    let progress = |count: usize, image: &str| {
        if options.asking.progress {
            note(&format!("{count}/{} {image}", images.len()));
        }
    };
    let is_new_alone = options.new && !options.all && options.names.is_empty();
    let extent = match is_new_alone {
        true => Extent::Vendor,
        false => Extent::Addresses,
    };
    let mut reviews = review_all(&snapshot.view(), images, extent, upstream, &progress);
    if is_new_alone {
        reviews.retain(|review| review.state == ImageState::Stale);
    }
    let new = options
        .new
        .then(|| new_releases(&snapshot.view(), upstream));
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
    Comparison {
        reviews,
        report: Report { snapshot, findings },
        written: Written::default(),
        open: Vec::new(),
        new,
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

/// Returns the values of some images that nobody has confirmed; none where git does not say what was added.
fn open(options: &VerifyArgs, snapshot: &Snapshot, images: &[SmolStr]) -> Vec<OpenItem> {
    let Ok(base) = BaseCheckout::read(snapshot, options.since.as_deref()) else {
        return Vec::new();
    };
    let mut open = base.open_values(snapshot, None);
    open.retain(|value| images.contains(&value.image));
    items(&snapshot.view(), open)
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

/// Refuses a directory inside the checkout: nothing is written there but by `--write`.
fn refuse_inside(folder: &Path, root: &Path) -> Result<(), String> {
    let whole = std::path::absolute(folder).map_err(|error| error.to_string())?;
    // Of what is not there yet, what it is to be in.
    let real = whole.ancestors().find_map(|path| path.canonicalize().ok());
    let root = root.canonicalize().map_err(|error| error.to_string())?;
    match real.is_some_and(|real| real.starts_with(&root)) || whole.starts_with(&root) {
        true => Err(format!(
            "{}: `--record` keeps what servers say outside of the checkout; name another directory",
            folder.display()
        )),
        false => Ok(()),
    }
}

/// Writes what was asked, beside what an archive has that was not asked again.
fn write_archive(folder: &Path, root: &Path, archive: Archive) -> Result<(), String> {
    let path = folder.join(ARCHIVE);
    let failed = |reason: String| format!("{}: {reason}", path.display());
    std::fs::create_dir_all(folder).map_err(|error| failed(error.to_string()))?;
    let archive = match path.symlink_metadata() {
        Ok(_) => archive.after(read_archive(folder)?),
        Err(_) => archive,
    };
    let text = archive.to_text().map_err(failed)?;
    user_file::replace(&path, root, &text, |_| Ok(())).map_err(failed)
}
