//! `new`, `new-builder`, `retire`, `bump`, `rename`: changes that are asked for by name.

use clap::{Args, ValueEnum};
use smol_str::SmolStr;

use super::output::print_exact;
use super::{CheckoutOption, CommandStatus, Page, diff, note, print};
use crate::base_checkout::keep_untracked;
use crate::change_report::{ChangeReport, NextCommand, ValueToVerify};
use crate::lsp::position::Encoding;
use analysis::Snapshot;
use checkout::apply;
use edits::{
    self, Bump, Change, HostCgroups, InitSystem, NewBuilder, NewImage, Note, PathRange, Refusal,
    TagChoice,
};
use model::tree::Tree;
use syntax::TextRange;
use syntax::lines::Lines;

/// What all of them take.
#[derive(Args)]
struct Common {
    #[command(flatten)]
    checkout: CheckoutOption,
    /// Print the change as a patch, and write nothing.
    #[arg(long)]
    diff: bool,
    /// Say what would be done, and write nothing.
    #[arg(long)]
    dry_run: bool,
    /// Format of the report.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
pub(super) enum Format {
    /// For people.
    Text,
    /// One JSON object.
    Json,
}

#[derive(Clone, Copy, ValueEnum)]
enum CgroupName {
    /// Boots on hosts of cgroup v1 and v2.
    All,
    /// On v2 only.
    V2,
    /// On v1 only.
    V1,
}

#[derive(Clone, Copy, ValueEnum)]
enum InitName {
    /// systemd.
    Systemd,
    /// Any other one.
    Other,
}

#[derive(Args)]
pub(super) struct NewArgs {
    /// Its name: DISTNAME[-RELVER[-ARCH[-VENDOR[-VARIANT]]]].
    image: String,
    /// The image that it is made after, in place of its predecessor.
    #[arg(long, value_name = "IMAGE")]
    like: Option<String>,
    /// The builder; for an image without relatives, all there has to be.
    #[arg(long, value_name = "BUILDER")]
    builder: Option<String>,
    /// An image to retire in the same change.
    #[arg(long, value_name = "IMAGE")]
    replace: Option<String>,
    /// A tag it gets, in place of its predecessor's; may be repeated.
    #[arg(long = "tag", value_name = "TAG")]
    tags: Vec<String>,
    /// It gets no tags.
    #[arg(long, conflicts_with = "tags")]
    no_tags: bool,
    /// Its cgroup group, where it is not the one that its systemd version says.
    #[arg(long, value_enum)]
    cgroup: Option<CgroupName>,
    /// Its init system, where reading does not tell.
    #[arg(long, value_enum)]
    init: Option<InitName>,
    /// Add a test row for each release that loses its last one because a tag moves.
    #[arg(long)]
    keep_tested: bool,
    /// Make a release that does not fit beside those that are named like it.
    #[arg(long)]
    force: bool,
    /// Add no helper that the image it is made after does not call; it is listed instead.
    #[arg(long)]
    plain: bool,
    /// Of the image that is retired, delete also the files that git does not know.
    #[arg(long, requires = "replace")]
    untracked: bool,
    #[command(flatten)]
    common: Common,
}

#[derive(Args)]
pub(super) struct NewBuilderArgs {
    /// Its name.
    builder: String,
    /// The builder that it is made after, in place of the one that is named most like it.
    #[arg(long, value_name = "BUILDER")]
    like: Option<String>,
    /// The published image that it starts from: distribution, and release or tag.
    #[arg(long, value_name = "DIST:RELEASE", value_parser = base)]
    from: Option<(SmolStr, SmolStr)>,
    #[command(flatten)]
    common: Common,
}

#[derive(Args)]
pub(super) struct RetireArgs {
    /// The image.
    image: String,
    /// Delete also the files that git does not know.
    #[arg(long)]
    untracked: bool,
    #[command(flatten)]
    common: Common,
}

#[derive(Args)]
pub(super) struct BumpArgs {
    /// The image.
    image: String,
    /// The new point release: POINTVER, and wherever else the old one stands.
    #[arg(long, value_name = "VERSION")]
    pointver: Option<String>,
    /// The new build number of the release package.
    #[arg(long, value_name = "NUMBER")]
    build: Option<String>,
    /// Another variable's new value; may be repeated.
    #[arg(long = "set", value_name = "VAR=VALUE", value_parser = assignment)]
    set: Vec<(String, String)>,
    /// Take a version of another major release, or one before that which the image has.
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    common: Common,
}

#[derive(Args)]
pub(super) struct RenameArgs {
    /// The name it has.
    old: String,
    /// The name it gets.
    new: String,
    /// Give it a release that does not fit beside those that are named like it.
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    common: Common,
}

fn assignment(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("write VAR=VALUE".to_owned()),
    }
}

pub(super) fn new(options: &NewArgs) -> Result<CommandStatus, String> {
    let text = |text: &Option<String>| text.as_deref().map(SmolStr::new);
    let wanted = NewImage {
        name: SmolStr::new(&options.image),
        like: text(&options.like),
        builder: text(&options.builder),
        tags: match (&*options.tags, options.no_tags) {
            (_, true) => TagChoice::None,
            ([], false) => TagChoice::Inherited,
            (tags, false) => TagChoice::Given(tags.iter().map(SmolStr::new).collect()),
        },
        cgroup: options.cgroup.map(|group| match group {
            CgroupName::All => HostCgroups::All,
            CgroupName::V2 => HostCgroups::V2,
            CgroupName::V1 => HostCgroups::V1,
        }),
        replace: text(&options.replace),
        init: options.init.map(|init| match init {
            InitName::Systemd => InitSystem::Systemd,
            InitName::Other => InitSystem::Other,
        }),
        keep_tested: options.keep_tested,
        force: options.force,
        elsewhere: None,
        plain: options.plain,
    };
    options.common.make(|snapshot| {
        let documents = match wanted.replace {
            Some(_) => checkout::documents(&snapshot.root)?,
            None => Vec::new(),
        };
        let paths = edits::distribution_files(&wanted.name);
        let wanted = NewImage {
            elsewhere: Some(checkout::documents_at(&snapshot.root, &paths)),
            ..wanted
        };
        let change = edits::scaffold(&snapshot.view(), &wanted, &documents)?;
        keep_untracked(snapshot, change, options.untracked)
    })
}

fn base(text: &str) -> Result<(SmolStr, SmolStr), String> {
    edits::parse_base(text).ok_or_else(|| "write DIST:RELEASE, e.g. debian:stable".to_owned())
}

pub(super) fn new_builder(options: &NewBuilderArgs) -> Result<CommandStatus, String> {
    let wanted = NewBuilder {
        name: SmolStr::new(&options.builder),
        like: options.like.as_deref().map(SmolStr::new),
        from: options.from.clone(),
    };
    options
        .common
        .make(|snapshot| edits::new_builder(&snapshot.view(), &wanted))
}

pub(super) fn retire(options: &RetireArgs) -> Result<CommandStatus, String> {
    options.common.make(|snapshot| {
        let documents = checkout::documents(&snapshot.root)?;
        let change = edits::retire(&snapshot.view(), &options.image, &documents)?;
        keep_untracked(snapshot, change, options.untracked)
    })
}

pub(super) fn bump(options: &BumpArgs) -> Result<CommandStatus, String> {
    let wanted = Bump {
        pointver: options.pointver.clone(),
        build: options.build.clone(),
        set: options.set.clone(),
        force: options.force,
    };
    options
        .common
        .make(|snapshot| edits::bump(&snapshot.view(), &options.image, &wanted))
}

pub(super) fn rename(options: &RenameArgs) -> Result<CommandStatus, String> {
    options.common.make(|snapshot| {
        let view = snapshot.view();
        if !options.force {
            edits::check_renamed(&view, &options.old, &options.new)?;
        }
        edits::rename(&view, &options.old, &options.new)
    })
}

impl Common {
    /// Makes a change, or shows it, and prints what it comes to.
    fn make(
        &self,
        change: impl FnOnce(&Snapshot) -> Result<Change, Refusal>,
    ) -> Result<CommandStatus, String> {
        let checkout = self.checkout.args();
        let root = checkout.root()?;
        let snapshot = checkout.read(&root);
        refuse_unread(&snapshot)?;
        let mut change = change(&snapshot).map_err(|refusal| refusal.to_string())?;
        if self.diff {
            return print_exact(&diff::patch(&snapshot, &change.edits)?);
        }
        snapshot.list_new_findings(&mut change);
        let done = if self.dry_run {
            apply::summary(&snapshot.tree, &change.edits)
        } else {
            apply::apply(&snapshot.root, &snapshot.tree, &change.edits)?
        };
        if let Some(message) = &done.leftover {
            note(message);
        }
        let after = edits::apply(&snapshot.tree, &change.edits);
        let report = ChangeReport {
            applied: !self.dry_run,
            ..ChangeReport::new(&snapshot, &change, &after, Encoding::Utf16)
        };
        match self.format {
            Format::Text => print(&text_report(&snapshot, &change, &after, &done, &report)),
            Format::Json => print(&Page::json(&report)?),
        }
    }
}

/// Refuses to change a checkout in which something could not be read.
pub(super) fn refuse_unread(snapshot: &Snapshot) -> Result<(), String> {
    match snapshot.problems.first() {
        Some(problem) => Err(format!(
            "{}: {}; nothing was changed",
            problem.path, problem.message
        )),
        None => Ok(()),
    }
}

/// Returns the line and column of a range, from 1, in a file as it is after the change.
fn line_and_column(after: &Tree, path: &str, range: TextRange) -> Option<(usize, usize)> {
    let text = &after.file(after.id(path)?)?.text;
    let lines = Lines::new(text);
    let line = lines.line_of(range.start());
    let start = lines.start(line)?;
    let before = text.get(usize::from(start)..usize::from(range.start()))?;
    Some((line + 1, before.chars().count() + 1))
}

/// Describes a change for people.
fn text_report(
    snapshot: &Snapshot,
    change: &Change,
    after: &Tree,
    done: &apply::Applied,
    report: &ChangeReport,
) -> Page {
    let mut out = Page::default();
    let title = match &change.like {
        Some(like) => format!("{}, like {like}", change.title),
        None => change.title.clone(),
    };
    out.line(format_args!(
        "{title}{}",
        if report.applied {
            ""
        } else {
            " (nothing is written)"
        }
    ));
    for path in &done.created {
        out.line(format_args!("  create  {path}"));
    }
    for (path, target) in &done.symlinks {
        out.line(format_args!("  link    {path} -> {target}"));
    }
    for path in &done.edited {
        out.line(format_args!("  edit    {path}"));
    }
    for (from, to) in &done.renamed {
        out.line(format_args!("  rename  {from} -> {to}"));
    }
    for path in &done.deleted {
        out.line(format_args!("  delete  {path}"));
    }
    if !change.verify.is_empty() {
        out.line(format_args!(""));
        out.line(format_args!("Verify:"));
        for (verify, reported) in change.verify.iter().zip(&report.verify) {
            let at = line_and_column(after, &verify.path, verify.range);
            value_lines(&mut out, reported, at.unwrap_or((1, 1)));
        }
    }
    note_lines(&mut out, snapshot, &change.notes);
    next_lines(&mut out, report);
    out
}

/// Lines of a value that are shown: a list of packages may have hundreds.
const SHOWN_LINES: usize = 8;

/// Adds a value to verify: where it stands, the reason, the value as it is written and expanded.
pub(super) fn value_lines(out: &mut Page, value: &ValueToVerify, (line, column): (usize, usize)) {
    out.line(format_args!(
        "  {}:{line}:{column}: {}",
        value.path, value.why
    ));
    let written: Vec<&str> = value.text.lines().collect();
    for line in written.iter().take(SHOWN_LINES) {
        out.excerpt(format_args!("      {line}"));
    }
    let rest = written.len().saturating_sub(SHOWN_LINES);
    if rest > 0 {
        out.excerpt(format_args!("      ... ({rest} more lines)"));
        return;
    }
    let resolved = value.resolved.iter().flat_map(|resolved| resolved.lines());
    for line in resolved.map(str::trim).filter(|line| !line.is_empty()) {
        out.excerpt(format_args!("      = {line}"));
    }
}

/// Adds remarks, each with the line that it is about.
fn note_lines(out: &mut Page, snapshot: &Snapshot, notes: &[Note]) {
    if notes.is_empty() {
        return;
    }
    out.line(format_args!(""));
    out.line(format_args!("Note:"));
    for note in notes {
        match &note.at {
            Some(PathRange { path, range }) => {
                let at = at_line(snapshot, path, *range);
                out.line(format_args!("  {at}: {}", note.message));
            }
            None => out.line(format_args!("  {}", note.message)),
        };
    }
}

/// Adds the commands to run next, and the subject of the commit.
fn next_lines(out: &mut Page, report: &ChangeReport) {
    if report.next.is_empty() && report.commit.is_empty() {
        return;
    }
    out.line(format_args!(""));
    out.line(format_args!("Next:"));
    for NextCommand { command, why } in &report.next {
        out.line(format_args!("  {command}"));
        out.line(format_args!("      {why}"));
    }
    if !report.commit.is_empty() {
        out.line(format_args!("  Commit as `{}`", report.commit));
    }
}

/// Returns `path:line` of a range in a file as it was before the change.
fn at_line(snapshot: &Snapshot, path: &str, range: TextRange) -> String {
    let text = match snapshot.tree.id(path).and_then(|id| snapshot.tree.file(id)) {
        Some(file) => file.text.clone(),
        None => checkout::read_text(&snapshot.root, path).unwrap_or_default(),
    };
    format!("{path}:{}", Lines::new(&text).line_of(range.start()) + 1)
}
